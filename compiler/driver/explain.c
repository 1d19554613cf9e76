/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/explain.h"

#include <stdlib.h>

#include "compiler/ir/lower.h"
#include "runtime/data/file.h"

enum { OPT_DATA = OPTION_OWN, OPT_DELETE };

static const struct option longs[] = {COMMON_LONG_OPTIONS,
                                      DATA_LONG_OPTIONS,
                                      {"data", required_argument, NULL, OPT_DATA},
                                      {"delete", required_argument, NULL, OPT_DELETE},
                                      {NULL, 0, NULL, 0}};

/* ---- the functions ---- */

/* predict, and explain with the derivative by the words' vectors; told if the model has none. */
static bool compile(Explanation *e, const Options *options)
{
    static const char *const functions[] = {"predict", "sensitivity", NULL};
    Diags *diags = diags_new(e->unit.arena);
    e->unit.module = lower_explanation(e->unit.arena, e->unit.program, NND_F32, diags);
    print_diags(diags, options);
    IrFunc *explain = e->unit.module ? ir_module_func(e->unit.module, "explain") : NULL;
    if (!explain) {
        if (e->unit.module)
            command_fail("model %s has no loss, so nothing tells which words matter for it",
                         e->unit.program->model);
        return false;
    }
    if (!pass_sensitivity(explain, "sensitivity", 0)) {
        command_fail("model %s does not look up its words in a table, so there are no vectors to "
                     "tell their part",
                     e->unit.program->model);
        return false;
    }
    unit_keep_functions(&e->unit, functions);
    return unit_compile(&e->unit, options);
}

/* ---- the results ---- */

/* The dimension of the words: that of the argument of tokens. */
static int word_dim(const NndFunctionDesc *function)
{
    for (int i = 0; i < function->arg_count; i++)
        if (function->args[i].kind == NND_ARG_INPUT && function->args[i].dtype == NND_I32)
            return function->args[i].dims[0];
    return -1;
}

static NndStatus find_attentions(Explanation *e, NndError *error)
{
    const NndFunctionDesc *function = nnd_session_function(e->explain);
    int words = word_dim(function), sentences = e->unit.desc->dims[words].parent;
    e->attentions = calloc((size_t)function->result_count, sizeof *e->attentions);
    if (!e->attentions)
        return nnd_fail(error, NND_ENOMEM, "out of memory for attention");
    for (int i = 0; i < function->result_count; i++) {
        const NndValueDesc *result = &function->results[i];
        bool of_words = result->dims[0] == words, of_sentences = result->dims[0] == sentences;
        if (strncmp(result->name, "attention.", 10) || result->rank != 1 ||
            (!of_words && !of_sentences))
            continue;
        size_t count =
            (size_t)(of_sentences ? e->text->sentences : e->text->offsets)[e->data.count];
        Attention *attention = &e->attentions[e->attention_count];
        *attention = (Attention){.name = result->name,
                                 .of_sentences = of_sentences,
                                 .result = i,
                                 .value = malloc((count + 1) * sizeof(float))};
        if (!attention->value)
            return nnd_fail(error, NND_ENOMEM, "out of memory for attention");
        e->attention_count++;
    }
    return NND_OK;
}

/* The loss of a batch is a mean: times its items it is the sum of theirs. */
static void take_batch(Explanation *e, int sensitivity, int64_t first, int64_t count)
{
    const NndColumn *set = e->text;
    const float *norms = nnd_session_result(e->explain, sensitivity);
    for (int64_t i = 0; i < set->offsets[first + count] - set->offsets[first]; i++)
        e->sensitivity[set->offsets[first] + i] = norms[i] * (float)count;
    for (int a = 0; a < e->attention_count; a++) {
        const Attention *attention = &e->attentions[a];
        const int64_t *begins = attention->of_sentences ? set->sentences : set->offsets;
        memcpy(attention->value + begins[first], nnd_session_result(e->explain, attention->result),
               (size_t)(begins[first + count] - begins[first]) * sizeof(float));
    }
}

static NndStatus run_batches(Explanation *e, NndError *error)
{
    int64_t items[NND_PREDICT_BATCH];
    const NndFunctionDesc *function = nnd_session_function(e->explain);
    int sensitivity = function->result_count - 1;
    e->sensitivity = malloc(((size_t)e->text->offsets[e->data.count] + 1) * sizeof *e->sensitivity);
    NndStatus status =
        e->sensitivity ? NND_OK : nnd_fail(error, NND_ENOMEM, "out of memory for the words");
    for (int64_t first = 0; !status && first < e->data.count; first += NND_PREDICT_BATCH) {
        int64_t left = e->data.count - first,
                count = left < NND_PREDICT_BATCH ? left : NND_PREDICT_BATCH;
        for (int64_t i = 0; i < count; i++)
            items[i] = first + i;
        status = nnd_session_batch(e->explain, &e->data, items, count, error);
        if (!status)
            status =
                nnd_session_run(e->explain, engine_call, e->unit.engine, e->unit.pool, 0, 0, error);
        if (!status)
            take_batch(e, sensitivity, first, count);
    }
    return status;
}

