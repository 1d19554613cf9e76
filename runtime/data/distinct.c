/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/distinct.h"

#include <stdlib.h>
#include <string.h>

static void *grown(void *memory, size_t bytes)
{
    free(memory);
    return malloc(bytes);
}

/* At most half of the slots are taken. */
static int make_room(NndDistinct *d, int64_t count)
{
    if (d->slots && d->room >= count)
        return 1;
    if (count > NND_DISTINCT_MOST)
        return 0;
    int64_t room = count + count / 4 + 64;
    for (d->bits = 8; (int64_t)1 << d->bits < 2 * room;)
        d->bits++;
    d->numbers = grown(d->numbers, (size_t)room * sizeof *d->numbers);
    d->places = grown(d->places, (size_t)room * sizeof *d->places);
    d->slots = grown(d->slots, ((size_t)1 << d->bits) * sizeof *d->slots);
    d->room = d->numbers && d->places && d->slots ? room : 0;
    return d->room > 0;
}

/* Fibonacci hashing (Knuth, volume 3, 6.4): the upper bits of a product with 2^32 / golden ratio.
 */
static uint32_t first_slot(const NndDistinct *d, int32_t number)
{
    return (uint32_t)number * 2654435769u >> (32 - d->bits);
}

static int32_t place_of(NndDistinct *d, int32_t number)
{
    uint32_t mask = ((uint32_t)1 << d->bits) - 1, slot = first_slot(d, number);
    while (d->slots[slot] && d->numbers[d->slots[slot] - 1] != number)
        slot = (slot + 1) & mask;
    if (!d->slots[slot]) {
        d->numbers[d->count++] = number;
        d->slots[slot] = (int32_t)d->count;
    }
    return d->slots[slot] - 1;
}

NndStatus nnd_distinct_find(NndDistinct *d, const int32_t *list, int64_t count, NndError *error)
{
    d->count = 0;
    if (!make_room(d, count))
        return nnd_fail(error, NND_ENOMEM, "out of memory for the different words of %lld",
                        (long long)count);
    memset(d->slots, 0, ((size_t)1 << d->bits) * sizeof *d->slots);
    for (int64_t i = 0; i < count; i++)
        d->places[i] = place_of(d, list[i]);
    return NND_OK;
}

void nnd_distinct_free(NndDistinct *d)
{
    free(d->numbers);
    free(d->places);
    free(d->slots);
    *d = (NndDistinct){0};
}
