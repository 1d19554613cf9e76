/* SPDX-License-Identifier: Apache-2.0
 *
 * The type rule of every operator. A rule reads operands and attributes, sets
 * or checks the results' types, and says in one sentence what is wrong.
 */
#include "compiler/ir/ir.h"

#define CHECK_THAT(condition, ...)                                                                 \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return arena_printf(arena, __VA_ARGS__);                                               \
    } while (0)

static const IrType *arg_type(const IrInst *inst, int i)
{
    return &inst->args[i]->type;
}

static IrType *result_type(IrInst *inst)
{
    return &inst->results[0].type;
}

static char *set_result(Arena *arena, IrInst *inst, IrType type)
{
    for (int i = 1; i < type.rank; i++)
        CHECK_THAT(!ir_dim_segmented(type.dims[i]), "segmented dimension %s is axis %d, not 0",
                   type.dims[i]->name, i);
    *result_type(inst) = type;
    return NULL;
}

static char *check_arity(Arena *arena, const IrInst *inst, int count)
{
    CHECK_THAT(inst->arg_count == count, "%d operands instead of %d", inst->arg_count, count);
    return NULL;
}

static bool is_number(NndDType dtype)
{
    return dtype != NND_BOOL;
}

static bool is_float(NndDType dtype)
{
    return dtype == NND_F32 || dtype == NND_F64;
}

static char *infer_scalar(Arena *arena, IrInst *inst)
{
    const IrOpInfo *info = &ir_op_info[inst->op];
    char *error = check_arity(arena, inst, info->arity);
    if (error)
        return error;
    const IrType *last = arg_type(inst, info->arity - 1);
    bool logical = inst->op == OP_not || inst->op == OP_and || inst->op == OP_or;
    for (int i = 0; i < info->arity; i++) {
        const IrType *type = arg_type(inst, i);
        bool condition = inst->op == OP_select && i == 0;
        CHECK_THAT(ir_type_same_dims(type, last), "operand %d has other dimensions", i);
        CHECK_THAT(condition ? type->dtype == NND_BOOL : type->dtype == last->dtype,
                   "operand %d has element type %s", i, ir_dtype_name(type->dtype));
        CHECK_THAT(condition || inst->op == OP_select || inst->op == OP_eq || inst->op == OP_ne ||
                       (logical ? type->dtype == NND_BOOL : is_number(type->dtype)),
                   "operand %d has element type %s", i, ir_dtype_name(type->dtype));
    }
    return set_result(arena, inst,
                      info->flags & BOOL ? ir_type_with_dtype(*last, NND_BOOL) : *last);
}

static char *infer_leaf(Arena *arena, IrInst *inst)
{
    IrType *type = result_type(inst);
    char *error = check_arity(arena, inst, 0);
    if (error)
        return error;
    if (inst->op == OP_iota) {
        CHECK_THAT(inst->attrs.axis >= 0 && inst->attrs.axis < type->rank, "there is no axis %d",
                   inst->attrs.axis);
        CHECK_THAT(type->dtype == NND_I32 || type->dtype == NND_F32 || type->dtype == NND_F64,
                   "indices cannot be %s", ir_dtype_name(type->dtype));
    }
    if (inst->op == OP_uniform)
        CHECK_THAT(type->dtype == NND_F32 || type->dtype == NND_F64, "random numbers cannot be %s",
                   ir_dtype_name(type->dtype));
    return set_result(arena, inst, *type);
}

static char *infer_lengths(Arena *arena, IrInst *inst)
{
    IrDim *dim = inst->attrs.dim;
    char *error = check_arity(arena, inst, 0);
    if (error)
        return error;
    CHECK_THAT(dim && ir_dim_segmented(dim), "the dimension is not segmented");
    return set_result(arena, inst, ir_type(NND_I32, 1, &dim->parent));
}

static char *infer_cast(Arena *arena, IrInst *inst)
{
    CHECK_THAT(ir_type_same_dims(result_type(inst), arg_type(inst, 0)),
               "a cast keeps the dimensions");
    return set_result(arena, inst, *result_type(inst));
}

/* True if `parent` is `dim` or one that it is divided from. */
static bool is_ancestor(const IrDim *parent, const IrDim *dim)
{
    while (dim && dim != parent)
        dim = dim->parent;
    return dim;
}

