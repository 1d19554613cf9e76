/* SPDX-License-Identifier: Apache-2.0
 *
 * Scalar operators on tensors. Operands of equal rank go axis by axis. A
 * shorter operand is laid into the longest one from the right: each of its
 * axes goes to the axis of the same run-time extent or the same name, if there
 * is one, else to the next axis to the left. Axes of size 1 are not special.
 */
#include "lang/check.h"

typedef enum OperandKind {
    OPERANDS_ANY,
    OPERANDS_FLOAT,
    OPERANDS_BOOL,
    OPERANDS_COMPARED,
    OPERANDS_SELECTED
} OperandKind;

static OperandKind operand_kind(EwOp op)
{
    switch (op) {
    case EW_not:
    case EW_and:
    case EW_or: return OPERANDS_BOOL;
    case EW_eq:
    case EW_ne:
    case EW_lt:
    case EW_le:
    case EW_gt:
    case EW_ge: return OPERANDS_COMPARED;
    case EW_select: return OPERANDS_SELECTED;
    case EW_neg:
    case EW_abs:
    case EW_relu:
    case EW_add:
    case EW_sub:
    case EW_mul:
    case EW_max:
    case EW_min: return OPERANDS_ANY;
    default: return OPERANDS_FLOAT;
    }
}

Value *to_tensor(Checker *c, Value *value, Element element, Span span)
{
    if (value->kind == V_ERROR || value->kind == V_TENSOR)
        return value;
    double number;
    bool unknown;
    if (value_as_number(value, &number, &unknown))
        return emit_number(c, number, element, span);
    if (value->kind == V_BOOL)
        return emit_number(c, value->number, ELEMENT_BOOL, span);
    Diag *d = noted(c, diag_report(c->diags, span, E_NOT_A_TENSOR, value_describe(c, value)));
    if (value->kind == V_INSTANCE || value->kind == V_LAYER || value->kind == V_FUNCTION)
        diag_help(c->diags, d, "apply it: `x |> %s`", report_snippet(c, span));
    return c->error;
}

/* ---- axes ---- */

static int place_of(const Type *joint, const Axis *axis, int below)
{
    for (int i = joint->rank - 1; i >= 0; i--)
        if (axis_is_runtime(axis) ? axis_equal(&joint->axes[i], axis)
                                  : axis_same_name(&joint->axes[i], axis))
            return i;
    return axis_is_runtime(axis) ? -1 : below - 1;
}

int align_axes(const Type *joint, const Type *x, int8_t *map)
{
    int below = joint->rank;
    for (int i = 0; i < AXES_MAX; i++)
        map[i] = -1;
    for (int i = x->rank - 1; i >= 0; i--) {
        int place = x->rank == joint->rank ? i : place_of(joint, &x->axes[i], below);
        if (place < 0 || place >= below || !axis_equal(&joint->axes[place], &x->axes[i]))
            return i;
        map[place] = (int8_t)i;
        below = place;
    }
    return -1;
}

/* The axis of `joint` that axis i of x should have met, to talk about; -1 if x has too many. */
static int opposite(const Type *joint, const Type *x, int i)
{
    int place =
        x->rank == joint->rank ? i : place_of(joint, &x->axes[i], joint->rank - (x->rank - 1 - i));
    return place < joint->rank ? place : -1;
}

/* A ragged axis that is not found under its own name, or is but counts something else. */
static void note_ragged(Checker *c, Diag *d, const Axis *axis, const Type *joint, int other)
{
    const Axis *met = other >= 0 && joint->axes[other].kind == AXIS_RAGGED ? &joint->axes[other] : NULL;
    for (int i = 0; i < joint->rank; i++)
        if (axis_same_name(axis, &joint->axes[i]))
            met = &joint->axes[i];
    if (met)
        report_two_lengths(c, d, axis, met);
    else
        report_windows(c, d, axis);
}

