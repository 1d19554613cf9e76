/* SPDX-License-Identifier: Apache-2.0
 *
 * winners: the adjoint of a maximum over the rows of each segment is zero but
 * for one row of each column, the winner.
 *   needs   verified IR of a gradient
 *   after   sums and contractions of such adjoints are made from the winners
 *           alone, where that pays (see pays)
 *
 * For x[w, ..a] with segments of parent p, m[p, ..a] = reduce_max x, an adjoint
 * d[w, ..a] that is v[p, ..a] at the winners:
 *
 *   sum over rows        v
 *   y · d  [..b, ..a]    the sum over p of v[p, a] y[winner(p, a), b]
 *   d · W  [w, ..c]      row winner(p, a) is the sum of v[p, a] W[a, c]; if it
 *                        goes on into `unwindow`, these are rows of what the
 *                        windows are over
 *
 * and look-ups that y came from, or that these rows go back to, are done for
 * these rows only, where v is not zero (so zero times infinity is zero here). Sums are in another order than the
 * dense ones.
 */
#include "compiler/passes/passes.h"

typedef struct Winners {
    IrValue *value; /* [parent, ..a]: at the winners */
    IrValue *where; /* i32[parent, ..a]: the winner's row in its segment, -1: an empty segment */
    IrValue *of;    /* [dim, ..a]: what the maximum was of */
} Winners;

typedef struct Pass {
    IrFunc *func;
    IrBuilder b; /* before the instruction at hand */
    bool changed;
} Pass;

static const Winners *winners_of(const IrValue *value)
{
    return value->info;
}

static IrType small_type(const Winners *w, NndDType dtype)
{
    return ir_type_with_dtype(w->where->type, dtype);
}

static bool is_same_axes(const IrInst *broadcast)
{
    const IrType *type = &broadcast->results[0].type;
    for (int i = 0; i < type->rank; i++)
        if (broadcast->attrs.map[i] != i)
            return false;
    return broadcast->args[0]->type.rank == type->rank;
}

/* ---- values at the winners ---- */

static IrValue *pick(Pass *p, const Winners *w, IrValue *x);

static IrValue *pick_scalar(Pass *p, const Winners *w, const IrInst *inst)
{
    IrValue *args[3] = {NULL, NULL, NULL};
    for (int i = 0; i < inst->arg_count; i++) {
        args[i] = pick(p, w, inst->args[i]);
        if (!args[i])
            return NULL;
    }
    return inst->op == OP_cast ? ir_cast(&p->b, args[0], inst->results[0].type.dtype)
                               : ir_ew(&p->b, inst->op, args[0], args[1], args[2]);
}

/* What is the same for all rows of a segment. */
static IrValue *pick_broadcast(Pass *p, const Winners *w, const IrInst *inst)
{
    const int8_t *map = inst->attrs.map;
    const IrDim *dim = inst->results[0].type.dims[0];
    if (map[0] > 0 || (map[0] == 0 && inst->args[0]->type.dims[0] == dim))
        return NULL;
    return ir_broadcast(&p->b, inst->args[0], small_type(w, inst->results[0].type.dtype), map);
}

/* NULL if it is not known without looking at row `where`. */
static IrValue *pick(Pass *p, const Winners *w, IrValue *x)
{
    const IrInst *inst = x->def;
    if (x == w->of)
        return ir_reduce(&p->b, OP_reduce_max, x, 1);
    if (winners_of(x) && winners_of(x)->where == w->where)
        return winners_of(x)->value;
    if (!inst)
        return NULL;
    if (inst->op == OP_const)
        return ir_const(&p->b, small_type(w, x->type.dtype), inst->attrs.constant);
    if (inst->op == OP_broadcast)
        return pick_broadcast(p, w, inst);
    return ir_op_is_scalar(inst->op) || inst->op == OP_cast ? pick_scalar(p, w, inst) : NULL;
}

/* ---- which values are zero but at the winners ---- */

static bool is_zero(const IrValue *x)
{
    return x->def && x->def->op == OP_const && x->def->attrs.constant == 0;
}

static bool is_row_number(const IrValue *x)
{
    return x->def && x->def->op == OP_iota && x->def->attrs.axis == 0;
}

/* The places of maxima over segments, repeated for each row; NULL if it is something else. */
static const IrInst *maximum_places(const IrValue *x)
{
    const IrInst *spread = x->def;
    if (!spread || spread->op != OP_broadcast || !is_same_axes(spread) || !spread->args[0]->def)
        return NULL;
    const IrInst *argmax = spread->args[0]->def;
    bool fits = argmax->op == OP_argmax && argmax->attrs.axes == 1 &&
                ir_type_same_dims(&argmax->args[0]->type, &x->type) && ir_dim_segmented(x->type.dims[0]);
    return fits ? argmax : NULL;
}

