/* SPDX-License-Identifier: Apache-2.0
 *
 * One function for each family of operators. Each picks operands among the
 * candidates and gives up if they do not fit.
 */
#include "tests/diff/generate_internal.h"

enum { MOST_ROWS = 64 }; /* more than a run-time axis has in tests: for bounds of sums */

static double axis_count(const IrDim *dim)
{
    return dim->kind == NND_DIM_CONST ? (double)dim->size : MOST_ROWS;
}

/* ---- scalar operators ---- */

/* In [0.5, 1.5]. */
static IrValue *positive(Gen *g, IrValue *x)
{
    IrValue *s = gen_ew1(g, OP_sigmoid, x);
    return gen_ew2(g, OP_add, s, ir_const(&g->b, s->type, 0.5));
}

static void gen_unary(Gen *g)
{
    static const IrOp ops[] = {OP_neg,     OP_exp, OP_log,  OP_sqrt, OP_tanh,
                               OP_sigmoid, OP_abs, OP_relu, OP_floor, OP_ceil};
    double bound;
    IrValue *x = gen_float(g, &bound);
    IrOp op = ops[gen_below(g, g->options->smooth ? 6 : 10)];
    if (op == OP_exp)
        x = gen_tame(g, x, &bound, 2);
    bool rounds = op == OP_floor || op == OP_ceil;
    if (rounds) /* away from where the engines might round differently */
        x = gen_ew2(g, OP_add, x, ir_const(&g->b, x->type, 0.3141));
    if (op == OP_log || op == OP_sqrt)
        x = positive(g, x);
    bool keeps = op == OP_neg || op == OP_abs || op == OP_relu;
    gen_add(g, gen_ew1(g, op, x),
            keeps           ? bound
            : op == OP_exp  ? 8
            : op == OP_sqrt ? 2
            : rounds        ? bound + 2
                            : 1);
}

static void gen_binary(Gen *g)
{
    static const IrOp ops[] = {OP_add, OP_sub, OP_mul, OP_div, OP_pow, OP_max, OP_min};
    double x_bound, y_bound;
    IrValue *x = gen_float(g, &x_bound);
    x = gen_tame(g, x, &x_bound, 16);
    IrValue *y = gen_match(g, x->type, &y_bound);
    IrOp op = ops[gen_below(g, g->options->smooth ? 5 : 7)];
    if (op == OP_pow) {
        x = positive(g, x);
        gen_add(g, gen_ew2(g, op, x, y), 64);
        return;
    }
    if (op == OP_div)
        y = positive(g, y);
    double bound = op == OP_mul   ? x_bound * y_bound
                   : op == OP_div ? 2 * x_bound
                                  : x_bound + y_bound;
    gen_add(g, gen_chance(g, 50) && op != OP_div ? gen_ew2(g, op, y, x) : gen_ew2(g, op, x, y),
            bound);
}

static void gen_compare(Gen *g)
{
    static const IrOp ops[] = {OP_lt, OP_le, OP_gt, OP_ge, OP_eq, OP_ne};
    double bound;
    IrValue *x = gen_float(g, NULL);
    IrValue *y =
        gen_chance(g, 50) ? gen_match(g, x->type, &bound) : ir_const(&g->b, x->type, 0.1717);
    gen_add(g, gen_ew2(g, ops[gen_below(g, 6)], x, y), 1);
}

static IrValue *some(Gen *g, const Candidates *list)
{
    return list->items.count ? list->items.data[gen_below(g, list->items.count)].value : NULL;
}

static void gen_logic(Gen *g)
{
    static const IrOp ops[] = {OP_and, OP_or, OP_eq, OP_ne};
    IrValue *x = some(g, &g->bools), *y = some(g, &g->bools);
    if (x && ir_type_equal(&x->type, &y->type) && gen_chance(g, 70))
        gen_add(g, gen_ew2(g, ops[gen_below(g, 4)], x, y), 1);
    else if (x)
        gen_add(g, gen_ew1(g, OP_not, x), 1);
}

