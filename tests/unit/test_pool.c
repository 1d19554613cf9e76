/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/pool.h"
#include "tests/check.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { MAX_COUNT = 5000 };

static NndError error;

static NndPool *pool_of(int threads)
{
    NndPool *pool = NULL;
    CHECK_EQ_INT(nnd_pool_new(&pool, threads, &error), NND_OK);
    CHECK_EQ_INT(nnd_pool_threads(pool), threads);
    return pool;
}

/* ---- what is run ---- */

typedef struct Tally {
    int64_t count, grain;
    atomic_int wrong_blocks;
    atomic_int times[MAX_COUNT];
} Tally;

static void tally(void *context, int64_t lo, int64_t hi)
{
    Tally *t = context;
    int64_t end = t->count - lo < t->grain ? t->count : lo + t->grain;
    if (lo % t->grain || lo >= t->count || hi != end)
        t->wrong_blocks++;
    for (int64_t i = lo; i < hi && i < MAX_COUNT; i++)
        t->times[i]++;
}

static void check_run(NndPool *pool, int64_t count, int64_t grain)
{
    static Tally t;
    memset(&t, 0, sizeof t);
    t.count = count;
    t.grain = grain;
    nnd_pool_run(pool, count, grain, tally, &t);
    int wrong = t.wrong_blocks;
    for (int64_t i = 0; i < MAX_COUNT; i++)
        wrong += t.times[i] != (i < count);
    if (wrong)
        printf("%d threads, %lld items, grain %lld:\n", nnd_pool_threads(pool), (long long)count, (long long)grain);
    CHECK_EQ_INT(wrong, 0);
}

static void every_item_is_run_once_in_blocks_of_the_grain(void)
{
    static const int64_t counts[] = {0, 1, 2, 3, 7, 64, 100, 1023, 4999}, grains[] = {1, 2, 3, 7, 64, 5000, INT64_MAX / 2};
    static const int threads[] = {0, 1, 2, 3, 8};
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        NndPool *pool = threads[t] ? pool_of(threads[t]) : NULL;
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
            for (size_t g = 0; g < sizeof grains / sizeof *grains; g++)
                check_run(pool, counts[c], grains[g]);
        nnd_pool_free(pool);
    }
}

static void nothing_is_run_for_no_items(void)
{
    NndPool *pool = pool_of(2);
    check_run(pool, 0, 1);
    check_run(pool, -5, 1);
    nnd_pool_free(pool);
}

/* ---- who runs it ---- */

typedef struct Trace {
    pthread_t caller;
    int64_t next;
    bool ordered, by_caller;
} Trace;

static void trace(void *context, int64_t lo, int64_t hi)
{
    Trace *t = context;
    t->ordered = t->ordered && lo == t->next;
    t->by_caller = t->by_caller && pthread_equal(pthread_self(), t->caller);
    t->next = hi;
}

static Trace traced(NndPool *pool, int64_t count, int64_t grain)
{
    Trace t = {.caller = pthread_self(), .ordered = true, .by_caller = true};
    nnd_pool_run(pool, count, grain, trace, &t);
    return t;
}

static bool alone_in_order(NndPool *pool, int64_t count, int64_t grain)
{
    Trace t = traced(pool, count, grain);
    return t.ordered && t.by_caller && t.next == count;
}

static void one_thread_or_no_pool_runs_blocks_in_order_on_the_caller(void)
{
    NndPool *pool = pool_of(1);
    CHECK(alone_in_order(pool, 1000, 7));
    CHECK(alone_in_order(NULL, 1000, 7));
    CHECK_EQ_INT(nnd_pool_threads(NULL), 1);
    nnd_pool_free(pool);
}

enum { NESTED = 40 };

typedef struct Nest {
    NndPool *pool;
    bool alone[NESTED];
} Nest;

