/* SPDX-License-Identifier: Apache-2.0
 *
 * The shape of a contraction's tiles, and the blocks in which they are computed, from the registers and caches of processors.
 */
#include "compiler/codegen/dot.h"
#include "compiler/codegen/func.h"

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* ---- tiles ---- */

/* Trailing column axes are taken together until panels are well filled, the last one too: 100 columns would be computed
 * as 128. */
static void merge_columns(DotPlan *p)
{
    enum { MOST_PERCENT = 105 };
    p->merged = 1;
    while (p->merged < p->columns.count) {
        int64_t width = dot_constant_product(&p->columns, p->columns.count - p->merged), panel = dot_panel(p);
        int64_t filled = divide_up(width, panel) * panel;
        if (width < 0 || (width >= 2 * panel && filled * 100 <= width * MOST_PERCENT))
            return;
        p->merged++;
    }
}

/* Windows that overlap have the same scalars of S: where all entries are unrolled, these would be loaded once, and find no
 * registers. */
static bool is_unrolled(const DotPlan *p)
{
    const ContractedLoop *last = &p->loops[p->loop_count - 1];
    int64_t entries = dot_constant_product(&p->k, last->first);
    return entries > 0 && entries <= MOST_UNROLLED;
}

/* The largest height, up to `most`, that leaves no rows of `rows`; 0 if it would be less than FULL_TILE. */
static int dividing_height(int64_t rows, int most)
{
    int height = most;
    while (height >= FULL_TILE && rows % height)
        height--;
    return height >= FULL_TILE ? height : 0;
}

/* How far all rows are apart in S, or 0. */
static int64_t even_step(const DotPlan *p)
{
    int last = p->rows.count - 1;
    int64_t step = last < 0 ? 0 : address_static_stride(&p->map, p->rows.axes[last]), next = step;
    for (int i = last; step > 0 && i > 0; i--) {
        next *= p->rows.dims[i]->kind == NND_DIM_CONST ? p->rows.dims[i]->size : 0;
        step = next && address_static_stride(&p->map, p->rows.axes[i - 1]) == next ? step : 0;
    }
    return step > 0 ? step : 0;
}

/* 0 where rows may be few: what does not fill a tile costs more than high tiles gain. The different words of a batch are many. */
static int even_height(const DotPlan *p, int most)
{
    int64_t rows = dot_constant_product(&p->rows, 0);
    if (rows > 0)
        return dividing_height(rows, most);
    return p->rows.dims[0]->kind == NND_DIM_DISTINCT ? most : 0;
}

/* With one step from row to row a tile needs one pointer. It is higher then, and a row of the panel that comes from the second-level
 * cache serves more sums. */
static bool choose_even_rows(DotPlan *p, int most)
{
    int64_t step = even_step(p);
    int height = step ? even_height(p, most) : 0;
    if (!height)
        return false;
    p->tile_rows = height;
    p->row_step = step;
    p->even_rows = true;
    return true;
}

/* With a single vector of columns each scalar of S is used once, and a tile of eight rows waits for its sums. One along the last
 * axis of several needs one pointer, too. */
static void choose_rows_on_axis(DotPlan *p, int most)
{
    int last = p->rows.count - 1;
    if (p->vectors > 1 || last < 1 || p->rows.dims[last]->kind != NND_DIM_CONST)
        return;
    int64_t step = address_static_stride(&p->map, p->rows.axes[last]);
    int height = step > 0 ? dividing_height(p->rows.dims[last]->size, most) : 0;
    if (height <= FULL_TILE)
        return;
    p->tile_rows = height;
    p->row_step = step;
}

/* As many rows as leave registers for a row of the panel and a scalar; products that are not fused with the sum need some
 * of their own, and so does widening bf16. More pointers to rows than those of a full tile find no registers. */
void dot_choose_tile(const FuncGen *fg, DotPlan *p)
{
    enum { BLOCK_ROWS = 48, MOST_ROWS = 28 };
    const Target *target = fg->cg->target;
    p->lanes = target->vector_bytes / (int)nnd_dtype_size(p->dtype);
    p->vectors = 2;
    merge_columns(p);
    int64_t columns = dot_constant_product(&p->columns, 0);
    if (p->columns.count == p->merged && columns > 0 && columns <= p->lanes)
        p->vectors = 1;
    int others = (target->fused ? 1 : 4) + (p->panel_dtype == NND_BF16 ? target->vector_registers / 8 : 0);
    int most = (int)smaller((target->vector_registers - others - p->vectors) / p->vectors, MOST_ROWS);
    p->tile_rows = (int)smaller(most, FULL_TILE);
    if (!p->in_scan && !p->listed && !p->map.bound_count && !is_unrolled(p) && !choose_even_rows(p, most))
        choose_rows_on_axis(p, most);
    int64_t rows = dot_constant_product(&p->rows, 0);
    if (rows > 0 && rows < p->tile_rows)
        p->tile_rows = (int)rows;
    p->block_rows = BLOCK_ROWS / p->tile_rows * p->tile_rows;
}

