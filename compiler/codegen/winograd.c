/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/winograd.h"

#include "compiler/codegen/loops.h"
#include "compiler/codegen/scalar.h"
#include "compiler/codegen/units.h"

typedef struct Work {
    const DotPlan *plan;
    const Winograd *w;
    const Nest *nest;
    AddressGen address;
    LLVMTypeRef scalar, vector;
    LLVMValueRef patches, sums; /* stack: of the item; of a panel */
    LLVMValueRef halfway;       /* stack: vectors of a patch that is transformed along y, [y, x] */
    LLVMValueRef block;         /* stack: results of a tile and a panel, [y, x, column] */
    LLVMValueRef first, count;  /* tiles of the item */
} Work;

/* ---- a matrix times the entries of a line ---- */

static LLVMValueRef add_term(Emit *e, LLVMValueRef sum, double factor, LLVMValueRef x)
{
    LLVMValueRef constant = LLVMConstReal(LLVMTypeOf(x), factor);
    if (!sum)
        return factor == 1 ? x : LLVMBuildFMul(e->b, constant, x, "");
    if (factor == 1)
        return LLVMBuildFAdd(e->b, sum, x, "");
    if (factor == -1)
        return LLVMBuildFSub(e->b, sum, x, "");
    return math_multiply_add(e, constant, x, sum);
}

/* The sum begins with a term that needs no arithmetic, if there is one. */
static LLVMValueRef multiply_row(Emit *e, const double *row, int columns, const LLVMValueRef *x)
{
    int first = 0;
    while (first < columns && row[first] != 1)
        first++;
    LLVMValueRef sum = first < columns ? x[first] : NULL;
    for (int i = 0; i < columns; i++)
        if (row[i] != 0 && i != first)
            sum = add_term(e, sum, row[i], x[i]);
    return sum;
}

static void multiply(Emit *e, const double *matrix, int rows, int columns, const LLVMValueRef *x, LLVMValueRef *out)
{
    for (int i = 0; i < rows; i++)
        out[i] = multiply_row(e, matrix + (ptrdiff_t)i * columns, columns, x);
}

/* ---- packing ---- */

/* Where a channel's row of a panel begins in a plane. */
static LLVMValueRef filter_row(Emit *e, const DotPlan *p, LLVMValueRef plane, LLVMValueRef panel, LLVMValueRef channel)
{
    LLVMValueRef number = index_add(e, index_mul(e, plane, dot_panel_count(e, p)), panel);
    number = index_add(e, index_mul(e, number, emit_i64(e, p->winograd->channels)), channel);
    return index_mul(e, number, emit_i64(e, dot_panel(p)));
}

static LLVMValueRef filter_element(Emit *e, const DotPlan *p, LLVMValueRef channel, LLVMValueRef column, LLVMValueRef y,
                                   LLVMValueRef x)
{
    const Winograd *w = p->winograd;
    LLVMValueRef at[NND_MAX_RANK];
    Index index = {0};
    index_split(e, p->columns.dims, p->columns.count, column, at);
    for (int i = 0; i < p->columns.count; i++)
        index.at[p->columns.axes[i]] = at[i];
    index.at[p->k_v.axes[w->channel]] = channel;
    index.at[p->k_v.axes[w->window_y]] = y;
    index.at[p->k_v.axes[w->window_x]] = x;
    return element(e, p->inst->args[p->v], &index);
}

/* Row y of the filters of a panel that are transformed along y. */
static LLVMValueRef halfway_row(Emit *e, const DotPlan *p, LLVMValueRef y, LLVMValueRef x)
{
    LLVMValueRef number = index_add(e, index_mul(e, y, emit_i64(e, p->winograd->matrices->window)), x);
    return index_mul(e, number, emit_i64(e, dot_panel(p)));
}

