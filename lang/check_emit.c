/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/check.h"

static bool too_many_elements(const Type *type)
{
    int64_t count = 1;
    for (int i = 0; i < type->rank; i++)
        if (type->axes[i].kind == AXIS_CONST &&
            (__builtin_mul_overflow(count, dim_value(type->axes[i].dim, 1), &count) ||
             count > ELEMENTS_MAX))
            return true;
    return false;
}

static Value *refuse(Checker *c, Span span, DiagCode code, const Type *type)
{
    noted(c, diag_report(c->diags, span, code, type_text(&c->dims, type)));
    return c->error;
}

static bool type_is_possible(Checker *c, const Type *type, Span span)
{
    if (type->rank > AXES_MAX)
        noted(c, diag_report(c->diags, span, E_TOO_MANY_AXES, AXES_MAX));
    else if (!type_is_packed(type, &c->extents))
        report_ragged_order(c, noted(c, diag_report(c->diags, span, E_RAGGED_ORDER, type_text(&c->dims, type))), type);
    else if (too_many_elements(type))
        refuse(c, span, E_TOO_LARGE, type);
    else
        return true;
    return false;
}

static unsigned dependences(const Checker *c, int count, Value *const *args)
{
    unsigned all = 0;
    for (int i = 0; i < count; i++)
        all |= c->depends.data[args[i]->typed->id];
    return all;
}

const Site *site_enter(Checker *c, const char *name, Span span)
{
    const Site *before = c->site;
    c->site = arena_copy(c->arena, &(Site){.outer = before, .name = name, .span = span}, sizeof(Site));
    return before;
}

Value *emit(Checker *c, TypedKind kind, const Type *type, Span span, int count, Value *const *args)
{
    for (int i = 0; i < count; i++)
        if (args[i]->kind == V_ERROR)
            return c->error;
    if (c->stopped || !type_is_possible(c, type, span))
        return c->error;
    if (c->typed.count >= TYPED_MAX)
        return report_stop(c, span, E_PROGRAM_TOO_LARGE);
    Typed *typed = ARENA_NEW(c->arena, Typed);
    *typed = (Typed){.kind = kind, .id = c->typed.count, .type = type_value(type), .span = span, .site = c->site};
    typed->arg_count = count;
    typed->args = ARENA_ARRAY(c->arena, Typed *, count ? count : 1);
    for (int i = 0; i < count; i++)
        typed->args[i] = args[i]->typed;
    vec_push(c->arena, &c->depends, dependences(c, count, args));
    vec_push(c->arena, &c->typed, typed);
    return value_tensor(c, typed, type_copy(c->arena, type));
}

Value *emit_number(Checker *c, double number, Element element, Span span)
{
    Type type = {.element = element};
    Value *value = emit(c, T_NUMBER, &type, span, 0, NULL);
    if (value->kind == V_TENSOR)
        value->typed->number = number;
    return value;
}

static Type *with_element(Checker *c, const Type *type, Element element)
{
    Type *copy = type_copy(c->arena, type);
    copy->element = element;
    return copy;
}

Value *emit_cast(Checker *c, Value *x, Element element, Span span)
{
    if (x->kind == V_ERROR || x->type->element == element)
        return x;
    return emit(c, T_CAST, with_element(c, x->type, element), span, 1, &x);
}

static Value *set_map(Value *value, const int8_t *map)
{
    if (value->kind == V_TENSOR)
        memcpy(value->typed->map, map, AXES_MAX);
    return value;
}

Value *emit_broadcast(Checker *c, Value *x, const Type *type, const int8_t *map, Span span)
{
    if (x->kind == V_ERROR)
        return x;
    bool same = x->type->rank == type->rank;
    for (int i = 0; same && i < type->rank; i++)
        same = map[i] == i;
    if (same)
        return x;
    return set_map(emit(c, T_BROADCAST, with_element(c, type, x->type->element), span, 1, &x), map);
}

Value *emit_scalar(Checker *c, EwOp op, Element element, int count, Value *const *args, Span span)
{
    for (int i = 0; i < count; i++)
        if (args[i]->kind == V_ERROR)
            return c->error;
    Value *value =
        emit(c, T_EW, with_element(c, args[count - 1]->type, element), span, count, args);
    if (value->kind == V_TENSOR)
        value->typed->op = op;
    return value;
}

Value *emit_reduce(Checker *c, ReduceKind kind, Value *x, unsigned axes, Span span)
{
    if (x->kind == V_ERROR || !axes)
        return x;
    Type type = {.element = kind == REDUCE_ARGMAX ? ELEMENT_INT : x->type->element};
    for (int i = 0; i < x->type->rank; i++)
        if (!(axes >> i & 1))
            type_push(&type, x->type->axes[i]);
    Value *value = emit(c, T_REDUCE, &type, span, 1, &x);
    if (value->kind == V_TENSOR) {
        value->typed->reduce.kind = kind;
        value->typed->reduce.axes = axes;
        for (int i = 0; i < x->type->rank; i++)
            if (axes >> i & 1 && x->type->axes[i].kind == AXIS_FREE)
                c->depends.data[value->typed->id] |= ON_BATCH;
    }
    return value;
}

Value *emit_transpose(Checker *c, Value *x, const int8_t *map, Span span)
{
    if (x->kind == V_ERROR)
        return x;
    Type type = {.element = x->type->element};
    bool same = true;
    for (int i = 0; i < x->type->rank; i++) {
        type_push(&type, x->type->axes[map[i]]);
        same = same && map[i] == i;
    }
    return same ? x : set_map(emit(c, T_TRANSPOSE, &type, span, 1, &x), map);
}

Value *emit_slice(Checker *c, Value *x, int axis, int64_t start, int64_t size, Span span)
{
    if (x->kind == V_ERROR)
        return x;
    Type *type = type_copy(c->arena, x->type);
    type->axes[axis].dim = dim_number(&c->dims, size);
    type->axes[axis].reason = NULL;
    Value *value = emit(c, T_SLICE, type, span, 1, &x);
    if (value->kind == V_TENSOR) {
        value->typed->slice.axis = axis;
        value->typed->slice.start = start;
        value->typed->slice.size = size;
    }
    return value;
}

Value *emit_reshape(Checker *c, Value *x, const Type *type, Span span)
{
    return x->kind == V_ERROR
               ? x
               : emit(c, T_RESHAPE, with_element(c, type, x->type->element), span, 1, &x);
}

Value *emit_unreduce(Checker *c, Value *x, const Type *wide, unsigned axes, Span span)
{
    int8_t map[AXES_MAX];
    int next = 0;
    for (int i = 0; i < wide->rank; i++)
        map[i] = (int8_t)(axes >> i & 1 ? -1 : next++);
    return emit_broadcast(c, x, wide, map, span);
}

Value *emit_iota(Checker *c, const Type *type, int axis, Span span)
{
    Value *value = emit(c, T_IOTA, with_element(c, type, ELEMENT_INT), span, 0, NULL);
    if (value->kind == V_TENSOR)
        value->typed->slice.axis = axis;
    return value;
}

Value *emit_length(Checker *c, const Type *type, int axis, Element element, Span span)
{
    Type lengths = {.element = ELEMENT_INT};
    for (int i = 0; i < axis; i++)
        type_push(&lengths, type->axes[i]);
    Value *value = emit(c, T_LENGTH, &lengths, span, 0, NULL);
    if (value->kind == V_TENSOR)
        value->typed->index = type->axes[axis].extent;
    return emit_cast(c, value, element, span);
}
