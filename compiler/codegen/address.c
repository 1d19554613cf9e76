/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/address.h"

#include "compiler/codegen/demand.h"
#include "compiler/codegen/element.h"

/* The walk from the operand down to the root. */
typedef struct Walk {
    const FuncGen *fg;
    const IrRegion *region;
    const IrValue *value;
    int rank;                 /* of `value`, as seen by the views so far */
    const IrDim *dims[NND_MAX_RANK];
    Form forms[NND_MAX_RANK]; /* index of each of its axes */
    AddressMap *map;
} Walk;

static Form form_sum(Form a, int64_t times, Form b)
{
    a.constant += times * b.constant;
    for (int i = 0; i < NND_MAX_RANK; i++)
        a.factor[i] += times * b.factor[i];
    return a;
}

static bool add_bound(Walk *w, Form form, int64_t extent, bool in_segment)
{
    if (w->map->bound_count == MAX_BOUNDS)
        return false;
    w->map->bounds[w->map->bound_count++] = (Bound){form, extent, in_segment};
    return true;
}

/* The axis of the operand that the form is, or -1 if it is anything else. */
static int plain_axis(const Form *form)
{
    int axis = -1;
    for (int i = 0; i < NND_MAX_RANK; i++) {
        if (!form->factor[i])
            continue;
        if (form->factor[i] != 1 || axis >= 0)
            return -1;
        axis = i;
    }
    return form->constant ? -1 : axis;
}

static void see_shape(Walk *w, const IrValue *value)
{
    w->value = value;
    w->rank = value->type.rank;
    for (int i = 0; i < w->rank; i++)
        w->dims[i] = value->type.dims[i];
}

static bool through_broadcast(Walk *w, const IrInst *inst)
{
    Form forms[NND_MAX_RANK] = {{0}};
    const IrType *type = &inst->results[0].type, *x = &inst->args[0]->type;
    for (int i = 0; i < type->rank; i++) {
        int axis = inst->attrs.map[i];
        if (axis >= 0 && type->dims[i] != x->dims[axis])
            return false;
        if (i == 0 && axis != 0 && w->map->row != ROW_FORM)
            return false;
        if (axis >= 0)
            forms[axis] = w->forms[i];
    }
    memcpy(w->forms, forms, sizeof forms);
    see_shape(w, inst->args[0]);
    return true;
}

static bool through_transpose(Walk *w, const IrInst *inst)
{
    Form forms[NND_MAX_RANK] = {{0}};
    if (w->map->row != ROW_FORM && inst->attrs.map[0] != 0)
        return false;
    for (int i = 0; i < inst->results[0].type.rank; i++)
        forms[inst->attrs.map[i]] = w->forms[i];
    memcpy(w->forms, forms, sizeof forms);
    see_shape(w, inst->args[0]);
    return true;
}

static bool through_part(Walk *w, const IrInst *inst)
{
    int axis = inst->attrs.slice.axis;
    int64_t start = inst->attrs.slice.start;
    w->forms[axis].constant += inst->op == OP_slice ? start : -start;
    see_shape(w, inst->args[0]);
    return inst->op == OP_slice || add_bound(w, w->forms[axis], w->dims[axis]->size, false);
}

static bool segmented_window(Walk *w, const IrInst *inst, Form entry)
{
    const IrWindow *window = &inst->attrs.window;
    AddressMap *map = w->map;
    int axis = plain_axis(&w->forms[0]);
    if (map->row != ROW_FORM || axis < 0)
        return false;
    map->row = ROW_WINDOW;
    map->row_axis = axis;
    map->row_stride = window->stride;
    map->in = inst->args[0]->type.dims[0];
    map->out = inst->results[0].type.dims[0];
    w->forms[0] = entry;
    return move_window_inside(window, map->in, map->out) || add_bound(w, entry, 0, true);
}

