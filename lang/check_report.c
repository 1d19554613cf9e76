/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/check.h"

static bool same_report(const Diag *a, const Diag *b)
{
    return a->code == b->code && a->span.source == b->span.source &&
           a->span.start == b->span.start && a->span.end == b->span.end;
}

Diag *noted(Checker *c, Diag *diag)
{
    Diags *diags = c->diags;
    if (!diags->items.count || diags->items.data[diags->items.count - 1] != diag)
        return diag; /* beyond the limit */
    for (int i = 0; i < diags->items.count - 1; i++) {
        if (!same_report(diags->items.data[i], diag))
            continue;
        diags->items.count--;
        if (diag->severity == DIAG_ERROR)
            diags->error_count--;
        return diag;
    }
    vec_push(c->arena, &c->pending, ((PendingDiag){diag, c->frame}));
    return diag;
}

Value *report_stop(Checker *c, Span span, DiagCode code)
{
    if (!c->stopped)
        noted(c, diag_report(c->diags, span, code));
    c->stopped = true;
    return c->error;
}

static void note_frames(Checker *c, Diag *diag, const Frame *frame)
{
    enum { MOST = 4 };
    for (int shown = 0; frame && frame->instance && frame->instance->call.source;
         frame = frame->caller) {
        bool inside = diag->span.source == frame->module->source &&
                      diag->span.start >= frame->body->span.start &&
                      diag->span.end <= frame->body->span.end;
        if (!shown && !inside)
            continue; /* reported at the call, which shows the same */
        if (shown++ == MOST)
            return;
        diag_note(c->diags, diag, "in `%s`, applied at %s",
                  report_snippet(c, frame->instance->call),
                  report_place(c, frame->call, diag->span));
    }
}

/* Poison makes names look unused: warnings would only distract from errors. */
static void drop_warnings(Diags *diags)
{
    int kept = 0;
    for (int i = 0; i < diags->items.count; i++)
        if (diags->items.data[i]->severity == DIAG_ERROR)
            diags->items.data[kept++] = diags->items.data[i];
    diags->items.count = kept;
}

void report_finish(Checker *c)
{
    if (c->diags->error_count)
        drop_warnings(c->diags);
    for (int i = 0; i < c->pending.count; i++)
        note_frames(c, c->pending.data[i].diag, c->pending.data[i].frame);
    c->pending.count = 0;
}

const char *report_snippet(Checker *c, Span span)
{
    enum { MOST = 48 };
    char text[MOST + 4];
    int length = 0;
    for (int i = span.start; span.source && i < span.end && i < span.source->length; i++) {
        char byte = span.source->text[i];
        bool blank = byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
        if (blank && length && text[length - 1] == ' ')
            continue;
        if (length >= MOST && (byte & 0xC0) != 0x80)
            return arena_printf(c->arena, "%.*s...", length, text);
        if (length < MOST + 3)
            text[length++] = blank ? ' ' : byte;
    }
    return arena_printf(c->arena, "%.*s", length, text);
}

const char *report_place(Checker *c, Span span, Span relative)
{
    if (!span.source)
        return "the command line";
    int line = source_place(span.source, span.start).line;
    if (span.source == relative.source)
        return arena_printf(c->arena, "line %d", line);
    return arena_printf(c->arena, "%s:%d", span.source->path, line);
}

void report_label(Checker *c, Diag *d, Span span, const Value *value)
{
    if (value->kind == V_TENSOR)
        diag_label(c->diags, d, span, "%s", type_text(&c->dims, value->type));
}

Reason *reason_new(Checker *c, const char *before, Span place, const char *after)
{
    Reason *reason = ARENA_NEW(c->arena, Reason);
    *reason = (Reason){.before = before, .after = after, .place = place};
    return reason;
}

void report_why(Checker *c, Diag *d, const Axis *axis)
{
    const Reason *reason = axis->reason;
    if (!reason)
        return;
    const char *size = axis_size_text(&c->dims, axis);
    const char *which = axis->name ? arena_printf(c->arena, "`%s` is %s", axis->name, size)
                                   : arena_printf(c->arena, "%s comes about", size);
    if (axis->name && !strcmp(axis->name, size))
        which = arena_printf(c->arena, "`%s` is what it is", size);
    if (!reason->place.source)
        diag_note(c->diags, d, "%s because %s", which, reason->before);
    else
        diag_note(c->diags, d, "%s because %s at %s%s", which, reason->before,
                  report_place(c, reason->place, d->span), reason->after);
}

Value *report_not_size(Checker *c, const Node *node, const Value *value)
{
    if (value->kind == V_ERROR)
        return c->error;
    Diag *d = noted(c, diag_report(c->diags, node->span, E_NOT_A_SIZE, value_describe(c, value)));
    if (value->kind == V_NUMBER && node->kind != N_NUMBER)
        diag_note(c->diags, d, "`%s` is %g", report_snippet(c, node->span), value->number);
    if (value->kind == V_NUMBER && node->kind == N_BINARY && node->op == O_DIV)
        diag_help(c->diags, d, "`floor(%s)` rounds down", report_snippet(c, node->span));
    return c->error;
}

