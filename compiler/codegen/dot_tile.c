/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/dot.h"
#include "compiler/codegen/loops.h"
#include "compiler/codegen/scalar.h"

enum { MAX_SUMS = 64, UNROLLED = 8, LOW_TILE = 4 };

typedef struct Tiles {
    const DotPlan *plan;
    const Nest *nest;
    AddressGen address;
    LLVMTypeRef scalar, vector;
    LLVMValueRef block;               /* stack: sums of the item, [block_rows, block_panels * panel] */
    LLVMValueRef positions;           /* stack: where the rows of the item begin in S */
    LLVMValueRef places[MAX_BOUNDS];  /* stack: what the rows add to the forms of the bounds */
    LLVMValueRef extents[MAX_BOUNDS]; /* stack: what they must be below */
    LLVMValueRef inside;              /* stack: 1 for rows that are inside of all bounds for every k */
    LLVMValueRef zero;                /* stack: an element outside of the bounds */
    LLVMValueRef part;                /* stack: what is packed of V, or NULL */
    LLVMValueRef rows_part;           /* stack: what is packed of S, [tile, entry, row], or NULL */
    LLVMValueRef entries;             /* stack: where the entries of the first loop begin in S, or NULL */
    LLVMValueRef entries_inside;      /* ... and whether all are inside for every row */
    LLVMValueRef sums[MAX_SUMS];      /* stack, until LLVM takes them to registers */
    LLVMValueRef panel_row;           /* stack, likewise: pointer to the row of the panel that comes next */
    /* of the item */
    LLVMValueRef outer, batch_at[NND_MAX_RANK], column_at[NND_MAX_RANK];
    LLVMValueRef row_lo, row_hi, panel_lo, panel_hi;
    LLVMValueRef k_lo, k_hi; /* of the first contracted loop */
} Tiles;

/* The tile that is being emitted. */
typedef struct Tile {
    Tiles *all;
    int row_count;
    bool bounded;                             /* some of its entries may be outside of a bound */
    LLVMValueRef rows[MAX_SUMS];              /* pointers into S */
    LLVMValueRef places[MAX_SUMS][MAX_BOUNDS], extents[MAX_SUMS][MAX_BOUNDS];
} Tile;

/* How far the contracted loops have come. */
typedef struct Entry {
    LLVMValueRef position;           /* to be added to the rows' */
    LLVMValueRef places[MAX_BOUNDS]; /* to be added to the bounds' forms */
    LLVMValueRef extents[MAX_BOUNDS]; /* what the forms must be below, if that is not the rows' */
} Entry;

static int block_width(const DotPlan *p)
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

static void store_vector(Emit *e, const Tiles *t, LLVMValueRef base, LLVMValueRef at, LLVMValueRef x)
{
    LLVMValueRef store = LLVMBuildStore(e->b, x, LLVMBuildInBoundsGEP2(e->b, t->scalar, base, &at, 1, ""));
    LLVMSetAlignment(store, vector_bytes(t->plan));
}

static LLVMValueRef load_index(Emit *e, LLVMValueRef table, LLVMValueRef at)
{
    return LLVMBuildLoad2(e->b, e->cg->i64, LLVMBuildInBoundsGEP2(e->b, e->cg->i64, table, &at, 1, ""), "");
}

static void store_index(Emit *e, LLVMValueRef table, LLVMValueRef at, LLVMValueRef value)
{
    LLVMBuildStore(e->b, value, LLVMBuildInBoundsGEP2(e->b, e->cg->i64, table, &at, 1, ""));
}

/* ---- rows of the item ---- */

/* The smallest and largest number that the axes from `first` on add to a bound's form; false if
 * they are not known. */
static bool add_span(const DotPlan *p, int bound, const AxisList *list, int first, int64_t *low, int64_t *high)
{
    const Bound *b = &p->map.bounds[bound];
    for (int i = first; i < list->count; i++) {
        int64_t factor = b->form.factor[list->axes[i]];
        if (!address_in_bound(&p->map, bound, list->axes[i]))
            continue;
        if (list->dims[i]->kind != NND_DIM_CONST || (b->in_segment && list->axes[i] == p->map.row_axis))
            return false;
        *(factor < 0 ? low : high) += factor * (list->dims[i]->size - 1);
    }
    return true;
}

/* True if tiles may be known to lie inside of all bounds. */
static bool has_inner_tiles(const DotPlan *p)
{
    int64_t low = 0, high = 0;
    for (int bound = 0; bound < p->map.bound_count; bound++)
        if (!add_span(p, bound, &p->k, 0, &low, &high))
            return false;
    return true;
}

