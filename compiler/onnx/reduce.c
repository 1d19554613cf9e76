/* SPDX-License-Identifier: Apache-2.0
 *
 * Reductions; of ragged axes over real entries alone.
 */
#include "compiler/onnx/exporter.h"

/* ---- first and last entry: sum(select(position == wanted, x, 0)) ---- */

static const Typed *unrepeated(const Typed *typed)
{
    typed = export_plain(typed);
    return typed->kind == T_BROADCAST ? unrepeated(typed->args[0]) : typed;
}

static bool is_number(const Typed *typed, double number)
{
    typed = unrepeated(typed);
    return typed->kind == T_NUMBER && typed->number == number;
}

/* x, if `reduce` picks its first or last entry along an axis; NULL otherwise. */
static const Typed *picked(const Typed *reduce, bool *last, int *axis)
{
    const Typed *select = reduce->args[0];
    if (reduce->reduce.kind != REDUCE_SUM || select->kind != T_EW || select->op != EW_select ||
        !is_number(select->args[2], 0))
        return NULL;
    const Typed *here = unrepeated(select->args[0]);
    if (here->kind != T_EW || here->op != EW_eq || here->args[0]->kind != T_IOTA)
        return NULL;
    const Typed *position = here->args[0], *wanted = unrepeated(here->args[1]);
    *axis = position->slice.axis;
    if (*axis != position->type.rank - 1 || reduce->reduce.axes != 1u << *axis)
        return NULL;
    *last = wanted->kind == T_EW && wanted->op == EW_sub && unrepeated(wanted->args[0])->kind == T_LENGTH &&
            unrepeated(wanted->args[0])->index == position->type.axes[*axis].extent && is_number(wanted->args[1], 1);
    return *last || is_number(wanted, 0) ? select->args[1] : NULL;
}

static const Stored *pick(Exporter *e, const Typed *reduce)
{
    bool last;
    int axis;
    const Typed *x = picked(reduce, &last, &axis);
    const Stored *state = x ? export_last_state(e, reduce, x, last) : NULL;
    if (!x || state || e->padded)
        return state;
    const Stored *stored = export_any(e, x);
    int8_t order[AXES_MAX] = {0};
    int kept = 0;
    for (int i = 0; i < x->type.rank; i++)
        if (stored->order[i] != axis)
            order[kept++] = (int8_t)(stored->order[i] - (stored->order[i] > axis));
    OnnxNode *node = onnx_node(e->graph, "Gather", 2,
                               (const char *const[]){stored->name, onnx_number(e->graph, ONNX_INT64, last ? -1 : 0)});
    onnx_int(e->graph, node, "axis", order_place(stored->order, x->type.rank, axis));
    return export_store(e, reduce, onnx_value(node), order);
}

/* ---- in general ---- */

typedef struct Operand {
    const char *name;
    ValueType type;
    int8_t order[AXES_MAX];
} Operand;

static const char *const ops[] = {[REDUCE_SUM] = "ReduceSum", [REDUCE_MAX] = "ReduceMax", [REDUCE_ARGMAX] = "ArgMax"};

static const char *reduce_node(Exporter *e, const char *op, const char *x, int count, const int64_t *places)
{
    bool sum = !strcmp(op, "ReduceSum"), argmax = !strcmp(op, "ArgMax");
    const char *inputs[] = {x, sum ? onnx_vector(e->graph, count, places) : NULL};
    OnnxNode *node = onnx_node(e->graph, op, sum ? 2 : 1, inputs);
    onnx_int(e->graph, node, "keepdims", 0);
    if (argmax)
        onnx_int(e->graph, node, "axis", places[0]);
    else if (!sum) /* opset 18 makes an input of these, too */
        onnx_ints(e->graph, node, "axes", count, places);
    return argmax ? onnx_cast(e->graph, onnx_value(node), ONNX_INT32) : onnx_value(node);
}

/* x without the axes, all at once. */
static void reduce_axes(Exporter *e, const char *op, Operand *x, unsigned axes)
{
    int64_t places[AXES_MAX];
    Operand y = {.type = {.element = x->type.element}};
    int count = 0;
    int8_t moved[AXES_MAX];
    for (int i = 0; i < x->type.rank; i++) {
        moved[i] = (int8_t)y.type.rank;
        if (!(axes >> i & 1))
            y.type.axes[y.type.rank++] = x->type.axes[i];
    }
    for (int i = 0, kept = 0; i < x->type.rank; i++) {
        if (axes >> x->order[i] & 1)
            places[count++] = i;
        else
            y.order[kept++] = moved[x->order[i]];
    }
    y.name = reduce_node(e, op, x->name, count, places);
    *x = y;
}

