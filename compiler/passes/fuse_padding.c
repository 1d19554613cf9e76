/* SPDX-License-Identifier: Apache-2.0
 *
 * Padded values: a kernel stores what it computes where windows will read it, with room for zeros around it. Nothing is copied,
 * and each thread has in its cache what it stored itself.
 */
#include "compiler/passes/fuse.h"

const IrValue *fuse_padded(const IrValue *value, const IrRegion *region)
{
    if (!value->def || value->def->op != OP_pad || ir_region_is_row(region))
        return NULL;
    do
        value = value->def->args[0];
    while (value->def && value->def->op == OP_pad && fuse_is_inlined(value, region));
    return value;
}

static int count_uses(const IrInst *inst, const IrValue *value)
{
    int count = 0;
    for (int i = 0; i < inst->arg_count; i++)
        count += inst->args[i] == value;
    return count;
}

/* Who reads the value outside of its kernel does so element by element, and somebody does. */
static bool is_read_by_element(const IrRegion *body, const IrValue *value)
{
    int elsewhere = 0, known = 0;
    for (const IrInst *inst = body->first; inst; inst = inst->next) {
        int count = count_uses(inst, value);
        bool own = inst->group == value->def->group;
        if (!own && !fuse_is_elementwise(inst) && count)
            return false;
        known += count;
        elsewhere += own ? 0 : count;
    }
    return elsewhere && known == ir_region_use_count(body, value);
}

/* The pads come directly after what they pad. */
static void move_pads(IrRegion *body, IrInst *pad, const IrValue *padded)
{
    IrInst *before = pad->args[0]->def;
    if (pad->args[0] != padded)
        move_pads(body, before, padded);
    ir_inst_remove(body, pad);
    ir_inst_insert(body, before->next, pad);
}

/* The inside of the pads, behind them. */
static IrValue *inside(IrBuilder *b, const IrInst *pad, const IrValue *padded, IrValue *whole)
{
    IrValue *value = whole;
    for (;;) {
        int axis = pad->attrs.slice.axis;
        value = ir_slice(b, value, axis, pad->attrs.slice.start, pad->args[0]->type.dims[axis]->size);
        value->def->group = -1;
        if (pad->args[0] == padded)
            return value;
        pad = pad->args[0]->def;
    }
}

static void read_inside(IrFunc *func, IrInst *pad, const IrValue *padded)
{
    IrRegion *body = func->body;
    move_pads(body, pad, padded);
    IrBuilder b = ir_builder_before(func->module, body, pad->next);
    b.line = pad->line;
    IrValue *value = inside(&b, pad, padded, &pad->results[0]);
    for (IrInst *inst = value->def->next; inst; inst = inst->next)
        for (int i = 0; i < inst->arg_count && inst->group != padded->def->group; i++)
            if (inst->args[i] == padded)
                inst->args[i] = value;
}

void fuse_read_paddings(IrFunc *func)
{
    IrRegion *body = func->body;
    for (IrInst *inst = body->first, *next; inst; inst = next) {
        next = inst->next;
        bool stored = inst->op == OP_pad && !fuse_is_inlined(&inst->results[0], body);
        const IrValue *padded = stored ? fuse_padded(&inst->results[0], body) : NULL;
        if (padded && padded->def && padded->def->group == inst->group && is_read_by_element(body, padded))
            read_inside(func, inst, padded);
    }
}
