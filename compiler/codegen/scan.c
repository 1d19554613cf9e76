/* SPDX-License-Identifier: Apache-2.0
 *
 * A scan. Items are taken in `order`, longest first. Values of the body are
 * compact: axis 0 is the place in `order`, and at time t the places below
 * live[t] exist. States have two buffers which change their roles at every step;
 * the last state of an item is written out right after its last row.
 *
 * The members of a team of threads share the items, if there are many: each
 * runs its own loop over time. A few items are shared unit by unit: all members
 * take part in each step, each with its own columns of the weights, which stay
 * in its core's cache, and meet after each nest of it. Who does what changes no
 * result.
 */
#include "compiler/codegen/abi.h"
#include "compiler/codegen/dot.h"
#include "compiler/codegen/loops.h"
#include "compiler/codegen/nest.h"

typedef struct ScanGen {
    const IrInst *inst;
    const IrScan *scan;
    NestList nests;         /* of one step, in order */
    LLVMValueRef *now, *next; /* stack slots that hold the pointers to the states */
    LLVMValueRef lo, hi;    /* the member's places */
} ScanGen;

static bool is_in_body(const IrRegion *region, const IrValue *value)
{
    for (const IrInst *inst = region->first; inst; inst = inst->next)
        if (inst == value->def)
            return true;
    return false;
}

LLVMValueRef scan_next_state(const Emit *e, const IrValue *value)
{
    if (!e->region || !e->region->next || !value->def)
        return NULL;
    const IrRegion *region = e->region->scan->region;
    for (int i = 0; i < e->region->scan->attrs.scan.state_count; i++)
        if (region->yields[i] == value)
            return is_in_body(region, value) ? e->region->next[i] : NULL;
    return NULL;
}

/* ---- the team ---- */

/* Waits for the other members, if they share steps. */
static void meet(Emit *e)
{
    LLVMValueRef shared = LLVMBuildICmp(e->b, LLVMIntSGT, e->size, emit_i64(e, 1), "");
    Branch branch = branch_begin(e, shared);
    LLVMValueRef pool = emit_call_field(e, ABI_CALL_POOL, e->cg->ptr);
    LLVMBuildCall2(e->b, e->cg->pool_meet_type, e->cg->pool_meet, &pool, 1, "");
    branch_end(e, &branch, NULL, NULL);
}

void scan_share(Emit *e, LLVMValueRef *lo, LLVMValueRef *hi)
{
    LLVMValueRef count = index_sub(e, *hi, *lo), next = index_add(e, e->rank, emit_i64(e, 1));
    *hi = index_add(e, *lo, index_div(e, index_mul(e, count, next), e->size));
    *lo = index_add(e, *lo, index_div(e, index_mul(e, count, e->rank), e->size));
}

/* Items of the nest for places lo .. hi-1: the member's share of them. */
static void emit_for_places(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    LLVMValueRef each = emit_i64(e, 1);
    for (int i = 1; i < nest->item_rank; i++) {
        LLVMValueRef extent = emit_extent(e, nest->items[i]);
        if (i == nest->item_rank - 1 && nest->chunk > 1)
            extent = index_div(e, index_add(e, extent, emit_i64(e, nest->chunk - 1)), emit_i64(e, nest->chunk));
        each = index_mul(e, each, extent);
    }
    LLVMValueRef first = index_mul(e, lo, each), end = index_mul(e, hi, each);
    if (nest->kind == NEST_TILES) /* are not shared: the first member does it */
        end = LLVMBuildSelect(e->b, LLVMBuildICmp(e->b, LLVMIntEQ, e->rank, emit_i64(e, 0), ""), end, first, "");
    else if (nest->kind != NEST_UNITS) /* shares its items itself */
        scan_share(e, &first, &end);
    nest_emit(e, nest, first, end);
}

static void copy_value(Emit *e, const IrValue *value, OutputKind kind, int which, LLVMValueRef lo, LLVMValueRef hi)
{
    Output output = {.value = value, .kind = kind, .which = which};
    emit_for_places(e, nest_copy(e->fg, &output, 1), lo, hi);
}

/* ---- states ---- */

static LLVMValueRef *pointer_slots(Emit *e, int count)
{
    LLVMValueRef *slots = ARENA_ARRAY(e->cg->arena, LLVMValueRef, count + 1);
    for (int i = 0; i < count; i++)
        slots[i] = emit_alloca(e, e->cg->ptr, "state");
    return slots;
}

static const IrValue *state_param(const ScanGen *s, int i)
{
    return &s->inst->region->params[s->scan->seq_count + s->scan->row_count + i];
}