/* Columns beyond the last are zeros. */
static void pack_along_y(Emit *e, const DotPlan *p, LLVMValueRef halfway, LLVMValueRef panel, LLVMValueRef channel)
{
    const WinogradMatrices *m = p->winograd->matrices;
    LLVMValueRef zero = emit_i64(e, 0), size = emit_i64(e, dot_panel(p)), first = index_mul(e, panel, size);
    LLVMValueRef width = index_min(e, size, index_sub(e, dot_merged_extent(e, p), first));
    Loop columns = loop_begin(e, zero, emit_i64(e, m->window), 1, LOOP_PLAIN);
    LLVMValueRef g[WINOGRAD_LONGEST], out[WINOGRAD_LONGEST];
    Loop lanes = loop_begin(e, zero, width, 1, LOOP_VECTOR);
    for (int y = 0; y < m->window; y++)
        g[y] = filter_element(e, p, channel, index_add(e, first, lanes.index), emit_i64(e, y), columns.index);
    multiply(e, m->filters, m->patch, m->window, g, out);
    for (int y = 0; y < m->patch; y++)
        memory_store_raw(e, p->dtype, halfway, index_add(e, halfway_row(e, p, emit_i64(e, y), columns.index), lanes.index), out[y]);
    loop_end(e, &lanes);
    Loop zeros = loop_begin(e, width, size, 1, LOOP_VECTOR);
    for (int y = 0; y < m->patch; y++)
        memory_store_raw(e, p->dtype, halfway, index_add(e, halfway_row(e, p, emit_i64(e, y), columns.index), zeros.index),
                         scalar_const(e, p->dtype, 0));
    loop_end(e, &zeros);
    loop_end(e, &columns);
}

static void pack_along_x(Emit *e, const DotPlan *p, LLVMValueRef halfway, LLVMValueRef panel, LLVMValueRef channel)
{
    const WinogradMatrices *m = p->winograd->matrices;
    LLVMValueRef zero = emit_i64(e, 0), patch = emit_i64(e, m->patch);
    Loop rows = loop_begin(e, zero, patch, 1, LOOP_PLAIN);
    Loop lanes = loop_begin(e, zero, emit_i64(e, dot_panel(p)), 1, LOOP_VECTOR);
    LLVMValueRef g[WINOGRAD_LONGEST], out[WINOGRAD_LONGEST];
    for (int x = 0; x < m->window; x++) {
        LLVMValueRef row = halfway_row(e, p, rows.index, emit_i64(e, x));
        g[x] = memory_load_raw(e, p->dtype, halfway, index_add(e, row, lanes.index));
    }
    multiply(e, m->filters, m->patch, m->window, g, out);
    for (int x = 0; x < m->patch; x++) {
        LLVMValueRef plane = index_add(e, index_mul(e, rows.index, patch), emit_i64(e, x));
        LLVMValueRef at = index_add(e, filter_row(e, p, plane, panel, channel), lanes.index);
        memory_store_raw(e, p->dtype, emit_cell(e, p->panel_cell), at, out[x]);
    }
    loop_end(e, &lanes);
    loop_end(e, &rows);
}

/* Items are channels. */
void winograd_emit_pack(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    const DotPlan *p = nest->dot;
    int size = p->winograd->matrices->patch * p->winograd->matrices->window * dot_panel(p);
    LLVMValueRef halfway = emit_alloca_array(e, emit_type(e->cg, p->dtype), size, "halfway");
    Loop channels = loop_begin(e, lo, hi, 1, LOOP_PLAIN);
    Loop panels = loop_begin(e, emit_i64(e, 0), dot_panel_count(e, p), 1, LOOP_PLAIN);
    pack_along_y(e, p, halfway, panels.index, channels.index);
    pack_along_x(e, p, halfway, panels.index, channels.index);
    loop_end(e, &panels);
    loop_end(e, &channels);
}

/* ---- vectors ---- */

static LLVMValueRef scalar_at(Emit *e, const Work *t, LLVMValueRef base, LLVMValueRef at)
{
    return LLVMBuildInBoundsGEP2(e->b, t->scalar, base, &at, 1, "");
}

static unsigned vector_bytes(const Work *t)
{
    return (unsigned)t->plan->lanes * (unsigned)nnd_dtype_size(t->plan->dtype);
}

static LLVMValueRef load_vector(Emit *e, const Work *t, LLVMValueRef base, LLVMValueRef at)
{
    LLVMValueRef x = LLVMBuildLoad2(e->b, t->vector, scalar_at(e, t, base, at), "");
    LLVMSetAlignment(x, vector_bytes(t));
    return x;
}

static void store_vector(Emit *e, const Work *t, LLVMValueRef base, LLVMValueRef at, LLVMValueRef x)
{
    LLVMSetAlignment(LLVMBuildStore(e->b, x, scalar_at(e, t, base, at)), vector_bytes(t));
}

static LLVMValueRef halfway_at(Emit *e, const Work *t, LLVMValueRef y, LLVMValueRef x)
{
    LLVMValueRef number = index_add(e, index_mul(e, y, emit_i64(e, t->w->matrices->patch)), x);
    return index_mul(e, number, emit_i64(e, t->plan->lanes));
}

