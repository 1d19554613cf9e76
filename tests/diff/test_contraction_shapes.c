/* SPDX-License-Identifier: Apache-2.0
 *
 * Contractions of every shape that the register tiles have a case for: extents
 * around the edges of tiles and blocks, known when the code is made or only
 * when it runs; each view as either operand; windows of one and two axes, and
 * of short segments; sums over windows, as gradients of weights need; and in
 * scans. What test_contractions does with random programs is done here with
 * all that matters, and within what rounding allows.
 *
 *     test_contraction_shapes [part of a label]      only those whose label has it
 */
#include <stdlib.h>

#include "tests/check.h"
#include "tests/diff/bounded.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))
#define DOT(a_batch, b_batch, a, b)                                                                                    \
    " {a_batch = [" a_batch "], b_batch = [" b_batch "], a_contract = [" a "], b_contract = [" b "]} : "

static const int64_t edges[] = {1, 5, 6, 7, 15, 16, 17, 48, 49, 65};
static const int64_t edges_and_long[] = {0, 1, 5, 6, 7, 15, 16, 17, 48, 49, 65, 300, 1000};
static const int64_t few[] = {3, 1, 0};

/* Lengths of segments. */
typedef struct Pattern {
    int64_t items;
    int64_t lengths[10]; /* of items 0 .. 9, and again */
} Pattern;

static const Pattern patterns[] = {
    {0, {0}},
    {1, {0}},
    {3, {0, 0, 0}},
    {1, {1}},
    {5, {2, 0, 5, 1, 3}},
    {17, {1, 2, 3, 4, 5, 6, 7, 0, 1, 2}},
    {49, {2, 1, 0, 2, 4, 1, 1, 3, 0, 2}},
    {6, {65, 0, 1, 48, 17, 16}},
    {4, {300, 1, 0, 700}},
};

/* ---- one program ---- */

typedef struct Test {
    Arena *arena;
    NndPool *pool;
    const char *only;
    long long compared;
    int programs;
} Test;

static const char declarations[] =
    "module \"m\"\n"
    "dim m = free\ndim k = free\ndim n = free\ndim p = free\ndim item = free\n"
    "dim word = ragged item\ndim different = distinct word\ndim char = ragged word\ndim four = uniform item size 4\n"
    "dim word.same = window word pad 2 span 3 stride 1 least 0\n"
    "dim word.valid = window word pad 0 span 3 stride 1 least 0\n"
    "dim word.least = window word pad 0 span 3 stride 1 least 1\n"
    "dim word.wide = window word pad 3 span 4 stride 1 least 1\n"
    "dim word.far = window word pad 8 span 9 stride 3 least 1\n"
    "dim word.odd = window word pad 1 span 2 stride 2 least 0\n"
    "dim char.same = window char pad 2 span 3 stride 1 least 0\n"
    "dim four.same = window four pad 2 span 3 stride 2 least 0\n";

static const char *replace(Arena *arena, const char *text, const char *from, const char *to)
{
    const char *done = "";
    for (const char *at; (at = strstr(text, from)); text = at + strlen(from))
        done = arena_printf(arena, "%s%.*s%s", done, (int)(at - text), text, to);
    return arena_printf(arena, "%s%s", done, text);
}

static bool is_over(const IrFunc *func, const IrDim *dim)
{
    for (int i = 0; i < func->arg_count; i++)
        for (int axis = 0; axis < func->args[i]->type.rank; axis++)
            for (const IrDim *d = func->args[i]->type.dims[axis]; d; d = d->parent)
                if (d == dim)
                    return true;
    return false;
}

/* What a free dimension is tried with; one number will do if no argument is over it. */
typedef struct Choice {
    IrDim *dim;
    const int64_t *sizes;
    int count;
} Choice;

static Choice choice(const IrModule *module, const char *name, const int64_t *sizes, int count)
{
    IrDim *dim = ir_dim_find(module, name);
    return (Choice){dim, sizes, is_over(module->funcs.data[0], dim) ? count : 1};
}

static const int64_t *segment_lengths(Arena *arena, const Pattern *pattern, int64_t count)
{
    int64_t *lengths = ARENA_ARRAY(arena, int64_t, count + 1);
    for (int64_t i = 0; i < count; i++)
        lengths[i] = pattern->lengths[i % COUNT(pattern->lengths)];
    return lengths;
}

/* Rows of `char` for each word. */
static const Pattern of_words = {0, {0, 3, 1, 2, 0, 4, 1, 6, 2, 1}};

static void set_segments(Arena *arena, const IrModule *module, NndExtent *given, const Pattern *pattern)
{
    int64_t words = 0;
    const int64_t *lengths = segment_lengths(arena, pattern, pattern->items);
    for (int64_t i = 0; i < pattern->items; i++)
        words += lengths[i];
    given[ir_dim_find(module, "item")->index].extent = pattern->items;
    given[ir_dim_find(module, "word")->index].lengths = lengths;
    given[ir_dim_find(module, "char")->index].lengths = segment_lengths(arena, &of_words, words);
}

/* All combinations; of more than `enough` only some. */
static void run_combinations(Test *test, Bounded *b, const Pattern *pattern, uint64_t *seed)
{
    enum { ENOUGH = 400 };
    const IrModule *module = b->module;
    const Choice choices[] = {choice(module, "m", edges, COUNT(edges)),
                              choice(module, "k", edges_and_long, COUNT(edges_and_long)),
                              choice(module, "n", edges, COUNT(edges)), choice(module, "p", few, COUNT(few)),
                              choice(module, "different", edges, COUNT(edges))};
    NndExtent *given = ARENA_ARRAY(test->arena, NndExtent, module->dims.count);
    set_segments(test->arena, module, given, pattern);
    int all = 1, step;
    for (int i = 0; i < COUNT(choices); i++)
        all *= choices[i].count;
    step = 1 + all / ENOUGH;
    for (int which = 0; which < all; which += step) {
        int rest = which;
        for (int i = 0; i < COUNT(choices); rest /= choices[i++].count)
            given[choices[i].dim->index].extent = choices[i].sizes[rest % choices[i].count];
        ++*seed;
        bounded_run(b, given, *seed % 3 ? test->pool : NULL, *seed);
    }
}

