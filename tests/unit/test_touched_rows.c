/* SPDX-License-Identifier: Apache-2.0
 *
 * A training that changes only the rows that a batch looks up ends with the
 * same bits as one that changes the whole table, weights and states alike.
 */
#include "compiler/codegen/jit.h"
#include "compiler/interp/interp.h"
#include "compiler/passes/passes.h"
#include "runtime/axes.h"
#include "runtime/data/distinct.h"
#include "tests/check.h"

static const char text[] =
    "module \"rows\"\n"
    "dim batch = free\n"
    "dim word = ragged batch\n"
    "func @loss(input %t: i32[word], param %table: f32[60, 37], param %w: f32[37]) -> (loss) {\n"
    "  %0 = gather %table, %t : f32[word, 37]\n"
    "  %1 = broadcast %w {map = [-1, 0]} : f32[word, 37]\n"
    "  %2 = sub %0, %1 : f32[word, 37]\n"
    "  %3 = mul %2, %2 : f32[word, 37]\n"
    "  %4 = sum %3 {axes = 2} : f32[word]\n"
    "  %5 = sum %4 {axes = 1} : f32[batch]\n"
    "  %6 = sum %5 {axes = 1} : f32\n"
    "  return %6\n"
    "}\n";

/* The second table does not have all rows that the first one has. */
static const char text_of_two[] =
    "module \"rows\"\n"
    "dim batch = free\n"
    "dim word = ragged batch\n"
    "func @loss(input %t: i32[word], param %table: f32[60, 37], param %w: f32[37], param %low: f32[9, 37]) -> (loss) {\n"
    "  %0 = gather %table, %t : f32[word, 37]\n"
    "  %1 = broadcast %w {map = [-1, 0]} : f32[word, 37]\n"
    "  %2 = sub %0, %1 : f32[word, 37]\n"
    "  %3 = gather %low, %t : f32[word, 37]\n"
    "  %4 = add %2, %3 : f32[word, 37]\n"
    "  %5 = mul %4, %4 : f32[word, 37]\n"
    "  %6 = sum %5 {axes = 2} : f32[word]\n"
    "  %7 = sum %6 {axes = 1} : f32[batch]\n"
    "  %8 = sum %7 {axes = 1} : f32\n"
    "  return %8\n"
    "}\n";

/* Not only rows of the table are read. */
static const char text_with_sum[] =
    "module \"sum\"\n"
    "dim batch = free\n"
    "dim word = ragged batch\n"
    "func @loss(input %t: i32[word], param %table: f32[60, 37], param %w: f32[37]) -> (loss, all) {\n"
    "  %0 = gather %table, %t : f32[word, 37]\n"
    "  %1 = sum %0 {axes = 3} : f32[batch]\n"
    "  %2 = sum %1 {axes = 1} : f32\n"
    "  %3 = sum %w {axes = 1} : f32\n"
    "  %4 = mul %2, %3 : f32\n"
    "  %5 = sum %table {axes = 3} : f32\n"
    "  return %4, %5\n"
    "}\n";

enum { ROWS = 60, LOW = 9, COLUMNS = 37, WORDS = 20, ITEMS = 4, STEPS = 100, MOST = 24, OFTEN = 30, RARE = 250 };

typedef float Table[ROWS * COLUMNS];

/* A step function, and what it changes, by the number of the argument. */
typedef struct Training {
    Arena *arena;
    IrModule *module;
    IrFunc *step, *settle; /* the latter may be NULL */
    Engine *engine;
    double rate; /* of the first step */
    NndAxes *axes;
    NndDistinct distinct;
    Table now[MOST], next[MOST];
} Training;

static NndError error;

static int index_in(const IrFunc *func, const char *name)
{
    for (int i = 0; i < func->arg_count; i++)
        if (!strcmp(func->args[i]->name, name))
            return i;
    return -1;
}

static int index_of(const Training *t, const char *name)
{
    return index_in(t->step, name);
}

static int result_of(const Training *t, const char *name)
{
    for (int i = 0; i < t->step->body->yield_count; i++)
        if (!strcmp(t->step->result_names[i], name))
            return i;
    return -1;
}

static void fill(float *to, int count)
{
    for (int i = 0; i < count; i++)
        to[i] = (float)(i * 7919 % 1000) / 1000 - 0.5f;
}

