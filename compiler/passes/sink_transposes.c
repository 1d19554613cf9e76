/* SPDX-License-Identifier: Apache-2.0
 *
 * sink_transposes: work is done in the order in which it finds its operands.
 *   after   what is computed element by element of a transposed value, or is a window, a pad, a
 * slice, a sum or a maximum of one, is computed of the value itself and then transposed; a
 * contraction reads the value itself
 *
 * A convolution makes channels last, and a model has them first. Without this each layer brings its
 * result into the model's order before the next one reads it, and nothing but that can join the
 * contraction's kernel. Transposes that are left are views.
 */
#include "compiler/passes/passes.h"

typedef struct Permutation {
    int rank;
    int8_t map[NND_MAX_RANK]; /* axis of the operand for each axis of the result */
} Permutation;

static bool is_transpose(const IrValue *value)
{
    return value->def && value->def->op == OP_transpose;
}

static Permutation permutation_of(const IrValue *transposed)
{
    Permutation p = {.rank = transposed->type.rank};
    for (int i = 0; i < p.rank; i++)
        p.map[i] = transposed->def->attrs.map[i];
    return p;
}

static bool is_identity(const Permutation *p)
{
    for (int i = 0; i < p->rank; i++)
        if (p->map[i] != i)
            return false;
    return true;
}

static bool undoes(const IrValue *value, const Permutation *p)
{
    if (!is_transpose(value))
        return false;
    for (int i = 0; i < p->rank; i++)
        if (value->def->attrs.map[i] != p->map[i])
            return false;
    return true;
}

static IrValue *transposed(IrBuilder *b, IrValue *x, const Permutation *p)
{
    return is_identity(p) ? x : ir_transpose(b, x, p->map);
}

/* ---- element by element ---- */

/* The type whose axis map[i] is axis i of `type`. */
static IrType type_before(const IrType *type, const Permutation *p)
{
    IrType before = *type;
    for (int i = 0; i < p->rank; i++)
        before.dims[p->map[i]] = type->dims[i];
    return before;
}

static IrValue *broadcast_before(IrBuilder *b, const IrInst *broadcast, const Permutation *p)
{
    int8_t map[NND_MAX_RANK];
    for (int i = 0; i < p->rank; i++)
        map[p->map[i]] = broadcast->attrs.map[i];
    return ir_broadcast(b, broadcast->args[0], type_before(&broadcast->results[0].type, p), map);
}

/* Whether it is made of what has no order yet: constants, numbers of entries, what is repeated. */
static bool has_before(const IrValue *value, const Permutation *p)
{
    const IrInst *inst = value->def;
    if (undoes(value, p))
        return true;
    if (!inst || (!ir_op_is_scalar(inst->op) && inst->op != OP_cast))
        return inst && (inst->op == OP_broadcast || inst->op == OP_const || inst->op == OP_iota);
    bool all = true;
    for (int i = 0; i < inst->arg_count; i++)
        all &= has_before(inst->args[i], p);
    return all;
}

static IrValue *scalar_before(IrBuilder *b, const IrInst *inst, const Permutation *p);

/* What gives `value` when transposed. */
static IrValue *before(IrBuilder *b, IrValue *value, const Permutation *p)
{
    if (undoes(value, p))
        return value->def->args[0];
    switch (value->def->op) {
    case OP_const: return ir_const(b, type_before(&value->type, p), value->def->attrs.constant);
    case OP_iota: return ir_iota(b, type_before(&value->type, p), p->map[value->def->attrs.axis]);
    case OP_broadcast: return broadcast_before(b, value->def, p);
    default: return scalar_before(b, value->def, p);
    }
}

static IrValue *scalar_before(IrBuilder *b, const IrInst *inst, const Permutation *p)
{
    IrValue *args[3] = {NULL};
    for (int i = 0; i < inst->arg_count; i++)
        args[i] = before(b, inst->args[i], p);
    return inst->op == OP_cast ? ir_cast(b, args[0], inst->results[0].type.dtype)
                               : ir_ew(b, inst->op, args[0], args[1], args[2]);
}

