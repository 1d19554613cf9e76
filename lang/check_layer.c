/* SPDX-License-Identifier: Apache-2.0
 *
 * Instances of layers. A layer with its parameters is an instance; `let` or
 * any other binding of an instance gives it its name, and with it one set of
 * weights. An instance without a name makes fresh ones wherever it is applied,
 * named by the binding that it is applied in (docs/language.md, "Names of weights").
 */
#include "lang/check.h"

static const Node *params_of(const Decl *layer)
{
    return layer->node->kids[0];
}
static const Node *args_of(const Decl *layer)
{
    return layer->node->kids[1];
}
static const Node *result_of(const Decl *layer)
{
    return layer->node->kids[2];
}
static const Node *body_of(const Decl *layer)
{
    return layer->node->kids[3];
}

int layer_param_count(const Decl *layer)
{
    return params_of(layer)->kid_count;
}

bool layer_needs_params(const Decl *layer)
{
    for (int i = 0; i < params_of(layer)->kid_count; i++)
        if (!params_of(layer)->kids[i]->kids[0])
            return true;
    return false;
}

/* ---- parameters ---- */

static const char *const kinds[] = {"dim", "number", "bool", "text", "list", "function"};
enum { KIND_COUNT = sizeof kinds / sizeof *kinds };

static bool known_kind(Checker *c, const Node *param)
{
    for (int i = 0; i < KIND_COUNT; i++)
        if (!strcmp(param->text, kinds[i]))
            return true;
    Diag *d = noted(c, diag_report(c->diags, param->span, E_PARAM_KIND, param->text));
    const char *near = diag_nearest(param->text, kinds, KIND_COUNT);
    if (near)
        diag_help(c->diags, d, "did you mean `%s`?", near);
    else
        diag_note(c->diags, d,
                  "parameters are dim, number, bool, text, list or function; tensors belong into "
                  "the second parentheses");
    return false;
}

static bool kind_fits(const char *kind, const Value *value)
{
    switch (value->kind) {
    case V_DIM: return !strcmp(kind, "dim") || !strcmp(kind, "number");
    case V_NUMBER: return !strcmp(kind, "number");
    case V_BOOL: return !strcmp(kind, "bool");
    case V_TEXT: return !strcmp(kind, "text");
    case V_LIST: return !strcmp(kind, "list");
    case V_LAYER:
    case V_INSTANCE:
    case V_FUNCTION: return !strcmp(kind, "function");
    default: return false;
    }
}

Value *param_value(Checker *c, const Node *param, Value *value, Span span)
{
    if (value->kind == V_ERROR || !known_kind(c, param))
        return c->error;
    if (!kind_fits(param->text, value)) {
        Diag *d = noted(c, diag_report(c->diags, span, E_PARAM_VALUE, param->name, param->text,
                                       value_describe(c, value)));
        if (!strcmp(param->text, "bool"))
            diag_help(c->diags, d, "write `%s = true` or `%s = false`", param->name, param->name);
        else if (value->kind == V_TENSOR)
            diag_help(c->diags, d, "a layer is applied by `x |> Layer(...)` or `Layer(...)(x)`");
        return c->error;
    }
    if (value->kind == V_DIM && !strcmp(param->text, "dim") && dim_value(value->dim, 1) < 1) {
        noted(c, diag_report(c->diags, span, E_SIZE_RANGE, (long long)dim_value(value->dim, 0)));
        return c->error;
    }
    return value;
}

void param_reason(Checker *c, Value *value, const char *before, Span place, Span argument)
{
    if (value->kind != V_DIM)
        return;
    Reason *reason = reason_new(c, before, place, "");
    reason->argument = argument;
    value->reason = reason;
}

/* A copy, because the reason belongs to this use. */
static Value *with_reason(Checker *c, Value *value, Span call, const Node *node)
{
    if (value->kind != V_DIM)
        return value;
    Value *copy = value_dim(c, value->dim);
    bool literal = node && node->kind == N_NUMBER;
    Span argument = literal ? node->span : (Span){0};
    param_reason(c, copy, arena_printf(c->arena, "of `%s`", report_snippet(c, call)), call,
                 argument);
    return copy;
}

static Value *default_value(Checker *c, const Instance *instance, const Node *param)
{
    Scope *scope = c->scope;
    Module *module = c->frame->module;
    c->scope = instance->params;
    c->frame->module = instance->layer->module;
    Value *value = eval(c, param->kids[0]);
    c->scope = scope;
    c->frame->module = module;
    if (value->kind == V_DIM) {
        value = value_dim(c, value->dim);
        const char *name = instance->layer->node->name;
        param_reason(c, value, arena_printf(c->arena, "that is the default of `%s`", name),
                     param->span, (Span){0});
    }
    return value;
}

static bool missing_param(Checker *c, const Decl *layer, const Call *call, const Node *param)
{
    Diag *d = noted(
        c, diag_report(c->diags, call->span, E_MISSING_ARGUMENT, layer->node->name, param->name));
    diag_note(c->diags, d, "its parameters are %s", report_snippet(c, params_of(layer)->span));
    return false;
}

