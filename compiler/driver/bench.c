/* SPDX-License-Identifier: Apache-2.0
 *
 * Interpreter, JIT and native program side by side, and ONNX Runtime with
 * --peers. They are measured in turn, round after round, so that a machine
 * that gets slower or faster in between does so for all of them.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "compiler/driver/build.h"
#include "compiler/driver/peak.h"
#include "compiler/driver/peer.h"
#include "compiler/driver/profile.h"
#include "compiler/driver/progress.h"
#include "compiler/ir/cost.h"
#include "runtime/bench.h"

enum { OPT_DATA = OPTION_OWN, OPT_SECONDS, OPT_PROFILE, OPT_ROOFLINE, OPT_PEERS, OPT_ONNXRUNTIME, OPT_BATCH };

typedef enum Which { INTERP, JIT, NATIVE, PEER, ENGINES } Which;
static const char *const names[ENGINES] = {"interpreter", "JIT", "native", "ONNX Runtime"};

enum { ROUNDS = 5, VERIFIED_ITEMS = 8, MOST_ITEMS = 65536 };
static const double tolerance = 1e-4; /* of scores, which are probabilities */

typedef struct Measured {
    double compile;               /* seconds */
    double latency[ROUNDS], batch[ROUNDS];
    double memory;                /* bytes */
    float *scores;                /* of the first batch */
    int64_t score_count;
} Measured;

typedef struct Bench {
    const Options *options;
    const char *model_path, *data_path;
    bool profile;                 /* kernels instead of engines */
    const char *roofline;
    bool peers;
    const char *ort_path;         /* NULL: the usual places */
    double seconds;               /* each engine, all rounds together */
    int batch;                    /* items, if there are so many */
    Unit units[2];                /* interpreter, JIT */
    NndModel models[2];
    NndSession *sessions[2];
    NndDataset data;
    char folder[64];              /* of the native program */
    const char *program;
    Ort *ort;
    Engine *peer;
    int engines;                  /* how many are measured */
    Measured measured[ENGINES];
    double flops;                 /* of the batch */
    int64_t batch_items;
} Bench;

/* ---- interpreter and JIT ---- */

static bool open_engine(Bench *b, Arena *arena, Which which)
{
    static const char *const functions[] = {"predict", NULL};
    Options own = *b->options;
    own.engine = which == INTERP ? ENGINE_INTERP : ENGINE_JIT;
    own.no_cache = true; /* the time to compile is measured, too */
    Unit *unit = &b->units[which];
    if (!unit_open_model(unit, arena, b->model_path, &own, &b->models[which]))
        return false;
    unit_keep_functions(unit, functions);
    double start = seconds_now();
    if (!unit_compile(unit, &own))
        return false;
    b->measured[which].compile = seconds_now() - start;
    NndError error;
    NndStatus status = nnd_session_new(&b->sessions[which], unit->desc, "predict", &error);
    if (!status)
        status = nnd_model_bind(&b->models[which], unit->desc, b->sessions[which], &error);
    if (status)
        command_fail("%s", error.text);
    return !status;
}

static bool load_data(Bench *b)
{
    NndError error;
    NndDataWish wish = {.columns = b->options->columns};
    NndStatus status = nnd_dataset_load(&b->data, b->data_path, &b->models[JIT].fields, wish, &error);
    if (!status)
        status = encode_data(&b->data, b->models[JIT].vocab, b->sessions[JIT], b->data_path, &error);
    if (status)
        command_fail("%s", error.text);
    return !status;
}

static double weight_bytes(const Bench *b)
{
    double bytes = 0;
    const NndSafetensors *file = b->models[JIT].file;
    for (int64_t i = 0; i < nnd_safetensors_count(file); i++)
        bytes += (double)nnd_safetensors_at(file, i)->size;
    return bytes;
}

