/* SPDX-License-Identifier: Apache-2.0
 *
 * Linked with --wrap=nnd_pool_run_all, it stands between compiled code and the pool: kernels that may run at the same time
 * run one after the other, in any order. What one of them needs and another one destroys shows.
 */
#include "tests/diff/any_order.h"

int64_t any_order_groups;

void __real_nnd_pool_run_all(NndPool *pool, const NndTask *tasks, int64_t count);
void __wrap_nnd_pool_run_all(NndPool *pool, const NndTask *tasks, int64_t count);

static uint32_t next_random(void)
{
    static uint32_t state = 1;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

/* Without a pool in any order; else all of them are worth a thread. */
void __wrap_nnd_pool_run_all(NndPool *pool, const NndTask *tasks, int64_t count)
{
    enum { MOST = 16, DEAR = 1000000 };
    NndTask shuffled[MOST];
    any_order_groups++;
    for (int64_t i = 0; i < count; i++) {
        int64_t k = next_random() % (uint32_t)(i + 1);
        shuffled[i] = shuffled[k];
        shuffled[k] = tasks[i];
    }
    for (int64_t i = 0; i < count; i++)
        shuffled[i].cost = DEAR;
    __real_nnd_pool_run_all(pool, shuffled, count);
}