/* `T` in arguments and body stands for the element type; the body's last line returns %r. */
static void check_program(Test *test, const char *label, const char *dtype, const char *args, const char *body)
{
    Arena *arena = arena_new(), *around = test->arena;
    label = arena_printf(arena, "%s (%s)", label, dtype);
    if (!test->only || strstr(label, test->only)) {
        test->arena = arena;
        const char *text = arena_printf(arena, "func @main(%s) -> (r) {\n%s\nreturn %%r\n}\n", args, body);
        text = replace(arena, text, ": T", arena_printf(arena, ": %s", dtype));
        text = replace(arena, text, ", T[", arena_printf(arena, ", %s[", dtype));
        Bounded b;
        bool fine = bounded_open(&b, arena, label, arena_printf(arena, "%s%s", declarations, text));
        CHECK(fine);
        uint64_t seed = (uint64_t)test->programs++;
        bool segmented = fine && is_over(b.module->funcs.data[0], ir_dim_find(b.module, "item"));
        for (int i = 0; fine && i < (segmented ? COUNT(patterns) : 1); i++)
            run_combinations(test, &b, &patterns[i], &seed);
        CHECK_EQ_INT(b.wrong, 0);
        test->compared += b.compared;
        bounded_close(&b);
        test->arena = around;
    }
    arena_free(arena);
}

static const char *const dtypes[] = {"f32", "f64"};

typedef struct Program {
    const char *label, *args, *body;
} Program;

static void check_programs(Test *test, const Program *programs, int count)
{
    for (int i = 0; i < count; i++)
        for (int d = 0; d < COUNT(dtypes); d++)
            check_program(test, programs[i].label, dtypes[d], programs[i].args, programs[i].body);
}

/* ---- axes ---- */

static const Program of_axes[] = {
    {"a b", "input %x: T[m, k], input %y: T[k, n]", "%r = dot %x, %y" DOT("", "", "1", "0") "T[m, n]"},
    {"a' b", "input %x: T[k, m], input %y: T[k, n]", "%r = dot %x, %y" DOT("", "", "0", "0") "T[m, n]"},
    {"a b'", "input %x: T[m, k], input %y: T[n, k]", "%r = dot %x, %y" DOT("", "", "1", "1") "T[m, n]"},
    {"a' b'", "input %x: T[k, m], input %y: T[n, k]", "%r = dot %x, %y" DOT("", "", "0", "1") "T[m, n]"},
    {"batch in front", "input %x: T[p, m, k], input %y: T[p, k, 24]",
     "%r = dot %x, %y" DOT("0", "0", "2", "1") "T[p, m, 24]"},
    {"batch behind", "input %x: T[m, 40, p], input %y: T[40, n, p]",
     "%r = dot %x, %y" DOT("2", "2", "1", "0") "T[p, m, n]"},
    {"two batch axes", "input %x: T[p, 3, m, 20], input %y: T[3, n, 20, p]",
     "%r = dot %x, %y" DOT("0, 1", "3, 0", "3", "2") "T[p, 3, m, n]"},
    {"several sums", "input %x: T[m, 3, k, 5], input %y: T[5, k, 33, 3]",
     "%r = dot %x, %y" DOT("", "", "2, 1, 3", "1, 3, 0") "T[m, 33]"},
    {"several sums in one", "input %x: T[m, k, 3, 5], input %y: T[k, 3, 5, n]",
     "%r = dot %x, %y" DOT("", "", "1, 2, 3", "0, 1, 2") "T[m, n]"},
    {"several rows and columns", "input %x: T[m, k, 7], input %y: T[n, k, 2, 9]",
     "%r = dot %x, %y" DOT("", "", "1", "1") "T[m, 7, n, 2, 9]"},
    {"many narrow columns", "input %x: T[m, k], input %y: T[2, 3, k, 2, 3]",
     "%r = dot %x, %y" DOT("", "", "1", "2") "T[m, 2, 3, 2, 3]"},
    {"matrix and vector", "input %x: T[m, k], input %y: T[k]", "%r = dot %x, %y" DOT("", "", "1", "0") "T[m]"},
    {"vector and matrix", "input %x: T[k], input %y: T[k, n]", "%r = dot %x, %y" DOT("", "", "0", "0") "T[n]"},
    {"vectors", "input %x: T[k], input %y: T[k]", "%r = dot %x, %y" DOT("", "", "0", "0") "T"},
    {"no sum", "input %x: T[m, 3], input %y: T[n]", "%r = dot %x, %y" DOT("", "", "", "") "T[m, 3, n]"},
    {"batch only", "input %x: T[p, m, k], input %y: T[p, k, m]", "%r = dot %x, %y" DOT("0, 1", "0, 2", "2", "1") "T[p, m]"},
    {"two contractions are added", "input %x: T[m, k], input %y: T[k, 40], input %z: T[m, 50], input %w: T[50, 40]",
     "%a = dot %x, %y" DOT("", "", "1", "0") "T[m, 40]\n%b = dot %z, %w" DOT("", "", "1", "0") "T[m, 40]\n"
     "%r = add %a, %b : T[m, 40]"},
    {"rows of segments", "input %x: T[word, 20], input %y: T[20, 33]", "%r = dot %x, %y" DOT("", "", "1", "0") "T[word, 33]"},
    {"sums over segments", "input %x: T[word, 20], input %y: T[word, 33]",
     "%r = dot %x, %y" DOT("", "", "0", "0") "T[20, 33]"},
    {"sums over segments and more", "input %x: T[word, 2, 20], input %y: T[word, 17, 2]",
     "%r = dot %x, %y" DOT("", "", "0, 1", "0, 2") "T[20, 17]"},
    {"sums over segments, many rows and columns", "input %x: T[word, 170], input %y: T[word, 2, 70]",
     "%r = dot %x, %y" DOT("", "", "0", "0") "T[170, 2, 70]"},
    {"sums over segments, rows some hundred bytes apart", "input %x: T[word, 40], input %y: T[word, 64]",
     "%r = dot %x, %y" DOT("", "", "0", "0") "T[40, 64]"},
    {"sums over segments, several columns outside of panels", "input %x: T[word, 40], input %y: T[word, 3, 95]",
     "%r = dot %x, %y" DOT("", "", "0", "0") "T[40, 3, 95]"},
    {"sums over items for each of a few", "input %x: T[p, k, 40], input %y: T[p, k, 95]",
     "%r = dot %x, %y" DOT("0", "0", "1", "1") "T[p, 40, 95]"},
    {"sums over batches of entries", "input %x: T[p, 90, 20], input %y: T[p, 90, 33]",
     "%r = dot %x, %y" DOT("", "", "0, 1", "0, 1") "T[20, 33]"},
    {"rows of different words", "input %x: T[different, k], input %y: T[k, 40]",
     "%r = dot %x, %y" DOT("", "", "1", "0") "T[different, 40]"},
    {"several rows of different words", "input %x: T[different, 3, 70], input %y: T[70, 12]",
     "%r = dot %x, %y" DOT("", "", "2", "0") "T[different, 3, 12]"},
    {"gradients for different words", "input %x: T[different, 300], input %y: T[different, 2, 350]",
     "%r = dot %x, %y" DOT("", "", "0", "0") "T[300, 2, 350]"},
    {"rows of every segment alike", "input %x: T[four, 20], input %y: T[20, 33]",
     "%r = dot %x, %y" DOT("", "", "1", "0") "T[four, 33]"},
};