static void gen_select(Gen *g)
{
    double a, b;
    IrValue *condition = some(g, &g->bools);
    if (!condition)
        return;
    IrType type = ir_type_with_dtype(condition->type, g->options->float_type);
    IrValue *x = gen_match(g, type, &a), *y = gen_match(g, type, &b);
    gen_add(g, ir_ew(&g->b, OP_select, condition, x, y), a > b ? a : b);
}

/* To another element type and back. */
static void gen_cast(Gen *g)
{
    static const NndDType types[] = {NND_I32, NND_BOOL, NND_I64, NND_F64, NND_F32};
    NndDType float_type = g->options->float_type;
    double bound;
    IrValue *x = gen_float(g, &bound);
    NndDType to = types[gen_below(g, g->options->only_float_type ? 2 : 5)];
    if (to == NND_BOOL)
        x = gen_ew1(g, OP_floor, gen_tame(g, x, &bound, 4));
    else if (to != NND_F64 && to != NND_F32)
        x = gen_scale(g, gen_tame(g, x, &bound, 4), 2.7182);
    IrValue *there = ir_cast(&g->b, x, to);
    if (to == NND_F64 && float_type == NND_F32)
        there = gen_ew1(g, OP_tanh, there);
    if (to == NND_I32 && gen_chance(g, 50))
        gen_add(g, there, 16);
    gen_add(g, ir_cast(&g->b, there, float_type), bound * 3 + 1);
}

/* Integers among themselves. */
static void gen_integers(Gen *g)
{
    static const IrOp ops[] = {OP_add, OP_sub, OP_max, OP_min};
    IrValue *x = some(g, &g->ints);
    if (!x)
        return;
    IrValue *y = ir_const(&g->b, x->type, gen_below(g, 5) - 1);
    if (gen_chance(g, 30))
        gen_add(g, gen_ew2(g, gen_chance(g, 50) ? OP_lt : OP_eq, x, y), 1);
    else if (gen_chance(g, 50))
        gen_add(g, gen_ew2(g, ops[gen_below(g, 4)], x, y), 32);
    else
        gen_add(g, gen_scale(g, ir_cast(&g->b, x, g->options->float_type), 1.0 / 16), 8);
}

/* ---- without operands ---- */

static void gen_leaf(Gen *g)
{
    NndDType float_type = g->options->float_type;
    IrType type = gen_type(g, float_type);
    int axis = type.rank ? gen_below(g, type.rank) : -1;
    bool rows = gen_has_rows(g, &type);
    switch (gen_below(g, 4)) {
    case 0: gen_add(g, ir_const(&g->b, type, gen_below(g, 9) * 0.5 - 2), 2); return;
    case 1:
        if (axis < 0 || (rows && axis == 0))
            return;
        if (gen_chance(g, 50))
            gen_add(g, ir_iota(&g->b, ir_type_with_dtype(type, NND_I32), axis), 64);
        else
            gen_add(g, gen_scale(g, ir_iota(&g->b, type, axis), 1.0 / 16), 4);
        return;
    case 2:
        if (!g->options->smooth && !g->row)
            gen_add(g, ir_uniform(&g->b, type, g->streams++), 1);
        return;
    default:
        if (!g->row && axis >= 0 && ir_dim_segmented(type.dims[0]))
            gen_add(g, gen_chance(g, 50) ? ir_lengths(&g->b, type.dims[0]) : ir_offsets(&g->b, type.dims[0]), 64);
    }
}

/* ---- moving ---- */

