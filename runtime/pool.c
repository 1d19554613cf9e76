/* SPDX-License-Identifier: Apache-2.0
 *
 * Workers wait for the number of the current job to change: first spinning,
 * because the next job usually follows within microseconds, then asleep. A job
 * is over when all of it is done and closed, and every worker that is inside has
 * left it, so its description may live on the caller's stack. A worker that comes
 * late (its core may have other work) finds the job closed: nobody waits for it.
 *
 * A job is cut into as many parts as there are threads, each of blocks that follow each other. A thread does its own part
 * first and then what is left of others', so that from job to job it finds in its core's cache what it wrote there.
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

enum { CLOSED = 1 << 30 }; /* in a pool's gate, beside the number of workers inside */

/* So many meetings of a team that took longer show that its threads have no core each; then no team is made for so many
 * milliseconds, twice as many each time, until one meets in time again. */
enum { SLOW_MEETINGS = 3, FIRST_PAUSE = 16, LONGEST_PAUSE = 512 };

typedef struct Job {
    NndBlock *block;
    NndMember *member; /* of a team of `count`; then there is no block */
    bool meets;
    void *context;
    int64_t count, grain;
} Job;

/* Items of the job up to `end`, of which those from `next` on are to be begun. */
typedef struct Part {
    _Alignas(64) atomic_llong next;
    int64_t end;
} Part;

/* Where the members of a team meet: the last one to come lets the others go on. On a cache line of
 * its own, as they look at it all the time. */
typedef struct Meeting {
    _Alignas(64) atomic_int arrived;
    atomic_uint number; /* of meetings that were held */
    atomic_int slow;    /* of this team */
} Meeting;

typedef struct Worker {
    NndPool *pool;
    int number;
    pthread_t thread;
} Worker;

struct NndPool {
    int threads; /* the caller included */
    Worker *workers; /* by number; 0 is not used, the caller is it */
    Part *parts;     /* of the job, one for each thread */
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    _Atomic(Job *) job;
    atomic_uint number; /* of the job; changes when there is a new one */
    atomic_int gate;    /* of the job: CLOSED or not, and the workers inside */
    atomic_bool stop;
    int cores;          /* that the process may use */
    atomic_int core;    /* the caller's, at the beginning of the job */
    int sleepers;       /* under mutex */
    pthread_mutex_t caller; /* one job at a time */
    int members;            /* of the team that is at work */
    int pause;              /* see SLOW_MEETINGS */
    int64_t pause_end;      /* milliseconds */
    Meeting meeting;
};

static _Thread_local bool inside_block;

static void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void do_block(const Job *job, int64_t lo)
{
    if (job->member)
        job->member(job->context, lo, job->count);
    else
        job->block(job->context, lo, job->count - lo < job->grain ? job->count : lo + job->grain);
}

/* Blocks of items, or members of a team. Members that meet wait for each other, so that a thread is one of them at most;
 * others may be done by whoever has time. */
static void take_blocks(NndPool *pool, const Job *job, int number)
{
    for (int i = 0; i < pool->threads; i++) {
        Part *part = &pool->parts[(number + i) % pool->threads];
        for (;;) {
            int64_t lo = atomic_fetch_add_explicit(&part->next, job->grain, memory_order_relaxed);
            if (lo >= part->end)
                break;
            do_block(job, lo);
        }
    }
}

static void set_parts(NndPool *pool, const Job *job)
{
    int64_t blocks = (job->count - 1) / job->grain + 1, lo = 0;
    for (int i = 0; i < pool->threads; i++) {
        int64_t size = blocks / pool->threads + (i < blocks % pool->threads);
        int64_t hi = i + 1 < pool->threads ? lo + size * job->grain : job->count;
        atomic_store_explicit(&pool->parts[i].next, lo, memory_order_relaxed);
        pool->parts[i].end = hi;
        lo = hi;
    }
}

static bool enter(NndPool *pool)
{
    int gate = atomic_load_explicit(&pool->gate, memory_order_relaxed);
    while (!(gate & CLOSED))
        if (atomic_compare_exchange_weak_explicit(&pool->gate, &gate, gate + 1, memory_order_acq_rel, memory_order_relaxed))
            return true;
    return false;
}

