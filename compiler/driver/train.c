/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/driver/train.h"
#include "compiler/driver/trainer.h"
#include "compiler/passes/passes.h"

static const struct option longs[] = {COMMON_LONG_OPTIONS,
                                      DATA_LONG_OPTIONS,
                                      TRAIN_LONG_OPTIONS,
                                      {"resume", no_argument, NULL, OPT_RESUME},
                                      {"run", required_argument, NULL, OPT_RUN},
                                      {NULL, 0, NULL, 0}};

static int want_count(const Command *command, const char *name, int64_t *out)
{
    if (parse_int(optarg, 1, INT32_MAX, out))
        return -1;
    return command_usage(command, "--%s needs a whole number from 1, found `%s`", name, optarg);
}

/* A file, or the share of the training data to hold out. */
static void set_valid(TrainOptions *o, const char *text)
{
    double share;
    if (parse_double(text, &share) && share >= 0 && share < 1)
        o->hold_out = share;
    else
        o->valid = text;
}

int train_option(const Command *command, TrainOptions *o, int option)
{
    switch (option) {
    case OPT_TRAIN: o->train = optarg; return -1;
    case OPT_VALID: set_valid(o, optarg); return -1;
    case OPT_EPOCHS: return want_count(command, "epochs", &o->epochs);
    case OPT_BATCH: return want_count(command, "batch", &o->batch);
    case OPT_MIN_COUNT: return want_count(command, "min-count", &o->min_count);
    case OPT_MAX_VOCAB: return want_count(command, "max-vocab", &o->max_vocab);
    case OPT_PHRASES: o->phrases = optarg; return -1;
    case OPT_RUN: o->run_folder = optarg; return -1;
    case OPT_RESUME: o->resume = true; return -1;
    case OPTION_WEIGHTS:
        return command_usage(command, "--weights is for trained models: a step of training changes weights by less than bf16 can tell");
    case OPT_RATE:
        if (parse_double(optarg, &o->rate) && o->rate > 0)
            return -1;
        return command_usage(command, "--rate needs a number above 0, found `%s`", optarg);
    default: return option_common(command, &o->common, option);
    }
}

