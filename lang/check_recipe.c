/* SPDX-License-Identifier: Apache-2.0
 *
 * The `train` block.
 */
#include "lang/check.h"

void recipe_defaults(Recipe *recipe)
{
    *recipe = (Recipe){.optimiser = OPTIMISER_ADADELTA,
                       .rate = 1,
                       .rho = 0.95,
                       .epsilon = 1e-6,
                       .beta1 = 0.9,
                       .beta2 = 0.999,
                       .batch = 32,
                       .epochs = 10};
}

static void wrong_name(Checker *c, Span span, const char *what, const char *name,
                       const char *const *names, int count)
{
    Diag *d = noted(c, diag_report(c->diags, span, E_TRAIN_NAME, name, what));
    const char *near = diag_nearest(name, names, count);
    if (near) {
        diag_help(c->diags, d, "did you mean `%s`?", near);
        return;
    }
    const char *list = names[0];
    for (int i = 1; i < count; i++)
        list = arena_printf(c->arena, "%s, %s", list, names[i]);
    diag_note(c->diags, d, "possible are %s", list);
}

static void wrong_value(Checker *c, const Node *node, const char *name, const char *expected)
{
    noted(c, diag_report(c->diags, node->span, E_TRAIN_VALUE, name, expected));
}

static bool read_number(Checker *c, const Node *node, const char *name, double low, double high,
                        double *out)
{
    Value *value = eval(c, node);
    double number;
    bool unknown;
    if (value->kind == V_ERROR)
        return false;
    if (!value_as_number(value, &number, &unknown) || number < low || number > high) {
        wrong_value(
            c, node, name,
            arena_printf(c->arena,
                         high < 1e300 ? "a number from %g to %g" : "a number of at least %g", low,
                         high));
        return false;
    }
    *out = number;
    return true;
}

static void read_int(Checker *c, const Node *node, const char *name, int *out)
{
    double number;
    if (!read_number(c, node, name, -1e300, 1e300, &number))
        return;
    if (number >= 1 && number <= 1e9 && number == (double)(int)number)
        *out = (int)number;
    else
        wrong_value(c, node, name, "a whole number of at least 1");
}

static void read_bool(Checker *c, const Node *node, const char *name, bool *out)
{
    Value *value = eval(c, node);
    if (value->kind == V_BOOL)
        *out = value->number != 0;
    else if (value->kind != V_ERROR)
        wrong_value(c, node, name, "true or false");
}

/* ---- optimisers ---- */

typedef struct OptimiserRow {
    const char *name;
    OptimiserName kind;
    double rate, epsilon, rho; /* defaults */
    int count; /* of options */
    const char *options[6];
} OptimiserRow;

static const OptimiserRow optimisers[] = {
    {"sgd", OPTIMISER_SGD, 0.01, 1e-6, 0.95, 4, {"rate", "momentum", "nesterov", "weight_decay"}},
    {"adadelta", OPTIMISER_ADADELTA, 1, 1e-6, 0.95, 4, {"rho", "epsilon", "rate", "weight_decay"}},
    {"rmsprop", OPTIMISER_RMSPROP, 0.001, 1e-8, 0.9, 4, {"rho", "epsilon", "rate", "weight_decay"}},
    {"adam", OPTIMISER_ADAM, 0.001, 1e-8, 0.95, 5, {"rate", "beta1", "beta2", "epsilon", "weight_decay"}},
};
enum { OPTIMISER_COUNT = sizeof optimisers / sizeof *optimisers };