static IrValue *sink_scalar(IrBuilder *b, const IrInst *inst)
{
    const IrValue *first = NULL;
    for (int i = 0; i < inst->arg_count && !first; i++)
        first = is_transpose(inst->args[i]) ? inst->args[i] : NULL;
    if (!first)
        return NULL;
    Permutation p = permutation_of(first);
    for (int i = 0; i < inst->arg_count; i++)
        if (!has_before(inst->args[i], &p))
            return NULL;
    return transposed(b, scalar_before(b, inst, &p), &p);
}

/* Axes that are repeated stay behind the one that they follow. Weights that are repeated for each item stay: it is
 * cheaper to transpose them once. */
static IrValue *sink_broadcast(IrBuilder *b, const IrInst *inst)
{
    const IrType *type = &inst->results[0].type;
    if (ir_type_static_count(&inst->args[0]->type) >= 0 && ir_type_static_count(type) < 0)
        return NULL;
    Permutation old = permutation_of(inst->args[0]), p = {.rank = type->rank};
    int8_t map[NND_MAX_RANK], count = 0;
    for (int from = -1; from < old.rank; from++) /* -1: in front */
        for (int i = 0, behind = -1; i < type->rank; i++) {
            int axis = inst->attrs.map[i];
            behind = axis < 0 ? behind : old.map[axis];
            if (behind != from)
                continue;
            map[count] = (int8_t)(axis < 0 ? -1 : from);
            p.map[i] = count++;
        }
    if (is_identity(&p))
        return NULL;
    return transposed(b, ir_broadcast(b, inst->args[0]->def->args[0], type_before(type, &p), map), &p);
}

/* ---- along axes ---- */

static IrValue *sink_part(IrBuilder *b, const IrInst *inst)
{
    Permutation p = permutation_of(inst->args[0]);
    IrValue *x = inst->args[0]->def->args[0];
    int axis = p.map[inst->attrs.slice.axis];
    int64_t start = inst->attrs.slice.start, size = inst->attrs.slice.size;
    return transposed(
        b, inst->op == OP_pad ? ir_pad(b, x, axis, start, size) : ir_slice(b, x, axis, start, size),
        &p);
}

/* The entries of the window come right behind its axis, in the value and in the result. */
static IrValue *sink_window(IrBuilder *b, const IrInst *inst)
{
    IrWindow window = inst->attrs.window;
    const IrValue *x = inst->args[0];
    int axis = window.axis;
    if (ir_dim_segmented(x->type.dims[axis]))
        return NULL;
    Permutation old = permutation_of(x), p = {.rank = old.rank + 1};
    window.axis = old.map[axis];
    for (int i = 0; i < p.rank; i++) {
        int from = old.map[i > axis ? i - 1 : i];
        p.map[i] = (int8_t)(from + (from > window.axis || i == axis + 1));
    }
    return transposed(b, ir_window(b, x->def->args[0], window, inst->results[0].type.dims[axis]),
                      &p);
}

static IrValue *sink_reduction(IrBuilder *b, const IrInst *inst)
{
    const IrValue *x = inst->args[0];
    if (ir_dim_segmented(x->type.dims[0]) && inst->attrs.axes & 1)
        return NULL;
    Permutation old = permutation_of(x), p = {0};
    unsigned axes = 0;
    for (int i = 0; i < old.rank; i++)
        axes |= (inst->attrs.axes >> i & 1) << old.map[i];
    for (int i = 0, last = -1; i < old.rank && inst->op == OP_argmax; i++) {
        if (!(inst->attrs.axes >> i & 1))
            continue;
        if (old.map[i] < last)
            return NULL; /* it would count them in another order */
        last = old.map[i];
    }
    for (int i = 0; i < old.rank; i++) {
        int left = 0;
        for (int axis = 0; axis < old.map[i]; axis++)
            left += !(axes >> axis & 1);
        if (!(inst->attrs.axes >> i & 1))
            p.map[p.rank++] = (int8_t)left;
    }
    return transposed(b, ir_reduce(b, inst->op, x->def->args[0], axes), &p);
}

/* Axes that a reshape makes of others: as many entries in the same order. */
typedef struct Group {
    int from, from_count, to, to_count;
} Group;

