/* SPDX-License-Identifier: Apache-2.0
 *
 * The trials of a search for hyper-parameters and the folder that holds them:
 *   trials.jsonl    a line for each trial, in the order they were made;
 *   trial-N.model   the model of line N, for trials on the frontier only: no
 *                   other is as good and as small. Whatever the tolerance, the
 *                   chosen trial is one of them;
 *   best.model      the model of the chosen trial.
 */
#ifndef NND_COMPILER_DRIVER_TRIALS_H
#define NND_COMPILER_DRIVER_TRIALS_H

#include "compiler/driver/train.h"
#include "runtime/error.h"

typedef struct Trial {
    int number;           /* its line in trials.jsonl, from 1 */
    const char *settings; /* "filters=50 rate=0.1" */
    TrainResult result;
    double seconds;
} Trial;

typedef struct Trials {
    Arena *arena;
    const char *folder;
    double within; /* the tolerance, in units of the metric */
    VEC(Trial) all;
    const char *log; /* trials.jsonl */
} Trials;

/* A file of the folder. */
const char *trials_file(const Trials *t, const char *name);

/* Reads trials.jsonl if there is one; best.model becomes the choice by `within`. */
NndStatus trials_read(Trials *t, NndError *error);

bool trials_have(const Trials *t, const char *settings);

/* Adds a trial, which gets its number; takes its model, the file `model`. */
NndStatus trials_add(Trials *t, Trial trial, const char *model, NndError *error);

/* The trial of least memory among those whose metric is within the tolerance of the best; of
 * several the one of the better metric, then the earlier. NULL if there are no trials. */
const Trial *trials_chosen(const Trials *t);

bool trials_on_frontier(const Trials *t, const Trial *trial);

/* Bytes of weights and of the plan of a training step. */
double trial_memory(const Trial *trial);

/* The trial as in trials.jsonl, without the end of line. */
const char *trial_json(Arena *arena, const Trial *trial);

#endif
