/* SPDX-License-Identifier: Apache-2.0
 *
 * The tree that the parser builds. One small node type; what `name`, `number`
 * and `kids` mean is said beside each kind. Kids may be NULL only where the
 * kind says "or NULL". Nodes belong to the arena given to the parser.
 */
#ifndef NND_LANG_AST_H
#define NND_LANG_AST_H

#include <stdbool.h>

#include "lang/diag.h"

typedef enum NodeKind {
    /* file */
    N_FILE,      /* kids: N_USE, N_LAYER, N_FUNCTION, N_CONST, N_MODEL, N_TRAIN, in order */
    N_USE,       /* name "std.text" */
    N_LAYER,     /* name; kids: N_PARAMS, N_ARGS, result N_TYPE or NULL, N_BLOCK; doc */
    N_FUNCTION,  /* as N_LAYER: no N_PARAM in the N_PARAMS, but N_PARAM beside N_ARG in the N_ARGS */
    N_CONST,     /* name; kids: value; doc */
    N_MODEL,     /* name; kids: N_PARAMS, N_BLOCK; doc */
    N_TRAIN,     /* name of the model; kids: N_BIND (`optimiser = ...`) */
    N_PARAMS,    /* kids: N_PARAM */
    N_PARAM,     /* name; text = kind "dim", "bool", "number", "layer" or another word; kids: default or NULL */
    N_ARGS,      /* kids: N_ARG */
    N_ARG,       /* name; kids: default or NULL, N_TYPE */
    N_TYPE,      /* name "f32", "token", "class", ...; kids: axes: N_ELLIPSIS, N_RAGGED or an expression;
                    flag: written with brackets */
    N_RAGGED,    /* name of the axis; kids: upper bound or NULL */
    N_ELLIPSIS,  /* ... */
    /* statements */
    N_BLOCK,     /* kids: statements */
    N_BIND,      /* [let] a, b = value; kids: N_NAME targets, then the value; flag: written with `let` */
    N_WEIGHT,    /* param name : type = init [if condition]; kids: N_TYPE, init, condition or NULL;
                    flag: `statistic` instead of `param` */
    N_INPUT,     /* name; kids: N_TYPE, and what stands for it if it is not given, if anything does */
    N_TARGET,    /* name; kids: N_TYPE */
    N_OUTPUT,    /* name; kids: value */
    N_METRIC,    /* name; kids: value */
    N_RETURN,    /* kids: value */
    N_EMIT,      /* kids: values */
    N_EXPR,      /* an expression as a statement: the value of its block if it is the last; kids: value */
    /* expressions */
    N_NUMBER,    /* number; flag: written as an integer */
    N_STRING,    /* text */
    N_BOOL,      /* flag */
    N_NAME,      /* name; may be dotted in `train` ("valid.auc") */
    N_LIST,      /* kids */
    N_MAP,       /* kids: key (N_NAME or N_STRING), value, key, value, ... */
    N_UNARY,     /* op; kids: x */
    N_BINARY,    /* op; kids: x, y */
    N_PIPE,      /* x |> f; kids: x, f */
    N_CALL,      /* kids: callee, then arguments: expressions, N_NAMED, N_OVER, N_ELLIPSIS */
    N_NAMED,     /* name = value as an argument; kids: value */
    N_EVERY,     /* checkpoint every value [if condition], an option of N_SCAN; name "checkpoint" or another word,
                    text = "every" or another; kids: value, condition or NULL */
    N_OVER,      /* over a / over (a, b) as an argument; kids: N_NAME, N_ELLIPSIS */
    N_IF,        /* kids: condition, N_BLOCK, N_BLOCK or N_IF or NULL */
    N_FOR,       /* name; kids: list, N_BLOCK */
    N_SCAN,      /* name of the axis; kids: N_LIST of sequences, N_LIST of options (N_NAMED, N_EVERY),
                    N_LIST of N_NAMED states (`from`), N_BLOCK */
    N_KIND_COUNT
} NodeKind;

typedef enum Operator {
    O_ADD, O_SUB, O_MUL, O_DIV, O_DOT /* · */, O_EQ, O_NE, O_LT, O_LE, O_GT, O_GE, O_AND, O_OR,
    O_NEG, O_NOT
} Operator;

typedef struct Node Node;
struct Node {
    NodeKind kind;
    Operator op;
    bool flag;
    Span span;        /* the whole construct */
    Span name_span;   /* the name, or the operator of N_UNARY, N_BINARY, N_PIPE */
    const char *name; /* interned: equal names are equal pointers within one parse session */
    const char *text;
    const char *doc;  /* `///` comment in front, without the slashes, or NULL */
    double number;
    Node **kids;
    int kid_count;
};

const char *node_kind_name(NodeKind kind);
const char *operator_text(Operator op); /* as written: "+", "·", "&&" */

/* Compact S-expression of the tree, for tests. */
char *node_text(Arena *arena, const Node *node);

#endif
