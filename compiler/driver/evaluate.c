/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/evaluate.h"

#include <math.h>
#include <stdlib.h>

enum { EVALUATE_BATCH = 64 };

typedef struct Gathered {
    float *scores; /* [count, width] */
    int32_t *labels, *predicted;
    float *positive; /* [count]: score of class 1 */
    int64_t width;
} Gathered;

static void free_gathered(Gathered *g)
{
    free(g->scores);
    free(g->labels);
    free(g->predicted);
    free(g->positive);
}

static NndStatus allocate(Gathered *g, int64_t count, NndError *error)
{
    size_t room = (size_t)count + 1;
    g->labels = malloc(room * sizeof *g->labels);
    g->predicted = malloc(room * sizeof *g->predicted);
    g->positive = malloc(room * sizeof *g->positive);
    if (!g->labels || !g->predicted || !g->positive)
        return nnd_fail(error, NND_ENOMEM, "out of memory for an evaluation");
    return NND_OK;
}

static void name_metrics(Evaluation *e, const Program *program)
{
    e->metric_count = program->metrics.count;
    for (int i = 0; i < e->metric_count; i++)
        e->metric_names[i] = program->metric_names.data[i];
}

/* The metrics are the last results; they are summed by items. */
static void add_metrics(Evaluation *e, const NndSession *s, int64_t items)
{
    int first = nnd_session_function(s)->result_count - e->metric_count;
    for (int i = 0; i < e->metric_count; i++)
        e->metrics[i] += (double)*(const float *)nnd_session_result(s, first + i) * (double)items;
}

static NndStatus run_batch(Evaluation *e, Gathered *g, double *loss, NndSession *s, const NndDataset *set, const int64_t *items,
                           int64_t total, int64_t first, int64_t count, Unit *unit, NndError *error)
{
    NndStatus status = nnd_session_batch(s, set, items + first, count, error);
    if (!status)
        status = nnd_session_run(s, engine_call, unit->engine, unit->pool, 0, 0, error);
    if (status)
        return status;
    *loss += (double)*(const float *)nnd_session_result(s, 0) * (double)count;
    add_metrics(e, s, count);
    if (nnd_session_function(s)->result_count < 2 + e->metric_count)
        return NND_OK;
    g->width = nnd_session_result_count(s, 1) / count;
    if (!g->scores)
        g->scores = malloc((size_t)(total * g->width + 1) * sizeof *g->scores);
    if (!g->scores)
        return nnd_fail(error, NND_ENOMEM, "out of memory for an evaluation");
    memcpy(g->scores + first * g->width, nnd_session_result(s, 1), (size_t)(count * g->width) * sizeof(float));
    return NND_OK;
}

static NndStatus rate_binary(Evaluation *e, const Gathered *g, const NndModel *model, NndError *error)
{
    e->cutoff = model && model->has_threshold ? model->threshold : 0.5;
    e->at_cutoff = nnd_rates_at(g->positive, g->labels, 1, e->count, e->cutoff);
    NndStatus status = nnd_auc(&e->auc, g->positive, g->labels, 1, e->count, error);
    return status ? status : nnd_best_cutoff(&e->best, g->positive, g->labels, 1, e->count, error);
}

static NndStatus rate(Evaluation *e, Gathered *g, const NndDataset *set, const int64_t *items, const NndModel *model, NndError *error)
{
    static const NndModel plain;
    e->classes = g->width == 1 ? 2 : g->width;
    e->binary = e->classes == 2;
    nnd_gather_labels(g->labels, set, items, e->count);
    for (int64_t i = 0; i < e->count; i++) {
        const float *row = g->scores + i * g->width;
        g->predicted[i] = nnd_predicted_class(model ? model : &plain, row, g->width);
        g->positive[i] = row[g->width == 1 ? 0 : 1];
    }
    e->accuracy = nnd_accuracy(g->predicted, g->labels, e->count);
    return e->binary ? rate_binary(e, g, model, error) : NND_OK;
}

