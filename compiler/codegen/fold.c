/* SPDX-License-Identifier: Apache-2.0
 *
 * Reductions and contractions at one index. A few entries known beforehand are
 * unrolled, which leaves the loop around free for the vectoriser; else there
 * is a loop nest.
 */
#include "compiler/codegen/element.h"
#include "compiler/codegen/loops.h"
#include "compiler/codegen/scalar.h"

#include <math.h>

bool fold_is_reduction(IrOp op)
{
    return op == OP_sum || op == OP_reduce_max || op == OP_argmax;
}

static bool is_reduced(const IrInst *inst, int axis)
{
    return inst->attrs.axes >> axis & 1;
}

int64_t fold_count(const IrInst *inst)
{
    const IrType *x = &inst->args[0]->type;
    int64_t count = 1;
    for (int i = 0; i < x->rank; i++) {
        if (!is_reduced(inst, i))
            continue;
        if (x->dims[i]->kind != NND_DIM_CONST)
            return -1;
        count *= x->dims[i]->size;
    }
    return count;
}

LLVMValueRef fold_start(Emit *e, IrOp op, NndDType dtype)
{
    if (op == OP_sum)
        return scalar_const(e, dtype, 0);
    if (scalar_is_float(dtype))
        return scalar_const(e, dtype, -INFINITY);
    LLVMTypeRef type = emit_type(e->cg, dtype);
    return dtype == NND_U8 ? LLVMConstInt(type, 0, 0)
                           : LLVMConstInt(type, 1ull << (LLVMGetIntTypeWidth(type) - 1), 0);
}

LLVMValueRef fold_step(Emit *e, IrOp op, NndDType dtype, LLVMValueRef sum, LLVMValueRef x)
{
    LLVMValueRef args[] = {x, sum};
    if (op == OP_sum)
        return scalar_op(e, OP_add, dtype, (LLVMValueRef[]){sum, x});
    return LLVMBuildSelect(e->b, scalar_op(e, OP_gt, dtype, args), x, sum, "");
}

/* ---- loops over what is reduced ---- */

struct FoldLoops {
    const IrInst *inst;
    Index index;
    int count;
    Loop loops[NND_MAX_RANK];
    int axes[NND_MAX_RANK];
    LLVMValueRef first; /* of the segment, or NULL */
};

Index *fold_loops_index(FoldLoops *loops)
{
    return &loops->index;
}

static void place_kept_axes(const IrInst *inst, const Index *index, Index *out)
{
    const IrType *x = &inst->args[0]->type;
    for (int i = 0, next = 0; i < x->rank; i++) {
        if (!is_reduced(inst, i))
            out->at[i] = index->at[next++];
        else if (ir_dim_segmented(x->dims[i]))
            next++;
    }
}

static void segment_range(Emit *e, const IrDim *dim, const Index *index, LLVMValueRef *first, LLVMValueRef *end)
{
    LLVMValueRef segment = move_item(e, dim->parent, index->at[0]);
    *first = emit_offset(e, dim, segment);
    *end = emit_offset(e, dim, index_add(e, segment, emit_i64(e, 1)));
}

FoldLoops *fold_loops_begin(Emit *e, const IrInst *inst, const Index *index, bool skip_last)
{
    const IrType *x = &inst->args[0]->type;
    FoldLoops *f = ARENA_NEW(e->cg->arena, FoldLoops);
    f->inst = inst;
    place_kept_axes(inst, index, &f->index);
    for (int i = 0; i < x->rank; i++) {
        if (!is_reduced(inst, i) || (skip_last && i == x->rank - 1))
            continue;
        LLVMValueRef lo = emit_i64(e, 0), hi = emit_extent(e, x->dims[i]);
        if (ir_dim_segmented(x->dims[i])) {
            segment_range(e, x->dims[i], index, &lo, &hi);
            f->first = lo;
        }
        f->axes[f->count] = i;
        f->loops[f->count] = loop_begin(e, lo, hi, 1, LOOP_PLAIN);
        f->index.at[i] = f->loops[f->count++].index;
    }
    return f;
}

