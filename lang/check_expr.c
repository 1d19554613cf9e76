/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/check.h"

static const EwOp operator_ops[] = {
    [O_ADD] = EW_add, [O_SUB] = EW_sub, [O_MUL] = EW_mul, [O_DIV] = EW_div, [O_EQ] = EW_eq,
    [O_NE] = EW_ne,   [O_LT] = EW_lt,   [O_LE] = EW_le,   [O_GT] = EW_gt,   [O_GE] = EW_ge,
    [O_AND] = EW_and, [O_OR] = EW_or,   [O_NEG] = EW_neg, [O_NOT] = EW_not,
};

static const char *operator_verb(Operator op)
{
    switch (op) {
    case O_ADD: return "add";
    case O_SUB: return "subtract";
    case O_MUL:
    case O_DOT: return "multiply";
    case O_DIV: return "divide";
    case O_EQ:
    case O_NE:
    case O_LT:
    case O_LE:
    case O_GT:
    case O_GE: return "compare";
    case O_AND:
    case O_OR:
    case O_NOT: return "combine";
    case O_NEG: return "negate";
    }
    return "combine";
}

static Value *eval_binary(Checker *c, const Node *node)
{
    Value *args[2] = {eval(c, node->kids[0]), eval(c, node->kids[1])};
    if (args[0]->kind == V_ERROR || args[1]->kind == V_ERROR)
        return c->error;
    if (node->op == O_DOT)
        return dot_operator(c, args[0], args[1], node);
    Span spans[2] = {node->kids[0]->span, node->kids[1]->span};
    return elementwise(c, operator_ops[node->op], 2, args,
                       &(OpSite){operator_verb(node->op), node->name_span, spans});
}

static Value *eval_unary(Checker *c, const Node *node)
{
    Value *x = eval(c, node->kids[0]);
    Span span = node->kids[0]->span;
    return elementwise(c, operator_ops[node->op], 1, &x,
                       &(OpSite){operator_verb(node->op), node->name_span, &span});
}

static Value *eval_name(Checker *c, const Node *node)
{
    Binding *binding = scope_find(c->scope, node->name);
    if (binding) {
        binding->used = true;
        return binding->value;
    }
    Decl *decl = module_decl(&c->modules, c->frame->module, node->name, node->span);
    if (decl && decl->node->kind == N_CONST)
        return const_value(c, decl);
    if (decl) {
        Value *value = value_new(c, V_LAYER);
        value->layer = decl;
        return value;
    }
    const Builtin *builtin = builtin_find(node->name);
    if (!builtin)
        return report_unknown_name(c, node);
    Value *value = value_new(c, V_FUNCTION);
    value->function = builtin;
    return value;
}

static Value *eval_number(Checker *c, const Node *node)
{
    if (!node->flag)
        return value_number(c, node->number, false);
    if (node->number < 9e15)
        return value_int(c, (int64_t)node->number);
    noted(c, diag_report(c->diags, node->span, E_SIZE_OVERFLOW));
    return c->error;
}

static Value *eval_list(Checker *c, const Node *node)
{
    Value **items = ARENA_ARRAY(c->arena, Value *, node->kid_count + 1);
    for (int i = 0; i < node->kid_count; i++)
        items[i] = eval(c, node->kids[i]);
    return value_list(c, items, node->kid_count);
}

/* True or false; a condition that depends on symbolic sizes takes both branches, for their errors.
 */
static bool eval_condition(Checker *c, const Node *node, bool *truth, bool *unknown)
{
    Value *value = eval(c, node);
    if (value->kind == V_BOOL) {
        *truth = value->number != 0;
        *unknown = value->unknown;
        return true;
    }
    if (value->kind != V_ERROR) {
        Diag *d =
            noted(c, diag_report(c->diags, node->span, E_CONDITION, value_describe(c, value)));
        if (value->kind == V_TENSOR)
            diag_help(c->diags, d, "`select(condition, a, b)` chooses element by element");
    }
    return false;
}

/* What is not run may be the only use of a name. */
static void mark_used(Checker *c, const Node *node)
{
    if (!node || c->depth >= DEPTH_MAX)
        return;
    Binding *binding = node->kind == N_NAME ? scope_find(c->scope, node->name) : NULL;
    if (binding)
        binding->used = true;
    c->depth++;
    for (int i = 0; i < node->kid_count; i++)
        mark_used(c, node->kids[i]);
    c->depth--;
}

