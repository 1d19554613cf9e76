/* SPDX-License-Identifier: Apache-2.0
 *
 * Histories of trainings: a JSON object an epoch and line, "epoch" and any numbers, as in the
 * metadata of models and in the history.jsonl of a run. Here each number is a series.
 */
#ifndef NND_RUNTIME_TRAIN_HISTORY_H
#define NND_RUNTIME_TRAIN_HISTORY_H

#include "runtime/data/text.h"
#include "runtime/error.h"

typedef struct NndSeries {
    char *name; /* "train_loss", "valid_auc" */
    double *epochs, *values;
    int count, room;
} NndSeries;

typedef struct NndHistory {
    NndSeries *series;
    int count;
} NndHistory;

/* `name` is for errors. After a failure there is nothing to free. */
NndStatus nnd_history_parse(NndHistory *out, NndText lines, const char *name, NndError *error);
void nnd_history_free(NndHistory *history);

#endif