/* x under another type: new axes, an axis of a parent over its rows. */
static void gen_broadcast(Gen *g)
{
    double bound;
    IrValue *x = gen_float(g, &bound);
    IrType type = {.dtype = x->type.dtype};
    int8_t map[NND_MAX_RANK];
    bool spread = !g->row && x->type.rank > 0 && gen_chance(g, 50);
    for (int i = 0; i < x->type.rank && type.rank < NND_MAX_RANK; i++) {
        if ((i > 0 || !ir_dim_segmented(x->type.dims[0])) && !gen_has_rows(g, &x->type) &&
            gen_chance(g, 20)) {
            map[type.rank] = -1;
            type.dims[type.rank++] = gen_const_dim(g);
        }
        if (type.rank == NND_MAX_RANK)
            return;
        map[type.rank] = (int8_t)i;
        type.dims[type.rank++] = x->type.dims[i];
    }
    if (gen_chance(g, 50) && type.rank < NND_MAX_RANK) {
        map[type.rank] = -1;
        type.dims[type.rank++] = gen_const_dim(g);
    }
    if (spread && map[0] == 0 && type.dims[0] == g->batch)
        type.dims[0] = gen_chance(g, 50)   ? g->word
                       : gen_chance(g, 50) ? g->token
                                           : ir_dim_uniform(g->module, g->batch, 7);
    else if (spread && map[0] == 0 && type.dims[0] == g->sent)
        type.dims[0] = g->token;
    if (gen_is_small(&type))
        gen_add(g, ir_broadcast(&g->b, x, type, map), bound);
}

/* Axis i split in two, or merged with the next. */
static bool reshaped(Gen *g, IrType *type)
{
    int i = gen_below(g, type->rank);
    int64_t size = type->dims[i]->size;
    if (type->dims[i]->kind != NND_DIM_CONST)
        return false;
    if (gen_chance(g, 50) && i + 1 < type->rank && type->dims[i + 1]->kind == NND_DIM_CONST) {
        type->dims[i] = ir_dim_const(g->module, size * type->dims[i + 1]->size);
        type->rank--;
        for (int k = i + 1; k < type->rank; k++)
            type->dims[k] = type->dims[k + 1];
        return true;
    }
    int64_t factor = gen_chance(g, 30) ? 1 : size % 2 == 0 ? 2 : size;
    if (type->rank == NND_MAX_RANK || factor == 0)
        return false;
    for (int k = type->rank++; k > i + 1; k--)
        type->dims[k] = type->dims[k - 1];
    type->dims[i] = ir_dim_const(g->module, factor);
    type->dims[i + 1] = ir_dim_const(g->module, size / factor);
    return true;
}

/* [parent, n, ...] to [uniform, ...] and back. */
static bool packed(Gen *g, IrType *type)
{
    IrDim *first = type->dims[0];
    if (first->kind == NND_DIM_UNIFORM && type->rank < NND_MAX_RANK) {
        for (int k = type->rank++; k > 1; k--)
            type->dims[k] = type->dims[k - 1];
        type->dims[0] = first->parent;
        type->dims[1] = ir_dim_const(g->module, first->size);
        return true;
    }
    if (type->rank < 2 || type->dims[1]->kind != NND_DIM_CONST ||
        (first->kind != NND_DIM_FREE && !ir_dim_segmented(first)))
        return false;
    type->dims[0] = ir_dim_uniform(g->module, first, type->dims[1]->size);
    type->rank--;
    for (int k = 1; k < type->rank; k++)
        type->dims[k] = type->dims[k + 1];
    return true;
}

static void gen_reshape(Gen *g)
{
    double bound;
    IrValue *x = gen_float(g, &bound);
    IrType type = x->type;
    if (type.rank == 0)
        return;
    bool pack = !g->row && gen_chance(g, 40);
    if ((pack ? packed(g, &type) : reshaped(g, &type)) && gen_is_small(&type))
        gen_add(g, ir_reshape(&g->b, x, type), bound);
}

static void gen_transpose(Gen *g)
{
    double bound;
    IrValue *x = gen_float(g, &bound);
    int8_t perm[NND_MAX_RANK];
    int rank = x->type.rank;
    int fixed = rank > 0 && (ir_dim_segmented(x->type.dims[0]) || gen_has_rows(g, &x->type));
    for (int i = 0; i < rank; i++)
        perm[i] = (int8_t)i;
    for (int i = rank - 1; i > fixed; i--) {
        int k = fixed + gen_below(g, i - fixed + 1);
        int8_t swapped = perm[i];
        perm[i] = perm[k];
        perm[k] = swapped;
    }
    gen_add(g, ir_transpose(&g->b, x, perm), bound);
}

