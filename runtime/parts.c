/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/parts.h"

#include <string.h>

static int64_t rows_of(const NndAxis *axis, int64_t item)
{
    return axis->offsets[item + 1] - axis->offsets[item];
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* A longer segment has no fewer rows in any part, so the order is that of the whole. */
void nnd_part_bind(NndAxis *part, const NndAxis *whole, int64_t items, int64_t first, int64_t size,
                   int64_t *offsets, int32_t *segment)
{
    int64_t rows = 0;
    for (int64_t i = 0; i < items; i++) {
        int64_t left = rows_of(whole, i) - first;
        offsets[i] = rows;
        for (int64_t n = 0; n < left && n < size; n++)
            segment[rows++] = (int32_t)i;
        offsets[i + 1] = rows;
    }
    int64_t steps = least(size, whole->steps - first);
    *part = (NndAxis){.extent = rows,
                      .offsets = offsets,
                      .segment = segment,
                      .order = whole->order,
                      .live = whole->live + first,
                      .steps = steps > 0 ? steps : 0};
}

void nnd_part_read(const NndAxis *part, const NndAxis *whole, int64_t items, int64_t first,
                   int64_t row_bytes, void *rows, const void *sequence)
{
    size_t bytes = (size_t)row_bytes;
    for (int64_t i = 0; i < items; i++)
        if (rows_of(part, i))
            memcpy((char *)rows + (size_t)part->offsets[i] * bytes,
                   (const char *)sequence + (size_t)(whole->offsets[i] + first) * bytes,
                   (size_t)rows_of(part, i) * bytes);
}

void nnd_part_write(const NndAxis *part, const NndAxis *whole, int64_t items, int64_t first,
                    int64_t row_bytes, const void *rows, void *sequence)
{
    size_t bytes = (size_t)row_bytes;
    for (int64_t i = 0; i < items; i++)
        if (rows_of(part, i))
            memcpy((char *)sequence + (size_t)(whole->offsets[i] + first) * bytes,
                   (const char *)rows + (size_t)part->offsets[i] * bytes,
                   (size_t)rows_of(part, i) * bytes);
}

void nnd_mark_read(const NndAxis *marks, int64_t items, int64_t at, int64_t row_bytes, void *rows,
                   const void *sequence)
{
    size_t bytes = (size_t)row_bytes;
    for (int64_t i = 0; i < items; i++) {
        char *row = (char *)rows + (size_t)i * bytes;
        if (at < rows_of(marks, i))
            memcpy(row, (const char *)sequence + (size_t)(marks->offsets[i] + at) * bytes, bytes);
        else
            memset(row, 0, bytes);
    }
}

void nnd_mark_write(const NndAxis *marks, int64_t items, int64_t at, int64_t row_bytes,
                    const void *rows, void *sequence)
{
    size_t bytes = (size_t)row_bytes;
    for (int64_t i = 0; i < items; i++)
        if (at < rows_of(marks, i))
            memcpy((char *)sequence + (size_t)(marks->offsets[i] + at) * bytes,
                   (const char *)rows + (size_t)i * bytes, bytes);
}
