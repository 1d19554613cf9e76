/* SPDX-License-Identifier: Apache-2.0
 *
 * What the reports of one site and split are like, counted as nnd reads them: its sentences, its
 * words, its phrases of the lexicon. Shares and means are worked out in whole numbers.
 */
#ifndef NND_REPORTS_CORPUS_STATISTICS_H
#define NND_REPORTS_CORPUS_STATISTICS_H

#include "report.h"
#include "runtime/data/vocab.h"

enum { MAX_COUNT = 64 }; /* the last entry of a histogram is "so many or more" */

typedef struct Statistics {
    const Site *site;
    const char *split;
    int64_t reports, present, acute;
    int64_t wrong_presence, wrong_acuity; /* labels that are not what the text claims */
    int64_t sentences, words, phrases,
        unknown; /* unknown: words that the training reports do not have */
    int64_t with_sentences[MAX_COUNT + 1], with_phrases[MAX_COUNT + 1]; /* reports with so many */
} Statistics;

/* `vocab` is that of the training reports. */
NndStatus statistics_add(Statistics *s, const Report *report, const NndPhrases *lexicon,
                         const NndVocab *vocab, NndError *error);

/* One row for each: a table with a heading, and a JSON array with the histograms. */
void statistics_tsv(FILE *out, const Statistics *all, int count);
void statistics_json(FILE *out, const Statistics *all, int count);

#endif
