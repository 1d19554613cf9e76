/* SPDX-License-Identifier: Apache-2.0
 *
 * Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011). The number at a counter depends on
 * key and counter alone, so results are the same for any schedule and engine.
 * Generated code computes the same function (compiler/codegen/random.c).
 */
#ifndef NND_RUNTIME_RANDOM_H
#define NND_RUNTIME_RANDOM_H

#include <stdint.h>

typedef struct NndPhilox {
    uint32_t word[4];
} NndPhilox;

static inline NndPhilox nnd_philox(uint64_t key, NndPhilox counter)
{
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * counter.word[0];
        uint64_t p1 = (uint64_t)0xCD9E8D57u * counter.word[2];
        counter = (NndPhilox){{(uint32_t)(p1 >> 32) ^ counter.word[1] ^ k0, (uint32_t)p1,
                               (uint32_t)(p0 >> 32) ^ counter.word[3] ^ k1, (uint32_t)p0}};
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return counter;
}

/* Words 4*(index/4) .. 4*(index/4)+3 of a stream: counter (index / 4, stream, step). */
static inline NndPhilox nnd_random_words(uint64_t seed, uint64_t step, uint32_t stream, uint64_t index)
{
    NndPhilox counter = {{(uint32_t)(index >> 2), stream, (uint32_t)step, (uint32_t)(step >> 32)}};
    return nnd_philox(seed, counter);
}

static inline uint32_t nnd_random_word(uint64_t seed, uint64_t step, uint32_t stream, uint64_t index)
{
    return nnd_random_words(seed, step, stream, index).word[index & 3];
}

/* A word as a number in [0, 1), 24 bits. */
static inline float nnd_random_real(uint32_t word)
{
    return (float)(word >> 8) * 0x1p-24f;
}

/* Element `index` of the operator `uniform`. */
static inline float nnd_random_uniform(uint64_t seed, uint64_t step, uint32_t stream, uint64_t index)
{
    return nnd_random_real(nnd_random_word(seed, step, stream, index));
}

#endif