/* Of an operand that is bf16 in memory panels are, too (compiler/codegen/panel.h). */
static const Program of_bf16[] = {
    {"bf16", "input %x: T[m, k], param %h: bf16[k, n]", "%y = cast %h : T[k, n]\n%r = dot %x, %y" DOT("", "", "1", "0") "T[m, n]"},
    {"bf16 transposed", "input %x: T[m, k], param %h: bf16[n, k]",
     "%y = cast %h : T[n, k]\n%r = dot %x, %y" DOT("", "", "1", "1") "T[m, n]"},
    {"bf16 first", "param %h: bf16[n, k], input %x: T[m, k]", "%y = cast %h : T[n, k]\n%r = dot %y, %x" DOT("", "", "1", "1") "T[n, m]"},
    {"bf16 twice", "param %g: bf16[m, k], param %h: bf16[k, n]",
     "%x = cast %g : T[m, k]\n%y = cast %h : T[k, n]\n%r = dot %x, %y" DOT("", "", "1", "0") "T[m, n]"},
    {"bf16, a vector of columns", "input %x: T[m, k], param %h: bf16[k, 7]",
     "%y = cast %h : T[k, 7]\n%r = dot %x, %y" DOT("", "", "1", "0") "T[m, 7]"},
    {"bf16, batch in front", "input %x: T[p, m, k], param %h: bf16[p, k, 24]",
     "%y = cast %h : T[p, k, 24]\n%r = dot %x, %y" DOT("0", "0", "2", "1") "T[p, m, 24]"},
    {"bf16, many narrow columns", "input %x: T[m, k], param %h: bf16[2, 3, k, 2, 3]",
     "%y = cast %h : T[2, 3, k, 2, 3]\n%r = dot %x, %y" DOT("", "", "1", "2") "T[m, 2, 3, 2, 3]"},
    {"bf16 in another shape", "input %x: T[m, 48], param %h: bf16[6, 8, 33]",
     "%w = cast %h : T[6, 8, 33]\n%y = reshape %w : T[48, 33]\n%r = dot %x, %y" DOT("", "", "1", "0") "T[m, 33]"},
    {"bf16 and added", "input %x: T[m, k], param %h: bf16[k, 40]",
     "%y = cast %h : T[k, 40]\n%a = dot %x, %y" DOT("", "", "1", "0") "T[m, 40]\n%r = add %a, %a : T[m, 40]"},
};

static void panels_of_bf16(Test *test)
{
    for (int i = 0; i < COUNT(of_bf16); i++)
        check_program(test, of_bf16[i].label, "f32", of_bf16[i].args, of_bf16[i].body);
}

/* Extents that the code is made for: few rows, unrolled loops, half a panel. */
static void extents_known_beforehand(Test *test)
{
    static const char *const orders[] = {"1/0", "0/0", "1/1", "0/1"};
    for (int i = 0; i < COUNT(edges); i++)
        for (int j = 0; j < COUNT(edges); j++) {
            const int which = (i + j) % 4;
            long long m = edges[i], n = edges[j], k = edges_and_long[1 + (3 * i + j) % (COUNT(edges_and_long) - 1)];
            int a = orders[which][0] - '0', b = orders[which][2] - '0';
            const char *args = arena_printf(test->arena, "input %%x: T[%lld, %lld], input %%y: T[%lld, %lld]", a ? m : k,
                                            a ? k : m, b ? n : k, b ? k : n);
            const char *body = arena_printf(test->arena, "%%r = dot %%x, %%y {a_batch = [], b_batch = [], a_contract = "
                                            "[%d], b_contract = [%d]} : T[%lld, %lld]", a, b, m, n);
            check_program(test, arena_printf(test->arena, "%lld x %lld x %lld, %s", m, k, n, orders[which]),
                          dtypes[(i + j / 2) % 2], args, body);
        }
}

