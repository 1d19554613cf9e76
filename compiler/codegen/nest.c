/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/nest.h"

#include "compiler/codegen/demand.h"
#include "compiler/codegen/loops.h"
#include "compiler/codegen/units.h"
#include "compiler/codegen/winograd.h"

/* ---- stores ---- */

LLVMValueRef nest_output_base(Emit *e, const Output *output)
{
    const IrInst *scan = e->region ? e->region->scan : NULL;
    switch (output->kind) {
    case OUTPUT_OWN:
    case OUTPUT_LISTED:
    case OUTPUT_INSIDE: return element_base(e, output_stored(output));
    case OUTPUT_CELL: return emit_cell(e, output->which);
    case OUTPUT_EMIT: return emit_cell(e, e->fg->cells[scan->results[output->which].id]);
    case OUTPUT_STATE: return e->region->next[output->which];
    case OUTPUT_FINAL: break;
    }
    return emit_cell(e, e->fg->cells[scan->results[scan->attrs.scan.emit_count + output->which].id]);
}

/* The row of an emitted value: that of time t in its item's segment. */
static LLVMValueRef emit_row(Emit *e, LLVMValueRef place)
{
    const IrScan *scan = &e->region->scan->attrs.scan;
    LLVMValueRef item = emit_order(e, scan->dim, place);
    if (!scan->reverse)
        return index_add(e, emit_offset(e, scan->dim, item), e->region->t);
    LLVMValueRef end = emit_offset(e, scan->dim, index_add(e, item, emit_i64(e, 1)));
    return index_sub(e, index_sub(e, end, e->region->t), emit_i64(e, 1));
}

LLVMValueRef nest_output_position(Emit *e, const Output *output, const Index *index)
{
    Index moved = *index;
    if (output->kind == OUTPUT_EMIT)
        moved.at[0] = emit_row(e, index->at[0]);
    if (output->kind == OUTPUT_LISTED)
        moved.at[0] = demand_listed_place(e, output->value, index->at[0]);
    if (output->kind == OUTPUT_FINAL)
        moved.at[0] = emit_order(e, e->region->scan->attrs.scan.dim, index->at[0]);
    if (output->kind == OUTPUT_INSIDE)
        border_move_inside(e, output, &moved);
    return element_position(e, output_stored(output), &moved);
}

void nest_store_output(Emit *e, const Output *output, const Index *index)
{
    LLVMValueRef scalar = element(e, output->value, index);
    memory_store(e, output_stored(output), nest_output_base(e, output), nest_output_position(e, output, index), scalar);
}

void nest_store(Emit *e, const Nest *nest, const Index *index)
{
    for (int i = 0; i < nest->outputs.count; i++)
        nest_store_output(e, &nest->outputs.data[i], index);
}

void nest_memory(Emit *e, const Nest *nest)
{
    const IrValue **values = ARENA_ARRAY(e->cg->arena, const IrValue *, nest->outputs.count + 1);
    int count = 0;
    for (int i = 0; i < nest->outputs.count; i++) {
        bool known = false;
        for (int k = 0; k < count; k++)
            known |= values[k] == output_stored(&nest->outputs.data[i]);
        if (!known)
            values[count++] = output_stored(&nest->outputs.data[i]);
    }
    memory_begin(e, values, count);
}

/* ---- costs ---- */

static double operator_ns(IrOp op) /* of a scalar */
{
    switch (op) {
    case OP_exp:
    case OP_log:
    case OP_tanh:
    case OP_sigmoid:
    case OP_pow:
    case OP_uniform: return 2;
    default: return 0.2;
    }
}

static double value_ns(const FuncGen *fg, const IrValue *value, int depth)
{
    if (!value->def || fg->stored[value->id] || depth > 24)
        return 0.2;
    double ns = operator_ns(value->def->op);
    for (int i = 0; i < value->def->arg_count; i++)
        ns += value_ns(fg, value->def->args[i], depth + 1);
    return ns;
}

double nest_element_ns(const FuncGen *fg, const Nest *nest)
{
    double ns = 0;
    for (int i = 0; i < nest->outputs.count; i++)
        ns += value_ns(fg, nest->outputs.data[i].value, 0);
    return ns;
}

/* ---- the nests of a kernel ---- */

static const IrType *shape_of(const Nest *nest)
{
    return &nest->outputs.data[0].value->type;
}

