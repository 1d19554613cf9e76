/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/units.h"
#include "compiler/codegen/winograd.h"

static void add_contracted(Nest *nest)
{
    const IrDot *dot = &nest->anchor->attrs.dot;
    for (int i = 0; i < dot->contract_count; i++)
        nest->inner.dims[nest->inner.rank++] = nest->anchor->args[0]->type.dims[dot->a_contract[i]];
}

/* ---- without tiles ---- */

/* No result axis to keep in lanes, or nothing but the items of a scan. */
static void plan_elements(Nest *nest, const IrType *type)
{
    nest->kind = NEST_FLAT;
    nest->item_rank = type->rank;
    nest->chunk = 1;
    nest->item_ns = 1;
}

static void plan_columns(Nest *nest, const IrType *type)
{
    nest->kind = NEST_COLUMNS;
    nest->item_rank = type->rank;
    nest->chunk = COLUMN_CHUNK;
    nest->item_ns = 0.1 * COLUMN_CHUNK;
}

static void plan_simply(Nest *nest, const IrRegion *region)
{
    const IrType *type = &nest->anchor->results[0].type;
    for (int i = 0; i < type->rank; i++)
        nest->items[i] = type->dims[i];
    if (type->rank == 0 || (ir_region_is_row(region) && type->rank == 1))
        plan_elements(nest, type);
    else
        plan_columns(nest, type);
}

/* ---- axes ---- */

static void add_axis(AxisList *list, const IrValue *operand, int axis)
{
    list->dims[list->count] = operand->type.dims[axis];
    list->axes[list->count++] = (int8_t)axis;
}

static bool is_among(const int8_t *axes, int count, int axis)
{
    for (int i = 0; i < count; i++)
        if (axes[i] == axis)
            return true;
    return false;
}

static AxisList free_axes(const IrInst *inst, int side)
{
    const IrDot *dot = &inst->attrs.dot;
    AxisList list = {0};
    for (int axis = 0; axis < inst->args[side]->type.rank; axis++)
        if (!is_among(side ? dot->b_batch : dot->a_batch, dot->batch_count, axis) &&
            !is_among(side ? dot->b_contract : dot->a_contract, dot->contract_count, axis))
            add_axis(&list, inst->args[side], axis);
    return list;
}

/* Contracted pairs, sorted by the axes of S. */
static void sort_contracted(DotPlan *p)
{
    const IrDot *dot = &p->inst->attrs.dot;
    const int8_t *own = p->s ? dot->b_contract : dot->a_contract, *other = p->s ? dot->a_contract : dot->b_contract;
    for (int axis = 0; axis < p->inst->args[p->s]->type.rank; axis++)
        for (int i = 0; i < dot->contract_count; i++)
            if (own[i] == axis) {
                add_axis(&p->k, p->inst->args[p->s], axis);
                add_axis(&p->k_v, p->inst->args[p->v], other[i]);
            }
}

static void list_axes(DotPlan *p)
{
    const IrDot *dot = &p->inst->attrs.dot;
    for (int i = 0; i < dot->batch_count; i++) {
        add_axis(&p->batch, p->inst->args[p->s], p->s ? dot->b_batch[i] : dot->a_batch[i]);
        add_axis(&p->batch_v, p->inst->args[p->v], p->v ? dot->b_batch[i] : dot->a_batch[i]);
    }
    p->rows = free_axes(p->inst, p->s);
    p->columns = free_axes(p->inst, p->v);
    sort_contracted(p);
}

/* ---- which operand is S ---- */

static bool has_window(const IrValue *value)
{
    for (; value->def && value->def->arg_count == 1; value = value->def->args[0])
        if (value->def->op == OP_window)
            return true;
    return false;
}

/* In a scan S has the items, and V must not change from step to step. */
static bool fits_scan(const DotPlan *p, const IrRegion *region)
{
    const IrDim *parent = region->owner->attrs.scan.dim->parent;
    const IrType *v = &p->inst->args[p->v]->type;
    return p->batch.count == 0 && p->rows.count > 0 && p->rows.axes[0] == 0 && p->rows.dims[0] == parent &&
           (v->rank == 0 || v->dims[0] != parent);
}

