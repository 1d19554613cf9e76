/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions that rearrange: concat, flatten, split, merge, permute, window,
 * gather, zeros and ones, dropout.
 */
#include "lang/check.h"

/* ---- concat ---- */

typedef struct Operands {
    VEC(Value *) values;
    VEC(Span) spans;
} Operands;

static bool concat_operands(Checker *c, Call *call, Operands *operands)
{
    for (int i = 0; i < call->args.count; i++) {
        Value *arg = call->args.data[i];
        int count = arg->kind == V_LIST ? arg->count : 1;
        for (int j = 0; j < count; j++) {
            Value *value = to_tensor(c, arg->kind == V_LIST ? arg->items[j] : arg, ELEMENT_FLOAT,
                                     call->spans.data[i]);
            if (value->kind == V_ERROR)
                return false;
            vec_push(c->arena, &operands->values, value);
            vec_push(c->arena, &operands->spans, call->spans.data[i]);
        }
    }
    if (operands->values.count == 0)
        noted(c, diag_report(c->diags, call->span, E_EMPTY_LIST, "concat"));
    return operands->values.count > 0;
}

/* False, reported, if another axis than `axis` differs. */
static bool concat_fits(Checker *c, const Call *call, const Operands *operands, int i, int axis)
{
    const Value *first = operands->values.data[0], *x = operands->values.data[i];
    int other = -1;
    bool fits = x->type->rank == first->type->rank && x->type->element == first->type->element &&
                x->type->axes[axis].kind == AXIS_CONST;
    for (int j = 0; fits && other < 0 && j < x->type->rank; j++)
        if (j != axis && !axis_equal(&x->type->axes[j], &first->type->axes[j]))
            other = j;
    if (fits && other < 0)
        return true;
    Diag *d = noted(c, diag_report(c->diags, call->span, E_CONCAT));
    report_label(c, d, operands->spans.data[0], first);
    if (operands->spans.data[i].start != operands->spans.data[0].start)
        report_label(c, d, operands->spans.data[i], x);
    diag_note(c->diags, d, "number %d is %s, the first is %s", i + 1, type_text(&c->dims, x->type),
              type_text(&c->dims, first->type));
    report_unpooled(c, d, x->type, first->type);
    report_unpooled(c, d, first->type, x->type);
    if (other >= 0) {
        report_why(c, d, &x->type->axes[other]);
        report_why(c, d, &first->type->axes[other]);
        report_two_lengths(c, d, &first->type->axes[other], &x->type->axes[other]);
    }
    return false;
}

Value *builtin_concat(Checker *c, const Builtin *builtin, Call *call)
{
    (void)builtin;
    Operands operands = {0};
    if (!concat_operands(c, call, &operands))
        return c->error;
    Value *first = operands.values.data[0];
    int axis = call_axis(c, call, first->type);
    if (axis < 0)
        return c->error;
    if (first->type->axes[axis].kind != AXIS_CONST) {
        noted(c, diag_report(c->diags, call->span, E_RUNTIME_AXIS, "concat",
                             axis_text(&c->dims, &first->type->axes[axis])));
        return c->error;
    }
    Type *type = type_copy(c->arena, first->type);
    const Dim *size = dim_number(&c->dims, 0);
    for (int i = 0; i < operands.values.count; i++) {
        if (!concat_fits(c, call, &operands, i, axis))
            return c->error;
        size = dim_add(&c->dims, size, operands.values.data[i]->type->axes[axis].dim);
    }
    if (!size)
        return report_stop(c, call->span, E_SIZE_OVERFLOW);
    if (operands.values.count > 1)
        type->axes[axis] = (Axis){
            .kind = AXIS_CONST, .dim = size, .name = call->over ? type->axes[axis].name : NULL};
    Value *value = emit(c, T_CONCAT, type, call->span, operands.values.count, operands.values.data);
    if (value->kind == V_TENSOR)
        value->typed->slice.axis = axis;
    return value;
}

/* ---- reshapes ---- */

