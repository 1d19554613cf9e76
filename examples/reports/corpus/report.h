/* SPDX-License-Identifier: Apache-2.0
 *
 * One report of a site: from a case (rule `case` of the site's grammar) to sentences, filled up
 * with sentences of the rule `filler` to a length that is drawn from the site's distribution; then
 * its labels, which follow from what the text claims, and a stated share of wrong ones.
 */
#ifndef NND_REPORTS_CORPUS_REPORT_H
#define NND_REPORTS_CORPUS_REPORT_H

#include "grammar.h"

enum { MAX_SENTENCES = 64 };

/* What a site's file sets, besides its rules; its name is that of the file. */
typedef struct Site {
    Grammar grammar;
    NndText name, title;
    uint32_t train, valid, test; /* reports */
    uint32_t length_weights[MAX_SENTENCES + 1],
        length_total;  /* of reports with so many sentences */
    uint32_t typos;    /* of 1000 words */
    uint32_t capitals; /* of 1000 reports */
    uint32_t noise;    /* of 1000 labels */
} Site;

/* Reads the rules that all sites share, then those of the site. */
NndStatus site_read(Site *out, const char *shared, const char *path, NndError *error);
void site_free(Site *site);

/* The last claim of a text decides; what is unclear counts as absent. */
typedef struct Labels {
    bool present, acute;
} Labels;

Labels labels_of_claims(const Claims *claims);

typedef struct Report {
    char *text;        /* one line; owned */
    NndText case_name; /* the rule that it was made by */
    Claims claims;
    Labels facts, labels; /* what the claims say; what the data sets say */
} Report;

NndStatus report_make(Report *out, const Site *site, uint64_t seed, uint64_t number,
                      NndError *error);
void report_free(Report *report);

#endif
