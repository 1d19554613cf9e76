/* SPDX-License-Identifier: Apache-2.0
 *
 * distinct-dot: contractions of looked-up rows are done once for each different
 * word of the batch.
 *   needs   verified IR in which passes/distinct.c has parted look-ups
 *   after   with x = gather(rows, places), rows of a distinct dimension:
 *
 *   x · W              gather(rows · W, places)
 *   window(x) · W      the sum over k of gather(rows · W[k], places of entry k)
 *   y · x over rows    scatter_add(y, places) · rows
 *   scatter_add(y · W, places)    scatter_add(y, places) · W; of a sum, the sum of these
 *
 * Embeddings go through convolutions and input projections in this way, forward
 * and backward. A row of the table is read instead of one contraction for each
 * word that occurs again; that pays as soon as a contraction is longer than a
 * few entries (see pays). A batch has fewer different words than words: rows · W
 * needs no more memory than x · W.
 */
#include "compiler/passes/passes.h"

enum { LONG = 16, MOST_ENTRIES = 8 }; /* of a contraction; of a window */

typedef struct Pass {
    IrFunc *func;
    IrBuilder b; /* before the instruction at hand */
} Pass;

static bool is_distinct(const IrType *type)
{
    return type->rank > 0 && type->dims[0]->kind == NND_DIM_DISTINCT;
}

/* The look-up that makes x, if it is of rows for different words. */
static const IrInst *look_up(const IrValue *x)
{
    const IrInst *inst = x->def;
    return inst && inst->op == OP_gather && inst->args[1]->type.rank == 1 &&
                   is_distinct(&inst->args[0]->type)
               ? inst
               : NULL;
}

static int64_t contracted(const IrInst *dot)
{
    int64_t count = 1;
    for (int i = 0; i < dot->attrs.dot.contract_count; i++) {
        const IrDim *dim = dot->args[0]->type.dims[dot->attrs.dot.a_contract[i]];
        count *= dim->kind == NND_DIM_CONST ? dim->size : 1;
    }
    return count;
}

static bool pays(const IrInst *dot)
{
    return contracted(dot) >= LONG;
}

static const int8_t *contract_of(const IrDot *dot, int side)
{
    return side ? dot->b_contract : dot->a_contract;
}

static bool contracts_axis(const IrDot *dot, int side, int axis)
{
    for (int i = 0; i < dot->contract_count; i++)
        if (contract_of(dot, side)[i] == axis)
            return true;
    return false;
}

static bool contracts_rows(const IrDot *dot)
{
    return !dot->batch_count && dot->contract_count == 1 && dot->a_contract[0] == 0 &&
           dot->b_contract[0] == 0;
}

static bool has_rows(const IrValue *x)
{
    return x->type.rank > 0 && x->type.dims[0]->kind != NND_DIM_CONST;
}

/* dot of the same axes with another operand in the place of one. */
static IrValue *dot_with(Pass *p, const IrInst *dot, int side, IrValue *x)
{
    return side ? ir_dot(&p->b, dot->args[0], x, dot->attrs.dot)
                : ir_dot(&p->b, x, dot->args[1], dot->attrs.dot);
}

/* x · W */
static IrValue *project(Pass *p, const IrInst *dot, int side)
{
    const IrInst *found = look_up(dot->args[side]);
    bool rows_first = dot->results[0].type.rank > 0 &&
                      dot->results[0].type.dims[0] == dot->args[side]->type.dims[0];
    if (!found || dot->attrs.dot.batch_count || contracts_axis(&dot->attrs.dot, side, 0) ||
        has_rows(dot->args[1 - side]) || !rows_first || !pays(dot))
        return NULL;
    return ir_gather(&p->b, dot_with(p, dot, side, found->args[0]), found->args[1]);
}

/* ---- windows ---- */

/* Entry k of an axis, which goes. */
static IrValue *entry(Pass *p, IrValue *x, int axis, int64_t k)
{
    IrValue *one = ir_slice(&p->b, x, axis, k, 1);
    return ir_reshape(&p->b, one, ir_type_without_axis(one->type, axis));
}

/* rows · W over all contracted axes but that of the windows: [distinct, ..c], among which is the
 * axis of W that the windows had met. Windows' operands have the axes of x from 1 on. */
static IrValue *project_entries(Pass *p, const IrInst *dot, IrValue *rows, int *entries)
{
    const IrDot *old = &dot->attrs.dot;
    IrDot d = {0};
    for (int i = 0; i < old->contract_count; i++) {
        if (old->a_contract[i] == 1) {
            *entries = old->b_contract[i];
            continue;
        }
        d.a_contract[d.contract_count] = (int8_t)(old->a_contract[i] - 1);
        d.b_contract[d.contract_count++] = old->b_contract[i];
    }
    int axis = 1; /* the free axes of W follow the rows, in their order */
    for (int i = 0; i < *entries; i++) {
        bool taken = false;
        for (int k = 0; k < d.contract_count; k++)
            taken |= d.b_contract[k] == i;
        axis += !taken;
    }
    *entries = axis;
    return ir_dot(&p->b, rows, dot->args[1], d);
}

