/* SPDX-License-Identifier: Apache-2.0
 *
 * The parser of the textual IR: it takes any bytes, and what it accepts
 * is well-formed and reads back as printed.
 */
#include <stdint.h>
#include <stdlib.h>

#include "compiler/ir/ir.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena *arena = arena_new();
    char *error;
    IrModule *module =
        ir_module_parse(arena, arena_strndup(arena, (const char *)data, size), &error);
    if (module) {
        const char *text = ir_module_text(arena, module);
        IrModule *again = ir_module_parse(arena, text, &error);
        if (!again || strcmp(ir_module_text(arena, again), text) || ir_module_verify(arena, again))
            abort();
    }
    arena_free(arena);
    return 0;
}