static void optimiser_option(Checker *c, Recipe *recipe, const OptimiserRow *row, const Node *arg)
{
    const Node *value = arg->kids[0];
    const struct {
        const char *name;
        double low, high, *out;
    } numbers[] = {
        {"rate", 0, 1e300, &recipe->rate},
        {"momentum", 0, 1, &recipe->momentum},
        {"rho", 0, 1, &recipe->rho},
        {"epsilon", 0, 1e300, &recipe->epsilon},
        {"beta1", 0, 1, &recipe->beta1},
        {"beta2", 0, 1, &recipe->beta2},
        {"weight_decay", 0, 1e300, &recipe->weight_decay},
    };
    for (int i = 0; i < row->count; i++) {
        if (strcmp(row->options[i], arg->name))
            continue;
        if (!strcmp(arg->name, "nesterov"))
            read_bool(c, value, arg->name, &recipe->nesterov);
        for (size_t j = 0; j < sizeof numbers / sizeof *numbers; j++)
            if (!strcmp(numbers[j].name, arg->name))
                read_number(c, value, arg->name, numbers[j].low, numbers[j].high, numbers[j].out);
        return;
    }
    wrong_name(c, arg->name_span, arena_printf(c->arena, "option of `%s`", row->name), arg->name,
               row->options, row->count);
}

/* A call `name(...)`, or just the name. */
static const Node *callee_of(const Node *node)
{
    return node->kind == N_CALL ? node->kids[0] : node;
}

static void read_optimiser(Checker *c, Recipe *recipe, const Node *node)
{
    const Node *callee = callee_of(node);
    const char *names[OPTIMISER_COUNT];
    const OptimiserRow *row = NULL;
    for (int i = 0; i < OPTIMISER_COUNT; i++) {
        names[i] = optimisers[i].name;
        if (callee->kind == N_NAME && !strcmp(callee->name, names[i]))
            row = &optimisers[i];
    }
    if (!row) {
        wrong_name(c, callee->span, "optimiser", report_snippet(c, callee->span), names,
                   OPTIMISER_COUNT);
        return;
    }
    recipe->optimiser = row->kind;
    recipe->rate = row->rate;
    recipe->epsilon = row->epsilon;
    recipe->rho = row->rho;
    for (int i = 1; i < node->kid_count; i++) {
        if (node->kids[i]->kind == N_NAMED)
            optimiser_option(c, recipe, row, node->kids[i]);
        else
            wrong_value(c, node->kids[i], row->name, "options with their names, as `rate = 0.1`");
    }
}

/* ---- schedules ---- */

typedef struct ScheduleRow {
    const char *name;
    ScheduleName kind;
    int count;
    const char *options[3];
} ScheduleRow;

static const ScheduleRow schedules[] = {
    {"constant", SCHEDULE_CONSTANT, 1, {"warmup"}},
    {"linear", SCHEDULE_LINEAR, 2, {"warmup", "last"}},
    {"cosine", SCHEDULE_COSINE, 2, {"warmup", "last"}},
    {"steps", SCHEDULE_STEPS, 3, {"warmup", "every", "factor"}},
};
enum { SCHEDULE_COUNT = sizeof schedules / sizeof *schedules };

static void schedule_option(Checker *c, Schedule *schedule, const ScheduleRow *row, const Node *arg)
{
    const struct {
        const char *name;
        double low, high, *out;
    } numbers[] = {
        {"warmup", 0, 1e300, &schedule->warmup},
        {"last", 0, 1, &schedule->last},
        {"every", 1e-3, 1e300, &schedule->every},
        {"factor", 0, 1, &schedule->factor},
    };
    for (int i = 0; i < row->count; i++)
        for (size_t j = 0; j < sizeof numbers / sizeof *numbers; j++)
            if (!strcmp(row->options[i], arg->name) && !strcmp(numbers[j].name, arg->name)) {
                read_number(c, arg->kids[0], arg->name, numbers[j].low, numbers[j].high, numbers[j].out);
                return;
            }
    wrong_name(c, arg->name_span, arena_printf(c->arena, "option of `%s`", row->name), arg->name,
               row->options, row->count);
}

static void read_schedule(Checker *c, Recipe *recipe, const Node *node)
{
    const Node *callee = callee_of(node);
    const char *names[SCHEDULE_COUNT];
    const ScheduleRow *row = NULL;
    for (int i = 0; i < SCHEDULE_COUNT; i++) {
        names[i] = schedules[i].name;
        if (callee->kind == N_NAME && !strcmp(callee->name, names[i]))
            row = &schedules[i];
    }
    if (!row) {
        wrong_name(c, callee->span, "schedule", report_snippet(c, callee->span), names, SCHEDULE_COUNT);
        return;
    }
    recipe->schedule = (Schedule){.kind = row->kind, .every = 10, .factor = 0.1};
    for (int i = 1; i < node->kid_count; i++) {
        if (node->kids[i]->kind == N_NAMED)
            schedule_option(c, &recipe->schedule, row, node->kids[i]);
        else
            wrong_value(c, node->kids[i], row->name, "options with their names, as `warmup = 1`");
    }
}

