/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir/ir.h"

IrBuilder ir_builder_at_end(IrModule *module, IrRegion *region)
{
    return (IrBuilder){.module = module, .region = region};
}

IrBuilder ir_builder_before(IrModule *module, IrRegion *region, IrInst *before)
{
    return (IrBuilder){
        .module = module, .region = region, .before = before, .line = before ? before->line : 0};
}

static IrInst *new_inst(IrBuilder *b, IrOp op, IrValue *const *args, int arg_count)
{
    Arena *arena = b->module->arena;
    IrInst *inst = ARENA_NEW(arena, IrInst);
    inst->op = op;
    inst->line = b->line;
    inst->arg_count = arg_count;
    inst->args = arena_copy(arena, args, sizeof *args * (size_t)arg_count);
    inst->result_count = 1;
    inst->results = ARENA_NEW(arena, IrValue);
    inst->results[0].def = inst;
    return inst;
}

/* Types that the compiler builds are right by construction; anything else is a bug of nnd. */
static IrValue *finish(IrBuilder *b, IrInst *inst)
{
    const char *error = ir_infer(b->module->arena, inst);
    if (error)
        NND_BUG("%s: %s", ir_op_info[inst->op].name, error);
    ir_inst_insert(b->region, b->before, inst);
    return &inst->results[0];
}

static IrInst *new_typed(IrBuilder *b, IrOp op, IrValue *x, IrType type)
{
    IrInst *inst = new_inst(b, op, &x, x ? 1 : 0);
    inst->results[0].type = type;
    return inst;
}

IrValue *ir_const(IrBuilder *b, IrType type, double value)
{
    IrInst *inst = new_typed(b, OP_const, NULL, type);
    inst->attrs.constant = value;
    return finish(b, inst);
}

IrValue *ir_iota(IrBuilder *b, IrType type, int axis)
{
    IrInst *inst = new_typed(b, OP_iota, NULL, type);
    inst->attrs.axis = axis;
    return finish(b, inst);
}

IrValue *ir_uniform(IrBuilder *b, IrType type, uint32_t stream)
{
    IrInst *inst = new_typed(b, OP_uniform, NULL, type);
    inst->attrs.stream = stream;
    return finish(b, inst);
}

IrValue *ir_lengths(IrBuilder *b, IrDim *dim)
{
    IrInst *inst = new_inst(b, OP_lengths, NULL, 0);
    inst->attrs.dim = dim;
    return finish(b, inst);
}

IrValue *ir_offsets(IrBuilder *b, IrDim *dim)
{
    IrInst *inst = new_inst(b, OP_offsets, NULL, 0);
    inst->attrs.dim = dim;
    return finish(b, inst);
}

IrValue *ir_ew(IrBuilder *b, IrOp op, IrValue *x, IrValue *y, IrValue *z)
{
    IrValue *args[] = {x, y, z};
    return finish(b, new_inst(b, op, args, ir_op_info[op].arity));
}

IrValue *ir_cast(IrBuilder *b, IrValue *x, NndDType dtype)
{
    if (x->type.dtype == dtype)
        return x;
    return finish(b, new_typed(b, OP_cast, x, ir_type_with_dtype(x->type, dtype)));
}

IrValue *ir_broadcast(IrBuilder *b, IrValue *x, IrType type, const int8_t *map)
{
    type.dtype = x->type.dtype;
    bool same = ir_type_equal(&type, &x->type);
    for (int i = 0; same && i < type.rank; i++)
        same = map[i] == i;
    if (same)
        return x;
    IrInst *inst = new_typed(b, OP_broadcast, x, type);
    for (int i = 0; i < type.rank; i++)
        inst->attrs.map[i] = map[i];
    return finish(b, inst);
}

IrValue *ir_reshape(IrBuilder *b, IrValue *x, IrType type)
{
    type.dtype = x->type.dtype;
    if (ir_type_equal(&type, &x->type))
        return x;
    return finish(b, new_typed(b, OP_reshape, x, type));
}

IrValue *ir_transpose(IrBuilder *b, IrValue *x, const int8_t *perm)
{
    bool same = true;
    for (int i = 0; i < x->type.rank; i++)
        same &= perm[i] == i;
    if (same)
        return x;
    IrInst *inst = new_inst(b, OP_transpose, &x, 1);
    for (int i = 0; i < x->type.rank; i++)
        inst->attrs.map[i] = perm[i];
    return finish(b, inst);
}

