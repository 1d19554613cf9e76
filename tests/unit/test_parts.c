/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of an axis: which rows they have, and that rows are copied to and fro.
 */
#include "runtime/parts.h"

#include <stdlib.h>

#include "runtime/axes.h"
#include "tests/check.h"

enum {
    ITEMS = 6,
    K = 3,
    LONGEST = 8,
    ROWS = 18,
    BATCH = 0,
    WORD = 1,
    PART = 2,
    MARKS = 3,
    DIMS = 4
};

static const int64_t lengths[ITEMS] = {K - 1, 0, LONGEST, K, 1, K + 1};

static const NndDimDesc dims[DIMS] = {
    {.name = "batch", .kind = NND_DIM_FREE, .parent = -1, .source = -1},
    {.name = "word", .kind = NND_DIM_RAGGED, .parent = BATCH, .source = -1},
    {.name = "part", .kind = NND_DIM_PART, .parent = BATCH, .source = WORD, .size = K},
    {.name = "marks",
     .kind = NND_DIM_WINDOW,
     .parent = BATCH,
     .source = WORD,
     .pad = K - 1,
     .span = K,
     .stride = K}};

static NndAxes *bound_axes(void)
{
    NndAxes *axes;
    NndError error;
    NndExtent given[DIMS] = {{.extent = ITEMS}, {.lengths = lengths}};
    CHECK_EQ_INT(nnd_axes_new(&axes, dims, DIMS, &error), NND_OK);
    CHECK_EQ_INT(nnd_axes_bind(axes, given, &error), NND_OK);
    return axes;
}

static int64_t rows_in_part(int64_t item, int64_t first)
{
    int64_t left = lengths[item] - first;
    return left < 0 ? 0 : left < K ? left : K;
}

static void check_part(const NndAxis *part, int64_t first)
{
    int64_t rows = 0, longest = 0;
    for (int64_t i = 0; i < ITEMS; i++) {
        CHECK_EQ_INT(part->offsets[i], rows);
        for (int64_t n = 0; n < rows_in_part(i, first); n++)
            CHECK_EQ_INT(part->segment[rows++], i);
        longest = rows_in_part(i, first) > longest ? rows_in_part(i, first) : longest;
    }
    CHECK_EQ_INT(part->offsets[ITEMS], rows);
    CHECK_EQ_INT(part->extent, rows);
    CHECK_EQ_INT(part->steps, longest);
    for (int64_t i = 1; i < ITEMS; i++)
        CHECK(rows_in_part(part->order[i - 1], first) >= rows_in_part(part->order[i], first));
    for (int64_t t = 0; t < longest; t++) {
        int64_t live = 0;
        for (int64_t i = 0; i < ITEMS; i++)
            live += rows_in_part(i, first) > t;
        CHECK_EQ_INT(part->live[t], live);
    }
}

static void the_first_part_is_bound_with_the_batch(void)
{
    NndAxes *axes = bound_axes();
    check_part(&nnd_axes_table(axes)[PART], 0);
    nnd_axes_free(axes);
}

static void parts_have_the_rows_that_are_next(void)
{
    NndAxes *axes = bound_axes();
    int64_t offsets[ITEMS + 1];
    int32_t segment[ITEMS * K];
    for (int64_t first = 0; first < LONGEST; first += K) {
        NndAxis part;
        nnd_part_bind(&part, &nnd_axes_table(axes)[WORD], ITEMS, first, K, offsets, segment);
        check_part(&part, first);
    }
    nnd_axes_free(axes);
}

static void rows_come_back_to_their_places(void)
{
    NndAxes *axes = bound_axes();
    const NndAxis *word = &nnd_axes_table(axes)[WORD];
    double sequence[ROWS], copy[ROWS] = {0}, rows[ITEMS * K];
    int64_t offsets[ITEMS + 1];
    int32_t segment[ITEMS * K];
    CHECK_EQ_INT(word->extent, ROWS);
    for (int i = 0; i < ROWS; i++)
        sequence[i] = i + 1;
    for (int64_t first = 0; first < LONGEST; first += K) {
        NndAxis part;
        nnd_part_bind(&part, word, ITEMS, first, K, offsets, segment);
        nnd_part_read(&part, word, ITEMS, first, sizeof *rows, rows, sequence);
        for (int64_t r = 0; r < part.extent; r++)
            CHECK_NEAR(rows[r],
                       sequence[word->offsets[segment[r]] + first + r - offsets[segment[r]]], 0);
        nnd_part_write(&part, word, ITEMS, first, sizeof *rows, rows, copy);
    }
    CHECK(!memcmp(copy, sequence, sizeof copy));
    nnd_axes_free(axes);
}

static void an_item_without_the_mark_is_zero(void)
{
    NndAxes *axes = bound_axes();
    const NndAxis *marks = &nnd_axes_table(axes)[MARKS];
    double sequence[ITEMS * K] = {0}, rows[ITEMS], found[ITEMS];
    for (int64_t at = 0; at * K < LONGEST; at++) {
        for (int i = 0; i < ITEMS; i++)
            rows[i] = 10 * (double)at + i + 1;
        nnd_mark_write(marks, ITEMS, at, sizeof *rows, rows, sequence);
        nnd_mark_read(marks, ITEMS, at, sizeof *rows, found, sequence);
        for (int i = 0; i < ITEMS; i++)
            CHECK_NEAR(found[i], at * K < lengths[i] ? rows[i] : 0, 0);
    }
    for (int64_t i = 0; i < marks->extent; i++)
        CHECK(sequence[i] > 0);
    nnd_axes_free(axes);
}

static void a_batch_may_be_empty(void)
{
    NndAxis part, whole = {0};
    nnd_part_bind(&part, &whole, 0, 0, K, NULL, NULL);
    CHECK_EQ_INT(part.extent, 0);
    CHECK_EQ_INT(part.steps, 0);
}

int main(void)
{
    the_first_part_is_bound_with_the_batch();
    parts_have_the_rows_that_are_next();
    rows_come_back_to_their_places();
    an_item_without_the_mark_is_zero();
    a_batch_may_be_empty();
    return test_report();
}