/* ---- blocks ---- */

/* Long sums are cut so that a panel's part stays in the cache. */
static void choose_k_block(const FuncGen *fg, DotPlan *p)
{
    enum { BLOCK = 256 };
    int64_t whole = dot_constant_product(&p->k, 0), rest = dot_constant_product(&p->k, p->loops[0].count);
    if (optimisation_in(fg->cg->ir->without, OPTIMISE_SUM_BLOCKS) || p->in_scan || (whole >= 0 && whole <= 2 * BLOCK) || rest < 0)
        return;
    p->k_block = rest >= BLOCK ? 1 : BLOCK / (rest > 0 ? rest : 1);
}

/* A block of panels is what threads share if rows are few: where sums are long it has fewer. */
static int panels_for_sums(const DotPlan *p)
{
    enum { MOST_BYTES = 512 << 10 };
    int64_t bytes = dot_constant_product(&p->k, 0) * dot_panel(p) * (int64_t)nnd_dtype_size(p->panel_dtype);
    int64_t columns = dot_constant_product(&p->columns, p->columns.count - p->merged);
    int panels = columns > 0 ? (int)smaller(divide_up(columns, dot_panel(p)), PANEL_BLOCK) : PANEL_BLOCK;
    while (panels > 1 && panels * bytes > MOST_BYTES)
        panels /= 2;
    return panels;
}

/* Blocks of as many panels each, so that threads get the same. */
static int even_panels(const DotPlan *p, int most)
{
    int64_t columns = dot_constant_product(&p->columns, p->columns.count - p->merged), all = divide_up(columns, dot_panel(p));
    return columns > 0 ? (int)divide_up(all, divide_up(all, most)) : most;
}

/* Rows of a tile follow each other in S. */
static bool has_dense_rows(const DotPlan *p)
{
    return p->rows.count == 1 && p->k.count == 1 && !p->map.bound_count && p->map.row == ROW_FORM &&
           address_static_stride(&p->map, p->rows.axes[0]) == 1;
}

/* Rows so far apart lie in few sets of the cache: at multiples of some hundred bytes, or close to those of a page. */
static bool is_crowded(int64_t bytes)
{
    enum { FEW = 256, PAGE = 4096 };
    return bytes % FEW == 0 || bytes % PAGE < FEW || bytes % PAGE > PAGE - FEW;
}

/* How far rows of full panels are apart in V if these can stay where they are, or 0. Far apart each has a page of its own. */
static int64_t step_in_place(const DotPlan *p)
{
    enum { MOST_BYTES = 8192 };
    int64_t step = dot_columns_follow(p) ? address_static_stride(&p->map_v, p->k_v.axes[0]) : 0;
    int64_t bytes = step * (int64_t)nnd_dtype_size(p->dtype);
    return step > 0 && bytes <= MOST_BYTES && !is_crowded(bytes) ? step : 0;
}

/* Gradients of weights are sums over all words or places of a batch, of which there are far more than rows of sums. V is as
 * long; packed as a whole it would go to memory and come back for each block of rows. Where these are few, each packs the part
 * that comes next into its own cache. */
static void choose_packing(const FuncGen *fg, const IrRegion *region, DotPlan *p)
{
    enum { MOST_ROWS = 640, BLOCK_ROWS = 160, MOST_ENTRIES = 512, MOST_PANELS = 10, BLOCK = 192 };
    int64_t rows = dot_constant_product(&p->rows, 0), k = dot_constant_product(&p->k, 0);
    if (!p->k_block || k >= 0 || rows < 0 || rows > MOST_ROWS || p->listed || dot_part_entries(p) > MOST_ENTRIES ||
        p->panel_dtype != p->dtype || !address_map(fg, region, p->inst->args[p->v], &p->map_v) ||
        address_static_stride(&p->map_v, p->columns.axes[p->columns.count - 1]) != 1)
        return;
    p->packs_parts = true;
    p->packs_rows = has_dense_rows(p);
    p->block_panels = p->packs_rows ? even_panels(p, MOST_PANELS) : PANEL_BLOCK;
    p->block_rows = BLOCK_ROWS / p->tile_rows * p->tile_rows;
    if (!p->packs_rows)
        return;
    p->row_step = 1;
    p->even_rows = true;
    p->k_block = BLOCK;
    p->panel_step = step_in_place(p);
}

void dot_choose_blocks(const FuncGen *fg, const IrRegion *region, DotPlan *p)
{
    choose_k_block(fg, p);
    if (!p->in_scan && !p->listed)
        p->block_panels = panels_for_sums(p);
    choose_packing(fg, region, p);
}