/* x with the constant axes first..last as one. */
static Value *merge_axes(Checker *c, Value *x, int first, int last, Span span)
{
    Type type = {.element = x->type->element};
    const Dim *size = dim_number(&c->dims, 1);
    for (int i = 0; i < x->type->rank; i++) {
        if (i < first || i > last)
            type_push(&type, x->type->axes[i]);
        else
            size = dim_mul(&c->dims, size, x->type->axes[i].dim);
        if (i == last)
            type_push(&type, (Axis){.kind = AXIS_CONST, .dim = size});
    }
    if (!size)
        return report_stop(c, span, E_SIZE_OVERFLOW);
    return first == last ? x : emit_reshape(c, x, &type, span);
}

Value *builtin_flatten(Checker *c, const Builtin *builtin, Call *call)
{
    (void)builtin;
    Value *x = call_tensor(c, call, 0);
    if (x->kind == V_ERROR)
        return x;
    int first = 0;
    while (first < x->type->rank && axis_is_runtime(&x->type->axes[first]))
        first++;
    return first < x->type->rank ? merge_axes(c, x, first, x->type->rank - 1, call->span) : x;
}

Value *builtin_merge(Checker *c, const Builtin *builtin, Call *call)
{
    (void)builtin;
    Value *x = call_tensor(c, call, 0);
    unsigned axes = x->kind == V_TENSOR ? call_axes(c, call, x->type) : 0;
    if (!axes)
        return c->error;
    int first = 0, last;
    while (!(axes >> first & 1))
        first++;
    for (last = first; axes >> (last + 1) & 1;)
        last++;
    for (int i = 0; i < x->type->rank; i++) {
        bool named = axes >> i & 1, between = i >= first && i <= last;
        if (named == between && !(named && axis_is_runtime(&x->type->axes[i])))
            continue;
        Diag *d = noted(c, diag_report(c->diags, call->over->span, E_MERGE));
        report_label(c, d, call->spans.data[0], x);
        return c->error;
    }
    return merge_axes(c, x, first, last, call->span);
}

static Value *report_split(Checker *c, const Call *call, const Value *x, const Axis *axis,
                           const Dim *product)
{
    Diag *d = noted(c, diag_report(c->diags, call->span, E_SPLIT_SIZE, axis_text(&c->dims, axis),
                                   dim_text(&c->dims, product)));
    report_label(c, d, call->spans.data[0], x);
    report_why(c, d, axis);
    return c->error;
}

Value *builtin_split(Checker *c, const Builtin *builtin, Call *call)
{
    (void)builtin;
    Value *x = call_tensor(c, call, 0);
    int axis = x->kind == V_TENSOR ? call_axis(c, call, x->type) : -1;
    if (axis < 0)
        return c->error;
    Type type = {.element = x->type->element};
    const Dim *product = dim_number(&c->dims, 1);
    for (int i = 0; i < axis; i++)
        type_push(&type, x->type->axes[i]);
    for (int i = 1; i < call->args.count; i++) {
        const Node *node = call->nodes.data[i];
        Value *size = call->args.data[i];
        if (size->kind != V_DIM || dim_value(size->dim, 1) < 1) {
            noted(c, diag_report(c->diags, call->spans.data[i], E_NOT_A_SIZE,
                                 value_describe(c, size)));
            return c->error;
        }
        const char *name = node && node->kind == N_NAME ? node->name : NULL;
        type_push(
            &type,
            (Axis){.kind = AXIS_CONST, .dim = size->dim, .name = name, .reason = size->reason});
        product = dim_mul(&c->dims, product, size->dim);
    }
    for (int i = axis + 1; i < x->type->rank; i++)
        type_push(&type, x->type->axes[i]);
    if (x->type->axes[axis].kind != AXIS_CONST || !dim_equal(product, x->type->axes[axis].dim))
        return report_split(c, call, x, &x->type->axes[axis], product);
    return emit_reshape(c, x, &type, call->span);
}

/* ---- permute ---- */

