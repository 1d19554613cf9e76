/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the formatter share.
 */
#ifndef NND_LANG_FORMAT_LAYOUT_H
#define NND_LANG_FORMAT_LAYOUT_H

#include "lang/parse.h"
#include "lang/parser.h"

enum { PIECE_COMMENT = -1, INDENT = 4 };

typedef struct Piece {
    int kind; /* of a token, or PIECE_COMMENT */
    const char *text;
    int length;  /* bytes */
    int column;  /* in the source, in characters from 0 */
    bool first;  /* of a line */
    bool blank;  /* first, and after an empty line */
    bool spaced; /* the source has a blank in front */
    int space;   /* the result: blanks in front */
    /* set by layout_spaces */
    int block;   /* number of the innermost `{` of statements around it, 0: none */
    int nesting; /* other brackets open inside of that block */
    bool starts; /* first of a statement */
} Piece;

typedef VEC(Piece) Pieces;

int piece_width(const Piece *piece); /* in characters */

/* Blanks between the pieces of a line; whose block and statement each is. */
void layout_spaces(Pieces *pieces);
/* More of them, where the author has aligned columns. */
void layout_columns(Arena *arena, Pieces *pieces);
/* Indentation of lines, and places of comments at the ends of lines. */
void layout_lines(Arena *arena, Pieces *pieces);

bool opens_block(const Pieces *pieces, int at); /* a `{` of statements, not of a map */

#endif