static Value *eval_branch(Checker *c, const Node *node)
{
    if (!node)
        return c->nothing;
    return node->kind == N_BLOCK ? eval_block(c, node, scope_new(c->arena, c->scope))
                                 : eval(c, node);
}

static Value *eval_if(Checker *c, const Node *node)
{
    bool truth, unknown;
    if (!eval_condition(c, node->kids[0], &truth, &unknown))
        return c->error;
    if (unknown) {
        Value *then = eval_branch(c, node->kids[1]);
        Value *returned = c->frame->returned;
        c->frame->returned = NULL;
        eval_branch(c, node->kids[2]);
        c->frame->returned = returned;
        return then;
    }
    mark_used(c, node->kids[truth ? 2 : 1]);
    return eval_branch(c, node->kids[truth ? 1 : 2]);
}

static Value *eval_for(Checker *c, const Node *node)
{
    Value *list = eval(c, node->kids[0]);
    if (list->kind == V_ERROR)
        return list;
    if (list->kind != V_LIST) {
        noted(c, diag_report(c->diags, node->kids[0]->span, E_NOT_A_LIST, value_describe(c, list)));
        return c->error;
    }
    const char *binding = c->binding;
    Value **items = ARENA_ARRAY(c->arena, Value *, list->count + 1);
    for (int i = 0; i < list->count && !c->stopped; i++) {
        Scope *scope = scope_new(c->arena, c->scope);
        scope_bind(c->arena, scope, node->name, list->items[i], node->name_span)->quiet = true;
        c->binding =
            binding ? arena_printf(c->arena, "%s.%d", binding, i) : arena_printf(c->arena, "%d", i);
        items[i] = eval_block(c, node->kids[1], scope);
    }
    c->binding = binding;
    return c->stopped ? c->error : value_list(c, items, list->count);
}

static Value *misplaced(Checker *c, const Node *node)
{
    static const char *const what[N_KIND_COUNT] = {[N_MAP] = "a map",
                                                   [N_NAMED] = "a named argument",
                                                   [N_OVER] = "`over`",
                                                   [N_ELLIPSIS] = "`...`"};
    noted(c, diag_report(c->diags, node->span, E_MISPLACED,
                         what[node->kind] ? what[node->kind] : "this"));
    return c->error;
}

static Value *eval_kind(Checker *c, const Node *node)
{
    switch (node->kind) {
    case N_NUMBER: return eval_number(c, node);
    case N_STRING: return value_text(c, node->text);
    case N_BOOL: return value_bool(c, node->flag, false);
    case N_NAME: return eval_name(c, node);
    case N_LIST: return eval_list(c, node);
    case N_UNARY: return eval_unary(c, node);
    case N_BINARY: return eval_binary(c, node);
    case N_PIPE: return eval_pipe(c, node);
    case N_CALL: return eval_call(c, node, NULL, node->span);
    case N_IF: return eval_if(c, node);
    case N_FOR: return eval_for(c, node);
    case N_SCAN: return eval_scan(c, node);
    default: return misplaced(c, node);
    }
}

Value *eval(Checker *c, const Node *node)
{
    if (c->stopped)
        return c->error;
    if (++c->steps > STEPS_MAX)
        return report_stop(c, node->span, E_PROGRAM_TOO_LARGE);
    if (c->depth >= DEPTH_MAX)
        return report_stop(c, node->span, E_TOO_DEEP);
    c->depth++;
    Value *value = eval_kind(c, node);
    c->depth--;
    return value;
}

/* ---- sizes ---- */

const Dim *eval_dim(Checker *c, const Node *node, Value **out)
{
    Value *value = eval(c, node);
    if (out)
        *out = value;
    if (value->kind == V_DIM)
        return value->dim;
    report_not_size(c, node, value);
    return NULL;
}

bool eval_const_axis(Checker *c, const Node *node, Axis *axis)
{
    if (node->kind == N_ELLIPSIS || node->kind == N_RAGGED) {
        noted(c, diag_report(c->diags, node->span, E_CONST_AXIS));
        return false;
    }
    Value *value;
    const Dim *dim = eval_dim(c, node, &value);
    if (!dim)
        return false;
    int64_t size;
    if (dim_known(dim, &size) && size < 1) {
        noted(c, diag_report(c->diags, node->span, E_SIZE_RANGE, (long long)size));
        return false;
    }
    const char *name = node->kind == N_NAME ? node->name : NULL;
    *axis = (Axis){.kind = AXIS_CONST, .name = name, .dim = dim, .reason = value->reason};
    return true;
}

