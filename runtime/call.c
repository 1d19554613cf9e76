/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/call.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "runtime/pool.h"

typedef struct Portions {
    const NndModuleDesc *module;
    const NndFunctionDesc *function;
    const NndCall *call;
    int items_dim;
    int64_t count;
    atomic_llong next; /* that a thread is to begin */
    int64_t end;       /* of those that threads share */
    char *scratch;     /* a part for each thread */
    uint64_t part;     /* bytes */
} Portions;

/* ---- the call of a portion; what it is made of lies in front of its arena ---- */

static uint64_t round_up(uint64_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

static uint64_t axes_bytes(const Portions *p)
{
    return round_up((uint64_t)p->module->dim_count * sizeof(NndAxis));
}

static uint64_t pointers_bytes(int count)
{
    return round_up((uint64_t)count * sizeof(void *));
}

static int64_t item_count(const Portions *p)
{
    return p->call->axes[p->items_dim].extent;
}

static int64_t first_item(const Portions *p, int64_t portion)
{
    return item_count(p) * portion / p->count;
}

/* From the first number of a value to that of the item. */
static int64_t item_offset(const Portions *p, const NndValueDesc *value, int64_t item)
{
    if (!value->rank || value->dims[0] != p->items_dim)
        return 0;
    int64_t bytes = item * (int64_t)nnd_dtype_size((NndDType)value->dtype);
    for (int i = 1; i < value->rank; i++)
        bytes *= p->call->axes[value->dims[i]].extent;
    return bytes;
}

static void run_portion(const Portions *p, int64_t portion, int64_t rank, NndPool *pool)
{
    int64_t lo = first_item(p, portion), hi = first_item(p, portion + 1);
    char *memory = p->scratch + p->part * (uint64_t)rank;
    NndAxis *axes = (NndAxis *)(void *)memory;
    const void **args = (const void **)(void *)(memory + axes_bytes(p));
    void **results = (void **)(void *)((char *)args + pointers_bytes(p->function->arg_count));
    NndCall own = *p->call;
    memcpy(axes, own.axes, (size_t)p->module->dim_count * sizeof *axes);
    axes[p->items_dim].extent = hi - lo;
    for (int i = 0; i < p->function->arg_count; i++)
        args[i] = (const char *)own.args[i] + item_offset(p, &p->function->args[i], lo);
    for (int i = 0; i < p->function->result_count; i++)
        results[i] = (char *)own.results[i] + item_offset(p, &p->function->results[i], lo);
    own.axes = axes;
    own.args = args;
    own.results = results;
    own.arena = (char *)results + pointers_bytes(p->function->result_count);
    own.pool = pool;
    p->function->run(&own);
}

static uint64_t part_bytes(const Portions *p, NndAxis *axes)
{
    memcpy(axes, p->call->axes, (size_t)p->module->dim_count * sizeof *axes);
    axes[p->items_dim].extent = (item_count(p) + p->count - 1) / p->count;
    return axes_bytes(p) + pointers_bytes(p->function->arg_count) + pointers_bytes(p->function->result_count) +
           round_up(p->function->arena_size(axes));
}

/* ---- all portions ---- */

static void run_shared(void *context, int64_t rank, int64_t size)
{
    (void)size;
    Portions *p = context;
    for (;;) {
        int64_t portion = atomic_fetch_add_explicit(&p->next, 1, memory_order_relaxed);
        if (portion >= p->end)
            return;
        run_portion(p, portion, rank, NULL);
    }
}

/* What is kept begins with a number that says whether it is there. */
static bool keeps_all(const NndCall *call)
{
    int64_t known;
    memcpy(&known, call->kept, sizeof known);
    return known != 0;
}

static void run_portions(Portions *p, NndPool *across)
{
    int64_t threads = nnd_pool_threads(across), begun = keeps_all(p->call) ? 0 : 1;
    if (begun)
        run_portion(p, 0, 0, p->call->pool);
    atomic_store_explicit(&p->next, begun, memory_order_relaxed);
    p->end = threads > 1 ? p->count - (p->count - begun) % threads : begun;
    if (p->end > begun)
        nnd_pool_team(across, threads, threads, run_shared, p);
    for (int64_t i = p->end; i < p->count; i++)
        run_portion(p, i, 0, p->call->pool);
}

static NndStatus run_whole(const NndFunctionDesc *function, const NndCall *call, NndMemory *scratch, NndError *error)
{
    NndStatus status = nnd_memory_reserve(scratch, function->arena_size(call->axes), error);
    NndCall own = *call;
    own.arena = scratch->data;
    if (!status)
        function->run(&own);
    return status;
}

static int find_items(const NndFunctionDesc *function)
{
    int i = 0;
    while (function->args[i].kind != NND_ARG_INPUT)
        i++;
    return function->args[i].dims[0];
}

static NndStatus reserve_parts(Portions *p, NndPool *across, NndMemory *scratch, NndError *error)
{
    NndStatus status = nnd_memory_reserve(scratch, axes_bytes(p), error);
    if (status)
        return status;
    p->part = part_bytes(p, (NndAxis *)(void *)scratch->data);
    status = nnd_memory_reserve(scratch, p->part * (uint64_t)nnd_pool_threads(across), error);
    p->scratch = scratch->data;
    return status;
}

/* Portions of the most items, or one for each thread if they have the least: in how many the call's items are cut. */
static int64_t portion_count(const Portions *p, int64_t threads)
{
    int64_t items = item_count(p), most = (int64_t)p->function->most_portion(p->call->axes);
    int64_t count = (items + most - 1) / most, least = (int64_t)p->function->least_portion(p->call->axes);
    if (count < threads)
        count = items / threads >= least ? threads : 1;
    return count;
}

NndStatus nnd_call_run(const NndModuleDesc *module, const NndFunctionDesc *function, const NndCall *call, NndPool *across,
                       NndMemory *scratch, NndError *error)
{
    if (!function->most_portion(call->axes))
        return run_whole(function, call, scratch, error);
    Portions p = {.module = module, .function = function, .call = call, .items_dim = find_items(function)};
    p.count = portion_count(&p, nnd_pool_threads(across));
    if (p.count < 2)
        return run_whole(function, call, scratch, error);
    NndStatus status = reserve_parts(&p, across, scratch, error);
    if (!status)
        run_portions(&p, across);
    return status;
}