static void report_mismatch(Checker *c, const OpSite *site, Value *const *args, int wide,
                            int narrow, int axis)
{
    const Type *joint = args[wide]->type, *x = args[narrow]->type;
    int other = opposite(joint, x, axis);
    Diag *d = noted(c, diag_report(c->diags, site->span, E_AXES_DIFFER, site->verb));
    report_label(c, d, site->args[wide < narrow ? wide : narrow],
                 args[wide < narrow ? wide : narrow]);
    report_label(c, d, site->args[wide < narrow ? narrow : wide],
                 args[wide < narrow ? narrow : wide]);
    if (other < 0 || axis_is_runtime(&x->axes[axis])) {
        diag_note(c->diags, d, "the axis `%s` is not found in %s",
                  axis_text(&c->dims, &x->axes[axis]), type_text(&c->dims, joint));
        if (place_of(joint, &x->axes[axis], 0) < 0)
            note_ragged(c, d, &x->axes[axis], joint, other);
        return;
    }
    diag_note(c->diags, d, "the axis `%s` of the one must equal the axis `%s` of the other",
              axis_text(&c->dims, &x->axes[axis]), axis_text(&c->dims, &joint->axes[other]));
    report_state(c, d, args[wide]);
    report_state(c, d, args[narrow]);
    report_why(c, d, &x->axes[axis]);
    report_why(c, d, &joint->axes[other]);
    if (dim_value(x->axes[axis].dim, 0) == 1 || dim_value(joint->axes[other].dim, 0) == 1)
        diag_help(c->diags, d, "nothing is repeated because it is of size 1: leave the axis out, as `x · q` with a vector q does");
    report_fix(c, d, &x->axes[axis], &joint->axes[other]);
    report_fix(c, d, &joint->axes[other], &x->axes[axis]);
}

static int longest(int count, Value *const *args)
{
    int best = 0;
    for (int i = 1; i < count; i++)
        if (args[i]->type->rank > args[best]->type->rank)
            best = i;
    return best;
}

/* Makes all operands of the axes of the longest; false if they do not fit. */
static bool unify(Checker *c, int count, Value **args, const OpSite *site)
{
    int wide = longest(count, args);
    Type *joint = type_copy(c->arena, args[wide]->type);
    int8_t maps[3][AXES_MAX];
    for (int i = 0; i < count; i++) {
        int axis = align_axes(joint, args[i]->type, maps[i]);
        if (axis >= 0) {
            report_mismatch(c, site, args, wide, i, axis);
            return false;
        }
        for (int j = 0; j < joint->rank; j++) {
            if (maps[i][j] >= 0 && !joint->axes[j].name && args[i]->type->axes[maps[i][j]].name)
                joint->axes[j] = args[i]->type->axes[maps[i][j]];
        }
    }
    for (int i = 0; i < count; i++)
        args[i] = emit_broadcast(c, args[i], joint, maps[i], site->span);
    Value *last = args[count - 1];
    if (last->kind == V_TENSOR) {
        joint->element = last->type->element;
        args[count - 1] = value_tensor(c, last->typed, joint);
    }
    return true;
}

/* ---- elements ---- */

static bool is_whole(Element element)
{
    return element == ELEMENT_INT || element == ELEMENT_TOKEN || element == ELEMENT_CLASS;
}

static bool report_element(Checker *c, const OpSite *site, int which, const Value *value,
                           const char *expected)
{
    Diag *d = noted(c, diag_report(c->diags, site->span, E_ELEMENT, site->verb,
                                   element_name(value->type->element)));
    report_label(c, d, site->args[which], value);
    diag_note(c->diags, d, "the operands must be %s", expected);
    if (value->type->element == ELEMENT_TOKEN)
        diag_help(c->diags, d, "tokens become vectors by `|> Embedding(vocab, size)` of std.text");
    else if (value->type->element == ELEMENT_BOOL)
        diag_help(c->diags, d,
                  "`select(condition, a, b)` chooses by a condition; `f32(x)` converts");
    else if (value->type->element == ELEMENT_CLASS)
        diag_help(c->diags, d,
                  "classes belong into `cross_entropy(logits, label)`; `f32(x)` converts");
    return false;
}

/* The element that the operands from..count-1 have in common. */
static bool join_elements(Checker *c, int from, int count, Value *const *args, const OpSite *site,
                          bool compared, Element *element)
{
    bool any_float = false, any_bool = false;
    for (int i = from; i < count; i++) {
        if (args[i]->kind != V_TENSOR) {
            any_bool |= args[i]->kind == V_BOOL;
            any_float |= args[i]->kind == V_NUMBER;
            continue;
        }
        Element e = args[i]->type->element;
        any_float |= e == ELEMENT_FLOAT;
        any_bool |= e == ELEMENT_BOOL;
        if ((e == ELEMENT_TOKEN || e == ELEMENT_CLASS) && !compared)
            return report_element(c, site, i, args[i], "numbers");
    }
    *element = any_float ? ELEMENT_FLOAT : any_bool ? ELEMENT_BOOL : ELEMENT_INT;
    for (int i = from; i < count; i++)
        if (args[i]->kind == V_TENSOR && any_bool != (args[i]->type->element == ELEMENT_BOOL))
            return report_element(c, site, i, args[i], "of one kind");
    return true;
}