/* Two buffers for each state, in cells that nest_list's caller has set aside. */
static void set_buffers(Emit *e, const ScanGen *s, const int *cells)
{
    for (int i = 0; i < s->scan->state_count; i++) {
        LLVMBuildStore(e->b, emit_cell(e, cells[2 * i]), s->now[i]);
        LLVMBuildStore(e->b, emit_cell(e, cells[2 * i + 1]), s->next[i]);
    }
}

static LLVMValueRef *load_pointers(Emit *e, const LLVMValueRef *slots, int count)
{
    LLVMValueRef *pointers = ARENA_ARRAY(e->cg->arena, LLVMValueRef, count + 1);
    for (int i = 0; i < count; i++)
        pointers[i] = LLVMBuildLoad2(e->b, e->cg->ptr, slots[i], "");
    return pointers;
}

/* An initial value stands for the region's parameter: it is read at the row of the item. */
static void begin_states(Emit *e, const ScanGen *s)
{
    RegionScope *region = e->region;
    int count = s->scan->state_count;
    region->next = load_pointers(e, s->now, count);
    region->states = NULL;
    LLVMValueRef first_live = LLVMBuildSelect(
        e->b, LLVMBuildICmp(e->b, LLVMIntSGT, emit_steps(e, s->scan->dim), emit_i64(e, 0), ""),
        emit_live(e, s->scan->dim, emit_i64(e, 0)), emit_i64(e, 0), "");
    LLVMValueRef rest = index_max(e, s->lo, index_min(e, first_live, s->hi));
    for (int i = 0; i < count; i++) {
        copy_value(e, state_param(s, i), OUTPUT_STATE, i, s->lo, s->hi);
        copy_value(e, state_param(s, i), OUTPUT_FINAL, i, rest, s->hi);
    }
    meet(e);
}

static bool is_emitted(const ScanGen *s, int which)
{
    for (int n = 0; n < s->nests.count; n++) {
        const Nest *nest = s->nests.data[n];
        for (int i = 0; i < nest->outputs.count; i++)
            if (nest->outputs.data[i].kind == OUTPUT_EMIT && nest->outputs.data[i].which == which)
                return true;
    }
    return false;
}

/* Emitted values that no kernel of the body stores in their place: `computed` by the body or not.
 * Returns whether there are any. */
static bool copy_emits(Emit *e, const ScanGen *s, bool computed, LLVMValueRef end)
{
    const IrRegion *body = s->inst->region;
    bool any = false;
    for (int i = 0; i < s->scan->emit_count; i++) {
        const IrValue *value = body->yields[s->scan->state_count + i];
        if (!is_emitted(s, i) && is_in_body(body, value) == computed) {
            copy_value(e, value, OUTPUT_EMIT, i, s->lo, end);
            any = true;
        }
    }
    return any;
}

/* States that are no value of the body's own or the same value as another state. */
static bool copy_states(Emit *e, const ScanGen *s, LLVMValueRef end)
{
    const IrRegion *body = s->inst->region;
    bool any = false;
    for (int i = 0; i < s->scan->state_count; i++)
        if (scan_next_state(e, body->yields[i]) != e->region->next[i]) {
            copy_value(e, body->yields[i], OUTPUT_STATE, i, s->lo, end);
            any = true;
        }
    return any;
}

static void finish_states(Emit *e, const ScanGen *s, LLVMValueRef end)
{
    RegionScope *region = e->region;
    LLVMValueRef t = index_add(e, region->t, emit_i64(e, 1));
    LLVMValueRef more = LLVMBuildICmp(e->b, LLVMIntSLT, t, emit_steps(e, s->scan->dim), "");
    LLVMValueRef live = emit_live(e, s->scan->dim, LLVMBuildSelect(e->b, more, t, emit_i64(e, 0), ""));
    live = LLVMBuildSelect(e->b, more, live, emit_i64(e, 0), "");
    LLVMValueRef first = index_max(e, s->lo, index_min(e, live, end));
    LLVMValueRef *states = region->states;
    region->states = region->next; /* a state parameter now means the new state */
    region->next = NULL;
    for (int i = 0; i < s->scan->state_count; i++)
        copy_value(e, state_param(s, i), OUTPUT_FINAL, i, first, end);
    for (int i = 0; i < s->scan->state_count; i++) {
        LLVMBuildStore(e->b, region->states[i], s->now[i]);
        LLVMBuildStore(e->b, states[i], s->next[i]);
    }
}

