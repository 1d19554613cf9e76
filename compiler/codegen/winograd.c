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
    LLVMValueRef block;         /* stack: results of a tile and a panel, [y, x, column] */
    LLVMValueRef first, count;  /* tiles of the item */
} Work;

/* ---- the matrices, along one axis ---- */

/* B' d */
static void transform_patch(Emit *e, LLVMValueRef *d[WINOGRAD_PATCH])
{
    LLVMValueRef d0 = *d[0], d1 = *d[1], d2 = *d[2], d3 = *d[3];
    *d[0] = LLVMBuildFSub(e->b, d0, d2, "");
    *d[1] = LLVMBuildFAdd(e->b, d1, d2, "");
    *d[2] = LLVMBuildFSub(e->b, d2, d1, "");
    *d[3] = LLVMBuildFSub(e->b, d1, d3, "");
}

/* G g, from the first three to all four */
static void transform_filter(Emit *e, LLVMValueRef *g[WINOGRAD_PATCH])
{
    LLVMValueRef half = LLVMConstReal(LLVMTypeOf(*g[0]), 0.5), last = *g[2];
    LLVMValueRef outer = LLVMBuildFMul(e->b, LLVMBuildFAdd(e->b, *g[0], last, ""), half, "");
    LLVMValueRef middle = LLVMBuildFMul(e->b, *g[1], half, "");
    *g[1] = LLVMBuildFAdd(e->b, outer, middle, "");
    *g[2] = LLVMBuildFSub(e->b, outer, middle, "");
    *g[3] = last;
}

/* A' m, into the first two */
static void transform_sums(Emit *e, LLVMValueRef *m[WINOGRAD_PATCH])
{
    LLVMValueRef m1 = *m[1], m2 = *m[2];
    *m[0] = LLVMBuildFAdd(e->b, LLVMBuildFAdd(e->b, *m[0], m1, ""), m2, "");
    *m[1] = LLVMBuildFSub(e->b, LLVMBuildFSub(e->b, m1, m2, ""), *m[3], "");
}

typedef void Transform(Emit *e, LLVMValueRef *line[WINOGRAD_PATCH]);

/* Along y for the first `columns` columns, then along x for the first `rows` rows. */
static void transform(Emit *e, Transform *along, LLVMValueRef x[WINOGRAD_PATCH][WINOGRAD_PATCH], int columns, int rows)
{
    for (int i = 0; i < columns; i++)
        along(e, (LLVMValueRef *[]){&x[0][i], &x[1][i], &x[2][i], &x[3][i]});
    for (int i = 0; i < rows; i++)
        along(e, (LLVMValueRef *[]){&x[i][0], &x[i][1], &x[i][2], &x[i][3]});
}

/* ---- packing ---- */

/* Where a channel's row of a panel begins in a plane. */
static LLVMValueRef filter_row(Emit *e, const DotPlan *p, LLVMValueRef plane, LLVMValueRef panel, LLVMValueRef channel)
{
    LLVMValueRef number = index_add(e, index_mul(e, plane, dot_panel_count(e, p)), panel);
    number = index_add(e, index_mul(e, number, emit_i64(e, p->winograd->channels)), channel);
    return index_mul(e, number, emit_i64(e, dot_panel(p)));
}

static LLVMValueRef filter_element(Emit *e, const DotPlan *p, LLVMValueRef channel, LLVMValueRef column, int y, int x)
{
    const Winograd *w = p->winograd;
    LLVMValueRef at[NND_MAX_RANK];
    Index index = {0};
    index_split(e, p->columns.dims, p->columns.count, column, at);
    for (int i = 0; i < p->columns.count; i++)
        index.at[p->columns.axes[i]] = at[i];
    index.at[p->k_v.axes[w->channel]] = channel;
    index.at[p->k_v.axes[w->window_y]] = emit_i64(e, y);
    index.at[p->k_v.axes[w->window_x]] = emit_i64(e, x);
    return element(e, p->inst->args[p->v], &index);
}

static void pack_column(Emit *e, const DotPlan *p, LLVMValueRef panel, LLVMValueRef channel, LLVMValueRef lane)
{
    LLVMValueRef column = index_add(e, index_mul(e, panel, emit_i64(e, dot_panel(p))), lane);
    LLVMValueRef g[WINOGRAD_PATCH][WINOGRAD_PATCH];
    for (int i = 0; i < WINOGRAD_WINDOW * WINOGRAD_WINDOW; i++)
        g[i / 3][i % 3] = filter_element(e, p, channel, column, i / 3, i % 3);
    transform(e, transform_filter, g, WINOGRAD_WINDOW, WINOGRAD_PATCH);
    for (int plane = 0; plane < WINOGRAD_PLANES; plane++) {
        LLVMValueRef at = index_add(e, filter_row(e, p, emit_i64(e, plane), panel, channel), lane);
        memory_store_raw(e, p->dtype, emit_cell(e, p->panel_cell), at, g[plane / 4][plane % 4]);
    }
}

