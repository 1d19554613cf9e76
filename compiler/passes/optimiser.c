/* SPDX-License-Identifier: Apache-2.0
 *
 * optimiser: from gradients to a training step (see passes.h). The rules are
 * those of PyTorch's optimisers of the same names; Adadelta is Zeiler 2012
 * (arXiv 1212.5701), Adam Kingma and Ba 2014 (arXiv 1412.6980).
 */
#include <stdio.h>

#include "compiler/passes/passes.h"

typedef struct Results {
    VEC(IrValue *) values;
    VEC(const char *) names;
} Results;

typedef struct Update {
    const Optimiser *rule;
    IrFunc *func;
    Arena *arena;
    IrBuilder b;
    IrValue *rate, *iteration; /* scalars */
    IrValue *shrink;           /* scalar: what gradients are multiplied with, or NULL */
    Results params, states;
    /* the parameter at hand */
    IrValue *param;
    IrType type;
} Update;

static void add_result(Arena *arena, Results *results, IrValue *value, const char *name)
{
    vec_push(arena, &results->values, value);
    vec_push(arena, &results->names, name);
}

static IrValue *number(Update *u, double value)
{
    return ir_const(&u->b, u->type, value);
}

static IrValue *op2(Update *u, IrOp op, IrValue *x, IrValue *y)
{
    return ir_ew(&u->b, op, x, y, NULL);
}

static IrValue *scaled(Update *u, IrValue *x, double factor)
{
    return op2(u, OP_mul, x, number(u, factor));
}

static IrValue *spread(Update *u, IrValue *scalar)
{
    int8_t map[NND_MAX_RANK];
    memset(map, -1, sizeof map);
    return ir_broadcast(&u->b, scalar, u->type, map);
}

/* x * decay + y * (1 - decay) */
static IrValue *average(Update *u, IrValue *x, IrValue *y, double decay)
{
    return op2(u, OP_add, scaled(u, x, decay), scaled(u, y, 1 - decay));
}

static IrValue *state(Update *u, const char *slot)
{
    return ir_func_arg(u->func, NND_ARG_STATE, arena_printf(u->arena, "%s.%s", u->param->name, slot), u->type);
}

static void keep_state(Update *u, const char *slot, IrValue *value)
{
    add_result(u->arena, &u->states, value, arena_printf(u->arena, "%s.%s", u->param->name, slot));
}

static IrValue *sgd_step(Update *u, IrValue *g)
{
    if (u->rule->momentum == 0)
        return op2(u, OP_mul, spread(u, u->rate), g);
    IrValue *velocity = op2(u, OP_add, scaled(u, state(u, "momentum"), u->rule->momentum), g);
    keep_state(u, "momentum", velocity);
    IrValue *direction = u->rule->nesterov ? op2(u, OP_add, g, scaled(u, velocity, u->rule->momentum)) : velocity;
    return op2(u, OP_mul, spread(u, u->rate), direction);
}

static IrValue *root(Update *u, IrValue *x)
{
    return ir_ew(&u->b, OP_sqrt, op2(u, OP_add, x, number(u, u->rule->epsilon)), NULL, NULL);
}

static IrValue *adadelta_step(Update *u, IrValue *g)
{
    IrValue *steps = state(u, "steps");
    IrValue *squares = average(u, state(u, "squares"), op2(u, OP_mul, g, g), u->rule->rho);
    IrValue *step = op2(u, OP_mul, op2(u, OP_div, root(u, steps), root(u, squares)), g);
    keep_state(u, "squares", squares);
    keep_state(u, "steps", average(u, steps, op2(u, OP_mul, step, step), u->rule->rho));
    return op2(u, OP_mul, spread(u, u->rate), step);
}

/* Tieleman & Hinton 2012, as PyTorch has it: epsilon is added to the root. */
static IrValue *rmsprop_step(Update *u, IrValue *g)
{
    IrValue *squares = average(u, state(u, "squares"), op2(u, OP_mul, g, g), u->rule->rho);
    keep_state(u, "squares", squares);
    IrValue *deviation = op2(u, OP_add, ir_ew(&u->b, OP_sqrt, squares, NULL, NULL), number(u, u->rule->epsilon));
    return op2(u, OP_mul, spread(u, u->rate), op2(u, OP_div, g, deviation));
}

/* 1 - beta^iteration */
static IrValue *bias_correction(Update *u, double beta)
{
    IrType scalar = u->iteration->type;
    IrValue *power = ir_ew(&u->b, OP_pow, ir_const(&u->b, scalar, beta), u->iteration, NULL);
    return spread(u, ir_ew(&u->b, OP_sub, ir_const(&u->b, scalar, 1), power, NULL));
}

static IrValue *adam_step(Update *u, IrValue *g)
{
    IrValue *mean = average(u, state(u, "mean"), g, u->rule->beta1);
    IrValue *squares = average(u, state(u, "squares"), op2(u, OP_mul, g, g), u->rule->beta2);
    keep_state(u, "mean", mean);
    keep_state(u, "squares", squares);
    IrValue *m = op2(u, OP_div, mean, bias_correction(u, u->rule->beta1));
    IrValue *v = op2(u, OP_div, squares, bias_correction(u, u->rule->beta2));
    IrValue *deviation = op2(u, OP_add, ir_ew(&u->b, OP_sqrt, v, NULL, NULL), number(u, u->rule->epsilon));
    return op2(u, OP_mul, spread(u, u->rate), op2(u, OP_div, m, deviation));
}

