/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/ast.h"

static const char *const kind_names[] = {
    [N_FILE] = "file",       [N_USE] = "use",         [N_METRIC] = "metric", [N_LAYER] = "layer",   [N_FUNCTION] = "function", [N_CONST] = "const",   [N_MODEL] = "model",
    [N_TRAIN] = "train",     [N_PARAMS] = "params",   [N_PARAM] = "param",   [N_ARGS] = "args",
    [N_ARG] = "arg",         [N_TYPE] = "type",       [N_RAGGED] = "ragged", [N_ELLIPSIS] = "ellipsis",
    [N_BLOCK] = "block",     [N_BIND] = "bind",       [N_WEIGHT] = "weight", [N_INPUT] = "input",
    [N_TARGET] = "target",   [N_OUTPUT] = "output",   [N_RETURN] = "return", [N_EMIT] = "emit",
    [N_EXPR] = "expr",       [N_NUMBER] = "number",   [N_STRING] = "string", [N_BOOL] = "bool",
    [N_NAME] = "name",       [N_LIST] = "list",       [N_MAP] = "map",       [N_UNARY] = "unary",
    [N_BINARY] = "binary",   [N_PIPE] = "pipe",       [N_CALL] = "call",     [N_NAMED] = "named",
    [N_EVERY] = "every",     [N_OVER] = "over",       [N_IF] = "if",         [N_FOR] = "for",
    [N_SCAN] = "scan",
};
_Static_assert(sizeof kind_names / sizeof *kind_names == N_KIND_COUNT, "a kind of node has no name");

static const char *const operator_texts[] = {
    [O_ADD] = "+",  [O_SUB] = "-",  [O_MUL] = "*",  [O_DIV] = "/",  [O_DOT] = "·",
    [O_EQ] = "==",  [O_NE] = "!=",  [O_LT] = "<",   [O_LE] = "<=",  [O_GT] = ">",
    [O_GE] = ">=",  [O_AND] = "&&", [O_OR] = "||",  [O_NEG] = "-",  [O_NOT] = "!",
};

const char *node_kind_name(NodeKind kind)
{
    return kind_names[kind];
}

const char *operator_text(Operator op)
{
    return operator_texts[op];
}

typedef VEC(char) Text;

static void put(Arena *arena, Text *text, const char *string)
{
    for (; *string; string++)
        vec_push(arena, text, *string);
}

static void put_details(Arena *arena, Text *text, const Node *node)
{
    if (node->kind == N_UNARY || node->kind == N_BINARY) {
        put(arena, text, " ");
        put(arena, text, operator_text(node->op));
    }
    if (node->name)
        put(arena, text, arena_printf(arena, " %s", node->name));
    if (node->text)
        put(arena, text, arena_printf(arena, " \"%s\"", node->text));
    if (node->kind == N_NUMBER)
        put(arena, text, arena_printf(arena, " %.17g", node->number));
    if (node->kind == N_BOOL)
        put(arena, text, node->flag ? " true" : " false");
}

static void put_node(Arena *arena, Text *text, const Node *node)
{
    if (!node) {
        put(arena, text, "()");
        return;
    }
    put(arena, text, "(");
    put(arena, text, node_kind_name(node->kind));
    put_details(arena, text, node);
    for (int i = 0; i < node->kid_count; i++) {
        put(arena, text, " ");
        put_node(arena, text, node->kids[i]);
    }
    put(arena, text, ")");
}

char *node_text(Arena *arena, const Node *node)
{
    Text text = {0};
    put_node(arena, &text, node);
    vec_push(arena, &text, '\0');
    return text.data;
}
