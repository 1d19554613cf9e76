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
        tensor_copy(rank, out->extents, tensor_element(x), out->data, to, x->data, from);
        return;
    }
    for (int64_t row = 0; row < out->extents[0]; row++) {
        int64_t source = ancestor_row(c, out->type->dims[0], x->type->dims[0], row);
        tensor_copy(rank - 1, out->extents + 1, tensor_element(x), (char *)out->data + row * to[0], to + 1,
                    (const char *)x->data + source * from[0], from + 1);
    }
}

void kernel_transpose(const Tensor *x, const int8_t *map, const Tensor *out)
{
    int64_t own[NND_MAX_RANK], from[NND_MAX_RANK], to[NND_MAX_RANK];
    tensor_strides(x, own);
    tensor_strides(out, to);
    for (int i = 0; i < out->type->rank; i++)
        from[i] = own[map[i]];
    tensor_copy(out->type->rank, out->extents, tensor_element(x), out->data, to, x->data, from);
}

/* Copies `inner` to where `axis` of `outer` is at `start`, or the other way round. */
static void copy_part(const Tensor *outer, const Tensor *inner, int axis, int64_t start, bool into_outer)
{
    int64_t outer_strides[NND_MAX_RANK], inner_strides[NND_MAX_RANK];
    tensor_strides(outer, outer_strides);
    tensor_strides(inner, inner_strides);
    char *part = (char *)outer->data + start * outer_strides[axis];
    if (into_outer)
        tensor_copy(inner->type->rank, inner->extents, tensor_element(inner), part, outer_strides, inner->data, inner_strides);
    else
        tensor_copy(inner->type->rank, inner->extents, tensor_element(inner), inner->data, inner_strides, part, outer_strides);
}

void kernel_slice(const Tensor *x, int axis, int64_t start, const Tensor *out)
{
    copy_part(x, out, axis, start, false);
}

void kernel_pad(const Tensor *x, int axis, int64_t start, const Tensor *out)
{
    tensor_fill(out, 0);
    copy_part(out, x, axis, start, true);
}

void kernel_concat(const Tensor *xs, int count, int axis, const Tensor *out)
{
    int64_t start = 0;
    for (int i = 0; i < count; i++) {
        copy_part(out, &xs[i], axis, start, true);
        start += xs[i].extents[axis];
    }
}

/* ---- windows ----
 * Seen as [outer, rows, inner] and [outer, windows, size, inner]: entry k of window j is row
 * j * stride + k * dilation - low, if that is inside. Along a segmented axis the outer axis is the
 * segment. */


/* Calls `entry` for every window entry that is inside: the row of x and the entry's place in the windows. */
typedef void WindowEntry(void *context, int64_t row, int64_t place);

static void window_rows(const IrWindow *w, int64_t rows, int64_t windows, int64_t row0, int64_t window0,
                        WindowEntry *entry, void *context)
{
    for (int64_t j = 0; j < windows; j++)
        for (int64_t k = 0; k < w->size; k++) {
            int64_t row = j * w->stride + k * w->dilation - w->low;
            if (row >= 0 && row < rows)
                entry(context, row0 + row, (window0 + j) * w->size + k);
        }
}

static void each_window_entry(const Context *c, const Tensor *narrow, const Tensor *wide, const IrWindow *w,
                              WindowEntry *entry, void *context)
{
    const IrDim *in = narrow->type->dims[w->axis], *out = wide->type->dims[w->axis];
    if (ir_dim_segmented(in)) {
        const NndAxis *rows = &c->call->axes[in->index], *windows = &c->call->axes[out->index];
        int64_t segments = c->call->axes[in->parent->index].extent;
        for (int64_t s = 0; s < segments; s++)
            window_rows(w, rows->offsets[s + 1] - rows->offsets[s], windows->offsets[s + 1] - windows->offsets[s],
                        rows->offsets[s], windows->offsets[s], entry, context);
        return;
    }
    int64_t outer = tensor_span(narrow, 0, w->axis);
    for (int64_t o = 0; o < outer; o++)
        window_rows(w, narrow->extents[w->axis], wide->extents[w->axis], o * narrow->extents[w->axis],
                    o * wide->extents[w->axis], entry, context);
}

typedef struct WindowCopy {
    char *wide, *narrow;
    size_t bytes; /* of one row */
    int64_t inner;
} WindowCopy;

static void copy_entry(void *context, int64_t row, int64_t place)
{
    const WindowCopy *copy = context;
    memcpy(copy->wide + (size_t)place * copy->bytes, copy->narrow + (size_t)row * copy->bytes, copy->bytes);
}

