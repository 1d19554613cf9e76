/* SPDX-License-Identifier: Apache-2.0
 *
 * Layers against their equations, written here once more as plain loops over
 * scalars in f64, with weights, inputs and lengths (also 0) drawn by chance.
 *
 * Recurrent layers are those of PyTorch 1.13 (torch.nn.RNN, LSTM, GRU) and of
 * ONNX (RNN, LSTM, GRU): our W is the transpose of weight_ih_l0, our U that of
 * weight_hh_l0, and b the sum of both biases but for the GRU's new gate.
 *     gates         PyTorch   i f g o, r z n      as here
 *                   ONNX      i o f c, z r h
 *     Gru           ONNX's linear_before_reset = 1, c its recurrent bias of h
 *     reset_after = false     linear_before_reset = 0
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compiler/interp/interp.h"
#include "compiler/ir/lower.h"
#include "lang/diag.h"
#include "lang/source.h"
#include "tests/check.h"
#include "tests/diff/call.h"

enum { IN = 3, HIDDEN = 4, WIDE = 4 * HIDDEN };

/* ---- a layer and one call of it ---- */

typedef struct Run {
    const IrFunc *func;
    PreparedCall call;
    const NndAxis *words; /* the ragged axis */
    const double *x, *y;
} Run;

static const double *argument(const Run *run, const char *name)
{
    for (int i = 0; i < run->func->arg_count; i++)
        if (!strcmp(run->func->args[i]->name, name))
            return run->call.call.args[i];
    NND_BUG("no argument %s", name);
}

static IrModule *lower(Arena *arena, const char *text)
{
    Diags *diags = diags_new(arena);
    Program *program = program_check(arena, source_new(arena, "model", text, strlen(text)), NULL, NULL, 0, 0, diags);
    IrModule *module = program ? lower_program(arena, program, NND_F64, diags) : NULL;
    if (!module)
        diags_print(diags, DIAG_PLAIN, stdout);
    return module;
}

static const NndAxis *ragged_axis(const IrModule *module, const NndAxis *axes)
{
    for (int i = 0; i < module->dims.count; i++)
        if (axes[i].offsets)
            return &axes[i];
    return NULL;
}

typedef void Expect(const Run *run, double *y);

static void compare(const Run *run, const char *label, Expect *expect)
{
    double expected[1 << 12] = {0};
    expect(run, expected);
    double worst = 0;
    for (int64_t i = 0; i < run->call.counts[0]; i++)
        worst = fmax(worst, fabs(expected[i] - run->y[i]));
    if (!(worst <= 1e-12))
        printf("%s is off by %g\n", label, worst);
    CHECK(worst <= 1e-12);
}

/* `output` is the model's output y, made of x and of a layer that is called `cell`. */
static void follows(const char *let, const char *input, const char *output, Expect *expect)
{
    enum { PLACES = 12 };
    Arena *arena = arena_new();
    const char *text = arena_printf(arena,
                                    "use std.activation, std.attention, std.conv, std.norm, std.recurrent\n"
                                    "model Equations {\n    input x : f32[%s]\n    let cell = %s\n    output y = %s\n}\n",
                                    input, let, output);
    IrModule *module = lower(arena, text);
    CHECK(module != NULL);
    Engine *interp;
    NndError error;
    if (!module || interp_engine_new(&interp, module, &error))
        return;
    for (uint64_t seed = 1; seed <= PLACES; seed++) {
        Run run = {.func = ir_module_func(module, "predict")};
        CHECK_EQ_INT(call_prepare(&run.call, arena, run.func, NULL, seed, &error), NND_OK);
        CHECK_EQ_INT(interp->run(interp, "predict", &run.call.call, &error), NND_OK);
        run.words = ragged_axis(module, run.call.call.axes);
        run.x = argument(&run, "x");
        run.y = run.call.results[0];
        compare(&run, let, expect);
        call_release(&run.call);
    }
    interp->free(interp);
    arena_free(arena);
}

/* ---- pieces of equations ---- */

/* out += x · W, W of `rows` rows and `columns` columns. */
static void add_product(double *out, const double *x, const double *W, int rows, int columns)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            out[j] += x[i] * W[i * columns + j];
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

typedef struct State {
    double h[HIDDEN], c[HIDDEN];
} State;

typedef void Step(const Run *run, const char *path, const double *x, State *state);

static const double *weight(const Run *run, const char *path, const char *name)
{
    char text[64];
    snprintf(text, sizeof text, "%s.%s", path, name);
    return argument(run, text);
}

/* y[.., at .. at + HIDDEN] of `stride` features. */
static void recur(const Run *run, const char *path, Step *step, bool reverse, double *y, int at, int stride)
{
    for (const int64_t *o = run->words->offsets; *o < run->words->extent; o++) {
        State state = {0};
        for (int64_t t = 0; t < o[1] - o[0]; t++) {
            int64_t row = reverse ? o[1] - 1 - t : o[0] + t;
            step(run, path, run->x + row * IN, &state);
            memcpy(y + row * stride + at, state.h, sizeof state.h);
        }
    }
}