/* ---- stopping ---- */

/* What can be measured of a target, and whether the smaller is the better. */
static const struct {
    const char *name;
    bool least;
} measures[] = {{"accuracy", false}, {"auc", false}, {"f1", false}, {"rmse", true}, {"mae", true}};

enum { MEASURES = sizeof measures / sizeof *measures };

/* The names that `on` can have: the loss, metrics of the model, measures of all targets together, of
 * each target. `least` is by name. */
static int stop_names(Checker *c, const char **names, bool *least, int room)
{
    const Program *program = c->program;
    int count = 0;
    least[count] = true;
    names[count++] = "valid.loss";
    for (int i = 0; i < program->metric_names.count && count < room; i++)
        names[count++] = arena_printf(c->arena, "valid.%s", program->metric_names.data[i]);
    for (int k = 0; k < MEASURES && count < room; k++) {
        least[count] = measures[k].least;
        names[count++] = arena_printf(c->arena, "valid.%s", measures[k].name);
    }
    for (int i = 0; i < program->inputs.count; i++)
        for (int k = 0; program->inputs.data[i].target && k < MEASURES && count < room; k++) {
            least[count] = measures[k].least;
            names[count++] = arena_printf(c->arena, "valid.%s.%s", program->inputs.data[i].name, measures[k].name);
        }
    return count;
}

static void stop_on(Checker *c, Recipe *recipe, const Node *value)
{
    int room = 1 + c->program->metric_names.count + MEASURES * (1 + c->program->inputs.count);
    const char **names = ARENA_ARRAY(c->arena, const char *, room);
    bool *least = ARENA_ARRAY(c->arena, bool, room);
    int count = stop_names(c, names, least, room);
    for (int i = 0; i < count; i++)
        if (value->kind == N_NAME && !strcmp(value->name, names[i])) {
            recipe->stop_metric = names[i];
            recipe->stop_least |= least[i];
            return;
        }
    if (c->program_complete) /* else the target may be one that was not understood */
        wrong_name(c, value->span, "metric", report_snippet(c, value->span), names, count);
}

static void stop_option(Checker *c, Recipe *recipe, const Node *arg)
{
    static const char *const options[] = {"on", "patience", "least"};
    const Node *value = arg->kids[0];
    if (!strcmp(arg->name, "patience"))
        read_int(c, value, "patience", &recipe->patience);
    else if (!strcmp(arg->name, "least"))
        read_bool(c, value, "least", &recipe->stop_least);
    else if (!strcmp(arg->name, "on"))
        stop_on(c, recipe, value);
    else
        wrong_name(c, arg->name_span, "option of `early`", arg->name, options, 3);
}

static void read_stop(Checker *c, Recipe *recipe, const Node *node)
{
    const Node *callee = callee_of(node);
    static const char *const names[] = {"early"};
    if (callee->kind != N_NAME || strcmp(callee->name, "early")) {
        wrong_name(c, callee->span, "way to stop", report_snippet(c, callee->span), names, 1);
        return;
    }
    recipe->stop_metric = "valid.loss";
    recipe->patience = 5;
    if (recipe->hold_out == 0)
        recipe->hold_out = 0.1;
    for (int i = 1; i < node->kid_count; i++) {
        if (node->kids[i]->kind == N_NAMED)
            stop_option(c, recipe, node->kids[i]);
        else
            wrong_value(c, node->kids[i], "early", "options with their names, as `patience = 5`");
    }
}

/* ---- class weights ---- */

static bool can_weigh_classes(const Program *program)
{
    int targets = 0;
    for (int i = 0; i < program->inputs.count; i++)
        if (program->inputs.data[i].target)
            targets += program->inputs.data[i].type.element == ELEMENT_CLASS ? 1 : 2;
    const ValueType *loss = program->loss ? &program->loss->type : NULL;
    return targets == 1 && loss && loss->rank == 1 && loss->axes[0].kind == AXIS_FREE;
}