static bool is_window_of_look_up(const IrInst *dot)
{
    const IrInst *window = dot->args[0]->def;
    if (!window || window->op != OP_window || window->attrs.window.axis != 0 ||
        window->attrs.window.fill != 0)
        return false;
    const IrDot *d = &dot->attrs.dot;
    return window->attrs.window.size <= MOST_ENTRIES && look_up(window->args[0]) &&
           !d->batch_count && d->contract_count == dot->args[0]->type.rank - 1 &&
           !contracts_axis(d, 0, 0) && !has_rows(dot->args[1]);
}

/* window(x) · W; outside of a segment the entry's place is -1, and its row zero. */
static IrValue *project_windows(Pass *p, const IrInst *dot)
{
    if (!is_window_of_look_up(dot) || !pays(dot))
        return NULL;
    const IrInst *window = dot->args[0]->def, *found = look_up(window->args[0]);
    IrWindow w = window->attrs.window;
    w.fill = -1;
    int axis = 0;
    IrValue *rows = project_entries(p, dot, found->args[0], &axis);
    IrValue *places = ir_window(&p->b, found->args[1], w, window->results[0].type.dims[0]),
            *sum = NULL;
    for (int64_t k = 0; k < w.size; k++) {
        IrValue *part = ir_gather(&p->b, entry(p, rows, axis, k), entry(p, places, 1, k));
        sum = sum ? ir_ew(&p->b, OP_add, sum, part, NULL) : part;
    }
    return sum;
}

/* ---- backward ---- */

/* y · x over the rows */
static IrValue *contract_rows(Pass *p, const IrInst *dot, int side)
{
    const IrInst *found = look_up(dot->args[side]);
    IrValue *y = dot->args[1 - side];
    if (!found || !contracts_rows(&dot->attrs.dot) || look_up(y))
        return NULL;
    IrValue *sums = ir_scatter_add(&p->b, y, found->args[1], found->args[0]->type.dims[0]);
    return side ? ir_dot(&p->b, sums, found->args[0], dot->attrs.dot)
                : ir_dot(&p->b, found->args[0], sums, dot->attrs.dot);
}

static bool is_read_once(const Pass *p, const IrValue *value)
{
    return ir_region_use_count(p->func->body, value) == 1;
}

/* The side of y if the value is y · W, with a row for each place, and read by one instruction; else
 * -1. */
static int projected_side(const Pass *p, const IrValue *value)
{
    const IrInst *dot = value->def;
    if (!dot || dot->op != OP_dot || dot->attrs.dot.batch_count || !is_read_once(p, value))
        return -1;
    int side = has_rows(dot->args[0]) ? 0 : 1;
    bool by_rows = has_rows(dot->args[side]) && !has_rows(dot->args[1 - side]) &&
                   !contracts_axis(&dot->attrs.dot, side, 0) &&
                   value->type.dims[0] == dot->args[side]->type.dims[0];
    return by_rows && pays(dot) ? side : -1;
}

static bool is_sum(const Pass *p, const IrValue *value)
{
    return value->def && value->def->op == OP_add && is_read_once(p, value);
}

/* Whether it is a sum of such, each of them by another W. */
static bool is_projected(const Pass *p, const IrValue *value)
{
    return is_sum(p, value)
               ? is_projected(p, value->def->args[0]) && is_projected(p, value->def->args[1])
               : projected_side(p, value) >= 0;
}

/* scatter_add(y · W, places); of a sum, the sum of them */
static IrValue *scatter_before(Pass *p, const IrInst *scatter, const IrValue *value)
{
    const IrInst *inst = value->def;
    if (is_sum(p, value))
        return ir_ew(&p->b, OP_add, scatter_before(p, scatter, inst->args[0]),
                     scatter_before(p, scatter, inst->args[1]), NULL);
    int side = projected_side(p, value);
    IrValue *sums =
        ir_scatter_add(&p->b, inst->args[side], scatter->args[1], scatter->results[0].type.dims[0]);
    return dot_with(p, inst, side, sums);
}

static bool is_scatter_of_projected(const Pass *p, const IrInst *scatter)
{
    return is_distinct(&scatter->results[0].type) && scatter->args[1]->type.rank == 1 &&
           is_projected(p, scatter->args[0]);
}

static IrValue *rewritten(void *context, IrBuilder *b, const IrInst *inst)
{
    Pass pass = {.func = context, .b = *b}, *p = &pass;
    if (inst->op == OP_scatter_add)
        return is_scatter_of_projected(p, inst) ? scatter_before(p, inst, inst->args[0]) : NULL;
    if (inst->op != OP_dot)
        return NULL;
    IrValue *value = project_windows(p, inst);
    for (int side = 0; !value && side < 2; side++)
        value = project(p, inst, side);
    for (int side = 0; !value && side < 2; side++)
        value = contract_rows(p, inst, side);
    return value;
}

bool pass_distinct_dot(IrFunc *func)
{
    return ir_func_rewrite(func, rewritten, func);
}
