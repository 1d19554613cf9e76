/* SPDX-License-Identifier: Apache-2.0
 *
 * Bags of words: reports as rows of a sparse matrix, a column a word. Words are
 * those of runtime/data/tokenise.h. Columns are the words of at least
 * BAG_MIN_REPORTS training reports, at most BAG_MAX_WORDS of them, by falling
 * number of reports, then by their bytes: the same for any order of reports.
 */
#ifndef REPORTS_BASELINES_BAG_H
#define REPORTS_BASELINES_BAG_H

#include "runtime/data/words.h"
#include "runtime/error.h"

enum { BAG_MIN_REPORTS = 2, BAG_MAX_WORDS = 5000 };

typedef struct Vocabulary {
    NndWords words; /* their texts are owned here; a word's number is its column */
} Vocabulary;

NndStatus vocabulary_build(Vocabulary *out, const NndText *texts, int64_t count, NndError *error);

/* Adds a copy of a word, if it is not there, and returns its column; -1: out of memory. */
int32_t vocabulary_add(Vocabulary *vocabulary, NndText word);
void vocabulary_free(Vocabulary *vocabulary);

/* Compressed rows; values are how often a word occurs, or 1 if it does. */
typedef struct Bag {
    int64_t rows;
    int32_t columns;
    int64_t *starts; /* [rows + 1]: row i is starts[i] .. starts[i + 1] - 1 of the next two */
    int32_t *column; /* ascending in a row */
    int32_t *value;  /* >= 1 */
    int64_t room;
} Bag;

NndStatus bag_build(Bag *out, const Vocabulary *vocabulary, const NndText *texts, int64_t count,
                    bool binary, NndError *error);
void bag_free(Bag *bag);

#endif
