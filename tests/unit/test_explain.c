/* SPDX-License-Identifier: Apache-2.0
 *
 * What `nnd explain` shows of the networks of examples/, in f64 by the interpreter.
 */
#include "compiler/interp/interp.h"
#include "compiler/ir/lower.h"
#include "compiler/passes/passes.h"
#include "tests/check.h"
#include "tests/harness.h"

enum { VOCAB = 64, CLASSES = 5, SIZE = 3 };

/* A network, prepared to be explained, and one call of it. */
typedef struct Case {
    Arena *arena;
    IrModule *module;
    const IrFunc *func;
    Engine *engine;
    Harness harness;
    void **args, **results;
} Case;

static IrModule *lower(Arena *arena, const char *path, const char *option)
{
    const char *error;
    Source *source = source_read(arena, path, &error);
    Diags *diags = diags_new(arena);
    ModelArg args[] = {
        {"vocab", VOCAB}, {"classes", CLASSES}, {"size", SIZE}, {option, 1}, {"hidden", 4}};
    bool recurrent = strstr(path, "hnn") != NULL;
    int count = 3 + (option != NULL);
    args[count] = args[4];
    Program *program = program_check(arena, source, NULL, args, count + recurrent, 0, diags);
    IrModule *module = program ? lower_explanation(arena, program, NND_F64, diags) : NULL;
    if (!module)
        diags_print(diags, DIAG_PLAIN, stdout);
    return module;
}

/* No word occurs twice, so that a row of a table is a word. */
static void begin(Case *c, const char *path, const char *option)
{
    NndError error;
    *c = (Case){.arena = arena_new()};
    c->module = lower(c->arena, path, option);
    CHECK(c->module && pass_sensitivity(ir_module_func(c->module, "explain"), "sensitivity", 0));
    passes_run(c->module, &(PassOptions){.verify_each = true});
    c->func = ir_module_func(c->module, "sensitivity");
    CHECK_EQ_INT(interp_engine_new(&c->engine, c->module, &error), NND_OK);
    harness_begin(&c->harness, c->arena, c->module, 1);
    c->args = harness_args(&c->harness, c->func, -0.8, 0.8);
    for (int i = 0; i < c->func->arg_count; i++) {
        int64_t count = harness_count(&c->harness, &c->func->args[i]->type);
        if (c->func->args[i]->type.dtype != NND_I32)
            continue;
        for (int64_t k = 0; k < count; k++)
            ((int32_t *)c->args[i])[k] =
                (int32_t)(c->func->args[i]->kind == NND_ARG_TARGET ? k % CLASSES : k + 2);
        CHECK(count + 2 < VOCAB);
    }
    c->results = harness_results(&c->harness, c->func);
    harness_run(&c->harness, c->engine, "sensitivity", c->args, c->results);
}

static void end(Case *c)
{
    harness_end(&c->harness);
    c->engine->free(c->engine);
    arena_free(c->arena);
}

static int result_of(const Case *c, const char *name)
{
    for (int i = 0; i < c->func->body->yield_count; i++)
        if (!strcmp(c->func->result_names[i], name))
            return i;
    return -1;
}

static int64_t result_count(const Case *c, int result)
{
    return harness_count(&c->harness, &c->func->body->yields[result]->type);
}

/* ---- sensitivity ---- */

static bool is_table(const IrValue *arg)
{
    size_t length = strlen(arg->name);
    return length >= 11 && !strcmp(arg->name + length - 11, "Embedding.W");
}

/* The derivative of the loss by one number, by central differences. */
static double slope(Case *c, double *at)
{
    const double step = 1e-6, before = *at;
    void **results = harness_results(&c->harness, c->func);
    double loss[2];
    for (int side = 0; side < 2; side++) {
        *at = before + (side ? -step : step);
        harness_run(&c->harness, c->engine, "sensitivity", c->args, results);
        loss[side] = *(double *)results[0];
    }
    *at = before;
    return (loss[0] - loss[1]) / (2 * step);
}

static void check_sensitivity(const char *path, const char *option)
{
    Case c;
    begin(&c, path, option);
    int result = result_of(&c, "sensitivity");
    CHECK_EQ_INT(result, c.func->body->yield_count - 1);
    const double *found = c.results[result];
    int64_t words = result_count(&c, result);
    double largest = 0;
    CHECK(words > 5);
    for (int64_t word = 0; word < words; word++) {
        double norm = 0;
        for (int i = 0; i < c.func->arg_count; i++)
            for (int k = 0; is_table(c.func->args[i]) && k < SIZE; k++)
                norm += fabs(slope(&c, (double *)c.args[i] + (word + 2) * SIZE + k));
        largest = fmax(largest, norm);
        CHECK_NEAR(found[word], norm, 1e-7 * (1 + norm));
    }
    CHECK(largest > 1e-3);
    end(&c);
}

