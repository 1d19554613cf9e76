/* SPDX-License-Identifier: Apache-2.0
 *
 * Random programs of the language: models over texts, texts of sentences,
 * vectors and images, with the layers of the standard library, layers and
 * functions of their own, scans, lists, loops and conditions. The same seed
 * gives the same text.
 */
#ifndef NND_TESTS_DIFF_GENERATE_SOURCE_H
#define NND_TESTS_DIFF_GENERATE_SOURCE_H

#include <stdint.h>

#include "lang/support/arena.h"

/* A model that checks, with a loss. */
char *generate_source(Arena *arena, uint64_t seed);

/* The same with one statement that cannot be; *line is its line. */
char *generate_wrong_source(Arena *arena, uint64_t seed, int *line);

#endif
