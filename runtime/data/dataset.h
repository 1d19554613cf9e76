/* SPDX-License-Identifier: Apache-2.0
 *
 * A data set in memory: items with labels, each a text or a dense block of
 * numbers of one shape. Texts have token ids after nnd_dataset_encode; packed
 * end to end, with offsets. Batches are gathered by item number into the
 * caller's buffers. Orders and splits depend on seed and epoch alone.
 */
#ifndef NND_RUNTIME_DATA_DATASET_H
#define NND_RUNTIME_DATA_DATASET_H

#include "runtime/data/classes.h"
#include "runtime/data/file.h"
#include "runtime/data/vocab.h"

typedef enum NndDataKind { NND_DATA_TEXT, NND_DATA_DENSE } NndDataKind;

enum { NND_DATA_MAX_RANK = 3 };

/* What a model reads of a text at most; 0: all of it. */
typedef struct NndTextLimits {
    int64_t words;          /* of a text */
    int64_t sentences;      /* of a text */
    int64_t sentence_words; /* of a sentence */
} NndTextLimits;

typedef struct NndDataset {
    NndDataKind kind;
    int64_t count;
    int32_t *labels; /* [count]; NULL if the file has none */
    NndClasses classes;

    NndText *texts;   /* TEXT: [count] */
    int64_t *offsets; /* TEXT, encoded: [count + 1] */
    int32_t *tokens;  /* TEXT, encoded: item i is offsets[i] .. offsets[i+1]-1 */
    uint8_t *marks;   /* TEXT, encoded: of each token, 1 if it is in a phrase; NULL without phrases */
    int64_t *sentences;     /* TEXT, encoded: [count + 1]; item i has sentences[i] .. sentences[i+1]-1 */
    int64_t *sentence_ends; /* TEXT, encoded: where the words of each sentence end in `tokens`; none is empty */
    NndTextLimits limits;   /* TEXT, encoded: what it was cut to, and how many were longer */
    int64_t cut_texts, cut_sentences;

    int32_t rank; /* DENSE: of one item */
    int64_t shape[NND_DATA_MAX_RANK];
    int64_t item_size;   /* DENSE: numbers in an item */
    float *f32;          /* DENSE: [count, shape...], or NULL and */
    const uint8_t *u8;   /* the same as bytes, which mean u8 * scale */
    float scale;         /* 1/255 unless the caller sets another */

    NndFile file; /* what texts or u8 point into */
} NndDataset;

/* By the file's name (also with .gz):
 *   NAME.tsv         TEXT: label TAB text; DENSE: label TAB numbers
 *   NAME.txt, -      TEXT: a text a line, no labels; - is standard input
 *   *-images-idx3*, *-images-idx4*   DENSE: images; labels from the file with
 *                    "labels-idx1" in place of that, if it exists
 * `kind` is what the model wants; `given` classes may be NULL. */
NndStatus nnd_dataset_load(NndDataset *out, const char *path, NndDataKind kind,
                           const NndClasses *given, NndError *error);
void nnd_dataset_free(NndDataset *set);

/* Texts: the vocabulary of the items listed (all of them if `items` is NULL). */
NndStatus nnd_dataset_vocab(NndVocab **out, const NndDataset *set, const int64_t *items,
                            int64_t count, int64_t min_count, int32_t max_size, NndError *error);

/* Texts: fills tokens, sentences and their offsets, cuts to the limits and counts what was cut. */
NndStatus nnd_dataset_encode(NndDataset *set, const NndVocab *vocab, NndTextLimits limits,
                             NndError *error);

/* Says in a sentence what was cut, without a final newline; false if nothing was. */
bool nnd_dataset_describe_cuts(const NndDataset *set, char *text, size_t size);

/* Batches. Tokens: lengths first (returns their sum), then as many ids. Lengths are words of each
 * item, sentences of each item, words of each sentence of the items. */
int64_t nnd_gather_lengths(int64_t *lengths, const NndDataset *set, const int64_t *items,
                           int64_t count);
int64_t nnd_gather_sentences(int64_t *lengths, const NndDataset *set, const int64_t *items,
                             int64_t count);
void nnd_gather_sentence_lengths(int64_t *lengths, const NndDataset *set, const int64_t *items,
                                 int64_t count);
void nnd_gather_tokens(int32_t *tokens, const NndDataset *set, const int64_t *items, int64_t count);
void nnd_gather_marks(float *marks, const NndDataset *set, const int64_t *items, int64_t count);
void nnd_gather_dense(float *out, const NndDataset *set, const int64_t *items, int64_t count);
void nnd_gather_labels(int32_t *labels, const NndDataset *set, const int64_t *items, int64_t count);

/* Shuffles in place (Fisher and Yates); the result depends on items, seed and epoch alone. */
void nnd_shuffle(int64_t *items, int64_t count, uint64_t seed, uint64_t epoch);

typedef struct NndSplit {
    int64_t *train, *valid; /* item numbers, ascending; owned */
    int64_t train_count, valid_count;
} NndSplit;

/* Holds out `fraction` (0 to 1) of each class, rounded to the nearest, but never a whole class. */
NndStatus nnd_dataset_split(NndSplit *out, const NndDataset *set, double fraction, uint64_t seed,
                            NndError *error);
void nnd_split_free(NndSplit *split);

#endif
