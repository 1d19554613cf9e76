/* SPDX-License-Identifier: Apache-2.0
 *
 * A data set in memory: items, and a column for each field of the model (its
 * targets and inputs): texts, rows of numbers of one width, or classes. Texts
 * have token ids after nnd_column_encode; packed end to end, with offsets.
 * Batches are gathered by item number into the caller's buffers. Orders and
 * splits depend on seed and epoch alone.
 */
#ifndef NND_RUNTIME_DATA_DATASET_H
#define NND_RUNTIME_DATA_DATASET_H

#include "runtime/data/fields.h"
#include "runtime/data/file.h"
#include "runtime/data/vocab.h"

/* What a model reads of a text at most; 0: all of it. */
typedef struct NndTextLimits {
    int64_t words;          /* of a text */
    int64_t sentences;      /* of a text */
    int64_t sentence_words; /* of a sentence */
} NndTextLimits;

/* What all items have for one field. */
typedef struct NndColumn {
    int32_t *labels;    /* CLASS: [count] */
    NndClasses classes; /* CLASS */

    int64_t width;     /* NUMBERS: of one item; */
    float *f32;        /* [count, width], or NULL and */
    const uint8_t *u8; /* the same as bytes, which mean u8 * scale */
    float scale;       /* 1/255 unless the caller sets another */

    NndText *texts;   /* TEXT: [count] */
    int64_t *offsets; /* TEXT, encoded: [count + 1] */
    int32_t *tokens;  /* TEXT, encoded: item i is offsets[i] .. offsets[i+1]-1 */
    uint8_t *marks;   /* TEXT, encoded: of each token, 1 if it is in a phrase; NULL without phrases */
    int64_t *sentences;     /* TEXT, encoded: [count + 1]; item i has sentences[i] .. sentences[i+1]-1 */
    int64_t *sentence_ends; /* TEXT, encoded: where the words of each sentence end in `tokens`; none is empty */
    NndTextLimits limits;   /* TEXT, encoded: what it was cut to, and how many were longer */
    int64_t cut_texts, cut_sentences;
} NndColumn;

typedef struct NndDataset {
    int64_t count;
    const NndFields *fields; /* borrowed */
    NndColumn *columns;      /* [fields->count]; empty where the data were not asked for that field */
    NndFile file;            /* what texts or u8 point into */
} NndDataset;

/* What to read of a data file. */
typedef struct NndDataWish {
    const char *columns; /* `--columns` (runtime/data/layout.h), or NULL */
    bool targets;        /* the file must have the targets; else they are read over */
} NndDataWish;

/* By the file's name (also with .gz):
 *   NAME.tsv         lines with targets and inputs (runtime/data/tsv.h)
 *   NAME.txt, -      lines with inputs; - is standard input
 *   *-images-idx3*, *-images-idx4*   images, for a model with one input of numbers; labels from the
 *                    file with "labels-idx1" in place of that
 * Classes are those of the fields, where these have some. `fields` must outlive the data set. */
NndStatus nnd_dataset_load(NndDataset *out, const char *path, const NndFields *fields, NndDataWish wish,
                           NndError *error);
void nnd_dataset_free(NndDataset *set);

/* Empty columns. */
NndStatus nnd_dataset_new(NndDataset *out, const NndFields *fields, NndError *error);

/* The column of the field of this name, or NULL. */
const NndColumn *nnd_dataset_column(const NndDataset *set, const char *name);

/* Texts: the vocabulary of the items listed (all of them if `items` is NULL), of all texts together. */
NndStatus nnd_dataset_vocab(NndVocab **out, const NndDataset *set, const int64_t *items,
                            int64_t count, int64_t min_count, int32_t max_size, NndError *error);

/* Texts: fills tokens, sentences and their offsets, cuts to the limits and counts what was cut. */
NndStatus nnd_column_encode(NndColumn *column, int64_t count, const NndVocab *vocab, NndTextLimits limits,
                            NndError *error);

/* Says in a sentence what was cut of a field's texts, without a final newline; false if nothing was.
 * The field is named if there are several. */
bool nnd_dataset_describe_cuts(const NndDataset *set, int field, char *text, size_t size);

/* Batches. Tokens: lengths first (returns their sum), then as many ids. Lengths are words of each
 * item, sentences of each item, words of each sentence of the items. */
int64_t nnd_gather_lengths(int64_t *lengths, const NndColumn *column, const int64_t *items,
                           int64_t count);
int64_t nnd_gather_sentences(int64_t *lengths, const NndColumn *column, const int64_t *items,
                             int64_t count);
void nnd_gather_sentence_lengths(int64_t *lengths, const NndColumn *column, const int64_t *items,
                                 int64_t count);
void nnd_gather_tokens(int32_t *tokens, const NndColumn *column, const int64_t *items, int64_t count);
void nnd_gather_marks(float *marks, const NndColumn *column, const int64_t *items, int64_t count);
void nnd_gather_numbers(float *out, const NndColumn *column, const int64_t *items, int64_t count);
void nnd_gather_labels(int32_t *labels, const NndColumn *column, const int64_t *items, int64_t count);

/* Shuffles in place (Fisher and Yates); the result depends on items, seed and epoch alone. */
void nnd_shuffle(int64_t *items, int64_t count, uint64_t seed, uint64_t epoch);

/* One of `count` parts of the data, number `index` from 0, that is left out to test on; count 0: none. */
typedef struct NndFold {
    int count, index;
} NndFold;

typedef struct NndSplit {
    int64_t *train, *valid, *test; /* item numbers, ascending; owned */
    int64_t train_count, valid_count, test_count;
} NndSplit;

/* Leaves out the fold, then holds out `fraction` (0 to 1) of the rest to validate on. Both have their
 * share of each class (of the first target that is one). Parts differ by one item at most, and all of
 * them together are the data. What is held out is rounded to the nearest, but never a whole class. */
NndStatus nnd_dataset_split(NndSplit *out, const NndDataset *set, double fraction, NndFold fold, uint64_t seed,
                            NndError *error);
void nnd_split_free(NndSplit *split);

#endif
