/* SPDX-License-Identifier: Apache-2.0
 *
 * The generator of random programs, as the tests that stand on it need it.
 */
#include "compiler/interp/interp.h"
#include "tests/check.h"
#include "tests/diff/call.h"
#include "tests/diff/generate.h"

enum { MODULES = 300, MOST = 100000 };

static void count_ops(void *context, IrRegion *region, IrInst *inst)
{
    int *counts = context;
    (void)region;
    counts[inst->op]++;
}

static void every_operator_is_generated(void)
{
    Arena *arena = arena_new();
    int counts[OP_COUNT] = {0};
    for (unsigned seed = 0; seed < MODULES; seed++)
        ir_func_walk(generate_module(arena, seed, &(GenerateOptions){0})->funcs.data[0], count_ops,
                     counts);
    for (int op = 0; op < OP_COUNT; op++) {
        if (!counts[op])
            printf("never: %s\n", ir_op_info[op].name);
        CHECK(counts[op] > 0);
    }
    arena_free(arena);
}

static void equal_seeds_give_equal_programs(void)
{
    Arena *arena = arena_new();
    GenerateOptions options = {.float_type = NND_F64, .loss = true};
    char *first = ir_module_text(arena, generate_module(arena, 7, &options));
    CHECK_STR_EQ(ir_module_text(arena, generate_module(arena, 7, &options)), first);
    CHECK(strcmp(ir_module_text(arena, generate_module(arena, 8, &options)), first) != 0);
    arena_free(arena);
}

static void check_moderate(const IrFunc *func, const PreparedCall *prepared, unsigned seed)
{
    for (int r = 0; r < func->body->yield_count; r++)
        for (int64_t i = 0; i < prepared->counts[r]; i++) {
            double value = call_element(func->body->yields[r]->type.dtype, prepared->results[r], i);
            if (!(fabs(value) < MOST))
                printf("seed %u, result %d, element %lld: %g\n", seed, r, (long long)i, value);
            CHECK(fabs(value) < MOST);
        }
}

static void values_are_finite_and_moderate(void)
{
    for (unsigned seed = 0; seed < MODULES; seed++) {
        Arena *arena = arena_new();
        NndError error;
        GenerateOptions options = {.float_type = seed % 2 ? NND_F64 : NND_F32,
                                   .loss = seed % 4 == 0};
        IrModule *module = generate_module(arena, seed, &options);
        PreparedCall prepared;
        Engine *engine;
        CHECK_EQ_INT(call_prepare(&prepared, arena, module->funcs.data[0], NULL, seed, &error),
                     NND_OK);
        CHECK_EQ_INT(interp_engine_new(&engine, module, &error), NND_OK);
        CHECK_EQ_INT(engine->run(engine, "main", &prepared.call, &error), NND_OK);
        check_moderate(module->funcs.data[0], &prepared, seed);
        engine->free(engine);
        call_release(&prepared);
        arena_free(arena);
    }
}

int main(void)
{
    every_operator_is_generated();
    equal_seeds_give_equal_programs();
    values_are_finite_and_moderate();
    return test_report();
}