static char *infer_broadcast(Arena *arena, IrInst *inst)
{
    const IrType *x = arg_type(inst, 0);
    const IrType *type = result_type(inst);
    CHECK_THAT(type->dtype == x->dtype, "the element type changes");
    unsigned used = 0;
    for (int i = 0; i < type->rank; i++) {
        int from = inst->attrs.map[i];
        if (from == -1)
            continue;
        CHECK_THAT(from >= 0 && from < x->rank, "result axis %d comes from axis %d", i, from);
        CHECK_THAT(!(used >> from & 1), "axis %d is used twice", from);
        used |= 1u << from;
        bool same = type->dims[i] == x->dims[from];
        bool repeated = i == 0 && from == 0 && is_ancestor(x->dims[0], type->dims[0]);
        CHECK_THAT(same || repeated, "result axis %d is %s, not %s", i, type->dims[i]->name,
                   x->dims[from]->name);
    }
    CHECK_THAT(used == (1u << x->rank) - 1, "an axis of the operand is not used");
    return set_result(arena, inst, *type);
}

/* Of sizes; -1 if it is too large. */
static int64_t multiply(int64_t a, int64_t b)
{
    int64_t product;
    return a < 0 || __builtin_mul_overflow(a, b, &product) ? -1 : product;
}

/* Product of the constant extents and, as far as `runtime` has room, the others in order. */
static int64_t split_product(const IrType *type, const IrDim **runtime, int *count)
{
    int64_t product = 1;
    *count = 0;
    for (int i = 0; i < type->rank; i++) {
        const IrDim *dim = type->dims[i];
        for (; dim->kind == NND_DIM_UNIFORM; dim = dim->parent)
            product = multiply(product, dim->size);
        if (dim->kind == NND_DIM_CONST)
            product = multiply(product, dim->size);
        else
            runtime[(*count)++] = dim;
    }
    return product;
}

static char *infer_reshape(Arena *arena, IrInst *inst)
{
    const IrType *x = arg_type(inst, 0), *type = result_type(inst);
    const IrDim *from[NND_MAX_RANK], *to[NND_MAX_RANK];
    int from_count, to_count;
    CHECK_THAT(type->dtype == x->dtype, "the element type changes");
    int64_t before = split_product(x, from, &from_count),
            after = split_product(type, to, &to_count);
    CHECK_THAT(before >= 0 && before == after && from_count == to_count,
               "the number of elements changes");
    for (int i = 0; i < from_count; i++)
        CHECK_THAT(from[i] == to[i], "dimension %s becomes %s", from[i]->name, to[i]->name);
    return set_result(arena, inst, *type);
}

static char *infer_transpose(Arena *arena, IrInst *inst)
{
    const IrType *x = arg_type(inst, 0);
    IrType type = *x;
    unsigned used = 0;
    for (int i = 0; i < x->rank; i++) {
        int from = inst->attrs.map[i];
        CHECK_THAT(from >= 0 && from < x->rank && !(used >> from & 1),
                   "the axes are not a permutation");
        used |= 1u << from;
        type.dims[i] = x->dims[from];
    }
    return set_result(arena, inst, type);
}

static char *infer_slice(Arena *arena, IrInst *inst)
{
    const IrType *x = arg_type(inst, 0);
    int axis = inst->attrs.slice.axis;
    int64_t start = inst->attrs.slice.start, size = inst->attrs.slice.size;
    CHECK_THAT(axis >= 0 && axis < x->rank && x->dims[axis]->kind == NND_DIM_CONST,
               "axis %d is not constant", axis);
    int64_t have = x->dims[axis]->size;
    int64_t inner = inst->op == OP_slice ? size : have, outer = inst->op == OP_slice ? have : size;
    CHECK_THAT(start >= 0 && inner >= 0 && start <= outer && inner <= outer - start,
               "entries %lld to %lld of %lld", (long long)start, (long long)(start + inner),
               (long long)outer);
    IrType type = *result_type(inst);
    CHECK_THAT(type.rank == x->rank && type.dims[axis]->kind == NND_DIM_CONST &&
                   type.dims[axis]->size == size,
               "the result's axis %d has another size", axis);
    type.dims[axis] = x->dims[axis];
    CHECK_THAT(ir_type_equal(&type, x), "other axes change");
    return set_result(arena, inst, *result_type(inst));
}

