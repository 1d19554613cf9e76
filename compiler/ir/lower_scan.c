/* SPDX-License-Identifier: Apache-2.0
 *
 * Scans. An expression belongs to the body if it depends on an item or a state
 * of the scan; everything else is computed outside, once. What the body needs
 * of the outside is found first, because a scan's operands are fixed when it is
 * begun: per-item values become `row` operands, masks of dropout sequences.
 *
 * A scan in the body of another runs over an axis of constant size, and is written out step by step.
 */
#include "compiler/ir/lower_internal.h"

enum { MAX_OPERATIONS = 60000 }; /* of scans that are written out */

typedef VEC(const TypedScan *) ScanList;

/* Which expressions are computed in the body of a scan. */
typedef struct Body {
    const TypedScan *scan;
    ScanList nested;    /* scans of the body: their items and states belong to it as well */
    bool *inside;       /* by Typed id */
    bool *visited;
} Body;

/* A scan in the body of the one being lowered: it is written out, step by step. */
typedef struct Unrolled {
    Body body;
    int64_t steps;
    int axis;            /* of the scanned axis in the IR */
    struct Unrolled *next;
} Unrolled;

/* The step that is being written out, and those around it. */
typedef struct Step {
    const Unrolled *scan;
    int64_t at;
    IrValue **items, **states;
    struct Step *outer;
} Step;

/* The results of a scan that has been written out. */
typedef struct Written {
    const TypedScan *scan;
    IrValue **emits, **last;
    struct Written *next;
} Written;

typedef struct ScanLowering {
    struct ScanLowering *outer;
    const TypedScan *scan;
    IrDim *dim, *parent;
    Body body;
    TypedList needs;    /* outside values that the body uses */
    TypedList dropouts; /* inside, in training */
    Unrolled *unrolled;
    Step *step;
    Written *written;
    IrInst *inst;
    struct ScanLowering *next; /* in Lower.scans */
} ScanLowering;

/* ---- what belongs to a body ---- */

static bool is_result(const Typed *typed)
{
    return typed->kind == T_SCAN_EMIT || typed->kind == T_SCAN_LAST;
}

static bool is_param(const Body *body, const Typed *typed)
{
    if (typed->kind != T_SCAN_ITEM && typed->kind != T_SCAN_STATE)
        return false;
    bool own = typed->scan.scan == body->scan;
    for (int i = 0; !own && i < body->nested.count; i++)
        own = typed->scan.scan == body->nested.data[i];
    return own;
}

static bool mark(Body *body, const Typed *typed);

static bool mark_all(Body *body, Typed *const *items, int count)
{
    bool any = false;
    for (int i = 0; i < count; i++)
        any |= mark(body, items[i]);
    return any;
}

static bool mark(Body *body, const Typed *typed)
{
    if (body->visited[typed->id])
        return body->inside[typed->id];
    body->visited[typed->id] = true;
    bool inside = is_param(body, typed);
    inside |= mark_all(body, typed->args, typed->arg_count);
    if (is_result(typed)) {
        const TypedScan *inner = typed->scan.scan;
        inside |= mark_all(body, inner->sequences, inner->sequence_count);
        inside |= mark_all(body, inner->initial, inner->state_count);
        inside |= mark_all(body, inner->next, inner->state_count);
        inside |= mark_all(body, inner->emits, inner->emit_count);
    }
    return body->inside[typed->id] = inside;
}

static bool adopt(Lower *l, Body *body, const TypedScan *scan)
{
    for (int i = 0; i < body->nested.count; i++)
        if (body->nested.data[i] == scan)
            return false;
    vec_push(l->module->arena, &body->nested, scan);
    return true;
}

/* Scans of the body that were not known as such: `results` are those of the whole program. */
static bool adopt_nested(Lower *l, Body *body, const TypedList *results)
{
    bool any = false;
    for (int i = 0; i < results->count; i++)
        if (body->visited[results->data[i]->id] && body->inside[results->data[i]->id])
            any |= adopt(l, body, results->data[i]->scan.scan);
    return any;
}

/* What depends on a nested scan's items depends on the body's: marked again until none is new. */
static Body body_of(Lower *l, const TypedScan *scan)
{
    Body body = {.scan = scan};
    do {
        body.inside = ARENA_ARRAY(l->module->arena, bool, l->program->typed_count);
        body.visited = ARENA_ARRAY(l->module->arena, bool, l->program->typed_count);
        mark_all(&body, scan->next, scan->state_count);
        mark_all(&body, scan->emits, scan->emit_count);
    } while (adopt_nested(l, &body, &l->scan_results));
    return body;
}

