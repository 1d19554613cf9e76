/* SPDX-License-Identifier: Apache-2.0
 *
 * cse: one instruction for each computation.
 *   after   no two instructions of a region have the same operator, operands,
 *           attributes and type (a region may repeat what is outside of it:
 *           values with the items' axis cannot be used across)
 */
#include "compiler/passes/passes.h"

static bool same_axes(const int8_t *a, const int8_t *b, int count)
{
    return !memcmp(a, b, (size_t)count);
}

static bool same_dot(const IrDot *a, const IrDot *b)
{
    return a->batch_count == b->batch_count && a->contract_count == b->contract_count &&
           same_axes(a->a_batch, b->a_batch, a->batch_count) && same_axes(a->b_batch, b->b_batch, a->batch_count) &&
           same_axes(a->a_contract, b->a_contract, a->contract_count) &&
           same_axes(a->b_contract, b->b_contract, a->contract_count);
}

static bool same_window(const IrWindow *a, const IrWindow *b)
{
    return a->axis == b->axis && a->size == b->size && a->stride == b->stride && a->dilation == b->dilation &&
           a->low == b->low && a->fill == b->fill;
}

static bool same_attrs(const IrInst *x, const IrInst *y)
{
    const IrAttrs *a = &x->attrs, *b = &y->attrs;
    switch (ir_op_info[x->op].attr) {
    case ATTR_none: return true;
    case ATTR_constant: return !memcmp(&a->constant, &b->constant, sizeof a->constant);
    case ATTR_axis: return a->axis == b->axis;
    case ATTR_stream: return a->stream == b->stream;
    case ATTR_dim: return a->dim == b->dim;
    case ATTR_map: return same_axes(a->map, b->map, x->results[0].type.rank);
    case ATTR_slice:
        return a->slice.axis == b->slice.axis && a->slice.start == b->slice.start && a->slice.size == b->slice.size;
    case ATTR_window: return same_window(&a->window, &b->window);
    case ATTR_axes: return a->axes == b->axes;
    case ATTR_dot: return same_dot(&a->dot, &b->dot);
    case ATTR_coast: return !memcmp(&a->coast, &b->coast, sizeof a->coast);
    case ATTR_scan: return false;
    }
    return false;
}

static bool same(const IrInst *x, const IrInst *y)
{
    if (x->op != y->op || x->arg_count != y->arg_count || x->op == OP_scan ||
        !ir_type_equal(&x->results[0].type, &y->results[0].type))
        return false;
    for (int i = 0; i < x->arg_count; i++)
        if (x->args[i] != y->args[i])
            return false;
    return same_attrs(x, y);
}

/* The instructions of a region so far, by hash. */
enum { BUCKETS = 1024 };

typedef struct Entry {
    IrInst *inst;
    struct Entry *next;
} Entry;

typedef struct Table {
    Arena *arena;
    Entry *buckets[BUCKETS];
} Table;

static unsigned bucket_of(const IrInst *inst)
{
    uintptr_t hash = (uintptr_t)inst->op * 31;
    for (int i = 0; i < inst->arg_count; i++)
        hash = hash * 1000003 + ((uintptr_t)inst->args[i] >> 4);
    return (unsigned)(hash ^ hash >> 20) % BUCKETS;
}

static IrInst *find(const Table *table, const IrInst *inst)
{
    for (const Entry *e = table->buckets[bucket_of(inst)]; e; e = e->next)
        if (same(e->inst, inst))
            return e->inst;
    return NULL;
}

static bool share_region(IrRegion *region, Arena *arena);

static bool share(IrRegion *region, Table *table)
{
    bool changed = false;
    for (IrInst *inst = region->first, *next; inst; inst = next) {
        next = inst->next;
        if (inst->region)
            changed |= share_region(inst->region, table->arena);
        IrInst *twin = find(table, inst);
        if (twin) {
            ir_inst_replace(region, inst, &twin->results[0]);
            changed = true;
            continue;
        }
        Entry *entry = ARENA_NEW(table->arena, Entry);
        *entry = (Entry){inst, table->buckets[bucket_of(inst)]};
        table->buckets[bucket_of(inst)] = entry;
    }
    return changed;
}

static bool share_region(IrRegion *region, Arena *arena)
{
    Table *table = ARENA_NEW(arena, Table);
    table->arena = arena;
    return share(region, table);
}

bool pass_cse(IrFunc *func)
{
    return share_region(func->body, func->module->arena);
}
