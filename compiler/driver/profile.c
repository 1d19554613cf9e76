/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/profile.h"

#include <stdio.h>
#include <stdlib.h>

#include "compiler/codegen/jit.h"
#include "compiler/driver/peak.h"
#include "compiler/driver/progress.h"
#include "compiler/driver/unit.h"
#include "compiler/passes/kernel_cost.h"
#include "runtime/bench.h"

enum { TABLES = 2, LEAST_CALLS = 3 };

typedef struct Profile {
    Arena *arena;
    const Options *options;
    Unit unit;
    NndModel model;
    NndSession *session;
    NndDataset data;
    Machine machine;
} Profile;

static bool open(Profile *p, const ProfileOptions *o)
{
    static const char *const functions[] = {"predict", NULL};
    Options own = *p->options;
    own.engine = ENGINE_JIT;
    own.profile = true;
    if (!unit_open_model(&p->unit, p->arena, o->model_path, &own, &p->model))
        return false;
    unit_keep_functions(&p->unit, functions);
    if (!unit_compile(&p->unit, &own))
        return false;
    NndError error;
    NndDataWish wish = {.columns = own.columns};
    NndStatus status = nnd_session_new(&p->session, p->unit.desc, "predict", &error);
    if (!status)
        status = nnd_model_bind(&p->model, p->unit.desc, p->session, &error);
    if (!status)
        status = nnd_dataset_load(&p->data, o->data_path, &p->model.fields, wish, &error);
    if (!status)
        status = encode_data(&p->data, p->model.vocab, p->session, o->data_path, &error);
    if (!status && !p->data.count)
        status = nnd_fail(&error, NND_EINVAL, "%s: there are no items to measure with", o->data_path);
    if (status)
        command_fail("%s", error.text);
    return !status;
}

/* ---- measuring ---- */

static NndStatus call(Profile *p, const int64_t *items, int64_t count, NndError *error)
{
    NndStatus status = nnd_session_batch(p->session, &p->data, items, count, error);
    return status ? status : nnd_session_run(p->session, engine_call, p->unit.engine, p->unit.pool, 0, 0, error);
}

/* Arithmetic and traffic of what a launch computes, of one kernel of the IR or a few. */
static void add_cost(const Profile *p, const KernelList *kernels, const JitKernel *kernel, KernelTime *out)
{
    IrFunc *predict = ir_module_func(p->unit.module, "predict");
    for (int g = 0; g < kernel->group_count; g++)
        for (int i = 0; i < kernels->items.count; i++) {
            if (kernels->items.data[i]->group != kernel->groups[g])
                continue;
            KernelCost cost = kernel_cost(p->arena, predict, kernels->items.data[i], nnd_session_axes(p->session));
            out->flops += cost.flops;
            out->bytes += cost.bytes;
        }
}

static int by_time(const void *a, const void *b)
{
    double x = ((const KernelTime *)a)->seconds, y = ((const KernelTime *)b)->seconds;
    return (x < y) - (x > y);
}

/* A kernel may be launched several times in a call: for parts of a sequence, for portions of a batch. */
static ProfileTable make_table(const Profile *p, int64_t items, int calls)
{
    const JitProfile *profile = jit_profile(p->unit.engine);
    IrFunc *func = ir_module_func(p->unit.module, "predict");
    ir_func_number(func);
    KernelList kernels = fuse_kernels(p->arena, func->body);
    KernelTime *times = ARENA_ARRAY(p->arena, KernelTime, profile->count + 1);
    ProfileTable table = {.items = items, .kernels = times, .count = profile->count};
    for (int i = 0; i < profile->count; i++) {
        const JitKernel *kernel = &profile->kernels[i];
        times[i] = (KernelTime){.name = kernel->name, .line = kernel->line, .calls = kernel->calls};
        times[i].seconds = kernel->seconds / calls;
        add_cost(p, &kernels, kernel, &times[i]);
        table.seconds += times[i].seconds;
    }
    qsort(times, (size_t)profile->count, sizeof *times, by_time);
    return table;
}

