/* SPDX-License-Identifier: Apache-2.0
 *
 * One system against each other one that ran for the same task, site and seed
 * on the same test reports: what each decides at its cut (the threshold chosen
 * on validation reports, or the class that it says), its F1, its AUC. Systems
 * without seeds (rules; their seed is -) are compared with every seed.
 */
#ifndef REPORTS_EVALUATE_COMPARE_H
#define REPORTS_EVALUATE_COMPARE_H

#include "examples/reports/evaluate/runs.h"
#include "examples/reports/evaluate/significance.h"

#include <stdio.h>

typedef struct CompareOptions {
    const char *system;
    int resamples;
    uint64_t seed;
} CompareOptions;

typedef enum TestKind { TEST_MCNEMAR, TEST_BOOTSTRAP, TEST_DELONG, TEST_COUNT } TestKind;

typedef struct Comparison {
    const Run *a, *b;
    McNemar mcnemar;
    double f1_a, f1_b;
    Bootstrap bootstrap;
    DeLong delong; /* NaN if one has no scores */
    double p[TEST_COUNT];
    double holm[TEST_COUNT]; /* adjusted over all comparisons */
} Comparison;

typedef struct Comparisons {
    Comparison *items;
    int count, room;
} Comparisons;

/* In the order of the runs. That the system has no opponent is an error. Borrows the runs. */
NndStatus compare_runs(Comparisons *out, const Runs *runs, const CompareOptions *options,
                       NndError *error);
void comparisons_free(Comparisons *comparisons);

/* TSV with a line of names, NA for what there is not; or a JSON array of objects, null for it. */
void comparisons_print(FILE *file, const Comparisons *comparisons);
NndStatus comparisons_print_json(FILE *file, const Comparisons *comparisons, NndError *error);

#endif