static void clear_columns(Emit *e, const DotPlan *p, LLVMValueRef panel, LLVMValueRef channel, LLVMValueRef first)
{
    Loop planes = loop_begin(e, emit_i64(e, 0), emit_i64(e, WINOGRAD_PLANES), 1, LOOP_PLAIN);
    LLVMValueRef row = filter_row(e, p, planes.index, panel, channel);
    Loop zeros = loop_begin(e, first, emit_i64(e, dot_panel(p)), 1, LOOP_VECTOR);
    LLVMValueRef at = index_add(e, row, zeros.index);
    memory_store_raw(e, p->dtype, emit_cell(e, p->panel_cell), at, scalar_const(e, p->dtype, 0));
    loop_end(e, &zeros);
    loop_end(e, &planes);
}

/* Items are channels. */
void winograd_emit_pack(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    const DotPlan *p = nest->dot;
    LLVMValueRef zero = emit_i64(e, 0), size = emit_i64(e, dot_panel(p));
    Loop channels = loop_begin(e, lo, hi, 1, LOOP_PLAIN);
    Loop panels = loop_begin(e, zero, dot_panel_count(e, p), 1, LOOP_PLAIN);
    LLVMValueRef rest = index_sub(e, dot_merged_extent(e, p), index_mul(e, panels.index, size));
    LLVMValueRef width = index_min(e, size, rest);
    Loop lanes = loop_begin(e, zero, width, 1, LOOP_VECTOR);
    pack_column(e, p, panels.index, channels.index, lanes.index);
    loop_end(e, &lanes);
    clear_columns(e, p, panels.index, channels.index, width);
    loop_end(e, &panels);
    loop_end(e, &channels);
}

/* ---- entries ---- */

/* The first result of a tile: its place on every row axis. */
static void split_tile(Emit *e, const Work *k, LLVMValueRef tile, LLVMValueRef *at)
{
    const DotPlan *p = k->plan;
    for (int i = p->rows.count - 1; i >= 0; i--) {
        bool halved = i == k->w->y || i == k->w->x;
        LLVMValueRef extent = halved ? emit_i64(e, p->rows.dims[i]->size / WINOGRAD_RESULTS) : emit_extent(e, p->rows.dims[i]);
        at[i] = i ? index_rem(e, tile, extent) : tile;
        tile = i ? index_div(e, tile, extent) : tile;
        at[i] = halved ? index_mul(e, at[i], emit_i64(e, WINOGRAD_RESULTS)) : at[i];
    }
}

static LLVMValueRef tile_position(Emit *e, const Work *k, LLVMValueRef tile)
{
    LLVMValueRef at[NND_MAX_RANK], position = k->address.constant;
    split_tile(e, k, tile, at);
    for (int i = 0; i < k->plan->rows.count; i++)
        position = index_add(e, position, address_term(e, &k->address, k->plan->rows.axes[i], at[i]));
    return position;
}

static LLVMValueRef vector_at(Emit *e, const Work *k, LLVMValueRef base, LLVMValueRef at)
{
    return LLVMBuildInBoundsGEP2(e->b, k->scalar, base, &at, 1, "");
}

static LLVMValueRef load_vector(Emit *e, const Work *k, LLVMValueRef base, LLVMValueRef at, unsigned alignment)
{
    LLVMValueRef x = LLVMBuildLoad2(e->b, k->vector, vector_at(e, k, base, at), "");
    LLVMSetAlignment(x, alignment);
    return x;
}

static void store_vector(Emit *e, const Work *k, LLVMValueRef base, LLVMValueRef at, LLVMValueRef x)
{
    LLVMValueRef store = LLVMBuildStore(e->b, x, vector_at(e, k, base, at));
    LLVMSetAlignment(store, (unsigned)k->plan->lanes * (unsigned)nnd_dtype_size(k->plan->dtype));
}

/* Row `tile` of a plane of patches or sums, whose rows are `size` long. */
static LLVMValueRef plane_row(Emit *e, const Work *k, LLVMValueRef plane, LLVMValueRef tile, int64_t size)
{
    LLVMValueRef row = index_add(e, index_mul(e, plane, emit_i64(e, k->w->tiles)), tile);
    return index_mul(e, row, emit_i64(e, size));
}

