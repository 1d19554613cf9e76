/* SPDX-License-Identifier: Apache-2.0
 *
 * Gradients against central differences, in f64, along one random direction in
 * all float arguments.
 */
#ifndef NND_TESTS_DIFF_DIFFERENCES_H
#define NND_TESTS_DIFF_DIFFERENCES_H

#include "compiler/ir/ir.h"

typedef struct Difference {
    double found;    /* by the function that pass_gradient makes */
    double expected; /* by differences at two distances, extrapolated */
    double gap;      /* between the two distances: large at a kink */
    double tolerance;
} Difference;

/* Adds the gradient of `func` (results: a scalar loss first; floats f64) as function "gradient" to its
 * module; give it to difference_at. */
IrFunc *difference_gradient(IrFunc *func);

/* Both derivatives with the extents and data of `seed`, by the interpreter. */
Difference difference_at(Arena *arena, const IrModule *module, const IrFunc *func, const IrFunc *gradient,
                         uint64_t seed);

#endif
