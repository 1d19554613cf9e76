/* SPDX-License-Identifier: Apache-2.0
 *
 * Results do not depend on optimisations: generated programs of the IR and of
 * the language, forward and backward, and the predictions of every example give
 * the same numbers interpreted and compiled without one of them, or without all.
 * The weights of examples are fixed.
 *
 *     test_without NAME      a row of compiler/optimisations.def, or `all`
 */
#include <stdio.h>

#include "compiler/codegen/jit.h"
#include "compiler/interp/interp.h"
#include "compiler/ir/lower.h"
#include "compiler/passes/passes.h"
#include "lang/diag.h"
#include "lang/embedded.h"
#include "lang/program.h"
#include "runtime/pool.h"
#include "tests/check.h"
#include "tests/diff/call.h"
#include "tests/diff/differences.h"
#include "tests/diff/engines.h"
#include "tests/diff/generate.h"
#include "tests/diff/generate_source.h"

enum { IR_PROGRAMS = 24, SOURCE_PROGRAMS = 6 };

typedef struct Without {
    const char *name;
    OptimisationSet set;
    NndPool *pool;
    EngineTally tally;
} Without;

static void run_passes(const Without *w, IrModule *module)
{
    module->without = w->set;
    passes_run(module, &(PassOptions){.fuse = true, .verify_each = true});
}

/* ---- programs of the IR: those of odd seeds have a loss ---- */

static IrModule *generate(Arena *arena, unsigned seed)
{
    GenerateOptions options = {.float_type = seed % 4 < 2 ? NND_F32 : NND_F64, .loss = seed % 2, .only_float_type = seed % 2};
    IrModule *module = generate_module(arena, seed, &options);
    int wrt[64], count = 0;
    IrFunc *func = module->funcs.data[0];
    for (int i = 0; i < func->arg_count && count < 64; i++)
        if (func->args[i]->type.dtype == options.float_type)
            wrt[count++] = i;
    if (options.loss)
        pass_gradient(func, "gradient", 0, wrt, count);
    return module;
}

static void generated_programs_agree(Without *w)
{
    for (unsigned seed = 5000; seed < 5000 + IR_PROGRAMS; seed++) {
        Arena *arena = arena_new();
        IrModule *plain = generate(arena, seed), *fused = generate(arena, seed);
        run_passes(w, fused);
        engines_compare(arena, plain, fused, w->pool, seed, 1, arena_printf(arena, "without %s, seed %u", w->name, seed),
                        1e-4, &w->tally);
        arena_free(arena);
    }
}

/* ---- programs of the language ---- */

static IrModule *lower(Arena *arena, const char *label, const char *text, NndDType float_type)
{
    enum { WORDS = 1000 }; /* in a vocabulary whose size is not stated */
    Diags *diags = diags_new(arena);
    Program *program = program_check(arena, source_new(arena, label, text, strlen(text)), NULL, NULL, 0, WORDS, diags);
    IrModule *module = program ? lower_program(arena, program, float_type, diags) : NULL;
    if (!module)
        diags_print(diags, DIAG_PLAIN, stdout);
    CHECK(module != NULL);
    return module;
}

static IrModule *with_gradient(Arena *arena, const char *label, const char *text)
{
    IrModule *module = lower(arena, label, text, NND_F64);
    if (module)
        difference_gradient(ir_module_func(module, "loss"));
    return module;
}

static void generated_sources_agree(Without *w)
{
    for (unsigned seed = 7000; seed < 7000 + SOURCE_PROGRAMS; seed++) {
        Arena *arena = arena_new();
        const char *label = arena_printf(arena, "without %s, program %u", w->name, seed);
        const char *text = generate_source(arena, seed);
        IrModule *plain = with_gradient(arena, label, text), *fused = with_gradient(arena, label, text);
        if (plain && fused) {
            run_passes(w, fused);
            engines_compare(arena, plain, fused, w->pool, seed, 1, label, 1e-4, &w->tally);
        }
        arena_free(arena);
    }
}

/* ---- examples ---- */

static IrModule *predict_only(Arena *arena, const EmbeddedFile *example)
{
    IrModule *module = lower(arena, example->name, example->text, NND_F32);
    IrFunc *predict = module ? ir_module_func(module, "predict") : NULL;
    CHECK(predict != NULL);
    if (!predict)
        return NULL;
    module->funcs.data[0] = predict;
    module->funcs.count = 1;
    return module;
}

static void run_example(Without *w, Arena *arena, const char *label, const IrModule *plain, const IrModule *fused)
{
    const double trained = 0.1; /* about how large the weights of trained networks are */
    const IrFunc *func = plain->funcs.data[0];
    NndError error;
    Engine *interp, *jit;
    PreparedCall expected, found;
    if (interp_engine_new(&interp, plain, &error) || jit_engine_new(&jit, fused, NULL, &error) ||
        call_prepare(&expected, arena, func, w->pool, 1, &error) ||
        call_prepare(&found, arena, fused->funcs.data[0], w->pool, 1, &error))
        NND_BUG("%s: %s", label, error.text);
    call_scale_weights(&expected, func, trained);
    call_scale_weights(&found, func, trained);
    if (interp->run(interp, func->name, &expected.call, &error) || jit->run(jit, func->name, &found.call, &error))
        NND_BUG("%s: %s", label, error.text);
    engines_compare_results(func, &found, &expected, label, 1e-4, &w->tally);
    call_release(&expected);
    call_release(&found);
    interp->free(interp);
    jit->free(jit);
}

static void examples_agree(Without *w)
{
    for (int i = 0; i < example_file_count; i++) {
        Arena *arena = arena_new();
        IrModule *plain = predict_only(arena, &example_files[i]), *fused = predict_only(arena, &example_files[i]);
        if (plain && fused) {
            pass_freeze(fused->funcs.data[0]);
            run_passes(w, fused);
            run_example(w, arena, arena_printf(arena, "without %s, %s", w->name, example_files[i].name), plain, fused);
        }
        arena_free(arena);
    }
}

int main(int argc, char **argv)
{
    Without w = {.name = argc == 2 ? argv[1] : ""};
    size_t length;
    NndError error;
    if (optimisation_parse(w.name, &w.set, &length)) {
        fprintf(stderr, "test_without: there is no optimisation `%s`\n", w.name);
        return 1;
    }
    CHECK_EQ_INT(nnd_pool_new(&w.pool, 2, &error), NND_OK);
    generated_programs_agree(&w);
    generated_sources_agree(&w);
    examples_agree(&w);
    nnd_pool_free(w.pool);
    printf("%lld numbers compared, %lld of %lld choices differ\n", w.tally.compared, w.tally.flipped, w.tally.choices);
    CHECK(w.tally.compared > 0);
    CHECK_EQ_INT(w.tally.wrong, 0);
    CHECK(w.tally.flipped * 1000 <= w.tally.choices);
    return test_report();
}
