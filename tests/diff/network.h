/* SPDX-License-Identifier: Apache-2.0
 *
 * Models of the language with fixed weights, as they are compiled for predictions.
 */
#ifndef NND_TESTS_DIFF_NETWORK_H
#define NND_TESTS_DIFF_NETWORK_H

#include "compiler/engine.h"
#include "tests/diff/call.h"

/* The model of `text`, or NULL after its diagnostics are printed. */
IrModule *network_of(Arena *arena, const char *name, const char *text, OptimisationSet without, bool fused);
/* NULL after what is wrong is printed. */
Engine *network_jit(const IrModule *module);
/* Runs a function with data of its own, weights times `scale`; twice, the second time with what is kept. `out` is to be
 * released. False after what is wrong is printed. */
bool network_run(Engine *jit, PreparedCall *out, Arena *arena, const IrFunc *func, NndPool *pool, uint64_t seed, double scale);
bool network_same_bits(const IrFunc *func, const PreparedCall *a, const PreparedCall *b);

#endif
