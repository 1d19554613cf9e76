/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/row_parts.h"

#include "compiler/codegen/loops.h"

RowParts row_parts_begin(Emit *e, const Nest *nest, int operand_count, int vectors)
{
    const IrInst *inst = nest->anchor;
    RowParts p = {.dtype = inst->results[0].type.dtype, .operand_count = operand_count};
    p.lanes = vectors * e->cg->target->vector_bytes / (int)nnd_dtype_size(p.dtype);
    p.type = LLVMVectorType(emit_type(e->cg, p.dtype), (unsigned)p.lanes);
    p.to = element_base(e, &inst->results[0]);
    for (int i = 0; i < operand_count; i++) {
        p.from[i] = element_base(e, inst->args[i]);
        p.rest[i] = emit_alloca(e, p.type, "rest");
    }
    return p;
}

static LLVMValueRef load_part(Emit *e, const RowParts *p, LLVMValueRef from)
{
    LLVMValueRef part = LLVMBuildLoad2(e->b, p->type, from, "");
    LLVMSetAlignment(part, (unsigned)nnd_dtype_size(p->dtype));
    return part;
}

static void store_part(Emit *e, const RowParts *p, LLVMValueRef part, LLVMValueRef to)
{
    LLVMSetAlignment(LLVMBuildStore(e->b, part, to), (unsigned)nnd_dtype_size(p->dtype));
}

static void whole_parts(Emit *e, const RowParts *p, LLVMValueRef first, LLVMValueRef count, RowPartRule *rule,
                        const void *context)
{
    LLVMValueRef parts[ROW_OPERANDS];
    Loop loop = loop_begin(e, emit_i64(e, 0), count, 1, LOOP_PLAIN);
    LLVMValueRef at = index_add(e, first, index_mul(e, loop.index, emit_i64(e, p->lanes)));
    for (int i = 0; i < p->operand_count; i++)
        parts[i] = load_part(e, p, memory_at(e, p->dtype, p->from[i], at));
    store_part(e, p, rule(e, context, parts), memory_at(e, p->dtype, p->to, at));
    loop_end(e, &loop);
}

static void last_part(Emit *e, const RowParts *p, LLVMValueRef at, LLVMValueRef count, RowPartRule *rule,
                      const void *context)
{
    unsigned align = (unsigned)nnd_dtype_size(p->dtype);
    LLVMValueRef bytes = index_mul(e, count, emit_i64(e, (int64_t)align)), parts[ROW_OPERANDS];
    Branch any = branch_begin(e, LLVMBuildICmp(e->b, LLVMIntSGT, count, emit_i64(e, 0), ""));
    for (int i = 0; i < p->operand_count; i++) {
        store_part(e, p, LLVMConstNull(p->type), p->rest[i]);
        LLVMBuildMemCpy(e->b, p->rest[i], align, memory_at(e, p->dtype, p->from[i], at), align, bytes);
        parts[i] = load_part(e, p, p->rest[i]);
    }
    store_part(e, p, rule(e, context, parts), p->rest[0]);
    LLVMBuildMemCpy(e->b, memory_at(e, p->dtype, p->to, at), align, p->rest[0], align, bytes);
    branch_end(e, &any, NULL, NULL);
}

void row_parts_emit(Emit *e, const RowParts *p, const Nest *nest, LLVMValueRef row, RowPartRule *rule,
                    const void *context)
{
    const IrType *type = &nest->anchor->results[0].type;
    LLVMValueRef size = emit_product(e, (const IrDim *const *)type->dims + 1, type->rank - 1),
                 lanes = emit_i64(e, p->lanes);
    LLVMValueRef parts = index_div(e, size, lanes), rest = index_rem(e, size, lanes),
                 first = index_mul(e, row, size);
    whole_parts(e, p, first, parts, rule, context);
    last_part(e, p, index_add(e, first, index_mul(e, parts, lanes)), rest, rule, context);
}