static LLVMValueRef is_inside(Emit *e, LLVMValueRef place, int64_t low, int64_t high, LLVMValueRef extent)
{
    LLVMValueRef first = index_below(e, index_add(e, place, emit_i64(e, low)), extent);
    LLVMValueRef last = index_below(e, index_add(e, place, emit_i64(e, high)), extent);
    return LLVMBuildZExt(e->b, LLVMBuildAnd(e->b, first, last, ""), e->cg->i64, "");
}

static void set_row_bounds(Emit *e, const Tiles *t, LLVMValueRef at, const LLVMValueRef *axes, LLVMValueRef row)
{
    const DotPlan *p = t->plan;
    LLVMValueRef inside = emit_i64(e, 1);
    for (int bound = 0; bound < p->map.bound_count; bound++) {
        LLVMValueRef place = emit_i64(e, p->map.bounds[bound].form.constant);
        for (int i = 0; i < p->batch.count; i++)
            place = index_add(e, place, address_bound_term(e, &t->address, bound, p->batch.axes[i], t->batch_at[i]));
        for (int i = 0; i < p->rows.count; i++)
            place = index_add(e, place, address_bound_term(e, &t->address, bound, p->rows.axes[i], axes[i]));
        store_index(e, t->places[bound], at, place);
        if (!row && p->map.bounds[bound].in_segment)
            continue; /* the segment is that of an entry of k */
        LLVMValueRef extent = address_bound_extent(e, &t->address, bound, row);
        store_index(e, t->extents[bound], at, extent);
        int64_t low = 0, high = 0;
        add_span(p, bound, &p->k, 0, &low, &high);
        inside = LLVMBuildAnd(e->b, inside, is_inside(e, place, low, high, extent), "");
    }
    store_index(e, t->inside, at, inside);
}

static void set_row_tables(Emit *e, const Tiles *t, LLVMValueRef at, const LLVMValueRef *axes)
{
    const DotPlan *p = t->plan;
    const AddressGen *gen = &t->address;
    LLVMValueRef position = gen->constant, row = NULL;
    for (int i = 0; i < p->batch.count; i++) {
        position = index_add(e, position, address_term(e, gen, p->batch.axes[i], t->batch_at[i]));
        row = p->batch.axes[i] == p->map.row_axis ? t->batch_at[i] : row;
    }
    for (int i = 0; i < p->rows.count; i++) {
        position = index_add(e, position, address_term(e, gen, p->rows.axes[i], axes[i]));
        row = p->rows.axes[i] == p->map.row_axis ? axes[i] : row;
    }
    store_index(e, t->positions, at, position);
    if (p->map.bound_count)
        set_row_bounds(e, t, at, axes, row);
}

/* A last tile that is not full computes the last row several times, if there are bounds. */
static void locate_rows(Emit *e, const Tiles *t)
{
    const DotPlan *p = t->plan;
    LLVMValueRef axes[NND_MAX_RANK], last = index_sub(e, t->row_hi, emit_i64(e, 1));
    LLVMValueRef tile = emit_i64(e, p->tile_rows), count = index_sub(e, t->row_hi, t->row_lo);
    count = index_mul(e, index_div(e, index_add(e, count, emit_i64(e, p->tile_rows - 1)), tile), tile);
    Loop rows = loop_begin(e, emit_i64(e, 0), count, 1, LOOP_PLAIN);
    index_split(e, p->rows.dims, p->rows.count, index_min(e, index_add(e, t->row_lo, rows.index), last), axes);
    set_row_tables(e, t, rows.index, axes);
    loop_end(e, &rows);
}

/* ---- entries of the first contracted loop ---- */

/* If windows over segments are contracted, each block of k looks up once where its windows are.
 * What the other axes add to the bound is then known to lie between `low` and `high`. */
static bool has_entry_table(const DotPlan *p, int64_t *low, int64_t *high)
{
    const AddressMap *map = &p->map;
    if (!p->k_block || map->row != ROW_WINDOW || p->k.axes[0] != map->row_axis || map->bound_count > 1)
        return false;
    *low = *high = 0;
    return !map->bound_count || (map->bounds[0].in_segment && !p->batch.count && add_span(p, 0, &p->rows, 0, low, high) &&
                                 add_span(p, 0, &p->k, 1, low, high));
}

