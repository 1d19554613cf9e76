/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/trials.h"

#include <errno.h>
#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "runtime/data/file.h"

/* Metrics and tolerances are decimal numbers to their reader: 0.7 is within 0.2 of 0.9. */
static const double ROUNDING = 1e-9;

const char *trials_file(const Trials *t, const char *name)
{
    return arena_printf(t->arena, "%s/%s", t->folder, name);
}

static const char *model_of(const Trials *t, const Trial *trial)
{
    return arena_printf(t->arena, "%s/trial-%d.model", t->folder, trial->number);
}

/* ---- the choice ---- */

double trial_memory(const Trial *trial)
{
    return (double)trial->result.memory + 4.0 * (double)trial->result.weights;
}

static bool is_better(const Trial *a, const Trial *b)
{
    if (a->result.score != b->result.score)
        return a->result.score > b->result.score;
    return a->number < b->number;
}

static bool is_cheaper(const Trial *a, const Trial *b)
{
    double x = trial_memory(a), y = trial_memory(b);
    return x != y ? x < y : is_better(a, b);
}

/* As good and as small, and not the same in both and later. */
static bool dominates(const Trial *a, const Trial *b)
{
    return a->result.score >= b->result.score && trial_memory(a) <= trial_memory(b) && (is_better(a, b) || is_cheaper(a, b));
}

bool trials_on_frontier(const Trials *t, const Trial *trial)
{
    for (int i = 0; i < t->all.count; i++)
        if (dominates(&t->all.data[i], trial))
            return false;
    return true;
}

static double best_score(const Trials *t)
{
    double best = -INFINITY;
    for (int i = 0; i < t->all.count; i++)
        best = fmax(best, t->all.data[i].result.score);
    return best;
}

const Trial *trials_chosen(const Trials *t)
{
    double least = best_score(t) - t->within - (t->within > 0 ? ROUNDING : 0);
    const Trial *chosen = NULL;
    for (int i = 0; i < t->all.count; i++) {
        const Trial *trial = &t->all.data[i];
        if (trial->result.score >= least && (!chosen || is_cheaper(trial, chosen)))
            chosen = trial;
    }
    return chosen;
}

/* ---- the folder ---- */

bool trials_have(const Trials *t, const char *settings)
{
    for (int i = 0; i < t->all.count; i++)
        if (!strcmp(t->all.data[i].settings, settings))
            return true;
    return false;
}

static NndStatus write_best(const Trials *t, NndError *error)
{
    const Trial *chosen = trials_chosen(t);
    if (!chosen)
        return NND_OK;
    NndFile model;
    NndStatus status = nnd_file_map(&model, model_of(t, chosen), error);
    if (status)
        return status;
    status = nnd_file_write(trials_file(t, "best.model"), model.data, model.size, error);
    nnd_file_free(&model);
    return status;
}

static bool read_trial(Trials *t, const char *line, size_t length)
{
    json_t *object = json_loadb(line, length, 0, NULL);
    const char *settings = json_string_value(json_object_get(object, "settings"));
    const char *metric = json_string_value(json_object_get(object, "metric"));
    if (!settings || !metric) {
        json_decref(object);
        return false;
    }
    Trial trial = {.number = t->all.count + 1, .settings = arena_strdup(t->arena, settings)};
    snprintf(trial.result.metric_name, sizeof trial.result.metric_name, "%s", metric);
    json_t *value = json_object_get(object, "value");
    trial.result.metric = json_is_number(value) ? json_number_value(value) : NAN;
    trial.result.score = json_number_value(json_object_get(object, "score"));
    trial.result.epoch = json_integer_value(json_object_get(object, "epoch"));
    trial.result.weights = json_integer_value(json_object_get(object, "weights"));
    trial.result.memory = json_integer_value(json_object_get(object, "memory"));
    trial.seconds = json_number_value(json_object_get(object, "seconds"));
    vec_push(t->arena, &t->all, trial);
    json_decref(object);
    return true;
}

NndStatus trials_read(Trials *t, NndError *error)
{
    const char *path = trials_file(t, "trials.jsonl");
    t->log = "";
    if (access(path, F_OK))
        return NND_OK;
    NndFile file;
    NndStatus status = nnd_file_read(&file, path, (size_t)1 << 28, error);
    if (status)
        return status;
    t->log = arena_strndup(t->arena, file.data, file.size);
    nnd_file_free(&file);
    const char *line = t->log;
    for (int number = 1; *line; number++) {
        size_t length = strcspn(line, "\n");
        if (!read_trial(t, line, length))
            return nnd_fail(error, NND_EFORMAT, "%s:%d: this is no trial of a search", path, number);
        line += length + (line[length] == '\n');
    }
    return write_best(t, error);
}

/* The score has all its digits: which trial is the best must not depend on an interruption. */
const char *trial_json(Arena *arena, const Trial *trial)
{
    const TrainResult *r = &trial->result;
    return arena_printf(arena,
                        "{\"settings\":\"%s\",\"metric\":\"%s\",\"value\":%s,\"score\":%.17g,\"epoch\":%lld,"
                        "\"weights\":%lld,\"memory\":%lld,\"seconds\":%.2f}",
                        trial->settings, r->metric_name, isfinite(r->metric) ? arena_printf(arena, "%.9g", r->metric) : "null",
                        r->score, (long long)r->epoch, (long long)r->weights, (long long)r->memory, trial->seconds);
}

static NndStatus write_log(Trials *t, const Trial *trial, NndError *error)
{
    t->log = arena_printf(t->arena, "%s%s\n", t->log, trial_json(t->arena, trial));
    return nnd_file_write(trials_file(t, "trials.jsonl"), t->log, strlen(t->log), error);
}

/* Removes the models that the last trial has made needless: its own or others'. */
static void drop_models(const Trials *t)
{
    const Trial *last = &t->all.data[t->all.count - 1];
    for (int i = 0; i + 1 < t->all.count; i++)
        if (dominates(last, &t->all.data[i]))
            unlink(model_of(t, &t->all.data[i]));
    if (!trials_on_frontier(t, last))
        unlink(model_of(t, last));
}

NndStatus trials_add(Trials *t, Trial trial, const char *model, NndError *error)
{
    const Trial *before = trials_chosen(t);
    int chosen = before ? before->number : 0;
    trial.number = t->all.count + 1;
    if (!isfinite(trial.result.score))
        trial.result.score = -DBL_MAX; /* it diverged: the worst there is that JSON can tell */
    if (rename(model, model_of(t, &trial)))
        return nnd_fail(error, NND_EIO, "%s: %s", model, strerror(errno));
    vec_push(t->arena, &t->all, trial);
    NndStatus status = write_log(t, &trial, error);
    if (status)
        return status;
    drop_models(t);
    return trials_chosen(t)->number == chosen ? NND_OK : write_best(t, error);
}
