/* SPDX-License-Identifier: Apache-2.0
 *
 * Batches, orders and splits of dataset.h.
 */
#include "runtime/data/dataset.h"

#include "runtime/random.h"

#include <stdlib.h>
#include <string.h>

/* Streams of random numbers (runtime/random.h); those of models count from 0. */
enum { STREAM_SHUFFLE = 0x7ffffffe, STREAM_SPLIT = 0x7fffffff };

int64_t nnd_gather_lengths(int64_t *lengths, const NndDataset *set, const int64_t *items,
                           int64_t count)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < count; i++) {
        lengths[i] = set->offsets[items[i] + 1] - set->offsets[items[i]];
        sum += lengths[i];
    }
    return sum;
}

int64_t nnd_gather_sentences(int64_t *lengths, const NndDataset *set, const int64_t *items,
                             int64_t count)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < count; i++) {
        lengths[i] = set->sentences[items[i] + 1] - set->sentences[items[i]];
        sum += lengths[i];
    }
    return sum;
}

void nnd_gather_sentence_lengths(int64_t *lengths, const NndDataset *set, const int64_t *items,
                                 int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        int64_t begin = set->offsets[items[i]];
        for (int64_t s = set->sentences[items[i]]; s < set->sentences[items[i] + 1]; s++) {
            *lengths++ = set->sentence_ends[s] - begin;
            begin = set->sentence_ends[s];
        }
    }
}

void nnd_gather_tokens(int32_t *tokens, const NndDataset *set, const int64_t *items, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        int64_t begin = set->offsets[items[i]], length = set->offsets[items[i] + 1] - begin;
        memcpy(tokens, set->tokens + begin, (size_t)length * sizeof *tokens);
        tokens += length;
    }
}

void nnd_gather_marks(float *marks, const NndDataset *set, const int64_t *items, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        for (int64_t at = set->offsets[items[i]]; at < set->offsets[items[i] + 1]; at++)
            *marks++ = set->marks ? set->marks[at] : 0;
}

void nnd_gather_dense(float *out, const NndDataset *set, const int64_t *items, int64_t count)
{
    size_t size = (size_t)set->item_size;
    for (int64_t i = 0; i < count; i++, out += size) {
        size_t begin = (size_t)items[i] * size;
        if (set->f32) {
            memcpy(out, set->f32 + begin, size * sizeof *out);
            continue;
        }
        for (size_t j = 0; j < size; j++)
            out[j] = (float)set->u8[begin + j] * set->scale;
    }
}

void nnd_gather_labels(int32_t *labels, const NndDataset *set, const int64_t *items, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        labels[i] = set->labels[items[i]];
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

static int32_t class_of(const NndDataset *set, int64_t item)
{
    return set->labels ? set->labels[item] : 0;
}

/* Lists the items of each class: class c is items[begin[c]] .. items[begin[c + 1] - 1]. */
static void list_classes(int64_t *items, int64_t *begin, int32_t classes, const NndDataset *set)
{
    for (int64_t i = 0; i < set->count; i++)
        begin[class_of(set, i) + 1]++;
    for (int32_t c = 0; c < classes; c++)
        begin[c + 1] += begin[c];
    for (int64_t i = 0; i < set->count; i++) /* moves begin[c] to the class's end */
        items[begin[class_of(set, i)]++] = i;
    for (int32_t c = classes; c > 0; c--)
        begin[c] = begin[c - 1];
    begin[0] = 0;
}

/* Marks the items held out of one class. */
static void hold_out(bool *held, int64_t *items, int64_t count, double fraction, uint64_t seed,
                     int32_t class_index)
{
    int64_t wanted = (int64_t)((double)count * fraction + 0.5);
    if (wanted >= count)
        wanted = count - 1;
    shuffle(items, count, seed, (uint64_t)class_index, STREAM_SPLIT);
    for (int64_t i = 0; i < wanted; i++)
        held[items[i]] = true;
}

static void deal(NndSplit *out, const bool *held, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (held[i])
            out->valid[out->valid_count++] = i;
        else
            out->train[out->train_count++] = i;
    }
}

NndStatus nnd_dataset_split(NndSplit *out, const NndDataset *set, double fraction, uint64_t seed,
                            NndError *error)
{
    *out = (NndSplit){0};
    if (!(fraction >= 0 && fraction <= 1))
        return nnd_fail(error, NND_EINVAL, "cannot hold out %g of the data", fraction);
    int32_t classes = set->labels ? set->classes.count : 1;
    size_t room = (size_t)set->count + 1;
    int64_t *items = malloc(room * sizeof *items);
    int64_t *begin = calloc((size_t)classes + 2, sizeof *begin);
    bool *held = calloc(room, sizeof *held);
    out->train = malloc(room * sizeof *out->train);
    out->valid = malloc(room * sizeof *out->valid);
    NndStatus status = NND_OK;
    if (!items || !begin || !held || !out->train || !out->valid) {
        nnd_split_free(out);
        status = nnd_fail(error, NND_ENOMEM, "out of memory for %lld items", (long long)set->count);
    } else {
        list_classes(items, begin, classes, set);
        for (int32_t c = 0; c < classes; c++)
            hold_out(held, items + begin[c], begin[c + 1] - begin[c], fraction, seed, c);
        deal(out, held, set->count);
    }
    free(items);
    free(begin);
    free(held);
    return status;
}

void nnd_split_free(NndSplit *split)
{
    free(split->train);
    free(split->valid);
    *split = (NndSplit){0};
}