static void nest(void *context, int64_t lo, int64_t hi)
{
    Nest *n = context;
    for (int64_t i = lo; i < hi; i++)
        n->alone[i] = alone_in_order(n->pool, 100 + i, 3) && alone_in_order(n->pool, 5, 1);
}

static void a_run_inside_a_block_is_done_in_order_by_its_own_thread(void)
{
    Nest n = {.pool = pool_of(3)};
    for (int repeat = 0; repeat < 20; repeat++) {
        memset(n.alone, 0, sizeof n.alone);
        nnd_pool_run(n.pool, NESTED, 1, nest, &n);
        int alone = 0;
        for (int i = 0; i < NESTED; i++)
            alone += n.alone[i];
        CHECK_EQ_INT(alone, NESTED);
    }
    nnd_pool_free(n.pool);
}

enum { MEETING = 4, PATIENCE = 30 }; /* seconds */

static void meet(void *context, int64_t lo, int64_t hi)
{
    (void)lo, (void)hi;
    atomic_int *present = context;
    time_t limit = time(NULL) + PATIENCE;
    ++*present;
    while (*present < MEETING && time(NULL) < limit)
        sched_yield();
}

/* Blocks that wait for each other end only if each has a thread of its own. */
static void all_threads_work_on_a_run(void)
{
    NndPool *pool = pool_of(MEETING);
    for (int repeat = 0; repeat < 5; repeat++) {
        atomic_int present = 0;
        time_t start = time(NULL);
        nnd_pool_run(pool, MEETING, 1, meet, &present);
        CHECK(time(NULL) - start < PATIENCE);
        usleep(3000); /* threads that have gone to sleep wake up too */
    }
    nnd_pool_free(pool);
}

enum { STEPS = 40, MOST_MEMBERS = 3 }; /* where cores have other work, each step may take milliseconds */

/* Each step, every member adds up what all have written in the step before. */
typedef struct Team {
    NndPool *pool;
    int64_t size;
    long written[2][MOST_MEMBERS]; /* not atomic: meeting orders the accesses */
    atomic_int wrong;
} Team;

static void step_together(void *context, int64_t rank, int64_t size)
{
    Team *t = context;
    if (rank < 0 || rank >= size || size != t->size) {
        t->wrong++;
        return;
    }
    for (int step = 0; step < STEPS; step++) {
        long sum = 0;
        for (int64_t i = 0; i < size && step > 0; i++)
            sum += t->written[step % 2 ^ 1][i];
        t->wrong += step > 0 && sum != size * (step - 1) + size * (size - 1) / 2;
        t->written[step % 2][rank] = step + rank;
        if (size > 1)
            nnd_pool_meet(t->pool);
    }
}

static void members_of_a_team_see_what_the_others_did_before_they_met(void)
{
    for (int threads = 1; threads <= MOST_MEMBERS; threads++) {
        Team t = {.pool = pool_of(threads)};
        for (int64_t most = 0; most <= MOST_MEMBERS + 1; most++) {
            t.size = most < 1 ? 1 : most < threads ? most : threads;
            nnd_pool_team(t.pool, most, most, step_together, &t); /* however crowded the machine is */
        }
        CHECK_EQ_INT(t.wrong, 0);
        nnd_pool_free(t.pool);
    }
}

/* ---- cores ---- */

/* Members meet, so each is on a thread of its own; the worker may move to the caller's core and stays there. */
typedef struct Cores {
    NndPool *pool;
    pthread_t caller;
    bool crowd;
    int core[2];  /* by rank */
    bool worker[2];
} Cores;

static void move_to(int core)
{
    cpu_set_t all, one;
    sched_getaffinity(0, sizeof all, &all);
    CPU_ZERO(&one);
    CPU_SET((size_t)core, &one);
    sched_setaffinity(0, sizeof one, &one);
    sched_setaffinity(0, sizeof all, &all);
}

