/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements of a block are indented by 4. What continues a statement is under the first word of the
 * bracket that it is in; outside of brackets `else` is under its `if`, a layer's arguments under
 * its parameters, and everything else is indented by 4 more.
 */
#include "lang/format_layout.h"

#include "grammar.h"

/* An open bracket. */
typedef struct Bracket {
    bool block;
    int content; /* column of what is in it */
    int close;   /* column of the closing bracket, if that begins a line */
    int line;    /* in which it was opened */
    /* of the statement around it */
    int base, paren, if_column;
} Bracket;

typedef struct Lines {
    Pieces *pieces;
    VEC(Bracket) open;
    int line, column;
    int base;      /* column of the statement at hand */
    int paren;     /* column of its first bracket, or -1 */
    int if_column; /* of its last `if`, or -1 */
} Lines;

static int block_content(const Lines *l)
{
    return l->open.count ? l->open.data[l->open.count - 1].content : 0;
}

static bool in_brackets(const Lines *l)
{
    return l->open.count && !l->open.data[l->open.count - 1].block;
}

static int continued(const Lines *l, const Piece *piece)
{
    switch (piece->kind) {
    case '{': return l->base;
    case '(':
    case TOK_PAREN: return l->paren >= 0 ? l->paren : l->base + INDENT;
    case TOK_ELSE: return l->if_column >= 0 ? l->if_column : l->base;
    default: return l->base + INDENT;
    }
}

static bool closes(int kind)
{
    return kind == ')' || kind == ']' || kind == '}';
}

static int indentation(Lines *l, const Piece *piece)
{
    if (closes(piece->kind) && l->open.count)
        return l->open.data[l->open.count - 1].close;
    if (piece->kind == PIECE_COMMENT || in_brackets(l))
        return block_content(l);
    if (!piece->starts)
        return continued(l, piece);
    l->base = block_content(l);
    l->paren = l->if_column = -1;
    return l->base;
}

static void open_bracket(Arena *arena, Lines *l, int at)
{
    const Pieces *pieces = l->pieces;
    bool block = opens_block(pieces, at);
    bool alone = at + 1 >= pieces->count || pieces->data[at + 1].first || pieces->data[at + 1].kind == PIECE_COMMENT;
    Bracket bracket = {.block = block, .close = l->base, .line = l->line,
                       .base = l->base, .paren = l->paren, .if_column = l->if_column};
    bracket.content = block || alone ? l->base + INDENT
                                     : l->column + piece_width(&pieces->data[at]) + pieces->data[at + 1].space;
    vec_push(arena, &l->open, bracket);
    if (block) {
        l->base = bracket.content;
        l->paren = l->if_column = -1;
    }
}

/* The statement goes on after the bracket; after a block of several lines `else` is not aligned. */
static void close_bracket(Lines *l)
{
    if (!l->open.count)
        return;
    const Bracket *bracket = &l->open.data[--l->open.count];
    l->base = bracket->base;
    l->paren = bracket->paren;
    l->if_column = bracket->block && bracket->line != l->line ? -1 : bracket->if_column;
}

static void pass(Arena *arena, Lines *l, int at)
{
    const Piece *piece = &l->pieces->data[at];
    switch (piece->kind) {
    case TOK_IF:
        if (l->if_column < 0)
            l->if_column = l->column;
        break;
    case '(':
    case TOK_PAREN:
        if (l->paren < 0)
            l->paren = l->column;
        open_bracket(arena, l, at);
        break;
    case '[':
    case TOK_LIST:
    case '{': open_bracket(arena, l, at); break;
    case ')':
    case ']':
    case '}': close_bracket(l); break;
    default: break;
    }
    l->column += piece_width(piece);
}

/* ---- comments at the ends of lines ---- */

/* Such a comment stays in its column if the text leaves it room; neighbours in one column stay together. */
static void place_comments(Pieces *pieces, const int *ends, const int *comments, int count)
{
    for (int from = 0, to; from < count; from = to) {
        int column = pieces->data[comments[from]].column;
        for (to = from; to < count; to++) {
            bool together = pieces->data[comments[to]].column == pieces->data[comments[from]].column;
            if (!together)
                break;
            column = ends[to] + 2 > column ? ends[to] + 2 : column;
        }
        for (int i = from; i < to; i++)
            pieces->data[comments[i]].space = column - ends[i];
    }
}

void layout_lines(Arena *arena, Pieces *pieces)
{
    Lines l = {.pieces = pieces, .paren = -1, .if_column = -1};
    VEC(int) ends = {0}, comments = {0};
    for (int i = 0; i < pieces->count; i++) {
        Piece *piece = &pieces->data[i];
        if (piece->first) {
            piece->space = indentation(&l, piece);
            l.line++;
            l.column = 0;
        } else if (piece->kind == PIECE_COMMENT) {
            vec_push(arena, &ends, l.column);
            vec_push(arena, &comments, i);
            continue;
        }
        l.column += piece->space;
        pass(arena, &l, i);
    }
    place_comments(pieces, ends.data, comments.data, comments.count);
}
