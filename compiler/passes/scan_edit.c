/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/passes/scan_edit.h"

ScanShape scan_shape(Arena *arena, const IrInst *scan)
{
    const IrScan *a = &scan->attrs.scan;
    ScanShape shape = {0};
    int arg = 0;
    for (int i = 0; i < a->seq_count; i++)
        vec_push(arena, &shape.seqs, ((ScanPart){i, scan->args[arg++], NULL}));
    for (int i = 0; i < a->row_count; i++)
        vec_push(arena, &shape.rows, ((ScanPart){i, scan->args[arg++], NULL}));
    for (int i = 0; i < a->state_count; i++)
        vec_push(arena, &shape.states, ((ScanPart){i, scan->args[arg++], NULL}));
    for (int i = 0; i < a->emit_count; i++)
        vec_push(arena, &shape.emits, ((ScanPart){i, NULL, scan->region->yields[a->state_count + i]}));
    return shape;
}

bool scan_is_inside(const IrInst *scan, const IrValue *value)
{
    const IrRegion *region = scan->region;
    if (!value->def)
        return value >= region->params && value < region->params + region->param_count;
    for (const IrInst *inst = region->first; inst; inst = inst->next)
        if (value->def == inst)
            return true;
    return false;
}

static void append(Arena *arena, ScanParts *all, const ScanParts *parts)
{
    for (int i = 0; i < parts->count; i++)
        vec_push(arena, all, parts->data[i]);
}

/* Old parameters that stay, and values that become parameters, are replaced by the new ones. */
static void rewire_params(IrRegion *region, const IrValue *old_params, IrValue *new_params, const ScanParts *parts,
                          int old_first, int new_first)
{
    for (int i = 0; i < parts->count; i++) {
        IrValue *param = &new_params[new_first + i];
        if (parts->data[i].old >= 0)
            ir_region_replace_uses(region, (IrValue *)&old_params[old_first + parts->data[i].old], param);
        else
            ir_region_replace_uses(region, parts->data[i].inside, param);
    }
}

static void rewire_results(IrFunc *func, IrInst *old, IrInst *scan, const ScanParts *parts, int old_first, int new_first)
{
    for (int i = 0; i < parts->count; i++)
        if (parts->data[i].old >= 0)
            ir_replace_uses(func, &old->results[old_first + parts->data[i].old], &scan->results[new_first + i]);
}

IrInst *scan_reshape(IrFunc *func, IrRegion *region, IrInst *old, const ScanShape *shape)
{
    IrModule *module = func->module;
    Arena *arena = module->arena;
    ScanParts operands = {0};
    append(arena, &operands, &shape->seqs);
    append(arena, &operands, &shape->rows);
    append(arena, &operands, &shape->states);
    IrValue **args = ARENA_ARRAY(arena, IrValue *, operands.count);
    for (int i = 0; i < operands.count; i++)
        args[i] = operands.data[i].operand;
    const IrScan was = old->attrs.scan;
    IrScan attrs = {.dim = was.dim, .part = was.part, .marks = was.marks, .reverse = was.reverse, .recompute = was.recompute, .seq_count = shape->seqs.count,
                    .row_count = shape->rows.count, .state_count = shape->states.count};
    IrBuilder b = ir_builder_before(module, region, old);
    IrInst *scan = ir_scan_begin(&b, attrs, args);
    scan->region->first = old->region->first;
    scan->region->last = old->region->last;
    IrValue **states = ARENA_ARRAY(arena, IrValue *, shape->states.count);
    IrValue **emits = ARENA_ARRAY(arena, IrValue *, shape->emits.count);
    for (int i = 0; i < shape->states.count; i++)
        states[i] = old->region->yields[shape->states.data[i].old];
    for (int i = 0; i < shape->emits.count; i++)
        emits[i] = shape->emits.data[i].inside;
    ir_scan_finish(module, scan, states, emits, shape->emits.count);
    const IrValue *before = old->region->params;
    IrValue *params = scan->region->params;
    rewire_params(scan->region, before, params, &shape->seqs, 0, 0);
    rewire_params(scan->region, before, params, &shape->rows, was.seq_count, attrs.seq_count);
    rewire_params(scan->region, before, params, &shape->states, was.seq_count + was.row_count,
                  attrs.seq_count + attrs.row_count);
    rewire_results(func, old, scan, &shape->emits, 0, 0);
    rewire_results(func, old, scan, &shape->states, was.emit_count, shape->emits.count);
    ir_inst_remove(region, old);
    return scan;
}

static IrType lift_type(const IrInst *scan, IrType type)
{
    if (type.rank && type.dims[0] == scan->attrs.scan.dim->parent)
        type.dims[0] = scan->attrs.scan.dim;
    return type;
}

IrValue *scan_lift(IrBuilder *b, const IrInst *scan, const IrInst *inst, IrValue *const *args)
{
    Arena *arena = b->module->arena;
    IrInst *lifted = arena_copy(arena, inst, sizeof *inst);
    lifted->args = arena_copy(arena, args, sizeof *args * (size_t)inst->arg_count);
    lifted->results = arena_copy(arena, inst->results, sizeof *inst->results);
    lifted->results[0].def = lifted;
    lifted->results[0].type = lift_type(scan, inst->results[0].type);
    const char *error = ir_infer(arena, lifted);
    if (error)
        NND_BUG("lifting %s: %s", ir_op_info[inst->op].name, error);
    ir_inst_insert(b->region, b->before, lifted);
    return &lifted->results[0];
}

IrValue *scan_lift_row(IrBuilder *b, const IrInst *scan, IrValue *row)
{
    int8_t map[NND_MAX_RANK];
    for (int i = 0; i < row->type.rank; i++)
        map[i] = (int8_t)i;
    return ir_broadcast(b, row, lift_type(scan, row->type), map);
}
