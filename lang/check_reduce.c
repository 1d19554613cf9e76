/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions that run along an axis: reductions, softmax, normalisation, first and last entry.
 */
#include "lang/check.h"

/* The operand of a reduction, as numbers; NULL, reported, if it cannot be reduced. */
static Value *operand(Checker *c, Call *call)
{
    Value *x = call_tensor(c, call, 0);
    if (x->kind == V_ERROR)
        return NULL;
    if (x->type->element == ELEMENT_FLOAT || x->type->element == ELEMENT_INT)
        return x;
    if (x->type->element == ELEMENT_BOOL)
        return emit_cast(c, x, ELEMENT_FLOAT, call->spans.data[0]);
    Diag *d = noted(c, diag_report(c->diags, call->span, E_ELEMENT,
                                   arena_printf(c->arena, "compute `%s`", call->name),
                                   element_name(x->type->element)));
    report_label(c, d, call->spans.data[0], x);
    return NULL;
}

Value *builtin_sum(Checker *c, const Builtin *builtin, Call *call)
{
    (void)builtin;
    Value *x = operand(c, call);
    unsigned axes = x ? call_axes(c, call, x->type) : 0;
    return axes ? emit_reduce(c, REDUCE_SUM, x, axes, call->span) : c->error;
}

/* How many items are in the batch. */
static Value *count_items(Checker *c, const Axis *batch, Span span)
{
    static const int8_t nothing[AXES_MAX] = {-1};
    Type type = {.element = ELEMENT_FLOAT};
    type_push(&type, *batch);
    Value *one = emit_broadcast(c, emit_number(c, 1, ELEMENT_FLOAT, span), &type, nothing, span);
    return emit_reduce(c, REDUCE_SUM, one, 1, span);
}

/* How many entries each mean is of; ragged axes count their own. */
static Value *count_over(Checker *c, const Type *type, unsigned axes, Span span)
{
    double constant = 1;
    bool unknown = false;
    int innermost = -1;
    unsigned outer = 0;
    for (int i = 0; i < type->rank; i++) {
        if (!(axes >> i & 1))
            continue;
        if (type->axes[i].kind == AXIS_CONST) {
            unknown |= dim_value(type->axes[i].dim, -1) < 0;
            constant *= (double)dim_value(type->axes[i].dim, 1);
        } else {
            outer |= innermost >= 0 ? 1u << innermost : 0;
            innermost = i;
        }
    }
    Value *count = value_number(c, constant, unknown);
    if (innermost < 0)
        return count;
    Value *lengths = type->axes[innermost].kind == AXIS_FREE ? count_items(c, &type->axes[innermost], span)
                                                             : emit_length(c, type, innermost, ELEMENT_FLOAT, span);
    lengths = emit_reduce(c, REDUCE_SUM, lengths, outer, span);
    if (unknown || constant != 1)
        lengths = ew2(c, EW_mul, lengths, count, span);
    return ew2(c, EW_max, lengths, value_number(c, 1, false), span);
}

static Value *mean_over(Checker *c, Value *x, unsigned axes, Span span)
{
    Value *sum = emit_reduce(c, REDUCE_SUM, x, axes, span);
    Value *count = count_over(c, x->type, axes, span);
    if (count->kind == V_NUMBER)
        return ew2(c, EW_mul, sum, value_number(c, 1 / count->number, count->unknown), span);
    return ew2(c, EW_div, sum, count, span);
}

Value *builtin_mean(Checker *c, const Builtin *builtin, Call *call)
{
    (void)builtin;
    Value *x = operand(c, call);
    if (!x)
        return c->error;
    x = emit_cast(c, x, ELEMENT_FLOAT, call->span);
    unsigned axes = x->kind == V_TENSOR ? call_axes(c, call, x->type) : 0;
    return axes ? mean_over(c, x, axes, call->span) : c->error;
}

Value *reduce_max(Checker *c, Value *x, unsigned axes, Span span)
{
    return emit_reduce(c, REDUCE_MAX, x, axes, span);
}

