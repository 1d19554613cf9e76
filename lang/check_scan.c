/* SPDX-License-Identifier: Apache-2.0
 *
 * Scans. Inside the body a sequence's name means its entry at the step, and a
 * state's name means the state before the step until the line that assigns it,
 * and the new state after it.
 */
#include "lang/check.h"

#include <math.h>

static ScanState *state_named(ScanContext *scan, const char *name)
{
    for (int i = 0; scan && i < scan->states.count; i++)
        if (!strcmp(scan->states.data[i].name, name))
            return &scan->states.data[i];
    return NULL;
}

/* A value with the axes of the items in front; those that it lacks are repeated. NULL: does not
 * fit. */
static Value *with_front(Checker *c, const ScanContext *scan, Value *value, Span span)
{
    const Type *type = value->type;
    int lacking = 0;
    bool leads = type->rank >= scan->front;
    for (int i = 0; leads && i < scan->front; i++)
        leads = axis_equal(&type->axes[i], &scan->item.axes[i]);
    if (leads)
        return value;
    for (int i = 0; i < type->rank; i++)
        if (axis_is_runtime(&type->axes[i]))
            return NULL;
    Type wide = {.element = type->element};
    int8_t map[2 * AXES_MAX];
    for (; lacking < scan->front; lacking++) {
        map[lacking] = -1;
        type_push(&wide, scan->item.axes[lacking]);
    }
    for (int i = 0; i < type->rank; i++) {
        map[lacking + i] = (int8_t)i;
        type_push(&wide, type->axes[i]);
    }
    return emit_broadcast(c, value, &wide, map, span);
}

static Value *report_items(Checker *c, Span span, const Value *value)
{
    Diag *d = noted(c, diag_report(c->diags, span, E_SCAN_ITEMS));
    report_label(c, d, span, value);
    return c->error;
}

/* ---- operands ---- */

static bool add_sequence(Checker *c, TypedScan *scan, ScanContext *context, const Node *node,
                         const Node *over)
{
    Value *value = eval(c, node);
    if (node->kind != N_NAME) {
        Diag *d = noted(c, diag_report(c->diags, node->span, E_SCAN_NAME));
        diag_help(c->diags, d, "bind it first: `s = %s`, then `scan s over %s`",
                  report_snippet(c, node->span), over->name);
        return false;
    }
    if (value->kind != V_TENSOR)
        return to_tensor(c, value, ELEMENT_FLOAT, node->span)->kind == V_TENSOR &&
               !report_items(c, node->span, value);
    int axis = type_find(value->type, over->name);
    Node name = *over;
    name.span = over->name_span;
    if (axis < 0)
        return report_no_axis(c, &name, value->type), false;
    if (value->type->axes[axis].kind == AXIS_FREE) {
        noted(c, diag_report(c->diags, name.span, E_MIXES_ITEMS, over->name));
        return false;
    }
    if (scan->sequence_count == 0) {
        scan->axis = axis;
        context->front = axis;
        for (int i = 0; i < axis; i++)
            type_push(&context->item, value->type->axes[i]);
    }
    bool same = axis == scan->axis;
    for (int i = 0; same && scan->sequence_count && i < axis; i++)
        same = axis_equal(&value->type->axes[i], &context->item.axes[i]);
    Typed *first = scan->sequence_count ? scan->sequences[0] : value->typed;
    if (same && value->type->axes[axis].kind == AXIS_CONST)
        same = first->type.axes[axis].kind == AXIS_CONST &&
               first->type.axes[axis].size == dim_value(value->type->axes[axis].dim, 1);
    else if (same)
        same = first->type.axes[axis].kind == AXIS_RAGGED &&
               first->type.axes[axis].extent == value->type->axes[axis].extent;
    if (!same) {
        report_items(c, node->span, value);
        return false;
    }
    scan->sequences[scan->sequence_count++] = value->typed;
    Type item = {.element = value->type->element};
    for (int i = 0; i < value->type->rank; i++)
        if (i != axis)
            type_push(&item, value->type->axes[i]);
    Value *inside = emit(c, T_SCAN_ITEM, &item, node->span, 0, NULL);
    if (inside->kind == V_TENSOR) {
        inside->typed->scan.scan = scan;
        inside->typed->scan.index = scan->sequence_count - 1;
        c->depends.data[inside->typed->id] = c->depends.data[value->typed->id];
    }
    scope_bind(c->arena, context->scope, node->name, inside, node->span)->quiet = true;
    return true;
}

