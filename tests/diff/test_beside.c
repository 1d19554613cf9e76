/* SPDX-License-Identifier: Apache-2.0
 *
 * Kernels that may run at the same time: the numbers of the interpreter, and the same bits as one after the other, in whatever
 * order and on however many threads they run (any_order.c).
 */
#include "tests/check.h"
#include "tests/diff/any_order.h"
#include "tests/diff/engines.h"
#include "tests/diff/network.h"

enum { SEEDS = 6, ORDERS = 4 };

static const char both_directions[] =
    "use std.text, std.recurrent, std.dense\n"
    "model M {\n"
    "    input text : token[batch, word~]\n"
    "    deep = text |> Embedding(50, 12) |> BiLstm(9) |> BiLstm(5)\n"
    "    output p = deep |> max(over word) |> Linear(3) |> softmax\n"
    "    output q = deep |> mean(over word) |> Linear(2)\n"
    "}\n";

static const char filters_of_several_widths[] =
    "use std.text, std.conv, std.dense\n"
    "model M {\n"
    "    input text : token[batch, word~]\n"
    "    x = text |> Embedding(50, 12)\n"
    "    a = x |> Conv1d(10, width = 3) |> relu |> max(over word)\n"
    "    b = x |> Conv1d(7, width = 4) |> relu |> max(over word)\n"
    "    c = x |> Conv1d(10, width = 5) |> relu |> max(over word)\n"
    "    output p = concat(a, b, c) |> Linear(3) |> softmax\n"
    "}\n";

static const char branches_of_an_image[] =
    "use std.conv, std.dense\n"
    "model M {\n"
    "    input image : f32[batch, 3, 12, 12]\n"
    "    near = image |> Conv2d(8, size = 3, pad = \"same\") |> relu |> max_pool(2)\n"
    "    far = image |> Conv2d(8, size = 5, pad = \"same\") |> relu |> max_pool(2)\n"
    "    low = far |> Conv2d(6, size = 3) |> global_avg_pool\n"
    "    high = near |> Conv2d(6, size = 3) |> global_avg_pool\n"
    "    output p = (low + high) |> Linear(3) |> softmax\n"
    "    output q = (near * far) |> flatten |> Linear(4)\n"
    "}\n";

static void bits_are_the_same_in_any_order_on_any_threads(Arena *arena, const char *text, NndPool *const *pools, int count)
{
    const IrModule *beside = network_of(arena, "beside", text, 0, true);
    const IrModule *in_order = network_of(arena, "beside", text, optimisation_set(OPTIMISE_SIDE_BY_SIDE), true);
    Engine *jit = network_jit(beside), *other = network_jit(in_order);
    CHECK(jit && other);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        PreparedCall expected;
        CHECK(network_run(other, &expected, arena, in_order->funcs.data[0], NULL, seed, 1));
        for (int i = 0; i < count * ORDERS; i++) {
            PreparedCall found;
            CHECK(network_run(jit, &found, arena, beside->funcs.data[0], pools[i % count], seed, 1));
            CHECK(network_same_bits(beside->funcs.data[0], &expected, &found));
            call_release(&found);
        }
        call_release(&expected);
    }
    jit->free(jit);
    other->free(other);
}

static void numbers_are_those_of_the_interpreter(Arena *arena, const char *text, NndPool *pool)
{
    EngineTally tally = {0};
    IrModule *plain = network_of(arena, "beside", text, 0, false), *fused = network_of(arena, "beside", text, 0, true);
    engines_compare(arena, plain, fused, pool, 1, SEEDS, "beside", 2e-4, &tally);
    CHECK(tally.compared > 0);
    CHECK_EQ_INT(tally.wrong, 0);
}

int main(void)
{
    const char *texts[] = {both_directions, filters_of_several_widths, branches_of_an_image};
    NndPool *pools[3] = {NULL};
    NndError error;
    CHECK_EQ_INT(nnd_pool_new(&pools[1], 2, &error), NND_OK);
    CHECK_EQ_INT(nnd_pool_new(&pools[2], 3, &error), NND_OK);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Arena *arena = arena_new();
        any_order_groups = 0;
        bits_are_the_same_in_any_order_on_any_threads(arena, texts[i], pools, 3);
        CHECK(any_order_groups > 0);
        numbers_are_those_of_the_interpreter(arena, texts[i], pools[1]);
        arena_free(arena);
    }
    nnd_pool_free(pools[1]);
    nnd_pool_free(pools[2]);
    return test_report();
}
