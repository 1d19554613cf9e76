/* SPDX-License-Identifier: Apache-2.0
 *
 * Running one function of a module on batches of a data set: from item numbers
 * to axes, argument buffers and result buffers. Inputs and targets are the
 * columns of the data set with their names. Used by training, evaluation,
 * prediction and native programs alike; what really runs (interpreter,
 * compiled code) is behind NndRun.
 *
 * Buffers of inputs, targets and results belong to the session and grow with
 * the largest batch; weights and states are bound by the caller and borrowed.
 */
#ifndef NND_RUNTIME_SESSION_H
#define NND_RUNTIME_SESSION_H

#include "runtime/abi.h"
#include "runtime/data/dataset.h"
#include "runtime/error.h"

typedef NndStatus NndRun(void *engine, const NndFunctionDesc *function, const NndCall *call, NndError *error);

typedef struct NndSession NndSession;

/* `module` is borrowed. Fails if there is no such function, or if it has inputs of a kind that no
 * data set can give: inputs are token ids over one or two ragged axes, marks of the words of such a
 * text, or f32[batch, ...]; targets class[batch] or f32[batch, ...]. */
NndStatus nnd_session_new(NndSession **out, const NndModuleDesc *module, const char *function, NndError *error);
void nnd_session_free(NndSession *session); /* NULL is allowed */

const NndFunctionDesc *nnd_session_function(const NndSession *session);

/* The function's inputs and targets as fields, in order. A function without targets tells none. */
NndStatus nnd_session_fields(NndFields *out, const NndSession *session, NndError *error);

/* Whether an input marks the words that are in phrases of a lexicon. */
bool nnd_session_wants_phrases(const NndSession *session);

/* Encodes the texts of the data set, each as far as its input reads: the limits of its ragged axes. */
NndStatus nnd_session_encode(const NndSession *session, NndDataset *set, const NndVocab *vocab, NndError *error);

/* Binds an argument or a result by position. A bound result is the caller's buffer. */
void nnd_session_bind_arg(NndSession *session, int index, const void *data);
void nnd_session_bind_result(NndSession *session, int index, void *data);

/* Prepares the call for these items of the data set, whose texts are encoded. Two texts that share a
 * ragged axis must have the same lengths. */
NndStatus nnd_session_batch(NndSession *session, const NndDataset *set, const int64_t *items, int64_t count,
                            NndError *error);

/* Runs it. `seed` and `step` drive the random numbers of the function. */
NndStatus nnd_session_run(NndSession *session, NndRun *run, void *engine, NndPool *pool, uint64_t seed, uint64_t step,
                          NndError *error);

/* Of the last run. Elements of a result: nnd_session_result_count. */
const void *nnd_session_result(const NndSession *session, int index);
int64_t nnd_session_result_count(const NndSession *session, int index);
const NndAxis *nnd_session_axes(const NndSession *session);

/* Whether a result tells something of each item: its first axis is the batch, or ragged over it. */
bool nnd_session_result_has_items(const NndSession *session, int index);

/* Of the last run: where the elements of each item begin in such a result. begins: [count + 1]. */
void nnd_session_result_items(int64_t *begins, const NndSession *session, int index, int64_t count);

/* Index of an argument or result by name, or -1. */
int nnd_function_arg(const NndFunctionDesc *function, const char *name);
int nnd_function_result(const NndFunctionDesc *function, const char *name);
const NndFunctionDesc *nnd_module_function(const NndModuleDesc *module, const char *name);

/* Elements of a value whose dimensions are all constant, or -1. */
int64_t nnd_value_static_count(const NndModuleDesc *module, const NndValueDesc *value);

#endif
