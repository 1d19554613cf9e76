/* SPDX-License-Identifier: Apache-2.0
 *
 * From text to tree. Reports every syntax error that it can tell apart and
 * goes on after each.
 */
#ifndef NND_LANG_PARSE_H
#define NND_LANG_PARSE_H

#include "lang/ast.h"

/* Always returns an N_FILE node; what could not be understood is missing from it. */
Node *parse_source(Arena *arena, const Source *source, Diags *diags);

#endif
