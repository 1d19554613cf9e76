/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/evaluate.h"

#include <math.h>
#include <stdlib.h>

enum { EVALUATE_BATCH = 64, AUC_CLASSES = 100 /* it takes a sort for each */ };

/* An evaluation that is being made. */
typedef struct Run {
    Evaluation *out;
    NndSession *session;
    const NndDataset *set;
    const int64_t *items;
    Unit *unit;
    NndScores *scores; /* [target_count] */
    NndError *error;
} Run;

/* ---- running ---- */

static const NndField *target_field(const NndDataset *set, int index)
{
    return &set->fields->items[nnd_fields_target(set->fields, index)];
}

/* Results are the loss, the outputs, the metrics. */
static void describe(Run *r)
{
    Evaluation *e = r->out;
    const Program *program = r->unit->program;
    e->metric_count = program->metrics.count;
    for (int i = 0; i < e->metric_count; i++)
        e->metric_names[i] = program->metric_names.data[i];
    int targets = nnd_fields_count(r->set->fields, true);
    e->target_count = targets < program->outputs.count ? targets : program->outputs.count;
    e->targets = ARENA_ARRAY(r->unit->arena, TargetEvaluation, e->target_count + 1);
    for (int i = 0; i < e->target_count; i++)
        e->targets[i].name = arena_strdup(r->unit->arena, target_field(r->set, i)->name);
}

static NndStatus run_batch(Run *r, int64_t first, int64_t count)
{
    Evaluation *e = r->out;
    NndSession *s = r->session;
    NndStatus status = nnd_session_batch(s, r->set, r->items + first, count, r->error);
    if (!status)
        status = nnd_session_run(s, engine_call, r->unit->engine, r->unit->pool, 0, 0, r->error);
    if (status)
        return status;
    e->loss += (double)*(const float *)nnd_session_result(s, 0) * (double)count;
    int metrics = nnd_session_function(s)->result_count - e->metric_count;
    for (int i = 0; i < e->metric_count; i++)
        e->metrics[i] += (double)*(const float *)nnd_session_result(s, metrics + i) * (double)count;
    for (int i = 0; i < e->target_count && !status; i++)
        status = nnd_scores_take(&r->scores[i], s, 1 + i, count, r->error);
    return status;
}

static NndStatus run_all(Run *r)
{
    Evaluation *e = r->out;
    NndStatus status = NND_OK;
    for (int64_t first = 0; !status && first < e->count; first += EVALUATE_BATCH)
        status = run_batch(r, first, e->count - first < EVALUATE_BATCH ? e->count - first : EVALUATE_BATCH);
    e->loss /= (double)e->count;
    for (int i = 0; i < e->metric_count; i++)
        e->metrics[i] /= (double)e->count;
    return status;
}

/* ---- rating ---- */

static void add_measure(TargetEvaluation *t, const char *key, const char *label, double value)
{
    t->measures[t->measure_count++] = (Measure){key, label, value};
}

static NndStatus rate_binary(TargetEvaluation *t, const NndField *field, const float *positive, const int32_t *labels,
                             int64_t count, NndError *error)
{
    double auc;
    t->binary = true;
    t->cutoff = field->has_threshold ? field->threshold : 0.5;
    t->at_cutoff = nnd_rates_at(positive, labels, 1, count, t->cutoff);
    NndStatus status = nnd_auc(&auc, positive, labels, 1, count, error);
    if (status)
        return status;
    add_measure(t, "auc", "AUC", auc);
    return nnd_best_cutoff(&t->best, positive, labels, 1, count, error);
}

/* Each class against the rest. */
static NndStatus rate_classes(TargetEvaluation *t, const NndScores *scores, const int32_t *labels, int64_t count,
                              int64_t width, NndError *error)
{
    double auc;
    NndStatus status = nnd_class_auc(&auc, scores->data, labels, count, (int32_t)width, error);
    if (!status)
        add_measure(t, "auc", "AUC", auc);
    return status;
}

