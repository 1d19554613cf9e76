/* SPDX-License-Identifier: Apache-2.0
 *
 * What the golden tests of the language compare.
 *
 *     lang_tool errors FILE...     the diagnostics, as users see them; of several after "== FILE"
 *     lang_tool dump FILE...       the typed program too
 *     lang_tool codes FILE...      the codes of the diagnostics, each after its file
 *
 * A first line `// check: model=Name vocab=100` gives the model and its parameters; `missing=1000`
 * is what sizes without a value are.
 */
#include <stdio.h>
#include <stdlib.h>

#include "compiler/ir/lower.h"

static const char *const kinds[] = {
    [T_NUMBER] = "number",
    [T_INPUT] = "input",
    [T_WEIGHT] = "weight",
    [T_EW] = "",
    [T_CAST] = "cast",
    [T_BROADCAST] = "broadcast",
    [T_REDUCE] = "",
    [T_DOT] = "dot",
    [T_WINDOW] = "window",
    [T_GATHER] = "gather",
    [T_CONCAT] = "concat",
    [T_SLICE] = "slice",
    [T_RESHAPE] = "reshape",
    [T_TRANSPOSE] = "transpose",
    [T_IOTA] = "iota",
    [T_LENGTH] = "length",
    [T_DROPOUT] = "dropout",
    [T_RUNNING] = "running",
    [T_SCAN_ITEM] = "scan_item",
    [T_SCAN_STATE] = "scan_state",
    [T_SCAN_EMIT] = "scan_emit",
    [T_SCAN_LAST] = "scan_last",
};

static const char *const scalar_names[] = {
#define EW1(name, ...) [EW_##name] = #name,
#define EW2(name, ...) [EW_##name] = #name,
#define EW3(name, ...) [EW_##name] = #name,
#include "lang/ops.def"
};

static const char *const reduce_names[] = {"sum", "reduce_max", "argmax"};
static const char *const init_names[] = {"zeros",  "ones",   "constant", "uniform",
                                         "normal", "xavier", "he",       "orthogonal"};
static const char *const extent_names[] = {"free", "ragged", "window"};

typedef struct Dump {
    Arena *arena;
    const Program *program;
    bool *shown;
} Dump;

static void print_map(const char *name, const int8_t *map, int count)
{
    printf(" %s(", name);
    for (int i = 0; i < count; i++)
        printf("%s%d", i ? " " : "", map[i]);
    printf(")");
}

static void print_attributes(const Dump *d, const Typed *t)
{
    switch (t->kind) {
    case T_NUMBER:
    case T_RUNNING:
    case T_DROPOUT: printf(" %g", t->number); break;
    case T_INPUT: printf(" %s", d->program->inputs.data[t->index].name); break;
    case T_WEIGHT: printf(" %s", d->program->weights.data[t->index].path); break;
    case T_LENGTH: printf(" extent %d", t->index); break;
    case T_BROADCAST:
    case T_TRANSPOSE: print_map("map", t->map, t->type.rank); break;
    case T_REDUCE: printf(" axes %#x", t->reduce.axes); break;
    case T_DOT:
        print_map("batch", t->dot.a_batch, t->dot.batch_count);
        print_map("with", t->dot.b_batch, t->dot.batch_count);
        print_map("contract", t->dot.a_contract, t->dot.contract_count);
        print_map("with", t->dot.b_contract, t->dot.contract_count);
        break;
    case T_WINDOW:
        printf(" axis %d size %lld stride %lld dilation %lld low %lld fill %g", t->window.axis,
               (long long)t->window.size, (long long)t->window.stride,
               (long long)t->window.dilation, (long long)t->window.low, t->window.fill);
        break;
    case T_SLICE: printf(" axis %d start %lld", t->slice.axis, (long long)t->slice.start); break;
    case T_CONCAT:
    case T_IOTA: printf(" axis %d", t->slice.axis); break;
    case T_SCAN_ITEM:
    case T_SCAN_STATE:
    case T_SCAN_EMIT:
    case T_SCAN_LAST: printf(" %d", t->scan.index); break;
    case T_EW:
    case T_CAST:
    case T_GATHER:
    case T_RESHAPE: break;
    }
}

static void show(Dump *d, const Typed *t);

static void show_all(Dump *d, Typed *const *items, int count)
{
    for (int i = 0; i < count; i++)
        show(d, items[i]);
}

static void print_ids(const char *name, Typed *const *items, int count)
{
    printf(" %s(", name);
    for (int i = 0; i < count; i++)
        printf("%s%%%d", i ? ", " : "", items[i]->id);
    printf(")");
}

static void show_scan(Dump *d, const TypedScan *s)
{
    show_all(d, s->sequences, s->sequence_count);
    show_all(d, s->initial, s->state_count);
    show_all(d, s->next, s->state_count);
    show_all(d, s->emits, s->emit_count);
}

static void show(Dump *d, const Typed *t)
{
    if (d->shown[t->id])
        return;
    d->shown[t->id] = true;
    show_all(d, t->args, t->arg_count);
    bool scan = t->kind == T_SCAN_EMIT || t->kind == T_SCAN_LAST;
    if (scan)
        show_scan(d, t->scan.scan);
    printf("%%%d = %s", t->id,
           t->kind == T_EW       ? scalar_names[t->op]
           : t->kind == T_REDUCE ? reduce_names[t->reduce.kind]
                                 : kinds[t->kind]);
    for (int i = 0; i < t->arg_count; i++)
        printf("%s%%%d", i ? ", " : " ", t->args[i]->id);
    print_attributes(d, t);
    if (scan) {
        const TypedScan *s = t->scan.scan;
        printf(" of %s%s axis %d", s->recompute ? "recomputed " : "", s->reverse ? "reverse" : "forward", s->axis);
        if (s->checkpoint)
            printf(" checkpoint every %lld", (long long)s->checkpoint);
        print_ids("over", s->sequences, s->sequence_count);
        print_ids("from", s->initial, s->state_count);
        print_ids("next", s->next, s->state_count);
        print_ids("emit", s->emits, s->emit_count);
    }
    printf(" : %s%s%s\n", value_type_text(d->arena, &t->type), t->name ? "  // " : "",
           t->name ? t->name : "");
}

