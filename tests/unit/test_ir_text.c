/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir/ir.h"
#include "tests/check.h"
#include "tests/diff/generate.h"

enum { MODULES = 500 };

static void generated_modules_are_well_formed_and_read_back(void)
{
    Arena *arena = arena_new();
    for (unsigned seed = 0; seed < MODULES; seed++) {
        GenerateOptions options = {.float_type = seed % 2 ? NND_F64 : NND_F32,
                                   .loss = seed % 3 == 0,
                                   .smooth = seed % 5 == 0};
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

/* ---- what the parser says of wrong text ---- */

static void check_error(const char *text, const char *expected)
{
    Arena *arena = arena_new();
    char *error = NULL;
    IrModule *module = ir_module_parse(arena, text, &error);
    CHECK(!module);
    CHECK_STR_EQ(error, expected);
    arena_free(arena);
}

#define HEAD                                                                                       \
    "module \"m\"\ndim batch = free\ndim word = ragged batch\nfunc @f(input %x: f32[word, 3]) -> " \
    "(r) {\n"

static void the_place_of_a_mistake_is_told(void)
{
    check_error("", "1:1: module expected");
    check_error("module m", "1:8: a string expected");
    check_error("module \"m", "1:8: the string does not end");
    check_error("module \"m\\g0\"", "1:8: \\ must be followed by two hexadecimal digits, not 00");
    check_error("module \"m\" nonsense", "1:12: dim, func or the end expected");
    check_error("module \"m\"\ndim a = ragged b", "2:16: there is no dimension b");
    check_error("module \"m\"\ndim a = free\ndim a = free", "3:5: dimension a is declared twice");
    check_error("module \"m\"\ndim a = free\ndim b = uniform a size 2\ndim c = uniform a size 2",
                "4:5: dimension c is declared twice");
    check_error("module \"m\"\ndim a = free\ndim b = window a pad 0 span 1 stride 1 least 0\n",
                "4:1: the source is not segmented");
    check_error("module \"m\"\ndim a = free\ndim b = uniform a size -1",
                "3:24: an integer from 0 to 2147483647 expected");
    check_error(HEAD "  return %x", "5:12: } expected");
    check_error(HEAD "  return %y }", "5:10: there is no value %y here");
    check_error(HEAD "  return }", "5:10: 1 results expected");
}

static void a_wrong_instruction_is_told(void)
{
    check_error(HEAD "%0 = sum %x : f32\nreturn %0\n}", "5:13: { expected");
    check_error(HEAD "%0 = sum %x {axes = 3} : f32[word]\nreturn %0\n}",
                "5:1: sum: result 0 is f32[batch], not f32[word]");
    check_error(HEAD "%0 = plus %x, %x : f32[word, 3]", "5:6: there is no such operator");
    check_error(HEAD "%0 = neg %x : f32[3, word]", "5:22: a segmented dimension is not axis 0");
    check_error(HEAD "%0 = neg %x : f32[1, 1, 1, 1, 1, 1, 1, 1, 1]", "5:43: more than 8 axes");
    check_error(HEAD "%0, %1 = neg %x : f32[word, 3], f32[word, 3]", "5:1: neg has one result");
    check_error(HEAD "%x = neg %x : f32[word, 3]", "5:1: %x is defined twice");
    check_error(HEAD "%0 = transpose %x {map = [0]} : f32[word, 3]",
                "5:45: the map has 1 axes, the result 2");
    check_error(HEAD "%0 = const {value = 1e} : f32", "5:21: a number expected");
    check_error(HEAD "%0 = const {value = 1} : f31", "5:26: an element type expected");
    check_error(HEAD "%0 = const {value = 1} : f32[99999999999999999999]",
                "5:30: an integer from 0 to 1099511627776 expected");
    check_error(HEAD "%0 = scan %x {dim = word, reverse = false, seq = 2, row = 0, state = 0, emit "
                     "= 1} : f32[word, 3] {",
                "5:98: the number of operands is wrong");
}

static void a_value_of_a_region_is_not_known_outside(void)
{
    check_error(HEAD "%0 = scan %x {dim = word, reverse = false, seq = 1, row = 0, state = 0, emit "
                     "= 1} : f32[word, 3] {\n"
                     "  ^(%1: f32[batch, 3])\n  yield emit %1\n}\nreturn %1\n}",
                "9:8: there is no value %1 here");
}

/* ---- by hand ---- */

/* print(parse(text)) */
static void check_prints(const char *text, const char *expected)
{
    Arena *arena = arena_new();
    char *error = NULL;
    IrModule *module = ir_module_parse(arena, text, &error);
    if (!module)
        printf("%s\n", error);
    CHECK(module);
    if (module)
        CHECK_STR_EQ(ir_module_text(arena, module), expected);
    arena_free(arena);
}

static void names_blanks_and_comments_are_free(void)
{
    check_prints("module \"m\" # a comment\n"
                 "func @f(param %w:f32[3])->(r){%double=add %w,%w:f32[3]   return %double}",
                 "module \"m\"\nfunc @f(param %w: f32[3]) -> (r) {\n  %1 = add %w, %w : f32[3]\n  "
                 "return %1\n}\n");
}

static void odd_names_are_quoted(void)
{
    const char *text =
        "module \"a \\22b\\22\\0a\"\nsource \"x\\5cy\"\ndim \"7\" = free\ndim word = ragged \"7\"\n"
        "func @\"f g\"(input %\"0\": f32[\"7\", 7],\n    rate %inf: f32) -> (\"\", \"r 1\") {\n"
        "  return %\"0\", %inf\n}\n";
    check_prints(text, text);
}

static void numbers_keep_their_bits(void)
{
    const char *text = "module \"m\"\nfunc @f() -> (a, b, c, d, e) {\n"
                       "  %0 = const {value = 0.10000000000000001} : f64\n"
                       "  %1 = const {value = -inf} : f32[2] @3\n"
                       "  %2 = const {value = nan} : f32 @-1 ; line 12\n"
                       "  %3 = const {value = 4.9406564584124654e-324} : f64\n"
                       "  %4 = const {value = -0} : f32\n"
                       "  return %0, %1, %2, %3, %4\n}\n";
    check_prints(text, text);
}

static void a_scan_reads_back(void)
{
    const char *text = "module \"m\"\ndim batch = free\ndim word = ragged batch\n"
                       "dim word.w3 = window word pad 2 span 3 stride 1 least 1\n"
                       "func @f(input %x: f32[word, 3],\n    input %h: f32[batch, 3]) -> (r, s) {\n"
                       "  %2 = window %x {axis = 0, size = 3, stride = 1, dilation = 1, low = 1, "
                       "fill = 0} : f32[word.w3, 3, 3]\n"
                       "  %3, %4 = scan %x, %h {dim = word, reverse = true, seq = 1, row = 0, "
                       "state = 1, emit = 1} : "
                       "f32[word, 3], f32[batch, 3] @2 ; line 4 {\n"
                       "    ^(%5: f32[batch, 3], %6: f32[batch, 3])\n"
                       "    %7 = add %5, %6 : f32[batch, 3]\n"
                       "    yield %7 emit %7\n"
                       "  }\n"
                       "  return %3, %4\n}\n";
    check_prints(text, text);
}

int main(void)
{
    generated_modules_are_well_formed_and_read_back();
    the_place_of_a_mistake_is_told();
    a_wrong_instruction_is_told();
    a_value_of_a_region_is_not_known_outside();
    names_blanks_and_comments_are_free();
    odd_names_are_quoted();
    numbers_keep_their_bits();
    a_scan_reads_back();
    return test_report();
}