static void set_items(Nest *nest, const IrType *type, int rank, int64_t chunk)
{
    nest->item_rank = rank;
    for (int i = 0; i < rank; i++)
        nest->items[i] = type->dims[i];
    nest->chunk = chunk;
}

static void add_inner(Nest *nest, const IrDim *dim)
{
    if (nest->inner.rank < NND_MAX_RANK)
        nest->inner.dims[nest->inner.rank++] = dim;
}

/* Element by element, many of them in a vector. A second thread would have to fetch what the first one wrote: maps of what fits
 * into a core's cache are not shared. */
static void plan_map(const FuncGen *fg, Nest *nest)
{
    const double in_vectors = 0.2;
    const IrType *type = shape_of(nest);
    bool flat = type->rank <= 1 || map_is_flat(fg, nest);
    nest->kind = flat ? NEST_FLAT : NEST_ROWS;
    set_items(nest, type, flat ? type->rank : type->rank - 1, 1);
    nest->item_ns = in_vectors * nest_element_ns(fg, nest);
    if (!flat)
        add_inner(nest, type->dims[type->rank - 1]);
}

/* A segmented axis has as many entries as there are rows, whatever the item: a guess. */
static void add_reduced_axes(Nest *nest, const IrInst *inst)
{
    const IrType *x = &inst->args[0]->type;
    for (int i = 0; i < x->rank; i++) {
        if (!(inst->attrs.axes >> i & 1))
            continue;
        if (ir_dim_segmented(x->dims[i]))
            nest->item_ns *= 100;
        else
            add_inner(nest, x->dims[i]);
    }
}

/* All columns if they are not many: then their number is known to the loops, and rows are read from one end to the other. */
static int64_t column_chunk(const IrDim *dim)
{
    return dim->kind == NND_DIM_CONST && dim->size <= 5 * COLUMN_CHUNK && dim->size > 0 ? dim->size : COLUMN_CHUNK;
}

static void plan_reduction(const FuncGen *fg, Nest *nest)
{
    enum { INLINE = 16 };
    const IrInst *inst = nest->anchor;
    const IrType *x = &inst->args[0]->type, *type = shape_of(nest);
    int64_t count = fold_count(inst);
    bool last_reduced = inst->attrs.axes >> (x->rank - 1) & 1;
    if (count >= 0 && count <= INLINE) {
        plan_map(fg, nest);
        return;
    }
    bool lanes = last_reduced && !ir_dim_segmented(x->dims[x->rank - 1]) && inst->op != OP_argmax;
    bool columns = !last_reduced;
    nest->kind = lanes ? NEST_LANES : columns ? NEST_COLUMNS : NEST_ROWS;
    if (!lanes && !columns) {
        plan_map(fg, nest);
        nest->item_ns = nest_element_ns(fg, nest);
        add_reduced_axes(nest, inst);
        return;
    }
    set_items(nest, type, type->rank, columns ? column_chunk(type->dims[type->rank - 1]) : 1);
    nest->item_ns = nest_element_ns(fg, nest) * (double)nest->chunk;
    add_reduced_axes(nest, inst);
}

static Nest *new_nest(FuncGen *fg, const IrInst *anchor)
{
    Nest *nest = ARENA_NEW(fg->cg->arena, Nest);
    nest->anchor = anchor;
    nest->chunk = 1;
    return nest;
}

static void add_output(FuncGen *fg, Nest *nest, const IrValue *value, OutputKind kind, int which)
{
    vec_push(fg->cg->arena, &nest->outputs, ((Output){.value = value, .kind = kind, .which = which}));
}

static void add_inside(FuncGen *fg, Nest *nest, const IrValue *whole, const IrRegion *region)
{
    const IrValue *padded = fuse_padded(whole, region);
    vec_push(fg->cg->arena, &nest->outputs, ((Output){.value = padded, .kind = OUTPUT_INSIDE, .whole = whole}));
}

/* Also the sequences that the surrounding scan emits. Of a padded value the inside, list_borders has the rest. */
static void add_root(FuncGen *fg, Nest *nest, const IrValue *value, const IrRegion *region)
{
    if (fuse_padded(value, region)) {
        add_inside(fg, nest, value, region);
        return;
    }
    add_output(fg, nest, value, OUTPUT_OWN, 0);
    if (!ir_region_is_row(region))
        return;
    int states = region->owner->attrs.scan.state_count;
    for (int i = states; i < region->yield_count; i++)
        if (region->yields[i] == value)
            add_output(fg, nest, value, OUTPUT_EMIT, i - states);
}