/* A winner costs about as much as so many rows of a tiled contraction: its products are not made in
 * registers. */
static bool pays(const IrDim *dim)
{
    enum { ROWS = 4 };
    const IrDim *length = dim->kind == NND_DIM_WINDOW ? dim->source : dim;
    return length->kind != NND_DIM_UNIFORM || length->size >= ROWS;
}

/* select(row == place of the maximum, g, 0), as grad_reduce_max makes it. */
static bool begins(Pass *p, const IrInst *inst, Winners *out)
{
    const IrInst *hit = inst->op == OP_select && is_zero(inst->args[2]) ? inst->args[0]->def : NULL;
    if (!hit || hit->op != OP_eq || !is_row_number(hit->args[0]))
        return false;
    const IrInst *argmax = maximum_places(hit->args[1]);
    if (!argmax || !pays(inst->results[0].type.dims[0]))
        return false;
    *out = (Winners){.where = (IrValue *)&argmax->results[0], .of = argmax->args[0]};
    out->value = pick(p, out, inst->args[1]);
    return out->value != NULL;
}

/* Zero wherever the operand is: element by element. */
static bool keeps_zeros(const IrInst *inst, int operand)
{
    switch (inst->op) {
    case OP_neg:
    case OP_mul:
    case OP_cast: return true;
    case OP_select: return operand > 0 && is_zero(inst->args[3 - operand]);
    default: return false;
    }
}

static bool goes_on(Pass *p, IrInst *inst, Winners *out)
{
    for (int i = 0; i < inst->arg_count; i++) {
        const Winners *w = winners_of(inst->args[i]);
        if (!w || !keeps_zeros(inst, i))
            continue;
        *out = *w;
        out->value = pick_scalar(p, w, inst);
        return out->value != NULL;
    }
    return false;
}

/* ---- rows of the winners ---- */

static IrValue *number(Pass *p, IrType type, double value)
{
    return ir_const(&p->b, type, value);
}

static IrValue *op2(Pass *p, IrOp op, IrValue *x, IrValue *y)
{
    return ir_ew(&p->b, op, x, y, NULL);
}

static IrValue *by_segment(Pass *p, IrValue *x, IrType type)
{
    int8_t map[NND_MAX_RANK];
    memset(map, -1, sizeof map);
    map[0] = 0;
    return ir_broadcast(&p->b, x, type, map);
}

/* x of small type under more axes. */
static IrValue *under(Pass *p, IrValue *x, IrType type)
{
    int8_t map[NND_MAX_RANK];
    for (int i = 0; i < type.rank; i++)
        map[i] = i < x->type.rank ? (int8_t)i : (int8_t)-1;
    return ir_broadcast(&p->b, x, ir_type_with_dtype(type, x->type.dtype), map);
}

/* Who wins nothing is no winner: of units that dropout or relu has silenced no row is read. */
static IrValue *where_not_zero(Pass *p, const Winners *w)
{
    IrValue *zero = number(p, w->value->type, 0), *none = number(p, w->where->type, -1);
    return ir_ew(&p->b, OP_select, op2(p, OP_eq, w->value, zero), none, w->where);
}

/* i32[parent, ..a], or [parent, ..a, k]: the winner's row among all rows, or the rows of its window
 * over `source`; -1 where there is none. */
static IrValue *winner_rows(Pass *p, const Winners *w, const IrWindow *window, IrDim *source)
{
    IrType type = small_type(w, NND_I32);
    IrDim *dim = w->of->type.dims[0];
    IrValue *where = where_not_zero(p, w);
    if (!window) {
        IrValue *row = op2(p, OP_add, where, by_segment(p, ir_offsets(&p->b, dim), type));
        return ir_ew(&p->b, OP_select, op2(p, OP_ge, where, number(p, type, 0)), row, number(p, type, -1));
    }
    type.dims[type.rank++] = ir_dim_const(p->func->module, window->size);
    where = under(p, where, type);
    IrValue *none = number(p, type, -1), *zero = number(p, type, 0);
    IrValue *first = op2(p, OP_sub, op2(p, OP_mul, where, number(p, type, (double)window->stride)),
                         number(p, type, (double)window->low));
    IrValue *k = op2(p, OP_mul, ir_iota(&p->b, type, type.rank - 1), number(p, type, (double)window->dilation));
    IrValue *at = op2(p, OP_add, first, k);
    IrValue *inside = op2(p, OP_and, op2(p, OP_ge, at, zero),
                          op2(p, OP_lt, at, by_segment(p, ir_lengths(&p->b, source), type)));
    inside = op2(p, OP_and, inside, op2(p, OP_ge, where, zero));
    IrValue *row = op2(p, OP_add, at, by_segment(p, ir_offsets(&p->b, source), type));
    return ir_ew(&p->b, OP_select, inside, row, none);
}

