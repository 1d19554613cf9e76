/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/onnx/exporter.h"

#include <stdarg.h>
#include <stdio.h>

void export_refuse(Exporter *e, Span span, const char *format, ...)
{
    if (e->status)
        return;
    va_list args;
    va_start(args, format);
    const char *what = arena_vprintf(e->arena, format, args);
    va_end(args);
    Place place = span.source ? source_place(span.source, span.start) : (Place){0};
    e->status = nnd_fail(e->error, NND_EINVAL, "%s:%d:%d: %s has no counterpart in ONNX",
                         span.source ? span.source->path : "", place.line, place.column, what);
}

OnnxType export_type(Element element)
{
    switch (element) {
    case ELEMENT_FLOAT: return ONNX_FLOAT;
    case ELEMENT_BOOL: return ONNX_BOOL;
    case ELEMENT_INT:
    case ELEMENT_TOKEN:
    case ELEMENT_CLASS: return ONNX_INT32;
    }
    return ONNX_FLOAT;
}

const Typed *export_plain(const Typed *typed)
{
    while (typed->kind == T_DROPOUT || typed->kind == T_RUNNING)
        typed = typed->args[0];
    return typed;
}

/* ---- orders ---- */

const Stored *export_store(Exporter *e, const Typed *typed, const char *name, const int8_t *order)
{
    Stored *stored = ARENA_NEW(e->arena, Stored);
    stored->name = name;
    if (order)
        memcpy(stored->order, order, sizeof stored->order);
    else
        order_own(stored->order, AXES_MAX);
    stored->next = e->stored[typed->id];
    return e->stored[typed->id] = stored;
}

static bool same_order(const int8_t *a, const int8_t *b, int rank)
{
    return !memcmp(a, b, (size_t)rank);
}

/* Rows are looked up by indices that are in order already: no large value is moved. */
static const char *gather_ordered(Exporter *e, const Typed *typed, const int8_t *order)
{
    int rank = typed->type.rank, own = typed->args[1]->type.rank;
    for (int i = own; i < rank; i++)
        if (order[i] != i)
            return NULL;
    return onnx_op2(e->graph, "Gather", export_value(e, typed->args[0]), export_ordered(e, typed->args[1], order));
}

const char *export_ordered(Exporter *e, const Typed *typed, const int8_t *order)
{
    typed = export_plain(typed);
    int rank = typed->type.rank;
    int8_t perm[AXES_MAX], kept[AXES_MAX] = {0};
    memcpy(kept, order, (size_t)rank);
    const char *name = NULL;
    if (typed->kind == T_GATHER && !e->stored[typed->id])
        name = gather_ordered(e, typed, order);
    for (const Stored *s = name ? NULL : export_any(e, typed); s; s = s->next)
        if (same_order(s->order, order, rank))
            return s->name;
    if (!name) {
        const Stored *s = export_any(e, typed);
        for (int i = 0; i < rank; i++)
            perm[i] = (int8_t)order_place(s->order, rank, order[i]);
        name = export_transpose(e, s->name, rank, perm);
    }
    return export_store(e, typed, name, kept)->name;
}

const char *export_value(Exporter *e, const Typed *typed)
{
    int8_t order[AXES_MAX];
    order_own(order, AXES_MAX);
    return export_ordered(e, typed, order);
}

/* ---- operands ---- */

/* A weight takes its axes of size 1 without an operator. */
static const char *repeated_weight(Exporter *e, const Typed *weight, int rank, const int8_t *map, const int8_t *order)
{
    int64_t dims[AXES_MAX];
    int count = 0, next = 0;
    for (int i = 0; i < rank; i++) {
        int axis = map[order[i]];
        if (axis >= 0 && axis != next)
            return NULL;
        next += axis >= 0;
        if (axis >= 0 || count)
            dims[count++] = axis >= 0 ? weight->type.axes[axis].size : 1;
    }
    return export_weight(e, weight, count, dims);
}