static void make_functions(Training *t, const char *program, const Optimiser *rule)
{
    static const int wrt[] = {1, 2, 3};
    char *problem = NULL;
    *t = (Training){.arena = arena_new(), .rate = rule->kind == OPT_ADAM ? 0.01 : 1};
    t->module = ir_module_parse(t->arena, program, &problem);
    IrFunc *loss = ir_module_func(t->module, "loss");
    int weights = loss->arg_count - 1;
    CHECK(pass_distinct(loss));
    IrFunc *gradient = pass_gradient(loss, "gradient", 0, wrt, weights);
    t->step = pass_optimiser(gradient, "step", rule);
    t->settle = pass_settle(gradient, "settle", rule);
    t->module->funcs.count = 0;
    vec_push(t->arena, &t->module->funcs, t->step);
    if (t->settle)
        vec_push(t->arena, &t->module->funcs, t->settle);
}

static void begin(Training *t, const char *program, Optimiser rule, bool touched_rows, bool compiled)
{
    rule.touched_rows = touched_rows;
    make_functions(t, program, &rule);
    passes_run(t->module, &(PassOptions){.verify_each = true, .fuse = compiled});
    const NndModuleDesc *desc = engine_module_desc(t->arena, t->module);
    CHECK_EQ_INT(nnd_axes_new(&t->axes, desc->dims, desc->dim_count, &error), NND_OK);
    CHECK_EQ_INT(compiled ? jit_engine_new(&t->engine, t->module, NULL, &error)
                          : interp_engine_new(&t->engine, t->module, &error),
                 NND_OK);
    fill(t->now[index_of(t, "table")], ROWS * COLUMNS);
    fill(t->now[index_of(t, "w")], COLUMNS);
    if (index_of(t, "low") >= 0)
        fill(t->now[index_of(t, "low")], LOW * COLUMNS);
}

static void end(Training *t)
{
    t->engine->free(t->engine);
    nnd_axes_free(t->axes);
    nnd_distinct_free(&t->distinct);
    arena_free(t->arena);
}

/* A few words occur often, others now and then, and half of them after hundreds of steps. */
static void draw_words(int32_t *words, int step)
{
    for (int i = 0; i < WORDS; i++) {
        uint32_t x = (uint32_t)(step * WORDS + i) * 2654435761u;
        words[i] = (int32_t)(x >> 28 ? x >> 8 & 7 : x % ROWS);
        if (step % RARE)
            words[i] %= OFTEN;
        else if (i % 2)
            words[i] = OFTEN + (int32_t)(x >> 16) % (ROWS - OFTEN);
    }
}

static void all_words(int32_t *words, int step)
{
    for (int i = 0; i < WORDS; i++)
        words[i] = step % 3 * WORDS + i;
}

static bool is_put(const Training *t, int result)
{
    const IrInst *inst = t->step->body->yields[result]->def;
    return inst && inst->op == OP_put;
}

static void bind_axes(Training *t, const int32_t *words)
{
    static const int64_t lengths[ITEMS] = {5, 0, 12, 3};
    NndExtent given[MOST] = {{0}};
    CHECK_EQ_INT(nnd_distinct_find(&t->distinct, words, WORDS, &error), NND_OK);
    for (int i = 0; i < t->module->dims.count && i < MOST; i++) {
        given[i].extent =
            t->module->dims.data[i]->kind == NND_DIM_DISTINCT ? t->distinct.count : ITEMS;
        given[i].lengths = lengths;
    }
    CHECK_EQ_INT(nnd_axes_bind(t->axes, given, &error), NND_OK);
}

/* Rows are put in place, or into a copy, in turn. */
static void run_step(Training *t, int step, const int32_t *words)
{
    const void *args[MOST];
    void *results[MOST];
    float rate = (float)t->rate / (float)(1 + step % 7), iteration = (float)(step + 1), loss;
    bind_axes(t, words);
    for (int i = 0; i < t->step->arg_count; i++) {
        const IrValue *arg = t->step->args[i];
        int result = result_of(t, arg->name);
        args[i] = !strcmp(arg->name, OPTIMISER_RATE)   ? (const void *)&rate
                  : !strcmp(arg->name, OPTIMISER_STEP) ? (const void *)&iteration
                  : arg->kind == NND_ARG_INPUT      ? (const void *)words
                  : arg->kind == NND_ARG_DISTINCT   ? (const void *)t->distinct.numbers
                  : arg->kind == NND_ARG_PLACES     ? (const void *)t->distinct.places
                                                    : t->now[i];
        if (result >= 0)
            results[result] = is_put(t, result) && step % 2 ? t->now[i] : t->next[i];
    }
    results[0] = &loss;
    NndCall call = {.axes = nnd_axes_table(t->axes), .args = args, .results = results};
    CHECK_EQ_INT(t->engine->run(t->engine, "step", &call, &error), NND_OK);
    for (int i = 0; i < t->step->arg_count; i++)
        if (result_of(t, t->step->args[i]->name) >= 0 &&
            results[result_of(t, t->step->args[i]->name)] == t->next[i])
            memcpy(t->now[i], t->next[i], sizeof t->now[i]);
}