static bool add_state(Checker *c, TypedScan *scan, ScanContext *context, const Node *node)
{
    ScanState *before = state_named(context, node->name);
    if (before) {
        Diag *d = noted(c, diag_report(c->diags, node->name_span, E_BOUND_TWICE, node->name));
        diag_label(c->diags, d, before->span, "first here");
        return false;
    }
    Value *initial = to_tensor(c, eval(c, node->kids[0]), ELEMENT_FLOAT, node->kids[0]->span);
    if (initial->kind == V_ERROR)
        return false;
    Value *wide = with_front(c, context, initial, node->span);
    if (!wide)
        report_items(c, node->kids[0]->span, initial);
    if (!wide || wide->kind == V_ERROR)
        return false;
    Value *state = emit(c, T_SCAN_STATE, wide->type, node->span, 0, NULL);
    if (state->kind == V_ERROR)
        return false;
    state->typed->scan.scan = scan;
    state->typed->scan.index = scan->state_count;
    state->typed->name = node->name;
    scan->initial[scan->state_count++] = wide->typed;
    ScanState s = {.name = node->name, .span = node->name_span, .now = state};
    vec_push(c->arena, &context->states, s);
    scope_bind(c->arena, context->scope, node->name, state, node->name_span)->quiet = true;
    return true;
}

/* ---- options ---- */

static bool unknown_option(Checker *c, const Node *option)
{
    Diag *d = noted(c, diag_report(c->diags, option->name_span, E_UNKNOWN_ARGUMENT, "scan",
                                   option->name));
    diag_help(c->diags, d, "its options are `reverse = true`, `recompute = true`, "
                           "`checkpoint every k` and `from`");
    return false;
}

static bool wrong_option(Checker *c, const Node *option, const char *name, const char *expected,
                         const Value *value)
{
    if (value->kind != V_ERROR)
        noted(c, diag_report(c->diags, option->span, E_OPTION_KIND, name, expected,
                             value_describe(c, value)));
    return false;
}

static bool flag_option(Checker *c, TypedScan *scan, const Node *option)
{
    Value *value = eval(c, option->kids[0]);
    bool *flag = !strcmp(option->name, "reverse")     ? &scan->reverse
                 : !strcmp(option->name, "recompute") ? &scan->recompute
                                                      : NULL;
    if (!flag)
        return unknown_option(c, option);
    if (value->kind != V_BOOL)
        return wrong_option(c, option, option->name, "true or false", value);
    *flag = value->number != 0;
    return true;
}

static bool checkpoint_option(Checker *c, TypedScan *scan, const Node *option)
{
    if (strcmp(option->name, "checkpoint") != 0 || strcmp(option->text, "every") != 0)
        return unknown_option(c, option);
    if (!condition_holds(c, option->kids[1]))
        return true;
    Value *value = eval(c, option->kids[0]);
    double steps = 0;
    bool unknown = false; /* of a layer that is checked for all sizes: any number will do */
    if (!value_as_number(value, &steps, &unknown) ||
        (!unknown && !(steps >= 1 && steps <= INT32_MAX && steps == floor(steps))))
        return wrong_option(c, option, "checkpoint every", "a whole number of at least 1", value);
    scan->checkpoint = unknown ? 1 : (int64_t)steps;
    return true;
}

