/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/kept.h"

#include <stdlib.h>

NndStatus nnd_kept_new(NndKept *out, uint64_t bytes, NndError *error)
{
    enum { ALIGNMENT = 64 };
    *out = (NndKept){
        .block = calloc(
            1, bytes + ALIGNMENT)}; /* aligned_alloc would have to be cleared, page by page */
    if (!out->block)
        return nnd_fail(error, NND_ENOMEM, "out of memory for %llu bytes that are computed once",
                        (unsigned long long)bytes);
    out->data = (char *)(((uintptr_t)out->block + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    return NND_OK;
}

void nnd_kept_free(NndKept *kept)
{
    free(kept->block);
    *kept = (NndKept){0};
}
