/* SPDX-License-Identifier: Apache-2.0
 *
 * Scalar operators of the interpreter where element types and special numbers
 * make a difference.
 */
#include <stdlib.h>

#include "compiler/interp/interp.h"
#include "runtime/scalar.h"
#include "tests/check.h"

/* %r = OP of arguments a, b, c of `count` elements; `out` receives the result. */
static void run(const char *op, const char *types, int count, const void *a, const void *b, const void *c, void *out)
{
    Arena *arena = arena_new();
    char given[16], result[16], *problem;
    sscanf(types, "%15s -> %15s", given, result);
    const void *args[] = {a, b, c};
    int n = c ? 3 : b ? 2 : 1;
    const char *params = "", *operands = "";
    for (int i = 0; i < n; i++) {
        bool condition = n == 3 && i == 0;
        params = arena_printf(arena, "%s%sinput %%a%d: %s[%d]", params, i ? ", " : "", i, condition ? "bool" : given, count);
        operands = arena_printf(arena, "%s%s%%a%d", operands, i ? ", " : "", i);
    }
    const char *text = arena_printf(arena, "module \"t\"\nfunc @f(%s) -> (r) {\n%%r = %s %s : %s[%d]\nreturn %%r\n}\n", params,
                                    op, operands, result, count);
    IrModule *module = ir_module_parse(arena, text, &problem);
    if (!module)
        printf("%s\n%s", problem, text);
    CHECK(module);
    NndError error;
    Engine *engine;
    if (module && interp_engine_new(&engine, module, &error) == NND_OK) {
        NndAxis *axes = ARENA_ARRAY(arena, NndAxis, module->dims.count);
        for (int i = 0; i < module->dims.count; i++)
            axes[i].extent = module->dims.data[i]->size;
        CHECK_EQ_INT(engine->run(engine, "f", &(NndCall){.axes = axes, .args = args, .results = &out}, &error), NND_OK);
        engine->free(engine);
    }
    arena_free(arena);
}

static bool same_bits(float a, float b)
{
    return nnd_bits(a) == nnd_bits(b) || (a != a && b != b);
}

static const float special[] = {0.0f, -0.0f, 1.0f, -1.0f, 0.5f, 3.25f, -7.75f, 1e30f, -1e30f, 1e-30f, INFINITY, -INFINITY, NAN, 88.5f, -90.0f, 100.0f};
enum { SPECIAL = sizeof special / sizeof *special };

static void functions_of_f32_are_those_of_the_runtime(void)
{
    static const struct {
        const char *op;
        float (*function)(float);
    } table[] = {{"exp", nnd_exp_f32}, {"log", nnd_log_f32},     {"tanh", nnd_tanh_f32}, {"sigmoid", nnd_sigmoid_f32},
                 {"sqrt", sqrtf},      {"floor", floorf}, {"ceil", ceilf},
                 {"abs", fabsf}};
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        float out[SPECIAL];
        run(table[k].op, "f32 -> f32", SPECIAL, special, NULL, NULL, out);
        for (int i = 0; i < SPECIAL; i++) {
            if (!same_bits(out[i], table[k].function(special[i])))
                printf("%s(%g) is %g\n", table[k].op, special[i], out[i]);
            CHECK(same_bits(out[i], table[k].function(special[i])));
        }
    }
}

static void functions_of_f64_are_those_of_libm(void)
{
    double x[] = {0.25, 2, 3, 10}, out[4];
    run("exp", "f64 -> f64", 4, x, NULL, NULL, out);
    for (int i = 0; i < 4; i++)
        CHECK_NEAR(out[i], exp(x[i]), 0);
    run("sigmoid", "f64 -> f64", 4, x, NULL, NULL, out);
    for (int i = 0; i < 4; i++)
        CHECK_NEAR(out[i], 1 / (1 + exp(-x[i])), 0);
    double y[] = {2, 0.5, -1, 3};
    run("pow", "f64 -> f64", 4, x, y, NULL, out);
    for (int i = 0; i < 4; i++)
        CHECK_NEAR(out[i], pow(x[i], y[i]), 1e-12 * pow(x[i], y[i]));
}

static void relu_of_what_is_no_number_is_zero(void)
{
    float out[SPECIAL];
    run("relu", "f32 -> f32", SPECIAL, special, NULL, NULL, out);
    for (int i = 0; i < SPECIAL; i++)
        CHECK(out[i] == (special[i] > 0 ? special[i] : 0));
}

static void comparisons_give_bools(void)
{
    float x[] = {1, 2, 3, NAN}, y[] = {2, 2, 2, NAN};
    static const struct {
        const char *op;
        uint8_t expected[4];
    } table[] = {{"eq", {0, 1, 0, 0}}, {"ne", {1, 0, 1, 1}}, {"lt", {1, 0, 0, 0}},
                 {"le", {1, 1, 0, 0}}, {"gt", {0, 0, 1, 0}}, {"ge", {0, 1, 1, 0}}};
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        uint8_t out[4];
        run(table[k].op, "f32 -> bool", 4, x, y, NULL, out);
        CHECK(!memcmp(out, table[k].expected, 4));
    }
    uint8_t large[] = {200}, small[] = {100}, out[1];
    run("gt", "u8 -> bool", 1, large, small, NULL, out);
    CHECK_EQ_INT(out[0], 1);
}