/* ---- what a body needs ---- */

static void find_needs(Lower *l, ScanLowering *s, const Typed *typed, bool *seen);

static void find_all_needs(Lower *l, ScanLowering *s, Typed *const *items, int count, bool *seen)
{
    for (int i = 0; i < count; i++)
        find_needs(l, s, items[i], seen);
}

static Unrolled *find_unrolled(const ScanLowering *s, const TypedScan *scan)
{
    Unrolled *u = s->unrolled;
    while (u && u->body.scan != scan)
        u = u->next;
    return u;
}

static void add_unrolled(Lower *l, ScanLowering *s, const TypedScan *scan, bool *seen)
{
    if (find_unrolled(s, scan))
        return;
    const ValueType *type = &scan->sequences[0]->type;
    int lead;
    lower_type(l, type, scan->span, &lead);
    Unrolled *u = ARENA_NEW(l->module->arena, Unrolled);
    *u = (Unrolled){.body = body_of(l, scan),
                    .steps = type->axes[scan->axis].size,
                    .axis = lower_axis(lead, scan->axis),
                    .next = s->unrolled};
    s->unrolled = u;
    find_all_needs(l, s, scan->sequences, scan->sequence_count, seen);
    find_all_needs(l, s, scan->initial, scan->state_count, seen);
    find_all_needs(l, s, scan->next, scan->state_count, seen);
    find_all_needs(l, s, scan->emits, scan->emit_count, seen);
}

static void find_needs(Lower *l, ScanLowering *s, const Typed *typed, bool *seen)
{
    if (seen[typed->id])
        return;
    seen[typed->id] = true;
    if (!s->body.inside[typed->id]) {
        vec_push(l->module->arena, &s->needs, typed);
        return;
    }
    if (is_result(typed))
        add_unrolled(l, s, typed->scan.scan, seen);
    find_all_needs(l, s, typed->args, typed->arg_count, seen);
    if (typed->kind == T_DROPOUT && l->training && typed->number > 0)
        vec_push(l->module->arena, &s->dropouts, typed);
}

/* How many times an expression of the body is written. */
static int64_t copies_of(const ScanLowering *s, const Typed *typed)
{
    int64_t copies = 1;
    for (const Unrolled *u = s->unrolled; u; u = u->next)
        if (u->body.inside[typed->id] && copies <= MAX_OPERATIONS)
            copies *= u->steps;
    return copies;
}

static void check_size(Lower *l, const ScanLowering *s, const bool *seen)
{
    int64_t total = 0;
    for (int id = 0; id < l->program->typed_count && s->unrolled; id++)
        for (const Unrolled *u = s->unrolled; u && seen[id]; u = u->next)
            if (u->body.inside[id]) {
                total += copies_of(s, &(Typed){.id = id});
                break;
            }
    if (total <= MAX_OPERATIONS)
        return;
    diag_report(l->diags, s->scan->span, E_SCAN_LARGE, MAX_OPERATIONS);
    l->failed = true;
}

static void analyse(Lower *l, ScanLowering *s)
{
    const TypedScan *scan = s->scan;
    s->body = body_of(l, scan);
    bool *seen = ARENA_ARRAY(l->module->arena, bool, l->program->typed_count);
    find_all_needs(l, s, scan->next, scan->state_count, seen);
    find_all_needs(l, s, scan->emits, scan->emit_count, seen);
    check_size(l, s, seen);
}

/* The axes in front of the scanned one must be a single packed axis. */
static bool find_dims(Lower *l, ScanLowering *s)
{
    const TypedScan *scan = s->scan;
    const ValueType *type = &scan->sequences[0]->type;
    ValueType front = *type;
    int lead;
    front.rank = scan->axis;
    IrType packed = lower_type(l, &front, scan->span, &lead);
    if (packed.rank != 1) {
        diag_report(l->diags, scan->span, E_SCAN_FRONT, value_type_text(l->module->arena, type));
        return false;
    }
    const TypedAxis *axis = &type->axes[scan->axis];
    s->parent = packed.dims[0];
    s->dim = axis->kind == AXIS_CONST ? ir_dim_uniform(l->module, s->parent, axis->size) : l->extents[axis->extent];
    return true;
}

