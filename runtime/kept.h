/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory for what a function computes once (NndCall.kept): made of zeros, with
 * no page of it in memory before it is written.
 */
#ifndef NND_RUNTIME_KEPT_H
#define NND_RUNTIME_KEPT_H

#include <stdint.h>

#include "runtime/error.h"

typedef struct NndKept {
    char *data;  /* aligned to 64; NULL: none yet */
    void *block; /* what was allocated */
} NndKept;

NndStatus nnd_kept_new(NndKept *out, uint64_t bytes, NndError *error);
void nnd_kept_free(NndKept *kept); /* back to none */

#endif
