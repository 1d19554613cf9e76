/* SPDX-License-Identifier: Apache-2.0
 *
 * Predictions for a whole data set, and how they are printed: the same bytes
 * from `nnd predict` and from native programs.
 */
#ifndef NND_RUNTIME_PREDICT_H
#define NND_RUNTIME_PREDICT_H

#include <stdio.h>

#include "runtime/model.h"

/* Scores of the model's first output: [count, width]. */
typedef struct NndScores {
    float *data; /* owned */
    int64_t count, width;
} NndScores;

enum { NND_PREDICT_BATCH = 32 };

/* `session` is of a function whose result `output` has the items as its first axis. */
NndStatus nnd_predict(NndScores *out, NndSession *session, int output, const NndDataset *set, int64_t batch, NndRun *run,
                      void *engine, NndPool *pool, NndError *error);
void nnd_scores_free(NndScores *scores);

/* The predicted class: that of the highest score; with two classes and a threshold, class 1 if its
 * score reaches the threshold; with a single score, 1 if it reaches the threshold (or one half). */
int32_t nnd_predicted_class(const NndModel *model, const float *scores, int64_t width);

/* A line an item: class TAB score TAB score ...; or a JSON object a line. A model without classes,
 * as an autoencoder, has its numbers alone. */
void nnd_print_predictions(FILE *file, const NndModel *model, const NndScores *scores, bool json);

#endif
