/* SPDX-License-Identifier: Apache-2.0
 *
 * The same reports with fewer domain phrases. Which of them go is drawn once: what goes at a share
 * of 30 % goes at 60 % too.
 */
#ifndef NND_REPORTS_CORPUS_DENSITY_H
#define NND_REPORTS_CORPUS_DENSITY_H

#include "dice.h"
#include "runtime/data/file.h"
#include "runtime/data/phrases.h"
#include "runtime/data/words.h"

/* Words in place of phrases of the lexicon. */
typedef struct Plain {
    NndFile file;
    NndWords phrases;
    NndText *words; /* by number of the phrase */
} Plain;

/* A file of lines PHRASE TAB WORDS, the phrase as the tokeniser writes it. Fails if a phrase of the
 * lexicon has no line there, or if its words have phrases of the lexicon in them. */
NndStatus plain_read(Plain *out, const char *path, const NndPhrases *lexicon, NndError *error);
void plain_free(Plain *plain);

/* A copy of the text in which `share` of 100 phrases are replaced by plain words, or left out if
 * `plain` is NULL. The caller frees it. */
NndStatus density_thin(char **out, const char *text, const NndPhrases *lexicon, const Plain *plain,
                       uint32_t share, Dice *dice, NndError *error);

#endif
