/* SPDX-License-Identifier: Apache-2.0
 *
 * Heat maps of texts: words on shades of colour. What colour says, weight of type, numbers and
 * titles say too, for people, printers and screen readers that do not see it.
 */
#ifndef NND_MARKUP_HEAT_H
#define NND_MARKUP_HEAT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef enum HeatKind { HEAT_SENSITIVITY, HEAT_ATTENTION } HeatKind;

enum { HEAT_TOP = 5 }; /* words that get a number */

typedef struct HeatWord {
    const char *text;
    size_t size;
    double share; /* 0 to 1 */
    int rank;     /* its number, 1 .. HEAT_TOP; 0: none */
    bool phrase;  /* of the lexicon: underlined */
} HeatWord;

void heat_word(FILE *out, HeatKind kind, const HeatWord *word);

/* The weight of a sentence, as a bar and in percent, in front of its words. */
void heat_weight(FILE *out, double weight);

/* What the shades mean; `attention`, `phrases`: whether there are any. */
void heat_legend(FILE *out, bool attention, bool phrases);

/* top[HEAT_TOP]: the places of the largest values in falling order, -1 where there are fewer. */
void heat_top(int64_t *top, const float *values, int64_t count);

void heat_style(FILE *out);

#endif