/* ---- recurrent layers ---- */

static void rnn_step(const Run *run, const char *path, const double *x, State *state)
{
    double sum[HIDDEN] = {0};
    add_product(sum, x, weight(run, path, "W"), IN, HIDDEN);
    add_product(sum, state->h, weight(run, path, "U"), HIDDEN, HIDDEN);
    for (int j = 0; j < HIDDEN; j++)
        state->h[j] = tanh(sum[j] + weight(run, path, "b")[j]);
}

static void lstm(const Run *run, const char *path, const double *x, State *state, double forget_bias)
{
    double z[WIDE];
    memcpy(z, weight(run, path, "b"), sizeof z);
    add_product(z, x, weight(run, path, "W"), IN, WIDE);
    add_product(z, state->h, weight(run, path, "U"), HIDDEN, WIDE);
    for (int j = 0; j < HIDDEN; j++) {
        double i = logistic(z[j]), f = logistic(z[HIDDEN + j] + forget_bias);
        double g = tanh(z[2 * HIDDEN + j]), o = logistic(z[3 * HIDDEN + j]);
        state->c[j] = f * state->c[j] + i * g;
        state->h[j] = o * tanh(state->c[j]);
    }
}

static void lstm_step(const Run *run, const char *path, const double *x, State *state)
{
    lstm(run, path, x, state, 0);
}

static void lstm_step_that_remembers(const Run *run, const char *path, const double *x, State *state)
{
    lstm(run, path, x, state, 1);
}

static void gru_step(const Run *run, const char *path, const double *x, State *state)
{
    double xs[3 * HIDDEN], hs[3 * HIDDEN] = {0};
    memcpy(xs, weight(run, path, "b"), sizeof xs);
    add_product(xs, x, weight(run, path, "W"), IN, 3 * HIDDEN);
    add_product(hs, state->h, weight(run, path, "U"), HIDDEN, 3 * HIDDEN);
    for (int j = 0; j < HIDDEN; j++) {
        double r = logistic(xs[j] + hs[j]), z = logistic(xs[HIDDEN + j] + hs[HIDDEN + j]);
        double n = tanh(xs[2 * HIDDEN + j] + r * (hs[2 * HIDDEN + j] + weight(run, path, "c")[j]));
        state->h[j] = (1 - z) * n + z * state->h[j];
    }
}

static void gru_step_with_reset_before(const Run *run, const char *path, const double *x, State *state)
{
    double xs[3 * HIDDEN], gates[2 * HIDDEN] = {0}, kept[HIDDEN], fresh[HIDDEN] = {0};
    memcpy(xs, weight(run, path, "b"), sizeof xs);
    add_product(xs, x, weight(run, path, "W"), IN, 3 * HIDDEN);
    add_product(gates, state->h, weight(run, path, "G"), HIDDEN, 2 * HIDDEN);
    for (int j = 0; j < HIDDEN; j++)
        kept[j] = logistic(xs[j] + gates[j]) * state->h[j];
    add_product(fresh, kept, weight(run, path, "V"), HIDDEN, HIDDEN);
    for (int j = 0; j < HIDDEN; j++) {
        double z = logistic(xs[HIDDEN + j] + gates[HIDDEN + j]);
        state->h[j] = (1 - z) * tanh(xs[2 * HIDDEN + j] + fresh[j]) + z * state->h[j];
    }
}

#define EXPECT_RECURRENT(name, step, reverse)                                                      \
    static void name(const Run *run, double *y)                                                    \
    {                                                                                              \
        recur(run, "cell", step, reverse, y, 0, HIDDEN);                                           \
    }
EXPECT_RECURRENT(expect_rnn, rnn_step, false)
EXPECT_RECURRENT(expect_rnn_reversed, rnn_step, true)
EXPECT_RECURRENT(expect_lstm, lstm_step, false)
EXPECT_RECURRENT(expect_lstm_reversed, lstm_step, true)
EXPECT_RECURRENT(expect_lstm_that_remembers, lstm_step_that_remembers, false)
EXPECT_RECURRENT(expect_gru, gru_step, false)
EXPECT_RECURRENT(expect_gru_reversed, gru_step, true)
EXPECT_RECURRENT(expect_gru_with_reset_before, gru_step_with_reset_before, false)

#define EXPECT_BOTH_WAYS(name, layer, step)                                                        \
    static void name(const Run *run, double *y)                                                    \
    {                                                                                              \
        recur(run, "cell." layer, step, false, y, 0, 2 * HIDDEN);                                  \
        recur(run, "cell." layer "#2", step, true, y, HIDDEN, 2 * HIDDEN);                         \
    }
EXPECT_BOTH_WAYS(expect_birnn, "Rnn", rnn_step)
EXPECT_BOTH_WAYS(expect_bilstm, "Lstm", lstm_step)
EXPECT_BOTH_WAYS(expect_bigru, "Gru", gru_step)
EXPECT_BOTH_WAYS(expect_bidirectional, "Lstm", lstm_step)

