/* SPDX-License-Identifier: Apache-2.0
 *
 * `checkpoint every k`: the numbers are those without it, forward and backward,
 * in the interpreter, the JIT and native code, with one thread and with two; and
 * the memory that training needs grows with n / k + k.
 *
 * Lengths are 0 to 7 and k is 1, 3 or 100: segments of no row, of one, of k - 1,
 * k and k + 1 rows and of several parts.
 */
#include <stdio.h>
#include <stdlib.h>

#include "compiler/codegen/jit.h"
#include "compiler/interp/interp.h"
#include "compiler/ir/lower.h"
#include "compiler/passes/passes.h"
#include "compiler/passes/plan.h"
#include "lang/diag.h"
#include "lang/program.h"
#include "tests/check.h"
#include "tests/diff/differences.h"
#include "tests/diff/engines.h"
#include "tests/diff/native.h"

enum { SEEDS = 12, MOST_LENGTH = 7, THREADS = 2 };

/* %d: k, or 0. Two states, a per-item value and a value that is not emitted; some scans have no
 * sequence. */
static const char source[] = "use std.recurrent, std.dense\n"
                             "layer Cell(size: dim, reverse: bool = false)(x: f32[..., t~, in], "
                             "bias: f32[..., size]) -> f32[..., t~, size] {\n"
                             "    param W : f32[in, size]   = xavier()\n"
                             "    param U : f32[size, size] = xavier()\n"
                             "    scan x over t, reverse = reverse, checkpoint every %d if %d > 0, "
                             "from h = bias, m = zeros(..., size) {\n"
                             "        m = 0.5 * m + tanh(x · W + h · U + bias)\n"
                             "        h = m * h + dropout(x, 0.25) · W\n"
                             "        emit m\n"
                             "    }\n"
                             "}\n"
                             "layer Ends(size: dim)(x: f32[..., t~, in]) -> f32[..., 2*size] {\n"
                             "    param W : f32[in, size]   = xavier()\n"
                             "    param U : f32[size, size] = xavier()\n"
                             "    a, b = scan x over t, checkpoint every %d if %d > 0, from h = "
                             "zeros(..., size), n = zeros(..., size) {\n"
                             "        h = tanh(x · W + h · U)\n"
                             "        n = n + h\n"
                             "    }\n"
                             "    return concat(a, b)\n"
                             "}\n"
                             "const every = %d\n"
                             "model M {\n"
                             "%s"
                             "    target y : f32[batch, 3]\n"
                             "    output p = found\n"
                             "    d = found |> Linear(3)\n"
                             "    loss = (d - y) * (d - y)\n"
                             "}\n";

static const char *const models[] = {
    "    input x : f32[batch, word~, 5]\n    input c : f32[batch, 4]\n    let cell = Cell(4)\n"
    "    all = cell(x, c)\n    found = concat(all |> last(over word), all |> mean(over word))\n",
    "    input x : f32[batch, word~, 5]\n    input c : f32[batch, 4]\n    let cell = Cell(4, "
    "reverse = true)\n"
    "    all = cell(x, c)\n    found = concat(all |> first(over word), all |> max(over word))\n",
    "    input x : f32[batch, 7, 5]\n    input c : f32[batch, 4]\n    let cell = Cell(4)\n    all "
    "= cell(x, c)\n"
    "    found = flatten(all)\n",
    "    input x : f32[batch, word~, 5]\n    found = x |> Ends(4)\n",
    "    input x : f32[batch, sent~, word~, 5]\n"
    "    found = x |> Lstm(4, checkpoint = every) |> last(over word) |> Gru(3, checkpoint = every) "
    "|> last(over sent)\n",
    "    input x : f32[batch, word~, 5]\n    let there = Lstm(4, checkpoint = every)\n"
    "    let back = Lstm(4, checkpoint = every, reverse = true)\n    read = x |> BothWays(there, "
    "back) |> Rnn(3, checkpoint = every)\n"
    "    found = concat(read |> last(over word), read |> mean(over word))\n",
};
enum { MODELS = sizeof models / sizeof *models };

static IrModule *lower_text(Arena *arena, const char *text, NndDType dtype)
{
    Diags *diags = diags_new(arena);
    Program *program = program_check(arena, source_new(arena, "test", text, strlen(text)), NULL,
                                     NULL, 0, 0, diags);
    IrModule *module = program ? lower_program(arena, program, dtype, diags) : NULL;
    if (!module) {
        diags_print(diags, (DiagStyle){0}, stdout);
        exit(1);
    }
    return module;
}

static IrModule *lower(Arena *arena, int model, int k)
{
    IrModule *module =
        lower_text(arena, arena_printf(arena, source, k, k, k, k, k, models[model]), NND_F64);
    difference_gradient(ir_module_func(module, "loss"));
    return module;
}

static IrModule *optimised(Arena *arena, int model, int k)
{
    IrModule *module = lower(arena, model, k);
    passes_run(module, &(PassOptions){.fuse = true, .verify_each = true});
    return module;
}

/* ---- the numbers ---- */

typedef struct Side {
    const IrModule *module;
    Engine *engine;
} Side;

