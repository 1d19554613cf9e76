/* SPDX-License-Identifier: Apache-2.0
 *
 * A module in the interpreter and in the JIT, with the same data.
 */
#ifndef NND_TESTS_DIFF_ENGINES_H
#define NND_TESTS_DIFF_ENGINES_H

#include "compiler/ir/ir.h"
#include "runtime/pool.h"
#include "tests/diff/call.h"

typedef struct EngineTally {
    long long compared;         /* numbers */
    long long wrong;            /* floats that are not close */
    long long choices, flipped; /* integers and bools, and how many of them differ */
} EngineTally;

/* Runs every function of `plain` interpreted, and that of the same place of `fused` (a module like
 * `plain`, after the passes) compiled, and adds to `tally`. Sums are taken in another order, so
 * floats may differ by `tolerance` (f32) or 1e-9 (f64) of the number or of 1, whatever is larger.
 * Prints the first numbers that differ, with `label`. `pool` may be NULL. They run on the data of `seeds` seeds, from
 * `seed` on, and are compiled once. */
void engines_compare(Arena *arena, const IrModule *plain, const IrModule *fused, NndPool *pool, uint64_t seed, int seeds,
                     const char *label, double tolerance, EngineTally *tally);

/* The same with an engine that was made of `fused` and goes on being the caller's. */
void engines_compare_with(Engine *engine, Arena *arena, const IrModule *plain, const IrModule *fused, NndPool *pool,
                          uint64_t seed, int seeds, const char *label, double tolerance, EngineTally *tally);

/* The same with the code of native programs in place of the JIT's. */
void engines_compare_native(Arena *arena, const IrModule *plain, const IrModule *fused, NndPool *pool, uint64_t seed,
                            int seeds, const char *label, double tolerance, EngineTally *tally);

/* The same for two calls of `func` that were run. */
void engines_compare_results(const IrFunc *func, const PreparedCall *found, const PreparedCall *expected,
                             const char *label, double tolerance, EngineTally *tally);

#endif
