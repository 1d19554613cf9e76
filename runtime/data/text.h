/* SPDX-License-Identifier: Apache-2.0
 *
 * Views of text, and UTF-8. A view is borrowed: it lives as long as the buffer
 * it points into, and ends at `size`, not at a NUL.
 */
#ifndef NND_RUNTIME_DATA_TEXT_H
#define NND_RUNTIME_DATA_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct NndText {
    const char *data;
    size_t size;
} NndText;

/* Decodes the character at `at` < `end` and returns its length, 1 to 4; a byte
 * that is not part of well-formed UTF-8 is length 1 and character -1. */
int nnd_utf8_decode(const char *at, const char *end, int32_t *character);

/* Writes 1 to 4 bytes; `character` is a Unicode scalar value. */
int nnd_utf8_encode(char *out, int32_t character);

/* Offset of the first byte that is not well-formed UTF-8 or is NUL; `size` when all is well. */
size_t nnd_utf8_check(NndText text);

bool nnd_text_equal(NndText a, NndText b);

/* Cuts the next line off `rest`: what is before LF or CR LF. False at the end. */
bool nnd_text_line(NndText *line, NndText *rest);

#endif
