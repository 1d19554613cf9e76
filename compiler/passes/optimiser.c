/* SPDX-License-Identifier: Apache-2.0
 *
 * optimiser: from gradients to a training step (see passes.h). The rules are
 * those of PyTorch's optimisers of the same names; Adadelta is Zeiler 2012
 * (arXiv 1212.5701), Adam Kingma and Ba 2014 (arXiv 1412.6980).
 *
 * Touched rows. A batch looks up few of the rows of a table, and all others have
 * a gradient of zero. With zero, these rules leave a row of weights as it is
 * and multiply its states by rho. So of a table whose gradient arrives row by
 * row (passes/distinct.c) only those rows are changed, in place; state
 * "<param>.touched" is the iteration up to which a row's states are right, and
 * before they are used again they are multiplied by rho once for each step
 * that they have missed. Each product is rounded as the rule for the whole table
 * would have rounded it, so the result is the same, bit for bit. The rule is
 * applied to the whole table where a gradient of zero does change weights
 * (momentum, Adam, weight decay), where rows depend on each other (clip_rows),
 * and where the table is used otherwise, too.
 */
#include <stdio.h>

#include "compiler/passes/passes.h"

typedef struct Results {
    VEC(IrValue *) values;
    VEC(const char *) names;
} Results;

/* Rows to be put into an argument, which is a result then. */
typedef struct Put {
    IrValue *whole, *rows, *which;
} Put;

