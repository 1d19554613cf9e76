/* SPDX-License-Identifier: Apache-2.0
 *
 * Contractions of real sizes, whose operands are seen through every kind of
 * view: interpreter and compiled code agree, forward and backward. Sizes are
 * those at which register tiles, panels and blocks begin and end.
 *
 *     test_contractions [first seed [programs]]
 */
#include <stdlib.h>

#include "compiler/passes/passes.h"
#include "tests/check.h"
#include "tests/diff/engines.h"

enum { PROGRAMS = 150, SCANS = 24 };

typedef struct Maker {
    uint64_t state;
    IrModule *module;
    IrFunc *func;
    IrBuilder b;
    NndDType dtype;
    IrDim *batch, *word, *windows, *span;
    int args;
} Maker;

static int64_t below(Maker *m, int64_t limit)
{
    m->state = m->state * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)((m->state >> 33) % (uint64_t)limit);
}

enum { SMALL_SIZES = 7, SIZES = 16 };

static IrDim *some_size(Maker *m, int choices)
{
    static const int64_t sizes[SIZES] = {1, 2, 3, 5, 6, 7, 8, 15, 16, 17, 24, 31, 33, 48, 49, 65};
    return ir_dim_const(m->module, sizes[below(m, choices)]);
}

/* ---- operands ---- */

static IrValue *operand(Maker *m, IrType type, int views);

static IrValue *argument(Maker *m, IrType type)
{
    const char *name = arena_printf(m->module->arena, "x%d", m->args++);
    IrValue *x = ir_func_arg(m->func, NND_ARG_INPUT, name, type);
    return below(m, 3) ? x : ir_ew(&m->b, OP_tanh, x, NULL, NULL);
}

static bool is_segmented(const IrType *type)
{
    return type->rank > 0 && type->dims[0]->kind != NND_DIM_CONST;
}

static int const_axis(Maker *m, const IrType *type)
{
    int first = is_segmented(type);
    return type->rank == first ? -1 : first + (int)below(m, type->rank - first);
}

static IrType without(IrType type, int axis)
{
    for (int i = axis; i + 1 < type.rank; i++)
        type.dims[i] = type.dims[i + 1];
    type.rank--;
    return type;
}

static IrValue *transposed(Maker *m, IrType type, int views)
{
    int first = is_segmented(&type);
    int8_t perm[NND_MAX_RANK];
    IrType from = type;
    for (int i = 0; i < type.rank; i++)
        perm[i] = (int8_t)i;
    for (int i = type.rank - 1; i > first; i--) {
        int k = first + (int)below(m, i - first + 1);
        int8_t swapped = perm[i];
        perm[i] = perm[k];
        perm[k] = swapped;
    }
    for (int i = 0; i < type.rank; i++)
        from.dims[perm[i]] = type.dims[i];
    return ir_transpose(&m->b, operand(m, from, views), perm);
}

static IrValue *sliced(Maker *m, IrType type, int axis, int views)
{
    int64_t size = type.dims[axis]->size;
    type.dims[axis] = ir_dim_const(m->module, size + 3);
    return ir_slice(&m->b, operand(m, type, views), axis, below(m, 4), size);
}

static IrValue *padded(Maker *m, IrType type, int axis, int views)
{
    int64_t size = type.dims[axis]->size;
    if (size < 4)
        return operand(m, type, views);
    type.dims[axis] = ir_dim_const(m->module, size - 3);
    return ir_pad(&m->b, operand(m, type, views), axis, below(m, 4), size);
}

static IrValue *broadcast(Maker *m, IrType type, int axis, int views)
{
    int8_t map[NND_MAX_RANK];
    for (int i = 0; i < type.rank; i++)
        map[i] = (int8_t)(i < axis ? i : i == axis ? -1 : i - 1);
    return ir_broadcast(&m->b, operand(m, without(type, axis), views), type, map);
}

