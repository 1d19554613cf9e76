/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/winograd.h"

static const WinogradMatrices known[] = {
    {.window = 3,
     .patch = 4,
     .patches = {1, 0, -1, 0, 0, 1, 1, 0, 0, -1, 1, 0, 0, 1, 0, -1},
     .filters = {1, 0, 0, .5, .5, .5, .5, -.5, .5, 0, 0, 1},
     .sums = {1, 1, 1, 0, 0, 1, -1, -1}},
    {.window = 5,
     .patch = 6,
     .patches = {1, -1.5, -2, 1.5, 1, 0, 0, -1, .5, 2.5, 1, 0, 0, 1, -2.5, .5, 1, 0,
                 0, -2, -1, 2, 1, 0, 0, .5, -1, -.5, 1, 0, 0, 1, -1.5, -2, 1.5, 1},
     .filters = {1, 0, 0, 0, 0, 1 / 3., 1 / 3., 1 / 3., 1 / 3., 1 / 3., -1 / 3., 1 / 3., -1 / 3., 1 / 3., -1 / 3.,
                 -16 / 15., -8 / 15., -4 / 15., -2 / 15., -1 / 15., 1 / 15., -2 / 15., 4 / 15., -8 / 15., 16 / 15., 0, 0, 0, 0, 1},
     .sums = {1, 1, 1, 1, 1, 0, 0, 1, -1, .5, -2, 1}},
};

static const WinogradMatrices *matrices_for(const IrDim *window)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (window->kind == NND_DIM_CONST && window->size == known[i].window)
            return &known[i];
    return NULL;
}

/* The window's axis among k that moves along with a row axis, or -1. */
static int window_along(const DotPlan *p, int row)
{
    int64_t stride = address_static_stride(&p->map, p->rows.axes[row]);
    for (int i = 0; i < p->k.count && stride > 0; i++)
        if (matrices_for(p->k.dims[i]) && address_static_stride(&p->map, p->k.axes[i]) == stride)
            return i;
    return -1;
}

static bool is_even(const IrDim *dim)
{
    return dim->kind == NND_DIM_CONST && dim->size > 0 && dim->size % WINOGRAD_RESULTS == 0;
}

/* The two row axes that windows of the same size run along; false if there are not exactly two. */
static bool find_axes(const DotPlan *p, Winograd *w)
{
    int found = 0;
    for (int i = 0; i < p->rows.count; i++) {
        int along = window_along(p, i);
        if (along < 0)
            continue;
        if (found == 2 || !is_even(p->rows.dims[i]))
            return false;
        *(found ? &w->x : &w->y) = i;
        *(found++ ? &w->window_x : &w->window_y) = along;
    }
    if (found != 2 || w->window_x == w->window_y)
        return false;
    w->channel = 3 - w->window_y - w->window_x;
    w->matrices = matrices_for(p->k.dims[w->window_y]);
    return w->matrices == matrices_for(p->k.dims[w->window_x]);
}

static int64_t filter_count(const DotPlan *p, const Winograd *w)
{
    return dot_weights(p) / (w->channels * w->matrices->window * w->matrices->window);
}

enum { CACHE = 256 << 10 }; /* bytes for transformed patches */

static int64_t patch_bytes(const DotPlan *p, const Winograd *w)
{
    return winograd_planes(w) * w->channels * (int64_t)nnd_dtype_size(p->dtype);
}

/* Transforming costs as much as products with a few channels and filters. Patches are on the stack. */
static bool is_worthwhile(const DotPlan *p, const Winograd *w)
{
    enum { LEAST = 32, MOST_BYTES = 4 * CACHE };
    return w->channels >= LEAST && w->channels % p->lanes == 0 && filter_count(p, w) >= LEAST &&
           p->tile_rows * patch_bytes(p, w) <= MOST_BYTES;
}

/* As many as keep the transformed patches in the second-level cache. Where there is one block of columns, an image is an
 * even number of items of the same size. */
static void choose_tiles(const DotPlan *p, Winograd *w)
{
    enum { MOST = 72 };
    int64_t tiles = CACHE / patch_bytes(p, w), rows = p->tile_rows;
    int64_t image = w->height * w->width / (WINOGRAD_RESULTS * WINOGRAD_RESULTS);
    tiles = tiles > MOST ? MOST : tiles;
    tiles = tiles < rows ? rows : tiles / rows * rows;
    if (filter_count(p, w) <= (int64_t)PANEL_BLOCK * dot_panel(p)) {
        int64_t items = (image + 2 * tiles - 1) / (2 * tiles) * 2;
        tiles = ((image + items - 1) / items + rows - 1) / rows * rows;
    }
    w->tiles = (int)tiles;
}

Winograd *winograd_choose(const FuncGen *fg, const DotPlan *p)
{
    Winograd w = {0};
    if (optimisation_in(fg->cg->ir->without, OPTIMISE_WINOGRAD) || p->in_scan || p->listed || p->map.row != ROW_FORM ||
        p->map.bound_count || p->batch.count || p->k.count != 3 || p->merged != p->columns.count ||
        p->panel_dtype != p->dtype || !find_axes(p, &w))
        return NULL;
    if (p->k.dims[w.channel]->kind != NND_DIM_CONST || address_static_stride(&p->map, p->k.axes[w.channel]) != 1)
        return NULL;
    w.channels = p->k.dims[w.channel]->size;
    w.height = p->rows.dims[w.y]->size;
    w.width = p->rows.dims[w.x]->size;
    w.stride_y = address_static_stride(&p->map, p->rows.axes[w.y]);
    w.stride_x = address_static_stride(&p->map, p->rows.axes[w.x]);
    if (!is_worthwhile(p, &w))
        return NULL;
    choose_tiles(p, &w);
    Winograd *out = ARENA_NEW(fg->cg->arena, Winograd);
    *out = w;
    return out;
}

int winograd_planes(const Winograd *w)
{
    return w->matrices->patch * w->matrices->patch;
}