static void read_class_weights(Checker *c, Recipe *recipe, const Node *node)
{
    recipe->balanced = node->kind == N_NAME && !strcmp(node->name, "balanced");
    if (!recipe->balanced && node->kind != N_LIST) {
        wrong_value(c, node, "class_weights", "a list of numbers, as `[1, 3]`, or `balanced`");
        return;
    }
    if (c->program_complete && !can_weigh_classes(c->program))
        noted(c, diag_report(c->diags, node->span, E_CLASS_WEIGHTS));
    recipe->class_weights = ARENA_ARRAY(c->arena, double, node->kid_count + 1);
    for (int i = 0; i < node->kid_count; i++)
        read_number(c, node->kids[i], "class_weights", 0, 1e30, &recipe->class_weights[i]);
    recipe->class_weight_count = node->kid_count;
}

/* ---- row norms ---- */

/* The path without the numbers of repeated instances: "logits.Linear#2.W" is a Linear.W too. */
static const char *without_numbers(Checker *c, const char *path)
{
    char *copy = arena_strdup(c->arena, path), *to = copy;
    for (const char *from = path; *from;) {
        if (*from == '#')
            while (*from && *from != '.')
                from++;
        else
            *to++ = *from++;
    }
    *to = '\0';
    return copy;
}

static void check_pattern(Checker *c, const Node *key, const char *pattern)
{
    int count = c->program->weights.count;
    if (!c->program_complete)
        return;
    const char **names = ARENA_ARRAY(c->arena, const char *, 2 * count + 1);
    int name_count = 0;
    for (int i = 0; i < count; i++) {
        const char *path = c->program->weights.data[i].path;
        const char *plain = without_numbers(c, path);
        if (weight_matches(path, pattern))
            return;
        names[name_count++] = path;
        const char *dot = strrchr(plain, '.');
        while (dot && dot > plain && dot[-1] != '.')
            dot--;
        if (dot)
            names[name_count++] = dot;
    }
    Diag *d = noted(c, diag_report(c->diags, key->span, E_TRAIN_PATTERN, pattern));
    const char *near = diag_nearest(pattern, names, name_count);
    if (near)
        diag_help(c->diags, d, "did you mean `%s`?", near);
    else if (count)
        diag_note(c->diags, d, "the weights are called like `%s`",
                  c->program->weights.data[0].path);
}

static void read_clips(Checker *c, Recipe *recipe, const Node *node)
{
    if (node->kind != N_MAP) {
        wrong_value(c, node, "clip_rows", "a map from weights to limits, as `{ Linear.W: 3 }`");
        return;
    }
    recipe->clips = ARENA_ARRAY(c->arena, ClipRow, node->kid_count / 2 + 1);
    for (int i = 0; i + 1 < node->kid_count; i += 2) {
        const Node *key = node->kids[i];
        const char *pattern = key->kind == N_STRING ? key->text : key->name;
        ClipRow clip = {.pattern = pattern, .span = key->span};
        check_pattern(c, key, pattern);
        if (read_number(c, node->kids[i + 1], "clip_rows", 1e-30, 1e300, &clip.limit))
            recipe->clips[recipe->clip_count++] = clip;
    }
}

/* ---- weights that are given ---- */

static const char *pattern_of(const Node *node)
{
    return node->kind == N_STRING ? node->text : node->kind == N_NAME ? node->name : NULL;
}

/* The file of `embeddings("file")`, or NULL. */
static const char *embeddings_file(const Node *node)
{
    bool call = node->kind == N_CALL && node->kids[0]->kind == N_NAME && node->kid_count == 2;
    return call && !strcmp(node->kids[0]->name, "embeddings") && node->kids[1]->kind == N_STRING
               ? node->kids[1]->text
               : NULL;
}