/* Axes `axis` and `axis` + 1 become windows and their entries. */
static IrValue *windowed(Maker *m, IrType type, int axis, int views)
{
    if (axis + 1 >= type.rank || type.dims[axis + 1]->size > 8)
        return operand(m, type, views);
    IrWindow window = {.axis = axis, .size = type.dims[axis + 1]->size, .stride = 1 + below(m, 2),
                       .dilation = 1 + below(m, 2)};
    int64_t reach = (type.dims[axis]->size - 1) * window.stride + (window.size - 1) * window.dilation + 1;
    window.low = reach > 4 ? below(m, 3) : 0;
    IrDim *out = type.dims[axis];
    IrType from = without(type, axis);
    from.dims[axis] = ir_dim_const(m->module, reach - 2 * window.low);
    return ir_window(&m->b, operand(m, from, views), window, out);
}

static IrValue *segment_windows(Maker *m, IrType type, int views)
{
    IrType from = without(type, 0);
    from.dims[0] = m->word;
    IrWindow window = {.size = 3, .stride = 1, .dilation = 1, .low = 1};
    return ir_window(&m->b, operand(m, from, views), window, m->windows);
}

static IrValue *reshaped(Maker *m, IrType type, int axis, int views)
{
    if (axis + 1 >= type.rank)
        return operand(m, type, views);
    IrType from = without(type, axis);
    from.dims[axis] = ir_dim_const(m->module, type.dims[axis]->size * type.dims[axis + 1]->size);
    return ir_reshape(&m->b, operand(m, from, views), type);
}

/* A value of the type, seen through so many views. */
static IrValue *operand(Maker *m, IrType type, int views)
{
    int axis = const_axis(m, &type);
    if (views <= 0 || axis < 0)
        return argument(m, type);
    if (type.dims[0] == m->windows && type.dims[1] == m->span)
        return segment_windows(m, type, views - 1);
    switch (below(m, 7)) {
    case 0: return transposed(m, type, views - 1);
    case 1: return sliced(m, type, axis, views - 1);
    case 2: return padded(m, type, axis, views - 1);
    case 3: return broadcast(m, type, axis, views - 1);
    case 4: return reshaped(m, type, axis, views - 1);
    default: return windowed(m, type, axis, views - 1);
    }
}

/* ---- contractions ---- */

typedef struct Side {
    IrType type;
    int8_t batch[1], contract[3];
} Side;

static void add_axis(Side *side, IrDim *dim)
{
    side->type.dims[side->type.rank++] = dim;
}

/* Axes in a random order, but a segmented one in front, and the entries of windows after them. */
static Side some_side(Maker *m, IrDim *first, IrDim *batch, IrDim **k, int k_count, int free)
{
    Side side = {.type.dtype = m->dtype};
    int next = 0;
    if (first)
        add_axis(&side, first);
    if (first == m->windows && k_count && k[0] == m->span)
        side.contract[next++] = (int8_t)side.type.rank;
    if (first == m->windows)
        add_axis(&side, m->span);
    bool batched = !batch;
    while (next < k_count || free > 0 || !batched) {
        int64_t choice = below(m, 3);
        if (choice == 0 && next < k_count) {
            side.contract[next++] = (int8_t)side.type.rank;
            add_axis(&side, k[next - 1]);
        } else if (choice == 1 && free > 0) {
            free--;
            add_axis(&side, some_size(m, free ? SMALL_SIZES : SIZES));
        } else if (choice == 2 && !batched) {
            batched = true;
            side.batch[0] = (int8_t)side.type.rank;
            add_axis(&side, batch);
        }
    }
    return side;
}

static IrDot dot_of(const Side *a, const Side *b, bool batched, int k_count)
{
    IrDot dot = {.batch_count = batched, .contract_count = k_count};
    dot.a_batch[0] = a->batch[0];
    dot.b_batch[0] = b->batch[0];
    for (int i = 0; i < k_count; i++) {
        dot.a_contract[i] = a->contract[i];
        dot.b_contract[i] = b->contract[i];
    }
    return dot;
}