void report_fix(Checker *c, Diag *d, const Axis *axis, const Axis *wanted)
{
    const Reason *reason = axis->reason;
    int64_t size;
    if (d->help || !reason || !reason->argument.source || wanted->kind != AXIS_CONST ||
        !dim_known(wanted->dim, &size))
        return;
    Span before = {reason->place.source, reason->place.start, reason->argument.start};
    Span after = {reason->place.source, reason->argument.end, reason->place.end};
    diag_help(c->diags, d, "perhaps `%s%lld%s`?", report_snippet(c, before), (long long)size,
              report_snippet(c, after));
}

void report_axes(Checker *c, Diag *d, const Type *type)
{
    const char *list = NULL;
    for (int i = 0; i < type->rank; i++) {
        if (!type->axes[i].name || type->axes[i].hidden || type->axes[i].kind == AXIS_FREE)
            continue;
        const char *name = arena_printf(c->arena, "`%s`", type->axes[i].name);
        list = list ? arena_printf(c->arena, "%s, %s", list, name) : name;
    }
    if (list)
        diag_note(c->diags, d, "the axes of %s that can be named here are %s", type_text(&c->dims, type), list);
    else
        diag_note(c->diags, d, "%s has no axis that can be named here", type_text(&c->dims, type));
}

void report_needs_axis(Checker *c, const Call *call)
{
    Diag *d = noted(c, diag_report(c->diags, call->span, E_NEEDS_AXIS, call->name));
    const Value *x = call->args.count ? call->args.data[0] : NULL;
    const char *name = NULL;
    for (int i = 0; x && x->kind == V_TENSOR && i < x->type->rank; i++)
        if (x->type->axes[i].name && !x->type->axes[i].hidden && x->type->axes[i].kind == AXIS_RAGGED)
            name = x->type->axes[i].name;
    if (!x || x->kind != V_TENSOR)
        return;
    report_axes(c, d, x->type);
    if (name)
        diag_help(c->diags, d, "`%s(over %s)` runs along the sequence", call->name, name);
}

Value *report_no_axis(Checker *c, const Node *name, const Type *type)
{
    Diag *d =
        noted(c, diag_report(c->diags, name->span, E_NO_AXIS, name->name ? name->name : "this"));
    report_axes(c, d, type);
    const char *names[AXES_MAX];
    int count = 0;
    bool hidden = false;
    const char *inner = NULL;
    for (int i = 0; i < type->rank; i++) {
        const Axis *axis = &type->axes[i];
        if (axis->name && !axis->hidden && axis->kind != AXIS_FREE)
            names[count++] = axis->name;
        if (axis->outer && !axis->hidden && axis->outer->name && name->name && !strcmp(axis->outer->name, name->name))
            inner = axis->name;
        hidden |= axis->hidden && axis->name && name->name && !strcmp(axis->name, name->name);
    }
    const char *near = name->name ? diag_nearest(name->name, names, count) : NULL;
    if (hidden)
        diag_help(c->diags, d, "`%s` came in by `...`: a layer can name only axes of its signature",
                  name->name);
    else if (inner)
        diag_help(c->diags, d, "inside of this layer it is called `%s`", inner);
    else if (near)
        diag_help(c->diags, d, "did you mean `%s`?", near);
    return c->error;
}

typedef VEC(const char *) Names;

static Names names_in_reach(Checker *c)
{
    Names names = {0};
    for (const Scope *scope = c->scope; scope; scope = scope->outer)
        for (int i = 0; i < scope->bindings.count; i++)
            vec_push(c->arena, &names, scope->bindings.data[i].name);
    const Module *module = c->frame->module;
    for (int i = 0; i < module->decls.count; i++)
        vec_push(c->arena, &names, module->decls.data[i]->node->name);
    for (int i = 0; i < module->imports.count; i++)
        for (int j = 0; j < module->imports.data[i]->decls.count; j++)
            vec_push(c->arena, &names, module->imports.data[i]->decls.data[j]->node->name);
    const char **builtins;
    int count = builtin_names(c->arena, &builtins);
    for (int i = 0; i < count; i++)
        vec_push(c->arena, &names, builtins[i]);
    return names;
}

Value *report_unknown_name(Checker *c, const Node *name)
{
    Diag *d = noted(c, diag_report(c->diags, name->span, E_UNKNOWN_NAME, name->name));
    const char *module = module_of_std_name(c->arena, name->name);
    if (module) {
        diag_help(c->diags, d, "add `use %s` at the top of the file", module);
        return c->error;
    }
    Names names = names_in_reach(c);
    const char *near = diag_nearest(name->name, names.data, names.count);
    if (near)
        diag_help(c->diags, d, "did you mean `%s`?", near);
    return c->error;
}
