/* SPDX-License-Identifier: Apache-2.0
 *
 * A linear support vector machine: LIBLINEAR's dual solver for the hinge loss
 * with an L2 penalty (its `-s 3`), with a constant feature 1 as the bias (`-B 1`)
 * and tolerance SVM_TOLERANCE (`-e`).
 */
#ifndef REPORTS_BASELINES_SVM_H
#define REPORTS_BASELINES_SVM_H

#include "examples/reports/baselines/bag.h"

#define SVM_TOLERANCE 0.001

/* weights: [columns + 1], the bias behind the words. labels: 0 or 1, both must occur. `cost` is
 * LIBLINEAR's C. */
NndStatus svm_train(double *weights, const Bag *bag, const int32_t *labels, double cost,
                    NndError *error);

/* > 0: class 1. */
double svm_score(const double *weights, const Bag *bag, int64_t row);

#endif
