/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/onnx/exporter.h"

void order_own(int8_t *order, int rank)
{
    for (int i = 0; i < rank; i++)
        order[i] = (int8_t)i;
}

bool order_is_own(const int8_t *order, int rank)
{
    for (int i = 0; i < rank; i++)
        if (order[i] != i)
            return false;
    return true;
}

int order_place(const int8_t *order, int rank, int axis)
{
    for (int i = 0; i < rank; i++)
        if (order[i] == axis)
            return i;
    return -1;
}

const char *export_transpose(Exporter *e, const char *x, int rank, const int8_t *perm)
{
    if (order_is_own(perm, rank))
        return x;
    OnnxNode *node = onnx_node(e->graph, "Transpose", 1, &x);
    int64_t wide[2 * AXES_MAX];
    for (int i = 0; i < rank; i++)
        wide[i] = perm[i];
    onnx_ints(e->graph, node, "perm", rank, wide);
    return onnx_value(node);
}

const char *export_unsqueeze(Exporter *e, const char *x, int count, const int64_t *axes)
{
    return count ? onnx_op2(e->graph, "Unsqueeze", x, onnx_vector(e->graph, count, axes)) : x;
}

const char *export_aligned(Exporter *e, const char *x, int rank, const int8_t *map, const int8_t *order)
{
    int8_t perm[AXES_MAX];
    int64_t ones[AXES_MAX];
    int kept = 0, one_count = 0;
    for (int i = 0; i < rank; i++) {
        if (map[order[i]] >= 0)
            perm[kept++] = map[order[i]];
        else if (kept)
            ones[one_count] = kept + one_count, one_count++;
    }
    return export_unsqueeze(e, export_transpose(e, x, kept, perm), one_count, ones);
}

/* ---- shapes ---- */

TypedAxis axis_const(int64_t size)
{
    return (TypedAxis){.kind = AXIS_CONST, .size = size};
}

TypedAxis axis_rest(void)
{
    return (TypedAxis){.kind = AXIS_FREE, .extent = -1};
}

static bool all_const(int rank, const TypedAxis *axes)
{
    for (int i = 0; i < rank; i++)
        if (axes[i].kind != AXIS_CONST)
            return false;
    return true;
}

const char *export_shape(Exporter *e, int rank, const TypedAxis *axes)
{
    const char *parts[AXES_MAX];
    int64_t sizes[AXES_MAX];
    bool constant = all_const(rank, axes);
    for (int i = 0; i < rank; i++) {
        sizes[i] = axes[i].kind == AXIS_CONST ? axes[i].size : -1;
        if (!constant)
            parts[i] = sizes[i] < 0 && axes[i].extent >= 0 ? export_size(e, axes[i].extent)
                                                           : onnx_vector(e->graph, 1, &sizes[i]);
    }
    if (constant)
        return onnx_vector(e->graph, rank, sizes);
    if (rank == 1)
        return parts[0];
    OnnxNode *node = onnx_node(e->graph, "Concat", rank, parts);
    onnx_int(e->graph, node, "axis", 0);
    return onnx_value(node);
}

/* Sizes as Reshape knows them: 0 for one that stays, -1 for at most one that follows from the rest. False if
 * that does not tell them all. */
static bool reshape_sizes(int from_rank, const TypedAxis *from, int rank, const TypedAxis *to, int64_t *sizes)
{
    int rest = 0;
    for (int i = 0; i < rank; i++) {
        bool stays = i < from_rank && to[i].kind != AXIS_CONST && from[i].kind != AXIS_CONST && to[i].extent >= 0 &&
                     to[i].extent == from[i].extent;
        sizes[i] = to[i].kind == AXIS_CONST ? to[i].size : stays ? 0 : -1;
        rest += sizes[i] == -1;
    }
    return rest <= 1;
}

const char *export_reshape(Exporter *e, const char *x, int from_rank, const TypedAxis *from, int rank,
                           const TypedAxis *to)
{
    int64_t sizes[AXES_MAX];
    bool told = reshape_sizes(from_rank, from, rank, to, sizes);
    return onnx_op2(e->graph, "Reshape", x, told ? onnx_vector(e->graph, rank, sizes) : export_shape(e, rank, to));
}
