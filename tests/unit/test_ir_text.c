/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir/ir.h"
#include "tests/check.h"
#include "tests/diff/generate.h"

enum { MODULES = 500 };

static void generated_modules_are_well_formed_and_read_back(void)
{
    Arena *arena = arena_new();
    for (unsigned seed = 0; seed < MODULES; seed++) {
        GenerateOptions options = {.float_type = seed % 2 ? NND_F64 : NND_F32, .loss = seed % 3 == 0, .smooth = seed % 5 == 0};
        IrModule *module = generate_module(arena, seed, &options);
        char *problem = ir_module_verify(arena, module);
        char *text = ir_module_text(arena, module), *error;
        IrModule *copy = ir_module_parse(arena, text, &error);
        if (problem || !copy)
            printf("seed %u: %s%s\n%s", seed, problem ? problem : "", error ? error : "", text);
        CHECK(!problem && copy);
        if (copy) {
            CHECK_STR_EQ(ir_module_text(arena, copy), text);
            problem = ir_module_verify(arena, copy);
            CHECK(!problem);
        }
        arena_reset(arena);
    }
    arena_free(arena);
}
int main(void)
{
    generated_modules_are_well_formed_and_read_back();
    return test_report();
}