/* Axes by the names given, as a set and in order; false, reported. */
static bool permute_names(Checker *c, const Call *call, const Type *type, unsigned *named,
                          int8_t *order, int *count)
{
    *named = 0;
    *count = 0;
    for (int i = 1; i < call->args.count; i++) {
        const Node *node = call->nodes.data[i];
        int axis = node && node->kind == N_NAME ? type_find(type, node->name) : -1;
        if (!node || axis < 0) {
            if (node)
                report_no_axis(c, node, type);
            return false;
        }
        if (*named >> axis & 1) {
            noted(c, diag_report(c->diags, node->span, E_AXIS_TWICE, node->name));
            return false;
        }
        *named |= 1u << axis;
        order[(*count)++] = (int8_t)axis;
    }
    return true;
}

Value *builtin_permute(Checker *c, const Builtin *builtin, Call *call)
{
    (void)builtin;
    Value *x = call_tensor(c, call, 0);
    unsigned named;
    int8_t order[16], map[AXES_MAX];
    int count, rank = 0;
    if (x->kind == V_ERROR || !permute_names(c, call, x->type, &named, order, &count))
        return c->error;
    for (int i = 0; i < x->type->rank; i++)
        if (!(named >> i & 1))
            map[rank++] = (int8_t)i;
    bool complete = rank == 0 || call->ellipsis;
    for (int i = 0; i < count; i++)
        map[rank++] = order[i];
    bool moved = false;
    for (int i = 0; i < rank; i++)
        moved |= map[i] != i && axis_is_runtime(&x->type->axes[map[i]]);
    if (complete && !moved)
        return emit_transpose(c, x, map, call->span);
    Diag *d =
        noted(c, diag_report(c->diags, call->span, moved ? E_PERMUTE_RUNTIME : E_PERMUTE_ALL));
    report_label(c, d, call->spans.data[0], x);
    if (!moved)
        diag_help(c->diags, d, "`permute(x, ..., first, second)` keeps the others in front");
    return c->error;
}

/* ---- window ---- */

typedef struct Windows {
    const Dim *size, *stride, *dilation, *low, *high, *span, *pad;
    int least;
} Windows;

/* Every option is at least `least`, as far as it is known. */
static bool at_least(Checker *c, const Call *call, const char *name, const Dim *dim, int least)
{
    if (dim_value(dim, least) >= least && dim_value(dim, least) <= INT32_MAX)
        return true;
    const NamedArg *arg = call_named(call, name);
    noted(c, diag_report(c->diags, arg ? arg->node->span : call->span, E_OPTION_RANGE, name,
                         dim_text(&c->dims, dim)));
    return false;
}

/* `pad = "same"` keeps the number of entries at stride 1: span - 1 entries of padding, the smaller
 * half in front. A number pads both sides. */
static bool window_padding(Checker *c, const Call *call, Windows *w)
{
    const NamedArg *pad = call_named(call, "pad");
    DimTable *t = &c->dims;
    if (!pad || (pad->value->kind == V_TEXT && !strcmp(pad->value->text, "valid"))) {
        w->low = call_dim(c, call, "low", 0);
        w->high = call_dim(c, call, "high", 0);
    } else if (pad->value->kind == V_TEXT && !strcmp(pad->value->text, "same")) {
        const Dim *all = dim_sub(t, w->span, dim_number(t, 1));
        w->low = dim_floor_div(t, all, dim_number(t, 2));
        w->high = dim_sub(t, all, w->low);
    } else if (pad->value->kind == V_DIM) {
        w->low = w->high = pad->value->dim;
    } else {
        noted(c,
              diag_report(c->diags, pad->node->span, E_OPTION_KIND, "pad",
                          "\"valid\", \"same\" or a whole number", value_describe(c, pad->value)));
        return false;
    }
    w->pad = dim_add(t, w->low, w->high);
    return at_least(c, call, "pad", w->low, 0) && at_least(c, call, "pad", w->high, 0);
}

