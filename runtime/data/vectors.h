/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of word vectors, in the two forms that other programs read and write:
 *
 *   text     as GloVe: a word and its numbers a line, parted by blanks; a first line of two whole
 * numbers (words, size), as word2vec's text form has it, is skipped binary   as word2vec: a line of
 * two whole numbers (words, size), then each word, a blank and its numbers as little-endian f32,
 * perhaps with a line end between words
 *
 * A file with a first line of counts is binary if what follows it has bytes that no text has.
 */
#ifndef NND_RUNTIME_DATA_VECTORS_H
#define NND_RUNTIME_DATA_VECTORS_H

#include "runtime/data/vocab.h"

/* Is given each word of a file in turn; another status than NND_OK ends the reading. */
typedef NndStatus NndVectorVisit(void *context, NndText word, const float *vector, NndError *error);

/* Vectors of `size` numbers, at least 1; those of another size are an error, and so are numbers
 * that are not finite. Also gzip-compressed. */
NndStatus nnd_vectors_read(const char *path, int64_t size, NndVectorVisit *visit, void *context,
                           NndError *error);

/* The same from memory; `data` ends with a NUL behind its end. */
NndStatus nnd_vectors_parse(NndText data, const char *name, int64_t size, NndVectorVisit *visit,
                            void *context, NndError *error);

/* The words of a vocabulary but padding and <unk>: rows [words, size], in its order. Binary if the
 * name ends in .bin. Numbers in text have nine digits, which give the same f32 back. */
NndStatus nnd_vectors_write(const char *path, const NndVocab *vocab, const float *rows,
                            int64_t size, NndError *error);

#endif
