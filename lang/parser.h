/* SPDX-License-Identifier: Apache-2.0
 *
 * What scanner (lexer.l), grammar (grammar.y) and parse.c share; nobody else
 * includes this.
 */
#ifndef NND_LANG_PARSER_H
#define NND_LANG_PARSER_H

#include "lang/ast.h"

typedef VEC(Node *) Nodes;

typedef struct Parser {
    Arena *arena;
    const Source *source;
    Diags *diags;
    Node *file;
    const char *doc;      /* `///` lines since the last `layer` or `model`, joined */
    VEC(const char *) names; /* interned */
    int position;         /* of the scanner, in bytes */
    int depth;            /* open brackets, to refuse absurd nesting */
    int last_error_line;  /* one syntax error a line: the parser gropes until it is in step again */
    bool line_break;      /* a line ended since the last token */
    bool in_for;          /* between `for` and its `in` */
    bool after_value;     /* the last token can end an expression */
} Parser;

/* Deepest nesting of brackets: keeps the recursive passes over the tree from running out of stack. */
enum { PARSER_MAX_DEPTH = 200 };

/* Constructors of nodes for the grammar's actions. `kids` may be NULL entries. */
Node *node_new(Parser *p, NodeKind kind, Span span);
Node *node_with(Parser *p, NodeKind kind, Span span, int count, ...); /* count kids */
Node *node_list(Parser *p, NodeKind kind, Span span, const Nodes *kids);
Node *node_binary(Parser *p, Operator op, Span op_span, Node *x, Node *y);
Node *node_unary(Parser *p, Operator op, Span span, Span op_span, Node *x);
Node *node_named(Parser *p, NodeKind kind, Span span, Span name_span, const char *name);
Node *node_layer(Parser *p, Span span, Span name_span, const char *name, const char *doc);
Node *node_function(Parser *p, Span span, Span name_span, const char *name, const char *doc, Node *operands);
/* Declarations (kids: default or NULL, type) as N_PARAMS; as N_ARGS; as N_ARGS of a function, where
 * what is declared without axes is known at compile time. */
Node *node_params(Parser *p, Span span, const Nodes *decls);
Node *node_args(Parser *p, Span span, const Nodes *decls);
Node *node_operands(Parser *p, Span span, const Nodes *decls);
void node_add(Parser *p, Node *node, Node *kid);
void node_add_all(Parser *p, Node *node, const Nodes *kids);

typedef struct Token {
    int kind; /* of the grammar */
    Span span;
} Token;

typedef VEC(Token) Tokens;

/* The tokens of a source without errors; comments are what is between them. */
Tokens scan_source(Arena *arena, const Source *source);

const char *parser_intern(Parser *p, const char *text, int length);
const char *parser_intern_dotted(Parser *p, const char *front, const char *name); /* "front.name" */
/* Remembers a `///` line for the item that follows. */
void parser_doc(Parser *p, const char *text, int length);
const char *parser_take_doc(Parser *p);
double parser_number(Parser *p, const char *text, Span span);

#endif