static Value *to_element(Checker *c, Value *value, Element element, Span span)
{
    value = to_tensor(c, value, element, span);
    if (value->kind == V_ERROR || value->type->element == element)
        return value;
    if (element == ELEMENT_INT && is_whole(value->type->element)) {
        Type *type = type_copy(c->arena, value->type);
        type->element = ELEMENT_INT;
        return value_tensor(c, value->typed, type);
    }
    return emit_cast(c, value, element, span);
}

static bool require_bool(Checker *c, int count, Value *const *args, const OpSite *site)
{
    for (int i = 0; i < count; i++)
        if (args[i]->kind == V_TENSOR && args[i]->type->element != ELEMENT_BOOL)
            return report_element(c, site, i, args[i], "true or false");
    return true;
}

/* Converts the operands; *result is the element of what comes out. */
static bool settle_elements(Checker *c, EwOp op, int count, Value **args, const OpSite *site,
                            Element *result)
{
    OperandKind kind = operand_kind(op);
    Element element = ELEMENT_BOOL;
    int from = kind == OPERANDS_SELECTED;
    for (int i = 0; i < count && (kind == OPERANDS_ANY || kind == OPERANDS_FLOAT); i++)
        if (args[i]->kind == V_BOOL ||
            (args[i]->kind == V_TENSOR && args[i]->type->element == ELEMENT_BOOL))
            return report_element(c, site, i, to_tensor(c, args[i], ELEMENT_BOOL, site->span),
                                  "numbers");
    if (kind == OPERANDS_BOOL || from) {
        if (!require_bool(c, from ? 1 : count, args, site))
            return false;
    }
    if (kind != OPERANDS_BOOL &&
        !join_elements(c, from, count, args, site, kind == OPERANDS_COMPARED, &element))
        return false;
    if (kind == OPERANDS_FLOAT)
        element = ELEMENT_FLOAT;
    for (int i = 0; i < count; i++)
        args[i] = to_element(c, args[i], i < from ? ELEMENT_BOOL : element, site->args[i]);
    *result = kind == OPERANDS_COMPARED ? ELEMENT_BOOL : element;
    return true;
}

static bool any_error(int count, Value *const *args)
{
    for (int i = 0; i < count; i++)
        if (args[i]->kind == V_ERROR)
            return true;
    return false;
}

Value *elementwise(Checker *c, EwOp op, int count, Value *const *given, const OpSite *site)
{
    Value *args[3];
    bool constant = true;
    for (int i = 0; i < count; i++) {
        args[i] = given[i];
        constant = constant && value_is_constant(args[i]);
    }
    if (any_error(count, args))
        return c->error;
    if (constant)
        return value_fold(c, op, count, args, site->span);
    for (int i = 0; i < count; i++)
        if (args[i]->kind != V_TENSOR && !value_is_constant(args[i]))
            return to_tensor(c, args[i], ELEMENT_FLOAT, site->args[i]);
    Element result = ELEMENT_FLOAT;
    if (!settle_elements(c, op, count, args, site, &result) || any_error(count, args))
        return c->error;
    if (!unify(c, count, args, site))
        return c->error;
    return emit_scalar(c, op, result, count, args, site->span);
}

Value *ew1(Checker *c, EwOp op, Value *x, Span span)
{
    return elementwise(c, op, 1, &x, &(OpSite){"compute", span, &span});
}

Value *ew2(Checker *c, EwOp op, Value *x, Value *y, Span span)
{
    return elementwise(c, op, 2, (Value *[]){x, y},
                       &(OpSite){"combine", span, (Span[]){span, span}});
}

Value *ew3(Checker *c, EwOp op, Value *x, Value *y, Value *z, Span span)
{
    return elementwise(c, op, 3, (Value *[]){x, y, z},
                       &(OpSite){"combine", span, (Span[]){span, span, span}});
}
