/* SPDX-License-Identifier: Apache-2.0
 *
 * Batches, orders and splits of dataset.h.
 */
#include "runtime/data/dataset.h"

#include "runtime/random.h"

#include <stdlib.h>
#include <string.h>

/* Streams of random numbers (runtime/random.h); those of models count from 0. */
enum { STREAM_FOLD = 0x7ffffffc, STREAM_SHUFFLE = 0x7ffffffe, STREAM_SPLIT = 0x7fffffff };

int64_t nnd_gather_lengths(int64_t *lengths, const NndColumn *column, const int64_t *items,
                           int64_t count)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < count; i++) {
        lengths[i] = column->offsets[items[i] + 1] - column->offsets[items[i]];
        sum += lengths[i];
    }
    return sum;
}

int64_t nnd_gather_sentences(int64_t *lengths, const NndColumn *column, const int64_t *items,
                             int64_t count)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < count; i++) {
        lengths[i] = column->sentences[items[i] + 1] - column->sentences[items[i]];
        sum += lengths[i];
    }
    return sum;
}

void nnd_gather_sentence_lengths(int64_t *lengths, const NndColumn *column, const int64_t *items,
                                 int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        int64_t begin = column->offsets[items[i]];
        for (int64_t s = column->sentences[items[i]]; s < column->sentences[items[i] + 1]; s++) {
            *lengths++ = column->sentence_ends[s] - begin;
            begin = column->sentence_ends[s];
        }
    }
}

void nnd_gather_tokens(int32_t *tokens, const NndColumn *column, const int64_t *items, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        int64_t begin = column->offsets[items[i]], length = column->offsets[items[i] + 1] - begin;
        memcpy(tokens, column->tokens + begin, (size_t)length * sizeof *tokens);
        tokens += length;
    }
}

void nnd_gather_marks(float *marks, const NndColumn *column, const int64_t *items, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        for (int64_t at = column->offsets[items[i]]; at < column->offsets[items[i] + 1]; at++)
            *marks++ = column->marks ? column->marks[at] : 0;
}

void nnd_gather_numbers(float *out, const NndColumn *column, const int64_t *items, int64_t count)
{
    size_t size = (size_t)column->width;
    for (int64_t i = 0; i < count; i++, out += size) {
        size_t begin = (size_t)items[i] * size;
        if (column->f32) {
            memcpy(out, column->f32 + begin, size * sizeof *out);
            continue;
        }
        for (size_t j = 0; j < size; j++)
            out[j] = (float)column->u8[begin + j] * column->scale;
    }
}

void nnd_gather_labels(int32_t *labels, const NndColumn *column, const int64_t *items, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        labels[i] = column->labels[items[i]];
}

/* Uniform in 0 .. bound-1 without bias (Lemire 2019, "Fast random integer generation in an
 * interval"); `index` counts the words used. */
static uint32_t random_below(uint32_t bound, uint64_t seed, uint64_t step, uint32_t stream,
                             uint64_t *index)
{
    uint32_t reject = (0u - bound) % bound;
    for (;;) {
        uint64_t product = (uint64_t)nnd_random_word(seed, step, stream, (*index)++) * bound;
        if ((uint32_t)product >= reject)
            return (uint32_t)(product >> 32);
    }
}

static void shuffle(int64_t *items, int64_t count, uint64_t seed, uint64_t step, uint32_t stream)
{
    uint64_t index = 0;
    for (int64_t i = count - 1; i > 0; i--) {
        int64_t j = random_below((uint32_t)i + 1, seed, step, stream, &index);
        int64_t item = items[i];
        items[i] = items[j];
        items[j] = item;
    }
}

void nnd_shuffle(int64_t *items, int64_t count, uint64_t seed, uint64_t epoch)
{
    shuffle(items, count, seed, epoch, STREAM_SHUFFLE);
}

/* The column of the first target that is a class, or NULL. */
static const NndColumn *class_column(const NndDataset *set)
{
    for (int i = 0; i < set->fields->count; i++)
        if (set->columns[i].labels)
            return &set->columns[i];
    return NULL;
}

static int32_t class_of(const NndColumn *column, int64_t item)
{
    return column ? column->labels[item] : 0;
}

