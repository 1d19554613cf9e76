/* SPDX-License-Identifier: Apache-2.0
 *
 * Reductions. Every one is brought to the form [outer, reduced, inner]; a
 * segmented axis gives one `outer` entry a segment, of its own length. Sums
 * are taken in an order that does not depend on the number of threads: long
 * ones in pieces of fixed length, then over the pieces.
 */
#include "compiler/interp/tensor.h"

typedef struct Reduction {
    const char *x;
    char *out;
    int64_t reduced, inner;
    int64_t pieces, piece;  /* each outer entry is cut into `pieces` of `piece` rows, the last is shorter */
    const int64_t *offsets; /* of segments, or NULL; then there are no pieces */
} Reduction;

typedef struct Rows {
    int64_t first, count; /* reduced entries, in rows of `inner` elements */
} Rows;

static Rows rows_of(const Reduction *r, int64_t o)
{
    if (r->offsets)
        return (Rows){r->offsets[o], r->offsets[o + 1] - r->offsets[o]};
    int64_t start = o % r->pieces * r->piece, rest = r->reduced - start;
    return (Rows){o / r->pieces * r->reduced + start, rest < r->piece ? rest : r->piece};
}

enum { LANES = 16 }; /* interleaved partial results of a row, which the compiler makes vectors of */

#define ROW __attribute__((always_inline)) static inline

#define DEFINE_SUM(T, suffix)                                                                      \
    ROW WRAPPING T sum_row_##suffix(const T *x, int64_t n)                                         \
    {                                                                                              \
        T lane[LANES] = {0}, total = 0;                                                            \
        int64_t i = 0;                                                                             \
        for (; i + LANES <= n; i += LANES)                                                         \
            for (int l = 0; l < LANES; l++)                                                        \
                lane[l] = (T)(lane[l] + x[i + l]);                                                 \
        for (int l = 0; l < LANES; l++)                                                            \
            total = (T)(total + lane[l]);                                                          \
        for (; i < n; i++)                                                                         \
            total = (T)(total + x[i]);                                                             \
        return total;                                                                              \
    }                                                                                              \
    CLONES WRAPPING static void sum_##suffix(const Reduction *r, int64_t o)                        \
    {                                                                                              \
        Rows rows = rows_of(r, o);                                                                 \
        const T *x = (const T *)r->x + rows.first * r->inner;                                      \
        T *out = (T *)r->out + o * r->inner;                                                       \
        if (r->inner == 1) {                                                                       \
            out[0] = sum_row_##suffix(x, rows.count);                                              \
            return;                                                                                \
        }                                                                                          \
        for (int64_t k = 0; k < r->inner; k++)                                                     \
            out[k] = 0;                                                                            \
        for (int64_t i = 0; i < rows.count; i++)                                                   \
            for (int64_t k = 0; k < r->inner; k++)                                                 \
                out[k] = (T)(out[k] + x[i * r->inner + k]);                                        \
    }

/* Every lane begins with the first element, so that a NaN counts there and nowhere else. */
#define DEFINE_MAX(T, suffix)                                                                      \
    ROW T max_row_##suffix(const T *x, int64_t n)                                                  \
    {                                                                                              \
        T lane[LANES], most = x[0];                                                                \
        int64_t i = 0;                                                                             \
        for (int l = 0; l < LANES; l++)                                                            \
            lane[l] = x[0];                                                                        \
        for (; i + LANES <= n; i += LANES)                                                         \
            for (int l = 0; l < LANES; l++)                                                        \
                lane[l] = x[i + l] > lane[l] ? x[i + l] : lane[l];                                 \
        for (int l = 0; l < LANES; l++)                                                            \
            most = lane[l] > most ? lane[l] : most;                                                \
        for (; i < n; i++)                                                                         \
            most = x[i] > most ? x[i] : most;                                                      \
        return most;                                                                               \
    }                                                                                              \
    CLONES static void max_##suffix(const Reduction *r, int64_t o)                                 \
    {                                                                                              \
        Rows rows = rows_of(r, o);                                                                 \
        const T *x = (const T *)r->x + rows.first * r->inner;                                      \
        T *out = (T *)r->out + o * r->inner;                                                       \
        if (r->inner == 1 && rows.count) {                                                         \
            out[0] = max_row_##suffix(x, rows.count);                                              \
            return;                                                                                \
        }                                                                                          \
        for (int64_t k = 0; k < r->inner; k++)                                                     \
            out[k] = rows.count ? x[k] : 0;                                                        \
        for (int64_t i = 1; i < rows.count; i++)                                                   \
            for (int64_t k = 0; k < r->inner; k++)                                                 \
                out[k] = x[i * r->inner + k] > out[k] ? x[i * r->inner + k] : out[k];              \
    }                                                                                              \
    static void argmax_##suffix(const Reduction *r, int64_t o)                                     \
    {                                                                                              \
        Rows rows = rows_of(r, o);                                                                 \
        const T *x = (const T *)r->x + rows.first * r->inner;                                      \
        int32_t *out = (int32_t *)r->out + o * r->inner;                                           \
        for (int64_t k = 0; k < r->inner; k++)                                                     \
            out[k] = rows.count ? 0 : -1;                                                          \
        for (int64_t i = 1; i < rows.count; i++)                                                   \
            for (int64_t k = 0; k < r->inner; k++)                                                 \
                out[k] = x[i * r->inner + k] > x[out[k] * r->inner + k] ? (int32_t)i : out[k];     \
    }