static void read_starts(Checker *c, Recipe *recipe, const Node *node)
{
    static const char expected[] = "a map from weights to files, as `{ Embedding.W: embeddings(\"glove.txt\") }`";
    if (node->kind != N_MAP) {
        wrong_value(c, node, "start", expected);
        return;
    }
    recipe->starts = ARENA_ARRAY(c->arena, StartRow, node->kid_count / 2 + 1);
    for (int i = 0; i + 1 < node->kid_count; i += 2) {
        const Node *key = node->kids[i], *value = node->kids[i + 1];
        const char *file = embeddings_file(value);
        if (!file) {
            wrong_value(c, value, "start", expected);
            continue;
        }
        StartRow row = {.pattern = pattern_of(key), .file = file, .span = value->span};
        check_pattern(c, key, row.pattern);
        recipe->starts[recipe->start_count++] = row;
    }
}

static void read_frozen(Checker *c, Recipe *recipe, const Node *node)
{
    static const char expected[] = "a list of weights, as `[Embedding.W]`";
    if (node->kind != N_LIST) {
        wrong_value(c, node, "frozen", expected);
        return;
    }
    recipe->frozen = ARENA_ARRAY(c->arena, const char *, node->kid_count + 1);
    for (int i = 0; i < node->kid_count; i++) {
        const char *pattern = pattern_of(node->kids[i]);
        if (!pattern) {
            wrong_value(c, node->kids[i], "frozen", expected);
            continue;
        }
        check_pattern(c, node->kids[i], pattern);
        recipe->frozen[recipe->frozen_count++] = pattern;
    }
}

/* ---- entries ---- */

static void read_entry(Checker *c, Recipe *recipe, const char *key, const Node *name,
                       const Node *value)
{
    static const char *const keys[] = {"optimiser", "schedule",     "batch",    "epochs", "stop",  "clip_rows",
                                       "clip_norm", "weight_decay", "hold_out", "start",  "frozen", "class_weights",
                                       "validate_every"};
    if (!strcmp(key, "optimiser"))
        read_optimiser(c, recipe, value);
    else if (!strcmp(key, "schedule"))
        read_schedule(c, recipe, value);
    else if (!strcmp(key, "batch"))
        read_int(c, value, key, &recipe->batch);
    else if (!strcmp(key, "epochs"))
        read_int(c, value, key, &recipe->epochs);
    else if (!strcmp(key, "validate_every"))
        read_int(c, value, key, &recipe->validate_every);
    else if (!strcmp(key, "stop"))
        read_stop(c, recipe, value);
    else if (!strcmp(key, "clip_rows"))
        read_clips(c, recipe, value);
    else if (!strcmp(key, "clip_norm"))
        read_number(c, value, key, 1e-30, 1e300, &recipe->clip_norm);
    else if (!strcmp(key, "start"))
        read_starts(c, recipe, value);
    else if (!strcmp(key, "frozen"))
        read_frozen(c, recipe, value);
    else if (!strcmp(key, "class_weights"))
        read_class_weights(c, recipe, value);
    else if (!strcmp(key, "weight_decay"))
        read_number(c, value, key, 0, 1e300, &recipe->weight_decay);
    else if (!strcmp(key, "hold_out"))
        read_number(c, value, key, 0, 0.9, &recipe->hold_out);
    else
        wrong_name(c, name->span, "entry of `train`", key, keys, (int)(sizeof keys / sizeof *keys));
}

void recipe_check(Checker *c, const Node *train)
{
    Recipe *recipe = &c->program->recipe;
    if (!c->program->loss && c->program_complete)
        noted(c, diag_report(c->diags, train->name_span, E_NO_LOSS, train->name));
    for (int i = 0; i < train->kid_count; i++) {
        const Node *bind = train->kids[i];
        const Node *name = bind->kids[0];
        for (int j = 0; j < i; j++)
            if (!strcmp(train->kids[j]->kids[0]->name, name->name)) {
                Diag *d = noted(c, diag_report(c->diags, name->span, E_BOUND_TWICE, name->name));
                diag_label(c->diags, d, train->kids[j]->kids[0]->span, "first here");
            }
        read_entry(c, recipe, name->name, name, bind->kids[bind->kid_count - 1]);
    }
}