static bool through_window(Walk *w, const IrInst *inst)
{
    const IrWindow *window = &inst->attrs.window;
    const IrType *x = &inst->args[0]->type;
    int axis = window->axis;
    Form entry = form_sum((Form){.constant = -window->low}, window->dilation, w->forms[axis + 1]);
    for (int i = axis + 1; i < x->rank; i++)
        w->forms[i] = w->forms[i + 1];
    const IrDim *in = x->dims[axis], *out = inst->results[0].type.dims[axis];
    if (!move_window_inside(window, in, out) && window->fill != 0)
        return false;
    see_shape(w, inst->args[0]);
    if (ir_dim_segmented(in))
        return segmented_window(w, inst, entry);
    w->forms[axis] = form_sum(entry, window->stride, w->forms[axis]);
    return move_window_inside(window, in, out) || add_bound(w, w->forms[axis], in->size, false);
}

static bool is_parameter(const Walk *w, const IrValue *value)
{
    const IrRegion *region = w->region;
    return ir_region_is_row(region) && !value->def && value >= region->params && value < region->params + region->param_count;
}

static bool is_root(const Walk *w, const IrValue *value)
{
    return w->fg->cells[value->id] >= 0 && !is_parameter(w, value);
}

/* A stored value can be seen under any shape. */
static bool through_reshape(Walk *w, const IrInst *inst)
{
    w->value = inst->args[0]; /* with the shape of the view */
    return is_root(w, w->value);
}

static bool step(Walk *w)
{
    const IrInst *inst = w->value->def;
    switch (inst->op) {
    case OP_broadcast: return through_broadcast(w, inst);
    case OP_transpose: return through_transpose(w, inst);
    case OP_reshape: return through_reshape(w, inst);
    case OP_slice:
    case OP_pad: return through_part(w, inst);
    case OP_window: return through_window(w, inst);
    default: return false;
    }
}

/* A parameter of the scan: a state has memory of its own, the others are rows of operands. */
static bool enter_scan(Walk *w)
{
    const IrInst *inst = w->region->owner;
    const IrScan *scan = &inst->attrs.scan;
    AddressMap *map = w->map;
    int param = w->value->index, axis = plain_axis(&w->forms[0]);
    if (param >= scan->seq_count + scan->row_count)
        return true;
    if (axis < 0 || map->row != ROW_FORM || !is_root(w, inst->args[param]))
        return false;
    map->row = param < scan->seq_count ? ROW_SEQUENCE : ROW_ITEM;
    map->row_axis = axis;
    w->forms[0] = (Form){0};
    w->value = inst->args[param];
    w->dims[0] = w->value->type.dims[0];
    return true;
}

bool address_map(const FuncGen *fg, const IrRegion *region, const IrValue *operand, AddressMap *out)
{
    Walk w = {.fg = fg, .region = region, .map = out};
    *out = (AddressMap){.row = ROW_FORM, .row_axis = -1};
    see_shape(&w, operand);
    for (int i = 0; i < operand->type.rank; i++)
        w.forms[i].factor[i] = 1;
    while (!is_parameter(&w, w.value) && !is_root(&w, w.value))
        if (!w.value->def || !step(&w))
            return false;
    if (is_parameter(&w, w.value) && !enter_scan(&w))
        return false;
    out->root = w.value;
    out->rank = w.rank;
    memcpy(out->dims, w.dims, sizeof w.dims);
    memcpy(out->forms, w.forms, sizeof w.forms);
    return true;
}

int64_t address_static_stride(const AddressMap *map, int axis)
{
    if (map->row != ROW_FORM && map->row_axis == axis)
        return -1;
    int64_t stride = 0, unit = 1;
    for (int i = map->rank - 1; i >= 0; i--) {
        if (map->forms[i].factor[axis] && unit < 0)
            return -1;
        stride += map->forms[i].factor[axis] * unit;
        unit = map->dims[i]->kind == NND_DIM_CONST ? unit * map->dims[i]->size : -1;
    }
    return stride;
}

