/* SPDX-License-Identifier: Apache-2.0
 *
 * The standard library, embedded in the compiler by stdlib/embed.cmake.
 */
#ifndef NND_LANG_STDLIB_EMBEDDED_H
#define NND_LANG_STDLIB_EMBEDDED_H

#include <stddef.h>

typedef struct StdlibFile {
    const char *name; /* "dense" for stdlib/dense.nnd, `use std.dense` */
    const char *text;
    size_t length;
} StdlibFile;

extern const StdlibFile stdlib_files[];
extern const int stdlib_file_count;

#endif
