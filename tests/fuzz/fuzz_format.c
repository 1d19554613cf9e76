/* SPDX-License-Identifier: Apache-2.0
 *
 * The formatter on any bytes: what has no syntax errors is formatted, and then stays as it is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lang/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena = arena_new();
    const Source *source = source_new(arena, "fuzz.nnd", (const char *)data, size);
    Diags *diags = diags_new(arena);
    const Source *once = format_source(arena, source, diags);
    if (!once && !diags->error_count)
        abort();
    if (once) {
        const Source *twice = format_source(arena, once, diags);
        if (!twice || once->length != twice->length || memcmp(once->text, twice->text, (size_t)once->length))
            abort();
    }
    arena_free(arena);
    return 0;
}