static bool bind_param(Checker *c, Instance *instance, Call *call, int i)
{
    const Node *param = params_of(instance->layer)->kids[i];
    NamedArg *named = call_named(call, param->name);
    bool positional = i < call->args.count;
    Value *value;
    Span span;
    if (positional && named) {
        noted(c, diag_report(c->diags, named->span, E_ARGUMENT_TWICE, param->name));
        return false;
    }
    if (positional) {
        span = call->spans.data[i];
        value = with_reason(c, call->args.data[i], call->span, call->nodes.data[i]);
    } else if (named) {
        span = named->node->span;
        value = with_reason(c, named->value, call->span, named->node);
    } else if (param->kids[0]) {
        span = param->kids[0]->span;
        value = default_value(c, instance, param);
    } else {
        return missing_param(c, instance->layer, call, param);
    }
    const Node *node = positional ? call->nodes.data[i] : named ? named->node : param->kids[0];
    if (node && value->kind == V_NUMBER && !strcmp(param->text, "dim"))
        value = report_not_size(c, node, value);
    value = param_value(c, param, value, span);
    scope_bind(c->arena, instance->params, param->name, value, param->name_span)->quiet = true;
    return value->kind != V_ERROR;
}

static bool check_param_names(Checker *c, const Decl *layer, const Call *call)
{
    const Node *params = params_of(layer);
    const char **names = ARENA_ARRAY(c->arena, const char *, params->kid_count + 1);
    for (int i = 0; i < params->kid_count; i++)
        names[i] = params->kids[i]->name;
    for (int i = 0; i < call->named.count; i++) {
        const NamedArg *arg = &call->named.data[i];
        bool known = false;
        for (int j = 0; j < params->kid_count; j++)
            known = known || !strcmp(arg->name, names[j]);
        if (known)
            continue;
        Diag *d = noted(
            c, diag_report(c->diags, arg->span, E_UNKNOWN_ARGUMENT, layer->node->name, arg->name));
        const char *near = diag_nearest(arg->name, names, params->kid_count);
        if (near)
            diag_help(c->diags, d, "did you mean `%s`?", near);
        else
            diag_note(c->diags, d, "its parameters are %s", report_snippet(c, params->span));
        return false;
    }
    return true;
}

Value *layer_instantiate(Checker *c, Decl *layer, Call *call)
{
    const Node *params = params_of(layer);
    layer->used = true;
    if (call->args.count > params->kid_count) {
        Diag *d = noted(c, diag_report(c->diags, call->span, E_ARGUMENT_COUNT, layer->node->name,
                                       call->args.count));
        diag_note(c->diags, d, "its parameters are %s",
                  params->kid_count ? report_snippet(c, params->span) : "none");
        return c->error;
    }
    if (call->over || call->ellipsis) {
        Diag *d =
            noted(c, diag_report(c->diags, call->over ? call->over->span : call->ellipsis->span,
                                 E_MISPLACED,
                                 call->over ? "`over` among the parameters of a layer" : "`...`"));
        diag_help(c->diags, d, "write `%s(...)(over axis)`", layer->node->name);
        return c->error;
    }
    if (!check_param_names(c, layer, call))
        return c->error;
    Instance *instance = ARENA_NEW(c->arena, Instance);
    *instance = (Instance){.layer = layer, .params = scope_new(c->arena, NULL), .call = call->span};
    bool fine = true;
    for (int i = 0; i < params->kid_count; i++)
        fine = bind_param(c, instance, call, i) && fine;
    if (!fine)
        return c->error;
    Value *value = value_new(c, V_INSTANCE);
    value->instance = instance;
    return value;
}

/* ---- names ---- */

/* `path`, or `path#2` if the frame has used it already. */
static const char *unique_path(Checker *c, const char *path)
{
    Frame *frame = c->frame;
    for (int i = 0; i < frame->paths.count; i++)
        if (!strcmp(frame->paths.data[i].path, path))
            return arena_printf(c->arena, "%s#%d", path, ++frame->paths.data[i].count);
    vec_push(c->arena, &frame->paths, ((PathCount){path, 1}));
    return path;
}

static Value *named_instance(Checker *c, Value *value, const char *path)
{
    if (value->kind != V_INSTANCE || value->instance->path)
        return value;
    Instance *instance = arena_copy(c->arena, value->instance, sizeof *instance);
    instance->path = unique_path(c, path);
    Value *copy = value_new(c, V_INSTANCE);
    copy->instance = instance;
    copy->partial = value->partial;
    return copy;
}

Value *layer_named(Checker *c, Value *value, const char *name)
{
    const char *path = c->binding
                           ? arena_printf(c->arena, "%s%s.%s", c->frame->prefix, c->binding, name)
                           : arena_printf(c->arena, "%s%s", c->frame->prefix, name);
    if (value->kind != V_LIST)
        return named_instance(c, value, path);
    Value *list = value_list(c, value->items, value->count);
    for (int i = 0; i < list->count; i++)
        list->items[i] =
            named_instance(c, list->items[i], arena_printf(c->arena, "%s.%d", path, i));
    return list;
}