bool element_of_type(Checker *c, const Node *type, Element *element)
{
    static const char *const names[] = {"f32", "i32", "bool", "token", "class"};
    static const Element elements[] = {ELEMENT_FLOAT, ELEMENT_INT, ELEMENT_BOOL, ELEMENT_TOKEN,
                                       ELEMENT_CLASS};
    int count = (int)(sizeof names / sizeof *names);
    for (int i = 0; i < count; i++)
        if (!strcmp(type->name, names[i])) {
            *element = elements[i];
            return true;
        }
    Diag *d = noted(c, diag_report(c->diags, type->name_span, E_UNKNOWN_TYPE, type->name));
    const char *near = diag_nearest(type->name, names, count);
    if (near)
        diag_help(c->diags, d, "did you mean `%s`?", near);
    else
        diag_note(c->diags, d, "the types are f32, i32, bool, token and class");
    return false;
}

/* ---- statements ---- */

void bind_name(Checker *c, const Node *name, Value *value)
{
    if (value->kind == V_TENSOR && !value->typed->name)
        value->typed->name = name->name;
    if (scan_assign(c, name, value))
        return;
    Binding *before = scope_own(c->scope, name->name);
    if (before) {
        Diag *d = noted(c, diag_report(c->diags, name->span, E_BOUND_TWICE, name->name));
        diag_label(c->diags, d, before->span, "first here");
        diag_help(c->diags, d, "give the second one a name of its own");
        return;
    }
    scope_bind(c->arena, c->scope, name->name, layer_named(c, value, name->name), name->span);
}

Value *eval_in_binding(Checker *c, const Node *node, const char *name)
{
    const char *before = c->binding;
    c->binding = before ? arena_printf(c->arena, "%s.%s", before, name) : name;
    Value *value = eval(c, node);
    c->binding = before;
    return value;
}

/* The first axis, from the left, of as many entries as there are names. */
static int split_axis(const Type *type, int count)
{
    for (int i = 0; i < type->rank; i++) {
        const Axis *axis = &type->axes[i];
        if (axis->kind == AXIS_CONST && !axis->hidden && dim_value(axis->dim, -1) == count)
            return i;
    }
    return -1;
}

/* How many names would take the value apart: as many as its first axis of constant size has entries. */
static void help_with_names(Checker *c, Diag *d, const Value *value)
{
    for (int i = 0; value->kind == V_TENSOR && i < value->type->rank; i++) {
        const Axis *axis = &value->type->axes[i];
        if (axis->kind != AXIS_CONST || axis->hidden || dim_value(axis->dim, -1) < 2)
            continue;
        diag_help(c->diags, d, "its axis `%s` gives %s names a value each", axis_text(&c->dims, axis),
                  dim_text(&c->dims, axis->dim));
        return;
    }
}

static Value *split_entry(Checker *c, Value *value, int axis, int entry, Span span)
{
    Value *slice = emit_slice(c, value, axis, entry, 1, span);
    Type type = {.element = value->type->element};
    for (int i = 0; i < value->type->rank; i++)
        if (i != axis)
            type_push(&type, value->type->axes[i]);
    return emit_reshape(c, slice, &type, span);
}

static Value *entry_of(Checker *c, const Node *bind, Value *value, int axis, int entry)
{
    int count = bind->kid_count - 1;
    if (value->kind == V_LIST && value->count == count)
        return value->items[entry];
    if (value->kind == V_TENSOR && axis >= 0)
        return split_entry(c, value, axis, entry, bind->kids[entry]->span);
    return c->error;
}

static void bind_several(Checker *c, const Node *bind, Value *value)
{
    int count = bind->kid_count - 1;
    const Node *source = bind->kids[count];
    int axis = value->kind == V_TENSOR ? split_axis(value->type, count) : -1;
    bool fits =
        value->kind == V_ERROR || axis >= 0 || (value->kind == V_LIST && value->count == count);
    if (!fits) {
        Diag *d =
            noted(c, diag_report(c->diags, bind->span, E_SPLIT, count, value_describe(c, value)));
        report_label(c, d, source->span, value);
        help_with_names(c, d, value);
    }
    for (int i = 0; i < count; i++)
        bind_name(c, bind->kids[i], entry_of(c, bind, value, axis, i));
}

