/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/dot_tiles.h"

/* The tile that is being emitted. */
typedef struct Tile {
    Tiles *all;
    int row_count;
    bool bounded;                             /* some of its entries may be outside of a bound */
    LLVMValueRef rows[MAX_SUMS];              /* pointers into S; all the same if steps lead from row to row */
    LLVMValueRef places[MAX_SUMS][MAX_BOUNDS], extents[MAX_SUMS][MAX_BOUNDS];
} Tile;

/* How far the contracted loops have come. */
typedef struct Entry {
    LLVMValueRef position;           /* to be added to the rows' */
    LLVMValueRef places[MAX_BOUNDS]; /* to be added to the bounds' forms */
    LLVMValueRef extents[MAX_BOUNDS]; /* what the forms must be below, if that is not the rows' */
} Entry;

int dot_block_width(const DotPlan *p)
{
    return p->block_panels * dot_panel(p);
}

static unsigned vector_bytes(const DotPlan *p)
{
    return (unsigned)p->lanes * (unsigned)nnd_dtype_size(p->dtype);
}

static LLVMValueRef load_vector(Emit *e, const Tiles *t, LLVMValueRef base, LLVMValueRef at)
{
    LLVMValueRef x = LLVMBuildLoad2(e->b, t->vector, LLVMBuildInBoundsGEP2(e->b, t->scalar, base, &at, 1, ""), "");
    LLVMSetAlignment(x, vector_bytes(t->plan));
    return x;
}

void dot_store_vector(Emit *e, const Tiles *t, LLVMValueRef base, LLVMValueRef at, LLVMValueRef x)
{
    LLVMValueRef store = LLVMBuildStore(e->b, x, LLVMBuildInBoundsGEP2(e->b, t->scalar, base, &at, 1, ""));
    LLVMSetAlignment(store, vector_bytes(t->plan));
}

/* ---- one entry of the contracted axes ---- */

static LLVMValueRef row_scalar(Emit *e, const Tile *tile, int row, const Entry *entry)
{
    const Tiles *t = tile->all;
    LLVMValueRef position = entry->position, step = emit_i64(e, row * t->plan->row_step);
    LLVMValueRef address = LLVMBuildGEP2(e->b, t->scalar, tile->rows[row], &position, 1, "");
    if (t->plan->row_step)
        address = LLVMBuildGEP2(e->b, t->scalar, address, &step, 1, "");
    LLVMValueRef inside = NULL;
    for (int bound = 0; tile->bounded && bound < t->plan->map.bound_count; bound++) {
        LLVMValueRef place = LLVMBuildAdd(e->b, tile->places[row][bound], entry->places[bound], "");
        LLVMValueRef extent = entry->extents[bound] ? entry->extents[bound] : tile->extents[row][bound];
        LLVMValueRef below = index_below(e, place, extent);
        inside = inside ? LLVMBuildAnd(e->b, inside, below, "") : below;
    }
    if (inside)
        address = LLVMBuildSelect(e->b, inside, address, t->zero, "");
    return LLVMBuildLoad2(e->b, t->scalar, address, "");
}

/* Entries are walked in the order of the panel's rows. */
static void next_columns(Emit *e, const Tile *tile, LLVMValueRef *columns)
{
    const Tiles *t = tile->all;
    const PanelRow row = dot_panel_row(t->plan);
    LLVMValueRef at = LLVMBuildLoad2(e->b, e->cg->ptr, t->panel_row, "");
    if (tile->row_count == 1 && !t->part)
        panel_prefetch(e, &row, at, emit_i64(e, 0));
    panel_load(e, &row, at, emit_i64(e, 0), columns);
    LLVMBuildStore(e->b, memory_at(e, t->plan->panel_dtype, at, t->panel_step), t->panel_row);
}

static void add_products(Emit *e, const Tile *tile, const Entry *entry)
{
    const Tiles *t = tile->all;
    const DotPlan *p = t->plan;
    LLVMValueRef columns[MAX_SUMS];
    next_columns(e, tile, columns);
    for (int row = 0; row < tile->row_count; row++) {
        LLVMValueRef x = emit_splat(e, row_scalar(e, tile, row, entry), p->lanes);
        for (int v = 0; v < p->vectors; v++) {
            LLVMValueRef slot = t->sums[row * p->vectors + v];
            LLVMBuildStore(e->b, math_multiply_add(e, x, columns[v], LLVMBuildLoad2(e->b, t->vector, slot, "")), slot);
        }
    }
}

/* What entry `at` of a loop adds to the position in S. */
static LLVMValueRef entry_term(Emit *e, const Tiles *t, const ContractedLoop *loop, LLVMValueRef at)
{
    if (t->rows_part)
        return index_mul(e, index_sub(e, at, t->k_lo), emit_i64(e, t->plan->tile_rows));
    if (t->entries && loop->first == 0)
        return dot_load_index(e, t->entries, index_sub(e, at, t->k_lo));
    return address_term(e, &t->address, t->plan->k.axes[loop->first + loop->count - 1], at);
}