static const char *fresh_path(Checker *c, const Instance *instance)
{
    const char *name = instance->layer->node->name;
    const char *binding = c->binding ? arena_printf(c->arena, "%s.", c->binding) : "";
    return unique_path(c, arena_printf(c->arena, "%s%s%s", c->frame->prefix, binding, name));
}

/* ---- application ---- */

/* A parameter that is an instance without a name gets that of the parameter. */
static void bind_params(Checker *c, const Instance *instance)
{
    for (int i = 0; i < instance->params->bindings.count; i++) {
        const Binding *param = &instance->params->bindings.data[i];
        Value *value = layer_named(c, param->value, param->name);
        scope_bind(c->arena, c->scope, param->name, value, param->span)->quiet = true;
    }
}

/* Runs the body with the arguments; the scope and the frame are the layer's. */
static Value *run_layer(Checker *c, const Instance *instance, const Call *call)
{
    Signature s = {.instance = instance, .call = call->span};
    bind_params(c, instance);
    if (!arguments_bind(c, &s, call))
        return c->error;
    Value *value = eval_block(c, c->frame->body, scope_new(c->arena, c->scope));
    if (c->frame->returned)
        value = c->frame->returned;
    return signature_result(c, &s, result_of(instance->layer), value);
}

static bool limits_allow(Checker *c, Span span)
{
    int depth = 0;
    for (const Frame *frame = c->frame; frame; frame = frame->caller)
        depth++;
    if (depth >= FRAMES_MAX)
        report_stop(c, span, E_RECURSION);
    else if (++c->instances > INSTANCES_MAX)
        report_stop(c, span, E_PROGRAM_TOO_LARGE);
    return !c->stopped;
}

Value *layer_apply(Checker *c, const Instance *instance, Call *call)
{
    if (call_is_poisoned(call))
        return c->error;
    if (!arguments_fit(c, instance, call) || !limits_allow(c, call->span))
        return c->error;
    Frame frame = {.caller = c->frame,
                   .module = instance->layer->module,
                   .instance = instance,
                   .call = call->span,
                   .body = body_of(instance->layer)};
    const char *path = instance->path ? instance->path : fresh_path(c, instance);
    frame.prefix = arena_printf(c->arena, "%s.", path);
    Frame *inside = arena_copy(c->arena, &frame, sizeof frame);
    Scope *scope = c->scope;
    ScanContext *scan = c->scan;
    const char *binding = c->binding;
    const Site *site = site_enter(c, instance->layer->node->name, call->span);
    c->frame = inside;
    c->scope = scope_new(c->arena, NULL);
    c->scan = NULL;
    c->binding = NULL;
    Value *value = run_layer(c, instance, call);
    c->frame = inside->caller;
    c->scope = scope;
    c->scan = scan;
    c->binding = binding;
    c->site = site;
    return value;
}

/* ---- layers that no model uses ---- */

static Value *symbolic_param(Checker *c, const Node *param, const Instance *instance)
{
    if (param->kids[0])
        return default_value(c, instance, param);
    if (!strcmp(param->text, "dim"))
        return value_dim(c, dim_atom(&c->dims, param->name));
    if (!strcmp(param->text, "number"))
        return value_number(c, 1, true);
    if (!strcmp(param->text, "bool"))
        return value_bool(c, true, true);
    if (known_kind(c, param))
        return NULL; /* cannot be made up: the layer is checked where it is used */
    return c->error;
}

void layer_check_alone(Checker *c, Decl *layer)
{
    Instance *instance = ARENA_NEW(c->arena, Instance);
    *instance = (Instance){.layer = layer, .params = scope_new(c->arena, NULL)};
    Frame root = {.module = layer->module, .prefix = "", .body = layer->node};
    c->frame = arena_copy(c->arena, &root, sizeof root);
    c->symbolic = true;
    for (int i = 0; i < params_of(layer)->kid_count; i++) {
        const Node *param = params_of(layer)->kids[i];
        Value *value = symbolic_param(c, param, instance);
        if (!value)
            return;
        scope_bind(c->arena, instance->params, param->name,
                   param_value(c, param, value, param->span), param->name_span);
    }
    Call call = {.span = layer->node->name_span, .name = layer->node->name};
    c->scope = scope_new(c->arena, instance->params);
    for (int i = 0; i < args_of(layer)->kid_count; i++) {
        const Node *arg = args_of(layer)->kids[i];
        if (arg->kids[0])
            break;
        Value *value = arg->kind == N_PARAM ? symbolic_param(c, arg, instance) : signature_symbolic(c, arg);
        if (!value)
            return;
        vec_push(c->arena, &call.args, value);
        vec_push(c->arena, &call.nodes, (const Node *)NULL);
        vec_push(c->arena, &call.spans, arg->span);
    }
    layer_apply(c, instance, &call);
}
