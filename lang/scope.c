/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/scope.h"

Scope *scope_new(Arena *arena, Scope *outer)
{
    Scope *scope = ARENA_NEW(arena, Scope);
    scope->outer = outer;
    return scope;
}

Binding *scope_own(Scope *scope, const char *name)
{
    for (int i = 0; i < scope->bindings.count; i++)
        if (!strcmp(scope->bindings.data[i].name, name))
            return &scope->bindings.data[i];
    return NULL;
}

Binding *scope_find(Scope *scope, const char *name)
{
    for (; scope; scope = scope->outer) {
        Binding *binding = scope_own(scope, name);
        if (binding)
            return binding;
    }
    return NULL;
}

Binding *scope_bind(Arena *arena, Scope *scope, const char *name, Value *value, Span span)
{
    vec_push(arena, &scope->bindings, ((Binding){.name = name, .value = value, .span = span}));
    return &scope->bindings.data[scope->bindings.count - 1];
}
