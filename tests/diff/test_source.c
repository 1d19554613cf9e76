/* SPDX-License-Identifier: Apache-2.0
 *
 * Generated programs of the language: those that are right give the same numbers
 * in the interpreter, the JIT and native code, forward and backward; those that
 * are wrong are refused, with the place of what is wrong.
 *
 *     test_source FIRST COUNT     the seeds
 */
#include <stdio.h>
#include <stdlib.h>

#include "compiler/ir/lower.h"
#include "compiler/passes/passes.h"
#include "lang/diag.h"
#include "lang/program.h"
#include "runtime/pool.h"
#include "tests/check.h"
#include "tests/diff/differences.h"
#include "tests/diff/engines.h"
#include "tests/diff/generate_source.h"

/* The functions forward and backward; the others compute parts of the same. */
static void keep_both_directions(IrModule *module)
{
    int kept = 0;
    for (int i = 0; i < module->funcs.count; i++) {
        IrFunc *func = module->funcs.data[i];
        if (!strcmp(func->name, "predict") || !strcmp(func->name, "gradient"))
            module->funcs.data[kept++] = func;
    }
    module->funcs.count = kept;
}

static IrModule *lower(Arena *arena, const char *label, const char *text)
{
    Diags *diags = diags_new(arena);
    Program *program = program_check(arena, source_new(arena, label, text, strlen(text)), NULL, NULL, 0, 0, diags);
    IrModule *module = program ? lower_program(arena, program, NND_F64, diags) : NULL;
    if (!module) {
        diags_print(diags, (DiagStyle){0}, stdout);
        return NULL;
    }
    difference_gradient(ir_module_func(module, "loss"));
    keep_both_directions(module);
    return module;
}

static void right_programs_run_the_same_in_all_engines(NndPool *pool, uint64_t first, uint64_t count)
{
    EngineTally jit = {0}, native = {0};
    for (uint64_t seed = first; seed < first + count; seed++) {
        Arena *arena = arena_new();
        const char *label = arena_printf(arena, "generated program %d", (int)seed);
        const char *text = generate_source(arena, seed);
        IrModule *plain = lower(arena, label, text), *fused = plain ? lower(arena, label, text) : NULL;
        CHECK(plain && fused);
        if (plain && fused) {
            pass_freeze(ir_module_func(fused, "predict"));
            passes_run(fused, &(PassOptions){.fuse = true, .verify_each = true});
            engines_compare(arena, plain, fused, pool, seed, 1, label, 1e-4, &jit);
            engines_compare_native(arena, plain, fused, pool, seed, 1, label, 1e-4, &native);
        }
        arena_free(arena);
    }
    CHECK(jit.compared > 0);
    CHECK_EQ_INT(native.compared, jit.compared);
    CHECK_EQ_INT(jit.wrong + jit.flipped, 0);
    CHECK_EQ_INT(native.wrong + native.flipped, 0);
}

/* Whether an error of the list is in this line of the program. */
static bool is_told(const Diags *diags, const Source *source, int line)
{
    for (int i = 0; i < diags->items.count; i++) {
        const Diag *d = diags->items.data[i];
        if (d->severity == DIAG_ERROR && d->span.source == source && source_place(source, d->span.start).line == line)
            return true;
    }
    return false;
}

static void wrong_programs_are_refused_with_the_place(uint64_t first, uint64_t count)
{
    for (uint64_t seed = first; seed < first + count; seed++) {
        Arena *arena = arena_new();
        int line;
        const char *label = arena_printf(arena, "wrong program %d", (int)seed);
        const char *text = generate_wrong_source(arena, seed, &line);
        Diags *diags = diags_new(arena);
        const Source *source = source_new(arena, label, text, strlen(text));
        bool refused = !program_check(arena, source, NULL, NULL, 0, 0, diags);
        if (!refused || !is_told(diags, source, line)) {
            printf("line %d should be refused:\n%s", line, text);
            diags_print(diags, (DiagStyle){0}, stdout);
        }
        CHECK(refused && is_told(diags, source, line));
        arena_free(arena);
    }
}

int main(int argc, char **argv)
{
    uint64_t first = argc == 3 ? strtoull(argv[1], NULL, 10) : 1;
    uint64_t count = argc == 3 ? strtoull(argv[2], NULL, 10) : 200;
    NndPool *pool;
    NndError error;
    CHECK_EQ_INT(nnd_pool_new(&pool, 2, &error), NND_OK);
    right_programs_run_the_same_in_all_engines(pool, first, count);
    wrong_programs_are_refused_with_the_place(first, count);
    nnd_pool_free(pool);
    return test_report();
}