static void expect_any_two(const Run *run, double *y)
{
    recur(run, "there", lstm_step_that_remembers, false, y, 0, 2 * HIDDEN);
    recur(run, "cell", gru_step_with_reset_before, true, y, HIDDEN, 2 * HIDDEN);
}

static void recurrent_layers_follow_their_equations(void)
{
    const char *words = "batch, word~, 3";
    follows("Rnn(4)", words, "x |> cell", expect_rnn);
    follows("Rnn(4, reverse = true)", words, "x |> cell", expect_rnn_reversed);
    follows("Lstm(4)", words, "x |> cell", expect_lstm);
    follows("Lstm(4, reverse = true)", words, "x |> cell", expect_lstm_reversed);
    follows("Lstm(4, forget_bias = 1)", words, "x |> cell", expect_lstm_that_remembers);
    follows("Gru(4)", words, "x |> cell", expect_gru);
    follows("Gru(4, reverse = true)", words, "x |> cell", expect_gru_reversed);
    follows("Gru(4, reset_after = false)", words, "x |> cell", expect_gru_with_reset_before);
    follows("BiRnn(4)", words, "x |> cell", expect_birnn);
    follows("BiLstm(4)", words, "x |> cell", expect_bilstm);
    follows("BiGru(4)", words, "x |> cell", expect_bigru);
    follows("Bidirectional(Lstm, 4)", words, "x |> cell", expect_bidirectional);
    follows("Gru(4, reset_after = false, reverse = true)\n    let there = Lstm(4, forget_bias = 1)", words,
            "x |> BothWays(there, cell)", expect_any_two);
}

/* Graves, Fernandez & Schmidhuber 2007: what is above and to the left of the border is 0. */
static void expect_rnn_2d(const Run *run, double *y)
{
    enum { ROWS = 3, COLUMNS = 5 };
    int64_t places = run->call.counts[0] / HIDDEN;
    for (int64_t at = 0; at < places; at++) {
        double *h = y + at * HIDDEN;
        memcpy(h, argument(run, "cell.b"), HIDDEN * sizeof *h);
        add_product(h, run->x + at * IN, argument(run, "cell.W"), IN, HIDDEN);
        if (at / COLUMNS % ROWS > 0)
            add_product(h, h - COLUMNS * HIDDEN, argument(run, "cell.U"), HIDDEN, HIDDEN);
        if (at % COLUMNS > 0)
            add_product(h, h - HIDDEN, argument(run, "cell.V"), HIDDEN, HIDDEN);
        for (int j = 0; j < HIDDEN; j++)
            h[j] = tanh(h[j]);
    }
}

static void a_scan_in_a_scan_follows_its_equations(void)
{
    follows("Rnn2d(4)", "batch, 3, 5, 3", "x |> cell", expect_rnn_2d);
}

/* ---- attention ---- */

/* Yang et al. 2016, equations 5 to 7: u = tanh(h W + b), a = softmax(u · query), s = sum a h. */
static void expect_attention(const Run *run, double *y)
{
    for (const int64_t *o = run->words->offsets; *o < run->words->extent; o++, y += IN) {
        double total = 0;
        for (int64_t row = o[0]; row < o[1]; row++) {
            double u[HIDDEN] = {0}, score = 0;
            add_product(u, run->x + row * IN, argument(run, "cell.score.Linear.W"), IN, HIDDEN);
            for (int j = 0; j < HIDDEN; j++)
                score += tanh(u[j] + argument(run, "cell.score.Linear.b")[j]) * argument(run, "cell.query")[j];
            total += exp(score);
            for (int k = 0; k < IN; k++)
                y[k] += exp(score) * run->x[row * IN + k];
        }
        for (int k = 0; k < IN && total > 0; k++)
            y[k] /= total;
    }
}

static void attention_follows_its_equations(void)
{
    follows("AttentionPool(4)", "batch, word~, 3", "x |> cell(over word)", expect_attention);
}

/* ---- properties of attention ---- */

static double *writable(const Run *run, const char *name)
{
    return (double *)argument(run, name);
}

static int64_t count_of(const Run *run, const char *name)
{
    for (int i = 0; i < run->func->arg_count; i++)
        if (!strcmp(run->func->args[i]->name, name)) {
            int64_t count = 1;
            for (int k = 0; k < run->func->args[i]->type.rank; k++)
                count *= run->call.call.axes[run->func->args[i]->type.dims[k]->index].extent;
            return count;
        }
    NND_BUG("no argument %s", name);
}

static void set_all(const Run *run, const char *name, double value)
{
    for (int64_t i = 0; i < count_of(run, name); i++)
        writable(run, name)[i] = value;
}

static void copy_weight(const Run *run, const char *to, const char *from)
{
    memcpy(writable(run, to), argument(run, from), (size_t)count_of(run, from) * sizeof(double));
}

typedef void Change(const Run *run);