/* ---- views ---- */

/* `V` is the operand's name, its type T[24, 33]. */
static const Program views[] = {
    {"as it is", "input %V: T[24, 33]", ""},
    {"transposed", "input %Vx: T[33, 24]", "%V = transpose %Vx {map = [1, 0]} : T[24, 33]\n"},
    {"some rows", "input %Vx: T[30, 33]", "%V = slice %Vx {axis = 0, start = 5, size = 24} : T[24, 33]\n"},
    {"some columns", "input %Vx: T[24, 40]", "%V = slice %Vx {axis = 1, start = 7, size = 33} : T[24, 33]\n"},
    {"rows around", "input %Vx: T[10, 33]", "%V = pad %Vx {axis = 0, start = 3, size = 24} : T[24, 33]\n"},
    {"columns around", "input %Vx: T[24, 20]", "%V = pad %Vx {axis = 1, start = 13, size = 33} : T[24, 33]\n"},
    {"repeated rows", "input %Vx: T[33]", "%V = broadcast %Vx {map = [-1, 0]} : T[24, 33]\n"},
    {"repeated columns", "input %Vx: T[24]", "%V = broadcast %Vx {map = [0, -1]} : T[24, 33]\n"},
    {"one number", "input %Vx: T", "%V = broadcast %Vx {map = [-1, -1]} : T[24, 33]\n"},
    {"another shape", "input %Vx: T[6, 4, 33]", "%V = reshape %Vx : T[24, 33]\n"},
    {"another shape of a part", "input %Vx: T[8, 4, 33]",
     "%Vs = slice %Vx {axis = 0, start = 2, size = 6} : T[6, 4, 33]\n%V = reshape %Vs : T[24, 33]\n"},
    {"a part of another shape", "input %Vx: T[15, 2, 33]",
     "%Vs = reshape %Vx : T[30, 33]\n%V = slice %Vs {axis = 0, start = 6, size = 24} : T[24, 33]\n"},
    {"computed", "input %Vx: T[24, 33]", "%V = neg %Vx : T[24, 33]\n"},
    {"a part of what is around", "input %Vx: T[20, 33]",
     "%Vs = pad %Vx {axis = 0, start = 4, size = 30} : T[30, 33]\n"
     "%V = slice %Vs {axis = 0, start = 2, size = 24} : T[24, 33]\n"},
    {"around a part", "input %Vx: T[20, 33]",
     "%Vs = slice %Vx {axis = 0, start = 4, size = 12} : T[12, 33]\n"
     "%V = pad %Vs {axis = 0, start = 2, size = 24} : T[24, 33]\n"},
    {"around and transposed", "input %Vx: T[20, 20]",
     "%Vr = pad %Vx {axis = 0, start = 2, size = 33} : T[33, 20]\n%Vt = transpose %Vr {map = [1, 0]} : T[20, 33]\n"
     "%V = pad %Vt {axis = 0, start = 4, size = 24} : T[24, 33]\n"},
    {"windows that overlap", "input %Vx: T[56]",
     "%V = window %Vx {axis = 0, size = 33, stride = 1, dilation = 1, low = 0, fill = 0} : T[24, 33]\n"},
    {"windows beyond the ends", "input %Vx: T[30]",
     "%V = window %Vx {axis = 0, size = 33, stride = 2, dilation = 1, low = 20, fill = 0} : T[24, 33]\n"},
    {"windows of something else", "input %Vx: T[30]",
     "%V = window %Vx {axis = 0, size = 33, stride = 2, dilation = 1, low = 20, fill = 0.5} : T[24, 33]\n"},
    {"windows of another shape", "input %Vx: T[24, 12]",
     "%Vw = window %Vx {axis = 1, size = 3, stride = 1, dilation = 1, low = 0, fill = 0} : T[24, 11, 3]\n"
     "%V = reshape %Vw : T[24, 33]\n"},
};

static void check_views(Test *test, const Program *v, const Program *w, const char *dtype)
{
    /* contracted, and result: [33] or [24] of either; 33 x 33 or 24 x 24 */
    static const struct {
        const char *label, *body;
    } dots[] = {{"over columns", "%r = dot %a, %b" DOT("", "", "1", "1") "T[24, 24]"},
                {"over rows", "%r = dot %a, %b" DOT("", "", "0", "0") "T[33, 33]"}};
    Arena *arena = test->arena;
    const char *args = arena_printf(arena, "%s, %s", replace(arena, v->args, "V", "a"), replace(arena, w->args, "V", "b"));
    const char *lines = arena_printf(arena, "%s%s", replace(arena, v->body, "V", "a"), replace(arena, w->body, "V", "b"));
    for (int i = 0; i < COUNT(dots); i++)
        check_program(test, arena_printf(arena, "%s and %s, %s", v->label, w->label, dots[i].label), dtype, args,
                      arena_printf(arena, "%s%s", lines, dots[i].body));
}

static void every_view_is_either_operand(Test *test)
{
    for (int i = 0; i < COUNT(views); i++) {
        check_views(test, &views[i], &views[0], dtypes[i % 2]);
        check_views(test, &views[0], &views[i], dtypes[(i + 1) % 2]);
        check_views(test, &views[i], &views[(i * 7 + 3) % COUNT(views)], dtypes[i % 2]);
    }
}

/* ---- windows ---- */

typedef struct Windows {
    int in, out, size, stride, dilation, low;
} Windows;

static const Windows windows[] = {
    {12, 10, 3, 1, 1, 0}, {12, 12, 3, 1, 1, 1}, {13, 6, 3, 2, 1, 1}, {11, 9, 2, 1, 3, 1}, {17, 5, 5, 3, 2, 4}, {5, 7, 7, 1, 1, 4},
};

