/* SPDX-License-Identifier: Apache-2.0
 *
 * Cross-validation: the data in equal parts, and for each of them a training on
 * the others that is measured on it. FOLDER/folds.jsonl has a line for each part
 * that is done, so that an interrupted run goes on after the last; FOLDER has the
 * models too, fold-1.model and so on.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/driver/progress.h"
#include "compiler/driver/train.h"
#include "compiler/driver/unit.h"
#include "runtime/data/file.h"

enum { OPT_FOLDS = OPT_TRAIN_END, OPT_THRESHOLD };
enum { MOST_FOLDS = 1000 };

/* A measure of the parts that are done. */
typedef struct Column {
    const char *name;
    VEC(double) values;
} Column;

typedef struct Cross {
    Arena *arena;
    TrainOptions options;
    const char *path, *folder;
    int64_t folds;
    const char *settings; /* what all parts have in common */
    const char *log;      /* folds.jsonl */
    int64_t done;
    VEC(Column) columns;
} Cross;

static const struct option longs[] = {COMMON_LONG_OPTIONS,
                                      DATA_LONG_OPTIONS,
                                      TRAIN_LONG_OPTIONS,
                                      {"folds", required_argument, NULL, OPT_FOLDS},
                                      {"threshold", required_argument, NULL, OPT_THRESHOLD},
                                      {NULL, 0, NULL, 0}};

static const char *file_in(const Cross *c, const char *name)
{
    return arena_printf(c->arena, "%s/%s", c->folder, name);
}

/* ---- what is done ---- */

static void add_value(Cross *c, const char *name, double value)
{
    Column *column = NULL;
    for (int i = 0; i < c->columns.count && !column; i++)
        if (!strcmp(c->columns.data[i].name, name))
            column = &c->columns.data[i];
    if (!column) {
        vec_push(c->arena, &c->columns, ((Column){.name = arena_strdup(c->arena, name)}));
        column = &c->columns.data[c->columns.count - 1];
    }
    vec_push(c->arena, &column->values, value);
}

/* A measure that is not a number (the AUC of a part with one class) is null, and does not count. */
static NndStatus read_fold(Cross *c, const char *line, size_t length, const char *path, NndError *error)
{
    json_t *object = json_loadb(line, length, 0, NULL), *measures = json_object_get(object, "measures"), *value;
    const char *settings = json_string_value(json_object_get(object, "settings")), *name;
    NndStatus status = NND_OK;
    if (!settings || !json_is_object(measures) || json_integer_value(json_object_get(object, "fold")) != c->done + 1)
        status = nnd_fail(error, NND_EFORMAT, "%s:%lld: this is no part of a cross-validation", path, (long long)c->done + 1);
    else if (strcmp(settings, c->settings) != 0)
        status = nnd_fail(error, NND_EINVAL, "%s: it is of another cross-validation (%s; now %s)", path, settings, c->settings);
    else
        json_object_foreach(measures, name, value)
            if (json_is_number(value))
                add_value(c, name, json_number_value(value));
    c->done++;
    json_decref(object);
    return status;
}

static NndStatus read_log(Cross *c, NndError *error)
{
    const char *path = file_in(c, "folds.jsonl");
    c->log = "";
    if (access(path, F_OK))
        return NND_OK;
    NndFile file;
    NndStatus status = nnd_file_read(&file, path, (size_t)1 << 28, error);
    if (status)
        return status;
    c->log = arena_strndup(c->arena, file.data, file.size);
    nnd_file_free(&file);
    for (const char *line = c->log; *line && !status;) {
        size_t length = strcspn(line, "\n");
        status = read_fold(c, line, length, path, error);
        line += length + (line[length] == '\n');
    }
    return status;
}

/* ---- a part ---- */

static const char *measures_text(Arena *arena, const TrainResult *result)
{
    const char *text = "";
    for (int i = 0; i < result->test.count; i++) {
        const NamedValue *m = &result->test.data[i];
        const char *number = isfinite(m->value) ? arena_printf(arena, "%.9g", m->value) : "null";
        text = arena_printf(arena, "%s%s\"%s\":%s", text, i ? "," : "", m->name, number);
    }
    return text;
}

static int keep_fold(Cross *c, const TrainResult *result, double seconds)
{
    const char *line = arena_printf(c->arena, "{\"fold\":%lld,\"settings\":\"%s\",\"items\":%lld,\"epoch\":%lld,\"measures\":{%s},\"seconds\":%.2f}\n",
                                    (long long)c->done + 1, c->settings, (long long)result->test_items, (long long)result->epoch,
                                    measures_text(c->arena, result), seconds);
    c->log = arena_printf(c->arena, "%s%s", c->log, line);
    NndError error;
    if (nnd_file_write(file_in(c, "folds.jsonl"), c->log, strlen(c->log), &error))
        return command_fail("%s", error.text);
    for (int i = 0; i < result->test.count; i++)
        if (isfinite(result->test.data[i].value))
            add_value(c, result->test.data[i].name, result->test.data[i].value);
    c->done++;
    if (c->options.common.json)
        fputs(line, stdout);
    return EXIT_FINE;
}

static void tell_fold(const Cross *c, const TrainResult *result, double seconds)
{
    if (c->options.common.json || c->options.common.quiet)
        return;
    printf("fold %lld/%lld", (long long)c->done, (long long)c->folds);
    for (int i = 0; i < result->test.count; i++)
        printf("  %s %.4f", result->test.data[i].name, result->test.data[i].value);
    printf("  %.1f s\n", seconds);
    fflush(stdout);
}

