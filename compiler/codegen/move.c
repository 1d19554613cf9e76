/* SPDX-License-Identifier: Apache-2.0
 *
 * Operators that move data, as index arithmetic. Where an index can leave the
 * operand, it is brought back inside before the operand is read and the result
 * replaced afterwards, so that loops stay free of branches; only where the
 * operand may have no element at all is there a branch.
 */
#include "compiler/codegen/lookup.h"
#include "compiler/codegen/loops.h"
#include "compiler/codegen/scalar.h"

LLVMValueRef move_item(Emit *e, const IrDim *dim, LLVMValueRef place)
{
    const IrDim *scanned = e->region ? e->region->scan->attrs.scan.dim : NULL;
    return scanned && scanned->parent == dim ? emit_order(e, scanned, place) : place;
}

LLVMValueRef move_ancestor(Emit *e, const IrDim *dim, const IrDim *from, LLVMValueRef row)
{
    if (dim != from)
        row = move_item(e, dim, row);
    for (; dim != from; dim = dim->parent)
        row = emit_segment(e, dim, row);
    return row;
}

static LLVMValueRef broadcast(Emit *e, const IrInst *inst, const Index *index)
{
    const IrType *type = &inst->results[0].type, *x = &inst->args[0]->type;
    Index from = {0};
    for (int i = 0; i < type->rank; i++) {
        int axis = inst->attrs.map[i];
        if (axis >= 0)
            from.at[axis] = index->at[i];
        if (axis == 0 && i == 0)
            from.at[0] = move_ancestor(e, type->dims[0], x->dims[0], index->at[0]);
    }
    return element(e, inst->args[0], &from);
}

static LLVMValueRef transpose(Emit *e, const IrInst *inst, const Index *index)
{
    Index from = {0};
    for (int i = 0; i < inst->results[0].type.rank; i++)
        from.at[inst->attrs.map[i]] = index->at[i];
    return element(e, inst->args[0], &from);
}

/* ---- reshape ---- */

static int64_t constant(const IrDim *dim)
{
    return dim->kind == NND_DIM_CONST ? dim->size : -1;
}

/* Ends of the next group of axes of equal product, counted from the back; false if only all that
 * is left has it. */
static bool next_group(const IrType *to, const IrType *from, int i, int j, int *first_i, int *first_j)
{
    int64_t a = 1, b = 1;
    *first_i = i;
    *first_j = j;
    do {
        bool left = a <= b && *first_i > 0;
        if (!left && *first_j <= 0)
            return false;
        int64_t size = left ? constant(to->dims[--*first_i]) : constant(from->dims[--*first_j]);
        if (size <= 0)
            return false;
        if (left)
            a *= size;
        else
            b *= size;
    } while (a != b);
    return true;
}

static void regroup(Emit *e, const IrType *to, const IrType *from, int i, int j, int first_i, int first_j,
                    const Index *index, Index *out)
{
    LLVMValueRef linear = index_linear(e, to->dims + first_i, i - first_i, index->at + first_i);
    index_split(e, (const IrDim *const *)from->dims + first_j, j - first_j, linear, out->at + first_j);
}

static LLVMValueRef reshape(Emit *e, const IrInst *inst, const Index *index)
{
    const IrValue *x = inst->args[0];
    if (index->flat)
        return element(e, x, index);
    const IrType *to = &inst->results[0].type, *from = &x->type;
    if (element_in_memory(e, x)) {
        Index flat = {.flat = index_linear(e, to->dims, to->rank, index->at)};
        return element(e, x, &flat);
    }
    Index out = {0};
    int i = to->rank, j = from->rank;
    while (i > 0 && j > 0) {
        int first_i = i - 1, first_j = j - 1;
        if (to->dims[i - 1] == from->dims[j - 1])
            out.at[j - 1] = index->at[i - 1];
        else if (next_group(to, from, i, j, &first_i, &first_j))
            regroup(e, to, from, i, j, first_i, first_j, index, &out);
        else
            break;
        i = first_i;
        j = first_j;
    }
    regroup(e, to, from, i, j, 0, 0, index, &out);
    return element(e, x, &out);
}

