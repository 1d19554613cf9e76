/* SPDX-License-Identifier: Apache-2.0
 *
 * Signatures of layers. An argument's axes are matched with those of its
 * declared type from both ends, `...` taking what is between; names that are
 * not parameters become axis variables, bound at their first use. The result
 * gives the axes that came in back under the names that the caller knows.
 */
#include "lang/check.h"

static const char *layer_name(const Signature *s)
{
    return s->instance->layer->node->name;
}

/* ---- sizes with unknowns ---- */

/* Counts names of `node` that are not bound; *unknown is one of them. */
static int unbound_names(Checker *c, const Node *node, const Node **unknown)
{
    if (node->kind == N_NAME) {
        if (scope_find(c->scope, node->name))
            return 0;
        *unknown = node;
        return 1;
    }
    int count = 0;
    for (int i = node->kind == N_CALL; i < node->kid_count && node->kind != N_RAGGED; i++)
        count += node->kids[i] ? unbound_names(c, node->kids[i], unknown) : 0;
    return count;
}

static void bind_variable(Checker *c, const Node *node, const Axis *axis)
{
    Value *value = axis->kind == AXIS_CONST ? value_dim(c, axis->dim) : value_axis(c, axis);
    value->reason = axis->reason;
    scope_bind(c->arena, c->scope, node->name, value, node->name_span)->quiet = true;
}

static Value *report_axis(Checker *c, const Signature *s, const Node *arg, const Value *value,
                          Span span, const Node *node, int i)
{
    const Axis *axis = &value->type->axes[i];
    Diag *d = noted(c, diag_report(c->diags, span, E_ARGUMENT_AXIS, layer_name(s),
                                   report_snippet(c, arg->span)));
    report_label(c, d, span, value);
    Binding *bound =
        node->kind == N_NAME || node->kind == N_RAGGED ? scope_find(c->scope, node->name) : NULL;
    Axis expected = {.kind = AXIS_CONST, .name = node->name};
    if (node->kind == N_RAGGED && !bound) {
        diag_note(c->diags, d, "the axis `%s` cannot be the sequence axis `%s~`",
                  axis_text(&c->dims, axis), node->name);
        diag_help(c->diags, d, "a layer over sequences comes before `mean`, `max` or `last` over the sequence");
    } else if (bound && bound->value->kind == V_DIM) {
        expected.dim = bound->value->dim;
        expected.reason = bound->value->reason;
        diag_note(c->diags, d, "the axis `%s` should be `%s`", axis_text(&c->dims, axis),
                  axis_text(&c->dims, &expected));
        report_why(c, d, axis);
        report_why(c, d, &expected);
        report_fix(c, d, &expected, axis);
        report_fix(c, d, axis, &expected);
        return c->error;
    } else if (bound && bound->value->kind == V_AXIS) {
        diag_note(c->diags, d, "the axis `%s` should be the same as `%s`, here `%s`",
                  axis_text(&c->dims, axis), node->name, axis_text(&c->dims, bound->value->axis));
        report_two_lengths(c, d, bound->value->axis, axis);
    } else
        diag_note(c->diags, d, "the axis `%s` should be `%s`", axis_text(&c->dims, axis),
                  report_snippet(c, node->span));
    report_why(c, d, axis);
    return c->error;
}

/* Solves `factor * unknown + rest = size` for the unknown. */
static bool solve(Checker *c, const Node *node, const Node *unknown, const Axis *axis)
{
    const Dim *atom = dim_atom(&c->dims, unknown->name);
    Scope *scope = scope_new(c->arena, c->scope);
    scope_bind(c->arena, scope, unknown->name, value_dim(c, atom), unknown->span)->quiet = true;
    Scope *before = c->scope;
    c->scope = scope;
    const Dim *dim = eval_dim(c, node, NULL);
    c->scope = before;
    int64_t factor, known;
    const Dim *rest;
    if (!dim || !dim_linear(&c->dims, dim, atom, &factor, &rest))
        return false;
    const Dim *numerator = dim_sub(&c->dims, axis->dim, rest);
    const Dim *solution = dim_div(&c->dims, numerator, dim_number(&c->dims, factor));
    if (!solution || (dim_known(solution, &known) && known < 1))
        return false;
    Axis solved = *axis;
    solved.dim = solution;
    bind_variable(c, unknown, &solved);
    return true;
}