/* The sum has memory even if nothing else reads it. */
static void list_scatter(FuncGen *fg, const Kernel *kernel, const IrRegion *region, NestList *out)
{
    const IrValue *sum = &kernel->anchor->results[0];
    const IrDim *const *dims = (const IrDim *const *)sum->type.dims;
    Nest *sort = new_nest(fg, kernel->anchor), *scatter = new_nest(fg, kernel->anchor);
    if (fg->cells[sum->id] < 0)
        fg->cells[sum->id] = memory_scratch(fg, dims, sum->type.rank, (int64_t)nnd_dtype_size(sum->type.dtype), 1);
    sort->kind = NEST_SORT;
    sort->scatter = scatter->scatter = scatter_plan(fg, kernel->anchor);
    scatter->kind = NEST_SCATTER;
    add_root(fg, scatter, sum, region);
    for (int i = 0; i < kernel->roots.count; i++)
        if (kernel->roots.data[i] != sum)
            add_root(fg, scatter, kernel->roots.data[i], region);
    set_items(scatter, &sum->type, 1, 1);
    for (int i = 1; i < sum->type.rank; i++)
        add_inner(scatter, sum->type.dims[i]);
    scatter->item_ns = 1 + nest_element_ns(fg, scatter);
    vec_push(fg->cg->arena, out, sort);
    vec_push(fg->cg->arena, out, scatter);
}

/* Items are the rows of `type`. */
static Nest *rows_nest(FuncGen *fg, const IrInst *inst, NestKind kind, const IrType *type)
{
    Nest *nest = new_nest(fg, inst);
    nest->kind = kind;
    add_output(fg, nest, &inst->results[0], OUTPUT_OWN, 0);
    set_items(nest, type, 1, 1);
    nest->item_ns = 0.2;
    for (int i = 1; i < type->rank; i++)
        add_inner(nest, type->dims[i]);
    return nest;
}

/* Rows cost what they have missed; a few dozen steps of an element are assumed. */
static Nest *coast_nest(FuncGen *fg, const Kernel *kernel)
{
    Nest *nest = rows_nest(fg, kernel->anchor, NEST_COAST, &kernel->anchor->results[0].type);
    nest->item_ns = 10;
    return nest;
}

/* Rows as they were of each table, then all that are new. */
static void list_puts(FuncGen *fg, const Kernel *kernel, NestList *out)
{
    Nest *put = rows_nest(fg, kernel->anchor, NEST_PUT, &kernel->anchor->args[1]->type);
    put->outputs.count = 0;
    for (int i = 0; i < kernel->roots.count; i++) {
        const IrInst *inst = kernel->roots.data[i]->def;
        vec_push(fg->cg->arena, out, rows_nest(fg, inst, NEST_KEEP, &inst->args[0]->type));
        add_output(fg, put, &inst->results[0], OUTPUT_OWN, 0);
    }
    put->item_ns *= kernel->insts.count; /* an element costs about as much as these */
    vec_push(fg->cg->arena, out, put);
}

static void list_rows(FuncGen *fg, const Kernel *kernel, NestList *out)
{
    const IrInst *inst = kernel->anchor;
    if (!kernel->roots.count)
        return;
    if (inst->op == OP_coast) {
        vec_push(fg->cg->arena, out, coast_nest(fg, kernel));
        return;
    }
    if (inst->op == OP_decay) {
        vec_push(fg->cg->arena, out, rows_nest(fg, inst, NEST_DECAY, &inst->args[0]->type));
        return;
    }
    list_puts(fg, kernel, out);
}

/* Of a scan's kernel: depends on no step, and is done before the scan. */
static bool is_outside(const Nest *nest, const IrDim *parent)
{
    const IrType *type = nest->outputs.count ? shape_of(nest) : NULL;
    return !type || type->rank == 0 || type->dims[0] != parent;
}

static void add_state_buffers(FuncGen *fg, Nest *nest, const IrInst *inst)
{
    const IrScan *scan = &inst->attrs.scan;
    nest->state_cells = ARENA_ARRAY(fg->cg->arena, int, 2 * scan->state_count + 1);
    for (int i = 0; i < 2 * scan->state_count; i++) {
        const IrType *type = &inst->region->yields[i / 2]->type;
        nest->state_cells[i] = memory_scratch(fg, (const IrDim *const *)type->dims, type->rank,
                                              (int64_t)nnd_dtype_size(type->dtype), 1);
    }
}