/* ---- parts ---- */

static LLVMValueRef slice(Emit *e, const IrInst *inst, const Index *index)
{
    Index from = *index;
    int axis = inst->attrs.slice.axis;
    from.at[axis] = index_add(e, index->at[axis], emit_i64(e, inst->attrs.slice.start));
    return element(e, inst->args[0], &from);
}

/* x at the index with entry `at` on `axis`, or `other` where that is outside 0 .. size-1. */
static LLVMValueRef guarded(Emit *e, const IrValue *x, Index index, int axis, LLVMValueRef at, int64_t size,
                            LLVMValueRef other)
{
    if (size <= 0)
        return other;
    LLVMValueRef inside = index_below(e, at, emit_i64(e, size));
    index.at[axis] = index_max(e, index_min(e, at, emit_i64(e, size - 1)), emit_i64(e, 0));
    return LLVMBuildSelect(e->b, inside, element(e, x, &index), other, "");
}

static LLVMValueRef pad(Emit *e, const IrInst *inst, const Index *index)
{
    const IrValue *x = inst->args[0];
    int axis = inst->attrs.slice.axis;
    LLVMValueRef at = index_sub(e, index->at[axis], emit_i64(e, inst->attrs.slice.start));
    return guarded(e, x, *index, axis, at, x->type.dims[axis]->size, scalar_const(e, x->type.dtype, 0));
}

static LLVMValueRef concat(Emit *e, const IrInst *inst, const Index *index)
{
    int axis = inst->attrs.axis;
    LLVMValueRef result = scalar_const(e, inst->results[0].type.dtype, 0);
    int64_t start = 0;
    for (int i = 0; i < inst->arg_count; i++) {
        int64_t size = inst->args[i]->type.dims[axis]->size;
        LLVMValueRef at = index_sub(e, index->at[axis], emit_i64(e, start));
        result = guarded(e, inst->args[i], *index, axis, at, size, result);
        start += size;
    }
    return result;
}

/* ---- windows ---- */

bool move_window_inside(const IrWindow *w, const IrDim *in, const IrDim *out)
{
    int64_t span = (w->size - 1) * w->dilation + 1;
    if (w->low)
        return false;
    if (in->kind == NND_DIM_CONST)
        return (out->size - 1) * w->stride + span <= in->size;
    return out->kind == NND_DIM_WINDOW && out->source == in && out->pad == 0 && out->least == 0 && out->span >= span &&
           out->stride == w->stride;
}

static LLVMValueRef window_position(Emit *e, const IrWindow *w, LLVMValueRef j, LLVMValueRef k)
{
    LLVMValueRef at = index_add(e, index_mul(e, j, emit_i64(e, w->stride)), index_mul(e, k, emit_i64(e, w->dilation)));
    return index_add(e, at, emit_i64(e, -w->low));
}

/* The index of the operand but for the windowed axis. */
static Index without_window_axis(const Index *index, const IrWindow *w, int rank)
{
    Index from = {0};
    for (int i = 0; i < rank; i++)
        from.at[i] = index->at[i <= w->axis ? i : i + 1];
    return from;
}

static LLVMValueRef window_in_segments(Emit *e, const IrInst *inst, const Index *index)
{
    const IrWindow *w = &inst->attrs.window;
    const IrValue *x = inst->args[0];
    const IrDim *in = x->type.dims[0], *out = inst->results[0].type.dims[0];
    LLVMValueRef segment = emit_segment(e, out, index->at[0]);
    LLVMValueRef j = index_sub(e, index->at[0], emit_offset(e, out, segment));
    LLVMValueRef at = window_position(e, w, j, index->at[1]);
    LLVMValueRef first = emit_offset(e, in, segment);
    Index from = without_window_axis(index, w, x->type.rank);
    from.at[0] = index_add(e, first, at);
    if (move_window_inside(w, in, out))
        return element(e, x, &from);
    LLVMValueRef end = emit_offset(e, in, index_add(e, segment, emit_i64(e, 1)));
    Branch branch = branch_begin(e, index_below(e, at, index_sub(e, end, first)));
    LLVMValueRef inside = element(e, x, &from);
    return branch_end(e, &branch, inside, scalar_const(e, x->type.dtype, w->fill));
}