/* Unifies one axis with its declaration. */
static bool match_axis(Checker *c, const Node *node, const Axis *axis)
{
    const Node *unknown = NULL;
    Binding *bound =
        node->kind == N_NAME || node->kind == N_RAGGED ? scope_find(c->scope, node->name) : NULL;
    if (node->kind == N_RAGGED && axis->kind == AXIS_FREE)
        return false;
    if (bound && bound->value->kind == V_AXIS)
        return axis_equal(axis, bound->value->axis);
    if (bound && bound->value->kind == V_DIM)
        return axis->kind == AXIS_CONST && dim_equal(axis->dim, bound->value->dim);
    if (bound)
        return false;
    if (node->kind == N_NAME || node->kind == N_RAGGED) {
        bind_variable(c, node, axis);
        return true;
    }
    int unknowns = unbound_names(c, node, &unknown);
    if (axis->kind != AXIS_CONST || unknowns > 1)
        return false;
    if (unknowns == 1)
        return solve(c, node, unknown, axis);
    const Dim *dim = eval_dim(c, node, NULL);
    return dim && dim_equal(dim, axis->dim);
}

/* ---- arguments ---- */

static int ellipsis_at(const Node *type)
{
    for (int i = 0; i < type->kid_count; i++)
        if (type->kids[i]->kind == N_ELLIPSIS)
            return i;
    return -1;
}

/* What every signature keeps to: one `...` at most, and lengths come as they are. */
static bool signature_axes(Checker *c, const Node *type)
{
    for (int i = 0; i < type->kid_count; i++)
        if (type->kids[i]->kind == N_RAGGED && type->kids[i]->kids[0]) {
            noted(c, diag_report(c->diags, type->kids[i]->kids[0]->span, E_LIMIT_PLACE));
            return false;
        }
    int first = ellipsis_at(type);
    for (int i = first + 1; first >= 0 && i < type->kid_count; i++)
        if (type->kids[i]->kind == N_ELLIPSIS) {
            noted(c, diag_report(c->diags, type->kids[i]->span, E_TWO_ELLIPSES));
            return false;
        }
    return true;
}

static bool report_argument(Checker *c, const Signature *s, const Node *arg, const Value *value,
                            Span span, const char *note)
{
    Diag *d = noted(c, diag_report(c->diags, span, E_ARGUMENT_TYPE, layer_name(s),
                                   report_snippet(c, arg->span), type_text(&c->dims, value->type)));
    report_label(c, d, span, value);
    if (note)
        diag_note(c->diags, d, "%s", note);
    if (value->type->element == ELEMENT_TOKEN)
        diag_help(c->diags, d, "tokens become vectors by `|> Embedding(vocab, size)` of std.text");
    return false;
}

static bool element_fits(Element declared, Element given)
{
    bool whole = given == ELEMENT_INT || given == ELEMENT_TOKEN || given == ELEMENT_CLASS;
    return declared == given || (declared == ELEMENT_INT && whole) ||
           (declared == ELEMENT_TOKEN && given == ELEMENT_INT);
}

static Type axes_from(const Type *type, int from, int count)
{
    Type part = {.element = type->element};
    for (int i = 0; i < count; i++)
        type_push(&part, type->axes[from + i]);
    return part;
}

static const char *axes_text(Checker *c, const Type *type)
{
    const char *text = NULL;
    for (int i = 0; i < type->rank; i++)
        text = arena_printf(c->arena, "%s%s`%s`", text ? text : "", text ? ", " : "", axis_text(&c->dims, &type->axes[i]));
    return text ? text : "nothing";
}

