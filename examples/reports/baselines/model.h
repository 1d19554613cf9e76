/* SPDX-License-Identifier: Apache-2.0
 *
 * A trained baseline and its file, which is text, UTF-8, fields parted by TABs:
 *
 *   reports-baseline TAB 1
 *   svm|adaboost TAB binary|count TAB C or rounds
 *   svm:       #bias TAB number, then a line a word: word TAB weight
 *   adaboost:  a line a stump: word TAB threshold TAB class if the word occurs
 *              less often TAB class if it occurs that often TAB vote
 *   #end TAB number of those lines
 *
 * Numbers are written so that reading gives the same bits. A file that is not
 * exactly like this is refused with the line.
 */
#ifndef REPORTS_BASELINES_MODEL_H
#define REPORTS_BASELINES_MODEL_H

#include "examples/reports/baselines/adaboost.h"
#include "examples/reports/baselines/svm.h"

typedef enum BaselineKind { BASELINE_SVM, BASELINE_ADABOOST } BaselineKind;

enum { BASELINE_MAX_ROUNDS = 10000, BASELINE_MAX_FILE = 1 << 24 };

typedef struct Baseline {
    BaselineKind kind;
    bool binary;
    double setting;        /* C, or the number of rounds that were wanted */
    Vocabulary vocabulary; /* of a read AdaBoost: the words that its stumps ask for */
    double *weights;       /* SVM: [words + 1], the bias last */
    Stump *stumps;         /* AdaBoost: [stump_count] */
    int stump_count;
} Baseline;

extern const char *const baseline_kinds[2]; /* names, by BaselineKind */

void baseline_free(Baseline *baseline);

/* > 0: class 1. */
double baseline_score(const Baseline *baseline, const Bag *bag, int64_t row);

NndStatus baseline_save(const Baseline *baseline, const char *path, NndError *error);
NndStatus baseline_load(Baseline *out, const char *path, NndError *error);

/* `name` is for errors, which begin with "name:line: ". */
NndStatus baseline_parse(Baseline *out, NndText text, const char *name, NndError *error);

#endif
