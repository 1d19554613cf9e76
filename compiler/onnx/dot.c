/* SPDX-License-Identifier: Apache-2.0
 *
 * Contractions: convolutions, products of matrices, and Einsum for what is neither.
 */
#include "compiler/onnx/windows.h"

static bool is_in(const int8_t *axes, int count, int axis)
{
    for (int i = 0; i < count; i++)
        if (axes[i] == axis)
            return true;
    return false;
}

/* ---- convolutions ---- */

/* All entries of the windows and one other axis, the channels, are contracted with a weight that has one axis
 * more, the filters. Returns the channels' axis of x, or -1. */
static int channel_of(const Windows *w, const Typed *dot)
{
    int channel = -1, entries = 0, contracted = dot->dot.contract_count;
    const Typed *weight = export_plain(dot->args[1]);
    if (dot->dot.batch_count || weight->kind != T_WEIGHT || weight->type.rank != contracted + 1)
        return -1;
    for (int i = 0; i < contracted; i++) {
        int of = w->origin[dot->dot.a_contract[i]];
        entries += of < 0;
        channel = of < 0 ? channel : of;
    }
    bool fine = entries == w->count && contracted == w->count + 1 && w->count <= 3;
    for (int i = 0; i < w->count && fine; i++)
        fine = w->windows[i]->window.fill == 0 && w->axis[i] != channel;
    return fine ? channel : -1;
}

/* The weight as [filters, channels, entries...]. */
static const char *filters(Exporter *e, const Windows *w, const Typed *dot)
{
    const Typed *weight = export_plain(dot->args[1]);
    int8_t order[AXES_MAX];
    int64_t dims[AXES_MAX];
    int rank = 1;
    for (int i = 0; i < weight->type.rank; i++)
        if (!is_in(dot->dot.b_contract, dot->dot.contract_count, i))
            order[0] = (int8_t)i;
    for (int axis = -1; axis < AXES_MAX; axis++) /* channels, then the windows by their axes */
        for (int i = 0; i < dot->dot.contract_count; i++) {
            int of = w->origin[dot->dot.a_contract[i]];
            if (axis < 0 ? of >= 0 : of < 0 && w->axis[-1 - of] == axis)
                order[rank++] = dot->dot.b_contract[i];
        }
    for (int i = 0; i < rank; i++)
        dims[i] = weight->type.axes[order[i]].size;
    return onnx_constant(e->graph, ONNX_FLOAT, rank, dims, export_weight_data(e, weight, order));
}

const Stored *export_convolution(Exporter *e, const Typed *dot, const Typed *bias)
{
    Windows w;
    int channel = windows_find(&w, dot->args[0]) ? channel_of(&w, dot) : -1;
    if (channel < 0 || w.x->type.rank < w.count + 2)
        return NULL;
    const char *inputs[] = {windows_operand(e, &w, channel, 0), filters(e, &w, dot),
                            bias ? export_value(e, bias) : NULL};
    OnnxNode *node = onnx_node(e->graph, "Conv", bias ? 3 : 2, inputs);
    windows_attributes(e, &w, node);
    return windows_result(e, &w, dot, channel, true, onnx_value(node));
}

/* ---- products of matrices ---- */

/* a's last axes, in order, with b's first ones, in order. */
static bool is_matrix_product(const Typed *dot)
{
    int n = dot->dot.contract_count, rank = dot->args[0]->type.rank;
    if (dot->dot.batch_count)
        return false;
    for (int i = 0; i < n; i++)
        if (!is_in(dot->dot.b_contract, n, i) || dot->dot.b_contract[i] != dot->dot.a_contract[i] - (rank - n))
            return false;
    return true;
}

static int64_t count_of(const TypedAxis *axes, int count)
{
    int64_t product = 1;
    for (int i = 0; i < count; i++)
        product *= axes[i].kind == AXIS_CONST ? axes[i].size : 0;
    return product;
}

/* b as a matrix [contracted, free]. */
static const char *matrix(Exporter *e, const Typed *b, int64_t rows, int64_t columns, int rank)
{
    if (b->kind == T_WEIGHT)
        return export_weight(e, b, 2, (int64_t[]){rows, columns});
    if (rank == 2)
        return export_value(e, b);
    return export_reshape(e, export_value(e, b), b->type.rank, b->type.axes, 2,
                          (TypedAxis[]){axis_const(rows), axis_const(columns)});
}

static const Stored *matrix_product(Exporter *e, const Typed *dot)
{
    const Typed *a = export_plain(dot->args[0]), *b = export_plain(dot->args[1]);
    int n = dot->dot.contract_count, left = a->type.rank - n, right = b->type.rank - n;
    int64_t rows = count_of(b->type.axes, n), columns = count_of(b->type.axes + n, right);
    if (!rows || !columns || !left)
        return NULL;
    const char *x = export_value(e, a);
    TypedAxis axes[AXES_MAX];
    memcpy(axes, a->type.axes, sizeof axes);
    axes[left] = axis_const(rows);
    if (n > 1)
        x = export_reshape(e, x, a->type.rank, a->type.axes, left + 1, axes);
    const char *y = onnx_op2(e->graph, "MatMul", x, matrix(e, b, rows, columns, b->type.rank));
    axes[left] = axis_const(columns);
    if (right != 1)
        y = export_reshape(e, y, left + 1, axes, dot->type.rank, dot->type.axes);
    return export_store(e, dot, y, NULL);
}

/* ---- Einsum ---- */

static const Stored *einsum(Exporter *e, const Typed *dot)
{
    char a[AXES_MAX + 1] = "", b[AXES_MAX + 1] = "", y[2 * AXES_MAX + 1] = "", next = 'a';
    int count = 0, a_rank = dot->args[0]->type.rank, b_rank = dot->args[1]->type.rank;
    for (int i = 0; i < dot->dot.batch_count; i++)
        y[count++] = a[dot->dot.a_batch[i]] = b[dot->dot.b_batch[i]] = next++;
    for (int i = 0; i < dot->dot.contract_count; i++)
        a[dot->dot.a_contract[i]] = b[dot->dot.b_contract[i]] = next++;
    for (int i = 0; i < a_rank; i++)
        if (!a[i])
            y[count++] = a[i] = next++;
    for (int i = 0; i < b_rank; i++)
        if (!b[i])
            y[count++] = b[i] = next++;
    int8_t own[AXES_MAX];
    order_own(own, AXES_MAX);
    const char *inputs[] = {export_value(e, dot->args[0]), export_value(e, dot->args[1])};
    for (int i = 0; i < dot->dot.contract_count; i++)
        inputs[0] = export_filled(e, dot->args[0], inputs[0], own, dot->dot.a_contract[i], 0);
    OnnxNode *node = onnx_node(e->graph, "Einsum", 2, inputs);
    onnx_text(e->graph, node, "equation", arena_printf(e->arena, "%.*s,%.*s->%.*s", a_rank, a, b_rank, b, count, y));
    return export_store(e, dot, onnx_value(node), NULL);
}

const Stored *export_dot(Exporter *e, const Typed *dot)
{
    const Stored *y = export_convolution(e, dot, NULL);
    if (!y && is_matrix_product(dot))
        y = matrix_product(e, dot);
    return y ? y : einsum(e, dot);
}
