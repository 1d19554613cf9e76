/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "examples/reports/common/command.h"
#include "examples/reports/evaluate/compare.h"
#include "examples/reports/evaluate/curves.h"
#include "examples/reports/evaluate/table.h"

static const char name[] = "nnd-evaluate";

static const char help[] =
    "Usage: nnd-evaluate table RUNS [--json]\n"
    "       nnd-evaluate compare RUNS --system NAME [--resamples N] [--seed N] [--json]\n"
    "       nnd-evaluate curves LABELS.tsv PREDICTIONS [--bins N] [--json]\n\n"
    "RUNS: a line a run, parted by TABs: task, site, system, seed (- without one), labels and\n"
    "predictions of validation reports (- and - without), labels and predictions of test reports.\n"
    "Labels: 0 or 1, TAB, text a line. Predictions: class, TAB, score a line, as `nnd predict`\n"
    "prints them; without scores for rules.\n\n"
    "table    precision, recall, F1 (class 1, macro, weighted) and AUC of every run: as it says,\n"
    "         at the threshold of largest precision + recall on validation reports, and at the\n"
    "         test reports' own; behind several seeds their mean, least and largest value\n"
    "compare  a system with all others: exact McNemar test, paired bootstrap of F1, DeLong's test\n"
    "         of AUC, with Holm's correction over all lines\n"
    "curves   points of the precision-recall, ROC and calibration curves\n\n"
    "      --system NAME   the system to compare\n"
    "      --resamples N   of the bootstrap (default 10000)\n"
    "      --seed N        of the bootstrap (default 1)\n"
    "      --bins N        of the calibration curve (default 10)\n"
    "      --json          JSON instead of TSV\n"
    "  -h, --help          this text\n";

typedef struct Options {
    CompareOptions compare;
    int bins;
    bool json;
} Options;

enum { OPT_SYSTEM = 1000, OPT_RESAMPLES, OPT_SEED, OPT_BINS, OPT_JSON };

static const struct option longs[] = {{"system", required_argument, NULL, OPT_SYSTEM},
                                      {"resamples", required_argument, NULL, OPT_RESAMPLES},
                                      {"seed", required_argument, NULL, OPT_SEED},
                                      {"bins", required_argument, NULL, OPT_BINS},
                                      {"json", no_argument, NULL, OPT_JSON},
                                      {"help", no_argument, NULL, 'h'},
                                      {NULL, 0, NULL, 0}};

/* A whole number; -1 to go on, else the exit status. */
static int set_number(double *out, const char *option, double low, double high)
{
    if (!command_number(out, optarg, low, high) || *out != (double)(int64_t)*out)
        return command_usage(name, "%s needs a whole number from %g to %g, found `%s`", option, low,
                             high, optarg);
    return -1;
}

static int set_option(Options *options, int option)
{
    double number = 0;
    int status = -1;
    switch (option) {
    case OPT_SYSTEM: options->compare.system = optarg; return -1;
    case OPT_RESAMPLES:
        status = set_number(&number, "--resamples", 1, 1e7);
        options->compare.resamples = (int)number;
        return status;
    case OPT_SEED:
        status = set_number(&number, "--seed", 0, 1e15);
        options->compare.seed = (uint64_t)number;
        return status;
    case OPT_BINS:
        status = set_number(&number, "--bins", 1, 1000);
        options->bins = (int)number;
        return status;
    case OPT_JSON: options->json = true; return -1;
    case 'h': fputs(help, stdout); return EXIT_FINE;
    default: fprintf(stderr, "Try `%s --help`.\n", name); return EXIT_WRONG_USAGE;
    }
}

static void warn_of_all_positive(const Table *table)
{
    for (int i = 0; i < table->count; i++) {
        const Row *row = &table->rows[i];
        if (row->all_positive)
            fprintf(
                stderr,
                "%s: warning: %s, %s, %s, seed %s: the %s threshold calls every report positive\n",
                name, row->run->task, row->run->site, row->run->system, row->seed,
                cut_names[row->cut]);
    }
}

static NndStatus print_table(const Runs *runs, const Options *options, NndError *error)
{
    Table table;
    NndStatus status = table_build(&table, runs, error);
    if (status)
        return status;
    if (options->json)
        status = table_print_json(stdout, &table, error);
    else
        table_print(stdout, &table);
    warn_of_all_positive(&table);
    table_free(&table);
    return status;
}

static NndStatus print_comparisons(const Runs *runs, const Options *options, NndError *error)
{
    Comparisons comparisons;
    NndStatus status = compare_runs(&comparisons, runs, &options->compare, error);
    if (status)
        return status;
    if (options->json)
        status = comparisons_print_json(stdout, &comparisons, error);
    else
        comparisons_print(stdout, &comparisons);
    comparisons_free(&comparisons);
    return status;
}

static int with_runs(const char *path, const Options *options,
                     NndStatus (*print)(const Runs *, const Options *, NndError *))
{
    NndError error;
    Runs runs;
    NndStatus status = runs_load(&runs, path, &error);
    if (!status)
        status = print(&runs, options, &error);
    runs_free(&runs);
    return status ? command_fail(name, "%s", error.text) : command_flush(name);
}

static int print_curves(const char *labels_path, const char *predictions_path,
                        const Options *options)
{
    NndError error;
    Labels labels;
    Predictions predictions = {0};
    Curves curves = {0};
    NndStatus status = labels_load(&labels, labels_path, &error);
    if (!status)
        status = predictions_load(&predictions, predictions_path, labels.count, &error);
    if (!status && !predictions.scores)
        status = nnd_fail(&error, NND_EFORMAT, "%s: there are no scores in it", predictions_path);
    if (!status)
        status = curves_build(&curves, predictions.scores, labels.items, labels.count,
                              options->bins, &error);
    if (!status && options->json)
        status = curves_print_json(stdout, &curves, &error);
    else if (!status)
        curves_print(stdout, &curves);
    curves_free(&curves);
    predictions_free(&predictions);
    labels_free(&labels);
    return status ? command_fail(name, "%s", error.text) : command_flush(name);
}

static int run(int argc, char **argv, const Options *options)
{
    if (argc == 2 && !strcmp(argv[0], "table"))
        return with_runs(argv[1], options, print_table);
    if (argc == 2 && !strcmp(argv[0], "compare"))
        return options->compare.system ? with_runs(argv[1], options, print_comparisons)
                                       : command_usage(name, "`compare` needs --system");
    if (argc == 3 && !strcmp(argv[0], "curves"))
        return print_curves(argv[1], argv[2], options);
    return command_usage(name,
                         "needed is one of: table RUNS, compare RUNS, curves LABELS PREDICTIONS");
}

int main(int argc, char **argv)
{
    Options options = {.compare = {.resamples = 10000, .seed = 1}, .bins = 10};
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, "h", longs, NULL)) != -1;)
        status = set_option(&options, option);
    return status >= 0 ? status : run(argc - optind, argv + optind, &options);
}