static bool match_front(Checker *c, Signature *s, const Node *arg, const Value *value, Span span,
                        int from, int count)
{
    if (!s->has_front) {
        for (int i = 0; i < count; i++) {
            const Axis *outer = &value->type->axes[from + i];
            Axis axis = *outer;
            axis.hidden = true;
            axis.outer = outer;
            type_push(&s->front, axis);
        }
        s->has_front = true;
        return true;
    }
    bool same = s->front.rank == count;
    for (int i = 0; same && i < count; i++)
        same = axis_equal(&s->front.axes[i], &value->type->axes[from + i]);
    if (!same) {
        const Type here = axes_from(value->type, from, count);
        report_argument(c, s, arg, value, span,
                        arena_printf(c->arena, "`...` stands for %s here, for %s in the argument before it",
                                     axes_text(c, &here), axes_text(c, &s->front)));
    }
    return same;
}

/* An axis as the layer sees it. */
static Axis inner_axis(const Node *node, const Axis *outer)
{
    Axis axis = *outer;
    axis.name = node->kind == N_NAME || node->kind == N_RAGGED ? node->name : NULL;
    axis.hidden = false;
    axis.outer = outer;
    return axis;
}

static Value *match_axes(Checker *c, Signature *s, const Node *arg, Value *value, Span span)
{
    const Node *type = arg->kids[1];
    int at = ellipsis_at(type), front = at < 0 ? 0 : value->type->rank - (type->kid_count - 1);
    Type inner = {.element = value->type->element};
    for (int i = 0, axis = 0; i < type->kid_count; i++) {
        const Node *node = type->kids[i];
        if (i == at) {
            if (!match_front(c, s, arg, value, span, axis, front))
                return c->error;
            for (int j = 0; j < front; j++)
                type_push(&inner, s->front.axes[j]);
            axis += front;
            continue;
        }
        int errors = c->diags->error_count;
        if (!match_axis(c, node, &value->type->axes[axis]))
            return c->diags->error_count > errors ? c->error
                                                  : report_axis(c, s, arg, value, span, node, axis);
        type_push(&inner, inner_axis(node, &value->type->axes[axis]));
        axis++;
    }
    return value_tensor(c, value->typed, type_copy(c->arena, &inner));
}

Value *signature_argument(Checker *c, Signature *s, const Node *arg, Value *value, Span span)
{
    const Node *type = arg->kids[1];
    Element element;
    if (!element_of_type(c, type, &element) || !signature_axes(c, type))
        return c->error;
    value = to_tensor(c, value, element, span);
    if (value->kind == V_ERROR)
        return value;
    int named = type->kid_count - (ellipsis_at(type) >= 0);
    if (!element_fits(element, value->type->element)) {
        report_argument(c, s, arg, value, span, NULL);
        return c->error;
    }
    if (ellipsis_at(type) >= 0 ? value->type->rank < named : value->type->rank != named) {
        const char *note = arena_printf(c->arena, "it has %d ax%s where %s%d %s wanted",
                                        value->type->rank, value->type->rank == 1 ? "is" : "es",
                                        ellipsis_at(type) >= 0 ? "at least " : "", named,
                                        named == 1 ? "is" : "are");
        report_argument(c, s, arg, value, span, note);
        return c->error;
    }
    return match_axes(c, s, arg, value, span);
}

bool signature_over(Checker *c, const Signature *s, const Node *arg, const Value *value,
                    const Node *over)
{
    const Node *type = arg->kids[1];
    int sequence = -1;
    for (int i = type->kid_count - 1; i >= 0 && sequence < 0; i--)
        if (type->kids[i]->kind == N_RAGGED)
            sequence = i;
    if (sequence < 0 || over->kid_count != 1 || over->kids[0]->kind != N_NAME) {
        Diag *d = noted(c, diag_report(c->diags, over->span, E_OVER_UNUSED, layer_name(s)));
        diag_note(c->diags, d, "it is applied to `%s`, which has %s sequence axis",
                  report_snippet(c, arg->span), sequence < 0 ? "no" : "one");
        return false;
    }
    int bound = type_find(value->type, type->kids[sequence]->name);
    const Axis *outer = value->type->axes[bound].outer;
    const Node *name = over->kids[0];
    if (outer->name && !outer->hidden && !strcmp(outer->name, name->name))
        return true;
    Diag *d = noted(c, diag_report(c->diags, name->span, E_OVER_OTHER, layer_name(s),
                                   axis_text(&c->dims, outer), name->name));
    report_label(c, d, s->call, value);
    diag_note(c->diags, d, "its argument is declared `%s`", report_snippet(c, arg->span));
    for (int i = 0; i < bound && outer->name; i++)
        if (value->type->axes[i].kind == AXIS_RAGGED && value->type->axes[i].name &&
            !strcmp(value->type->axes[i].name, name->name))
            diag_help(c->diags, d, "there are several `%s` in each `%s`: make one vector of those first, as by `%s(...)(over %s)`",
                      outer->name, name->name, layer_name(s), outer->name);
    return false;
}

