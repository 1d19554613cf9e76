/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "compiler/driver/evaluate.h"

enum { OPT_DATA = OPTION_OWN, OPT_THRESHOLD };

static const struct option longs[] = {COMMON_LONG_OPTIONS, {"data", required_argument, NULL, OPT_DATA},
                                    {"threshold", required_argument, NULL, OPT_THRESHOLD}, {NULL, 0, NULL, 0}};

typedef struct Eval {
    Unit unit;
    NndModel model;
    NndSession *session;
    NndDataset data;
    int64_t *items;
    double threshold; /* < 0: the model's own */
} Eval;

static NndStatus prepare(Eval *e, const char *data, NndError *error)
{
    NndStatus status = nnd_session_new(&e->session, e->unit.desc, "eval", error);
    if (!status)
        status = nnd_model_bind(&e->model, e->unit.desc, e->session, error);
    if (!status)
        status = nnd_dataset_load(&e->data, data, nnd_session_data_kind(e->session),
                                  e->model.classes.count ? &e->model.classes : NULL, error);
    if (!status)
        status = encode_data(&e->data, e->model.vocab, e->session, data, error);
    if (status)
        return status;
    e->items = malloc((size_t)(e->data.count + 1) * sizeof *e->items);
    if (!e->items)
        return nnd_fail(error, NND_ENOMEM, "out of memory for %lld items", (long long)e->data.count);
    for (int64_t i = 0; i < e->data.count; i++)
        e->items[i] = i;
    return NND_OK;
}

static int eval(Eval *e, Arena *arena, const char *path, const char *data, const Options *options)
{
    static const char *const functions[] = {"eval", NULL};
    if (!unit_open_model(&e->unit, arena, path, options, &e->model))
        return EXIT_WRONG_INPUT;
    if (e->threshold >= 0) {
        e->model.has_threshold = true;
        e->model.threshold = e->threshold;
    }
    unit_keep_functions(&e->unit, functions);
    if (!unit_compile(&e->unit, options))
        return EXIT_WRONG_INPUT;
    NndError error;
    Evaluation result;
    NndStatus status = prepare(e, data, &error);
    if (!status)
        status = evaluate(&result, e->session, &e->data, e->items, e->data.count, &e->model, &e->unit, &error);
    if (status)
        return command_fail("%s", error.text);
    evaluation_print(stdout, &result, options->json);
    return EXIT_FINE;
}

static void clean_up(Eval *e)
{
    free(e->items);
    nnd_dataset_free(&e->data);
    nnd_session_free(e->session);
    nnd_model_free(&e->model);
    unit_free(&e->unit);
}

static int run_eval(const Command *command, int argc, char **argv)
{
    Arena *arena = arena_new();
    Options options;
    options_init(&options, arena);
    Eval e = {.threshold = -1};
    const char *data = NULL;
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;) {
        if (option == OPT_DATA)
            data = optarg;
        else if (option == OPT_THRESHOLD && (!parse_double(optarg, &e.threshold) || e.threshold < 0))
            status = command_usage(command, "--threshold needs a number from 0, found `%s`", optarg);
        else if (option != OPT_THRESHOLD)
            status = option_common(command, &options, option);
    }
    if (status < 0 && argc - optind != 1)
        status = command_usage(command, "one model file is needed");
    if (status < 0 && !data)
        status = command_usage(command, "--data FILE is needed");
    if (status < 0)
        status = check_pass_options(command, &options);
    if (status < 0) {
        status = eval(&e, arena, argv[optind], data, &options);
        clean_up(&e);
    }
    arena_free(arena);
    return status;
}

const Command command_eval = {
    .name = "eval",
    .summary = "measure a trained model on labelled data",
    .help = "Usage: nnd eval FILE.model --data FILE [OPTION]...\n\n"
            "Prints loss and accuracy; for two classes also AUC, and precision, recall and F1 at the\n"
            "model's own threshold and at the best one on this data (largest precision + recall).\n\n"
            "      --data FILE          labelled data\n"
            "      --threshold X        score from which an item is of class 1, instead of the model's own;\n"
            "                           0.5 takes the more probable of two classes\n",
    .run = run_eval,
};
