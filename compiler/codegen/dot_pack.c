/* SPDX-License-Identifier: Apache-2.0
 *
 * Packing of V: panel[batch, outer, panel, k, lane], zeros beyond the last
 * column; if the outer columns are gates, panel[panel, k, gate, lane]. Rows of bf16
 * are in the order of panel.h. Items are contracted entries (of each batch).
 */
#include "compiler/codegen/dot.h"
#include "compiler/codegen/loops.h"
#include "compiler/codegen/scalar.h"

typedef struct Pack {
    const DotPlan *plan;
    LLVMValueRef k, k_count; /* position among the contracted entries, and how many there are */
    LLVMValueRef batch;
    LLVMValueRef panels, width; /* panels for one outer column; merged columns */
    Index at;                   /* of V */
} Pack;

static void set_axes(Index *index, const AxisList *list, const LLVMValueRef *at)
{
    for (int i = 0; i < list->count; i++)
        index->at[list->axes[i]] = at[i];
}

/* Element of V at merged column `column`. */
static LLVMValueRef column_element(Emit *e, const Pack *pack, LLVMValueRef column)
{
    const DotPlan *p = pack->plan;
    LLVMValueRef at[NND_MAX_RANK];
    int outer = p->columns.count - p->merged;
    Index index = pack->at;
    index_split(e, p->columns.dims + outer, p->merged, column, at);
    for (int i = 0; i < p->merged; i++)
        index.at[p->columns.axes[outer + i]] = at[i];
    return element(e, p->inst->args[p->v], &index);
}

static void set_outer(Emit *e, Pack *pack, LLVMValueRef outer)
{
    const DotPlan *p = pack->plan;
    LLVMValueRef at[NND_MAX_RANK];
    int rank = p->columns.count - p->merged;
    index_split(e, p->columns.dims, rank, outer, at);
    for (int i = 0; i < rank; i++)
        pack->at.at[p->columns.axes[i]] = at[i];
}

/* Columns that follow each other: `size` of them, from `first` on, `stride` elements apart in the
 * panel. */
static void pack_run(Emit *e, const Pack *pack, LLVMValueRef target, LLVMValueRef first,
                     int64_t size, int64_t stride)
{
    const DotPlan *p = pack->plan;
    LLVMValueRef zero = emit_i64(e, 0), all = emit_i64(e, size), step = emit_i64(e, stride);
    LLVMValueRef rest = index_max(e, zero, index_min(e, all, index_sub(e, pack->width, first)));
    Loop lanes = loop_begin(e, zero, rest, 1, LOOP_VECTOR);
    LLVMValueRef x = column_element(e, pack, index_add(e, first, lanes.index));
    memory_store_raw(e, p->panel_dtype, target, index_mul(e, lanes.index, step), x);
    loop_end(e, &lanes);
    Loop zeros = loop_begin(e, rest, all, 1, LOOP_VECTOR);
    memory_store_raw(e, p->panel_dtype, target, index_mul(e, zeros.index, step),
                     scalar_const(e, p->dtype, 0));
    loop_end(e, &zeros);
}

/* A row of a panel, vector by vector if these are gates or do not simply follow each other. */
static void pack_row(Emit *e, Pack *pack, LLVMValueRef target, LLVMValueRef first)
{
    const DotPlan *p = pack->plan;
    const PanelRow row = dot_panel_row(p);
    bool vectors = p->gates > 1 || panel_is_narrow(&row);
    for (int v = 0; v < (vectors ? p->vectors : 1); v++) {
        if (p->gates > 1)
            set_outer(e, pack, emit_i64(e, v));
        LLVMValueRef place = emit_i64(e, panel_place(&row, v));
        LLVMValueRef column =
            p->gates > 1 ? first : index_add(e, first, emit_i64(e, (int64_t)v * p->lanes));
        pack_run(e, pack, memory_at(e, p->panel_dtype, target, place), column,
                 vectors ? p->lanes : dot_panel(p), panel_stride(&row, v));
    }
}

