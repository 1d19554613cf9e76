/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/loops.h"
#include "compiler/codegen/nest.h"

static bool value_is_flat(const FuncGen *fg, const IrValue *value, const IrType *shape, int depth);

static bool inst_is_flat(const FuncGen *fg, const IrInst *inst, const IrType *shape, int depth)
{
    if (inst->op == OP_const || inst->op == OP_uniform)
        return true;
    if (inst->op == OP_broadcast)
        return inst->args[0]->type.rank == 0 && value_is_flat(fg, inst->args[0], &inst->args[0]->type, depth);
    if (!ir_op_is_scalar(inst->op) && inst->op != OP_cast)
        return false;
    for (int i = 0; i < inst->arg_count; i++)
        if (!value_is_flat(fg, inst->args[i], shape, depth + 1))
            return false;
    return true;
}

/* True if the element at a position is made of elements at the same position. */
static bool value_is_flat(const FuncGen *fg, const IrValue *value, const IrType *shape, int depth)
{
    enum { DEEP = 64 };
    if (!ir_type_same_dims(&value->type, shape) || depth > DEEP)
        return false;
    if (fg->stored[value->id])
        return true;
    return value->def && inst_is_flat(fg, value->def, shape, depth);
}

bool map_is_flat(const FuncGen *fg, const Nest *nest)
{
    const IrType *shape = &nest->outputs.data[0].value->type;
    for (int i = 0; i < nest->outputs.count; i++) {
        const Output *output = &nest->outputs.data[i];
        bool moved = output->kind == OUTPUT_EMIT || output->kind == OUTPUT_FINAL || output->kind == OUTPUT_INSIDE;
        if (moved || !value_is_flat(fg, output->value, shape, 0))
            return false;
    }
    return true;
}

void map_emit_flat(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    const IrType *type = &nest->outputs.data[0].value->type;
    Index index = {0};
    if (type->rank == 0) {
        nest_store(e, nest, &index);
        return;
    }
    Loop loop = loop_begin(e, lo, hi, 1, LOOP_VECTOR);
    if (type->rank == 1)
        index.at[0] = loop.index;
    else
        index.flat = loop.index;
    nest_store(e, nest, &index);
    loop_end(e, &loop);
}

void map_emit_elements(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    Loop loop = loop_begin(e, lo, hi, 1, LOOP_PLAIN);
    Index index = {0};
    index_split(e, nest->items, nest->item_rank, loop.index, index.at);
    nest_store(e, nest, &index);
    loop_end(e, &loop);
}

/* Rows of a few integers are numbers of rows of something else: what their elements have in common in
 * looking them up is worth more than a vector. */
static bool is_short_index(const Nest *nest, int axis)
{
    enum { SHORT = 8 };
    const IrType *type = &nest->outputs.data[0].value->type;
    return type->dtype == NND_I32 && type->dims[axis]->kind == NND_DIM_CONST && type->dims[axis]->size <= SHORT;
}

/* The last axis, from 0 to `size`; its entry in the result is `start` further. */
static void emit_row(Emit *e, const Nest *nest, Index index, int axis)
{
    if (is_short_index(nest, axis)) {
        for (int64_t i = 0; i < nest->outputs.data[0].value->type.dims[axis]->size; i++) {
            index.at[axis] = emit_i64(e, i);
            nest_store(e, nest, &index);
        }
        return;
    }
    Loop loop = loop_begin(e, emit_i64(e, 0), emit_extent(e, nest->outputs.data[0].value->type.dims[axis]), 1, LOOP_VECTOR);
    index.at[axis] = loop.index;
    nest_store(e, nest, &index);
    loop_end(e, &loop);
}

/* Rows of a concatenation: each operand has loops of its own, so that nothing is selected. */
static void emit_concat_part(Emit *e, const Nest *nest, const IrInst *inst, int part, int64_t start, Index index)
{
    const IrValue *x = inst->args[part];
    int axis = inst->attrs.axis, last = x->type.rank - 1;
    Index from = index;
    Branch branch = {0};
    if (axis != last) {
        from.at[axis] = index_sub(e, index.at[axis], emit_i64(e, start));
        branch = branch_begin(e, index_below(e, from.at[axis], emit_extent(e, x->type.dims[axis])));
    }
    Loop loop = loop_begin(e, emit_i64(e, 0), emit_extent(e, x->type.dims[last]), 1, LOOP_VECTOR);
    from.at[last] = loop.index;
    index.at[last] = axis == last ? index_add(e, loop.index, emit_i64(e, start)) : loop.index;
    element_set(e, &inst->results[0], &index, element(e, x, &from));
    nest_store(e, nest, &index);
    loop_end(e, &loop);
    if (axis != last)
        branch_end(e, &branch, NULL, NULL);
}

static const IrInst *concat_root(const Nest *nest)
{
    const IrInst *inst = nest->outputs.data[0].value->def;
    return inst && inst->op == OP_concat && nest->outputs.data[0].kind == OUTPUT_OWN ? inst : NULL;
}

void map_emit_rows(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    int rank = nest->outputs.data[0].value->type.rank;
    const IrInst *concat = concat_root(nest);
    Loop rows = loop_begin(e, lo, hi, 1, LOOP_PLAIN);
    Index index = {0};
    index_split(e, nest->items, rank - 1, rows.index, index.at);
    int64_t start = 0;
    for (int i = 0; concat && i < concat->arg_count; i++) {
        emit_concat_part(e, nest, concat, i, start, index);
        start += concat->args[i]->type.dims[concat->attrs.axis]->size;
    }
    if (!concat)
        emit_row(e, nest, index, rank - 1);
    loop_end(e, &rows);
}