/* Appends the group that begins at axes `from` and `to`; false if there is none. */
static bool next_group(const IrType *x, const IrType *type, int from, int to, Group *out)
{
    *out = (Group){from, 1, to, 1};
    if (from >= x->rank || to >= type->rank)
        return false;
    if (x->dims[from] == type->dims[to])
        return true;
    if (x->dims[from]->kind != NND_DIM_CONST || type->dims[to]->kind != NND_DIM_CONST)
        return false;
    int64_t before = x->dims[from]->size, after = type->dims[to]->size;
    while (before != after) {
        bool more = before < after;
        int axis = more ? from + out->from_count++ : to + out->to_count++;
        const IrType *of = more ? x : type;
        if (axis >= of->rank || of->dims[axis]->kind != NND_DIM_CONST)
            return false;
        *(more ? &before : &after) *= of->dims[axis]->size;
    }
    return true;
}

static bool stays_together(const Group *group, const Permutation *p)
{
    for (int i = 1; i < group->from_count; i++)
        if (p->map[group->from + i] != p->map[group->from] + i)
            return false;
    return true;
}

/* A reshape that takes together, or parts, only axes that are neighbours in the value, too. */
static IrValue *sink_reshape(IrBuilder *b, const IrInst *inst)
{
    const IrType *type = &inst->results[0].type, *x = &inst->args[0]->type;
    Permutation old = permutation_of(inst->args[0]), p = {.rank = type->rank};
    Group groups[NND_MAX_RANK];
    int count = 0, from = 0, to = 0;
    for (; from < x->rank || to < type->rank; count++) {
        Group *group = &groups[count];
        if (!next_group(x, type, from, to, group) || !stays_together(group, &old))
            return NULL;
        from += group->from_count;
        to += group->to_count;
    }
    IrType before = *type;
    for (int axis = 0, place = 0; axis < old.rank; axis++)
        for (int i = 0; i < count; i++)
            for (int k = 0; old.map[groups[i].from] == axis && k < groups[i].to_count; k++) {
                before.dims[place] = type->dims[groups[i].to + k];
                p.map[groups[i].to + k] = (int8_t)place++;
            }
    return transposed(b, ir_reshape(b, inst->args[0]->def->args[0], before), &p);
}

/* ---- contractions ---- */

/* The place of each free axis of operand `side` among them; -1 for others. */
static void free_places(const IrInst *dot, int side, int8_t *place)
{
    const IrDot *d = &dot->attrs.dot;
    const int8_t *batch = side ? d->b_batch : d->a_batch,
                 *contract = side ? d->b_contract : d->a_contract;
    int rank = dot->args[side]->type.rank, count = 0;
    for (int axis = 0; axis < rank; axis++) {
        bool bound = false;
        for (int i = 0; i < d->batch_count; i++)
            bound |= batch[i] == axis;
        for (int i = 0; i < d->contract_count; i++)
            bound |= contract[i] == axis;
        place[axis] = bound ? -1 : (int8_t)count++;
    }
}

static void rename_axes(int8_t *axes, int count, const Permutation *p)
{
    for (int i = 0; i < count; i++)
        axes[i] = p->map[axes[i]];
}

/* The contraction that reads what operand `side` is a transpose of; NULL if that would change the
 * order of its result. */
static IrValue *sink_operand(IrBuilder *b, const IrInst *inst, int side)
{
    IrInst new = *inst;
    IrValue *args[2] = {inst->args[0], inst->args[1]};
    Permutation p = permutation_of(args[side]);
    IrDot *dot = &new.attrs.dot;
    args[side] = args[side]->def->args[0];
    new.args = args;
    rename_axes(side ? dot->b_batch : dot->a_batch, dot->batch_count, &p);
    rename_axes(side ? dot->b_contract : dot->a_contract, dot->contract_count, &p);
    int8_t old_place[NND_MAX_RANK], new_place[NND_MAX_RANK];
    free_places(inst, side, old_place);
    free_places(&new, side, new_place);
    for (int axis = 0; axis < p.rank; axis++)
        if (old_place[axis] != new_place[p.map[axis]])
            return NULL;
    return ir_dot(b, args[0], args[1], *dot);
}

/* How many axes of `from`, from `axis` on, a reshape that leaves the others as they are takes
 * together; 0 if it does more. */
static int merged_axes(const IrType *from, const IrType *to, int axis)
{
    int count = from->rank - to->rank + 1;
    bool merges = count > 1;
    for (int i = 0; i < axis && merges; i++)
        merges = from->dims[i] == to->dims[i];
    for (int i = axis; i < axis + count && merges; i++)
        merges = from->dims[i]->kind == NND_DIM_CONST;
    for (int i = axis + 1; i < to->rank && merges; i++)
        merges = from->dims[i + count - 1] == to->dims[i];
    return merges ? count : 0;
}

