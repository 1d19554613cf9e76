/* SPDX-License-Identifier: Apache-2.0
 *
 * The gradient of a scan is a scan in the opposite direction that carries the
 * adjoints of the states. Forward values that it needs become sequences that
 * the forward scan emits. Adjoints of values that are the same for all items
 * (weights) are not added up step by step: their rules run outside, once, over
 * the sequences of all steps, so that the gradient of a recurrent matrix is a
 * single product over all rows.
 *
 * With `recompute` the forward scan keeps its sequences and states only (and
 * what the rules outside ask for): the backward region computes the rest of a
 * step again from them.
 *
 * Note [placeholders]. What the backward region needs is known only when it
 * is complete, but the operands of a scan are fixed when it is begun. So the
 * region is built with placeholder values, and when it is complete they are
 * replaced by the parameters of the real scan.
 */
#include "compiler/passes/gradient.h"

/* A forward value of the region and what stands for it. */
typedef struct Saved {
    IrValue *forward;     /* value of the forward region */
    IrValue *placeholder; /* in the backward region, [parent, ...]; NULL if it is needed only outside */
    IrValue *sequence;    /* outside, [dim, ...]; NULL until it is there */
    bool row;             /* a per-item operand: the placeholder is a row parameter */
} Saved;

/* An adjoint that the backward region hands out as a sequence. */
typedef struct Handed {
    IrValue *value;    /* in the backward region */
    IrValue *sequence; /* outside, once the scan exists */
} Handed;

/* A forward value that the backward region computes again. */
typedef struct Again {
    const IrValue *forward;
    IrValue *value;
} Again;

typedef struct Deferred {
    const IrInst *inst; /* of the forward region: its rule runs outside, for operands from outside */
    int handed;         /* adjoint of its result */
} Deferred;

typedef struct ScanGradient {
    Gradient *g;
    Arena *arena;
    IrInst *scan;
    const IrScan *attrs;
    IrRegion *backward;
    IrBuilder builder;        /* in the backward region */
    VEC(Saved) saved;
    VEC(Again) again;
    VEC(Handed) handed;
    VEC(Deferred) deferred;
    VEC(IrValue *) emit_placeholders; /* adjoints of emits, by `emit_of` */
    VEC(int) emit_of;
    IrValue **state_placeholders;     /* adjoint of the state after the step; NULL if not active */
    IrInst *result;                   /* the backward scan */
} ScanGradient;

static IrValue *state_param(const ScanGradient *s, int i)
{
    return &s->scan->region->params[s->attrs->seq_count + s->attrs->row_count + i];
}

static bool is_inside(const ScanGradient *s, const IrValue *value)
{
    const IrRegion *region = s->scan->region;
    if (value >= region->params && value < region->params + region->param_count)
        return true;
    for (const IrInst *inst = region->first; inst; inst = inst->next)
        if (value->def == inst)
            return true;
    return false;
}

static IrValue *placeholder(ScanGradient *s, IrType type)
{
    IrValue *value = ARENA_NEW(s->arena, IrValue);
    value->type = type;
    return value;
}

static IrType lifted(const ScanGradient *s, IrType type)
{
    if (type.rank && type.dims[0] == s->attrs->dim->parent)
        type.dims[0] = s->attrs->dim;
    return type;
}

/* ---- forward values ---- */

static Saved *save(ScanGradient *s, IrValue *forward)
{
    for (int i = 0; i < s->saved.count; i++)
        if (s->saved.data[i].forward == forward)
            return &s->saved.data[i];
    Saved saved = {.forward = forward};
    const IrRegion *region = s->scan->region;
    if (!forward->def) {
        int index = (int)(forward - region->params);
        saved.row = index >= s->attrs->seq_count && index < s->attrs->seq_count + s->attrs->row_count;
        if (index < s->attrs->seq_count)
            saved.sequence = s->scan->args[index];
    }
    vec_push(s->arena, &s->saved, saved);
    return &s->saved.data[s->saved.count - 1];
}

static IrValue *value_in_region(const GradContext *c, IrValue *forward);

/* Random numbers are drawn by place, and another scan is another place. */
static bool can_be_computed_again(const ScanGradient *s, const IrValue *forward)
{
    return s->attrs->recompute && forward->def && !forward->def->region && forward->def->op != OP_uniform;
}

