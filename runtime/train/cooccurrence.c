/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/train/cooccurrence.h"

#include <stdbool.h>
#include <stdlib.h>

#include "runtime/data/vocab.h"

enum { FIRST_ROOM = 1 << 12 };
static const uint64_t max_room = (uint64_t)1 << 34;

/* The smaller word of a pair is in the upper half of its key; ids of words are not 0, so no key is.
 */
typedef struct Slot {
    uint64_t key;
    double count;
} Slot;

struct NndPairCounter {
    Slot *slots; /* [room], open addressing; at most half are used */
    uint64_t room, used;
    int32_t *recent; /* the last `window` words, a ring */
    int32_t window;
};

static NndStatus out_of_memory(NndError *error)
{
    return nnd_fail(error, NND_ENOMEM, "out of memory for pairs of words");
}

NndStatus nnd_pair_counter_new(NndPairCounter **out, int32_t window, NndError *error)
{
    NndPairCounter *counter = calloc(1, sizeof *counter);
    *out = NULL;
    if (counter) {
        *counter = (NndPairCounter){.slots = calloc(FIRST_ROOM, sizeof *counter->slots),
                                    .room = FIRST_ROOM,
                                    .recent = calloc((size_t)window, sizeof *counter->recent),
                                    .window = window};
    }
    if (!counter || !counter->slots || !counter->recent) {
        nnd_pair_counter_free(counter);
        return out_of_memory(error);
    }
    *out = counter;
    return NND_OK;
}

void nnd_pair_counter_free(NndPairCounter *counter)
{
    if (!counter)
        return;
    free(counter->slots);
    free(counter->recent);
    free(counter);
}

static uint64_t key_of(int32_t a, int32_t b)
{
    return a < b ? (uint64_t)a << 32 | (uint32_t)b : (uint64_t)b << 32 | (uint32_t)a;
}

static Slot *find_slot(Slot *slots, uint64_t room, uint64_t key)
{
    uint64_t hash = key * 0x9E3779B97F4A7C15u;
    uint64_t at = (hash ^ hash >> 32) & (room - 1);
    while (slots[at].key && slots[at].key != key)
        at = (at + 1) & (room - 1);
    return &slots[at];
}

static bool grow(NndPairCounter *counter)
{
    uint64_t room = counter->room * 2;
    Slot *slots = room <= max_room ? calloc(room, sizeof *slots) : NULL;
    if (!slots)
        return false;
    for (uint64_t i = 0; i < counter->room; i++)
        if (counter->slots[i].key)
            *find_slot(slots, room, counter->slots[i].key) = counter->slots[i];
    free(counter->slots);
    counter->slots = slots;
    counter->room = room;
    return true;
}

static bool add_pair(NndPairCounter *counter, int32_t a, int32_t b, double count)
{
    if (counter->used * 2 >= counter->room && !grow(counter))
        return false;
    Slot *slot = find_slot(counter->slots, counter->room, key_of(a, b));
    counter->used += !slot->key;
    slot->key = key_of(a, b);
    slot->count += count;
    return true;
}

NndStatus nnd_pair_counter_add(NndPairCounter *counter, const int32_t *words, int64_t count,
                               NndError *error)
{
    int64_t known = 0;
    for (int64_t i = 0; i < count; i++) {
        int32_t word = words[i];
        if (word < NND_FIRST_WORD)
            continue;
        for (int32_t distance = 1; distance <= counter->window && distance <= known; distance++) {
            int32_t other = counter->recent[(known - distance) % counter->window];
            /* a word beside itself is the same cell in both directions */
            if (!add_pair(counter, word, other, (word == other ? 2.0 : 1.0) / distance))
                return out_of_memory(error);
        }
        counter->recent[known++ % counter->window] = word;
    }
    return NND_OK;
}

static int by_words(const void *left, const void *right)
{
    const NndPair *a = left, *b = right;
    if (a->word != b->word)
        return a->word < b->word ? -1 : 1;
    return (a->context > b->context) - (a->context < b->context);
}

NndStatus nnd_pair_counter_finish(NndPairs *out, const NndPairCounter *counter, NndError *error)
{
    *out = (NndPairs){.items = malloc((counter->used * 2 + 1) * sizeof *out->items)};
    if (!out->items)
        return out_of_memory(error);
    for (uint64_t i = 0; i < counter->room; i++) {
        const Slot *slot = &counter->slots[i];
        int32_t a = (int32_t)(slot->key >> 32), b = (int32_t)(uint32_t)slot->key;
        if (slot->key)
            out->items[out->count++] = (NndPair){a, b, slot->count};
        if (slot->key && a != b)
            out->items[out->count++] = (NndPair){b, a, slot->count};
    }
    qsort(out->items, (size_t)out->count, sizeof *out->items, by_words);
    return NND_OK;
}

void nnd_pairs_free(NndPairs *pairs)
{
    free(pairs->items);
    *pairs = (NndPairs){0};
}
