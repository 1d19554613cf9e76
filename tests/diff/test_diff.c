/* SPDX-License-Identifier: Apache-2.0
 *
 * Interpreter and compiled code give the same numbers for generated programs,
 * forward and backward. The interpreter runs the program as it was generated,
 * the compiler gets it after all passes. A few integers and bools may differ:
 * comparisons of numbers that are nearly the same. In half of the programs weights are fixed.
 *
 *     test_diff [first seed [programs]]
 */
#include <stdlib.h>

#include "compiler/passes/passes.h"
#include "tests/check.h"
#include "tests/diff/engines.h"
#include "tests/diff/generate.h"

enum { PROGRAMS = 600 };

static void add_gradient(IrModule *module)
{
    IrFunc *func = module->funcs.data[0];
    int wrt[256], count = 0;
    for (int i = 0; i < func->arg_count && count < 256; i++)
        if (func->args[i]->type.dtype == NND_F32 || func->args[i]->type.dtype == NND_F64)
            wrt[count++] = i;
    pass_gradient(func, "gradient", 0, wrt, count);
}

static IrModule *make_module(Arena *arena, unsigned seed, bool compiled)
{
    bool loss = seed % 2, frozen = seed % 8 < 4;
    GenerateOptions options = {
        .float_type = seed % 4 < 2 ? NND_F32 : NND_F64, .loss = loss, .only_float_type = loss};
    IrModule *module = generate_module(arena, seed, &options);
    if (loss)
        add_gradient(module);
    for (int i = 0; compiled && frozen && i < module->funcs.count; i++)
        pass_freeze(module->funcs.data[i]);
    if (compiled)
        passes_run(module, &(PassOptions){.fuse = true, .verify_each = seed % 16 == 0});
    return module;
}

static void engines_agree(unsigned seed, NndPool *pool, EngineTally *tally)
{
    Arena *arena = arena_new();
    IrModule *plain = make_module(arena, seed, false), *fused = make_module(arena, seed, true);
    const char *label = arena_printf(arena, "seed %u", seed);
    engines_compare(arena, plain, fused, seed % 3 ? pool : NULL, seed, 1, label, 1e-4, tally);
    arena_free(arena);
}

int main(int argc, char **argv)
{
    unsigned first = argc > 1 ? (unsigned)atoi(argv[1]) : 0, count = argc > 2 ? (unsigned)atoi(argv[2]) : PROGRAMS;
    NndPool *pool;
    NndError error;
    EngineTally tally = {0};
    CHECK_EQ_INT(nnd_pool_new(&pool, 2, &error), NND_OK);
    for (unsigned i = 0; i < count; i++)
        engines_agree(first + i, pool, &tally);
    nnd_pool_free(pool);
    printf("%lld numbers compared, %lld of %lld choices differ\n", tally.compared, tally.flipped, tally.choices);
    CHECK_EQ_INT(tally.wrong, 0);
    CHECK(tally.flipped * 1000 <= tally.choices);
    return test_report();
}
