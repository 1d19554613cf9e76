/* SPDX-License-Identifier: Apache-2.0
 *
 * Results do not depend on optimisations: generated programs of the IR and of
 * the language, forward and backward, and the predictions of every example give
 * the same numbers interpreted and compiled without one of them, or without all.
 * The weights of examples are fixed. A program whose code is the same with all
 * optimisations is compiled and run only once, by `test_without none`. Optimisations that
 * change none of these are those of training: they are left out of a step of it.
 *
 *     test_without NAME      a row of compiler/optimisations.def, `all`, or `none`: nothing is left
 * out
 */
#include <stdio.h>

#include "compiler/codegen/jit.h"
#include "compiler/driver/trainer.h"
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
#include "tests/diff/same_code.h"

enum { IR_PROGRAMS = 24, SOURCE_PROGRAMS = 6 };

typedef struct Without {
    const char *name;
    OptimisationSet set;
    NndPool *pool;
    EngineTally tally;
    int compiled, same; /* programs: whose code the optimisations change, and others */
} Without;

static void run_passes(IrModule *module, OptimisationSet without)
{
    module->without = without;
    passes_run(module, &(PassOptions){.fuse = true, .verify_each = without != 0});
}

/* Fuses two copies of a program, the first without the optimisations; whether their code differs.
 */
static bool fuse(Without *w, IrModule *fused, IrModule *usual)
{
    run_passes(fused, w->set);
    bool changed = true;
    if (w->set) {
        run_passes(usual, 0);
        changed = !same_code(fused, usual);
    }
    w->compiled += changed;
    w->same += !changed;
    return changed;
}

/* ---- programs of the IR: those of odd seeds have a loss ---- */

static IrModule *generate(Arena *arena, unsigned seed)
{
    GenerateOptions options = {.float_type = seed % 4 < 2 ? NND_F32 : NND_F64,
                               .loss = seed % 2,
                               .only_float_type = seed % 2};
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
        const char *label = arena_printf(arena, "without %s, seed %u", w->name, seed);
        IrModule *fused = generate(arena, seed);
        if (fuse(w, fused, generate(arena, seed)))
            engines_compare(arena, generate(arena, seed), fused, w->pool, seed, 1, label, 1e-4,
                            &w->tally);
        arena_free(arena);
    }
}

/* ---- programs of the language ---- */

/* Without a module if the program is wrong, which is told. */
static Unit lower(Arena *arena, const char *label, const char *text, NndDType float_type)
{
    enum { WORDS = 1000 }; /* in a vocabulary whose size is not stated */
    Diags *diags = diags_new(arena);
    Program *program = program_check(arena, source_new(arena, label, text, strlen(text)), NULL,
                                     NULL, 0, WORDS, diags);
    IrModule *module = program ? lower_program(arena, program, float_type, diags) : NULL;
    if (!module)
        diags_print(diags, DIAG_PLAIN, stdout);
    CHECK(module != NULL);
    return (Unit){.arena = arena, .program = program, .module = module};
}

static IrModule *with_gradient(Arena *arena, const char *label, const char *text)
{
    IrModule *module = lower(arena, label, text, NND_F64).module;
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
        IrModule *plain = with_gradient(arena, label, text),
                 *fused = with_gradient(arena, label, text);
        if (plain && fused && fuse(w, fused, with_gradient(arena, label, text)))
            engines_compare(arena, plain, fused, w->pool, seed, 1, label, 1e-4, &w->tally);
        arena_free(arena);
    }
}

/* ---- examples ---- */

static IrModule *predict_only(Arena *arena, const EmbeddedFile *example)
{
    IrModule *module = lower(arena, example->name, example->text, NND_F32).module;
    IrFunc *predict = module ? ir_module_func(module, "predict") : NULL;
    CHECK(predict != NULL);
    if (!predict)
        return NULL;
    module->funcs.data[0] = predict;
    module->funcs.count = 1;
    return module;
}

static IrModule *frozen(IrModule *module)
{
    if (module)
        pass_freeze(module->funcs.data[0]);
    return module;
}

static void run_example(Without *w, Arena *arena, const char *label, const IrModule *plain,
                        const IrModule *fused)
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
    if (interp->run(interp, func->name, &expected.call, &error) ||
        jit->run(jit, func->name, &found.call, &error))
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
        const EmbeddedFile *file = &example_files[i];
        IrModule *plain = predict_only(arena, file), *fused = frozen(predict_only(arena, file));
        if (plain && fused && fuse(w, fused, frozen(predict_only(arena, file))))
            run_example(w, arena, arena_printf(arena, "without %s, %s", w->name, file->name), plain,
                        fused);
        arena_free(arena);
    }
}

/* ---- a step of gradient descent for each example ---- */

static IrModule *training(Arena *arena, const EmbeddedFile *example, OptimisationSet without)
{
    Unit unit = lower(arena, example->name, example->text, NND_F32);
    if (!unit.module || !ir_module_func(unit.module, "loss"))
        return NULL;
    unit.module->without = without;
    CHECK(step_build(&unit, &(Recipe){.optimiser = OPTIMISER_SGD}));
    unit_keep_functions(&unit, (const char *const[]){"step", NULL});
    return unit.module;
}

static void trainings_agree(Without *w)
{
    const OptimisationSet of_training =
        optimisation_set(OPTIMISE_TOUCHED_ROWS) | optimisation_set(OPTIMISE_WINNERS) |
        optimisation_set(OPTIMISE_DISTINCT) | optimisation_set(OPTIMISE_ADJOINT_WINDOWS);
    for (int i = 0; i < example_file_count; i++) {
        Arena *arena = arena_new();
        const EmbeddedFile *file = &example_files[i];
        IrModule *plain = training(arena, file, of_training),
                 *fused = training(arena, file, w->set);
        if (plain && fused && fuse(w, fused, training(arena, file, 0)))
            run_example(w, arena,
                        arena_printf(arena, "training without %s, %s", w->name, file->name), plain,
                        fused);
        arena_free(arena);
    }
}

int main(int argc, char **argv)
{
    Without w = {.name = argc == 2 ? argv[1] : ""};
    size_t length;
    NndError error;
    if (strcmp(w.name, "none") && optimisation_parse(w.name, &w.set, &length)) {
        fprintf(stderr, "test_without: there is no optimisation `%s`\n", w.name);
        return 1;
    }
    CHECK_EQ_INT(nnd_pool_new(&w.pool, 2, &error), NND_OK);
    generated_programs_agree(&w);
    generated_sources_agree(&w);
    examples_agree(&w);
    if (!w.compiled || !w.set)
        trainings_agree(&w);
    nnd_pool_free(w.pool);
    printf("%d programs compiled, %d have the same code\n", w.compiled, w.same);
    printf("%lld numbers compared, %lld of %lld choices differ\n", w.tally.compared,
           w.tally.flipped, w.tally.choices);
    CHECK(w.compiled > 0); /* else the optimisation does nothing here, and nothing was tested */
    CHECK(w.tally.compared > 0);
    CHECK_EQ_INT(w.tally.wrong, 0);
    CHECK(w.tally.flipped * 1000 <= w.tally.choices);
    return test_report();
}
