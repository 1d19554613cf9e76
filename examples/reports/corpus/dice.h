/* SPDX-License-Identifier: Apache-2.0
 *
 * Random whole numbers for the corpora. Every report has dice of its own, so that a report depends
 * on seed, site and its number alone; integers only, so that every machine throws the same.
 */
#ifndef NND_REPORTS_CORPUS_DICE_H
#define NND_REPORTS_CORPUS_DICE_H

#include <stdbool.h>

#include "runtime/data/text.h"
#include "runtime/random.h"

/* What the dice are thrown for: each has numbers of its own, so that one use does not move another.
 */
typedef enum DicePurpose {
    DICE_TEXT,
    DICE_SURFACE,
    DICE_LABEL,
    DICE_DENSITY,
    DICE_PURPOSES
} DicePurpose;

typedef struct Dice {
    uint64_t seed, step, next;
    uint32_t stream;
} Dice;

static inline Dice dice(uint64_t seed, NndText site, DicePurpose purpose, uint64_t report)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < site.size; i++)
        hash = (hash ^ (unsigned char)site.data[i]) * 16777619u;
    return (Dice){.seed = seed, .step = report * DICE_PURPOSES + purpose, .stream = hash};
}

/* Uniform in 0 .. bound-1 (Lemire 2019, "Fast random integer generation in an interval"). */
static inline uint32_t dice_below(Dice *d, uint32_t bound)
{
    uint32_t reject = (0u - bound) % bound;
    for (;;) {
        uint64_t product =
            (uint64_t)nnd_random_word(d->seed, d->step, d->stream, d->next++) * bound;
        if ((uint32_t)product >= reject)
            return (uint32_t)(product >> 32);
    }
}

static inline bool dice_permille(Dice *d, uint32_t share)
{
    return dice_below(d, 1000) < share;
}

#endif
