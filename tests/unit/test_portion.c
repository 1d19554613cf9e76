/* SPDX-License-Identifier: Apache-2.0
 *
 * Which functions can be computed portion by portion, and how many items a portion has.
 */
#include "compiler/passes/portion.h"

#include "compiler/passes/passes.h"
#include "tests/check.h"

/* Of a function of images x, of 64 numbers, and weights w, whose body returns %r. */
static Portion portion(const char *result, const char *body)
{
    Arena *arena = arena_new();
    const char *text = arena_printf(arena, "module \"m\"\ndim batch = free\ndim word = ragged batch\n"
                                           "func @f(input %%x: f32[batch, 64], param %%w: f32[64, 1024]) -> (r) {\n%s  return %%r\n}\n",
                                    body);
    char *error = NULL;
    IrModule *module = ir_module_parse(arena, text, &error);
    if (!module)
        printf("%s: %s\n%s", result, error, text);
    CHECK(module);
    Portion items = {-1, -1};
    if (module) {
        passes_run(module, &(PassOptions){.fuse = true});
        items = portion_of(module->funcs.data[0], plan_memory(arena, module->funcs.data[0]));
    }
    arena_free(arena);
    return items;
}

static const char product[] = "  %r = dot %x, %w {a_batch = [], b_batch = [], a_contract = [1], b_contract = [0]} : f32[batch, 1024]\n";

/* 256 kB of weights, 4 kB for an item */
static void weights_are_a_quarter_of_what_the_largest_portion_computes(void)
{
    CHECK_EQ_INT(portion("dot", product).most, 256);
}

/* 64 kB are worth a call */
static void the_smallest_portion_fills_tiles_and_is_worth_a_call(void)
{
    CHECK_EQ_INT(portion("dot", product).least, 16);
    CHECK_EQ_INT(portion("relu", "  %r = relu %x : f32[batch, 64]\n").least, 256);
}

static void items_that_are_told_apart_make_portions(void)
{
    CHECK(portion("sum", "  %s = sum %x {axes = 2} : f32[batch]\n  %r = exp %s : f32[batch]\n").most > 0);
    CHECK(portion("reshape", "  %r = reshape %x : f32[batch, 8, 8]\n").most > 0);
    CHECK(portion("transposed twice", "  %t = transpose %x {map = [1, 0]} : f32[64, batch]\n  %e = exp %t : f32[64, batch]\n"
                                         "  %r = transpose %e {map = [1, 0]} : f32[batch, 64]\n").most > 0);
}

static void items_that_others_change_make_none(void)
{
    CHECK_EQ_INT(portion("sum", "  %s = sum %x {axes = 1} : f32[64]\n"
                                   "  %b = broadcast %s {map = [-1, 0]} : f32[batch, 64]\n"
                                   "  %r = sub %x, %b : f32[batch, 64]\n").most, 0);
    CHECK_EQ_INT(portion("dot", "  %s = dot %x, %x {a_batch = [], b_batch = [], a_contract = [0], b_contract = [0]} : f32[64, 64]\n"
                                   "  %r = dot %x, %s {a_batch = [], b_batch = [], a_contract = [1], b_contract = [0]} : f32[batch, 64]\n").most, 0);
    CHECK_EQ_INT(portion("iota", "  %i = iota {axis = 0} : f32[batch, 64]\n  %r = add %x, %i : f32[batch, 64]\n").most, 0);
    CHECK_EQ_INT(portion("uniform", "  %u = uniform {stream = 1} : f32[batch, 64]\n  %r = add %x, %u : f32[batch, 64]\n").most, 0);
    CHECK_EQ_INT(portion("reshape", "  %t = transpose %x {map = [1, 0]} : f32[64, batch]\n"
                                       "  %r = reshape %t : f32[batch, 64]\n").most, 0);
}

static void results_that_are_not_rows_of_items_make_none(void)
{
    CHECK_EQ_INT(portion("transposed", "  %r = transpose %x {map = [1, 0]} : f32[64, batch]\n").most, 0);
    CHECK_EQ_INT(portion("of weights", "  %r = relu %w : f32[64, 1024]\n").most, 0);
    CHECK_EQ_INT(portion("squares", "  %r = dot %x, %x {a_batch = [], b_batch = [], a_contract = [1], b_contract = [1]} : f32[batch, batch]\n").most, 0);
}

static void texts_make_none(void)
{
    Arena *arena = arena_new();
    char *error = NULL;
    IrModule *module = ir_module_parse(arena,
                                       "module \"m\"\ndim batch = free\ndim word = ragged batch\n"
                                       "func @f(input %x: f32[word, 64]) -> (r) {\n"
                                       "  %r = sum %x {axes = 1} : f32[batch, 64]\n  return %r\n}\n",
                                       &error);
    CHECK(module);
    if (module)
        CHECK_EQ_INT(portion_of(module->funcs.data[0], plan_memory(arena, module->funcs.data[0])).most, 0);
    arena_free(arena);
}

int main(void)
{
    weights_are_a_quarter_of_what_the_largest_portion_computes();
    the_smallest_portion_fills_tiles_and_is_worth_a_call();
    items_that_are_told_apart_make_portions();
    items_that_others_change_make_none();
    results_that_are_not_rows_of_items_make_none();
    texts_make_none();
    return test_report();
}
