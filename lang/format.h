/* SPDX-License-Identifier: Apache-2.0
 *
 * The formatter of `nnd fmt`. Where lines end is the author's decision; indentation and the space
 * between tokens are not. Columns that the author has aligned stay aligned: what stands in one
 * column in the lines of a paragraph does so afterwards. Comments stay, words never change:
 * the result has the same tokens, and formatting it again changes nothing.
 */
#ifndef NND_LANG_FORMAT_H
#define NND_LANG_FORMAT_H

#include "lang/source.h"
#include "lang/diag.h"

/* The formatted text, in the arena; NULL if the source has syntax errors (in diags), or
 * if they would not be the same tokens: a mistake of the formatter, without a diagnostic. */
Source *format_source(Arena *arena, const Source *source, Diags *diags);

#endif
