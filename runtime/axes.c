/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/axes.h"

#include <stdlib.h>
#include <string.h>

/* Tables of one segmented dimension; they grow and are kept. */
typedef struct Tables {
    int64_t *offsets;
    int32_t *segment, *order, *live;
    int64_t parents, ordered, rows, steps; /* room of each */
} Tables;

struct NndAxes {
    const NndDimDesc *dims;
    int count;
    NndAxis *axes;
    Tables *tables;
};

enum { MAX_ROWS = INT32_MAX };

NndStatus nnd_axes_new(NndAxes **out, const NndDimDesc *dims, int dim_count, NndError *error)
{
    *out = NULL;
    NndAxes *axes = calloc(1, sizeof *axes);
    size_t room = (size_t)(dim_count ? dim_count : 1);
    if (axes) {
        axes->dims = dims;
        axes->count = dim_count;
        axes->axes = calloc(room, sizeof *axes->axes);
        axes->tables = calloc(room, sizeof *axes->tables);
    }
    if (!axes || !axes->axes || !axes->tables) {
        nnd_axes_free(axes);
        return nnd_fail(error, NND_ENOMEM, "out of memory for the axes of the model");
    }
    *out = axes;
    return NND_OK;
}

void nnd_axes_free(NndAxes *axes)
{
    if (!axes)
        return;
    for (int i = 0; axes->tables && i < axes->count; i++) {
        free(axes->tables[i].offsets);
        free(axes->tables[i].segment);
        free(axes->tables[i].order);
        free(axes->tables[i].live);
    }
    free(axes->tables);
    free(axes->axes);
    free(axes);
}

const NndAxis *nnd_axes_table(const NndAxes *axes)
{
    return axes->axes;
}

void nnd_axes_set_distinct(NndAxes *axes, int dim, int64_t extent)
{
    axes->axes[dim].extent = extent;
}

/* Makes room for `count` items of `size` bytes; what was there is lost. */
static int make_room(void *pointer, int64_t *room, int64_t count, size_t size)
{
    void **memory = pointer;
    if (*memory && *room >= count)
        return 1;
    free(*memory);
    *memory = malloc((size_t)(count + 1) * size);
    *room = *memory ? count : 0;
    return *memory != NULL;
}

static int64_t window_length(const NndDimDesc *dim, int64_t length)
{
    int64_t reach = length + dim->pad - dim->span;
    int64_t windows = reach < 0 ? 0 : reach / dim->stride + 1;
    return windows < dim->least ? dim->least : windows;
}

static int64_t segment_length(const NndAxes *axes, int index, const NndExtent *given, int64_t i)
{
    const NndDimDesc *dim = &axes->dims[index];
    if (dim->kind == NND_DIM_RAGGED)
        return given[index].lengths[i];
    if (dim->kind == NND_DIM_UNIFORM)
        return dim->size;
    const int64_t *offsets = axes->axes[dim->source].offsets;
    int64_t length = offsets[i + 1] - offsets[i];
    if (dim->kind == NND_DIM_PART)
        return length < dim->size ? length : dim->size;
    return window_length(dim, length);
}

static NndStatus fill_offsets(NndAxes *axes, int index, const NndExtent *given, NndError *error)
{
    const NndDimDesc *dim = &axes->dims[index];
    Tables *t = &axes->tables[index];
    int64_t parents = axes->axes[dim->parent].extent, rows = 0, longest = 0;
    if (!make_room(&t->offsets, &t->parents, parents + 1, sizeof *t->offsets) ||
        !make_room(&t->order, &t->ordered, parents + 1, sizeof *t->order))
        return nnd_fail(error, NND_ENOMEM, "out of memory for %lld items", (long long)parents);
    for (int64_t i = 0; i < parents; i++) {
        int64_t length = segment_length(axes, index, given, i);
        if (length < 0 || length > MAX_ROWS - rows)
            return nnd_fail(error, NND_EINVAL, "axis %s: item %lld has length %lld", dim->name, (long long)i,
                            (long long)length);
        t->offsets[i] = rows;
        rows += length;
        longest = length > longest ? length : longest;
    }
    t->offsets[parents] = rows;
    axes->axes[index] = (NndAxis){.extent = rows, .steps = longest, .offsets = t->offsets, .order = t->order};
    return NND_OK;
}

/* Counting sort by length, longest first; equal ones keep their order. `live` counts the segments
 * longer than t; while sorting, live[n] is where the next segment of length n goes. */
static void fill_order(NndAxis *axis, Tables *t, int64_t parents)
{
    memset(t->live, 0, (size_t)(axis->steps + 1) * sizeof *t->live);
    for (int64_t i = 0; i < parents; i++)
        t->live[t->offsets[i + 1] - t->offsets[i]]++;
    int32_t before = 0;
    for (int64_t n = axis->steps; n >= 0; n--) {
        int32_t count = t->live[n];
        t->live[n] = before;
        before += count;
    }
    for (int64_t i = 0; i < parents; i++)
        t->order[t->live[t->offsets[i + 1] - t->offsets[i]]++] = (int32_t)i;
    /* live[n] has moved on to the first shorter segment: as many are at least n long */
    for (int64_t n = 0; n < axis->steps; n++)
        t->live[n] = t->live[n + 1];
    axis->live = t->live;
}

static void fill_segments(NndAxis *axis, Tables *t, int64_t parents)
{
    for (int64_t i = 0; i < parents; i++)
        for (int64_t row = t->offsets[i]; row < t->offsets[i + 1]; row++)
            t->segment[row] = (int32_t)i;
    axis->segment = t->segment;
}

static NndStatus bind_segmented(NndAxes *axes, int index, const NndExtent *given, NndError *error)
{
    NndStatus status = fill_offsets(axes, index, given, error);
    if (status)
        return status;
    NndAxis *axis = &axes->axes[index];
    Tables *t = &axes->tables[index];
    if (!make_room(&t->segment, &t->rows, axis->extent, sizeof *t->segment) ||
        !make_room(&t->live, &t->steps, axis->steps + 1, sizeof *t->live))
        return nnd_fail(error, NND_ENOMEM, "out of memory for %lld rows", (long long)axis->extent);
    int64_t parents = axes->axes[axes->dims[index].parent].extent;
    fill_order(axis, t, parents);
    fill_segments(axis, t, parents);
    return NND_OK;
}

NndStatus nnd_axes_bind(NndAxes *axes, const NndExtent *given, NndError *error)
{
    for (int i = 0; i < axes->count; i++) {
        const NndDimDesc *dim = &axes->dims[i];
        NndStatus status = NND_OK;
        if (dim->kind == NND_DIM_CONST)
            axes->axes[i] = (NndAxis){.extent = dim->size};
        else if (dim->kind <= NND_DIM_DISTINCT && (given[i].extent < 0 || given[i].extent > MAX_ROWS))
            status = nnd_fail(error, NND_EINVAL, "axis %s: %lld entries", dim->name, (long long)given[i].extent);
        else if (dim->kind <= NND_DIM_DISTINCT)
            axes->axes[i] = (NndAxis){.extent = given[i].extent};
        else
            status = bind_segmented(axes, i, given, error);
        if (status)
            return status;
    }
    return NND_OK;
}

int64_t nnd_axis_share(const NndAxis *axis, int64_t items, int64_t rank, int64_t size)
{
    int64_t place = 0, rows = 0, before = axis->extent / size * rank + axis->extent % size * rank / size;
    if (rank >= size)
        return items;
    for (; place < items && rows < before; place++) {
        int64_t item = axis->order[place];
        rows += axis->offsets[item + 1] - axis->offsets[item];
    }
    return place;
}