static LLVMValueRef window(Emit *e, const IrInst *inst, const Index *index)
{
    const IrWindow *w = &inst->attrs.window;
    const IrValue *x = inst->args[0];
    const IrDim *in = x->type.dims[w->axis], *out = inst->results[0].type.dims[w->axis];
    if (ir_dim_segmented(in))
        return window_in_segments(e, inst, index);
    LLVMValueRef at = window_position(e, w, index->at[w->axis], index->at[w->axis + 1]);
    Index from = without_window_axis(index, w, x->type.rank);
    from.at[w->axis] = at;
    if (move_window_inside(w, in, out))
        return element(e, x, &from);
    return guarded(e, x, from, w->axis, at, in->size, scalar_const(e, x->type.dtype, w->fill));
}

/* ---- unwindow: the windows that a row is in, added up ----
 *
 * Row i is entry k of window j iff j * stride + k * dilation = i + low. Without dilation the
 * candidates are k = (i + low) mod stride + q * stride, j = (i + low) / stride - q. */

typedef struct Unwindow {
    const IrInst *inst;
    const Index *index;
    LLVMValueRef row;          /* i + low, in the segment */
    LLVMValueRef first, count; /* of the windows along the axis */
    LLVMValueRef memory;       /* the sum */
} Unwindow;

static int64_t candidate_count(const IrWindow *w)
{
    return w->dilation == 1 ? (w->size + w->stride - 1) / w->stride : w->size;
}

static void find_candidate(Emit *e, const Unwindow *u, LLVMValueRef q, LLVMValueRef *j, LLVMValueRef *k,
                           LLVMValueRef *valid)
{
    const IrWindow *w = &u->inst->attrs.window;
    LLVMValueRef stride = emit_i64(e, w->stride);
    if (w->dilation == 1) {
        *k = index_add(e, index_rem(e, u->row, stride), index_mul(e, q, stride));
        *j = index_sub(e, index_div(e, u->row, stride), q);
        *valid = LLVMBuildAnd(e->b, index_below(e, *k, emit_i64(e, w->size)), index_below(e, *j, u->count), "");
        return;
    }
    LLVMValueRef rest = index_sub(e, u->row, index_mul(e, q, emit_i64(e, w->dilation)));
    LLVMValueRef divides = LLVMBuildICmp(e->b, LLVMIntEQ, LLVMBuildSRem(e->b, rest, stride, ""), emit_i64(e, 0), "");
    *k = q;
    *j = LLVMBuildSDiv(e->b, rest, stride, "");
    LLVMValueRef positive = LLVMBuildICmp(e->b, LLVMIntSGE, rest, emit_i64(e, 0), "");
    *valid = LLVMBuildAnd(e->b, LLVMBuildAnd(e->b, divides, positive, ""), index_below(e, *j, u->count), "");
}

/* One candidate's contribution to `sum`. */
static LLVMValueRef add_candidate(Emit *e, const Unwindow *u, LLVMValueRef q, LLVMValueRef sum)
{
    const IrValue *x = u->inst->args[0];
    int axis = u->inst->attrs.window.axis;
    LLVMValueRef j, k, valid;
    find_candidate(e, u, q, &j, &k, &valid);
    Index from = {0};
    for (int i = 0; i < x->type.rank; i++)
        from.at[i] = i < axis ? u->index->at[i] : i > axis + 1 ? u->index->at[i - 1] : NULL;
    bool constant_count = x->type.dims[axis]->kind == NND_DIM_CONST;
    Branch branch = {0};
    if (constant_count) {
        j = index_max(e, index_min(e, j, emit_i64(e, x->type.dims[axis]->size - 1)), emit_i64(e, 0));
        k = index_min(e, k, emit_i64(e, u->inst->attrs.window.size - 1));
    } else {
        branch = branch_begin(e, valid);
    }
    from.at[axis] = index_add(e, u->first, j);
    from.at[axis + 1] = k;
    LLVMValueRef args[] = {sum, element(e, x, &from)};
    LLVMValueRef more = scalar_op(e, OP_add, x->type.dtype, args);
    return constant_count ? LLVMBuildSelect(e->b, valid, more, sum, "") : branch_end(e, &branch, more, sum);
}