static Side interpreted(const IrModule *module)
{
    Side side = {.module = module};
    NndError error;
    CHECK_EQ_INT(interp_engine_new(&side.engine, module, &error), NND_OK);
    return side;
}

static void run(Arena *arena, const Side *side, int function, uint64_t seed, NndPool *pool,
                PreparedCall *out)
{
    NndError error;
    const IrFunc *func = side->module->funcs.data[function];
    CHECK_EQ_INT(call_prepare(out, arena, func, pool, seed, &error), NND_OK);
    CHECK_EQ_INT(side->engine->run(side->engine, func->name, &out->call, &error), NND_OK);
}

/* With one thread and with all of the pool. */
static void check_same(Arena *arena, const char *label, const Side *expected, const Side *found,
                       NndPool *pool)
{
    EngineTally tally = {0};
    for (int f = 0; f < expected->module->funcs.count; f++)
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            PreparedCall a, b;
            run(arena, expected, f, seed, NULL, &a);
            run(arena, found, f, seed, seed % 2 ? pool : NULL, &b);
            engines_compare_results(expected->module->funcs.data[f], &b, &a, label, 1e-9, &tally);
            call_release(&a);
            call_release(&b);
        }
    CHECK(tally.compared > 0);
    CHECK_EQ_INT(tally.wrong, 0);
}

static void numbers_are_those_without(Arena *arena, int model, int k, NndPool *pool)
{
    const char *label = arena_printf(arena, "model %d, k %d", model, k);
    Side whole = interpreted(lower(arena, model, 0)), parts = interpreted(lower(arena, model, k));
    Side compiled = {.module = optimised(arena, model, k)};
    NndError error;
    CHECK(!ir_module_verify(arena, parts.module));
    check_same(arena, arena_printf(arena, "%s, interpreted", label), &whole, &parts, pool);
    if (k == 3 || model == 0) {
        CHECK_EQ_INT(jit_engine_new(&compiled.engine, compiled.module, NULL, &error), NND_OK);
        check_same(arena, arena_printf(arena, "%s, compiled", label), &whole, &compiled, pool);
        compiled.engine->free(compiled.engine);
    }
    if (k == 3 && model < 2) {
        CHECK_EQ_INT(native_engine_new(&compiled.engine, compiled.module, &error), NND_OK);
        check_same(arena, arena_printf(arena, "%s, native", label), &whole, &compiled, pool);
        compiled.engine->free(compiled.engine);
    }
    whole.engine->free(whole.engine);
    parts.engine->free(parts.engine);
}

static void gradients_are_those_of_finite_differences(Arena *arena, int model, int k)
{
    IrModule *module = lower(arena, model, k);
    const IrFunc *gradient = ir_module_func(module, "gradient");
    IrFunc *loss = ir_module_func(module, "loss");
    for (uint64_t seed = 1; seed <= SEEDS / 2; seed++) {
        Difference d = difference_at(arena, module, loss, gradient, seed);
        if (!(fabs(d.found - d.expected) <= d.tolerance))
            printf("model %d, k %d, data %d: gradient %.12g, differences %.12g\n", model, k,
                   (int)seed, d.found, d.expected);
        CHECK(fabs(d.found - d.expected) <= d.tolerance);
    }
}

/* So that the comparisons mean something. */
static void every_length_occurs(Arena *arena)
{
    const IrModule *module = lower(arena, 0, 3);
    const IrDim *word = ir_dim_find(module, "word");
    bool occurs[MOST_LENGTH + 1] = {false};
    NndError error;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        PreparedCall call;
        CHECK_EQ_INT(call_prepare(&call, arena, module->funcs.data[0], NULL, seed, &error), NND_OK);
        const NndAxis *axis = &call.call.axes[word->index];
        for (int64_t i = 0; i < call.call.axes[word->parent->index].extent; i++)
            occurs[axis->offsets[i + 1] - axis->offsets[i]] = true;
        call_release(&call);
    }
    for (int n = 0; n <= MOST_LENGTH; n++)
        CHECK(occurs[n]);
}

/* ---- items ---- */

static NndAxes *axes_of(Arena *arena, const IrModule *module, const int64_t *lengths, int64_t items)
{
    const NndModuleDesc *desc = engine_module_desc(arena, module);
    NndExtent *given = ARENA_ARRAY(arena, NndExtent, desc->dim_count + 1);
    NndAxes *axes;
    NndError error;
    for (int i = 0; i < desc->dim_count; i++)
        given[i] = (NndExtent){items, lengths};
    CHECK_EQ_INT(nnd_axes_new(&axes, desc->dims, desc->dim_count, &error), NND_OK);
    CHECK_EQ_INT(nnd_axes_bind(axes, given, &error), NND_OK);
    return axes;
}

