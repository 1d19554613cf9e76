/* SPDX-License-Identifier: Apache-2.0
 *
 * Search for hyper-parameters: a training for each setting of a grid, or of a
 * sample of it. FOLDER/trials.jsonl holds what is done, a line a trial, so that
 * a search goes on where it was interrupted; FOLDER/best.model is the best
 * model so far.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/driver/progress.h"
#include "compiler/driver/train.h"
#include "compiler/driver/unit.h"
#include "runtime/data/file.h"
#include "runtime/random.h"

enum { OPT_VARY = OPT_TRAIN_END, OPT_RANDOM };
enum { MOST_TRIALS = 10000, STREAM_TUNE = 0x7ffffffd };

typedef struct Axis {
    const char *name; /* a parameter of the model, or rate, batch, epochs */
    VEC(double) values;
} Axis;

typedef struct Trial {
    const char *settings; /* "filters=50 rate=0.1" */
    TrainResult result;
    double seconds;
} Trial;

typedef struct Tune {
    Arena *arena;
    TrainOptions options;
    const char *path, *folder;
    VEC(Axis) axes;
    int64_t random; /* how many settings to draw; 0: all */
    VEC(Trial) trials;
    const char *log; /* trials.jsonl */
} Tune;

static const struct option longs[] = {COMMON_LONG_OPTIONS,
                                      DATA_LONG_OPTIONS,
                                      TRAIN_LONG_OPTIONS,
                                      {"vary", required_argument, NULL, OPT_VARY},
                                      {"random", required_argument, NULL, OPT_RANDOM},
                                      {NULL, 0, NULL, 0}};

/* ---- settings ---- */

static int add_axis(const Command *command, Tune *t, const char *text)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return command_usage(command, "--vary needs NAME=VALUE,VALUE,..., found `%s`", text);
    Axis axis = {.name = arena_strndup(t->arena, text, (size_t)(equals - text))};
    for (const char *at = equals + 1;; at++) {
        size_t length = strcspn(at, ",");
        const char *item = arena_strndup(t->arena, at, length);
        double value;
        bool truth = !strcmp(item, "true") || !strcmp(item, "false");
        if (!truth && !parse_double(item, &value))
            return command_usage(command, "--vary %s: `%s` is not a number", axis.name, item);
        vec_push(t->arena, &axis.values, truth ? (double)(item[0] == 't') : value);
        at += length;
        if (!*at)
            break;
    }
    vec_push(t->arena, &t->axes, axis);
    return -1;
}

static int64_t grid_size(const Tune *t)
{
    int64_t size = 1;
    for (int i = 0; i < t->axes.count && size <= MOST_TRIALS; i++)
        size *= t->axes.data[i].values.count;
    return size;
}

static double value_at(const Tune *t, int64_t setting, int axis)
{
    for (int i = t->axes.count - 1; i > axis; i--)
        setting /= t->axes.data[i].values.count;
    return t->axes.data[axis].values.data[setting % t->axes.data[axis].values.count];
}

static const char *settings_text(const Tune *t, int64_t setting)
{
    const char *text = "";
    for (int i = 0; i < t->axes.count; i++)
        text = arena_printf(t->arena, "%s%s%s=%.9g", text, i ? " " : "", t->axes.data[i].name, value_at(t, setting, i));
    return text;
}

/* The settings to try, in order: all, or a sample without repetition. */
static int64_t *choose_settings(const Tune *t, int64_t *count)
{
    int64_t size = grid_size(t);
    int64_t *order = ARENA_ARRAY(t->arena, int64_t, (int)size);
    for (int64_t i = 0; i < size; i++)
        order[i] = i;
    for (int64_t i = 0; t->random && i + 1 < size; i++) {
        int64_t other = i + (int64_t)(nnd_random_word(t->options.common.seed, 0, STREAM_TUNE, (uint64_t)i) % (uint64_t)(size - i));
        int64_t setting = order[i];
        order[i] = order[other];
        order[other] = setting;
    }
    *count = t->random && t->random < size ? t->random : size;
    return order;
}

/* ---- what is done ---- */

static const char *file_in(const Tune *t, const char *name)
{
    return arena_printf(t->arena, "%s/%s", t->folder, name);
}

static bool read_trial(Tune *t, const char *line, size_t length)
{
    json_t *object = json_loadb(line, length, 0, NULL);
    const char *settings = json_string_value(json_object_get(object, "settings"));
    const char *metric = json_string_value(json_object_get(object, "metric"));
    if (!settings || !metric) {
        json_decref(object);
        return false;
    }
    Trial trial = {.settings = arena_strdup(t->arena, settings)};
    snprintf(trial.result.metric_name, sizeof trial.result.metric_name, "%s", metric);
    trial.result.metric = json_number_value(json_object_get(object, "value"));
    trial.result.score = json_number_value(json_object_get(object, "score"));
    trial.result.epoch = json_integer_value(json_object_get(object, "epoch"));
    trial.result.weights = json_integer_value(json_object_get(object, "weights"));
    trial.result.memory = json_integer_value(json_object_get(object, "memory"));
    trial.seconds = json_number_value(json_object_get(object, "seconds"));
    vec_push(t->arena, &t->trials, trial);
    json_decref(object);
    return true;
}

