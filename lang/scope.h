/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of a block and the blocks around it. Names are compared by text:
 * every file has interned its own.
 */
#ifndef NND_LANG_SCOPE_H
#define NND_LANG_SCOPE_H

#include <stdbool.h>

#include "lang/diag.h"

typedef struct Value Value;

typedef struct Binding {
    const char *name;
    Value *value;
    Span span;
    bool used;
    bool quiet; /* not reported if it is never used */
} Binding;

typedef struct Scope {
    struct Scope *outer; /* or NULL */
    VEC(Binding) bindings;
} Scope;

Scope *scope_new(Arena *arena, Scope *outer);
/* In this scope only. The pointer is good until the next scope_bind. */
Binding *scope_own(Scope *scope, const char *name);
/* In this scope and those around it. */
Binding *scope_find(Scope *scope, const char *name);
Binding *scope_bind(Arena *arena, Scope *scope, const char *name, Value *value, Span span);

#endif
