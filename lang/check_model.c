/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/check.h"

int extent_add(Checker *c, ExtentInfo info)
{
    for (int i = 0; i < c->extents.count; i++) {
        const ExtentInfo *e = &c->extents.data[i];
        bool same = e->kind == info.kind && e->parent == info.parent && e->source == info.source &&
                    e->least == info.least;
        if (info.kind == EXTENT_WINDOW)
            same = same && dim_equal(e->pad, info.pad) && dim_equal(e->span, info.span) &&
                   dim_equal(e->stride, info.stride);
        else
            same = same && !strcmp(e->name, info.name);
        if (same)
            return i;
    }
    vec_push(c->arena, &c->extents, info);
    return c->extents.count - 1;
}

/* ---- inputs ---- */

static bool report_input(Checker *c, const Node *node, DiagCode code, const char *name)
{
    noted(c, diag_report(c->diags, node->span, code, name));
    return false;
}

static void name_axis(Checker *c, const Axis *axis, Span span)
{
    if (!scope_find(c->scope, axis->name))
        scope_bind(c->arena, c->scope->outer, axis->name, value_axis(c, axis), span)->quiet = true;
}

/* The limit of `word~ <= 40`. An axis has one limit, whichever inputs say it. */
static bool limit_extent(Checker *c, const Node *node, ExtentInfo *info)
{
    const Node *limit = node->kids[0];
    const Dim *dim = eval_dim(c, limit, NULL);
    int64_t most;
    if (!dim)
        return false;
    if (!dim_known(dim, &most) || most < 1 || most > INT32_MAX) {
        noted(c, diag_report(c->diags, limit->span, E_RAGGED_LIMIT, node->name));
        return false;
    }
    if (info->most && info->most != most) {
        Diag *d = noted(c, diag_report(c->diags, limit->span, E_TWO_LIMITS, node->name));
        diag_label(c->diags, d, info->limit, "it is at most %lld here", (long long)info->most);
        return false;
    }
    info->most = most;
    info->limit = limit->span;
    return true;
}

static bool report_parent(Checker *c, const Node *node, const ExtentInfo *before, int parent)
{
    Diag *d = noted(c, diag_report(c->diags, node->span, E_RAGGED_PARENT, node->name));
    diag_label(c->diags, d, before->place, "one for each `%s` here", c->extents.data[before->parent].name);
    diag_note(c->diags, d, "here it would be one for each `%s`", c->extents.data[parent].name);
    diag_help(c->diags, d, "another name makes it another axis");
    return false;
}

static bool ragged_input_axis(Checker *c, const Node *node, int *parent, Axis *axis)
{
    ExtentInfo info = {.name = node->name, .kind = EXTENT_RAGGED, .parent = *parent, .source = -1, .place = node->span};
    for (int i = 0; i < c->extents.count; i++)
        if (c->extents.data[i].kind == EXTENT_RAGGED &&
            !strcmp(c->extents.data[i].name, node->name) && c->extents.data[i].parent != *parent)
            return report_parent(c, node, &c->extents.data[i], *parent);
    *parent = extent_add(c, info);
    *axis = (Axis){.kind = AXIS_RAGGED, .name = node->name, .extent = *parent};
    name_axis(c, axis, node->span);
    return !node->kids[0] || limit_extent(c, node, &c->extents.data[*parent]);
}

static bool batch_axis(Checker *c, const Node *node, int *parent, Axis *axis)
{
    Binding *bound = node->kind == N_NAME ? scope_find(c->scope, node->name) : NULL;
    if (node->kind != N_NAME || (bound && bound->value->kind != V_AXIS))
        return report_input(c, node, E_INPUT_BATCH, report_snippet(c, node->span));
    ExtentInfo info = {.name = node->name, .kind = EXTENT_FREE, .parent = -1, .source = -1};
    for (int i = 0; i < c->extents.count; i++)
        if (c->extents.data[i].kind == EXTENT_FREE && strcmp(c->extents.data[i].name, node->name))
            return report_input(c, node, E_TWO_BATCHES, c->extents.data[i].name);
    *parent = extent_add(c, info);
    *axis = (Axis){.kind = AXIS_FREE, .name = node->name, .extent = *parent};
    name_axis(c, axis, node->span);
    return true;
}

static bool input_type(Checker *c, const Node *node, Type *type)
{
    const Node *declared = node->kids[0];
    int parent = -1;
    if (!element_of_type(c, declared, &type->element))
        return false;
    if (declared->kid_count == 0)
        return report_input(c, declared, E_INPUT_BATCH, report_snippet(c, declared->span));
    const char *why = arena_printf(c->arena, "of `%s`", report_snippet(c, node->span));
    for (int i = 0; i < declared->kid_count; i++) {
        const Node *axis_node = declared->kids[i];
        Axis axis;
        bool fine = i == 0                        ? batch_axis(c, axis_node, &parent, &axis)
                    : axis_node->kind == N_RAGGED ? ragged_input_axis(c, axis_node, &parent, &axis)
                                                  : eval_const_axis(c, axis_node, &axis);
        if (!fine)
            return false;
        if (axis.kind == AXIS_CONST && !axis.reason)
            axis.reason = reason_new(c, why, declared->span, "");
        type_push(type, axis);
    }
    return true;
}