/* ---- results ---- */

static Value *report_result(Checker *c, const Node *type, const Value *value, const char *note)
{
    Diag *d = noted(c, diag_report(c->diags, type->span, E_RESULT, report_snippet(c, type->span),
                                   type_text(&c->dims, value->type)));
    const Node *body = c->frame->body;
    if (value->typed && value->typed->span.source == body->span.source)
        diag_label(c->diags, d, value->typed->span, "%s", type_text(&c->dims, value->type));
    if (note)
        diag_note(c->diags, d, "%s", note);
    if (value->typed && value->typed->kind == T_SCAN_LAST)
        diag_help(c->diags, d, "a scan without `emit` gives its last states; `emit h` gives one entry for each step");
    for (int i = 0; i < value->type->rank; i++)
        report_windows(c, d, &value->type->axes[i]);
    return c->error;
}

/* The size as the declaration writes it: "2*hidden = 128". */
static const Reason *result_reason(Checker *c, const Signature *s, const Node *node,
                                   const Axis *axis)
{
    const char *call = arena_printf(c->arena, "`%s`", report_snippet(c, s->instance->call));
    const char *text = report_snippet(c, node->span);
    const char *size = axis_size_text(&c->dims, axis);
    const char *after = strcmp(text, size) ? arena_printf(c->arena, " gives %s = %s", text, size)
                                           : arena_printf(c->arena, " gives %s", size);
    return reason_new(c, call, s->call, after);
}

static bool result_axis_fits(Checker *c, const Node *node, const Axis *axis)
{
    bool known = node->kind != N_RAGGED || scope_find(c->scope, node->name);
    if (!known)
        return axis->kind != AXIS_FREE; /* a sequence of its own length */
    if (node->kind == N_RAGGED || node->kind == N_NAME) {
        if (!scope_find(c->scope, node->name)) {
            report_unknown_name(c, node);
            return false;
        }
        return match_axis(c, node, axis);
    }
    const Dim *dim = eval_dim(c, node, NULL);
    return dim && axis->kind == AXIS_CONST && dim_equal(dim, axis->dim);
}

/* Checks the declared axes; those that are new get their reason. */
static bool match_result(Checker *c, const Signature *s, const Node *type, const Value *value,
                         Type *result)
{
    int at = ellipsis_at(type), front = s->has_front ? s->front.rank : 0;
    int rank = type->kid_count + (at < 0 ? 0 : front - 1);
    if (rank != value->type->rank) {
        report_result(c, type, value,
                      arena_printf(c->arena, "it has %d axes where %d are declared",
                                   value->type->rank, rank));
        return false;
    }
    for (int i = 0, axis = 0; i < type->kid_count; i++) {
        int count = i == at ? front : 1;
        for (int j = 0; j < count; j++, axis++) {
            Axis *a = &result->axes[axis];
            int errors = c->diags->error_count;
            if (i == at ? axis_equal(a, &s->front.axes[j])
                        : result_axis_fits(c, type->kids[i], a)) {
                if (i != at && a->kind == AXIS_CONST && !a->outer)
                    a->reason = result_reason(c, s, type->kids[i], a);
                continue;
            }
            if (c->diags->error_count == errors)
                report_result(c, type, value,
                              arena_printf(c->arena, "the axis `%s` is declared `%s`",
                                           axis_text(&c->dims, a),
                                           report_snippet(c, type->kids[i]->span)));
            return false;
        }
    }
    return true;
}

