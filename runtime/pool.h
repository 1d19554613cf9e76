/* SPDX-License-Identifier: Apache-2.0
 *
 * The thread pool. Work is cut into blocks of a size that depends on the work
 * alone, never on the number of threads, so that results do not either.
 */
#ifndef NND_RUNTIME_POOL_H
#define NND_RUNTIME_POOL_H

#include "runtime/abi.h"
#include "runtime/error.h"

/* `threads` includes the caller; 0 means one per core that this process may use. */
NndStatus nnd_pool_new(NndPool **out, int threads, NndError *error);
void nnd_pool_free(NndPool *pool); /* NULL is allowed */
int nnd_pool_threads(const NndPool *pool);

/* Handles items lo .. hi-1. Runs with denormals flushed to zero. */
typedef void NndBlock(void *context, int64_t lo, int64_t hi);

/* Calls `block` for [0, grain), [grain, 2*grain), ... below `count`, on all
 * threads of the pool, and returns when all are done. A NULL pool, or a call
 * from inside a block, runs them in order on the calling thread. */
void nnd_pool_run(NndPool *pool, int64_t count, int64_t grain, NndBlock *block, void *context);

/* What one of `size` members of a team does; if they meet, all of them are at it at the same time. */
typedef void NndMember(void *context, int64_t rank, int64_t size);

/* Calls `member` for ranks 0 .. size-1, if they meet each on a thread of its own, and returns when all are done.
 * The size is `most`, or the pool's threads if those are fewer; with a NULL pool, or in a call from
 * inside a block, it is 1. A team of up to `independent` members does not meet. Larger ones are
 * avoided for some time if members had to wait for each other as long as they do when the machine
 * has other work for its cores. */
void nnd_pool_team(NndPool *pool, int64_t most, int64_t independent, NndMember *member, void *context);

/* What nnd_pool_run does, or with a member in place of the block nnd_pool_team. Code generators fill it in. */
typedef struct NndTask {
    NndBlock *block;
    NndMember *member; /* or NULL */
    void *context;
    int64_t count, grain;      /* of blocks */
    int64_t most, independent; /* of a team */
    int64_t cost;              /* nanoseconds on one thread, about */
} NndTask;

/* Does all tasks, which do not depend on each other, and returns when they are done. Those that are a single block, or a
 * team of one, are shared by the threads as they are. */
void nnd_pool_run_all(NndPool *pool, const NndTask *tasks, int64_t count);

/* For members of a team of more than one: waits until all of them have come here. What they stored
 * before, all can read afterwards. */
void nnd_pool_meet(NndPool *pool);

#endif