static void transform_channels(Emit *e, const Work *k, LLVMValueRef position, LLVMValueRef tile, LLVMValueRef channel)
{
    LLVMValueRef d[WINOGRAD_PATCH][WINOGRAD_PATCH];
    LLVMValueRef from = index_add(e, position, channel);
    for (int i = 0; i < WINOGRAD_PLANES; i++) {
        LLVMValueRef at = emit_i64(e, i / 4 * k->w->stride_y + i % 4 * k->w->stride_x);
        d[i / 4][i % 4] =
            load_vector(e, k, k->address.base, index_add(e, from, at), (unsigned)nnd_dtype_size(k->plan->dtype));
    }
    transform(e, transform_patch, d, WINOGRAD_PATCH, WINOGRAD_PATCH);
    for (int i = 0; i < WINOGRAD_PLANES; i++) {
        LLVMValueRef at = index_add(e, plane_row(e, k, emit_i64(e, i), tile, k->w->channels), channel);
        store_vector(e, k, k->patches, at, d[i / 4][i % 4]);
    }
}

/* Tiles that fill up the last rows of registers repeat the last one. */
static LLVMValueRef padded_count(Emit *e, const Work *k)
{
    LLVMValueRef rows = emit_i64(e, k->plan->tile_rows);
    return index_mul(e, index_div(e, index_add(e, k->count, emit_i64(e, k->plan->tile_rows - 1)), rows), rows);
}

static void transform_patches(Emit *e, const Work *k)
{
    LLVMValueRef last = index_sub(e, k->count, emit_i64(e, 1));
    Loop tiles = loop_begin(e, emit_i64(e, 0), padded_count(e, k), 1, LOOP_PLAIN);
    LLVMValueRef tile = index_add(e, k->first, index_min(e, tiles.index, last));
    LLVMValueRef position = tile_position(e, k, tile);
    Loop channels = loop_begin(e, emit_i64(e, 0), emit_i64(e, k->w->channels), k->plan->lanes, LOOP_PLAIN);
    transform_channels(e, k, position, tiles.index, channels.index);
    loop_end(e, &channels);
    loop_end(e, &tiles);
}

/* ---- products ---- */

static void multiply_planes(Emit *e, const Work *k, LLVMValueRef panel)
{
    const DotPlan *p = k->plan;
    LLVMValueRef zero = emit_i64(e, 0), channels = emit_i64(e, k->w->channels);
    TileShape shape = {dot_panel_row(p), 1, p->tile_rows, k->w->channels, 1};
    Loop planes = loop_begin(e, zero, emit_i64(e, WINOGRAD_PLANES), 1, LOOP_PLAIN);
    LLVMValueRef filters = memory_at(e, p->dtype, emit_cell(e, p->panel_cell), filter_row(e, p, planes.index, panel, zero));
    Loop tiles = loop_begin(e, zero, padded_count(e, k), p->tile_rows, LOOP_PLAIN);
    LLVMValueRef patches = vector_at(e, k, k->patches, plane_row(e, k, planes.index, tiles.index, k->w->channels));
    LLVMValueRef sums = vector_at(e, k, k->sums, plane_row(e, k, planes.index, tiles.index, dot_panel(p)));
    units_call_tile(e, &shape, patches, filters, channels, sums);
    loop_end(e, &tiles);
    loop_end(e, &planes);
}

/* ---- results ---- */

static void transform_back(Emit *e, const Work *k, LLVMValueRef tile)
{
    const DotPlan *p = k->plan;
    unsigned alignment = (unsigned)p->lanes * (unsigned)nnd_dtype_size(p->dtype);
    for (int v = 0; v < p->vectors; v++) {
        LLVMValueRef m[WINOGRAD_PATCH][WINOGRAD_PATCH], lane = emit_i64(e, (int64_t)v * p->lanes);
        for (int i = 0; i < WINOGRAD_PLANES; i++) {
            LLVMValueRef at = index_add(e, plane_row(e, k, emit_i64(e, i), tile, dot_panel(p)), lane);
            m[i / 4][i % 4] = load_vector(e, k, k->sums, at, alignment);
        }
        transform(e, transform_sums, m, WINOGRAD_PATCH, WINOGRAD_RESULTS);
        for (int i = 0; i < WINOGRAD_RESULTS * WINOGRAD_RESULTS; i++)
            store_vector(e, k, k->block, index_add(e, emit_i64(e, (int64_t)i * dot_panel(p)), lane), m[i / 2][i % 2]);
    }
}

/* Result axes: those of the first operand, those of the second. */
static Index result_index(const DotPlan *p, const LLVMValueRef *row_at, const LLVMValueRef *column_at)
{
    Index index = {0};
    int rows = p->rows.count, columns = p->columns.count;
    for (int i = 0; i < rows; i++)
        index.at[i + (p->s ? columns : 0)] = row_at[i];
    for (int i = 0; i < columns; i++)
        index.at[i + (p->s ? 0 : rows)] = column_at[i];
    return index;
}

