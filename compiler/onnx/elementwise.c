/* SPDX-License-Identifier: Apache-2.0
 *
 * Scalar operators; and what is written with them that ONNX has an operator for: softmax, batch
 * normalisation, a bias that belongs to a convolution, the mean of a pooling.
 */
#include "compiler/onnx/exporter.h"

static const char *const names[EW_COUNT] = {
    [EW_neg] = "Neg",   [EW_abs] = "Abs",         [EW_exp] = "Exp",    [EW_log] = "Log",           [EW_sqrt] = "Sqrt",
    [EW_tanh] = "Tanh", [EW_sigmoid] = "Sigmoid", [EW_relu] = "Relu",  [EW_floor] = "Floor",       [EW_ceil] = "Ceil",
    [EW_not] = "Not",   [EW_add] = "Add",         [EW_sub] = "Sub",    [EW_mul] = "Mul",           [EW_div] = "Div",
    [EW_max] = "Max",   [EW_min] = "Min",         [EW_pow] = "Pow",    [EW_eq] = "Equal",          [EW_ne] = "Equal",
    [EW_lt] = "Less",   [EW_le] = "LessOrEqual",  [EW_gt] = "Greater", [EW_ge] = "GreaterOrEqual", [EW_and] = "And",
    [EW_or] = "Or",     [EW_select] = "Where",
};

static bool is_ew(const Typed *typed, EwOp op)
{
    return typed->kind == T_EW && typed->op == op;
}

/* ---- a bias of a convolution ---- */

/* A weight for each entry of the last axis of `type`. */
static const Typed *bias_of_last_axis(const Typed *typed)
{
    if (typed->kind != T_BROADCAST || export_plain(typed->args[0])->kind != T_WEIGHT || typed->args[0]->type.rank != 1)
        return NULL;
    return typed->map[typed->type.rank - 1] == 0 ? export_plain(typed->args[0]) : NULL;
}

static const Stored *convolution_with_bias(Exporter *e, const Typed *typed)
{
    for (int i = 0; i < 2 && is_ew(typed, EW_add); i++) {
        const Typed *dot = export_plain(typed->args[i]), *bias = bias_of_last_axis(typed->args[1 - i]);
        if (dot->kind != T_DOT || !bias || e->stored[dot->id])
            continue;
        const Stored *y = export_convolution(e, dot, bias);
        if (y)
            return export_store(e, typed, y->name, y->order);
    }
    return NULL;
}

/* ---- means ---- */

static const Stored *mean(Exporter *e, const Typed *typed)
{
    if (!is_ew(typed, EW_mul) || typed->args[1]->kind != T_BROADCAST || typed->args[0]->kind != T_REDUCE)
        return NULL;
    const Typed *number = typed->args[1]->args[0], *reduce = typed->args[0];
    if (number->kind != T_NUMBER || reduce->reduce.kind != REDUCE_SUM || e->stored[reduce->id])
        return NULL;
    double count = 1;
    for (int i = 0; i < reduce->args[0]->type.rank; i++)
        if (reduce->reduce.axes >> i & 1)
            count *= (double)reduce->args[0]->type.axes[i].size;
    if (number->number != 1 / count)
        return NULL;
    const Stored *y = export_mean(e, reduce);
    return y ? export_store(e, typed, y->name, y->order) : NULL;
}

/* ---- softmax: exp(x - max) / sum ---- */

/* The axis along which `wide` repeats what `kind` makes of `x` along it, or -1. */
static int reduced_and_repeated(const Typed *wide, ReduceKind kind, const Typed *x)
{
    if (wide->kind != T_BROADCAST || wide->args[0]->kind != T_REDUCE)
        return -1;
    const Typed *reduce = wide->args[0];
    if (reduce->reduce.kind != kind || reduce->args[0] != x)
        return -1;
    int axis = -1, next = 0;
    for (int i = 0; i < wide->type.rank; i++) {
        if (wide->map[i] < 0 && axis < 0)
            axis = i;
        else if (wide->map[i] != next++)
            return -1;
    }
    return axis >= 0 && reduce->reduce.axes == 1u << axis ? axis : -1;
}

static const Stored *softmax(Exporter *e, const Typed *typed)
{
    if (!is_ew(typed, EW_div) || !is_ew(typed->args[0], EW_exp) || !is_ew(typed->args[0]->args[0], EW_sub))
        return NULL;
    const Typed *exponent = typed->args[0]->args[0], *x = exponent->args[0];
    int axis = reduced_and_repeated(typed->args[1], REDUCE_SUM, typed->args[0]);
    if (axis < 0 || reduced_and_repeated(exponent->args[1], REDUCE_MAX, x) != axis)
        return NULL;
    const Stored *stored = export_any(e, x);
    const char *filled = export_filled(e, x, stored->name, stored->order, axis, -1e30);
    OnnxNode *node = onnx_node(e->graph, "Softmax", 1, &filled);
    onnx_int(e->graph, node, "axis", order_place(stored->order, typed->type.rank, axis));
    return export_store(e, typed, onnx_value(node), stored->order);
}