static const ModelArg *given_arg(const ModelArg *args, int count, const char *name)
{
    for (int i = count - 1; i >= 0; i--)
        if (!strcmp(args[i].name, name))
            return &args[i];
    return NULL;
}

static bool is_optional(const Node *node)
{
    return node->kind == N_INPUT && node->kid_count == 2;
}

/* An input with a default is there if the caller says so; the model remembers that as a parameter. */
static bool is_left_out(Checker *c, const Node *node)
{
    if (!is_optional(node))
        return false;
    const ModelArg *arg = given_arg(c->args, c->arg_count, node->name);
    bool given = arg && arg->value != 0;
    vec_push(c->arena, &c->program->params, ((ModelParam){.name = node->name, .kind = "input", .value = given, .given = arg}));
    return !given;
}

/* The number that stands for every entry of an input that is not given. */
static Value *input_default(Checker *c, const Node *node, const Type *type)
{
    const Node *otherwise = node->kids[1];
    Value *value = eval(c, otherwise);
    if (value->kind == V_ERROR)
        return value;
    if (type->element != ELEMENT_FLOAT || (value->kind != V_DIM && value->kind != V_NUMBER)) {
        noted(c, diag_report(c->diags, otherwise->span, E_INPUT_DEFAULT, node->name, value_describe(c, value)));
        return c->error;
    }
    int8_t map[AXES_MAX];
    memset(map, -1, sizeof map);
    return emit_broadcast(c, to_tensor(c, value, ELEMENT_FLOAT, otherwise->span), type, map, otherwise->span);
}

void eval_input(Checker *c, const Node *node)
{
    Type type = {0};
    Value *value = c->error;
    bool target = node->kind == N_TARGET, left_out = is_left_out(c, node);
    if (input_type(c, node, &type))
        value = left_out ? input_default(c, node, &type) : emit(c, T_INPUT, &type, node->span, 0, NULL);
    if (value->kind == V_TENSOR && !left_out) {
        value->typed->index = c->program->inputs.count;
        value->typed->name = node->name;
        c->depends.data[value->typed->id] = target ? ON_TARGET : 0;
        ProgramInput input = {
            .name = node->name, .target = target, .type = value->typed->type, .span = node->span};
        vec_push(c->arena, &c->program->inputs, input);
    }
    Node name = *node;
    name.span = node->name_span;
    bind_name(c, arena_copy(c->arena, &name, sizeof name), value);
    Binding *binding = scope_own(c->scope, node->name);
    if (binding)
        binding->quiet = target;
}

/* ---- outputs and loss ---- */

/* True, reported, if what is measured or predicted of an item would depend on the others. */
static bool mixes_items(Checker *c, const Typed *typed, Span span)
{
    if (!(c->depends.data[typed->id] & ON_BATCH))
        return false;
    Diag *d = noted(c, diag_report(c->diags, span, E_BATCH_STATISTIC));
    diag_help(c->diags, d, "`running(average, x)` is x in training, and what it was there on average, a `statistic` "
                           "of the model, everywhere else");
    return true;
}

void eval_output(Checker *c, const Node *node)
{
    Value *value = to_tensor(c, eval_in_binding(c, node->kids[0], node->name), ELEMENT_FLOAT,
                             node->kids[0]->span);
    Node name = *node;
    name.span = node->name_span;
    bind_name(c, arena_copy(c->arena, &name, sizeof name), value);
    Binding *binding = scope_own(c->scope, node->name);
    if (binding)
        binding->quiet = true;
    if (value->kind != V_TENSOR)
        return;
    if (mixes_items(c, value->typed, node->span))
        return;
    if (c->depends.data[value->typed->id] & ON_TARGET) {
        Diag *d = noted(c, diag_report(c->diags, node->span, E_OUTPUT_TARGET, node->name));
        diag_note(c->diags, d, "a prediction is made without targets; only the loss may use them");
        return;
    }
    vec_push(c->arena, &c->program->outputs, value->typed);
    vec_push(c->arena, &c->program->output_names, node->name);
}

void eval_metric(Checker *c, const Node *node)
{
    Program *program = c->program;
    Value *value = to_tensor(c, eval_in_binding(c, node->kids[0], node->name), ELEMENT_FLOAT, node->kids[0]->span);
    if (value->kind != V_TENSOR || mixes_items(c, value->typed, node->span))
        return;
    for (int i = 0; i < program->metric_names.count; i++)
        if (!strcmp(program->metric_names.data[i], node->name)) {
            noted(c, diag_report(c->diags, node->name_span, E_BOUND_TWICE, node->name));
            return;
        }
    if (program->metrics.count == METRICS_MAX) {
        noted(c, diag_report(c->diags, node->span, E_TOO_MANY_METRICS, METRICS_MAX));
        return;
    }
    vec_push(c->arena, &program->metrics, value->typed);
    vec_push(c->arena, &program->metric_names, node->name);
}