/* Calls `change` on the arguments of a model, then `check` on its results. */
static void holds(const char *outputs, Change *change, Change *check)
{
    Arena *arena = arena_new();
    const char *text = arena_printf(arena,
                                    "use std.attention, std.conv, std.recurrent\n"
                                    "model Properties {\n    input x : f32[batch, word~, 3]\n"
                                    "    input marked : f32[batch, word~]\n    let plain = AttentionPool(4)\n"
                                    "    let domain = DomainAttentionPool(4)\n%s}\n",
                                    outputs);
    IrModule *module = lower(arena, text);
    CHECK(module != NULL);
    Engine *interp;
    NndError error;
    if (!module || interp_engine_new(&interp, module, &error))
        return;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        Run run = {.func = ir_module_func(module, "predict")};
        CHECK_EQ_INT(call_prepare(&run.call, arena, run.func, NULL, seed, &error), NND_OK);
        change(&run);
        CHECK_EQ_INT(interp->run(interp, "predict", &run.call.call, &error), NND_OK);
        run.words = ragged_axis(module, run.call.call.axes);
        check(&run);
        call_release(&run.call);
    }
    interp->free(interp);
    arena_free(arena);
}

static void mark_nothing(const Run *run)
{
    set_all(run, "marked", 0);
    copy_weight(run, "domain.query", "plain.query");
    copy_weight(run, "domain.seen.Linear.W", "plain.score.Linear.W");
    copy_weight(run, "domain.seen.Linear.b", "plain.score.Linear.b");
}

static void results_are_the_same_bits(const Run *run)
{
    CHECK(!memcmp(run->call.results[0], run->call.results[1], (size_t)run->call.counts[0] * sizeof(double)));
}

static void forget_the_context(const Run *run)
{
    set_all(run, "plain.query", 0);
}

static void results_are_equal(const Run *run)
{
    const double *a = run->call.results[0], *b = run->call.results[1];
    for (int64_t i = 0; i < run->call.counts[0]; i++)
        CHECK(fabs(a[i] - b[i]) <= 1e-12);
}

static void look_at_ones(const Run *run)
{
    set_all(run, "x", 1);
}

static void sums_are_one(const Run *run)
{
    for (int result = 0; result < 2; result++)
        for (int64_t i = 0; i < run->call.counts[result]; i++) {
            bool empty = run->words->offsets[i / IN] == run->words->offsets[i / IN + 1];
            CHECK(fabs(((const double *)run->call.results[result])[i] - !empty) <= 1e-12);
        }
}

static void attention_has_its_properties(void)
{
    const char *both = "    output y = plain(x)\n    output z = domain(x, marked)\n";
    holds(both, mark_nothing, results_are_the_same_bits);
    holds(both, look_at_ones, sums_are_one);
    holds("    output y = plain(x)\n    output z = mean(x, over word)\n    output w = domain(x, marked)\n",
          forget_the_context, results_are_equal);
}

static void as_it_is(const Run *run)
{
    (void)run;
}

/* The second half, begun with the state after the first, ends like the whole. */
static void a_recurrent_layer_goes_on_from_its_start(void)
{
    static const char *const cells[] = {"Rnn(4)", "Gru(4)", "Gru(4, reset_after = false)"};
    for (int i = 0; i < 3; i++) {
        char outputs[512];
        snprintf(outputs, sizeof outputs,
                 "    input halves : f32[batch, 2, 3, 5]\n    let read = %s\n    a, b = halves\n"
                 "    output y = halves |> End(read)\n"
                 "    output z = read(b, start = Last(read(a))) |> Last\n}\n"
                 "layer Last(x: f32[..., t~, d]) -> f32[..., d] { last(x, over t) }\n"
                 "layer End(cell: function)(x: f32[..., two, t, d]) -> f32[..., 4] {\n"
                 "    x |> merge(over (two, t)) |> cell |> Last\n",
                 cells[i]);
        holds(outputs, as_it_is, results_are_equal);
    }
}

/* ---- activations, as their papers have them ---- */

#define EXPECT_EACH(name, formula)                                                                 \
    static void expect_##name(const Run *run, double *y)                                           \
    {                                                                                              \
        for (int64_t i = 0; i < run->call.counts[0]; i++) {                                        \
            double x = run->x[i];                                                                  \
            y[i] = (formula);                                                                      \
        }                                                                                          \
    }
EXPECT_EACH(leaky_relu, x > 0 ? x : 0.2 * x)
EXPECT_EACH(elu, x > 0 ? x : 1.5 * expm1(x))
EXPECT_EACH(selu, 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * expm1(x)))
EXPECT_EACH(softplus, log1p(exp(x)))
EXPECT_EACH(softsign, x / (1 + fabs(x)))
EXPECT_EACH(silu, x / (1 + exp(-x)))
EXPECT_EACH(gelu, 0.5 * x * (1 + tanh(sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * pow(x, 3)))))
EXPECT_EACH(hard_tanh, fmin(fmax(x, -1), 1))
EXPECT_EACH(relu6, fmin(fmax(x, 0), 6))
EXPECT_EACH(hard_sigmoid, fmin(fmax(x / 6 + 0.5, 0), 1))
EXPECT_EACH(hard_silu, x * fmin(fmax(x / 6 + 0.5, 0), 1))
EXPECT_EACH(mish, x * tanh(log1p(exp(x))))
EXPECT_EACH(log_sigmoid, -log1p(exp(-x)))

