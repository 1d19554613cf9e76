/* SPDX-License-Identifier: Apache-2.0
 *
 * The product through BLAS and a plain triple loop give the same bits, because
 * the elements are small whole numbers: every sum is exact in any order.
 */
#include "runtime/kernels/gemm.h"
#include "runtime/random.h"
#include "tests/check.h"

#include <stdlib.h>

/* A matrix in both precisions, with `apart` numbers from row to row. */
typedef struct Matrix {
    int64_t rows, columns, apart;
    float *f32;
    double *f64;
} Matrix;

enum { PADDING = 77 };

/* Leading dimensions are at least 1, as BLAS wants it. */
static Matrix matrix_new(int64_t rows, int64_t columns, int64_t wider)
{
    Matrix m = {.rows = rows, .columns = columns, .apart = (columns ? columns : 1) + wider};
    size_t count = (size_t)(rows * m.apart + 1);
    m.f32 = malloc(count * sizeof *m.f32);
    m.f64 = malloc(count * sizeof *m.f64);
    for (size_t i = 0; i < count; i++) {
        m.f32[i] = PADDING;
        m.f64[i] = PADDING;
    }
    return m;
}

static void matrix_free(Matrix *m)
{
    free(m->f32);
    free(m->f64);
}

static Matrix random_matrix(int64_t rows, int64_t columns, int64_t wider, uint32_t stream)
{
    Matrix m = matrix_new(rows, columns, wider);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) {
            int number = (int)(nnd_random_word(1, 0, stream, (uint64_t)(i * columns + j)) % 17) - 8;
            m.f32[i * m.apart + j] = (float)number;
            m.f64[i * m.apart + j] = number;
        }
    return m;
}

/* NaN in every element that the product has to write. */
static Matrix result_matrix(int64_t rows, int64_t columns, int64_t wider)
{
    Matrix m = matrix_new(rows, columns, wider);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) {
            m.f32[i * m.apart + j] = NAN;
            m.f64[i * m.apart + j] = NAN;
        }
    return m;
}

static double element(const Matrix *m, int64_t i, int64_t j, bool transposed)
{
    return m->f64[transposed ? j * m->apart + i : i * m->apart + j];
}

static double expected_element(const NndGemm *g, const Matrix *a, const Matrix *b, int64_t i, int64_t j)
{
    double sum = 0;
    for (int64_t p = 0; p < g->k; p++)
        sum += element(a, i, p, g->a_transposed) * element(b, p, j, g->b_transposed);
    return sum;
}

static int wrong_elements(const NndGemm *g, const Matrix *a, const Matrix *b, const Matrix *c)
{
    int wrong = 0;
    for (int64_t i = 0; i < c->rows; i++)
        for (int64_t j = 0; j < c->apart; j++) {
            double expected = j < c->columns ? expected_element(g, a, b, i, j) : PADDING;
            wrong += c->f32[i * c->apart + j] != (float)expected || c->f64[i * c->apart + j] != expected;
        }
    return wrong;
}

static void check_product(NndGemm g, int64_t wider)
{
    Matrix a = g.a_transposed ? random_matrix(g.k, g.m, wider, 0) : random_matrix(g.m, g.k, wider, 0);
    Matrix b = g.b_transposed ? random_matrix(g.n, g.k, 2 * wider, 1) : random_matrix(g.k, g.n, 2 * wider, 1);
    Matrix c = result_matrix(g.m, g.n, 3 * wider);
    g.lda = a.apart;
    g.ldb = b.apart;
    g.ldc = c.apart;
    nnd_gemm_f32(&g, a.f32, b.f32, c.f32);
    nnd_gemm_f64(&g, a.f64, b.f64, c.f64);
    int wrong = wrong_elements(&g, &a, &b, &c);
    if (wrong)
        printf("m %d, n %d, k %d, a%s b%s, %d between rows:\n", (int)g.m, (int)g.n, (int)g.k, g.a_transposed ? "^T" : "",
               g.b_transposed ? "^T" : "", (int)wider);
    CHECK_EQ_INT(wrong, 0);
    matrix_free(&a);
    matrix_free(&b);
    matrix_free(&c);
}

static void check_sizes(int64_t m, int64_t n, int64_t k)
{
    for (int i = 0; i < 8; i++)
        check_product((NndGemm){.a_transposed = i & 1, .b_transposed = i & 2, .m = m, .n = n, .k = k}, i & 4 ? 3 : 0);
}

static void small_products_are_right_in_every_layout(void)
{
    static const int64_t sizes[] = {1, 2, 3, 5, 8, 17, 33};
    enum { COUNT = sizeof sizes / sizeof *sizes };
    for (int m = 0; m < COUNT; m++)
        for (int n = 0; n < COUNT; n++)
            for (int k = 0; k < COUNT; k++)
                check_sizes(sizes[m], sizes[n], sizes[k]);
}

static void nothing_is_written_if_there_are_no_rows_or_columns(void)
{
    static const int64_t others[] = {0, 1, 7};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            check_sizes(0, others[i], others[j]);
            check_sizes(others[i], 0, others[j]);
        }
}

static void a_sum_over_nothing_is_zero(void)
{
    static const int64_t sizes[] = {1, 2, 7, 40};
    for (int m = 0; m < 4; m++)
        for (int n = 0; n < 4; n++)
            check_sizes(sizes[m], sizes[n], 0);
}

static void large_products_are_right_with_any_number_of_threads(void)
{
    for (int threads = 1; threads <= 3; threads++) {
        nnd_gemm_set_threads(threads);
        check_sizes(129, 131, 127);
        check_sizes(1, 301, 257);
        check_sizes(301, 1, 257);
    }
}

int main(void)
{
    small_products_are_right_in_every_layout();
    nothing_is_written_if_there_are_no_rows_or_columns();
    a_sum_over_nothing_is_zero();
    large_products_are_right_with_any_number_of_threads();
    return test_report();
}