static void print_program(Arena *arena, const Program *p)
{
    Dump d = {arena, p, ARENA_ARRAY(arena, bool, p->typed_count + 1)};
    printf("model %s\n", p->model);
    for (int i = 0; i < p->extents.count; i++) {
        const Extent *e = &p->extents.data[i];
        printf("extent %d %s %s parent %d", i, e->name, extent_names[e->kind], e->parent);
        if (e->kind == EXTENT_WINDOW)
            printf(" source %d pad %lld span %lld stride %lld least %d", e->source,
                   (long long)e->pad, (long long)e->span, (long long)e->stride, e->least);
        printf("\n");
    }
    for (int i = 0; i < p->weights.count; i++) {
        const Weight *w = &p->weights.data[i];
        printf("weight %s : %s = %s", w->path, value_type_text(arena, &w->type),
               init_names[w->init.kind]);
        printf(" in %lld out %lld%s%s\n", (long long)w->init.fan_in, (long long)w->init.fan_out,
               w->padding_row ? " padding" : "", w->statistic ? " statistic" : "");
    }
    for (int i = 0; i < p->inputs.count; i++)
        printf("%s %s : %s\n", p->inputs.data[i].target ? "target" : "input",
               p->inputs.data[i].name, value_type_text(arena, &p->inputs.data[i].type));
    show_all(&d, p->outputs.data, p->outputs.count);
    for (int i = 0; i < p->outputs.count; i++)
        printf("output %s = %%%d\n", p->output_names.data[i], p->outputs.data[i]->id);
    if (p->loss) {
        show(&d, p->loss);
        printf("loss = %%%d\n", p->loss->id);
    }
}

static void print_recipe(const Recipe *r)
{
    static const char *const names[] = {"sgd", "adadelta", "rmsprop", "adam"};
    printf("train %s rate %g momentum %g nesterov %d rho %g epsilon %g beta1 %g beta2 %g "
           "weight_decay %g\n",
           names[r->optimiser], r->rate, r->momentum, r->nesterov, r->rho, r->epsilon, r->beta1,
           r->beta2, r->weight_decay);
    printf("  batch %d epochs %d hold_out %g", r->batch, r->epochs, r->hold_out);
    if (r->validate_every)
        printf(" validate_every %d", r->validate_every);
    if (r->stop_metric)
        printf(" stop %s patience %d", r->stop_metric, r->patience);
    for (int i = 0; i < r->clip_count; i++)
        printf(" clip %s %g", r->clips[i].pattern, r->clips[i].limit);
    printf("\n");
}

typedef struct Settings {
    const char *model;
    ModelArg args[8];
    int count, missing; /* the value of sizes that are not given */
} Settings;

static void read_settings(Arena *arena, const Source *source, Settings *settings)
{
    static const char mark[] = "// check:";
    int length;
    const char *line = source_line(source, 1, &length);
    if (strncmp(line, mark, sizeof mark - 1))
        return;
    char *copy = arena_strndup(arena, line, (size_t)length), *rest;
    strtok_r(copy, ":", &rest);
    for (char *word = strtok_r(NULL, " ", &rest); word && settings->count < 8;
         word = strtok_r(NULL, " ", &rest)) {
        char *equals = strchr(word, '=');
        if (!equals)
            continue;
        *equals = '\0';
        if (!strcmp(word, "model"))
            settings->model = equals + 1;
        else if (!strcmp(word, "missing"))
            settings->missing = atoi(equals + 1);
        else
            settings->args[settings->count++] = (ModelArg){word, atof(equals + 1)};
    }
}

static void print_codes(const Diags *diags, const char *file)
{
    for (int i = 0; i < diags->items.count; i++)
        printf("%s %s\n", file, diag_code_name(diags->items.data[i]->code));
}

static void print_typed(Arena *arena, const Program *program)
{
    print_program(arena, program);
    print_recipe(&program->recipe);
}

/* False if it cannot be read, or its IR is wrong. */
static bool show_file(const char *what, const char *file)
{
    Arena *arena = arena_new();
    const char *error;
    char *wrong = NULL;
    Source *source = source_read(arena, file, &error);
    if (source) {
        Settings settings = {0};
        read_settings(arena, source, &settings);
        Diags *diags = diags_new(arena);
        Program *program = program_check(arena, source, settings.model, settings.args, settings.count, settings.missing, diags);
        IrModule *module = program ? lower_program(arena, program, NND_F32, diags) : NULL;
        wrong = module ? ir_module_verify(arena, module) : NULL;
        if (wrong)
            printf("the IR is wrong: %s\n", wrong);
        if (!strcmp(what, "codes"))
            print_codes(diags, file);
        else
            diags_print(diags, DIAG_PLAIN, stdout);
        if (program && !strcmp(what, "dump"))
            print_typed(arena, program);
    } else
        printf("%s: %s\n", file, error);
    arena_free(arena);
    return source && !wrong;
}

int main(int argc, char **argv)
{
    bool right = argc > 2;
    for (int i = 2; i < argc; i++) {
        if (argc > 3 && strcmp(argv[1], "codes"))
            printf("== %s\n", argv[i]);
        right &= show_file(argv[1], argv[i]);
    }
    return right ? 0 : 2;
}
