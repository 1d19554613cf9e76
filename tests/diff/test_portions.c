/* SPDX-License-Identifier: Apache-2.0
 *
 * Image networks whose batches are computed in portions: the numbers of the interpreter, by the JIT and by native code, and
 * the same bits whatever the number of threads and whether there are portions.
 */
#include <stdio.h>

#include "compiler/passes/portion.h"
#include "tests/check.h"
#include "tests/diff/engines.h"
#include "tests/diff/network.h"

enum { SEEDS = 8 };

static const char source[] =
    "use std.conv, std.dense, std.norm\n"
    "layer Block(filters: dim, stride: dim)(image: f32[..., in, h, w]) -> f32[..., filters, p~, q~] {\n"
    "    inner = image |> Conv2d(filters, size = 3, stride = stride, pad = \"same\") |> BatchNorm2d |> relu\n"
    "        |> Conv2d(filters, size = 3, pad = \"same\")\n"
    "    around = image |> Conv2d(filters, size = 1, stride = stride)\n"
    "    return relu(inner + around)\n"
    "}\n"
    "model M {\n"
    "    input image : f32[batch, 3, 18, 18]\n"
    "    input age   : f32[batch]\n"
    "    maps = image |> Block(%d, 1) |> max_pool(2)\n"
    "    deep = maps |> Block(20, 2)\n"
    "    output p = deep |> global_avg_pool |> Linear(3) |> softmax\n"
    "    output q = (deep |> flatten |> Linear(5)) * age\n"
    "    output s = age * age\n"
    "}\n";

static IrModule *network(Arena *arena, int filters, OptimisationSet without, bool fused)
{
    return network_of(arena, "portions", arena_printf(arena, source, filters), without, fused);
}

static void bits_are_the_same_on_any_threads_and_in_one_piece(Arena *arena, int filters, NndPool *const *pools, int count)
{
    const IrModule *parted = network(arena, filters, 0, true);
    const IrModule *whole = network(arena, filters, (OptimisationSet)1 << OPTIMISE_PORTIONS, true);
    Engine *jit = network_jit(parted), *other = network_jit(whole);
    CHECK(jit && other);
    const IrFunc *func = parted->funcs.data[0];
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        PreparedCall expected;
        CHECK(network_run(other, &expected, arena, whole->funcs.data[0], NULL, seed, 0.1));
        for (int p = 0; p < count; p++) {
            PreparedCall found;
            CHECK(network_run(jit, &found, arena, func, pools[p], seed, 0.1));
            if (!network_same_bits(func, &expected, &found))
                printf("%d filters, data %d, threads %d:\n", filters, (int)seed, nnd_pool_threads(pools[p]));
            CHECK(network_same_bits(func, &expected, &found));
            call_release(&found);
        }
        call_release(&expected);
    }
    jit->free(jit);
    other->free(other);
}

static void numbers_are_those_of_the_interpreter(Arena *arena, int filters, NndPool *pool)
{
    IrModule *plain = network(arena, filters, 0, false), *fused = network(arena, filters, 0, true);
    Portion portion = portion_of(fused->funcs.data[0], plan_memory(arena, fused->funcs.data[0]));
    CHECK(portion.least >= 1 && portion.most <= 3); /* a batch has up to 5 */
    EngineTally tally = {0};
    engines_compare(arena, plain, fused, pool, 1, SEEDS, "portions", 2e-4, &tally);
    engines_compare_native(arena, plain, fused, pool, 1, SEEDS, "portions, native", 2e-4, &tally);
    CHECK(tally.compared > 0);
    CHECK_EQ_INT(tally.wrong, 0);
}

int main(void)
{
    static const int filters[] = {8, 32};
    NndPool *pools[3] = {NULL};
    NndError error;
    CHECK_EQ_INT(nnd_pool_new(&pools[1], 2, &error), NND_OK);
    CHECK_EQ_INT(nnd_pool_new(&pools[2], 3, &error), NND_OK);
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        Arena *arena = arena_new();
        numbers_are_those_of_the_interpreter(arena, filters[i], pools[2]);
        bits_are_the_same_on_any_threads_and_in_one_piece(arena, filters[i], pools, 3);
        arena_free(arena);
    }
    nnd_pool_free(pools[1]);
    nnd_pool_free(pools[2]);
    return test_report();
}
