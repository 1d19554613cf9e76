/* SPDX-License-Identifier: Apache-2.0
 *
 * Running one function of a module on batches of a data set: from item numbers
 * to axes, argument buffers and result buffers. Used by training, evaluation,
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
 * data set can give (NndDataKind: token ids over one ragged axis, or dense f32). */
NndStatus nnd_session_new(NndSession **out, const NndModuleDesc *module, const char *function, NndError *error);
void nnd_session_free(NndSession *session); /* NULL is allowed */

const NndFunctionDesc *nnd_session_function(const NndSession *session);

/* What kind of data the function's inputs want. */
NndDataKind nnd_session_data_kind(const NndSession *session);

/* Whether an input marks the words that are in phrases of a lexicon. */
bool nnd_session_wants_phrases(const NndSession *session);

/* What the model reads of a text at most: the limits of its ragged axes. */
NndTextLimits nnd_session_text_limits(const NndSession *session);

/* Binds an argument or a result by position. A bound result is the caller's buffer. */
void nnd_session_bind_arg(NndSession *session, int index, const void *data);
void nnd_session_bind_result(NndSession *session, int index, void *data);

/* Prepares the call for these items of the data set. */
NndStatus nnd_session_batch(NndSession *session, const NndDataset *set, const int64_t *items, int64_t count,
                            NndError *error);

/* Runs it. `seed` and `step` drive the random numbers of the function. */
NndStatus nnd_session_run(NndSession *session, NndRun *run, void *engine, NndPool *pool, uint64_t seed, uint64_t step,
                          NndError *error);

/* Of the last run. Elements of a result: nnd_session_result_count. */
const void *nnd_session_result(const NndSession *session, int index);
int64_t nnd_session_result_count(const NndSession *session, int index);
const NndAxis *nnd_session_axes(const NndSession *session);

/* Index of an argument or result by name, or -1. */
int nnd_function_arg(const NndFunctionDesc *function, const char *name);
int nnd_function_result(const NndFunctionDesc *function, const char *name);
const NndFunctionDesc *nnd_module_function(const NndModuleDesc *module, const char *name);

/* Elements of a value whose dimensions are all constant, or -1. */
int64_t nnd_value_static_count(const NndModuleDesc *module, const NndValueDesc *value);

#endif
