/* SPDX-License-Identifier: Apache-2.0
 *
 * Which column of a file of lines fills which field of a model:
 *
 *  1. by the names that the user gives, as "label,_,text" (`--columns`);
 *  2. by a header: the first line of a labelled file, if a target is named in it, or
 *     all of several inputs; other columns are not read;
 *  3. by position: the targets, then the inputs, in order of declaration. A file
 *     without labels has the inputs alone.
 *
 * A field of numbers may be named several times: it takes those columns together.
 */
#ifndef NND_RUNTIME_DATA_LAYOUT_H
#define NND_RUNTIME_DATA_LAYOUT_H

#include "runtime/data/fields.h"

typedef struct NndLayout {
    int *fields; /* [count]: number of a field, or -1: not read; owned */
    int count;
    bool rest;   /* the last column is all that is left of a line, with its TABs */
} NndLayout;

/* How a file is to be read. */
typedef struct NndLayoutWish {
    const char *columns; /* names parted by commas, `_` for a column that is not read; NULL: none given */
    bool labelled;       /* the file has targets too */
    bool targets;        /* they are wanted */
} NndLayoutWish;

/* `first` is the first line of the file; `*header` becomes true if it is a header. `name` is the
 * file's, for errors. */
NndStatus nnd_layout_find(NndLayout *out, bool *header, const NndFields *fields, const NndLayoutWish *wish,
                          NndText first, const char *name, NndError *error);
void nnd_layout_free(NndLayout *layout);

/* "topic, _, report": what a line should have. Cut to `size`. */
void nnd_layout_describe(char *text, size_t size, const NndLayout *layout, const NndFields *fields);

#endif