static char *infer_concat(Arena *arena, IrInst *inst)
{
    int axis = inst->attrs.axis;
    CHECK_THAT(inst->arg_count > 0, "there are no operands");
    const IrType *type = result_type(inst);
    CHECK_THAT(axis >= 0 && axis < type->rank && type->dims[axis]->kind == NND_DIM_CONST,
               "axis %d is not constant", axis);
    int64_t size = 0;
    for (int i = 0; i < inst->arg_count; i++) {
        IrType x = *arg_type(inst, i);
        CHECK_THAT(x.rank == type->rank && x.dims[axis]->kind == NND_DIM_CONST,
                   "operand %d has other axes", i);
        size += x.dims[axis]->size;
        x.dims[axis] = type->dims[axis];
        CHECK_THAT(ir_type_equal(&x, type), "operand %d has other axes", i);
    }
    CHECK_THAT(size == type->dims[axis]->size, "the sizes do not add up");
    return set_result(arena, inst, *type);
}

/* `wide` has the window axis, `narrow` has not. */
static char *check_window(Arena *arena, const IrWindow *w, const IrType *wide, const IrType *narrow)
{
    CHECK_THAT(w->axis >= 0 && w->axis < narrow->rank && wide->rank == narrow->rank + 1, "axis %d",
               w->axis);
    CHECK_THAT(w->size > 0 && w->stride > 0 && w->dilation > 0 && w->low >= 0,
               "an attribute is out of range");
    for (int i = 0; i < narrow->rank; i++)
        CHECK_THAT(i == w->axis || narrow->dims[i] == wide->dims[i > w->axis ? i + 1 : i],
                   "other axes change");
    const IrDim *k = wide->dims[w->axis + 1], *out = wide->dims[w->axis],
                *in = narrow->dims[w->axis];
    CHECK_THAT(k->kind == NND_DIM_CONST && k->size == w->size,
               "the window axis is not of size %lld", (long long)w->size);
    CHECK_THAT(narrow->dtype == wide->dtype, "the element type changes");
    if (ir_dim_segmented(in))
        CHECK_THAT(out == in || (out->kind == NND_DIM_WINDOW && out->source == in),
                   "%s is not a dimension of windows over %s", out->name, in->name);
    else
        CHECK_THAT(in->kind == NND_DIM_CONST && out->kind == NND_DIM_CONST,
                   "windows need constant or segmented axes");
    return NULL;
}

static char *infer_window(Arena *arena, IrInst *inst)
{
    const IrType *x = arg_type(inst, 0), *type = result_type(inst);
    bool forward = inst->op == OP_window;
    char *error = check_window(arena, &inst->attrs.window, forward ? type : x, forward ? x : type);
    return error ? error : set_result(arena, inst, *type);
}

static char *infer_gather(Arena *arena, IrInst *inst)
{
    const IrType *table = arg_type(inst, 0), *index = arg_type(inst, 1);
    CHECK_THAT(index->dtype == NND_I32 && table->rank > 0,
               "the index is not i32 or the table has no axis");
    CHECK_THAT(index->rank + table->rank - 1 <= NND_MAX_RANK, "more than %d axes", NND_MAX_RANK);
    IrType type = *index;
    type.dtype = table->dtype;
    for (int i = 1; i < table->rank; i++)
        type.dims[type.rank++] = table->dims[i];
    return set_result(arena, inst, type);
}

static char *infer_on_demand(Arena *arena, IrInst *inst)
{
    const IrType *x = arg_type(inst, 0), *index = arg_type(inst, 1);
    CHECK_THAT(index->dtype == NND_I32 && x->rank > 0, "the index is not i32 or the operand has no axis");
    return set_result(arena, inst, *x);
}

static char *infer_place_of(Arena *arena, IrInst *inst)
{
    const IrValue *x = inst->args[0];
    CHECK_THAT(x->def && x->def->op == OP_on_demand, "the operand is not the result of on_demand");
    return set_result(arena, inst, (IrType){.dtype = NND_I32, .rank = 1, .dims = {x->type.dims[0]}});
}

