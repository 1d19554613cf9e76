/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions of the language: every scalar operator of ops.def, and the
 * rows below. docs/language.md lists them for people.
 */
#include "lang/check.h"

/* clang-format off */
static const Builtin functions[] = {
    /* name, call, least, most, over, options, axes_from, op, usage */
    {"sum",          builtin_sum,          1, 1, OVER_FRONT, "", -1, 0, "sum(x, over axis)"},
    {"mean",         builtin_mean,         1, 1, OVER_FRONT, "", -1, 0, "mean(x, over axis)"},
    {"max",          builtin_extreme,      1, 2, OVER_OPTIONAL, "", -1, EW_max, "max(x, over axis) or max(x, y)"},
    {"min",          builtin_extreme,      1, 2, OVER_OPTIONAL, "", -1, EW_min, "min(x, over axis) or min(x, y)"},
    {"argmax",       builtin_argmax,       1, 1, OVER_OPTIONAL, "", -1, 0, "argmax(x, over axis)"},
    {"softmax",      builtin_softmax,      1, 1, OVER_OPTIONAL, "", -1, 0, "softmax(x, over axis)"},
    {"log_softmax",  builtin_log_softmax,  1, 1, OVER_OPTIONAL, "", -1, 0, "log_softmax(x, over axis)"},
    {"normalise",    builtin_normalise,    1, 1, OVER_REQUIRED, "epsilon", -1, 0, "normalise(x, over axis, epsilon = 1e-5)"},
    {"first",        builtin_last,         1, 1, OVER_REQUIRED, "", -1, 0, "first(x, over axis)"},
    {"last",         builtin_last,         1, 1, OVER_REQUIRED, "", -1, 1, "last(x, over axis)"},
    {"length",       builtin_length,       1, 1, OVER_REQUIRED, "", -1, 0, "length(x, over axis)"},
    {"iota",         builtin_iota,         1, 1, OVER_REQUIRED, "", -1, 0, "iota(x, over axis)"},
    {"cross_entropy", builtin_cross_entropy, 2, 2, OVER_NONE,   "", -1, 0, "cross_entropy(logits, label)"},
    {"binary_cross_entropy", builtin_binary_cross_entropy, 2, 2, OVER_NONE, "", -1, 0, "binary_cross_entropy(logit, target)"},
    {"mse",          builtin_mse,          2, 2, OVER_NONE,     "", -1, 0, "mse(x, target)"},
    {"dot",          builtin_dot,          2, 2, OVER_REQUIRED, "", -1, 0, "dot(a, b, over axis)"},
    {"concat",       builtin_concat,       1, 64, OVER_OPTIONAL, "", -1, 0, "concat(x, y, ..., over axis)"},
    {"flatten",      builtin_flatten,      1, 1, OVER_NONE,     "", -1, 0, "flatten(x)"},
    {"split",        builtin_split,        2, 8, OVER_REQUIRED, "", -1, 0, "split(x, over axis, outer, inner)"},
    {"merge",        builtin_merge,        1, 1, OVER_REQUIRED, "", -1, 0, "merge(x, over (outer, inner))"},
    {"permute",      builtin_permute,      2, 9, OVER_NONE,     "...", 1, 0, "permute(x, ..., first, second)"},
    {"window",       builtin_window,       1, 1, OVER_REQUIRED, "size stride dilation pad low high fill least", -1, 0,
     "window(x, over axis, size = k, stride = 1, dilation = 1, pad = \"valid\")"},
    {"gather",       builtin_gather,       2, 2, OVER_NONE,     "", -1, 0, "gather(table, index)"},
    {"zeros",        builtin_fill,         0, 8, OVER_NONE,     "...", -1, 0, "zeros(..., size)"},
    {"ones",         builtin_fill,         0, 8, OVER_NONE,     "...", -1, 1, "ones(..., size)"},
    {"running",      builtin_running,      2, 2, OVER_NONE,     "keep", -1, 0, "running(statistic, x, keep = 0.9)"},
    {"dropout",      builtin_dropout,      2, 2, OVER_NONE,     "", -1, 0, "dropout(x, rate)"},
    {"where",        builtin_scalar,       3, 3, OVER_NONE,     "", -1, EW_select, "where(condition, x, y)"},
    {"f32",          builtin_cast,         1, 1, OVER_NONE,     "", -1, ELEMENT_FLOAT, "f32(x)"},
    {"i32",          builtin_cast,         1, 1, OVER_NONE,     "", -1, ELEMENT_INT, "i32(x)"},
#define EW1(id, ...) {#id, builtin_scalar, 1, 1, OVER_NONE, "", -1, EW_##id, #id "(x)"},
#define EW2(id, ...) {#id, builtin_scalar, 2, 2, OVER_NONE, "", -1, EW_##id, #id "(x, y)"},
#define EW3(id, ...) {#id, builtin_scalar, 3, 3, OVER_NONE, "", -1, EW_##id, #id "(x, y, z)"},
#include "lang/ops.def"
};
/* clang-format on */
enum { FUNCTION_COUNT = sizeof functions / sizeof *functions };