static IrValue *compute_again(const GradContext *c, IrValue *forward)
{
    ScanGradient *s = c->place;
    for (int i = 0; i < s->again.count; i++)
        if (s->again.data[i].forward == forward)
            return s->again.data[i].value;
    const IrInst *inst = forward->def;
    IrValue **args = ARENA_ARRAY(s->arena, IrValue *, inst->arg_count + 1);
    for (int i = 0; i < inst->arg_count; i++)
        args[i] = value_in_region(c, inst->args[i]);
    IrInst *copy = ir_inst_copy(s->arena, inst, args);
    ir_inst_insert(s->backward, NULL, copy);
    vec_push(s->arena, &s->again, ((Again){forward, &copy->results[forward->index]}));
    return &copy->results[forward->index];
}

static IrValue *value_in_region(const GradContext *c, IrValue *forward)
{
    ScanGradient *s = c->place;
    if (!is_inside(s, forward))
        return forward;
    if (forward->def && forward->def->op == OP_const)
        return ir_const(c->b, forward->type, forward->def->attrs.constant);
    if (can_be_computed_again(s, forward))
        return compute_again(c, forward);
    Saved *saved = save(s, forward);
    if (!saved->placeholder)
        saved->placeholder = placeholder(s, forward->type);
    return saved->placeholder;
}

static IrType type_in_region(const GradContext *c, const IrValue *forward)
{
    (void)c;
    return forward->type;
}

static IrValue *row_operand(const ScanGradient *s, const IrValue *forward)
{
    return s->scan->args[forward - s->scan->region->params];
}

static IrValue *value_lifted(const GradContext *c, IrValue *forward)
{
    ScanGradient *s = c->place;
    if (!is_inside(s, forward))
        return forward;
    if (forward->def && forward->def->op == OP_const)
        return ir_const(c->b, lifted(s, forward->type), forward->def->attrs.constant);
    Saved *saved = save(s, forward);
    if (!saved->row)
        return saved->sequence;
    int8_t map[NND_MAX_RANK];
    for (int i = 0; i < forward->type.rank; i++)
        map[i] = (int8_t)i;
    return ir_broadcast(c->b, row_operand(s, forward), lifted(s, forward->type), map);
}

static IrType type_lifted(const GradContext *c, const IrValue *forward)
{
    ScanGradient *s = c->place;
    return is_inside(s, forward) ? lifted(s, forward->type) : forward->type;
}

/* ---- the backward region ---- */

static int hand_out(ScanGradient *s, IrValue *value)
{
    vec_push(s->arena, &s->handed, ((Handed){.value = value}));
    return s->handed.count - 1;
}

static void begin_region(ScanGradient *s)
{
    const IrRegion *region = s->scan->region;
    for (int i = 0; i < s->attrs->state_count; i++) {
        if (!gradient_is_active(s->g, state_param(s, i)))
            continue;
        s->state_placeholders[i] = placeholder(s, state_param(s, i)->type);
        gradient_add(&s->builder, region->yields[i], s->state_placeholders[i]);
    }
    for (int i = 0; i < s->attrs->emit_count; i++) {
        IrValue *adjoint = gradient_of(&s->scan->results[i]);
        IrValue *value = region->yields[s->attrs->state_count + i];
        if (!adjoint || !gradient_is_active(s->g, value))
            continue;
        IrValue *p = placeholder(s, value->type);
        vec_push(s->arena, &s->emit_placeholders, p);
        vec_push(s->arena, &s->emit_of, i);
        gradient_add(&s->builder, value, p);
    }
}

/* What an instruction's rule would ask for outside must be saved too: a dry run finds it out. */
static IrValue *value_noted(const GradContext *c, IrValue *forward)
{
    ScanGradient *s = c->place;
    bool constant = forward->def && forward->def->op == OP_const;
    if (is_inside(s, forward) && !constant)
        save(s, forward);
    IrValue *stand_in = placeholder(s, type_lifted(c, forward));
    return is_inside(s, forward) ? stand_in : forward;
}

static void defer(ScanGradient *s, const IrInst *inst, IrValue *adjoint, const bool *outside)
{
    vec_push(s->arena, &s->deferred, ((Deferred){inst, hand_out(s, adjoint)}));
    IrRegion discarded = {0};
    IrBuilder dry = ir_builder_at_end(s->g->func->module, &discarded);
    GradContext c = {.b = &dry, .inst = inst, .g = placeholder(s, lifted(s, adjoint->type)), .wanted = outside,
                     .value = value_noted, .type = type_lifted, .place = s};
    gradient_apply(s->g, &c);
}

