/* SPDX-License-Identifier: Apache-2.0
 *
 * GloVe: vectors of words from how often they stand near each other (Pennington, Socher & Manning,
 * "GloVe: Global vectors for word representation", EMNLP 2014, equations 8 and 9). Every word has a
 * vector w and a bias b, and another pair w', b' for when it is context; they minimise
 *
 *     J = sum over X_ij > 0 of  f(X_ij) / 2 * (w_i . w'_j + b_i + b'_j - log X_ij)^2
 *     f(x) = (x / x_max)^alpha below x_max, else 1
 *
 * by AdaGrad (Duchi et al. 2011), cell by cell in a random order; sums of squares begin at 1, as in
 * the authors' program. The vector of a word is w + w'.
 *
 * Cells are dealt into 16 x 16 blocks by word and by context. Blocks that share neither are worked
 * on at the same time (Gemulla et al., "Large-scale matrix factorization with distributed
 * stochastic gradient descent", KDD 2011), so that no two threads touch the same numbers: the
 * result is the same for any number of threads, which the authors' program, whose threads race,
 * cannot say.
 */
#ifndef NND_RUNTIME_TRAIN_GLOVE_H
#define NND_RUNTIME_TRAIN_GLOVE_H

#include "runtime/pool.h"
#include "runtime/train/cooccurrence.h"

typedef struct NndGloveOptions {
    int32_t size;        /* of a vector */
    double x_max, alpha; /* of f */
    double rate;
    uint64_t seed;
} NndGloveOptions;

typedef struct NndGlove NndGlove;

/* Vectors for words 0 .. words-1, uniform in ±0.5 / (size + 1) at first. Takes over `pairs`, also
 * when it fails. */
NndStatus nnd_glove_new(NndGlove **out, NndPairs *pairs, int32_t words,
                        const NndGloveOptions *options, NndError *error);
void nnd_glove_free(NndGlove *glove); /* NULL is allowed */

/* One pass over all cells; returns J / cells, each cell as it was met. `pool` may be NULL. */
double nnd_glove_epoch(NndGlove *glove, NndPool *pool);

/* Writes [size] numbers. */
void nnd_glove_vector(const NndGlove *glove, int32_t word, float *out);

/* A cell's part of J, and *slope, its derivative by the bracket: that by w is slope * w', by w'
 * slope * w, by either bias slope. Vectors are [size], then the bias. */
double nnd_glove_cell(const NndGloveOptions *options, const double *word, const double *context,
                      double count, double *slope);

#endif
