/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows. Values are seen as [outer, rows, inner] and [outer, windows, size,
 * inner]: entry k of window j is row j * stride + k * dilation - low, if that
 * is inside. Along a segmented axis the outer axis is the segment.
 */
#include "compiler/interp/tensor.h"

/* The rows of one outer entry and its windows: where they begin and how many there are. */
typedef struct Stretch {
    int64_t row, rows, window, windows;
} Stretch;

typedef struct Windows {
    const Context *c;
    const IrWindow *attrs;
    const Tensor *narrow, *wide;
    int64_t inner;
    size_t bytes; /* of a row */
} Windows;

static Windows windows_of(const Context *c, const Tensor *narrow, const Tensor *wide, const IrWindow *attrs)
{
    Windows w = {.c = c, .attrs = attrs, .narrow = narrow, .wide = wide};
    w.inner = tensor_span(narrow, attrs->axis + 1, narrow->type->rank);
    w.bytes = (size_t)w.inner * tensor_element(narrow);
    return w;
}

static int64_t outer_count(const Windows *w)
{
    const IrDim *in = w->narrow->type->dims[w->attrs->axis];
    if (tensor_count(w->wide) == 0)
        return 0;
    return ir_dim_segmented(in) ? w->c->call->axes[in->parent->index].extent : tensor_span(w->narrow, 0, w->attrs->axis);
}

static Stretch stretch(const Windows *w, int64_t o)
{
    const IrDim *in = w->narrow->type->dims[w->attrs->axis], *out = w->wide->type->dims[w->attrs->axis];
    if (ir_dim_segmented(in)) {
        const int64_t *rows = w->c->call->axes[in->index].offsets, *windows = w->c->call->axes[out->index].offsets;
        return (Stretch){rows[o], rows[o + 1] - rows[o], windows[o], windows[o + 1] - windows[o]};
    }
    int64_t rows = w->narrow->extents[w->attrs->axis], windows = w->wide->extents[w->attrs->axis];
    return (Stretch){o * rows, rows, o * windows, windows};
}

/* The entries of a window whose rows are inside: first .. end-1, the first of them at `row`. */
typedef struct Inside {
    int64_t first, end, row;
} Inside;

static Inside inside(const IrWindow *a, const Stretch *s, int64_t j)
{
    int64_t row = j * a->stride - a->low; /* of entry 0 */
    int64_t first = row < 0 ? (-row + a->dilation - 1) / a->dilation : 0;
    int64_t end = row >= s->rows ? 0 : (s->rows - 1 - row) / a->dilation + 1;
    end = end > a->size ? a->size : end;
    if (first >= end)
        return (Inside){0, 0, 0};
    return (Inside){first, end, row + first * a->dilation};
}

static void copy_window(const Windows *w, const Stretch *s, int64_t j)
{
    const IrWindow *a = w->attrs;
    Inside in = inside(a, s, j);
    int64_t place = (s->window + j) * a->size;
    tensor_fill_part(w->wide, place * w->inner, in.first * w->inner, a->fill);
    tensor_fill_part(w->wide, (place + in.end) * w->inner, (a->size - in.end) * w->inner, a->fill);
    char *to = (char *)w->wide->data + (size_t)(place + in.first) * w->bytes;
    const char *from = (const char *)w->narrow->data + (size_t)(s->row + in.row) * w->bytes;
    int64_t runs = a->dilation == 1 ? 1 : in.end - in.first; /* pieces that are contiguous in both */
    size_t bytes = (size_t)((in.end - in.first) / (runs ? runs : 1)) * w->bytes;
    for (int64_t k = 0; k < runs && in.first < in.end; k++)
        memcpy(to + (size_t)k * bytes, from + (size_t)(k * a->dilation) * w->bytes, bytes);
}

static void copy_stretches(void *context, int64_t lo, int64_t hi)
{
    const Windows *w = context;
    for (int64_t o = lo; o < hi; o++) {
        Stretch s = stretch(w, o);
        for (int64_t j = 0; j < s.windows; j++)
            copy_window(w, &s, j);
    }
}

/* Outer entries of a block. */
static int64_t grain(const Windows *w)
{
    int64_t outer = outer_count(w);
    int64_t each = outer ? tensor_count(w->wide) / outer : 1;
    return ELEMENTS_PER_BLOCK / (each ? each : 1);
}

/* Short rows along a constant axis, as the columns of an image: for each entry k the windows whose
 * row is inside form a box. */
static void copy_boxes(const Windows *w)
{
    const IrWindow *a = w->attrs;
    int64_t rows = w->narrow->extents[a->axis], windows = w->wide->extents[a->axis];
    int64_t row_bytes = (int64_t)w->bytes, element = (int64_t)tensor_element(w->narrow);
    tensor_fill(w->wide, a->fill);
    for (int64_t k = 0; k < a->size; k++) {
        int64_t shift = k * a->dilation - a->low;
        int64_t first = shift < 0 ? (-shift + a->stride - 1) / a->stride : 0;
        int64_t end = shift >= rows ? 0 : (rows - shift - 1) / a->stride + 1;
        end = end > windows ? windows : end;
        if (first >= end)
            continue;
        int64_t extents[] = {outer_count(w), end - first, w->inner};
        int64_t to[] = {windows * a->size * row_bytes, a->size * row_bytes, element};
        int64_t from[] = {rows * row_bytes, a->stride * row_bytes, element};
        tensor_copy(w->c, 3, extents, (size_t)element, (char *)w->wide->data + (first * a->size + k) * row_bytes, to,
                    (const char *)w->narrow->data + (first * a->stride + shift) * row_bytes, from);
    }
}

enum { SHORT_ROW = 4 };

void kernel_window(const Context *c, const Tensor *x, const IrWindow *attrs, const Tensor *out)
{
    Windows w = windows_of(c, x, out, attrs);
    if (w.inner < SHORT_ROW && !ir_dim_segmented(x->type->dims[attrs->axis]))
        copy_boxes(&w);
    else
        nnd_pool_run(c->call->pool, outer_count(&w), grain(&w), copy_stretches, &w);
}

static void add_window(const Windows *w, const Stretch *s, int64_t j)
{
    const IrWindow *a = w->attrs;
    Inside in = inside(a, s, j);
    for (int64_t k = in.first; k < in.end; k++)
        tensor_add(w->narrow, (s->row + in.row + (k - in.first) * a->dilation) * w->inner, w->wide,
                   ((s->window + j) * a->size + k) * w->inner, w->inner);
}

/* No two outer entries share a row. */
static void add_stretches(void *context, int64_t lo, int64_t hi)
{
    const Windows *w = context;
    for (int64_t o = lo; o < hi; o++) {
        Stretch s = stretch(w, o);
        for (int64_t j = 0; j < s.windows; j++)
            add_window(w, &s, j);
    }
}

void kernel_unwindow(const Context *c, const Tensor *x, const IrWindow *attrs, const Tensor *out)
{
    Windows w = windows_of(c, out, x, attrs);
    tensor_fill(out, 0);
    nnd_pool_run(c->call->pool, outer_count(&w), grain(&w), add_stretches, &w);
}
