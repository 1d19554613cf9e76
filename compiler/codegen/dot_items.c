/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/dot_tiles.h"

enum { LOW_TILE = 4 };

/* ---- one item ---- */

/* Rows of the panel that comes next, or of the first one of the next block of entries: each tile asks for its share. A row
 * may end in a line of its own. */
static void ask_for_panel(Emit *e, Tiles *t, int height, LLVMValueRef row, LLVMValueRef panel)
{
    const DotPlan *p = t->plan;
    LLVMValueRef block = emit_i64(e, p->k_block), next = index_add(e, panel, emit_i64(e, 1));
    LLVMValueRef last = index_sub(e, dot_extent(e, &p->k, 0, p->loops[0].count), block);
    LLVMValueRef more = LLVMBuildICmp(e->b, LLVMIntSLT, next, index_min(e, t->panel_hi, dot_full_panels(e, p)), "");
    next = LLVMBuildSelect(e->b, more, next, t->panel_lo, "");
    LLVMValueRef first = LLVMBuildSelect(e->b, more, t->k_lo, index_min(e, index_add(e, t->k_lo, block), last), "");
    DotPart part = dot_part(t, t->panel_lo);
    LLVMValueRef place = dot_place_in_v(e, p, &part, first, index_mul(e, next, emit_i64(e, dot_panel(p))));
    int share = (int)(p->k_block * height / p->block_rows) + 1;
    LLVMValueRef begin = index_div(e, index_mul(e, row, block), emit_i64(e, p->block_rows));
    for (int i = 0; i < share; i++) {
        LLVMValueRef entry = index_mul(e, index_add(e, begin, emit_i64(e, i)), emit_i64(e, p->panel_step));
        for (int v = 0; v <= p->vectors; v++) {
            int64_t column = v < p->vectors ? (int64_t)v * p->lanes : dot_panel(p) - 1;
            emit_prefetch(e, memory_at(e, p->dtype, place, index_add(e, entry, emit_i64(e, column))));
        }
    }
}

/* Tiles of `height` rows from `first` on, up to `end`. */
static void emit_tiles_of(Emit *e, Tiles *t, int height, LLVMValueRef first, LLVMValueRef end, LLVMValueRef panel)
{
    Loop rows = loop_begin(e, first, end, height, LOOP_PLAIN);
    if (t->plan->panel_step && height == t->plan->tile_rows)
        ask_for_panel(e, t, height, rows.index, panel);
    dot_emit_tile(e, t, height, rows.index, panel);
    loop_end(e, &rows);
}

/* Rows that do not fill a tile are done in lower ones, so that a single row costs what a row costs. With bounds they fill
 * a tile by repeating the last one: their tiles are large, and they are rare. Tiles along an axis leave no rows. */
static void emit_panel(Emit *e, Tiles *t, LLVMValueRef panel)
{
    const int heights[] = {t->plan->tile_rows, LOW_TILE, 1};
    LLVMValueRef first = emit_i64(e, 0), count = index_sub(e, t->row_hi, t->row_lo);
    if (t->plan->map.bound_count || (t->plan->row_step && !t->plan->even_rows)) {
        emit_tiles_of(e, t, t->plan->tile_rows, first, count, panel);
        return;
    }
    for (int i = 0; i < 3; i++) {
        if (i && heights[i] >= t->plan->tile_rows)
            continue;
        LLVMValueRef rows = emit_i64(e, heights[i]);
        LLVMValueRef end = index_add(e, first, index_mul(e, index_div(e, index_sub(e, count, first), rows), rows));
        emit_tiles_of(e, t, heights[i], first, end, panel);
        first = end;
    }
}

static void emit_tiles(Emit *e, Tiles *t)
{
    Loop panels = loop_begin(e, t->panel_lo, t->panel_hi, 1, LOOP_PLAIN);
    emit_panel(e, t, panels.index);
    loop_end(e, &panels);
}

static void clear_block(Emit *e, const Tiles *t)
{
    int size = t->plan->block_rows * dot_block_width(t->plan);
    Loop loop = loop_begin(e, emit_i64(e, 0), emit_i64(e, size), t->plan->lanes, LOOP_PLAIN);
    dot_store_vector(e, t, t->block, loop.index, LLVMConstNull(t->vector));
    loop_end(e, &loop);
}

static void pack_part(Emit *e, Tiles *t)
{
    const DotPlan *p = t->plan;
    if (!t->part)
        return;
    LLVMValueRef lo = p->panel_step ? index_max(e, t->panel_lo, dot_full_panels(e, p)) : t->panel_lo;
    DotPart part = dot_part(t, lo);
    Branch any = branch_begin(e, LLVMBuildICmp(e->b, LLVMIntSLT, lo, t->panel_hi, ""));
    dot_pack_part(e, p, &part);
    branch_end(e, &any, NULL, NULL);
}

