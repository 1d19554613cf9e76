/* SPDX-License-Identifier: Apache-2.0
 *
 * A list of runs: what a system, trained with a seed, predicted for a task at a
 * site. A line each, fields parted by TABs, # begins a comment:
 *
 *   task  site  system  seed  valid-labels  valid-predictions  test-labels  test-predictions
 *
 * Labels are `0 or 1 TAB text` a line, predictions as in predictions.h. The
 * threshold of a run is chosen on its validation reports; - and - for a system
 * that has none. File names are as the working folder sees them.
 */
#ifndef REPORTS_EVALUATE_RUNS_H
#define REPORTS_EVALUATE_RUNS_H

#include "examples/reports/evaluate/predictions.h"
#include "runtime/data/file.h"
#include "runtime/train/metrics.h"

enum { RUNS_MAX_COUNT = 4096, RUNS_MAX_FILE = 1 << 24 };

typedef struct Run {
    const char *task, *site, *system, *seed; /* into the file */
    const char *valid_labels, *valid_predictions, *test_labels, *test_predictions;
    int line;
} Run;

typedef struct Runs {
    Run *items;
    int count;
    NndFile file;
} Runs;

NndStatus runs_load(Runs *out, const char *path, NndError *error);

/* Takes over `file`, whose data ends with a NUL, also when it fails; `name` is for errors. */
NndStatus runs_parse(Runs *out, NndFile *file, const char *name, NndError *error);
void runs_free(Runs *runs);

/* The labels of a file; all of them 0 or 1. */
typedef struct Labels {
    int64_t count;
    int32_t *items;
} Labels;

NndStatus labels_load(Labels *out, const char *path, NndError *error);
void labels_free(Labels *labels);

/* A run with its predictions in memory. */
typedef struct Outcome {
    Labels labels;
    Predictions test;
    bool has_cutoff;  /* there are scores, and validation reports */
    NndCutoff cutoff; /* the best on them */
} Outcome;

NndStatus outcome_load(Outcome *out, const Run *run, NndError *error);
void outcome_free(Outcome *outcome);

/* decisions: [count] of 0 and 1: by the chosen threshold, or what the predictions say without one.
 */
void outcome_decide(int32_t *decisions, const Outcome *outcome);

#endif