static char *infer_scatter_add(Arena *arena, IrInst *inst)
{
    const IrType *x = arg_type(inst, 0), *index = arg_type(inst, 1), *type = result_type(inst);
    CHECK_THAT(index->dtype == NND_I32 && x->rank >= index->rank,
               "the index is not i32 or has too many axes");
    for (int i = 0; i < index->rank; i++)
        CHECK_THAT(index->dims[i] == x->dims[i], "axis %d of the index is %s", i,
                   index->dims[i]->name);
    CHECK_THAT(type->dtype == x->dtype && type->rank == 1 + x->rank - index->rank,
               "the result has other axes");
    for (int i = 1; i < type->rank; i++)
        CHECK_THAT(type->dims[i] == x->dims[index->rank + i - 1], "the result has other axes");
    return set_result(arena, inst, *type);
}

static char *infer_put(Arena *arena, IrInst *inst)
{
    char *error = check_arity(arena, inst, 3);
    if (error)
        return error;
    const IrType *x = arg_type(inst, 0), *rows = arg_type(inst, 1), *index = arg_type(inst, 2);
    CHECK_THAT(index->dtype == NND_I32 && index->rank == 1, "the index is not a list of i32");
    CHECK_THAT(x->rank > 0 && rows->rank == x->rank && rows->dtype == x->dtype &&
                   rows->dims[0] == index->dims[0],
               "the rows do not fit");
    for (int i = 1; i < x->rank; i++)
        CHECK_THAT(rows->dims[i] == x->dims[i], "the rows do not fit: axis %d is %s", i,
                   rows->dims[i]->name);
    return set_result(arena, inst, *x);
}

static char *infer_decay(Arena *arena, IrInst *inst)
{
    const IrType *x = arg_type(inst, 0), *times = arg_type(inst, 1);
    CHECK_THAT(x->rank > 0 && is_float(x->dtype), "elements are no floats or there are no rows");
    CHECK_THAT(times->dtype == NND_I32 && times->rank == 1 && times->dims[0] == x->dims[0],
               "there is not one i32 for each row");
    return set_result(arena, inst, *x);
}

/* The mean decays faster than the root of the squares, by more than rounding can make up for (some 1e-7 a step); decays
 * are below 1 as floats, too; and epsilon is more than the roots that are lost when squares become too small for
 * a float (1e-19). */
bool ir_coast_ends(const IrCoast *c)
{
    const double least_epsilon = 1e-12, most_decay = 1 - 1e-6, drift = 1 - 1e-4;
    return c->epsilon >= least_epsilon && c->mean_decay >= 0 && c->mean_decay <= most_decay &&
           c->square_decay <= most_decay && c->mean_decay * c->mean_decay < drift * c->square_decay;
}

static bool is_ring(const IrType *type, NndDType dtype)
{
    if (type->dtype != dtype || type->rank != 1 || type->dims[0]->kind != NND_DIM_CONST)
        return false;
    int64_t size = type->dims[0]->size;
    return size > 0 && (size & (size - 1)) == 0;
}

static char *infer_coast(Arena *arena, IrInst *inst)
{
    char *error = check_arity(arena, inst, 7);
    if (error)
        return error;
    const IrType *x = arg_type(inst, 0), *since = arg_type(inst, 3), *until = arg_type(inst, 4),
                 *sizes = arg_type(inst, 5), *scales = arg_type(inst, 6);
    CHECK_THAT(ir_coast_ends(&inst->attrs.coast), "steps need not become smaller");
    CHECK_THAT(x->rank > 0 && is_float(x->dtype), "elements are no floats or there are no rows");
    CHECK_THAT(ir_type_equal(x, arg_type(inst, 1)) && ir_type_equal(x, arg_type(inst, 2)),
               "averages are of another type");
    CHECK_THAT(since->dtype == NND_I32 && since->rank == 1 && since->dims[0] == x->dims[0],
               "there is not one i32 for each row");
    CHECK_THAT(until->dtype == NND_I32 && until->rank == 0, "the last step is no i32");
    CHECK_THAT(is_ring(sizes, x->dtype) && ir_type_equal(sizes, scales),
               "sizes and scales are no two lists whose length is a power of two");
    return set_result(arena, inst, *x);
}