static void logic_is_of_bools(void)
{
    uint8_t x[] = {0, 0, 1, 1}, y[] = {0, 1, 0, 1}, out[4];
    run("and", "bool -> bool", 4, x, y, NULL, out);
    CHECK(!memcmp(out, (uint8_t[]){0, 0, 0, 1}, 4));
    run("or", "bool -> bool", 4, x, y, NULL, out);
    CHECK(!memcmp(out, (uint8_t[]){0, 1, 1, 1}, 4));
    run("eq", "bool -> bool", 4, x, y, NULL, out);
    CHECK(!memcmp(out, (uint8_t[]){1, 0, 0, 1}, 4));
    run("not", "bool -> bool", 4, x, NULL, NULL, out);
    CHECK(!memcmp(out, (uint8_t[]){1, 1, 0, 0}, 4));
}

static void select_takes_every_type(void)
{
    uint8_t c[] = {1, 0, 1};
    double x[] = {1, 2, 3}, y[] = {-1, -2, -3}, reals[3];
    run("select", "f64 -> f64", 3, c, x, y, reals);
    CHECK(reals[0] == 1 && reals[1] == -2 && reals[2] == 3);
    uint8_t p[] = {1, 1, 0}, q[] = {0, 0, 1}, bools[3];
    run("select", "bool -> bool", 3, c, p, q, bools);
    CHECK(!memcmp(bools, (uint8_t[]){1, 0, 0}, 3));
    uint16_t a[] = {0x3f80, 0x4000, 0x4040}, b[] = {0xbf80, 0xc000, 0xc040}, halves[3];
    run("select", "bf16 -> bf16", 3, c, a, b, halves);
    CHECK(halves[0] == 0x3f80 && halves[1] == 0xc000 && halves[2] == 0x4040);
}

static void integers_wrap_around(void)
{
    int32_t x[] = {INT32_MAX, INT32_MIN, 7, -7}, y[] = {1, -1, 2, 2}, out[4];
    run("add", "i32 -> i32", 4, x, y, NULL, out);
    CHECK(out[0] == INT32_MIN && out[1] == INT32_MAX && out[2] == 9 && out[3] == -5);
    run("neg", "i32 -> i32", 4, x, NULL, NULL, out);
    CHECK(out[0] == -INT32_MAX && out[1] == INT32_MIN);
    uint8_t u[] = {250}, v[] = {10}, bytes[1];
    run("add", "u8 -> u8", 1, u, v, NULL, bytes);
    CHECK_EQ_INT(bytes[0], 4);
    run("sub", "u8 -> u8", 1, v, u, NULL, bytes);
    CHECK_EQ_INT(bytes[0], 16);
}

static void integers_divided_by_zero_are_zero(void)
{
    int32_t x[] = {7, -7, 5, INT32_MIN}, y[] = {2, 2, 0, -1}, out[4];
    run("div", "i32 -> i32", 4, x, y, NULL, out);
    CHECK(out[0] == 3 && out[1] == -3 && out[2] == 0 && out[3] == INT32_MIN);
    int64_t a[] = {9, INT64_MIN, 1}, b[] = {-2, -1, 0}, wide[3];
    run("div", "i64 -> i64", 3, a, b, NULL, wide);
    CHECK(wide[0] == -4 && wide[1] == INT64_MIN && wide[2] == 0);
    uint8_t u[] = {200, 200, 3}, v[] = {255, 3, 0}, bytes[3];
    run("div", "u8 -> u8", 3, u, v, NULL, bytes);
    CHECK(bytes[0] == 0 && bytes[1] == 66 && bytes[2] == 0);
}

static void bf16_is_computed_in_f32_and_rounded(void)
{
    uint16_t one = 0x3f80, small = 0x3b80 /* 2^-8 */, three = 0x4040, out;
    run("add", "bf16 -> bf16", 1, &one, &small, NULL, &out);
    CHECK_EQ_INT(out, 0x3f80); /* a tie, to even */
    run("mul", "bf16 -> bf16", 1, &three, &three, NULL, &out);
    CHECK_EQ_INT(out, 0x4110); /* 9 */
    uint8_t less;
    run("lt", "bf16 -> bool", 1, &one, &three, NULL, &less);
    CHECK_EQ_INT(less, 1);
}

static void denormals_count_as_zero_and_the_mode_comes_back(void)
{
    volatile float tiny = 1e-40f, half = 0.5f;
    float x[] = {1e-40f}, y[] = {1e30f}, out[1];
    run("mul", "f32 -> f32", 1, x, y, NULL, out);
    CHECK(out[0] == 0);
    CHECK(tiny * half > 0);
}

int main(void)
{
    functions_of_f32_are_those_of_the_runtime();
    functions_of_f64_are_those_of_libm();
    relu_of_what_is_no_number_is_zero();
    comparisons_give_bools();
    logic_is_of_bools();
    select_takes_every_type();
    integers_wrap_around();
    integers_divided_by_zero_are_zero();
    bf16_is_computed_in_f32_and_rounded();
    denormals_count_as_zero_and_the_mode_comes_back();
    return test_report();
}