static bool scan_options(Checker *c, TypedScan *scan, const Node *node)
{
    const Node *options = node->kids[1];
    bool fine = true;
    for (int i = 0; i < options->kid_count && fine; i++) {
        const Node *option = options->kids[i];
        fine = (option->kind == N_EVERY ? checkpoint_option : flag_option)(c, scan, option);
    }
    if (fine && scan->checkpoint && scan->recompute) {
        noted(c, diag_report(c->diags, node->span, E_SCAN_CHECKPOINT));
        return false;
    }
    return fine;
}

/* ---- body ---- */

static void report_state_type(Checker *c, const Node *name, const ScanState *state,
                              const Value *value)
{
    Diag *d = noted(c, diag_report(c->diags, name->span, E_SCAN_STATE_TYPE, name->name,
                                   type_text(&c->dims, value->type)));
    diag_label(c->diags, d, state->span, "%s", type_text(&c->dims, state->now->type));
    diag_note(c->diags, d, "it begins as %s", type_text(&c->dims, state->now->type));
    for (int i = 0; i < value->type->rank && i < state->now->type->rank; i++) {
        if (axis_equal(&value->type->axes[i], &state->now->type->axes[i]))
            continue;
        report_why(c, d, &value->type->axes[i]);
        report_why(c, d, &state->now->type->axes[i]);
    }
}

static bool same_axes(const Type *a, const Type *b)
{
    bool same = a->rank == b->rank && a->element == b->element;
    for (int i = 0; same && i < a->rank; i++)
        same = axis_equal(&a->axes[i], &b->axes[i]);
    return same;
}

bool scan_assign(Checker *c, const Node *name, Value *value)
{
    ScanState *state = state_named(c->scan, name->name);
    if (!state)
        return false;
    if (state->next) {
        Diag *d = noted(c, diag_report(c->diags, name->span, E_SCAN_ASSIGNED, name->name));
        diag_label(c->diags, d, state->assigned, "assigned here");
        return true;
    }
    state->assigned = name->span;
    value = to_tensor(c, value, ELEMENT_FLOAT, name->span);
    Value *wide = value->kind == V_TENSOR ? with_front(c, c->scan, value, name->span) : c->error;
    if (value->kind == V_TENSOR &&
        (!wide || (wide->kind == V_TENSOR && !same_axes(wide->type, state->now->type)))) {
        report_state_type(c, name, state, value);
        wide = NULL;
    }
    state->next = wide ? wide : c->error;
    scope_own(c->scan->scope, name->name)->value = state->next;
    return true;
}

void eval_emit(Checker *c, const Node *node)
{
    for (int i = 0; i < node->kid_count; i++) {
        Span span = node->kids[i]->span;
        Value *value = to_tensor(c, eval(c, node->kids[i]), ELEMENT_FLOAT, span);
        if (value->kind == V_TENSOR) {
            Value *wide = with_front(c, c->scan, value, span);
            value = wide ? wide : report_items(c, span, value);
        }
        vec_push(c->arena, &c->scan->emits, value);
    }
}

static bool run_body(Checker *c, ScanContext *context, const Node *body)
{
    context->outer = c->scan;
    c->scan = context;
    c->scans_open++;
    eval_block(c, body, context->scope);
    c->scans_open--;
    c->scan = context->outer;
    bool fine = !c->stopped;
    for (int i = 0; i < context->states.count; i++) {
        const ScanState *state = &context->states.data[i];
        fine = fine && (!state->next || state->next->kind == V_TENSOR);
        if (state->next)
            continue;
        Diag *d = noted(c, diag_report(c->diags, state->span, E_SCAN_NOT_ASSIGNED, state->name));
        diag_help(c->diags, d, "assign it in the body: `%s = ...`", state->name);
        fine = false;
    }
    for (int i = 0; i < context->emits.count; i++)
        fine = fine && context->emits.data[i]->kind == V_TENSOR;
    return fine;
}

