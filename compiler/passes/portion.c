/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/passes/portion.h"

/* ---- whether items are independent ---- */

/* The dimension of the items, or NULL. */
static const IrDim *items_dim(const IrFunc *func)
{
    for (int i = 0; i < func->arg_count; i++)
        if (func->args[i]->kind == NND_ARG_INPUT)
            return func->args[i]->type.rank ? func->args[i]->type.dims[0] : NULL;
    return NULL;
}

/* The axis of the items, or -1. */
static int items_axis(const IrType *type, const IrDim *items)
{
    for (int i = 0; i < type->rank; i++)
        if (type->dims[i] == items)
            return i;
    return -1;
}

/* All other axes have fixed extents. */
static bool is_plain(const IrType *type, const IrDim *items)
{
    int of_items = items_axis(type, items);
    for (int i = 0; i < type->rank; i++)
        if (i != of_items && type->dims[i]->kind != NND_DIM_CONST)
            return false;
    return true;
}

/* One item lies behind the other. */
static bool is_rows_of_items(const IrType *type, const IrDim *items)
{
    return items_axis(type, items) == 0 && is_plain(type, items);
}

static int64_t elements_before(const IrType *type, int axis)
{
    int64_t count = 1;
    for (int i = 0; i < axis; i++)
        count *= type->dims[i]->size;
    return count;
}

static bool keeps_items_in_place(const IrType *from, const IrType *to, const IrDim *items)
{
    int before = items_axis(from, items), after = items_axis(to, items);
    return before < 0 || elements_before(from, before) == elements_before(to, after);
}

static bool contracts_items(const IrInst *dot, int axis)
{
    for (int i = 0; i < dot->attrs.dot.contract_count; i++)
        if (dot->attrs.dot.a_contract[i] == axis)
            return true;
    return false;
}

/* Each item of its results is made of the same item of its operands. */
static bool is_by_item(const IrInst *inst, const IrDim *items)
{
    const IrType *first = inst->arg_count ? &inst->args[0]->type : &inst->results[0].type;
    int axis = items_axis(first, items);
    if (ir_op_is_scalar(inst->op))
        return true;
    switch (inst->op) {
    case OP_const: case OP_cast: case OP_broadcast: case OP_transpose: return true;
    case OP_iota: case OP_concat: return axis != inst->attrs.axis;
    case OP_slice: case OP_pad: return axis != inst->attrs.slice.axis;
    case OP_window: case OP_unwindow: return axis != inst->attrs.window.axis;
    case OP_reshape: return keeps_items_in_place(first, &inst->results[0].type, items);
    case OP_sum: case OP_reduce_max: case OP_argmax: return axis < 0 || !(inst->attrs.axes >> axis & 1);
    case OP_dot: return axis < 0 || !contracts_items(inst, axis);
    default: return false;
    }
}

static bool are_args_apart(const IrFunc *func, const IrDim *items)
{
    for (int i = 0; i < func->arg_count; i++) {
        const IrValue *arg = func->args[i];
        bool data = arg->kind == NND_ARG_INPUT || arg->kind == NND_ARG_TARGET;
        if (data ? !is_rows_of_items(&arg->type, items) : ir_type_static_count(&arg->type) < 0)
            return false;
    }
    return true;
}

static bool are_apart(const IrFunc *func, const IrDim *items)
{
    if (items->kind != NND_DIM_FREE || !are_args_apart(func, items))
        return false;
    for (const IrInst *inst = func->body->first; inst; inst = inst->next)
        if (!is_by_item(inst, items) || !is_plain(&inst->results[0].type, items))
            return false;
    for (int i = 0; i < func->body->yield_count; i++)
        if (!is_rows_of_items(&func->body->yields[i]->type, items))
            return false;
    return true;
}

/* ---- how many ---- */

static int64_t weight_bytes(const IrFunc *func)
{
    int64_t bytes = 0;
    for (int i = 0; i < func->arg_count; i++) {
        int64_t count = ir_type_static_count(&func->args[i]->type);
        bytes += count < 0 ? 0 : count * (int64_t)nnd_dtype_size(func->args[i]->type.dtype);
    }
    return bytes;
}

/* Of what is computed and put into memory, for each item. */
static int64_t item_bytes(const MemoryPlan *plan, const IrDim *items)
{
    int64_t bytes = 0;
    for (int i = 0; i < plan->entries.count; i++) {
        const IrType *type = &plan->entries.data[i].value->type;
        int axis = items_axis(type, items);
        if (axis < 0)
            continue;
        IrType one = ir_type_without_axis(*type, axis);
        bytes += ir_type_static_count(&one) * (int64_t)nnd_dtype_size(type->dtype);
    }
    return bytes;
}

/* How many items have so many bytes. */
static int64_t items_of(int64_t bytes, int64_t each)
{
    return (bytes + each - 1) / each;
}

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

Portion portion_of(const IrFunc *func, const MemoryPlan *plan)
{
    const int64_t call_bytes = 64 << 10; /* beside which a call is nothing */
    const int64_t rows = 8; /* of a tile: with so many products of each weight, reading it costs less than they do */
    const IrDim *items = items_dim(func);
    int64_t each = items && are_apart(func, items) ? item_bytes(plan, items) : 0, weights = weight_bytes(func);
    if (!each)
        return (Portion){0};
    int64_t least = larger(items_of(call_bytes, each), smaller(rows, items_of(2 * weights, each)));
    return (Portion){least, larger(least, items_of(4 * weights, each))};
}
