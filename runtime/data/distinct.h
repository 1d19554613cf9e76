/* SPDX-License-Identifier: Apache-2.0
 *
 * The different numbers of a list, in the order in which they first occur: what
 * is the same for equal words of a batch needs to be done but once for each.
 */
#ifndef NND_RUNTIME_DATA_DISTINCT_H
#define NND_RUNTIME_DATA_DISTINCT_H

#include <stdint.h>

#include "runtime/error.h"

enum { NND_DISTINCT_MOST = 1 << 29 };

/* Begins as zeros; its memory is kept from list to list. */
typedef struct NndDistinct {
    int64_t count;
    int32_t *numbers; /* [count] */
    int32_t *places;  /* for each entry of the list: where its number is in `numbers` */
    int32_t *slots;   /* a hash table with open addressing: place + 1, or 0 */
    int64_t room;     /* entries of `numbers` and `places` */
    int bits;         /* there are 2^bits slots */
} NndDistinct;

/* No more than NND_DISTINCT_MOST entries. */
NndStatus nnd_distinct_find(NndDistinct *distinct, const int32_t *list, int64_t count,
                            NndError *error);
void nnd_distinct_free(NndDistinct *distinct);

#endif