/* ---- results ---- */

static Value *scan_result(Checker *c, TypedScan *scan, TypedKind kind, int index, const Type *type)
{
    Value *value = emit(c, kind, type, scan->span, 0, NULL);
    if (value->kind != V_TENSOR)
        return value;
    value->typed->scan.scan = scan;
    value->typed->scan.index = index;
    unsigned depends = 0;
    for (int i = 0; i < scan->emit_count; i++)
        depends |= c->depends.data[scan->emits[i]->id];
    for (int i = 0; i < scan->state_count; i++)
        depends |= c->depends.data[scan->next[i]->id] | c->depends.data[scan->initial[i]->id];
    c->depends.data[value->typed->id] = depends;
    return value;
}

static Value *emitted(Checker *c, TypedScan *scan, const ScanContext *context, int index,
                      const Axis *sequence)
{
    const Type *inside = context->emits.data[index]->type;
    Type type = {.element = inside->element};
    for (int i = 0; i < inside->rank; i++) {
        if (i == context->front)
            type_push(&type, *sequence);
        type_push(&type, inside->axes[i]);
    }
    if (inside->rank == context->front)
        type_push(&type, *sequence);
    return scan_result(c, scan, T_SCAN_EMIT, index, &type);
}

static Value *scan_results(Checker *c, TypedScan *scan, const ScanContext *context,
                           const Axis *sequence)
{
    int count = scan->emit_count ? scan->emit_count : scan->state_count;
    Value **items = ARENA_ARRAY(c->arena, Value *, count + 1);
    for (int i = 0; i < count; i++)
        items[i] = scan->emit_count
                       ? emitted(c, scan, context, i, sequence)
                       : scan_result(c, scan, T_SCAN_LAST, i, context->states.data[i].now->type);
    return count == 1 ? items[0] : value_list(c, items, count);
}

/* Marks what depends on a state; operands have smaller ids than their users. */
static bool depends_on_state(Checker *c, const TypedScan *scan, const Typed *root, int first)
{
    bool *reached = ARENA_ARRAY(c->arena, bool, root->id + 1);
    reached[root->id] = true;
    for (int id = root->id; id >= first; id--) {
        const Typed *typed = c->typed.data[id];
        if (!reached[id])
            continue;
        bool other_scan = typed->kind == T_SCAN_EMIT || typed->kind == T_SCAN_LAST;
        if (other_scan || (typed->kind == T_SCAN_STATE && typed->scan.scan == scan))
            return true;
        for (int i = 0; i < typed->arg_count; i++)
            reached[typed->args[i]->id] = true;
    }
    return false;
}

static void warn_not_carried(Checker *c, const TypedScan *scan, int first)
{
    bool carried = scan->emit_count == 0;
    for (int i = 0; !carried && i < scan->emit_count; i++)
        carried = depends_on_state(c, scan, scan->emits[i], first);
    if (carried || c->frame->module != c->modules.all.data[0])
        return;
    Diag *d = noted(c, diag_report(c->diags, scan->span, W_SCAN_NOT_CARRIED));
    diag_help(c->diags, d, "write the expression without the scan: it applies to every entry");
}

static bool reaches_open_scan(Checker *c, const Typed *typed, const TypedScan *own, bool *visited);

static bool any_reaches(Checker *c, Typed *const *items, int count, const TypedScan *own, bool *visited)
{
    for (int i = 0; i < count; i++)
        if (reaches_open_scan(c, items[i], own, visited))
            return true;
    return false;
}

static bool scan_reaches(Checker *c, const TypedScan *scan, bool *visited)
{
    return any_reaches(c, scan->initial, scan->state_count, scan, visited) ||
           any_reaches(c, scan->next, scan->state_count, scan, visited) ||
           any_reaches(c, scan->emits, scan->emit_count, scan, visited) ||
           any_reaches(c, scan->sequences, scan->sequence_count, scan, visited);
}

