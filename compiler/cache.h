/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel cache: object code on disk, one file an entry, found by the text
 * of its key, which has to name everything that the code depends on. A key is
 * kept in its entry and compared whole, so two keys can never be mistaken for
 * each other; a checksum finds entries that were damaged. The cache is an
 * aid: what goes wrong with it is silent and means to compile again.
 *
 * Programs may use a folder at the same time: entries are put in place whole
 * (nnd_file_write). Above its limit the entries that were not used for the
 * longest time go.
 */
#ifndef NND_COMPILER_CACHE_H
#define NND_COMPILER_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "lang/support/arena.h"

enum { CACHE_LIMIT = 256 << 20 }; /* bytes of all entries */

/* $XDG_CACHE_HOME/nnd/kernels or ~/.cache/nnd/kernels, made if there is none. NULL if it cannot be
 * made, or if others than this user may write there: code from it is run. */
const char *cache_folder(Arena *arena);

/* True if the folder has an entry of this key; its object, in the arena. */
bool cache_find(Arena *arena, const char *folder, const char *key, void **object, size_t *size);

/* Keeps an object; then, if the entries are larger than `limit` together, removes some. */
void cache_keep(const char *folder, const char *key, const void *object, size_t size, uint64_t limit);

/* A number that is another one for another build of this program, as text; NULL if it has none. */
const char *cache_build_id(Arena *arena);

#endif
