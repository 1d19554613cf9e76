/* SPDX-License-Identifier: Apache-2.0
 *
 * print(parse(print(m))) is print(m) at every stage, for the examples and for
 * generated programs; and print(parse(text)) is text that was printed once.
 */
#include <glob.h>
#include <stdio.h>

#include "compiler/driver/trainer.h"
#include "compiler/driver/unit.h"
#include "tests/check.h"
#include "tests/diff/differences.h"
#include "tests/diff/generate.h"

enum { PROGRAMS = 500 };

static void reads_back(const IrModule *module, const char *what, const char *stage)
{
    Arena *arena = arena_new();
    const char *text = ir_module_text(arena, module);
    char *error = NULL;
    const IrModule *again = ir_module_parse(arena, text, &error);
    const char *twice = again ? ir_module_text(arena, again) : NULL;
    if (!twice || strcmp(text, twice) != 0)
        printf("%s, stage %s: %s\n%s", what, stage, again ? "reads back as something else" : error, text);
    CHECK(twice && !strcmp(text, twice));
    arena_free(arena);
}

static void optimised_and_fused_read_back(IrModule *module, const char *what)
{
    passes_run(module, &(PassOptions){0});
    reads_back(module, what, "optimised");
    passes_run(module, &(PassOptions){.fuse = true});
    reads_back(module, what, "kernels");
}

static void example_reads_back(const char *path)
{
    Arena *arena = arena_new();
    Options options;
    Unit unit;
    options_init(&options, arena);
    Source *source = read_model_file(arena, path);
    bool lowered = source && unit_check(&unit, arena, source, &options, NULL, 0, 1000) && unit_lower(&unit, &options);
    CHECK(lowered);
    if (lowered) {
        reads_back(unit.module, path, "lowered");
        CHECK(step_build(&unit, &unit.program->recipe));
        reads_back(unit.module, path, "train");
        optimised_and_fused_read_back(unit.module, path);
    }
    arena_free(arena);
}

static void every_example_reads_back_at_every_stage(void)
{
    glob_t examples;
    CHECK_EQ_INT(glob("examples/*.nnd", 0, NULL, &examples), 0);
    for (size_t i = 0; i < examples.gl_pathc; i++)
        example_reads_back(examples.gl_pathv[i]);
    globfree(&examples);
}

static void generated_programs_read_back_at_every_stage(void)
{
    for (unsigned seed = 0; seed < PROGRAMS; seed++) {
        Arena *arena = arena_new();
        const char *what = arena_printf(arena, "seed %u", seed);
        bool loss = seed % 2;
        IrModule *module = generate_module(
            arena, seed, &(GenerateOptions){.float_type = NND_F64, .loss = loss, .only_float_type = loss});
        reads_back(module, what, "generated");
        if (loss) {
            difference_gradient(module->funcs.data[0]);
            reads_back(module, what, "gradient");
        }
        optimised_and_fused_read_back(module, what);
        arena_free(arena);
    }
}

int main(void)
{
    every_example_reads_back_at_every_stage();
    generated_programs_read_back_at_every_stage();
    return test_report();
}
