/* SPDX-License-Identifier: Apache-2.0
 *
 * optimiser: from gradients to a training step (see passes.h). The rules are
 * those of PyTorch's optimisers of the same names; Adadelta is Zeiler 2012
 * (arXiv 1212.5701), Adam Kingma and Ba 2014 (arXiv 1412.6980).
 */
#include "compiler/passes/optimiser_internal.h"

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

IrValue *update_arg(const IrFunc *func, const char *name)
{
    for (int i = 0; i < func->arg_count; i++)
        if (!strcmp(func->args[i]->name, name))
            return func->args[i];
    NND_BUG("there is no argument %s", name);
}

IrValue *update_state(Update *u, const char *name, IrType type)
{
    for (int i = 0; i < u->func->arg_count; i++)
        if (u->func->args[i]->kind == NND_ARG_STATE && !strcmp(u->func->args[i]->name, name))
            return u->func->args[i];
    return ir_func_arg(u->func, NND_ARG_STATE, name, type);
}

static const char *state_name(Update *u, const char *slot)
{
    return arena_printf(u->arena, "%s.%s", u->param->name, slot);
}

IrValue *update_state_of_param(Update *u, const char *slot, IrType type)
{
    return update_state(u, state_name(u, slot), type);
}

/* A state that a step with a gradient of zero multiplies by `decay`. */
static IrValue *state(Update *u, const char *slot, double decay)
{
    IrValue *whole = update_state_of_param(u, slot, u->param->type);
    return u->which ? touched_state(u, whole, decay) : whole;
}

void update_keep(Update *u, Results *results, const char *name, IrValue *value)
{
    if (u->which) {
        vec_push(u->arena, &u->puts, ((Put){update_arg(u->func, name), value, u->which}));
        value = NULL; /* to come */
    }
    add_result(u->arena, results, value, name);
}

void update_keep_state(Update *u, const char *slot, IrValue *value)
{
    update_keep(u, &u->states, state_name(u, slot), value);
}

static IrValue *sgd_step(Update *u, IrValue *g)
{
    if (u->rule->momentum == 0)
        return op2(u, OP_mul, spread(u, u->rate), g);
    IrValue *velocity =
        op2(u, OP_add, scaled(u, state(u, "momentum", u->rule->momentum), u->rule->momentum), g);
    update_keep_state(u, "momentum", velocity);
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
    update_keep_state(u, "squares", squares);
    update_keep_state(u, "steps", average(u, steps, op2(u, OP_mul, step, step), u->rule->rho));
    return op2(u, OP_mul, spread(u, u->rate), step);
}

/* Tieleman & Hinton 2012, as PyTorch has it: epsilon is added to the root. */
static IrValue *rmsprop_step(Update *u, IrValue *g)
{
    IrValue *squares =
        average(u, state(u, "squares", u->rule->rho), op2(u, OP_mul, g, g), u->rule->rho);
    update_keep_state(u, "squares", squares);
    IrValue *deviation = op2(u, OP_add, ir_ew(&u->b, OP_sqrt, squares, NULL, NULL), number(u, u->rule->epsilon));
    return op2(u, OP_mul, spread(u, u->rate), op2(u, OP_div, g, deviation));
}

/* 1 - beta^iteration */
static IrValue *bias_correction(Update *u, double beta)
{
    IrType scalar = u->iteration->type;
    IrValue *power = ir_ew(&u->b, OP_pow, ir_const(&u->b, scalar, beta), u->iteration, NULL);
    return ir_ew(&u->b, OP_sub, ir_const(&u->b, scalar, 1), power, NULL);
}

IrValue *adam_size(Update *u)
{
    return ir_ew(&u->b, OP_div, u->rate, bias_correction(u, u->rule->beta1), NULL);
}

IrValue *adam_scale(Update *u)
{
    IrValue *root = ir_ew(&u->b, OP_sqrt, bias_correction(u, u->rule->beta2), NULL, NULL);
    return ir_ew(&u->b, OP_div, ir_const(&u->b, root->type, 1), root, NULL);
}