static LLVMValueRef add_candidates(Emit *e, const Unwindow *u, LLVMValueRef zero)
{
    enum { UNROLLED = 8 };
    int64_t count = candidate_count(&u->inst->attrs.window);
    LLVMValueRef sum = zero;
    for (int64_t q = 0; count <= UNROLLED && q < count; q++)
        sum = add_candidate(e, u, emit_i64(e, q), sum);
    if (count <= UNROLLED)
        return sum;
    LLVMValueRef memory = emit_alloca(e, LLVMTypeOf(zero), "sum");
    LLVMBuildStore(e->b, zero, memory);
    Loop loop = loop_begin(e, emit_i64(e, 0), emit_i64(e, count), 1, LOOP_PLAIN);
    sum = LLVMBuildLoad2(e->b, LLVMTypeOf(zero), memory, "");
    LLVMBuildStore(e->b, add_candidate(e, u, loop.index, sum), memory);
    loop_end(e, &loop);
    return LLVMBuildLoad2(e->b, LLVMTypeOf(zero), memory, "");
}

static LLVMValueRef unwindow(Emit *e, const IrInst *inst, const Index *index)
{
    const IrWindow *w = &inst->attrs.window;
    const IrDim *out = inst->results[0].type.dims[w->axis], *windows = inst->args[0]->type.dims[w->axis];
    Unwindow u = {.inst = inst, .index = index, .first = emit_i64(e, 0), .count = emit_extent(e, windows)};
    LLVMValueRef zero = scalar_const(e, inst->results[0].type.dtype, 0);
    LLVMValueRef row = index->at[w->axis];
    if (windows->kind == NND_DIM_CONST && windows->size == 0)
        return zero;
    if (ir_dim_segmented(out)) {
        LLVMValueRef segment = emit_segment(e, out, row);
        row = index_sub(e, row, emit_offset(e, out, segment));
        u.first = emit_offset(e, windows, segment);
        u.count = index_sub(e, emit_offset(e, windows, index_add(e, segment, emit_i64(e, 1))), u.first);
    }
    u.row = index_add(e, row, emit_i64(e, w->low));
    return add_candidates(e, &u, zero);
}

/* ---- tables ---- */

static LLVMValueRef gather(Emit *e, const IrInst *inst, const Index *index)
{
    const IrValue *table = inst->args[0];
    const IrDim *rows = table->type.dims[0];
    const Index from = lookup_index(e, inst, index);
    LLVMValueRef row = from.at[0];
    LLVMValueRef zero = scalar_const(e, table->type.dtype, 0);
    if (rows->kind == NND_DIM_CONST)
        return guarded(e, table, from, 0, row, rows->size, zero);
    Branch branch = branch_begin(e, index_below(e, row, emit_extent(e, rows)));
    LLVMValueRef found = element(e, table, &from);
    return branch_end(e, &branch, found, zero);
}

LLVMValueRef move_element(Emit *e, const IrInst *inst, const Index *index)
{
    switch (inst->op) {
    case OP_broadcast: return broadcast(e, inst, index);
    case OP_reshape: return reshape(e, inst, index);
    case OP_transpose: return transpose(e, inst, index);
    case OP_slice: return slice(e, inst, index);
    case OP_pad: return pad(e, inst, index);
    case OP_concat: return concat(e, inst, index);
    case OP_window: return window(e, inst, index);
    case OP_unwindow: return unwindow(e, inst, index);
    case OP_gather: return gather(e, inst, index);
    case OP_on_demand: return element(e, inst->args[0], index);
    default: NND_BUG("%s does not move data", ir_op_info[inst->op].name);
    }
}
