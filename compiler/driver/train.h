/* SPDX-License-Identifier: Apache-2.0
 *
 * One training from its options to the model file: what `nnd train` does, and
 * `nnd tune` again and again.
 */
#ifndef NND_COMPILER_DRIVER_TRAIN_H
#define NND_COMPILER_DRIVER_TRAIN_H

#include "compiler/driver/command.h"
#include "runtime/data/dataset.h"

typedef struct TrainOptions {
    Options common;
    const char *train, *valid, *phrases, *run_folder;
    double hold_out;       /* < 0: the recipe's */
    int64_t epochs, batch; /* 0: the recipe's */
    double rate;           /* 0: the recipe's */
    int64_t min_count, max_vocab;
    bool resume;
    NndFold fold;          /* the part of the data to test on, if there is one */
    const char *threshold; /* of that test, as for eval, or NULL */
} TrainOptions;

typedef struct NamedValue {
    const char *name; /* "accuracy", or "topic.accuracy" if there are several targets */
    double value;
} NamedValue;

typedef struct TrainResult {
    char metric_name[64]; /* "valid.auc" */
    double metric;        /* of the best validation, as it is told */
    double score;         /* the larger the better */
    int64_t epoch;        /* the best validation's, from 1 */
    int64_t weights;      /* numbers in them */
    int64_t memory;       /* bytes of the compiler's plan for a training step: values, without weights */
    int64_t test_items;
    VEC(NamedValue) test; /* how the best weights do on the fold; in the training's arena */
} TrainResult;

/* Numbers of the long options; those of a command that has them too begin at OPT_TRAIN_END. */
enum {
    OPT_TRAIN = OPTION_OWN, OPT_VALID, OPT_EPOCHS, OPT_BATCH, OPT_RATE, OPT_RESUME, OPT_MIN_COUNT, OPT_MAX_VOCAB,
    OPT_PHRASES, OPT_RUN, OPT_TRAIN_END
};

/* What both commands know. */
#define TRAIN_LONG_OPTIONS                                                                         \
    {"train", required_argument, NULL, OPT_TRAIN}, {"valid", required_argument, NULL, OPT_VALID},  \
        {"epochs", required_argument, NULL, OPT_EPOCHS},                                           \
        {"batch", required_argument, NULL, OPT_BATCH}, {"rate", required_argument, NULL, OPT_RATE}, \
        {"min-count", required_argument, NULL, OPT_MIN_COUNT},                                     \
        {"max-vocab", required_argument, NULL, OPT_MAX_VOCAB},                                     \
        {"phrases", required_argument, NULL, OPT_PHRASES}, WEIGHTS_LONG_OPTIONS

void train_options_init(TrainOptions *o, Arena *arena);

/* As option_common. */
int train_option(const Command *command, TrainOptions *o, int option);

/* Trains the model file `path`, writes it to o->common.output. `result` may be NULL. The exit
 * status; what went wrong is told. */
int train_model(const TrainOptions *o, const char *path, Arena *arena, TrainResult *result);

#endif
