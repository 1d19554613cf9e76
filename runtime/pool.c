/* SPDX-License-Identifier: Apache-2.0
 *
 * A job is cut into as many parts as there are threads, each of blocks that follow each other. A thread does its own part
 * first and then what is left of others', so that from job to job it finds in its core's cache what it wrote there.
 *
 * All that a worker needs to know of a job is in its part, a single cache line, because what a job costs is the lines that
 * pass from core to core. A worker waits for a new job's number in that line: first spinning, because the next job usually
 * follows within microseconds, then asleep. The number stands in one word with the blocks that are left, so that a block
 * is only ever taken of the job that was meant. A job is over when all of its blocks are done; nobody waits for a worker
 * that comes late (its core may have other work) and finds nothing left.
 *
 * Systems tend to wake a thread on the core of the one that wakes it, and take tens of milliseconds to see that another
 * core is idle. A worker that finds itself on the caller's core leaves it.
 */
#include "runtime/pool.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runtime/denormals.h"

enum { SPINS = 4000 }; /* some 20 to 50 microseconds */

/* So many meetings of a team that took longer show that its threads have no core each; then no team is made for so many
 * milliseconds, twice as many each time, until one meets in time again. */
enum { SLOW_MEETINGS = 3, FIRST_PAUSE = 16, LONGEST_PAUSE = 512 };

typedef struct Job {
    NndBlock *block;
    NndMember *member; /* of a team of `count`; then there is no block */
    void *context;
    int64_t count, grain;
} Job;

/* A thread's part of a job: the blocks before `end`. The rest of it may be read by who took one of them and has not yet
 * counted it as done. */
typedef struct Part {
    _Alignas(64) atomic_ullong left; /* the job's number in the upper half, blocks to be begun in the lower one */
    atomic_uint done;                /* blocks */
    atomic_int core;                 /* the caller's, at the beginning of the job */
    uint32_t end;
    Job job;
} Part;

/* How many meetings of its team a member has come to. Each has a cache line that it alone writes: the others, who look at it all
 * the time, know of its coming after that line has passed to them once. */
typedef struct Arrivals {
    _Alignas(64) atomic_llong count;
} Arrivals;

typedef struct Worker {
    NndPool *pool;
    int number;
    pthread_t thread;
} Worker;

struct NndPool {
    int threads;     /* the caller included */
    int cores;       /* that the process may use */
    Worker *workers; /* by number; 0 is not used, the caller is it */
    Part *parts;     /* by the number of their thread */
    Arrivals *arrivals; /* by rank */
    atomic_bool stop;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    atomic_int sleepers;    /* changed under mutex */
    pthread_mutex_t caller; /* one job at a time */
    uint32_t number;        /* of the job; under caller's mutex, as the next two */
    int pause;              /* see SLOW_MEETINGS */
    int64_t pause_end;      /* milliseconds */
    atomic_int slow;        /* meetings of this team */
};

static _Thread_local bool inside_block;
static _Thread_local int64_t own_rank, own_size; /* as a member of a team */

static void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static uint32_t number_of(unsigned long long left)
{
    return (uint32_t)(left >> 32);
}

/* The block of the job that is now to be done, or -1 if none is left. */
static int64_t take_block(Part *part, uint32_t number)
{
    unsigned long long left = atomic_load_explicit(&part->left, memory_order_relaxed);
    while (number_of(left) == number && (uint32_t)left)
        if (atomic_compare_exchange_weak_explicit(&part->left, &left, left - 1, memory_order_acquire, memory_order_relaxed))
            return part->end - (uint32_t)left;
    return -1;
}

static void do_block(const Job *job, int64_t i)
{
    int64_t lo = i * job->grain;
    if (job->member) {
        own_rank = i;
        own_size = job->count;
        job->member(job->context, i, job->count);
    } else {
        job->block(job->context, lo, job->count - lo < job->grain ? job->count : lo + job->grain);
    }
}