static WindowCopy window_copy(const Tensor *narrow, const Tensor *wide, const IrWindow *w)
{
    int64_t inner = tensor_span(narrow, w->axis + 1, narrow->type->rank);
    return (WindowCopy){.wide = wide->data, .narrow = narrow->data, .inner = inner,
                        .bytes = (size_t)inner * tensor_element(narrow)};
}

/* Along a constant axis: for each entry k the windows whose row is inside form a box. */
static void window_boxes(const Tensor *x, const IrWindow *w, const Tensor *out)
{
    int64_t inner = tensor_span(x, w->axis + 1, x->type->rank), outer = tensor_span(x, 0, w->axis);
    int64_t rows = x->extents[w->axis], windows = out->extents[w->axis];
    int64_t row_bytes = inner * (int64_t)tensor_element(x), element = (int64_t)tensor_element(x);
    for (int64_t k = 0; k < w->size; k++) {
        int64_t shift = k * w->dilation - w->low;
        int64_t first = shift < 0 ? (-shift + w->stride - 1) / w->stride : 0;
        int64_t end = shift >= rows ? 0 : (rows - shift - 1) / w->stride + 1;
        end = end > windows ? windows : end;
        if (first >= end)
            continue;
        int64_t extents[] = {outer, end - first, inner};
        int64_t to[] = {windows * w->size * row_bytes, w->size * row_bytes, element};
        int64_t from[] = {rows * row_bytes, w->stride * row_bytes, element};
        tensor_copy(3, extents, (size_t)element, (char *)out->data + (first * w->size + k) * row_bytes, to,
                    (const char *)x->data + (first * w->stride + shift) * row_bytes, from);
    }
}

void kernel_window(const Context *c, const Tensor *x, const IrWindow *w, const Tensor *out)
{
    tensor_fill(out, w->fill);
    WindowCopy copy = window_copy(x, out, w);
    if (ir_dim_segmented(x->type->dims[w->axis]))
        each_window_entry(c, x, out, w, copy_entry, &copy);
    else
        window_boxes(x, w, out);
}

static void add_entry_f32(void *context, int64_t row, int64_t place)
{
    const WindowCopy *copy = context;
    float *to = (float *)copy->narrow + row * copy->inner;
    const float *from = (const float *)copy->wide + place * copy->inner;
    for (int64_t i = 0; i < copy->inner; i++)
        to[i] += from[i];
}

static void add_entry_f64(void *context, int64_t row, int64_t place)
{
    const WindowCopy *copy = context;
    double *to = (double *)copy->narrow + row * copy->inner;
    const double *from = (const double *)copy->wide + place * copy->inner;
    for (int64_t i = 0; i < copy->inner; i++)
        to[i] += from[i];
}

void kernel_unwindow(const Context *c, const Tensor *x, const IrWindow *w, const Tensor *out)
{
    tensor_fill(out, 0);
    WindowCopy copy = window_copy(out, x, w);
    each_window_entry(c, out, x, w, x->type->dtype == NND_F32 ? add_entry_f32 : add_entry_f64, &copy);
}

/* ---- tables ---- */

void kernel_gather(const Tensor *table, const Tensor *index, const Tensor *out)
{
    int64_t rows = table->extents[0], n = tensor_count(index);
    size_t bytes = (size_t)tensor_span(table, 1, table->type->rank) * tensor_element(table);
    const int32_t *indices = index->data;
    for (int64_t i = 0; i < n; i++) {
        char *to = (char *)out->data + (size_t)i * bytes;
        if (indices[i] >= 0 && indices[i] < rows)
            memcpy(to, (const char *)table->data + (size_t)indices[i] * bytes, bytes);
        else
            memset(to, 0, bytes);
    }
}

void kernel_scatter_add(const Tensor *x, const Tensor *index, const Tensor *out)
{
    tensor_fill(out, 0);
    int64_t rows = out->extents[0], n = tensor_count(index);
    int64_t inner = tensor_span(out, 1, out->type->rank);
    WindowCopy copy = {.wide = x->data, .narrow = out->data, .inner = inner};
    WindowEntry *add = x->type->dtype == NND_F32 ? add_entry_f32 : add_entry_f64;
    const int32_t *indices = index->data;
    for (int64_t i = 0; i < n; i++)
        if (indices[i] >= 0 && indices[i] < rows)
            add(&copy, indices[i], i);
}