static void sensitivity_is_the_norm_of_the_derivative_by_a_words_vector(void)
{
    check_sensitivity("examples/text_cnn.nnd", NULL);
    check_sensitivity("examples/lstm.nnd", NULL);
    check_sensitivity("examples/hnn.nnd", NULL);
    check_sensitivity("examples/hnn.nnd", "attention");
    check_sensitivity("examples/dpa_hnn.nnd", NULL);
    check_sensitivity("examples/dpa_hnn.nnd", "dual");
}

static void a_word_looked_up_in_two_tables_has_the_sum(void)
{
    check_sensitivity("examples/text_cnn_multichannel.nnd", NULL);
}

static void a_model_that_looks_nothing_up_has_no_sensitivity(void)
{
    Arena *arena = arena_new();
    const char text[] =
        "use std.dense\nmodel M {\n    input x : f32[batch, 3]\n    target label : class[batch]\n"
        "    logits = x |> Linear(2)\n    output p = softmax(logits)\n"
        "    loss = cross_entropy(logits, label)\n}\n";
    Diags *diags = diags_new(arena);
    Program *program =
        program_check(arena, source_new(arena, "m", text, strlen(text)), NULL, NULL, 0, 0, diags);
    IrModule *module = lower_explanation(arena, program, NND_F64, diags);
    int before = module->funcs.count;
    CHECK(!pass_sensitivity(ir_module_func(module, "explain"), "sensitivity", 0));
    CHECK_EQ_INT(module->funcs.count, before);
    arena_free(arena);
}

/* ---- attention ---- */

/* Weights of the steps of each segment sum to 1, of segments without steps to nothing. */
static void check_sums(Case *c, const char *name, bool of_marked)
{
    int result = result_of(c, name);
    CHECK(result >= 0);
    if (result < 0)
        return;
    const IrDim *dim = c->func->body->yields[result]->type.dims[0];
    const NndAxis *axes = nnd_axes_table(c->harness.axes), *axis = &axes[dim->index];
    const double *weight = c->results[result];
    for (int64_t s = 0; s < axes[dim->parent->index].extent; s++) {
        double sum = 0;
        for (int64_t i = axis->offsets[s]; i < axis->offsets[s + 1]; i++) {
            CHECK(weight[i] >= 0);
            sum += weight[i];
        }
        double expected = axis->offsets[s + 1] > axis->offsets[s];
        CHECK(fabs(sum - expected) < 1e-12 || (of_marked && sum == 0));
    }
}

/* The marks of phrases are 0 or 1. */
static void set_marks(Case *c, int every)
{
    for (int i = 0; i < c->func->arg_count; i++)
        if (!strcmp(c->func->args[i]->name, "phrase"))
            for (int64_t k = 0; k < harness_count(&c->harness, &c->func->args[i]->type); k++)
                ((double *)c->args[i])[k] = every && k % every == 0;
    harness_run(&c->harness, c->engine, "sensitivity", c->args, c->results);
}

static void attention_sums_to_one_over_words_and_sentences(void)
{
    Case c;
    begin(&c, "examples/hnn.nnd", "attention");
    check_sums(&c, "attention.word", false);
    check_sums(&c, "attention.sent", false);
    CHECK(result_of(&c, "attention.word#2") < 0);
    end(&c);
    begin(&c, "examples/dpa_hnn.nnd", NULL);
    set_marks(&c, 3);
    check_sums(&c, "attention.word", false);
    check_sums(&c, "attention.sent", false);
    end(&c);
}

static void two_attentions_over_one_axis_have_numbers(void)
{
    Case c;
    begin(&c, "examples/dpa_hnn.nnd", "dual");
    set_marks(&c, 3);
    check_sums(&c, "attention.word", false);
    check_sums(&c, "attention.word#2", true);
    check_sums(&c, "attention.sent#2", true);
    set_marks(&c, 0);
    const double *marked = c.results[result_of(&c, "attention.word#2")];
    for (int64_t i = 0; i < result_count(&c, result_of(&c, "attention.word#2")); i++)
        CHECK(marked[i] == 0);
    end(&c);
}

static void a_model_without_attention_shows_none(void)
{
    Case c;
    begin(&c, "examples/text_cnn.nnd", NULL);
    CHECK(result_of(&c, "attention.word") < 0);
    CHECK_EQ_INT(c.func->body->yield_count, 3); /* loss, p, sensitivity */
    end(&c);
}

int main(void)
{
    sensitivity_is_the_norm_of_the_derivative_by_a_words_vector();
    a_word_looked_up_in_two_tables_has_the_sum();
    a_model_that_looks_nothing_up_has_no_sensitivity();
    attention_sums_to_one_over_words_and_sentences();
    two_attentions_over_one_axis_have_numbers();
    a_model_without_attention_shows_none();
    return test_report();
}