static void do_part(Part *part, uint32_t number)
{
    unsigned done = 0;
    for (int64_t i = take_block(part, number); i >= 0; i = take_block(part, number), done++)
        do_block(&part->job, i);
    if (done)
        atomic_fetch_add_explicit(&part->done, done, memory_order_release);
}

/* Members of a team that meet wait for each other, so that a thread is one of them at most; other blocks are done by
 * whoever has time. */
static void do_parts(NndPool *pool, uint32_t number, int first)
{
    for (int i = 0; i < pool->threads; i++)
        do_part(&pool->parts[(first + i) % pool->threads], number);
}

static uint32_t wait_for_job(NndPool *pool, const Part *part, uint32_t seen)
{
    for (int i = 0; i < SPINS; i++) {
        uint32_t number = number_of(atomic_load_explicit(&part->left, memory_order_acquire));
        if (number != seen)
            return number;
        relax();
    }
    uint32_t number;
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add_explicit(&pool->sleepers, 1, memory_order_acq_rel);
    while ((number = number_of(atomic_load_explicit(&part->left, memory_order_acquire))) == seen)
        pthread_cond_wait(&pool->wake, &pool->mutex);
    atomic_fetch_sub_explicit(&pool->sleepers, 1, memory_order_relaxed);
    pthread_mutex_unlock(&pool->mutex);
    return number;
}

/* The system moves a thread at once if it may not be where it is. */
static void leave_core_of_caller(const NndPool *pool, const Part *part)
{
    cpu_set_t all, others;
    int core = sched_getcpu(), its = atomic_load_explicit(&part->core, memory_order_relaxed);
    if (core < 0 || core != its || pool->threads > pool->cores || sched_getaffinity(0, sizeof all, &all))
        return;
    others = all;
    CPU_CLR((size_t)core, &others);
    if (CPU_COUNT(&others) && !sched_setaffinity(0, sizeof others, &others))
        sched_setaffinity(0, sizeof all, &all);
}

static void *work(void *argument)
{
    const Worker *worker = argument;
    NndPool *pool = worker->pool;
    Part *part = &pool->parts[worker->number];
    inside_block = true;
    nnd_denormals_off();
    for (uint32_t seen = 0;;) {
        seen = wait_for_job(pool, part, seen);
        if (atomic_load_explicit(&pool->stop, memory_order_relaxed))
            return NULL;
        leave_core_of_caller(pool, part);
        do_parts(pool, seen, worker->number);
    }
}

/* A worker that is not seen here has not yet counted itself, and will see what was handed out before. */
static void wake_sleepers(NndPool *pool)
{
    if (!atomic_fetch_add_explicit(&pool->sleepers, 0, memory_order_acq_rel))
        return;
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
}

/* Ends what a worker waits for: it finds `blocks` blocks of a new job. */
static void hand_out(Part *part, uint32_t number, uint32_t blocks)
{
    atomic_store_explicit(&part->left, (unsigned long long)number << 32 | blocks, memory_order_release);
}

static int usable_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set))
        return 1;
    return CPU_COUNT(&set);
}

static NndStatus start_workers(NndPool *pool, NndError *error)
{
    int wanted = pool->threads;
    pool->threads = 1;
    pool->workers = calloc((size_t)wanted, sizeof *pool->workers);
    pool->parts = aligned_alloc(_Alignof(Part), (size_t)wanted * sizeof *pool->parts);
    pool->arrivals = aligned_alloc(_Alignof(Arrivals), (size_t)wanted * sizeof *pool->arrivals);
    if (!pool->workers || !pool->parts || !pool->arrivals)
        return nnd_fail(error, NND_ENOMEM, "out of memory for %d threads", wanted);
    memset(pool->parts, 0, (size_t)wanted * sizeof *pool->parts);
    for (int i = 1; i < wanted; i++) {
        pool->workers[i] = (Worker){.pool = pool, .number = i};
        int code = pthread_create(&pool->workers[i].thread, NULL, work, &pool->workers[i]);
        if (code)
            return nnd_fail(error, NND_EIO, "cannot start thread %d of %d: %s", i + 1, wanted, strerror(code));
        pool->threads++;
    }
    return NND_OK;
}