/* The result p of these items; x begins with their first row. */
static double *predict(Arena *arena, Engine *engine, const IrModule *module,
                       const void *const *args, const double *x, const int64_t *lengths,
                       int64_t items)
{
    const IrFunc *func = ir_module_func(module, "predict");
    NndAxes *axes = axes_of(arena, module, lengths, items);
    const void **own = arena_copy(arena, args, sizeof *args * (size_t)func->arg_count);
    double *result = ARENA_ARRAY(
        arena, double, call_count(&func->body->yields[0]->type, nnd_axes_table(axes)) + 1);
    own[0] = x;
    NndCall call = {.axes = nnd_axes_table(axes), .args = own, .results = &(void *){result}};
    NndError error;
    CHECK_EQ_INT(engine->run(engine, "predict", &call, &error), NND_OK);
    nnd_axes_free(axes);
    return result;
}

static void an_item_is_independent_of_its_batch(void)
{
    enum { ITEMS = 6, WIDTH = 5, OUT = 8 };
    static const int64_t lengths[ITEMS] = {4, 0, 9, 3, 1, 2};
    Arena *arena = arena_new();
    IrModule *module = optimised(arena, 3, 3);
    const IrFunc *func = ir_module_func(module, "predict");
    NndError error;
    Engine *jit;
    PreparedCall weights;
    CHECK_EQ_INT(jit_engine_new(&jit, module, NULL, &error), NND_OK);
    CHECK_EQ_INT(call_prepare(&weights, arena, func, NULL, 1, &error), NND_OK);
    double x[19 * WIDTH];
    for (int i = 0; i < 19 * WIDTH; i++)
        x[i] = sin(i);
    const double *all = predict(arena, jit, module, weights.call.args, x, lengths, ITEMS);
    for (int64_t i = 0, first = 0; i < ITEMS; first += lengths[i++]) {
        const double *alone =
            predict(arena, jit, module, weights.call.args, x + first * WIDTH, &lengths[i], 1);
        for (int k = 0; k < OUT; k++)
            CHECK_NEAR(all[i * OUT + k], alone[k], 1e-12);
    }
    call_release(&weights);
    jit->free(jit);
    arena_free(arena);
}

/* ---- memory ---- */

/* MiB that a training step of an LSTM of 64 units over 64 inputs needs, without its optimiser. */
static double training_memory(int64_t items, int64_t length, int k)
{
    Arena *arena = arena_new();
    const char *text = arena_printf(arena,
                                    "use std.recurrent, std.dense\nmodel M {\n    input x : "
                                    "f32[batch, word~, 64]\n    target y : f32[batch, 2]\n"
                                    "    d = x |> Lstm(64, checkpoint = %d) |> last(over word) |> "
                                    "Linear(2)\n    output p = d\n    loss = mse(d, y)\n}\n",
                                    k);
    IrModule *module = lower_text(arena, text, NND_F32);
    passes_run(module, &(PassOptions){0});
    IrFunc *loss = ir_module_func(module, "loss");
    int wrt[8], count = 0;
    for (int i = 0; i < loss->arg_count; i++)
        if (loss->args[i]->kind == NND_ARG_PARAM)
            wrt[count++] = i;
    IrFunc *gradient = pass_gradient(loss, "gradient", 0, wrt, count);
    passes_run(module, &(PassOptions){.fuse = true});
    int64_t *lengths = ARENA_ARRAY(arena, int64_t, items);
    for (int64_t i = 0; i < items; i++)
        lengths[i] = length;
    NndAxes *axes = axes_of(arena, module, lengths, items);
    MemoryPlan *plan = plan_memory(arena, gradient);
    plan_measure(plan, nnd_axes_table(axes));
    double mib = (double)plan->planned_bytes / (1 << 20);
    nnd_axes_free(axes);
    arena_free(arena);
    return mib;
}

static void memory_grows_with_the_number_of_parts_and_their_length(void)
{
    const double mib = 1 << 20, items = 32, state = 64 * 4, gates = 4 * state;
    CHECK(training_memory(32, 100, 0) > 7);
    CHECK(training_memory(32, 100, 10) < 1.8);
    /* a longer sequence costs the states at its marks: of h and c, every 10 words */
    double longer = training_memory(32, 2000, 10) - training_memory(32, 1000, 10);
    CHECK_NEAR(longer * mib / items / 1000, 2 * state / 10, 0.1);
    /* longer parts cost what the gradient needs of the steps of one part */
    double wider = training_memory(32, 1000, 50) - training_memory(32, 1000, 40);
    CHECK(wider * mib / items / 10 < 5 * gates);
    CHECK(training_memory(32, 1000, 0) / training_memory(32, 1000, 30) > 15);
}

int main(void)
{
    static const int ks[] = {1, 3, 100};
    NndPool *pool;
    NndError error;
    CHECK_EQ_INT(nnd_pool_new(&pool, THREADS, &error), NND_OK);
    for (int model = 0; model < MODELS; model++)
        for (size_t i = 0; i < sizeof ks / sizeof *ks; i++) {
            Arena *arena = arena_new();
            numbers_are_those_without(arena, model, ks[i], pool);
            gradients_are_those_of_finite_differences(arena, model, ks[i]);
            arena_free(arena);
        }
    Arena *arena = arena_new();
    every_length_occurs(arena);
    arena_free(arena);
    an_item_is_independent_of_its_batch();
    memory_grows_with_the_number_of_parts_and_their_length();
    nnd_pool_free(pool);
    return test_report();
}
