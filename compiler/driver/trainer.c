/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/trainer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/driver/progress.h"
#include "compiler/driver/schedule.h"
#include "compiler/passes/passes.h"

static const double checkpoint_interval = 30; /* seconds, beside one a validation */

int64_t trainer_batches(const Trainer *t)
{
    return (t->split.train_count + t->recipe->batch - 1) / t->recipe->batch;
}

double trainer_epoch(const Trainer *t, int64_t iteration)
{
    return (double)iteration / (double)trainer_batches(t);
}

/* ---- one batch ---- */

static void bind_step(Trainer *t)
{
    for (int i = 0; i < t->slots.count; i++) {
        nnd_session_bind_arg(t->step, t->slots.items[i].arg, t->slots.items[i].now);
        if (t->slots.items[i].result >= 0)
            nnd_session_bind_result(t->step, t->slots.items[i].result,
                                    slot_target(&t->slots.items[i]));
    }
}

static NndStatus train_batch(Trainer *t, const int64_t *items, int64_t count, NndError *error)
{
    float rate = (float)schedule_rate(t->recipe, t->state.iteration, trainer_batches(t));
    float iteration = (float)(t->state.iteration + 1);
    const NndFunctionDesc *function = nnd_session_function(t->step);
    nnd_session_bind_arg(t->step, nnd_function_arg(function, OPTIMISER_RATE), &rate);
    nnd_session_bind_arg(t->step, nnd_function_arg(function, OPTIMISER_STEP), &iteration);
    bind_step(t);
    NndStatus status = nnd_session_batch(t->step, &t->train, items, count, error);
    if (!status)
        status = nnd_session_run(t->step, engine_call, t->unit.engine, t->unit.pool, t->options->seed,
                                 (uint64_t)t->state.iteration, error);
    if (status)
        return status;
    float loss = *(const float *)nnd_session_result(t->step, 0);
    if (!isfinite(loss))
        return nnd_fail(error, NND_EINVAL, "the loss is %g in epoch %lld, batch %lld: training has diverged (a smaller learning rate?)",
                        (double)loss, (long long)(t->state.iteration / trainer_batches(t)) + 1,
                        (long long)(t->state.iteration % trainer_batches(t)) + 1);
    slots_swap(&t->slots);
    t->state.loss_sum += (double)loss * (double)count;
    t->state.iteration++;
    return NND_OK;
}

/* ---- batches between two validations ---- */

/* How many items the first batches hold, over all epochs. */
static int64_t items_until(const Trainer *t, int64_t iteration)
{
    int64_t total = t->split.train_count, batches = trainer_batches(t);
    int64_t rest = iteration % batches * t->recipe->batch;
    return iteration / batches * total + (rest < total ? rest : total);
}

/* The batch at which the next validation is due. */
static int64_t next_validation(const Trainer *t)
{
    int64_t every = t->recipe->validate_every ? t->recipe->validate_every : trainer_batches(t);
    int64_t next = (t->state.validated / every + 1) * every;
    int64_t last = t->recipe->epochs * trainer_batches(t);
    return next < last ? next : last;
}

static void shuffle(const Trainer *t, int64_t *order, int64_t epoch)
{
    memcpy(order, t->split.train, (size_t)t->split.train_count * sizeof *order);
    nnd_shuffle(order, t->split.train_count, t->options->seed, (uint64_t)epoch);
}

/* The batch that is next, in the order of its epoch. */
static NndStatus train_next(Trainer *t, const int64_t *order, NndError *error)
{
    int64_t first = t->state.iteration % trainer_batches(t) * t->recipe->batch;
    int64_t rest = t->split.train_count - first;
    double start = seconds_now();
    NndStatus status = train_batch(t, order + first, rest < t->recipe->batch ? rest : t->recipe->batch, error);
    t->timed_seconds += seconds_now() - start;
    t->timed_steps++;
    if (!status && t->state.iteration - t->settled == OPTIMISER_PAST)
        status = trainer_settle(t, error);
    return status;
}

static void show(const Trainer *t, Progress *progress)
{
    int64_t begin = items_until(t, t->state.validated), now = items_until(t, t->state.iteration);
    char note[40];
    snprintf(note, sizeof note, "loss %.4f", t->state.loss_sum / (double)(now - begin));
    progress_show(progress, now - begin, note);
}

