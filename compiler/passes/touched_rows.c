/* SPDX-License-Identifier: Apache-2.0
 *
 * Touched rows. A batch looks up few of the rows of a table, and all others have
 * a gradient of zero. Of a table whose gradient arrives row by row
 * (passes/distinct.c) only those rows are changed, in place; state
 * "<param>.touched" is the step up to which a row is right, and before it
 * is used again what it has missed is made up for. That is rounded as the rule for
 * the whole table would have rounded it, step by step, so the result is the
 * same, bit for bit. (Only clip_norm adds up the squares of gradients in another order.)
 *
 *   rests    with zero, Adadelta, RMSprop and plain descent leave a row of weights
 *            as it is and multiply its states by rho: `decay`, when the row is
 *            changed next
 *   coasts   under Adam a row goes on by itself, in smaller and smaller steps:
 *            `coast`, which wakes it before the batch reads it. The steps need the
 *            rates of then: states "adam/sizes" and "adam/scales" are rings of the
 *            last OPTIMISER_PAST ones
 *   settles  so no row may be late by more than these: function `settle` brings any
 *            rows up to date, which is also asked for before somebody else
 *            reads the weights
 *
 * The rule is applied to the whole table where rows would have to be replayed
 * otherwise (momentum, weight decay), where they depend on each other (clip_rows), and
 * where the table is used otherwise, too.
 */
#include "compiler/passes/optimiser_internal.h"

/* A gradient of zero changes no weight and multiplies states by a constant. */
static bool rests(const Optimiser *rule)
{
    switch (rule->kind) {
    case OPT_SGD: return rule->momentum == 0 && rule->weight_decay == 0;
    case OPT_ADADELTA:
    case OPT_RMSPROP: return rule->epsilon > 0 && rule->weight_decay == 0;
    case OPT_ADAM: return false;
    }
    return false;
}

static IrCoast coasting(const Optimiser *rule)
{
    return (IrCoast){rule->beta1, rule->beta2, rule->epsilon};
}

/* Weights go on by themselves as `coast` knows it. */
static bool coasts(const Optimiser *rule)
{
    IrCoast coast = coasting(rule);
    return rule->kind == OPT_ADAM && rule->weight_decay == 0 && ir_coast_ends(&coast);
}

static bool has_states(const Optimiser *rule)
{
    return rule->kind != OPT_SGD || rule->momentum != 0;
}

/* The look-up of these rows. */
static bool is_look_up(const IrInst *inst, const IrValue *table, const IrValue *which)
{
    return inst->op == OP_gather && inst->args[0] == table && inst->args[1] == which;
}

static bool is_read_by_rows(const IrFunc *func, const IrValue *table, const IrValue *which)
{
    int look_ups = 0;
    for (const IrInst *inst = func->body->first; inst; inst = inst->next)
        look_ups += is_look_up(inst, table, which);
    return ir_region_use_count(func->body, table) == look_ups;
}

IrInst *touched_rows(const Optimiser *rule, const IrFunc *func, const char *param, const IrValue *gradient)
{
    IrInst *inst = gradient->def;
    bool rows = inst && inst->op == OP_scatter_add && !inst->args[1]->def &&
                inst->args[1]->kind == NND_ARG_DISTINCT;
    if (!rows || !rule->touched_rows || update_clip_limit(rule, param) != 0)
        return NULL;
    bool possible =
        coasts(rule) ? is_read_by_rows(func, update_arg(func, param), inst->args[1]) : rests(rule);
    return possible ? inst : NULL;
}

/* ---- what rows have missed ---- */

/* Done before the step at hand, as x. */
static IrValue *steps_before(Update *u, IrType type)
{
    IrValue *one = ir_const(&u->b, u->iteration->type, 1);
    int8_t map[NND_MAX_RANK] = {-1};
    return ir_broadcast(&u->b, ir_ew(&u->b, OP_sub, u->iteration, one, NULL), type, map);
}

/* Up to which step the rows are right: f32. */
static IrValue *touched_since(Update *u)
{
    IrValue *touched = update_state_of_param(u, OPTIMISER_TOUCHED, ir_type(NND_F32, 1, u->param->type.dims));
    return ir_gather(&u->b, touched, u->which);
}

static IrValue *missed_steps(Update *u)
{
    IrValue *since = touched_since(u);
    IrValue *missed = ir_ew(&u->b, OP_sub, steps_before(u, since->type), since, NULL);
    return ir_cast(&u->b, missed, NND_I32);
}

static IrType rows_type(const IrValue *param, const IrValue *which)
{
    IrType type = param->type;
    type.dims[0] = which->type.dims[0];
    return type;
}

/* ---- rows that go on by themselves ---- */

#define SIZES "adam/sizes"
#define SCALES "adam/scales"

static IrValue *ring(Update *u, const char *name)
{
    IrDim *past = ir_dim_const(u->func->module, OPTIMISER_PAST);
    return update_state(u, name, ir_type(NND_F32, 1, &past));
}

static IrValue *rows_of_state(Update *u, const char *slot)
{
    return ir_gather(&u->b, update_state_of_param(u, slot, u->param->type), u->which);
}

static IrValue *coasted(Update *u)
{
    IrCoasting operands = {.x = ir_gather(&u->b, u->param, u->which),
                           .mean = rows_of_state(u, ADAM_MEAN),
                           .squares = rows_of_state(u, ADAM_SQUARES),
                           .since = ir_cast(&u->b, touched_since(u), NND_I32),
                           .until = ir_cast(&u->b, steps_before(u, u->iteration->type), NND_I32),
                           .sizes = ring(u, SIZES),
                           .scales = ring(u, SCALES)};
    return ir_coast(&u->b, &operands, coasting(u->rule));
}