static const Program of_windows[] = {
    {"1-d", "input %x: T[p, 6, IN], input %w: T[6, SIZE, 33]",
     "%v = window %x {axis = 2, WINDOW} : T[p, 6, OUT, SIZE]\n%r = dot %v, %w" DOT("", "", "1, 3", "0, 1") "T[p, OUT, 33]"},
    {"1-d, weights first", "input %x: T[p, 6, IN], input %w: T[33, 6, SIZE]",
     "%v = window %x {axis = 2, WINDOW} : T[p, 6, OUT, SIZE]\n%r = dot %w, %v" DOT("", "", "1, 2", "1, 3") "T[33, p, OUT]"},
    {"1-d, weights' gradient", "input %x: T[p, IN, 6], input %g: T[p, OUT, 33]",
     "%v = window %x {axis = 1, WINDOW} : T[p, OUT, SIZE, 6]\n%r = dot %v, %g" DOT("", "", "0, 1", "0, 1") "T[SIZE, 6, 33]"},
    {"2-d", "input %x: T[p, 3, IN, IN], input %w: T[17, 3, SIZE, SIZE]",
     "%v = window %x {axis = 2, WINDOW} : T[p, 3, OUT, SIZE, IN]\n"
     "%u = window %v {axis = 4, WINDOW} : T[p, 3, OUT, SIZE, OUT, SIZE]\n"
     "%r = dot %u, %w" DOT("", "", "1, 3, 5", "1, 2, 3") "T[p, OUT, OUT, 17]"},
    {"2-d, weights first", "input %x: T[p, 3, IN, IN], input %w: T[17, 3, SIZE, SIZE]",
     "%v = window %x {axis = 2, WINDOW} : T[p, 3, OUT, SIZE, IN]\n"
     "%u = window %v {axis = 4, WINDOW} : T[p, 3, OUT, SIZE, OUT, SIZE]\n"
     "%r = dot %w, %u" DOT("", "", "1, 2, 3", "1, 3, 5") "T[17, p, OUT, OUT]"},
    {"2-d, weights' gradient", "input %x: T[p, 3, IN, IN], input %g: T[p, 17, OUT, OUT]",
     "%v = window %x {axis = 2, WINDOW} : T[p, 3, OUT, SIZE, IN]\n"
     "%u = window %v {axis = 4, WINDOW} : T[p, 3, OUT, SIZE, OUT, SIZE]\n"
     "%r = dot %g, %u" DOT("", "", "0, 2, 3", "0, 2, 4") "T[17, 3, SIZE, SIZE]"},
    {"2-d, channel by channel", "input %x: T[p, IN, IN, 3], input %w: T[3, SIZE, SIZE, 9]",
     "%v = window %x {axis = 1, WINDOW} : T[p, OUT, SIZE, IN, 3]\n"
     "%u = window %v {axis = 3, WINDOW} : T[p, OUT, SIZE, OUT, SIZE, 3]\n"
     "%r = dot %u, %w" DOT("5", "0", "2, 4", "1, 2") "T[3, p, OUT, OUT, 9]"},
    {"windows on both sides", "input %x: T[IN, 8], input %y: T[IN, 9]",
     "%v = window %x {axis = 0, WINDOW} : T[OUT, SIZE, 8]\n%u = window %y {axis = 0, WINDOW} : T[OUT, SIZE, 9]\n"
     "%r = dot %v, %u" DOT("", "", "0", "0") "T[SIZE, 8, SIZE, 9]"},
};

static const char *of_numbers(Arena *arena, const char *text, const Windows *w)
{
    const char *attrs = arena_printf(arena, "size = SIZE, stride = %d, dilation = %d, low = %d, fill = 0", w->stride,
                                     w->dilation, w->low);
    text = replace(arena, text, "WINDOW", attrs);
    text = replace(arena, text, "SIZE", arena_printf(arena, "%d", w->size));
    text = replace(arena, text, "OUT", arena_printf(arena, "%d", w->out));
    return replace(arena, text, "IN", arena_printf(arena, "%d", w->in));
}

static void windows_of_constant_axes(Test *test)
{
    Arena *arena = test->arena;
    for (int i = 0; i < COUNT(windows); i++)
        for (int j = 0; j < COUNT(of_windows); j++) {
            const Windows *w = &windows[i];
            const char *label = arena_printf(arena, "%s, %d windows of %d, stride %d, dilation %d, low %d", of_windows[j].label,
                                             w->out, w->size, w->stride, w->dilation, w->low);
            check_program(test, label, dtypes[(i + j) % 2], of_numbers(arena, of_windows[j].args, w),
                          of_numbers(arena, of_windows[j].body, w));
        }
}

/* 3 x 3 and 5 x 5 windows of so many channels and filters that tiles of them are transformed
 * (compiler/codegen/winograd.h). */