/* places[rows], -1 where there is no row. */
static IrValue *places_of(Pass *p, IrValue *places, IrValue *rows)
{
    IrValue *none = number(p, rows->type, -1);
    IrValue *inside = op2(p, OP_ge, rows, number(p, rows->type, 0));
    return ir_ew(&p->b, OP_select, inside, ir_gather(&p->b, places, rows), none);
}

/* ---- sums and contractions ---- */

/* The sum over axis 0, through all segments that it stands for. */
static IrValue *sum_rows(Pass *p, IrValue *x)
{
    for (IrDim *dim = x->type.dims[0]; ir_dim_segmented(dim); dim = dim->parent)
        x = ir_reduce(&p->b, OP_sum, x, 1);
    return ir_reduce(&p->b, OP_sum, x, 1);
}

static IrValue *winners_sum(Pass *p, const Winners *w)
{
    IrValue *any = op2(p, OP_ge, w->where, number(p, w->where->type, 0));
    return ir_ew(&p->b, OP_select, any, w->value, number(p, w->value->type, 0));
}

static bool is_window(const IrValue *x)
{
    return x->def && x->def->op == OP_window && x->def->attrs.window.axis == 0;
}

/* Rows of x, which may be looked up in turn. */
static IrValue *rows_of(Pass *p, IrValue *x, IrValue *rows)
{
    const IrInst *inst = x->def;
    if (inst && inst->op == OP_gather && inst->args[1]->type.rank == 1)
        return ir_gather(&p->b, inst->args[0], places_of(p, inst->args[1], rows));
    return ir_gather(&p->b, x, rows);
}

/* [n, ..a, ..b] -> [..b, ..a] without n, of which `first` are a. */
static IrValue *swap_axes(Pass *p, IrValue *x, int first)
{
    int8_t map[NND_MAX_RANK];
    for (int i = 0; i < x->type.rank; i++)
        map[i] = (int8_t)((i + first) % x->type.rank);
    return ir_transpose(&p->b, x, map);
}

/* Contraction over the rows of y with the winners. */
static IrValue *contract_rows(Pass *p, const IrInst *dot, int side)
{
    const Winners *w = winners_of(dot->args[side]);
    IrValue *y = dot->args[1 - side];
    int columns = w->where->type.rank - 1;
    if (w->where->type.rank + y->type.rank - 1 > NND_MAX_RANK)
        return NULL;
    IrValue *found;
    if (is_window(y)) {
        IrValue *x = y->def->args[0];
        found = rows_of(p, x, winner_rows(p, w, &y->def->attrs.window, x->type.dims[0]));
    } else {
        found = rows_of(p, y, winner_rows(p, w, NULL, NULL));
    }
    IrValue *sum = sum_rows(p, op2(p, OP_mul, under(p, w->value, found->type), found));
    return side ? swap_axes(p, sum, columns) : sum;
}

/* The other operand with the winners' columns in front, in their order. */
static IrValue *columns_first(Pass *p, const IrInst *dot, int side)
{
    const IrDot *d = &dot->attrs.dot;
    const int8_t *own = side ? d->b_contract : d->a_contract, *other = side ? d->a_contract : d->b_contract;
    IrValue *x = dot->args[1 - side];
    int8_t map[NND_MAX_RANK];
    int n = 0;
    bool contracted[NND_MAX_RANK] = {false};
    for (int axis = 1; axis <= d->contract_count; axis++)
        for (int i = 0; i < d->contract_count; i++)
            if (own[i] == axis) {
                map[n++] = other[i];
                contracted[(int)other[i]] = true;
            }
    for (int axis = 0; axis < x->type.rank; axis++)
        if (!contracted[axis])
            map[n++] = (int8_t)axis;
    return ir_transpose(&p->b, x, map);
}

/* Contraction of the winners' columns: [dim, ..c], or what its `unwindow` makes of it. */
static IrValue *contract_columns(Pass *p, const IrInst *dot, int side, const IrInst *unwindow)
{
    const Winners *w = winners_of(dot->args[side]);
    IrValue *other = columns_first(p, dot, side);
    IrType type = small_type(w, w->value->type.dtype);
    int columns = type.rank - 1;
    if (1 + other->type.rank > NND_MAX_RANK)
        return NULL;
    for (int i = columns; i < other->type.rank; i++)
        type.dims[type.rank++] = other->type.dims[i];
    int8_t map[NND_MAX_RANK] = {-1};
    for (int i = 1; i < type.rank; i++)
        map[i] = (int8_t)(i - 1);
    IrValue *products = op2(p, OP_mul, under(p, w->value, type), ir_broadcast(&p->b, other, type, map));
    IrDim *dim = unwindow ? unwindow->results[0].type.dims[0] : w->of->type.dims[0];
    IrValue *rows = winner_rows(p, w, unwindow ? &unwindow->attrs.window : NULL, dim);
    return ir_scatter_add(&p->b, products, rows, dim);
}