static void emit_sums(Emit *e, Tiles *t)
{
    const DotPlan *p = t->plan;
    LLVMValueRef whole = dot_extent(e, &p->k, 0, p->loops[0].count);
    if (!p->k_block) {
        t->k_lo = emit_i64(e, 0);
        t->k_hi = whole;
        emit_tiles(e, t);
        return;
    }
    clear_block(e, t);
    Loop blocks = loop_begin(e, emit_i64(e, 0), whole, p->k_block, LOOP_PLAIN);
    t->k_lo = blocks.index;
    t->k_hi = index_min(e, whole, index_add(e, blocks.index, emit_i64(e, p->k_block)));
    dot_locate_entries(e, t);
    pack_part(e, t);
    dot_pack_rows(e, t);
    emit_tiles(e, t);
    loop_end(e, &blocks);
}

static void emit_results(Emit *e, const Tiles *t)
{
    const DotPlan *p = t->plan;
    int outer = p->columns.count - p->merged;
    LLVMValueRef first = index_mul(e, t->panel_lo, emit_i64(e, dot_panel(p))), row_at[NND_MAX_RANK];
    LLVMValueRef width = index_min(e, emit_i64(e, dot_block_width(p)), index_sub(e, dot_merged_extent(e, p), first));
    Loop rows = loop_begin(e, t->row_lo, t->row_hi, 1, LOOP_PLAIN);
    index_split(e, p->rows.dims, p->rows.count, rows.index, row_at);
    if (p->listed)
        demand_listed_place(e, t->nest->outputs.data[0].value, row_at[0]); /* once a row, not once a column */
    LLVMValueRef start = index_mul(e, index_sub(e, rows.index, t->row_lo), emit_i64(e, dot_block_width(p)));
    Loop columns = loop_begin(e, emit_i64(e, 0), width, 1, LOOP_VECTOR);
    LLVMValueRef column_at[NND_MAX_RANK];
    memcpy(column_at, t->column_at, sizeof column_at);
    index_split(e, p->columns.dims + outer, p->merged, index_add(e, first, columns.index), column_at + outer);
    Index index = dot_result_index(p, t->batch_at, row_at, column_at);
    LLVMValueRef sum = memory_load_raw(e, p->dtype, t->block, index_add(e, start, columns.index));
    element_set(e, &p->inst->results[0], &index, sum);
    nest_store(e, t->nest, &index);
    loop_end(e, &columns);
    loop_end(e, &rows);
}

/* A single row may have been written by other threads, and its entries are needed one by one: all of it is asked for at
 * once. */
static void ask_for_row(Emit *e, const Tiles *t)
{
    const DotPlan *p = t->plan;
    if (p->k.count != 1 || p->map.bound_count || p->map.row != ROW_FORM || address_static_stride(&p->map, p->k.axes[0]) != 1)
        return;
    LLVMValueRef single = LLVMBuildICmp(e->b, LLVMIntEQ, index_sub(e, t->row_hi, t->row_lo), emit_i64(e, 1), "");
    Branch ask = branch_begin(e, single);
    LLVMValueRef first = memory_at(e, p->dtype, t->address.base, dot_load_index(e, t->positions, emit_i64(e, 0)));
    loop_prefetch(e, p->dtype, first, dot_extent(e, &p->k, 0, 1));
    branch_end(e, &ask, NULL, NULL);
}

static void emit_item(Emit *e, Tiles *t)
{
    const DotPlan *p = t->plan;
    int outer = p->columns.count - p->merged;
    LLVMValueRef columns = dot_extent(e, &p->columns, 0, outer);
    index_split(e, p->columns.dims, outer, index_rem(e, t->outer, columns), t->column_at);
    index_split(e, p->batch.dims, p->batch.count, index_div(e, t->outer, columns), t->batch_at);
    dot_locate_rows(e, t);
    ask_for_row(e, t);
    emit_sums(e, t);
    emit_results(e, t);
}

/* ---- all items ---- */

static LLVMValueRef chunks(Emit *e, LLVMValueRef extent, int64_t chunk)
{
    return index_div(e, index_add(e, extent, emit_i64(e, chunk - 1)), emit_i64(e, chunk));
}

static void set_rows(Emit *e, Tiles *t, LLVMValueRef block, LLVMValueRef lo, LLVMValueRef hi)
{
    LLVMValueRef size = emit_i64(e, t->plan->block_rows);
    t->row_lo = index_add(e, lo, index_mul(e, block, size));
    t->row_hi = index_min(e, hi, index_add(e, t->row_lo, size));
}

