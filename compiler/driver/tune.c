/* SPDX-License-Identifier: Apache-2.0
 *
 * Search for hyper-parameters: a training for each setting of a grid, or of a
 * sample of it. What is done is kept in a folder (trials.h), so that a search
 * goes on where it was interrupted.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/driver/progress.h"
#include "compiler/driver/trials.h"
#include "compiler/driver/unit.h"
#include "runtime/random.h"

enum { OPT_VARY = OPT_TRAIN_END, OPT_RANDOM, OPT_WITHIN };
enum { MOST_TRIALS = 10000, STREAM_TUNE = 0x7ffffffd };

typedef struct Axis {
    const char *name; /* a parameter of the model, or rate, batch, epochs */
    VEC(double) values;
} Axis;

typedef struct Tune {
    Arena *arena;
    TrainOptions options;
    const char *path;
    VEC(Axis) axes;
    int64_t random; /* how many settings to draw; 0: all */
    Trials trials;
} Tune;

static const struct option longs[] = {COMMON_LONG_OPTIONS,
                                      DATA_LONG_OPTIONS,
                                      TRAIN_LONG_OPTIONS,
                                      {"vary", required_argument, NULL, OPT_VARY},
                                      {"random", required_argument, NULL, OPT_RANDOM},
                                      {"within", required_argument, NULL, OPT_WITHIN},
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

static int run_trial(Tune *t, int64_t setting, const char *settings)
{
    Arena *arena = arena_new();
    TrainOptions o = t->options;
    o.common.arena = arena;
    o.common.quiet = o.common.silent = true;
    o.common.json = false;
    o.common.output = trials_file(&t->trials, "trial.model");
    for (int i = 0; i < t->axes.count; i++)
        apply(&o, t->axes.data[i].name, value_at(t, setting, i));
    Trial trial = {.settings = settings};
    double start = seconds_now();
    int status = train_model(&o, t->path, arena, &trial.result);
    trial.seconds = seconds_now() - start;
    arena_free(arena);
    unlink(trials_file(&t->trials, "trial.model.checkpoint"));
    NndError error;
    if (!status && trials_add(&t->trials, trial, o.common.output, &error))
        return command_fail("%s", error.text);
    return status;
}

static void tell_trial(const Tune *t, int64_t number, int64_t count)
{
    const Trial *trial = &t->trials.all.data[t->trials.all.count - 1];
    if (t->options.common.json)
        puts(trial_json(t->arena, trial));
    else
        printf("%lld/%lld  %s %.4f  %s  %.1f s\n", (long long)number, (long long)count, trial->result.metric_name,
               trial->result.metric, trial->settings, trial->seconds);
    fflush(stdout);
}

/* ---- the table ---- */

static int by_score(const void *a, const void *b)
{
    const Trial *s = a, *t = b;
    if (s->result.score != t->result.score)
        return s->result.score < t->result.score ? 1 : -1;
    return s->number - t->number;
}

static void print_row(const Trial *trial, char mark)
{
    printf("%c %-14.4f %6lld %12lld %12.2f  %s\n", mark, trial->result.metric,
           (long long)trial->result.epoch, (long long)trial->result.weights,
           (double)trial_memory(trial) / (1 << 20), trial->settings);
}

static void print_table(Trials *t)
{
    qsort(t->all.data, (size_t)t->all.count, sizeof *t->all.data, by_score);
    const Trial *chosen = trials_chosen(t);
    printf("\n  %-14s %6s %12s %12s  %s\n", chosen->result.metric_name, "epoch", "weights", "memory MiB", "settings");
    for (int i = 0; i < t->all.count; i++) {
        const Trial *trial = &t->all.data[i];
        print_row(trial, trial == chosen ? '>' : trials_on_frontier(t, trial) ? '*' : ' ');
    }
    printf("* no other is as good and as small. Memory: weights and the plan of a training step.\n"
           "> the smallest within %g of the best: %s\n",
           t->within, trials_file(t, "best.model"));
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
    if (mkdir(t->trials.folder, 0777) && errno != EEXIST)
        return command_fail("%s: %s", t->trials.folder, strerror(errno));
    if (trials_read(&t->trials, &error))
        return command_fail("%s", error.text);
    int64_t count, *order = choose_settings(t, &count);
    for (int64_t i = 0; i < count && !status; i++) {
        const char *settings = settings_text(t, order[i]);
        if (trials_have(&t->trials, settings))
            continue;
        status = run_trial(t, order[i], settings);
        if (!status)
            tell_trial(t, i + 1, count);
    }
    if (!status && t->options.common.json)
        printf("{\"chosen\":%s}\n", trial_json(t->arena, trials_chosen(&t->trials)));
    else if (!status)
        print_table(&t->trials);
    return status;
}

static int own_option(const Command *command, Tune *t, int option)
{
    switch (option) {
    case OPT_VARY: return add_axis(command, t, optarg);
    case OPT_RANDOM:
        if (parse_int(optarg, 1, MOST_TRIALS, &t->random))
            return -1;
        return command_usage(command, "--random needs a number from 1 to %d, found `%s`", MOST_TRIALS, optarg);
    case OPT_WITHIN:
        if (parse_double(optarg, &t->trials.within) && t->trials.within >= 0)
            return -1;
        return command_usage(command, "--within needs a tolerance of the metric, 0 or more, found `%s`", optarg);
    default: return train_option(command, &t->options, option);
    }
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
    Tune t = {.arena = arena, .trials = {.arena = arena}};
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
        t.trials.folder = t.options.common.output;
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
            "metric, or the smallest that is almost as good: FOLDER/best.model. FOLDER/trials.jsonl has a\n"
            "line for each trial; a search that was interrupted goes on after the last. The table sets the\n"
            "metric against the memory that the compiler plans. FOLDER/trial-N.model is the model of line N,\n"
            "if no other is as good and as small.\n\n"
            "      --vary NAME=V,V,...  values of a parameter of the model, or of rate, batch or epochs;\n"
            "                           may be given several times\n"
            "      --random N           only N combinations, drawn by the seed\n"
            "      --within X           choose the trial of least memory whose metric is at most X from the\n"
            "                           best (default 0); of a search that is done, without training again\n"
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
