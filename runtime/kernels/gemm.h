/* SPDX-License-Identifier: Apache-2.0
 *
 * Matrix products through BLAS, for the interpreter. Native programs never
 * link this.
 */
#ifndef NND_RUNTIME_KERNELS_GEMM_H
#define NND_RUNTIME_KERNELS_GEMM_H

#include <stdbool.h>
#include <stdint.h>

/* c[m, n] = op(a)[m, k] . op(b)[k, n], row-major with leading dimensions; `a_transposed` means that
 * a is stored as [k, m]. */
typedef struct NndGemm {
    bool a_transposed, b_transposed;
    int64_t m, n, k;
    int64_t lda, ldb, ldc;
} NndGemm;

void nnd_gemm_f32(const NndGemm *g, const float *a, const float *b, float *c);
void nnd_gemm_f64(const NndGemm *g, const double *a, const double *b, double *c);

/* Threads that BLAS may use from now on. */
void nnd_gemm_set_threads(int threads);

#endif
