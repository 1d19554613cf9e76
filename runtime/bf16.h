/* SPDX-License-Identifier: Apache-2.0
 *
 * bf16 is the upper half of an f32: the same exponents, 8 significant bits. Numbers are rounded to
 * the nearest, ties to even, and beyond the largest bf16 to infinity.
 */
#ifndef NND_RUNTIME_BF16_H
#define NND_RUNTIME_BF16_H

#include <stdint.h>

#include "runtime/scalar.h"

static inline float nnd_from_bf16(uint16_t bits)
{
    return nnd_from_bits((uint32_t)bits << 16);
}

static inline uint16_t nnd_to_bf16(float x)
{
    uint32_t word = nnd_bits(x);
    if (x != x)
        return (uint16_t)(word >> 16 | 0x40); /* rounding could make an infinity of it */
    return (uint16_t)((word + 0x7fff + (word >> 16 & 1)) >> 16);
}

/* What rounding did to weights. */
typedef struct NndRounding {
    int64_t count;  /* numbers that were rounded */
    double largest; /* relative change of one of them */
} NndRounding;

/* to[i] = from[i], rounded; adds to `total`. */
void nnd_round_to_bf16(uint16_t *to, const float *from, int64_t count, NndRounding *total);

#endif