/* A constant axis of x, or -1. */
static int const_axis(Gen *g, const IrValue *x)
{
    int rank = x->type.rank, start = rank ? gen_below(g, rank) : 0;
    for (int i = 0; i < rank; i++)
        if (x->type.dims[(start + i) % rank]->kind == NND_DIM_CONST)
            return (start + i) % rank;
    return -1;
}

static void gen_slice_or_pad(Gen *g)
{
    double bound;
    IrValue *x = gen_float(g, &bound);
    int axis = const_axis(g, x);
    if (axis < 0)
        return;
    int64_t size = x->type.dims[axis]->size;
    if (gen_chance(g, 60) && size > 0) {
        int64_t start = gen_below(g, (int)size);
        gen_add(g, ir_slice(&g->b, x, axis, start, 1 + gen_below(g, (int)(size - start))), bound);
        return;
    }
    int64_t start = gen_below(g, 3), end = gen_below(g, 3);
    IrValue *wide = ir_pad(&g->b, x, axis, start, start + size + end);
    if (gen_is_small(&wide->type))
        gen_add(g, wide, bound);
}

static void gen_concat(Gen *g)
{
    double bound, other;
    IrValue *xs[4];
    xs[0] = gen_float(g, &bound);
    int axis = const_axis(g, xs[0]), count = 1 + gen_below(g, 4);
    if (axis < 0)
        return;
    for (int i = 1; i < count; i++) {
        IrType type = xs[0]->type;
        type.dims[axis] = gen_const_dim(g);
        xs[i] = gen_match(g, type, &other);
        bound = other > bound ? other : bound;
    }
    IrValue *joined = ir_concat(&g->b, xs, count, axis);
    if (gen_is_small(&joined->type))
        gen_add(g, joined, bound);
}

/* ---- windows ---- */

/* Axis of x that windows can go over, or -1. */
static int window_axis(Gen *g, const IrValue *x)
{
    if (!g->row && x->type.rank > 0 && ir_dim_segmented(x->type.dims[0]) && gen_chance(g, 70))
        return 0;
    return const_axis(g, x);
}

static IrWindow some_window(Gen *g, int axis)
{
    IrWindow w = {.axis = axis};
    w.size = 1 + gen_below(g, 4);
    w.stride = 1 + gen_below(g, 2);
    w.dilation = 1 + gen_chance(g, 25);
    w.low = gen_below(g, 3);
    w.fill = gen_chance(g, 70) ? 0 : -1;
    return w;
}

/* The dimension of windows over `dim`; NULL if there would be none. */
static IrDim *windows_over(Gen *g, IrDim *dim, IrWindow *w)
{
    int64_t span = (w->size - 1) * w->dilation + 1, pad = w->low + gen_below(g, 3);
    if (ir_dim_segmented(dim)) {
        if (gen_chance(g, 30)) {
            w->stride = 1; /* as many windows as rows */
            return dim;
        }
        return ir_dim_window(g->module, dim, pad, span, w->stride, gen_below(g, 2));
    }
    int64_t reach = dim->size + pad - span;
    return reach < 0 ? NULL : ir_dim_const(g->module, reach / w->stride + 1);
}

static void gen_window(Gen *g)
{
    double bound;
    IrValue *x = gen_float(g, &bound);
    int axis = window_axis(g, x);
    if (axis < 0 || x->type.rank >= 5)
        return;
    IrWindow w = some_window(g, axis);
    IrDim *in = x->type.dims[axis], *out = windows_over(g, in, &w);
    if (!out)
        return;
    IrValue *windows = ir_window(&g->b, x, w, out);
    if (!gen_is_small(&windows->type))
        return;
    gen_add(g, windows, bound < 1 ? 1 : bound);
    if (gen_chance(g, 30))
        gen_add(g, ir_unwindow(&g->b, windows, w, in), (bound < 1 ? 1 : bound) * (double)w.size);
}

/* ---- tables ---- */

static IrValue *table_for(Gen *g, double *bound)
{
    for (int tries = 0; tries < 4; tries++) {
        IrValue *table = gen_float(g, bound);
        if (table->type.rank > 0 && table->type.rank <= 3 && ir_type_static_count(&table->type) > 0)
            return table;
    }
    IrDim *dims[] = {ir_dim_const(g->module, 11), gen_const_dim(g)};
    *bound = 1;
    return gen_param(g, ir_type(g->options->float_type, 2, dims));
}

