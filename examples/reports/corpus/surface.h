/* SPDX-License-Identifier: Apache-2.0
 *
 * How a text looks: its sentences' beginnings and ends, typing errors, capitals. ASCII alone is
 * changed.
 */
#ifndef NND_REPORTS_CORPUS_SURFACE_H
#define NND_REPORTS_CORPUS_SURFACE_H

#include <stdio.h>

#include "dice.h"

/* Writes a sentence: single blanks, none before a comma or point, a capital at its beginning and
 * after a heading's colon, and a point if nothing ends it. */
void surface_sentence(const char *sentence, FILE *out);

/* A copy in which `rate` of 1000 words of at least four letters have two letters exchanged, one
 * left out or one doubled; NULL: out of memory. The caller frees it. */
char *surface_typos(const char *text, uint32_t rate, Dice *dice);

void surface_capitals(char *text);

#endif
