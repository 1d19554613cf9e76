/* SPDX-License-Identifier: Apache-2.0
 *
 * How often words stand near each other, as GloVe counts it (Pennington et al. 2014): each pair of
 * words of a text that are at most `window` words apart adds 1 / distance to X of the two, in both
 * directions.
 */
#ifndef NND_RUNTIME_TRAIN_COOCCURRENCE_H
#define NND_RUNTIME_TRAIN_COOCCURRENCE_H

#include <stdint.h>

#include "runtime/error.h"

/* A cell of X that is not zero. */
typedef struct NndPair {
    int32_t word, context;
    double count;
} NndPair;

typedef struct NndPairs {
    NndPair *items; /* by word, then context; X is symmetric and both halves are here */
    int64_t count;
} NndPairs;

typedef struct NndPairCounter NndPairCounter;

NndStatus nnd_pair_counter_new(NndPairCounter **out, int32_t window, NndError *error);
void nnd_pair_counter_free(NndPairCounter *counter); /* NULL is allowed */

/* Adds a text of vocabulary ids. Words without one of their own (ids below NND_FIRST_WORD) are left
 * out, as if they were not there. */
NndStatus nnd_pair_counter_add(NndPairCounter *counter, const int32_t *words, int64_t count,
                               NndError *error);

/* The counts so far. Release with nnd_pairs_free. */
NndStatus nnd_pair_counter_finish(NndPairs *out, const NndPairCounter *counter, NndError *error);
void nnd_pairs_free(NndPairs *pairs);

#endif
