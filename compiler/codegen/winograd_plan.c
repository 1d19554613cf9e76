/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/winograd.h"

/* The window's axis among k that moves along with a row axis, or -1. */
static int window_along(const DotPlan *p, int row)
{
    int64_t stride = address_static_stride(&p->map, p->rows.axes[row]);
    for (int i = 0; i < p->k.count && stride > 0; i++)
        if (p->k.dims[i]->kind == NND_DIM_CONST && p->k.dims[i]->size == WINOGRAD_WINDOW &&
            address_static_stride(&p->map, p->k.axes[i]) == stride)
            return i;
    return -1;
}

static bool is_even(const IrDim *dim)
{
    return dim->kind == NND_DIM_CONST && dim->size > 0 && dim->size % WINOGRAD_RESULTS == 0;
}

/* The two row axes that windows run along; false if there are not exactly two. */
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
    w->channel = 3 - w->window_y - w->window_x;
    return found == 2 && w->window_x != w->window_y;
}

/* Transforming costs as much as some 20 products for each channel and filter. */
static bool is_worthwhile(const DotPlan *p, const Winograd *w)
{
    enum { LEAST = 32 };
    return w->channels >= LEAST && w->channels % p->lanes == 0 && dot_weights(p) >= w->channels * LEAST * 9;
}

/* As many as keep the transformed patches in the second-level cache; where there is one block of columns, few enough that
 * an image is more than one item. */
static void choose_tiles(const DotPlan *p, Winograd *w)
{
    enum { CACHE = 256 << 10, MOST = 64 };
    int64_t tiles = CACHE / (WINOGRAD_PLANES * w->channels * (int64_t)nnd_dtype_size(p->dtype));
    int64_t columns = dot_weights(p) / (9 * w->channels), image = w->height * w->width / 4;
    if (columns <= (int64_t)PANEL_BLOCK * dot_panel(p) && tiles > image / 2)
        tiles = image / 2;
    tiles = tiles > MOST ? MOST : tiles;
    w->tiles = tiles < p->tile_rows ? p->tile_rows : (int)(tiles / p->tile_rows * p->tile_rows);
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
