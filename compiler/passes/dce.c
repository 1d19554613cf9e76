/* SPDX-License-Identifier: Apache-2.0
 *
 * dce: removes what nobody reads.
 *   after   every instruction has a result that is read; every operand, state
 *           and emit of a scan is needed, and no value is emitted twice
 */
#include "compiler/passes/passes.h"
#include "compiler/passes/scan_edit.h"

static void set_unread(IrRegion *region)
{
    for (int i = 0; i < region->param_count; i++)
        region->params[i].info = NULL;
    for (IrInst *inst = region->first; inst; inst = inst->next) {
        for (int i = 0; i < inst->result_count; i++)
            inst->results[i].info = NULL;
        if (inst->region)
            set_unread(inst->region);
    }
}

/* `info` is set for values that are read. */
static void set_read(IrValue *value)
{
    value->info = value;
}

static bool is_read(const IrValue *value)
{
    return value->info;
}

static bool any_read(const IrInst *inst)
{
    for (int i = 0; i < inst->result_count; i++)
        if (is_read(&inst->results[i]))
            return true;
    return false;
}

static void read_region(IrRegion *region);

/* Inside of a scan: emits that are read, states whose last value is read, and whatever those need. */
static void read_scan(IrInst *scan)
{
    const IrScan *a = &scan->attrs.scan;
    IrRegion *region = scan->region;
    int first_state = a->seq_count + a->row_count;
    for (int i = 0; i < a->emit_count; i++)
        if (is_read(&scan->results[i]))
            set_read(region->yields[a->state_count + i]);
    for (int i = 0; i < a->state_count; i++)
        if (is_read(&scan->results[a->emit_count + i]))
            set_read(&region->params[first_state + i]);
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < a->state_count; i++)
            if (is_read(&region->params[first_state + i]) && !is_read(region->yields[i])) {
                set_read(region->yields[i]);
                changed = true;
            }
        read_region(region);
        for (int i = 0; i < a->state_count; i++)
            changed |= is_read(&region->params[first_state + i]) && !is_read(region->yields[i]);
    }
    for (int i = 0; i < scan->arg_count; i++)
        if (is_read(&region->params[i]))
            set_read(scan->args[i]);
}

static void read_region(IrRegion *region)
{
    for (IrInst *inst = region->last; inst; inst = inst->prev) {
        if (!any_read(inst))
            continue;
        if (inst->region) {
            read_scan(inst);
            continue;
        }
        for (int i = 0; i < inst->arg_count; i++)
            set_read(inst->args[i]);
    }
}

static ScanParts kept(Arena *arena, const ScanParts *parts, const IrValue *params)
{
    ScanParts result = {0};
    for (int i = 0; i < parts->count; i++)
        if (is_read(&params[i]))
            vec_push(arena, &result, parts->data[i]);
    return result;
}

/* Emits that are read; of several that yield the same value only the first. */
static ScanParts kept_emits(IrFunc *func, IrInst *scan, const ScanParts *emits)
{
    Arena *arena = func->module->arena;
    ScanParts result = {0};
    for (int i = 0; i < emits->count; i++) {
        int twin = -1;
        for (int k = 0; k < i && twin < 0; k++)
            if (emits->data[k].inside == emits->data[i].inside && is_read(&scan->results[k]))
                twin = k;
        if (twin >= 0)
            ir_replace_uses(func, &scan->results[i], &scan->results[twin]);
        else if (is_read(&scan->results[i]))
            vec_push(arena, &result, emits->data[i]);
    }
    return result;
}

static bool prune_scan(IrFunc *func, IrRegion *region, IrInst *scan)
{
    Arena *arena = func->module->arena;
    const IrScan *a = &scan->attrs.scan;
    ScanShape shape = scan_shape(arena, scan);
    const IrValue *params = scan->region->params;
    ScanShape less = {.seqs = kept(arena, &shape.seqs, params),
                      .rows = kept(arena, &shape.rows, params + a->seq_count),
                      .states = kept(arena, &shape.states, params + a->seq_count + a->row_count),
                      .emits = kept_emits(func, scan, &shape.emits)};
    if (less.seqs.count == a->seq_count && less.rows.count == a->row_count && less.states.count == a->state_count &&
        less.emits.count == a->emit_count)
        return false;
    scan_reshape(func, region, scan, &less);
    return true;
}

static bool remove_unread(IrFunc *func, IrRegion *region)
{
    bool changed = false;
    for (IrInst *inst = region->first, *next; inst; inst = next) {
        next = inst->next;
        if (!any_read(inst)) {
            ir_inst_remove(region, inst);
            changed = true;
        } else if (inst->region) {
            changed |= remove_unread(func, inst->region);
            changed |= prune_scan(func, region, inst);
        }
    }
    return changed;
}

bool pass_dce(IrFunc *func)
{
    bool changed = false;
    for (bool again = true; again; changed |= again) {
        set_unread(func->body);
        for (int i = 0; i < func->body->yield_count; i++)
            set_read(func->body->yields[i]);
        read_region(func->body);
        again = remove_unread(func, func->body);
    }
    return changed;
}
