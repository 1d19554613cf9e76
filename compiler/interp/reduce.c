/* SPDX-License-Identifier: Apache-2.0
 *
 * Reductions. Every one is brought to the form [outer, reduced, inner]; a
 * segmented axis gives one `outer` entry a segment, of its own length. Sums
 * are taken in an order that does not depend on the number of threads.
 */
#include "compiler/interp/tensor.h"

typedef struct Rows {
    int64_t first, count; /* reduced entries, in rows of `inner` elements */
} Rows;

typedef struct Reduction {
    IrOp op;
    const char *x;
    char *out;
    int64_t reduced, inner;
    const int64_t *offsets; /* of segments, or NULL */
} Reduction;

static Rows rows_of(const Reduction *r, int64_t o)
{
    if (r->offsets)
        return (Rows){r->offsets[o], r->offsets[o + 1] - r->offsets[o]};
    return (Rows){o * r->reduced, r->reduced};
}

enum { LANES = 16 };

/* Sum of contiguous numbers in LANES interleaved partial sums, which the compiler vectorises. */
#define DEFINE_SUM(T, suffix)                                                                      \
    static T sum_row_##suffix(const T *x, int64_t n)                                               \
    {                                                                                              \
        T lane[LANES] = {0}, total = 0;                                                            \
        int64_t i = 0;                                                                             \
        for (; i + LANES <= n; i += LANES)                                                         \
            for (int l = 0; l < LANES; l++)                                                        \
                lane[l] += x[i + l];                                                               \
        for (int l = 0; l < LANES; l++)                                                            \
            total += lane[l];                                                                      \
        for (; i < n; i++)                                                                         \
            total += x[i];                                                                         \
        return total;                                                                              \
    }                                                                                              \
    static void sum_##suffix(const Reduction *r, int64_t o)                                        \
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
                out[k] += x[i * r->inner + k];                                                     \
    }

#define DEFINE_MAX(T, suffix)                                                                      \
    static void max_##suffix(const Reduction *r, int64_t o)                                        \
    {                                                                                              \
        Rows rows = rows_of(r, o);                                                                 \
        const T *x = (const T *)r->x + rows.first * r->inner;                                      \
        T *out = (T *)r->out + o * r->inner;                                                       \
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

DEFINE_SUM(float, f32)
DEFINE_SUM(double, f64)
DEFINE_SUM(int32_t, i32)
DEFINE_MAX(float, f32)
DEFINE_MAX(double, f64)
DEFINE_MAX(int32_t, i32)

typedef void ReduceKernel(const Reduction *r, int64_t o);

static ReduceKernel *kernel_for(IrOp op, NndDType dtype)
{
    ReduceKernel *sum = NULL, *max = NULL, *argmax = NULL;
    if (dtype == NND_F32)
        sum = sum_f32, max = max_f32, argmax = argmax_f32;
    else if (dtype == NND_F64)
        sum = sum_f64, max = max_f64, argmax = argmax_f64;
    else if (dtype == NND_I32)
        sum = sum_i32, max = max_i32, argmax = argmax_i32;
    else
        NND_BUG("%s of %s", ir_op_info[op].name, ir_dtype_name(dtype));
    return op == OP_sum ? sum : op == OP_reduce_max ? max : argmax;
}

typedef struct ReduceWork {
    Reduction reduction;
    ReduceKernel *kernel;
} ReduceWork;

static void reduce_block(void *context, int64_t lo, int64_t hi)
{
    const ReduceWork *work = context;
    for (int64_t o = lo; o < hi; o++)
        work->kernel(&work->reduction, o);
}

static void run(const Context *c, const Reduction *r, NndDType dtype, int64_t outer, int64_t rows)
{
    ReduceWork work = {*r, kernel_for(r->op, dtype)};
    int64_t each = outer ? rows * r->inner / outer : 1;
    int64_t grain = each >= ELEMENTS_PER_BLOCK ? 1 : ELEMENTS_PER_BLOCK / (each ? each : 1);
    nnd_pool_run(c->call->pool, outer, grain, reduce_block, &work);
}

/* Copies x with the reduced axes last, unless they stand together already. */
static const char *gather_axes(const Tensor *x, unsigned axes, Scratch *scratch, void *owner, int64_t *inner)
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
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < rank; i++)
            if ((int)(axes >> i & 1) == pass) {
                extents[n] = x->extents[i];
                from[n++] = own[i];
            }
    int64_t stride = (int64_t)tensor_element(x);
    for (int i = rank - 1; i >= 0; i--) {
        to[i] = stride;
        stride *= extents[i];
    }
    char *copy = scratch(owner, (size_t)stride);
    if (copy)
        tensor_copy(rank, extents, tensor_element(x), copy, to, x->data, from);
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

static bool reduce_dense(const Context *c, IrOp op, const Tensor *x, unsigned axes, char *out, Scratch *scratch, void *owner)
{
    Reduction r = {.op = op, .out = out};
    r.x = gather_axes(x, axes, scratch, owner, &r.inner);
    if (!r.x)
        return false;
    r.reduced = selected_count(x, axes);
    int64_t kept = selected_count(x, ~axes);
    int64_t outer = r.inner ? kept / r.inner : 0;
    run(c, &r, x->type->dtype, outer, outer * r.reduced);
    return true;
}

static void reduce_segments(const Context *c, IrOp op, const Tensor *x, const char *data, char *out, int64_t inner)
{
    const IrDim *dim = x->type->dims[0];
    Reduction r = {.op = op, .x = data, .out = out, .inner = inner, .offsets = c->call->axes[dim->index].offsets};
    run(c, &r, x->type->dtype, c->call->axes[dim->parent->index].extent, x->extents[0]);
}

bool kernel_reduce(const Context *c, IrOp op, const Tensor *x, unsigned axes, const Tensor *out, Scratch *scratch, void *owner)
{
    bool segmented = axes & 1 && ir_dim_segmented(x->type->dims[0]);
    if (!segmented)
        return reduce_dense(c, op, x, axes, out->data, scratch, owner);
    if (axes == 1) {
        reduce_segments(c, op, x, x->data, out->data, tensor_span(x, 1, x->type->rank));
        return true;
    }
    if (op == OP_argmax)
        NND_BUG("argmax over a segmented axis and others");
    int64_t rest = selected_count(x, ~axes & ~1u);
    char *partial = scratch(owner, (size_t)(x->extents[0] * rest) * tensor_element(x));
    if (!partial || !reduce_dense(c, op, x, axes & ~1u, partial, scratch, owner))
        return false;
    reduce_segments(c, op, x, partial, out->data, rest);
    return true;
}