/* Sometimes by way of the places of rows that are computed on demand, which has no gradient. */
static IrValue *looked_up(Gen *g, IrValue *table, IrValue *index)
{
    if (g->row || g->options->loss || gen_chance(g, 50))
        return ir_gather(&g->b, table, index);
    IrValue *rows = ir_on_demand(&g->b, table, index);
    IrValue *place = ir_gather(&g->b, ir_place_of(&g->b, rows), index);
    return ir_gather(&g->b, rows, ir_ew(&g->b, OP_sub, place, ir_const(&g->b, place->type, 1), NULL));
}

static void gen_gather(Gen *g)
{
    double bound;
    IrValue *index = some(g, &g->ints);
    if (!index || index->type.dtype != NND_I32 || index->type.rank > 3)
        return;
    if (g->row && !gen_has_rows(g, &index->type))
        return;
    IrValue *table = table_for(g, &bound);
    IrValue *rows = looked_up(g, table, index);
    if (gen_is_small(&rows->type))
        gen_add(g, rows, bound);
}

static void gen_scatter(Gen *g)
{
    double bound;
    IrValue *index = some(g, &g->ints);
    if (g->row || !index || index->type.dtype != NND_I32 || index->type.rank > 3)
        return;
    IrType type = ir_type_with_dtype(index->type, g->options->float_type);
    if (gen_chance(g, 70))
        type.dims[type.rank++] = gen_const_dim(g);
    IrValue *x = gen_match(g, type, &bound);
    IrValue *sums = ir_scatter_add(&g->b, x, index, ir_dim_const(g->module, 1 + gen_below(g, 9)));
    if (gen_is_small(&sums->type))
        gen_add(g, sums, 64 * bound);
}

static void gen_decay(Gen *g)
{
    double bound;
    IrValue *x = gen_float(g, &bound);
    if (g->row || x->type.rank == 0)
        return;
    IrValue *times = ir_iota(&g->b, ir_type(NND_I32, 1, x->type.dims), 0);
    gen_add(g, ir_decay(&g->b, x, times, 0.5 + gen_below(g, 5) * 0.125), bound);
}

/* first, first + step, ... */
static IrValue *ramp(Gen *g, IrType type, double first, double step)
{
    IrValue *by = ir_ew(&g->b, OP_mul, ir_iota(&g->b, type, 0), ir_const(&g->b, type, step), NULL);
    return ir_ew(&g->b, OP_add, ir_const(&g->b, type, first), by, NULL);
}

/* Rows that have missed different numbers of steps, some of them too small to change anything. */
static void gen_coast(Gen *g)
{
    static const IrCoast rules[] = {{0.5, 0.875, 0.5}, {0.9, 0.999, 0.25}, {0, 0.5, 1}, {0.0625, 0.75, 0.5}};
    enum { RULES = sizeof rules / sizeof *rules, PAST = 32, MOST_CHANGE = 20 };
    double bound, mean_bound, square_bound;
    IrValue *x = gen_float(g, &bound);
    if (g->row || x->type.rank == 0)
        return;
    IrValue *mean = gen_tame(g, gen_match(g, x->type, &mean_bound), &mean_bound, 4),
            *root = gen_tame(g, gen_match(g, x->type, &square_bound), &square_bound, 4);
    IrDim *length = ir_dim_const(g->module, PAST);
    IrType list = ir_type(x->type.dtype, 1, &length);
    IrCoasting operands = {.x = x,
                           .mean = mean,
                           .squares = ir_ew(&g->b, OP_mul, root, root, NULL),
                           .since = ir_iota(&g->b, ir_type(NND_I32, 1, x->type.dims), 0),
                           .until = ir_const(&g->b, ir_scalar_type(NND_I32), gen_below(g, 50)),
                           .sizes = ramp(g, list, 0, 0.5 / PAST),
                           .scales = ramp(g, list, 1, 2.0 / PAST)};
    gen_add(g, ir_coast(&g->b, &operands, rules[gen_below(g, RULES)]), bound + MOST_CHANGE * mean_bound);
}

