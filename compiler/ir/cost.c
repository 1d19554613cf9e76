/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir/cost.h"

/* In a region the axis `item` stands for all rows of `dim`, over all steps. */
typedef struct Counter {
    const NndAxis *axes;
    const IrDim *item, *dim;
    const struct Counter *outer; /* of the region around, or NULL */
} Counter;

static double extent(const Counter *c, const IrDim *dim)
{
    const NndAxis *axes = c->axes;
    for (; c; c = c->outer)
        dim = dim == c->item ? c->dim : dim;
    return (double)axes[dim->index].extent;
}

static double count(const Counter *c, const IrType *type)
{
    double product = 1;
    for (int i = 0; i < type->rank; i++)
        product *= extent(c, type->dims[i]);
    return product;
}

static double dot_flops(const Counter *c, const IrInst *inst)
{
    const IrDot *dot = &inst->attrs.dot;
    double products = count(c, &inst->results[0].type);
    for (int i = 0; i < dot->contract_count; i++)
        products *= extent(c, inst->args[0]->type.dims[dot->a_contract[i]]);
    return 2 * products;
}

static double region_flops(const Counter *c, const IrRegion *region);

static double inst_flops(const Counter *c, const IrInst *inst)
{
    if (ir_op_is_scalar(inst->op))
        return count(c, &inst->results[0].type);
    switch (inst->op) {
    case OP_dot: return dot_flops(c, inst);
    case OP_sum: case OP_reduce_max: case OP_argmax: case OP_unwindow: case OP_scatter_add:
        return count(c, &inst->args[0]->type);
    case OP_scan: {
        const IrScan *scan = &inst->attrs.scan;
        Counter inner = {c->axes, scan->part ? scan->part : scan->dim->parent, scan->dim, c};
        return region_flops(&inner, inst->region);
    }
    default: return 0;
    }
}

static double region_flops(const Counter *c, const IrRegion *region)
{
    double flops = 0;
    for (const IrInst *inst = region->first; inst; inst = inst->next)
        flops += inst_flops(c, inst);
    return flops;
}

double ir_inst_flops(const IrInst *inst, const NndAxis *axes)
{
    return inst_flops(&(Counter){.axes = axes}, inst);
}

double ir_func_flops(const IrFunc *func, const NndAxis *axes)
{
    return region_flops(&(Counter){.axes = axes}, func->body);
}
