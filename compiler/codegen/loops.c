/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/loops.h"

#include <llvm-c/DebugInfo.h>

static bool known_less(LLVMValueRef lo, LLVMValueRef hi)
{
    return LLVMIsAConstantInt(lo) && LLVMIsAConstantInt(hi) &&
           LLVMConstIntGetSExtValue(lo) < LLVMConstIntGetSExtValue(hi);
}

Loop loop_begin(Emit *e, LLVMValueRef lo, LLVMValueRef hi, int64_t step, LoopKind kind)
{
    Loop loop = {.hi = hi, .step = emit_i64(e, step), .kind = kind, .mark = emit_mark(e)};
    loop.body = emit_new_block(e, "loop");
    loop.exit = emit_new_block(e, "done");
    LLVMBasicBlockRef before = LLVMGetInsertBlock(e->b);
    if (known_less(lo, hi))
        LLVMBuildBr(e->b, loop.body);
    else
        LLVMBuildCondBr(e->b, LLVMBuildICmp(e->b, LLVMIntSLT, lo, hi, ""), loop.body, loop.exit);
    LLVMPositionBuilderAtEnd(e->b, loop.body);
    loop.index = LLVMBuildPhi(e->b, e->cg->i64, "i");
    LLVMAddIncoming(loop.index, &lo, &before, 1);
    return loop;
}

static LLVMMetadataRef string_node(LLVMContextRef c, const char *name)
{
    LLVMMetadataRef text = LLVMMDStringInContext2(c, name, strlen(name));
    return LLVMMDNodeInContext2(c, &text, 1);
}

static LLVMMetadataRef flag_node(Emit *e, const char *name, bool value)
{
    LLVMContextRef c = e->cg->context;
    LLVMMetadataRef parts[] = {LLVMMDStringInContext2(c, name, strlen(name)),
                               LLVMValueAsMetadata(LLVMConstInt(e->cg->i1, value, 0))};
    return LLVMMDNodeInContext2(c, parts, 2);
}

/* A loop's metadata is a node that begins with itself. */
static void mark_loop(Emit *e, LLVMValueRef latch, LoopKind kind)
{
    LLVMContextRef c = e->cg->context;
    LLVMMetadataRef self = LLVMTemporaryMDNode(c, NULL, 0);
    LLVMMetadataRef parts[3] = {self};
    unsigned count = 1;
    if (kind == LOOP_UNROLL)
        parts[count++] = string_node(c, "llvm.loop.unroll.full");
    else
        parts[count++] = string_node(c, "llvm.loop.unroll.disable");
    if (kind != LOOP_VECTOR)
        parts[count++] = flag_node(e, "llvm.loop.vectorize.enable", false);
    LLVMMetadataRef node = LLVMMDNodeInContext2(c, parts, count);
    LLVMMetadataReplaceAllUsesWith(self, node);
    LLVMSetMetadata(latch, LLVMGetMDKindIDInContext(c, "llvm.loop", 9), LLVMMetadataAsValue(c, node));
}

static void end_loop(Emit *e, Loop *loop, LLVMValueRef condition)
{
    LLVMValueRef next = LLVMBuildNSWAdd(e->b, loop->index, loop->step, "");
    LLVMValueRef more = LLVMBuildICmp(e->b, LLVMIntSLT, next, loop->hi, "");
    if (condition)
        more = LLVMBuildAnd(e->b, more, condition, "");
    LLVMBasicBlockRef latch = LLVMGetInsertBlock(e->b);
    mark_loop(e, LLVMBuildCondBr(e->b, more, loop->body, loop->exit), loop->kind);
    LLVMAddIncoming(loop->index, &next, &latch, 1);
    LLVMPositionBuilderAtEnd(e->b, loop->exit);
    emit_forget(e, loop->mark);
}

void loop_end(Emit *e, Loop *loop)
{
    end_loop(e, loop, NULL);
}

void loop_end_while(Emit *e, Loop *loop, LLVMValueRef condition)
{
    end_loop(e, loop, condition);
}

void loop_prefetch(Emit *e, NndDType dtype, LLVMValueRef first, LLVMValueRef count)
{
    enum { LINE = 64 };
    Loop lines = loop_begin(e, emit_i64(e, 0), count, LINE / (int64_t)nnd_dtype_size(dtype), LOOP_PLAIN);
    emit_prefetch(e, memory_at(e, dtype, first, lines.index));
    loop_end(e, &lines);
}

Branch branch_begin(Emit *e, LLVMValueRef condition)
{
    Branch branch = {.before = LLVMGetInsertBlock(e->b), .mark = emit_mark(e)};
    LLVMBasicBlockRef then = emit_new_block(e, "then");
    branch.join = emit_new_block(e, "join");
    LLVMBuildCondBr(e->b, condition, then, branch.join);
    LLVMPositionBuilderAtEnd(e->b, then);
    return branch;
}

LLVMValueRef branch_end(Emit *e, Branch *branch, LLVMValueRef value, LLVMValueRef other)
{
    LLVMBasicBlockRef then = LLVMGetInsertBlock(e->b);
    LLVMBuildBr(e->b, branch->join);
    LLVMPositionBuilderAtEnd(e->b, branch->join);
    emit_forget(e, branch->mark);
    if (!value)
        return NULL;
    LLVMValueRef phi = LLVMBuildPhi(e->b, LLVMTypeOf(value), "");
    LLVMAddIncoming(phi, &value, &then, 1);
    LLVMAddIncoming(phi, &other, &branch->before, 1);
    return phi;
}