typedef struct Update {
    const Optimiser *rule;
    IrFunc *func;
    Arena *arena;
    IrBuilder b;
    IrValue *rate, *iteration; /* scalars */
    IrValue *shrink;           /* scalar: what gradients are multiplied with, or NULL */
    Results params, states;
    VEC(Put) puts;
    /* the parameter at hand */
    IrValue *param;
    IrValue *which;  /* i32: the rows that are changed, each once; NULL: all of it */
    IrValue *missed; /* i32, for each of these: steps since it was changed last; NULL if that does
                        not matter */
    IrType type;     /* of what is changed */
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

static IrValue *state_argument(Update *u, const char *slot, IrType type)
{
    return ir_func_arg(u->func, NND_ARG_STATE,
                       arena_printf(u->arena, "%s.%s", u->param->name, slot), type);
}

/* A state that a step with a gradient of zero multiplies by `decay`. */
static IrValue *state(Update *u, const char *slot, double decay)
{
    IrValue *whole = state_argument(u, slot, u->param->type);
    return u->which ? ir_decay(&u->b, ir_gather(&u->b, whole, u->which), u->missed, decay) : whole;
}

static IrValue *find_arg(const IrFunc *func, const char *name)
{
    for (int i = 0; i < func->arg_count; i++)
        if (!strcmp(func->args[i]->name, name))
            return func->args[i];
    NND_BUG("there is no argument %s", name);
}

/* The new value of an argument, or of its rows at hand. */
static void keep(Update *u, Results *results, const char *name, IrValue *value)
{
    if (u->which) {
        vec_push(u->arena, &u->puts, ((Put){find_arg(u->func, name), value, u->which}));
        value = NULL; /* to come */
    }
    add_result(u->arena, results, value, name);
}

static void keep_state(Update *u, const char *slot, IrValue *value)
{
    keep(u, &u->states, arena_printf(u->arena, "%s.%s", u->param->name, slot), value);
}

static IrValue *sgd_step(Update *u, IrValue *g)
{
    if (u->rule->momentum == 0)
        return op2(u, OP_mul, spread(u, u->rate), g);
    IrValue *velocity =
        op2(u, OP_add, scaled(u, state(u, "momentum", u->rule->momentum), u->rule->momentum), g);
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
    IrValue *steps = state(u, "steps", u->rule->rho);
    IrValue *squares =
        average(u, state(u, "squares", u->rule->rho), op2(u, OP_mul, g, g), u->rule->rho);
    IrValue *step = op2(u, OP_mul, op2(u, OP_div, root(u, steps), root(u, squares)), g);
    keep_state(u, "squares", squares);
    keep_state(u, "steps", average(u, steps, op2(u, OP_mul, step, step), u->rule->rho));
    return op2(u, OP_mul, spread(u, u->rate), step);
}

/* Tieleman & Hinton 2012, as PyTorch has it: epsilon is added to the root. */
static IrValue *rmsprop_step(Update *u, IrValue *g)
{
    IrValue *squares =
        average(u, state(u, "squares", u->rule->rho), op2(u, OP_mul, g, g), u->rule->rho);
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
    IrValue *mean = average(u, state(u, "mean", u->rule->beta1), g, u->rule->beta1);
    IrValue *squares =
        average(u, state(u, "squares", u->rule->beta2), op2(u, OP_mul, g, g), u->rule->beta2);
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

/* ---- touched rows ---- */

static bool has_states(const Optimiser *rule)
{
    return rule->kind != OPT_SGD || rule->momentum != 0;
}

/* A gradient of zero changes no weight and multiplies states by a constant. */
static bool rests_at_zero(const Optimiser *rule)
{
    switch (rule->kind) {
    case OPT_SGD: return rule->momentum == 0 && rule->weight_decay == 0;
    case OPT_ADADELTA:
    case OPT_RMSPROP: return rule->epsilon > 0 && rule->weight_decay == 0;
    case OPT_ADAM: return false;
    }
    return false;
}

/* The gradient's rows, if that is all there is to it. */
static IrInst *gradient_rows(const Optimiser *rule, const char *param, const IrValue *gradient)
{
    IrInst *inst = gradient->def;
    bool rows = inst && inst->op == OP_scatter_add && !inst->args[1]->def &&
                inst->args[1]->kind == NND_ARG_DISTINCT;
    return rows && rule->touched_rows && rests_at_zero(rule) && clip_limit(rule, param) == 0 ? inst
                                                                                             : NULL;
}

/* What is left of the gradient once the rest of a table's is known to be zero. */
static IrValue *gradient_part(const Optimiser *rule, const char *param, IrValue *gradient)
{
    IrInst *rows = gradient_rows(rule, param, gradient);
    return rows ? rows->args[0] : gradient;
}

/* iteration - 1 - touched; the rows are touched now. */
static void count_missed(Update *u)
{
    IrValue *touched = state_argument(u, "touched", ir_type(NND_F32, 1, u->param->type.dims));
    IrValue *last = ir_gather(&u->b, touched, u->which);
    IrType type = u->type;
    u->type = last->type;
    IrValue *now = spread(u, u->iteration);
    IrValue *missed = op2(u, OP_sub, op2(u, OP_sub, now, number(u, 1)), last);
    u->missed = ir_cast(&u->b, missed, NND_I32);
    keep_state(u, "touched", now);
    u->type = type;
}

static void choose_rows(Update *u, IrInst *rows)
{
    u->which = rows ? rows->args[1] : NULL;
    u->missed = NULL;
    u->type = rows ? rows->args[0]->type : u->param->type;
    if (rows && has_states(u->rule))
        count_missed(u);
}

static void update_param(Update *u, IrValue *param, IrValue *gradient)
{
    u->param = param;
    choose_rows(u, gradient_rows(u->rule, param->name, gradient));
    gradient = gradient_part(u->rule, param->name, gradient);
    if (u->shrink)
        gradient = op2(u, OP_mul, gradient, spread(u, u->shrink));
    if (u->rule->weight_decay != 0)
        gradient = op2(u, OP_add, gradient, scaled(u, param, u->rule->weight_decay));
    IrValue *value = u->which ? ir_gather(&u->b, param, u->which) : param;
    value = op2(u, OP_sub, value, step(u, gradient));
    double limit = clip_limit(u->rule, param->name);
    if (limit > 0)
        value = clip(u, value, limit);
    keep(u, &u->params, param->name, value);
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
        g = gradient_part(u->rule, u->func->result_names[i] + 2, g);
        IrValue *squares = op2(u, OP_mul, g, g);
        if (g->type.rank)
            squares = ir_reduce(&u->b, OP_sum, squares, (1u << g->type.rank) - 1);
        sum = op2(u, OP_add, sum, squares);
    }
    IrValue *norm = op2(u, OP_add, ir_ew(&u->b, OP_sqrt, sum, NULL, NULL), ir_const(&u->b, scalar, 1e-6));
    IrValue *ratio = op2(u, OP_div, ir_const(&u->b, scalar, limit), norm);
    return ir_ew(&u->b, OP_select, ir_ew(&u->b, OP_gt, one, ratio, NULL), ratio, one);
}

static void append(Arena *arena, Results *all, const Results *more)
{
    for (int i = 0; i < more->values.count; i++)
        add_result(arena, all, more->values.data[i], more->names.data[i]);
}

/* The last instructions of the function, so that they can be done in place. */
static void put_rows(Update *u, Results *results)
{
    for (int i = 0; i < u->puts.count; i++) {
        const Put *put = &u->puts.data[i];
        for (int k = 0; k < results->values.count; k++)
            if (!strcmp(results->names.data[k], put->whole->name))
                results->values.data[k] = ir_put(&u->b, put->whole, put->rows, put->which);
    }
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
    put_rows(&u, &all);
    ir_func_return(func, all.values.data, all.names.data, all.values.count);
    return func;
}