/* Panels are [k, lane]: the row of this k in each of them. */
static void pack_panels(Emit *e, Pack *pack, LLVMValueRef outer)
{
    const DotPlan *p = pack->plan;
    LLVMValueRef size = emit_i64(e, dot_panel(p)), units = emit_i64(e, dot_units(p));
    LLVMValueRef base = emit_cell(e, p->panel_cell);
    Loop panels = loop_begin(e, emit_i64(e, 0), pack->panels, 1, LOOP_PLAIN);
    LLVMValueRef number = index_add(e, index_mul(e, outer, pack->panels), panels.index);
    LLVMValueRef row = index_add(e, index_mul(e, number, pack->k_count), pack->k);
    LLVMValueRef target = memory_at(e, p->panel_dtype, base, index_mul(e, row, size));
    pack_row(e, pack, target, index_mul(e, panels.index, units));
    loop_end(e, &panels);
}

static void pack_outer(Emit *e, Pack *pack)
{
    const DotPlan *p = pack->plan;
    if (p->gates > 1) {
        pack_panels(e, pack, pack->batch);
        return;
    }
    LLVMValueRef count = dot_extent(e, &p->columns, 0, p->columns.count - p->merged);
    Loop outer = loop_begin(e, emit_i64(e, 0), count, 1, LOOP_PLAIN);
    set_outer(e, pack, outer.index);
    pack_panels(e, pack, index_add(e, index_mul(e, pack->batch, count), outer.index));
    loop_end(e, &outer);
}

/* ---- columns far apart ---- */

enum { ENTRIES = 16 };

/* V lies along the contracted axis: a column's entries follow each other, and the next column is far away. */
static bool lies_along_entries(const Emit *e, const DotPlan *p)
{
    AddressMap map;
    const PanelRow row = dot_panel_row(p);
    return p->k.count == 1 && p->columns.count == p->merged && !p->batch.count && p->gates == 1 && !p->in_scan &&
           !panel_is_narrow(&row) && address_map(e->fg, e->fg->func->body, p->inst->args[p->v], &map) &&
           address_static_stride(&map, p->k_v.axes[0]) == 1 &&
           address_static_stride(&map, p->columns.axes[p->columns.count - 1]) != 1;
}

/* ENTRIES rows of a panel, column by column: what one look into the memory brings is used at once. */
static void pack_columns(Emit *e, Pack *pack, LLVMValueRef panel, LLVMValueRef k_lo, LLVMValueRef k_hi)
{
    const DotPlan *p = pack->plan;
    LLVMValueRef size = emit_i64(e, dot_panel(p)), first = index_mul(e, panel, size);
    LLVMValueRef width = index_min(e, size, index_sub(e, pack->width, first));
    LLVMValueRef begin = index_mul(e, index_mul(e, panel, pack->k_count), size);
    Loop columns = loop_begin(e, emit_i64(e, 0), width, 1, LOOP_PLAIN);
    Loop entries = loop_begin(e, k_lo, k_hi, 1, LOOP_PLAIN);
    pack->at.at[p->k_v.axes[0]] = entries.index;
    LLVMValueRef x = column_element(e, pack, index_add(e, first, columns.index));
    LLVMValueRef at = index_add(e, index_add(e, begin, index_mul(e, entries.index, size)), columns.index);
    memory_store_raw(e, p->panel_dtype, emit_cell(e, p->panel_cell), at, x);
    loop_end(e, &entries);
    loop_end(e, &columns);
    Loop rows = loop_begin(e, k_lo, k_hi, 1, LOOP_PLAIN);
    Loop zeros = loop_begin(e, width, size, 1, LOOP_VECTOR);
    at = index_add(e, index_add(e, begin, index_mul(e, rows.index, size)), zeros.index);
    memory_store_raw(e, p->panel_dtype, emit_cell(e, p->panel_cell), at, scalar_const(e, p->dtype, 0));
    loop_end(e, &zeros);
    loop_end(e, &rows);
}