#define DEFINE_REDUCTIONS(T, suffix)                                                               \
    DEFINE_SUM(T, suffix)                                                                          \
    DEFINE_MAX(T, suffix)

DEFINE_REDUCTIONS(float, f32)
DEFINE_REDUCTIONS(double, f64)
DEFINE_REDUCTIONS(int32_t, i32)
DEFINE_REDUCTIONS(int64_t, i64)
DEFINE_REDUCTIONS(uint8_t, u8)

typedef void ReduceKernel(const Reduction *r, int64_t o);

static ReduceKernel *kernel_for(IrOp op, NndDType dtype)
{
#define PICK(suffix) op == OP_sum ? sum_##suffix : op == OP_reduce_max ? max_##suffix : argmax_##suffix
    switch (dtype) {
    case NND_F32: return PICK(f32);
    case NND_F64: return PICK(f64);
    case NND_I32: return PICK(i32);
    case NND_I64: return PICK(i64);
    case NND_U8: return PICK(u8);
    case NND_BF16:
    case NND_BOOL:
    case NND_DTYPE_COUNT: break;
    }
    NND_BUG("%s of element type %d", ir_op_info[op].name, (int)dtype);
}

typedef struct ReduceWork {
    const Reduction *reduction;
    ReduceKernel *kernel;
} ReduceWork;

static void reduce_block(void *context, int64_t lo, int64_t hi)
{
    const ReduceWork *work = context;
    for (int64_t o = lo; o < hi; o++)
        work->kernel(work->reduction, o);
}

/* `elements`: of all entries together. */
static void run(const Context *c, const Reduction *r, ReduceKernel *kernel, int64_t outer, int64_t elements)
{
    ReduceWork work = {r, kernel};
    int64_t each = outer ? elements / outer : 1;
    nnd_pool_run(c->call->pool, outer, ELEMENTS_PER_BLOCK / (each ? each : 1), reduce_block, &work);
}

enum { PIECE = 1 << 12, ROWS_OF_PIECE = 64 }; /* elements and at least rows of a piece of a long sum */

static bool sum_pieces(const Context *c, Reduction r, NndDType dtype, int64_t outer)
{
    ReduceKernel *kernel = kernel_for(OP_sum, dtype);
    r.piece = PIECE / r.inner > ROWS_OF_PIECE ? PIECE / r.inner : ROWS_OF_PIECE;
    while (r.reduced > 2 * r.piece) {
        r.pieces = (r.reduced + r.piece - 1) / r.piece;
        Reduction first = r;
        first.out = c->scratch(c->owner, (size_t)(outer * r.pieces * r.inner) * nnd_dtype_size(dtype));
        if (!first.out)
            return false;
        run(c, &first, kernel, outer * r.pieces, outer * r.reduced * r.inner);
        r.x = first.out;
        r.reduced = r.pieces;
    }
    r.pieces = 1;
    r.piece = r.reduced;
    run(c, &r, kernel, outer, outer * r.reduced * r.inner);
    return true;
}

