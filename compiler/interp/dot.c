/* SPDX-License-Identifier: Apache-2.0
 *
 * Contractions as matrix products. An operand whose axes do not stand in one
 * of the two orders that BLAS can address is copied into the right order.
 */
#include "compiler/interp/tensor.h"
#include "runtime/kernels/gemm.h"

typedef struct Order {
    int count;
    int8_t axes[NND_MAX_RANK];
} Order;

static void add(Order *order, int axis)
{
    order->axes[order->count++] = (int8_t)axis;
}

static void append(Order *order, const Order *more)
{
    for (int i = 0; i < more->count; i++)
        add(order, more->axes[i]);
}

static bool contains(const int8_t *axes, int count, int axis)
{
    for (int i = 0; i < count; i++)
        if (axes[i] == axis)
            return true;
    return false;
}

static Order free_axes(const Tensor *x, const IrDot *dot, const int8_t *batch, const int8_t *contract)
{
    Order order = {0};
    for (int i = 0; i < x->type->rank; i++)
        if (!contains(batch, dot->batch_count, i) && !contains(contract, dot->contract_count, i))
            add(&order, i);
    return order;
}

static Order pick(const int8_t *axes, const int *positions, int count)
{
    Order order = {0};
    for (int i = 0; i < count; i++)
        add(&order, axes[positions[i]]);
    return order;
}

static Order join(const Order *a, const Order *b, const Order *c)
{
    Order order = {0};
    append(&order, a);
    append(&order, b);
    append(&order, c);
    return order;
}

/* True if reading x in this order is reading its memory from front to back (axes of one entry do not matter). */
static bool in_place(const Tensor *x, const Order *order)
{
    int last = -1;
    for (int i = 0; i < order->count; i++) {
        if (x->extents[order->axes[i]] == 1)
            continue;
        if (order->axes[i] < last)
            return false;
        last = order->axes[i];
    }
    return true;
}

static const void *reorder(const Context *c, const Tensor *x, const Order *order)
{
    int64_t own[NND_MAX_RANK], from[NND_MAX_RANK], to[NND_MAX_RANK], extents[NND_MAX_RANK];
    tensor_strides(x, own);
    int64_t stride = (int64_t)tensor_element(x);
    for (int i = order->count - 1; i >= 0; i--) {
        extents[i] = x->extents[order->axes[i]];
        from[i] = own[order->axes[i]];
        to[i] = stride;
        stride *= extents[i];
    }
    char *copy = c->scratch(c->owner, (size_t)stride);
    if (copy)
        tensor_copy(c, order->count, extents, tensor_element(x), copy, to, x->data, from);
    return copy;
}

static int64_t span(const Tensor *x, const Order *order)
{
    int64_t count = 1;
    for (int i = 0; i < order->count; i++)
        count *= x->extents[order->axes[i]];
    return count;
}

typedef struct Operand {
    const void *data;
    bool transposed;
} Operand;

/* [batch, outer, inner] as it is, or as it is with outer and inner exchanged, or copied. */
static Operand matrix(const Context *c, const Tensor *x, const Order *batch, const Order *outer, const Order *inner)
{
    Order plain = join(batch, outer, inner), transposed = join(batch, inner, outer);
    if (in_place(x, &plain))
        return (Operand){x->data, false};
    if (in_place(x, &transposed))
        return (Operand){x->data, true};
    return (Operand){reorder(c, x, &plain), false};
}

/* The contracted pairs in the order of the axes of the larger operand, so that it is not copied. */
static void sort_pairs(const IrDot *dot, bool by_a, int *positions)
{
    const int8_t *axes = by_a ? dot->a_contract : dot->b_contract;
    for (int i = 0; i < dot->contract_count; i++) {
        int k = i;
        for (; k > 0 && axes[positions[k - 1]] > axes[i]; k--)
            positions[k] = positions[k - 1];
        positions[k] = i;
    }
}

static void multiply(const NndGemm *g, NndDType dtype, int64_t batches, const Operand *a, const Operand *b, void *out)
{
    for (int64_t i = 0; i < batches; i++) {
        int64_t at_a = i * g->m * g->k, at_b = i * g->k * g->n, at_c = i * g->m * g->n;
        if (dtype == NND_F32)
            nnd_gemm_f32(g, (const float *)a->data + at_a, (const float *)b->data + at_b, (float *)out + at_c);
        else
            nnd_gemm_f64(g, (const double *)a->data + at_a, (const double *)b->data + at_b, (double *)out + at_c);
    }
}

bool kernel_dot(const Context *c, const Tensor *a, const Tensor *b, const IrDot *dot, const Tensor *out)
{
    int positions[NND_MAX_RANK], batch_positions[NND_MAX_RANK];
    sort_pairs(dot, tensor_count(a) >= tensor_count(b), positions);
    for (int i = 0; i < dot->batch_count; i++)
        batch_positions[i] = i;
    Order a_batch = pick(dot->a_batch, batch_positions, dot->batch_count);
    Order b_batch = pick(dot->b_batch, batch_positions, dot->batch_count);
    Order a_k = pick(dot->a_contract, positions, dot->contract_count);
    Order b_k = pick(dot->b_contract, positions, dot->contract_count);
    Order a_free = free_axes(a, dot, dot->a_batch, dot->a_contract);
    Order b_free = free_axes(b, dot, dot->b_batch, dot->b_contract);
    NndGemm g = {.m = span(a, &a_free), .n = span(b, &b_free), .k = span(a, &a_k)};
    int64_t batches = span(a, &a_batch);
    if (batches * g.m * g.n == 0)
        return true;
    if (g.k == 0) {
        tensor_fill(out, 0);
        return true;
    }
    if (g.m > INT32_MAX || g.n > INT32_MAX || g.k > INT32_MAX) /* BLAS counts in 32 bits */
        return false;
    Operand x = matrix(c, a, &a_batch, &a_free, &a_k);
    Operand y = matrix(c, b, &b_batch, &b_k, &b_free);
    if (!x.data || !y.data)
        return false;
    g.a_transposed = x.transposed;
    g.b_transposed = y.transposed;
    g.lda = x.transposed ? g.m : g.k;
    g.ldb = y.transposed ? g.k : g.n;
    g.ldc = g.n;
    multiply(&g, a->type->dtype, batches, &x, &y, out->data);
    return true;
}
