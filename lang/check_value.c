/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "lang/check.h"

Value *value_new(Checker *c, ValueKind kind)
{
    Value *value = ARENA_NEW(c->arena, Value);
    value->kind = kind;
    return value;
}

Value *value_dim(Checker *c, const Dim *dim)
{
    Value *value = value_new(c, V_DIM);
    value->dim = dim;
    return value;
}

Value *value_int(Checker *c, int64_t number)
{
    return value_dim(c, dim_number(&c->dims, number));
}

Value *value_number(Checker *c, double number, bool unknown)
{
    Value *value = value_new(c, V_NUMBER);
    value->number = number;
    value->unknown = unknown;
    return value;
}

Value *value_bool(Checker *c, bool truth, bool unknown)
{
    Value *value = value_new(c, V_BOOL);
    value->number = truth;
    value->unknown = unknown;
    return value;
}

Value *value_text(Checker *c, const char *text)
{
    Value *value = value_new(c, V_TEXT);
    value->text = text;
    return value;
}

Value *value_list(Checker *c, Value *const *items, int count)
{
    Value *value = value_new(c, V_LIST);
    value->count = count;
    value->items = count ? arena_copy(c->arena, items, sizeof *items * (size_t)count) : NULL;
    return value;
}

Value *value_axis(Checker *c, const Axis *axis)
{
    Value *value = value_new(c, V_AXIS);
    value->axis = arena_copy(c->arena, axis, sizeof *axis);
    return value;
}

Value *value_tensor(Checker *c, Typed *typed, const Type *type)
{
    Value *value = value_new(c, V_TENSOR);
    value->typed = typed;
    value->type = type;
    return value;
}

const char *value_describe(Checker *c, const Value *value)
{
    switch (value->kind) {
    case V_ERROR: return "something wrong";
    case V_NOTHING: return "nothing: the block does not end with an expression";
    case V_TENSOR: return arena_printf(c->arena, "a tensor %s", type_text(&c->dims, value->type));
    case V_DIM: return arena_printf(c->arena, "the size %s", dim_text(&c->dims, value->dim));
    case V_NUMBER: return "a number";
    case V_BOOL: return value->number != 0 ? "`true`" : "`false`";
    case V_TEXT: return "a text";
    case V_LIST: return arena_printf(c->arena, "a list of %d", value->count);
    case V_AXIS: return arena_printf(c->arena, "the axis `%s`", axis_text(&c->dims, value->axis));
    case V_LAYER:
        return value->layer->node->kind == N_FUNCTION
                   ? arena_printf(c->arena, "the function `%s`", value->layer->node->name)
                   : arena_printf(c->arena, "the layer `%s` without its parameters", value->layer->node->name);
    case V_INSTANCE:
        return arena_printf(c->arena, "the %s `%s`, not applied to anything",
                            value->instance->layer->node->kind == N_FUNCTION ? "function" : "layer",
                            value->instance->layer->node->name);
    case V_FUNCTION: return arena_printf(c->arena, "the function `%s`", value->function->name);
    }
    return "?";
}

bool value_is_constant(const Value *value)
{
    return value->kind == V_DIM || value->kind == V_NUMBER || value->kind == V_BOOL ||
           value->kind == V_TEXT;
}

bool value_as_number(const Value *value, double *number, bool *unknown)
{
    if (value->kind == V_NUMBER) {
        *number = value->number;
        *unknown = value->unknown;
        return true;
    }
    int64_t size;
    if (value->kind != V_DIM)
        return false;
    *unknown = !dim_known(value->dim, &size);
    *number = *unknown ? 1 : (double)size;
    return true;
}

/* ---- folding ---- */

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* The meaning of every operator is the text of its row. */
static double scalar_value(EwOp op, double x, double y, double z)
{
    /* clang-format off */
#define abs(v) fabs(v)
#define select(condition, yes, no) ((condition) ? (yes) : (no))
#define EW1(name, flags, fwd, dx, manual) case EW_##name: return fwd;
#define EW2(name, flags, fwd, dx, dy, manual) case EW_##name: return fwd;
#define EW3(name, flags, fwd, dx, dy, dz, manual) case EW_##name: return fwd;
    /* clang-format on */
    switch (op) {
#include "lang/ops.def"
    case EW_COUNT: break;
    }
#undef abs
#undef select
    return 0;
}

static bool gives_bool(EwOp op)
{
    switch (op) {
    case EW_not:
    case EW_eq:
    case EW_ne:
    case EW_lt:
    case EW_le:
    case EW_gt:
    case EW_ge:
    case EW_and:
    case EW_or: return true;
    default: return false;
    }
}

static Value *too_large(Checker *c, Span span)
{
    noted(c, diag_report(c->diags, span, E_SIZE_OVERFLOW));
    return c->error;
}