static NndStatus rate_class(const Run *r, TargetEvaluation *t, const NndScores *scores, const NndField *field, int64_t width)
{
    int64_t count = r->out->count;
    size_t room = (size_t)count + 1;
    int32_t *labels = malloc(room * sizeof *labels), *predicted = malloc(room * sizeof *predicted);
    float *positive = malloc(room * sizeof *positive); /* score of class 1 */
    NndStatus status = NND_OK;
    if (!labels || !predicted || !positive) {
        status = nnd_fail(r->error, NND_ENOMEM, "out of memory for an evaluation");
    } else {
        nnd_gather_labels(labels, nnd_dataset_column(r->set, field->name), r->items, count);
        for (int64_t i = 0; i < count; i++) {
            const float *row = scores->data + i * width;
            predicted[i] = nnd_predicted_class(field, row, width);
            positive[i] = row[width == 1 ? 0 : 1];
        }
        add_measure(t, "accuracy", "accuracy", nnd_accuracy(predicted, labels, count));
        if (width <= 2)
            status = rate_binary(t, field, positive, labels, count, r->error);
        else if (width <= AUC_CLASSES)
            status = rate_classes(t, scores, labels, count, width, r->error);
    }
    free(labels);
    free(predicted);
    free(positive);
    return status;
}

static NndStatus rate_labels(TargetEvaluation *t, const float *scores, const float *wanted, int64_t count, int64_t width,
                             NndError *error)
{
    NndLabelRates rates;
    NndStatus status = nnd_label_rates(&rates, scores, wanted, count, width, error);
    if (status)
        return status;
    add_measure(t, "accuracy", "accuracy", rates.all_right);
    add_measure(t, "f1", "F1", rates.micro.f1);
    add_measure(t, "auc", "AUC", rates.auc);
    return NND_OK;
}

static NndStatus rate_numbers(const Run *r, TargetEvaluation *t, const NndScores *scores, const NndField *field, int64_t width)
{
    const NndColumn *column = nnd_dataset_column(r->set, field->name);
    int64_t count = r->out->count, all = count * width;
    if (width != column->width)
        return nnd_fail(r->error, NND_EINVAL,
                        "output `%s` gives %lld numbers an item, target `%s` has %lld: outputs predict the targets in order",
                        scores->name, (long long)width, field->name, (long long)column->width);
    float *wanted = malloc((size_t)(all + 1) * sizeof *wanted);
    if (!wanted)
        return nnd_fail(r->error, NND_ENOMEM, "out of memory for an evaluation");
    nnd_gather_numbers(wanted, column, r->items, count);
    NndStatus status = NND_OK;
    if (nnd_are_labels(wanted, all)) {
        status = rate_labels(t, scores->data, wanted, count, width, r->error);
    } else {
        add_measure(t, "rmse", "RMSE", nnd_rmse(scores->data, wanted, all));
        add_measure(t, "mae", "MAE", nnd_mae(scores->data, wanted, all));
    }
    free(wanted);
    return status;
}

static NndStatus rate(const Run *r, int index)
{
    const NndScores *scores = &r->scores[index];
    const NndField *field = target_field(r->set, index);
    int64_t width = scores->begins[1];
    for (int64_t i = 0; i < scores->count; i++)
        if (scores->begins[i + 1] != (i + 1) * width || !width)
            return nnd_fail(r->error, NND_EINVAL,
                            "output `%s` has not the same number of scores for each item, so it cannot predict target `%s`: "
                            "outputs predict the targets in order", scores->name, field->name);
    return field->kind == NND_FIELD_CLASS ? rate_class(r, &r->out->targets[index], scores, field, width)
                                          : rate_numbers(r, &r->out->targets[index], scores, field, width);
}

NndStatus evaluate(Evaluation *out, NndSession *session, const NndDataset *set, const int64_t *items, int64_t count,
                   Unit *unit, NndError *error)
{
    *out = (Evaluation){.count = count};
    if (!count)
        return nnd_fail(error, NND_EINVAL, "there are no items to evaluate on");
    Run run = {out, session, set, items, unit, NULL, error};
    describe(&run);
    run.scores = calloc((size_t)out->target_count + 1, sizeof *run.scores);
    NndStatus status = run.scores ? run_all(&run) : nnd_fail(error, NND_ENOMEM, "out of memory for an evaluation");
    for (int i = 0; i < out->target_count && !status; i++)
        status = rate(&run, i);
    for (int i = 0; run.scores && i < out->target_count; i++)
        nnd_scores_free(&run.scores[i]);
    free(run.scores);
    return status;
}

