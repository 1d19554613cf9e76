/* SPDX-License-Identifier: Apache-2.0
 *
 * A trained model: a safetensors file whose tensors are the weights (and, in a
 * checkpoint, the optimiser's state) and whose metadata is all else that is
 * needed to run it:
 *
 *   nnd.format     "1"
 *   nnd.model      name of the model in its source
 *   nnd.path       where the source was, for messages
 *   nnd.source     its text
 *   nnd.args       parameters of the model, a line each: name, blank, value
 *   nnd.columns    its targets and inputs (runtime/data/fields.h)
 *   nnd.vocab      words, one a line (runtime/data/vocab.h); texts only
 *   nnd.phrases    phrases of the lexicon, one a line (runtime/data/phrases.h); if the model marks them
 *   nnd.classes.TARGET    names of the classes of a target, one a line
 *   nnd.threshold.TARGET  the score from which class 1 of 2 is predicted
 *   nnd.training   where training stands (compiler/driver/train.c)
 *   nnd.history    one JSON object an epoch, a line each
 *
 * A file without nnd.columns is of an nnd that knew one target and one input: nnd.classes and
 * nnd.threshold are those of the target, and the rest is told by the model's functions.
 */
#ifndef NND_RUNTIME_MODEL_H
#define NND_RUNTIME_MODEL_H

#include "runtime/data/classes.h"
#include "runtime/data/safetensors.h"
#include "runtime/data/vocab.h"
#include "runtime/session.h"

#define NND_MODEL_FORMAT "1"

typedef struct NndModel {
    NndSafetensors *file;
    NndVocab *vocab; /* NULL if there is none */
    NndFields fields; /* of older files: set by nnd_model_bind */
} NndModel;

/* `name` is for errors. Memory is borrowed and must outlive the model. */
/* After a failure there is nothing to free, and freeing does no harm. */
NndStatus nnd_model_open(NndModel *out, const char *path, NndError *error);
NndStatus nnd_model_parse(NndModel *out, const void *data, size_t size, const char *name, NndError *error);
void nnd_model_free(NndModel *model);

/* Binds every weight of the session's function; fails if one is missing or has another shape. */
NndStatus nnd_model_bind(NndModel *model, const NndModuleDesc *module, NndSession *session, NndError *error);

#endif
