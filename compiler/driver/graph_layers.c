/* SPDX-License-Identifier: Apache-2.0
 *
 * The picture of a model as its author sees it: a box for each layer or
 * function that the model applies, with everything inside of it; operators of
 * the model itself are boxes of their own. Casts, broadcasts and numbers are
 * not drawn.
 */
#include "compiler/driver/graph.h"

typedef struct Walk {
    Graph *graph;
    const Program *program;
    bool *seen;         /* by id */
    int *box;           /* by id: its box, or -1 while there is none */
    VEC(const Site *) sites;
    VEC(int) site_boxes;
    bool *counted;      /* by weight */
    int64_t *weights;   /* by box */
    bool *shared;       /* by box: weights of another box are used again */
} Walk;

static const Site *outermost(const Site *site)
{
    while (site && site->outer)
        site = site->outer;
    return site;
}

static const char *snippet(const Graph *graph, Span span)
{
    enum { LONGEST = 48 };
    if (!span.source)
        return NULL;
    int length = 0, most = span.end - span.start;
    char *text = arena_strndup(graph->arena, span.source->text + span.start, (size_t)most);
    for (int i = 0; i < most; i++)
        if ((text[i] != ' ' && text[i] != '\n') || (length && text[length - 1] != ' '))
            text[length++] = text[i] == '\n' ? ' ' : text[i];
    text[length] = '\0';
    return length <= LONGEST ? text : arena_printf(graph->arena, "%.*s...", LONGEST - 3, text);
}

static const char *operator_name(const Typed *typed)
{
    static const char *const ew[] = {
#define EW1(name, ...) [EW_##name] = #name,
#define EW2(name, ...) [EW_##name] = #name,
#define EW3(name, ...) [EW_##name] = #name,
#include "lang/ops.def"
    };
    switch (typed->kind) {
    case T_EW: return ew[typed->op];
    case T_DOT: return "·";
    case T_SLICE: return "slice";
    default: return "reshape";
    }
}

static bool is_drawn(const Typed *typed)
{
    return typed->site || (typed->kind != T_BROADCAST && typed->kind != T_CAST && typed->kind != T_NUMBER &&
                           typed->kind != T_WEIGHT);
}

static int new_box(Walk *w, const Typed *typed, const Site *site)
{
    Box box = {.kind = BOX_OPERATOR, .title = operator_name(typed)};
    if (typed->kind == T_INPUT) {
        box.kind = BOX_INPUT;
        box.title = w->program->inputs.data[typed->index].name;
        box.detail = value_type_text(w->graph->arena, &typed->type);
    } else if (site) {
        bool layer = site->name[0] >= 'A' && site->name[0] <= 'Z';
        box.kind = layer ? BOX_LAYER : BOX_OPERATOR;
        const char *call = strcmp(site->name, "scan") ? snippet(w->graph, site->span) : NULL;
        bool says_name = call && !strncmp(call, site->name, strlen(site->name));
        box.title = says_name ? call : site->name;
        box.detail = says_name ? NULL : call;
    }
    return graph_box(w->graph, box);
}

static int box_of(Walk *w, const Typed *typed)
{
    const Site *site = outermost(typed->site);
    for (int i = 0; site && i < w->sites.count; i++)
        if (w->sites.data[i] == site)
            return w->site_boxes.data[i];
    int box = new_box(w, typed, site);
    if (site) {
        vec_push(w->graph->arena, &w->sites, site);
        vec_push(w->graph->arena, &w->site_boxes, box);
    }
    return box;
}

static bool is_ragged(const ValueType *type)
{
    for (int i = 0; i < type->rank; i++)
        if (type->axes[i].kind == AXIS_RAGGED)
            return true;
    return false;
}

static void count_weight(Walk *w, const Typed *weight, int box)
{
    const ValueType *type = &w->program->weights.data[weight->index].type;
    int64_t count = 1;
    for (int i = 0; i < type->rank; i++)
        count *= type->axes[i].size;
    w->shared[box] |= w->counted[weight->index];
    if (!w->counted[weight->index])
        w->weights[box] += count;
    w->counted[weight->index] = true;
    Box *drawn = &w->graph->boxes.data[box];
    drawn->kind = drawn->kind == BOX_OPERATOR ? BOX_LAYER : drawn->kind;
}