static void list_scan(FuncGen *fg, const Kernel *kernel, NestList *out)
{
    Arena *arena = fg->cg->arena;
    Nest *nest = new_nest(fg, kernel->anchor);
    const IrDim *parent = kernel->anchor->attrs.scan.dim->parent;
    nest->kind = NEST_SCAN;
    add_state_buffers(fg, nest, kernel->anchor);
    NestList inside = {0};
    KernelList kernels = fuse_kernels(arena, kernel->anchor->region);
    for (int i = 0; i < kernels.items.count; i++)
        nest_list(fg, kernels.items.data[i], kernel->anchor->region, &inside);
    for (int i = 0; i < inside.count; i++)
        if (is_outside(inside.data[i], parent))
            vec_push(arena, out, inside.data[i]);
        else
            units_add(fg, kernel->anchor->region, &nest->steps, inside.data[i]);
    units_finish(fg, kernel->anchor->region, &nest->steps);
    vec_push(arena, out, nest);
}

/* passes/fuse.c has put it into the kernel of its place. */
static const IrInst *maximum_of(const Kernel *kernel)
{
    for (int i = 0; i < kernel->insts.count && kernel->anchor; i++)
        if (kernel->insts.data[i]->op == OP_reduce_max && kernel->anchor->op == OP_argmax)
            return kernel->insts.data[i];
    return NULL;
}

/* In front of the nests that store what is inside. */
static void list_borders(FuncGen *fg, const Kernel *kernel, const IrRegion *region, NestList *out)
{
    for (int i = 0; i < kernel->roots.count; i++) {
        const IrValue *value = kernel->roots.data[i];
        if (!fuse_padded(value, region))
            continue;
        Nest *nest = new_nest(fg, NULL);
        nest->kind = NEST_BORDER;
        add_inside(fg, nest, value, region);
        set_items(nest, &value->type, border_item_rank(&nest->outputs.data[0]), 1);
        nest->item_ns = 500;
        vec_push(fg->cg->arena, out, nest);
    }
}

static void list_kernel(FuncGen *fg, const Kernel *kernel, const IrRegion *region, NestList *out)
{
    if (kernel->kind == KERNEL_SCAN) {
        list_scan(fg, kernel, out);
        return;
    }
    if (kernel->kind == KERNEL_ROWS) {
        list_rows(fg, kernel, out);
        return;
    }
    if (kernel->anchor && kernel->anchor->op == OP_scatter_add) {
        list_scatter(fg, kernel, region, out);
        return;
    }
    if (!kernel->roots.count)
        return;
    Nest *nest = new_nest(fg, kernel->anchor);
    for (int i = 0; i < kernel->roots.count; i++)
        add_root(fg, nest, kernel->roots.data[i], region);
    if (kernel->demand && demand_plan(fg, nest, kernel, region, out))
        return;
    nest->once = kernel->demand != NULL; /* all rows */
    if (kernel->kind == KERNEL_DOT) {
        dot_plan(fg, nest, region, out);
        return;
    }
    nest->maximum = maximum_of(kernel);
    if (kernel->anchor && fold_is_reduction(kernel->anchor->op))
        plan_reduction(fg, nest);
    else
        plan_map(fg, nest);
    vec_push(fg->cg->arena, out, nest);
}

/* Says of the nest's values that they can be loaded, or not while they are computed. */
static void set_stored(FuncGen *fg, const Nest *nest, bool stored)
{
    for (int i = 0; i < nest->outputs.count; i++) {
        OutputKind kind = nest->outputs.data[i].kind;
        if (kind == OUTPUT_OWN || kind == OUTPUT_LISTED || kind == OUTPUT_INSIDE)
            fg->stored[output_stored(&nest->outputs.data[i])->id] = stored;
    }
    for (int i = 0; nest->kind == NEST_SCAN && i < nest->anchor->result_count; i++)
        fg->stored[nest->anchor->results[i].id] = stored;
}

void nest_list(FuncGen *fg, const Kernel *kernel, const IrRegion *region, NestList *out)
{
    int first = out->count;
    list_borders(fg, kernel, region, out);
    list_kernel(fg, kernel, region, out);
    for (int i = first; i < out->count; i++) {
        out->data[i]->once |= kernel->once;
        set_stored(fg, out->data[i], true);
    }
}