/* The peer reads what the interpreter reads. */
static NndStatus run_engine(Bench *b, Which which, int round, double seconds, NndError *error)
{
    Measured *m = &b->measured[which];
    NndBench times;
    Unit *unit = &b->units[which == JIT];
    NndSession *session = b->sessions[which == JIT];
    Engine *engine = which == PEER ? b->peer : unit->engine;
    NndStatus status = nnd_bench_run(&times, session, &b->data, b->batch, seconds, engine_call, engine, unit->pool, error);
    if (status)
        return status;
    m->latency[round] = times.latency;
    m->batch[round] = times.batch;
    EngineStats stats = engine->stats(engine);
    if (which == PEER)
        m->compile = stats.compile_seconds;
    else
        m->memory = (double)(stats.arena_bytes + stats.kept_bytes) + weight_bytes(b);
    b->batch_items = times.batch_items;
    if (which == INTERP) /* of the model as it is written, whatever compiled code does without */
        b->flops = ir_func_flops(ir_module_func(unit->module, "predict"), nnd_session_axes(session));
    free(m->scores);
    m->scores = times.scores;
    m->score_count = times.score_count;
    return NND_OK;
}

/* ---- native ---- */

static NndStatus build_program(Bench *b, Arena *arena, NndError *error)
{
    const char *base = getenv("TMPDIR");
    snprintf(b->folder, sizeof b->folder, "%.40s/nnd-bench-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(b->folder)) {
        b->folder[0] = '\0';
        return nnd_fail(error, NND_EIO, "cannot make a folder for the native program");
    }
    b->program = arena_printf(arena, "%s/program", b->folder);
    double start = seconds_now();
    NndStatus status = build_native(&b->units[JIT], NULL, false, &b->models[JIT], b->model_path, b->program, error);
    b->measured[NATIVE].compile = seconds_now() - start;
    return status;
}