static void note_core(void *context, int64_t rank, int64_t size)
{
    Cores *c = context;
    c->core[rank] = sched_getcpu();
    c->worker[rank] = !pthread_equal(pthread_self(), c->caller);
    if (size > 1)
        nnd_pool_meet(c->pool);
    if (c->crowd && size > 1 && c->worker[rank])
        move_to(c->core[1 - rank]);
}

/* Systems move threads on their own account, too: most of the time is enough. */
static void a_worker_leaves_the_core_of_the_caller(void)
{
    enum { TRIES = 40 };
    cpu_set_t all;
    if (sched_getaffinity(0, sizeof all, &all) || CPU_COUNT(&all) < 2)
        return;
    Cores c = {.pool = pool_of(2), .caller = pthread_self()};
    int apart = 0;
    for (int i = 0; i < TRIES; i++) {
        c.crowd = true;
        nnd_pool_team(c.pool, 2, 2, note_core, &c);
        c.crowd = false;
        nnd_pool_team(c.pool, 2, 2, note_core, &c);
        apart += c.core[0] != c.core[1];
    }
    CHECK(apart > TRIES / 2);
    nnd_pool_free(c.pool);
}

static void team_inside(void *context, int64_t lo, int64_t hi)
{
    (void)lo, (void)hi;
    Team *outer = context, own = {.pool = outer->pool, .size = 1};
    nnd_pool_team(own.pool, MOST_MEMBERS, 0, step_together, &own);
    outer->wrong += own.wrong;
}

static void a_team_without_threads_of_its_own_has_one_member(void)
{
    Team t = {.pool = pool_of(3), .size = 1};
    nnd_pool_team(NULL, MOST_MEMBERS, 0, step_together, &t);
    nnd_pool_run(t.pool, 8, 1, team_inside, &t);
    CHECK_EQ_INT(t.wrong, 0);
    nnd_pool_free(t.pool);
}

static void zero_threads_mean_one_for_each_usable_core(void)
{
    NndPool *pool = NULL;
    cpu_set_t set;
    CHECK_EQ_INT(sched_getaffinity(0, sizeof set, &set), 0);
    CHECK_EQ_INT(nnd_pool_new(&pool, 0, &error), NND_OK);
    CHECK_EQ_INT(nnd_pool_threads(pool), CPU_COUNT(&set));
    nnd_pool_free(pool);
}

/* ---- several tasks ---- */

enum { TASKS = 5, ITEMS = 12, DEAR = 1000000 }; /* nanoseconds */

/* Task i is `most` members of a team, or ITEMS items in blocks of `grain`. */
typedef struct Tasks {
    NndTask tasks[TASKS];
    atomic_int times[TASKS][ITEMS], members[TASKS];
    struct Own {
        struct Tasks *all;
        int number;
    } own[TASKS];
} Tasks;

static void count_items(void *context, int64_t lo, int64_t hi)
{
    const struct Own *own = context;
    for (int64_t i = lo; i < hi; i++)
        own->all->times[own->number][i]++;
}

static void count_member(void *context, int64_t rank, int64_t size)
{
    (void)size;
    const struct Own *own = context;
    own->all->members[own->number] += rank >= 0;
}

static void add_task(Tasks *t, int i, int64_t grain, int64_t most, int64_t cost)
{
    t->own[i] = (struct Own){t, i};
    t->tasks[i] = (NndTask){.context = &t->own[i], .cost = cost};
    if (most) {
        t->tasks[i].member = count_member;
        t->tasks[i].most = t->tasks[i].independent = most;
    } else {
        t->tasks[i].block = count_items;
        t->tasks[i].count = ITEMS;
        t->tasks[i].grain = grain;
    }
}