static char *infer_reduce(Arena *arena, IrInst *inst)
{
    const IrType *x = arg_type(inst, 0);
    unsigned axes = inst->attrs.axes;
    CHECK_THAT(axes && axes < 1u << x->rank, "there are no such axes");
    IrType type = {.dtype = inst->op == OP_argmax ? NND_I32 : x->dtype};
    for (int i = 0; i < x->rank; i++) {
        if (!(axes >> i & 1))
            type.dims[type.rank++] = x->dims[i];
        else if (ir_dim_segmented(x->dims[i]))
            type.dims[type.rank++] = x->dims[i]->parent;
    }
    CHECK_THAT(is_number(x->dtype), "elements are bool");
    CHECK_THAT(inst->op != OP_argmax || axes == 1 || !(axes & 1 && ir_dim_segmented(x->dims[0])),
               "the place in a segment cannot be combined with that along other axes");
    return set_result(arena, inst, type);
}

static bool add_axis(unsigned *used, int axis, int rank)
{
    if (axis < 0 || axis >= rank || *used >> axis & 1)
        return false;
    *used |= 1u << axis;
    return true;
}

static char *infer_dot(Arena *arena, IrInst *inst)
{
    const IrType *a = arg_type(inst, 0), *b = arg_type(inst, 1);
    const IrDot *dot = &inst->attrs.dot;
    unsigned a_used = 0, b_used = 0;
    IrType type = {.dtype = a->dtype};
    CHECK_THAT(a->dtype == b->dtype && (a->dtype == NND_F32 || a->dtype == NND_F64),
               "element types differ or are no floats");
    CHECK_THAT(dot->batch_count >= 0 && dot->batch_count <= NND_MAX_RANK &&
                   dot->contract_count >= 0 && dot->contract_count <= NND_MAX_RANK,
               "the axes are out of range");
    for (int i = 0; i < dot->batch_count; i++) {
        int x = dot->a_batch[i], y = dot->b_batch[i];
        CHECK_THAT(add_axis(&a_used, x, a->rank) && add_axis(&b_used, y, b->rank) &&
                       a->dims[x] == b->dims[y],
                   "batch axes %d and %d do not match", x, y);
        type.dims[type.rank++] = a->dims[x];
    }
    for (int i = 0; i < dot->contract_count; i++) {
        int x = dot->a_contract[i], y = dot->b_contract[i];
        CHECK_THAT(add_axis(&a_used, x, a->rank) && add_axis(&b_used, y, b->rank) &&
                       a->dims[x] == b->dims[y],
                   "contracted axes %d and %d do not match", x, y);
    }
    CHECK_THAT(a->rank + b->rank - 2 * dot->contract_count - dot->batch_count <= NND_MAX_RANK,
               "more than %d axes", NND_MAX_RANK);
    for (int i = 0; i < a->rank; i++)
        if (!(a_used >> i & 1))
            type.dims[type.rank++] = a->dims[i];
    for (int i = 0; i < b->rank; i++)
        if (!(b_used >> i & 1))
            type.dims[type.rank++] = b->dims[i];
    return set_result(arena, inst, type);
}

/* ---- scan ---- */

static char *check_parts(Arena *arena, const IrScan *scan)
{
    const IrDim *part = scan->part, *marks = scan->marks;
    CHECK_THAT(part->kind == NND_DIM_PART && part->source == scan->dim, "%s is no part of %s", part->name,
               scan->dim->name);
    CHECK_THAT(marks && marks->kind == NND_DIM_WINDOW && marks->source == scan->dim && marks->span == part->size &&
                   marks->stride == part->size && marks->pad == part->size - 1 && marks->least == 0,
               "the marks have not one row for each part");
    CHECK_THAT(scan->row_count == 0, "a scan over parts has no per-item operands");
    return NULL;
}

static char *check_scan_operands(Arena *arena, const IrInst *inst)
{
    const IrScan *scan = &inst->attrs.scan;
    const IrRegion *region = inst->region;
    CHECK_THAT(scan->dim && ir_dim_segmented(scan->dim), "the dimension is not segmented");
    CHECK_THAT(scan->seq_count >= 0 && scan->row_count >= 0 && scan->state_count >= 0 &&
                   scan->emit_count >= 0,
               "a count is negative");
    char *error = scan->part ? check_parts(arena, scan) : NULL;
    if (error)
        return error;
    int count = scan->seq_count + scan->row_count + scan->state_count;
    CHECK_THAT(inst->arg_count == count && region && region->param_count == count,
               "%d operands instead of %d", inst->arg_count, count);
    CHECK_THAT(region->yield_count == scan->state_count + scan->emit_count,
               "%d values are yielded instead of %d", region->yield_count,
               scan->state_count + scan->emit_count);
    for (int i = 0; i < count; i++) {
        IrType type = *arg_type(inst, i);
        bool sequence = i < scan->seq_count, any = !sequence && scan->part;
        IrDim *leading = sequence ? scan->dim : scan->dim->parent;
        bool fits = any || (type.rank > 0 && (type.dims[0] == leading ||
                                              (scan->part && type.dims[0] == scan->marks)));
        CHECK_THAT(fits, "operand %d does not begin with %s", i, leading->name);
        if (sequence)
            type = ir_scan_item_type(scan, type);
        CHECK_THAT(ir_type_equal(&type, &region->params[i].type), "parameter %d has another type",
                   i);
    }
    return NULL;
}