NndStatus nnd_pool_new(NndPool **out, int threads, NndError *error)
{
    *out = NULL;
    NndPool *pool = aligned_alloc(_Alignof(NndPool), sizeof *pool);
    if (pool)
        memset(pool, 0, sizeof *pool);
    if (!pool)
        return nnd_fail(error, NND_ENOMEM, "out of memory for the thread pool");
    pool->cores = usable_cores();
    pool->threads = threads > 0 ? threads : pool->cores;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_mutex_init(&pool->caller, NULL);
    pthread_cond_init(&pool->wake, NULL);
    NndStatus status = start_workers(pool, error);
    if (status) {
        nnd_pool_free(pool);
        return status;
    }
    *out = pool;
    return NND_OK;
}

void nnd_pool_free(NndPool *pool)
{
    if (!pool)
        return;
    atomic_store_explicit(&pool->stop, true, memory_order_relaxed);
    for (int i = 1; i < pool->threads; i++)
        hand_out(&pool->parts[i], pool->number + 1, 0);
    wake_sleepers(pool);
    for (int i = 1; i < pool->threads; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->caller);
    pthread_mutex_destroy(&pool->mutex);
    free(pool->workers);
    free(pool->parts);
    free(pool->arrivals);
    free(pool);
}

int nnd_pool_threads(const NndPool *pool)
{
    return pool ? pool->threads : 1;
}

static void run_alone(int64_t count, int64_t grain, NndBlock *block, void *context)
{
    uint64_t mode = nnd_denormals_off();
    for (int64_t lo = 0; lo < count; lo += grain)
        block(context, lo, count - lo < grain ? count : lo + grain);
    nnd_denormals_restore(mode);
}

static int64_t milliseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Under the caller's mutex. */
static void judge_meetings(NndPool *pool)
{
    bool slow = atomic_exchange_explicit(&pool->slow, 0, memory_order_relaxed) >= SLOW_MEETINGS;
    int twice = pool->pause < LONGEST_PAUSE ? 2 * pool->pause : LONGEST_PAUSE;
    pool->pause = !slow ? 0 : twice ? twice : FIRST_PAUSE;
    pool->pause_end = slow ? milliseconds_now() + pool->pause : 0;
}

static void wait_a_little(int spins)
{
    if (spins < SPINS)
        relax();
    else
        sched_yield();
}

/* Returns the number of threads that have a part. */
static int hand_out_parts(NndPool *pool, const Job *job)
{
    uint32_t blocks = (uint32_t)((job->count - 1) / job->grain + 1), end = 0;
    int threads = blocks < (uint32_t)pool->threads ? (int)blocks : pool->threads, core = sched_getcpu();
    pool->number++;
    for (int i = 0; i < threads; i++) {
        Part *part = &pool->parts[i];
        uint32_t size = blocks / (uint32_t)threads + ((uint32_t)i < blocks % (uint32_t)threads);
        end += size;
        part->end = end;
        part->job = *job;
        atomic_store_explicit(&part->done, 0, memory_order_relaxed);
        atomic_store_explicit(&part->core, core, memory_order_relaxed);
        hand_out(part, pool->number, size);
    }
    wake_sleepers(pool);
    return threads;
}

static void wait_for_part(const Part *part, uint32_t begin)
{
    for (int spins = 0; atomic_load_explicit(&part->done, memory_order_acquire) != part->end - begin; spins++)
        wait_a_little(spins);
}

/* Under the caller's mutex. */
static void run_together(NndPool *pool, const Job *job)
{
    int parts = hand_out_parts(pool, job);
    inside_block = true;
    uint64_t mode = nnd_denormals_off();
    do_parts(pool, pool->number, 0);
    nnd_denormals_restore(mode);
    inside_block = false;
    uint32_t begin = 0;
    for (int i = 0; i < parts; i++) {
        wait_for_part(&pool->parts[i], begin);
        begin = pool->parts[i].end;
    }
}

