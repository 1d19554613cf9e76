/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/onnx/windows.h"

bool windows_find(Windows *out, const Typed *typed)
{
    typed = export_plain(typed);
    if (typed->kind != T_WINDOW) {
        *out = (Windows){.x = typed};
        order_own(out->origin, AXES_MAX);
        return false;
    }
    windows_find(out, typed->args[0]);
    int axis = typed->window.axis, of = out->origin[axis];
    for (int i = 0; i < out->count; i++)
        if (out->axis[i] == of)
            return false;
    if (of < 0)
        return false;
    for (int i = typed->type.rank - 1; i > axis + 1; i--)
        out->origin[i] = out->origin[i - 1];
    out->origin[axis + 1] = (int8_t)(-1 - out->count);
    out->axis[out->count] = of;
    out->windows[out->count++] = typed;
    return true;
}

void window_padding(const Exporter *e, const Windows *w, int window, int64_t *low, int64_t *high)
{
    const Typed *typed = w->windows[window];
    const TypedAxis *from = &typed->args[0]->type.axes[typed->window.axis], *to = &typed->type.axes[typed->window.axis];
    int64_t span = (typed->window.size - 1) * typed->window.dilation + 1, pad = 0;
    *low = typed->window.low;
    if (to->kind == AXIS_CONST)
        pad = (to->size - 1) * typed->window.stride + span - from->size;
    else if (to->extent == from->extent)
        pad = span - 1;
    else
        pad = e->program->extents.data[to->extent].pad;
    *high = pad > *low ? pad - *low : 0;
}

