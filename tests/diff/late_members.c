/* SPDX-License-Identifier: Apache-2.0
 *
 * Teams whose members are late now and then. Linked with --wrap, it stands between compiled code
 * and the pool: a member that reads what another one may already write again gets the time to do
 * so. All threads are a team always, however little there is to do and however slow they meet.
 */
#include <sched.h>
#include <stdint.h>

#include "runtime/pool.h"

enum { ONE_IN = 4, LONGEST = 16 };

void __real_nnd_pool_team(NndPool *pool, int64_t most, int64_t independent, NndMember *member, void *context);
void __real_nnd_pool_meet(NndPool *pool);
void __wrap_nnd_pool_team(NndPool *pool, int64_t most, int64_t independent, NndMember *member, void *context);
void __wrap_nnd_pool_meet(NndPool *pool);

void __wrap_nnd_pool_team(NndPool *pool, int64_t most, int64_t independent, NndMember *member, void *context)
{
    (void)most, (void)independent;
    int64_t all = nnd_pool_threads(pool);
    __real_nnd_pool_team(pool, all, all, member, context);
}

static uint32_t next_random(void)
{
    static _Thread_local uint32_t state;
    if (!state)
        state = (uint32_t)(uintptr_t)&state | 1;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

void __wrap_nnd_pool_meet(NndPool *pool)
{
    __real_nnd_pool_meet(pool);
    if (next_random() % ONE_IN == 0)
        for (uint32_t i = next_random() % LONGEST; i > 0; i--)
            sched_yield();
}