static void store_result(Emit *e, const Work *k, const LLVMValueRef *tile_at, LLVMValueRef number, LLVMValueRef panel)
{
    const DotPlan *p = k->plan;
    LLVMValueRef two = emit_i64(e, WINOGRAD_RESULTS), size = emit_i64(e, dot_panel(p));
    LLVMValueRef row_at[NND_MAX_RANK], column_at[NND_MAX_RANK];
    memcpy(row_at, tile_at, sizeof row_at);
    row_at[k->w->y] = index_add(e, tile_at[k->w->y], index_div(e, number, two));
    row_at[k->w->x] = index_add(e, tile_at[k->w->x], index_rem(e, number, two));
    LLVMValueRef first = index_mul(e, panel, size), from = index_mul(e, number, size);
    LLVMValueRef width = index_min(e, size, index_sub(e, dot_merged_extent(e, p), first));
    Loop columns = loop_begin(e, emit_i64(e, 0), width, 1, LOOP_VECTOR);
    index_split(e, p->columns.dims, p->columns.count, index_add(e, first, columns.index), column_at);
    Index index = result_index(p, row_at, column_at);
    element_set(e, &p->inst->results[0], &index,
                memory_load_raw(e, p->dtype, k->block, index_add(e, from, columns.index)));
    nest_store(e, k->nest, &index);
    loop_end(e, &columns);
}

static void emit_results(Emit *e, const Work *k, LLVMValueRef panel)
{
    LLVMValueRef at[NND_MAX_RANK] = {0};
    Loop tiles = loop_begin(e, emit_i64(e, 0), k->count, 1, LOOP_PLAIN);
    transform_back(e, k, tiles.index);
    split_tile(e, k, index_add(e, k->first, tiles.index), at);
    Loop results = loop_begin(e, emit_i64(e, 0), emit_i64(e, WINOGRAD_RESULTS * WINOGRAD_RESULTS), 1, LOOP_PLAIN);
    store_result(e, k, at, results.index, panel);
    loop_end(e, &results);
    loop_end(e, &tiles);
}

/* ---- items ---- */

static void emit_item(Emit *e, Work *k, LLVMValueRef tile_block, LLVMValueRef panel_block)
{
    const DotPlan *p = k->plan;
    LLVMValueRef size = emit_i64(e, k->w->tiles), results = emit_i64(e, WINOGRAD_RESULTS * WINOGRAD_RESULTS);
    LLVMValueRef all = index_div(e, dot_extent(e, &p->rows, 0, p->rows.count), results);
    k->first = index_mul(e, tile_block, size);
    k->count = index_min(e, size, index_sub(e, all, k->first));
    transform_patches(e, k);
    LLVMValueRef first = index_mul(e, panel_block, emit_i64(e, PANEL_BLOCK));
    LLVMValueRef end = index_min(e, dot_panel_count(e, p), index_add(e, first, emit_i64(e, PANEL_BLOCK)));
    Loop panels = loop_begin(e, first, end, 1, LOOP_PLAIN);
    multiply_planes(e, k, panels.index);
    emit_results(e, k, panels.index);
    loop_end(e, &panels);
}

static void reserve_stack(Emit *e, Work *k)
{
    const DotPlan *p = k->plan;
    int rows = WINOGRAD_PLANES * k->w->tiles;
    k->patches = emit_alloca_array(e, k->scalar, rows * (int)k->w->channels, "patches");
    k->sums = emit_alloca_array(e, k->scalar, rows * dot_panel(p), "sums");
    k->block = emit_alloca_array(e, k->scalar, WINOGRAD_RESULTS * WINOGRAD_RESULTS * dot_panel(p), "block");
}

/* The order of dot_set_groups: blocks of tiles, blocks of panels. */
void winograd_emit(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    const DotPlan *p = nest->dot;
    Work k = {.plan = p, .w = p->winograd, .nest = nest, .scalar = emit_type(e->cg, p->dtype)};
    k.vector = LLVMVectorType(k.scalar, (unsigned)p->lanes);
    k.address = address_begin(e, &p->map, p->inst->args[p->s]->type.rank);
    reserve_stack(e, &k);
    LLVMValueRef last = emit_i64(e, PANEL_BLOCK - 1);
    LLVMValueRef blocks = index_div(e, index_add(e, dot_panel_count(e, p), last), emit_i64(e, PANEL_BLOCK));
    Loop items = loop_begin(e, lo, hi, 1, LOOP_PLAIN);
    emit_item(e, &k, index_div(e, items.index, blocks), index_rem(e, items.index, blocks));
    loop_end(e, &items);
}