/* Lists the items of each class: class c is items[begin[c]] .. items[begin[c + 1] - 1]. */
static void list_classes(int64_t *items, int64_t *begin, int32_t classes, const NndColumn *column,
                         int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        begin[class_of(column, i) + 1]++;
    for (int32_t c = 0; c < classes; c++)
        begin[c + 1] += begin[c];
    for (int64_t i = 0; i < count; i++) /* moves begin[c] to the class's end */
        items[begin[class_of(column, i)]++] = i;
    for (int32_t c = classes; c > 0; c--)
        begin[c] = begin[c - 1];
    begin[0] = 0;
}

enum { TRAIN, VALID, TEST }; /* what an item is for */

/* Deals the items of one class to the folds in turn, `dealt` of other classes before it. */
static void leave_out(uint8_t *use, int64_t *items, int64_t count, NndFold fold, int64_t dealt, uint64_t seed,
                      int32_t class_index)
{
    shuffle(items, count, seed, (uint64_t)class_index, STREAM_FOLD);
    for (int64_t i = 0; i < count; i++)
        if ((dealt + i) % fold.count == fold.index)
            use[items[i]] = TEST;
}

/* Brings the items that are not left out to the front, in order; how many there are. */
static int64_t keep_rest(const uint8_t *use, int64_t *items, int64_t count)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < count; i++)
        if (use[items[i]] != TEST)
            items[kept++] = items[i];
    return kept;
}

/* Marks the items held out of one class. */
static void hold_out(uint8_t *use, int64_t *items, int64_t count, double fraction, uint64_t seed,
                     int32_t class_index)
{
    int64_t wanted = (int64_t)((double)count * fraction + 0.5);
    if (wanted >= count)
        wanted = count - 1;
    shuffle(items, count, seed, (uint64_t)class_index, STREAM_SPLIT);
    for (int64_t i = 0; i < wanted; i++)
        use[items[i]] = VALID;
}

static void deal(NndSplit *out, const uint8_t *use, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (use[i] == TEST)
            out->test[out->test_count++] = i;
        else if (use[i] == VALID)
            out->valid[out->valid_count++] = i;
        else
            out->train[out->train_count++] = i;
    }
}

static void split_class(uint8_t *use, int64_t *items, int64_t count, int64_t before, double fraction, NndFold fold,
                        uint64_t seed, int32_t class_index)
{
    if (fold.count) {
        leave_out(use, items, count, fold, before, seed, class_index);
        count = keep_rest(use, items, count);
    }
    hold_out(use, items, count, fraction, seed, class_index);
}

NndStatus nnd_dataset_split(NndSplit *out, const NndDataset *set, double fraction, NndFold fold, uint64_t seed,
                            NndError *error)
{
    *out = (NndSplit){0};
    if (!(fraction >= 0 && fraction <= 1))
        return nnd_fail(error, NND_EINVAL, "cannot hold out %g of the data", fraction);
    if (fold.count > set->count)
        return nnd_fail(error, NND_EINVAL, "%lld items cannot be dealt into %d parts", (long long)set->count, fold.count);
    const NndColumn *column = class_column(set);
    int32_t classes = column ? column->classes.count : 1;
    size_t room = (size_t)set->count + 1;
    int64_t *items = malloc(room * sizeof *items);
    int64_t *begin = calloc((size_t)classes + 2, sizeof *begin);
    uint8_t *use = calloc(room, sizeof *use);
    out->train = malloc(room * sizeof *out->train);
    out->valid = malloc(room * sizeof *out->valid);
    out->test = malloc(room * sizeof *out->test);
    NndStatus status = NND_OK;
    if (!items || !begin || !use || !out->train || !out->valid || !out->test) {
        nnd_split_free(out);
        status = nnd_fail(error, NND_ENOMEM, "out of memory for %lld items", (long long)set->count);
    } else {
        list_classes(items, begin, classes, column, set->count);
        for (int32_t c = 0; c < classes; c++)
            split_class(use, items + begin[c], begin[c + 1] - begin[c], begin[c], fraction, fold, seed, c);
        deal(out, use, set->count);
    }
    free(items);
    free(begin);
    free(use);
    return status;
}

void nnd_split_free(NndSplit *split)
{
    free(split->train);
    free(split->valid);
    free(split->test);
    *split = (NndSplit){0};
}
