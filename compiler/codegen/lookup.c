/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/lookup.h"

Index lookup_index(Emit *e, const IrInst *gather, const Index *index)
{
    const IrType *table = &gather->args[0]->type, *which = &gather->args[1]->type;
    Index at = {0}, from = {0};
    for (int i = 0; i < which->rank; i++)
        at.at[i] = index->at[i];
    for (int i = 1; i < table->rank; i++)
        from.at[i] = index->at[which->rank + i - 1];
    from.at[0] = LLVMBuildSExt(e->b, element(e, gather->args[1], &at), e->cg->i64, "");
    return from;
}

static const IrInst *is_op(const Emit *e, const IrValue *x, IrOp op)
{
    return !element_in_memory(e, x) && x->def && x->def->op == op ? x->def : NULL;
}

/* Where the element is that the value shows: in memory, or seen through slices and reshapes. */
static LLVMValueRef address_through(Emit *e, const IrValue *x, Index index)
{
    const IrInst *slice = is_op(e, x, OP_slice), *reshape = is_op(e, x, OP_reshape);
    if (slice) {
        LLVMValueRef *at = &index.at[slice->attrs.slice.axis];
        *at = index_add(e, *at, emit_i64(e, slice->attrs.slice.start));
        return address_through(e, slice->args[0], index);
    }
    const IrValue *stored = reshape ? reshape->args[0] : x;
    LLVMValueRef linear = index_linear(e, x->type.dims, x->type.rank, index.at);
    if (element_in_memory(e, stored))
        return memory_at(e, stored->type.dtype, element_base(e, stored), linear);
    if (!reshape)
        return NULL;
    index_split(e, (const IrDim *const *)stored->type.dims, stored->type.rank, linear, index.at);
    return address_through(e, stored, index);
}

LLVMValueRef lookup_address(Emit *e, const IrValue *x, Index index)
{
    const IrInst *gather = is_op(e, x, OP_gather);
    if (gather) {
        index = lookup_index(e, gather, &index);
        x = gather->args[0];
    }
    return address_through(e, x, index);
}

static void prefetch_row(Emit *e, const IrValue *row, const Index *index, int count)
{
    enum { LINE = 64 };
    int line = LINE / (int)nnd_dtype_size(row->type.dtype);
    LLVMValueRef first = lookup_address(e, row, *index);
    for (int at = 0; first && at < count; at += line)
        emit_prefetch(e, memory_at(e, row->type.dtype, first, emit_i64(e, at)));
}

void lookup_prefetch(Emit *e, const IrValue *x, const Index *index, int count)
{
    if (element_in_memory(e, x) || !x->def)
        return;
    if (x->def->op == OP_gather)
        prefetch_row(e, x, index, count);
    for (int64_t i = 0; x->def->op == OP_sum && i < fold_count(x->def); i++) {
        Index at = fold_entry(e, x->def, index, i);
        lookup_prefetch(e, x->def->args[0], &at, count);
    }
    for (int i = 0; ir_op_is_scalar(x->def->op) && i < x->def->arg_count; i++)
        lookup_prefetch(e, x->def->args[i], index, count);
}
