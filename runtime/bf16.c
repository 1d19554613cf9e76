/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/bf16.h"

static double relative_change(float before, float after)
{
    if (before == after || before != before)
        return 0;
    return fabs(((double)after - (double)before) / (double)before);
}

void nnd_round_to_bf16(uint16_t *to, const float *from, int64_t count, NndRounding *total)
{
    for (int64_t i = 0; i < count; i++) {
        to[i] = nnd_to_bf16(from[i]);
        total->largest = fmax(total->largest, relative_change(from[i], nnd_from_bf16(to[i])));
    }
    total->count += count;
}
