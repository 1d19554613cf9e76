/* SPDX-License-Identifier: Apache-2.0
 *
 * Is a system better than another on the same items? All tests are two-sided
 * and paired. Labels and classes are 0 or 1; `count` is the number of items.
 */
#ifndef REPORTS_EVALUATE_SIGNIFICANCE_H
#define REPORTS_EVALUATE_SIGNIFICANCE_H

#include "runtime/error.h"

#include <stdint.h>

typedef struct McNemar {
    int64_t only_a, only_b; /* items that only this system has right */
    double p;
} McNemar;

/* The exact test of McNemar (1947): of the items that one system alone has right, each had it with
 * probability one half. p = min(1, 2 P(X <= min(only_a, only_b))), X binomial; 1 if there are none.
 */
McNemar mcnemar_exact(const int32_t *labels, const int32_t *a, const int32_t *b, int64_t count);
double mcnemar_p(int64_t only_a, int64_t only_b);

typedef struct Bootstrap {
    double difference; /* F1 of a less F1 of b, on the items as they are */
    double low, high;  /* of its 95 % interval, by percentiles */
    double p;
} Bootstrap;

/* The paired bootstrap: items are drawn with replacement, with both systems' decisions on them. p
 * is twice the share of resamples on the rarer side of no difference, one resample of no difference
 * added (Davison and Hinkley 1997, so never 0), at most 1. The same seed gives the same numbers. */
NndStatus bootstrap_f1(Bootstrap *out, const int32_t *labels, const int32_t *a, const int32_t *b,
                       int64_t count, int resamples, uint64_t seed, NndError *error);

typedef struct DeLong {
    double auc_a, auc_b;
    double variance; /* of their difference */
    double z, p;
} DeLong;

/* The test of DeLong, DeLong and Clarke-Pearson (1988) for two areas under ROC curves, ties one
 * half. With no variance z is 0 and p 1 for equal areas, and z infinite and p 0 for others; NaN
 * with fewer than two items of a class. */
NndStatus delong(DeLong *out, const float *a, const float *b, const int32_t *labels, int64_t count,
                 NndError *error);

/* Holm (1979): p-values adjusted for as many tests; those that are NaN are not counted. out may be
 * p. */
NndStatus holm(double *out, const double *p, int count, NndError *error);

#endif