static void every_task_is_done_once_whether_threads_share_it_or_not(void)
{
    for (int threads = 1; threads <= 4; threads++)
        for (int dear = 0; dear < 2; dear++) {
            NndPool *pool = pool_of(threads);
            static Tasks t;
            memset(&t, 0, sizeof t);
            int64_t cost = dear ? DEAR : 1, most = threads < 2 ? threads : 2;
            add_task(&t, 0, ITEMS, 0, cost);
            add_task(&t, 1, 5, 0, cost);
            add_task(&t, 2, 0, 1, cost);
            add_task(&t, 3, 0, 2, cost);
            add_task(&t, 4, 2 * ITEMS, 0, cost);
            nnd_pool_run_all(pool, t.tasks, TASKS);
            for (int i = 0; i < TASKS; i++) {
                int wrong = 0;
                for (int k = 0; k < ITEMS; k++)
                    wrong += t.times[i][k] != (i != 2 && i != 3);
                CHECK_EQ_INT(wrong, 0);
                CHECK_EQ_INT(t.members[i], i == 2 ? 1 : i == 3 ? (int)most : 0);
            }
            nnd_pool_free(pool);
        }
}

/* Tasks that wait for each other end only if each has a thread of its own. */
static void tasks_that_no_thread_can_share_are_done_at_the_same_time(void)
{
    NndPool *pool = pool_of(MEETING);
    atomic_int present = 0;
    NndTask tasks[MEETING];
    for (int i = 0; i < MEETING; i++)
        tasks[i] = (NndTask){.block = meet, .context = &present, .count = 7, .grain = 7, .cost = DEAR};
    time_t start = time(NULL);
    nnd_pool_run_all(pool, tasks, MEETING);
    CHECK(time(NULL) - start < PATIENCE);
    nnd_pool_free(pool);
}

static void tasks_too_small_for_a_job_are_done_by_the_caller_in_order(void)
{
    NndPool *pool = pool_of(3);
    Trace traces[2];
    NndTask tasks[2];
    for (int i = 0; i < 2; i++) {
        traces[i] = (Trace){.caller = pthread_self(), .ordered = true, .by_caller = true};
        tasks[i] = (NndTask){.block = trace, .context = &traces[i], .count = 9, .grain = 9, .cost = 10};
    }
    nnd_pool_run_all(pool, tasks, 2);
    for (int i = 0; i < 2; i++)
        CHECK(traces[i].by_caller && traces[i].next == 9);
    nnd_pool_free(pool);
}

/* ---- run after run ---- */

static void many_runs_follow_each_other(void)
{
    NndPool *pool = pool_of(3);
    for (int i = 0; i < 3000; i++) {
        check_run(pool, 1 + i % 37, 1 + i % 5);
        if (i % 300 == 0)
            usleep(2000);
    }
    nnd_pool_free(pool);
}

static void pools_come_and_go(void)
{
    nnd_pool_free(NULL);
    for (int i = 0; i < 100; i++) {
        NndPool *pool = pool_of(1 + i % 5);
        if (i % 3)
            check_run(pool, 50, 1);
        nnd_pool_free(pool);
    }
}

enum { CALLERS = 3, SUMS = 300 };

typedef struct Caller {
    NndPool *pool;
    atomic_llong sum;
    bool right;
} Caller;

static void add(void *context, int64_t lo, int64_t hi)
{
    Caller *c = context;
    for (int64_t i = lo; i < hi; i++)
        c->sum += i;
}

static void *call_often(void *argument)
{
    Caller *c = argument;
    c->right = true;
    for (int i = 0; i < SUMS; i++) {
        int64_t count = 10 + i % 90;
        c->sum = 0;
        nnd_pool_run(c->pool, count, 3, add, c);
        c->right = c->right && c->sum == count * (count - 1) / 2;
    }
    return NULL;
}