static bool contracts_rows(const IrInst *inst)
{
    const IrDot *d = &inst->attrs.dot;
    return !d->batch_count && d->contract_count == 1 && d->a_contract[0] == 0 && d->b_contract[0] == 0;
}

static bool contracts_columns(const IrInst *inst, int side)
{
    const IrDot *d = &inst->attrs.dot;
    if (d->batch_count || d->contract_count != inst->args[side]->type.rank - 1)
        return false;
    for (int i = 0; i < d->contract_count; i++)
        if ((side ? d->b_contract : d->a_contract)[i] == 0)
            return false;
    return !ir_dim_segmented(inst->args[1 - side]->type.dims[0]);
}

/* The instruction that reads the value, if there is but one and it is no yield. */
static IrInst *only_reader(const IrFunc *func, const IrValue *value)
{
    IrInst *reader = NULL;
    int count = 0;
    for (int i = 0; i < func->body->yield_count; i++)
        count += func->body->yields[i] == value;
    for (IrInst *inst = value->def->next; inst; inst = inst->next) {
        if (inst->region)
            return NULL;
        for (int i = 0; i < inst->arg_count; i++)
            if (inst->args[i] == value) {
                reader = inst;
                count++;
            }
    }
    return count == 1 ? reader : NULL;
}

static void replace(Pass *p, IrInst *inst, IrValue *value)
{
    if (!value)
        return;
    ir_replace_uses(p->func, &inst->results[0], value);
    p->changed = true;
}

static void visit_columns(Pass *p, IrInst *dot, int side)
{
    IrInst *reader = only_reader(p->func, &dot->results[0]);
    bool windows = reader && reader->op == OP_unwindow && reader->attrs.window.axis == 0;
    replace(p, windows ? reader : dot, contract_columns(p, dot, side, windows ? reader : NULL));
}

static void visit_dot(Pass *p, IrInst *inst)
{
    const Winners *a = winners_of(inst->args[0]), *b = winners_of(inst->args[1]);
    if (!a == !b)
        return;
    int side = b ? 1 : 0;
    if (contracts_rows(inst))
        replace(p, inst, contract_rows(p, inst, side));
    else if (contracts_columns(inst, side))
        visit_columns(p, inst, side);
}

/* Rows that are added up again under other numbers need to be added but once. */
static IrValue *scatter_through(Pass *p, IrValue *x, IrValue *places, IrDim *dim)
{
    const IrInst *inst = x->def;
    if (!inst || !only_reader(p->func, x))
        return NULL;
    if (inst->op == OP_scatter_add)
        return ir_scatter_add(&p->b, inst->args[0], places_of(p, places, inst->args[1]), dim);
    if (inst->op != OP_add)
        return NULL;
    IrValue *a = scatter_through(p, inst->args[0], places, dim);
    IrValue *b = a ? scatter_through(p, inst->args[1], places, dim) : NULL;
    return b ? op2(p, OP_add, a, b) : NULL;
}

static void visit_scatter(Pass *p, IrInst *inst)
{
    const IrType *index = &inst->args[1]->type;
    if (p->changed && index->rank == 1 && index->dims[0]->kind != NND_DIM_DISTINCT)
        replace(p, inst, scatter_through(p, inst->args[0], inst->args[1], inst->results[0].type.dims[0]));
}

static void visit(Pass *p, IrInst *inst)
{
    Winners found;
    if (begins(p, inst, &found) || ((ir_op_is_scalar(inst->op) || inst->op == OP_cast) && goes_on(p, inst, &found)))
        inst->results[0].info = arena_copy(p->func->module->arena, &found, sizeof found);
    else if (inst->op == OP_sum && inst->attrs.axes == 1 && winners_of(inst->args[0]))
        replace(p, inst, winners_sum(p, winners_of(inst->args[0])));
    else if (inst->op == OP_dot)
        visit_dot(p, inst);
    else if (inst->op == OP_scatter_add)
        visit_scatter(p, inst);
}

static void clear_info(void *context, IrRegion *region, IrInst *inst)
{
    (void)context;
    (void)region;
    for (int i = 0; i < inst->result_count; i++)
        inst->results[i].info = NULL;
    for (int i = 0; inst->region && i < inst->region->param_count; i++)
        inst->region->params[i].info = NULL;
}

bool pass_winners(IrFunc *func)
{
    Pass p = {.func = func};
    for (int i = 0; i < func->arg_count; i++)
        func->args[i]->info = NULL;
    ir_func_walk(func, clear_info, NULL);
    for (IrInst *inst = func->body->first; inst; inst = inst->next) {
        p.b = ir_builder_before(func->module, func->body, inst);
        visit(&p, inst);
    }
    return p.changed;
}
