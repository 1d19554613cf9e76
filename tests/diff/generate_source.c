/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/diff/generate_source.h"

#include <stdbool.h>
#include <string.h>

#include "runtime/random.h"

typedef enum Shape { SENTENCES, WORDS, VECTOR, IMAGE } Shape;

/* What is written so far. The value of the next step is called v<values - 1>. */
typedef struct Text {
    Arena *arena;
    uint64_t seed, drawn;
    Shape shape;
    int channels, size; /* entries of a vector: of VECTOR, of each word; IMAGE: rows of `size` */
    int values;
    char *text;
    int lines;
    int wrong_at; /* the statement after which a wrong one goes, or -1 */
    int wrong_line;
} Text;

static int draw(Text *t, int below)
{
    return (int)(nnd_random_word(t->seed, 1, 0, t->drawn++) % (uint32_t)below);
}

static void put_line(Text *t, const char *line)
{
    t->text = arena_printf(t->arena, "%s%s\n", t->text, line);
    t->lines++;
}

static const char *value(const Text *t)
{
    return arena_printf(t->arena, "v%d", t->values - 1);
}

static void put_wrong(Text *t);

/* Binds the next value to an expression of the last one, which is written %s. */
static void step(Text *t, const char *format)
{
    const char *before = value(t), *expression = "";
    for (const char *mark; (mark = strstr(format, "%s")); format = mark + 2)
        expression = arena_printf(t->arena, "%s%.*s%s", expression, (int)(mark - format), format, before);
    put_line(t, arena_printf(t->arena, "    v%d = %s%s", t->values++, expression, format));
    if (t->wrong_at == t->values)
        put_wrong(t);
}

/* ---- steps ---- */

static void elementwise_step(Text *t)
{
    static const char *const forms[] = {
        "%s |> tanh", "sigmoid(%s)", "%s * sigmoid(%s)", "relu(%s) - 0.1 * %s", "max(%s, -0.5)", "select(%s > 0, %s, 0.3 * %s)",
        "squash(%s)", "squash(%s, 0.5)", "%s |> squash(slope = 2)", "%s |> dropout(0.3)", "if true { %s } else { 2 * %s }",
        "(%s + 0.5) / (1 + %s * %s)", "%s |> Residual(tanh)", "abs(%s) |> min(2)"};
    step(t, forms[draw(t, (int)(sizeof forms / sizeof *forms))]);
}

static void vector_step(Text *t)
{
    int size = 2 + draw(t, 4);
    switch (draw(t, 7)) {
    case 0: step(t, arena_printf(t->arena, "%%s |> Linear(%d)", size)); break;
    case 1: step(t, arena_printf(t->arena, "%%s |> Linear(out = %d, bias = false) |> tanh", size)); break;
    case 2: step(t, "%s |> LayerNorm()"); return;
    case 3: step(t, "%s |> Highway()"); return;
    case 4: step(t, "%s |> Scale()"); return;
    case 5:
        step(t, arena_printf(t->arena, "concat(for k in [1, %d] { %%s |> Linear(k) })", size));
        size += 1;
        break;
    default: step(t, "softmax(%s)"); return;
    }
    t->size = size;
}

static void sequence_step(Text *t)
{
    static const char *const cells[] = {"Rnn(%d)", "Lstm(%d)", "Gru(%d)", "Rnn(%d, reverse = true)",
                                        "Lstm(%d, forget_bias = 1)", "Gru(%d, reset_after = false)"};
    static const char *const both[] = {"BiRnn(%d)", "BiLstm(%d)", "BiGru(%d)", "Bidirectional(Gru, %d)"};
    int size = 1 + draw(t, 4);
    const char *layer;
    switch (draw(t, 5)) {
    case 0:
        layer = arena_printf(t->arena, cells[draw(t, 6)], size);
        break;
    case 1:
        layer = arena_printf(t->arena, both[draw(t, 4)], size);
        size *= 2;
        break;
    case 2: layer = arena_printf(t->arena, "Conv1d(%d, width = %d)", size, 1 + draw(t, 3)); break;
    case 3: layer = arena_printf(t->arena, "Conv1d(%d, width = 2, stride = 2, bias = false)", size); break;
    default:
        layer = "Smooth(0.7)";
        size = t->size;
        break;
    }
    step(t, arena_printf(t->arena, "%%s |> %s", layer));
    t->size = size;
}

static void pool_step(Text *t)
{
    static const char *const forms[] = {"%%s |> max(over %s)",  "%%s |> mean(over %s)",  "sum(%%s, over %s) |> tanh",
                                        "%%s |> last(over %s)", "first(%%s, over %s)",   NULL,
                                        "sum(%%s * softmax(%%s, over %s), over %s)"};
    int form = draw(t, (int)(sizeof forms / sizeof *forms));
    const char *axis = t->shape == WORDS ? "sent" : "word";
    if (t->shape == WORDS && !strstr(t->text, "sent~"))
        axis = "word";
    if (form == 6)
        step(t, arena_printf(t->arena, forms[form], axis, axis));
    else if (form == 5)
        step(t, "%s |> AttentionPool(3)");
    else
        step(t, arena_printf(t->arena, forms[form], axis));
    t->shape = t->shape == SENTENCES ? WORDS : VECTOR;
}