static void visit(ScanGradient *s, IrInst *inst)
{
    IrValue *adjoint = gradient_of(&inst->results[0]);
    if (!adjoint || !grad_rule(inst->op))
        return;
    bool *inside = ARENA_ARRAY(s->arena, bool, inst->arg_count);
    bool *outside = ARENA_ARRAY(s->arena, bool, inst->arg_count);
    bool any_inside = false, any_outside = false;
    for (int i = 0; i < inst->arg_count; i++) {
        bool active = gradient_is_float(inst->args[i]) && gradient_is_active(s->g, inst->args[i]);
        bool here = is_inside(s, inst->args[i]);
        any_inside |= inside[i] = active && here;
        any_outside |= outside[i] = active && !here;
    }
    if (any_outside)
        defer(s, inst, adjoint, outside);
    if (!any_inside)
        return;
    s->builder.line = inst->line;
    GradContext c = {.b = &s->builder, .inst = inst, .g = adjoint, .wanted = inside,
                     .value = value_in_region, .type = type_in_region, .place = s};
    gradient_apply(s->g, &c);
    for (int i = 0; i < inst->arg_count; i++)
        if (c.adjoints[i] && inside[i])
            gradient_add(&s->builder, inst->args[i], c.adjoints[i]);
}

/* ---- the forward scan emits what was saved ---- */

static bool must_be_emitted(const Saved *saved)
{
    return !saved->row && !saved->sequence;
}

void gradient_replace_scan(Gradient *g, IrInst *old, IrInst *scan)
{
    int emits = old->attrs.scan.emit_count, extra = scan->result_count - old->result_count;
    for (int i = 0; i < old->result_count; i++) {
        IrValue *to = &scan->results[i < emits ? i : i + extra];
        to->info = old->results[i].info;
        to->id = old->results[i].id;
        ir_region_replace_uses(g->builder.region, &old->results[i], to);
    }
    ir_inst_remove(g->builder.region, old);
}

static void emit_saved(ScanGradient *s)
{
    int extra = 0;
    for (int i = 0; i < s->saved.count; i++)
        extra += must_be_emitted(&s->saved.data[i]);
    IrInst *old = s->scan;
    int states = s->attrs->state_count, emits = s->attrs->emit_count;
    IrBuilder b = ir_builder_before(s->g->func->module, s->g->builder.region, old);
    IrScan attrs = *s->attrs;
    IrInst *scan = ir_scan_begin(&b, attrs, old->args);
    scan->region = old->region;
    scan->region->owner = scan;
    IrValue **all = ARENA_ARRAY(s->arena, IrValue *, emits + extra);
    for (int i = 0; i < emits; i++)
        all[i] = old->region->yields[states + i];
    for (int i = 0, next = emits; i < s->saved.count; i++)
        if (must_be_emitted(&s->saved.data[i]))
            all[next++] = s->saved.data[i].forward;
    ir_scan_finish(s->g->func->module, scan, old->region->yields, all, emits + extra);
    gradient_replace_scan(s->g, old, scan);
    for (int i = 0, next = emits; i < s->saved.count; i++)
        if (must_be_emitted(&s->saved.data[i]))
            s->saved.data[i].sequence = &scan->results[next++];
    s->scan = scan;
    s->attrs = &scan->attrs.scan;
}

/* ---- the backward scan ---- */

typedef VEC(IrValue *) Values;

static void add_operand(ScanGradient *s, Values *operands, Values *placeholders, IrValue *operand, IrValue *p)
{
    vec_push(s->arena, operands, operand);
    vec_push(s->arena, placeholders, p);
}

static IrValue *initial_adjoint(ScanGradient *s, int state)
{
    const IrValue *last = &s->scan->results[s->attrs->emit_count + state];
    IrValue *adjoint = gradient_of(last);
    return adjoint ? adjoint : ir_const(&s->g->builder, last->type, 0);
}