static void choose(Update *u, IrValue *param, IrValue *which)
{
    u->param = param;
    u->which = which;
    u->type = rows_type(param, which);
}

/* Everyone who looks the rows up gets them as they are now. */
static void wake(Update *u, IrValue *param, IrValue *which)
{
    IrInst *first = u->func->body->first;
    while (!is_look_up(first, param, which))
        first = first->next;
    IrBuilder end = u->b;
    u->b = ir_builder_before(u->func->module, u->func->body, first);
    choose(u, param, which);
    IrValue *missed = missed_steps(u), *rows = coasted(u);
    vec_push(u->arena, &u->awake, ((Awake){param, rows, missed}));
    for (IrInst *inst = first, *next; inst; inst = next) {
        next = inst->next;
        if (!is_look_up(inst, param, which))
            continue;
        ir_replace_uses(u->func, &inst->results[0], rows);
        ir_inst_remove(u->func->body, inst);
    }
    u->b = end;
}

/* The rows that are changed of a table whose rows coast, if that is what result `i` is the gradient of. */
static IrInst *coasting_rows(const Optimiser *rule, const IrFunc *gradient, int i)
{
    const char *name = gradient->result_names[i];
    return coasts(rule) && update_is_gradient(name)
               ? touched_rows(rule, gradient, name + 2, gradient->body->yields[i])
               : NULL;
}

static IrValue *table_of(const IrFunc *gradient, int i)
{
    return update_arg(gradient, gradient->result_names[i] + 2);
}

void touched_wake(Update *u)
{
    for (int i = 0; i < u->func->body->yield_count; i++) {
        IrInst *rows = coasting_rows(u->rule, u->func, i);
        if (rows)
            wake(u, table_of(u->func, i), rows->args[1]);
    }
}

static const Awake *find_awake(const Update *u)
{
    for (int i = 0; i < u->awake.count; i++)
        if (u->awake.data[i].param == u->param)
            return &u->awake.data[i];
    return NULL;
}

/* ---- a parameter's update ---- */

void touched_choose(Update *u, IrInst *rows)
{
    u->which = rows ? rows->args[1] : NULL;
    u->missed = NULL;
    u->type = rows ? rows->args[0]->type : u->param->type;
    if (!rows || !has_states(u->rule))
        return;
    const Awake *awake = find_awake(u);
    u->missed = awake ? awake->missed : missed_steps(u);
    IrType each = u->missed->type;
    each.dtype = NND_F32;
    int8_t map[NND_MAX_RANK] = {-1};
    update_keep_state(u, OPTIMISER_TOUCHED, ir_broadcast(&u->b, u->iteration, each, map));
}

IrValue *touched_weights(Update *u)
{
    const Awake *awake = find_awake(u);
    return awake ? awake->rows : ir_gather(&u->b, u->param, u->which);
}

IrValue *touched_state(Update *u, IrValue *whole, double decay)
{
    return ir_decay(&u->b, ir_gather(&u->b, whole, u->which), u->missed, decay);
}

/* ---- the past ---- */

/* iteration mod OPTIMISER_PAST: i32[1] */
static IrValue *slot_of_step(Update *u)
{
    IrType scalar = u->iteration->type;
    IrDim *one = ir_dim_const(u->func->module, 1);
    IrValue *past = ir_const(&u->b, scalar, OPTIMISER_PAST);
    IrValue *rounds = ir_ew(&u->b, OP_floor, ir_ew(&u->b, OP_div, u->iteration, past, NULL), NULL, NULL);
    IrValue *slot = ir_ew(&u->b, OP_sub, u->iteration, ir_ew(&u->b, OP_mul, rounds, past, NULL), NULL);
    return ir_reshape(&u->b, ir_cast(&u->b, slot, NND_I32), ir_type(NND_I32, 1, &one));
}

static void put_in_ring(Update *u, const char *name, IrValue *x)
{
    IrDim *one = ir_dim_const(u->func->module, 1);
    ring(u, name);
    update_keep(u, &u->states, name, ir_reshape(&u->b, x, ir_type(NND_F32, 1, &one)));
}

void touched_remember(Update *u)
{
    if (!u->awake.count)
        return;
    u->which = slot_of_step(u);
    put_in_ring(u, SIZES, adam_size(u));
    put_in_ring(u, SCALES, adam_scale(u));
}

/* ---- settle ---- */

static void settle_state(Update *u, const char *slot, double decay)
{
    update_keep_state(u, slot, ir_decay(&u->b, rows_of_state(u, slot), u->missed, decay));
}

static void settle_table(Update *u, const IrValue *table, IrValue *which)
{
    choose(u, ir_func_arg(u->func, NND_ARG_PARAM, table->name, table->type), which);
    u->missed = missed_steps(u);
    update_keep(u, &u->params, table->name, coasted(u));
    settle_state(u, ADAM_MEAN, u->rule->beta1);
    settle_state(u, ADAM_SQUARES, u->rule->beta2);
    update_keep_state(u, OPTIMISER_TOUCHED, steps_before(u, touched_since(u)->type));
}

IrFunc *pass_settle(const IrFunc *gradient, const char *name, const Optimiser *optimiser)
{
    Update u = {0};
    IrValue *which = NULL;
    for (int i = 0; i < gradient->body->yield_count; i++) {
        IrInst *rows = coasting_rows(optimiser, gradient, i);
        if (!rows)
            continue;
        if (!u.func) {
            u = update_begin(ir_func_new(gradient->module, name), optimiser);
            which = ir_func_arg(u.func, NND_ARG_INPUT, OPTIMISER_ROWS, rows->args[1]->type);
        }
        settle_table(&u, table_of(gradient, i), which);
    }
    if (u.func)
        update_end(&u, &(Results){0});
    return u.func;
}
