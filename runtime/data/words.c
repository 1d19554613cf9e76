/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/words.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64, MAX_ROOM = 1 << 29 };

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 32;
}

static uint32_t hash_text(NndText text)
{
    uint64_t hash = text.size, word;
    const char *at = text.data;
    size_t left = text.size;
    for (; left >= 8; left -= 8, at += 8) {
        memcpy(&word, at, 8);
        hash = mix(hash, word);
    }
    for (word = 0; left; left--, at++)
        word = word << 8 | (unsigned char)*at;
    return (uint32_t)mix(mix(hash, word), 0);
}

/* The slot that holds the text, or the empty one where it belongs; half the slots are empty. */
static uint32_t find_slot(const NndWords *words, NndText text, uint32_t hash)
{
    uint32_t at = hash & words->mask;
    for (uint64_t slot; (slot = words->slots[at]); at = (at + 1) & words->mask)
        if (slot >> 32 == hash && nnd_text_equal(words->items[(uint32_t)slot - 1], text))
            break;
    return at;
}

static bool rehash(NndWords *words, uint32_t slot_count)
{
    uint64_t *slots = calloc(slot_count, sizeof *slots);
    if (!slots)
        return false;
    for (uint32_t i = 0; words->slots && i <= words->mask; i++) {
        if (!words->slots[i])
            continue;
        uint32_t at = (uint32_t)(words->slots[i] >> 32) & (slot_count - 1);
        while (slots[at])
            at = (at + 1) & (slot_count - 1);
        slots[at] = words->slots[i];
    }
    free(words->slots);
    words->slots = slots;
    words->mask = slot_count - 1;
    return true;
}

bool nnd_words_reserve(NndWords *words, int64_t count)
{
    if (count <= words->room)
        return true;
    if (count > MAX_ROOM)
        return false;
    uint32_t room = FIRST_ROOM;
    while (room < count)
        room *= 2;
    NndText *items = realloc(words->items, room * sizeof *items);
    if (!items)
        return false;
    words->items = items;
    if (!rehash(words, room * 2))
        return false;
    words->room = (int32_t)room;
    return true;
}

void nnd_words_free(NndWords *words)
{
    free(words->items);
    free(words->slots);
    *words = (NndWords){0};
}

int32_t nnd_words_find(const NndWords *words, NndText text)
{
    if (!words->count)
        return -1;
    return (int32_t)(uint32_t)words->slots[find_slot(words, text, hash_text(text))] - 1;
}

int32_t nnd_words_add(NndWords *words, NndText text)
{
    if (!nnd_words_reserve(words, (int64_t)words->count + 1))
        return -1;
    uint32_t hash = hash_text(text);
    uint32_t at = find_slot(words, text, hash);
    if (words->slots[at])
        return (int32_t)(uint32_t)words->slots[at] - 1;
    words->items[words->count++] = text;
    words->slots[at] = (uint64_t)hash << 32 | (uint32_t)words->count;
    return words->count - 1;
}
