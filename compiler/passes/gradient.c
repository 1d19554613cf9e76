/* SPDX-License-Identifier: Apache-2.0
 *
 * gradient: reverse-mode differentiation, IR to IR.
 *   needs   verified IR; scans without invariant instructions in their regions
 *   after   a new function that also returns the adjoints asked for
 *
 * A value's adjoint is kept in its `info`. Instructions are visited last to
 * first, so an adjoint is complete when its instruction is reached. Scans are
 * in gradient_scan.c, those over parts in gradient_parts.c.
 */
#include "compiler/passes/gradient.h"

bool gradient_is_float(const IrValue *value)
{
    return value->type.dtype == NND_F32 || value->type.dtype == NND_F64;
}

static bool *activity(const Gradient *g, const IrValue *value)
{
    return &g->active[value->id];
}

bool gradient_is_active(const Gradient *g, const IrValue *value)
{
    return g->active[value->id];
}

/* ---- which values depend on what is differentiated by ---- */

static bool mark_region(const Gradient *g, const IrRegion *region);

static bool mark(bool *flag, bool active)
{
    bool changed = active && !*flag;
    *flag |= active;
    return changed;
}

/* States are active if their successors are: repeat until nothing changes. */
static void mark_scan(const Gradient *g, const IrInst *scan)
{
    const IrScan *attrs = &scan->attrs.scan;
    IrValue *params = scan->region->params;
    for (int i = 0; i < scan->arg_count; i++)
        mark(activity(g, &params[i]), gradient_is_active(g, scan->args[i]));
    for (bool changed = true; changed;) {
        changed = mark_region(g, scan->region);
        for (int i = 0; i < attrs->state_count; i++)
            changed |= mark(activity(g, &params[attrs->seq_count + attrs->row_count + i]),
                            gradient_is_active(g, scan->region->yields[i]));
    }
    for (int i = 0; i < attrs->emit_count; i++)
        mark(activity(g, &scan->results[i]), gradient_is_active(g, scan->region->yields[attrs->state_count + i]));
    for (int i = 0; i < attrs->state_count; i++) {
        bool state = gradient_is_active(g, &params[attrs->seq_count + attrs->row_count + i]);
        mark(activity(g, &scan->results[attrs->emit_count + i]), state);
    }
}

static bool mark_inst(const Gradient *g, const IrInst *inst)
{
    if (ir_op_info[inst->op].flags & NOGRAD || !gradient_is_float(&inst->results[0]))
        return false;
    bool active = false;
    for (int i = 0; i < inst->arg_count; i++)
        active |= gradient_is_float(inst->args[i]) && gradient_is_active(g, inst->args[i]);
    return mark(activity(g, &inst->results[0]), active);
}

static bool mark_region(const Gradient *g, const IrRegion *region)
{
    bool changed = false;
    for (const IrInst *inst = region->first; inst; inst = inst->next) {
        if (inst->op == OP_scan)
            mark_scan(g, inst);
        else
            changed |= mark_inst(g, inst);
    }
    return changed;
}

/* ---- adjoints ---- */

void gradient_add(IrBuilder *b, IrValue *value, IrValue *adjoint)
{
    IrValue *before = value->info;
    value->info = before ? ir_ew(b, OP_add, before, adjoint, NULL) : adjoint;
}

IrValue *gradient_of(const IrValue *value)
{
    return value->info;
}

static IrValue *value_outside(const GradContext *c, IrValue *forward)
{
    (void)c;
    return forward;
}

static IrType type_outside(const GradContext *c, const IrValue *forward)
{
    (void)c;
    return forward->type;
}

void gradient_apply(const Gradient *g, GradContext *c)
{
    IrValue **adjoints = ARENA_ARRAY(g->func->module->arena, IrValue *, c->inst->arg_count);
    c->adjoints = adjoints;
    grad_rule(c->inst->op)(c);
}