const char *export_operand(Exporter *e, const Typed *typed, const ValueType *type, const int8_t *order)
{
    typed = export_plain(typed);
    if (typed->kind != T_BROADCAST)
        return export_ordered(e, typed, order);
    int8_t map[AXES_MAX], own[AXES_MAX] = {0}, shown[AXES_MAX] = {0};
    order_own(map, AXES_MAX);
    for (; typed->kind == T_BROADCAST; typed = export_plain(typed->args[0]))
        for (int i = 0; i < type->rank; i++)
            map[i] = map[i] < 0 ? -1 : typed->map[map[i]];
    if (typed->kind == T_WEIGHT) {
        const char *weight = repeated_weight(e, typed, type->rank, map, order);
        if (weight)
            return weight;
    }
    /* its own axes in the order in which they are wanted, so that nothing is left to transpose */
    int count = 0;
    for (int i = 0; i < type->rank; i++)
        if (map[order[i]] >= 0)
            own[count++] = map[order[i]];
    for (int i = 0; i < type->rank; i++)
        shown[i] = (int8_t)(map[i] < 0 ? -1 : order_place(own, count, map[i]));
    return export_aligned(e, export_ordered(e, typed, own), type->rank, shown, order);
}

/* ---- small kinds ---- */

static const Stored *export_broadcast(Exporter *e, const Typed *typed)
{
    int8_t own[AXES_MAX];
    order_own(own, AXES_MAX);
    const char *x = export_operand(e, typed, &typed->type, own);
    return export_store(e, typed, onnx_op2(e->graph, "Expand", x, export_shape(e, typed->type.rank, typed->type.axes)),
                        NULL);
}

static const Stored *export_transposed(Exporter *e, const Typed *typed)
{
    const Stored *x = export_any(e, typed->args[0]);
    int rank = typed->type.rank;
    int8_t order[AXES_MAX] = {0};
    for (int i = 0; i < rank; i++)
        for (int j = 0; j < rank; j++)
            if (typed->map[j] == x->order[i])
                order[i] = (int8_t)j;
    return export_store(e, typed, x->name, order);
}

static const Stored *export_reshaped(Exporter *e, const Typed *typed)
{
    const Typed *x = typed->args[0];
    return export_store(
        e, typed, export_reshape(e, export_value(e, x), x->type.rank, x->type.axes, typed->type.rank, typed->type.axes),
        NULL);
}

static const Stored *export_slice(Exporter *e, const Typed *typed)
{
    const Stored *x = export_any(e, typed->args[0]);
    int64_t start = typed->slice.start, end = start + typed->slice.size;
    int64_t axis = order_place(x->order, typed->type.rank, typed->slice.axis);
    const char *inputs[] = {x->name, onnx_vector(e->graph, 1, &start), onnx_vector(e->graph, 1, &end),
                            onnx_vector(e->graph, 1, &axis)};
    return export_store(e, typed, onnx_value(onnx_node(e->graph, "Slice", 4, inputs)), x->order);
}

const Stored *export_concat(Exporter *e, const Typed *typed)
{
    const Stored *both = export_both_directions(e, typed);
    if (both)
        return both;
    const int8_t *order = export_any(e, typed->args[0])->order;
    const char **parts = ARENA_ARRAY(e->arena, const char *, typed->arg_count);
    for (int i = 0; i < typed->arg_count; i++)
        parts[i] = export_ordered(e, typed->args[i], order);
    OnnxNode *node = onnx_node(e->graph, "Concat", typed->arg_count, parts);
    onnx_int(e->graph, node, "axis", order_place(order, typed->type.rank, typed->slice.axis));
    return export_store(e, typed, onnx_value(node), order);
}

