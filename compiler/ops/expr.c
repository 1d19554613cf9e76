/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ops/expr.h"

#include <ctype.h>
#include <stdlib.h>

typedef struct Reader {
    Arena *arena;
    const char *text, *at;
} Reader;

static void skip_blanks(Reader *r)
{
    while (isspace((unsigned char)*r->at))
        r->at++;
}

static bool accept(Reader *r, const char *token)
{
    skip_blanks(r);
    size_t length = strlen(token);
    if (strncmp(r->at, token, length) != 0)
        return false;
    r->at += length;
    return true;
}

static void expect(Reader *r, const char *token)
{
    if (!accept(r, token))
        NND_BUG("lang/ops.def: expected `%s` at `%s` in `%s`", token, r->at, r->text);
}

static const Expr *call(Reader *r, IrOp op, const Expr *x, const Expr *y, const Expr *z)
{
    Expr *e = ARENA_NEW(r->arena, Expr);
    *e = (Expr){.kind = EXPR_CALL, .op = op, .args = {x, y, z}};
    return e;
}

static const Expr *parse_or(Reader *r);

static IrOp op_named(const char *name, size_t length)
{
    for (IrOp op = 0; op < OP_COUNT; op++)
        if (ir_op_is_scalar(op) && strlen(ir_op_info[op].name) == length && !strncmp(ir_op_info[op].name, name, length))
            return op;
    NND_BUG("lang/ops.def: there is no scalar operator `%.*s`", (int)length, name);
}

static const Expr *parse_call(Reader *r, IrOp op)
{
    const Expr *args[3] = {NULL, NULL, NULL};
    for (int i = 0; i < ir_op_info[op].arity; i++) {
        if (i)
            expect(r, ",");
        args[i] = parse_or(r);
    }
    expect(r, ")");
    return call(r, op, args[0], args[1], args[2]);
}

static const Expr *parse_name(Reader *r)
{
    static const char variables[] = "xyzrg";
    const char *start = r->at;
    while (isalnum((unsigned char)*r->at) || *r->at == '_')
        r->at++;
    size_t length = (size_t)(r->at - start);
    if (accept(r, "("))
        return parse_call(r, op_named(start, length));
    const char *variable = length == 1 ? strchr(variables, *start) : NULL;
    if (!variable)
        NND_BUG("lang/ops.def: `%.*s` in `%s`", (int)length, start, r->text);
    Expr *e = ARENA_NEW(r->arena, Expr);
    *e = (Expr){.kind = EXPR_VARIABLE, .variable = (ExprVariable)(variable - variables)};
    return e;
}

static const Expr *parse_primary(Reader *r)
{
    skip_blanks(r);
    if (accept(r, "(")) {
        const Expr *e = parse_or(r);
        expect(r, ")");
        return e;
    }
    if (isalpha((unsigned char)*r->at))
        return parse_name(r);
    char *end;
    Expr *e = ARENA_NEW(r->arena, Expr);
    *e = (Expr){.kind = EXPR_NUMBER, .number = strtod(r->at, &end)};
    if (end == r->at)
        NND_BUG("lang/ops.def: cannot read `%s` in `%s`", r->at, r->text);
    r->at = end;
    return e;
}

static const Expr *parse_unary(Reader *r)
{
    if (accept(r, "-"))
        return call(r, OP_neg, parse_unary(r), NULL, NULL);
    if (accept(r, "!"))
        return call(r, OP_not, parse_unary(r), NULL, NULL);
    return parse_primary(r);
}

typedef struct Infix {
    const char *token;
    IrOp op;
    int level;
} Infix;

/* Longer tokens before their beginnings. */
static const Infix infixes[] = {
    {"||", OP_or, 0}, {"&&", OP_and, 1}, {"==", OP_eq, 2}, {"!=", OP_ne, 2}, {"<=", OP_le, 2},  {">=", OP_ge, 2},
    {"<", OP_lt, 2},  {">", OP_gt, 2},   {"+", OP_add, 3}, {"-", OP_sub, 3}, {"*", OP_mul, 4}, {"/", OP_div, 4},
};
enum { LEVELS = 5, INFIX_COUNT = sizeof infixes / sizeof *infixes };

static const Infix *accept_infix(Reader *r, int level)
{
    for (int i = 0; i < INFIX_COUNT; i++)
        if (infixes[i].level == level && accept(r, infixes[i].token))
            return &infixes[i];
    return NULL;
}

static const Expr *parse_level(Reader *r, int level)
{
    if (level == LEVELS)
        return parse_unary(r);
    const Expr *e = parse_level(r, level + 1);
    for (const Infix *infix; (infix = accept_infix(r, level));)
        e = call(r, infix->op, e, parse_level(r, level + 1), NULL);
    return e;
}

static const Expr *parse_or(Reader *r)
{
    return parse_level(r, 0);
}

const Expr *expr_parse(Arena *arena, const char *text)
{
    Reader r = {arena, text, text};
    const Expr *e = parse_or(&r);
    skip_blanks(&r);
    if (*r.at)
        NND_BUG("lang/ops.def: cannot read `%s` in `%s`", r.at, text);
    return e;
}

bool expr_is_zero(const Expr *expr)
{
    return expr->kind == EXPR_NUMBER && expr->number == 0;
}

IrValue *expr_build(IrBuilder *b, const Expr *expr, IrValue *const variables[VAR_COUNT], IrType type)
{
    if (expr->kind == EXPR_NUMBER)
        return ir_const(b, type, expr->number);
    if (expr->kind == EXPR_VARIABLE) {
        if (!variables[expr->variable])
            NND_BUG("an expression of lang/ops.def uses a variable without a value");
        return variables[expr->variable];
    }
    IrValue *args[3] = {NULL, NULL, NULL};
    for (int i = 0; i < 3 && expr->args[i]; i++)
        args[i] = expr_build(b, expr->args[i], variables, type);
    return ir_ew(b, expr->op, args[0], args[1], args[2]);
}