void nnd_pool_run(NndPool *pool, int64_t count, int64_t grain, NndBlock *block, void *context)
{
    if (count <= 0)
        return;
    if (grain < 1)
        grain = 1;
    if (!pool || pool->threads == 1 || inside_block || count <= grain) {
        run_alone(count, grain, block, context);
        return;
    }
    while ((count - 1) / grain >= UINT32_MAX)
        grain *= 2;
    Job job = {.block = block, .context = context, .count = count, .grain = grain};
    pthread_mutex_lock(&pool->caller);
    run_together(pool, &job);
    pthread_mutex_unlock(&pool->caller);
}

static int64_t team_size(NndPool *pool, int64_t most, int64_t independent)
{
    if (!pool || inside_block)
        return 1;
    int64_t size = most < pool->threads ? most : pool->threads;
    if (size <= independent)
        return size;
    pthread_mutex_lock(&pool->caller);
    bool avoid = pool->pause_end && milliseconds_now() < pool->pause_end;
    pthread_mutex_unlock(&pool->caller);
    return avoid ? independent : size;
}

void nnd_pool_team(NndPool *pool, int64_t most, int64_t independent, NndMember *member, void *context)
{
    int64_t size = team_size(pool, most, independent);
    if (size <= 1) {
        uint64_t mode = nnd_denormals_off();
        member(context, 0, 1);
        nnd_denormals_restore(mode);
        return;
    }
    Job job = {.member = member, .context = context, .count = size, .grain = 1};
    pthread_mutex_lock(&pool->caller);
    for (int64_t i = 0; i < size; i++)
        atomic_store_explicit(&pool->arrivals[i].count, 0, memory_order_relaxed);
    run_together(pool, &job);
    if (size > independent)
        judge_meetings(pool);
    pthread_mutex_unlock(&pool->caller);
}

/* ---- several tasks ---- */

static void run_task(NndPool *pool, const NndTask *task)
{
    if (task->member)
        nnd_pool_team(pool, task->most, task->independent, task->member, task->context);
    else
        nnd_pool_run(pool, task->count, task->grain, task->block, task->context);
}

static bool is_single(const NndTask *task)
{
    return task->member ? task->most <= 1 : task->count <= task->grain;
}

static void run_singles(void *context, int64_t lo, int64_t hi)
{
    const NndTask *tasks = context;
    for (int64_t i = lo; i < hi; i++)
        if (is_single(&tasks[i]))
            run_task(NULL, &tasks[i]);
}

/* What the other threads take over, at best. */
static int64_t shared_cost(const NndTask *tasks, int64_t count)
{
    int64_t all = 0, largest = 0;
    for (int64_t i = 0; i < count; i++) {
        int64_t cost = is_single(&tasks[i]) ? tasks[i].cost : 0;
        all += cost;
        largest = cost > largest ? cost : largest;
    }
    return all - largest;
}

void nnd_pool_run_all(NndPool *pool, const NndTask *tasks, int64_t count)
{
    enum { WORTH_A_JOB = 3000 };
    bool share = pool && shared_cost(tasks, count) >= WORTH_A_JOB;
    for (int64_t i = 0; i < count; i++)
        if (!share || !is_single(&tasks[i]))
            run_task(pool, &tasks[i]);
    if (share)
        nnd_pool_run(pool, count, 1, run_singles, (void *)(uintptr_t)tasks);
}

/* ---- meetings ---- */

static void wait_for_member(NndPool *pool, int64_t rank, long long count)
{
    for (int spins = 0; atomic_load_explicit(&pool->arrivals[rank].count, memory_order_acquire) < count; spins++) {
        if (spins == SPINS)
            atomic_fetch_add_explicit(&pool->slow, 1, memory_order_relaxed);
        wait_a_little(spins);
    }
}

void nnd_pool_meet(NndPool *pool)
{
    atomic_llong *own = &pool->arrivals[own_rank].count;
    long long count = atomic_load_explicit(own, memory_order_relaxed) + 1;
    atomic_store_explicit(own, count, memory_order_release);
    for (int64_t rank = 0; rank < own_size; rank++)
        if (rank != own_rank)
            wait_for_member(pool, rank, count);
}