/* New rows in some of the first places of a value; a few of them have no place there. */
void gen_put(Gen *g)
{
    double bound;
    IrValue *x = gen_float(g, &bound);
    if (x->type.rank == 0)
        return;
    IrType type = {.dtype = NND_I32, .rank = 1, .dims = {gen_const_dim(g)}};
    IrValue *index = ir_ew(&g->b, OP_sub, ir_iota(&g->b, type, 0), ir_const(&g->b, type, 1), NULL);
    IrValue *rows = gen_scale(g, ir_gather(&g->b, x, index), -0.5);
    gen_add(g, ir_put(&g->b, x, rows, index), bound);
}

/* ---- reductions and products ---- */

/* Distinct numbers, so that no maximum is tied: x + a ramp along each axis. */
static IrValue *untied(Gen *g, IrValue *x)
{
    for (int i = 0; i < x->type.rank; i++)
        if (i > 0 || !gen_has_rows(g, &x->type))
            x = gen_ew2(g, OP_add, x, gen_scale(g, ir_iota(&g->b, x->type, i), 0.0137 * (i + 1)));
    return x;
}

/* The place or value of the largest. */
static void gen_largest(Gen *g, IrOp op, IrValue *x, unsigned axes, double bound)
{
    if (op == OP_argmax && ir_dim_segmented(x->type.dims[0]) && axes & 1)
        axes = 1;
    IrValue *result = ir_reduce(&g->b, op, untied(g, x), axes);
    gen_add(g, result, op == OP_argmax ? 4096 : bound + 4);
}

static void gen_reduce(Gen *g)
{
    double bound;
    IrValue *x = gen_float(g, &bound);
    int rank = x->type.rank;
    if (rank == 0)
        return;
    unsigned axes = 1u + (unsigned)gen_below(g, (1 << rank) - 1);
    if (gen_has_rows(g, &x->type))
        axes &= ~1u;
    if (!axes)
        return;
    if (!g->options->smooth && gen_chance(g, 50)) {
        gen_largest(g, gen_chance(g, 50) ? OP_argmax : OP_reduce_max, x, axes, bound);
        return;
    }
    for (int i = 0; i < rank; i++)
        bound *= axes >> i & 1 ? axis_count(x->type.dims[i]) : 1;
    IrValue *total = ir_reduce(&g->b, OP_sum, x, axes);
    total = gen_tame(g, total, &bound, 64);
    gen_add(g, total, bound);
}

/* x times a new weight over its last axes. */
static void gen_linear(Gen *g)
{
    double bound;
    IrValue *x = gen_float(g, &bound);
    int rank = x->type.rank;
    if (rank == 0 || x->type.dims[rank - 1]->kind != NND_DIM_CONST)
        return;
    x = gen_tame(g, x, &bound, 4);
    IrDim *in = x->type.dims[rank - 1], *dims[] = {in, gen_const_dim(g)};
    IrDot dot = {.contract_count = 1, .a_contract = {(int8_t)(rank - 1)}};
    IrType type = ir_type(g->options->float_type, 1 + gen_chance(g, 90), dims);
    bool swapped = type.rank == 2 && gen_chance(g, 30);
    if (swapped) {
        type.dims[0] = dims[1];
        type.dims[1] = in;
        dot.b_contract[0] = 1;
    }
    IrValue *product = ir_dot(&g->b, x, gen_param(g, type), dot);
    if (gen_is_small(&product->type))
        gen_add(g, product, bound * (double)in->size);
}