/* Row `tile` of a plane of patches or sums, whose rows are `size` long. */
static LLVMValueRef plane_row(Emit *e, const Work *t, LLVMValueRef y, LLVMValueRef x, LLVMValueRef tile, int64_t size)
{
    LLVMValueRef plane = index_add(e, index_mul(e, y, emit_i64(e, t->w->matrices->patch)), x);
    LLVMValueRef row = index_add(e, index_mul(e, plane, emit_i64(e, t->w->tiles)), tile);
    return index_mul(e, row, emit_i64(e, size));
}

typedef struct Place {
    LLVMValueRef position, tile, column; /* of a patch: in S, and channels; of sums: a panel's columns */
} Place;

typedef void Line(Emit *e, const Work *t, const Place *place, LLVMValueRef number);

/* Small patches stay in registers between the lines along y and those along x; larger ones do not fit. */
static void each_line(Emit *e, const Work *t, const Place *place, Line *line, int count)
{
    enum { FITS = 16 };
    if (winograd_planes(t->w) <= FITS) {
        for (int i = 0; i < count; i++)
            line(e, t, place, emit_i64(e, i));
        return;
    }
    Loop lines = loop_begin(e, emit_i64(e, 0), emit_i64(e, count), 1, LOOP_PLAIN);
    line(e, t, place, lines.index);
    loop_end(e, &lines);
}

/* ---- patches ---- */

/* The first result of a tile: its place on every row axis. */
static void split_tile(Emit *e, const Work *t, LLVMValueRef tile, LLVMValueRef *at)
{
    const DotPlan *p = t->plan;
    for (int i = p->rows.count - 1; i >= 0; i--) {
        bool halved = i == t->w->y || i == t->w->x;
        LLVMValueRef extent = halved ? emit_i64(e, p->rows.dims[i]->size / WINOGRAD_RESULTS) : emit_extent(e, p->rows.dims[i]);
        at[i] = i ? index_rem(e, tile, extent) : tile;
        tile = i ? index_div(e, tile, extent) : tile;
        at[i] = halved ? index_mul(e, at[i], emit_i64(e, WINOGRAD_RESULTS)) : at[i];
    }
}

static LLVMValueRef tile_position(Emit *e, const Work *t, LLVMValueRef tile)
{
    LLVMValueRef at[NND_MAX_RANK], position = t->address.constant;
    split_tile(e, t, tile, at);
    for (int i = 0; i < t->plan->rows.count; i++)
        position = index_add(e, position, address_term(e, &t->address, t->plan->rows.axes[i], at[i]));
    return position;
}

static void patch_along_y(Emit *e, const Work *t, const Place *place, LLVMValueRef x)
{
    const WinogradMatrices *m = t->w->matrices;
    LLVMValueRef d[WINOGRAD_LONGEST], out[WINOGRAD_LONGEST];
    LLVMValueRef from = index_add(e, place->position, index_mul(e, x, emit_i64(e, t->w->stride_x)));
    from = index_add(e, from, place->column);
    for (int y = 0; y < m->patch; y++) {
        d[y] = load_vector(e, t, t->address.base, index_add(e, from, emit_i64(e, y * t->w->stride_y)));
        LLVMSetAlignment(d[y], (unsigned)nnd_dtype_size(t->plan->dtype));
    }
    multiply(e, m->patches, m->patch, m->patch, d, out);
    for (int y = 0; y < m->patch; y++)
        store_vector(e, t, t->halfway, halfway_at(e, t, emit_i64(e, y), x), out[y]);
}

static void patch_along_x(Emit *e, const Work *t, const Place *place, LLVMValueRef y)
{
    const WinogradMatrices *m = t->w->matrices;
    LLVMValueRef d[WINOGRAD_LONGEST], out[WINOGRAD_LONGEST];
    for (int x = 0; x < m->patch; x++)
        d[x] = load_vector(e, t, t->halfway, halfway_at(e, t, y, emit_i64(e, x)));
    multiply(e, m->patches, m->patch, m->patch, d, out);
    for (int x = 0; x < m->patch; x++) {
        LLVMValueRef row = plane_row(e, t, y, emit_i64(e, x), place->tile, t->w->channels);
        store_vector(e, t, t->patches, index_add(e, row, place->column), out[x]);
    }
}

/* Tiles that fill up the last rows of registers repeat the last one. */
static LLVMValueRef padded_count(Emit *e, const Work *t)
{
    LLVMValueRef rows = emit_i64(e, t->plan->tile_rows);
    return index_mul(e, index_div(e, index_add(e, t->count, emit_i64(e, t->plan->tile_rows - 1)), rows), rows);
}

