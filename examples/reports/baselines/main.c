/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <string.h>

#include "examples/reports/baselines/fit.h"
#include "examples/reports/common/command.h"

static const char name[] = "nnd-baselines";

static const char help[] =
    "Usage: nnd-baselines train svm|adaboost --train FILE.tsv --valid FILE.tsv -o MODEL\n"
    "                     [--features binary|count]\n"
    "       nnd-baselines predict MODEL [REPORTS]\n"
    "       nnd-baselines export MODEL FILE.tsv\n\n"
    "Classifies reports by the words in them. Files: label (0 or 1), TAB and text a line; REPORTS\n"
    "may also be a text a line (default: standard input).\n\n"
    "train    prints the AUC on validation reports of each setting tried, and keeps the best\n"
    "predict  prints a line for each report: class TAB score, the class being 1 above 0\n"
    "export   prints the features of the model as LIBLINEAR reads them\n\n"
    "      --train FILE.tsv         reports to train on\n"
    "      --valid FILE.tsv         reports to choose C or the number of rounds on\n"
    "      --features binary|count  whether a word occurs (default), or how often\n"
    "  -o, --output MODEL           where the model goes\n"
    "  -h, --help                   this text\n";

typedef struct Options {
    const char *train, *valid, *output;
    bool count;
} Options;

enum { OPT_TRAIN = 1000, OPT_VALID, OPT_FEATURES };

static const struct option longs[] = {{"train", required_argument, NULL, OPT_TRAIN},
                                      {"valid", required_argument, NULL, OPT_VALID},
                                      {"features", required_argument, NULL, OPT_FEATURES},
                                      {"output", required_argument, NULL, 'o'},
                                      {"help", no_argument, NULL, 'h'},
                                      {NULL, 0, NULL, 0}};

/* -1 to go on, else the exit status. */
static int set_option(Options *options, int option)
{
    switch (option) {
    case OPT_TRAIN: options->train = optarg; return -1;
    case OPT_VALID: options->valid = optarg; return -1;
    case 'o': options->output = optarg; return -1;
    case OPT_FEATURES:
        options->count = !strcmp(optarg, "count");
        if (!options->count && strcmp(optarg, "binary"))
            return command_usage(name, "--features needs binary or count, found `%s`", optarg);
        return -1;
    case 'h': fputs(help, stdout); return EXIT_FINE;
    default: fprintf(stderr, "Try `%s --help`.\n", name); return EXIT_WRONG_USAGE;
    }
}

static void print_choices(const Baseline *baseline, const FitChoices *choices)
{
    for (int i = 0; i < choices->count; i++)
        printf("%s %g\tAUC %.4f%s\n", baseline->kind == BASELINE_SVM ? "C" : "rounds",
               choices->items[i].setting, choices->items[i].auc,
               i == choices->best ? "\tkept" : "");
}

static int train(BaselineKind kind, const Options *options)
{
    NndError error;
    NndTexts reports = {0}, valid = {0};
    Baseline baseline = {0};
    FitChoices choices;
    NndStatus status = reports_load_labelled(&reports, options->train, &error);
    if (!status)
        status = reports_load_labelled(&valid, options->valid, &error);
    if (!status)
        status = baseline_fit(&baseline, &choices, kind, !options->count, &reports, &valid, &error);
    if (!status)
        status = baseline_save(&baseline, options->output, &error);
    if (!status)
        print_choices(&baseline, &choices);
    baseline_free(&baseline);
    nnd_texts_free(&reports);
    nnd_texts_free(&valid);
    return status ? command_fail(name, "%s", error.text) : command_flush(name);
}

static int run_train(int argc, char **argv, const Options *options)
{
    if (argc != 1)
        return command_usage(name, "`train` needs svm or adaboost");
    if (!options->train || !options->valid || !options->output)
        return command_usage(name, "`train` needs --train, --valid and -o");
    for (int kind = 0; kind < 2; kind++)
        if (!strcmp(argv[0], baseline_kinds[kind]))
            return train((BaselineKind)kind, options);
    return command_usage(name, "there is no `%s` to train: choose svm or adaboost", argv[0]);
}

static void print_scores(const Baseline *baseline, const Bag *bag, const int32_t *labels)
{
    (void)labels;
    for (int64_t i = 0; i < bag->rows; i++) {
        double score = baseline_score(baseline, bag, i);
        printf("%d\t%.9g\n", score > 0, score);
    }
}

static void print_features(const Baseline *baseline, const Bag *bag, const int32_t *labels)
{
    (void)baseline;
    for (int64_t i = 0; i < bag->rows; i++) {
        fputs(labels && labels[i] ? "+1" : "-1", stdout);
        for (int64_t k = bag->starts[i]; k < bag->starts[i + 1]; k++)
            printf(" %d:%d", bag->column[k] + 1, bag->value[k]);
        putchar('\n');
    }
}

static int apply(const char *model, const char *path,
                 void (*print)(const Baseline *, const Bag *, const int32_t *))
{
    NndError error;
    Baseline baseline;
    NndTexts reports = {0};
    Bag bag = {0};
    NndStatus status = baseline_load(&baseline, model, &error);
    if (!status)
        status = reports_load(&reports, path, &error);
    if (!status)
        status = bag_build(&bag, &baseline.vocabulary, reports.texts, reports.count,
                           baseline.binary, &error);
    if (!status)
        print(&baseline, &bag, reports.labels);
    bag_free(&bag);
    nnd_texts_free(&reports);
    baseline_free(&baseline);
    return status ? command_fail(name, "%s", error.text) : command_flush(name);
}

static int run(int argc, char **argv, const Options *options)
{
    if (argc < 1)
        return command_usage(name, "one of train, predict and export is needed");
    if (!strcmp(argv[0], "train"))
        return run_train(argc - 1, argv + 1, options);
    if (!strcmp(argv[0], "predict") && (argc == 2 || argc == 3))
        return apply(argv[1], argc == 3 ? argv[2] : "-", print_scores);
    if (!strcmp(argv[0], "export") && argc == 3)
        return apply(argv[1], argv[2], print_features);
    if (!strcmp(argv[0], "predict") || !strcmp(argv[0], "export"))
        return command_usage(name, "`%s` needs a model and reports", argv[0]);
    return command_usage(name, "there is no `%s`: choose train, predict or export", argv[0]);
}

int main(int argc, char **argv)
{
    Options options = {0};
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, "o:h", longs, NULL)) != -1;)
        status = set_option(&options, option);
    return status >= 0 ? status : run(argc - optind, argv + optind, &options);
}
