/* SPDX-License-Identifier: Apache-2.0
 *
 * Measures as `nnd-evaluate table` prints them, and which of them stand for a system: those at the
 * threshold that was chosen on validation reports (what the system says by itself, if it has none),
 * as the mean of its seeds (its only run, if there is one).
 */
#ifndef REPORTS_REPORT_RESULTS_H
#define REPORTS_REPORT_RESULTS_H

#include "examples/reports/report/study.h"

typedef enum ResultColumn {
    RESULT_TASK,
    RESULT_SITE,
    RESULT_SYSTEM,
    RESULT_SEED,
    RESULT_CUT,
    RESULT_PRECISION,
    RESULT_RECALL,
    RESULT_F1,
    RESULT_AUC,
    RESULT_ACCURACY,
    RESULT_MACRO_F1,
    RESULT_WEIGHTED_F1,
    RESULT_THRESHOLD,
    RESULT_COLUMNS
} ResultColumn;

const Records *results_read(Study *study, const char *path);

/* How well a record of this cut and seed stands for its system; -1: not at all. */
int results_rank(const char *cut, const char *seed);

/* The records of a task, site and system; -1 where there is none. */
typedef struct Result {
    int mean, low, high;
} Result;

Result results_of(const Records *records, const char *task, const char *site, const char *system);

/* A group of rows of a table: a site of a task. */
typedef struct ResultGroup {
    const char *task, *site, *title;
} ResultGroup;

/* The table of precision, recall, F1 and AUC, and one of the other measures, folded away. */
void results_tables(Study *study, const Records *records, const ResultGroup *groups, int count,
                    const char *caption, const char *kind);

/* F1 of all systems, a mark for each group. */
void results_figure(Study *study, const Records *records, const ResultGroup *groups, int count,
                    const char *caption);

#endif