LLVMValueRef fold_loops_position(Emit *e, const FoldLoops *f)
{
    const IrType *x = &f->inst->args[0]->type;
    LLVMValueRef position = emit_i64(e, 0);
    for (int i = 0; i < x->rank; i++) {
        if (!is_reduced(f->inst, i))
            continue;
        LLVMValueRef at = f->index.at[i];
        if (i == 0 && f->first)
            at = index_sub(e, at, f->first);
        position = index_add(e, index_mul(e, position, emit_extent(e, x->dims[i])), at);
    }
    return position;
}

void fold_loops_end(Emit *e, FoldLoops *f)
{
    while (f->count > 0)
        loop_end(e, &f->loops[--f->count]);
}

LLVMValueRef fold_is_empty(Emit *e, const IrInst *inst, const Index *index)
{
    const IrType *x = &inst->args[0]->type;
    LLVMValueRef count = emit_i64(e, 1);
    for (int i = 0; i < x->rank; i++) {
        if (!is_reduced(inst, i))
            continue;
        LLVMValueRef extent = emit_extent(e, x->dims[i]);
        if (ir_dim_segmented(x->dims[i])) {
            LLVMValueRef first, end;
            segment_range(e, x->dims[i], index, &first, &end);
            extent = index_sub(e, end, first);
        }
        count = index_mul(e, count, extent);
    }
    return LLVMBuildICmp(e->b, LLVMIntEQ, count, emit_i64(e, 0), "");
}

/* ---- reductions ---- */

enum { UNROLLED = 16 };

Index fold_entry(Emit *e, const IrInst *inst, const Index *index, int64_t position)
{
    const IrType *x = &inst->args[0]->type;
    Index out = {0};
    place_kept_axes(inst, index, &out);
    for (int i = x->rank - 1; i >= 0; i--)
        if (is_reduced(inst, i)) {
            out.at[i] = emit_i64(e, position % x->dims[i]->size);
            position /= x->dims[i]->size;
        }
    return out;
}

static LLVMValueRef reduce_unrolled(Emit *e, const IrInst *inst, const Index *index, int64_t count)
{
    NndDType dtype = inst->args[0]->type.dtype;
    LLVMValueRef best = NULL, where = emit_i32(e, 0);
    for (int64_t i = 0; i < count; i++) {
        Index at = fold_entry(e, inst, index, i);
        LLVMValueRef x = element(e, inst->args[0], &at);
        if (i && inst->op == OP_argmax) {
            LLVMValueRef larger = scalar_op(e, OP_gt, dtype, (LLVMValueRef[]){x, best});
            where = LLVMBuildSelect(e->b, larger, emit_i32(e, (int32_t)i), where, "");
        }
        best = i ? fold_step(e, inst->op == OP_sum ? OP_sum : OP_reduce_max, dtype, best, x) : x;
    }
    return inst->op == OP_argmax ? where : best;
}

static LLVMValueRef reduce_looped(Emit *e, const IrInst *inst, const Index *index)
{
    NndDType dtype = inst->args[0]->type.dtype;
    LLVMTypeRef type = emit_type(e->cg, dtype);
    LLVMValueRef memory = emit_alloca(e, type, "fold");
    LLVMBuildStore(e->b, fold_start(e, inst->op, dtype), memory);
    FoldLoops *loops = fold_loops_begin(e, inst, index, false);
    LLVMValueRef x = element(e, inst->args[0], fold_loops_index(loops));
    LLVMValueRef before = LLVMBuildLoad2(e->b, type, memory, "");
    LLVMBuildStore(e->b, fold_step(e, inst->op, dtype, before, x), memory);
    fold_loops_end(e, loops);
    LLVMValueRef result = LLVMBuildLoad2(e->b, type, memory, "");
    if (inst->op == OP_sum)
        return result;
    return LLVMBuildSelect(e->b, fold_is_empty(e, inst, index), scalar_const(e, dtype, 0), result, "");
}