/* Indices outside of the table give zeros; words of the vocabulary are never outside. */
static const Stored *export_gather(Exporter *e, const Typed *typed)
{
    OnnxGraph *g = e->graph;
    const char *table = export_value(e, typed->args[0]), *index = export_value(e, typed->args[1]);
    if (typed->args[1]->kind == T_INPUT)
        return export_store(e, typed, onnx_op2(g, "Gather", table, index), NULL);
    double rows = (double)typed->args[0]->type.axes[0].size;
    const char *first = onnx_number(g, ONNX_INT32, 0), *end = onnx_number(g, ONNX_INT32, rows);
    const char *inside =
        onnx_op2(g, "And", onnx_op2(g, "GreaterOrEqual", index, first), onnx_op2(g, "Less", index, end));
    const char *found = onnx_op2(g, "Gather", table, onnx_op3(g, "Where", inside, index, first));
    int64_t ones[AXES_MAX];
    int count = typed->args[0]->type.rank - 1;
    for (int i = 0; i < count; i++)
        ones[i] = typed->args[1]->type.rank + i;
    inside = export_unsqueeze(e, inside, count, ones);
    return export_store(e, typed,
                        onnx_op3(g, "Where", inside, found, onnx_number(g, export_type(typed->type.element), 0)), NULL);
}

static const Stored *export_iota(Exporter *e, const Typed *typed)
{
    OnnxGraph *g = e->graph;
    const TypedAxis *axis = &typed->type.axes[typed->slice.axis];
    const char *size = onnx_op1(g, "Squeeze", onnx_cast(g, export_shape(e, 1, axis), ONNX_INT32));
    const char *places = onnx_op3(g, "Range", onnx_number(g, ONNX_INT32, 0), size, onnx_number(g, ONNX_INT32, 1));
    int64_t ones[AXES_MAX];
    int count = typed->type.rank - 1 - typed->slice.axis;
    for (int i = 0; i < count; i++)
        ones[i] = i + 1;
    places = export_unsqueeze(e, places, count, ones);
    return export_store(e, typed, onnx_op2(g, "Expand", places, export_shape(e, typed->type.rank, typed->type.axes)),
                        NULL);
}

static const Stored *export_weights(Exporter *e, const Typed *typed)
{
    int64_t dims[AXES_MAX];
    for (int i = 0; i < typed->type.rank; i++)
        dims[i] = typed->type.axes[i].size;
    return export_store(e, typed, export_weight(e, typed, typed->type.rank, dims), NULL);
}

static const Stored *export_converted(Exporter *e, const Typed *typed)
{
    const Stored *x = export_any(e, typed->args[0]);
    return export_store(e, typed, onnx_cast(e->graph, x->name, export_type(typed->type.element)), x->order);
}

static const Stored *export_kind(Exporter *e, const Typed *typed)
{
    switch (typed->kind) {
    case T_NUMBER:
        return export_store(e, typed, onnx_number(e->graph, export_type(typed->type.element), typed->number), NULL);
    case T_INPUT: return export_store(e, typed, e->program->inputs.data[typed->index].name, NULL);
    case T_WEIGHT: return export_weights(e, typed);
    case T_EW: return export_elementwise(e, typed);
    case T_CAST: return export_converted(e, typed);
    case T_BROADCAST: return export_broadcast(e, typed);
    case T_REDUCE: return export_reduce(e, typed);
    case T_DOT: return export_dot(e, typed);
    case T_WINDOW: return export_window(e, typed);
    case T_GATHER: return export_gather(e, typed);
    case T_CONCAT: return export_concat(e, typed);
    case T_SLICE: return export_slice(e, typed);
    case T_RESHAPE: return export_reshaped(e, typed);
    case T_TRANSPOSE: return export_transposed(e, typed);
    case T_IOTA: return export_iota(e, typed);
    case T_LENGTH: return export_store(e, typed, export_lengths(e, typed->index), NULL);
    case T_SCAN_EMIT:
    case T_SCAN_LAST: return export_scan(e, typed);
    case T_DROPOUT: /* export_plain has passed these */
    case T_RUNNING:
    case T_SCAN_ITEM: /* set when the body of their scan is begun */
    case T_SCAN_STATE: break;
    }
    export_refuse(e, typed->span, "this");
    return export_store(e, typed, "", NULL);
}

