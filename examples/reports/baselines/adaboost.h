/* SPDX-License-Identifier: Apache-2.0
 *
 * AdaBoost for two classes: SAMME (Zhu, Zou, Rosset and Hastie, "Multi-class
 * AdaBoost", 2009) with decision trees of depth one.
 *
 * A stump asks whether a word occurs at least `threshold` times and answers
 * with the class that weighs more on either side (class 0 if both weigh the
 * same). Each round takes the stump of least weighted error; of errors that
 * differ by less than ADABOOST_EQUAL the one of the first word, of that the
 * lowest threshold. Its vote is log((1 - error) / error); the weights of the
 * reports that it gets wrong are multiplied by exp(vote). Training ends early
 * when a stump is right everywhere, or no better than chance.
 *
 * A round looks at each entry of the matrix once.
 */
#ifndef REPORTS_BASELINES_ADABOOST_H
#define REPORTS_BASELINES_ADABOOST_H

#include "examples/reports/baselines/bag.h"

#define ADABOOST_EQUAL 1e-10

typedef struct Stump {
    int32_t column;
    int32_t threshold;     /* >= 1 */
    int8_t below, atleast; /* classes */
    double vote;
} Stump;

/* stumps: room for `rounds`; how many there are in *count. */
NndStatus adaboost_train(Stump *stumps, int *count, int rounds, const Bag *bag,
                         const int32_t *labels, NndError *error);

/* The votes for class 1 less those for class 0, as a share of all votes: in [-1, 1], > 0: class 1.
 */
double adaboost_score(const Stump *stumps, int count, const Bag *bag, int64_t row);

#endif