static IrInst *new_slice(IrBuilder *b, IrOp op, IrValue *x, int axis, int64_t start, int64_t size)
{
    IrInst *inst = new_inst(b, op, &x, 1);
    inst->results[0].type = x->type;
    if (axis >= 0 && axis < x->type.rank)
        inst->results[0].type.dims[axis] = ir_dim_const(b->module, size);
    inst->attrs.slice.axis = axis;
    inst->attrs.slice.start = start;
    inst->attrs.slice.size = size;
    return inst;
}

IrValue *ir_slice(IrBuilder *b, IrValue *x, int axis, int64_t start, int64_t size)
{
    return finish(b, new_slice(b, OP_slice, x, axis, start, size));
}

IrValue *ir_pad(IrBuilder *b, IrValue *x, int axis, int64_t start, int64_t size)
{
    return finish(b, new_slice(b, OP_pad, x, axis, start, size));
}

IrValue *ir_concat(IrBuilder *b, IrValue *const *xs, int count, int axis)
{
    IrInst *inst = new_inst(b, OP_concat, xs, count);
    IrType type = xs[0]->type;
    int64_t size = 0;
    for (int i = 0; i < count; i++)
        if (axis < xs[i]->type.rank)
            size += xs[i]->type.dims[axis]->size;
    if (axis >= 0 && axis < type.rank)
        type.dims[axis] = ir_dim_const(b->module, size);
    inst->results[0].type = type;
    inst->attrs.axis = axis;
    return finish(b, inst);
}

IrValue *ir_window(IrBuilder *b, IrValue *x, IrWindow window, IrDim *out)
{
    IrType type = x->type;
    if (type.rank >= NND_MAX_RANK)
        NND_BUG("window: more than %d axes", NND_MAX_RANK);
    for (int i = type.rank++; i > window.axis + 1; i--)
        type.dims[i] = type.dims[i - 1];
    type.dims[window.axis] = out;
    type.dims[window.axis + 1] = ir_dim_const(b->module, window.size);
    IrInst *inst = new_typed(b, OP_window, x, type);
    inst->attrs.window = window;
    return finish(b, inst);
}

IrValue *ir_unwindow(IrBuilder *b, IrValue *x, IrWindow window, IrDim *out)
{
    IrType type = x->type;
    type.rank--;
    for (int i = window.axis + 1; i < type.rank; i++)
        type.dims[i] = type.dims[i + 1];
    type.dims[window.axis] = out;
    IrInst *inst = new_typed(b, OP_unwindow, x, type);
    inst->attrs.window = window;
    return finish(b, inst);
}

IrValue *ir_gather(IrBuilder *b, IrValue *table, IrValue *index)
{
    IrValue *args[] = {table, index};
    return finish(b, new_inst(b, OP_gather, args, 2));
}

IrValue *ir_on_demand(IrBuilder *b, IrValue *x, IrValue *index)
{
    IrValue *args[] = {x, index};
    return finish(b, new_inst(b, OP_on_demand, args, 2));
}

IrValue *ir_place_of(IrBuilder *b, IrValue *x)
{
    return finish(b, new_inst(b, OP_place_of, &x, 1));
}

IrValue *ir_scatter_add(IrBuilder *b, IrValue *x, IrValue *index, IrDim *rows)
{
    IrValue *args[] = {x, index};
    IrInst *inst = new_inst(b, OP_scatter_add, args, 2);
    IrType type = {
        .dtype = x->type.dtype, .rank = 1 + x->type.rank - index->type.rank, .dims = {rows}};
    for (int i = 1; i < type.rank; i++)
        type.dims[i] = x->type.dims[index->type.rank + i - 1];
    inst->results[0].type = type;
    return finish(b, inst);
}

IrValue *ir_put(IrBuilder *b, IrValue *x, IrValue *rows, IrValue *index)
{
    IrValue *args[] = {x, rows, index};
    return finish(b, new_inst(b, OP_put, args, 3));
}

IrValue *ir_decay(IrBuilder *b, IrValue *x, IrValue *times, double factor)
{
    IrValue *args[] = {x, times};
    IrInst *inst = new_inst(b, OP_decay, args, 2);
    inst->attrs.constant = factor;
    return finish(b, inst);
}

IrValue *ir_coast(IrBuilder *b, const IrCoasting *operands, IrCoast coast)
{
    const IrCoasting *o = operands;
    IrValue *args[] = {o->x, o->mean, o->squares, o->since, o->until, o->sizes, o->scales};
    IrInst *inst = new_inst(b, OP_coast, args, 7);
    inst->attrs.coast = coast;
    return finish(b, inst);
}

IrValue *ir_reduce(IrBuilder *b, IrOp op, IrValue *x, unsigned axes)
{
    IrInst *inst = new_inst(b, op, &x, 1);
    inst->attrs.axes = axes;
    return finish(b, inst);
}

