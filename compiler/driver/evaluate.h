/* SPDX-License-Identifier: Apache-2.0
 *
 * How good a model is on a data set: loss, and the metrics that its first
 * output allows.
 */
#ifndef NND_COMPILER_DRIVER_EVALUATE_H
#define NND_COMPILER_DRIVER_EVALUATE_H

#include "compiler/driver/unit.h"
#include "runtime/predict.h"
#include "runtime/train/metrics.h"

typedef struct Evaluation {
    int64_t count, classes; /* no classes: the model has no target, and only the loss counts */
    double loss, accuracy;
    bool binary;         /* the rest is set */
    double auc;
    NndCutoff best;      /* where precision + recall is largest, on this very data */
    NndRates at_cutoff;  /* at the model's own threshold, if it has one, else at 0.5 */
    double cutoff;
    int metric_count; /* of the model itself */
    const char *metric_names[METRICS_MAX];
    double metrics[METRICS_MAX];
} Evaluation;

/* `session` is of function `eval`, weights bound; `items` of the data set. */
NndStatus evaluate(Evaluation *out, NndSession *session, const NndDataset *set, const int64_t *items, int64_t count,
                   const NndModel *model, Unit *unit, NndError *error);

void evaluation_print(FILE *file, const Evaluation *e, bool json);

/* "valid.auc", "valid.accuracy", "valid.loss" or "valid." and a metric of the model. */
double evaluation_metric(const Evaluation *e, const char *name);

#endif
