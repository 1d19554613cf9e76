/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/parse.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "lang/parser.h"

#include "grammar.h"

int nnd_lex_lex_init_extra(Parser *extra, void **scanner);
int nnd_lex_lex_destroy(void *scanner);
int nnd_lex_lex(NND_PARSE_STYPE *value, Span *span, void *scanner);
struct yy_buffer_state *nnd_lex__scan_bytes(const char *text, int length, void *scanner);

Node *node_new(Parser *p, NodeKind kind, Span span)
{
    Node *node = ARENA_NEW(p->arena, Node);
    node->kind = kind;
    node->span = node->name_span = span;
    return node;
}

void node_add(Parser *p, Node *node, Node *kid)
{
    Node **kids = ARENA_ARRAY(p->arena, Node *, node->kid_count + 1);
    if (node->kid_count)
        memcpy(kids, node->kids, sizeof *kids * (size_t)node->kid_count);
    kids[node->kid_count++] = kid;
    node->kids = kids;
}

void node_add_all(Parser *p, Node *node, const Nodes *kids)
{
    Node **all = ARENA_ARRAY(p->arena, Node *, node->kid_count + kids->count);
    if (node->kid_count)
        memcpy(all, node->kids, sizeof *all * (size_t)node->kid_count);
    for (int i = 0; i < kids->count; i++)
        all[node->kid_count + i] = kids->data[i];
    node->kids = all;
    node->kid_count += kids->count;
}

Node *node_with(Parser *p, NodeKind kind, Span span, int count, ...)
{
    Node *node = node_new(p, kind, span);
    va_list kids;
    va_start(kids, count);
    for (int i = 0; i < count; i++)
        node_add(p, node, va_arg(kids, Node *));
    va_end(kids);
    return node;
}

Node *node_list(Parser *p, NodeKind kind, Span span, const Nodes *kids)
{
    Node *node = node_new(p, kind, span);
    node_add_all(p, node, kids);
    return node;
}

Node *node_unary(Parser *p, Operator op, Span span, Span op_span, Node *x)
{
    Node *node = node_with(p, N_UNARY, span, 1, x);
    node->op = op;
    node->name_span = op_span;
    return node;
}

Node *node_binary(Parser *p, Operator op, Span op_span, Node *x, Node *y)
{
    Node *node = node_with(p, N_BINARY, span_join(x->span, y->span), 2, x, y);
    node->op = op;
    node->name_span = op_span;
    return node;
}

Node *node_named(Parser *p, NodeKind kind, Span span, Span name_span, const char *name)
{
    Node *node = node_new(p, kind, span);
    node->name = name;
    node->name_span = name_span;
    return node;
}

Node *node_layer(Parser *p, Span span, Span name_span, const char *name, const char *doc)
{
    Node *node = node_named(p, N_LAYER, span, name_span, name);
    node->doc = doc;
    return node;
}

Node *node_function(Parser *p, Span span, Span name_span, const char *name, const char *doc, Node *operands)
{
    Node *node = node_named(p, N_FUNCTION, span, name_span, name);
    node->doc = doc;
    node_add(p, node, node_params(p, name_span, &(Nodes){0}));
    node_add(p, node, operands);
    return node;
}

static void make_param(Node *decl)
{
    decl->text = decl->kids[1]->name;
    decl->kid_count = 1;
}

Node *node_params(Parser *p, Span span, const Nodes *decls)
{
    for (int i = 0; i < decls->count; i++)
        make_param(decls->data[i]);
    return node_list(p, N_PARAMS, span, decls);
}

Node *node_args(Parser *p, Span span, const Nodes *decls)
{
    for (int i = 0; i < decls->count; i++)
        decls->data[i]->kind = N_ARG;
    return node_list(p, N_ARGS, span, decls);
}

Node *node_operands(Parser *p, Span span, const Nodes *decls)
{
    for (int i = 0; i < decls->count; i++) {
        Node *decl = decls->data[i];
        if (decl->kids[1]->flag)
            decl->kind = N_ARG;
        else
            make_param(decl);
    }
    return node_list(p, N_ARGS, span, decls);
}

const char *parser_intern(Parser *p, const char *text, int length)
{
    for (int i = 0; i < p->names.count; i++) {
        const char *name = p->names.data[i];
        if (strlen(name) == (size_t)length && !memcmp(name, text, (size_t)length))
            return name;
    }
    const char *name = arena_strndup(p->arena, text, (size_t)length);
    vec_push(p->arena, &p->names, name);
    return name;
}

const char *parser_intern_dotted(Parser *p, const char *front, const char *name)
{
    const char *dotted = arena_printf(p->arena, "%s.%s", front, name);
    return parser_intern(p, dotted, (int)strlen(dotted));
}

void parser_doc(Parser *p, const char *text, int length)
{
    if (length && *text == ' ')
        text++, length--;
    p->doc = arena_printf(p->arena, "%s%.*s\n", p->doc ? p->doc : "", length, text);
}

const char *parser_take_doc(Parser *p)
{
    const char *doc = p->doc;
    p->doc = NULL;
    return doc;
}

double parser_number(Parser *p, const char *text, Span span)
{
    double number = strtod(text, NULL);
    if (isfinite(number))
        return number;
    diag_report(p->diags, span, E_NUMBER, text);
    return 0;
}

Node *parse_source(Arena *arena, const Source *source, Diags *diags)
{
    Parser p = {.arena = arena, .source = source, .diags = diags};
    Span whole = {.source = source, .start = 0, .end = source->length};
    p.file = node_new(&p, N_FILE, whole);
    void *scanner;
    if (nnd_lex_lex_init_extra(&p, &scanner)) {
        diag_report(diags, whole, E_FILE, source->path, "out of memory");
        return p.file;
    }
    nnd_lex__scan_bytes(source->text, source->length, scanner);
    nnd_parse_parse(scanner, &p);
    nnd_lex_lex_destroy(scanner);
    return p.file;
}

Tokens scan_source(Arena *arena, const Source *source)
{
    Parser p = {.arena = arena, .source = source, .diags = diags_new(arena)};
    Tokens tokens = {0};
    NND_PARSE_STYPE value;
    Token token;
    void *scanner;
    if (nnd_lex_lex_init_extra(&p, &scanner))
        return tokens;
    nnd_lex__scan_bytes(source->text, source->length, scanner);
    while ((token.kind = nnd_lex_lex(&value, &token.span, scanner)) != 0)
        vec_push(arena, &tokens, token);
    nnd_lex_lex_destroy(scanner);
    return tokens;
}