/* Copies x with the reduced axes last, unless they stand together already. */
static const char *gather_axes(const Context *c, const Tensor *x, unsigned axes, int64_t *inner)
{
    int rank = x->type->rank, first = 0, last = rank - 1;
    while (!(axes >> first & 1))
        first++;
    while (!(axes >> last & 1))
        last--;
    if (axes >> first == (1u << (last - first + 1)) - 1) {
        *inner = tensor_span(x, last + 1, rank);
        return x->data;
    }
    int64_t own[NND_MAX_RANK], from[NND_MAX_RANK], to[NND_MAX_RANK], extents[NND_MAX_RANK];
    tensor_strides(x, own);
    int n = 0;
    for (unsigned reduced = 0; reduced < 2; reduced++)
        for (int i = 0; i < rank; i++)
            if ((axes >> i & 1) == reduced) {
                extents[n] = x->extents[i];
                from[n++] = own[i];
            }
    int64_t stride = (int64_t)tensor_element(x);
    for (int i = rank - 1; i >= 0; i--) {
        to[i] = stride;
        stride *= extents[i];
    }
    char *copy = c->scratch(c->owner, (size_t)stride);
    if (copy)
        tensor_copy(c, rank, extents, tensor_element(x), copy, to, x->data, from);
    *inner = 1;
    return copy;
}

/* Product of the extents of the axes in the set. */
static int64_t selected_count(const Tensor *x, unsigned axes)
{
    int64_t count = 1;
    for (int i = 0; i < x->type->rank; i++)
        count *= axes >> i & 1 ? x->extents[i] : 1;
    return count;
}

static bool reduce_together(const Context *c, IrOp op, const Tensor *x, unsigned axes, char *out)
{
    Reduction r = {.out = out, .reduced = selected_count(x, axes), .pieces = 1};
    NndDType dtype = x->type->dtype;
    r.piece = r.reduced;
    if (selected_count(x, ~axes) == 0)
        return true;
    r.x = gather_axes(c, x, axes, &r.inner);
    if (!r.x)
        return false;
    int64_t outer = selected_count(x, ~axes) / r.inner;
    if (op == OP_sum)
        return sum_pieces(c, r, dtype, outer);
    run(c, &r, kernel_for(op, dtype), outer, outer * r.reduced * r.inner);
    return true;
}

/* The last of the axes, and those of the set that stand directly before it. */
static unsigned last_group(unsigned axes)
{
    unsigned group = 0, bit = 1u << (NND_MAX_RANK - 1);
    while (!(axes & bit))
        bit >>= 1;
    for (; axes & bit; bit >>= 1)
        group |= bit;
    return group;
}

/* Axes that stand apart are reduced one group after the other, which leaves x where it is. */
static bool reduce_dense(const Context *c, IrOp op, const Tensor *x, unsigned axes, char *out)
{
    unsigned group = last_group(axes);
    if (group == axes || op == OP_argmax)
        return reduce_together(c, op, x, axes, out);
    Tensor partial = *x;
    for (int i = 0; i < x->type->rank; i++)
        partial.extents[i] = group >> i & 1 ? 1 : x->extents[i];
    partial.data = c->scratch(c->owner, (size_t)tensor_count(&partial) * tensor_element(x));
    return partial.data && reduce_together(c, op, x, group, partial.data) &&
           reduce_dense(c, op, &partial, axes & ~group, out);
}

static void reduce_segments(const Context *c, IrOp op, const Tensor *x, const char *data, char *out, int64_t inner)
{
    const IrDim *dim = x->type->dims[0];
    Reduction r = {.x = data, .out = out, .inner = inner, .offsets = c->call->axes[dim->index].offsets};
    int64_t segments = c->call->axes[dim->parent->index].extent;
    run(c, &r, kernel_for(op, x->type->dtype), segments, x->extents[0] * inner);
}

bool kernel_reduce(const Context *c, IrOp op, const Tensor *x, unsigned axes, const Tensor *out)
{
    bool segmented = axes & 1 && ir_dim_segmented(x->type->dims[0]);
    if (!segmented)
        return reduce_dense(c, op, x, axes, out->data);
    int64_t rest = selected_count(x, ~axes & ~1u);
    if (axes == 1) {
        reduce_segments(c, op, x, x->data, out->data, rest);
        return true;
    }
    char *partial = c->scratch(c->owner, (size_t)(x->extents[0] * rest) * tensor_element(x));
    if (!partial || !reduce_dense(c, op, x, axes & ~1u, partial))
        return false;
    reduce_segments(c, op, x, partial, out->data, rest);
    return true;
}
