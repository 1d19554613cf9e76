/* SPDX-License-Identifier: Apache-2.0
 *
 * The gradient of a scan over parts is one in the opposite direction, whose
 * region runs the part again and then its gradient. Of the forward scan only
 * the states at the marks are kept: those that a part begins with. What is the
 * same for all parts (weights) gets its adjoint part by part: it is added up in
 * a state of the backward scan.
 *
 * The region of the forward scan, whose values have the ids that activity is
 * known by, becomes that of the backward scan; the forward scan gets a copy.
 * The region is differentiated with placeholders for what comes from outside
 * (Note [placeholders] in gradient_scan.c).
 */
#include "compiler/passes/gradient.h"

typedef VEC(IrValue *) Values;

/* Operands of the backward scan, what stands for them in its region, and what is yielded. */
typedef struct Operands {
    Values args, inside, yields;
} Operands;

typedef struct PartsGradient {
    Gradient *g;
    Gradient inner; /* in the region */
    Arena *arena;
    IrInst *scan; /* forward; its region has the copy */
    IrRegion *region;
    IrValue *params; /* of the region, where they are no operand yet */
    const IrScan *attrs;
    Values shared; /* active values from outside that the region reads */
    Operands seqs, states;
    Values emits;
    Values targets; /* forward values whose adjoints the emits, then the states are */
} PartsGradient;

static IrValue *placeholder(const PartsGradient *p, IrType type)
{
    IrValue *value = ARENA_NEW(p->arena, IrValue);
    value->type = type;
    return value;
}

static IrValue *state_param(const PartsGradient *p, int i)
{
    return &p->params[p->attrs->seq_count + i];
}

static void add_operand(const PartsGradient *p, Operands *operands, IrValue *arg, IrValue *inside)
{
    vec_push(p->arena, &operands->args, arg);
    vec_push(p->arena, &operands->inside, inside);
}

/* ---- forward: the states at the marks ---- */

static void keep_states(PartsGradient *p, IrInst *old)
{
    IrModule *module = p->g->func->module;
    const IrScan *was = &old->attrs.scan;
    IrBuilder b = ir_builder_before(module, p->g->builder.region, old);
    b.line = old->line;
    IrInst *scan = ir_scan_begin(&b, *was, old->args);
    IrValue **map = ARENA_ARRAY(p->arena, IrValue *, p->g->value_count + 1);
    for (int i = 0; i < old->region->param_count; i++)
        map[old->region->params[i].id] = &scan->region->params[i];
    ir_region_append(p->arena, scan->region, old->region, map);
    Values yields = {0};
    for (int i = 0; i < old->region->yield_count; i++)
        vec_push(p->arena, &yields, map[old->region->yields[i]->id]);
    for (int i = 0; i < was->state_count; i++)
        vec_push(p->arena, &yields, &scan->region->params[was->seq_count + i]);
    ir_scan_finish(module, scan, yields.data, yields.data + was->state_count,
                   was->emit_count + was->state_count);
    gradient_replace_scan(p->g, old, scan);
    p->scan = scan;
    p->attrs = &scan->attrs.scan;
}

/* ---- what the region reads from outside ---- */

static void mark_own(const IrRegion *region, bool *own)
{
    for (int i = 0; i < region->param_count; i++)
        own[region->params[i].id] = true;
    for (const IrInst *inst = region->first; inst; inst = inst->next) {
        for (int i = 0; i < inst->result_count; i++)
            own[inst->results[i].id] = true;
        if (inst->region)
            mark_own(inst->region, own);
    }
}

/* `known`: what is the region's own or listed already. */
static void list_shared(PartsGradient *p, const IrRegion *region, bool *known)
{
    for (const IrInst *inst = region->first; inst; inst = inst->next) {
        for (int i = 0; i < inst->arg_count; i++) {
            IrValue *value = inst->args[i];
            if (!known[value->id] && gradient_is_float(value) && gradient_is_active(p->g, value))
                vec_push(p->arena, &p->shared, value);
            known[value->id] = true;
        }
        if (inst->region)
            list_shared(p, inst->region, known);
    }
}

/* ---- in the region ---- */

static void begin_adjoints(PartsGradient *p)
{
    int states = p->attrs->state_count, emits = p->region->yield_count - states;
    for (int i = 0; i < states; i++) {
        if (!gradient_is_active(p->g, state_param(p, i)))
            continue;
        IrValue *last = &p->scan->results[p->attrs->emit_count + i], *after = gradient_of(last);
        IrValue *inside = placeholder(p, state_param(p, i)->type);
        add_operand(p, &p->states, after ? after : ir_const(&p->g->builder, last->type, 0), inside);
        gradient_add(&p->inner.builder, p->region->yields[i], inside);
    }
    for (int i = 0; i < emits; i++) {
        IrValue *adjoint = gradient_of(&p->scan->results[i]),
                *value = p->region->yields[states + i];
        if (!adjoint || !gradient_is_active(p->g, value))
            continue;
        IrValue *inside = placeholder(p, value->type);
        add_operand(p, &p->seqs, adjoint, inside);
        gradient_add(&p->inner.builder, value, inside);
    }
}

