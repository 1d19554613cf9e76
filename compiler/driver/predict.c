/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "compiler/driver/unit.h"
#include "runtime/predict.h"

static const struct option longs[] = {COMMON_LONG_OPTIONS, DATA_LONG_OPTIONS, WEIGHTS_LONG_OPTIONS, {NULL, 0, NULL, 0}};

typedef struct Predict {
    Unit unit;
    NndModel model;
    NndSession *session;
    NndDataset data;
    NndPrediction prediction;
} Predict;

static int predict(Predict *p, Arena *arena, const char *path, const char *data, const Options *options)
{
    static const char *const functions[] = {"predict", NULL};
    if (!unit_open_model(&p->unit, arena, path, options, &p->model))
        return EXIT_WRONG_INPUT;
    unit_keep_functions(&p->unit, functions);
    if (!unit_compile(&p->unit, options))
        return EXIT_WRONG_INPUT;
    NndError error;
    NndStatus status = nnd_session_new(&p->session, p->unit.desc, "predict", &error);
    if (!status)
        status = nnd_model_bind(&p->model, p->unit.desc, p->session, &error);
    if (!status)
        status = nnd_dataset_load(&p->data, data, &p->model.fields, (NndDataWish){.columns = options->columns}, &error);
    if (!status)
        status = encode_data(&p->data, p->model.vocab, p->session, data, &error);
    if (!status)
        status = nnd_predict(&p->prediction, p->session, &p->data, NND_PREDICT_BATCH, engine_call, p->unit.engine,
                             p->unit.pool, &error);
    if (status)
        return command_fail("%s", error.text);
    nnd_print_predictions(stdout, &p->model.fields, &p->prediction, options->json);
    if (fflush(stdout) || ferror(stdout))
        return command_fail("cannot write the predictions");
    return EXIT_FINE;
}

static void clean_up(Predict *p)
{
    nnd_prediction_free(&p->prediction);
    nnd_dataset_free(&p->data);
    nnd_session_free(p->session);
    nnd_model_free(&p->model);
    unit_free(&p->unit);
}

static int run_predict(const Command *command, int argc, char **argv)
{
    Arena *arena = arena_new();
    Options options;
    options_init(&options, arena);
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;)
        status = option_common(command, &options, option);
    int files = argc - optind;
    if (status < 0 && (files < 1 || files > 2))
        status = command_usage(command, "a model file is needed, and at most one file of data");
    if (status < 0)
        status = check_pass_options(command, &options);
    if (status < 0) {
        Predict p = {0};
        status = predict(&p, arena, argv[optind], files == 2 ? argv[optind + 1] : "-", &options);
        clean_up(&p);
    }
    arena_free(arena);
    return status;
}

const Command command_predict = {
    .name = "predict",
    .summary = "print predictions",
    .help = "Usage: nnd predict FILE.model [DATA] [OPTION]...\n\n"
            "DATA (default: standard input): an item a line, its inputs parted by tabs; or NAME.tsv with the\n"
            "targets in front of them; or images in IDX format. Each line printed: of every output the\n"
            "predicted class, then the score of every class; of an output that predicts no class its numbers\n"
            "alone. The first output belongs to the first target, and so on.\n\n"
            COLUMNS_HELP WEIGHTS_HELP,
    .run = run_predict,
};