static IrValue *step(Update *u, IrValue *g)
{
    switch (u->rule->kind) {
    case OPT_SGD: return sgd_step(u, g);
    case OPT_ADADELTA: return adadelta_step(u, g);
    case OPT_RMSPROP: return rmsprop_step(u, g);
    case OPT_ADAM: return adam_step(u, g);
    }
    NND_BUG("optimiser %d", (int)u->rule->kind);
}

/* Weights into each output unit (last axis) are scaled down to an l2 norm of at most `limit`. */
static IrValue *clip(Update *u, IrValue *value, double limit)
{
    int rank = u->type.rank;
    if (rank < 2)
        return value;
    unsigned axes = (1u << (rank - 1)) - 1;
    IrValue *norm = ir_ew(&u->b, OP_sqrt, ir_reduce(&u->b, OP_sum, op2(u, OP_mul, value, value), axes), NULL, NULL);
    IrValue *most = ir_const(&u->b, norm->type, limit);
    IrValue *above = ir_ew(&u->b, OP_gt, norm, most, NULL);
    IrValue *factor = ir_ew(&u->b, OP_select, above, ir_ew(&u->b, OP_div, most, norm, NULL), ir_const(&u->b, norm->type, 1));
    int8_t map[NND_MAX_RANK];
    memset(map, -1, sizeof map);
    map[rank - 1] = 0;
    return op2(u, OP_mul, value, ir_broadcast(&u->b, factor, u->type, map));
}

static double clip_limit(const Optimiser *rule, const char *name)
{
    for (int i = 0; i < rule->clip_count; i++)
        if (!strcmp(rule->clips[i].param, name))
            return rule->clips[i].limit;
    return 0;
}

static void update_param(Update *u, IrValue *param, IrValue *gradient)
{
    u->param = param;
    u->type = param->type;
    if (u->shrink)
        gradient = op2(u, OP_mul, gradient, spread(u, u->shrink));
    if (u->rule->weight_decay != 0)
        gradient = op2(u, OP_add, gradient, scaled(u, param, u->rule->weight_decay));
    IrValue *value = op2(u, OP_sub, param, step(u, gradient));
    double limit = clip_limit(u->rule, param->name);
    if (limit > 0)
        value = clip(u, value, limit);
    add_result(u->arena, &u->params, value, param->name);
}

static bool is_gradient(const char *result)
{
    return !strncmp(result, "d.", 2);
}

/* min(1, limit / (norm of all gradients + 1e-6)), as PyTorch's clip_grad_norm_ does it. */
static IrValue *shrink_factor(Update *u, double limit)
{
    IrType scalar = u->rate->type;
    IrValue *sum = ir_const(&u->b, scalar, 0), *one = ir_const(&u->b, scalar, 1);
    for (int i = 0; i < u->func->body->yield_count; i++) {
        IrValue *g = u->func->body->yields[i];
        if (!is_gradient(u->func->result_names[i]))
            continue;
        IrValue *squares = op2(u, OP_mul, g, g);
        if (g->type.rank)
            squares = ir_reduce(&u->b, OP_sum, squares, (1u << g->type.rank) - 1);
        sum = op2(u, OP_add, sum, squares);
    }
    IrValue *norm = op2(u, OP_add, ir_ew(&u->b, OP_sqrt, sum, NULL, NULL), ir_const(&u->b, scalar, 1e-6));
    IrValue *ratio = op2(u, OP_div, ir_const(&u->b, scalar, limit), norm);
    return ir_ew(&u->b, OP_select, ir_ew(&u->b, OP_gt, one, ratio, NULL), ratio, one);
}

static IrValue *find_arg(const IrFunc *func, const char *name)
{
    for (int i = 0; i < func->arg_count; i++)
        if (!strcmp(func->args[i]->name, name))
            return func->args[i];
    NND_BUG("there is no argument %s", name);
}

static void append(Arena *arena, Results *all, const Results *more)
{
    for (int i = 0; i < more->values.count; i++)
        add_result(arena, all, more->values.data[i], more->names.data[i]);
}

IrFunc *pass_optimiser(const IrFunc *gradient, const char *name, const Optimiser *optimiser)
{
    IrFunc *func = ir_func_copy(gradient, name, NULL);
    Update u = {.rule = optimiser, .func = func, .arena = func->module->arena};
    u.b = ir_builder_at_end(func->module, func->body);
    IrType scalar = ir_scalar_type(NND_F32);
    u.rate = ir_func_arg(func, NND_ARG_RATE, "rate", scalar);
    u.iteration = ir_func_arg(func, NND_ARG_RATE, "iteration", scalar);
    if (optimiser->clip_norm > 0)
        u.shrink = shrink_factor(&u, optimiser->clip_norm);
    Results all = {0};
    int count = func->body->yield_count;
    for (int i = 0; i < count; i++) {
        const char *result = func->result_names[i];
        if (!is_gradient(result))
            add_result(u.arena, &all, func->body->yields[i], result);
        else
            update_param(&u, find_arg(func, result + 2), func->body->yields[i]);
    }
    append(u.arena, &all, &u.params);
    append(u.arena, &all, &u.states);
    ir_func_return(func, all.values.data, all.names.data, all.values.count);
    return func;
}
