/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/kept.h"

#include <stdlib.h>
#include <sys/mman.h>

/* A table that grows row by row is touched page by page, at a microsecond or more each: of large tables
 * the pages are large. Where there are none, nothing is lost. */
static void ask_for_large_pages(char *data, uint64_t bytes)
{
    enum { PAGE = 4096, LARGE = 4 << 20 };
    uintptr_t start = ((uintptr_t)data + PAGE - 1) / PAGE * PAGE;
    if (bytes >= LARGE)
        (void)madvise((void *)start, (bytes - (start - (uintptr_t)data)) / PAGE * PAGE, MADV_HUGEPAGE);
}

NndStatus nnd_kept_new(NndKept *out, uint64_t bytes, NndError *error)
{
    enum { ALIGNMENT = 64 };
    *out = (NndKept){.block = calloc(1, bytes + ALIGNMENT)}; /* aligned_alloc would have to be cleared, page by page */
    if (!out->block)
        return nnd_fail(error, NND_ENOMEM, "out of memory for %llu bytes that are computed once", (unsigned long long)bytes);
    out->data = (char *)(((uintptr_t)out->block + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    ask_for_large_pages(out->data, bytes);
    return NND_OK;
}

void nnd_kept_free(NndKept *kept)
{
    free(kept->block);
    *kept = (NndKept){0};
}