static void visit_inst(Gradient *g, IrInst *inst)
{
    if (!gradient_of(&inst->results[0]))
        return;
    Arena *arena = g->func->module->arena;
    bool *wanted = ARENA_ARRAY(arena, bool, inst->arg_count);
    bool any = false;
    for (int i = 0; i < inst->arg_count; i++)
        any |= wanted[i] = gradient_is_float(inst->args[i]) && gradient_is_active(g, inst->args[i]);
    if (!any || !grad_rule(inst->op))
        return;
    g->builder.line = inst->line;
    GradContext c = {.b = &g->builder, .inst = inst, .g = gradient_of(&inst->results[0]), .wanted = wanted,
                     .value = value_outside, .type = type_outside};
    gradient_apply(g, &c);
    for (int i = 0; i < inst->arg_count; i++)
        if (c.adjoints[i] && wanted[i])
            gradient_add(&g->builder, inst->args[i], c.adjoints[i]);
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

static void return_more(IrFunc *func, IrValue *const *more, const char *const *more_names, int more_count)
{
    Arena *arena = func->module->arena;
    int before = func->body->yield_count, count = before + more_count;
    IrValue **values = ARENA_ARRAY(arena, IrValue *, count);
    const char **names = ARENA_ARRAY(arena, const char *, count);
    for (int i = 0; i < count; i++) {
        values[i] = i < before ? func->body->yields[i] : more[i - before];
        names[i] = i < before ? func->result_names[i] : more_names[i - before];
    }
    ir_func_return(func, values, names, count);
}

/* A copy without adjoints, hoisted: what is the same for all items has no row that a scan could emit. */
static IrFunc *begin_gradient(Gradient *g, const IrFunc *func, const char *name)
{
    IrFunc *copy = ir_func_copy(func, name, NULL);
    pass_hoist_scan(copy);
    *g = (Gradient){.func = copy, .builder = ir_builder_at_end(copy->module, copy->body)};
    g->value_count = ir_func_number(copy);
    g->active = ARENA_ARRAY(copy->module->arena, bool, g->value_count + 1);
    for (int i = 0; i < copy->arg_count; i++)
        copy->args[i]->info = NULL;
    ir_func_walk(copy, clear_info, NULL);
    return copy;
}

void gradient_region(Gradient *g, IrInst *last)
{
    for (IrInst *inst = last, *prev; inst; inst = prev) {
        prev = inst->prev;
        if (inst->op != OP_scan)
            visit_inst(g, inst);
        else if (inst->attrs.scan.part)
            gradient_parts(g, inst);
        else
            gradient_scan(g, inst);
    }
}

/* Leaves the adjoints of the values `wrt` in them. */
static void differentiate(Gradient *g, int loss, IrValue *const *wrt, int wrt_count)
{
    IrRegion *body = g->func->body;
    for (int i = 0; i < wrt_count; i++)
        g->active[wrt[i]->id] = true;
    mark_region(g, body);
    IrInst *last = body->last;
    IrValue *result = body->yields[loss];
    gradient_add(&g->builder, result, ir_const(&g->builder, result->type, 1));
    gradient_region(g, last);
}

static IrValue *adjoint_or_zero(Gradient *g, const IrValue *value)
{
    IrValue *adjoint = gradient_of(value);
    return adjoint ? adjoint : ir_const(&g->builder, value->type, 0);
}

IrFunc *pass_gradient(const IrFunc *func, const char *name, int loss, const int *wrt, int wrt_count)
{
    Gradient g;
    IrFunc *copy = begin_gradient(&g, func, name);
    Arena *arena = copy->module->arena;
    IrValue **values = ARENA_ARRAY(arena, IrValue *, wrt_count);
    const char **names = ARENA_ARRAY(arena, const char *, wrt_count);
    for (int i = 0; i < wrt_count; i++)
        values[i] = copy->args[wrt[i]];
    differentiate(&g, loss, values, wrt_count);
    for (int i = 0; i < wrt_count; i++) {
        names[i] = arena_printf(arena, "d.%s", values[i]->name);
        values[i] = adjoint_or_zero(&g, values[i]);
    }
    return_more(copy, values, names, wrt_count);
    return copy;
}

/* ---- by the rows that inputs look up ---- */

typedef VEC(IrValue *) Lookups;

/* False if several inputs look up rows. */
static bool find_lookups(const IrFunc *func, Lookups *lookups)
{
    const IrValue *input = NULL;
    for (IrInst *inst = func->body->first; inst; inst = inst->next) {
        if (inst->op != OP_gather || inst->args[1]->def || inst->args[1]->kind != NND_ARG_INPUT)
            continue;
        if (input && input != inst->args[1])
            return false;
        input = inst->args[1];
        vec_push(func->module->arena, lookups, &inst->results[0]);
    }
    return true;
}

static IrValue *l1_norm(IrBuilder *b, IrValue *rows)
{
    return ir_reduce(b, OP_sum, ir_ew(b, OP_abs, rows, NULL, NULL), 1u << (rows->type.rank - 1));
}

IrFunc *pass_sensitivity(const IrFunc *func, const char *name, int loss)
{
    Gradient g;
    Lookups lookups = {0};
    IrFunc *copy = begin_gradient(&g, func, name);
    if (!find_lookups(copy, &lookups) || !lookups.count) {
        copy->module->funcs.count--; /* the copy is the last */
        return NULL;
    }
    differentiate(&g, loss, lookups.data, lookups.count);
    IrValue *sum = NULL;
    for (int i = 0; i < lookups.count; i++) {
        IrValue *norm = l1_norm(&g.builder, adjoint_or_zero(&g, lookups.data[i]));
        sum = sum ? ir_ew(&g.builder, OP_add, sum, norm, NULL) : norm;
    }
    return_more(copy, (IrValue *const[]){sum}, (const char *const[]){"sensitivity"}, 1);
    return copy;
}