void eval_bind(Checker *c, const Node *bind)
{
    int count = bind->kid_count - 1;
    Value *value = eval_in_binding(c, bind->kids[count], bind->kids[0]->name);
    if (value->kind == V_NOTHING) {
        noted(c, diag_report(c->diags, bind->kids[count]->span, E_NO_VALUE));
        value = c->error;
    }
    if (count == 1)
        bind_name(c, bind->kids[0], value);
    else
        bind_several(c, bind, value);
}

static bool is_body(const Checker *c)
{
    return c->frame->instance != NULL;
}

static bool is_function(const Checker *c)
{
    return is_body(c) && c->frame->instance->layer->node->kind == N_FUNCTION;
}

static void eval_return(Checker *c, const Node *node)
{
    if (!is_body(c) || c->scan) {
        noted(c, diag_report(c->diags, node->span, E_RETURN_PLACE));
        return;
    }
    c->frame->returned = eval(c, node->kids[0]);
}

static void eval_expression_statement(Checker *c, const Node *node, bool last, Value **value)
{
    const Node *expr = node->kids[0];
    *value = eval(c, expr);
    bool useful = last || (*value)->kind == V_ERROR || (*value)->kind == V_NOTHING ||
                  expr->kind == N_IF || expr->kind == N_FOR;
    if (!useful)
        noted(c, diag_report(c->diags, node->span, W_UNUSED_VALUE));
}

static void eval_top_level(Checker *c, const Node *node, const char *what, bool allowed,
                           void (*run)(Checker *, const Node *))
{
    if (allowed)
        run(c, node);
    else
        noted(c, diag_report(c->diags, node->span, E_MISPLACED, what));
}

static const char *misplaced_weight(Checker *c, const Node *node)
{
    return arena_printf(c->arena, "`%s` %s", node->flag ? "statistic" : "param",
                        is_function(c) ? "in a function, which has no weights" : "inside of another block");
}

static void eval_statement(Checker *c, const Node *node, bool top, bool last, Value **value)
{
    switch (node->kind) {
    case N_BIND: eval_bind(c, node); break;
    case N_RETURN: eval_return(c, node); break;
    case N_EXPR: eval_expression_statement(c, node, last, value); break;
    case N_EMIT: eval_top_level(c, node, "`emit` outside of a scan", c->scan, eval_emit); break;
    case N_WEIGHT:
        eval_top_level(c, node, misplaced_weight(c, node), top && !is_function(c), eval_weight);
        break;
    case N_INPUT:
    case N_TARGET:
        eval_top_level(c, node, "`input` and `target` outside of a model", top && !is_body(c),
                       eval_input);
        break;
    case N_OUTPUT:
        eval_top_level(c, node, "`output` outside of a model", top && !is_body(c), eval_output);
        break;
    case N_METRIC:
        eval_top_level(c, node, "`metric` outside of a model", top && !is_body(c), eval_metric);
        break;
    default: misplaced(c, node);
    }
}

void warn_unused(Checker *c, const Scope *scope)
{
    if (c->stopped || c->frame->module != c->modules.all.data[0])
        return;
    for (int i = 0; i < scope->bindings.count; i++) {
        const Binding *b = &scope->bindings.data[i];
        bool is_loss = !c->frame->instance && !strcmp(b->name, "loss"); /* used by its name alone */
        if (!b->used && !b->quiet && !is_loss && b->span.source)
            noted(c, diag_report(c->diags, b->span, W_UNUSED, b->name));
    }
}

Value *eval_block(Checker *c, const Node *block, Scope *scope)
{
    Scope *outer = c->scope;
    c->scope = scope;
    bool top = block == c->frame->body;
    Value *value = c->nothing;
    for (int i = 0; i < block->kid_count && !c->stopped; i++) {
        const Node *node = block->kids[i];
        if (c->frame->returned) {
            noted(c, diag_report(c->diags, node->span, E_AFTER_RETURN));
            break;
        }
        value = c->nothing;
        eval_statement(c, node, top, i + 1 == block->kid_count, &value);
    }
    warn_unused(c, scope);
    c->scope = outer;
    return value;
}
