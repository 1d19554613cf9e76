/* SPDX-License-Identifier: Apache-2.0
 *
 * What every program may count on: results that do not depend on threads,
 * memory that is used again, errors instead of crashes.
 */
#include <stdlib.h>

#include "compiler/interp/interp.h"
#include "tests/check.h"
#include "tests/diff/call.h"
#include "tests/diff/generate.h"
#include "runtime/pool.h"

/* Text that the parser takes, or the test ends here. */
static IrModule *parse(Arena *arena, const char *text)
{
    char *problem = NULL;
    IrModule *module = ir_module_parse(arena, arena_printf(arena, "module \"t\"\n%s", text), &problem);
    if (!module) {
        printf("%s\n", problem);
        exit(1);
    }
    return module;
}

static NndStatus run(Engine *engine, const char *function, const NndAxis *axes, const void *const *args, void *const *results,
                     NndPool *pool, NndError *error)
{
    NndCall call = {.axes = axes, .args = args, .results = results, .pool = pool, .seed = 1, .step = 2};
    return engine->run(engine, function, &call, error);
}

static void fill_constant_axes(const IrModule *module, NndAxis *axes)
{
    for (int i = 0; i < module->dims.count; i++)
        axes[i].extent = module->dims.data[i]->size;
}

static void threads_change_no_bit(void)
{
    enum { N = 300, M = 700 };
    Arena *arena = arena_new();
    NndError error;
    Engine *engine;
    NndPool *pools[2];
    NndAxis axes[16] = {{0}};
    IrModule *module = parse(arena, "func @f() -> (all, rows, columns, exp) {\n"
                                    "%u = uniform {stream = 1} : f32[300, 700]\n"
                                    "%e = exp %u : f32[300, 700]\n"
                                    "%t = transpose %e {map = [1, 0]} : f32[700, 300]\n"
                                    "%all = sum %e {axes = 3} : f32\n"
                                    "%rows = sum %t {axes = 1} : f32[300]\n"
                                    "%columns = sum %e {axes = 1} : f32[700]\n"
                                    "return %all, %rows, %columns, %e\n}\n");
    fill_constant_axes(module, axes);
    CHECK_EQ_INT(interp_engine_new(&engine, module, &error), NND_OK);
    float *results[2][4];
    static const int counts[] = {1, N, M, N * M};
    for (int i = 0; i < 2; i++) {
        for (int r = 0; r < 4; r++)
            results[i][r] = ARENA_ARRAY(arena, float, counts[r]);
        CHECK_EQ_INT(nnd_pool_new(&pools[i], i ? 4 : 1, &error), NND_OK);
        CHECK_EQ_INT(run(engine, "f", axes, NULL, (void *const *)results[i], pools[i], &error), NND_OK);
        nnd_pool_free(pools[i]);
    }
    for (int r = 0; r < 4; r++)
        CHECK(!memcmp(results[0][r], results[1][r], (size_t)counts[r] * sizeof(float)));
    double all = 0;
    for (int i = 0; i < N * M; i++)
        all += results[0][3][i];
    CHECK_NEAR(results[0][0][0], all, 1e-6 * all);
    engine->free(engine);
    arena_free(arena);
}

static void later_calls_need_no_more_memory(void)
{
    Arena *arena = arena_new();
    NndError error;
    Engine *engine;
    IrModule *module = generate_module(arena, 12, &(GenerateOptions){.float_type = NND_F32});
    CHECK_EQ_INT(interp_engine_new(&engine, module, &error), NND_OK);
    uint64_t bytes = 0;
    for (int i = 0; i < 3; i++) {
        PreparedCall call;
        CHECK_EQ_INT(call_prepare(&call, arena, module->funcs.data[0], NULL, 5, &error), NND_OK);
        CHECK_EQ_INT(engine->run(engine, "main", &call.call, &error), NND_OK);
        CHECK(i == 0 || engine->stats(engine).arena_bytes == bytes);
        bytes = engine->stats(engine).arena_bytes;
        call_release(&call);
    }
    CHECK(bytes > 0);
    engine->free(engine);
    arena_free(arena);
}

