/* SPDX-License-Identifier: Apache-2.0
 *
 * Programs of contractions in the interpreter and in the JIT, compared within
 * what rounding can do: a sum of K products, in whatever order, is off by at
 * most K units in the last place of the sum of their absolute values.
 *
 * Buffers of arguments and results end, or begin, at a page that must not be
 * touched.
 */
#ifndef NND_TESTS_DIFF_BOUNDED_H
#define NND_TESTS_DIFF_BOUNDED_H

#include "compiler/engine.h"
#include "runtime/axes.h"
#include "runtime/pool.h"

typedef struct Bounded {
    Arena *arena;
    const char *label;
    IrModule *module; /* functions "main" and "bound": the sums of absolute values */
    Engine *interp, *jit;
    long long compared, wrong;
} Bounded;

/* `text` is a module whose function "main" contracts what is moved or computed exactly, and no
 * more than adds and moves the results. It is fused as it is. False (and told) if it is not well
 * formed. */
bool bounded_open(Bounded *out, Arena *arena, const char *label, const char *text);
void bounded_close(Bounded *b);

/* One call; `given` has an entry for each dimension of the module, `pool` may be NULL. */
void bounded_run(Bounded *b, const NndExtent *given, NndPool *pool, uint64_t seed);

#endif
