/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/check.h"

NamedArg *call_named(const Call *call, const char *name)
{
    for (int i = 0; i < call->named.count; i++)
        if (!strcmp(call->named.data[i].name, name))
            return &call->named.data[i];
    return NULL;
}

bool call_is_poisoned(const Call *call)
{
    for (int i = 0; i < call->args.count; i++)
        if (call->args.data[i] && call->args.data[i]->kind == V_ERROR)
            return true;
    for (int i = 0; i < call->named.count; i++)
        if (call->named.data[i].value->kind == V_ERROR)
            return true;
    return false;
}

static void push_arg(Checker *c, Call *call, Value *value, const Node *node, Span span)
{
    vec_push(c->arena, &call->args, value);
    vec_push(c->arena, &call->nodes, node);
    vec_push(c->arena, &call->spans, span);
}

static void add_named(Checker *c, Call *call, const Node *node)
{
    if (call_named(call, node->name)) {
        noted(c, diag_report(c->diags, node->name_span, E_ARGUMENT_TWICE, node->name));
        return;
    }
    NamedArg arg = {.name = node->name, .span = node->name_span, .node = node->kids[0]};
    arg.value = eval(c, node->kids[0]);
    vec_push(c->arena, &call->named, arg);
}

/* Reads the arguments of a call; those from `axes_from` on are names of axes, not values. */
static Call *read_call(Checker *c, const Node *node, Value *piped, Span piped_span, int axes_from)
{
    Call *call = ARENA_NEW(c->arena, Call);
    call->span = node->span;
    if (piped)
        push_arg(c, call, piped, NULL, piped_span);
    for (int i = 1; i < node->kid_count; i++) {
        const Node *arg = node->kids[i];
        if (arg->kind == N_NAMED)
            add_named(c, call, arg);
        else if (arg->kind == N_OVER)
            call->over = arg;
        else if (arg->kind == N_ELLIPSIS)
            call->ellipsis = arg;
        else if (axes_from >= 0 && call->args.count >= axes_from)
            push_arg(c, call, NULL, arg, arg->span);
        else
            push_arg(c, call, eval(c, arg), arg, arg->span);
    }
    return call;
}

static void append_partial(Checker *c, Call *call, const Call *partial)
{
    for (int i = 0; i < partial->args.count; i++)
        push_arg(c, call, partial->args.data[i], partial->nodes.data[i], partial->spans.data[i]);
    for (int i = 0; i < partial->named.count; i++)
        if (!call_named(call, partial->named.data[i].name))
            vec_push(c->arena, &call->named, partial->named.data[i]);
    if (!call->over)
        call->over = partial->over;
}

/* A function that lacks its first operand, as `dropout(0.5)`, waits for it. */
static Value *call_function(Checker *c, Value *function, Call *call, bool piped)
{
    const Builtin *builtin = function->function;
    if (function->partial)
        append_partial(c, call, function->partial);
    if (!piped && call->args.count < builtin->least && call->args.count == builtin->least - 1) {
        Value *value = value_new(c, V_FUNCTION);
        value->function = builtin;
        value->partial = call;
        return value;
    }
    return builtin_call(c, builtin, call);
}

static Value *not_callable(Checker *c, const Node *node, const Value *value)
{
    if (value->kind == V_ERROR)
        return c->error;
    noted(c, diag_report(c->diags, node->span, E_NOT_CALLABLE, value_describe(c, value)));
    return c->error;
}

/* Applies an instance; a function that lacks its first operand, as `leaky(0.1)`, waits for it. */
static Value *call_instance(Checker *c, Value *value, Call *call, bool piped)
{
    if (value->partial)
        append_partial(c, call, value->partial);
    if (piped || !arguments_lack_first(value->instance, call))
        return layer_apply(c, value->instance, call);
    Value *waiting = value_new(c, V_INSTANCE);
    waiting->instance = value->instance;
    waiting->partial = call;
    return waiting;
}

/* Parameters in the call's parentheses; a piped value is what the layer is applied to. */
static Value *call_layer(Checker *c, Decl *layer, const Node *node, Value *piped,
                         Span piped_span)
{
    if (layer_param_count(layer) == 0) {
        Call *all = read_call(c, node, piped, piped_span, -1);
        Call none = {.span = node->span, .name = layer->node->name};
        Value *instance = layer_instantiate(c, layer, &none);
        all->name = layer->node->name;
        bool applied = all->args.count > 0 || all->over || layer->node->kind == N_FUNCTION;
        return applied && instance->kind == V_INSTANCE ? call_instance(c, instance, all, piped) : instance;
    }
    Call *params = read_call(c, node, NULL, piped_span, -1);
    params->name = layer->node->name;
    Value *instance = layer_instantiate(c, layer, params);
    if (!piped || instance->kind != V_INSTANCE)
        return piped ? c->error : instance;
    Call application = {.span = node->span, .name = layer->node->name};
    push_arg(c, &application, piped, NULL, piped_span);
    return layer_apply(c, instance->instance, &application);
}

Value *eval_call(Checker *c, const Node *node, Value *piped, Span piped_span)
{
    Value *callee = eval(c, node->kids[0]);
    switch (callee->kind) {
    case V_LAYER: return call_layer(c, callee->layer, node, piped, piped_span);
    case V_INSTANCE:
        return call_instance(c, callee, read_call(c, node, piped, piped_span, -1), piped);
    case V_FUNCTION: {
        Call *call = read_call(c, node, piped, piped_span, callee->function->axes_from);
        return call_function(c, callee, call, piped);
    }
    default: return not_callable(c, node->kids[0], callee);
    }
}

