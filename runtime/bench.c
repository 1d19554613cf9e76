/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/bench.h"

#include "runtime/predict.h"

#include <stdlib.h>
#include <time.h>

enum { MAX_CALLS = 10000, LEAST_CALLS = 3 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef struct Calls {
    NndSession *session;
    const NndDataset *set;
    NndRun *run;
    void *engine;
    NndPool *pool;
    int64_t *items; /* of a batch: the first ones */
    double *times;
} Calls;

/* Preparing the batch is not timed. */
static NndStatus timed_call(const Calls *c, const int64_t *items, int64_t count, double *time, NndError *error)
{
    NndStatus status = nnd_session_batch(c->session, c->set, items, count, error);
    double start = now();
    if (!status)
        status = nnd_session_run(c->session, c->run, c->engine, c->pool, 0, 0, error);
    *time = now() - start;
    return status;
}

/* What is computed for an item's first call and kept, like rows of folded tables, is no part of what the others cost:
 * items are called once before, for `seconds` at most. `called`: how many of them. */
static NndStatus warm_up(const Calls *c, int64_t count, bool rotate, double seconds, int64_t *called, NndError *error)
{
    double ignored, end = now() + seconds;
    NndStatus status = timed_call(c, c->items, count, &ignored, error);
    for (*called = 1; rotate && *called < c->set->count && !status && now() < end; ++*called)
        status = timed_call(c, called, count, &ignored, error);
    return status;
}

/* `rotate`: another item in each call, of those that were called before. */
static NndStatus repeat(const Calls *c, int64_t count, bool rotate, double seconds, double *median, NndError *error)
{
    int calls = 0;
    int64_t called;
    NndStatus status = warm_up(c, count, rotate, seconds, &called, error);
    double end = now() + seconds;
    while (!status && calls < MAX_CALLS && (calls < LEAST_CALLS || now() < end)) {
        int64_t next = calls % called;
        status = timed_call(c, rotate ? &next : c->items, count, &c->times[calls++], error);
    }
    qsort(c->times, (size_t)calls, sizeof *c->times, compare);
    *median = c->times[calls / 2];
    return status;
}

/* Of the last call. */
static NndStatus keep_scores(NndBench *out, const NndSession *session, NndError *error)
{
    NndScores scores = {0};
    NndStatus status = NND_OK;
    for (int i = 0; i < nnd_session_function(session)->result_count && !status; i++)
        status = nnd_scores_take(&scores, session, i, out->batch_items, error);
    out->scores = scores.data;
    out->score_count = scores.count ? scores.begins[scores.count] : 0;
    scores.data = NULL;
    nnd_scores_free(&scores);
    if (status)
        nnd_bench_free(out);
    return status;
}

static NndStatus measure(NndBench *out, const Calls *c, double seconds, NndError *error)
{
    for (int64_t i = 0; i < out->batch_items; i++)
        c->items[i] = i;
    NndStatus status = repeat(c, 1, true, seconds / 2, &out->latency, error);
    return status ? status : repeat(c, out->batch_items, false, seconds / 2, &out->batch, error);
}

NndStatus nnd_bench_run(NndBench *out, NndSession *session, const NndDataset *set, int64_t batch, double seconds,
                        NndRun *run, void *engine, NndPool *pool, NndError *error)
{
    *out = (NndBench){.batch_items = set->count < batch ? set->count : batch};
    if (!set->count)
        return nnd_fail(error, NND_EINVAL, "there are no items to measure with");
    Calls calls = {session, set, run, engine, pool, malloc((size_t)out->batch_items * sizeof(int64_t)),
                   malloc(MAX_CALLS * sizeof(double))};
    NndStatus status = calls.items && calls.times ? measure(out, &calls, seconds, error)
                                                  : nnd_fail(error, NND_ENOMEM, "out of memory for the times");
    free(calls.items);
    free(calls.times);
    return status ? status : keep_scores(out, session, error);
}

void nnd_bench_free(NndBench *bench)
{
    free(bench->scores);
    *bench = (NndBench){0};
}
