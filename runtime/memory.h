/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory for the buffers of a call (NndCall.arena, NndCall.kept): made of
 * zeros, with no page of it in memory before it is touched, and pages large
 * where there are many.
 */
#ifndef NND_RUNTIME_MEMORY_H
#define NND_RUNTIME_MEMORY_H

#include <stdint.h>

#include "runtime/error.h"

typedef struct NndMemory {
    char *data; /* aligned to 64; NULL: none yet */
    uint64_t bytes;
    void *block; /* what was allocated */
} NndMemory;

/* NND_ENOMEM: there is none, and `out` is empty. */
NndStatus nnd_memory_new(NndMemory *out, uint64_t bytes, NndError *error);

/* At least so many bytes; what was in them is lost if there are more than before. */
NndStatus nnd_memory_reserve(NndMemory *memory, uint64_t bytes, NndError *error);

void nnd_memory_free(NndMemory *memory); /* back to none */

#endif