static Value *apply_layer_value(Checker *c, Decl *layer, const Node *node, Call *call)
{
    if (layer_needs_params(layer)) {
        Diag *d = noted(c, diag_report(c->diags, node->span, E_LAYER_PARAMS, layer->node->name));
        diag_help(c->diags, d, "write `%s(...)` with its parameters: %s", layer->node->name,
                  report_snippet(c, layer->node->kids[0]->span));
        return c->error;
    }
    Call none = {.span = node->span, .name = layer->node->name};
    Value *instance = layer_instantiate(c, layer, &none);
    return instance->kind == V_INSTANCE ? layer_apply(c, instance->instance, call) : instance;
}

Value *eval_pipe(Checker *c, const Node *node)
{
    const Node *x = node->kids[0], *f = node->kids[1];
    Value *piped = eval(c, x);
    if (f->kind == N_CALL)
        return eval_call(c, f, piped, x->span);
    Value *callee = eval(c, f);
    Call *call = ARENA_NEW(c->arena, Call);
    call->span = f->span;
    push_arg(c, call, piped, NULL, x->span);
    switch (callee->kind) {
    case V_LAYER: return apply_layer_value(c, callee->layer, f, call);
    case V_INSTANCE: return call_instance(c, callee, call, true);
    case V_FUNCTION: return call_function(c, callee, call, true);
    default: return not_callable(c, f, callee);
    }
}

/* ---- options ---- */

static void wrong_option(Checker *c, const NamedArg *arg, const char *expected)
{
    if (arg->value->kind != V_ERROR)
        noted(c, diag_report(c->diags, arg->node->span, E_OPTION_KIND, arg->name, expected,
                             value_describe(c, arg->value)));
}

const Dim *call_dim(Checker *c, const Call *call, const char *name, int64_t otherwise)
{
    const NamedArg *arg = call_named(call, name);
    if (arg && arg->value->kind == V_DIM)
        return arg->value->dim;
    if (arg)
        wrong_option(c, arg, "a whole number");
    return dim_number(&c->dims, otherwise);
}

int64_t call_int(Checker *c, const Call *call, const char *name, int64_t otherwise)
{
    return dim_value(call_dim(c, call, name, otherwise), otherwise);
}

double call_number(Checker *c, const Call *call, const char *name, double otherwise)
{
    const NamedArg *arg = call_named(call, name);
    double number;
    bool unknown;
    if (!arg)
        return otherwise;
    if (value_as_number(arg->value, &number, &unknown))
        return unknown ? otherwise : number;
    wrong_option(c, arg, "a number");
    return otherwise;
}

Value *call_tensor(Checker *c, const Call *call, int index)
{
    return to_tensor(c, call->args.data[index], ELEMENT_FLOAT, call->spans.data[index]);
}

static bool is_batch(Checker *c, const Node *name, const Axis *axis)
{
    if (axis->kind != AXIS_FREE)
        return false;
    noted(c, diag_report(c->diags, name->span, E_MIXES_ITEMS, axis->name));
    return true;
}

const Type *call_front(Checker *c, Span ellipsis)
{
    Binding *front = scope_find(c->scope, "...");
    if (!front) {
        noted(c, diag_report(c->diags, ellipsis, E_NO_FRONT));
        return NULL;
    }
    front->used = true;
    return front->value->type;
}

/* The axes of `type` that `...` stands for; 0, reported, if it has others in front. */
static unsigned front_axes(Checker *c, const Node *ellipsis, const Type *type)
{
    const Type *front = call_front(c, ellipsis->span);
    if (!front)
        return 0;
    bool same = front->rank <= type->rank;
    for (int i = 0; same && i < front->rank; i++)
        same = axis_equal(&front->axes[i], &type->axes[i]);
    if (!front->rank)
        noted(c, diag_report(c->diags, ellipsis->span, E_NO_FRONT));
    else if (!same)
        report_no_axis(c, &(Node){.name = "...", .span = ellipsis->span}, type);
    else if (c->scans_open && front->axes[0].kind == AXIS_FREE)
        noted(c, diag_report(c->diags, ellipsis->span, E_BATCH_IN_SCAN));
    else
        return (1u << front->rank) - 1;
    return 0;
}

unsigned call_axes(Checker *c, const Call *call, const Type *type)
{
    unsigned axes = 0;
    for (int i = 0; i < call->over->kid_count; i++) {
        const Node *name = call->over->kids[i];
        if (name->kind == N_ELLIPSIS) {
            unsigned front = front_axes(c, name, type);
            if (!front)
                return 0;
            axes |= front;
            continue;
        }
        int axis = type_find(type, name->name);
        if (axis < 0)
            report_no_axis(c, name, type);
        if (axis < 0 || is_batch(c, name, &type->axes[axis]))
            return 0;
        if (axes >> axis & 1) {
            noted(c, diag_report(c->diags, name->span, E_AXIS_TWICE, name->name));
            return 0;
        }
        axes |= 1u << axis;
    }
    return axes;
}

int call_axis(Checker *c, const Call *call, const Type *type)
{
    if (!call->over) {
        if (type->rank && type->axes[type->rank - 1].kind != AXIS_FREE)
            return type->rank - 1;
        report_needs_axis(c, call);
        return -1;
    }
    if (call->over->kid_count != 1) {
        noted(c, diag_report(c->diags, call->over->span, E_ONE_AXIS, call->name));
        return -1;
    }
    unsigned axes = call_axes(c, call, type);
    for (int i = 0; i < type->rank; i++)
        if (axes >> i & 1)
            return i;
    return -1;
}