const Builtin *builtin_find(const char *name)
{
    for (int i = 0; i < FUNCTION_COUNT; i++)
        if (!strcmp(functions[i].name, name))
            return &functions[i];
    return NULL;
}

int builtin_names(Arena *arena, const char ***names)
{
    *names = ARENA_ARRAY(arena, const char *, FUNCTION_COUNT);
    for (int i = 0; i < FUNCTION_COUNT; i++)
        (*names)[i] = functions[i].name;
    return FUNCTION_COUNT;
}

static bool takes_ellipsis(const Builtin *builtin)
{
    return !strcmp(builtin->options, "...");
}

/* The words of `options`. */
static int option_names(Checker *c, const Builtin *builtin, const char **names)
{
    int count = 0;
    char *text = takes_ellipsis(builtin) ? arena_strdup(c->arena, "")
                                         : arena_strdup(c->arena, builtin->options);
    char *rest = NULL;
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        names[count++] = word;
    return count;
}

static bool check_options(Checker *c, const Builtin *builtin, const Call *call)
{
    const char *names[16];
    int count = option_names(c, builtin, names);
    for (int i = 0; i < call->named.count; i++) {
        const NamedArg *arg = &call->named.data[i];
        bool known = false;
        for (int j = 0; j < count; j++)
            known = known || !strcmp(names[j], arg->name);
        if (known)
            continue;
        Diag *d = noted(
            c, diag_report(c->diags, arg->span, E_UNKNOWN_ARGUMENT, builtin->name, arg->name));
        const char *near = diag_nearest(arg->name, names, count);
        if (near)
            diag_help(c->diags, d, "did you mean `%s`?", near);
        else
            diag_note(c->diags, d, "usage: %s", builtin->usage);
        return false;
    }
    return true;
}

/* `over (..., h)` */
static const Node *ellipsis_of(const Node *over)
{
    for (int i = 0; over && i < over->kid_count; i++)
        if (over->kids[i]->kind == N_ELLIPSIS)
            return over->kids[i];
    return NULL;
}

static bool check_over(Checker *c, const Builtin *builtin, const Call *call)
{
    Diag *d = NULL;
    if (call->over && builtin->over == OVER_NONE)
        d = noted(c, diag_report(c->diags, call->over->span, E_OVER_UNUSED, builtin->name));
    else if (!call->over && (builtin->over == OVER_REQUIRED || builtin->over == OVER_FRONT))
        return report_needs_axis(c, call), false;
    else if (call->ellipsis && !takes_ellipsis(builtin))
        d = noted(c, diag_report(c->diags, call->ellipsis->span, E_MISPLACED, "`...`"));
    else if (ellipsis_of(call->over) && builtin->over != OVER_FRONT)
        d = noted(c, diag_report(c->diags, ellipsis_of(call->over)->span, E_MISPLACED, "`...`"));
    if (d)
        diag_note(c->diags, d, "usage: %s", builtin->usage);
    return !d;
}

static bool check_count(Checker *c, const Builtin *builtin, const Call *call)
{
    if (call->args.count >= builtin->least && call->args.count <= builtin->most)
        return true;
    Diag *d = noted(
        c, diag_report(c->diags, call->span, E_ARGUMENT_COUNT, builtin->name, call->args.count));
    diag_note(c->diags, d, "usage: %s", builtin->usage);
    return false;
}

Value *builtin_call(Checker *c, const Builtin *builtin, Call *call)
{
    call->name = builtin->name;
    if (call_is_poisoned(call))
        return c->error;
    if (!check_count(c, builtin, call) || !check_options(c, builtin, call) ||
        !check_over(c, builtin, call))
        return c->error;
    const Site *site = site_enter(c, builtin->name, call->span);
    Value *value = builtin->call(c, builtin, call);
    c->site = site;
    return value;
}

Value *builtin_scalar(Checker *c, const Builtin *builtin, Call *call)
{
    const char *verb = arena_printf(c->arena, "compute `%s`", builtin->name);
    return elementwise(c, (EwOp)builtin->op, call->args.count, call->args.data,
                       &(OpSite){verb, call->span, call->spans.data});
}

Value *builtin_cast(Checker *c, const Builtin *builtin, Call *call)
{
    return emit_cast(c, call_tensor(c, call, 0), (Element)builtin->op, call->span);
}