/* Pairs equal axes of a and b at random, to be contracted or to be a batch. */
static void pair_axes(Gen *g, const IrType *a, const IrType *b, IrDot *dot, double *count)
{
    unsigned used = 0;
    for (int i = 0; i < a->rank; i++) {
        for (int k = 0; k < b->rank; k++) {
            bool rows = i == 0 && gen_has_rows(g, a);
            if (a->dims[i] != b->dims[k] || used >> k & 1 || (!rows && gen_chance(g, 15)))
                continue;
            used |= 1u << k;
            bool batch = rows || gen_chance(g, 35);
            int n = batch ? dot->batch_count++ : dot->contract_count++;
            (batch ? dot->a_batch : dot->a_contract)[n] = (int8_t)i;
            (batch ? dot->b_batch : dot->b_contract)[n] = (int8_t)k;
            *count *= batch ? 1 : axis_count(a->dims[i]);
            break;
        }
    }
}

static bool has_axis(const int8_t *axes, int count, int axis)
{
    for (int i = 0; i < count; i++)
        if (axes[i] == axis)
            return true;
    return false;
}

/* The type of the product; false if it would be too large or a segmented axis not in front. */
static bool dot_fits(const Gen *g, const IrType *a, const IrType *b, const IrDot *dot)
{
    IrType type = {0};
    for (int i = 0; i < dot->batch_count; i++)
        type.dims[type.rank++] = a->dims[dot->a_batch[i]];
    for (int i = 0; i < a->rank; i++)
        if (!has_axis(dot->a_batch, dot->batch_count, i) &&
            !has_axis(dot->a_contract, dot->contract_count, i))
            type.dims[type.rank++] = a->dims[i];
    for (int i = 0; i < b->rank; i++)
        if (!has_axis(dot->b_batch, dot->batch_count, i) &&
            !has_axis(dot->b_contract, dot->contract_count, i)) {
            if (type.rank == NND_MAX_RANK)
                return false;
            type.dims[type.rank++] = b->dims[i];
        }
    for (int i = 1; i < type.rank; i++)
        if (ir_dim_segmented(type.dims[i]) || type.dims[i] == g->row)
            return false;
    return gen_is_small(&type);
}

static void gen_dot(Gen *g)
{
    for (int tries = 0; tries < 8; tries++) {
        double a_bound, b_bound, count = 1;
        IrValue *a = gen_float(g, &a_bound), *b = gen_float(g, &b_bound);
        IrDot dot = {0};
        bool ordered = gen_has_rows(g, &a->type) || !gen_has_rows(g, &b->type);
        if (a->type.rank + b->type.rank > NND_MAX_RANK || !ordered)
            continue;
        pair_axes(g, &a->type, &b->type, &dot, &count);
        if (dot.batch_count + dot.contract_count == 0 || !dot_fits(g, &a->type, &b->type, &dot))
            continue;
        a = gen_tame(g, a, &a_bound, 4);
        b = gen_tame(g, b, &b_bound, 4);
        gen_add(g, ir_dot(&g->b, a, b, dot), a_bound * b_bound * count);
        return;
    }
}

/* ---- the choice ---- */

typedef struct Family {
    void (*add)(Gen *g);
    int weight;
    bool rough; /* not for programs that finite differences can follow */
} Family;

void gen_op(Gen *g)
{
    static const Family families[] = {
        {gen_unary, 10, false},       {gen_binary, 14, false}, {gen_leaf, 4, false},
        {gen_broadcast, 6, false},    {gen_reshape, 5, false}, {gen_transpose, 4, false},
        {gen_slice_or_pad, 5, false}, {gen_concat, 5, false},  {gen_window, 6, false},
        {gen_gather, 5, false},       {gen_scatter, 4, false}, {gen_reduce, 9, false},
        {gen_linear, 9, false},       {gen_dot, 9, false},     {gen_integers, 3, false},
        {gen_compare, 4, true},       {gen_logic, 3, true},    {gen_select, 4, true},
        {gen_cast, 3, true},          {gen_decay, 3, true},
        {gen_coast, 3, true}};
    enum { COUNT = sizeof families / sizeof *families };
    int total = 0;
    for (int i = 0; i < COUNT; i++)
        total += g->options->smooth && families[i].rough ? 0 : families[i].weight;
    int choice = gen_below(g, total);
    for (int i = 0; i < COUNT; i++) {
        if (g->options->smooth && families[i].rough)
            continue;
        choice -= families[i].weight;
        if (choice < 0) {
            families[i].add(g);
            return;
        }
    }
}
