/* SPDX-License-Identifier: Apache-2.0
 *
 * How good a model is on a data set: its loss, its own metrics, and for each
 * target what the output that predicts it (runtime/predict.h) allows:
 *
 *   a class             accuracy and AUC (of up to 100 classes: the mean of each against the
 *                       rest); of two classes also rates at thresholds
 *   numbers 0 and 1     several labels of an item: accuracy (all of them right), F1 (micro
 *                       average, at one half), AUC (mean over the labels that have one)
 *   other numbers       rmse, mae
 */
#ifndef NND_COMPILER_DRIVER_EVALUATE_H
#define NND_COMPILER_DRIVER_EVALUATE_H

#include "compiler/driver/unit.h"
#include "runtime/predict.h"
#include "runtime/train/metrics.h"

typedef struct Measure {
    const char *key;   /* in JSON and recipes: "auc" */
    const char *label; /* for people: "AUC" */
    double value;
} Measure;

enum { MEASURES_MAX = 3 };

typedef struct TargetEvaluation {
    const char *name; /* of the target */
    Measure measures[MEASURES_MAX];
    int measure_count;
    bool binary;        /* one class of two; the rest is set */
    NndCutoff best;     /* where precision + recall is largest, on this very data */
    NndRates at_cutoff; /* at the model's own threshold, if it has one, else at 0.5 */
    double cutoff;
} TargetEvaluation;

typedef struct Evaluation {
    int64_t count;
    double loss;
    TargetEvaluation *targets; /* those that an output predicts; in the unit's arena */
    int target_count;
    int metric_count; /* of the model itself */
    const char *metric_names[METRICS_MAX];
    double metrics[METRICS_MAX];
} Evaluation;

/* `session` is of function `eval`, weights bound; `items` of the data set; thresholds are those of
 * its fields. */
NndStatus evaluate(Evaluation *out, NndSession *session, const NndDataset *set, const int64_t *items, int64_t count,
                   Unit *unit, NndError *error);

/* What of `e` is different from `before`, an evaluation of the same program on the same data: the loss, the metrics and
 * the measures of targets. In `arena`. */
Evaluation evaluation_change(Arena *arena, const Evaluation *e, const Evaluation *before);

/* `change` is told beside it, as the change from f32 weights; NULL: there is none. */
void evaluation_print(FILE *file, const Evaluation *e, const Evaluation *change, bool json);

/* "topic_" in front of the measures of target `index`, or "" if there is only one target. */
const char *evaluation_prefix(Arena *arena, const Evaluation *e, int index, char mark);

/* "valid.loss", "valid." and a metric of the model, "valid.auc" (the mean over the targets that have
 * it), "valid.topic.auc"; false if the evaluation does not have it. */
bool evaluation_metric(const Evaluation *e, const char *name, double *value);

/* Thresholds of the targets, given as "0.5", or "topic=0.5,tone=0.1" for those that are named; NULL
 * changes nothing. */
NndStatus set_thresholds(NndFields *fields, const char *text, Arena *arena, NndError *error);

#endif