static bool is_uniform(const ScanLowering *s)
{
    return s->scan->sequences[0]->type.axes[s->scan->axis].kind == AXIS_CONST;
}

/* [parent, n, ...] -> [dim, ...] */
static IrValue *to_rows(Lower *l, const ScanLowering *s, IrValue *x)
{
    if (!is_uniform(s))
        return x;
    IrType type = x->type;
    type.rank--;
    type.dims[0] = s->dim;
    for (int i = 1; i < type.rank; i++)
        type.dims[i] = x->type.dims[i + 1];
    return ir_reshape(l->builder, x, type);
}

/* [dim, ...] -> [parent, n, ...] */
static IrValue *from_rows(Lower *l, const ScanLowering *s, IrValue *x)
{
    if (!is_uniform(s))
        return x;
    IrType type = x->type;
    type.rank++;
    type.dims[0] = s->parent;
    type.dims[1] = ir_dim_const(l->module, s->dim->size);
    for (int i = 2; i < type.rank; i++)
        type.dims[i] = x->type.dims[i - 1];
    return ir_reshape(l->builder, x, type);
}

static void insert_dim(IrType *type, int at, IrDim *dim)
{
    for (int i = type->rank++; i > at; i--)
        type->dims[i] = type->dims[i - 1];
    type->dims[at] = dim;
}

/* One of the entries along an axis; the axis is gone. */
static IrValue *entry_at(Lower *l, IrValue *x, int axis, int64_t at)
{
    IrValue *one = ir_slice(l->builder, x, axis, at, 1);
    IrType type = one->type;
    type.rank--;
    for (int i = axis; i < type.rank; i++)
        type.dims[i] = one->type.dims[i + 1];
    return ir_reshape(l->builder, one, type);
}

/* The factors of a dropout, for each of its copies. */
static IrValue *mask_sequence(Lower *l, const ScanLowering *s, const Typed *dropout)
{
    int lead;
    IrType type = lower_type(l, &dropout->type, dropout->span, &lead);
    type.dims[0] = s->dim;
    int64_t copies = copies_of(s, dropout);
    if (copies > 1 && type.rank == NND_MAX_RANK) {
        diag_report(l->diags, dropout->span, E_TOO_MANY_AXES, NND_MAX_RANK);
        l->failed = true;
    } else if (copies > 1) {
        insert_dim(&type, 1, ir_dim_const(l->module, copies));
    }
    return lower_dropout_mask(l, type, dropout->number);
}

typedef VEC(IrValue *) Values;

/* Outside values with the items' axis in front; the others are used as they are. */
static TypedList find_rows(Lower *l, const ScanLowering *s)
{
    TypedList rows = {0};
    for (int i = 0; i < s->needs.count; i++) {
        IrValue *value = lower_typed(l, s->needs.data[i]);
        if (value->type.rank > 0 && value->type.dims[0] == s->parent)
            vec_push(l->module->arena, &rows, s->needs.data[i]);
    }
    return rows;
}

static Values operands(Lower *l, const ScanLowering *s, const TypedList *rows)
{
    const TypedScan *scan = s->scan;
    Arena *arena = l->module->arena;
    Values values = {0};
    for (int i = 0; i < scan->sequence_count; i++)
        vec_push(arena, &values, to_rows(l, s, lower_typed(l, scan->sequences[i])));
    for (int i = 0; i < s->dropouts.count; i++)
        vec_push(arena, &values, mask_sequence(l, s, s->dropouts.data[i]));
    for (int i = 0; i < rows->count; i++)
        vec_push(arena, &values, lower_typed(l, rows->data[i]));
    for (int i = 0; i < scan->state_count; i++)
        vec_push(arena, &values, lower_typed(l, scan->initial[i]));
    return values;
}

/* Inside the body, outside values of `rows` and masks are region parameters. */
static void bind_params(Lower *l, const ScanLowering *s, const TypedList *rows)
{
    IrValue *params = s->inst->region->params;
    int next = s->scan->sequence_count;
    for (int i = 0; i < s->dropouts.count; i++)
        l->masks[s->dropouts.data[i]->id] = &params[next++];
    for (int i = 0; i < rows->count; i++)
        l->values[rows->data[i]->id] = &params[next++];
}