static void add_sequences(PartsGradient *p)
{
    int emits = p->attrs->emit_count - p->attrs->state_count;
    for (int i = 0; i < p->attrs->seq_count; i++)
        add_operand(p, &p->seqs, p->scan->args[i], &p->params[i]);
    for (int i = 0; i < p->attrs->state_count; i++)
        add_operand(p, &p->seqs, &p->scan->results[emits + i], state_param(p, i));
}

static void yield_adjoints(PartsGradient *p)
{
    IrBuilder *b = &p->inner.builder;
    for (int i = 0; i < p->attrs->seq_count; i++) {
        IrValue *adjoint = gradient_of(&p->params[i]);
        if (!adjoint || !gradient_is_active(p->g, p->scan->args[i]))
            continue;
        vec_push(p->arena, &p->emits, adjoint);
        vec_push(p->arena, &p->targets, p->scan->args[i]);
    }
    for (int i = 0; i < p->attrs->state_count; i++) {
        if (!gradient_is_active(p->g, state_param(p, i)))
            continue;
        IrValue *adjoint = gradient_of(state_param(p, i));
        adjoint = adjoint ? adjoint : ir_const(b, state_param(p, i)->type, 0);
        vec_push(p->arena, &p->states.yields, adjoint);
        vec_push(p->arena, &p->targets, p->scan->args[p->attrs->seq_count + i]);
    }
}

/* Of a value from outside: the sum of what the parts so far have added, and this one's. */
static void accumulate(PartsGradient *p, IrValue *shared, IrValue *adjoint)
{
    IrValue *sum = placeholder(p, shared->type);
    add_operand(p, &p->states, ir_const(&p->g->builder, shared->type, 0), sum);
    vec_push(p->arena, &p->states.yields, ir_ew(&p->inner.builder, OP_add, sum, adjoint, NULL));
    vec_push(p->arena, &p->targets, shared);
}

/* Adjoints that values from outside have there are put aside. */
static void differentiate(PartsGradient *p)
{
    IrInst *last = p->region->last;
    IrValue **aside = ARENA_ARRAY(p->arena, IrValue *, p->shared.count + 1);
    begin_adjoints(p);
    for (int i = 0; i < p->shared.count; i++) {
        aside[i] = p->shared.data[i]->info;
        p->shared.data[i]->info = NULL;
    }
    gradient_region(&p->inner, last);
    yield_adjoints(p);
    for (int i = 0; i < p->shared.count; i++) {
        IrValue *adjoint = gradient_of(p->shared.data[i]);
        p->shared.data[i]->info = aside[i];
        if (adjoint)
            accumulate(p, p->shared.data[i], adjoint);
    }
}

/* ---- the backward scan ---- */

static void replace_all(IrRegion *region, const Values *from, IrValue *to)
{
    for (int i = 0; i < from->count; i++)
        ir_region_replace_uses(region, from->data[i], &to[i]);
}

static IrInst *build_scan(PartsGradient *p)
{
    IrScan attrs = {.dim = p->attrs->dim,
                    .part = p->attrs->part,
                    .marks = p->attrs->marks,
                    .reverse = !p->attrs->reverse,
                    .seq_count = p->seqs.args.count,
                    .state_count = p->states.args.count};
    Values args = {0};
    for (int i = 0; i < attrs.seq_count + attrs.state_count; i++)
        vec_push(p->arena, &args,
                 i < attrs.seq_count ? p->seqs.args.data[i]
                                     : p->states.args.data[i - attrs.seq_count]);
    IrInst *scan = ir_scan_begin(&p->g->builder, attrs, args.data);
    scan->region->first = p->region->first;
    scan->region->last = p->region->last;
    ir_scan_finish(p->g->func->module, scan, p->states.yields.data, p->emits.data, p->emits.count);
    replace_all(scan->region, &p->seqs.inside, scan->region->params);
    replace_all(scan->region, &p->states.inside, scan->region->params + attrs.seq_count);
    return scan;
}

void gradient_parts(Gradient *g, IrInst *scan)
{
    if (!gradient_has_adjoint(scan))
        return;
    IrModule *module = g->func->module;
    PartsGradient p = {.g = g,
                       .arena = module->arena,
                       .region = scan->region,
                       .params = scan->region->params,
                       .inner = *g};
    p.inner.builder = ir_builder_at_end(module, scan->region);
    p.inner.builder.line = g->builder.line = scan->line;
    bool *known = ARENA_ARRAY(p.arena, bool, g->value_count + 1);
    mark_own(scan->region, known);
    list_shared(&p, scan->region, known);
    keep_states(&p, scan);
    differentiate(&p);
    add_sequences(&p);
    IrInst *backward = build_scan(&p);
    for (int i = 0; i < p.targets.count; i++)
        if (gradient_is_active(g, p.targets.data[i]))
            gradient_add(&g->builder, p.targets.data[i], &backward->results[i]);
}