/* Windows by the order of their axes in x. */
static int sorted(const Windows *w, int *order)
{
    for (int i = 0; i < w->count; i++) {
        int at = i;
        for (; at > 0 && w->axis[order[at - 1]] > w->axis[i]; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    return w->count;
}

static bool windowed(const Windows *w, int axis)
{
    for (int i = 0; i < w->count; i++)
        if (w->axis[i] == axis)
            return true;
    return false;
}

/* Entries that no window of real ones reads need no filling. */
static bool reads_beyond(const Exporter *e, const Windows *w, int window)
{
    const Typed *typed = w->windows[window];
    const TypedAxis *to = &typed->type.axes[typed->window.axis], *from = &typed->args[0]->type.axes[typed->window.axis];
    if (!axis_is_ragged(e, from))
        return false;
    const Extent *extent = &e->program->extents.data[to->extent];
    return to->extent == from->extent || extent->kind != EXTENT_WINDOW || extent->pad > 0 || extent->least > 0;
}

const char *windows_operand(Exporter *e, const Windows *w, int channel, double fill)
{
    const Typed *x = w->x;
    int8_t order[AXES_MAX];
    TypedAxis from[AXES_MAX], to[AXES_MAX];
    int rank = 0, by_axis[AXES_MAX], fronts;
    for (int i = 0; i < x->type.rank; i++)
        if (i != channel && !windowed(w, i))
            order[rank++] = (int8_t)i;
    fronts = rank;
    order[rank++] = (int8_t)channel;
    for (int i = 0; i < sorted(w, by_axis); i++)
        order[rank++] = (int8_t)w->axis[by_axis[i]];
    const char *name = export_ordered(e, x, order);
    for (int i = 0; i < w->count; i++)
        if (reads_beyond(e, w, i))
            name = export_filled(e, x, name, order, w->axis[i], fill);
    if (fronts == 1)
        return name;
    int merged = 0;
    to[merged++] = axis_rest();
    for (int i = 0; i < rank; i++) {
        from[i] = x->type.axes[order[i]];
        if (i >= fronts)
            to[merged++] = from[i];
    }
    return export_reshape(e, name, rank, from, merged, to);
}

void windows_attributes(Exporter *e, const Windows *w, OnnxNode *node)
{
    int by_axis[AXES_MAX], count = sorted(w, by_axis);
    int64_t sizes[AXES_MAX], strides[AXES_MAX], dilations[AXES_MAX], pads[2 * AXES_MAX];
    bool dilated = false;
    for (int i = 0; i < count; i++) {
        const Typed *window = w->windows[by_axis[i]];
        sizes[i] = window->window.size;
        strides[i] = window->window.stride;
        dilations[i] = window->window.dilation;
        dilated |= dilations[i] != 1;
        window_padding(e, w, by_axis[i], &pads[i], &pads[count + i]);
    }
    onnx_ints(e->graph, node, "kernel_shape", count, sizes);
    onnx_ints(e->graph, node, "strides", count, strides);
    onnx_ints(e->graph, node, "pads", 2 * count, pads);
    if (dilated)
        onnx_ints(e->graph, node, "dilations", count, dilations);
}

const Stored *windows_result(Exporter *e, const Windows *w, const Typed *typed, int channel, bool filters,
                             const char *y)
{
    int8_t order[AXES_MAX] = {0}, place[AXES_MAX]; /* by axis of x: in the type */
    int rank = 0, by_axis[AXES_MAX], next = 0;
    for (int i = 0; i < w->windows[w->count - 1]->type.rank; i++)
        if (w->origin[i] >= 0 && !(filters && w->origin[i] == channel))
            place[w->origin[i]] = (int8_t)next++;
    if (filters)
        place[channel] = (int8_t)next;
    for (int i = 0; i < w->x->type.rank; i++)
        if (i != channel && !windowed(w, i))
            order[rank++] = place[i];
    int fronts = rank;
    order[rank++] = place[channel];
    for (int i = 0; i < sorted(w, by_axis); i++)
        order[rank++] = place[w->axis[by_axis[i]]];
    if (fronts == 1)
        return export_store(e, typed, y, order);
    TypedAxis from[AXES_MAX], to[AXES_MAX];
    from[0] = axis_rest();
    for (int i = 0; i < rank; i++) {
        to[i] = typed->type.axes[order[i]];
        if (i >= fronts)
            from[i - fronts + 1] = to[i];
    }
    return export_store(e, typed, export_reshape(e, y, rank - fronts + 1, from, rank, to), order);
}

/* ---- windows that nothing but rows of indices is for ---- */

/* i64[m, k]: the row of the padded axis that is entry k of window m. */
static const char *indices(Exporter *e, const Typed *typed)
{
    OnnxGraph *g = e->graph;
    int64_t *entries = ARENA_ARRAY(e->arena, int64_t, typed->window.size);
    for (int64_t k = 0; k < typed->window.size; k++)
        entries[k] = k * typed->window.dilation;
    const char *zero = onnx_number(g, ONNX_INT64, 0), *one = onnx_number(g, ONNX_INT64, 1);
    const char *count = onnx_op1(g, "Squeeze", export_shape(e, 1, &typed->type.axes[typed->window.axis]));
    const char *first = onnx_op3(g, "Range", zero, count, one);
    first = onnx_op2(g, "Mul", first, onnx_number(g, ONNX_INT64, (double)typed->window.stride));
    first = export_unsqueeze(e, first, 1, (int64_t[]){1});
    return onnx_op2(g, "Add", first, onnx_constant(g, ONNX_INT64, 1, &typed->window.size, entries));
}

const Stored *export_window(Exporter *e, const Typed *typed)
{
    const Typed *x = typed->args[0];
    int axis = typed->window.axis, rank = x->type.rank;
    Windows w = {.x = x, .count = 1, .windows = {typed}, .axis = {axis}};
    int64_t pads[2 * AXES_MAX] = {0};
    int8_t own[AXES_MAX];
    order_own(own, AXES_MAX);
    window_padding(e, &w, 0, &pads[axis], &pads[rank + axis]);
    const char *name = export_value(e, x);
    if (reads_beyond(e, &w, 0))
        name = export_filled(e, x, name, own, axis, typed->window.fill);
    const char *fill = onnx_number(e->graph, export_type(x->type.element), typed->window.fill);
    if (pads[axis] || pads[rank + axis])
        name = onnx_op3(e->graph, "Pad", name, onnx_vector(e->graph, 2 * rank, pads), fill);
    OnnxNode *node = onnx_node(e->graph, "Gather", 2, (const char *const[]){name, indices(e, typed)});
    onnx_int(e->graph, node, "axis", axis);
    return export_store(e, typed, onnx_value(node), NULL);
}

/* ---- poolings ---- */

/* x has its windows' entries reduced, all of them and nothing else. */
static bool reduces_entries(const Windows *w, const Typed *reduce)
{
    for (int i = 0; i < reduce->args[0]->type.rank; i++)
        if ((reduce->reduce.axes >> i & 1) != (w->origin[i] < 0))
            return false;
    return true;
}

static bool can_pool(const Exporter *e, const Windows *w, ReduceKind kind)
{
    for (int i = 0; i < w->count; i++) {
        int64_t low, high;
        window_padding(e, w, i, &low, &high);
        const Typed *window = w->windows[i];
        bool beyond = low || high || reads_beyond(e, w, i);
        if (kind == REDUCE_SUM ? window->window.fill != 0 || window->window.dilation != 1
                               : beyond && window->window.fill > -1e30)
            return false;
        /* ONNX wants padding to be smaller than the window */
        if (low >= window->window.size || high >= window->window.size)
            return false;
    }
    return w->x->type.element == ELEMENT_FLOAT && w->count <= 3 && w->x->type.rank >= w->count + 2;
}

const Stored *export_pooling(Exporter *e, const Typed *reduce, bool mean)
{
    Windows w;
    ReduceKind kind = reduce->reduce.kind;
    if (!windows_find(&w, reduce->args[0]) || kind == REDUCE_ARGMAX || !reduces_entries(&w, reduce) ||
        !can_pool(e, &w, kind))
        return NULL;
    int channel = w.x->type.rank - 1;
    while (windowed(&w, channel))
        channel--;
    const char *x = windows_operand(e, &w, channel, kind == REDUCE_SUM ? 0 : -1e30);
    OnnxNode *node = onnx_node(e->graph, kind == REDUCE_SUM ? "AveragePool" : "MaxPool", 1, &x);
    windows_attributes(e, &w, node);
    double size = 1;
    for (int i = 0; i < w.count; i++)
        size *= (double)w.windows[i]->window.size;
    const char *y = onnx_value(node);
    if (kind == REDUCE_SUM)
        onnx_int(e->graph, node, "count_include_pad", 1);
    if (kind == REDUCE_SUM && !mean)
        y = onnx_op2(e->graph, "Mul", y, onnx_number(e->graph, ONNX_FLOAT, size));
    return windows_result(e, &w, reduce, channel, false, y);
}
