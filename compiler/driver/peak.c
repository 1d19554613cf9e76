/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/peak.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/driver/progress.h"

enum { CHAINS = 10, ROUNDS = 1 << 21, TRIES = 5 };

/* CHAINS independent accumulators, enough to hide the latency of the multiply-add, each in a register
 * of its own; all different, or the compiler would compute just one. */
#define DEFINE_MULTIPLY_ADD(name, lanes, attribute)                                                \
    typedef float Vector_##name __attribute__((vector_size((lanes) * sizeof(float))));             \
    attribute static float name(void)                                                              \
    {                                                                                              \
        Vector_##name x, y;                                                                        \
        for (int i = 0; i < (lanes); i++) {                                                        \
            x[i] = 0.5f + (float)i * 1e-3f;                                                        \
            y[i] = 1.0f + (float)i * 1e-3f;                                                        \
        }                                                                                          \
        Vector_##name a = y, b = y * 2, c = y * 3, d = y * 4, e = y * 5, f = y * 6, g = y * 7, h = y * 8, k = y * 9, m = y * 10; \
        for (int round = 0; round < ROUNDS; round++) {                                             \
            a = a * x + y, b = b * x + y, c = c * x + y, d = d * x + y, e = e * x + y;             \
            f = f * x + y, g = g * x + y, h = h * x + y, k = k * x + y, m = m * x + y;             \
        }                                                                                          \
        Vector_##name sum = a + b + c + d + e + f + g + h + k + m;                                 \
        float total = 0;                                                                           \
        for (int i = 0; i < (lanes); i++)                                                          \
            total += sum[i];                                                                       \
        return total;                                                                              \
    }

typedef struct Method {
    float (*run)(void);
    int lanes;
} Method;

#if defined(__x86_64__)
DEFINE_MULTIPLY_ADD(with_avx512, 16, __attribute__((target("avx512f"))))
DEFINE_MULTIPLY_ADD(with_avx2, 8, __attribute__((target("avx2,fma"))))
DEFINE_MULTIPLY_ADD(with_sse, 4, )

static Method choose(void)
{
    if (__builtin_cpu_supports("avx512f"))
        return (Method){with_avx512, 16};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return (Method){with_avx2, 8};
    return (Method){with_sse, 4};
}
#else
DEFINE_MULTIPLY_ADD(with_vectors, 4, )

static Method choose(void)
{
    return (Method){with_vectors, 4};
}
#endif

enum { MOST_THREADS = 1024 };

typedef struct Work {
    Method method;
    float totals[MOST_THREADS]; /* read by nobody, but then the work is needed */
} Work;

static void run_block(void *context, int64_t lo, int64_t hi)
{
    Work *work = context;
    for (int64_t i = lo; i < hi; i++)
        work->totals[i] = work->method.run();
}

double peak_gflops(NndPool *pool)
{
    Work work = {.method = choose()};
    int threads = nnd_pool_threads(pool) < MOST_THREADS ? nnd_pool_threads(pool) : MOST_THREADS;
    double best = 0;
    for (int i = 0; i < TRIES; i++) {
        double start = seconds_now();
        nnd_pool_run(pool, threads, 1, run_block, &work);
        double flops = 2.0 * work.method.lanes * CHAINS * (double)ROUNDS * threads;
        double rate = flops / (seconds_now() - start) * 1e-9;
        best = rate > best ? rate : best;
    }
    return best;
}

/* ---- memory ---- */

enum { BUFFER = 256 << 20, PIECE = 1 << 20 };

typedef struct Reading {
    const uint64_t *words;
    uint64_t sums[BUFFER / PIECE]; /* read by nobody, as above */
} Reading;

static void read_block(void *context, int64_t lo, int64_t hi)
{
    enum { WORDS = PIECE / sizeof(uint64_t), LANES = 8 };
    Reading *reading = context;
    for (int64_t piece = lo; piece < hi; piece++) {
        const uint64_t *words = reading->words + piece * WORDS;
        uint64_t sums[LANES] = {0};
        for (int i = 0; i < WORDS; i += LANES)
            for (int k = 0; k < LANES; k++)
                sums[k] ^= words[i + k];
        for (int k = 0; k < LANES; k++)
            reading->sums[piece] ^= sums[k];
    }
}

double peak_gigabytes(NndPool *pool)
{
    uint64_t *words = malloc(BUFFER);
    Reading *reading = calloc(1, sizeof *reading);
    double best = 0;
    if (words && reading) {
        memset(words, 1, BUFFER);
        reading->words = words;
        for (int i = 0; i < TRIES; i++) {
            double start = seconds_now();
            nnd_pool_run(pool, BUFFER / PIECE, 8, read_block, reading);
            double rate = BUFFER / (seconds_now() - start) * 1e-9;
            best = rate > best ? rate : best;
        }
    }
    free(reading);
    free(words);
    return best;
}