static void expect_prelu(const Run *run, double *y)
{
    for (int64_t i = 0; i < run->call.counts[0]; i++)
        y[i] = run->x[i] > 0 ? run->x[i] : argument(run, "cell.a")[i % 8] * run->x[i];
}

static void expect_glu(const Run *run, double *y)
{
    for (int64_t i = 0; i < run->call.counts[0]; i++) {
        const double *x = run->x + i / 4 * 8 + i % 4;
        y[i] = x[0] * logistic(x[4]);
    }
}

/* Inputs around 0 are spread over what the functions tell apart. */
static void activations_follow_their_formulas(void)
{
    const char *eight = "batch, 8";
    follows("leaky_relu(0.2)", eight, "x |> cell", expect_leaky_relu);
    follows("elu(1.5)", eight, "x |> cell", expect_elu);
    follows("selu", eight, "x |> cell", expect_selu);
    follows("softplus", eight, "x |> cell", expect_softplus);
    follows("softsign", eight, "x |> cell", expect_softsign);
    follows("silu", eight, "x |> cell", expect_silu);
    follows("gelu", eight, "x |> cell", expect_gelu);
    follows("hard_tanh", eight, "x |> cell", expect_hard_tanh);
    follows("relu6", eight, "x |> cell", expect_relu6);
    follows("hard_sigmoid", eight, "x |> cell", expect_hard_sigmoid);
    follows("hard_silu", eight, "x |> cell", expect_hard_silu);
    follows("mish", eight, "x |> cell", expect_mish);
    follows("log_sigmoid", eight, "x |> cell", expect_log_sigmoid);
    follows("Prelu()", eight, "x |> cell", expect_prelu);
    follows("glu", eight, "x |> cell", expect_glu);
}

/* ---- convolution ---- */

/* One entry of a sequence or an image; 0 outside of it. */
static double entry(const double *x, int64_t rows, int64_t columns, int64_t row, int64_t column)
{
    bool inside = row >= 0 && row < rows && column >= 0 && column < columns;
    return inside ? x[row * columns + column] : 0;
}

typedef struct Conv {
    int size, stride, dilation, pad, groups;
} Conv;

/* Images of 4 channels, 7 rows and 6 columns to 4 filters. */
static void convolve(const Run *run, const Conv *c, double *y)
{
    enum { CHANNELS = 4, FILTERS = 4, ROWS = 7, COLUMNS = 6 };
    int span = (c->size - 1) * c->dilation + 1, own = CHANNELS / c->groups, each = FILTERS / c->groups;
    int out_rows = (ROWS + 2 * c->pad - span) / c->stride + 1, out_columns = (COLUMNS + 2 * c->pad - span) / c->stride + 1;
    const double *W = argument(run, c->groups > 1 ? "cell.G" : "cell.W");
    for (int64_t i = 0; i < run->call.counts[0]; i++) {
        int64_t column = i % out_columns, row = i / out_columns % out_rows, f = i / out_columns / out_rows % FILTERS;
        int64_t image = i / out_columns / out_rows / FILTERS, group = f / each;
        y[i] = argument(run, "cell.b")[f];
        for (int k = 0; k < own; k++)
            for (int r = 0; r < c->size; r++)
                for (int s = 0; s < c->size; s++)
                    y[i] += W[(((group * own + k) * c->size + r) * c->size + s) * each + f % each] *
                            entry(run->x + (image * CHANNELS + group * own + k) * ROWS * COLUMNS, ROWS, COLUMNS,
                                  row * c->stride + r * c->dilation - c->pad, column * c->stride + s * c->dilation - c->pad);
    }
}

#define EXPECT_CONV(name, ...)                                                                     \
    static void name(const Run *run, double *y)                                                    \
    {                                                                                              \
        convolve(run, &(Conv){__VA_ARGS__}, y);                                                    \
    }
EXPECT_CONV(expect_conv, .size = 3, .stride = 1, .dilation = 1, .groups = 1)
EXPECT_CONV(expect_conv_same, .size = 3, .stride = 2, .dilation = 1, .pad = 1, .groups = 1)
EXPECT_CONV(expect_conv_dilated, .size = 2, .stride = 1, .dilation = 3, .groups = 1)
EXPECT_CONV(expect_conv_grouped, .size = 3, .stride = 2, .dilation = 1, .pad = 1, .groups = 2)
EXPECT_CONV(expect_conv_depthwise, .size = 3, .stride = 1, .dilation = 2, .pad = 2, .groups = 4)

/* Sequences of 3 features to 4 filters, windows of 2 at stride 2 with a gap of 1; a short one is filled up,
 * and so one without entries has a window too. */