/* The value whose axis `axis` is the `count` axes of `like` from `first` on. */
static IrValue *split_axis(IrBuilder *b, IrValue *x, int axis, const IrType *like, int first,
                           int count)
{
    IrType type = x->type;
    type.rank += count - 1;
    for (int i = 0; i < type.rank; i++)
        type.dims[i] = i < axis           ? x->type.dims[i]
                       : i < axis + count ? like->dims[first + i - axis]
                                          : x->type.dims[i - count + 1];
    return ir_reshape(b, x, type);
}

/* Axes behind `axis` move, which is followed by its `count` parts. */
static void split_in(int8_t *axes, int length, int axis, int count)
{
    for (int i = 0; i < length; i++)
        axes[i] = (int8_t)(axes[i] > axis ? axes[i] + count - 1 : axes[i]);
}

/* A contraction along axes that were taken together runs along each of them. */
static IrInst *split_contracted(IrBuilder *b, const IrInst *inst, int side)
{
    IrDot dot = inst->attrs.dot;
    const IrInst *reshape = inst->args[side]->def;
    int8_t *own = side ? dot.b_contract : dot.a_contract,
           *other = side ? dot.a_contract : dot.b_contract;
    if (dot.contract_count != 1)
        return NULL;
    int axis = own[0], across = other[0];
    int count = merged_axes(&reshape->args[0]->type, &reshape->results[0].type, axis);
    if (!count || inst->args[1 - side]->type.rank + count - 1 > NND_MAX_RANK)
        return NULL;
    IrValue *args[2];
    args[side] = reshape->args[0];
    args[1 - side] = split_axis(b, inst->args[1 - side], across, &args[side]->type, axis, count);
    split_in(side ? dot.b_batch : dot.a_batch, dot.batch_count, axis, count);
    split_in(side ? dot.a_batch : dot.b_batch, dot.batch_count, across, count);
    dot.contract_count = count;
    for (int i = 0; i < count; i++) {
        own[i] = (int8_t)(axis + i);
        other[i] = (int8_t)(across + i);
    }
    return ir_dot(b, args[0], args[1], dot)->def;
}

static bool is_flattened(const IrValue *value)
{
    return value->def && value->def->op == OP_reshape && is_transpose(value->def->args[0]);
}

static IrValue *sink_dot(IrBuilder *b, const IrInst *inst)
{
    for (int side = 0; side < 2; side++) {
        const IrInst *split =
            is_flattened(inst->args[side]) ? split_contracted(b, inst, side) : NULL;
        if (split)
            return sink_operand(b, split, side);
        if (is_transpose(inst->args[side]) && !ir_dim_segmented(inst->args[side]->type.dims[0]))
            return sink_operand(b, inst, side);
    }
    return NULL;
}

/* ---- all ---- */

static IrValue *compose(IrBuilder *b, const IrInst *inst)
{
    Permutation outer = permutation_of(&inst->results[0]), inner = permutation_of(inst->args[0]),
                p = outer;
    for (int i = 0; i < p.rank; i++)
        p.map[i] = inner.map[outer.map[i]];
    return transposed(b, inst->args[0]->def->args[0], &p);
}

static IrValue *sink(void *context, IrBuilder *b, const IrInst *inst)
{
    (void)context;
    if (ir_op_is_scalar(inst->op) || inst->op == OP_cast)
        return sink_scalar(b, inst);
    if (inst->op == OP_dot)
        return sink_dot(b, inst);
    if (!inst->arg_count || !is_transpose(inst->args[0]))
        return NULL;
    switch (inst->op) {
    case OP_transpose: return compose(b, inst);
    case OP_broadcast: return sink_broadcast(b, inst);
    case OP_reshape: return sink_reshape(b, inst);
    case OP_pad:
    case OP_slice: return sink_part(b, inst);
    case OP_window: return sink_window(b, inst);
    case OP_sum:
    case OP_reduce_max:
    case OP_argmax: return sink_reduction(b, inst);
    default: return NULL;
    }
}

bool pass_sink_transposes(IrFunc *func)
{
    return ir_func_rewrite(func, sink, NULL);
}