static void take_loss(Checker *c, Scope *scope)
{
    Binding *loss = scope_own(scope, "loss");
    if (!loss)
        return;
    loss->used = true;
    bool numbers = loss->value->kind == V_TENSOR && loss->value->type->element == ELEMENT_FLOAT;
    if (numbers && !mixes_items(c, loss->value->typed, loss->span))
        c->program->loss = loss->value->typed;
    else if (!numbers && loss->value->kind != V_ERROR)
        noted(c, diag_report(c->diags, loss->span, E_LOSS, value_describe(c, loss->value)));
}

/* ---- parameters ---- */

static Value *given_value(Checker *c, const Node *param, double number)
{
    if (!strcmp(param->text, "bool"))
        return value_bool(c, number != 0, false);
    bool whole = number >= -9e15 && number <= 9e15 && number == (double)(int64_t)number;
    return whole ? value_int(c, (int64_t)number) : value_number(c, number, false);
}

static Value *model_param(Checker *c, const Node *param, const ModelArg *arg, int64_t missing_dim)
{
    Value *value;
    Span nowhere = {0};
    if (arg) {
        value = given_value(c, param, arg->value);
        param_reason(c, value, "it was given so", nowhere, nowhere);
    } else if (param->kids[0]) {
        value = eval(c, param->kids[0]);
        Value *own = value->kind == V_DIM ? value_dim(c, value->dim) : value;
        param_reason(c, own, "of its default", param->span, nowhere);
        value = own;
    } else if (missing_dim > 0 && !strcmp(param->text, "dim")) {
        value = value_int(c, missing_dim);
    } else {
        Diag *d = noted(c, diag_report(c->diags, param->span, E_MODEL_PARAM, param->name));
        diag_help(c->diags, d, "give it: `-D %s=...`", param->name);
        return c->error;
    }
    return param_value(c, param, value, param->span);
}

static void model_params(Checker *c, const Node *params, const ModelArg *args, int arg_count,
                         int64_t missing_dim)
{
    for (int i = 0; i < params->kid_count; i++) {
        const Node *param = params->kids[i];
        const ModelArg *arg = given_arg(args, arg_count, param->name);
        Value *value = model_param(c, param, arg, missing_dim);
        ModelParam entry = {.name = param->name, .kind = param->text, .given = arg};
        bool unknown;
        if (!value_as_number(value, &entry.value, &unknown))
            entry.value = value->number;
        vec_push(c->arena, &c->program->params, entry);
        if (scope_own(c->scope, param->name))
            noted(c, diag_report(c->diags, param->name_span, E_BOUND_TWICE, param->name));
        else
            scope_bind(c->arena, c->scope, param->name, value, param->name_span)->quiet = true;
    }
}

static void unknown_args(Checker *c, const Node *model, const ModelArg *args, int count)
{
    const Node *params = model->kids[0], *body = model->kids[1];
    const char **names = ARENA_ARRAY(c->arena, const char *, params->kid_count + body->kid_count + 1);
    int name_count = params->kid_count;
    for (int i = 0; i < params->kid_count; i++)
        names[i] = params->kids[i]->name;
    for (int i = 0; i < body->kid_count; i++)
        if (is_optional(body->kids[i]))
            names[name_count++] = body->kids[i]->name;
    for (int i = 0; i < count; i++) {
        bool known = false;
        for (int j = 0; j < name_count; j++)
            known = known || !strcmp(args[i].name, names[j]);
        if (known)
            continue;
        Diag *d =
            diag_report(c->diags, model->name_span, E_UNKNOWN_ARGUMENT, model->name, args[i].name);
        const char *near = diag_nearest(args[i].name, names, name_count);
        if (near)
            diag_help(c->diags, d, "did you mean `%s`?", near);
    }
}

void model_check(Checker *c, const Node *model, const ModelArg *args, int arg_count,
                 int64_t missing_dim)
{
    Frame frame = {.module = c->modules.all.data[0], .prefix = "", .body = model->kids[1]};
    c->frame = arena_copy(c->arena, &frame, sizeof frame);
    c->scope = scope_new(c->arena, NULL);
    c->program->model = model->name;
    c->program->doc = model->doc;
    int errors = c->diags->error_count;
    c->args = args;
    c->arg_count = arg_count;
    unknown_args(c, model, args, arg_count);
    model_params(c, model->kids[0], args, arg_count, missing_dim);
    Scope *body = scope_new(c->arena, c->scope);
    eval_block(c, model->kids[1], body);
    take_loss(c, body);
    if (c->diags->error_count == errors && !c->program->loss && c->program->outputs.count == 0)
        noted(c, diag_report(c->diags, model->name_span, E_NO_OUTPUT, model->name));
    weights_finish(c);
    c->program_complete = c->diags->error_count == errors;
}
