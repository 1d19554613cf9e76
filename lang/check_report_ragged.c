/* SPDX-License-Identifier: Apache-2.0
 *
 * What is said of sequences that do not fit: where their lengths come from, and what would make them fit.
 */
#include "lang/check.h"

static const ExtentInfo *extent_of(const Checker *c, const Axis *axis)
{
    return axis->kind == AXIS_RAGGED ? &c->extents.data[axis->extent] : NULL;
}

void report_windows(Checker *c, Diag *d, const Axis *axis)
{
    const ExtentInfo *info = extent_of(c, axis);
    if (info && info->kind == EXTENT_WINDOW)
        diag_note(c->diags, d, "one `%s` counts windows of %s entries, not entries", axis_text(&c->dims, axis),
                  dim_text(&c->dims, info->span));
}

static void note_lengths(Checker *c, Diag *d, const Axis *axis)
{
    const ExtentInfo *info = extent_of(c, axis);
    if (info && info->kind == EXTENT_RAGGED && info->place.source)
        diag_note(c->diags, d, "the lengths of `%s` come with the data: `%s~` at %s", axis_text(&c->dims, axis),
                  info->name, report_place(c, info->place, d->span));
    report_windows(c, d, axis);
}

void report_two_lengths(Checker *c, Diag *d, const Axis *a, const Axis *b)
{
    const ExtentInfo *x = extent_of(c, a), *y = extent_of(c, b);
    if (!x || !y || x == y)
        return;
    note_lengths(c, d, a);
    note_lengths(c, d, b);
    diag_note(c->diags, d, "ragged axes are equal only if their lengths come from the same place");
    if (x->kind == EXTENT_WINDOW || y->kind == EXTENT_WINDOW)
        diag_help(c->diags, d, "`pad = \"same\"` makes as many windows as there are entries");
    else
        diag_help(c->diags, d, "inputs of always the same lengths declare the same axis, as `%s~` twice; otherwise make one "
                               "vector of each first, as `mean(over %s)` does",
                  x < y ? x->name : y->name, x < y ? x->name : y->name);
}

void report_unpooled(Checker *c, Diag *d, const Type *longer, const Type *shorter)
{
    for (int i = longer->rank - 1; i >= 0; i--) {
        const Axis *axis = &longer->axes[i];
        bool met = axis->kind != AXIS_RAGGED || !axis->name || axis->hidden;
        for (int k = 0; !met && k < shorter->rank; k++)
            met = shorter->axes[k].kind == AXIS_RAGGED;
        if (met)
            continue;
        diag_help(c->diags, d, "%s has an entry for each `%s`: `last(over %s)`, `mean(over %s)` or `max(over %s)` makes one of all",
                  type_text(&c->dims, longer), axis->name, axis->name, axis->name, axis->name);
        return;
    }
}

void report_ragged_order(Checker *c, Diag *d, const Type *type)
{
    for (int i = 0; i < type->rank; i++) {
        const ExtentInfo *info = extent_of(c, &type->axes[i]);
        bool follows = !info || (i > 0 && axis_is_runtime(&type->axes[i - 1]) && type->axes[i - 1].extent == info->parent);
        if (follows)
            continue;
        const ExtentInfo *parent = &c->extents.data[info->parent];
        diag_note(c->diags, d, "each `%s` has its own number of `%s`", parent->name, info->name);
        bool gone = true;
        for (int k = 0; k < i; k++)
            gone = gone && !(axis_is_runtime(&type->axes[k]) && type->axes[k].extent == info->parent);
        if (gone && parent->kind != EXTENT_FREE)
            diag_help(c->diags, d, "what runs over `%s` comes first, then what runs over `%s`", info->name, parent->name);
        return;
    }
}

void report_state(Checker *c, Diag *d, const Value *value)
{
    const Typed *typed = value->typed;
    if (typed->kind == T_SCAN_STATE && typed->name)
        diag_note(c->diags, d, "`%s` is a state; it begins as %s at %s", typed->name, type_text(&c->dims, value->type),
                  report_place(c, typed->span, d->span));
}