Value *builtin_extreme(Checker *c, const Builtin *builtin, Call *call)
{
    if (call->args.count == 2 && !call->over)
        return builtin_scalar(c, builtin, call);
    if (call->args.count == 2 || !call->over) {
        Diag *d = noted(c, diag_report(c->diags, call->span, E_ARGUMENT_COUNT, builtin->name,
                                       call->args.count));
        diag_note(c->diags, d, "usage: %s", builtin->usage);
        return c->error;
    }
    Value *x = operand(c, call);
    unsigned axes = x ? call_axes(c, call, x->type) : 0;
    if (!axes)
        return c->error;
    if (builtin->op == EW_max)
        return reduce_max(c, x, axes, call->span);
    return ew1(c, EW_neg, reduce_max(c, ew1(c, EW_neg, x, call->span), axes, call->span),
               call->span);
}

Value *builtin_argmax(Checker *c, const Builtin *builtin, Call *call)
{
    (void)builtin;
    Value *x = operand(c, call);
    int axis = x ? call_axis(c, call, x->type) : -1;
    return axis >= 0 ? emit_reduce(c, REDUCE_ARGMAX, x, 1u << axis, call->span) : c->error;
}

/* x less its maximum along the axis: exponents that cannot overflow. */
static Value *shifted(Checker *c, Value *x, int axis, Span span)
{
    Value *top = reduce_max(c, x, 1u << axis, span);
    if (x->kind == V_ERROR || top->kind == V_ERROR)
        return c->error;
    return ew2(c, EW_sub, x, emit_unreduce(c, top, x->type, 1u << axis, span), span);
}

static Value *float_operand(Checker *c, Call *call, int *axis)
{
    Value *x = operand(c, call);
    x = x ? emit_cast(c, x, ELEMENT_FLOAT, call->span) : c->error;
    *axis = x->kind == V_TENSOR ? call_axis(c, call, x->type) : -1;
    return x;
}

Value *builtin_softmax(Checker *c, const Builtin *builtin, Call *call)
{
    (void)builtin;
    int axis;
    Value *x = float_operand(c, call, &axis);
    if (axis < 0)
        return c->error;
    Value *e = ew1(c, EW_exp, shifted(c, x, axis, call->span), call->span);
    Value *total = emit_reduce(c, REDUCE_SUM, e, 1u << axis, call->span);
    if (total->kind == V_ERROR)
        return c->error;
    return ew2(c, EW_div, e, emit_unreduce(c, total, e->type, 1u << axis, call->span), call->span);
}

Value *log_softmax_over(Checker *c, Value *x, int axis, Span span)
{
    Value *s = shifted(c, x, axis, span);
    Value *total = emit_reduce(c, REDUCE_SUM, ew1(c, EW_exp, s, span), 1u << axis, span);
    Value *log = ew1(c, EW_log, total, span);
    if (log->kind == V_ERROR)
        return c->error;
    return ew2(c, EW_sub, s, emit_unreduce(c, log, s->type, 1u << axis, span), span);
}

Value *builtin_log_softmax(Checker *c, const Builtin *builtin, Call *call)
{
    (void)builtin;
    int axis;
    Value *x = float_operand(c, call, &axis);
    return axis < 0 ? c->error : log_softmax_over(c, x, axis, call->span);
}

/* The option `epsilon`, a positive number; the error value, reported, if it is something else. */
static Value *epsilon_of(Checker *c, const Call *call)
{
    double number = 1e-5;
    bool unknown = false;
    for (int i = 0; i < call->named.count; i++) {
        const NamedArg *arg = &call->named.data[i];
        if (value_as_number(arg->value, &number, &unknown) && (unknown || number > 0))
            continue;
        if (arg->value->kind != V_ERROR)
            noted(c, diag_report(c->diags, arg->span, E_OPTION_KIND, arg->name, "a positive number",
                                 value_describe(c, arg->value)));
        return c->error;
    }
    return value_number(c, number, unknown);
}