Nest *nest_copy(FuncGen *fg, const Output *outputs, int count)
{
    Nest *nest = new_nest(fg, NULL);
    for (int i = 0; i < count; i++)
        vec_push(fg->cg->arena, &nest->outputs, outputs[i]);
    plan_map(fg, nest);
    return nest;
}

/* ---- code ---- */

void nest_emit(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    nest_memory(e, nest);
    set_stored(e->fg, nest, false);
    switch (nest->kind) {
    case NEST_FLAT: map_emit_flat(e, nest, lo, hi); break;
    case NEST_ROWS: map_emit_rows(e, nest, lo, hi); break;
    case NEST_ELEMENTS: map_emit_elements(e, nest, lo, hi); break;
    case NEST_LANES: reduce_emit_lanes(e, nest, lo, hi); break;
    case NEST_COLUMNS:
        if (nest->anchor->op == OP_dot)
            dot_emit_columns(e, nest, lo, hi);
        else
            reduce_emit_columns(e, nest, lo, hi);
        break;
    case NEST_BORDER: border_emit(e, nest, lo, hi); break;
    case NEST_SORT: scatter_emit_sort(e, nest); break;
    case NEST_SCATTER: scatter_emit(e, nest, lo, hi); break;
    case NEST_KEEP: put_emit_keep(e, nest, lo, hi); break;
    case NEST_PUT: put_emit_rows(e, nest, lo, hi); break;
    case NEST_DECAY: decay_emit(e, nest, lo, hi); break;
    case NEST_COAST: coast_emit(e, nest, lo, hi); break;
    case NEST_PACK: (nest->dot->winograd ? winograd_emit_pack : dot_emit_pack)(e, nest, lo, hi); break;
    case NEST_TILES: (nest->dot->winograd ? winograd_emit : dot_emit_tiles)(e, nest, lo, hi); break;
    case NEST_UNITS: units_emit(e, nest, lo, hi); break;
    case NEST_RUN: rows_emit(e, nest, lo, hi); break;
    case NEST_DEMAND: demand_emit_list(e, nest); break;
    case NEST_SCAN: scan_emit(e, nest, lo, hi); break;
    }
    e->domain = NULL;
    set_stored(e->fg, nest, true);
}

static const char *kind_name(NestKind kind)
{
    static const char *const names[] = {
        [NEST_FLAT] = "map",        [NEST_ROWS] = "map",        [NEST_ELEMENTS] = "map", [NEST_LANES] = "reduce",
        [NEST_COLUMNS] = "columns", [NEST_SORT] = "sort", [NEST_SCATTER] = "scatter", [NEST_BORDER] = "border", [NEST_PACK] = "pack",    [NEST_TILES] = "dot",
        [NEST_UNITS] = "units",     [NEST_RUN] = "rows",        [NEST_SCAN] = "scan",    [NEST_KEEP] = "keep",
        [NEST_PUT] = "put",         [NEST_DECAY] = "decay",     [NEST_COAST] = "coast",
        [NEST_DEMAND] = "demand"};
    return names[kind];
}

static void add_group(Launch *launch, const IrDim *const *dims, int rank, int64_t chunk)
{
    Extents *group = &launch->extents[launch->extent_count++];
    group->chunk = chunk;
    for (int i = 0; i < rank; i++)
        group->dims[group->rank++] = dims[i];
}

void nest_launch(FuncGen *fg, const Nest *nest)
{
    Emit *e = emit_block_begin(fg, kind_name(nest->kind));
    nest_emit(e, nest, e->lo, e->hi);
    emit_block_end(e);
    Launch launch = {.kernel = e->function,
                     .slots = e->slots.data,
                     .slot_count = e->slots.count,
                     .inner = nest->inner,
                     .grain = nest->grain,
                     .item_ns = nest->item_ns,
                     .once = nest->once};
    if (nest->kind == NEST_SCAN) {
        scan_set_launch(fg, nest, &launch);
    } else if (nest->kind == NEST_TILES && nest->demand) {
        launch.count_cell = nest->demand->count;
    } else if (nest->kind == NEST_TILES) {
        dot_set_groups(nest, &launch);
    } else if (nest->item_rank) {
        add_group(&launch, nest->items, nest->item_rank - 1, 1);
        add_group(&launch, nest->items + nest->item_rank - 1, 1, nest->chunk);
    }
    vec_push(fg->cg->arena, &fg->launches, launch);
}
