/* SPDX-License-Identifier: Apache-2.0
 *
 * Scanner, parser and checker on any bytes: they report, they never crash.
 */
#include <stdint.h>

#include "lang/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena = arena_new();
    Source *source = source_new(arena, "fuzz.nnd", (const char *)data, size);
    Diags *diags = diags_new(arena);
    program_check(arena, source, NULL, NULL, 0, 1000, diags);
    FILE *sink = fopen("/dev/null", "w");
    if (sink) {
        diags_print(diags, DIAG_COLOUR, sink);
        diags_print(diags, DIAG_JSON, sink);
        fclose(sink);
    }
    arena_free(arena);
    return 0;
}