/* A state or an emitted value that depends on no item: repeated for each. */
static IrValue *per_item(Lower *l, const ScanLowering *s, IrValue *value, const ValueType *type, Span span)
{
    int lead;
    IrType wanted = lower_type(l, type, span, &lead);
    if (value->type.rank == wanted.rank && value->type.rank > 0 && value->type.dims[0] == s->parent)
        return value;
    int8_t map[NND_MAX_RANK];
    for (int i = 0; i < wanted.rank; i++)
        map[i] = (int8_t)(i - (wanted.rank - value->type.rank));
    return ir_broadcast(l->builder, value, wanted, map);
}

static void lower_body(Lower *l, ScanLowering *s)
{
    const TypedScan *scan = s->scan;
    Arena *arena = l->module->arena;
    IrBuilder body = ir_builder_at_end(l->module, s->inst->region);
    IrBuilder *outside = l->builder;
    body.line = outside->line;
    l->builder = &body;
    l->scan = s;
    Values states = {0}, emits = {0};
    for (int i = 0; i < scan->state_count; i++) {
        IrValue *value = lower_typed(l, scan->next[i]);
        vec_push(arena, &states, per_item(l, s, value, &scan->initial[i]->type, scan->span));
    }
    for (int i = 0; i < scan->emit_count; i++) {
        IrValue *value = lower_typed(l, scan->emits[i]);
        vec_push(arena, &emits, per_item(l, s, value, &scan->emits[i]->type, scan->span));
    }
    l->scan = s->outer;
    l->builder = outside;
    ir_scan_finish(l->module, s->inst, states.data, emits.data, emits.count);
}

static ScanLowering *begin_scan(Lower *l, const TypedScan *scan)
{
    ScanLowering *s = ARENA_NEW(l->module->arena, ScanLowering);
    s->scan = scan;
    s->outer = l->scan;
    s->next = l->scans;
    l->scans = s;
    return s;
}

static void lower_scan(Lower *l, ScanLowering *s)
{
    const TypedScan *scan = s->scan;
    TypedList rows = find_rows(l, s);
    Values args = operands(l, s, &rows);
    IrScan attrs = {.dim = s->dim,
                    .reverse = scan->reverse,
                    .recompute = scan->recompute,
                    .seq_count = scan->sequence_count + s->dropouts.count,
                    .row_count = rows.count,
                    .state_count = scan->state_count};
    s->inst = ir_scan_begin(l->builder, attrs, args.data);
    IrValue **outside = ARENA_ARRAY(l->module->arena, IrValue *, rows.count);
    for (int i = 0; i < rows.count; i++)
        outside[i] = l->values[rows.data[i]->id];
    bind_params(l, s, &rows);
    lower_body(l, s);
    for (int i = 0; i < rows.count; i++)
        l->values[rows.data[i]->id] = outside[i];
    if (scan->checkpoint)
        s->inst = ir_scan_split(l->builder, s->inst, scan->checkpoint);
}

/* Stands for the result of a scan that was refused, so that lowering can go on to the next error. */
static IrValue *refused(Lower *l, const Typed *typed)
{
    int lead;
    l->failed = true;
    return ir_const(l->builder, lower_type(l, &typed->type, typed->span, &lead), 0);
}

static ScanLowering *find_scan(Lower *l, const TypedScan *scan)
{
    for (ScanLowering *s = l->scans; s; s = s->next)
        if (s->scan == scan)
            return s;
    ScanLowering *s = begin_scan(l, scan);
    if (!find_dims(l, s))
        return s;
    analyse(l, s);
    if (!l->failed)
        lower_scan(l, s);
    return s;
}

/* ---- scans in the body of a scan ---- */

static void step_params(Lower *l, const Unrolled *u, Step *step)
{
    const TypedScan *scan = u->body.scan;
    step->items = ARENA_ARRAY(l->module->arena, IrValue *, scan->sequence_count);
    for (int i = 0; i < scan->sequence_count; i++)
        step->items[i] = entry_at(l, lower_typed(l, scan->sequences[i]), u->axis, step->at);
}

/* What depends on the step is lowered anew in each. */
static void forget(Lower *l, const Unrolled *u)
{
    for (int id = 0; id < l->program->typed_count; id++)
        if (u->body.inside[id])
            l->values[id] = NULL;
}

static IrValue *widened(Lower *l, const Unrolled *u, IrValue *value)
{
    IrType type = value->type;
    insert_dim(&type, u->axis, ir_dim_const(l->module, 1));
    return ir_reshape(l->builder, value, type);
}

