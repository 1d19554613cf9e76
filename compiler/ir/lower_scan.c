/* SPDX-License-Identifier: Apache-2.0
 *
 * Scans. An expression belongs to the body if it depends on an item or a state
 * of the scan; everything else is computed outside, once. What the body needs
 * of the outside is found first, because a scan's operands are fixed when it is
 * begun: per-item values become `row` operands, masks of dropout sequences.
 */
#include "compiler/ir/lower_internal.h"

typedef VEC(const Typed *) TypedList;

typedef struct ScanLowering {
    struct ScanLowering *outer;
    const TypedScan *scan;
    IrDim *dim, *parent;
    bool *inside;       /* by Typed id: depends on an item or a state of this scan */
    bool *visited;
    TypedList needs;    /* outside values that the body uses */
    TypedList dropouts; /* inside, in training */
    IrInst *inst;
    struct ScanLowering *next; /* in Lower.scans */
} ScanLowering;

static bool is_param(const ScanLowering *s, const Typed *typed)
{
    return (typed->kind == T_SCAN_ITEM || typed->kind == T_SCAN_STATE) && typed->scan.scan == s->scan;
}

static bool mark(ScanLowering *s, const Typed *typed);

static bool mark_all(ScanLowering *s, Typed *const *items, int count)
{
    bool any = false;
    for (int i = 0; i < count; i++)
        any |= mark(s, items[i]);
    return any;
}

static bool mark(ScanLowering *s, const Typed *typed)
{
    if (s->visited[typed->id])
        return s->inside[typed->id];
    s->visited[typed->id] = true;
    bool inside = is_param(s, typed);
    inside |= mark_all(s, typed->args, typed->arg_count);
    if (typed->kind == T_SCAN_EMIT || typed->kind == T_SCAN_LAST) {
        const TypedScan *inner = typed->scan.scan;
        inside |= mark_all(s, inner->sequences, inner->sequence_count);
        inside |= mark_all(s, inner->initial, inner->state_count);
        inside |= mark_all(s, inner->next, inner->state_count);
    }
    return s->inside[typed->id] = inside;
}

static void find_needs(Lower *l, ScanLowering *s, const Typed *typed, bool *seen)
{
    if (seen[typed->id])
        return;
    seen[typed->id] = true;
    if (!s->inside[typed->id]) {
        vec_push(l->module->arena, &s->needs, typed);
        return;
    }
    if (typed->kind == T_SCAN_EMIT || typed->kind == T_SCAN_LAST) {
        diag_report(l->diags, typed->scan.scan->span, E_SCAN_NESTED);
        l->failed = true;
        return;
    }
    for (int i = 0; i < typed->arg_count; i++)
        find_needs(l, s, typed->args[i], seen);
    if (typed->kind == T_DROPOUT && l->training && typed->number > 0)
        vec_push(l->module->arena, &s->dropouts, typed);
}

static void analyse(Lower *l, ScanLowering *s)
{
    const TypedScan *scan = s->scan;
    Arena *arena = l->module->arena;
    s->inside = ARENA_ARRAY(arena, bool, l->program->typed_count);
    s->visited = ARENA_ARRAY(arena, bool, l->program->typed_count);
    mark_all(s, scan->next, scan->state_count);
    mark_all(s, scan->emits, scan->emit_count);
    bool *seen = ARENA_ARRAY(arena, bool, l->program->typed_count);
    for (int i = 0; i < scan->state_count; i++)
        find_needs(l, s, scan->next[i], seen);
    for (int i = 0; i < scan->emit_count; i++)
        find_needs(l, s, scan->emits[i], seen);
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

static IrValue *mask_sequence(Lower *l, const ScanLowering *s, const Typed *dropout)
{
    int lead;
    IrType type = lower_type(l, &dropout->type, dropout->span, &lead);
    type.dims[0] = s->dim;
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

IrValue *lower_scan_result(Lower *l, const Typed *typed)
{
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
    if (typed->kind == T_SCAN_STATE)
        index += attrs->seq_count + attrs->row_count;
    return &l->scan->inst->region->params[index];
}
