/* SPDX-License-Identifier: Apache-2.0
 *
 * The main function of native programs: reads data, prints predictions.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/bench.h"
#include "runtime/call.h"
#include "runtime/native/program.h"
#include "runtime/pool.h"
#include "runtime/predict.h"

enum { BATCH_MAX = 65536 };

typedef struct Options {
    bool json;
    int threads;
    double bench; /* seconds; 0: predict */
    int batch;    /* items of a batch, to measure with */
    const char *columns;
    const char *path;
} Options;

typedef struct Program {
    NndModel model;
    NndSession *session;
    NndPool *pool;
    NndDataset data;
    NndPrediction prediction;
    NndMemory arena;
    NndMemory kept;
} Program;

static void print_help(const char *name)
{
    printf("Usage: %s [OPTION]... [FILE]\n\n"
           "Prints the predictions of model %s for every item of FILE (default: standard input).\n\n"
           "FILE: an item a line, its inputs parted by tabs; or NAME.tsv with the targets in front of\n"
           "them; or images in IDX format.\n\n"
           "      --columns A,B,_  which input each column of FILE is for; _ is not read\n"
           "      --json       one JSON object a line\n"
           "      --threads N  threads to use (default: one per core)\n"
           "      --bench S    measure for S seconds; prints a JSON object: seconds of single items and\n"
           "                   of batches, and the scores of the first batch\n"
           "      --batch N    items of a batch that is measured (default %d)\n"
           "  -h, --help       this text\n\n"
           "Each line: of every output the predicted class, then the score of every class, parted by tabs.\n",
           name, nnd_program_module.name, NND_BENCH_BATCH);
}

/* Scratch memory grows to what the largest batch needs. */
static NndStatus run(void *engine, const NndFunctionDesc *function, const NndCall *call, NndError *error)
{
    Program *program = engine;
    NndStatus status = NND_OK;
    if (!program->kept.data)
        status = nnd_memory_new(&program->kept, function->kept_size(call->axes), error);
    NndCall own = *call;
    own.kept = program->kept.data;
    return status ? status : nnd_call_run(&nnd_program_module, function, &own, call->pool, &program->arena, error);
}

static NndStatus bench(Program *p, const Options *options, NndError *error)
{
    NndBench times;
    NndStatus status =
        nnd_bench_run(&times, p->session, &p->data, options->batch, options->bench, run, p, p->pool, error);
    if (status)
        return status;
    printf("{\"latency\":%.9g,\"batch\":%.9g,\"items\":%lld,\"scores\":[", times.latency, times.batch,
           (long long)times.batch_items);
    for (int64_t i = 0; i < times.score_count; i++)
        printf(i ? ",%.9g" : "%.9g", (double)times.scores[i]);
    printf("]}\n");
    nnd_bench_free(&times);
    return NND_OK;
}

static NndStatus predict_all(Program *p, const Options *options, NndError *error)
{
    NndStatus status = nnd_predict(&p->prediction, p->session, &p->data, NND_PREDICT_BATCH, run, p, p->pool, error);
    if (!status)
        nnd_print_predictions(stdout, &p->model.fields, &p->prediction, options->json);
    return status;
}

static NndStatus encode(Program *p, const char *path, NndError *error)
{
    NndStatus status = nnd_session_encode(p->session, &p->data, p->model.vocab, error);
    char cuts[320];
    for (int i = 0; !status && i < p->model.fields.count; i++)
        if (nnd_dataset_describe_cuts(&p->data, i, cuts, sizeof cuts))
            fprintf(stderr, "%s: warning: %s: %s\n", program_invocation_name, path, cuts);
    return status;
}

static NndStatus run_program(Program *p, const Options *options, NndError *error)
{
    const NndModuleDesc *module = &nnd_program_module;
    NndStatus status = nnd_model_parse(&p->model, nnd_program_model, nnd_program_model_size, "(embedded model)", error);
    if (!status)
        status = nnd_session_new(&p->session, module, "predict", error);
    if (!status)
        status = nnd_model_bind(&p->model, module, p->session, error);
    if (!status)
        status = nnd_pool_new(&p->pool, options->threads, error);
    if (!status)
        status = nnd_dataset_load(&p->data, options->path, &p->model.fields, (NndDataWish){.columns = options->columns}, error);
    if (!status)
        status = encode(p, options->path, error);
    if (!status)
        status = options->bench > 0 ? bench(p, options, error) : predict_all(p, options, error);
    if (!status && (fflush(stdout) || ferror(stdout)))
        status = nnd_fail(error, NND_EIO, "cannot write the predictions");
    return status;
}

static void clean_up(Program *p)
{
    nnd_prediction_free(&p->prediction);
    nnd_dataset_free(&p->data);
    nnd_pool_free(p->pool);
    nnd_session_free(p->session);
    nnd_model_free(&p->model);
    nnd_memory_free(&p->kept);
    nnd_memory_free(&p->arena);
}

static int usage(const char *name, const char *what)
{
    if (what)
        fprintf(stderr, "%s: %s\n", name, what);
    fprintf(stderr, "Try `%s --help`.\n", name);
    return 2;
}

int main(int argc, char **argv)
{
    static const struct option longs[] = {
        {"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, 'j'},
        {"threads", required_argument, NULL, 't'}, {"bench", required_argument, NULL, 'b'},
        {"batch", required_argument, NULL, 'n'}, {"columns", required_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
    Options options = {.path = "-", .batch = NND_BENCH_BATCH};
    for (int option; (option = getopt_long(argc, argv, "h", longs, NULL)) != -1;) {
        if (option == 'h') {
            print_help(argv[0]);
            return 0;
        }
        if (option == '?')
            return usage(argv[0], NULL);
        if (option == 'j')
            options.json = true;
        if (option == 'c')
            options.columns = optarg;
        if (option == 't' && ((options.threads = atoi(optarg)) < 1 || options.threads > 1024))
            return usage(argv[0], "--threads needs a number from 1 to 1024");
        if (option == 'b' && !((options.bench = atof(optarg)) > 0 && options.bench < 3600))
            return usage(argv[0], "--bench needs a number of seconds");
        if (option == 'n' && ((options.batch = atoi(optarg)) < 1 || options.batch > BATCH_MAX))
            return usage(argv[0], "--batch needs a number from 1 to 65536");
    }
    if (argc - optind > 1)
        return usage(argv[0], "only one FILE can be read");
    if (optind < argc)
        options.path = argv[optind];
    Program program = {0};
    NndError error;
    NndStatus status = run_program(&program, &options, &error);
    clean_up(&program);
    if (status)
        fprintf(stderr, "%s: %s\n", argv[0], error.text);
    return status ? 1 : 0;
}
