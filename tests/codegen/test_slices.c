/* SPDX-License-Identifier: Apache-2.0
 *
 * Slices of object code as one block: the same come back; a block that was cut, lengthened or
 * changed in its head is none.
 */
#include "compiler/codegen/slices.h"

#include <string.h>

#include "tests/check.h"

static LLVMMemoryBufferRef buffer(const char *text)
{
    return LLVMCreateMemoryBufferWithMemoryRangeCopy(text, strlen(text), "object");
}

static bool holds(LLVMMemoryBufferRef object, const char *text)
{
    return LLVMGetBufferSize(object) == strlen(text) &&
           !memcmp(LLVMGetBufferStart(object), text, strlen(text));
}

static void same_slices_come_back(const void *packed, size_t size)
{
    Slices slices;
    CHECK(slices_unpack(&slices, packed, size));
    CHECK(slices.count == 3);
    CHECK(holds(slices.objects[0], "one") && holds(slices.objects[1], "") &&
          holds(slices.objects[2], "three"));
    slices_free(&slices);
}

static void damaged_blocks_are_none(Arena *arena, const void *packed, size_t size)
{
    Slices slices;
    for (size_t less = 0; less < size; less++)
        CHECK(!slices_unpack(&slices, packed, less));
    char *copy = arena_alloc(arena, size + 1);
    memcpy(copy, packed, size);
    CHECK(!slices_unpack(&slices, copy, size + 1));
    for (size_t at = 0; at < sizeof(uint64_t) * 3; at++) {
        copy[at] ^= 0x40;
        CHECK(!slices_unpack(&slices, copy, size));
        copy[at] ^= 0x40;
    }
}

int main(void)
{
    Arena *arena = arena_new();
    Slices slices = {.count = 3, .objects = {buffer("one"), buffer(""), buffer("three")}};
    size_t size;
    void *packed = slices_pack(arena, &slices, &size);
    same_slices_come_back(packed, size);
    damaged_blocks_are_none(arena, packed, size);
    slices_free(&slices);
    arena_free(arena);
    return test_report();
}
