/* SPDX-License-Identifier: Apache-2.0
 *
 * Operators that only move data.
 */
#include "compiler/interp/tensor.h"

/* The row of axis 0 of `from` in whose segment (of a segment ...) row `row` of `dim` is. */
static int64_t ancestor_row(const Context *c, const IrDim *dim, const IrDim *from, int64_t row)
{
    for (; dim != from; dim = dim->parent)
        row = c->call->axes[dim->index].segment[row];
    return row;
}

static void broadcast_strides(const Tensor *x, const int8_t *map, const Tensor *out, int64_t *strides)
{
    int64_t own[NND_MAX_RANK];
    tensor_strides(x, own);
    for (int i = 0; i < out->type->rank; i++)
        strides[i] = map[i] < 0 ? 0 : own[map[i]];
}

void kernel_broadcast(const Context *c, const Tensor *x, const int8_t *map, const Tensor *out)
{
    int64_t from[NND_MAX_RANK], to[NND_MAX_RANK];
    int rank = out->type->rank;
    broadcast_strides(x, map, out, from);
    tensor_strides(out, to);
    bool segmented = rank && map[0] == 0 && x->type->dims[0] != out->type->dims[0];
    if (!segmented) {
        tensor_copy(c, rank, out->extents, tensor_element(x), out->data, to, x->data, from);
        return;
    }
    for (int64_t row = 0; row < out->extents[0]; row++) {
        int64_t source = ancestor_row(c, out->type->dims[0], x->type->dims[0], row);
        tensor_copy(c, rank - 1, out->extents + 1, tensor_element(x), (char *)out->data + row * to[0], to + 1,
                    (const char *)x->data + source * from[0], from + 1);
    }
}

void kernel_transpose(const Context *c, const Tensor *x, const int8_t *map, const Tensor *out)
{
    int64_t own[NND_MAX_RANK], from[NND_MAX_RANK], to[NND_MAX_RANK];
    tensor_strides(x, own);
    tensor_strides(out, to);
    for (int i = 0; i < out->type->rank; i++)
        from[i] = own[map[i]];
    tensor_copy(c, out->type->rank, out->extents, tensor_element(x), out->data, to, x->data, from);
}

/* Copies `inner` to where `axis` of `outer` is at `start`, or the other way round. */
static void copy_part(const Context *c, const Tensor *outer, const Tensor *inner, int axis, int64_t start, bool into_outer)
{
    int64_t outer_strides[NND_MAX_RANK], inner_strides[NND_MAX_RANK];
    tensor_strides(outer, outer_strides);
    tensor_strides(inner, inner_strides);
    char *part = (char *)outer->data + start * outer_strides[axis];
    if (into_outer)
        tensor_copy(c, inner->type->rank, inner->extents, tensor_element(inner), part, outer_strides, inner->data, inner_strides);
    else
        tensor_copy(c, inner->type->rank, inner->extents, tensor_element(inner), inner->data, inner_strides, part, outer_strides);
}

void kernel_slice(const Context *c, const Tensor *x, int axis, int64_t start, const Tensor *out)
{
    copy_part(c, x, out, axis, start, false);
}

void kernel_pad(const Context *c, const Tensor *x, int axis, int64_t start, const Tensor *out)
{
    tensor_fill(out, 0);
    copy_part(c, out, x, axis, start, true);
}

void kernel_concat(const Context *c, const Tensor *xs, int count, int axis, const Tensor *out)
{
    int64_t start = 0;
    for (int i = 0; i < count; i++) {
        copy_part(c, out, &xs[i], axis, start, true);
        start += xs[i].extents[axis];
    }
}