/* Axes that came in are again what the caller knows; the others lose the names of the layer. */
static void restore_axes(Type *type)
{
    for (int i = 0; i < type->rank; i++) {
        Axis *axis = &type->axes[i];
        const Axis *outer = axis->outer;
        axis->name = outer ? outer->name : NULL;
        axis->hidden = outer && outer->hidden;
        axis->outer = outer ? outer->outer : NULL;
    }
}

/* What a function declares without axes is known at compile time. */
static Value *compile_time_result(Checker *c, const Signature *s, const Node *type, Value *value)
{
    Node kind = *type;
    kind.text = type->name;
    kind.name = layer_name(s);
    return param_value(c, &kind, value, type->span);
}

Value *signature_result(Checker *c, const Signature *s, const Node *type, Value *value)
{
    if (value->kind == V_LIST && !type) {
        Value *list = value_list(c, value->items, value->count);
        for (int i = 0; i < list->count; i++)
            list->items[i] = signature_result(c, s, NULL, list->items[i]);
        return list;
    }
    if (c->stopped)
        return c->error;
    if (value->kind == V_NOTHING) {
        noted(c, diag_report(c->diags, c->frame->body->span, E_NO_RESULT, layer_name(s)));
        return c->error;
    }
    if (s->instance->layer->node->kind == N_FUNCTION && (type ? !type->flag : value->kind != V_TENSOR))
        return type ? compile_time_result(c, s, type, value) : value;
    Element element = ELEMENT_FLOAT;
    if (type && !element_of_type(c, type, &element))
        return c->error;
    value = to_tensor(c, value, element, s->call);
    if (value->kind == V_ERROR)
        return value;
    Type *result = type_copy(c->arena, value->type);
    if (type && !element_fits(element, result->element))
        return report_result(c, type, value, NULL);
    if (type && (!signature_axes(c, type) || !match_result(c, s, type, value, result)))
        return c->error;
    restore_axes(result);
    return value_tensor(c, value->typed, result);
}

/* ---- made-up arguments ---- */

static Axis symbolic_axis(Checker *c, const Node *node, int *parent)
{
    Axis axis = {.kind = AXIS_CONST, .name = node->name, .dim = dim_number(&c->dims, 1)};
    const Node *unknown = NULL;
    if (node->kind == N_ELLIPSIS || node->kind == N_RAGGED) {
        bool ragged = node->kind == N_RAGGED && *parent >= 0;
        const char *name = node->kind == N_RAGGED ? node->name : "batch";
        ExtentInfo info = {.name = name,
                           .kind = ragged ? EXTENT_RAGGED : EXTENT_FREE,
                           .parent = *parent,
                           .source = -1};
        *parent = extent_add(c, info);
        axis = (Axis){.kind = ragged ? AXIS_RAGGED : AXIS_FREE, .name = name, .extent = *parent};
        return axis;
    }
    while (unbound_names(c, node, &unknown) > 0)
        scope_bind(c->arena, c->scope, unknown->name,
                   value_dim(c, dim_atom(&c->dims, unknown->name)), unknown->span)
            ->quiet = true;
    const Dim *dim = eval_dim(c, node, NULL);
    if (dim)
        axis.dim = dim;
    return axis;
}

Value *signature_symbolic(Checker *c, const Node *arg)
{
    const Node *node = arg->kids[1];
    Type type = {0};
    int parent = -1;
    if (!element_of_type(c, node, &type.element) || !signature_axes(c, node))
        return c->error;
    for (int i = 0; i < node->kid_count; i++) {
        const Node *axis = node->kids[i];
        if (axis->kind == N_RAGGED && parent < 0) {
            Diag *d = noted(c, diag_report(c->diags, axis->span, E_RAGGED_FIRST, axis->name));
            diag_help(c->diags, d, "write `...` in front of it");
            return c->error;
        }
        type_push(&type, symbolic_axis(c, axis, &parent));
    }
    return emit(c, T_INPUT, &type, arg->span, 0, NULL);
}
