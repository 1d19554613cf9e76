/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/passes/kernel_cost.h"

#include "compiler/ir/cost.h"

typedef struct Traffic {
    const NndAxis *axes;
    int group;
    bool *seen; /* by value id */
    double bytes;
} Traffic;

static double type_bytes(const IrType *type, const NndAxis *axes)
{
    double bytes = (double)nnd_dtype_size(type->dtype);
    for (int i = 0; i < type->rank; i++)
        bytes *= (double)axes[type->dims[i]->index].extent;
    return bytes;
}

static void move(Traffic *t, const IrValue *value, const IrType *type)
{
    if (t->seen[value->id])
        return;
    t->seen[value->id] = true;
    t->bytes += type_bytes(type, t->axes);
}

static bool is_own(const Traffic *t, const IrValue *value)
{
    return value->def && (value->def->group == t->group || value->def->group == -1);
}

static void read_inst(Traffic *t, const IrInst *inst);

/* The type with fewer bytes. */
static const IrType *smaller(const Traffic *t, const IrType *a, const IrType *b)
{
    return type_bytes(b, t->axes) < type_bytes(a, t->axes) ? b : a;
}

/* As much of a value as `part` has, if it lies in memory; through views of it. What is computed in place reads on. */
static void read_value(Traffic *t, const IrValue *value, const IrType *part)
{
    if (!is_own(t, value))
        move(t, value, part);
    else if (fuse_is_view(value->def))
        read_value(t, value->def->args[0], smaller(t, part, &value->def->args[0]->type));
    else if (value->def->group == -1)
        read_inst(t, value->def);
}

static void read_inst(Traffic *t, const IrInst *inst)
{
    for (int i = 0; i < inst->arg_count; i++)
        read_value(t, inst->args[i], inst->op == OP_gather && i == 0 ? &inst->results[0].type : &inst->args[i]->type);
}

static bool is_inside(const IrRegion *region, const IrValue *value)
{
    if (!value->def)
        return value >= region->params && value < region->params + region->param_count;
    for (const IrInst *inst = region->first; inst; inst = inst->next)
        if (inst == value->def)
            return true;
    return false;
}

static void read_outside(Traffic *t, const IrValue *value)
{
    if (value->def && value->def->group == -1)
        read_inst(t, value->def);
    else
        move(t, value, &value->type);
}

/* Weights that the body of a scan reads from outside. */
static void read_region(Traffic *t, const IrRegion *region)
{
    for (const IrInst *inst = region->first; inst; inst = inst->next)
        for (int i = 0; i < inst->arg_count; i++)
            if (!is_inside(region, inst->args[i]))
                read_outside(t, inst->args[i]);
}

static bool is_root(const Kernel *kernel, const IrInst *inst)
{
    for (int i = 0; i < kernel->roots.count; i++)
        if (kernel->roots.data[i]->def == inst)
            return true;
    return false;
}

KernelCost kernel_cost(Arena *arena, IrFunc *func, const Kernel *kernel, const NndAxis *axes)
{
    if (kernel->demand)
        return (KernelCost){0};
    Traffic t = {.axes = axes, .group = kernel->group};
    t.seen = ARENA_ARRAY(arena, bool, ir_func_number(func) + 1);
    KernelCost cost = {0};
    for (int i = 0; i < kernel->insts.count; i++) {
        const IrInst *inst = kernel->insts.data[i];
        cost.flops += ir_inst_flops(inst, axes);
        if (!fuse_is_view(inst) || is_root(kernel, inst))
            read_inst(&t, inst);
        if (inst->region)
            read_region(&t, inst->region);
    }
    for (int i = 0; i < kernel->roots.count; i++)
        move(&t, kernel->roots.data[i], &kernel->roots.data[i]->type);
    cost.bytes = t.bytes;
    return cost;
}