static int parse_options(const Command *command, int argc, char **argv, TrainOptions *o, const char **path)
{
    for (int option; (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;) {
        int status = train_option(command, o, option);
        if (status >= 0)
            return status;
    }
    if (argc - optind != 1)
        return command_usage(command, "one model file is needed");
    if (!o->train)
        return command_usage(command, "--train FILE is needed");
    if (!o->common.output)
        return command_usage(command, "-o FILE is needed: where the trained model goes");
    *path = argv[optind];
    return check_pass_options(command, &o->common);
}

/* ---- data ---- */

/* The classes of the training data are those of the model. */
static NndStatus keep_classes(Trainer *t, NndError *error)
{
    NndStatus status = NND_OK;
    for (int i = 0; i < t->fields.count && !status; i++)
        status = nnd_classes_copy(&t->fields.items[i].classes, &t->train.columns[i].classes, error);
    return status;
}

static NndStatus load_data(Trainer *t, const TrainOptions *o, const Program *program, NndError *error)
{
    NndDataWish wish = {.columns = o->common.columns, .targets = true};
    NndStatus status = program_fields(&t->fields, program, error);
    if (!status)
        status = nnd_dataset_load(&t->train, o->train, &t->fields, wish, error);
    if (!status && !t->train.count)
        status = nnd_fail(error, NND_EINVAL, "%s: there are no items in it", o->train);
    if (!status)
        status = keep_classes(t, error);
    if (!status && o->valid)
        status = nnd_dataset_load(&t->valid, o->valid, &t->fields, wish, error);
    double share = o->valid ? 0 : o->hold_out >= 0 ? o->hold_out : program->recipe.hold_out;
    if (!status)
        status = nnd_dataset_split(&t->split, &t->train, share, o->fold, o->common.seed, error);
    return status;
}

static NndStatus make_vocab(Trainer *t, const TrainOptions *o, NndError *error)
{
    bool texts = false;
    for (int i = 0; i < t->fields.count; i++)
        texts |= t->fields.items[i].kind == NND_FIELD_TEXT;
    if (!texts)
        return NND_OK;
    NndStatus status = nnd_dataset_vocab(&t->vocab, &t->train, t->split.train, t->split.train_count, o->min_count,
                                         (int32_t)o->max_vocab, error);
    NndPhrases *phrases = NULL;
    if (!status && o->phrases)
        status = nnd_phrases_read(&phrases, o->phrases, error);
    if (!status)
        nnd_vocab_set_phrases(t->vocab, phrases);
    return status;
}

static bool is_given(const Options *options, const char *name)
{
    for (int i = 0; i < options->args.count; i++)
        if (!strcmp(options->args.data[i].name, name))
            return true;
    return false;
}

typedef VEC(ModelArg) ModelArgs;

/* A parameter of the model that the data decides, if it has it and it is not given. */
static void add_arg(ModelArgs *args, Arena *arena, const Options *options, const Program *probe, const char *name, int64_t value)
{
    if (program_has_param(probe, name) && !is_given(options, name))
        vec_push(arena, args, ((ModelArg){name, (double)value}));
}

/* `vocab`; `TARGET_classes`, or `classes` if only one target is a class; whether phrases are marked. */
static ModelArgs data_args(const Trainer *t, const Options *options, const Program *probe, Arena *arena)
{
    ModelArgs args = {0};
    if (t->vocab)
        add_arg(&args, arena, options, probe, "vocab", nnd_vocab_size(t->vocab));
    for (int i = 0; i < t->fields.count; i++) {
        const NndField *field = &t->fields.items[i];
        if (field->classes.count < 2)
            continue;
        add_arg(&args, arena, options, probe, arena_printf(arena, "%s_classes", field->name), field->classes.count);
        if (nnd_fields_only_class(&t->fields) == i)
            add_arg(&args, arena, options, probe, "classes", field->classes.count);
    }
    for (int i = 0; t->vocab && nnd_vocab_phrases(t->vocab) && i < probe->params.count; i++)
        if (!strcmp(probe->params.data[i].kind, "input"))
            add_arg(&args, arena, options, probe, probe->params.data[i].name, 1);
    return args;
}

/* ---- the command ---- */

static void override(Recipe *recipe, const TrainOptions *o)
{
    recipe->epochs = o->epochs ? (int)o->epochs : recipe->epochs;
    recipe->batch = o->batch ? (int)o->batch : recipe->batch;
    recipe->rate = o->rate > 0 ? o->rate : recipe->rate;
}

static NndStatus check_phrases(const Trainer *t, const TrainOptions *o, NndError *error)
{
    bool wanted = nnd_session_wants_phrases(t->step);
    if (wanted && !o->phrases)
        return nnd_fail(error, NND_EINVAL, "the model %s marks phrases: --phrases FILE is needed", t->unit.program->model);
    if (!wanted && o->phrases)
        return nnd_fail(error, NND_EINVAL, "%s: the model %s marks no phrases", o->phrases, t->unit.program->model);
    return NND_OK;
}

static NndStatus make_sessions(Trainer *t, const TrainOptions *o, NndError *error)
{
    NndStatus status = nnd_session_new(&t->step, t->unit.desc, "step", error);
    if (!status)
        status = nnd_session_new(&t->eval, t->unit.desc, "eval", error);
    if (!status)
        status = check_phrases(t, o, error);
    if (!status)
        status = encode_data(&t->train, t->vocab, t->step, o->train, error);
    if (!status && t->valid.count)
        status = encode_data(&t->valid, t->vocab, t->eval, o->valid, error);
    return status;
}

/* Steps of rows are counted by floats. */
static NndStatus check_steps(const Trainer *t, NndError *error)
{
    const NndFunctionDesc *step = nnd_session_function(t->step);
    int64_t steps = t->recipe->epochs * trainer_batches(t);
    for (int i = 0; i < step->arg_count && steps > OPTIMISER_MOST_STEPS; i++)
        if (state_counts_steps(&step->args[i]))
            return nnd_fail(error, NND_EINVAL, "%lld steps are more than a row of a table can count (%d): try --without touched-rows",
                            (long long)steps, OPTIMISER_MOST_STEPS);
    return NND_OK;
}

static NndStatus set_up(Trainer *t, const TrainOptions *o, NndError *error)
{
    NndStatus status = make_sessions(t, o, error);
    if (!status)
        status = check_steps(t, error);
    if (!status)
        status = slots_new(&t->slots, t->unit.desc, nnd_session_function(t->step),
                           ir_module_func(t->unit.module, "step"), error);
    if (status)
        return status;
    t->state.thresholds = ARENA_ARRAY(t->unit.arena, double, t->fields.count + 1);
    for (int i = 0; i < t->fields.count; i++)
        t->state.thresholds[i] = NAN;
    slots_initialise(&t->slots, t->unit.program, o->common.seed);
    return o->resume ? checkpoint_load(t, error)
                     : slots_start(&t->slots, t->recipe, t->vocab, o->common.quiet || o->common.json, error);
}

static void print_summary(const Trainer *t)
{
    if (t->options->json || t->options->quiet)
        return;
    int64_t weights = 0;
    for (int i = 0; i < t->slots.count; i++)
        weights += t->slots.items[i].is_weight ? t->slots.items[i].count : 0;
    printf("%s: %lld weights; %lld items to train on, %lld to validate; engine %s\n", t->unit.program->model,
           (long long)weights, (long long)t->split.train_count,
           (long long)(t->valid.count ? t->valid.count : t->split.valid_count), t->unit.engine->name);
    fflush(stdout);
}

/* n / (classes · n of the class), as scikit-learn has it: all classes weigh the same in sum. */
static void balance_classes(const Trainer *t, Recipe *recipe, Arena *arena)
{
    const NndColumn *column = &t->train.columns[nnd_fields_only_class(&t->fields)];
    int classes = column->classes.count;
    int64_t *counts = ARENA_ARRAY(arena, int64_t, classes + 1);
    for (int64_t i = 0; i < t->split.train_count; i++)
        counts[column->labels[t->split.train[i]]]++;
    recipe->class_weights = ARENA_ARRAY(arena, double, classes + 1);
    recipe->class_weight_count = classes;
    for (int i = 0; i < classes; i++)
        recipe->class_weights[i] = counts[i] ? (double)t->split.train_count / ((double)classes * (double)counts[i]) : 1;
}

/* A label that the loss does not know would count as no label at all. */
static bool check_classes(const Trainer *t, const TrainOptions *o)
{
    const Program *program = t->unit.program;
    for (int i = 0; i < program->inputs.count; i++) {
        const ProgramInput *input = &program->inputs.data[i];
        const NndColumn *column = nnd_dataset_column(&t->train, input->name);
        if (!input->target || !input->classes || column->classes.count <= input->classes)
            continue;
        command_fail("%s: the data has %d classes of `%s`, but the model %s tells %lld apart", o->train,
                     (int)column->classes.count, input->name, program->model, (long long)input->classes);
        return false;
    }
    return true;
}

static bool compile(Trainer *t, const TrainOptions *o, const Program *probe, Arena *arena)
{
    ModelArgs args = data_args(t, &o->common, probe, arena);
    if (!unit_check(&t->unit, arena, t->source, &o->common, args.data, args.count, 0))
        return false;
    if (!check_classes(t, o))
        return false;
    override(&t->unit.program->recipe, o);
    if (t->unit.program->recipe.balanced)
        balance_classes(t, &t->unit.program->recipe, arena);
    if (!unit_lower(&t->unit, &o->common))
        return false;
    t->recipe = &t->unit.program->recipe;
    return step_build(&t->unit, t->recipe) && unit_compile(&t->unit, &o->common);
}

static int train(Trainer *t, const TrainOptions *o, const char *path, Arena *arena)
{
    Unit probe;
    NndError error;
    t->source = read_model_file(arena, path);
    if (!t->source || !unit_check(&probe, arena, t->source, &o->common, NULL, 0, NND_FIRST_WORD + 1))
        return EXIT_WRONG_INPUT;
    if (!probe.program)
        return command_fail("%s has no model, only layers", path);
    NndStatus status = load_data(t, o, probe.program, &error);
    if (!status)
        status = make_vocab(t, o, &error);
    if (status)
        return command_fail("%s", error.text);
    if (!compile(t, o, probe.program, arena))
        return EXIT_WRONG_INPUT;
    status = set_up(t, o, &error);
    if (!status)
        status = run_folder_begin(t, &error);
    if (!status) {
        print_summary(t);
        status = trainer_run(t, &error);
    }
    return status ? command_fail("%s", error.text) : EXIT_FINE;
}

static void clean_up(Trainer *t)
{
    slots_free(&t->slots);
    nnd_session_free(t->step);
    nnd_session_free(t->eval);
    nnd_split_free(&t->split);
    nnd_dataset_free(&t->train);
    nnd_dataset_free(&t->valid);
    nnd_fields_free(&t->fields);
    nnd_vocab_free(t->vocab);
    unit_free(&t->unit);
}

static void tell_result(const Trainer *t, TrainResult *result)
{
    const TrainState *state = &t->state;
    snprintf(result->metric_name, sizeof result->metric_name, "%s", trainer_metric(t));
    result->score = state->best_metric;
    result->metric = trainer_metric_is_negated(t, trainer_metric(t)) ? -state->best_metric : state->best_metric;
    result->epoch = (int64_t)ceil(trainer_epoch(t, state->best_iteration));
    for (int i = 0; i < t->slots.count; i++)
        result->weights += t->slots.items[i].is_weight ? t->slots.items[i].count : 0;
    result->memory = (int64_t)t->unit.engine->stats(t->unit.engine).arena_bytes;
}

static void add_test(TrainResult *result, Arena *arena, const char *name, double value)
{
    vec_push(arena, &result->test, ((NamedValue){name, value}));
}

static void tell_test(TrainResult *result, const Evaluation *e, Arena *arena)
{
    result->test_items = e->count;
    add_test(result, arena, "loss", e->loss);
    for (int i = 0; i < e->metric_count; i++)
        add_test(result, arena, e->metric_names[i], e->metrics[i]);
    for (int i = 0; i < e->target_count; i++) {
        const TargetEvaluation *target = &e->targets[i];
        const char *prefix = evaluation_prefix(arena, e, i, '.');
        for (int k = 0; k < target->measure_count; k++)
            add_test(result, arena, arena_printf(arena, "%s%s", prefix, target->measures[k].key), target->measures[k].value);
        if (!target->binary)
            continue;
        add_test(result, arena, arena_printf(arena, "%sprecision", prefix), target->at_cutoff.precision);
        add_test(result, arena, arena_printf(arena, "%srecall", prefix), target->at_cutoff.recall);
        add_test(result, arena, arena_printf(arena, "%sf1", prefix), target->at_cutoff.f1);
    }
}

static int test(Trainer *t, const TrainOptions *o, Arena *arena, TrainResult *result)
{
    NndError error;
    Evaluation e;
    if (set_thresholds(&t->fields, o->threshold, arena, &error) || trainer_test(t, &e, &error))
        return command_fail("%s", error.text);
    tell_test(result, &e, arena);
    return EXIT_FINE;
}

void train_options_init(TrainOptions *o, Arena *arena)
{
    *o = (TrainOptions){.hold_out = -1, .min_count = 1};
    options_init(&o->common, arena);
}

int train_model(const TrainOptions *o, const char *path, Arena *arena, TrainResult *result)
{
    Trainer t = {.options = &o->common, .out_path = o->common.output, .run_folder = o->run_folder, .history = "",
                 .state = {.best_iteration = -1}};
    int status = train(&t, o, path, arena);
    if (status == EXIT_FINE && result) {
        *result = (TrainResult){0};
        tell_result(&t, result);
        status = o->fold.count ? test(&t, o, arena, result) : status;
    }
    clean_up(&t);
    return status;
}

static int run_train(const Command *command, int argc, char **argv)
{
    Arena *arena = arena_new();
    TrainOptions o;
    train_options_init(&o, arena);
    const char *path = NULL;
    int status = parse_options(command, argc, argv, &o, &path);
    if (status < 0)
        status = train_model(&o, path, arena, NULL);
    arena_free(arena);
    return status;
}

const Command command_train = {
    .name = "train",
    .summary = "train a model on data",
    .help = "Usage: nnd train MODEL.nnd --train FILE [--valid FILE|SHARE] -o OUT.model [OPTION]...\n\n"
            "Trains by the model's `train` block. Data: NAME.tsv, an item a line, the model's targets and then its\n"
            "inputs parted by tabs (or under a header with their names), or images and labels in IDX format;\n"
            "also gzip-compressed. Writes OUT.model when done and OUT.model.checkpoint meanwhile.\n\n"
            "      --train FILE         data to train on\n"
            "      --valid FILE|SHARE   data to validate on, or the share of the training data to hold out\n"
            COLUMNS_HELP
            "      --epochs N           overrides the recipe\n"
            "      --batch N            overrides the recipe\n"
            "      --rate X             overrides the recipe's learning rate\n"
            "      --min-count N        words seen less often are unknown (default 1)\n"
            "      --max-vocab N        most words in the vocabulary\n"
            "      --phrases FILE       the lexicon of a model that marks phrases, one a line\n"
            "      --run FOLDER         after each validation, write history.jsonl and curves.html there\n"
            "      --resume             go on from OUT.model.checkpoint\n",
    .run = run_train,
};
