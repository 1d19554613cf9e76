/* SPDX-License-Identifier: Apache-2.0
 *
 * Recurrences of the interpreter against plain loops in C over the segments,
 * one after the other.
 */
#include "compiler/interp/interp.h"
#include "tests/check.h"
#include "tests/harness.h"

enum { IN = 3, HIDDEN = 4 };

/* h' = tanh(x . W + h . U + r), emitted before it is multiplied by the state. */
static const char cell[] =
    "func @f(input %x: f64[DIM, 3], input %r: f64[ITEM, 4], input %h: f64[ITEM, 4], param %W: f64[3, 4], param %U: f64[4, 4]) -> (seq, last) {\n"
    "%seq, %last = scan %x, %r, %h {dim = DIM, reverse = REVERSE, seq = 1, row = 1, state = 1, emit = 1} : f64[DIM, 4], f64[ITEM, 4] {\n"
    "^(%xt: f64[ITEM, 3], %rt: f64[ITEM, 4], %ht: f64[ITEM, 4])\n"
    "%xw = dot %xt, %W {a_batch = [], b_batch = [], a_contract = [1], b_contract = [0]} : f64[ITEM, 4]\n"
    "%hu = dot %ht, %U {a_batch = [], b_batch = [], a_contract = [1], b_contract = [0]} : f64[ITEM, 4]\n"
    "%s1 = add %xw, %hu : f64[ITEM, 4]\n"
    "%s2 = add %s1, %rt : f64[ITEM, 4]\n"
    "%new = tanh %s2 : f64[ITEM, 4]\n"
    "%out = mul %new, %ht : f64[ITEM, 4]\n"
    "yield %new emit %out\n"
    "}\n"
    "return %seq, %last\n"
    "}\n";

static const char *replace(Arena *arena, const char *text, const char *from, const char *to)
{
    for (const char *at; (at = strstr(text, from));)
        text = arena_printf(arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return text;
}

static void cell_step(const double *x, const double *r, double *h, double *out, const double *w, const double *u)
{
    double new[HIDDEN];
    for (int k = 0; k < HIDDEN; k++) {
        double sum = r[k];
        for (int i = 0; i < IN; i++)
            sum += x[i] * w[i * HIDDEN + k];
        for (int i = 0; i < HIDDEN; i++)
            sum += h[i] * u[i * HIDDEN + k];
        new[k] = tanh(sum);
    }
    for (int k = 0; k < HIDDEN; k++) {
        out[k] = new[k] * h[k];
        h[k] = new[k];
    }
}

/* One segment after the other. */
static void plain_loops(const NndAxis *axis, int64_t items, bool reverse, void *const *args, double *seq, double *last)
{
    const double *x = args[0], *r = args[1], *h0 = args[2];
    for (int64_t s = 0; s < items; s++) {
        double *h = last + s * HIDDEN;
        memcpy(h, h0 + s * HIDDEN, sizeof *h * HIDDEN);
        int64_t n = axis->offsets[s + 1] - axis->offsets[s];
        for (int64_t t = 0; t < n; t++) {
            int64_t row = axis->offsets[s] + (reverse ? n - 1 - t : t);
            cell_step(x + row * IN, r + s * HIDDEN, h, seq + row * HIDDEN, args[3], args[4]);
        }
    }
}

static void scan_is_a_loop(const char *dim, const char *item, bool reverse, const char *dims)
{
    Arena *arena = arena_new();
    NndError error;
    Engine *engine;
    char *problem;
    const char *text = replace(arena, cell, "DIM", dim);
    text = replace(arena, text, "ITEM", item);
    text = replace(arena, text, "REVERSE", reverse ? "true" : "false");
    IrModule *module = ir_module_parse(arena, arena_printf(arena, "module \"t\"\n%s%s", dims, text), &problem);
    if (!module)
        printf("%s\n", problem);
    CHECK(module);
    CHECK_EQ_INT(interp_engine_new(&engine, module, &error), NND_OK);
    Harness h;
    harness_begin(&h, arena, module, 2);
    const IrFunc *func = ir_module_func(module, "f");
    void **args = harness_args(&h, func, -1, 1), **found = harness_results(&h, func), **expected = harness_results(&h, func);
    const IrDim *scanned = func->args[0]->type.dims[0];
    int64_t items = nnd_axes_table(h.axes)[scanned->parent->index].extent;
    plain_loops(&nnd_axes_table(h.axes)[scanned->index], items, reverse, args, expected[0], expected[1]);
    for (int again = 0; again < 2; again++) { /* in memory that has been used */
        harness_run(&h, engine, "f", args, found);
        for (int r = 0; r < 2; r++)
            for (int64_t i = 0; i < harness_count(&h, &func->body->yields[r]->type); i++)
                CHECK_NEAR(((double *)found[r])[i], ((double *)expected[r])[i], 1e-12);
    }
    harness_end(&h);
    engine->free(engine);
    arena_free(arena);
}

static void ragged_axes_are_run_segment_by_segment(void)
{
    static const char dims[] = "dim batch = free\ndim word = ragged batch\n";
    scan_is_a_loop("word", "batch", false, dims);
    scan_is_a_loop("word", "batch", true, dims);
}

static void nested_ragged_axes_have_segments_for_parents(void)
{
    static const char dims[] = "dim batch = free\ndim sent = ragged batch\ndim word = ragged sent\n";
    scan_is_a_loop("word", "sent", false, dims);
    scan_is_a_loop("sent", "batch", true, dims);
}

static void uniform_and_window_axes_are_sequences_too(void)
{
    scan_is_a_loop("time", "batch", true, "dim batch = free\ndim time = uniform batch size 5\n");
    scan_is_a_loop("word.w2", "batch", false,
                   "dim batch = free\ndim word = ragged batch\ndim word.w2 = window word pad 0 span 2 stride 2 least 0\n");
}

/* The state has as many entries as there are items: 4 of both. */
static void a_constant_number_of_items_is_no_other_axis(void)
{
    static const char dims[] = "dim word = ragged 4\n";
    scan_is_a_loop("word", "4", false, dims);
    scan_is_a_loop("word", "4", true, dims);
}

int main(void)
{
    ragged_axes_are_run_segment_by_segment();
    nested_ragged_axes_have_segments_for_parents();
    uniform_and_window_axes_are_sequences_too();
    a_constant_number_of_items_is_no_other_axis();
    return test_report();
}
