/* SPDX-License-Identifier: Apache-2.0
 *
 * Source files and places in them. A span is a range of bytes of one file;
 * line and column are computed only when something is printed.
 */
#ifndef NND_LANG_SOURCE_H
#define NND_LANG_SOURCE_H

#include "lang/support/vec.h"

typedef struct Source {
    const char *path; /* as messages show it */
    const char *text; /* NUL at text[length]; may hold other NULs too */
    int length;
    VEC(int) lines;   /* offset of the start of each line */
} Source;

typedef struct Span {
    const Source *source; /* NULL: nowhere */
    int start, end;       /* bytes [start, end) */
} Span;

typedef struct Place {
    int line, column; /* from 1; the column counts characters, not bytes */
} Place;

/* Largest source file that is accepted. */
enum { SOURCE_MAX_BYTES = 16 << 20 };

/* Copies `text`. */
Source *source_new(Arena *arena, const char *path, const char *text, size_t length);
/* NULL if the file cannot be read or is too large; *error then says why. */
Source *source_read(Arena *arena, const char *path, const char **error);

Place source_place(const Source *source, int offset);
/* The text of a line without its end. */
const char *source_line(const Source *source, int line, int *length);

Span span_join(Span first, Span last);

#endif