typedef enum Kind { LONG_SUMS, SEGMENTED_ROWS, SEGMENTED_SUMS, CONSTANT, KIND_COUNT } Kind;

static IrValue *some_dot(Maker *m)
{
    Kind kind = (Kind)below(m, KIND_COUNT);
    IrDim *rows = below(m, 2) ? m->word : m->windows;
    IrDim *k[3] = {some_size(m, SIZES), some_size(m, SMALL_SIZES)};
    IrDim *batch = kind == SEGMENTED_ROWS || below(m, 4) ? NULL : some_size(m, SMALL_SIZES);
    int most = kind == SEGMENTED_SUMS ? 1 : 2, k_count = 1 + (int)below(m, most);
    if (kind == LONG_SUMS)
        k[0] = ir_dim_const(m->module, 300 + 400 * below(m, 3));
    if (kind == SEGMENTED_ROWS && rows == m->windows && below(m, 2))
        k[0] = m->span; /* as in a convolution */
    Side a = some_side(m, kind == SEGMENTED_ROWS || kind == SEGMENTED_SUMS ? rows : NULL, batch, k, k_count, 1 + (int)below(m, most));
    Side b = some_side(m, kind == SEGMENTED_SUMS ? rows : NULL, batch, k, k_count, 1 + (int)below(m, most));
    if (kind == SEGMENTED_SUMS) { /* as in the gradient of weights */
        a.contract[k_count] = b.contract[k_count] = 0;
        k_count++;
    }
    IrDot dot = dot_of(&a, &b, batch, k_count);
    return ir_dot(&m->b, operand(m, a.type, (int)below(m, 4)), operand(m, b.type, (int)below(m, 4)), dot);
}

/* relu(x + bias), the bias along the last axis. */
static IrValue *epilogue(Maker *m, IrValue *x)
{
    int last = x->type.rank - 1;
    if (last < 0 || x->type.dims[last]->kind != NND_DIM_CONST)
        return x;
    int8_t map[NND_MAX_RANK];
    memset(map, -1, sizeof map);
    map[last] = 0;
    IrValue *bias = argument(m, ir_type(m->dtype, 1, &x->type.dims[last]));
    return ir_ew(&m->b, OP_relu, ir_ew(&m->b, OP_add, x, ir_broadcast(&m->b, bias, x->type, map), NULL), NULL, NULL);
}

static IrValue *sum_of_all(Maker *m, IrValue *x)
{
    while (x->type.rank > 0)
        x = ir_reduce(&m->b, OP_sum, x, is_segmented(&x->type) && x->type.rank > 1 ? 2u : 1u);
    return x;
}

static IrModule *begin(Maker *m, Arena *arena, unsigned seed)
{
    *m = (Maker){.state = seed * 7919u + 17u, .dtype = seed % 3 ? NND_F32 : NND_F64};
    m->module = ir_module_new(arena, "contractions");
    m->batch = ir_dim_free(m->module, "batch");
    m->word = ir_dim_ragged(m->module, "word", m->batch, 0);
    m->windows = ir_dim_window(m->module, m->word, 1, 3, 1, seed % 2);
    m->span = ir_dim_const(m->module, 3);
    m->func = ir_func_new(m->module, "main");
    m->b = ir_builder_at_end(m->module, m->func->body);
    return m->module;
}

/* Results: the sum of tanh(y), y; and the gradient of the sum. */
static void finish(Maker *m, IrValue *y, bool compiled)
{
    IrValue *loss = sum_of_all(m, ir_ew(&m->b, OP_tanh, y, NULL, NULL));
    int wrt[64], count = m->func->arg_count;
    for (int i = 0; i < count; i++)
        wrt[i] = i;
    ir_func_return(m->func, (IrValue *[]){loss, y}, (const char *[]){"loss", "y"}, 2);
    pass_gradient(m->func, "gradient", 0, wrt, count);
    if (compiled)
        passes_run(m->module, &(PassOptions){.fuse = true});
}

