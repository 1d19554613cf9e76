/* SPDX-License-Identifier: Apache-2.0
 *
 * Optimisations have names, so that each can be switched off: to measure what
 * it is worth, and to test that results do not depend on it. The table is
 * optimisations.def. A module carries the set of those that it is compiled
 * without (IrModule.without); passes and code generation ask it.
 */
#ifndef NND_COMPILER_OPTIMISATIONS_H
#define NND_COMPILER_OPTIMISATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum Optimisation {
#define OPTIMISATION(member, name, meaning) OPTIMISE_##member,
#include "compiler/optimisations.def"
    OPTIMISATION_COUNT
} Optimisation;
_Static_assert(OPTIMISATION_COUNT <= 64, "a set of optimisations is a word of 64 bits");

typedef uint64_t OptimisationSet; /* bit i: optimisation i */

static inline OptimisationSet optimisation_set(Optimisation optimisation)
{
    return (OptimisationSet)1 << optimisation;
}
static inline bool optimisation_in(OptimisationSet set, Optimisation optimisation)
{
    return set >> optimisation & 1;
}
OptimisationSet optimisation_all(void);

const char *optimisation_name(Optimisation optimisation);
const char *optimisation_meaning(Optimisation optimisation); /* one line for the manual */

/* Adds the optimisations of a list like "tiles,rows", or "all", to `out`. If a name is unknown,
 * returns where it begins in `list` and its length in `length`, and adds nothing; else NULL. */
const char *optimisation_parse(const char *list, OptimisationSet *out, size_t *length);

#endif