/* All rows; numbers that the table does not have are ignored. */
static void settle(Training *t, int steps)
{
    int32_t rows[ROWS + 3];
    const void *args[MOST];
    void *results[MOST];
    NndExtent given[MOST] = {{0}};
    float iteration = (float)(steps + 1);
    for (int i = 0; i < ROWS + 3; i++)
        rows[i] = i - 1;
    for (int i = 0; i < t->module->dims.count && i < MOST; i++)
        if (t->module->dims.data[i]->kind == NND_DIM_DISTINCT)
            given[i].extent = ROWS + 3;
    CHECK_EQ_INT(nnd_axes_bind(t->axes, given, &error), NND_OK);
    for (int i = 0; i < t->settle->arg_count; i++) {
        const char *name = t->settle->args[i]->name;
        args[i] = !strcmp(name, OPTIMISER_ROWS)   ? (const void *)rows
                  : !strcmp(name, OPTIMISER_STEP) ? (const void *)&iteration
                                               : t->now[index_of(t, name)];
    }
    for (int i = 0; i < t->settle->body->yield_count; i++)
        results[i] = t->now[index_of(t, t->settle->result_names[i])];
    NndCall call = {.axes = nnd_axes_table(t->axes), .args = args, .results = results};
    CHECK_EQ_INT(t->engine->run(t->engine, "settle", &call, &error), NND_OK);
}

static void train_steps(Training *t, int first, int end)
{
    int32_t words[WORDS];
    for (int i = first; i < end; i++) {
        draw_words(words, i);
        run_step(t, i, words);
        if (t->settle && (i + 1) % OPTIMISER_PAST == 0)
            settle(t, i + 1);
    }
}

static void train(Training *t)
{
    train_steps(t, 0, STEPS);
}

static bool same_bits(const Training *a, const Training *b, const char *name)
{
    return !memcmp(a->now[index_of(a, name)], b->now[index_of(b, name)], sizeof(Table));
}

/* After the last steps each row has just been touched. */
static void check_exact(Optimiser rule, bool compiled)
{
    static Training rows, whole;
    begin(&rows, text_of_two, rule, true, compiled);
    begin(&whole, text_of_two, rule, false, compiled);
    CHECK(is_put(&rows, result_of(&rows, "table")));
    CHECK(!is_put(&whole, result_of(&whole, "table")));
    train(&rows);
    train(&whole);
    CHECK(same_bits(&rows, &whole, "table") && same_bits(&rows, &whole, "low") && same_bits(&rows, &whole, "w"));
    for (int step = STEPS; step < STEPS + 3; step++) {
        int32_t words[WORDS];
        all_words(words, step);
        run_step(&rows, step, words);
        run_step(&whole, step, words);
    }
    CHECK(same_bits(&rows, &whole, "table") && same_bits(&rows, &whole, "low") && same_bits(&rows, &whole, "w"));
    for (int i = 0; i < whole.step->arg_count; i++)
        if (whole.step->args[i]->kind == NND_ARG_STATE &&
            !strncmp(whole.step->args[i]->name, "w.", 2))
            CHECK(same_bits(&rows, &whole, whole.step->args[i]->name));
    end(&rows);
    end(&whole);
}

static void check_both(Optimiser rule)
{
    check_exact(rule, false);
    check_exact(rule, true);
}

static void adadelta_is_the_same_to_the_bit(void)
{
    check_both((Optimiser){.kind = OPT_ADADELTA, .rho = 0.95, .epsilon = 1e-6});
}

static void rmsprop_is_the_same_to_the_bit(void)
{
    check_both((Optimiser){.kind = OPT_RMSPROP, .rho = 0.9, .epsilon = 1e-8});
}

static void sgd_is_the_same_to_the_bit(void)
{
    check_both((Optimiser){.kind = OPT_SGD});
}

/* ---- Adam ---- */

static const Optimiser adam = {.kind = OPT_ADAM, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};

static void check_all_equal(const Training *rows, const Training *whole)
{
    for (int i = 0; i < whole->step->arg_count; i++) {
        const IrValue *arg = whole->step->args[i];
        if (arg->kind == NND_ARG_STATE || arg->kind == NND_ARG_PARAM)
            CHECK(same_bits(rows, whole, arg->name));
    }
}

