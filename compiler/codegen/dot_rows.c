/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/dot_tiles.h"

LLVMValueRef dot_load_index(Emit *e, LLVMValueRef table, LLVMValueRef at)
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

bool dot_has_inner_tiles(const DotPlan *p)
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
void dot_locate_rows(Emit *e, const Tiles *t)
{
    const DotPlan *p = t->plan;
    LLVMValueRef axes[NND_MAX_RANK], last = index_sub(e, t->row_hi, emit_i64(e, 1));
    LLVMValueRef tile = emit_i64(e, p->tile_rows), count = index_sub(e, t->row_hi, t->row_lo);
    count = index_mul(e, index_div(e, index_add(e, count, emit_i64(e, p->tile_rows - 1)), tile), tile);
    Loop rows = loop_begin(e, emit_i64(e, 0), count, p->row_step && !p->even_rows ? p->tile_rows : 1, LOOP_PLAIN);
    index_split(e, p->rows.dims, p->rows.count, index_min(e, index_add(e, t->row_lo, rows.index), last), axes);
    set_row_tables(e, t, rows.index, axes);
    loop_end(e, &rows);
}

/* ---- entries of the first contracted loop ---- */

bool dot_has_entry_table(const DotPlan *p, int64_t *low, int64_t *high)
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

void dot_locate_entries(Emit *e, Tiles *t)
{
    const AddressMap *map = &t->plan->map;
    int64_t low, high;
    if (!dot_has_entry_table(t->plan, &low, &high))
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

/* ---- rows that are packed ---- */

/* From one packed tile to the next. One line more than it takes: at powers of two all tiles would compete for the same sets of
 * the cache. */
static int64_t packed_tile(const DotPlan *p)
{
    enum { LINE = 64 };
    return p->k_block * p->tile_rows + LINE / (int64_t)nnd_dtype_size(p->dtype);
}

LLVMValueRef dot_packed_row(Emit *e, const Tiles *t, LLVMValueRef row)
{
    LLVMValueRef height = emit_i64(e, t->plan->tile_rows);
    LLVMValueRef tile = index_mul(e, index_div(e, row, height), emit_i64(e, packed_tile(t->plan)));
    return memory_at(e, t->plan->dtype, t->rows_part, index_add(e, tile, index_rem(e, row, height)));
}

/* Where rows `first` .. of S, which follow each other, lie at entry `at`, and where they are packed. */
static void locate_packed(Emit *e, const Tiles *t, LLVMValueRef first, LLVMValueRef at, LLVMValueRef *source, LLVMValueRef *target)
{
    const DotPlan *p = t->plan;
    LLVMValueRef from = index_add(e, dot_load_index(e, t->positions, first), address_term(e, &t->address, p->k.axes[0], at));
    LLVMValueRef entry = index_mul(e, index_sub(e, at, t->k_lo), emit_i64(e, p->tile_rows));
    *source = memory_at(e, p->dtype, t->address.base, from);
    *target = memory_at(e, p->dtype, dot_packed_row(e, t, first), entry);
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

int dot_packed_size(const DotPlan *p)
{
    return p->block_rows / p->tile_rows * (int)packed_tile(p);
}

void dot_pack_rows(Emit *e, const Tiles *t)
{
    if (!t->rows_part)
        return;
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