double explain_probability(const NndPrediction *prediction, int64_t item, int32_t label)
{
    const NndScores *output = &prediction->outputs[0];
    const float *scores = output->data + output->begins[item];
    int64_t width = output->begins[item + 1] - output->begins[item];
    if (width == 1)
        return label ? (double)scores[0] : 1 - (double)scores[0];
    return label < width ? (double)scores[label] : 0;
}

const char *explain_class(const Explanation *e, int32_t label, char *room, size_t size)
{
    const NndClasses *classes = &e->model.fields.items[e->target - e->data.columns].classes;
    if (label < classes->count)
        return classes->names[label];
    snprintf(room, size, "%d", (int)label);
    return room;
}

/* Predicted classes, which stand for labels that the file does not have. */
static NndStatus classify(Explanation *e, NndError *error)
{
    const NndField *target = &e->model.fields.items[e->target - e->data.columns];
    NndStatus status = nnd_predict(&e->prediction, e->predict, &e->data, NND_PREDICT_BATCH,
                                   engine_call, e->unit.engine, e->unit.pool, error);
    if (status)
        return status;
    size_t room = (size_t)e->data.count + 1;
    e->labelled = e->target->labels;
    e->predicted = malloc(room * sizeof *e->predicted);
    if (!e->labelled)
        e->target->labels = malloc(room * sizeof *e->target->labels);
    if (!e->predicted || !e->target->labels)
        return nnd_fail(error, NND_ENOMEM, "out of memory for the classes");
    const NndScores *scores = &e->prediction.outputs[0];
    for (int64_t i = 0; i < e->data.count; i++) {
        int64_t width = scores->begins[i + 1] - scores->begins[i];
        e->predicted[i] = nnd_predicted_class(target, scores->data + scores->begins[i], width);
        if (!e->labelled)
            e->target->labels[i] = e->predicted[i];
    }
    return NND_OK;
}

/* ---- the data ---- */

static bool has_ending(const char *path, const char *ending)
{
    size_t length = strlen(path), size = strlen(ending);
    return length > size && !strcmp(path + length - size, ending);
}

/* Whether the file tells the target: NAME.tsv does, unless --columns leaves it out. */
static bool tells_target(const char *path, const char *columns, const char *target)
{
    if (!columns)
        return has_ending(path, ".tsv") || has_ending(path, ".tsv.gz");
    for (size_t size; *columns; columns += size + (columns[size] == ',')) {
        size = strcspn(columns, ",");
        if (size == strlen(target) && !memcmp(columns, target, size))
            return true;
    }
    return false;
}

static NndStatus load_data(Explanation *e, const char *path, const char *columns, NndError *error)
{
    const NndFields *fields = &e->model.fields;
    int target = nnd_fields_only_class(fields);
    if (target < 0 || fields->count != 2 || fields->items[1 - target].kind != NND_FIELD_TEXT)
        return nnd_fail(error, NND_EINVAL,
                        "model %s is not one that reads a text and tells one class",
                        e->unit.program->model);
    NndDataWish wish = {columns, tells_target(path, columns, fields->items[target].name)};
    NndStatus status = nnd_dataset_load(&e->data, path, fields, wish, error);
    if (status)
        return status;
    e->target = &e->data.columns[target];
    e->text = &e->data.columns[1 - target];
    if (!e->data.count)
        return nnd_fail(error, NND_EINVAL, "%s: no texts", path);
    return encode_data(&e->data, e->model.vocab, e->explain, path, error);
}

static NndStatus explain_data(Explanation *e, const char *path, const char *columns,
                              NndError *error)
{
    const NndModuleDesc *desc = e->unit.desc;
    NndStatus status = nnd_session_new(&e->predict, desc, "predict", error);
    if (!status)
        status = nnd_session_new(&e->explain, desc, "sensitivity", error);
    if (!status)
        status = nnd_model_bind(&e->model, desc, e->predict, error);
    if (!status)
        status = nnd_model_bind(&e->model, desc, e->explain, error);
    if (!status)
        status = load_data(e, path, columns, error);
    if (!status)
        status = find_attentions(e, error);
    if (!status)
        status = classify(e, error);
    return status ? status : run_batches(e, error);
}

