/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/element.h"

#include "compiler/codegen/demand.h"
#include "compiler/codegen/scalar.h"

static bool same_index(const Index *a, const Index *b, int rank)
{
    if (a->flat || b->flat)
        return a->flat == b->flat;
    for (int i = 0; i < rank; i++)
        if (a->at[i] != b->at[i])
            return false;
    return true;
}

static LLVMValueRef remembered(const Emit *e, const IrValue *value, const Index *index)
{
    for (int i = e->memo.count - 1; i >= 0; i--) {
        const MemoEntry *m = &e->memo.data[i];
        if (m->value == value && same_index(&m->index, index, value->type.rank))
            return m->result;
    }
    return NULL;
}

void element_set(Emit *e, const IrValue *value, const Index *index, LLVMValueRef result)
{
    vec_push(e->cg->arena, &e->memo, ((MemoEntry){value, *index, result}));
}

/* Parameters of the scan that is being emitted; -1 if it is none of them. */
static int scan_parameter(const Emit *e, const IrValue *value)
{
    if (!e->region || value->def)
        return -1;
    const IrRegion *region = e->region->scan->region;
    bool inside = value >= region->params && value < region->params + region->param_count;
    return inside ? value->index : -1;
}

static int scan_state(const Emit *e, const IrValue *value)
{
    int param = scan_parameter(e, value);
    if (param < 0 || !e->region->states)
        return -1; /* before the first step, states are the operands of the scan */
    const IrScan *scan = &e->region->scan->attrs.scan;
    return param - scan->seq_count - scan->row_count;
}

bool element_in_memory(const Emit *e, const IrValue *value)
{
    if (e->fg->stored[value->id])
        return true;
    return scan_state(e, value) >= 0;
}

LLVMValueRef element_base(Emit *e, const IrValue *value)
{
    int state = scan_state(e, value);
    if (state >= 0)
        return e->region->states[state];
    LLVMValueRef next = scan_next_state(e, value);
    return next ? next : emit_cell(e, e->fg->cells[value->id]);
}

LLVMValueRef element_position(Emit *e, const IrValue *value, const Index *index)
{
    return index->flat ? index->flat : index_linear(e, value->type.dims, value->type.rank, index->at);
}

static LLVMValueRef load(Emit *e, const IrValue *value, const Index *index)
{
    return memory_load(e, value, element_base(e, value), element_position(e, value, index));
}

/* A sequence's row at time t, or the row of an item. */
const IrValue *element_parameter(Emit *e, const IrValue *value, Index *index)
{
    int param = scan_parameter(e, value);
    if (param < 0)
        return NULL;
    const IrInst *inst = e->region->scan;
    const IrScan *scan = &inst->attrs.scan;
    LLVMValueRef item = emit_order(e, scan->dim, index->at[0]);
    if (param >= scan->seq_count)
        index->at[0] = item;
    else if (!scan->reverse)
        index->at[0] = index_add(e, emit_offset(e, scan->dim, item), e->region->t);
    else {
        LLVMValueRef end = emit_offset(e, scan->dim, index_add(e, item, emit_i64(e, 1)));
        index->at[0] = index_sub(e, index_sub(e, end, e->region->t), emit_i64(e, 1));
    }
    return inst->args[param];
}

static LLVMValueRef operator_element(Emit *e, const IrInst *inst, const Index *index)
{
    LLVMValueRef args[3] = {NULL, NULL, NULL};
    int arity = ir_op_info[inst->op].arity;
    for (int i = 0; i < arity; i++)
        args[i] = element(e, inst->args[i], index);
    return scalar_op(e, inst->op, inst->args[arity - 1]->type.dtype, args);
}

/* The index along an axis; along a segmented one the position in the segment. */
static LLVMValueRef iota_element(Emit *e, const IrInst *inst, const Index *index)
{
    const IrType *type = &inst->results[0].type;
    const IrDim *dim = type->dims[inst->attrs.axis];
    LLVMValueRef at = index->at[inst->attrs.axis];
    if (inst->attrs.axis == 0)
        at = move_item(e, dim, at);
    if (ir_dim_segmented(dim))
        at = index_sub(e, at, emit_offset(e, dim, emit_segment(e, dim, at)));
    return scalar_from_index(e, at, type->dtype);
}

static LLVMValueRef length_element(Emit *e, const IrInst *inst, const Index *index)
{
    const IrDim *dim = inst->attrs.dim;
    LLVMValueRef item = move_item(e, dim->parent, index->at[0]);
    LLVMValueRef end = emit_offset(e, dim, index_add(e, item, emit_i64(e, 1)));
    return scalar_from_index(e, index_sub(e, end, emit_offset(e, dim, item)), NND_I32);
}

static LLVMValueRef offset_element(Emit *e, const IrInst *inst, const Index *index)
{
    const IrDim *dim = inst->attrs.dim;
    return scalar_from_index(e, emit_offset(e, dim, move_item(e, dim->parent, index->at[0])), NND_I32);
}

static LLVMValueRef uniform_element(Emit *e, const IrInst *inst, const Index *index)
{
    const IrValue *value = &inst->results[0];
    LLVMValueRef number = random_uniform(e, inst->attrs.stream, element_position(e, value, index));
    return scalar_cast(e, number, NND_F32, value->type.dtype);
}

static LLVMValueRef compute(Emit *e, const IrInst *inst, const Index *index)
{
    if (ir_op_is_scalar(inst->op))
        return operator_element(e, inst, index);
    switch (inst->op) {
    case OP_const: return scalar_const(e, inst->results[0].type.dtype, inst->attrs.constant);
    case OP_iota: return iota_element(e, inst, index);
    case OP_uniform: return uniform_element(e, inst, index);
    case OP_lengths: return length_element(e, inst, index);
    case OP_offsets: return offset_element(e, inst, index);
    case OP_place_of: return demand_place(e, inst->args[0], index->flat ? index->flat : index->at[0]);
    case OP_cast: {
        LLVMValueRef x = element(e, inst->args[0], index);
        return scalar_cast(e, x, inst->args[0]->type.dtype, inst->results[0].type.dtype);
    }
    case OP_sum:
    case OP_reduce_max:
    case OP_argmax:
    case OP_dot: return fold_element(e, inst, index);
    case OP_scatter_add:
    case OP_scan: NND_BUG("%s has no memory", ir_op_info[inst->op].name);
    default: return move_element(e, inst, index);
    }
}

LLVMValueRef element(Emit *e, const IrValue *value, const Index *index)
{
    LLVMValueRef result = remembered(e, value, index);
    Index moved = *index;
    if (result)
        return result;
    if (element_in_memory(e, value))
        result = load(e, value, index);
    else if (value->def)
        result = compute(e, value->def, index);
    else
        result = element(e, element_parameter(e, value, &moved), &moved);
    element_set(e, value, index, result);
    return result;
}
