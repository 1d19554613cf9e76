/* SPDX-License-Identifier: Apache-2.0
 *
 * From a report to its sections and sentences, in the manner of the original
 * rule engines, which is simpler than runtime/data/sentences.h: a sentence ends
 * with a token that ends with . ? or !, unless it is a known abbreviation.
 */
#ifndef REPORTS_PEFINDER_SPLIT_H
#define REPORTS_PEFINDER_SPLIT_H

#include "runtime/data/text.h"

enum {
    /* Longer sentences are cut there, at white space if there is any: work is quadratic in it. */
    SENTENCE_MAX_BYTES = 4096
};

/* Cuts the next sentence, which has a token, off `rest`; false at the end. What is not closed at
 * the end is a sentence too (peFinder drops it; here a report need not end with a full stop).
 * `numbers_go_on`: a token with a digit and without a parenthesis ends none ("1.", "10:35."). */
bool split_sentence(NndText *sentence, NndText *rest, bool numbers_go_on);

/* What follows the last heading of one of these names ("impression,conclusion"; NAME and a colon,
 * in any case) up to the next heading, which is upper-case words and a colon. The whole report if
 * it has no such heading or nothing follows. */
NndText split_section(NndText report, const char *names);

#endif