static void write_step(Lower *l, ScanLowering *s, const Unrolled *u, int64_t at, IrValue **states, IrValue **emits)
{
    const TypedScan *scan = u->body.scan;
    Step step = {.scan = u, .at = at, .states = states, .outer = s->step};
    step_params(l, u, &step);
    Written *written = s->written;
    s->step = &step;
    forget(l, u);
    IrValue **next = ARENA_ARRAY(l->module->arena, IrValue *, scan->state_count);
    for (int i = 0; i < scan->state_count; i++)
        next[i] = per_item(l, s, lower_typed(l, scan->next[i]), &scan->initial[i]->type, scan->span);
    for (int i = 0; i < scan->emit_count; i++)
        emits[i] = widened(l, u, per_item(l, s, lower_typed(l, scan->emits[i]), &scan->emits[i]->type, scan->span));
    for (int i = 0; i < scan->state_count; i++)
        states[i] = next[i];
    s->step = step.outer;
    s->written = written;
}

static Written *write_out(Lower *l, ScanLowering *s, const Unrolled *u)
{
    const TypedScan *scan = u->body.scan;
    Arena *arena = l->module->arena;
    Written *w = ARENA_NEW(arena, Written);
    *w = (Written){.scan = scan, .emits = ARENA_ARRAY(arena, IrValue *, scan->emit_count),
                   .last = ARENA_ARRAY(arena, IrValue *, scan->state_count)};
    IrValue ***emits = ARENA_ARRAY(arena, IrValue **, u->steps);
    for (int i = 0; i < scan->state_count; i++)
        w->last[i] = per_item(l, s, lower_typed(l, scan->initial[i]), &scan->initial[i]->type, scan->span);
    for (int64_t t = 0; t < u->steps; t++) {
        int64_t at = scan->reverse ? u->steps - 1 - t : t;
        emits[at] = ARENA_ARRAY(arena, IrValue *, scan->emit_count);
        write_step(l, s, u, at, w->last, emits[at]);
    }
    forget(l, u);
    for (int i = 0; i < scan->emit_count; i++) {
        IrValue **parts = ARENA_ARRAY(arena, IrValue *, u->steps);
        for (int64_t t = 0; t < u->steps; t++)
            parts[t] = emits[t][i];
        w->emits[i] = ir_concat(l->builder, parts, (int)u->steps, u->axis);
    }
    w->next = s->written;
    return s->written = w;
}

static IrValue *lower_nested_result(Lower *l, const Typed *typed, const Unrolled *u)
{
    Written *w = l->scan->written;
    while (w && w->scan != typed->scan.scan)
        w = w->next;
    if (!w)
        w = write_out(l, l->scan, u);
    return (typed->kind == T_SCAN_LAST ? w->last : w->emits)[typed->scan.index];
}

IrValue *lower_scan_mask(Lower *l, const Typed *dropout)
{
    IrValue *mask = l->masks[dropout->id];
    if (!mask || copies_of(l->scan, dropout) == 1)
        return mask;
    int64_t at = 0, stride = 1;
    for (const Step *step = l->scan->step; step; step = step->outer)
        if (step->scan->body.inside[dropout->id]) {
            at += step->at * stride;
            stride *= step->scan->steps;
        }
    return entry_at(l, mask, 1, at);
}

/* ---- results and parameters ---- */

IrValue *lower_scan_result(Lower *l, const Typed *typed)
{
    const Unrolled *nested = l->scan ? find_unrolled(l->scan, typed->scan.scan) : NULL;
    if (nested)
        return lower_nested_result(l, typed, nested);
    ScanLowering *s = find_scan(l, typed->scan.scan);
    if (!s->inst)
        return refused(l, typed);
    if (typed->kind == T_SCAN_LAST)
        return &s->inst->results[s->scan->emit_count + typed->scan.index];
    return from_rows(l, s, &s->inst->results[typed->scan.index]);
}

IrValue *lower_scan_param(Lower *l, const Typed *typed)
{
    const IrScan *attrs = &l->scan->inst->attrs.scan;
    int index = typed->scan.index;
    for (const Step *step = l->scan->step; step; step = step->outer)
        if (step->scan->body.scan == typed->scan.scan)
            return (typed->kind == T_SCAN_STATE ? step->states : step->items)[index];
    if (typed->kind == T_SCAN_STATE)
        index += attrs->seq_count + attrs->row_count;
    return &l->scan->inst->region->params[index];
}