static void expect_conv1d(const Run *run, double *y)
{
    enum { WIDTH = 2, DILATION = 2, STRIDE = 2, SPAN = 3 };
    const double *end = y + run->call.counts[0];
    for (const int64_t *o = run->words->offsets; y < end; o++) {
        int64_t length = o[1] - o[0], windows = length < SPAN ? 1 : (length - SPAN) / STRIDE + 1;
        for (int64_t j = 0; j < windows; j++, y += HIDDEN) {
            memcpy(y, argument(run, "cell.b"), HIDDEN * sizeof *y);
            for (int k = 0; k < WIDTH; k++)
                if (j * STRIDE + k * DILATION < length)
                    add_product(y, run->x + (o[0] + j * STRIDE + k * DILATION) * IN,
                                argument(run, "cell.W") + k * IN * HIDDEN, IN, HIDDEN);
        }
    }
}

static void convolutions_follow_their_equations(void)
{
    const char *image = "batch, 4, 7, 6";
    follows("Conv2d(4, size = 3)", image, "x |> cell", expect_conv);
    follows("Conv2d(4, size = 3, stride = 2, pad = \"same\")", image, "x |> cell", expect_conv_same);
    follows("Conv2d(4, size = 2, dilation = 3)", image, "x |> cell", expect_conv_dilated);
    follows("Conv2d(4, size = 3, stride = 2, pad = \"same\", groups = 2)", image, "x |> cell", expect_conv_grouped);
    follows("Conv2d(4, size = 3, dilation = 2, pad = \"same\", groups = 4)", image, "x |> cell", expect_conv_depthwise);
    follows("Conv1d(4, width = 2, stride = 2, dilation = 2)", "batch, word~, 3", "x |> cell", expect_conv1d);
}

/* ---- pooling ---- */

typedef enum PoolKind { POOL_MAX, POOL_MEAN, POOL_SUM } PoolKind;

/* Windows of 3 at stride 2, padded by 1 if `same`: padding is nothing to a maximum, 0 to a mean. */
static void pool(const Run *run, PoolKind kind, bool same, double *y)
{
    enum { ROWS = 7, COLUMNS = 6, SIZE = 3, STRIDE = 2 };
    int out_rows = (ROWS + 2 * same - SIZE) / STRIDE + 1, out_columns = (COLUMNS + 2 * same - SIZE) / STRIDE + 1;
    for (int64_t i = 0; i < run->call.counts[0]; i++) {
        const double *x = run->x + i / out_columns / out_rows * ROWS * COLUMNS;
        double most = -HUGE_VAL, sum = 0;
        for (int64_t r = 0; r < SIZE; r++)
            for (int64_t s = 0; s < SIZE; s++) {
                int64_t row = i / out_columns % out_rows * STRIDE + r - same, column = i % out_columns * STRIDE + s - same;
                bool inside = row >= 0 && row < ROWS && column >= 0 && column < COLUMNS;
                most = inside ? fmax(most, x[row * COLUMNS + column]) : most;
                sum += entry(x, ROWS, COLUMNS, row, column);
            }
        y[i] = kind == POOL_MAX ? most : kind == POOL_MEAN ? sum / (SIZE * SIZE) : sum;
    }
}

#define EXPECT_POOL(name, kind, same)                                                              \
    static void name(const Run *run, double *y)                                                    \
    {                                                                                              \
        pool(run, kind, same, y);                                                                  \
    }
EXPECT_POOL(expect_max_pool, POOL_MAX, false)
EXPECT_POOL(expect_max_pool_same, POOL_MAX, true)
EXPECT_POOL(expect_avg_pool, POOL_MEAN, false)
EXPECT_POOL(expect_avg_pool_same, POOL_MEAN, true)
EXPECT_POOL(expect_sum_pool, POOL_SUM, false)

static void pooling_follows_its_equations(void)
{
    const char *image = "batch, 2, 7, 6";
    follows("max_pool(3, stride = 2)", image, "x |> cell", expect_max_pool);
    follows("max_pool(3, stride = 2, pad = \"same\")", image, "x |> cell", expect_max_pool_same);
    follows("avg_pool(3, stride = 2)", image, "x |> cell", expect_avg_pool);
    follows("avg_pool(3, stride = 2, pad = \"same\")", image, "x |> cell", expect_avg_pool_same);
    follows("sum_pool(3, stride = 2)", image, "x |> cell", expect_sum_pool);
}

/* ---- convolutions in groups ---- */

static void copy_half(const Run *run, const char *from, int half, const char *to)
{
    int64_t count = count_of(run, to);
    memcpy(writable(run, to), argument(run, from) + half * count, (size_t)count * sizeof(double));
}

static void deal_weights(const Run *run)
{
    copy_half(run, "both.G", 0, "one.W");
    copy_half(run, "both.G", 1, "two.W");
    copy_half(run, "both.b", 0, "one.b");
    copy_half(run, "both.b", 1, "two.b");
}

