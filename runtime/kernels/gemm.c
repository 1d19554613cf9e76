/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/kernels/gemm.h"

#include <cblas.h>

static CBLAS_TRANSPOSE transposition(bool transposed)
{
    return transposed ? CblasTrans : CblasNoTrans;
}

void nnd_gemm_f32(const NndGemm *g, const float *a, const float *b, float *c)
{
    cblas_sgemm(CblasRowMajor, transposition(g->a_transposed), transposition(g->b_transposed), (blasint)g->m,
                (blasint)g->n, (blasint)g->k, 1, a, (blasint)g->lda, b, (blasint)g->ldb, 0, c, (blasint)g->ldc);
}

void nnd_gemm_f64(const NndGemm *g, const double *a, const double *b, double *c)
{
    cblas_dgemm(CblasRowMajor, transposition(g->a_transposed), transposition(g->b_transposed), (blasint)g->m,
                (blasint)g->n, (blasint)g->k, 1, a, (blasint)g->lda, b, (blasint)g->ldb, 0, c, (blasint)g->ldc);
}

void nnd_gemm_set_threads(int threads)
{
    openblas_set_num_threads(threads);
}