/* The first entry wins whatever it is (it may be NaN), then only larger ones. */
static LLVMValueRef argmax_looped(Emit *e, const IrInst *inst, const Index *index)
{
    NndDType dtype = inst->args[0]->type.dtype;
    LLVMTypeRef type = emit_type(e->cg, dtype);
    LLVMValueRef best = emit_alloca(e, type, "best"), where = emit_alloca(e, e->cg->i32, "where");
    LLVMBuildStore(e->b, fold_start(e, OP_reduce_max, dtype), best);
    LLVMBuildStore(e->b, emit_i32(e, -1), where);
    FoldLoops *loops = fold_loops_begin(e, inst, index, false);
    LLVMValueRef x = element(e, inst->args[0], fold_loops_index(loops));
    LLVMValueRef position = LLVMBuildTrunc(e->b, fold_loops_position(e, loops), e->cg->i32, "");
    LLVMValueRef before = LLVMBuildLoad2(e->b, type, best, "");
    LLVMValueRef larger = scalar_op(e, OP_gt, dtype, (LLVMValueRef[]){x, before});
    LLVMValueRef first = LLVMBuildICmp(e->b, LLVMIntEQ, position, emit_i32(e, 0), "");
    LLVMValueRef wins = LLVMBuildOr(e->b, larger, first, "");
    LLVMBuildStore(e->b, LLVMBuildSelect(e->b, wins, x, before, ""), best);
    LLVMValueRef old = LLVMBuildLoad2(e->b, e->cg->i32, where, "");
    LLVMBuildStore(e->b, LLVMBuildSelect(e->b, wins, position, old, ""), where);
    fold_loops_end(e, loops);
    return LLVMBuildLoad2(e->b, e->cg->i32, where, "");
}

static LLVMValueRef reduce_element(Emit *e, const IrInst *inst, const Index *index)
{
    int64_t count = fold_count(inst);
    if (count > 0 && count <= UNROLLED)
        return reduce_unrolled(e, inst, index, count);
    return inst->op == OP_argmax ? argmax_looped(e, inst, index) : reduce_looped(e, inst, index);
}

/* ---- contractions ---- */

static LLVMValueRef dot_element(Emit *e, const IrInst *inst, const Index *index)
{
    const IrDot *dot = &inst->attrs.dot;
    const IrValue *a = inst->args[0], *b = inst->args[1];
    LLVMTypeRef type = emit_type(e->cg, a->type.dtype);
    LLVMValueRef memory = emit_alloca(e, type, "dot");
    LLVMBuildStore(e->b, LLVMConstNull(type), memory);
    Index ai = {0}, bi = {0};
    Loop loops[NND_MAX_RANK];
    int next = 0;
    for (; next < dot->batch_count; next++)
        ai.at[dot->a_batch[next]] = bi.at[dot->b_batch[next]] = index->at[next];
    for (int i = 0; i < dot->contract_count; i++) {
        int axis = dot->a_contract[i];
        loops[i] = loop_begin(e, emit_i64(e, 0), emit_extent(e, a->type.dims[axis]), 1, LOOP_PLAIN);
        ai.at[axis] = bi.at[dot->b_contract[i]] = loops[i].index;
    }
    for (int i = 0; i < a->type.rank; i++)
        ai.at[i] = ai.at[i] ? ai.at[i] : index->at[next++];
    for (int i = 0; i < b->type.rank; i++)
        bi.at[i] = bi.at[i] ? bi.at[i] : index->at[next++];
    LLVMValueRef x = element(e, a, &ai), y = element(e, b, &bi);
    LLVMValueRef sum = math_multiply_add(e, x, y, LLVMBuildLoad2(e->b, type, memory, ""));
    LLVMBuildStore(e->b, sum, memory);
    for (int i = dot->contract_count - 1; i >= 0; i--)
        loop_end(e, &loops[i]);
    return LLVMBuildLoad2(e->b, type, memory, "");
}

LLVMValueRef fold_element(Emit *e, const IrInst *inst, const Index *index)
{
    return inst->op == OP_dot ? dot_element(e, inst, index) : reduce_element(e, inst, index);
}