static LLVMValueRef entry_inside(Emit *e, const Tiles *t, LLVMValueRef at, int64_t low, int64_t high)
{
    const AddressMap *map = &t->plan->map;
    LLVMValueRef place = emit_i64(e, map->bounds[0].form.constant);
    place = index_add(e, place, address_bound_term(e, &t->address, 0, map->row_axis, at));
    return is_inside(e, place, low, high, address_bound_extent(e, &t->address, 0, at));
}

static void locate_entries(Emit *e, Tiles *t)
{
    const AddressMap *map = &t->plan->map;
    int64_t low, high;
    if (!has_entry_table(t->plan, &low, &high))
        return;
    LLVMBuildStore(e->b, emit_i64(e, 1), t->entries_inside);
    Loop loop = loop_begin(e, t->k_lo, t->k_hi, 1, LOOP_PLAIN);
    LLVMValueRef position = address_term(e, &t->address, map->row_axis, loop.index);
    store_index(e, t->entries, index_sub(e, loop.index, t->k_lo), position);
    if (map->bound_count) {
        LLVMValueRef all = LLVMBuildLoad2(e->b, e->cg->i64, t->entries_inside, "");
        all = LLVMBuildAnd(e->b, all, entry_inside(e, t, loop.index, low, high), "");
        LLVMBuildStore(e->b, all, t->entries_inside);
    }
    loop_end(e, &loop);
}

/* ---- one entry of the contracted axes ---- */

static LLVMValueRef splat(Emit *e, const Tiles *t, LLVMValueRef x)
{
    LLVMValueRef undefined = LLVMGetPoison(t->vector);
    LLVMValueRef first = LLVMBuildInsertElement(e->b, undefined, x, emit_i32(e, 0), "");
    LLVMValueRef mask = LLVMConstNull(LLVMVectorType(e->cg->i32, (unsigned)t->plan->lanes));
    return LLVMBuildShuffleVector(e->b, first, undefined, mask, "");
}

