/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/peak.h"

#include "compiler/driver/progress.h"

enum { LANES = 16, CHAINS = 8, ROUNDS = 1 << 20, TRIES = 5 };

typedef float Vector __attribute__((vector_size(LANES * sizeof(float))));

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(__clang__)
#define FASTEST __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), optimize("fp-contract=fast")))
#else
#define FASTEST
#endif

/* CHAINS independent accumulators, enough to hide the latency of the multiply-add; each is a variable
 * of its own, so that it stays in a register. */
FASTEST static float multiply_add(void)
{
    Vector x, y;
    for (int i = 0; i < LANES; i++) {
        x[i] = 1.0f + (float)i * 1e-7f;
        y[i] = (float)i * 1e-7f;
    }
    /* all different, or the compiler would compute just one */
    Vector a = y, b = y * 2, c = y * 3, d = y * 4, e = y * 5, f = y * 6, g = y * 7, h = y * 8;
    for (int round = 0; round < ROUNDS; round++) {
        a = a * x + y;
        b = b * x + y;
        c = c * x + y;
        d = d * x + y;
        e = e * x + y;
        f = f * x + y;
        g = g * x + y;
        h = h * x + y;
    }
    Vector sum = a + b + c + d + e + f + g + h;
    float total = 0;
    for (int i = 0; i < LANES; i++)
        total += sum[i];
    return total;
}

static void run_block(void *context, int64_t lo, int64_t hi)
{
    float *totals = context;
    for (int64_t i = lo; i < hi; i++)
        totals[i] = multiply_add();
}

enum { MOST_THREADS = 1024 };

double peak_gflops(NndPool *pool)
{
    float totals[MOST_THREADS];
    int threads = nnd_pool_threads(pool) < MOST_THREADS ? nnd_pool_threads(pool) : MOST_THREADS;
    double best = 0;
    for (int i = 0; i < TRIES; i++) {
        double start = seconds_now();
        nnd_pool_run(pool, threads, 1, run_block, totals);
        double rate = 2.0 * LANES * CHAINS * ROUNDS * threads / (seconds_now() - start) * 1e-9;
        best = rate > best ? rate : best;
    }
    return best;
}
