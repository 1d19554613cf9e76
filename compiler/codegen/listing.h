/* SPDX-License-Identifier: Apache-2.0
 *
 * The code of a module as text, for people.
 */
#ifndef NND_COMPILER_CODEGEN_LISTING_H
#define NND_COMPILER_CODEGEN_LISTING_H

#include "compiler/ir/ir.h"
#include "compiler/stopwatch.h"
#include "runtime/error.h"

typedef struct ListingOptions {
    bool assembly;      /* else LLVM IR, optimised */
    const char *cpu;    /* NULL = the host's */
    const char *kernel; /* name of one kernel; NULL = the whole module */
    Stopwatch *watch;
} ListingOptions;

/* The text is the arena's. An unknown kernel is an error that names the known ones. The module must
 * have gone through passes_run with `fuse` set. */
NndStatus codegen_listing(const char **out, Arena *arena, const IrModule *module, const ListingOptions *options,
                          NndError *error);

#endif
