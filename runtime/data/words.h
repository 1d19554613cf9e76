/* SPDX-License-Identifier: Apache-2.0
 *
 * A set of different texts, numbered 0, 1, 2, ... as they come. The texts are
 * borrowed; a caller that keeps copies points `items` to them after adding.
 */
#ifndef NND_RUNTIME_DATA_WORDS_H
#define NND_RUNTIME_DATA_WORDS_H

#include "runtime/data/text.h"

typedef struct NndWords {
    NndText *items;  /* [count] */
    uint64_t *slots; /* [mask + 1], open addressing: hash above, number + 1 (0: empty) below */
    uint32_t mask;
    int32_t count, room;
} NndWords;

/* Makes room for `count` texts in all, at most 2^29; false: out of memory. */
bool nnd_words_reserve(NndWords *words, int64_t count);
void nnd_words_free(NndWords *words);

/* The number of a text, or -1. */
int32_t nnd_words_find(const NndWords *words, NndText text);

/* The number of a text, added if it is new (then it is the last); -1: out of memory. */
int32_t nnd_words_add(NndWords *words, NndText text);

#endif