static Operand operand_of(Exporter *e, const Typed *reduce)
{
    const Stored *stored = export_any(e, reduce->args[0]);
    Operand operand = {.name = stored->name, .type = reduce->args[0]->type};
    memcpy(operand.order, stored->order, sizeof operand.order);
    return operand;
}

const Stored *export_mean(Exporter *e, const Typed *reduce)
{
    for (int i = 0; i < reduce->args[0]->type.rank; i++)
        if (reduce->reduce.axes >> i & 1 && reduce->args[0]->type.axes[i].kind != AXIS_CONST)
            return NULL;
    const Stored *y = export_pooling(e, reduce, true);
    if (!y) {
        Operand operand = operand_of(e, reduce);
        reduce_axes(e, "ReduceMean", &operand, reduce->reduce.axes);
        y = export_store(e, reduce, operand.name, operand.order);
    }
    e->stored[reduce->id] = NULL; /* it is not the sum */
    return y;
}

/* `lengths` or mask of axis `axis`, next to x. */
static const char *beside(Exporter *e, const char *name, int axes, const Operand *x)
{
    int8_t map[AXES_MAX];
    for (int i = 0; i < x->type.rank; i++)
        map[i] = (int8_t)(i < axes ? i : -1);
    return export_aligned(e, name, x->type.rank, map, x->order);
}

/* A maximum over a ragged axis, 0 where there is nothing; or where it is, -1 then. */
static void reduce_ragged_max(Exporter *e, ReduceKind kind, Operand *x, int axis)
{
    OnnxGraph *g = e->graph;
    OnnxType type = export_type(x->type.element);
    int extent = x->type.axes[axis].extent;
    const char *mask = beside(e, export_mask(e, extent), axis + 1, x);
    x->name = onnx_op3(g, "Where", mask, x->name, onnx_number(g, type, type == ONNX_FLOAT ? -3e38 : INT32_MIN));
    reduce_axes(e, ops[kind], x, 1u << axis);
    const char *some = onnx_op2(g, "Greater", export_lengths(e, extent), onnx_number(g, ONNX_INT32, 0));
    const char *none = kind == REDUCE_ARGMAX ? onnx_number(g, ONNX_INT32, -1) : onnx_number(g, type, 0);
    x->name = onnx_op3(g, "Where", beside(e, some, axis, x), x->name, none);
}

static void reduce_padded(Exporter *e, ReduceKind kind, Operand *x, unsigned axes)
{
    unsigned own = 0;
    int innermost = -1;
    for (int i = 0; i < x->type.rank; i++) {
        if (axes >> i & 1 && axis_is_ragged(e, &x->type.axes[i]))
            innermost = i;
        else if (axes >> i & 1)
            own |= 1u << i;
    }
    if (kind == REDUCE_SUM || innermost < 0) {
        if (innermost >= 0)
            x->name =
                onnx_op3(e->graph, "Where", beside(e, export_mask(e, x->type.axes[innermost].extent), innermost + 1, x),
                         x->name, onnx_number(e->graph, export_type(x->type.element), 0));
        reduce_axes(e, ops[kind], x, axes);
        return;
    }
    if (own)
        reduce_axes(e, ops[kind], x, own);
    for (int i = innermost; i >= 0; i--) /* constant axes come after ragged ones */
        if (axes >> i & 1)
            reduce_ragged_max(e, kind, x, i);
}

const Stored *export_reduce(Exporter *e, const Typed *typed)
{
    const Stored *y = pick(e, typed);
    if (!y && typed->reduce.kind != REDUCE_ARGMAX)
        y = export_pooling(e, typed, false);
    if (y)
        return y;
    Operand operand = operand_of(e, typed);
    if (typed->reduce.kind == REDUCE_ARGMAX && typed->reduce.axes & (typed->reduce.axes - 1))
        export_refuse(e, typed->span, "`argmax` over several axes");
    if (e->padded)
        reduce_padded(e, typed->reduce.kind, &operand, typed->reduce.axes);
    else
        reduce_axes(e, ops[typed->reduce.kind], &operand, typed->reduce.axes);
    return export_store(e, typed, operand.name, operand.order);
}
