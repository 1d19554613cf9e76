/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/axes.h"
#include "runtime/random.h"
#include "tests/check.h"

#include <stdbool.h>
#include <stdlib.h>

enum { BATCH, WORD, MAX_LENGTH = 16 };

static NndError error;

#define FREE_BATCH {.name = "batch", .kind = NND_DIM_FREE, .parent = -1, .source = -1}
#define RAGGED(named, of) {.name = named, .kind = NND_DIM_RAGGED, .parent = of, .source = -1}

static const NndDimDesc batch_of_words[] = {FREE_BATCH, RAGGED("word", BATCH)};

static NndAxes *axes_of(const NndDimDesc *dims, int count)
{
    NndAxes *axes = NULL;
    CHECK_EQ_INT(nnd_axes_new(&axes, dims, count, &error), NND_OK);
    return axes;
}

/* ---- the contract of runtime/abi.h, said again without cleverness ---- */

static int64_t length_of(const NndAxis *axis, int64_t segment)
{
    return axis->offsets[segment + 1] - axis->offsets[segment];
}

static bool goes_before(const NndAxis *axis, int32_t a, int32_t b)
{
    return length_of(axis, a) != length_of(axis, b) ? length_of(axis, a) > length_of(axis, b) : a < b;
}

static bool offsets_fit(const NndAxis *axis, int64_t parents, const int64_t *lengths)
{
    int64_t row = 0;
    for (int64_t i = 0; i < parents; i++) {
        if (axis->offsets[i] != row)
            return false;
        row += lengths[i];
    }
    return axis->offsets[parents] == row && axis->extent == row;
}

static bool segments_fit(const NndAxis *axis, int64_t parents)
{
    for (int64_t i = 0; i < parents; i++)
        for (int64_t row = axis->offsets[i]; row < axis->offsets[i + 1]; row++)
            if (axis->segment[row] != i)
                return false;
    return true;
}

static bool order_fits(const NndAxis *axis, int64_t parents)
{
    for (int64_t i = 0; i < parents; i++) {
        if (axis->order[i] < 0 || axis->order[i] >= parents)
            return false;
        if (i && !goes_before(axis, axis->order[i - 1], axis->order[i]))
            return false; /* strict, so no segment is there twice */
    }
    return true;
}

static bool live_fits(const NndAxis *axis, int64_t parents)
{
    int64_t longest = 0;
    for (int64_t i = 0; i < parents; i++)
        longest = length_of(axis, i) > longest ? length_of(axis, i) : longest;
    for (int64_t t = 0; t < longest; t++) {
        int64_t longer = 0;
        for (int64_t i = 0; i < parents; i++)
            longer += length_of(axis, i) > t;
        if (axis->live[t] != longer)
            return false;
    }
    return axis->steps == longest;
}

static void check_axis(const NndAxis *axis, int64_t parents, const int64_t *lengths)
{
    CHECK(offsets_fit(axis, parents, lengths));
    CHECK(segments_fit(axis, parents));
    CHECK(order_fits(axis, parents));
    CHECK(live_fits(axis, parents));
}

static const NndAxis *bind_words(NndAxes *axes, int64_t count, const int64_t *lengths)
{
    NndExtent given[] = {{.extent = count}, {.lengths = lengths}};
    CHECK_EQ_INT(nnd_axes_bind(axes, given, &error), NND_OK);
    return &nnd_axes_table(axes)[WORD];
}

/* ---- ragged axes ---- */