static int run_fold(Cross *c)
{
    Arena *arena = arena_new();
    TrainOptions o = c->options;
    o.common.arena = arena;
    o.common.quiet = o.common.silent = true;
    o.common.json = false;
    o.common.output = file_in(c, arena_printf(arena, "fold-%lld.model", (long long)c->done + 1));
    o.fold = (NndFold){(int)c->folds, (int)c->done};
    TrainResult result;
    double start = seconds_now();
    int status = train_model(&o, c->path, arena, &result);
    double seconds = seconds_now() - start;
    unlink(arena_printf(arena, "%s.checkpoint", o.common.output));
    if (!status)
        status = keep_fold(c, &result, seconds);
    if (!status)
        tell_fold(c, &result, seconds);
    arena_free(arena);
    return status;
}

/* ---- all parts ---- */

typedef struct Moments {
    double mean, deviation; /* of a sample: divided by n - 1 */
} Moments;

static Moments moments(const Column *column)
{
    Moments m = {0};
    int n = column->values.count;
    for (int i = 0; i < n; i++)
        m.mean += column->values.data[i] / n;
    for (int i = 0; i < n; i++)
        m.deviation += (column->values.data[i] - m.mean) * (column->values.data[i] - m.mean);
    m.deviation = n > 1 ? sqrt(m.deviation / (n - 1)) : 0;
    return m;
}

static void print_summary(const Cross *c)
{
    bool json = c->options.common.json;
    printf(json ? "{\"folds\":%lld" : "\n%lld folds                mean ± standard deviation\n", (long long)c->folds);
    for (int i = 0; i < c->columns.count; i++) {
        Moments m = moments(&c->columns.data[i]);
        printf(json ? ",\"%s\":{\"mean\":%.9g,\"sd\":%.9g}" : "%-24s %.4f ± %.4f\n", c->columns.data[i].name, m.mean, m.deviation);
    }
    fputs(json ? "}\n" : "", stdout);
}

/* What must not change between the parts; the model's text may not either, but that one can see. */
static const char *settings_of(const Cross *c)
{
    const TrainOptions *o = &c->options;
    const char *text = arena_printf(c->arena, "folds=%lld seed=%llu valid=%.9g epochs=%lld batch=%lld rate=%.9g", (long long)c->folds,
                                    (unsigned long long)o->common.seed, o->hold_out, (long long)o->epochs, (long long)o->batch, o->rate);
    for (int i = 0; i < o->common.args.count; i++)
        text = arena_printf(c->arena, "%s %s=%.9g", text, o->common.args.data[i].name, o->common.args.data[i].value);
    return text;
}

static int cross(Cross *c)
{
    NndError error;
    c->settings = settings_of(c);
    if (mkdir(c->folder, 0777) && errno != EEXIST)
        return command_fail("%s: %s", c->folder, strerror(errno));
    if (read_log(c, &error))
        return command_fail("%s", error.text);
    int status = EXIT_FINE;
    while (!status && c->done < c->folds)
        status = run_fold(c);
    if (!status)
        print_summary(c);
    return status;
}

/* ---- the command ---- */

static int own_option(const Command *command, Cross *c, int option)
{
    if (option == OPT_THRESHOLD) {
        c->options.threshold = optarg;
        return -1;
    }
    if (option != OPT_FOLDS)
        return train_option(command, &c->options, option);
    if (parse_int(optarg, 2, MOST_FOLDS, &c->folds))
        return -1;
    return command_usage(command, "--folds needs a number from 2 to %d, found `%s`", MOST_FOLDS, optarg);
}

static int check_usage(const Command *command, const Cross *c, int rest)
{
    if (rest != 1)
        return command_usage(command, "one model file is needed");
    if (!c->options.train)
        return command_usage(command, "--train FILE is needed");
    if (!c->options.common.output)
        return command_usage(command, "-o FOLDER is needed: where results and models go");
    return -1;
}

static int run_cross(const Command *command, int argc, char **argv)
{
    Arena *arena = arena_new();
    Cross c = {.arena = arena, .folds = 10};
    train_options_init(&c.options, arena);
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;)
        status = own_option(command, &c, option);
    if (status < 0)
        status = check_usage(command, &c, argc - optind);
    if (status < 0)
        status = check_pass_options(command, &c.options.common);
    if (status < 0) {
        c.path = argv[optind];
        c.folder = c.options.common.output;
        status = cross(&c);
    }
    arena_free(arena);
    return status;
}

const Command command_cross = {
    .name = "cross",
    .summary = "cross-validate a model",
    .help = "Usage: nnd cross MODEL.nnd --train FILE [--folds K] [--valid SHARE] -o FOLDER [OPTION]...\n\n"
            "Deals the data into K parts, each with its share of every class, by the seed. For each part a\n"
            "model is trained on the others and measured on it; then come mean and standard deviation.\n"
            "FOLDER/folds.jsonl has a line for each part; a run that was interrupted goes on after the last.\n"
            "FOLDER/fold-N.model are the models.\n\n"
            "      --folds K            how many parts (default 10)\n"
            "      --threshold X        as for eval: 0.5 takes the more probable of two classes\n"
            "      --train FILE         the data\n"
            "      --valid FILE|SHARE   data to validate on, or the share of the other parts to hold out\n"
            COLUMNS_HELP
            "      --epochs N           overrides the recipe\n"
            "      --batch N            overrides the recipe\n"
            "      --rate X             overrides the recipe's learning rate\n"
            "      --min-count N        words seen less often are unknown (default 1)\n"
            "      --max-vocab N        most words in the vocabulary\n"
            "      --phrases FILE       the lexicon of a model that marks phrases, one a line\n",
    .run = run_cross,
};
