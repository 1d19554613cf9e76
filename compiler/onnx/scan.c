/* SPDX-License-Identifier: Apache-2.0
 *
 * Scans in general, as the operator Scan. What does not depend on an item or a state is computed outside of
 * its body, once. Of texts of different lengths each rests in its state where it has no entry.
 */
#include "compiler/onnx/exporter.h"

typedef struct ExportedScan {
    const TypedScan *scan;
    const OnnxNode *node; /* its outputs: last states, then what it emits */
    struct ExportedScan *next;
} ExportedScan;

typedef struct Body {
    const TypedScan *scan;
    char *depends; /* by Typed id: 0 not known, 1 no, 2 yes */
} Body;

/* ---- what is outside ---- */

static bool depends(Body *b, const Typed *typed);

static bool any_depends(Body *b, Typed *const *items, int count)
{
    for (int i = 0; i < count; i++)
        if (depends(b, items[i]))
            return true;
    return false;
}

static bool is_result(const Typed *typed)
{
    return typed->kind == T_SCAN_EMIT || typed->kind == T_SCAN_LAST;
}

static bool depends(Body *b, const Typed *typed)
{
    if (b->depends[typed->id])
        return b->depends[typed->id] == 2;
    bool yes = (typed->kind == T_SCAN_ITEM || typed->kind == T_SCAN_STATE) && typed->scan.scan == b->scan;
    yes = yes || any_depends(b, typed->args, typed->arg_count);
    const TypedScan *inner = is_result(typed) ? typed->scan.scan : NULL;
    if (inner)
        yes = yes || any_depends(b, inner->sequences, inner->sequence_count) ||
              any_depends(b, inner->initial, inner->state_count) || any_depends(b, inner->next, inner->state_count) ||
              any_depends(b, inner->emits, inner->emit_count);
    b->depends[typed->id] = yes ? 2 : 1;
    return yes;
}

static void export_outside(Exporter *e, Body *b, const Typed *typed, bool *seen);

static void export_all_outside(Exporter *e, Body *b, Typed *const *items, int count, bool *seen)
{
    for (int i = 0; i < count; i++)
        export_outside(e, b, items[i], seen);
}

static void export_outside(Exporter *e, Body *b, const Typed *typed, bool *seen)
{
    if (seen[typed->id])
        return;
    seen[typed->id] = true;
    if (!depends(b, typed)) {
        if (typed->kind != T_BROADCAST) /* is repeated where it is read */
            export_any(e, typed);
        else
            export_all_outside(e, b, typed->args, typed->arg_count, seen);
        return;
    }
    export_all_outside(e, b, typed->args, typed->arg_count, seen);
    if (is_result(typed)) {
        export_all_outside(e, b, typed->scan.scan->sequences, typed->scan.scan->sequence_count, seen);
        export_all_outside(e, b, typed->scan.scan->initial, typed->scan.scan->state_count, seen);
    }
}

/* ---- the body ---- */

/* Values made in a body are known in it alone. */
typedef struct Scope {
    Stored **stored;
    const char **sizes, **lengths, **masks;
    struct Recurrence *recurrences;
    ExportedScan *scans;
} Scope;

static Scope enter(Exporter *e, OnnxGraph *body)
{
    size_t extents = (size_t)e->program->extents.count + 1, count = (size_t)e->program->typed_count;
    Scope before = {e->stored, e->sizes, e->lengths, e->masks, e->recurrences, e->scans};
    e->stored = arena_copy(e->arena, e->stored, count * sizeof(Stored *));
    e->sizes = arena_copy(e->arena, e->sizes, extents * sizeof(char *));
    e->lengths = arena_copy(e->arena, e->lengths, extents * sizeof(char *));
    e->masks = arena_copy(e->arena, e->masks, extents * sizeof(char *));
    e->graph = body;
    return before;
}

static void leave(Exporter *e, Scope before)
{
    e->graph = e->graph->outer;
    e->stored = before.stored;
    e->sizes = before.sizes;
    e->lengths = before.lengths;
    e->masks = before.masks;
    e->recurrences = before.recurrences;
    e->scans = before.scans;
}

static void find_params(const Typed *typed, const TypedScan *scan, bool *seen, const Typed **items,
                        const Typed **states);

static void find_all_params(Typed *const *list, int count, const TypedScan *scan, bool *seen, const Typed **items,
                            const Typed **states)
{
    for (int i = 0; i < count; i++)
        find_params(list[i], scan, seen, items, states);
}

/* The expressions that stand for items and states. */
static void find_params(const Typed *typed, const TypedScan *scan, bool *seen, const Typed **items,
                        const Typed **states)
{
    if (seen[typed->id])
        return;
    seen[typed->id] = true;
    if (typed->kind == T_SCAN_ITEM && typed->scan.scan == scan)
        items[typed->scan.index] = typed;
    if (typed->kind == T_SCAN_STATE && typed->scan.scan == scan)
        states[typed->scan.index] = typed;
    find_all_params(typed->args, typed->arg_count, scan, seen, items, states);
    if (is_result(typed)) {
        const TypedScan *inner = typed->scan.scan;
        find_all_params(inner->sequences, inner->sequence_count, scan, seen, items, states);
        find_all_params(inner->initial, inner->state_count, scan, seen, items, states);
        find_all_params(inner->next, inner->state_count, scan, seen, items, states);
        find_all_params(inner->emits, inner->emit_count, scan, seen, items, states);
    }
}

