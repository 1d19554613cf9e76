/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lang/format_layout.h"

#include "grammar.h"

static bool one_of(int kind, const int *kinds)
{
    for (; *kinds; kinds++)
        if (kind == *kinds)
            return true;
    return false;
}

static bool is_infix(int kind)
{
    static const int infix[] = {TOK_PIPE, TOK_OR, TOK_AND, TOK_EQ, TOK_NE, '<', '>', TOK_LE, TOK_GE, '+', '-',
                                '*', '/', TOK_DOT, '=', ',', ':', '.', '~', TOK_ARROW, TOK_ELSE, TOK_FROM, TOK_OVER, 0};
    return one_of(kind, infix);
}

static int token_before(const Pieces *pieces, int at)
{
    do
        at--;
    while (at >= 0 && pieces->data[at].kind == PIECE_COMMENT);
    return at;
}

static int kind_before(const Pieces *pieces, int at)
{
    int before = token_before(pieces, at);
    return before < 0 ? 0 : pieces->data[before].kind;
}

bool opens_block(const Pieces *pieces, int at)
{
    static const int values[] = {'=', ',', '(', TOK_PAREN, '[', TOK_LIST, ':', TOK_PIPE, 0};
    return pieces->data[at].kind == '{' && !one_of(kind_before(pieces, at), values);
}

/* A statement goes on in the next line after an operator, or where the line begins with one. */
static bool starts_statement(const Pieces *pieces, int at)
{
    const Piece *piece = &pieces->data[at];
    int before = kind_before(pieces, at);
    if (!piece->first || piece->nesting || piece->kind == '}' || piece->kind == '{' || piece->kind == PIECE_COMMENT)
        return false;
    if (piece->block == 0) {
        static const int items[] = {TOK_USE, TOK_LAYER, TOK_FUNCTION, TOK_CONST, TOK_MODEL, TOK_TRAIN, 0};
        return one_of(piece->kind, items);
    }
    return !is_infix(piece->kind) && (before == '{' || !is_infix(before)) && before != TOK_MINUS && before != '!';
}

/* ---- blocks ---- */

static void number_blocks(Pieces *pieces)
{
    struct { int block, nesting; } open[PARSER_MAX_DEPTH + 2] = {{0}};
    int depth = 0, blocks = 0;
    for (int i = 0; i < pieces->count; i++) {
        Piece *piece = &pieces->data[i];
        bool closes = strchr(")]}", piece->kind > 0 && piece->kind < 128 ? piece->kind : 'x') != NULL;
        static const int opening[] = {'(', TOK_PAREN, '[', TOK_LIST, '{', 0};
        if (closes && depth > 0)
            depth--;
        piece->block = open[depth].block;
        piece->nesting = open[depth].nesting;
        if (!one_of(piece->kind, opening) || depth > PARSER_MAX_DEPTH)
            continue;
        open[depth + 1] = open[depth];
        depth++;
        open[depth].nesting++;
        if (opens_block(pieces, i)) {
            open[depth].block = ++blocks;
            open[depth].nesting = 0;
        }
    }
    for (int i = 0; i < pieces->count; i++)
        pieces->data[i].starts = starts_statement(pieces, i);
}

/* ---- spaces ---- */

/* Products are written as their author likes: 4*hidden, 2 * x. */
static bool product_is_spaced(const Pieces *pieces, int op)
{
    bool after = op + 1 < pieces->count && pieces->data[op + 1].spaced && !pieces->data[op + 1].first;
    return (pieces->data[op].spaced && !pieces->data[op].first) || after;
}

static bool is_product(int kind)
{
    return kind == '*' || kind == '/';
}

static int space_between(const Pieces *pieces, int at)
{
    static const int opening[] = {'(', TOK_PAREN, '[', TOK_LIST, '!', TOK_MINUS, '.', 0};
    static const int closing[] = {')', ']', ',', '~', '.', '(', '[', 0};
    const Piece *before = &pieces->data[at - 1], *piece = &pieces->data[at];
    if (one_of(before->kind, opening) || one_of(piece->kind, closing))
        return 0;
    if (before->kind == '{' && piece->kind == '}')
        return 0;
    if (is_product(piece->kind))
        return product_is_spaced(pieces, at);
    if (is_product(before->kind))
        return product_is_spaced(pieces, at - 1);
    return piece->kind != ':' || (piece->nesting == 0 && piece->block > 0);
}

void layout_spaces(Pieces *pieces)
{
    number_blocks(pieces);
    for (int i = 1; i < pieces->count; i++)
        if (!pieces->data[i].first)
            pieces->data[i].space = space_between(pieces, i);
    for (int i = 1; i < pieces->count; i++)
        if (kind_before(pieces, i) == '{' || pieces->data[i].kind == '}')
            pieces->data[i].blank = false;
}
