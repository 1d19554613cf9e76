/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/memory.h"

#include <stdlib.h>
#include <sys/mman.h>

/* The first touch of a page takes a microsecond, on virtual machines ten: large memory has large pages. Where
 * there are none, nothing is lost. */
static void ask_for_large_pages(char *data, uint64_t bytes)
{
    enum { PAGE = 4096, LARGE = 4 << 20 };
    uintptr_t start = ((uintptr_t)data + PAGE - 1) / PAGE * PAGE;
    if (bytes >= LARGE)
        (void)madvise((void *)start, (bytes - (start - (uintptr_t)data)) / PAGE * PAGE, MADV_HUGEPAGE);
}

NndStatus nnd_memory_new(NndMemory *out, uint64_t bytes, NndError *error)
{
    enum { ALIGNMENT = 64 };
    *out = (NndMemory){.block = calloc(1, bytes + ALIGNMENT)}; /* aligned_alloc would have to be cleared, page by page */
    if (!out->block)
        return nnd_fail(error, NND_ENOMEM, "out of memory for %llu bytes", (unsigned long long)bytes);
    out->data = (char *)(((uintptr_t)out->block + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    out->bytes = bytes;
    ask_for_large_pages(out->data, bytes);
    return NND_OK;
}

/* Batches get longer bit by bit: one that grows does so by an eighth at least. */
NndStatus nnd_memory_reserve(NndMemory *memory, uint64_t bytes, NndError *error)
{
    if (memory->data && bytes <= memory->bytes)
        return NND_OK;
    uint64_t least = memory->bytes + memory->bytes / 8;
    nnd_memory_free(memory);
    return nnd_memory_new(memory, bytes > least ? bytes : least, error);
}

void nnd_memory_free(NndMemory *memory)
{
    free(memory->block);
    *memory = (NndMemory){0};
}