static void visit(Walk *w, const Typed *typed);

static void flow(Walk *w, const Typed *arg, int box)
{
    visit(w, arg);
    if (arg->kind == T_WEIGHT) {
        count_weight(w, arg, box);
        return;
    }
    int from = w->box[arg->id];
    if (from >= 0 && from != box)
        graph_arrow(w->graph, from, box, value_type_text(w->graph->arena, &arg->type), is_ragged(&arg->type));
}

static void visit_scan(Walk *w, const TypedScan *scan, int box)
{
    Box *drawn = &w->graph->boxes.data[box];
    if (!drawn->steps) {
        const char *name = scan->sequences[0]->type.axes[scan->axis].name;
        drawn->steps = name ? name : "n";
        drawn->reverse = scan->reverse;
        drawn->kind = BOX_SCAN;
    }
    for (int i = 0; i < scan->sequence_count; i++)
        flow(w, scan->sequences[i], box);
    for (int i = 0; i < scan->state_count; i++) {
        flow(w, scan->initial[i], box);
        flow(w, scan->next[i], box);
    }
    for (int i = 0; i < scan->emit_count; i++)
        flow(w, scan->emits[i], box);
}

static void visit(Walk *w, const Typed *typed)
{
    if (w->seen[typed->id])
        return;
    w->seen[typed->id] = true;
    for (int i = 0; i < typed->arg_count; i++)
        visit(w, typed->args[i]);
    if (!is_drawn(typed)) {
        for (int i = 0; i < typed->arg_count; i++)
            w->box[typed->id] = w->box[typed->args[i]->id];
        return;
    }
    if (typed->kind == T_WEIGHT)
        return;
    int box = w->box[typed->id] = box_of(w, typed);
    for (int i = 0; i < typed->arg_count; i++)
        flow(w, typed->args[i], box);
    if (typed->kind == T_SCAN_EMIT || typed->kind == T_SCAN_LAST)
        visit_scan(w, typed->scan.scan, box);
}

static void draw_output(Walk *w, const char *name, const Typed *typed)
{
    visit(w, typed);
    const char *type = value_type_text(w->graph->arena, &typed->type);
    int box = graph_box(w->graph, (Box){.kind = BOX_OUTPUT, .title = name, .detail = type});
    if (w->box[typed->id] >= 0)
        graph_arrow(w->graph, w->box[typed->id], box, "", is_ragged(&typed->type));
}

/* "1,234,567" */
static const char *thousands(Arena *arena, int64_t number)
{
    return number < 1000 ? arena_printf(arena, "%lld", (long long)number)
                         : arena_printf(arena, "%s,%03lld", thousands(arena, number / 1000), (long long)(number % 1000));
}

static void note_weights(Walk *w)
{
    Arena *arena = w->graph->arena;
    for (int i = 0; i < w->graph->boxes.count; i++) {
        Box *box = &w->graph->boxes.data[i];
        if (w->weights[i])
            box->note = arena_printf(arena, "%s weights", thousands(arena, w->weights[i]));
        else if (w->shared[i])
            box->note = "weights shared";
    }
}

void graph_layers(Graph *graph, const Program *program)
{
    int count = program->typed_count, boxes = count + program->outputs.count + 2;
    Walk w = {.graph = graph, .program = program};
    w.seen = ARENA_ARRAY(graph->arena, bool, count + 1);
    w.box = ARENA_ARRAY(graph->arena, int, count + 1);
    w.counted = ARENA_ARRAY(graph->arena, bool, program->weights.count + 1);
    w.weights = ARENA_ARRAY(graph->arena, int64_t, boxes);
    w.shared = ARENA_ARRAY(graph->arena, bool, boxes);
    for (int i = 0; i < count; i++)
        w.box[i] = -1;
    for (int i = 0; i < program->outputs.count; i++)
        draw_output(&w, program->output_names.data[i], program->outputs.data[i]);
    if (program->loss && !program->outputs.count)
        draw_output(&w, "loss", program->loss);
    note_weights(&w);
}