/* The same items all the time: arithmetic and traffic are those of the call. */
static NndStatus measure(Profile *p, int64_t count, double seconds, ProfileTable *out, NndError *error)
{
    int64_t *items = ARENA_ARRAY(p->arena, int64_t, count);
    for (int64_t i = 0; i < count; i++)
        items[i] = i;
    NndStatus status = call(p, items, count, error); /* warms up */
    jit_profile_reset(p->unit.engine);
    double end = seconds_now() + seconds;
    int calls = 0;
    for (; !status && (calls < LEAST_CALLS || seconds_now() < end); calls++)
        status = call(p, items, count, error);
    if (!status)
        *out = make_table(p, count, calls);
    return status;
}

/* ---- printing ---- */

static void print_table(const Profile *p, const ProfileTable *table)
{
    printf("%lld item%s: %.1f us in %d kernels\n", (long long)table->items, table->items == 1 ? "" : "s", table->seconds * 1e6,
           table->count);
    printf("%7s  %-24s %6s %8s %11s %9s %8s %8s %12s\n", "share", "kernel", "line", "calls", "us", "GFLOP/s", "of peak", "GB/s",
           "of bandwidth");
    for (int i = 0; i < table->count; i++) {
        const KernelTime *k = &table->kernels[i];
        double rate = k->seconds > 0 ? k->flops / k->seconds * 1e-9 : 0, flow = k->seconds > 0 ? k->bytes / k->seconds * 1e-9 : 0;
        printf("%5.1f %%  %-24s %6d %8lld %11.2f %9.2f %6.1f %% %8.2f %10.1f %%\n", k->seconds / table->seconds * 100, k->name,
               k->line, (long long)k->calls, k->seconds * 1e6, rate, rate / p->machine.gflops * 100, flow,
               flow / p->machine.gigabytes * 100);
    }
}

static void print_json(const Profile *p, const ProfileTable *table)
{
    for (int i = 0; i < table->count; i++) {
        const KernelTime *k = &table->kernels[i];
        printf("{\"items\":%lld,\"kernel\":\"%s\",\"line\":%d,\"calls\":%lld,\"seconds\":%.6g,\"flops\":%.6g,\"bytes\":%.6g,"
               "\"peak_gflops\":%.6g,\"bandwidth_gigabytes\":%.6g}\n",
               (long long)table->items, k->name, k->line, (long long)k->calls, k->seconds, k->flops, k->bytes, p->machine.gflops,
               p->machine.gigabytes);
    }
}

static void print(const Profile *p, const ProfileTable *tables)
{
    for (int i = 0; i < TABLES; i++)
        (p->options->json ? print_json : print_table)(p, &tables[i]);
    if (!p->options->json)
        printf("%d threads; measured: %.0f GFLOP/s, %.1f GB/s from memory (more from caches). pack: weights made ready for a\n"
               "contraction; its arithmetic is in the dot that follows. demand: looks for rows of a table that no call has needed;\n"
               "what computes these has no numbers, as calls differ.\n",
               nnd_pool_threads(p->unit.pool), p->machine.gflops, p->machine.gigabytes);
}

static int profile(Profile *p, const ProfileOptions *o)
{
    if (!open(p, o))
        return EXIT_WRONG_INPUT;
    NndError error;
    ProfileTable tables[TABLES];
    int64_t batch = p->data.count < o->batch ? p->data.count : o->batch;
    p->machine = (Machine){peak_gflops(p->unit.pool), peak_gigabytes(p->unit.pool)};
    if (measure(p, 1, o->seconds, &tables[0], &error) || measure(p, batch, o->seconds, &tables[1], &error))
        return command_fail("%s", error.text);
    print(p, tables);
    return o->roofline ? roofline_write(o->roofline, p->unit.program->model, tables, TABLES, &p->machine) : EXIT_FINE;
}

int profile_model(Arena *arena, const Options *options, const ProfileOptions *o)
{
    Profile p = {.arena = arena, .options = options};
    int status = profile(&p, o);
    nnd_dataset_free(&p.data);
    nnd_session_free(p.session);
    nnd_model_free(&p.model);
    unit_free(&p.unit);
    return status;
}