/* Weights and states of both, whenever rows are brought up to date. */
static void check_settled(Optimiser rule, bool compiled)
{
    static Training rows, whole;
    const int ends[] = {2,        40,                 STEPS,
                        2 * RARE + 3, 3 * RARE,       OPTIMISER_PAST - 1,
                        OPTIMISER_PAST + 2 * RARE, 2 * OPTIMISER_PAST + 1};
    begin(&rows, text_of_two, rule, true, compiled);
    begin(&whole, text_of_two, rule, false, compiled);
    CHECK(is_put(&rows, result_of(&rows, "table")) && rows.settle && !whole.settle);
    for (int i = 0, first = 0; i < (int)(sizeof ends / sizeof *ends); first = ends[i++]) {
        train_steps(&rows, first, ends[i]);
        train_steps(&whole, first, ends[i]);
        CHECK(!same_bits(&rows, &whole, "table")); /* else nothing was late, and this test is void */
        settle(&rows, ends[i]);
        check_all_equal(&rows, &whole);
    }
    end(&rows);
    end(&whole);
}

static void adam_is_the_same_to_the_bit(void)
{
    Optimiser other = {.kind = OPT_ADAM, .beta1 = 0.5, .beta2 = 0.99, .epsilon = 1e-3},
              forgetful = {.kind = OPT_ADAM, .beta1 = 0, .beta2 = 0.5, .epsilon = 1e-8},
              slow = {.kind = OPT_ADAM, .beta1 = 0.99, .beta2 = 0.9999, .epsilon = 1e-8};
    for (int compiled = 0; compiled < 2; compiled++) {
        check_settled(adam, compiled);
        check_settled(other, compiled);
        check_settled(slow, compiled);
        check_exact(forgetful, compiled); /* no row goes on: none is late */
    }
}

static void adam_changes_the_whole_of_a_table_that_is_read_otherwise(void)
{
    static Training t;
    Optimiser rule = adam;
    rule.touched_rows = true;
    make_functions(&t, text_with_sum, &rule);
    CHECK(!is_put(&t, result_of(&t, "table")) && !t.settle);
    arena_free(t.arena);
}

static void expect_whole(Optimiser rule)
{
    static Training t;
    begin(&t, text, rule, true, false);
    CHECK(!is_put(&t, result_of(&t, "table")));
    end(&t);
}

static void rules_that_move_resting_weights_otherwise_change_the_whole_table(void)
{
    static const ClipRows clips[] = {{"table", 3}};
    Optimiser decaying = adam, gaining = adam, flat = adam;
    decaying.weight_decay = 0.1;
    gaining.beta1 = 0.9996; /* its square is more than beta2 */
    flat.epsilon = 0;
    expect_whole(decaying);
    expect_whole(gaining);
    expect_whole(flat);
    expect_whole((Optimiser){.kind = OPT_SGD, .momentum = 0.9});
    expect_whole(
        (Optimiser){.kind = OPT_ADADELTA, .rho = 0.95, .epsilon = 1e-6, .weight_decay = 0.1});
    expect_whole((Optimiser){
        .kind = OPT_ADADELTA, .rho = 0.95, .epsilon = 1e-6, .clips = clips, .clip_count = 1});
}

/* The norm of all gradients is a sum of fewer numbers then, in another order. */
static void clipping_the_norm_of_all_gradients_differs_by_rounding_alone(void)
{
    static Training rows, whole;
    Optimiser rule = {.kind = OPT_ADADELTA, .rho = 0.95, .epsilon = 1e-6, .clip_norm = 1};
    begin(&rows, text, rule, true, true);
    begin(&whole, text, rule, false, true);
    train(&rows);
    train(&whole);
    const float *a = rows.now[index_of(&rows, "table")], *b = whole.now[index_of(&whole, "table")];
    for (int i = 0; i < ROWS * COLUMNS; i++)
        CHECK_NEAR(a[i], b[i], 1e-5);
    end(&rows);
    end(&whole);
}

int main(void)
{
    adadelta_is_the_same_to_the_bit();
    rmsprop_is_the_same_to_the_bit();
    sgd_is_the_same_to_the_bit();
    adam_is_the_same_to_the_bit();
    adam_changes_the_whole_of_a_table_that_is_read_otherwise();
    rules_that_move_resting_weights_otherwise_change_the_whole_table();
    clipping_the_norm_of_all_gradients_differs_by_rounding_alone();
    return test_report();
}