static void image_step(Text *t)
{
    switch (draw(t, 5)) {
    case 0:
        t->channels = 1 + draw(t, 3);
        step(t, arena_printf(t->arena, "%%s |> Conv2d(%d, size = 3, pad = \"same\")", t->channels));
        break;
    case 1: step(t, "%s |> max_pool(2)"); t->size /= 2; break;
    case 2: step(t, "%s |> avg_pool(2)"); t->size /= 2; break;
    case 3: step(t, "%s |> InstanceNorm()"); break;
    default:
        step(t, "%s |> flatten");
        t->shape = VECTOR;
        t->size = t->channels * t->size * t->size;
        break;
    }
    if (t->shape == IMAGE && t->size < 4) {
        step(t, "%s |> flatten");
        t->shape = VECTOR;
        t->size = t->channels * t->size * t->size;
    }
}

static void any_step(Text *t)
{
    int choice = draw(t, 4);
    if (choice == 0)
        elementwise_step(t);
    else if (t->shape == IMAGE)
        image_step(t);
    else if (t->shape == VECTOR || choice == 1)
        vector_step(t);
    else
        sequence_step(t);
}

/* ---- wrong statements ---- */

static void put_wrong(Text *t)
{
    const char *const forms[] = {
        "%s |> nowhere",
        "%s + missing",
        "%s |> max(over nothing)",
        "%s |> sum(over batch)",
        "%s |> Linear",
        "%s |> Linear(0)",
        "%s |> Linear(0.5)",
        "%s |> Linear(out = 3, outt = 4)",
        "%s |> Linear(3, true, 4)",
        "%s |> Embedding(10, 3)",
        "%s + %s |> Linear(999) + %s",
        "%s |> dropout(2)",
        "concat(%s, 3)",
        "%s |> Lstm(\"three\")",
        "%s && %s",
        "if %s { 1 } else { 2 }",
        "for k in %s { k }",
        "cross_entropy(%s, 1, 2)",
        "%s |> squash(steep = 2)",
        "squash(%s, slope = 1, slope = 2)",
        "%s |> gather(%s)",
        "select(%s, 1, 2, 3)",
        "exp(\"text\")",
        "%s |> window(over nothing, size = 3)",
        "%s(3)",
        "3(%s)",
        "Linear(3)(%s, %s)",
        "%s |> permute(nothing, ...)",
        "a, b, c = %s",
        "%s * [1, 2]",
    };
    enum { FORM_COUNT = sizeof forms / sizeof *forms };
    t->wrong_line = t->lines + 1;
    t->wrong_at = -1;
    int before = t->values;
    const char *form = forms[draw(t, FORM_COUNT)];
    step(t, form);
    t->values = before; /* nothing goes on from it */
}

/* ---- programs ---- */

static void put_input(Text *t)
{
    t->shape = (Shape)draw(t, 4);
    t->size = 2 + draw(t, 4);
    t->channels = 1 + draw(t, 2);
    switch (t->shape) {
    case SENTENCES: put_line(t, "    input words : token[batch, sent~, word~]"); break;
    case WORDS: put_line(t, "    input words : token[batch, word~]"); break;
    case VECTOR: put_line(t, arena_printf(t->arena, "    input x : f32[batch, %d]", t->size)); break;
    case IMAGE:
        t->size = 4 + 2 * draw(t, 3);
        put_line(t, arena_printf(t->arena, "    input x : f32[batch, %d, %d, %d]", t->channels, t->size, t->size));
        break;
    }
    put_line(t, "    target label : class[batch]");
    const char *first = t->shape == SENTENCES || t->shape == WORDS
                            ? arena_printf(t->arena, "    v0 = words |> Embedding(12, %d)", t->size)
                            : "    v0 = x * 0.5";
    put_line(t, first);
    t->values = 1;
}

static void put_declarations(Text *t)
{
    static const char *const lines[] = {
        "use std.attention, std.conv, std.dense, std.norm, std.recurrent, std.residual, std.text",
        "",
        "const steep = 1.5",
        "",
        "function squash(x: f32[...], slope: number = steep) -> f32[...] = tanh(slope * x)",
        "",
        "layer Scale(x: f32[..., d]) -> f32[..., d] {",
        "    param g : f32[d] = ones()",
        "    g * x",
        "}",
        "",
        "layer Smooth(keep: number)(x: f32[..., t~, d]) -> f32[..., t~, d] {",
        "    scan x over t, from s = zeros(..., d) {",
        "        s = keep * s + (1 - keep) * x",
        "        emit s",
        "    }",
        "}",
        "",
        "model Generated(classes: dim = 3) {",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        put_line(t, lines[i]);
}

static void put_program(Text *t)
{
    put_declarations(t);
    put_input(t);
    for (int steps = 1 + draw(t, 4); steps > 0; steps--)
        any_step(t);
    while (t->shape == SENTENCES || t->shape == WORDS) {
        pool_step(t);
        any_step(t);
    }
    if (t->shape == IMAGE)
        step(t, draw(t, 2) ? "%s |> flatten" : "%s |> global_avg_pool");
    put_line(t, arena_printf(t->arena, "    logits = %s |> Linear(classes)", value(t)));
    put_line(t, "    output p = softmax(logits)");
    put_line(t, "    loss = cross_entropy(logits, label)");
    put_line(t, "}");
}

char *generate_source(Arena *arena, uint64_t seed)
{
    Text t = {.arena = arena, .seed = seed, .text = "", .wrong_at = -1};
    put_program(&t);
    return t.text;
}

char *generate_wrong_source(Arena *arena, uint64_t seed, int *line)
{
    Text t = {.arena = arena, .seed = seed, .text = "", .wrong_at = 2 + (int)(seed % 2)};
    put_program(&t);
    if (!t.wrong_line) { /* it has fewer statements: the wrong one goes to the end */
        t.text[strlen(t.text) - 2] = '\0';
        t.lines--;
        put_wrong(&t);
        put_line(&t, "}");
    }
    *line = t.wrong_line;
    return t.text;
}