static char *infer_scan(Arena *arena, IrInst *inst)
{
    char *error = check_scan_operands(arena, inst);
    if (error)
        return error;
    const IrScan *scan = &inst->attrs.scan;
    CHECK_THAT(inst->result_count == scan->state_count + scan->emit_count, "%d results",
               inst->result_count);
    for (int i = 0; i < scan->state_count; i++) {
        IrType type = inst->region->yields[i]->type;
        const IrType *state = arg_type(inst, scan->seq_count + scan->row_count + i);
        CHECK_THAT(ir_type_equal(&type, state), "state %d changes its type", i);
        inst->results[scan->emit_count + i].type = type;
    }
    for (int i = 0; i < scan->emit_count; i++) {
        IrType type = inst->region->yields[scan->state_count + i]->type;
        CHECK_THAT(type.rank > 0 && (type.dims[0] == scan->dim->parent || (scan->part && type.dims[0] == scan->part)),
                   "emitted value %d is not one for each item", i);
        inst->results[i].type = ir_scan_sequence_type(scan, type);
    }
    return NULL;
}

static char *infer_unary(Arena *arena, IrInst *inst)
{
    char *error = check_arity(arena, inst, 1);
    if (error)
        return error;
    switch (inst->op) {
    case OP_cast: return infer_cast(arena, inst);
    case OP_place_of: return infer_place_of(arena, inst);
    case OP_broadcast: return infer_broadcast(arena, inst);
    case OP_reshape: return infer_reshape(arena, inst);
    case OP_transpose: return infer_transpose(arena, inst);
    case OP_slice:
    case OP_pad: return infer_slice(arena, inst);
    case OP_window:
    case OP_unwindow: return infer_window(arena, inst);
    default: return infer_reduce(arena, inst);
    }
}

static char *infer_binary(Arena *arena, IrInst *inst)
{
    char *error = check_arity(arena, inst, 2);
    if (error)
        return error;
    switch (inst->op) {
    case OP_gather: return infer_gather(arena, inst);
    case OP_on_demand: return infer_on_demand(arena, inst);
    case OP_scatter_add: return infer_scatter_add(arena, inst);
    case OP_decay: return infer_decay(arena, inst);
    default: return infer_dot(arena, inst);
    }
}

char *ir_infer(Arena *arena, IrInst *inst)
{
    if (ir_op_is_scalar(inst->op))
        return infer_scalar(arena, inst);
    switch (inst->op) {
    case OP_const:
    case OP_iota:
    case OP_uniform: return infer_leaf(arena, inst);
    case OP_lengths:
    case OP_offsets: return infer_lengths(arena, inst);
    case OP_concat: return infer_concat(arena, inst);
    case OP_gather:
    case OP_on_demand:
    case OP_scatter_add:
    case OP_decay:
    case OP_dot: return infer_binary(arena, inst);
    case OP_put: return infer_put(arena, inst);
    case OP_coast: return infer_coast(arena, inst);
    case OP_scan: return infer_scan(arena, inst);
    default: return infer_unary(arena, inst);
    }
}

char *ir_check(Arena *arena, IrInst *inst)
{
    IrType *given = ARENA_ARRAY(arena, IrType, inst->result_count);
    for (int i = 0; i < inst->result_count; i++)
        given[i] = inst->results[i].type;
    char *error = ir_infer(arena, inst);
    for (int i = 0; i < inst->result_count; i++) {
        if (!error && !ir_type_equal(&inst->results[i].type, &given[i]))
            error = arena_printf(arena, "result %d is %s, not %s", i,
                                 ir_type_text(arena, &inst->results[i].type),
                                 ir_type_text(arena, &given[i]));
        inst->results[i].type = given[i];
    }
    return error;
}