/* The entry at index `at` of a loop inside of `outer`. */
static Entry enter(Emit *e, const Tile *tile, const ContractedLoop *loop, const Entry *outer, LLVMValueRef at)
{
    const Tiles *t = tile->all;
    const DotPlan *p = t->plan;
    int axis = p->k.axes[loop->first + loop->count - 1];
    Entry entry = {.position = index_add(e, outer->position, entry_term(e, t, loop, at))};
    for (int bound = 0; tile->bounded && bound < p->map.bound_count; bound++) {
        bool segment = p->map.bounds[bound].in_segment && p->map.row_axis == axis;
        LLVMValueRef term = address_bound_term(e, &t->address, bound, axis, at);
        entry.places[bound] = index_add(e, outer->places[bound], term);
        entry.extents[bound] = segment ? address_bound_extent(e, &t->address, bound, at) : outer->extents[bound];
    }
    return entry;
}

static bool is_short(LLVMValueRef lo, LLVMValueRef hi)
{
    return LLVMIsAConstantInt(lo) && LLVMIsAConstantInt(hi) && LLVMConstIntGetSExtValue(hi) <= MOST_UNROLLED;
}

static void walk_contracted(Emit *e, const Tile *tile, int depth, const Entry *outer)
{
    const Tiles *t = tile->all;
    const DotPlan *p = t->plan;
    if (depth == p->loop_count) {
        add_products(e, tile, outer);
        return;
    }
    const ContractedLoop *loop = &p->loops[depth];
    LLVMValueRef lo = depth ? emit_i64(e, 0) : t->k_lo;
    LLVMValueRef hi = depth ? dot_extent(e, &p->k, loop->first, loop->count) : t->k_hi;
    if (depth == p->loop_count - 1 && is_short(lo, hi)) {
        for (int64_t i = 0; i < LLVMConstIntGetSExtValue(hi); i++) {
            Entry entry = enter(e, tile, loop, outer, emit_i64(e, i));
            walk_contracted(e, tile, depth + 1, &entry);
        }
        return;
    }
    Loop entries = loop_begin(e, lo, hi, 1, LOOP_PLAIN);
    Entry entry = enter(e, tile, loop, outer, entries.index);
    walk_contracted(e, tile, depth + 1, &entry);
    loop_end(e, &entries);
}

/* ---- one tile ---- */

static LLVMValueRef sum_position(Emit *e, const DotPlan *p, LLVMValueRef first_row, int row, LLVMValueRef column, int vector)
{
    LLVMValueRef at = index_add(e, index_mul(e, first_row, emit_i64(e, dot_block_width(p))), column);
    return index_add(e, at, emit_i64(e, (int64_t)row * dot_block_width(p) + (int64_t)vector * p->lanes));
}

static void move_sums(Emit *e, const Tile *tile, LLVMValueRef first_row, LLVMValueRef column, bool to_block)
{
    const Tiles *t = tile->all;
    const DotPlan *p = t->plan;
    for (int row = 0; row < tile->row_count; row++)
        for (int v = 0; v < p->vectors; v++) {
            LLVMValueRef slot = t->sums[row * p->vectors + v], at = sum_position(e, p, first_row, row, column, v);
            if (to_block)
                dot_store_vector(e, t, t->block, at, LLVMBuildLoad2(e->b, t->vector, slot, ""));
            else
                LLVMBuildStore(e->b, p->k_block ? load_vector(e, t, t->block, at) : LLVMConstNull(t->vector), slot);
        }
}

static void set_tile_rows(Emit *e, Tile *tile, LLVMValueRef first_row)
{
    const Tiles *t = tile->all;
    for (int row = 0; row < tile->row_count; row++) {
        LLVMValueRef at = index_add(e, first_row, emit_i64(e, t->plan->row_step ? 0 : row));
        LLVMValueRef position = t->rows_part ? emit_i64(e, 0) : dot_load_index(e, t->positions, at);
        LLVMValueRef base = t->rows_part ? dot_packed_row(e, t, first_row) : t->address.base;
        tile->rows[row] = LLVMBuildGEP2(e->b, t->scalar, base, &position, 1, "");
        for (int bound = 0; tile->bounded && bound < t->plan->map.bound_count; bound++) {
            tile->places[row][bound] = dot_load_index(e, t->places[bound], at);
            tile->extents[row][bound] = dot_load_index(e, t->extents[bound], at);
        }
    }
}

DotPart dot_part(const Tiles *t, LLVMValueRef lo)
{
    return (DotPart){t->part, t->batch_at, t->column_at, lo, t->panel_hi, t->k_lo, t->k_hi};
}