static void emit_step(Emit *e, const ScanGen *s, LLVMValueRef t)
{
    RegionScope *region = e->region;
    int count = s->scan->state_count;
    region->t = t;
    region->states = load_pointers(e, s->now, count);
    region->next = load_pointers(e, s->next, count);
    LLVMValueRef end = index_min(e, s->hi, emit_live(e, s->scan->dim, t));
    /* Before any meeting of the step: the states are overwritten in the next one. */
    bool copied = copy_emits(e, s, false, end) && !s->nests.count;
    for (int i = 0; i < s->nests.count; i++) {
        emit_for_places(e, s->nests.data[i], s->lo, end);
        meet(e);
    }
    copied |= copy_emits(e, s, true, end);
    copied |= copy_states(e, s, end);
    if (copied)
        meet(e);
    finish_states(e, s, end);
}

/* Steps of the member: the length of its first item. */
static LLVMValueRef member_steps(Emit *e, const ScanGen *s)
{
    LLVMValueRef item = emit_order(e, s->scan->dim, s->lo);
    LLVMValueRef end = emit_offset(e, s->scan->dim, index_add(e, item, emit_i64(e, 1)));
    return index_sub(e, end, emit_offset(e, s->scan->dim, item));
}

static LLVMValueRef item_share(Emit *e, const ScanGen *s, LLVMValueRef items, LLVMValueRef rank, LLVMValueRef size)
{
    LLVMValueRef args[] = {emit_axis(e, s->scan->dim), items, rank, size};
    return LLVMBuildCall2(e->b, e->cg->axis_share_type, e->cg->axis_share, args, 4, "");
}

/* The member's places, and what it has of a step of these. */
static void divide(Emit *e, ScanGen *s, LLVMValueRef rank, LLVMValueRef size)
{
    LLVMValueRef items = emit_extent(e, s->scan->dim->parent), zero = emit_i64(e, 0), one = emit_i64(e, 1);
    LLVMValueRef many = LLVMBuildICmp(e->b, LLVMIntSGE, items, index_mul(e, size, emit_i64(e, TEAM_ITEMS)), "");
    LLVMValueRef lo = item_share(e, s, items, rank, size), hi = item_share(e, s, items, index_add(e, rank, one), size);
    s->lo = LLVMBuildSelect(e->b, many, lo, zero, "");
    s->hi = LLVMBuildSelect(e->b, many, hi, items, "");
    e->rank = LLVMBuildSelect(e->b, many, zero, rank, "");
    e->size = LLVMBuildSelect(e->b, many, one, size, "");
}

void scan_emit(Emit *e, const Nest *nest, LLVMValueRef rank, LLVMValueRef size)
{
    ScanGen s = {.inst = nest->anchor, .scan = &nest->anchor->attrs.scan, .nests = nest->steps};
    RegionScope region = {.scan = nest->anchor};
    divide(e, &s, rank, size);
    Branch any = branch_begin(e, LLVMBuildICmp(e->b, LLVMIntSLT, s.lo, s.hi, ""));
    s.now = pointer_slots(e, s.scan->state_count);
    s.next = pointer_slots(e, s.scan->state_count);
    set_buffers(e, &s, nest->state_cells);
    e->region = &region;
    begin_states(e, &s);
    Loop loop = loop_begin(e, emit_i64(e, 0), member_steps(e, &s), 1, LOOP_PLAIN);
    emit_step(e, &s, loop.index);
    loop_end(e, &loop);
    branch_end(e, &any, NULL, NULL);
    e->region = NULL;
    e->rank = e->size = NULL;
}

/* ---- costs ---- */

/* What a row of a step costs: products at some 200 GFLOP/s, everything else in vectors. */
static double row_ns(const FuncGen *fg, const Nest *step)
{
    if (!step->outputs.count)
        return 0;
    const IrType *type = &step->outputs.data[0].value->type;
    double ns = step->dot ? 0.01 * (double)dot_weights(step->dot) : 0, elements = 1;
    for (int i = 1; i < type->rank; i++)
        elements *= type->dims[i]->kind == NND_DIM_CONST ? (double)type->dims[i]->size : 1;
    return ns + 0.1 * elements * nest_element_ns(fg, step);
}

void scan_set_launch(const FuncGen *fg, const Nest *nest, Launch *launch)
{
    launch->team = true;
    launch->steps = nest->anchor->attrs.scan.dim;
    launch->meets = nest->steps.count ? nest->steps.count : 1;
    for (int i = 0; i < nest->steps.count; i++) {
        const Nest *step = nest->steps.data[i];
        launch->item_ns += row_ns(fg, step);
        if (step->dot) /* reads the weights from the cache, however few rows there are */
            launch->step_ns += 0.02 * (double)dot_weights(step->dot);
    }
}
