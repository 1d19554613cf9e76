/* SPDX-License-Identifier: Apache-2.0
 *
 * Training: the state of it, one epoch after the other, and checkpoints from
 * which it goes on to the very same weights.
 */
#ifndef NND_COMPILER_DRIVER_TRAINER_H
#define NND_COMPILER_DRIVER_TRAINER_H

#include "compiler/driver/evaluate.h"
#include "compiler/driver/weights.h"

/* Where training stands; all of it is in a checkpoint (thresholds as those of a model). */
typedef struct TrainState {
    int64_t iteration;      /* batches done */
    int64_t validated;      /* of these, at the last validation */
    int64_t stale;          /* validations since the best one */
    double loss_sum;        /* since the last validation, by items */
    double best_metric;
    int64_t best_iteration; /* -1: none yet */
    double *thresholds;     /* of the best validation, by field; NaN: none */
} TrainState;

typedef struct Trainer {
    Unit unit;
    const Options *options;
    const Recipe *recipe;
    const Source *source;
    Slots slots;
    NndSession *step, *eval;
    NndFields fields;         /* the model's, with the classes of the training data */
    NndDataset train, valid;  /* valid.count == 0: part of `train` is held out */
    NndSplit split;           /* item numbers of `train`; its test items are for trainer_test */
    NndVocab *vocab;
    TrainState state;
    const char *history;      /* JSON lines */
    int64_t timed_steps;      /* done by this process since the last validation */
    double timed_seconds;     /* what these took */
    int64_t settled;          /* the iteration after which all rows were brought up to date last */
    const char *out_path;
    const char *run_folder;   /* where history and curves go after each validation, or NULL */
} Trainer;

/* Trains up to `recipe->epochs`; writes checkpoints beside `out_path` and the model at the end. */
NndStatus trainer_run(Trainer *t, NndError *error);

int64_t trainer_batches(const Trainer *t);                   /* of an epoch */
double trainer_epoch(const Trainer *t, int64_t iteration);   /* how many epochs that is */

/* How the best weights do on the test items, with the thresholds that go with them. */
NndStatus trainer_test(Trainer *t, Evaluation *out, NndError *error);

/* The metric by which the best weights are chosen: that of early stopping, else accuracy or loss;
 * "epoch" without validation data. */
const char *trainer_metric(const Trainer *t);
bool trainer_metric_is_negated(const Trainer *t, const char *name); /* the smaller the better */

/* ---- settle.c ---- */
/* Brings rows up to date that steps have left behind, if that has not just been done; before anything but a
 * step reads the weights. Counts as time of the steps. */
NndStatus trainer_settle(Trainer *t, NndError *error);

/* ---- checkpoint.c ---- */
NndStatus checkpoint_save(Trainer *t, NndError *error);
/* Fails if the checkpoint is of another model, data or seed. */
NndStatus checkpoint_load(Trainer *t, NndError *error);
NndStatus model_save(Trainer *t, NndError *error);
const char *checkpoint_path(const Trainer *t);

/* ---- run_folder.c ---- */
/* Makes the folder, with a copy of the source. */
NndStatus run_folder_begin(const Trainer *t, NndError *error);
/* history.jsonl and curves.html as of now. */
NndStatus run_folder_update(const Trainer *t, NndError *error);

/* Function `step` of the module: gradients and update in one (compiler/driver/step.c). */
bool step_build(Unit *unit, const Recipe *recipe);

#endif
