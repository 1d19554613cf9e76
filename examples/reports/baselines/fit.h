/* SPDX-License-Identifier: Apache-2.0
 *
 * Training with the choice that has to be made on validation reports: C of the
 * SVM from 0.01, 0.1, 1 and 10, the rounds of AdaBoost from 50, 100 and 200.
 * The one of highest AUC there is kept, of equal ones the smallest.
 */
#ifndef REPORTS_BASELINES_FIT_H
#define REPORTS_BASELINES_FIT_H

#include "examples/reports/baselines/model.h"
#include "runtime/data/texts.h"

enum { FIT_MAX_CHOICES = 4 };

typedef struct FitChoice {
    double setting, auc; /* AUC on validation reports */
} FitChoice;

typedef struct FitChoices {
    FitChoice items[FIT_MAX_CHOICES];
    int count, best;
} FitChoices;

/* The labels of both sets are 0 and 1; both classes must occur in both. */
NndStatus baseline_fit(Baseline *out, FitChoices *choices, BaselineKind kind, bool binary,
                       const NndTexts *train, const NndTexts *valid, NndError *error);

#endif
