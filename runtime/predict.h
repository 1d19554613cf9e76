/* SPDX-License-Identifier: Apache-2.0
 *
 * Predictions for a whole data set, and how they are printed: the same bytes
 * from `nnd predict` and from native programs.
 *
 * The outputs of a model belong to its targets in order: the first output
 * predicts the first target, and so on; further outputs belong to none.
 */
#ifndef NND_RUNTIME_PREDICT_H
#define NND_RUNTIME_PREDICT_H

#include <stdio.h>

#include "runtime/model.h"

/* What one output says of each item: data[begins[i]] .. data[begins[i + 1] - 1]. As many numbers for
 * every item, unless the output has a ragged axis. */
typedef struct NndScores {
    const char *name; /* of the output, borrowed */
    float *data;      /* owned, as all below */
    int64_t *begins;  /* [count + 1] */
    int64_t count, room, item_room;
} NndScores;

/* The scores of all outputs. */
typedef struct NndPrediction {
    NndScores *outputs; /* [output_count], owned */
    int output_count;
    int64_t count;      /* items */
} NndPrediction;

enum { NND_PREDICT_BATCH = 32 };

/* Appends what result `index` of the session's last run says of its `count` items; `name` and `data`
 * may be all zero before. Whole numbers and truth values become f32. */
NndStatus nnd_scores_take(NndScores *scores, const NndSession *session, int index, int64_t count, NndError *error);
void nnd_scores_free(NndScores *scores);

/* Runs a function whose results are the outputs. */
NndStatus nnd_predict(NndPrediction *out, NndSession *session, const NndDataset *set, int64_t batch, NndRun *run,
                      void *engine, NndPool *pool, NndError *error);
void nnd_prediction_free(NndPrediction *prediction);

/* The predicted class: that of the highest score; with two classes and a threshold, class 1 if its
 * score reaches the threshold; with a single score, 1 if it reaches the threshold (or one half). */
int32_t nnd_predicted_class(const NndField *target, const float *scores, int64_t width);

/* A line an item: of each output the class, if it predicts one, and the scores, all parted by TABs.
 * Or a JSON object a line: of one output its class, name and scores; of several an object of such
 * objects, by the outputs' names. */
void nnd_print_predictions(FILE *file, const NndFields *fields, const NndPrediction *prediction, bool json);

#endif