static bool window_options(Checker *c, const Call *call, Windows *w)
{
    DimTable *t = &c->dims;
    if (!call_named(call, "size")) {
        Diag *d = noted(c, diag_report(c->diags, call->span, E_MISSING_ARGUMENT, "window", "size"));
        diag_note(c->diags, d, "usage: window(x, over axis, size = k)");
        return false;
    }
    w->size = call_dim(c, call, "size", 1);
    w->stride = call_dim(c, call, "stride", 1);
    w->dilation = call_dim(c, call, "dilation", 1);
    w->least = (int)call_int(c, call, "least", 0);
    if (!at_least(c, call, "size", w->size, 1) || !at_least(c, call, "stride", w->stride, 1) ||
        !at_least(c, call, "dilation", w->dilation, 1) ||
        !at_least(c, call, "least", dim_number(t, w->least), 0))
        return false;
    const Dim *steps = dim_sub(t, w->size, dim_number(t, 1));
    w->span = dim_add(t, dim_mul(t, steps, w->dilation), dim_number(t, 1));
    if (w->span && window_padding(c, call, w) && w->pad)
        return true;
    if (!w->span || !w->pad)
        report_stop(c, call->span, E_SIZE_OVERFLOW);
    return false;
}

/* The axis of windows over a constant axis; false, reported, if not one fits. */
static bool const_windows(Checker *c, const Call *call, const Windows *w, Axis *axis)
{
    DimTable *t = &c->dims;
    const Dim *room = dim_sub(t, dim_add(t, axis->dim, w->pad), w->span);
    const Dim *count = dim_add(t, dim_floor_div(t, room, w->stride), dim_number(t, 1));
    int64_t known;
    if (!count) {
        report_stop(c, call->span, E_SIZE_OVERFLOW);
        return false;
    }
    if (dim_known(count, &known) && known < w->least)
        count = dim_number(t, known = w->least);
    if (dim_known(count, &known) && known < 1) {
        Diag *d = noted(c, diag_report(c->diags, call->span, E_WINDOW_FIT, dim_text(t, w->span),
                                       axis_text(t, axis)));
        report_why(c, d, axis);
        diag_help(c->diags, d, "`pad = \"same\"` keeps the number of entries");
        return false;
    }
    axis->dim = count;
    return true;
}

static void ragged_windows(Checker *c, const Windows *w, Axis *axis)
{
    int64_t fewer;
    const Dim *change = dim_sub(&c->dims, w->pad, w->span);
    if (dim_known(change, &fewer) && fewer == -1 && dim_value(w->stride, 0) == 1 && w->least == 0)
        return; /* as many windows as entries */
    ExtentInfo info = {.name = c->extents.data[axis->extent].name,
                       .kind = EXTENT_WINDOW,
                       .parent = c->extents.data[axis->extent].parent,
                       .source = axis->extent,
                       .pad = w->pad,
                       .span = w->span,
                       .stride = w->stride,
                       .least = w->least};
    axis->extent = extent_add(c, info);
}

Value *builtin_window(Checker *c, const Builtin *builtin, Call *call)
{
    (void)builtin;
    Value *x = call_tensor(c, call, 0);
    int at = x->kind == V_TENSOR ? call_axis(c, call, x->type) : -1;
    Windows w = {0};
    if (at < 0 || !window_options(c, call, &w))
        return c->error;
    Axis axis = x->type->axes[at];
    if (axis.kind == AXIS_CONST && !const_windows(c, call, &w, &axis))
        return c->error;
    if (axis.kind == AXIS_RAGGED)
        ragged_windows(c, &w, &axis);
    Type type = {.element = x->type->element};
    const NamedArg *size = call_named(call, "size");
    const char *name = size->node->kind == N_NAME ? size->node->name : NULL;
    for (int i = 0; i < x->type->rank; i++) {
        type_push(&type, i == at ? axis : x->type->axes[i]);
        if (i == at)
            type_push(&type, (Axis){.kind = AXIS_CONST,
                                    .dim = w.size,
                                    .name = name,
                                    .reason = size->value->reason});
    }
    Value *value = emit(c, T_WINDOW, &type, call->span, 1, &x);
    if (value->kind != V_TENSOR)
        return value;
    value->typed->window.axis = at;
    value->typed->window.size = dim_value(w.size, 1);
    value->typed->window.stride = dim_value(w.stride, 1);
    value->typed->window.dilation = dim_value(w.dilation, 1);
    value->typed->window.low = dim_value(w.low, 0);
    value->typed->window.fill = call_number(c, call, "fill", 0);
    return value;
}