/* ---- telling ---- */

const char *evaluation_prefix(Arena *arena, const Evaluation *e, int index, char mark)
{
    return e->target_count > 1 ? arena_printf(arena, "%s%c", e->targets[index].name, mark) : "";
}

static void json_number(FILE *file, const char *mark, const char *name, double value)
{
    if (isfinite(value))
        fprintf(file, "%s\"%s\":%.9g", mark, name, value);
    else
        fprintf(file, "%s\"%s\":null", mark, name);
}

static void json_target(FILE *file, const TargetEvaluation *t)
{
    for (int i = 0; i < t->measure_count; i++)
        json_number(file, i ? "," : "", t->measures[i].key, t->measures[i].value);
    if (!t->binary)
        return;
    json_number(file, ",", "threshold", t->cutoff);
    json_number(file, ",", "precision", t->at_cutoff.precision);
    json_number(file, ",", "recall", t->at_cutoff.recall);
    json_number(file, ",", "f1", t->at_cutoff.f1);
    json_number(file, ",", "best_threshold", t->best.threshold);
    json_number(file, ",", "best_precision", t->best.rates.precision);
    json_number(file, ",", "best_recall", t->best.rates.recall);
    json_number(file, ",", "best_f1", t->best.rates.f1);
}

/* What is between the braces, but for the number of items. */
static void json_evaluation(FILE *file, const Evaluation *e)
{
    json_number(file, "", "loss", e->loss);
    if (e->target_count == 1) {
        fputc(',', file);
        json_target(file, &e->targets[0]);
    }
    for (int i = 0; e->target_count > 1 && i < e->target_count; i++) {
        fprintf(file, "%s\"%s\":{", i ? "}," : ",\"targets\":{", e->targets[i].name);
        json_target(file, &e->targets[i]);
    }
    fputs(e->target_count > 1 ? "}}" : "", file);
    for (int i = 0; i < e->metric_count; i++)
        json_number(file, ",", e->metric_names[i], e->metrics[i]);
}

static void print_json(FILE *file, const Evaluation *e, const Evaluation *change)
{
    fprintf(file, "{\"items\":%lld,", (long long)e->count);
    json_evaluation(file, e);
    if (change) {
        fputs(",\"change_from_f32\":{", file);
        json_evaluation(file, change);
        fputc('}', file);
    }
    fputs("}\n", file);
}

static void print_rates(FILE *file, const char *what, double cutoff, const NndRates *r)
{
    fprintf(file, "%-24s precision %.4f  recall %.4f  F1 %.4f   (threshold %.6g)\n", what, r->precision, r->recall, r->f1, cutoff);
}

/* With the change of the number, unless it is NULL, and the end of the line. */
static void print_change(FILE *file, const double *change)
{
    if (change)
        fprintf(file, "   (%+.6f)", *change);
    fputc('\n', file);
}

static void print_target(FILE *file, const TargetEvaluation *t, const TargetEvaluation *change)
{
    for (int i = 0; i < t->measure_count; i++) {
        fprintf(file, "%-24s %.4f", t->measures[i].label, t->measures[i].value);
        print_change(file, change ? &change->measures[i].value : NULL);
    }
    if (!t->binary)
        return;
    print_rates(file, "class 1", t->cutoff, &t->at_cutoff);
    print_rates(file, "best on this data", t->best.threshold, &t->best.rates);
    if (t->best.all_positive)
        fprintf(file, "note: that threshold calls every item positive\n");
}

