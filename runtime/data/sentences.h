/* SPDX-License-Identifier: Apache-2.0
 *
 * From text to sentences, for English:
 *
 *  1. A sentence ends after . ! or ? and the quotes and brackets that close
 *     behind it, if that is the end of the text or a blank follows and then
 *     something that can begin a sentence: an upper-case letter, a digit, an
 *     opening quote or bracket.
 *  2. A point does not end a sentence after an abbreviation that something
 *     follows ("Dr.", "e.g.", "No.", ...) or after a single letter ("J. Smith").
 *  3. An empty line ends a sentence, and so does the mark <sssss> of the review
 *     corpora of Tang et al. (2015), which belongs to no sentence.
 *
 * The words of the sentences, one after the other, are the words of the text.
 */
#ifndef NND_RUNTIME_DATA_SENTENCES_H
#define NND_RUNTIME_DATA_SENTENCES_H

#include "runtime/data/text.h"

/* Cuts the next sentence, which may have no words, off `rest`. False at the end. */
bool nnd_sentence_next(NndText *sentence, NndText *rest);

#endif
