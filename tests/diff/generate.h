/* SPDX-License-Identifier: Apache-2.0
 *
 * Random IR programs that are well-typed and well-conditioned, for tests that
 * compare engines, check gradients or read back printed text.
 *
 * A generated module has one function, @main. Its arguments go over free,
 * ragged (two deep), uniform, window and constant dimensions. Every float is
 * of moderate size: operands of log, sqrt, div and pow are kept away from 0,
 * what could grow is squashed. The same seed and options give the same module.
 */
#ifndef NND_TESTS_DIFF_GENERATE_H
#define NND_TESTS_DIFF_GENERATE_H

#include "compiler/ir/ir.h"

typedef struct GenerateOptions {
    NndDType float_type; /* NND_F32 or NND_F64 */
    int steps;           /* how many times an operator is added; 0 = from 4 to 24 */
    bool loss;           /* the first result, "loss", is a scalar that depends on the others */
    bool smooth; /* only what finite differences can follow: no kinks, no choices, no random numbers
                  */
    bool no_scan;
    bool only_float_type; /* no values of the other float type, u8 and i64 */
} GenerateOptions;

IrModule *generate_module(Arena *arena, uint64_t seed, const GenerateOptions *options);

#endif
