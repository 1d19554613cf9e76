/* SPDX-License-Identifier: Apache-2.0
 *
 * The object code of a module, made by several threads: each takes some of its functions, and
 * together the objects define all of them. A function's code does not depend on who makes it.
 */
#ifndef NND_COMPILER_CODEGEN_SLICES_H
#define NND_COMPILER_CODEGEN_SLICES_H

#include "compiler/codegen/module.h"

enum { MAX_SLICES = 8 };

typedef struct Slices {
    int count;
    LLVMMemoryBufferRef objects[MAX_SLICES];
} Slices;

/* At most `most` objects, fewer of a small module; one is made without other threads. What
 * `target`, `watch` and `infos` are says codegen_module. The caller ends it with slices_free, also
 * after a failure. */
NndStatus slices_compile(Slices *out, int most, const IrModule *module, const Target *target,
                         Stopwatch *watch, KernelInfos *infos, NndError *error);
void slices_free(Slices *slices);

/* All of them as one block, in the arena, and back; false if the block is none. */
void *slices_pack(Arena *arena, const Slices *slices, size_t *size);
bool slices_unpack(Slices *out, const void *packed, size_t size);

#endif