static void callers_that_share_a_pool_take_turns(void)
{
    static Caller callers[CALLERS];
    pthread_t threads[CALLERS];
    NndPool *pool = pool_of(2);
    for (int i = 0; i < CALLERS; i++) {
        callers[i].pool = pool;
        CHECK_EQ_INT(pthread_create(&threads[i], NULL, call_often, &callers[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(threads[i], NULL);
        CHECK(callers[i].right);
    }
    nnd_pool_free(pool);
}

/* ---- what comes out ---- */

enum { NUMBERS = 4321, GRAIN = 100, PARTS = (NUMBERS + GRAIN - 1) / GRAIN };

typedef struct Sum {
    float numbers[NUMBERS], parts[PARTS];
} Sum;

/* Rounds differently in every other order or division. */
static void sum_block(void *context, int64_t lo, int64_t hi)
{
    Sum *s = context;
    float sum = 0;
    for (int64_t i = lo; i < hi; i++)
        sum += s->numbers[i];
    s->parts[lo / GRAIN] = sum;
}

static float sum_with(NndPool *pool, Sum *s)
{
    memset(s->parts, 0, sizeof s->parts);
    nnd_pool_run(pool, NUMBERS, GRAIN, sum_block, s);
    float sum = 0;
    for (int i = 0; i < PARTS; i++)
        sum += s->parts[i];
    return sum;
}

static void results_do_not_depend_on_the_number_of_threads(void)
{
    static Sum s;
    for (int i = 0; i < NUMBERS; i++)
        s.numbers[i] = 1 / (float)(i % 91 + 1) - 0.03f * (float)(i % 7);
    float alone = sum_with(NULL, &s);
    for (int threads = 1; threads <= 6; threads++) {
        NndPool *pool = pool_of(threads);
        for (int repeat = 0; repeat < 10; repeat++)
            CHECK_NEAR(sum_with(pool, &s), alone, 0);
        nnd_pool_free(pool);
    }
}

#if defined(__x86_64__) || defined(__aarch64__)
static volatile float denormal = 1e-40f, half = 0.5f;

static bool flushes(void)
{
    return denormal * half == 0;
}

static void count_flushing(void *context, int64_t lo, int64_t hi)
{
    (void)lo, (void)hi;
    atomic_int *count = context;
    if (flushes())
        ++*count;
}

static void count_flushing_after_a_run(void *context, int64_t lo, int64_t hi)
{
    atomic_int before = 0;
    nnd_pool_run(NULL, 2, 1, count_flushing, &before);
    count_flushing(context, lo, hi);
}

static void denormals_are_zero_in_blocks_and_only_there(void)
{
    NndPool *pool = pool_of(3), *pools[] = {NULL, pool};
    CHECK(!flushes());
    for (int i = 0; i < 2; i++) {
        atomic_int count = 0;
        nnd_pool_run(pools[i], 50, 1, count_flushing, &count);
        CHECK_EQ_INT(count, 50);
        nnd_pool_run(pools[i], 50, 1, count_flushing_after_a_run, &count);
        CHECK_EQ_INT(count, 100);
        CHECK(!flushes());
    }
    nnd_pool_free(pool);
}
#else
static void denormals_are_zero_in_blocks_and_only_there(void) {}
#endif

int main(void)
{
    every_item_is_run_once_in_blocks_of_the_grain();
    nothing_is_run_for_no_items();
    one_thread_or_no_pool_runs_blocks_in_order_on_the_caller();
    a_run_inside_a_block_is_done_in_order_by_its_own_thread();
    all_threads_work_on_a_run();
    members_of_a_team_see_what_the_others_did_before_they_met();
    a_team_without_threads_of_its_own_has_one_member();
    a_worker_leaves_the_core_of_the_caller();
    zero_threads_mean_one_for_each_usable_core();
    every_task_is_done_once_whether_threads_share_it_or_not();
    tasks_that_no_thread_can_share_are_done_at_the_same_time();
    tasks_too_small_for_a_job_are_done_by_the_caller_in_order();
    many_runs_follow_each_other();
    pools_come_and_go();
    callers_that_share_a_pool_take_turns();
    results_do_not_depend_on_the_number_of_threads();
    denormals_are_zero_in_blocks_and_only_there();
    return test_report();
}