void evaluation_print(FILE *file, const Evaluation *e, const Evaluation *change, bool json)
{
    if (json) {
        print_json(file, e, change);
        return;
    }
    if (change)
        fprintf(file, "%-24s bf16   (change from f32)\n", "weights");
    fprintf(file, "%-24s %lld\n%-24s %.6f", "items", (long long)e->count, "loss", e->loss);
    print_change(file, change ? &change->loss : NULL);
    for (int i = 0; i < e->metric_count; i++) {
        fprintf(file, "%-24s %.6g", e->metric_names[i], e->metrics[i]);
        print_change(file, change ? &change->metrics[i] : NULL);
    }
    for (int i = 0; i < e->target_count; i++) {
        if (e->target_count > 1)
            fprintf(file, "\ntarget %s\n", e->targets[i].name);
        print_target(file, &e->targets[i], change ? &change->targets[i] : NULL);
    }
}

/* ---- comparing ---- */

static void subtract_measures(TargetEvaluation *t, const TargetEvaluation *before)
{
    t->binary = false;
    for (int i = 0; i < t->measure_count; i++)
        t->measures[i].value -= before->measures[i].value;
}

Evaluation evaluation_change(Arena *arena, const Evaluation *e, const Evaluation *before)
{
    Evaluation change = *e;
    change.targets = ARENA_ARRAY(arena, TargetEvaluation, e->target_count + 1);
    change.loss -= before->loss;
    for (int i = 0; i < e->metric_count; i++)
        change.metrics[i] -= before->metrics[i];
    for (int i = 0; i < e->target_count; i++) {
        change.targets[i] = e->targets[i];
        subtract_measures(&change.targets[i], &before->targets[i]);
    }
    return change;
}

/* ---- by name ---- */

/* Adds the measure `key` of a target, if it has it. */
static bool add_value(const TargetEvaluation *t, const char *key, double *sum)
{
    for (int i = 0; i < t->measure_count; i++)
        if (!strcmp(t->measures[i].key, key)) {
            *sum += t->measures[i].value;
            return true;
        }
    return false;
}

bool evaluation_metric(const Evaluation *e, const char *name, double *value)
{
    const char *key = name + strlen("valid."), *point = strchr(key, '.');
    size_t length = point ? (size_t)(point - key) : 0;
    *value = e->loss;
    if (!strcmp(key, "loss"))
        return true;
    for (int i = 0; i < e->metric_count; i++)
        if (!strcmp(key, e->metric_names[i])) {
            *value = e->metrics[i];
            return true;
        }
    int found = 0;
    *value = 0;
    for (int i = 0; i < e->target_count; i++) {
        bool named = !point || (strlen(e->targets[i].name) == length && !strncmp(e->targets[i].name, key, length));
        found += named && add_value(&e->targets[i], point ? point + 1 : key, value);
    }
    *value /= found ? found : 1;
    return found;
}

/* ---- thresholds ---- */

static NndStatus set_threshold(NndFields *fields, const char *name, size_t length, double threshold, NndError *error)
{
    bool found = false;
    for (int i = 0; i < fields->count; i++) {
        NndField *field = &fields->items[i];
        bool meant = !length || (strlen(field->name) == length && !strncmp(field->name, name, length));
        if (field->kind != NND_FIELD_CLASS || !meant)
            continue;
        field->has_threshold = found = true;
        field->threshold = threshold;
    }
    return found ? NND_OK
                 : nnd_fail(error, NND_EINVAL, "--threshold: the model has no target `%.*s` that is a class", (int)length, name);
}

NndStatus set_thresholds(NndFields *fields, const char *text, Arena *arena, NndError *error)
{
    NndStatus status = NND_OK;
    for (const char *at = text; at && *at && !status;) {
        size_t length = strcspn(at, ","), name = strcspn(at, "=");
        const char *number = name < length ? at + name + 1 : at;
        double threshold;
        if (!parse_double(arena_strndup(arena, number, length - (size_t)(number - at)), &threshold) || threshold < 0)
            return nnd_fail(error, NND_EINVAL, "--threshold %s: `%.*s` is not a number from 0", text,
                            (int)(length - (size_t)(number - at)), number);
        status = set_threshold(fields, at, name < length ? name : 0, threshold, error);
        at += length + (at[length] == ',');
    }
    return status;
}