static void rows_are_packed_and_segments_sorted_longest_first(void)
{
    static const int64_t lengths[] = {2, 0, 5, 1, 2};
    static const int64_t offsets[] = {0, 2, 2, 7, 8, 10};
    static const int32_t segment[] = {0, 0, 2, 2, 2, 2, 2, 3, 4, 4}, order[] = {2, 0, 4, 3, 1}, live[] = {4, 3, 1, 1, 1};
    NndAxes *axes = axes_of(batch_of_words, 2);
    const NndAxis *word = bind_words(axes, 5, lengths);
    CHECK_EQ_INT(nnd_axes_table(axes)[BATCH].extent, 5);
    CHECK_EQ_INT(word->extent, 10);
    CHECK_EQ_INT(word->steps, 5);
    CHECK(!memcmp(word->offsets, offsets, sizeof offsets));
    CHECK(!memcmp(word->segment, segment, sizeof segment));
    CHECK(!memcmp(word->order, order, sizeof order));
    CHECK(!memcmp(word->live, live, sizeof live));
    check_axis(word, 5, lengths);
    nnd_axes_free(axes);
}

static void shares_follow_each_other_and_have_about_equally_many_rows(void)
{
    static const int64_t lengths[] = {3, 16, 0, 7, 7, 1, 12, 9, 2};
    enum { ITEMS = sizeof lengths / sizeof *lengths };
    NndAxes *axes = axes_of(batch_of_words, 2);
    NndExtent given[] = {{.extent = ITEMS}, {.lengths = lengths}};
    CHECK_EQ_INT(nnd_axes_bind(axes, given, &error), NND_OK);
    const NndAxis *word = &nnd_axes_table(axes)[WORD];
    for (int64_t size = 1; size <= ITEMS + 2; size++) {
        CHECK_EQ_INT(nnd_axis_share(word, ITEMS, 0, size), 0);
        CHECK_EQ_INT(nnd_axis_share(word, ITEMS, size, size), ITEMS);
        for (int64_t rank = 0; rank < size; rank++) {
            int64_t lo = nnd_axis_share(word, ITEMS, rank, size), hi = nnd_axis_share(word, ITEMS, rank + 1, size);
            int64_t rows = 0;
            CHECK(lo <= hi);
            for (int64_t place = lo; place < hi; place++)
                rows += length_of(word, word->order[place]);
            CHECK(rows < word->extent / size + MAX_LENGTH + 1);
        }
    }
    nnd_axes_free(axes);
}

static void a_batch_of_no_items_has_no_rows(void)
{
    NndAxes *axes = axes_of(batch_of_words, 2);
    const NndAxis *word = bind_words(axes, 0, NULL);
    CHECK_EQ_INT(word->extent, 0);
    CHECK_EQ_INT(word->steps, 0);
    CHECK_EQ_INT(word->offsets[0], 0);
    nnd_axes_free(axes);
}

static void segments_may_all_be_empty(void)
{
    static const int64_t lengths[3];
    NndAxes *axes = axes_of(batch_of_words, 2);
    const NndAxis *word = bind_words(axes, 3, lengths);
    CHECK_EQ_INT(word->extent, 0);
    CHECK_EQ_INT(word->steps, 0);
    CHECK(word->order[0] == 0 && word->order[1] == 1 && word->order[2] == 2);
    check_axis(word, 3, lengths);
    nnd_axes_free(axes);
}

static void batches_of_any_size_follow_each_other(void)
{
    static const int64_t counts[] = {5, 1, 40, 3, 0, 39, 41, 500, 2, 499, 7};
    int64_t lengths[500];
    NndAxes *axes = axes_of(batch_of_words, 2);
    for (uint32_t round = 0; round < 3 * sizeof counts / sizeof *counts; round++) {
        int64_t count = counts[round % (sizeof counts / sizeof *counts)];
        for (int64_t i = 0; i < count; i++)
            lengths[i] = nnd_random_word(1, 0, round, (uint64_t)i) % (round % 3 ? MAX_LENGTH : 3);
        check_axis(bind_words(axes, count, lengths), count, lengths);
    }
    nnd_axes_free(axes);
}