/* Panels of numbers that are widened bf16 lose nothing if they are kept as that. */
static NndDType panel_dtype(const DotPlan *p)
{
    const IrInst *def = p->inst->args[p->v]->def;
    while (def && (def->op == OP_transpose || def->op == OP_reshape || def->op == OP_slice || def->op == OP_broadcast))
        def = def->args[0]->def;
    bool widened = def && def->op == OP_cast && def->args[0]->type.dtype == NND_BF16;
    return widened && p->dtype == NND_F32 ? NND_BF16 : p->dtype;
}

static bool try_side(const FuncGen *fg, DotPlan *p, const IrInst *inst, const IrRegion *region, int s)
{
    *p = (DotPlan){.inst = inst, .s = s, .v = 1 - s, .dtype = inst->args[0]->type.dtype};
    p->panel_dtype = panel_dtype(p);
    if (p->dtype != NND_F32 && p->dtype != NND_F64)
        return false;
    if (!address_map(fg, region, inst->args[s], &p->map))
        return false;
    list_axes(p);
    p->in_scan = ir_region_is_row(region);
    return p->columns.count > 0 && p->k.count > 0 && (!p->in_scan || fits_scan(p, region));
}

/* Windows are what must not be copied into panels; else V is the operand with the result's last axis. */
static bool choose_sides(const FuncGen *fg, DotPlan *p, const IrInst *inst, const IrRegion *region)
{
    bool last_is_b = free_axes(inst, 1).count > 0;
    bool windows[2] = {has_window(inst->args[0]), has_window(inst->args[1])};
    int s = windows[0] != windows[1] ? (windows[1] ? 1 : 0) : last_is_b ? 0 : 1;
    return try_side(fg, p, inst, region, s) || try_side(fg, p, inst, region, 1 - s);
}

static bool is_packed_once(const FuncGen *fg, const DotPlan *p)
{
    return fg->fixed[p->inst->args[p->v]->id];
}

/* What the nest that packs goes through: batch and contracted entries; of windows that are transformed, channels. */
static int pack_items(const DotPlan *p, const IrDim **dims)
{
    int rank = 0;
    for (int i = 0; i < p->batch.count; i++)
        dims[rank++] = p->batch.dims[i];
    for (int i = 0; i < p->k.count; i++)
        if (!p->winograd || i == p->winograd->channel)
            dims[rank++] = p->k.dims[i];
    return rank;
}

static bool set_scratch(FuncGen *fg, DotPlan *p)
{
    const IrDim *dims[3 * NND_MAX_RANK];
    int rank = pack_items(p, dims);
    for (int i = 0; i < p->columns.count; i++)
        dims[rank++] = p->columns.dims[i];
    if (rank > NND_MAX_RANK)
        return false;
    int64_t size = (int64_t)nnd_dtype_size(p->panel_dtype) * (p->winograd ? winograd_planes(p->winograd) : 1);
    p->panel_cell = is_packed_once(fg, p) ? memory_kept(fg, dims, rank, size, dot_units(p))
                                          : memory_scratch(fg, dims, rank, size, dot_units(p));
    return true;
}

/* One loop can walk axes i and i + 1: a step of the outer one is as long as all of the inner one. */
static bool continues(const DotPlan *p, int i)
{
    int outer = p->k.axes[i], inner = p->k.axes[i + 1];
    int64_t step = address_static_stride(&p->map, outer), unit = address_static_stride(&p->map, inner);
    for (int bound = 0; bound < p->map.bound_count; bound++)
        if (address_in_bound(&p->map, bound, outer) || address_in_bound(&p->map, bound, inner))
            return false;
    return step >= 0 && unit >= 0 && p->k.dims[i + 1]->kind == NND_DIM_CONST && step == unit * p->k.dims[i + 1]->size;
}

static void merge_contracted(DotPlan *p)
{
    for (int i = 0; i < p->k.count; i++) {
        if (i > 0 && continues(p, i - 1))
            p->loops[p->loop_count - 1].count++;
        else
            p->loops[p->loop_count++] = (ContractedLoop){i, 1};
    }
}