/* Runs the program and reads what it prints: one JSON object. */
static json_t *run_program(const Bench *b, double seconds, struct rusage *usage, NndError *error)
{
    int ends[2];
    if (pipe(ends)) {
        nnd_fail(error, NND_EIO, "cannot make a pipe");
        return NULL;
    }
    pid_t child = fork();
    if (child == 0) {
        char time[32], threads[32], batch[32];
        snprintf(time, sizeof time, "%g", seconds);
        snprintf(threads, sizeof threads, "%d", nnd_pool_threads(b->units[JIT].pool));
        snprintf(batch, sizeof batch, "%d", b->batch);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        const char *columns = b->options->columns;
        execl(b->program, b->program, "--bench", time, "--threads", threads, "--batch", batch, b->data_path,
              columns ? "--columns" : NULL, columns, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    FILE *output = fdopen(ends[0], "r");
    json_error_t wrong;
    json_t *result = child > 0 && output ? json_loadf(output, 0, &wrong) : NULL; /* to the end: who writes more must not be cut off */
    if (output)
        fclose(output);
    int status = -1;
    if (child > 0)
        wait4(child, &status, 0, usage);
    if (!result || status) {
        json_decref(result);
        nnd_fail(error, NND_EIO, "the native program failed");
        return NULL;
    }
    return result;
}

static NndStatus read_program(Measured *m, int round, const json_t *result, NndError *error)
{
    json_t *scores = json_object_get(result, "scores");
    int64_t count = (int64_t)json_array_size(scores);
    float *values = malloc((size_t)(count + 1) * sizeof *values);
    if (!values)
        return nnd_fail(error, NND_ENOMEM, "out of memory for the scores");
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)json_number_value(json_array_get(scores, (size_t)i));
    free(m->scores);
    m->scores = values;
    m->score_count = count;
    m->latency[round] = json_number_value(json_object_get(result, "latency"));
    m->batch[round] = json_number_value(json_object_get(result, "batch"));
    return NND_OK;
}

static NndStatus run_native(Bench *b, int round, double seconds, NndError *error)
{
    struct rusage usage = {0};
    json_t *result = run_program(b, seconds, &usage, error);
    if (!result)
        return NND_EIO;
    NndStatus status = read_program(&b->measured[NATIVE], round, result, error);
    b->measured[NATIVE].memory = (double)usage.ru_maxrss * 1024;
    json_decref(result);
    return status;
}

/* ---- comparing ---- */

static NndStatus open_peer(Bench *b, NndError *error)
{
    NndStatus status = ort_open(&b->ort, b->ort_path, error);
    return status ? status : peer_engine_new(&b->peer, b->ort, &b->units[INTERP], &b->models[INTERP], error);
}

/* One item after the other: the interpreter's results, then the peer's. */
static NndStatus verify_item(Bench *b, int64_t item, double *worst, NndError *error)
{
    NndSession *session = b->sessions[INTERP];
    NndPool *pool = b->units[INTERP].pool;
    NndStatus status = nnd_session_batch(session, &b->data, &item, 1, error);
    if (!status)
        status = nnd_session_run(session, engine_call, b->units[INTERP].engine, pool, 0, 0, error);
    int64_t count = status ? 0 : nnd_session_result_count(session, 0);
    float *expected = malloc((size_t)(count + 1) * sizeof *expected);
    if (!status && !expected)
        status = nnd_fail(error, NND_ENOMEM, "out of memory for the scores");
    if (!status)
        memcpy(expected, nnd_session_result(session, 0), (size_t)count * sizeof *expected);
    if (!status)
        status = nnd_session_run(session, engine_call, b->peer, pool, 0, 0, error);
    const float *found = status ? NULL : nnd_session_result(session, 0);
    for (int64_t i = 0; i < count && !status; i++)
        *worst = fmax(*worst, fabs((double)found[i] - (double)expected[i]));
    free(expected);
    return status;
}

/* Single items, which are never padded; batches are compared with the rest. */
static NndStatus verify_peer(Bench *b, NndError *error)
{
    double worst = 0;
    NndStatus status = NND_OK;
    for (int64_t i = 0; i < b->data.count && i < VERIFIED_ITEMS && !status; i++)
        status = verify_item(b, i, &worst, error);
    if (!status && !(worst <= tolerance))
        status = nnd_fail(error, NND_EINVAL, "ONNX Runtime and interpreter give different scores (by %g): they cannot be compared", worst);
    return status;
}

static NndStatus compare_scores(const Bench *b, NndError *error)
{
    const Measured *reference = &b->measured[INTERP];
    for (int which = JIT; which < b->engines; which++) {
        const Measured *m = &b->measured[which];
        bool same = m->score_count == reference->score_count;
        double worst = 0;
        for (int64_t i = 0; same && i < m->score_count; i++)
            worst = fmax(worst, fabs((double)m->scores[i] - (double)reference->scores[i]));
        if (!same || !(worst <= tolerance))
            return nnd_fail(error, NND_EINVAL, "%s and interpreter give different scores (by %g): they cannot be compared",
                            names[which], worst);
    }
    return NND_OK;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef struct Spread {
    double low, median, high;
} Spread;

static Spread spread(const double *values)
{
    double sorted[ROUNDS];
    memcpy(sorted, values, sizeof sorted);
    qsort(sorted, ROUNDS, sizeof *sorted, by_size);
    return (Spread){sorted[0], sorted[ROUNDS / 2], sorted[ROUNDS - 1]};
}

/* How many times as fast the JIT is, round by round. */
static Spread against_peer(const Bench *b, bool batch)
{
    double ratios[ROUNDS];
    const Measured *peer = &b->measured[PEER], *jit = &b->measured[JIT];
    for (int i = 0; i < ROUNDS; i++)
        ratios[i] = batch ? peer->batch[i] / jit->batch[i] : peer->latency[i] / jit->latency[i];
    return spread(ratios);
}

static void print_json(const Bench *b, double peak)
{
    for (int which = INTERP; which < b->engines; which++) {
        const Measured *m = &b->measured[which];
        Spread latency = spread(m->latency), batch = spread(m->batch);
        printf("{\"engine\":\"%s\",\"compile_seconds\":%.6g,\"latency_seconds\":{\"low\":%.6g,\"median\":%.6g,\"high\":%.6g},"
               "\"batch_items\":%lld,\"batch_seconds\":{\"low\":%.6g,\"median\":%.6g,\"high\":%.6g},\"items_per_second\":%.6g,"
               "\"flops\":%.0f,\"gflops\":%.6g,\"peak_gflops\":%.6g,\"memory_bytes\":%.0f}\n",
               names[which], m->compile, latency.low, latency.median, latency.high, (long long)b->batch_items, batch.low,
               batch.median, batch.high, (double)b->batch_items / batch.median, b->flops, b->flops / batch.median * 1e-9, peak, m->memory);
    }
    if (!b->peers)
        return;
    Spread latency = against_peer(b, false), batch = against_peer(b, true);
    printf("{\"peer\":\"%s\",\"version\":\"%s\",\"jit_times_as_fast\":{\"latency\":{\"low\":%.6g,\"median\":%.6g,\"high\":%.6g},"
           "\"batch\":{\"low\":%.6g,\"median\":%.6g,\"high\":%.6g}}}\n",
           names[PEER], ort_version(b->ort), latency.low, latency.median, latency.high, batch.low, batch.median, batch.high);
}

static void print_table(const Bench *b, double peak)
{
    printf("%-12s %10s   %-32s %14s %8s %7s %10s\n", "engine", "compile", "latency, 1 item (lowest..highest)",
           "items/s, 32", "GFLOP/s", "of peak", "memory");
    for (int which = INTERP; which < b->engines; which++) {
        const Measured *m = &b->measured[which];
        Spread latency = spread(m->latency), batch = spread(m->batch);
        double rate = b->flops / batch.median * 1e-9;
        printf("%-12s %7.0f ms   %9.1f us (%.1f..%.1f)%*s %14.0f %8.1f %5.1f %%", names[which], m->compile * 1e3,
               latency.median * 1e6, latency.low * 1e6, latency.high * 1e6, 4, "", (double)b->batch_items / batch.median, rate,
               rate / peak * 100);
        if (which == PEER) /* it has one process with the others: nobody knows */
            printf(" %10s\n", "-");
        else
            printf(" %7.1f MB\n", m->memory / 1e6);
    }
    Spread interp = spread(b->measured[INTERP].batch), jit = spread(b->measured[JIT].batch);
    Spread interp1 = spread(b->measured[INTERP].latency), jit1 = spread(b->measured[JIT].latency);
    printf("JIT against interpreter: %.2f times as fast with 1 item, %.2f times with %lld\n", interp1.median / jit1.median,
           interp.median / jit.median, (long long)b->batch_items);
    if (b->peers) {
        Spread latency = against_peer(b, false), batch = against_peer(b, true);
        printf("JIT against ONNX Runtime %s: %.2f times as fast with 1 item (%.2f..%.2f), %.2f times with %lld (%.2f..%.2f)\n",
               ort_version(b->ort), latency.median, latency.low, latency.high, batch.median, (long long)b->batch_items, batch.low,
               batch.high);
    }
    printf("%d threads; peak of the machine, measured: %.0f GFLOP/s. Memory: weights and scratch; native: the whole process.\n",
           nnd_pool_threads(b->units[JIT].pool), peak);
}

/* ---- the command ---- */

/* Threads of libraries look for work for some 20 ms after a call, on the cores that the next engine needs. */
static void let_threads_sleep(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
}

static NndStatus measure(Bench *b, NndError *error)
{
    double slice = b->seconds / ROUNDS;
    NndStatus status = b->peers ? verify_peer(b, error) : NND_OK;
    Progress progress = progress_begin("measuring", ROUNDS, b->options->quiet || b->options->json);
    for (int round = 0; !status && round < ROUNDS; round++) {
        status = run_engine(b, INTERP, round, slice, error);
        let_threads_sleep();
        if (!status)
            status = run_engine(b, JIT, round, slice, error);
        if (!status)
            status = run_native(b, round, slice, error);
        if (!status && b->peers)
            status = run_engine(b, PEER, round, slice, error);
        let_threads_sleep();
        progress_show(&progress, round + 1, b->peers ? "interpreter, JIT, native, ONNX Runtime in turn" : "interpreter, JIT, native in turn");
    }
    progress_end(&progress);
    return status ? status : compare_scores(b, error);
}

static int bench(Bench *b, Arena *arena)
{
    if (!open_engine(b, arena, INTERP) || !open_engine(b, arena, JIT) || !load_data(b))
        return EXIT_WRONG_INPUT;
    NndError error;
    NndStatus status = b->peers ? open_peer(b, &error) : NND_OK;
    b->engines = b->peers ? ENGINES : PEER;
    if (!status)
        status = build_program(b, arena, &error);
    if (!status)
        status = measure(b, &error);
    if (status)
        return command_fail("%s", error.text);
    double peak = peak_gflops(b->units[JIT].pool);
    (b->options->json ? print_json : print_table)(b, peak);
    return EXIT_FINE;
}

static void clean_up(Bench *b)
{
    nnd_dataset_free(&b->data); /* first: the model's fields say how many columns it has */
    for (int which = INTERP; which < ENGINES; which++)
        free(b->measured[which].scores);
    if (b->peer)
        b->peer->free(b->peer);
    ort_free(b->ort);
    for (int i = 0; i < 2; i++) {
        nnd_session_free(b->sessions[i]);
        nnd_model_free(&b->models[i]);
        unit_free(&b->units[i]);
    }
    if (b->program)
        unlink(b->program);
    if (b->folder[0])
        rmdir(b->folder);
}

static const struct option longs[] = {
    COMMON_LONG_OPTIONS,
    DATA_LONG_OPTIONS,
    WEIGHTS_LONG_OPTIONS,
    {"data", required_argument, NULL, OPT_DATA},
    {"seconds", required_argument, NULL, OPT_SECONDS},
    {"batch", required_argument, NULL, OPT_BATCH},
    {"profile", no_argument, NULL, OPT_PROFILE},
    {"roofline", required_argument, NULL, OPT_ROOFLINE},
    {"peers", no_argument, NULL, OPT_PEERS},
    {"onnxruntime", required_argument, NULL, OPT_ONNXRUNTIME},
    {NULL, 0, NULL, 0}};

static int own_option(const Command *command, Bench *b, Options *options, int option)
{
    switch (option) {
    case OPT_DATA: b->data_path = optarg; return -1;
    case OPT_PROFILE: b->profile = true; return -1;
    case OPT_ROOFLINE: b->profile = true, b->roofline = optarg; return -1;
    case OPT_PEERS: b->peers = true; return -1;
    case OPT_ONNXRUNTIME: b->peers = true, b->ort_path = optarg; return -1;
    case OPT_SECONDS:
        if (parse_double(optarg, &b->seconds) && b->seconds > 0 && b->seconds < 3600)
            return -1;
        return command_usage(command, "--seconds needs a number, found `%s`", optarg);
    case OPT_BATCH:
        b->batch = atoi(optarg);
        if (b->batch >= 1 && b->batch <= MOST_ITEMS)
            return -1;
        return command_usage(command, "--batch needs a number from 1 to %d, found `%s`", MOST_ITEMS, optarg);
    default: return option_common(command, options, option);
    }
}

static int run_bench(const Command *command, int argc, char **argv)
{
    Arena *arena = arena_new();
    Options options;
    options_init(&options, arena);
    Bench b = {.options = &options, .seconds = 3, .batch = NND_BENCH_BATCH};
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;)
        status = own_option(command, &b, &options, option);
    if (status < 0 && argc - optind != 1)
        status = command_usage(command, "one trained model is needed");
    if (status < 0 && !b.data_path)
        status = command_usage(command, "--data FILE is needed");
    if (status < 0)
        status = check_pass_options(command, &options);
    if (status < 0) {
        ProfileOptions profile = {argv[optind], b.data_path, b.seconds, b.batch, b.roofline};
        b.model_path = argv[optind];
        status = b.profile ? profile_model(arena, &options, &profile) : bench(&b, arena);
        clean_up(&b);
    }
    arena_free(arena);
    return status;
}

const Command command_bench = {
    .name = "bench",
    .summary = "compare interpreter, JIT and native program",
    .help = "Usage: nnd bench FILE.model --data FILE [OPTION]...\n\n"
            "Time to compile, median and spread of the latency of one item, throughput in batches,\n"
            "GFLOP/s and their share of the machine's measured peak, memory. The engines are measured in\n"
            "turn; if their outputs differ there is no table but an error.\n\n"
            "      --data FILE          what to predict\n"
            COLUMNS_HELP WEIGHTS_HELP
            "      --seconds S          how long to measure each engine (default 3)\n"
            "      --batch N            items of a batch (default 32)\n"
            "      --peers              also ONNX Runtime, on the model that `nnd export` makes, if its library is found:\n"
            "                           what NND_ONNXRUNTIME names, else libonnxruntime.so\n"
            "      --onnxruntime FILE   the same, with this library\n"
            "      --profile            the JIT's kernels instead of engines: for one item and a batch the time, line\n"
            "                           of the model, GFLOP/s, GB/s and shares of what the machine can do, of each\n"
            "      --roofline FILE.svg  the same, and a picture of it\n",
    .run = run_bench,
};