static void sentences_hold_words(void)
{
    static const NndDimDesc dims[] = {FREE_BATCH, RAGGED("sent", 0), RAGGED("word", 1)};
    static const int64_t sentences[] = {2, 0, 1}, words[] = {3, 0, 4};
    NndAxes *axes = axes_of(dims, 3);
    NndExtent given[] = {{.extent = 3}, {.lengths = sentences}, {.lengths = words}};
    CHECK_EQ_INT(nnd_axes_bind(axes, given, &error), NND_OK);
    check_axis(&nnd_axes_table(axes)[1], 3, sentences);
    check_axis(&nnd_axes_table(axes)[2], 3, words);
    CHECK_EQ_INT(nnd_axes_table(axes)[2].segment[3], 2);
    nnd_axes_free(axes);
}

/* ---- other kinds ---- */

static void constant_and_free_axes_have_an_extent_alone(void)
{
    static const NndDimDesc dims[] = {{.name = "hidden", .kind = NND_DIM_CONST, .parent = -1, .source = -1, .size = 300}, FREE_BATCH};
    NndAxes *axes = axes_of(dims, 2);
    NndExtent given[] = {{0}, {.extent = 17}};
    CHECK_EQ_INT(nnd_axes_bind(axes, given, &error), NND_OK);
    const NndAxis *table = nnd_axes_table(axes);
    CHECK_EQ_INT(table[0].extent, 300);
    CHECK_EQ_INT(table[1].extent, 17);
    CHECK(!table[0].offsets && !table[0].segment && !table[1].order && !table[1].live);
    nnd_axes_free(axes);
}

static void a_module_may_have_no_axes(void)
{
    NndAxes *axes = axes_of(NULL, 0);
    CHECK_EQ_INT(nnd_axes_bind(axes, NULL, &error), NND_OK);
    nnd_axes_free(axes);
    nnd_axes_free(NULL);
}

static void uniform_segments_all_have_the_same_length(void)
{
    static const int64_t lengths[] = {3, 3, 3, 3};
    for (int64_t size = 0; size <= 3; size += 3) {
        const NndDimDesc dims[] = {FREE_BATCH, {.name = "part", .kind = NND_DIM_UNIFORM, .parent = 0, .source = -1, .size = size}};
        NndAxes *axes = axes_of(dims, 2);
        NndExtent given[] = {{.extent = 4}, {0}};
        CHECK_EQ_INT(nnd_axes_bind(axes, given, &error), NND_OK);
        check_axis(&nnd_axes_table(axes)[1], 4, size ? lengths : (const int64_t[4]){0});
        nnd_axes_free(axes);
    }
}

/* ---- windows ---- */

static int64_t windows_counted(int64_t rows, const NndDimDesc *dim)
{
    int64_t count = 0;
    for (int64_t at = 0; at + dim->span <= rows + dim->pad; at += dim->stride)
        count++;
    return count > dim->least ? count : dim->least;
}

static void check_windows(const NndDimDesc *window)
{
    enum { WINDOW = 2 };
    const NndDimDesc dims[] = {FREE_BATCH, RAGGED("word", BATCH), *window};
    int64_t words[MAX_LENGTH + 1], windows[MAX_LENGTH + 1];
    for (int64_t n = 0; n <= MAX_LENGTH; n++) {
        words[n] = n * 5 % (MAX_LENGTH + 1);
        windows[n] = windows_counted(words[n], window);
    }
    NndAxes *axes = axes_of(dims, 3);
    NndExtent given[] = {{.extent = MAX_LENGTH + 1}, {.lengths = words}, {0}};
    CHECK_EQ_INT(nnd_axes_bind(axes, given, &error), NND_OK);
    check_axis(&nnd_axes_table(axes)[WINDOW], MAX_LENGTH + 1, windows);
    nnd_axes_free(axes);
}

static void windows_are_counted_for_every_segment(void)
{
    for (int64_t span = 1; span <= 7; span++)
        for (int64_t stride = 1; stride <= 4; stride++)
            for (int64_t pad = 0; pad <= span; pad++)
                for (int32_t least = 0; least <= 2; least++)
                    check_windows(&(NndDimDesc){.name = "window", .kind = NND_DIM_WINDOW, .parent = BATCH, .source = WORD,
                                                .least = least, .pad = pad, .span = span, .stride = stride});
}