static Nest *pack_nest(FuncGen *fg, DotPlan *p)
{
    Nest *pack = ARENA_NEW(fg->cg->arena, Nest);
    pack->kind = NEST_PACK;
    pack->anchor = p->inst;
    pack->dot = p;
    pack->chunk = 1;
    pack->item_ns = 0.5;
    pack->once = is_packed_once(fg, p);
    pack->item_rank = pack_items(p, pack->items);
    for (int i = 0; i < p->columns.count; i++)
        pack->inner.dims[pack->inner.rank++] = p->columns.dims[i];
    return pack;
}

/* Cost of an item: a block of rows times a block of panels, at some 50 GFLOP/s. */
static void set_cost(Nest *nest, const DotPlan *p)
{
    int64_t rows = dot_constant_product(&p->rows, 0), columns = dot_constant_product(&p->columns, 0);
    int64_t width = (int64_t)p->block_panels * dot_panel(p);
    rows = rows < 0 || rows > p->block_rows ? p->block_rows : rows;
    columns = columns < 0 || columns > width ? width : columns;
    nest->item_ns = (double)(rows * columns) * 0.04;
}

static bool finish_tiles(FuncGen *fg, Nest *nest, const IrRegion *region, DotPlan *p, NestList *out)
{
    p->gates = 1;
    p->block_panels = PANEL_BLOCK;
    merge_contracted(p);
    bool units = units_choose(fg, p);
    if (!units) {
        dot_choose_tile(fg, p);
        p->winograd = winograd_choose(fg, p);
    }
    if (p->winograd)
        p->block_rows = p->winograd->tiles * WINOGRAD_RESULTS * WINOGRAD_RESULTS;
    else if (!units)
        dot_choose_blocks(fg, region, p);
    if (!p->packs_parts && !set_scratch(fg, p))
        return false;
    nest->kind = units ? NEST_UNITS : NEST_TILES;
    nest->dot = p;
    nest->chunk = 1;
    nest->item_rank = 1; /* in a scan; else dot_set_groups says what items are */
    nest->items[0] = p->rows.count ? p->rows.dims[0] : NULL;
    set_cost(nest, p);
    if (!p->packs_parts)
        vec_push(fg->cg->arena, out, pack_nest(fg, p));
    return true;
}

static bool plan_tiles(FuncGen *fg, Nest *nest, const IrRegion *region, NestList *out)
{
    DotPlan *p = ARENA_NEW(fg->cg->arena, DotPlan);
    return choose_sides(fg, p, nest->anchor, region) && finish_tiles(fg, nest, region, p, out);
}

/* Axis 0 of S is entry by entry that of its root; it is read by way of the list. */
static bool list_rows(DotPlan *p, const Demand *demand)
{
    Form *row = &p->map.forms[0];
    bool plain = p->batch.count == 0 && p->rows.count > 0 && p->rows.axes[0] == 0 && p->map.row == ROW_FORM &&
                 p->map.bound_count == 0 && row->constant == 0;
    for (int axis = 0; axis < NND_MAX_RANK; axis++)
        plain &= row->factor[axis] == (axis == 0);
    for (int i = 1; i < p->map.rank; i++)
        plain &= p->map.forms[i].factor[0] == 0;
    if (!plain)
        return false;
    *row = (Form){0};
    p->map.row = ROW_LISTED;
    p->map.row_axis = 0;
    p->map.list_cell = demand->list;
    p->listed = true;
    return true;
}

bool dot_plan_listed(FuncGen *fg, Nest *nest, const IrRegion *region, NestList *out)
{
    DotPlan *p = ARENA_NEW(fg->cg->arena, DotPlan);
    if (!try_side(fg, p, nest->anchor, region, 0) || !list_rows(p, nest->demand) || !finish_tiles(fg, nest, region, p, out))
        return false;
    nest->grain = p->tile_rows;
    return true;
}

static void set_group(Launch *launch, const AxisList *list, int first, int count, int64_t chunk)
{
    Extents *group = &launch->extents[launch->extent_count++];
    group->chunk = chunk;
    for (int i = 0; i < count; i++)
        group->dims[group->rank++] = list->dims[first + i];
}

