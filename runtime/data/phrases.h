/* SPDX-License-Identifier: Apache-2.0
 *
 * A lexicon of phrases, and which words of a text belong to one. Phrases are matched on the words of
 * the tokeniser, so case and spacing do not matter; at each word the longest phrase that begins
 * there wins, and the next search begins behind it.
 */
#ifndef NND_RUNTIME_DATA_PHRASES_H
#define NND_RUNTIME_DATA_PHRASES_H

#include "runtime/data/text.h"
#include "runtime/error.h"

enum { NND_MAX_PHRASE = 32, NND_MAX_PHRASES = 1 << 20 }; /* words in a phrase, phrases */

typedef struct NndPhrases NndPhrases;

/* From text: a phrase a line; empty lines and lines that begin with # are left out. Copies what it
 * needs. `name` is for errors. */
NndStatus nnd_phrases_parse(NndPhrases **out, NndText text, const char *name, NndError *error);
NndStatus nnd_phrases_read(NndPhrases **out, const char *path, NndError *error);
void nnd_phrases_free(NndPhrases *phrases); /* NULL is allowed */

int32_t nnd_phrases_count(const NndPhrases *phrases);
NndText nnd_phrases_at(const NndPhrases *phrases, int32_t index); /* its words, parted by blanks */

/* A phrase in a text: its first word, how many there are. */
typedef struct NndPhraseSpan {
    int64_t first, count;
} NndPhraseSpan;

/* The phrases of a text, in order; the caller frees *spans. */
NndStatus nnd_phrases_find(const NndPhrases *phrases, NndText text, NndPhraseSpan **spans, int64_t *count,
                           NndError *error);

/* marks[i] = 1 if word i of the text is in a phrase, else 0, for its first `count` words. */
NndStatus nnd_phrases_mark(const NndPhrases *phrases, NndText text, uint8_t *marks, int64_t count, NndError *error);

#endif
