/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "compiler/driver/trainer.h"

/* Weights that a `clip_rows` entry names; one that names none is probably a mistake. */
static void find_clips(Unit *unit, const Recipe *recipe, Optimiser *optimiser)
{
    VEC(ClipRows) clips = {0};
    for (int i = 0; i < recipe->clip_count; i++) {
        int before = clips.count;
        for (int k = 0; k < unit->program->weights.count; k++) {
            const char *path = unit->program->weights.data[k].path;
            if (weight_matches(path, recipe->clips[i].pattern))
                vec_push(unit->arena, &clips, ((ClipRows){path, recipe->clips[i].limit}));
        }
        if (clips.count == before)
            fprintf(stderr, "nnd: warning: clip_rows: no weight of the model ends with `%s`\n", recipe->clips[i].pattern);
    }
    optimiser->clips = clips.data;
    optimiser->clip_count = clips.count;
}

static Optimiser optimiser_of(Unit *unit, const Recipe *recipe)
{
    static const OptimiserKind kinds[] = {
        [OPTIMISER_SGD] = OPT_SGD, [OPTIMISER_ADADELTA] = OPT_ADADELTA,
        [OPTIMISER_RMSPROP] = OPT_RMSPROP, [OPTIMISER_ADAM] = OPT_ADAM};
    Optimiser optimiser = {.kind = kinds[recipe->optimiser], .rate = recipe->rate, .momentum = recipe->momentum,
                           .nesterov = recipe->nesterov, .rho = recipe->rho, .epsilon = recipe->epsilon,
                           .beta1 = recipe->beta1, .beta2 = recipe->beta2, .weight_decay = recipe->weight_decay,
                           .clip_norm = recipe->clip_norm, .touched_rows = !optimisation_in(unit->module->without, OPTIMISE_TOUCHED_ROWS)};
    find_clips(unit, recipe, &optimiser);
    return optimiser;
}

static bool is_frozen(const Recipe *recipe, const char *path)
{
    for (int i = 0; i < recipe->frozen_count; i++)
        if (weight_matches(path, recipe->frozen[i]))
            return true;
    return false;
}

static const Weight *find_weight(const Program *program, const char *path)
{
    for (int i = 0; i < program->weights.count; i++)
        if (!strcmp(program->weights.data[i].path, path))
            return &program->weights.data[i];
    return NULL;
}

/* Statistics change too, but not by a gradient. */
static bool has_gradient(const Unit *unit, const Recipe *recipe, const IrValue *arg)
{
    return arg->kind == NND_ARG_PARAM && !find_weight(unit->program, arg->name)->statistic && !is_frozen(recipe, arg->name);
}

/* A frozen statistic stays what it is. */
static void freeze_statistics(const Recipe *recipe, IrFunc *loss)
{
    for (int i = 0; i < loss->arg_count; i++)
        for (int k = 0; k < loss->body->yield_count && is_frozen(recipe, loss->args[i]->name); k++)
            if (!strcmp(loss->result_names[k], loss->args[i]->name))
                loss->body->yields[k] = loss->args[i];
}

bool step_build(Unit *unit, const Recipe *recipe)
{
    IrFunc *loss = ir_module_func(unit->module, "loss");
    if (!loss) {
        command_fail("model %s has no loss, so it cannot be trained", unit->program->model);
        return false;
    }
    /* hoisting first: what is outside of a scan is differentiated outside */
    passes_run(unit->module, &(PassOptions){0});
    int *wrt = ARENA_ARRAY(unit->arena, int, loss->arg_count + 1), count = 0;
    for (int i = 0; i < loss->arg_count; i++)
        if (has_gradient(unit, recipe, loss->args[i]))
            wrt[count++] = i;
    if (!count) {
        command_fail("model %s has no weights that may change, so there is nothing to train", unit->program->model);
        return false;
    }
    freeze_statistics(recipe, loss);
    OptimisationSet without = unit->module->without;
    pass_distinct(loss);
    Optimiser optimiser = optimiser_of(unit, recipe);
    IrFunc *gradient = pass_gradient(loss, "gradient", 0, wrt, count);
    if (!optimisation_in(without, OPTIMISE_WINNERS))
        pass_winners(gradient);
    if (!optimisation_in(without, OPTIMISE_DISTINCT))
        pass_distinct_dot(gradient);
    if (!optimisation_in(without, OPTIMISE_ADJOINT_WINDOWS))
        pass_adjoint_windows(gradient);
    pass_optimiser(gradient, "step", &optimiser);
    pass_settle(gradient, "settle", &optimiser);
    static const char *const kept[] = {"predict", "eval", "step", "settle", NULL};
    unit_keep_functions(unit, kept);
    return true;
}
