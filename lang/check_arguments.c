/* SPDX-License-Identifier: Apache-2.0
 *
 * What a layer or a function is applied to: values by position, by name, or
 * the declared default, which may use the arguments before it. A function
 * takes compile-time values beside tensors.
 */
#include "lang/check.h"

static const Node *args_of(const Instance *instance)
{
    return instance->layer->node->kids[1];
}

static const Node *default_of(const Node *arg)
{
    return arg->kids[0];
}

static int find_arg(const Node *args, const char *name)
{
    for (int i = 0; i < args->kid_count; i++)
        if (!strcmp(args->kids[i]->name, name))
            return i;
    return -1;
}

static bool report_name(Checker *c, const Instance *instance, const NamedArg *named)
{
    const Node *args = args_of(instance), *params = instance->layer->node->kids[0];
    const char *layer = instance->layer->node->name;
    Diag *d = noted(c, diag_report(c->diags, named->span, E_UNKNOWN_ARGUMENT, layer, named->name));
    const char **names = ARENA_ARRAY(c->arena, const char *, args->kid_count + 1);
    for (int i = 0; i < args->kid_count; i++)
        names[i] = args->kids[i]->name;
    const char *near = diag_nearest(named->name, names, args->kid_count);
    if (find_arg(params, named->name) >= 0)
        diag_help(c->diags, d, "parameters belong into the first parentheses");
    else if (near)
        diag_help(c->diags, d, "did you mean `%s`?", near);
    else
        diag_note(c->diags, d, "it is applied to %s", report_snippet(c, args->span));
    return false;
}

static bool report_count(Checker *c, const Instance *instance, const Call *call)
{
    Diag *d = noted(c, diag_report(c->diags, call->span, E_ARGUMENT_COUNT, instance->layer->node->name,
                                   call->args.count));
    diag_note(c->diags, d, "it is applied to %s", report_snippet(c, args_of(instance)->span));
    return false;
}

static bool check_names(Checker *c, const Instance *instance, const Call *call)
{
    for (int i = 0; i < call->named.count; i++) {
        const NamedArg *named = &call->named.data[i];
        int at = find_arg(args_of(instance), named->name);
        if (at < 0)
            return report_name(c, instance, named);
        if (at < call->args.count) {
            noted(c, diag_report(c->diags, named->span, E_ARGUMENT_TWICE, named->name));
            return false;
        }
    }
    return true;
}

bool arguments_fit(Checker *c, const Instance *instance, const Call *call)
{
    const Node *args = args_of(instance);
    if (call->args.count > args->kid_count)
        return report_count(c, instance, call);
    if (!check_names(c, instance, call))
        return false;
    for (int i = call->args.count; i < args->kid_count; i++) {
        const Node *arg = args->kids[i];
        if (default_of(arg) || call_named(call, arg->name))
            continue;
        if (!call->named.count)
            return report_count(c, instance, call);
        noted(c, diag_report(c->diags, call->span, E_MISSING_ARGUMENT, call->name, arg->name));
        return false;
    }
    return true;
}

bool arguments_lack_first(const Instance *instance, const Call *call)
{
    const Node *args = args_of(instance);
    int required = 0, given = call->args.count;
    for (int i = 0; i < args->kid_count; i++)
        required += !default_of(args->kids[i]);
    for (int i = 0; i < call->named.count; i++) {
        int at = find_arg(args, call->named.data[i].name);
        given += at >= 0 && !default_of(args->kids[at]);
    }
    bool tensor_first = args->kid_count && args->kids[0]->kind == N_ARG && !default_of(args->kids[0]);
    bool has_tensor = call->args.count && call->args.data[0]->kind == V_TENSOR;
    return instance->layer->node->kind == N_FUNCTION && tensor_first && (!has_tensor || given == required - 1);
}

static void bind_front(Checker *c, const Signature *s)
{
    if (!s->has_front || scope_own(c->scope, "..."))
        return;
    Value *front = value_tensor(c, NULL, type_copy(c->arena, &s->front));
    scope_bind(c->arena, c->scope, "...", front, (Span){0})->quiet = true;
}

/* A default is written inside: its axes have the layer's names already. */
static Value *default_value(Checker *c, Signature *s, const Node *arg)
{
    Value *value = eval(c, default_of(arg));
    if (arg->kind == N_PARAM)
        return param_value(c, arg, value, arg->span);
    Value *checked = signature_argument(c, s, arg, value, arg->span);
    return checked->kind == V_ERROR ? checked : value;
}

static Value *argument_value(Checker *c, Signature *s, const Node *arg, const Call *call, int i)
{
    const NamedArg *named = call_named(call, arg->name);
    if (i >= call->args.count && !named)
        return default_value(c, s, arg);
    Value *value = named ? named->value : call->args.data[i];
    Span span = named ? named->node->span : call->spans.data[i];
    return arg->kind == N_PARAM ? param_value(c, arg, value, span) : signature_argument(c, s, arg, value, span);
}

bool arguments_bind(Checker *c, Signature *s, const Call *call)
{
    const Node *args = args_of(s->instance);
    for (int i = 0; i < args->kid_count; i++) {
        const Node *arg = args->kids[i];
        Value *value = argument_value(c, s, arg, call, i);
        if (value->kind == V_ERROR)
            return false;
        if (i == 0 && call->over && !signature_over(c, s, arg, value, call->over))
            return false;
        scope_bind(c->arena, c->scope, arg->name, value, arg->name_span)->quiet = true;
        bind_front(c, s);
    }
    return true;
}