/* ---- in an LLVM function ---- */

AddressGen address_begin(Emit *e, const AddressMap *map, int operand_rank)
{
    AddressGen gen = {.map = map, .base = element_base(e, map->root), .constant = emit_i64(e, 0)};
    LLVMValueRef stride = emit_i64(e, 1);
    for (int i = 0; i < operand_rank; i++)
        gen.strides[i] = emit_i64(e, 0);
    for (int axis = map->rank - 1; axis >= 0; axis--) {
        const Form *form = &map->forms[axis];
        for (int i = 0; i < operand_rank; i++)
            gen.strides[i] = index_add(e, gen.strides[i], index_mul(e, emit_i64(e, form->factor[i]), stride));
        gen.constant = index_add(e, gen.constant, index_mul(e, emit_i64(e, form->constant), stride));
        gen.row_stride = stride;
        if (axis > 0)
            stride = index_mul(e, stride, emit_extent(e, map->dims[axis]));
    }
    return gen;
}

/* The window's place in its segment, and the segment. */
static LLVMValueRef window_place(Emit *e, const AddressMap *map, LLVMValueRef at, LLVMValueRef *segment)
{
    *segment = emit_segment(e, map->out, at);
    LLVMValueRef place = index_sub(e, at, emit_offset(e, map->out, *segment));
    return index_mul(e, place, emit_i64(e, map->row_stride));
}

static LLVMValueRef row_of(Emit *e, const AddressMap *map, LLVMValueRef at)
{
    LLVMValueRef segment;
    if (map->row == ROW_WINDOW) {
        LLVMValueRef place = window_place(e, map, at, &segment);
        return index_add(e, emit_offset(e, map->in, segment), place);
    }
    if (map->row == ROW_LISTED)
        return demand_row(e, map->list_cell, at);
    const IrScan *scan = &e->region->scan->attrs.scan;
    LLVMValueRef item = emit_order(e, scan->dim, at);
    if (map->row == ROW_ITEM)
        return item;
    if (!scan->reverse)
        return index_add(e, emit_offset(e, scan->dim, item), e->region->t);
    LLVMValueRef end = emit_offset(e, scan->dim, index_add(e, item, emit_i64(e, 1)));
    return index_sub(e, index_sub(e, end, e->region->t), emit_i64(e, 1));
}

LLVMValueRef address_term(Emit *e, const AddressGen *gen, int axis, LLVMValueRef at)
{
    LLVMValueRef term = index_mul(e, gen->strides[axis], at);
    if (gen->map->row != ROW_FORM && gen->map->row_axis == axis)
        term = index_add(e, term, index_mul(e, row_of(e, gen->map, at), gen->row_stride));
    return term;
}

bool address_in_bound(const AddressMap *map, int bound, int axis)
{
    const Bound *b = &map->bounds[bound];
    return b->form.factor[axis] != 0 || (b->in_segment && map->row_axis == axis);
}

LLVMValueRef address_bound_term(Emit *e, const AddressGen *gen, int bound, int axis, LLVMValueRef at)
{
    const Bound *b = &gen->map->bounds[bound];
    LLVMValueRef term = index_mul(e, emit_i64(e, b->form.factor[axis]), at), segment;
    if (b->in_segment && gen->map->row_axis == axis)
        term = index_add(e, term, window_place(e, gen->map, at, &segment));
    return term;
}

LLVMValueRef address_bound_extent(Emit *e, const AddressGen *gen, int bound, LLVMValueRef row)
{
    const AddressMap *map = gen->map;
    LLVMValueRef segment;
    if (!map->bounds[bound].in_segment)
        return emit_i64(e, map->bounds[bound].extent);
    window_place(e, map, row, &segment);
    LLVMValueRef end = emit_offset(e, map->in, index_add(e, segment, emit_i64(e, 1)));
    return index_sub(e, end, emit_offset(e, map->in, segment));
}
