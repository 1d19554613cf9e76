/* SPDX-License-Identifier: Apache-2.0
 *
 * Arenas: memory that lives and dies together. The compiler allocates from
 * nothing else; a function that allocates takes its arena as a parameter, so
 * the lifetime of what it returns can be read in its signature.
 *
 * Invariants: memory comes zeroed and aligned to 16 bytes; running out of
 * memory ends the process with a message (the compiler has nothing to save).
 * Under AddressSanitizer every object is its own malloc, so overruns are seen.
 */
#ifndef NND_LANG_SUPPORT_ARENA_H
#define NND_LANG_SUPPORT_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

typedef struct Arena Arena;

Arena *arena_new(void);
void arena_free(Arena *arena); /* NULL is allowed */

/* Drops every object, keeps the arena. */
void arena_reset(Arena *arena);

void *arena_alloc(Arena *arena, size_t bytes);
void *arena_copy(Arena *arena, const void *data, size_t bytes);
char *arena_strndup(Arena *arena, const char *text, size_t length);
char *arena_strdup(Arena *arena, const char *text);
char *arena_printf(Arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(Arena *arena, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Bytes handed out so far. */
size_t arena_used(const Arena *arena);

#define ARENA_NEW(arena, Type) ((Type *)arena_alloc((arena), sizeof(Type)))
#define ARENA_ARRAY(arena, Type, count) ((Type *)arena_alloc((arena), sizeof(Type) * (size_t)(count)))

#endif
