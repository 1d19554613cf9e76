/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "compiler/driver/evaluate.h"

enum { OPT_DATA = OPTION_OWN, OPT_THRESHOLD };

static const struct option longs[] = {COMMON_LONG_OPTIONS, DATA_LONG_OPTIONS, WEIGHTS_LONG_OPTIONS, {"data", required_argument, NULL, OPT_DATA},
                                    {"threshold", required_argument, NULL, OPT_THRESHOLD}, {NULL, 0, NULL, 0}};

/* The model, ready to be run. */
typedef struct Opened {
    Unit unit;
    NndModel model;
    NndSession *session;
} Opened;

typedef struct Eval {
    Opened given, exact; /* with weights as the options say; with f32 weights, if that is something else */
    NndDataset data;
    int64_t *items;
    const char *threshold; /* "0.5" or "topic=0.5,rare=0.1"; NULL: the model's own */
} Eval;

static bool open_model(Opened *o, Arena *arena, const char *path, const Options *options)
{
    static const char *const functions[] = {"eval", NULL};
    if (!unit_open_model(&o->unit, arena, path, options, &o->model))
        return false;
    unit_keep_functions(&o->unit, functions);
    if (!unit_compile(&o->unit, options))
        return false;
    NndError error;
    NndStatus status = nnd_session_new(&o->session, o->unit.desc, "eval", &error);
    if (!status)
        status = nnd_model_bind(&o->model, o->unit.desc, o->session, &error);
    if (status)
        command_fail("%s", error.text);
    return !status;
}

static NndStatus read_data(Eval *e, Arena *arena, const char *data, const Options *options, NndError *error)
{
    NndModel *model = &e->given.model;
    NndStatus status = set_thresholds(&model->fields, e->threshold, arena, error);
    if (!status)
        status = nnd_dataset_load(&e->data, data, &model->fields, (NndDataWish){options->columns, true}, error);
    if (!status)
        status = encode_data(&e->data, model->vocab, e->given.session, data, error);
    if (status)
        return status;
    e->items = malloc((size_t)(e->data.count + 1) * sizeof *e->items);
    if (!e->items)
        return nnd_fail(error, NND_ENOMEM, "out of memory for %lld items", (long long)e->data.count);
    for (int64_t i = 0; i < e->data.count; i++)
        e->items[i] = i;
    return NND_OK;
}

static NndStatus evaluate_all(Evaluation *out, const Eval *e, Opened *opened, NndError *error)
{
    return evaluate(out, opened->session, &e->data, e->items, e->data.count, &opened->unit, error);
}

static int eval(Eval *e, Arena *arena, const char *path, const char *data, const Options *options)
{
    Options exact = *options;
    exact.weights = NND_F32;
    bool compares = options->weights != exact.weights;
    if (!open_model(&e->given, arena, path, options) || (compares && !open_model(&e->exact, arena, path, &exact)))
        return EXIT_WRONG_INPUT;
    NndError error;
    Evaluation result, before, change;
    NndStatus status = read_data(e, arena, data, options, &error);
    if (!status)
        status = evaluate_all(&result, e, &e->given, &error);
    if (!status && compares)
        status = evaluate_all(&before, e, &e->exact, &error);
    if (status)
        return command_fail("%s", error.text);
    if (compares)
        change = evaluation_change(arena, &result, &before);
    evaluation_print(stdout, &result, compares ? &change : NULL, options->json);
    return EXIT_FINE;
}

static void close_model(Opened *o)
{
    nnd_session_free(o->session);
    nnd_model_free(&o->model);
    unit_free(&o->unit);
}

static void clean_up(Eval *e)
{
    free(e->items);
    nnd_dataset_free(&e->data);
    close_model(&e->given);
    close_model(&e->exact);
}

static int run_eval(const Command *command, int argc, char **argv)
{
    Arena *arena = arena_new();
    Options options;
    options_init(&options, arena);
    Eval e = {0};
    const char *data = NULL;
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;) {
        if (option == OPT_DATA)
            data = optarg;
        else if (option == OPT_THRESHOLD)
            e.threshold = optarg;
        else
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
            "Prints the loss, and for each target accuracy and AUC (of several classes: the mean of each against\n"
            "the rest); for two classes also precision, recall and F1 at the model's own threshold and at the\n"
            "best one on this data (largest precision + recall). Of numbers: root mean squared and mean\n"
            "absolute error; if they are all 0 or 1: accuracy (of whole items), micro-averaged F1 and AUC.\n\n"
            "      --data FILE          labelled data\n"
            COLUMNS_HELP WEIGHTS_HELP
            "                           and how the measures change is told beside them\n"
            "      --threshold X        score from which an item is of class 1, instead of the model's own;\n"
            "                           0.5 takes the more probable of two classes; of several targets:\n"
            "                           NAME=X,NAME=X\n",
    .run = run_eval,
};