IrValue *ir_dot(IrBuilder *b, IrValue *a, IrValue *c, IrDot dot)
{
    IrValue *args[] = {a, c};
    IrInst *inst = new_inst(b, OP_dot, args, 2);
    inst->attrs.dot = dot;
    return finish(b, inst);
}

/* ---- scan ---- */

IrInst *ir_scan_begin(IrBuilder *b, IrScan scan, IrValue *const *args)
{
    Arena *arena = b->module->arena;
    int count = scan.seq_count + scan.row_count + scan.state_count;
    IrInst *inst = new_inst(b, OP_scan, args, count);
    inst->attrs.scan = scan;
    inst->result_count = 0;
    inst->region = ARENA_NEW(arena, IrRegion);
    inst->region->owner = inst;
    inst->region->param_count = count;
    inst->region->params = ARENA_ARRAY(arena, IrValue, count);
    for (int i = 0; i < count; i++)
        inst->region->params[i] =
            (IrValue){.type = i < scan.seq_count ? ir_scan_item_type(&scan, args[i]->type) : args[i]->type, .index = i};
    ir_inst_insert(b->region, b->before, inst);
    return inst;
}

void ir_scan_finish(IrModule *module, IrInst *scan, IrValue *const *states, IrValue *const *emits,
                    int emit_count)
{
    Arena *arena = module->arena;
    IrScan *attrs = &scan->attrs.scan;
    attrs->emit_count = emit_count;
    int count = attrs->state_count + emit_count;
    scan->region->yield_count = count;
    scan->region->yields = ARENA_ARRAY(arena, IrValue *, count);
    scan->result_count = count;
    scan->results = ARENA_ARRAY(arena, IrValue, count);
    for (int i = 0; i < count; i++)
        scan->region->yields[i] =
            i < attrs->state_count ? states[i] : emits[i - attrs->state_count];
    for (int i = 0; i < count; i++)
        scan->results[i] = (IrValue){.def = scan, .index = i};
    const char *error = ir_infer(arena, scan);
    if (error)
        NND_BUG("scan: %s", error);
}

static void replace_params(IrRegion *region, IrValue *from, IrValue *to, int count)
{
    for (int i = 0; i < count; i++)
        ir_region_replace_uses(region, &from[i], &to[i]);
}

/* The scan of one part, in the region of `whole`; per-item values come from outside of it. */
static IrInst *scan_part(IrModule *module, IrInst *whole, IrInst *rows)
{
    IrBuilder b = ir_builder_at_end(module, whole->region);
    b.line = rows->line;
    const IrScan *was = &rows->attrs.scan;
    IrScan scan = *was;
    scan.dim = whole->attrs.scan.part;
    IrValue **args = arena_copy(module->arena, rows->args, sizeof *args * (size_t)rows->arg_count);
    for (int i = 0; i < whole->region->param_count; i++)
        args[i < was->seq_count ? i : i + was->row_count] = &whole->region->params[i];
    IrInst *part = ir_scan_begin(&b, scan, args);
    part->region->first = rows->region->first;
    part->region->last = rows->region->last;
    ir_scan_finish(module, part, rows->region->yields, rows->region->yields + was->state_count, was->emit_count);
    replace_params(part->region, rows->region->params, part->region->params, rows->arg_count);
    return part;
}

IrInst *ir_scan_split(IrBuilder *b, IrInst *rows, int64_t k)
{
    IrModule *module = b->module;
    const IrScan *was = &rows->attrs.scan;
    IrScan scan = {.dim = was->dim, .part = ir_dim_part(module, was->dim, k),
                   .marks = ir_dim_window(module, was->dim, k - 1, k, k, 0), .reverse = was->reverse,
                   .seq_count = was->seq_count, .state_count = was->state_count};
    IrValue **args = ARENA_ARRAY(module->arena, IrValue *, rows->arg_count + 1);
    for (int i = 0; i < scan.seq_count + scan.state_count; i++)
        args[i] = rows->args[i < was->seq_count ? i : i + was->row_count];
    ir_inst_remove(b->region, rows);
    IrInst *whole = ir_scan_begin(b, scan, args);
    whole->line = rows->line;
    IrInst *part = scan_part(module, whole, rows);
    IrValue **yields = ARENA_ARRAY(module->arena, IrValue *, part->result_count + 1);
    for (int i = 0; i < part->result_count; i++)
        yields[i] = &part->results[(i + was->emit_count) % part->result_count];
    ir_scan_finish(module, whole, yields, yields + was->state_count, was->emit_count);
    return whole;
}