static IrModule *contraction(Arena *arena, unsigned seed, bool compiled)
{
    Maker m;
    begin(&m, arena, seed);
    finish(&m, epilogue(&m, some_dot(&m)), compiled);
    return m.module;
}

/* ---- in a scan: h = tanh(x W + h U + r V) ---- */

static IrValue *product(Maker *m, IrBuilder *b, IrValue *x, IrValue *weights)
{
    (void)m;
    return ir_dot(b, x, weights, (IrDot){.contract_count = 1, .a_contract = {1}, .b_contract = {0}});
}

static IrModule *recurrence(Arena *arena, unsigned seed, bool compiled)
{
    Maker m;
    begin(&m, arena, seed);
    IrDim *in = some_size(&m, SIZES), *hidden = some_size(&m, SIZES);
    IrType sequence = ir_type(m.dtype, 2, (IrDim *[]){m.word, in});
    IrType rows = ir_type(m.dtype, 2, (IrDim *[]){m.batch, in}), state = ir_type(m.dtype, 2, (IrDim *[]){m.batch, hidden});
    IrType from_in = ir_type(m.dtype, 2, (IrDim *[]){in, hidden});
    IrType square = ir_type(m.dtype, 2, (IrDim *[]){hidden, hidden});
    IrValue *w = operand(&m, from_in, 1), *v = operand(&m, from_in, 1), *u = operand(&m, square, 2);
    IrValue *args[] = {operand(&m, sequence, 1), operand(&m, rows, 1), operand(&m, state, 1)};
    IrScan scan = {.dim = m.word, .reverse = seed % 2, .seq_count = 1, .row_count = 1, .state_count = 1};
    IrInst *loop = ir_scan_begin(&m.b, scan, args);
    IrBuilder body = ir_builder_at_end(m.module, loop->region);
    IrValue *x = &loop->region->params[0], *r = &loop->region->params[1], *h = &loop->region->params[2];
    IrValue *sum = ir_ew(&body, OP_add, product(&m, &body, x, w), product(&m, &body, h, u), NULL);
    IrValue *next = ir_ew(&body, OP_tanh, ir_ew(&body, OP_add, sum, product(&m, &body, r, v), NULL), NULL, NULL);
    ir_scan_finish(m.module, loop, &next, &next, 1);
    finish(&m, &loop->results[0], compiled);
    return m.module;
}

/* ---- tests ---- */

typedef IrModule *MakeFn(Arena *arena, unsigned seed, bool compiled);

static void engines_agree(MakeFn *make, const char *what, unsigned first, unsigned count)
{
    NndPool *pool;
    NndError error;
    EngineTally tally = {0};
    CHECK_EQ_INT(nnd_pool_new(&pool, 2, &error), NND_OK);
    for (unsigned seed = first; seed < first + count; seed++) {
        Arena *arena = arena_new();
        const char *label = arena_printf(arena, "%s %u", what, seed);
        IrModule *plain = make(arena, seed, false), *fused = make(arena, seed, true);
        char *problem = ir_module_verify(arena, plain);
        if (problem)
            printf("%s: %s\n", label, problem);
        CHECK(!problem);
        if (!problem)
            engines_compare(arena, plain, fused, pool, seed, 1, label, 2e-3, &tally);
        arena_free(arena);
    }
    nnd_pool_free(pool);
    printf("%s: %lld numbers compared\n", what, tally.compared);
    CHECK(tally.compared > 0);
    CHECK_EQ_INT(tally.wrong, 0);
}

int main(int argc, char **argv)
{
    unsigned first = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
    engines_agree(contraction, "contraction", first, argc > 2 ? (unsigned)atoi(argv[2]) : PROGRAMS);
    engines_agree(recurrence, "recurrence", first, argc > 2 ? (unsigned)atoi(argv[2]) : SCANS);
    return test_report();
}
