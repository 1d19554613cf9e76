/* SPDX-License-Identifier: Apache-2.0
 *
 * Losses, one number for each item; training minimises their mean.
 */
#include "lang/check.h"

static Value *mismatch(Checker *c, const Call *call, Value *x, Value *y, const char *expected)
{
    Diag *d = noted(c, diag_report(c->diags, call->span, E_LOSS_AXES, call->name));
    report_label(c, d, call->spans.data[0], x);
    report_label(c, d, call->spans.data[1], y);
    diag_note(c->diags, d, "%s", expected);
    for (int i = 0; i < x->type->rank && i < y->type->rank; i++)
        if (!axis_equal(&x->type->axes[i], &y->type->axes[i]))
            report_two_lengths(c, d, &x->type->axes[i], &y->type->axes[i]);
    report_unpooled(c, d, x->type, y->type);
    report_unpooled(c, d, y->type, x->type);
    return c->error;
}

static bool same_front(const Type *x, const Type *y)
{
    for (int i = 0; i < y->rank; i++)
        if (!axis_equal(&x->axes[i], &y->axes[i]))
            return false;
    return true;
}

/* -x[label]: the sum over the last axis of x where the position is the label. */
static Value *picked(Checker *c, Value *x, Value *label, Span span)
{
    int last = x->type->rank - 1;
    Type classes = {.element = ELEMENT_INT};
    type_push(&classes, x->type->axes[last]);
    int8_t map[AXES_MAX];
    for (int i = 0; i < AXES_MAX; i++)
        map[i] = (int8_t)(i == last ? 0 : -1);
    Value *position = emit_broadcast(c, emit_iota(c, &classes, 0, span), x->type, map, span);
    Value *wanted = emit_unreduce(c, label, x->type, 1u << last, span);
    Value *here = ew2(c, EW_eq, position, wanted, span);
    Value *only = ew3(c, EW_select, here, x, value_number(c, 0, false), span);
    return ew1(c, EW_neg, emit_reduce(c, REDUCE_SUM, only, 1u << last, span), span);
}

Value *builtin_cross_entropy(Checker *c, const Builtin *builtin, Call *call)
{
    (void)builtin;
    Value *x = call_tensor(c, call, 0), *y = call_tensor(c, call, 1);
    if (x->kind == V_ERROR || y->kind == V_ERROR)
        return c->error;
    bool probabilities = y->type->element == ELEMENT_FLOAT;
    int rank = x->type->rank - (probabilities ? 0 : 1);
    if (x->type->element != ELEMENT_FLOAT || x->type->rank < 1 ||
        x->type->axes[x->type->rank - 1].kind != AXIS_CONST)
        return mismatch(c, call, x, y, "the logits must be f32[..., classes]");
    if (y->type->rank != rank || y->type->element == ELEMENT_BOOL || !same_front(x->type, y->type))
        return mismatch(c, call, x, y,
                        "for logits f32[..., classes] the labels must be class[...] or f32[..., "
                        "classes] with the same leading axes");
    int last = x->type->rank - 1;
    Value *logs = log_softmax_over(c, x, last, call->span);
    if (logs->kind == V_ERROR)
        return c->error;
    if (!probabilities && !c->symbolic && y->typed->kind == T_INPUT)
        c->program->inputs.data[y->typed->index].classes = dim_value(x->type->axes[last].dim, 0);
    if (!probabilities)
        return picked(c, logs, y, call->span);
    Value *weighted = ew2(c, EW_mul, logs, y, call->span);
    return ew1(c, EW_neg, emit_reduce(c, REDUCE_SUM, weighted, 1u << last, call->span), call->span);
}

/* Both operands as f32 of the same axes; false, reported, otherwise. */
static bool alike(Checker *c, Call *call, Value **x, Value **y)
{
    *x = call_tensor(c, call, 0);
    *y = call_tensor(c, call, 1);
    if ((*x)->kind == V_ERROR || (*y)->kind == V_ERROR)
        return false;
    bool fits = (*x)->type->element == ELEMENT_FLOAT && (*x)->type->rank == (*y)->type->rank &&
                same_front((*x)->type, (*y)->type);
    if (!fits)
        return mismatch(c, call, *x, *y, "both must have the same axes, and the first must be f32"),
               false;
    *y = emit_cast(c, *y, ELEMENT_FLOAT, call->span);
    return true;
}

/* max(x, 0) - x y + log(1 + exp(-|x|)), which does not overflow for any x. */
Value *builtin_binary_cross_entropy(Checker *c, const Builtin *builtin, Call *call)
{
    (void)builtin;
    Value *x, *y;
    if (!alike(c, call, &x, &y))
        return c->error;
    Span span = call->span;
    Value *tail = ew1(c, EW_exp, ew1(c, EW_neg, ew1(c, EW_abs, x, span), span), span);
    Value *log = ew1(c, EW_log, ew2(c, EW_add, tail, value_number(c, 1, false), span), span);
    Value *linear = ew2(c, EW_sub, ew1(c, EW_relu, x, span), ew2(c, EW_mul, x, y, span), span);
    return ew2(c, EW_add, linear, log, span);
}

Value *builtin_mse(Checker *c, const Builtin *builtin, Call *call)
{
    (void)builtin;
    Value *x, *y;
    if (!alike(c, call, &x, &y))
        return c->error;
    Value *difference = ew2(c, EW_sub, x, y, call->span);
    return ew2(c, EW_mul, difference, difference, call->span);
}
