/* SPDX-License-Identifier: Apache-2.0
 *
 * Constants of a file. They are evaluated where they are first used, in the
 * order in which they need each other.
 */
#include "lang/check.h"

static bool is_known(const Value *value)
{
    for (int i = 0; value->kind == V_LIST && i < value->count; i++)
        if (!is_known(value->items[i]))
            return false;
    return value->kind == V_LIST || value->kind == V_LAYER || value->kind == V_FUNCTION || value_is_constant(value);
}

static Value *evaluate(Checker *c, const Decl *decl)
{
    Frame *frame = c->frame, own = {.module = decl->module, .prefix = "", .body = decl->node};
    Scope *scope = c->scope;
    ScanContext *scan = c->scan;
    const char *binding = c->binding;
    c->frame = arena_copy(c->arena, &own, sizeof own);
    c->scope = scope_new(c->arena, NULL);
    c->scan = NULL;
    c->binding = NULL;
    Value *value = eval(c, decl->node->kids[0]);
    c->frame = frame;
    c->scope = scope;
    c->scan = scan;
    c->binding = binding;
    return value;
}

Value *const_value(Checker *c, Decl *decl)
{
    if (decl->evaluating) {
        noted(c, diag_report(c->diags, decl->node->name_span, E_CONST_CYCLE, decl->node->name));
        return c->error;
    }
    if (decl->value)
        return decl->value;
    decl->evaluating = true;
    Value *value = evaluate(c, decl);
    decl->evaluating = false;
    if (value->kind != V_ERROR && !is_known(value)) {
        noted(c, diag_report(c->diags, decl->node->kids[0]->span, E_CONST_VALUE, value_describe(c, value)));
        value = c->error;
    }
    return decl->value = value;
}