static const Program of_tiles[] = {
    {"tiles of windows", "input %x: T[p, 10, 6, 32], input %w: T[3, 3, 32, 40]",
     "%v = window %x {axis = 1, WINDOW} : T[p, 8, 3, 6, 32]\n%u = window %v {axis = 3, WINDOW} : T[p, 8, 3, 4, 3, 32]\n"
     "%r = dot %u, %w" DOT("", "", "2, 4, 5", "0, 1, 2") "T[p, 8, 4, 40]"},
    {"tiles of windows, more than an item has", "input %x: T[p, 26, 26, 32], input %w: T[32, 32, 3, 3]",
     "%v = window %x {axis = 1, WINDOW} : T[p, 24, 3, 26, 32]\n%u = window %v {axis = 3, WINDOW} : T[p, 24, 3, 24, 3, 32]\n"
     "%r = dot %u, %w" DOT("", "", "2, 4, 5", "2, 3, 1") "T[p, 24, 24, 32]"},
    {"tiles of windows, filters first, more than a block", "input %x: T[2, p, 4, 4, 64], input %w: T[150, 64, 3, 3]",
     "%v = window %x {axis = 2, WINDOW} : T[2, p, 2, 3, 4, 64]\n%u = window %v {axis = 4, WINDOW} : T[2, p, 2, 3, 2, 3, 64]\n"
     "%r = dot %w, %u" DOT("", "", "1, 2, 3", "6, 3, 5") "T[150, 2, p, 2, 2]"},
    {"tiles of windows, columns before rows", "input %x: T[p, 6, 8, 160], input %w: T[3, 160, 3, 33]",
     "%t = transpose %x {map = [1, 0, 2, 3]} : T[6, p, 8, 160]\n%v = window %t {axis = 0, WINDOW} : T[4, 3, p, 8, 160]\n"
     "%u = window %v {axis = 3, WINDOW} : T[4, 3, p, 6, 3, 160]\n"
     "%r = dot %u, %w" DOT("", "", "1, 4, 5", "0, 2, 1") "T[4, p, 6, 33]"},
    {"tiles of windows, 5 x 5", "input %x: T[p, 12, 8, 48], input %w: T[5, 5, 48, 33]",
     "%v = window %x {axis = 1, WINDOW} : T[p, 8, 5, 8, 48]\n%u = window %v {axis = 3, WINDOW} : T[p, 8, 5, 4, 5, 48]\n"
     "%r = dot %u, %w" DOT("", "", "2, 4, 5", "0, 1, 2") "T[p, 8, 4, 33]"},
    {"tiles of windows, 5 x 5, filters first", "input %x: T[p, 20, 20, 32], input %w: T[160, 32, 5, 5]",
     "%v = window %x {axis = 1, WINDOW} : T[p, 16, 5, 20, 32]\n%u = window %v {axis = 3, WINDOW} : T[p, 16, 5, 16, 5, 32]\n"
     "%r = dot %w, %u" DOT("", "", "1, 2, 3", "5, 2, 4") "T[160, p, 16, 16]"},
    {"tiles of windows, 5 x 5, more channels than the stack has room for", "input %x: T[2, 6, 6, 8192], input %w: T[5, 5, 8192, 32]",
     "%v = window %x {axis = 1, WINDOW} : T[2, 2, 5, 6, 8192]\n%u = window %v {axis = 3, WINDOW} : T[2, 2, 5, 2, 5, 8192]\n"
     "%r = dot %u, %w" DOT("", "", "2, 4, 5", "0, 1, 2") "T[2, 2, 2, 32]"},
    {"tiles of windows, added to", "input %x: T[p, 6, 6, 32], input %w: T[3, 3, 32, 64], input %z: T[p, 4, 4, 64]",
     "%v = window %x {axis = 1, WINDOW} : T[p, 4, 3, 6, 32]\n%u = window %v {axis = 3, WINDOW} : T[p, 4, 3, 4, 3, 32]\n"
     "%d = dot %u, %w" DOT("", "", "2, 4, 5", "0, 1, 2") "T[p, 4, 4, 64]\n%r = add %d, %z : T[p, 4, 4, 64]"},
};

static void tiles_of_windows(Test *test)
{
    const char *window = "size = SIZE, stride = 1, dilation = 1, low = 0, fill = 0";
    for (int i = 0; i < COUNT(of_tiles); i++)
        for (int d = 0; d < COUNT(dtypes); d++) {
            const char *size = strstr(of_tiles[i].args, "5, 5") ? "5" : "3";
            const char *body = replace(test->arena, replace(test->arena, of_tiles[i].body, "WINDOW", window), "SIZE", size);
            check_program(test, of_tiles[i].label, dtypes[d], of_tiles[i].args, body);
        }
}

/* Segments that are shorter than a window, or have none. */
typedef struct SegmentWindows {
    const char *in, *out, *size, *attrs;
} SegmentWindows;

static const SegmentWindows segment_windows[] = {
    {"word", "word.same", "3", "size = 3, stride = 1, dilation = 1, low = 1, fill = 0"},
    {"word", "word.valid", "3", "size = 3, stride = 1, dilation = 1, low = 0, fill = 0"},
    {"word", "word.least", "3", "size = 3, stride = 1, dilation = 1, low = 0, fill = 0"},
    {"word", "word.wide", "2", "size = 2, stride = 1, dilation = 3, low = 2, fill = 0"},
    {"word", "word.far", "5", "size = 5, stride = 3, dilation = 2, low = 4, fill = 0"},
    {"word", "word.odd", "2", "size = 2, stride = 2, dilation = 1, low = 1, fill = 0"},
    {"word", "word", "3", "size = 3, stride = 1, dilation = 1, low = 2, fill = 0"},
    {"word", "word.same", "3", "size = 3, stride = 1, dilation = 1, low = 1, fill = 0.5"},
    {"char", "char.same", "3", "size = 3, stride = 1, dilation = 1, low = 1, fill = 0"},
    {"four", "four.same", "3", "size = 3, stride = 2, dilation = 1, low = 1, fill = 0"},
};