/* ---- telling ---- */

static void print_deletion(FILE *out, const Deletion *rows, int most, int64_t items, bool json)
{
    if (!json)
        fprintf(out,
                "probability of the true class, mean of %lld items\ndeleted\tmost decisive\tby "
                "chance\n",
                (long long)items);
    for (int k = 0; k <= most; k++)
        fprintf(out,
                json ? "{\"deleted\":%d,\"items\":%lld,\"decisive\":%.6f,\"random\":%.6f}\n"
                     : "%d%.0lld\t%.6f\t%.6f\n",
                k, json ? (long long)items : 0LL, rows[k].decisive, rows[k].random);
}

static NndStatus tell_deletion(Explanation *e, int most, const Options *options, NndError *error)
{
    int64_t items;
    Deletion *rows = ARENA_ARRAY(e->unit.arena, Deletion, most + 1);
    NndStatus status = explain_delete(rows, &items, e, most, options->seed, options->quiet, error);
    if (!status)
        print_deletion(stdout, rows, most, items, options->json);
    return status;
}

static NndStatus write_page(const Explanation *e, const char *model, const Options *options,
                            NndError *error)
{
    char *page;
    size_t size;
    NndStatus status = explain_html(&page, &size, e, model, error);
    if (!status)
        status = nnd_file_write(options->output, page, size, error);
    free(page);
    return status;
}

static int explain(Explanation *e, Arena *arena, const char *path, const char *data, int most,
                   const Options *options)
{
    if (!unit_open_model(&e->unit, arena, path, options, &e->model))
        return EXIT_WRONG_INPUT;
    if (!compile(e, options))
        return EXIT_WRONG_INPUT;
    NndError error;
    NndStatus status = explain_data(e, data, options->columns, &error);
    if (!status && options->output)
        status = write_page(e, e->unit.program->model, options, &error);
    if (!status && most)
        status = tell_deletion(e, most, options, &error);
    if (status)
        return command_fail("%s", error.text);
    if (!options->output && !most)
        explain_print(stdout, e, options->json);
    if (fflush(stdout) || ferror(stdout))
        return command_fail("cannot write the explanation");
    return EXIT_FINE;
}

static void clean_up(Explanation *e)
{
    for (int i = 0; i < e->attention_count; i++)
        free(e->attentions[i].value);
    free(e->attentions);
    free(e->sensitivity);
    free(e->predicted);
    nnd_prediction_free(&e->prediction);
    nnd_dataset_free(&e->data);
    nnd_session_free(e->predict);
    nnd_session_free(e->explain);
    nnd_model_free(&e->model);
    unit_free(&e->unit);
}

static int run_explain(const Command *command, int argc, char **argv)
{
    enum { MOST = 1000 };
    Arena *arena = arena_new();
    Options options;
    options_init(&options, arena);
    const char *data = "-";
    int64_t most = 0;
    int status = -1;
    for (int option; status < 0 &&
                     (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;) {
        if (option == OPT_DATA)
            data = optarg;
        else if (option == OPT_DELETE && !parse_int(optarg, 1, MOST, &most))
            status = command_usage(command, "--delete needs a number from 1 to %d, found `%s`",
                                   MOST, optarg);
        else if (option != OPT_DELETE)
            status = option_common(command, &options, option);
    }
    if (status < 0 && argc - optind != 1)
        status = command_usage(command, "one model file is needed");
    if (status < 0)
        status = check_pass_options(command, &options);
    if (status < 0) {
        Explanation e = {0};
        status = explain(&e, arena, argv[optind], data, (int)most, &options);
        clean_up(&e);
    }
    arena_free(arena);
    return status;
}

const Command command_explain = {
    .name = "explain",
    .summary = "tell which words decided",
    .help = "Usage: nnd explain FILE.model [--data FILE] [-o PAGE.html] [OPTION]...\n\n"
            "For each word of each text its sensitivity: the l1 norm of the derivative of the loss "
            "by the\n"
            "word's vector, for the text's label, or the predicted class if it has none; and the "
            "values of\n"
            "all bindings called `attention`. Prints a table, a row a word (with --json an object "
            "a text).\n\n"
            "      --data FILE          texts, with labels or without (default: standard input, a "
            "text a line)\n"
            "      --columns A,B,_      which field each column of the file fills\n"
            "  -o, --output FILE.html   draw it instead, as a page that needs nothing else\n"
            "      --delete N           instead, the word-deletion test: the probability of the "
            "true class when\n"
            "                           0 to N words are deleted, the most decisive ones and words "
            "by chance\n",
    .run = run_explain,
};
