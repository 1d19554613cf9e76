/* SPDX-License-Identifier: Apache-2.0
 *
 * From text to words, for English, in the manner of clean_str of Kim (2014).
 * The rules, on UTF-8, from left to right:
 *
 *  1. A word is a run of letters, digits and inner apostrophes that begins with
 *     a letter, in lower case. Letters are a-z and every character beyond ASCII
 *     but punctuation, symbols, blanks and emoji. An apostrophe (' or U+2019) is
 *     inner if a letter or digit is on either side of it; it is written '.
 *  2. From the end of a word, 's 've 're 'd 'll and n't are split off as words
 *     of their own ("don't" = do n't). They are words also where the text has
 *     them split already ("it 's", "do n't").
 *  3. A number is a run of digits that begins outside a word, with single inner
 *     points and commas ("1,250.5"); it becomes the word <num>. Letters after it
 *     begin a new word ("30mm" = <num> mm).
 *  4. The characters , ! ? ( ) are words.
 *  5. Everything else, also bytes that are not UTF-8, only parts words.
 *
 * Unlike clean_str, it drops ` and apostrophes at the rim of a word, and knows
 * <num>. Beyond ASCII, letters of the Latin-1, Latin Extended-A, Greek and
 * Cyrillic blocks are lower-cased. A word is cut after NND_MAX_WORD bytes.
 */
#ifndef NND_RUNTIME_DATA_TOKENISE_H
#define NND_RUNTIME_DATA_TOKENISE_H

#include "runtime/data/text.h"

enum { NND_MAX_WORD = 128 };

#define NND_NUMBER_WORD "<num>"

typedef struct NndTokeniser {
    const char *at, *end;
    const char *begin, *stop;    /* where the last word stands in the text: begin .. stop-1 */
    char word[NND_MAX_WORD + 4]; /* room for the last character whole */
    size_t suffix, suffix_size;  /* a part of `word`, split off it and still to be returned */
} NndTokeniser;

NndTokeniser nnd_tokeniser(NndText text);

/* The next word; it is valid until the next call. False at the end. */
bool nnd_token_next(NndTokeniser *tokeniser, NndText *word);

#endif