static void a_segment_too_short_for_a_window_has_the_least_of_them(void)
{
    static const int64_t words[] = {0, 2, 3, 4}, none[] = {0, 0, 1, 2}, one[] = {1, 1, 1, 2};
    for (int32_t least = 0; least <= 1; least++) {
        const NndDimDesc dims[] = {FREE_BATCH, RAGGED("word", BATCH),
                                   {.name = "window", .kind = NND_DIM_WINDOW, .parent = BATCH, .source = WORD, .least = least,
                                    .span = 3, .stride = 1}};
        NndAxes *axes = axes_of(dims, 3);
        NndExtent given[] = {{.extent = 4}, {.lengths = words}, {0}};
        CHECK_EQ_INT(nnd_axes_bind(axes, given, &error), NND_OK);
        check_axis(&nnd_axes_table(axes)[2], 4, least ? one : none);
        nnd_axes_free(axes);
    }
}

static void windows_go_over_windows(void)
{
    static const NndDimDesc dims[] = {
        FREE_BATCH, RAGGED("word", BATCH),
        {.name = "pair", .kind = NND_DIM_WINDOW, .parent = BATCH, .source = WORD, .span = 2, .stride = 1},
        {.name = "pool", .kind = NND_DIM_WINDOW, .parent = BATCH, .source = 2, .span = 2, .stride = 2, .least = 1}};
    static const int64_t words[] = {1, 2, 6, 0, 5}, pairs[] = {0, 1, 5, 0, 4}, pools[] = {1, 1, 2, 1, 2};
    NndAxes *axes = axes_of(dims, 4);
    NndExtent given[4] = {{.extent = 5}, {.lengths = words}};
    CHECK_EQ_INT(nnd_axes_bind(axes, given, &error), NND_OK);
    check_axis(&nnd_axes_table(axes)[2], 5, pairs);
    check_axis(&nnd_axes_table(axes)[3], 5, pools);
    nnd_axes_free(axes);
}

/* ---- what is refused ---- */

static void check_refused(NndAxes *axes, int64_t count, const int64_t *lengths, const char *text)
{
    NndExtent given[] = {{.extent = count}, {.lengths = lengths}};
    CHECK_EQ_INT(nnd_axes_bind(axes, given, &error), NND_EINVAL);
    CHECK_STR_EQ(error.text, text);
}

static void impossible_extents_are_refused_by_name_and_do_no_harm(void)
{
    static const int64_t negative[] = {3, -1}, many[] = {1, INT32_MAX}, vast[] = {INT64_MAX, 1}, good[] = {1, 2};
    NndAxes *axes = axes_of(batch_of_words, 2);
    check_refused(axes, -1, good, "axis batch: -1 entries");
    check_refused(axes, (int64_t)INT32_MAX + 1, good, "axis batch: 2147483648 entries");
    check_refused(axes, 2, negative, "axis word: item 1 has length -1");
    check_refused(axes, 2, many, "axis word: item 1 has length 2147483647");
    check_refused(axes, 2, vast, "axis word: item 0 has length 9223372036854775807");
    check_axis(bind_words(axes, 2, good), 2, good);
    nnd_axes_free(axes);
}

int main(void)
{
    rows_are_packed_and_segments_sorted_longest_first();
    shares_follow_each_other_and_have_about_equally_many_rows();
    a_batch_of_no_items_has_no_rows();
    segments_may_all_be_empty();
    batches_of_any_size_follow_each_other();
    sentences_hold_words();
    constant_and_free_axes_have_an_extent_alone();
    a_module_may_have_no_axes();
    uniform_segments_all_have_the_same_length();
    windows_are_counted_for_every_segment();
    a_segment_too_short_for_a_window_has_the_least_of_them();
    windows_go_over_windows();
    impossible_extents_are_refused_by_name_and_do_no_harm();
    return test_report();
}