static void a_grouped_convolution_is_that_of_its_groups_side_by_side(void)
{
    holds("    input pairs : f32[batch, word~, 4]\n    let both = Conv1d(6, width = 2, groups = 2)\n"
          "    let one = Conv1d(3, width = 2)\n    let two = Conv1d(3, width = 2)\n"
          "    output y = both(pairs)\n    output z = pairs |> Halves(one, two)\n}\n"
          "layer Halves(f: function, g: function)(x: f32[..., t~, d]) -> f32[..., u~, 6] {\n"
          "    halves = 2\n    half = d / halves\n    a, b = split(x, over d, halves, half)\n    concat(f(a), g(b))\n",
          deal_weights, results_are_equal);
}

/* ---- normalisation ---- */

/* count numbers to mean 0 and variance 1. */
static void normalise(const double *x, double *y, int count, double epsilon)
{
    double mean = 0, variance = 0;
    for (int i = 0; i < count; i++)
        mean += x[i] / count;
    for (int i = 0; i < count; i++)
        variance += (x[i] - mean) * (x[i] - mean) / count;
    for (int i = 0; i < count; i++)
        y[i] = (x[i] - mean) / sqrt(variance + epsilon);
}

static void expect_layer_norm(const Run *run, double *y)
{
    for (int64_t at = 0; at < run->call.counts[0]; at += IN) {
        normalise(run->x + at, y + at, IN, 1e-5);
        for (int k = 0; k < IN; k++)
            y[at + k] = y[at + k] * argument(run, "cell.scale")[k] + argument(run, "cell.shift")[k];
    }
}

/* Images of 4 channels, 4 rows and 4 columns, so that no axis is told from another by its size. */
static void normalise_channels(const Run *run, double *y, int together, double epsilon)
{
    enum { CHANNELS = 4, PLANE = 16 };
    for (int64_t at = 0; at < run->call.counts[0]; at += together * PLANE)
        normalise(run->x + at, y + at, together * PLANE, epsilon);
    for (int64_t i = 0; i < run->call.counts[0]; i++) {
        int64_t channel = i / PLANE % CHANNELS;
        y[i] = y[i] * argument(run, "cell.ChannelScale.scale")[channel] +
               argument(run, "cell.ChannelScale.shift")[channel];
    }
}

static void expect_group_norm(const Run *run, double *y)
{
    normalise_channels(run, y, 2, 1e-3);
}

static void expect_instance_norm(const Run *run, double *y)
{
    normalise_channels(run, y, 1, 1e-5);
}

static void normalisation_follows_its_equations(void)
{
    follows("LayerNorm()", "batch, word~, 3", "x |> cell", expect_layer_norm);
    follows("LayerNorm()", "batch, 3, 3", "x |> cell", expect_layer_norm);
    follows("GroupNorm(2, epsilon = 1e-3)", "batch, 4, 4, 4", "x |> cell", expect_group_norm);
    follows("InstanceNorm()", "batch, 4, 4, 4", "x |> cell", expect_instance_norm);
}

/* ---- batch normalisation: Ioffe & Szegedy 2015, algorithms 1 and 2 ---- */

/* What stands for the rows of one feature: x is [rows, features, places]. */
typedef struct Rows {
    int64_t rows, features, places;
} Rows;

static double value_at(const Run *run, const Rows *r, int64_t i, int64_t feature)
{
    return run->x[(i / r->places * r->features + feature) * r->places + i % r->places];
}

static void batch_statistics(const Run *run, const Rows *r, int64_t feature, double *mean, double *variance)
{
    int64_t count = r->rows * r->places;
    *mean = *variance = 0;
    for (int64_t i = 0; i < count; i++)
        *mean += value_at(run, r, i, feature) / (double)count;
    for (int64_t i = 0; i < count; i++)
        *variance += pow(value_at(run, r, i, feature) - *mean, 2) / (double)count;
}

typedef struct BatchNormCase {
    const char *input, *cell, *affine; /* prefix of scale and shift */
    int64_t features, places;
} BatchNormCase;

/* mean of y^3, where y is normalised by `mean` and `variance` of each feature */
static double mean_of_cubes(const Run *run, const Rows *r, const char *affine, const double *mean, const double *variance)
{
    double sum = 0;
    for (int64_t feature = 0; feature < r->features; feature++)
        for (int64_t i = 0; i < r->rows * r->places; i++) {
            double y = (value_at(run, r, i, feature) - mean[feature]) / sqrt(variance[feature] + 1e-3);
            sum += pow(y * weight(run, affine, "scale")[feature] + weight(run, affine, "shift")[feature], 3);
        }
    return sum / (double)(r->rows * r->features * r->places);
}

static void close_to(double found, double expected)
{
    CHECK(fabs(found - expected) <= 1e-12 * fmax(1, fabs(expected)));
}