const Stored *export_any(Exporter *e, const Typed *typed)
{
    typed = export_plain(typed);
    return e->stored[typed->id] ? e->stored[typed->id] : export_kind(e, typed);
}

/* ---- the model ---- */

static void add_inputs(Exporter *e)
{
    const Program *program = e->program;
    for (int i = 0; i < program->inputs.count; i++) {
        const ProgramInput *input = &program->inputs.data[i];
        const char *names[AXES_MAX] = {NULL};
        int64_t dims[AXES_MAX] = {0};
        for (int j = 0; j < input->type.rank; j++) {
            const TypedAxis *axis = &input->type.axes[j];
            if (axis->kind == AXIS_CONST)
                dims[j] = axis->size;
            else
                names[j] = program->extents.data[axis->extent].name;
        }
        if (!input->target)
            onnx_input(e->graph, input->name, export_type(input->type.element), input->type.rank, dims, names);
    }
}

static void add_lengths(Exporter *e)
{
    const Program *program = e->program;
    for (int i = 0; e->padded && i < program->extents.count; i++) {
        if (program->extents.data[i].kind != EXTENT_RAGGED)
            continue;
        const char *names[AXES_MAX];
        int depth = 0, parent = i;
        while ((parent = program->extents.data[parent].parent) >= 0)
            depth++;
        parent = i;
        for (int j = depth - 1; j >= 0; j--)
            names[j] = program->extents.data[parent = program->extents.data[parent].parent].name;
        onnx_input(e->graph, export_lengths(e, i), ONNX_INT32, depth, (int64_t[AXES_MAX]){0}, names);
    }
}

static void add_outputs(Exporter *e)
{
    const Program *program = e->program;
    for (int i = 0; i < program->outputs.count && !e->status; i++) {
        OnnxNode *node =
            onnx_node(e->graph, "Identity", 1, (const char *const[]){export_value(e, program->outputs.data[i])});
        node->output[0] = arena_strdup(e->arena, program->output_names.data[i]);
        onnx_result(e->graph, node->output[0], export_type(program->outputs.data[i]->type.element));
    }
}

static NndStatus pack(Exporter *e, OnnxFile *out)
{
    const Program *program = e->program;
    const int64_t *least = onnx_least(e->arena, program);
    VEC(OnnxMetadata) metadata = {0};
    for (int i = 0; i < program->extents.count; i++) {
        OnnxMetadata entry = {arena_printf(e->arena, "nnd.least.%s", program->extents.data[i].name),
                              arena_printf(e->arena, "%lld", (long long)least[i])};
        if (program->extents.data[i].kind == EXTENT_RAGGED)
            vec_push(e->arena, &metadata, entry);
    }
    if (onnx_pack(e->graph, program->model, metadata.count, metadata.data, &out->data, &out->size))
        return NND_OK;
    return nnd_fail(e->error, NND_ENOMEM, "the model has %zu bytes: an ONNX file holds at most 2 GB", out->size);
}

NndStatus onnx_export(OnnxFile *out, Arena *arena, const Program *program, const NndSafetensors *weights,
                      OnnxLengths lengths, NndError *error)
{
    int extents = program->extents.count + 1;
    Exporter e = {.arena = arena,
                  .program = program,
                  .weights = weights,
                  .padded = lengths == ONNX_PADDED,
                  .graph = onnx_graph_new(arena, NULL),
                  .error = error};
    e.stored = ARENA_ARRAY(arena, Stored *, program->typed_count);
    e.sizes = ARENA_ARRAY(arena, const char *, extents);
    e.lengths = ARENA_ARRAY(arena, const char *, extents);
    e.masks = ARENA_ARRAY(arena, const char *, extents);
    *out = (OnnxFile){0};
    add_inputs(&e);
    add_lengths(&e);
    add_outputs(&e);
    return e.status ? e.status : pack(&e, out);
}