static const Program of_segments[] = {
    {"convolution", "input %x: T[IN, 10], input %w: T[SIZE, 10, 33]",
     "%v = window %x {axis = 0, ATTRS} : T[OUT, SIZE, 10]\n%r = dot %v, %w" DOT("", "", "1, 2", "0, 1") "T[OUT, 33]"},
    {"convolution of a part", "input %x: T[IN, 12], input %w: T[SIZE, 7, 33]",
     "%s = slice %x {axis = 1, start = 2, size = 7} : T[IN, 7]\n%v = window %s {axis = 0, ATTRS} : T[OUT, SIZE, 7]\n"
     "%r = dot %v, %w" DOT("", "", "1, 2", "0, 1") "T[OUT, 33]"},
    {"convolution of what is around", "input %x: T[IN, 5], input %w: T[SIZE, 9, 33]",
     "%s = pad %x {axis = 1, start = 2, size = 9} : T[IN, 9]\n%v = window %s {axis = 0, ATTRS} : T[OUT, SIZE, 9]\n"
     "%r = dot %v, %w" DOT("", "", "1, 2", "0, 1") "T[OUT, 33]"},
    {"weights' gradient", "input %x: T[IN, 10], input %g: T[OUT, 33]",
     "%v = window %x {axis = 0, ATTRS} : T[OUT, SIZE, 10]\n%r = dot %v, %g" DOT("", "", "0", "0") "T[SIZE, 10, 33]"},
    {"weights' gradient, other order", "input %x: T[IN, 10], input %g: T[OUT, 9]",
     "%v = window %x {axis = 0, ATTRS} : T[OUT, SIZE, 10]\n%r = dot %g, %v" DOT("", "", "0", "0") "T[9, SIZE, 10]"},
    {"entries of windows are rows", "input %x: T[IN, 10], input %w: T[10, 33]",
     "%v = window %x {axis = 0, ATTRS} : T[OUT, SIZE, 10]\n%r = dot %v, %w" DOT("", "", "2", "0") "T[OUT, SIZE, 33]"},
    {"sum over windows and entries", "input %x: T[IN, 10], input %g: T[OUT, SIZE, 33]",
     "%v = window %x {axis = 0, ATTRS} : T[OUT, SIZE, 10]\n%r = dot %g, %v" DOT("", "", "0, 1", "0, 1") "T[33, 10]"},
    {"sum over windows, with batch", "input %x: T[IN, 6, 5], input %g: T[OUT, 17, 6]",
     "%v = window %x {axis = 0, ATTRS} : T[OUT, SIZE, 6, 5]\n%r = dot %v, %g" DOT("2", "2", "0", "0") "T[6, SIZE, 5, 17]"},
    {"windows of transposed columns", "input %x: T[IN, 7, 4], input %w: T[SIZE, 4, 7, 20]",
     "%t = transpose %x {map = [0, 2, 1]} : T[IN, 4, 7]\n%v = window %t {axis = 0, ATTRS} : T[OUT, SIZE, 4, 7]\n"
     "%r = dot %v, %w" DOT("", "", "1, 2, 3", "0, 1, 2") "T[OUT, 20]"},
    {"windows both ways", "input %x: T[IN, 8], input %w: T[SIZE, 3, 20]",
     "%v = window %x {axis = 0, ATTRS} : T[OUT, SIZE, 8]\n"
     "%u = window %v {axis = 2, size = 3, stride = 1, dilation = 1, low = 1, fill = 0} : T[OUT, SIZE, 8, 3]\n"
     "%r = dot %u, %w" DOT("", "", "1, 3", "0, 1") "T[OUT, 8, 20]"},
    {"windows both ways, gradient", "input %x: T[IN, 8], input %g: T[OUT, 8, 20]",
     "%v = window %x {axis = 0, ATTRS} : T[OUT, SIZE, 8]\n"
     "%u = window %v {axis = 2, size = 3, stride = 1, dilation = 1, low = 1, fill = 0} : T[OUT, SIZE, 8, 3]\n"
     "%r = dot %u, %g" DOT("", "", "0, 2", "0, 1") "T[SIZE, 3, 20]"},
    {"windows of both operands", "input %x: T[IN, 7], input %y: T[IN, 9]",
     "%v = window %x {axis = 0, ATTRS} : T[OUT, SIZE, 7]\n%u = window %y {axis = 0, ATTRS} : T[OUT, SIZE, 9]\n"
     "%r = dot %v, %u" DOT("", "", "0", "0") "T[SIZE, 7, SIZE, 9]"},
};

static const char *of_segment(Arena *arena, const char *text, const SegmentWindows *w)
{
    text = replace(arena, text, "ATTRS", w->attrs);
    text = replace(arena, text, "SIZE", w->size);
    text = replace(arena, text, "OUT", w->out);
    return replace(arena, text, "IN", w->in);
}

static void windows_of_segments(Test *test)
{
    Arena *arena = test->arena;
    for (int i = 0; i < COUNT(segment_windows); i++)
        for (int j = 0; j < COUNT(of_segments); j++) {
            const SegmentWindows *w = &segment_windows[i];
            const char *label = arena_printf(arena, "%s, %s %s", of_segments[j].label, w->out, w->attrs);
            check_program(test, label, dtypes[(i + j) % 2], of_segment(arena, of_segments[j].args, w),
                          of_segment(arena, of_segments[j].body, w));
        }
}

/* ---- in scans ----
 *
 * A sequence %s, a row %o and a state %h, all of them [items, 4, 6]; W is [4, 6, 33]. The state is
 * added up alike by both engines, and does not depend on the contractions: these are emitted. Nothing
 * is hoisted. */