static NndStatus read_log(Tune *t, NndError *error)
{
    const char *path = file_in(t, "trials.jsonl");
    t->log = "";
    if (access(path, F_OK))
        return NND_OK;
    NndFile file;
    NndStatus status = nnd_file_read(&file, path, (size_t)1 << 28, error);
    if (status)
        return status;
    t->log = arena_strndup(t->arena, file.data, file.size);
    nnd_file_free(&file);
    const char *line = t->log;
    for (int number = 1; *line; number++) {
        size_t length = strcspn(line, "\n");
        if (!read_trial(t, line, length))
            return nnd_fail(error, NND_EFORMAT, "%s:%d: this is no trial of a search", path, number);
        line += length + (line[length] == '\n');
    }
    return NND_OK;
}

static bool is_done(const Tune *t, const char *settings)
{
    for (int i = 0; i < t->trials.count; i++)
        if (!strcmp(t->trials.data[i].settings, settings))
            return true;
    return false;
}

static const Trial *best_trial(const Tune *t)
{
    const Trial *best = NULL;
    for (int i = 0; i < t->trials.count; i++)
        if (!best || t->trials.data[i].result.score > best->result.score)
            best = &t->trials.data[i];
    return best;
}

/* ---- trials ---- */

static void apply(TrainOptions *o, const char *name, double value)
{
    if (!strcmp(name, "rate"))
        o->rate = value;
    else if (!strcmp(name, "batch"))
        o->batch = (int64_t)value;
    else if (!strcmp(name, "epochs"))
        o->epochs = (int64_t)value;
    else
        vec_push(o->common.arena, &o->common.args, ((ModelArg){name, value}));
}

static int keep_trial(Tune *t, Trial trial)
{
    const Trial *best = best_trial(t);
    const char *model = file_in(t, "trial.model");
    bool better = !best || trial.result.score > best->result.score;
    if (better ? rename(model, file_in(t, "best.model")) : unlink(model))
        return command_fail("%s: %s", model, strerror(errno));
    vec_push(t->arena, &t->trials, trial);
    const TrainResult *r = &trial.result;
    t->log = arena_printf(t->arena,
                          "%s{\"settings\":\"%s\",\"metric\":\"%s\",\"value\":%.9g,\"score\":%.9g,\"epoch\":%lld,"
                          "\"weights\":%lld,\"memory\":%lld,\"seconds\":%.2f}\n",
                          t->log, trial.settings, r->metric_name, r->metric, r->score, (long long)r->epoch,
                          (long long)r->weights, (long long)r->memory, trial.seconds);
    NndError error;
    if (nnd_file_write(file_in(t, "trials.jsonl"), t->log, strlen(t->log), &error))
        return command_fail("%s", error.text);
    return EXIT_FINE;
}

static int run_trial(Tune *t, int64_t setting, const char *settings)
{
    Arena *arena = arena_new();
    TrainOptions o = t->options;
    o.common.arena = arena;
    o.common.quiet = o.common.silent = true;
    o.common.json = false;
    o.common.output = file_in(t, "trial.model");
    for (int i = 0; i < t->axes.count; i++)
        apply(&o, t->axes.data[i].name, value_at(t, setting, i));
    Trial trial = {.settings = settings};
    double start = seconds_now();
    int status = train_model(&o, t->path, arena, &trial.result);
    trial.seconds = seconds_now() - start;
    arena_free(arena);
    unlink(file_in(t, "trial.model.checkpoint"));
    return status ? status : keep_trial(t, trial);
}

static const char *last_line(const char *text)
{
    const char *last = text;
    for (const char *end; (end = strchr(text, '\n')); text = end + 1)
        last = text;
    return last;
}

static void tell_trial(const Tune *t, int64_t number, int64_t count)
{
    const Trial *trial = &t->trials.data[t->trials.count - 1];
    if (t->options.common.json)
        fputs(last_line(t->log), stdout);
    else
        printf("%lld/%lld  %s %.4f  %s  %.1f s\n", (long long)number, (long long)count, trial->result.metric_name,
               trial->result.metric, trial->settings, trial->seconds);
    fflush(stdout);
}

/* ---- the table ---- */

static int by_score(const void *a, const void *b)
{
    double x = ((const Trial *)a)->result.score, y = ((const Trial *)b)->result.score;
    return (x < y) - (x > y);
}

static double memory_of(const Trial *trial)
{
    return (double)trial->result.memory + 4.0 * (double)trial->result.weights;
}

/* Trials are in order of their scores: better ones come first. */
static bool is_on_frontier(const Trial *trials, int at)
{
    for (int i = 0; i < at; i++)
        if (memory_of(&trials[i]) <= memory_of(&trials[at]))
            return false;
    return true;
}