static void pack_along_entries(Emit *e, Pack *pack, LLVMValueRef lo, LLVMValueRef hi)
{
    Loop blocks = loop_begin(e, lo, hi, ENTRIES, LOOP_PLAIN);
    LLVMValueRef end = index_min(e, hi, index_add(e, blocks.index, emit_i64(e, ENTRIES)));
    Loop panels = loop_begin(e, emit_i64(e, 0), pack->panels, 1, LOOP_PLAIN);
    pack_columns(e, pack, panels.index, blocks.index, end);
    loop_end(e, &panels);
    loop_end(e, &blocks);
}

/* ---- all of V, and parts ---- */

/* Where the columns of a part, from `column` on, begin in V for an entry. */
static LLVMValueRef place_in_v(Emit *e, const DotPlan *p, const AddressGen *v, const DotPart *part, LLVMValueRef entry, LLVMValueRef column)
{
    LLVMValueRef at[NND_MAX_RANK], from = v->constant;
    Index index = {0};
    int outer = p->columns.count - p->merged;
    set_axes(&index, &p->batch_v, part->batch_at);
    for (int i = 0; i < outer; i++)
        index.at[p->columns.axes[i]] = part->column_at[i];
    index_split(e, p->k.dims, p->k.count, entry, at);
    set_axes(&index, &p->k_v, at);
    index_split(e, p->columns.dims + outer, p->merged, column, at);
    for (int i = 0; i < p->merged; i++)
        index.at[p->columns.axes[outer + i]] = at[i];
    for (int i = 0; i < p->inst->args[p->v]->type.rank; i++)
        from = index_add(e, from, address_term(e, v, i, index.at[i]));
    return memory_at(e, p->dtype, v->base, from);
}

/* The columns of a panel, which begin there. */
static void prefetch_panel(Emit *e, const DotPlan *p, LLVMValueRef first)
{
    for (int i = 0; i < p->vectors; i++)
        emit_prefetch(e, memory_at(e, p->dtype, first, emit_i64(e, (int64_t)i * p->lanes)));
}

/* All columns of a panel, which follow each other in V. */
static void copy_panel_row(Emit *e, const DotPlan *p, LLVMValueRef target, LLVMValueRef source)
{
    LLVMTypeRef vector = LLVMVectorType(emit_type(e->cg, p->dtype), (unsigned)p->lanes);
    for (int v = 0; v < p->vectors; v++) {
        LLVMValueRef at = emit_i64(e, (int64_t)v * p->lanes);
        LLVMValueRef x = LLVMBuildLoad2(e->b, vector, memory_at(e, p->dtype, source, at), "");
        LLVMSetAlignment(x, (unsigned)nnd_dtype_size(p->dtype));
        LLVMSetAlignment(LLVMBuildStore(e->b, x, memory_at(e, p->dtype, target, at)), (unsigned)(p->lanes * nnd_dtype_size(p->dtype)));
    }
}

bool dot_columns_follow(const DotPlan *p)
{
    int64_t next = 1;
    for (int i = p->columns.count - 1; i >= p->columns.count - p->merged; i--) {
        if (next < 0 || address_static_stride(&p->map_v, p->columns.axes[i]) != next)
            return false;
        next = p->columns.dims[i]->kind == NND_DIM_CONST ? next * p->columns.dims[i]->size : -1;
    }
    return !p->map_v.bound_count && p->map_v.row == ROW_FORM;
}

/* The entry's row of the part's panels up to `end`, all of whose columns there are. */
static void copy_rows(Emit *e, const DotPlan *p, const AddressGen *v, const DotPart *part, LLVMValueRef entry, LLVMValueRef row,
                      LLVMValueRef end)
{
    LLVMValueRef size = emit_i64(e, dot_panel(p)), first = index_mul(e, part->panel_lo, size);
    LLVMValueRef source = place_in_v(e, p, v, part, entry, first);
    LLVMValueRef ahead = place_in_v(e, p, v, part, index_add(e, entry, emit_i64(e, PACK_AHEAD)), first);
    Loop panels = loop_begin(e, part->panel_lo, end, 1, LOOP_PLAIN);
    LLVMValueRef column = index_sub(e, index_mul(e, panels.index, size), first);
    LLVMValueRef target = index_add(e, index_mul(e, column, emit_i64(e, dot_part_entries(p))), index_mul(e, row, size));
    copy_panel_row(e, p, memory_at(e, p->panel_dtype, part->target, target), memory_at(e, p->dtype, source, column));
    prefetch_panel(e, p, memory_at(e, p->dtype, ahead, column));
    loop_end(e, &panels);
}