static void build_scan(ScanGradient *s)
{
    IrScan attrs = {.dim = s->attrs->dim, .reverse = !s->attrs->reverse, .recompute = s->attrs->recompute};
    Values operands = {0}, placeholders = {0};
    for (int i = 0; i < s->saved.count; i++)
        if (s->saved.data[i].placeholder && !s->saved.data[i].row)
            add_operand(s, &operands, &placeholders, s->saved.data[i].sequence, s->saved.data[i].placeholder);
    for (int i = 0; i < s->emit_placeholders.count; i++) {
        IrValue *adjoint = gradient_of(&s->scan->results[s->emit_of.data[i]]);
        add_operand(s, &operands, &placeholders, adjoint, s->emit_placeholders.data[i]);
    }
    attrs.seq_count = operands.count;
    for (int i = 0; i < s->saved.count; i++)
        if (s->saved.data[i].placeholder && s->saved.data[i].row)
            add_operand(s, &operands, &placeholders, row_operand(s, s->saved.data[i].forward), s->saved.data[i].placeholder);
    attrs.row_count = operands.count - attrs.seq_count;
    Values states = {0}, emits = {0};
    for (int i = 0; i < s->attrs->state_count; i++) {
        if (!s->state_placeholders[i])
            continue;
        add_operand(s, &operands, &placeholders, initial_adjoint(s, i), s->state_placeholders[i]);
        IrValue *adjoint = gradient_of(state_param(s, i));
        vec_push(s->arena, &states, adjoint ? adjoint : ir_const(&s->builder, state_param(s, i)->type, 0));
    }
    attrs.state_count = states.count;
    for (int i = 0; i < s->handed.count; i++)
        vec_push(s->arena, &emits, s->handed.data[i].value);
    IrInst *scan = ir_scan_begin(&s->g->builder, attrs, operands.data);
    scan->line = s->scan->line;
    scan->region->first = s->backward->first;
    scan->region->last = s->backward->last;
    ir_scan_finish(s->g->func->module, scan, states.data, emits.data, emits.count);
    for (int i = 0; i < placeholders.count; i++)
        ir_region_replace_uses(scan->region, placeholders.data[i], &scan->region->params[i]);
    for (int i = 0; i < s->handed.count; i++)
        s->handed.data[i].sequence = &scan->results[i];
    s->result = scan;
}

/* ---- after it, outside ---- */

static void add_operand_adjoints(ScanGradient *s, const int *handed)
{
    IrBuilder *b = &s->g->builder;
    int first_state = s->attrs->seq_count + s->attrs->row_count;
    for (int i = 0; i < first_state; i++) {
        if (handed[i] < 0)
            continue;
        IrValue *adjoint = s->handed.data[handed[i]].sequence;
        if (i >= s->attrs->seq_count)
            adjoint = ir_reduce(b, OP_sum, adjoint, 1);
        gradient_add(b, s->scan->args[i], adjoint);
    }
    for (int i = 0, next = s->result->attrs.scan.emit_count; i < s->attrs->state_count; i++)
        if (s->state_placeholders[i]) {
            IrValue *operand = s->scan->args[first_state + i];
            IrValue *adjoint = &s->result->results[next++];
            if (gradient_is_active(s->g, operand))
                gradient_add(b, operand, adjoint);
        }
}

static void run_deferred(ScanGradient *s, const Deferred *d)
{
    bool *outside = ARENA_ARRAY(s->arena, bool, d->inst->arg_count);
    for (int i = 0; i < d->inst->arg_count; i++)
        outside[i] = gradient_is_float(d->inst->args[i]) && !is_inside(s, d->inst->args[i]) &&
                     gradient_is_active(s->g, d->inst->args[i]);
    GradContext c = {.b = &s->g->builder, .inst = d->inst, .g = s->handed.data[d->handed].sequence,
                     .wanted = outside, .value = value_lifted, .type = type_lifted, .place = s};
    gradient_apply(s->g, &c);
    for (int i = 0; i < d->inst->arg_count; i++)
        if (c.adjoints[i] && outside[i])
            gradient_add(&s->g->builder, d->inst->args[i], c.adjoints[i]);
}

bool gradient_has_adjoint(const IrInst *scan)
{
    for (int i = 0; i < scan->result_count; i++)
        if (gradient_of(&scan->results[i]))
            return true;
    return false;
}

void gradient_scan(Gradient *g, IrInst *scan)
{
    if (!gradient_has_adjoint(scan))
        return;
    Arena *arena = g->func->module->arena;
    ScanGradient s = {.g = g, .arena = arena, .scan = scan, .attrs = &scan->attrs.scan};
    s.backward = ARENA_NEW(arena, IrRegion);
    s.builder = ir_builder_at_end(g->func->module, s.backward);
    s.state_placeholders = ARENA_ARRAY(arena, IrValue *, s.attrs->state_count);
    g->builder.line = scan->line;
    begin_region(&s);
    for (IrInst *inst = scan->region->last; inst; inst = inst->prev)
        visit(&s, inst);
    int operands = s.attrs->seq_count + s.attrs->row_count;
    int *handed = ARENA_ARRAY(arena, int, operands + 1);
    for (int i = 0; i < operands; i++) {
        IrValue *adjoint = gradient_of(&scan->region->params[i]);
        handed[i] = adjoint && gradient_is_active(g, scan->args[i]) ? hand_out(&s, adjoint) : -1;
    }
    emit_saved(&s);
    build_scan(&s);
    add_operand_adjoints(&s, handed);
    for (int i = 0; i < s.deferred.count; i++)
        run_deferred(&s, &s.deferred.data[i]);
}