/* (x - mean) / sqrt(variance + epsilon) along the axes. */
Value *builtin_normalise(Checker *c, const Builtin *builtin, Call *call)
{
    (void)builtin;
    Value *x = operand(c, call);
    x = x ? emit_cast(c, x, ELEMENT_FLOAT, call->span) : c->error;
    unsigned axes = x->kind == V_TENSOR ? call_axes(c, call, x->type) : 0;
    Value *epsilon = epsilon_of(c, call);
    if (!axes || epsilon->kind == V_ERROR)
        return c->error;
    Value *mean = mean_over(c, x, axes, call->span);
    if (mean->kind == V_ERROR)
        return c->error;
    Value *centred = ew2(c, EW_sub, x, emit_unreduce(c, mean, x->type, axes, call->span), call->span);
    Value *variance = mean_over(c, ew2(c, EW_mul, centred, centred, call->span), axes, call->span);
    Value *deviation = ew1(c, EW_sqrt, ew2(c, EW_add, variance, epsilon, call->span), call->span);
    return ew2(c, EW_div, centred, emit_unreduce(c, deviation, x->type, axes, call->span), call->span);
}

/* The type of something that says one number for each place along an axis: run-time axes need
 * those in front of them. */
static Type along(const Type *type, int axis, int *place)
{
    Type result = {.element = ELEMENT_INT};
    if (type->axes[axis].kind == AXIS_CONST) {
        type_push(&result, type->axes[axis]);
    } else {
        for (int i = 0; i <= axis; i++)
            type_push(&result, type->axes[i]);
    }
    *place = result.rank - 1;
    return result;
}

Value *builtin_iota(Checker *c, const Builtin *builtin, Call *call)
{
    (void)builtin;
    Value *x = call_tensor(c, call, 0);
    int axis = x->kind == V_TENSOR ? call_axis(c, call, x->type) : -1, place;
    if (axis < 0)
        return c->error;
    Type type = along(x->type, axis, &place);
    return emit_iota(c, &type, place, call->span);
}

Value *builtin_length(Checker *c, const Builtin *builtin, Call *call)
{
    (void)builtin;
    Value *x = call_tensor(c, call, 0);
    int axis = x->kind == V_TENSOR ? call_axis(c, call, x->type) : -1;
    if (axis < 0)
        return c->error;
    if (x->type->axes[axis].kind == AXIS_CONST)
        return value_dim(c, x->type->axes[axis].dim);
    return emit_length(c, x->type, axis, ELEMENT_INT, call->span);
}

static Value *entry_of_const_axis(Checker *c, Value *x, int axis, bool last, Span span)
{
    int64_t size = dim_value(x->type->axes[axis].dim, 1);
    Value *slice = emit_slice(c, x, axis, last ? size - 1 : 0, 1, span);
    Type type = {.element = x->type->element};
    for (int i = 0; i < x->type->rank; i++)
        if (i != axis)
            type_push(&type, x->type->axes[i]);
    return emit_reshape(c, slice, &type, span);
}

/* Picks by position, 0 where there is nothing to pick: sum(select(position == wanted, x, 0)). */
static Value *entry_of_ragged_axis(Checker *c, Value *x, int axis, bool last, Span span)
{
    int place;
    Type type = along(x->type, axis, &place);
    Value *position = emit_iota(c, &type, place, span);
    Value *wanted = value_int(c, 0);
    if (last) {
        Value *length = emit_length(c, x->type, axis, ELEMENT_INT, span);
        wanted = ew2(c, EW_sub, length, value_int(c, 1), span);
    }
    Value *here = ew2(c, EW_eq, position, wanted, span);
    Value *picked = ew3(c, EW_select, here, x, value_number(c, 0, false), span);
    return emit_reduce(c, REDUCE_SUM, picked, 1u << axis, span);
}

Value *builtin_last(Checker *c, const Builtin *builtin, Call *call)
{
    Value *x = operand(c, call);
    int axis = x ? call_axis(c, call, x->type) : -1;
    if (axis < 0)
        return c->error;
    if (x->type->axes[axis].kind == AXIS_CONST)
        return entry_of_const_axis(c, x, axis, builtin->op, call->span);
    return entry_of_ragged_axis(c, x, axis, builtin->op, call->span);
}