/* Results of `loss`: the loss, then the new statistics; of `eval` it is made of the old ones. */
static void check_batch_norm(Run *run, const BatchNormCase *c, bool training)
{
    enum { FEATURES = 4 };
    double mean[FEATURES], variance[FEATURES];
    Rows r = {count_of(run, "x") / (c->features * c->places), c->features, c->places};
    const double *const *results = (const double *const *)run->call.call.results;
    for (int64_t k = 0; k < c->features; k++) {
        batch_statistics(run, &r, k, &mean[k], &variance[k]);
        if (training) {
            close_to(results[1][k], 0.75 * argument(run, "cell.average")[k] + 0.25 * mean[k]);
            close_to(results[2][k], 0.75 * argument(run, "cell.variance")[k] + 0.25 * variance[k]);
        }
    }
    const double *average = training ? mean : argument(run, "cell.average");
    const double *spread = training ? variance : argument(run, "cell.variance");
    close_to(results[0][0], mean_of_cubes(run, &r, c->affine, average, spread));
}

static void run_batch_norm(Arena *arena, Engine *interp, IrModule *module, const BatchNormCase *c, bool training, uint64_t seed)
{
    NndError error;
    Run run = {.func = ir_module_func(module, training ? "loss" : "eval")};
    CHECK_EQ_INT(call_prepare(&run.call, arena, run.func, NULL, seed, &error), NND_OK);
    for (int64_t k = 0; k < c->features; k++)
        writable(&run, "cell.variance")[k] = fabs(argument(&run, "cell.variance")[k]);
    CHECK_EQ_INT(interp->run(interp, run.func->name, &run.call.call, &error), NND_OK);
    run.x = argument(&run, "x");
    if (count_of(&run, "x"))
        check_batch_norm(&run, c, training);
    call_release(&run.call);
}

static void batch_normalisation_follows_its_equations(void)
{
    static const BatchNormCase cases[] = {
        {"batch, 3", "BatchNorm(keep = 0.75, epsilon = 1e-3)", "cell", 3, 1},
        {"batch, word~, 3", "BatchNorm(keep = 0.75, epsilon = 1e-3)", "cell", 3, 1},
        {"batch, sent~, word~, 3", "BatchNorm(keep = 0.75, epsilon = 1e-3)", "cell", 3, 1},
        {"batch, 4, 2, 3", "BatchNorm2d(keep = 0.75, epsilon = 1e-3)", "cell.ChannelScale", 4, 6}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Arena *arena = arena_new();
        const char *text = arena_printf(arena, "use std.norm\nmodel Batch {\n    input x : f32[%s]\n    let cell = %s\n"
                                               "    y = x |> cell\n    loss = y * y * y\n}\n", cases[i].input, cases[i].cell);
        IrModule *module = lower(arena, text);
        CHECK(module != NULL);
        Engine *interp;
        NndError error;
        if (!module || interp_engine_new(&interp, module, &error))
            return;
        for (uint64_t seed = 1; seed <= 24; seed++)
            run_batch_norm(arena, interp, module, &cases[i], seed % 2, seed);
        interp->free(interp);
        arena_free(arena);
    }
}

/* Two uses of one instance in a step move its statistic twice, one after the other. */
static void shared_statistics_move_with_every_use(void)
{
    Arena *arena = arena_new();
    IrModule *module = lower(arena, "use std.norm\nmodel Twice {\n    input x : f32[batch, 3]\n    input z : f32[batch, 3]\n"
                                    "    let cell = BatchNorm(keep = 0.5)\n    loss = cell(x) * cell(z)\n}\n");
    CHECK(module != NULL);
    Engine *interp;
    NndError error;
    if (!module || interp_engine_new(&interp, module, &error))
        return;
    Run run = {.func = ir_module_func(module, "loss")};
    CHECK_EQ_INT(call_prepare(&run.call, arena, run.func, NULL, 3, &error), NND_OK);
    CHECK_EQ_INT(interp->run(interp, "loss", &run.call.call, &error), NND_OK);
    Rows r = {count_of(&run, "x") / 3, 3, 1};
    for (int k = 0; k < 3; k++) {
        double first, second, variance;
        run.x = argument(&run, "x");
        batch_statistics(&run, &r, k, &first, &variance);
        run.x = argument(&run, "z");
        batch_statistics(&run, &r, k, &second, &variance);
        close_to(((const double *)run.call.call.results[1])[k], 0.25 * argument(&run, "cell.average")[k] + 0.25 * first + 0.5 * second);
    }
    call_release(&run.call);
    interp->free(interp);
    arena_free(arena);
}

int main(void)
{
    recurrent_layers_follow_their_equations();
    a_scan_in_a_scan_follows_its_equations();
    attention_follows_its_equations();
    attention_has_its_properties();
    a_recurrent_layer_goes_on_from_its_start();
    activations_follow_their_formulas();
    convolutions_follow_their_equations();
    pooling_follows_its_equations();
    a_grouped_convolution_is_that_of_its_groups_side_by_side();
    normalisation_follows_its_equations();
    batch_normalisation_follows_its_equations();
    shared_statistics_move_with_every_use();
    return test_report();
}
