/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/lanes.h"

#include "compiler/codegen/lookup.h"
#include "compiler/codegen/loops.h"
#include "compiler/codegen/scalar.h"

bool lanes_knows(IrOp op)
{
    switch (op) {
    case OP_const:
    case OP_broadcast:
    case OP_reshape:
    case OP_transpose:
    case OP_slice:
    case OP_pad:
    case OP_gather: return true;
    default: return ir_op_is_scalar(op);
    }
}

bool lanes_holds(NndDType dtype)
{
    return dtype == NND_F32 || dtype == NND_BOOL;
}

bool lanes_can_mask(const Target *target)
{
    enum { MASKED_BYTES = 32 };
    return target->vector_bytes >= MASKED_BYTES;
}

static LLVMTypeRef vector_of(const Lanes *l, LLVMTypeRef scalar)
{
    return LLVMVectorType(scalar, l->count);
}

static LLVMValueRef splat(const Lanes *l, LLVMValueRef x)
{
    return emit_splat(l->e, x, (int)l->count);
}

Lanes lanes_begin(Emit *e, int count, LLVMValueRef rest)
{
    Lanes l = {.e = e, .count = (unsigned)count};
    if (!rest)
        return l;
    LLVMValueRef numbers[64];
    for (int i = 0; i < count; i++)
        numbers[i] = emit_i32(e, i);
    LLVMValueRef end = splat(&l, LLVMBuildTrunc(e->b, rest, e->cg->i32, ""));
    l.mask = LLVMBuildICmp(e->b, LLVMIntSLT, LLVMConstVector(numbers, l.count), end, "");
    return l;
}

/* ---- memory ---- */

static LLVMValueRef masked_call(const Lanes *l, const char *name, LLVMTypeRef vector,
                                LLVMValueRef *args, unsigned count)
{
    Emit *e = l->e;
    LLVMTypeRef types[] = {vector, e->cg->ptr};
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    LLVMValueRef function = LLVMGetIntrinsicDeclaration(e->cg->module, id, types, 2);
    return LLVMBuildCall2(e->b, LLVMIntrinsicGetType(e->cg->context, id, types, 2), function, args,
                          count, "");
}

static LLVMValueRef load(const Lanes *l, const IrValue *value, LLVMValueRef base,
                         LLVMValueRef linear)
{
    Emit *e = l->e;
    LLVMTypeRef vector = vector_of(l, emit_memory_type(e->cg, value->type.dtype));
    LLVMValueRef address = memory_at(e, value->type.dtype, base, linear), x;
    unsigned alignment = (unsigned)nnd_dtype_size(value->type.dtype);
    if (l->mask) {
        LLVMValueRef args[] = {address, emit_i32(e, (int32_t)alignment), l->mask,
                               LLVMConstNull(vector)};
        x = masked_call(l, "llvm.masked.load", vector, args, 4);
    } else {
        x = LLVMBuildLoad2(e->b, vector, address, "");
        LLVMSetAlignment(x, alignment);
    }
    memory_mark(e, x, value);
    return value->type.dtype == NND_BOOL
               ? LLVMBuildICmp(e->b, LLVMIntNE, x, LLVMConstNull(vector), "")
               : x;
}

void lanes_store(Lanes *l, const IrValue *value, LLVMValueRef base, LLVMValueRef linear,
                 LLVMValueRef vector)
{
    Emit *e = l->e;
    LLVMValueRef address = memory_at(e, value->type.dtype, base, linear), store;
    unsigned alignment = (unsigned)nnd_dtype_size(value->type.dtype);
    LLVMTypeRef type = vector_of(l, emit_memory_type(e->cg, value->type.dtype));
    if (value->type.dtype == NND_BOOL)
        vector = LLVMBuildZExt(e->b, vector, type, "");
    if (l->mask) {
        LLVMValueRef args[] = {vector, address, emit_i32(e, (int32_t)alignment), l->mask};
        store = masked_call(l, "llvm.masked.store", type, args, 4);
    } else {
        store = LLVMBuildStore(e->b, vector, address);
        LLVMSetAlignment(store, alignment);
    }
    memory_mark(e, store, value);
}

/* ---- sequences ---- */

/* The entries of a sequence's row are taken vector by vector, long apart: too irregular for the processor to foresee. A
 * vector may begin in one line of the cache and end in the next. */
static void prefetch(const Lanes *l, const IrValue *param, Index at, int axis)
{
    Emit *e = l->e;
    at.at[0] = l->next_item;
    at.at[axis] = l->next_entry;
    const IrValue *operand = element_parameter(e, param, &at);
    LLVMValueRef first = lookup_address(e, operand, at);
    for (int end = 0; first && end < 2; end++)
        emit_prefetch(e, memory_at(e, operand->type.dtype, first, emit_i64(e, end ? (int64_t)l->count - 1 : 0)));
}

static LLVMValueRef parameter(Lanes *l, const IrValue *param, const Index *index, int axis)
{
    Index at = *index;
    const IrValue *operand = element_parameter(l->e, param, &at);
    if (l->next_item && param->index < l->e->region->scan->attrs.scan.seq_count)
        prefetch(l, param, *index, axis);
    return lanes_element(l, operand, &at, axis);
}

/* ---- operators ---- */

static LLVMValueRef operator_lanes(Lanes *l, const IrInst *inst, const Index *index, int axis)
{
    LLVMValueRef args[3] = {NULL, NULL, NULL};
    int arity = ir_op_info[inst->op].arity;
    for (int i = 0; i < arity; i++)
        args[i] = lanes_element(l, inst->args[i], index, axis);
    return scalar_op(l->e, inst->op, inst->args[arity - 1]->type.dtype, args);
}