/* ---- gather, constants, dropout ---- */

static bool is_index(Element element)
{
    return element == ELEMENT_INT || element == ELEMENT_TOKEN || element == ELEMENT_CLASS;
}

Value *builtin_gather(Checker *c, const Builtin *builtin, Call *call)
{
    (void)builtin;
    Value *table = call_tensor(c, call, 0), *index = call_tensor(c, call, 1);
    if (table->kind == V_ERROR || index->kind == V_ERROR)
        return c->error;
    bool fits = table->type->rank == 2 && table->type->element == ELEMENT_FLOAT &&
                !axis_is_runtime(&table->type->axes[0]) && !axis_is_runtime(&table->type->axes[1]);
    if (!fits || !is_index(index->type->element)) {
        Diag *d = noted(c, diag_report(c->diags, call->span, E_GATHER));
        report_label(c, d, call->spans.data[0], table);
        report_label(c, d, call->spans.data[1], index);
        return c->error;
    }
    Type type = *index->type;
    type.element = ELEMENT_FLOAT;
    type_push(&type, table->type->axes[1]);
    return emit(c, T_GATHER, &type, call->span, 2, (Value *[]){table, index});
}

static bool push_front(Checker *c, const Call *call, Type *type)
{
    const Type *front = call_front(c, call->ellipsis->span);
    for (int i = 0; front && i < front->rank; i++)
        type_push(type, front->axes[i]);
    return front;
}

Value *builtin_fill(Checker *c, const Builtin *builtin, Call *call)
{
    Type type = {.element = ELEMENT_FLOAT};
    if (call->ellipsis && !push_front(c, call, &type))
        return c->error;
    for (int i = 0; i < call->args.count; i++) {
        const Value *size = call->args.data[i];
        const Node *node = call->nodes.data[i];
        const char *name = node && node->kind == N_NAME ? node->name : NULL;
        if (size->kind == V_AXIS) {
            type_push(&type, *size->axis);
        } else if (size->kind == V_DIM && dim_value(size->dim, 1) >= 1) {
            type_push(
                &type,
                (Axis){.kind = AXIS_CONST, .dim = size->dim, .name = name, .reason = size->reason});
        } else {
            noted(c, diag_report(c->diags, call->spans.data[i], E_NOT_A_SIZE,
                                 value_describe(c, size)));
            return c->error;
        }
    }
    int8_t map[AXES_MAX];
    memset(map, -1, sizeof map);
    return emit_broadcast(c, emit_number(c, builtin->op, ELEMENT_FLOAT, call->span), &type, map,
                          call->span);
}

Value *builtin_dropout(Checker *c, const Builtin *builtin, Call *call)
{
    (void)builtin;
    Value *x = call_tensor(c, call, 0);
    double rate;
    bool unknown;
    if (x->kind == V_ERROR)
        return x;
    if (!value_as_number(call->args.data[1], &rate, &unknown) || rate < 0 ||
        (rate >= 1 && !unknown)) {
        noted(c, diag_report(c->diags, call->spans.data[1], E_DROPOUT_RATE,
                             value_describe(c, call->args.data[1])));
        return c->error;
    }
    if (x->type->element != ELEMENT_FLOAT) {
        Diag *d = noted(c, diag_report(c->diags, call->span, E_ELEMENT, "drop out",
                                       element_name(x->type->element)));
        report_label(c, d, call->spans.data[0], x);
        return c->error;
    }
    Value *value = emit(c, T_DROPOUT, x->type, call->span, 1, &x);
    if (value->kind == V_TENSOR)
        value->typed->number = unknown ? 0 : rate;
    return value;
}