static unsigned wait_for_job(NndPool *pool, unsigned seen)
{
    for (int i = 0; i < SPINS; i++) {
        unsigned number = atomic_load_explicit(&pool->number, memory_order_acquire);
        if (number != seen)
            return number;
        relax();
    }
    pthread_mutex_lock(&pool->mutex);
    pool->sleepers++;
    while (atomic_load_explicit(&pool->number, memory_order_acquire) == seen)
        pthread_cond_wait(&pool->wake, &pool->mutex);
    pool->sleepers--;
    pthread_mutex_unlock(&pool->mutex);
    return atomic_load_explicit(&pool->number, memory_order_acquire);
}

/* The system moves a thread at once if it may not be where it is. */
static void leave_core_of_caller(const NndPool *pool)
{
    cpu_set_t all, others;
    int core = sched_getcpu(), its = atomic_load_explicit(&pool->core, memory_order_relaxed);
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
    unsigned seen = 0;
    inside_block = true;
    nnd_denormals_off();
    for (;;) {
        seen = wait_for_job(pool, seen);
        if (atomic_load_explicit(&pool->stop, memory_order_acquire))
            return NULL;
        leave_core_of_caller(pool);
        if (!enter(pool))
            continue;
        take_blocks(pool, atomic_load_explicit(&pool->job, memory_order_acquire), worker->number);
        atomic_fetch_sub_explicit(&pool->gate, 1, memory_order_release);
    }
}

static void announce(NndPool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add_explicit(&pool->number, 1, memory_order_release);
    if (pool->sleepers)
        pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
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
    if (!pool->workers || !pool->parts)
        return nnd_fail(error, NND_ENOMEM, "out of memory for %d threads", wanted);
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
    atomic_store_explicit(&pool->gate, CLOSED, memory_order_relaxed);
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
    atomic_store_explicit(&pool->stop, true, memory_order_release);
    announce(pool);
    for (int i = 1; i < pool->threads; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->caller);
    pthread_mutex_destroy(&pool->mutex);
    free(pool->workers);
    free(pool->parts);
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
    bool slow = atomic_exchange_explicit(&pool->meeting.slow, 0, memory_order_relaxed) >= SLOW_MEETINGS;
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

/* The caller has found nothing more to begin. */
static void close_job(NndPool *pool)
{
    atomic_fetch_or_explicit(&pool->gate, CLOSED, memory_order_acq_rel);
    for (int spins = 0; atomic_load_explicit(&pool->gate, memory_order_acquire) != CLOSED; spins++)
        wait_a_little(spins);
}

static void run_together(NndPool *pool, Job *job)
{
    pthread_mutex_lock(&pool->caller);
    pool->members = (int)job->count;
    atomic_store_explicit(&pool->core, sched_getcpu(), memory_order_relaxed);
    set_parts(pool, job);
    atomic_store_explicit(&pool->job, job, memory_order_release);
    atomic_store_explicit(&pool->gate, 0, memory_order_release);
    announce(pool);
    inside_block = true;
    uint64_t mode = nnd_denormals_off();
    take_blocks(pool, job, 0);
    nnd_denormals_restore(mode);
    inside_block = false;
    close_job(pool);
    if (job->meets)
        judge_meetings(pool);
    pthread_mutex_unlock(&pool->caller);
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
    Job job = {.block = block, .context = context, .count = count, .grain = grain};
    run_together(pool, &job);
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
    Job job = {.member = member, .context = context, .count = size, .grain = 1, .meets = size > independent};
    run_together(pool, &job);
}

void nnd_pool_meet(NndPool *pool)
{
    Meeting *m = &pool->meeting;
    unsigned number = atomic_load_explicit(&m->number, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&m->arrived, 1, memory_order_acq_rel) == pool->members - 1) {
        atomic_store_explicit(&m->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&m->number, number + 1, memory_order_release);
        return;
    }
    for (int spins = 0; atomic_load_explicit(&m->number, memory_order_acquire) == number; spins++) {
        if (spins == SPINS)
            atomic_fetch_add_explicit(&m->slow, 1, memory_order_relaxed);
        wait_a_little(spins);
    }
}