static LLVMValueRef broadcast(Lanes *l, const IrInst *inst, const Index *index, int axis)
{
    const IrType *type = &inst->results[0].type, *x = &inst->args[0]->type;
    Index from = {0};
    for (int i = 0; i < type->rank; i++)
        if (inst->attrs.map[i] >= 0)
            from.at[inst->attrs.map[i]] = index->at[i];
    if (inst->attrs.map[0] == 0)
        from.at[0] = move_ancestor(l->e, type->dims[0], x->dims[0], index->at[0]);
    return lanes_element(l, inst->args[0], &from, axis < 0 ? -1 : inst->attrs.map[axis]);
}

static LLVMValueRef transpose(Lanes *l, const IrInst *inst, const Index *index, int axis)
{
    Index from = {0};
    for (int i = 0; i < inst->results[0].type.rank; i++)
        from.at[inst->attrs.map[i]] = index->at[i];
    return lanes_element(l, inst->args[0], &from, axis < 0 ? -1 : inst->attrs.map[axis]);
}

static bool has_one_entry(const IrDim *dim)
{
    return dim->kind == NND_DIM_CONST && dim->size == 1;
}

/* A value in memory is read at the same position, others only gain or lose axes of one entry. */
static LLVMValueRef reshape(Lanes *l, const IrInst *inst, const Index *index, int axis)
{
    const IrType *to = &inst->results[0].type, *from = &inst->args[0]->type;
    if (element_in_memory(l->e, inst->args[0])) {
        LLVMValueRef linear = index_linear(l->e, to->dims, to->rank, index->at);
        return load(l, inst->args[0], element_base(l->e, inst->args[0]), linear);
    }
    Index moved = {0};
    int moved_axis = -1, j = 0;
    for (int i = 0; i < to->rank; i++) {
        if (has_one_entry(to->dims[i]))
            continue;
        while (has_one_entry(from->dims[j]))
            moved.at[j++] = emit_i64(l->e, 0);
        moved_axis = i == axis ? j : moved_axis;
        moved.at[j++] = index->at[i];
    }
    for (; j < from->rank; j++)
        moved.at[j] = emit_i64(l->e, 0);
    return lanes_element(l, inst->args[0], &moved, moved_axis);
}

static LLVMValueRef slice(Lanes *l, const IrInst *inst, const Index *index, int axis)
{
    Index from = *index;
    int cut = inst->attrs.slice.axis;
    from.at[cut] = index_add(l->e, index->at[cut], emit_i64(l->e, inst->attrs.slice.start));
    return lanes_element(l, inst->args[0], &from, axis);
}

/* Along the padded axis the index is a constant: inside of the operand, or zero. */
static LLVMValueRef pad(Lanes *l, const IrInst *inst, const Index *index, int axis)
{
    const IrValue *x = inst->args[0];
    int padded = inst->attrs.slice.axis;
    int64_t at = LLVMConstIntGetSExtValue(index->at[padded]) - inst->attrs.slice.start;
    if (at < 0 || at >= x->type.dims[padded]->size)
        return splat(l, scalar_const(l->e, x->type.dtype, 0));
    Index from = *index;
    from.at[padded] = emit_i64(l->e, at);
    return lanes_element(l, x, &from, axis);
}

static LLVMValueRef gather(Lanes *l, const IrInst *inst, const Index *index, int axis)
{
    Emit *e = l->e;
    const IrValue *table = inst->args[0];
    Index from = lookup_index(e, inst, index);
    Branch branch = branch_begin(e, index_below(e, from.at[0], emit_extent(e, table->type.dims[0])));
    int mark = l->memo.count;
    LLVMValueRef row = lanes_element(l, table, &from, axis - inst->args[1]->type.rank + 1);
    l->memo.count = mark; /* what was computed in the branch is not there behind it */
    return branch_end(e, &branch, row, LLVMConstNull(LLVMTypeOf(row)));
}

static LLVMValueRef compute(Lanes *l, const IrInst *inst, const Index *index, int axis)
{
    switch (inst->op) {
    case OP_const:
        return splat(l, scalar_const(l->e, inst->results[0].type.dtype, inst->attrs.constant));
    case OP_broadcast: return broadcast(l, inst, index, axis);
    case OP_reshape: return reshape(l, inst, index, axis);
    case OP_transpose: return transpose(l, inst, index, axis);
    case OP_slice: return slice(l, inst, index, axis);
    case OP_pad: return pad(l, inst, index, axis);
    case OP_gather: return gather(l, inst, index, axis);
    default: return operator_lanes(l, inst, index, axis);
    }
}

/* ---- values ---- */

static LLVMValueRef remembered(const Lanes *l, const IrValue *value, const Index *index)
{
    for (int i = l->memo.count - 1; i >= 0; i--) {
        const MemoEntry *m = &l->memo.data[i];
        bool same = m->value == value;
        for (int k = 0; same && k < value->type.rank; k++)
            same = m->index.at[k] == index->at[k];
        if (same)
            return m->result;
    }
    return NULL;
}

void lanes_set(Lanes *l, const IrValue *value, const Index *index, LLVMValueRef vector)
{
    vec_push(l->e->cg->arena, &l->memo, ((MemoEntry){value, *index, vector}));
}

LLVMValueRef lanes_element(Lanes *l, const IrValue *value, const Index *index, int axis)
{
    LLVMValueRef result = remembered(l, value, index);
    if (result)
        return result;
    if (axis < 0)
        result = splat(l, element(l->e, value, index));
    else if (element_in_memory(l->e, value))
        result = load(l, value, element_base(l->e, value), element_position(l->e, value, index));
    else if (value->def)
        result = compute(l, value->def, index, axis);
    else
        result = parameter(l, value, index, axis);
    lanes_set(l, value, index, result);
    return result;
}
