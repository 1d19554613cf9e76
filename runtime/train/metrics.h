/* SPDX-License-Identifier: Apache-2.0
 *
 * How good predictions are. A score is the number that the model gives the
 * positive class; an item counts as positive if its score is at least the
 * threshold. Precision, recall and F1 are 0 where their denominator is 0.
 */
#ifndef NND_RUNTIME_TRAIN_METRICS_H
#define NND_RUNTIME_TRAIN_METRICS_H

#include "runtime/error.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct NndRates {
    int64_t true_positive, false_positive, false_negative, true_negative;
    double precision, recall, f1;
} NndRates;

typedef struct NndAverage {
    double precision, recall, f1;
} NndAverage;

typedef struct NndCutoff {
    double threshold;
    NndRates rates;    /* at the threshold */
    bool all_positive; /* it calls every item positive: precision is the prevalence */
} NndCutoff;

double nnd_accuracy(const int32_t *predicted, const int32_t *labels, int64_t count);

/* out: [classes, classes]; row = label, column = prediction. Labels are below `classes`. */
void nnd_confusion(int64_t *out, int32_t classes, const int32_t *predicted, const int32_t *labels,
                   int64_t count);

/* One class against the rest, from a confusion matrix. */
NndRates nnd_class_rates(const int64_t *confusion, int32_t classes, int32_t positive);

/* Means over the classes: each the same (macro), or by how many items it has (weighted). */
NndAverage nnd_macro_average(const int64_t *confusion, int32_t classes);
NndAverage nnd_weighted_average(const int64_t *confusion, int32_t classes);

/* Items of class `positive` against all others. */
NndRates nnd_rates_at(const float *scores, const int32_t *labels, int32_t positive, int64_t count,
                      double threshold);

/* Area under the ROC curve: the share of pairs of a positive and a negative item in which the
 * positive one has the higher score, ties counted one half (Mann and Whitney). NaN if there are
 * no such pairs. */
NndStatus nnd_auc(double *out, const float *scores, const int32_t *labels, int32_t positive,
                  int64_t count, NndError *error);

/* The mean of the areas of each class against the rest, over the classes that some items have and
 * some have not; NaN without any. scores: [count, classes]. */
NndStatus nnd_class_auc(double *out, const float *scores, const int32_t *labels, int64_t count,
                        int32_t classes, NndError *error);

/* The threshold that maximises precision + recall, among the distinct scores and 0; equal sums:
 * the larger F1, then the larger threshold. Needs an item. */
NndStatus nnd_best_cutoff(NndCutoff *out, const float *scores, const int32_t *labels,
                          int32_t positive, int64_t count, NndError *error);

/* Items with several labels, each 0 or 1; scores count as 1 from one half on. */
typedef struct NndLabelRates {
    NndRates micro;   /* all labels of all items together */
    double all_right; /* the share of items with every label right */
    double auc;       /* mean over the labels that some items have and some have not; NaN without any */
} NndLabelRates;

/* Whether all numbers are 0 or 1. */
bool nnd_are_labels(const float *values, int64_t count);

/* scores, wanted: [count, width]. */
NndStatus nnd_label_rates(NndLabelRates *out, const float *scores, const float *wanted, int64_t count,
                          int64_t width, NndError *error);

/* Root of the mean squared difference, mean of the absolute difference; 0 without numbers. */
double nnd_rmse(const float *predicted, const float *wanted, int64_t count);
double nnd_mae(const float *predicted, const float *wanted, int64_t count);

#endif