static const char *add_param(Exporter *e, const Typed *typed, Element element, const char *kind, int number)
{
    const char *name = arena_printf(e->arena, "scan%d_%s%d", e->scan_count, kind, number);
    onnx_input(e->graph, name, export_type(element), -1, NULL, NULL);
    if (typed)
        export_store(e, typed, name, NULL);
    return name;
}

static void add_result(Exporter *e, const char *name, Element element)
{
    const char *own = onnx_op1(e->graph, "Identity", name); /* a result may not be a parameter */
    onnx_result(e->graph, own, export_type(element));
}

static OnnxGraph *export_body(Exporter *e, const TypedScan *scan, bool masked)
{
    OnnxGraph *body = onnx_graph_new(e->arena, e->graph);
    Scope before = enter(e, body);
    const Typed **items = ARENA_ARRAY(e->arena, const Typed *, scan->sequence_count + 1);
    const Typed **states = ARENA_ARRAY(e->arena, const Typed *, scan->state_count + 1);
    const char **old = ARENA_ARRAY(e->arena, const char *, scan->state_count + 1);
    bool *seen = ARENA_ARRAY(e->arena, bool, e->program->typed_count);
    find_all_params(scan->next, scan->state_count, scan, seen, items, states);
    find_all_params(scan->emits, scan->emit_count, scan, seen, items, states);
    e->scan_count++;
    for (int i = 0; i < scan->state_count; i++)
        old[i] = add_param(e, states[i], scan->initial[i]->type.element, "state", i);
    for (int i = 0; i < scan->sequence_count; i++)
        add_param(e, items[i], scan->sequences[i]->type.element, "item", i);
    const char *here = masked ? add_param(e, NULL, ELEMENT_BOOL, "here", 0) : NULL;
    for (int i = 0; i < scan->state_count; i++) {
        const ValueType *type = &scan->initial[i]->type;
        const char *next = export_value(e, scan->next[i]);
        int64_t ones[AXES_MAX];
        for (int j = scan->axis; j < type->rank; j++)
            ones[j - scan->axis] = j;
        if (masked)
            next = onnx_op3(e->graph, "Where", export_unsqueeze(e, here, type->rank - scan->axis, ones), next, old[i]);
        add_result(e, next, type->element);
    }
    for (int i = 0; i < scan->emit_count; i++)
        add_result(e, export_value(e, scan->emits[i]), scan->emits[i]->type.element);
    leave(e, before);
    return body;
}

/* ---- the node ---- */

static void repeat(Exporter *e, OnnxNode *node, const char *name, int count, int64_t value)
{
    int64_t *values = ARENA_ARRAY(e->arena, int64_t, count + 1);
    for (int i = 0; i < count; i++)
        values[i] = value;
    if (count)
        onnx_ints(e->graph, node, name, count, values);
}

static const OnnxNode *add_scan(Exporter *e, const TypedScan *scan)
{
    const TypedAxis *axis = &scan->sequences[0]->type.axes[scan->axis];
    Body b = {scan, ARENA_ARRAY(e->arena, char, e->program->typed_count)};
    bool *seen = ARENA_ARRAY(e->arena, bool, e->program->typed_count), masked = e->padded && axis_is_ragged(e, axis);
    export_all_outside(e, &b, scan->next, scan->state_count, seen);
    export_all_outside(e, &b, scan->emits, scan->emit_count, seen);
    int sequences = scan->sequence_count + masked, count = 0;
    const char **inputs = ARENA_ARRAY(e->arena, const char *, scan->state_count + sequences + 1);
    for (int i = 0; i < scan->state_count; i++)
        inputs[count++] = export_value(e, scan->initial[i]);
    for (int i = 0; i < scan->sequence_count; i++)
        inputs[count++] = export_value(e, scan->sequences[i]);
    if (masked)
        inputs[count++] = export_mask(e, axis->extent);
    OnnxGraph *body = export_body(e, scan, masked);
    OnnxNode *node = onnx_node(e->graph, "Scan", count, inputs);
    for (int i = 1; i < scan->state_count + scan->emit_count; i++)
        onnx_output(e->graph, node);
    onnx_body(e->graph, node, "body", body);
    onnx_int(e->graph, node, "num_scan_inputs", sequences);
    repeat(e, node, "scan_input_axes", sequences, scan->axis);
    repeat(e, node, "scan_output_axes", scan->emit_count, scan->axis);
    repeat(e, node, "scan_input_directions", sequences, scan->reverse);
    repeat(e, node, "scan_output_directions", scan->emit_count, scan->reverse);
    return node;
}

static const OnnxNode *node_of(Exporter *e, const TypedScan *scan)
{
    for (const ExportedScan *known = e->scans; known; known = known->next)
        if (known->scan == scan)
            return known->node;
    ExportedScan *added = ARENA_NEW(e->arena, ExportedScan);
    *added = (ExportedScan){scan, add_scan(e, scan), e->scans};
    e->scans = added;
    return added->node;
}

const Stored *export_scan(Exporter *e, const Typed *typed)
{
    const Stored *known = export_recurrence(e, typed);
    if (known)
        return known;
    const TypedScan *scan = typed->scan.scan;
    const OnnxNode *node = node_of(e, scan);
    int place = typed->kind == T_SCAN_LAST ? typed->scan.index : scan->state_count + typed->scan.index;
    return export_store(e, typed, node->output[place], NULL);
}
