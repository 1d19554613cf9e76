/* SPDX-License-Identifier: Apache-2.0
 *
 * A scan. Items are taken in `order`, longest first, in blocks; every block
 * runs its own loop over time. Values of the body are compact: axis 0 is the
 * place in `order`, and at time t the places below live[t] exist. States have
 * two buffers which change their roles at every step; the last state of an
 * item is written out right after its last row.
 */
#include "compiler/codegen/loops.h"
#include "compiler/codegen/nest.h"

typedef struct ScanGen {
    const IrInst *inst;
    const IrScan *scan;
    NestList nests;         /* of one step, in order */
    LLVMValueRef *now, *next; /* stack slots that hold the pointers to the states */
    LLVMValueRef lo, hi;    /* the block's places */
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

/* Items of the nest for places lo .. hi-1. */
static void emit_for_places(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    LLVMValueRef each = emit_i64(e, 1);
    for (int i = 1; i < nest->item_rank; i++) {
        LLVMValueRef extent = emit_extent(e, nest->items[i]);
        if (i == nest->item_rank - 1 && nest->chunk > 1)
            extent = index_div(e, index_add(e, extent, emit_i64(e, nest->chunk - 1)), emit_i64(e, nest->chunk));
        each = index_mul(e, each, extent);
    }
    nest_emit(e, nest, index_mul(e, lo, each), index_mul(e, hi, each));
}

static void copy_value(Emit *e, const IrValue *value, OutputKind kind, int which, LLVMValueRef lo, LLVMValueRef hi)
{
    Output output = {value, kind, which};
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

/* What the body's kernels have not stored in its place: states that are no value of the body's
 * own or the same value as another state, and emitted values of that kind. */
static void copy_yields(Emit *e, const ScanGen *s, LLVMValueRef end)
{
    const IrRegion *body = s->inst->region;
    for (int i = 0; i < s->scan->state_count; i++)
        if (scan_next_state(e, body->yields[i]) != e->region->next[i])
            copy_value(e, body->yields[i], OUTPUT_STATE, i, s->lo, end);
    for (int i = 0; i < s->scan->emit_count; i++)
        if (!is_emitted(s, i))
            copy_value(e, body->yields[s->scan->state_count + i], OUTPUT_EMIT, i, s->lo, end);
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
    for (int i = 0; i < s->nests.count; i++)
        emit_for_places(e, s->nests.data[i], s->lo, end);
    copy_yields(e, s, end);
    finish_states(e, s, end);
}

/* Steps of the block: the length of its first item. */
static LLVMValueRef block_steps(Emit *e, const ScanGen *s)
{
    LLVMValueRef item = emit_order(e, s->scan->dim, s->lo);
    LLVMValueRef end = emit_offset(e, s->scan->dim, index_add(e, item, emit_i64(e, 1)));
    return index_sub(e, end, emit_offset(e, s->scan->dim, item));
}

void scan_emit(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    ScanGen s = {.inst = nest->anchor, .scan = &nest->anchor->attrs.scan, .nests = nest->steps, .lo = lo, .hi = hi};
    RegionScope region = {.scan = nest->anchor};
    s.now = pointer_slots(e, s.scan->state_count);
    s.next = pointer_slots(e, s.scan->state_count);
    set_buffers(e, &s, nest->state_cells);
    e->region = &region;
    begin_states(e, &s);
    Loop loop = loop_begin(e, emit_i64(e, 0), block_steps(e, &s), 1, LOOP_PLAIN);
    emit_step(e, &s, loop.index);
    loop_end(e, &loop);
    e->region = NULL;
}