/* Items and states of scans that are not finished, other than `own`: those have no `next` yet. */
static bool reaches_open_scan(Checker *c, const Typed *typed, const TypedScan *own, bool *visited)
{
    if (visited[typed->id])
        return false;
    visited[typed->id] = true;
    if (typed->kind == T_SCAN_ITEM || typed->kind == T_SCAN_STATE)
        return typed->scan.scan != own && !typed->scan.scan->next;
    if (typed->kind == T_SCAN_EMIT || typed->kind == T_SCAN_LAST)
        return scan_reaches(c, typed->scan.scan, visited);
    return any_reaches(c, typed->args, typed->arg_count, own, visited);
}

static bool uses_open_scan(Checker *c, const TypedScan *scan)
{
    return scan_reaches(c, scan, ARENA_ARRAY(c->arena, bool, c->typed.count));
}

static Value *finish(Checker *c, TypedScan *scan, const ScanContext *context, const Axis *sequence,
                     int first)
{
    scan->emit_count = context->emits.count;
    scan->emits = ARENA_ARRAY(c->arena, Typed *, scan->emit_count + 1);
    scan->next = ARENA_ARRAY(c->arena, Typed *, scan->state_count + 1);
    for (int i = 0; i < scan->emit_count; i++)
        scan->emits[i] = context->emits.data[i]->typed;
    for (int i = 0; i < scan->state_count; i++)
        scan->next[i] = context->states.data[i].next->typed;
    if (scan->emit_count + scan->state_count == 0) {
        noted(c, diag_report(c->diags, scan->span, E_SCAN_EMPTY));
        return c->error;
    }
    if (c->scans_open && axis_is_runtime(sequence) && uses_open_scan(c, scan)) {
        noted(c, diag_report(c->diags, scan->span, E_SCAN_NESTED, sequence->name));
        return c->error;
    }
    warn_not_carried(c, scan, first);
    return scan_results(c, scan, context, sequence);
}

/* Items are one packed axis. */
static bool is_possible(Checker *c, const TypedScan *scan, const ScanContext *context)
{
    bool runtime = context->front > 0;
    for (int i = 0; i < context->front; i++)
        runtime = runtime && axis_is_runtime(&context->item.axes[i]);
    if (!runtime) {
        const char *type = value_type_text(c->arena, &scan->sequences[0]->type);
        noted(c, diag_report(c->diags, scan->span, E_SCAN_FRONT, type));
    }
    return runtime;
}

Value *eval_scan(Checker *c, const Node *node)
{
    const Node *sequences = node->kids[0], *states = node->kids[2];
    TypedScan *scan = ARENA_NEW(c->arena, TypedScan);
    ScanContext *context = ARENA_NEW(c->arena, ScanContext);
    scan->span = node->span;
    scan->sequences = ARENA_ARRAY(c->arena, Typed *, sequences->kid_count + 1);
    scan->initial = ARENA_ARRAY(c->arena, Typed *, states->kid_count + 1);
    context->scope = scope_new(c->arena, c->scope);
    int first = c->typed.count;
    bool fine = scan_options(c, scan, node);
    for (int i = 0; i < sequences->kid_count; i++)
        fine = add_sequence(c, scan, context, sequences->kids[i], node) && fine;
    for (int i = 0; fine && i < states->kid_count; i++)
        fine = add_state(c, scan, context, states->kids[i]) && fine;
    if (!fine || scan->sequence_count == 0 || !is_possible(c, scan, context))
        return c->error;
    const Binding *named = scope_find(c->scope, sequences->kids[0]->name);
    Axis sequence = named->value->type->axes[scan->axis];
    const Site *site = site_enter(c, "scan", node->span);
    Value *value =
        run_body(c, context, node->kids[3]) ? finish(c, scan, context, &sequence, first) : c->error;
    c->site = site;
    return value;
}