/* With gradients of zero: instruction `coast`. */
static IrValue *adam_step(Update *u, IrValue *g)
{
    IrValue *size = spread(u, adam_size(u)), *scale = spread(u, adam_scale(u));
    IrValue *mean = average(u, state(u, ADAM_MEAN, u->rule->beta1), g, u->rule->beta1);
    IrValue *squares =
        average(u, state(u, ADAM_SQUARES, u->rule->beta2), op2(u, OP_mul, g, g), u->rule->beta2);
    update_keep_state(u, ADAM_MEAN, mean);
    update_keep_state(u, ADAM_SQUARES, squares);
    IrValue *deviation = op2(u, OP_mul, ir_ew(&u->b, OP_sqrt, squares, NULL, NULL), scale);
    deviation = op2(u, OP_add, deviation, number(u, u->rule->epsilon));
    return op2(u, OP_div, op2(u, OP_mul, mean, size), deviation);
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

double update_clip_limit(const Optimiser *rule, const char *name)
{
    for (int i = 0; i < rule->clip_count; i++)
        if (!strcmp(rule->clips[i].param, name))
            return rule->clips[i].limit;
    return 0;
}

/* What is left of the gradient once the rest of a table's is known to be zero. */
static IrValue *gradient_part(const Update *u, const char *param, IrValue *gradient)
{
    IrInst *rows = touched_rows(u->rule, u->func, param, gradient);
    return rows ? rows->args[0] : gradient;
}

static void update_param(Update *u, IrValue *param, IrValue *gradient)
{
    u->param = param;
    touched_choose(u, touched_rows(u->rule, u->func, param->name, gradient));
    gradient = gradient_part(u, param->name, gradient);
    if (u->shrink)
        gradient = op2(u, OP_mul, gradient, spread(u, u->shrink));
    if (u->rule->weight_decay != 0)
        gradient = op2(u, OP_add, gradient, scaled(u, param, u->rule->weight_decay));
    IrValue *value = u->which ? touched_weights(u) : param;
    value = op2(u, OP_sub, value, step(u, gradient));
    double limit = update_clip_limit(u->rule, param->name);
    if (limit > 0)
        value = clip(u, value, limit);
    update_keep(u, &u->params, param->name, value);
}

bool update_is_gradient(const char *result)
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
        if (!update_is_gradient(u->func->result_names[i]))
            continue;
        g = gradient_part(u, u->func->result_names[i] + 2, g);
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

Update update_begin(IrFunc *func, const Optimiser *rule)
{
    Update u = {.rule = rule, .func = func, .arena = func->module->arena};
    u.b = ir_builder_at_end(func->module, func->body);
    u.iteration = ir_func_arg(func, NND_ARG_RATE, OPTIMISER_STEP, ir_scalar_type(NND_F32));
    return u;
}

void update_end(Update *u, Results *results)
{
    append(u->arena, results, &u->params);
    append(u->arena, results, &u->states);
    put_rows(u, results);
    ir_func_return(u->func, results->values.data, results->names.data, results->values.count);
}

IrFunc *pass_optimiser(const IrFunc *gradient, const char *name, const Optimiser *optimiser)
{
    IrFunc *func = ir_func_copy(gradient, name, NULL);
    Update u = update_begin(func, optimiser);
    u.rate = ir_func_arg(func, NND_ARG_RATE, OPTIMISER_RATE, ir_scalar_type(NND_F32));
    touched_wake(&u);
    if (optimiser->clip_norm > 0)
        u.shrink = shrink_factor(&u, optimiser->clip_norm);
    Results results = {0};
    int count = func->body->yield_count;
    for (int i = 0; i < count; i++) {
        const char *result = func->result_names[i];
        if (!update_is_gradient(result))
            add_result(u.arena, &results, func->body->yields[i], result);
        else
            update_param(&u, update_arg(func, result + 2), func->body->yields[i]);
    }
    touched_remember(&u);
    update_end(&u, &results);
    return func;
}