static void transform_patches(Emit *e, const Work *t)
{
    LLVMValueRef last = index_sub(e, t->count, emit_i64(e, 1));
    Loop tiles = loop_begin(e, emit_i64(e, 0), padded_count(e, t), 1, LOOP_PLAIN);
    LLVMValueRef tile = index_add(e, t->first, index_min(e, tiles.index, last));
    Place place = {.position = tile_position(e, t, tile), .tile = tiles.index};
    Loop channels = loop_begin(e, emit_i64(e, 0), emit_i64(e, t->w->channels), t->plan->lanes, LOOP_PLAIN);
    place.column = channels.index;
    each_line(e, t, &place, patch_along_y, t->w->matrices->patch);
    each_line(e, t, &place, patch_along_x, t->w->matrices->patch);
    loop_end(e, &channels);
    loop_end(e, &tiles);
}

/* ---- products ---- */

static void multiply_planes(Emit *e, const Work *t, LLVMValueRef panel)
{
    const DotPlan *p = t->plan;
    LLVMValueRef zero = emit_i64(e, 0), channels = emit_i64(e, t->w->channels);
    TileShape shape = {dot_panel_row(p), 1, p->tile_rows, t->w->channels, 1};
    Loop planes = loop_begin(e, zero, emit_i64(e, winograd_planes(t->w)), 1, LOOP_PLAIN);
    LLVMValueRef filters = memory_at(e, p->dtype, emit_cell(e, p->panel_cell), filter_row(e, p, planes.index, panel, zero));
    Loop tiles = loop_begin(e, zero, padded_count(e, t), p->tile_rows, LOOP_PLAIN);
    LLVMValueRef patches = scalar_at(e, t, t->patches, plane_row(e, t, zero, planes.index, tiles.index, t->w->channels));
    LLVMValueRef sums = scalar_at(e, t, t->sums, plane_row(e, t, zero, planes.index, tiles.index, dot_panel(p)));
    units_call_tile(e, &shape, patches, filters, channels, sums);
    loop_end(e, &tiles);
    loop_end(e, &planes);
}

/* ---- results ---- */

static void sums_along_y(Emit *e, const Work *t, const Place *place, LLVMValueRef x)
{
    const WinogradMatrices *m = t->w->matrices;
    LLVMValueRef sums[WINOGRAD_LONGEST], out[WINOGRAD_RESULTS];
    for (int y = 0; y < m->patch; y++) {
        LLVMValueRef row = plane_row(e, t, emit_i64(e, y), x, place->tile, dot_panel(t->plan));
        sums[y] = load_vector(e, t, t->sums, index_add(e, row, place->column));
    }
    multiply(e, m->sums, WINOGRAD_RESULTS, m->patch, sums, out);
    for (int y = 0; y < WINOGRAD_RESULTS; y++)
        store_vector(e, t, t->halfway, halfway_at(e, t, emit_i64(e, y), x), out[y]);
}

static void sums_along_x(Emit *e, const Work *t, const Place *place, LLVMValueRef y)
{
    const WinogradMatrices *m = t->w->matrices;
    LLVMValueRef sums[WINOGRAD_LONGEST], out[WINOGRAD_RESULTS];
    for (int x = 0; x < m->patch; x++)
        sums[x] = load_vector(e, t, t->halfway, halfway_at(e, t, y, emit_i64(e, x)));
    multiply(e, m->sums, WINOGRAD_RESULTS, m->patch, sums, out);
    for (int x = 0; x < WINOGRAD_RESULTS; x++) {
        LLVMValueRef number = index_add(e, index_mul(e, y, emit_i64(e, WINOGRAD_RESULTS)), emit_i64(e, x));
        LLVMValueRef row = index_mul(e, number, emit_i64(e, dot_panel(t->plan)));
        store_vector(e, t, t->block, index_add(e, row, place->column), out[x]);
    }
}

static void transform_sums(Emit *e, const Work *t, LLVMValueRef tile)
{
    for (int v = 0; v < t->plan->vectors; v++) {
        Place place = {.tile = tile, .column = emit_i64(e, (int64_t)v * t->plan->lanes)};
        each_line(e, t, &place, sums_along_y, t->w->matrices->patch);
        each_line(e, t, &place, sums_along_x, WINOGRAD_RESULTS);
    }
}