/* Items: batch and outer columns, blocks of rows, blocks of panels. */
void dot_set_groups(const Nest *nest, Launch *launch)
{
    const DotPlan *p = nest->dot;
    int outer = p->columns.count - p->merged;
    set_group(launch, &p->batch, 0, p->batch.count, 1);
    for (int i = 0; i < outer; i++)
        launch->extents[0].dims[launch->extents[0].rank++] = p->columns.dims[i];
    set_group(launch, &p->rows, 0, p->rows.count, p->block_rows);
    set_group(launch, &p->columns, outer, p->merged, (int64_t)p->block_panels * dot_panel(p));
}

/* Small contractions are not worth the packing (nor the time to compile a tile). */
static bool is_small(const IrInst *inst)
{
    enum { SMALL = 2048 };
    AxisList a = free_axes(inst, 0), b = free_axes(inst, 1);
    int64_t result = ir_type_static_count(&inst->results[0].type), k = 1;
    for (int i = 0; i < inst->attrs.dot.contract_count; i++) {
        const IrDim *dim = inst->args[0]->type.dims[inst->attrs.dot.a_contract[i]];
        k = k < 0 || dim->kind != NND_DIM_CONST ? -1 : k * dim->size;
    }
    bool vector = dot_constant_product(&a, 0) == 1 || dot_constant_product(&b, 0) == 1;
    return vector || (result >= 0 && k >= 0 && result * k <= SMALL);
}

void dot_plan(FuncGen *fg, Nest *nest, const IrRegion *region, NestList *out)
{
    bool tiles = !optimisation_in(fg->cg->ir->without, OPTIMISE_TILES) && !is_small(nest->anchor);
    if (!tiles || !plan_tiles(fg, nest, region, out))
        plan_simply(nest, region);
    add_contracted(nest);
    vec_push(fg->cg->arena, out, nest);
}

/* ---- shared by packing and tiles ---- */

int64_t dot_constant_product(const AxisList *list, int first)
{
    int64_t product = 1;
    for (int i = first; i < list->count; i++) {
        if (list->dims[i]->kind != NND_DIM_CONST)
            return -1;
        product *= list->dims[i]->size;
    }
    return product;
}

int64_t dot_weights(const DotPlan *plan)
{
    int64_t k = dot_constant_product(&plan->k, 0), columns = dot_constant_product(&plan->columns, 0);
    return k < 0 || columns < 0 ? 0 : k * columns;
}

int64_t dot_part_entries(const DotPlan *plan)
{
    return plan->k_block * dot_constant_product(&plan->k, plan->loops[0].count);
}

int dot_panel(const DotPlan *plan)
{
    return plan->lanes * plan->vectors;
}

int dot_units(const DotPlan *plan)
{
    return plan->gates > 1 ? plan->lanes : dot_panel(plan);
}

PanelRow dot_panel_row(const DotPlan *plan)
{
    return (PanelRow){plan->dtype, plan->panel_dtype, plan->vectors, plan->lanes, plan->panel_step > 0};
}

LLVMValueRef dot_extent(Emit *e, const AxisList *list, int first, int count)
{
    return emit_product(e, list->dims + first, count);
}

LLVMValueRef dot_merged_extent(Emit *e, const DotPlan *plan)
{
    return dot_extent(e, &plan->columns, plan->columns.count - plan->merged, plan->merged);
}

LLVMValueRef dot_panel_count(Emit *e, const DotPlan *plan)
{
    int64_t units = dot_units(plan);
    return index_div(e, index_add(e, dot_merged_extent(e, plan), emit_i64(e, units - 1)), emit_i64(e, units));
}

Index dot_result_index(const DotPlan *p, const LLVMValueRef *batch_at, const LLVMValueRef *row_at, const LLVMValueRef *column_at)
{
    Index index = {0};
    int rank = p->batch.count, rows = p->rows.count, columns = p->columns.count;
    for (int i = 0; i < rank; i++)
        index.at[i] = batch_at[i];
    for (int i = 0; i < rows; i++)
        index.at[rank + i + (p->s ? columns : 0)] = row_at[i];
    for (int i = 0; i < columns; i++)
        index.at[rank + i + (p->s ? 0 : rows)] = column_at[i];
    return index;
}