/* Repeating the call on buffers full of other numbers gives the same bits. */
static void nothing_is_left_over_between_calls(void)
{
    for (unsigned seed = 0; seed < 100; seed++) {
        Arena *arena = arena_new();
        NndError error;
        Engine *engine;
        IrModule *module = generate_module(arena, seed, &(GenerateOptions){.float_type = seed % 2 ? NND_F32 : NND_F64});
        const IrFunc *func = module->funcs.data[0];
        PreparedCall first, other, again;
        CHECK_EQ_INT(interp_engine_new(&engine, module, &error), NND_OK);
        CHECK_EQ_INT(call_prepare(&first, arena, func, NULL, seed, &error), NND_OK);
        CHECK_EQ_INT(call_prepare(&other, arena, func, NULL, seed + 1000, &error), NND_OK);
        CHECK_EQ_INT(call_prepare(&again, arena, func, NULL, seed, &error), NND_OK);
        CHECK_EQ_INT(engine->run(engine, func->name, &first.call, &error), NND_OK);
        CHECK_EQ_INT(engine->run(engine, func->name, &other.call, &error), NND_OK);
        CHECK_EQ_INT(engine->run(engine, func->name, &again.call, &error), NND_OK);
        for (int i = 0; i < func->body->yield_count; i++)
            CHECK(!memcmp(first.results[i], again.results[i],
                          (size_t)first.counts[i] * nnd_dtype_size(func->body->yields[i]->type.dtype)));
        call_release(&first);
        call_release(&other);
        call_release(&again);
        engine->free(engine);
        arena_free(arena);
    }
}

static void arguments_and_repeated_values_can_be_results(void)
{
    Arena *arena = arena_new();
    NndError error;
    Engine *engine;
    NndAxis axes[4] = {{0}};
    IrModule *module = parse(arena, "func @f(input %x: f32[2]) -> (a, b, c, d) {\n"
                                    "%y = neg %x : f32[2]\n%z = reshape %y : f32[2, 1]\nreturn %x, %y, %y, %z\n}\n");
    fill_constant_axes(module, axes);
    CHECK_EQ_INT(interp_engine_new(&engine, module, &error), NND_OK);
    float x[] = {1, 2}, out[4][2];
    void *results[] = {out[0], out[1], out[2], out[3]};
    const void *args[] = {x};
    CHECK_EQ_INT(run(engine, "f", axes, args, results, NULL, &error), NND_OK);
    CHECK(out[0][0] == 1 && out[0][1] == 2);
    for (int i = 1; i < 4; i++)
        CHECK(out[i][0] == -1 && out[i][1] == -2);
    engine->free(engine);
    arena_free(arena);
}

static void what_does_not_fit_is_an_error(void)
{
    static const char *const bodies[] = {
        "%a = const {value = 1} : f32[1099511627776, 1099511627776]\n%b = sum %a {axes = 3} : f32\n",
        "%a = const {value = 1} : f32[0, 1099511627776, 1099511627776]\n%b = sum %a {axes = 7} : f32\n",
        "%a = const {value = 1} : f32[1099511627776, 32768]\n%b = sum %a {axes = 3} : f32\n"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        Arena *arena = arena_new();
        NndError error;
        Engine *engine;
        NndAxis axes[8] = {{0}};
        IrModule *module = parse(arena, arena_printf(arena, "func @f() -> (b) {\n%sreturn %%b\n}\n", bodies[i]));
        fill_constant_axes(module, axes);
        CHECK_EQ_INT(interp_engine_new(&engine, module, &error), NND_OK);
        float out;
        void *results[] = {&out};
        CHECK_EQ_INT(run(engine, "f", axes, NULL, results, NULL, &error), NND_ENOMEM);
        CHECK_STR_EQ(error.text, "out of memory in function f");
        engine->free(engine);
        arena_free(arena);
    }
}

static void unknown_functions_and_windows_without_bounds_are_errors(void)
{
    Arena *arena = arena_new();
    NndError error;
    Engine *engine;
    IrModule *module = parse(arena, "func @f(input %x: f32) -> (x) {\nreturn %x\n}\n");
    CHECK_EQ_INT(interp_engine_new(&engine, module, &error), NND_OK);
    CHECK_EQ_INT(run(engine, "g", NULL, NULL, NULL, NULL, &error), NND_EINVAL);
    CHECK_STR_EQ(error.text, "the module has no function g");
    engine->free(engine);
    module = parse(arena, "func @f(input %x: f32[4]) -> (y) {\n%y = window %x {axis = 0, size = 2, stride = 2, "
                          "dilation = 1, low = 0, fill = 0} : f32[9, 2]\nreturn %y\n}\n");
    module->funcs.data[0]->body->first->attrs.window.stride = INT64_MAX / 2;
    CHECK_EQ_INT(interp_engine_new(&engine, module, &error), NND_EINVAL);
    arena_free(arena);
}

int main(void)
{
    threads_change_no_bit();
    later_calls_need_no_more_memory();
    nothing_is_left_over_between_calls();
    arguments_and_repeated_values_can_be_results();
    what_does_not_fit_is_an_error();
    unknown_functions_and_windows_without_bounds_are_errors();
    return test_report();
}
