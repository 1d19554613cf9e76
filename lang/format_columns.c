/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements that follow each other in a block, without an empty line, are a paragraph. What begins
 * in the same column in neighbouring statements of a paragraph (names after `input` and `target`, `:`,
 * `=`, `|>` after the first word, the `if` of a weight) still does so in the result.
 */
#include "lang/format_layout.h"

#include "grammar.h"

typedef enum Mark { MARK_NAME, MARK_COLON, MARK_EQUALS, MARK_PIPE, MARK_IF, MARK_COUNT } Mark;

static bool is_declaration(int kind)
{
    return kind == TOK_INPUT || kind == TOK_TARGET || kind == TOK_OUTPUT || kind == TOK_METRIC || kind == TOK_PARAM || kind == TOK_STATISTIC ||
           kind == TOK_LET;
}

static bool is_mark(const Pieces *pieces, int start, int at, Mark mark)
{
    const Piece *piece = &pieces->data[at];
    switch (mark) {
    case MARK_NAME: return at == start + 1 && is_declaration(pieces->data[start].kind);
    case MARK_COLON: return piece->kind == ':';
    case MARK_EQUALS: return piece->kind == '=';
    case MARK_PIPE: return piece->kind == TOK_PIPE;
    case MARK_IF: return piece->kind == TOK_IF_AFTER;
    case MARK_COUNT: break;
    }
    return false;
}

/* The first such piece of the statement's first line, outside of brackets; -1: none. */
static int find_mark(const Pieces *pieces, int start, Mark mark)
{
    const Piece *first = &pieces->data[start];
    for (int i = start + 1; i < pieces->count && !pieces->data[i].first; i++) {
        const Piece *piece = &pieces->data[i];
        if (piece->block == first->block && piece->nesting == first->nesting && is_mark(pieces, start, i, mark))
            return i;
    }
    return -1;
}

/* The statement after this one in the same block and paragraph; -1: none. */
static int next_statement(const Pieces *pieces, int start)
{
    for (int i = start + 1; i < pieces->count; i++) {
        const Piece *piece = &pieces->data[i];
        if (piece->block < pieces->data[start].block)
            return -1;
        if (piece->block != pieces->data[start].block)
            continue;
        if (piece->blank)
            return -1;
        if (piece->starts)
            return i;
    }
    return -1;
}

/* Where a piece begins, from the start of its line. */
static int column_of(const Pieces *pieces, int start, int at)
{
    int column = 0;
    for (int i = start; i < at; i++)
        column += piece_width(&pieces->data[i]) + pieces->data[i + 1].space;
    return column;
}

static void align(Pieces *pieces, const int *starts, const int *marks, int count)
{
    int column = 0;
    for (int i = 0; i < count; i++) {
        int own = column_of(pieces, starts[i], marks[i]);
        column = own > column ? own : column;
    }
    for (int i = 0; i < count; i++)
        pieces->data[marks[i]].space += column - column_of(pieces, starts[i], marks[i]);
}

/* Aligns the longest run of statements from `start` on whose marks share a column. */
static void align_run(Arena *arena, Pieces *pieces, int start, Mark mark, bool *done)
{
    VEC(int) starts = {0}, marks = {0};
    for (int at = start; at >= 0; at = next_statement(pieces, at)) {
        int found = find_mark(pieces, at, mark);
        if (found < 0 || (marks.count && pieces->data[found].column != pieces->data[marks.data[0]].column))
            break;
        vec_push(arena, &starts, at);
        vec_push(arena, &marks, found);
        done[at] = true;
    }
    if (marks.count > 1)
        align(pieces, starts.data, marks.data, marks.count);
}

void layout_columns(Arena *arena, Pieces *pieces)
{
    for (int mark = 0; mark < MARK_COUNT; mark++) {
        bool *done = ARENA_ARRAY(arena, bool, pieces->count + 1);
        for (int i = 0; i < pieces->count; i++)
            if (pieces->data[i].starts && !done[i])
                align_run(arena, pieces, i, (Mark)mark, done);
    }
}
