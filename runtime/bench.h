/* SPDX-License-Identifier: Apache-2.0
 *
 * Timing a session: latency of single items and time of whole batches.
 */
#ifndef NND_RUNTIME_BENCH_H
#define NND_RUNTIME_BENCH_H

#include "runtime/session.h"

enum { NND_BENCH_BATCH = 32 }; /* items of a batch, if nobody wants another number */

typedef struct NndBench {
    double latency; /* seconds of a call with one item: median over calls, items in turn */
    double batch;   /* seconds of a call with the first `batch_items` items: median over calls */
    int64_t batch_items;
    float *scores;  /* all outputs of the batch, one after the other; owned */
    int64_t score_count;
} NndBench;

/* Calls for about `seconds`, half of it with single items, half with batches of `batch` items (or all that there are);
 * at least three each. Items are called once before that is timed, for as long at most. */
NndStatus nnd_bench_run(NndBench *out, NndSession *session, const NndDataset *set, int64_t batch, double seconds,
                        NndRun *run, void *engine, NndPool *pool, NndError *error);

void nnd_bench_free(NndBench *bench);

#endif