static void set_panels(Emit *e, Tiles *t, LLVMValueRef block)
{
    LLVMValueRef size = emit_i64(e, t->plan->block_panels);
    t->panel_lo = index_mul(e, block, size);
    t->panel_hi = index_min(e, dot_panel_count(e, t->plan), index_add(e, t->panel_lo, size));
}

static LLVMValueRef panel_blocks(Emit *e, const Tiles *t)
{
    return chunks(e, dot_merged_extent(e, t->plan), dot_block_width(t->plan));
}

/* The order of dot_set_groups. */
static void emit_items(Emit *e, Tiles *t, LLVMValueRef lo, LLVMValueRef hi)
{
    const DotPlan *p = t->plan;
    LLVMValueRef rows = dot_extent(e, &p->rows, 0, p->rows.count);
    LLVMValueRef row_blocks = chunks(e, rows, p->block_rows), columns = panel_blocks(e, t);
    Loop items = loop_begin(e, lo, hi, 1, LOOP_PLAIN);
    LLVMValueRef blocks = index_div(e, items.index, columns);
    set_panels(e, t, index_rem(e, items.index, columns));
    set_rows(e, t, index_rem(e, blocks, row_blocks), emit_i64(e, 0), rows);
    t->outer = index_div(e, blocks, row_blocks);
    emit_item(e, t);
    loop_end(e, &items);
}

/* All that one step of a scan, or a list of rows, needs for places lo .. hi-1. */
static void emit_places(Emit *e, Tiles *t, LLVMValueRef lo, LLVMValueRef hi)
{
    const DotPlan *p = t->plan;
    LLVMValueRef each = dot_extent(e, &p->rows, 1, p->rows.count - 1);
    LLVMValueRef first = index_mul(e, lo, each), last = index_mul(e, hi, each);
    LLVMValueRef row_blocks = chunks(e, index_sub(e, last, first), p->block_rows);
    Loop outer = loop_begin(e, emit_i64(e, 0), dot_extent(e, &p->columns, 0, p->columns.count - p->merged), 1, LOOP_PLAIN);
    Loop rows = loop_begin(e, emit_i64(e, 0), row_blocks, 1, LOOP_PLAIN);
    Loop columns = loop_begin(e, emit_i64(e, 0), panel_blocks(e, t), 1, LOOP_PLAIN);
    t->outer = outer.index;
    set_rows(e, t, rows.index, first, last);
    set_panels(e, t, columns.index);
    emit_item(e, t);
    loop_end(e, &columns);
    loop_end(e, &rows);
    loop_end(e, &outer);
}

static void reserve_stack(Emit *e, Tiles *t)
{
    const DotPlan *p = t->plan;
    int rows = p->block_rows;
    t->block = emit_alloca_array(e, t->scalar, rows * dot_block_width(p), "block");
    t->positions = emit_alloca_array(e, e->cg->i64, rows, "rows");
    for (int i = 0; i < p->tile_rows * p->vectors; i++)
        t->sums[i] = emit_alloca(e, t->vector, "sum");
    t->panel_row = emit_alloca(e, e->cg->ptr, "panel");
    int packed = p->panel_step ? dot_panel(p) : dot_block_width(p); /* columns */
    if (p->packs_parts)
        t->part = emit_alloca_array(e, t->scalar, (int)dot_part_entries(p) * packed, "part");
    if (p->packs_rows)
        t->rows_part = emit_alloca_array(e, t->scalar, dot_packed_size(p), "rows");
    int64_t low, high;
    if (dot_has_entry_table(p, &low, &high)) {
        t->entries = emit_alloca_array(e, e->cg->i64, (int)p->k_block, "entries");
        t->entries_inside = emit_alloca(e, e->cg->i64, "inside");
    }
    for (int i = 0; i < p->map.bound_count; i++) {
        t->places[i] = emit_alloca_array(e, e->cg->i64, rows, "places");
        t->extents[i] = emit_alloca_array(e, e->cg->i64, rows, "extents");
    }
    if (p->map.bound_count) {
        t->inside = emit_alloca_array(e, e->cg->i64, rows, "inside");
        t->zero = emit_alloca(e, t->scalar, "zero");
        LLVMBuildStore(e->b, LLVMConstNull(t->scalar), t->zero);
    }
}

void dot_emit_tiles(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    const DotPlan *p = nest->dot;
    const IrValue *s = p->inst->args[p->s];
    Tiles t = {.plan = p, .nest = nest, .scalar = emit_type(e->cg, p->dtype)};
    t.vector = LLVMVectorType(t.scalar, (unsigned)p->lanes);
    t.address = address_begin(e, &p->map, s->type.rank);
    reserve_stack(e, &t);
    if (p->in_scan || p->listed)
        emit_places(e, &t, lo, hi);
    else
        emit_items(e, &t, lo, hi);
}