/* Of a full panel, which is read where it lies, or of the last one. */
static LLVMValueRef begin_in_place(Emit *e, Tiles *t, LLVMValueRef panel)
{
    const DotPlan *p = t->plan;
    LLVMValueRef size = emit_i64(e, dot_panel(p));
    LLVMValueRef full = LLVMBuildICmp(e->b, LLVMIntSLT, panel, dot_full_panels(e, p), "");
    DotPart part = dot_part(t, t->panel_lo);
    LLVMValueRef place = dot_place_in_v(e, p, &part, t->k_lo, index_mul(e, panel, size));
    t->panel_step = LLVMBuildSelect(e->b, full, emit_i64(e, p->panel_step), size, "");
    return LLVMBuildSelect(e->b, full, place, t->part, "");
}

/* The row of a panel, or of the part of it that is packed, for the first entry. */
static LLVMValueRef panel_begin(Emit *e, Tiles *t, LLVMValueRef panel)
{
    const DotPlan *p = t->plan;
    LLVMValueRef number, entries, first = emit_i64(e, 0);
    if (p->panel_step)
        return begin_in_place(e, t, panel);
    t->panel_step = emit_i64(e, dot_panel(p));
    if (t->part) {
        number = index_sub(e, panel, t->panel_lo);
        entries = emit_i64(e, dot_part_entries(p));
    } else {
        number = index_add(e, index_mul(e, t->outer, dot_panel_count(e, p)), panel);
        entries = dot_extent(e, &p->k, 0, p->k.count);
        first = index_mul(e, t->k_lo, dot_extent(e, &p->k, p->loops[0].count, p->k.count - p->loops[0].count));
    }
    LLVMValueRef start = index_mul(e, index_add(e, index_mul(e, number, entries), first), emit_i64(e, dot_panel(p)));
    return memory_at(e, p->panel_dtype, t->part ? t->part : emit_cell(e, p->panel_cell), start);
}

static void emit_tile(Emit *e, Tile *tile, LLVMValueRef first_row, LLVMValueRef panel)
{
    Tiles *t = tile->all;
    const DotPlan *p = t->plan;
    LLVMBuildStore(e->b, panel_begin(e, t, panel), t->panel_row);
    set_tile_rows(e, tile, first_row);
    LLVMValueRef column = index_mul(e, index_sub(e, panel, t->panel_lo), emit_i64(e, dot_panel(p)));
    Entry none = {.position = emit_i64(e, 0)};
    for (int bound = 0; bound < p->map.bound_count; bound++)
        none.places[bound] = emit_i64(e, 0);
    move_sums(e, tile, first_row, column, false);
    walk_contracted(e, tile, 0, &none);
    move_sums(e, tile, first_row, column, true);
}

/* A few rows at a time: what the bounds need has to find registers, too. */
static void emit_bounded_tile(Emit *e, Tiles *t, LLVMValueRef first_row, LLVMValueRef panel)
{
    const DotPlan *p = t->plan;
    Tile tile = {.all = t, .row_count = p->tile_rows % 3 ? 1 : 3, .bounded = true};
    LLVMValueRef end = index_add(e, first_row, emit_i64(e, p->tile_rows));
    Loop rows = loop_begin(e, first_row, end, tile.row_count, LOOP_PLAIN);
    emit_tile(e, &tile, rows.index, panel);
    loop_end(e, &rows);
}

/* NULL if there is no telling. */
static LLVMValueRef tile_inside(Emit *e, const Tiles *t, LLVMValueRef first_row)
{
    LLVMValueRef all = emit_i64(e, 1);
    if (!t->entries && !dot_has_inner_tiles(t->plan))
        return NULL;
    if (t->entries)
        all = LLVMBuildLoad2(e->b, e->cg->i64, t->entries_inside, "");
    for (int row = 0; !t->entries && row < t->plan->tile_rows; row++)
        all = LLVMBuildAnd(e->b, all, dot_load_index(e, t->inside, index_add(e, first_row, emit_i64(e, row))), "");
    return LLVMBuildICmp(e->b, LLVMIntNE, all, emit_i64(e, 0), "");
}

void dot_emit_tile(Emit *e, Tiles *t, int height, LLVMValueRef first_row, LLVMValueRef panel)
{
    const DotPlan *p = t->plan;
    Tile inner = {.all = t, .row_count = height};
    if (!p->map.bound_count) {
        emit_tile(e, &inner, first_row, panel);
        return;
    }
    LLVMValueRef inside = tile_inside(e, t, first_row);
    if (!inside) {
        emit_bounded_tile(e, t, first_row, panel);
        return;
    }
    Branch yes = branch_begin(e, inside);
    emit_tile(e, &inner, first_row, panel);
    branch_end(e, &yes, NULL, NULL);
    Branch no = branch_begin(e, LLVMBuildNot(e->b, inside, ""));
    emit_bounded_tile(e, t, first_row, panel);
    branch_end(e, &no, NULL, NULL);
}