/* A model without a target, as an autoencoder, has nothing to compare its outputs with. */
static bool has_target(const NndSession *session)
{
    const NndFunctionDesc *function = nnd_session_function(session);
    for (int i = 0; i < function->arg_count; i++)
        if (function->args[i].kind == NND_ARG_TARGET)
            return true;
    return false;
}

NndStatus evaluate(Evaluation *out, NndSession *session, const NndDataset *set, const int64_t *items, int64_t count,
                   const NndModel *model, Unit *unit, NndError *error)
{
    *out = (Evaluation){.count = count};
    if (!count)
        return nnd_fail(error, NND_EINVAL, "there are no items to evaluate on");
    if (has_target(session) && !set->labels)
        return nnd_fail(error, NND_EINVAL, "the data has no labels");
    Gathered g = {0};
    name_metrics(out, unit->program);
    NndStatus status = allocate(&g, count, error);
    double loss = 0;
    for (int64_t first = 0; !status && first < count; first += EVALUATE_BATCH) {
        int64_t n = count - first < EVALUATE_BATCH ? count - first : EVALUATE_BATCH;
        status = run_batch(out, &g, &loss, session, set, items, count, first, n, unit, error);
    }
    out->loss = loss / (double)count;
    for (int i = 0; i < out->metric_count; i++)
        out->metrics[i] /= (double)count;
    if (!status && g.scores && has_target(session))
        status = rate(out, &g, set, items, model, error);
    free_gathered(&g);
    return status;
}

static void print_rates(FILE *file, const char *what, double cutoff, const NndRates *r)
{
    fprintf(file, "%-24s precision %.4f  recall %.4f  F1 %.4f   (threshold %.6g)\n", what, r->precision, r->recall, r->f1, cutoff);
}

static void print_number(FILE *file, const char *name, double value)
{
    if (isfinite(value))
        fprintf(file, ",\"%s\":%.9g", name, value);
    else
        fprintf(file, ",\"%s\":null", name);
}

static void print_json(FILE *file, const Evaluation *e)
{
    fprintf(file, "{\"items\":%lld", (long long)e->count);
    print_number(file, "loss", e->loss);
    if (e->classes)
        print_number(file, "accuracy", e->accuracy);
    if (e->binary) {
        print_number(file, "auc", e->auc);
        print_number(file, "threshold", e->cutoff);
        print_number(file, "precision", e->at_cutoff.precision);
        print_number(file, "recall", e->at_cutoff.recall);
        print_number(file, "f1", e->at_cutoff.f1);
        print_number(file, "best_threshold", e->best.threshold);
        print_number(file, "best_precision", e->best.rates.precision);
        print_number(file, "best_recall", e->best.rates.recall);
        print_number(file, "best_f1", e->best.rates.f1);
    }
    for (int i = 0; i < e->metric_count; i++)
        print_number(file, e->metric_names[i], e->metrics[i]);
    fputs("}\n", file);
}

void evaluation_print(FILE *file, const Evaluation *e, bool json)
{
    if (json) {
        print_json(file, e);
        return;
    }
    fprintf(file, "%-24s %lld\n%-24s %.6f\n", "items", (long long)e->count, "loss", e->loss);
    if (e->classes)
        fprintf(file, "%-24s %.4f\n", "accuracy", e->accuracy);
    for (int i = 0; i < e->metric_count; i++)
        fprintf(file, "%-24s %.6g\n", e->metric_names[i], e->metrics[i]);
    if (!e->binary)
        return;
    fprintf(file, "%-24s %.4f\n", "AUC", e->auc);
    print_rates(file, "class 1", e->cutoff, &e->at_cutoff);
    print_rates(file, "best on this data", e->best.threshold, &e->best.rates);
    if (e->best.all_positive)
        fprintf(file, "note: that threshold calls every item positive\n");
}

double evaluation_metric(const Evaluation *e, const char *name)
{
    if (!strcmp(name, "valid.loss"))
        return e->loss;
    if (!strcmp(name, "valid.auc"))
        return e->auc;
    if (!strcmp(name, "valid.f1"))
        return e->best.rates.f1;
    for (int i = 0; i < e->metric_count; i++)
        if (!strcmp(name + strlen("valid."), e->metric_names[i]))
            return e->metrics[i];
    return e->accuracy;
}
