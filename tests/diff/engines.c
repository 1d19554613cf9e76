/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/diff/engines.h"

#include <math.h>
#include <stdio.h>

#include "compiler/codegen/jit.h"
#include "compiler/interp/interp.h"
#include "tests/diff/native.h"

static bool is_close(double found, double expected, double tolerance)
{
    if (isnan(expected) || isinf(expected))
        return isnan(found) == isnan(expected) && (isnan(found) || found == expected);
    return fabs(found - expected) <= tolerance * fmax(1, fabs(expected));
}

void engines_compare_results(const IrFunc *func, const PreparedCall *found, const PreparedCall *expected,
                             const char *label, double tolerance, EngineTally *tally)
{
    enum { SHOWN = 3 };
    int shown = 0;
    for (int r = 0; r < func->body->yield_count; r++) {
        NndDType dtype = func->body->yields[r]->type.dtype;
        bool real = dtype == NND_F32 || dtype == NND_F64;
        for (int64_t i = 0; i < expected->counts[r]; i++) {
            double a = call_element(dtype, found->results[r], i), b = call_element(dtype, expected->results[r], i);
            tally->compared++;
            tally->choices += !real;
            if (real ? is_close(a, b, dtype == NND_F32 ? tolerance : 1e-9) : a == b)
                continue;
            tally->wrong += real;
            tally->flipped += !real;
            if (shown++ < SHOWN)
                printf("%s, @%s, result %d (%s), element %lld: %.17g, expected %.17g\n", label, func->name, r,
                       func->result_names[r], (long long)i, a, b);
        }
    }
}

static void run_both(Arena *arena, const IrModule *plain, const IrModule *fused, Engine *interp, Engine *jit,
                     NndPool *pool, uint64_t seed, const char *label, double tolerance, EngineTally *tally)
{
    NndError error;
    jit->forget(jit); /* weights are others than before */
    for (int i = 0; i < plain->funcs.count; i++) {
        const IrFunc *func = plain->funcs.data[i];
        PreparedCall expected, found;
        if (call_prepare(&expected, arena, func, pool, seed, &error) ||
            call_prepare(&found, arena, fused->funcs.data[i], pool, seed, &error) ||
            interp->run(interp, func->name, &expected.call, &error) ||
            jit->run(jit, func->name, &found.call, &error) ||
            jit->run(jit, func->name, &found.call, &error)) /* with what the first call has kept */
            NND_BUG("%s: %s", label, error.text);
        engines_compare_results(func, &found, &expected, label, tolerance, tally);
        call_release(&expected);
        call_release(&found);
    }
}

void engines_compare_with(Engine *engine, Arena *arena, const IrModule *plain, const IrModule *fused, NndPool *pool,
                          uint64_t seed, int seeds, const char *label, double tolerance, EngineTally *tally)
{
    NndError error;
    Engine *interp;
    if (interp_engine_new(&interp, plain, &error))
        NND_BUG("%s: %s", label, error.text);
    for (int i = 0; i < seeds; i++)
        run_both(arena, plain, fused, interp, engine, pool, seed + (uint64_t)i, label, tolerance, tally);
    interp->free(interp);
}

void engines_compare(Arena *arena, const IrModule *plain, const IrModule *fused, NndPool *pool, uint64_t seed, int seeds,
                     const char *label, double tolerance, EngineTally *tally)
{
    NndError error;
    Engine *jit;
    if (jit_engine_new(&jit, fused, NULL, &error))
        NND_BUG("%s: %s", label, error.text);
    engines_compare_with(jit, arena, plain, fused, pool, seed, seeds, label, tolerance, tally);
    jit->free(jit);
}

void engines_compare_native(Arena *arena, const IrModule *plain, const IrModule *fused, NndPool *pool, uint64_t seed,
                            int seeds, const char *label, double tolerance, EngineTally *tally)
{
    NndError error;
    Engine *native;
    if (native_engine_new(&native, fused, &error))
        NND_BUG("%s: %s", label, error.text);
    engines_compare_with(native, arena, plain, fused, pool, seed, seeds, label, tolerance, tally);
    native->free(native);
}
