/* SPDX-License-Identifier: Apache-2.0
 *
 * Typed growable arrays in an arena.
 *
 *     VEC(Token) tokens = {0};
 *     vec_push(arena, &tokens, token);
 *     for (int i = 0; i < tokens.count; i++) use(tokens.data[i]);
 *
 * Growing leaves the old copy behind in the arena: at most as much again.
 */
#ifndef NND_LANG_SUPPORT_VEC_H
#define NND_LANG_SUPPORT_VEC_H

#include "lang/support/arena.h"

#define VEC(Type)                                                                                  \
    struct {                                                                                       \
        Type *data;                                                                                \
        int count, capacity;                                                                       \
    }

#define vec_push(arena, vec, item)                                                                 \
    do {                                                                                           \
        if ((vec)->count == (vec)->capacity)                                                       \
            (vec)->data = vec_grow((arena), (vec)->data, &(vec)->capacity, sizeof *(vec)->data);   \
        (vec)->data[(vec)->count++] = (item);                                                      \
    } while (0)

static inline void *vec_grow(Arena *arena, const void *data, int *capacity, size_t item_bytes)
{
    int old = *capacity;
    *capacity = old ? old * 2 : 8;
    void *grown = arena_alloc(arena, (size_t)*capacity * item_bytes);
    if (data)
        memcpy(grown, data, (size_t)old * item_bytes);
    return grown;
}

#endif