static Value *fold_comparison(Checker *c, EwOp op, const Dim *a, const Dim *b)
{
    int64_t difference;
    const Dim *d = dim_sub(&c->dims, a, b);
    if (!dim_known(d, &difference))
        return value_bool(c, op == EW_ne, true);
    return value_bool(c, scalar_value(op, (double)difference, 0, 0) != 0, false);
}

static Value *fold_division(Checker *c, const Value *a, const Value *b, Span span)
{
    int64_t x, y;
    if (dim_known(b->dim, &y) && y == 0) {
        noted(c, diag_report(c->diags, span, E_DIVISION_BY_ZERO));
        return c->error;
    }
    const Dim *quotient = dim_div(&c->dims, a->dim, b->dim);
    if (quotient)
        return value_dim(c, quotient);
    if (dim_known(a->dim, &x) && dim_known(b->dim, &y))
        return value_number(c, (double)x / (double)y, false);
    return too_large(c, span);
}

/* NULL if the operator leaves the whole numbers. */
static Value *fold_dims(Checker *c, EwOp op, Value *const *args, Span span)
{
    const Value *a = args[0], *b = args[1];
    const Dim *result;
    int64_t x, y;
    switch (op) {
    case EW_add: result = dim_add(&c->dims, a->dim, b->dim); break;
    case EW_sub: result = dim_sub(&c->dims, a->dim, b->dim); break;
    case EW_mul: result = dim_mul(&c->dims, a->dim, b->dim); break;
    case EW_div: return fold_division(c, a, b, span);
    case EW_max:
    case EW_min:
        if (!dim_known(a->dim, &x) || !dim_known(b->dim, &y))
            return NULL;
        return value_int(c, (op == EW_max) == (x > y) ? x : y);
    default:
        return gives_bool(op) && op != EW_and && op != EW_or
                   ? fold_comparison(c, op, a->dim, b->dim)
                   : NULL;
    }
    return result ? value_dim(c, result) : too_large(c, span);
}

static Value *fold_text(Checker *c, EwOp op, Value *const *args, Span span)
{
    bool equal = !strcmp(args[0]->text, args[1]->text);
    if (op == EW_eq || op == EW_ne)
        return value_bool(c, equal == (op == EW_eq), false);
    noted(c, diag_report(c->diags, span, E_NOT_A_TENSOR, value_describe(c, args[0])));
    return c->error;
}

static Value *fold_unary_dim(Checker *c, EwOp op, Value *x)
{
    if (op == EW_neg)
        return value_dim(c, dim_sub(&c->dims, dim_number(&c->dims, 0), x->dim));
    return op == EW_floor ? value_dim(c, dim_floor(&c->dims, x->dim)) : NULL;
}

/* An operand as a number; false, reported, if the operator has no meaning for it. */
static bool fold_operand(Checker *c, EwOp op, const Value *arg, Span span, double *x, bool *unknown)
{
    bool logic = op == EW_not || op == EW_and || op == EW_or;
    bool truth = arg->kind == V_BOOL;
    if (truth && (logic || op == EW_eq || op == EW_ne)) {
        *x = arg->number;
        *unknown = arg->unknown;
        return true;
    }
    if (!logic && value_as_number(arg, x, unknown))
        return true;
    noted(c, diag_report(c->diags, span, logic ? E_CONDITION : E_NOT_A_TENSOR,
                         value_describe(c, arg)));
    return false;
}

static Value *fold_numbers(Checker *c, EwOp op, int count, Value *const *args, Span span)
{
    double x[3] = {0};
    bool unknown = false;
    for (int i = 0; i < count; i++) {
        bool open;
        if (!fold_operand(c, op, args[i], span, &x[i], &open))
            return c->error;
        unknown |= open;
    }
    double result = scalar_value(op, x[0], x[1], x[2]);
    if (gives_bool(op))
        return value_bool(c, result != 0, unknown);
    if (unknown)
        return value_number(c, 1, true);
    if (!isfinite(result)) {
        noted(c, diag_report(c->diags, span, E_NOT_FINITE));
        return c->error;
    }
    if (op == EW_floor && fabs(result) < 9e15)
        return value_int(c, (int64_t)result);
    return value_number(c, result, false);
}

Value *value_fold(Checker *c, EwOp op, int count, Value *const *args, Span span)
{
    Value *folded = NULL;
    if (op == EW_select)
        return args[0]->number != 0 ? args[1] : args[2];
    if (count == 1 && args[0]->kind == V_DIM)
        folded = fold_unary_dim(c, op, args[0]);
    if (count == 2 && args[0]->kind == V_DIM && args[1]->kind == V_DIM)
        folded = fold_dims(c, op, args, span);
    if (count == 2 && args[0]->kind == V_TEXT && args[1]->kind == V_TEXT)
        folded = fold_text(c, op, args, span);
    return folded ? folded : fold_numbers(c, op, count, args, span);
}
