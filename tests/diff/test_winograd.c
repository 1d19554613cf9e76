/* SPDX-License-Identifier: Apache-2.0
 *
 * What convolutions by transformed tiles (codegen/winograd.h) lose by rounding: results of compiled code in f32 against the
 * interpreter's in f64, with the same numbers, as a share of the largest result; beside it what the definition loses.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compiler/codegen/jit.h"
#include "compiler/interp/interp.h"
#include "compiler/ir/lower.h"
#include "compiler/passes/passes.h"
#include "lang/diag.h"
#include "lang/program.h"
#include "tests/check.h"
#include "tests/diff/call.h"
#include "tests/diff/same_code.h"

static const char source[] =
    "use std.conv\n"
    "model M {\n"
    "    input image : f32[batch, 8, 16, 16]\n"
    "    maps = image |> Conv2d(%d, size = 1, bias = false)\n" /* has channels last, which patches are made of */
    "    output r = maps |> Conv2d(64, size = %d, pad = \"same\", bias = false)\n"
    "}\n";

enum { SEED = 3 };

static IrModule *convolution(Arena *arena, int channels, int size, NndDType dtype, OptimisationSet without)
{
    Diags *diags = diags_new(arena);
    const char *text = arena_printf(arena, source, channels, size);
    Program *program = program_check(arena, source_new(arena, "winograd", text, strlen(text)), NULL, NULL, 0, 0, diags);
    IrModule *module = program ? lower_program(arena, program, dtype, diags) : NULL;
    CHECK(module);
    if (!module) {
        diags_print(diags, (DiagStyle){0}, stdout);
        return NULL;
    }
    module->without = without;
    if (dtype == NND_F32)
        passes_run(module, &(PassOptions){.fuse = true});
    return module;
}

static void run(Engine *engine, const IrFunc *func, const PreparedCall *call)
{
    NndError error;
    CHECK_EQ_INT(engine->run(engine, func->name, &call->call, &error), NND_OK);
    engine->free(engine);
}

static Engine *engine_of(const IrModule *module, bool compiled)
{
    NndError error;
    Engine *engine = NULL;
    CHECK_EQ_INT(compiled ? jit_engine_new(&engine, module, NULL, &error) : interp_engine_new(&engine, module, &error), NND_OK);
    return engine;
}

/* The numbers of the other call, in f64. */
static void widen_arguments(const IrFunc *func, PreparedCall *to, const PreparedCall *from)
{
    for (int i = 0; i < func->arg_count; i++) {
        int64_t count = call_count(&func->args[i]->type, from->call.axes);
        for (int64_t k = 0; k < count; k++)
            ((double *)(uintptr_t)to->call.args[i])[k] = (double)((const float *)from->call.args[i])[k];
    }
}

/* Largest distance from the exact results, as a share of the largest of these. */
static double error_of(const PreparedCall *found, const PreparedCall *exact)
{
    const float *x = found->results[0];
    const double *y = exact->results[0];
    double most = 0, largest = 0;
    for (int64_t i = 0; i < exact->counts[0]; i++) {
        most = fmax(most, fabs((double)x[i] - y[i]));
        largest = fmax(largest, fabs(y[i]));
    }
    return most / largest;
}

static void prepare(PreparedCall *call, Arena *arena, const IrModule *module)
{
    NndError error;
    CHECK_EQ_INT(call_prepare(call, arena, module->funcs.data[0], NULL, SEED, &error), NND_OK);
}

static void transformed_tiles_lose_little_more_than_the_definition(int channels, int size)
{
    Arena *arena = arena_new();
    const OptimisationSet winograd = (OptimisationSet)1 << OPTIMISE_WINOGRAD;
    IrModule *wide = convolution(arena, channels, size, NND_F64, 0), *tiles = convolution(arena, channels, size, NND_F32, 0);
    IrModule *plain = convolution(arena, channels, size, NND_F32, winograd);
    PreparedCall exact, found, defined;
    CHECK(!same_code(tiles, plain));
    prepare(&exact, arena, wide);
    prepare(&found, arena, tiles);
    prepare(&defined, arena, plain);
    widen_arguments(wide->funcs.data[0], &exact, &found);
    run(engine_of(wide, false), wide->funcs.data[0], &exact);
    run(engine_of(tiles, true), tiles->funcs.data[0], &found);
    run(engine_of(plain, true), plain->funcs.data[0], &defined);
    double error = error_of(&found, &exact), usual = error_of(&defined, &exact);
    printf("%d x %d, %3d channels: %.2g of the largest result, the definition %.2g\n", size, size, channels, error, usual);
    CHECK(usual > 0);
    CHECK(error < 5e-6);
    CHECK(error < 1.5 * usual);
    call_release(&exact);
    call_release(&found);
    call_release(&defined);
    arena_free(arena);
}

int main(void)
{
    static const int channels[] = {32, 64, 128, 256};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
        for (int size = 3; size <= 5; size += 2)
            transformed_tiles_lose_little_more_than_the_definition(channels[i], size);
    return test_report();
}
