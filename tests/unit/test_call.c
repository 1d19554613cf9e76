/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls in portions: every item is computed once, with memory of its own, whatever the number of threads.
 */
#include "runtime/call.h"

#include <stdatomic.h>
#include <stdbool.h>

#include "runtime/pool.h"
#include "tests/check.h"

enum { BATCH, WIDTH, DIMS, WIDE = 5, MOST = 100 };

static NndError error;
static int64_t least, most;
static atomic_int calls, largest, with_pool;
static atomic_bool late; /* a portion was begun beside the one that makes what is kept */

/* ---- a function: y = w[j] * x[i, j] and the sum of a row, by way of scratch memory ---- */

static uint64_t arena_size(const NndAxis *axes) { return (uint64_t)(axes[BATCH].extent * WIDE) * sizeof(float); }
static uint64_t kept_size(const NndAxis *axes) { (void)axes; return 64; }
static uint64_t least_portion(const NndAxis *axes) { (void)axes; return (uint64_t)least; }
static uint64_t most_portion(const NndAxis *axes) { (void)axes; return (uint64_t)most; }

static void run(const NndCall *call)
{
    int64_t known, items = call->axes[BATCH].extent;
    memcpy(&known, call->kept, sizeof known);
    if (!known && calls > 0)
        late = true;
    if (!known)
        memcpy(call->kept, &(int64_t){1}, sizeof known);
    calls++;
    with_pool += call->pool != NULL;
    for (int known_largest = largest; items > known_largest;)
        if (atomic_compare_exchange_weak(&largest, &known_largest, (int)items))
            break;
    const float *w = call->args[0], *x = call->args[1];
    float *scratch = (float *)(void *)call->arena, *y = call->results[0];
    double *sums = call->results[1];
    for (int64_t i = 0; i < items * WIDE; i++)
        scratch[i] = w[i % WIDE] * x[i];
    for (int64_t i = 0; i < items; i++)
        sums[i] = 0;
    for (int64_t i = 0; i < items * WIDE; i++) {
        y[i] = scratch[i];
        sums[i / WIDE] += (double)scratch[i];
    }
}

static const NndDimDesc dims[DIMS] = {{.name = "batch", .kind = NND_DIM_FREE, .parent = -1, .source = -1},
                                      {.name = "5", .kind = NND_DIM_CONST, .parent = -1, .source = -1, .size = WIDE}};
static const NndValueDesc args[] = {{.name = "w", .kind = NND_ARG_FIXED, .dtype = NND_F32, .rank = 1, .dims = {WIDTH}},
                                    {.name = "x", .kind = NND_ARG_INPUT, .dtype = NND_F32, .rank = 2, .dims = {BATCH, WIDTH}}};
static const NndValueDesc results[] = {{.name = "y", .dtype = NND_F32, .rank = 2, .dims = {BATCH, WIDTH}},
                                       {.name = "s", .dtype = NND_F64, .rank = 1, .dims = {BATCH}}};
static const NndFunctionDesc function = {"f", 2, 2, args, results, arena_size, kept_size, least_portion, most_portion, run};
static const NndModuleDesc module = {"m", DIMS, 1, dims, &function};

/* ---- calls of it ---- */

typedef struct Setting {
    int64_t items, least, most;
    int threads;
    bool shared;
} Setting;

static int wrong_numbers(const Setting *s, const float *w, const float *x, const float *y, const double *sums)
{
    int wrong = 0;
    for (int64_t i = 0; i < s->items; i++) {
        double sum = 0;
        for (int64_t j = 0; j < WIDE; j++) {
            float expected = w[j] * x[i * WIDE + j];
            wrong += y[i * WIDE + j] != expected;
            sum += (double)expected;
        }
        wrong += sums[i] != sum;
    }
    return wrong;
}

/* Twice: the second call finds what the first one kept. */
static void check(const Setting *s, NndPool *pool)
{
    float w[WIDE], x[MOST * WIDE], y[MOST * WIDE];
    double sums[MOST];
    for (int i = 0; i < MOST * WIDE; i++)
        x[i] = (float)(i % 17 - 8);
    for (int i = 0; i < WIDE; i++)
        w[i] = (float)(i + 1);
    const NndAxis axes[DIMS] = {{.extent = s->items}, {.extent = WIDE}};
    int64_t kept[8] = {0};
    NndMemory scratch = {0};
    const void *pointers[] = {w, x};
    void *outs[] = {y, sums};
    NndCall call = {.axes = axes, .args = pointers, .results = outs, .pool = pool, .kept = (char *)kept};
    least = s->least;
    most = s->most;
    for (int times = 0; times < 2; times++) {
        calls = largest = with_pool = 0;
        late = false;
        memset(y, 0, sizeof y);
        memset(sums, 0, sizeof sums);
        CHECK_EQ_INT(nnd_call_run(&module, &function, &call, s->shared ? pool : NULL, &scratch, &error), NND_OK);
        int wrong = wrong_numbers(s, w, x, y, sums);
        if (wrong)
            printf("%d items, portions of %d to %d, %d threads:\n", (int)s->items, (int)s->least, (int)s->most, s->threads);
        CHECK_EQ_INT(wrong, 0);
        CHECK(!late);
        if (s->most)
            CHECK(largest <= s->most || calls == 1);
    }
    nnd_memory_free(&scratch);
}

static void every_item_is_computed_once(void)
{
    static const int threads[] = {1, 2, 3, 8};
    static const int64_t items[] = {1, 2, 3, 7, 16, 33, MOST}, portions[] = {0, 1, 2, 4, 5, 200}; /* 0: none */
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        NndPool *pool;
        CHECK_EQ_INT(nnd_pool_new(&pool, threads[t], &error), NND_OK);
        for (size_t i = 0; i < sizeof items / sizeof *items; i++)
            for (size_t p = 0; p < sizeof portions / sizeof *portions; p++)
                for (int shared = 0; shared < 2; shared++)
                    check(&(Setting){items[i], portions[p] / 2, portions[p], threads[t], shared}, pool);
        nnd_pool_free(pool);
    }
}

static void check_two_threads(int64_t items, int64_t smallest, int64_t portion, int expected, int shared_by_both)
{
    NndPool *pool;
    CHECK_EQ_INT(nnd_pool_new(&pool, 2, &error), NND_OK);
    check(&(Setting){items, smallest, portion, 2, true}, pool);
    CHECK_EQ_INT(calls, expected);
    CHECK_EQ_INT(with_pool, shared_by_both);
    nnd_pool_free(pool);
}

/* Three portions for two threads: each has one, and then both have the third. */
static void what_threads_cannot_share_is_computed_by_all(void)
{
    check_two_threads(9, 1, 3, 3, 1);
    check_two_threads(8, 1, 2, 4, 0);
}

static void each_thread_has_a_portion_if_it_is_not_too_small(void)
{
    check_two_threads(8, 4, 100, 2, 0);
    check_two_threads(8, 5, 100, 1, 1);
}

int main(void)
{
    every_item_is_computed_once();
    what_threads_cannot_share_is_computed_by_all();
    each_thread_has_a_portion_if_it_is_not_too_small();
    return test_report();
}