/* ---- batch normalisation: (x - average) / sqrt(variance + epsilon) * scale + shift ---- */

/* The weight that `typed` repeats along all axes but one, which must be *axis if that is known. */
static const Typed *weight_of_axis(const Typed *typed, int *axis)
{
    if (typed->kind != T_BROADCAST || export_plain(typed->args[0])->kind != T_WEIGHT || typed->args[0]->type.rank != 1)
        return NULL;
    for (int i = 0; i < typed->type.rank; i++)
        if (typed->map[i] == 0 && (*axis < 0 || *axis == i)) {
            *axis = i;
            return export_plain(typed->args[0]);
        }
    return NULL;
}

/* sqrt(variance + epsilon), repeated. */
static const Typed *variance_of(const Typed *typed, int axis, double *epsilon)
{
    if (typed->kind != T_BROADCAST || typed->map[axis] != 0 || !is_ew(typed->args[0], EW_sqrt))
        return NULL;
    const Typed *sum = typed->args[0]->args[0];
    if (!is_ew(sum, EW_add) || sum->args[1]->kind != T_BROADCAST || sum->args[1]->args[0]->kind != T_NUMBER)
        return NULL;
    *epsilon = sum->args[1]->args[0]->number;
    const Typed *variance = export_plain(sum->args[0]);
    return variance->kind == T_WEIGHT && variance->type.rank == 1 ? variance : NULL;
}

static const Stored *batch_normalisation(Exporter *e, const Typed *typed)
{
    if (!is_ew(typed, EW_add) || !is_ew(typed->args[0], EW_mul) || !is_ew(typed->args[0]->args[0], EW_div))
        return NULL;
    const Typed *quotient = typed->args[0]->args[0], *centred = quotient->args[0];
    int axis = -1;
    double epsilon;
    const Typed *shift = weight_of_axis(typed->args[1], &axis), *scale = weight_of_axis(typed->args[0]->args[1], &axis);
    if (!shift || !scale || !is_ew(centred, EW_sub))
        return NULL;
    const Typed *average = weight_of_axis(centred->args[1], &axis),
                *variance = variance_of(quotient->args[1], axis, &epsilon);
    if (!average || !variance)
        return NULL;
    const Stored *x = export_any(e, centred->args[0]);
    if (typed->type.rank < 2 || x->order[1] != axis)
        return NULL;
    const char *inputs[] = {x->name, export_value(e, scale), export_value(e, shift), export_value(e, average),
                            export_value(e, variance)};
    OnnxNode *node = onnx_node(e->graph, "BatchNormalization", 5, inputs);
    onnx_float(e->graph, node, "epsilon", epsilon);
    return export_store(e, typed, onnx_value(node), x->order);
}

/* ---- scalar operators ---- */

/* The order of the first operand that is not repeated; false if all are. */
static bool operands_order(Exporter *e, const Typed *typed, int8_t *order)
{
    order_own(order, AXES_MAX);
    for (int i = 0; i < typed->arg_count; i++) {
        if (export_plain(typed->args[i])->kind == T_BROADCAST)
            continue;
        memcpy(order, export_any(e, typed->args[i])->order, AXES_MAX);
        return true;
    }
    return false;
}

/* The axes of the type that an operand has, not only repeats. */
static unsigned axes_of_operand(const Typed *typed, int rank)
{
    unsigned axes = 0;
    int8_t map[AXES_MAX];
    order_own(map, AXES_MAX);
    for (typed = export_plain(typed); typed->kind == T_BROADCAST; typed = export_plain(typed->args[0]))
        for (int i = 0; i < rank; i++)
            map[i] = map[i] < 0 ? -1 : typed->map[map[i]];
    for (int i = 0; i < rank; i++)
        axes |= map[i] >= 0 ? 1u << i : 0;
    return axes;
}

static const Stored *export_operator(Exporter *e, const Typed *typed)
{
    int8_t order[AXES_MAX];
    const char *args[3];
    int rank = typed->type.rank;
    bool full = operands_order(e, typed, order);
    unsigned axes = full ? (1u << rank) - 1 : 0;
    for (int i = 0; i < typed->arg_count && !full; i++)
        axes |= axes_of_operand(typed->args[i], rank);
    for (int i = 0; i < typed->arg_count; i++)
        args[i] = export_operand(e, typed->args[i], &typed->type, order);
    const char *y = onnx_value(onnx_node(e->graph, names[typed->op], typed->arg_count, args));
    if (typed->op == EW_ne)
        y = onnx_op1(e->graph, "Not", y);
    if (axes != (1u << rank) - 1)
        y = onnx_op2(e->graph, "Expand", y, export_shape(e, rank, typed->type.axes));
    return export_store(e, typed, y, order);
}

const Stored *export_elementwise(Exporter *e, const Typed *typed)
{
    const Stored *y = convolution_with_bias(e, typed);
    if (!y)
        y = mean(e, typed);
    if (!y)
        y = softmax(e, typed);
    if (!y)
        y = batch_normalisation(e, typed);
    return y ? y : export_operator(e, typed);
}