static void print_table(Tune *t)
{
    qsort(t->trials.data, (size_t)t->trials.count, sizeof *t->trials.data, by_score);
    printf("\n  %-14s %6s %12s %12s  %s\n", t->trials.data[0].result.metric_name, "epoch", "weights", "memory MiB", "settings");
    for (int i = 0; i < t->trials.count; i++) {
        const Trial *trial = &t->trials.data[i];
        printf("%c %-14.4f %6lld %12lld %12.2f  %s\n", is_on_frontier(t->trials.data, i) ? '*' : ' ', trial->result.metric,
               (long long)trial->result.epoch, (long long)trial->result.weights, memory_of(trial) / (1 << 20), trial->settings);
    }
    printf("* no other is both better and smaller. Memory: weights and the plan of a training step.\n"
           "The best model is %s\n",
           file_in(t, "best.model"));
}

/* ---- the command ---- */

static bool is_recipe_name(const char *name)
{
    return !strcmp(name, "rate") || !strcmp(name, "batch") || !strcmp(name, "epochs");
}

static int check_names(const Tune *t)
{
    Source *source = read_model_file(t->arena, t->path);
    Unit probe;
    if (!source || !unit_check(&probe, t->arena, source, &t->options.common, NULL, 0, 1000))
        return EXIT_WRONG_INPUT;
    if (!probe.program)
        return command_fail("%s has no model, only layers", t->path);
    for (int i = 0; i < t->axes.count; i++)
        if (!is_recipe_name(t->axes.data[i].name) && !program_has_param(probe.program, t->axes.data[i].name))
            return command_fail("--vary %s: neither a parameter of the model %s nor rate, batch or epochs", t->axes.data[i].name,
                                probe.program->model);
    return EXIT_FINE;
}

static int tune(Tune *t)
{
    NndError error;
    int status = check_names(t);
    if (status)
        return status;
    if (mkdir(t->folder, 0777) && errno != EEXIST)
        return command_fail("%s: %s", t->folder, strerror(errno));
    if (read_log(t, &error))
        return command_fail("%s", error.text);
    int64_t count, *order = choose_settings(t, &count);
    for (int64_t i = 0; i < count && !status; i++) {
        const char *settings = settings_text(t, order[i]);
        if (is_done(t, settings))
            continue;
        status = run_trial(t, order[i], settings);
        if (!status)
            tell_trial(t, i + 1, count);
    }
    if (!status && !t->options.common.json)
        print_table(t);
    return status;
}

static int own_option(const Command *command, Tune *t, int option)
{
    if (option == OPT_VARY)
        return add_axis(command, t, optarg);
    if (option != OPT_RANDOM)
        return train_option(command, &t->options, option);
    if (parse_int(optarg, 1, MOST_TRIALS, &t->random))
        return -1;
    return command_usage(command, "--random needs a number from 1 to %d, found `%s`", MOST_TRIALS, optarg);
}

static int check_usage(const Command *command, Tune *t, int rest)
{
    if (rest != 1)
        return command_usage(command, "one model file is needed");
    if (!t->options.train)
        return command_usage(command, "--train FILE is needed");
    if (!t->options.common.output)
        return command_usage(command, "-o FOLDER is needed: where trials and the best model go");
    if (!t->axes.count)
        return command_usage(command, "--vary NAME=VALUE,VALUE,... is needed");
    if (grid_size(t) > MOST_TRIALS)
        return command_usage(command, "the grid has more than %d settings", MOST_TRIALS);
    return -1;
}

static int run_tune(const Command *command, int argc, char **argv)
{
    Arena *arena = arena_new();
    Tune t = {.arena = arena};
    train_options_init(&t.options, arena);
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;)
        status = own_option(command, &t, option);
    if (status < 0)
        status = check_usage(command, &t, argc - optind);
    if (status < 0)
        status = check_pass_options(command, &t.options.common);
    if (status < 0) {
        t.path = argv[optind];
        t.folder = t.options.common.output;
        status = tune(&t);
    }
    arena_free(arena);
    return status;
}

const Command command_tune = {
    .name = "tune",
    .summary = "search for good settings of a model",
    .help = "Usage: nnd tune MODEL.nnd --train FILE [--valid FILE|SHARE] --vary NAME=VALUE,... -o FOLDER\n\n"
            "Trains the model with every combination of the values and keeps the best by its validation\n"
            "metric: FOLDER/best.model. FOLDER/trials.jsonl has a line for each trial; a search that was\n"
            "interrupted goes on after the last. The table sets the metric against the memory that the\n"
            "compiler plans.\n\n"
            "      --vary NAME=V,V,...  values of a parameter of the model, or of rate, batch or epochs;\n"
            "                           may be given several times\n"
            "      --random N           only N combinations, drawn by the seed\n"
            "      --train FILE         data to train on\n"
            "      --valid FILE|SHARE   data to validate on, or the share of the training data to hold out\n"
            COLUMNS_HELP
            "      --epochs N           overrides the recipe\n"
            "      --batch N            overrides the recipe\n"
            "      --rate X             overrides the recipe's learning rate\n"
            "      --min-count N        words seen less often are unknown (default 1)\n"
            "      --max-vocab N        most words in the vocabulary\n"
            "      --phrases FILE       the lexicon of a model that marks phrases, one a line\n",
    .run = run_tune,
};