static const Program of_scans[] = {
    {"one axis", "input %w: T[6, 33]", "%eO = dot %O, %w" DOT("", "", "2", "0") "T[item, 4, 33]"},
    {"first axis", "input %w: T[4, 33]", "%eO = dot %O, %w" DOT("", "", "1", "0") "T[item, 6, 33]"},
    {"two axes", "input %w: T[4, 6, 33]", "%eO = dot %O, %w" DOT("", "", "1, 2", "0, 1") "T[item, 33]"},
    {"two axes, in another order", "input %w: T[33, 6, 4]", "%eO = dot %O, %w" DOT("", "", "2, 1", "1, 2") "T[item, 33]"},
    {"several columns", "input %w: T[5, 6, 7]", "%eO = dot %O, %w" DOT("", "", "2", "1") "T[item, 4, 5, 7]"},
    {"transposed", "input %w: T[6, 33]",
     "%tO = transpose %O {map = [0, 2, 1]} : T[item, 6, 4]\n%eO = dot %tO, %w" DOT("", "", "1", "0") "T[item, 4, 33]"},
    {"in part", "input %w: T[5, 33]",
     "%tO = slice %O {axis = 2, start = 1, size = 5} : T[item, 4, 5]\n%eO = dot %tO, %w" DOT("", "", "2", "0")
     "T[item, 4, 33]"},
    {"with what is around", "input %w: T[9, 33]",
     "%tO = pad %O {axis = 2, start = 2, size = 9} : T[item, 4, 9]\n%eO = dot %tO, %w" DOT("", "", "2", "0")
     "T[item, 4, 33]"},
    {"repeated", "input %w: T[6, 3, 33]",
     "%tO = broadcast %O {map = [0, 1, -1, 2]} : T[item, 4, 3, 6]\n%eO = dot %tO, %w" DOT("", "", "2, 3", "1, 0")
     "T[item, 4, 33]"},
    {"another shape", "input %w: T[24, 33]",
     "%tO = reshape %O : T[item, 24]\n%eO = dot %tO, %w" DOT("", "", "1", "0") "T[item, 33]"},
    {"windows", "input %w: T[4, 3, 33]",
     "%tO = window %O {axis = 2, size = 3, stride = 2, dilation = 1, low = 1, fill = 0} : T[item, 4, 3, 3]\n"
     "%eO = dot %tO, %w" DOT("", "", "1, 3", "0, 1") "T[item, 3, 33]"},
    {"weights transposed", "input %w: T[33, 6]",
     "%tO = transpose %w {map = [1, 0]} : T[6, 33]\n%eO = dot %O, %tO" DOT("", "", "2", "0") "T[item, 4, 33]"},
    {"computed", "input %w: T[6, 33]", "%tO = neg %O : T[item, 4, 6]\n%eO = dot %tO, %w" DOT("", "", "2", "0") "T[item, 4, 33]"},
};

/* The type of %eO: what follows the last `T[`. */
static const char *emitted_type(Arena *arena, const char *body, const char *items)
{
    const char *type = strstr(body, "%eO"), *found = NULL;
    for (; (type = strstr(type, "T[item")); type++)
        found = type;
    return arena_printf(arena, "T[%s%s", items, found + strlen("T[item"));
}

static const char *scan_body(Arena *arena, const Program *p, bool reverse)
{
    static const char *const operands[] = {"st", "ot", "ht"};
    const char *type = emitted_type(arena, p->body, "item"), *lines = "";
    for (int i = 0; i < COUNT(operands); i++)
        lines = arena_printf(arena, "%s%s\n", lines, replace(arena, p->body, "O", operands[i]));
    return arena_printf(arena,
                        "%%r, %%last = scan %%s, %%o, %%h {dim = word, reverse = %s, seq = 1, row = 1, state = 1, emit = 1} : "
                        "%s, T[item, 4, 6] {\n^(%%st: T[item, 4, 6], %%ot: T[item, 4, 6], %%ht: T[item, 4, 6])\n%s"
                        "%%a = add %%est, %%eot : %s\n%%b = add %%a, %%eht : %s\n%%next = add %%ht, %%st : T[item, 4, 6]\n"
                        "yield %%next emit %%b\n}",
                        reverse ? "true" : "false", emitted_type(arena, p->body, "word"), lines, type, type);
}

static void operands_of_scans(Test *test)
{
    for (int i = 0; i < COUNT(of_scans); i++)
        for (int reverse = 0; reverse < 2; reverse++) {
            const char *args = arena_printf(test->arena, "input %%s: T[word, 4, 6], input %%o: T[item, 4, 6], "
                                            "input %%h: T[item, 4, 6], %s", of_scans[i].args);
            check_program(test, arena_printf(test->arena, "scan, %s%s", of_scans[i].label, reverse ? ", backwards" : ""),
                          dtypes[(i + reverse) % 2], args, scan_body(test->arena, &of_scans[i], reverse));
        }
}

/* A sum (of numbers that are not negative: there are no contractions, whose bound it would need) asks for rows ahead: not by
 * the numbers of items that are over. */
static void looked_up_rows_in_scans(Test *test)
{
    const char *args = "input %s: i32[word, 20], input %table: T[9, 8], input %h: T[item, 8]";
    for (int reverse = 0; reverse < 2; reverse++) {
        const char *body = arena_printf(test->arena,
                                        "%%r, %%last = scan %%s, %%h {dim = word, reverse = %s, seq = 1, row = 0, state = 1, "
                                        "emit = 1} : T[word, 8], T[item, 8] {\n^(%%st: i32[item, 20], %%ht: T[item, 8])\n"
                                        "%%x = gather %%table, %%st : T[item, 20, 8]\n%%a = abs %%x : T[item, 20, 8]\n"
                                        "%%y = sum %%a {axes = 2} : T[item, 8]\n"
                                        "%%next = add %%ht, %%y : T[item, 8]\nyield %%next emit %%y\n}",
                                        reverse ? "true" : "false");
        for (int d = 0; d < COUNT(dtypes); d++)
            check_program(test, reverse ? "scan, rows looked up, backwards" : "scan, rows looked up", dtypes[d], args, body);
    }
}

int main(int argc, char **argv)
{
    NndError error;
    Test test = {.arena = arena_new(), .only = argc > 1 ? argv[1] : NULL};
    CHECK_EQ_INT(nnd_pool_new(&test.pool, 2, &error), NND_OK);
    check_programs(&test, of_axes, COUNT(of_axes));
    panels_of_bf16(&test);
    extents_known_beforehand(&test);
    every_view_is_either_operand(&test);
    windows_of_constant_axes(&test);
    tiles_of_windows(&test);
    windows_of_segments(&test);
    operands_of_scans(&test);
    looked_up_rows_in_scans(&test);
    printf("%d programs, %lld numbers compared\n", test.programs, test.compared);
    CHECK(test.compared > 0);
    nnd_pool_free(test.pool);
    arena_free(test.arena);
    return test_report();
}
