/* SPDX-License-Identifier: Apache-2.0
 *
 * Model files inside of the compiler: the standard library, and the examples
 * as templates. Written by stdlib/embed.cmake.
 */
#ifndef NND_LANG_EMBEDDED_H
#define NND_LANG_EMBEDDED_H

#include <stddef.h>

typedef struct EmbeddedFile {
    const char *name; /* "dense" for stdlib/dense.nnd */
    const char *text;
    size_t length;
} EmbeddedFile;

extern const EmbeddedFile stdlib_files[];
extern const int stdlib_file_count;
extern const EmbeddedFile example_files[];
extern const int example_file_count;

#endif