static NndStatus save_in_between(Trainer *t, NndError *error)
{
    NndStatus status = trainer_settle(t, error);
    return status ? status : checkpoint_save(t, error);
}

static NndStatus train_until(Trainer *t, int64_t end, NndError *error)
{
    int64_t *order = malloc((size_t)(t->split.train_count + 1) * sizeof *order), epoch = -1;
    if (!order)
        return nnd_fail(error, NND_ENOMEM, "out of memory for the order of %lld items", (long long)t->split.train_count);
    const char *what = arena_printf(t->unit.arena, "epoch %.6g/%d", trainer_epoch(t, end), t->recipe->epochs);
    Progress progress = progress_begin(what, items_until(t, end) - items_until(t, t->state.validated), t->options->quiet);
    double saved = seconds_now();
    NndStatus status = NND_OK;
    while (!status && t->state.iteration < end) {
        if (epoch != t->state.iteration / trainer_batches(t))
            shuffle(t, order, epoch = t->state.iteration / trainer_batches(t));
        status = train_next(t, order, error);
        show(t, &progress);
        if (!status && seconds_now() - saved > checkpoint_interval) {
            status = save_in_between(t, error);
            saved = seconds_now();
        }
    }
    status = status ? status : trainer_settle(t, error);
    progress_end(&progress);
    free(order);
    return status;
}

/* ---- validation ---- */

static void bind_eval(Trainer *t, bool best)
{
    const NndFunctionDesc *function = nnd_session_function(t->eval);
    for (int i = 0; i < t->slots.count; i++) {
        int arg = t->slots.items[i].is_weight ? nnd_function_arg(function, t->slots.items[i].name) : -1;
        if (arg >= 0)
            nnd_session_bind_arg(t->eval, arg, best ? t->slots.items[i].best : t->slots.items[i].now);
    }
}

NndStatus trainer_test(Trainer *t, Evaluation *out, NndError *error)
{
    bind_eval(t, true);
    for (int i = 0; i < t->fields.count; i++) {
        NndField *field = &t->fields.items[i];
        if (!field->has_threshold && !isnan(t->state.thresholds[i])) {
            field->has_threshold = true;
            field->threshold = t->state.thresholds[i];
        }
    }
    return evaluate(out, t->eval, &t->train, t->split.test, t->split.test_count, &t->unit, error);
}

static NndStatus validate(Trainer *t, Evaluation *e, NndError *error)
{
    bind_eval(t, false);
    if (!t->valid.count)
        return evaluate(e, t->eval, &t->train, t->split.valid, t->split.valid_count, &t->unit, error);
    int64_t *items = malloc((size_t)(t->valid.count + 1) * sizeof *items);
    if (!items)
        return nnd_fail(error, NND_ENOMEM, "out of memory for the validation");
    for (int64_t i = 0; i < t->valid.count; i++)
        items[i] = i;
    NndStatus status = evaluate(e, t->eval, &t->valid, items, t->valid.count, &t->unit, error);
    free(items);
    return status;
}

static bool has_validation(const Trainer *t)
{
    return t->valid.count || t->split.valid_count;
}

static const char *history_measures(Arena *arena, const Evaluation *e, const char *line)
{
    for (int i = 0; i < e->target_count; i++)
        for (int k = 0; k < e->targets[i].measure_count; k++) {
            const Measure *m = &e->targets[i].measures[k];
            if (isfinite(m->value))
                line = arena_printf(arena, "%s,\"valid_%s%s\":%.9g", line, evaluation_prefix(arena, e, i, '_'), m->key, m->value);
        }
    return line;
}

/* Times are told and not kept: a history is the same whenever and wherever it is made. */
static void note_history(Trainer *t, const Evaluation *e, double loss)
{
    const char *line = arena_printf(t->unit.arena, "{\"epoch\":%.9g,\"train_loss\":%.9g",
                                    trainer_epoch(t, t->state.iteration), loss);
    if (e)
        line = history_measures(t->unit.arena, e, arena_printf(t->unit.arena, "%s,\"valid_loss\":%.9g", line, e->loss));
    for (int i = 0; e && i < e->metric_count; i++)
        if (isfinite(e->metrics[i]))
            line = arena_printf(t->unit.arena, "%s,\"valid_%s\":%.9g", line, e->metric_names[i], e->metrics[i]);
    t->history = arena_printf(t->unit.arena, "%s%s}\n", t->history, line);
    if (t->options->json && !t->options->silent)
        printf(t->timed_steps ? "%s,\"step_seconds\":%.6g}\n" : "%s}\n", line, t->timed_seconds / (double)t->timed_steps);
    t->timed_steps = 0;
    t->timed_seconds = 0;
}

