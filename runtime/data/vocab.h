/* SPDX-License-Identifier: Apache-2.0
 *
 * Words and their numbers. Id 0 is padding, id 1 stands for every unknown
 * word; real words begin at id 2, the most frequent first. Equally frequent
 * words are in the order of their bytes, so the same texts always give the same
 * vocabulary. Its stored form is text: line n (from 0) is the word of id n, and
 * the first two lines are <pad> and <unk>.
 */
#ifndef NND_RUNTIME_DATA_VOCAB_H
#define NND_RUNTIME_DATA_VOCAB_H

#include "runtime/data/phrases.h"
#include "runtime/data/text.h"
#include "runtime/error.h"

enum { NND_PAD = 0, NND_UNKNOWN = 1, NND_FIRST_WORD = 2, NND_MAX_VOCAB = 1 << 24 };

typedef struct NndVocab NndVocab;

/* Counts the words of texts; `new`, then `add` each text, then `finish`. */
typedef struct NndVocabBuilder NndVocabBuilder;

NndStatus nnd_vocab_builder_new(NndVocabBuilder **out, NndError *error);
NndStatus nnd_vocab_builder_add(NndVocabBuilder *builder, NndText text, NndError *error);
void nnd_vocab_builder_free(NndVocabBuilder *builder);

/* Keeps words seen at least `min_count` times, and of them the most frequent so
 * that there are at most `max_size` ids in all (0: no limit). Leaves the builder as it is. */
NndStatus nnd_vocab_finish(NndVocab **out, const NndVocabBuilder *builder, int64_t min_count,
                           int32_t max_size, NndError *error);

/* From the stored form, which is borrowed and must outlive the vocabulary; `name` is for errors. */
NndStatus nnd_vocab_load(NndVocab **out, NndText stored, const char *name, NndError *error);
void nnd_vocab_free(NndVocab *vocab);

/* The stored form; belongs to the vocabulary (or to who gave it to nnd_vocab_load) and,
 * when the vocabulary was built and not loaded, ends with a NUL. */
NndText nnd_vocab_stored(const NndVocab *vocab);

/* A lexicon that goes with the vocabulary, which takes it over; NULL if there is none. */
void nnd_vocab_set_phrases(NndVocab *vocab, NndPhrases *phrases);
const NndPhrases *nnd_vocab_phrases(const NndVocab *vocab);

int32_t nnd_vocab_size(const NndVocab *vocab); /* ids in all, those of padding and <unk> included */
int32_t nnd_vocab_id(const NndVocab *vocab, NndText word); /* NND_UNKNOWN if it is not there */
NndText nnd_vocab_word(const NndVocab *vocab, int32_t id);

/* Tokenises a text and writes the ids of its first `room` words; returns how
 * many words it has, which may be more. */
int64_t nnd_vocab_encode(const NndVocab *vocab, NndText text, int32_t *ids, int64_t room);

#endif
