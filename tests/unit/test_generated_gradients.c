/* SPDX-License-Identifier: Apache-2.0
 *
 * The gradient of random programs, scans included, against central differences.
 */
#include "tests/check.h"
#include "tests/diff/differences.h"
#include "tests/diff/generate.h"

enum { PROGRAMS = 250 };

static void gradients_agree_with_finite_differences(void)
{
    GenerateOptions options = {.float_type = NND_F64, .loss = true, .smooth = true, .only_float_type = true};
    for (unsigned seed = 0; seed < PROGRAMS; seed++) {
        Arena *arena = arena_new();
        IrModule *module = generate_module(arena, seed, &options);
        IrFunc *func = module->funcs.data[0], *gradient = difference_gradient(func);
        char *problem = ir_module_verify(arena, module);
        if (problem)
            printf("seed %u: %s\n", seed, problem);
        CHECK(!problem);
        Difference d = difference_at(arena, module, func, gradient, seed);
        if (!(fabs(d.found - d.expected) <= d.tolerance))
            printf("seed %u: gradient %.12g, differences %.12g\n", seed, d.found, d.expected);
        CHECK(fabs(d.found - d.expected) <= d.tolerance);
        arena_free(arena);
    }
}

int main(void)
{
    gradients_agree_with_finite_differences();
    return test_report();
}
