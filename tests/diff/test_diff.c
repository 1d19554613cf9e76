/* SPDX-License-Identifier: Apache-2.0
 *
 * Interpreter and compiled code give the same numbers for generated programs,
 * forward and backward. The interpreter runs the program as it was generated,
 * the compiler gets it after all passes.
 *
 * Tolerance: sums are taken in another order, so 1e-4 (f32) or 1e-9 (f64) of
 * the number or of 1, whatever is larger. Integers and bools are equal but for
 * a few (comparisons of numbers that are nearly the same).
 *
 *     test_diff [first seed [programs]]
 */
#include <stdlib.h>

#include "compiler/codegen/jit.h"
#include "compiler/interp/interp.h"
#include "compiler/passes/passes.h"
#include "runtime/pool.h"
#include "tests/check.h"
#include "tests/diff/call.h"
#include "tests/diff/generate.h"

enum { PROGRAMS = 600 };

static long long compared, choices, flipped;

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
    bool loss = seed % 2;
    GenerateOptions options = {.float_type = seed % 4 < 2 ? NND_F32 : NND_F64, .loss = loss, .only_float_type = loss};
    IrModule *module = generate_module(arena, seed, &options);
    if (loss)
        add_gradient(module);
    if (compiled)
        passes_run(module, &(PassOptions){.fuse = true, .verify_each = seed % 16 == 0});
    return module;
}

static bool is_close(NndDType dtype, double found, double expected)
{
    double tolerance = dtype == NND_F32 ? 1e-4 : 1e-9;
    if (isnan(expected) || isinf(expected))
        return isnan(found) == isnan(expected) && (isnan(found) || found == expected);
    return fabs(found - expected) <= tolerance * fmax(1, fabs(expected));
}

static void compare(const IrFunc *func, const PreparedCall *found, const PreparedCall *expected, unsigned seed)
{
    int shown = 0;
    for (int r = 0; r < func->body->yield_count; r++) {
        NndDType dtype = func->body->yields[r]->type.dtype;
        bool real = dtype == NND_F32 || dtype == NND_F64;
        for (int64_t i = 0; i < expected->counts[r]; i++) {
            double a = call_element(dtype, found->results[r], i), b = call_element(dtype, expected->results[r], i);
            compared++;
            choices += !real;
            flipped += !real && a != b;
            if (real ? is_close(dtype, a, b) : a == b)
                continue;
            if (shown++ < 3)
                printf("seed %u, @%s, result %d (%s), element %lld: %.17g, expected %.17g\n", seed, func->name, r,
                       func->result_names[r], (long long)i, a, b);
            CHECK(!real);
        }
    }
}

static void run_both(Arena *arena, const IrModule *plain, const IrModule *fused, Engine *interp, Engine *jit,
                     NndPool *pool, unsigned seed)
{
    NndError error;
    for (int i = 0; i < plain->funcs.count; i++) {
        const IrFunc *func = plain->funcs.data[i];
        PreparedCall expected, found;
        CHECK_EQ_INT(call_prepare(&expected, arena, func, pool, seed, &error), NND_OK);
        CHECK_EQ_INT(call_prepare(&found, arena, fused->funcs.data[i], pool, seed, &error), NND_OK);
        CHECK_EQ_INT(interp->run(interp, func->name, &expected.call, &error), NND_OK);
        CHECK_EQ_INT(jit->run(jit, func->name, &found.call, &error), NND_OK);
        compare(func, &found, &expected, seed);
        call_release(&expected);
        call_release(&found);
    }
}

static void engines_agree(unsigned seed, NndPool *pool)
{
    Arena *arena = arena_new();
    NndError error;
    Engine *interp, *jit;
    IrModule *plain = make_module(arena, seed, false), *fused = make_module(arena, seed, true);
    CHECK_EQ_INT(interp_engine_new(&interp, plain, &error), NND_OK);
    NndStatus status = jit_engine_new(&jit, fused, NULL, &error);
    CHECK_EQ_INT(status, NND_OK);
    if (!status) {
        run_both(arena, plain, fused, interp, jit, seed % 3 ? pool : NULL, seed);
        jit->free(jit);
    } else {
        printf("seed %u: %s\n", seed, error.text);
    }
    interp->free(interp);
    arena_free(arena);
}

int main(int argc, char **argv)
{
    unsigned first = argc > 1 ? (unsigned)atoi(argv[1]) : 0, count = argc > 2 ? (unsigned)atoi(argv[2]) : PROGRAMS;
    NndPool *pool;
    NndError error;
    CHECK_EQ_INT(nnd_pool_new(&pool, 2, &error), NND_OK);
    for (unsigned i = 0; i < count; i++)
        engines_agree(first + i, pool);
    nnd_pool_free(pool);
    printf("%lld numbers compared, %lld of %lld choices differ\n", compared, flipped, choices);
    CHECK(flipped * 1000 <= choices);
    return test_report();
}
