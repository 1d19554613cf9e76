/* SPDX-License-Identifier: Apache-2.0
 *
 * Axes of run-time extent: how large they are, and which of their entries are real.
 */
#include "compiler/onnx/exporter.h"

bool axis_is_ragged(const Exporter *e, const TypedAxis *axis)
{
    return axis->kind != AXIS_CONST && axis->extent >= 0 && e->program->extents.data[axis->extent].kind != EXTENT_FREE;
}

/* max(least, floor((n + pad - span) / stride) + 1), or `least` where no window fits. */
static const char *count_windows(Exporter *e, const Extent *extent, const char *n, OnnxType type)
{
    OnnxGraph *g = e->graph;
    const char *last = onnx_op2(g, "Add", n, onnx_number(g, type, (double)(extent->pad - extent->span)));
    const char *steps = onnx_op2(g, "Div", last, onnx_number(g, type, (double)extent->stride));
    const char *count = onnx_op2(g, "Add", steps, onnx_number(g, type, 1));
    const char *none = onnx_op2(g, "Less", last, onnx_number(g, type, 0));
    count = onnx_op3(g, "Where", none, onnx_number(g, type, 0), count);
    return onnx_op2(g, "Max", count, onnx_number(g, type, extent->least));
}

/* One size of an input that has the extent. */
static const char *size_of_input(Exporter *e, int extent)
{
    for (int i = 0; i < e->program->inputs.count; i++) {
        const ProgramInput *input = &e->program->inputs.data[i];
        for (int axis = 0; !input->target && axis < input->type.rank; axis++) {
            if (input->type.axes[axis].kind == AXIS_CONST || input->type.axes[axis].extent != extent)
                continue;
            OnnxNode *node = onnx_node(e->graph, "Shape", 1, &input->name);
            onnx_int(e->graph, node, "start", axis);
            onnx_int(e->graph, node, "end", axis + 1);
            return onnx_value(node);
        }
    }
    return "";
}

const char *export_size(Exporter *e, int extent)
{
    const Extent *x = &e->program->extents.data[extent];
    if (!e->sizes[extent])
        e->sizes[extent] = x->kind == EXTENT_WINDOW ? count_windows(e, x, export_size(e, x->source), ONNX_INT64)
                                                    : size_of_input(e, extent);
    return e->sizes[extent];
}

static int depth_of(const Program *program, int extent)
{
    int depth = 0;
    while ((extent = program->extents.data[extent].parent) >= 0)
        depth++;
    return depth;
}

/* All items are equally long: the size of the axis, once for each entry in front of it. */
static const char *equal_lengths(Exporter *e, int extent)
{
    TypedAxis front[AXES_MAX];
    int depth = depth_of(e->program, extent), parent = extent;
    for (int i = depth - 1; i >= 0; i--) {
        parent = e->program->extents.data[parent].parent;
        front[i] = (TypedAxis){.kind = AXIS_FREE, .extent = parent};
    }
    const char *size = onnx_cast(e->graph, export_size(e, extent), ONNX_INT32);
    return onnx_op2(e->graph, "Expand", size, export_shape(e, depth, front));
}

const char *export_lengths(Exporter *e, int extent)
{
    const Extent *x = &e->program->extents.data[extent];
    if (e->lengths[extent])
        return e->lengths[extent];
    if (!e->padded)
        return e->lengths[extent] = equal_lengths(e, extent);
    return e->lengths[extent] = x->kind == EXTENT_WINDOW ? count_windows(e, x, export_lengths(e, x->source), ONNX_INT32)
                                                         : arena_printf(e->arena, "%s.lengths", x->name);
}

const char *export_mask(Exporter *e, int extent)
{
    if (e->masks[extent])
        return e->masks[extent];
    OnnxGraph *g = e->graph;
    const char *size = onnx_op1(g, "Squeeze", onnx_cast(g, export_size(e, extent), ONNX_INT32));
    const char *places = onnx_op3(g, "Range", onnx_number(g, ONNX_INT32, 0), size, onnx_number(g, ONNX_INT32, 1));
    const char *lengths = export_unsqueeze(e, export_lengths(e, extent), 1, (int64_t[]){-1});
    return e->masks[extent] = onnx_op2(g, "Less", places, lengths);
}

const int64_t *onnx_least(Arena *arena, const Program *program)
{
    int64_t *least = ARENA_ARRAY(arena, int64_t, program->extents.count + 1);
    for (int i = program->extents.count - 1; i >= 0; i--) { /* windows come after what they run over */
        const Extent *x = &program->extents.data[i];
        least[i] = least[i] > 1 ? least[i] : 1;
        if (x->kind != EXTENT_WINDOW)
            continue;
        int64_t rows = (least[i] - 1) * x->stride + x->span - x->pad;
        least[x->source] = rows > least[x->source] ? rows : least[x->source];
    }
    return least;
}

bool zero_beyond(const Exporter *e, const Typed *typed)
{
    typed = export_plain(typed);
    if (typed->kind != T_GATHER || typed->args[0]->kind != T_WEIGHT)
        return false;
    return e->program->weights.data[typed->args[0]->index].padding_row && typed->args[1]->kind == T_INPUT;
}

const char *export_filled(Exporter *e, const Typed *typed, const char *stored, const int8_t *order, int axis,
                          double fill)
{
    if (!e->padded || !axis_is_ragged(e, &typed->type.axes[axis]) || (fill == 0 && zero_beyond(e, typed)))
        return stored;
    int8_t map[AXES_MAX];
    for (int i = 0; i < typed->type.rank; i++)
        map[i] = (int8_t)(i <= axis ? i : -1);
    const char *mask = export_aligned(e, export_mask(e, typed->type.axes[axis].extent), typed->type.rank, map, order);
    return onnx_op3(e->graph, "Where", mask, stored, onnx_number(e->graph, export_type(typed->type.element), fill));
}