LLVMValueRef dot_place_in_v(Emit *e, const DotPlan *p, const DotPart *part, LLVMValueRef entry, LLVMValueRef column)
{
    const AddressGen v = address_begin(e, &p->map_v, p->inst->args[p->v]->type.rank);
    return place_in_v(e, p, &v, part, entry, column);
}

LLVMValueRef dot_full_panels(Emit *e, const DotPlan *p)
{
    return index_div(e, dot_merged_extent(e, p), emit_i64(e, dot_panel(p)));
}

void dot_pack_part(Emit *e, const DotPlan *p, const DotPart *part)
{
    Pack pack = {.plan = p, .width = dot_merged_extent(e, p)};
    const AddressGen v = address_begin(e, &p->map_v, p->inst->args[p->v]->type.rank);
    LLVMValueRef at[NND_MAX_RANK], rest = dot_extent(e, &p->k, p->loops[0].count, p->k.count - p->loops[0].count);
    LLVMValueRef first = index_mul(e, part->k_lo, rest), size = emit_i64(e, dot_panel(p)), copied = part->panel_lo;
    set_axes(&pack.at, &p->batch_v, part->batch_at);
    for (int i = 0; i < p->columns.count - p->merged; i++)
        pack.at.at[p->columns.axes[i]] = part->column_at[i];
    Loop entries = loop_begin(e, first, index_mul(e, part->k_hi, rest), 1, LOOP_PLAIN);
    LLVMValueRef row = index_sub(e, entries.index, first);
    if (dot_columns_follow(p) && !p->panel_step) {
        copied = index_max(e, part->panel_lo, index_min(e, part->panel_hi, dot_full_panels(e, p)));
        copy_rows(e, p, &v, part, entries.index, row, copied);
    }
    index_split(e, p->k.dims, p->k.count, entries.index, at);
    set_axes(&pack.at, &p->k_v, at);
    Loop panels = loop_begin(e, copied, part->panel_hi, 1, LOOP_PLAIN);
    LLVMValueRef number = index_mul(e, index_sub(e, panels.index, part->panel_lo), emit_i64(e, dot_part_entries(p)));
    LLVMValueRef target = index_mul(e, index_add(e, number, row), size), column = index_mul(e, panels.index, size);
    pack_row(e, &pack, memory_at(e, p->panel_dtype, part->target, target), column);
    if (p->map_v.row == ROW_FORM)
        prefetch_panel(e, p, place_in_v(e, p, &v, part, index_add(e, entries.index, emit_i64(e, PACK_AHEAD)), column));
    loop_end(e, &panels);
    loop_end(e, &entries);
}

void dot_emit_pack(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    const DotPlan *p = nest->dot;
    Pack pack = {.plan = p, .panels = dot_panel_count(e, p), .width = dot_merged_extent(e, p)};
    pack.k_count = dot_extent(e, &p->k, 0, p->k.count);
    if (lies_along_entries(e, p)) {
        pack_along_entries(e, &pack, lo, hi);
        return;
    }
    Loop items = loop_begin(e, lo, hi, 1, LOOP_PLAIN);
    LLVMValueRef at[NND_MAX_RANK];
    pack.k = index_rem(e, items.index, pack.k_count);
    pack.batch = index_div(e, items.index, pack.k_count);
    index_split(e, p->k.dims, p->k.count, pack.k, at);
    set_axes(&pack.at, &p->k_v, at);
    index_split(e, p->batch.dims, p->batch.count, pack.batch, at);
    set_axes(&pack.at, &p->batch_v, at);
    pack_outer(e, &pack);
    loop_end(e, &items);
}
