/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir/ir.h"

void ir_inst_remove(IrRegion *region, IrInst *inst)
{
    *(inst->prev ? &inst->prev->next : &region->first) = inst->next;
    *(inst->next ? &inst->next->prev : &region->last) = inst->prev;
    inst->prev = inst->next = NULL;
}

void ir_inst_insert(IrRegion *region, IrInst *before, IrInst *inst)
{
    inst->next = before;
    inst->prev = before ? before->prev : region->last;
    *(inst->prev ? &inst->prev->next : &region->first) = inst;
    *(before ? &before->prev : &region->last) = inst;
}

static void replace_in(IrValue **values, int count, IrValue *from, IrValue *to)
{
    for (int i = 0; i < count; i++)
        if (values[i] == from)
            values[i] = to;
}

static void replace_from(IrRegion *region, IrInst *first, IrValue *from, IrValue *to)
{
    for (IrInst *inst = first; inst; inst = inst->next) {
        replace_in(inst->args, inst->arg_count, from, to);
        if (inst->region)
            ir_region_replace_uses(inst->region, from, to);
    }
    replace_in(region->yields, region->yield_count, from, to);
}

void ir_region_replace_uses(IrRegion *region, IrValue *from, IrValue *to)
{
    replace_from(region, region->first, from, to);
}

void ir_inst_replace(IrRegion *region, IrInst *inst, IrValue *value)
{
    replace_from(region, inst->next, &inst->results[0], value);
    ir_inst_remove(region, inst);
}

void ir_replace_uses(IrFunc *func, IrValue *from, IrValue *to)
{
    ir_region_replace_uses(func->body, from, to);
}

int ir_region_use_count(const IrRegion *region, const IrValue *value)
{
    int count = 0;
    for (const IrInst *inst = region->first; inst; inst = inst->next) {
        for (int i = 0; i < inst->arg_count; i++)
            count += inst->args[i] == value;
        count += inst->region ? ir_region_use_count(inst->region, value) : 0;
    }
    for (int i = 0; i < region->yield_count; i++)
        count += region->yields[i] == value;
    return count;
}

bool ir_func_rewrite(IrFunc *func, IrRewrite *rewrite, void *context)
{
    bool changed = false;
    for (IrInst *inst = func->body->first, *next; inst; inst = next) {
        next = inst->next;
        IrBuilder b = ir_builder_before(func->module, func->body, inst);
        IrValue *value = rewrite(context, &b, inst);
        if (!value)
            continue;
        ir_inst_replace(func->body, inst, value);
        changed = true;
    }
    return changed;
}

static void walk_region(IrRegion *region, void (*visit)(void *, IrRegion *, IrInst *),
                        void *context)
{
    for (IrInst *inst = region->first, *next; inst; inst = next) {
        next = inst->next;
        IrRegion *inner = inst->region;
        visit(context, region, inst);
        if (inner)
            walk_region(inner, visit, context);
    }
}

void ir_func_walk(IrFunc *func, void (*visit)(void *context, IrRegion *region, IrInst *inst),
                  void *context)
{
    walk_region(func->body, visit, context);
}
