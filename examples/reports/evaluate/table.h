/* SPDX-License-Identifier: Apache-2.0
 *
 * The measures of runs. A run is measured at up to three cuts:
 *
 *   natural  the class that its predictions say
 *   valid    the threshold of largest precision + recall on its validation
 *            reports, as it is (nnd_best_cutoff)
 *   oracle   the threshold that is best on the test reports themselves; an
 *            upper bound, not a result
 *
 * Behind the runs of a task, site and system that differ in their seeds only
 * stand their mean, least and largest value of each measure.
 */
#ifndef REPORTS_EVALUATE_TABLE_H
#define REPORTS_EVALUATE_TABLE_H

#include "examples/reports/evaluate/runs.h"

#include <stdio.h>

typedef enum Cut { CUT_NATURAL, CUT_VALID, CUT_ORACLE, CUT_COUNT } Cut;

typedef enum Measure {
    MEASURE_THRESHOLD, /* NaN at the natural cut */
    MEASURE_AUC,       /* NaN without scores */
    MEASURE_ACCURACY,
    MEASURE_PRECISION, /* of class 1 */
    MEASURE_RECALL,
    MEASURE_F1,
    MEASURE_MACRO_PRECISION, /* means over both classes */
    MEASURE_MACRO_RECALL,
    MEASURE_MACRO_F1,
    MEASURE_WEIGHTED_PRECISION, /* the same, weighted by the classes' sizes */
    MEASURE_WEIGHTED_RECALL,
    MEASURE_WEIGHTED_F1,
    MEASURE_COUNT
} Measure;

extern const char *const cut_names[CUT_COUNT];
extern const char *const measure_names[MEASURE_COUNT];

typedef struct Row {
    const Run *run;
    const char *seed; /* the run's, or mean, min, max */
    Cut cut;
    double measures[MEASURE_COUNT];
    bool all_positive; /* the threshold was best where all are called positive: precision is the
                          prevalence */
} Row;

typedef struct Table {
    Row *rows;
    int count;
} Table;

/* Rows in the order of the runs; a system's summary behind its last run. Borrows the runs. */
NndStatus table_build(Table *out, const Runs *runs, NndError *error);
void table_free(Table *table);

/* TSV with a line of names, NA for what there is not; or a JSON array of objects, null for it. */
void table_print(FILE *file, const Table *table);
NndStatus table_print_json(FILE *file, const Table *table, NndError *error);

#endif