static LLVMValueRef row_scalar(Emit *e, const Tile *tile, int row, const Entry *entry)
{
    const Tiles *t = tile->all;
    LLVMValueRef position = entry->position;
    LLVMValueRef address = LLVMBuildGEP2(e->b, t->scalar, tile->rows[row], &position, 1, "");
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
static void next_columns(Emit *e, const Tiles *t, LLVMValueRef *columns)
{
    const PanelRow row = dot_panel_row(t->plan);
    LLVMValueRef at = LLVMBuildLoad2(e->b, e->cg->ptr, t->panel_row, "");
    panel_load(e, &row, at, emit_i64(e, 0), columns);
    LLVMBuildStore(e->b, memory_at(e, t->plan->panel_dtype, at, emit_i64(e, dot_panel(t->plan))), t->panel_row);
}

static void add_products(Emit *e, const Tile *tile, const Entry *entry)
{
    const Tiles *t = tile->all;
    const DotPlan *p = t->plan;
    LLVMValueRef columns[MAX_SUMS];
    next_columns(e, t, columns);
    for (int row = 0; row < tile->row_count; row++) {
        LLVMValueRef x = splat(e, t, row_scalar(e, tile, row, entry));
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
        return load_index(e, t->entries, index_sub(e, at, t->k_lo));
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
    return LLVMIsAConstantInt(lo) && LLVMIsAConstantInt(hi) && LLVMConstIntGetSExtValue(hi) <= UNROLLED;
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
    LLVMValueRef at = index_mul(e, index_add(e, first_row, emit_i64(e, row)), emit_i64(e, block_width(p)));
    return index_add(e, index_add(e, at, column), emit_i64(e, (int64_t)vector * p->lanes));
}

static void move_sums(Emit *e, const Tile *tile, LLVMValueRef first_row, LLVMValueRef column, bool to_block)
{
    const Tiles *t = tile->all;
    const DotPlan *p = t->plan;
    for (int row = 0; row < tile->row_count; row++)
        for (int v = 0; v < p->vectors; v++) {
            LLVMValueRef slot = t->sums[row * p->vectors + v], at = sum_position(e, p, first_row, row, column, v);
            if (to_block)
                store_vector(e, t, t->block, at, LLVMBuildLoad2(e->b, t->vector, slot, ""));
            else
                LLVMBuildStore(e->b, p->k_block ? load_vector(e, t, t->block, at) : LLVMConstNull(t->vector), slot);
        }
}

/* From one packed tile to the next. One line more than it takes: at powers of two all tiles would compete for the same sets of
 * the cache. */
static int64_t packed_tile(const DotPlan *p)
{
    enum { LINE = 64 };
    return p->k_block * p->tile_rows + LINE / (int64_t)nnd_dtype_size(p->dtype);
}

static LLVMValueRef packed_row(Emit *e, const Tiles *t, LLVMValueRef row)
{
    LLVMValueRef height = emit_i64(e, t->plan->tile_rows);
    LLVMValueRef tile = index_mul(e, index_div(e, row, height), emit_i64(e, packed_tile(t->plan)));
    return memory_at(e, t->plan->dtype, t->rows_part, index_add(e, tile, index_rem(e, row, height)));
}

static void set_tile_rows(Emit *e, Tile *tile, LLVMValueRef first_row)
{
    const Tiles *t = tile->all;
    for (int row = 0; row < tile->row_count; row++) {
        LLVMValueRef at = index_add(e, first_row, emit_i64(e, row));
        LLVMValueRef position = t->rows_part ? emit_i64(e, row) : load_index(e, t->positions, at);
        LLVMValueRef base = t->rows_part ? packed_row(e, t, first_row) : t->address.base;
        tile->rows[row] = LLVMBuildGEP2(e->b, t->scalar, base, &position, 1, "");
        for (int bound = 0; tile->bounded && bound < t->plan->map.bound_count; bound++) {
            tile->places[row][bound] = load_index(e, t->places[bound], at);
            tile->extents[row][bound] = load_index(e, t->extents[bound], at);
        }
    }
}

/* The row of a panel, or of the part of it that is packed, for the first entry. */
static LLVMValueRef panel_begin(Emit *e, const Tiles *t, LLVMValueRef panel)
{
    const DotPlan *p = t->plan;
    LLVMValueRef number, entries, first = emit_i64(e, 0);
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
    const Tiles *t = tile->all;
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
    if (!t->entries && !has_inner_tiles(t->plan))
        return NULL;
    if (t->entries)
        all = LLVMBuildLoad2(e->b, e->cg->i64, t->entries_inside, "");
    for (int row = 0; !t->entries && row < t->plan->tile_rows; row++)
        all = LLVMBuildAnd(e->b, all, load_index(e, t->inside, index_add(e, first_row, emit_i64(e, row))), "");
    return LLVMBuildICmp(e->b, LLVMIntNE, all, emit_i64(e, 0), "");
}

static void emit_any_tile(Emit *e, Tiles *t, int height, LLVMValueRef first_row, LLVMValueRef panel)
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

/* ---- one item ---- */

/* Tiles of `height` rows from `first` on, up to `end`. */
static void emit_tiles_of(Emit *e, Tiles *t, int height, LLVMValueRef first, LLVMValueRef end, LLVMValueRef panel)
{
    Loop rows = loop_begin(e, first, end, height, LOOP_PLAIN);
    emit_any_tile(e, t, height, rows.index, panel);
    loop_end(e, &rows);
}

/* Rows that do not fill a tile are done in lower ones, so that a single row costs what a row costs. With bounds they fill
 * a tile by repeating the last one: their tiles are large, and they are rare. */
static void emit_panel(Emit *e, Tiles *t, LLVMValueRef panel)
{
    const int heights[] = {t->plan->tile_rows, LOW_TILE, 1};
    LLVMValueRef first = emit_i64(e, 0), count = index_sub(e, t->row_hi, t->row_lo);
    if (t->plan->map.bound_count) {
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

/* Where rows `first` .. of S, which follow each other, lie at entry `at`, and where they are packed. */
static void locate_packed(Emit *e, const Tiles *t, LLVMValueRef first, LLVMValueRef at, LLVMValueRef *source, LLVMValueRef *target)
{
    const DotPlan *p = t->plan;
    LLVMValueRef from = index_add(e, load_index(e, t->positions, first), address_term(e, &t->address, p->k.axes[0], at));
    LLVMValueRef entry = index_mul(e, index_sub(e, at, t->k_lo), emit_i64(e, p->tile_rows));
    *source = memory_at(e, p->dtype, t->address.base, from);
    *target = memory_at(e, p->dtype, packed_row(e, t, first), entry);
}

static void pack_tile(Emit *e, const Tiles *t, LLVMValueRef first, LLVMValueRef at)
{
    const DotPlan *p = t->plan;
    LLVMValueRef source, target;
    locate_packed(e, t, first, at, &source, &target);
    LLVMValueRef rows = LLVMBuildLoad2(e->b, LLVMVectorType(t->scalar, (unsigned)p->tile_rows), source, "");
    LLVMSetAlignment(rows, (unsigned)nnd_dtype_size(p->dtype));
    LLVMSetAlignment(LLVMBuildStore(e->b, rows, target), (unsigned)nnd_dtype_size(p->dtype));
    LLVMValueRef ahead = address_term(e, &t->address, p->k.axes[0], emit_i64(e, PACK_AHEAD));
    emit_prefetch(e, memory_at(e, p->dtype, source, ahead));
}

static void pack_last_tile(Emit *e, const Tiles *t, LLVMValueRef first, LLVMValueRef at, LLVMValueRef count)
{
    LLVMValueRef source, target;
    locate_packed(e, t, first, at, &source, &target);
    Loop rows = loop_begin(e, emit_i64(e, 0), count, 1, LOOP_PLAIN);
    memory_store_raw(e, t->plan->dtype, target, rows.index, memory_load_raw(e, t->plan->dtype, source, rows.index));
    loop_end(e, &rows);
}

static void pack_rows(Emit *e, const Tiles *t)
{
    const DotPlan *p = t->plan;
    LLVMValueRef count = index_sub(e, t->row_hi, t->row_lo), height = emit_i64(e, p->tile_rows);
    LLVMValueRef full = index_mul(e, index_div(e, count, height), height);
    Loop entries = loop_begin(e, t->k_lo, t->k_hi, 1, LOOP_PLAIN);
    Loop tiles = loop_begin(e, emit_i64(e, 0), full, p->tile_rows, LOOP_PLAIN);
    pack_tile(e, t, tiles.index, entries.index);
    loop_end(e, &tiles);
    Branch rest = branch_begin(e, index_below(e, full, count));
    pack_last_tile(e, t, full, entries.index, index_sub(e, count, full));
    branch_end(e, &rest, NULL, NULL);
    loop_end(e, &entries);
}

static void clear_block(Emit *e, const Tiles *t)
{
    int size = t->plan->block_rows * block_width(t->plan);
    Loop loop = loop_begin(e, emit_i64(e, 0), emit_i64(e, size), t->plan->lanes, LOOP_PLAIN);
    store_vector(e, t, t->block, loop.index, LLVMConstNull(t->vector));
    loop_end(e, &loop);
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
    locate_entries(e, t);
    if (t->part)
        dot_pack_part(e, p, &(DotPart){t->part, t->batch_at, t->column_at, t->panel_lo, t->panel_hi, t->k_lo, t->k_hi});
    if (t->rows_part)
        pack_rows(e, t);
    emit_tiles(e, t);
    loop_end(e, &blocks);
}

static void emit_results(Emit *e, const Tiles *t)
{
    const DotPlan *p = t->plan;
    int outer = p->columns.count - p->merged;
    LLVMValueRef first = index_mul(e, t->panel_lo, emit_i64(e, dot_panel(p))), row_at[NND_MAX_RANK];
    LLVMValueRef width = index_min(e, emit_i64(e, block_width(p)), index_sub(e, dot_merged_extent(e, p), first));
    Loop rows = loop_begin(e, t->row_lo, t->row_hi, 1, LOOP_PLAIN);
    index_split(e, p->rows.dims, p->rows.count, rows.index, row_at);
    if (p->listed)
        demand_listed_place(e, t->nest->outputs.data[0].value, row_at[0]); /* once a row, not once a column */
    LLVMValueRef start = index_mul(e, index_sub(e, rows.index, t->row_lo), emit_i64(e, block_width(p)));
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

static void emit_item(Emit *e, Tiles *t)
{
    const DotPlan *p = t->plan;
    int outer = p->columns.count - p->merged;
    LLVMValueRef columns = dot_extent(e, &p->columns, 0, outer);
    index_split(e, p->columns.dims, outer, index_rem(e, t->outer, columns), t->column_at);
    index_split(e, p->batch.dims, p->batch.count, index_div(e, t->outer, columns), t->batch_at);
    locate_rows(e, t);
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
    return chunks(e, dot_merged_extent(e, t->plan), block_width(t->plan));
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
    t->block = emit_alloca_array(e, t->scalar, rows * block_width(p), "block");
    t->positions = emit_alloca_array(e, e->cg->i64, rows, "rows");
    for (int i = 0; i < p->tile_rows * p->vectors; i++)
        t->sums[i] = emit_alloca(e, t->vector, "sum");
    t->panel_row = emit_alloca(e, e->cg->ptr, "panel");
    if (p->packs_parts)
        t->part = emit_alloca_array(e, t->scalar, (int)dot_part_entries(p) * block_width(p), "part");
    if (p->packs_rows)
        t->rows_part = emit_alloca_array(e, t->scalar, p->block_rows / p->tile_rows * (int)packed_tile(p), "rows");
    int64_t low, high;
    if (has_entry_table(p, &low, &high)) {
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