static void print_measures(Arena *arena, const Evaluation *e)
{
    for (int i = 0; i < e->target_count; i++)
        for (int k = 0; k < e->targets[i].measure_count; k++)
            printf("  %s%s %.4f", evaluation_prefix(arena, e, i, ' '), e->targets[i].measures[k].label,
                   e->targets[i].measures[k].value);
    for (int i = 0; i < e->metric_count; i++)
        printf("  %s %.4g", e->metric_names[i], e->metrics[i]);
}

static void print_validation(const Trainer *t, const Evaluation *e, double loss, double seconds)
{
    if (t->options->json || t->options->silent)
        return;
    printf("epoch %2.6g  loss %.4f", trainer_epoch(t, t->state.iteration), loss);
    if (e) {
        printf("  valid loss %.4f", e->loss);
        print_measures(t->unit.arena, e);
    }
    printf("  %.1f s\n", seconds);
    fflush(stdout);
}

const char *trainer_metric(const Trainer *t)
{
    if (!has_validation(t))
        return "epoch";
    if (t->recipe->stop_metric)
        return t->recipe->stop_metric;
    bool one_class = nnd_fields_count(&t->fields, true) == 1 && nnd_fields_only_class(&t->fields) >= 0;
    return one_class && t->unit.program->outputs.count ? "valid.accuracy" : "valid.loss";
}

bool trainer_metric_is_negated(const Trainer *t, const char *name)
{
    return !strcmp(name, "valid.loss") || (t->recipe->stop_metric && t->recipe->stop_least);
}

static void keep_thresholds(Trainer *t, const Evaluation *e)
{
    for (int i = 0; i < t->fields.count; i++)
        t->state.thresholds[i] = NAN;
    for (int i = 0; e && i < e->target_count; i++)
        if (e->targets[i].binary)
            t->state.thresholds[nnd_fields_target(&t->fields, i)] = e->targets[i].best.threshold;
}

/* Keeps the weights if they are the best so far. */
static NndStatus judge(Trainer *t, const Evaluation *e, NndError *error)
{
    const char *name = trainer_metric(t);
    double metric = (double)t->state.iteration;
    if (e && !evaluation_metric(e, name, &metric))
        return nnd_fail(error, NND_EINVAL, "`stop` looks at %s, but validation tells no such number: its line of the epoch has all",
                        name);
    metric = trainer_metric_is_negated(t, name) ? -metric : metric;
    t->state.stale++;
    if (t->state.best_iteration >= 0 && !(metric > t->state.best_metric))
        return NND_OK;
    t->state.stale = 0;
    t->state.best_metric = metric;
    t->state.best_iteration = t->state.iteration;
    keep_thresholds(t, e);
    slots_keep_best(&t->slots);
    return NND_OK;
}

static bool should_stop(const Trainer *t)
{
    return t->recipe->stop_metric && t->recipe->patience > 0 && has_validation(t) &&
           t->state.stale >= t->recipe->patience;
}

static NndStatus check_progress(Trainer *t, double start, NndError *error)
{
    Evaluation e;
    bool validated = has_validation(t);
    NndStatus status = validated ? validate(t, &e, error) : NND_OK;
    if (status)
        return status;
    double loss = t->state.loss_sum / (double)(items_until(t, t->state.iteration) - items_until(t, t->state.validated));
    note_history(t, validated ? &e : NULL, loss);
    print_validation(t, validated ? &e : NULL, loss, seconds_now() - start);
    status = judge(t, validated ? &e : NULL, error);
    if (status)
        return status;
    t->state.validated = t->state.iteration;
    t->state.loss_sum = 0;
    status = run_folder_update(t, error);
    return status ? status : checkpoint_save(t, error);
}

NndStatus trainer_run(Trainer *t, NndError *error)
{
    NndStatus status = NND_OK;
    while (!status && t->state.validated < t->recipe->epochs * trainer_batches(t) && !should_stop(t)) {
        double start = seconds_now();
        status = train_until(t, next_validation(t), error);
        if (!status)
            status = check_progress(t, start, error);
    }
    return status ? status : model_save(t, error);
}