static void store_result(Emit *e, const Work *t, const LLVMValueRef *tile_at, LLVMValueRef number, LLVMValueRef panel)
{
    const DotPlan *p = t->plan;
    LLVMValueRef two = emit_i64(e, WINOGRAD_RESULTS), size = emit_i64(e, dot_panel(p));
    LLVMValueRef row_at[NND_MAX_RANK], column_at[NND_MAX_RANK];
    memcpy(row_at, tile_at, sizeof row_at);
    row_at[t->w->y] = index_add(e, tile_at[t->w->y], index_div(e, number, two));
    row_at[t->w->x] = index_add(e, tile_at[t->w->x], index_rem(e, number, two));
    LLVMValueRef first = index_mul(e, panel, size), from = index_mul(e, number, size);
    LLVMValueRef width = index_min(e, size, index_sub(e, dot_merged_extent(e, p), first));
    Loop columns = loop_begin(e, emit_i64(e, 0), width, 1, LOOP_VECTOR);
    index_split(e, p->columns.dims, p->columns.count, index_add(e, first, columns.index), column_at);
    Index index = dot_result_index(p, NULL, row_at, column_at);
    LLVMValueRef sum = memory_load_raw(e, p->dtype, t->block, index_add(e, from, columns.index));
    element_set(e, &p->inst->results[0], &index, sum);
    nest_store(e, t->nest, &index);
    loop_end(e, &columns);
}

static void emit_results(Emit *e, const Work *t, LLVMValueRef panel)
{
    LLVMValueRef at[NND_MAX_RANK] = {0};
    Loop tiles = loop_begin(e, emit_i64(e, 0), t->count, 1, LOOP_PLAIN);
    transform_sums(e, t, tiles.index);
    split_tile(e, t, index_add(e, t->first, tiles.index), at);
    Loop results = loop_begin(e, emit_i64(e, 0), emit_i64(e, WINOGRAD_RESULTS * WINOGRAD_RESULTS), 1, LOOP_PLAIN);
    store_result(e, t, at, results.index, panel);
    loop_end(e, &results);
    loop_end(e, &tiles);
}

/* ---- items ---- */

static void emit_item(Emit *e, Work *t, LLVMValueRef tile_block, LLVMValueRef panel_block)
{
    const DotPlan *p = t->plan;
    LLVMValueRef size = emit_i64(e, t->w->tiles), results = emit_i64(e, WINOGRAD_RESULTS * WINOGRAD_RESULTS);
    LLVMValueRef all = index_div(e, dot_extent(e, &p->rows, 0, p->rows.count), results);
    t->first = index_mul(e, tile_block, size);
    t->count = index_min(e, size, index_sub(e, all, t->first));
    transform_patches(e, t);
    LLVMValueRef first = index_mul(e, panel_block, emit_i64(e, PANEL_BLOCK));
    LLVMValueRef end = index_min(e, dot_panel_count(e, p), index_add(e, first, emit_i64(e, PANEL_BLOCK)));
    Loop panels = loop_begin(e, first, end, 1, LOOP_PLAIN);
    multiply_planes(e, t, panels.index);
    emit_results(e, t, panels.index);
    loop_end(e, &panels);
}

static void reserve_stack(Emit *e, Work *t)
{
    const DotPlan *p = t->plan;
    int planes = winograd_planes(t->w), rows = planes * t->w->tiles;
    t->patches = emit_alloca_array(e, t->scalar, rows * (int)t->w->channels, "patches");
    t->sums = emit_alloca_array(e, t->scalar, rows * dot_panel(p), "sums");
    t->halfway = emit_alloca_array(e, t->scalar, planes * p->lanes, "halfway");
    t->block = emit_alloca_array(e, t->scalar, WINOGRAD_RESULTS * WINOGRAD_RESULTS * dot_panel(p), "block");
}

/* The order of dot_set_groups: blocks of tiles, blocks of panels. */
void winograd_emit(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    const DotPlan *p = nest->dot;
    Work t = {.plan = p, .w = p->winograd, .nest = nest, .scalar = emit_type(e->cg, p->dtype)};
    t.vector = LLVMVectorType(t.scalar, (unsigned)p->lanes);
    t.address = address_begin(e, &p->map, p->inst->args[p->s]->type.rank);
    reserve_stack(e, &t);
    LLVMValueRef last = emit_i64(e, PANEL_BLOCK - 1);
    LLVMValueRef blocks = index_div(e, index_add(e, dot_panel_count(e, p), last), emit_i64(e, PANEL_BLOCK));
    Loop items = loop_begin(e, lo, hi, 1, LOOP_PLAIN);
    emit_item(e, &t, index_div(e, items.index, blocks), index_rem(e, items.index, blocks));
    loop_end(e, &items);
}
