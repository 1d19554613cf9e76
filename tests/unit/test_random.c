/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/random.h"
#include "runtime/pool.h"
#include "tests/check.h"

#include <stdbool.h>

enum { COUNT = 4099 };

static const uint64_t seed = 0x0123456789abcdef, step = 0xfedcba9876543210;

/* ---- the generator ---- */

typedef struct KnownAnswer {
    NndPhilox counter;
    uint32_t key[2];
    NndPhilox words;
} KnownAnswer;

/* philox4x32, 10 rounds, of the file kat_vectors of the library Random123 by the authors of the paper. */
static const KnownAnswer known_answers[] = {
    {{{0, 0, 0, 0}}, {0, 0}, {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}}},
    {{{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}},
     {0xffffffff, 0xffffffff},
     {{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}}},
    {{{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}},
     {0xa4093822, 0x299f31d0},
     {{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}},
};

static void philox_gives_the_published_words(void)
{
    for (size_t i = 0; i < sizeof known_answers / sizeof *known_answers; i++) {
        const KnownAnswer *known = &known_answers[i];
        NndPhilox words = nnd_philox(known->key[0] | (uint64_t)known->key[1] << 32, known->counter);
        for (int k = 0; k < 4; k++)
            CHECK_EQ_INT(words.word[k], known->words.word[k]);
    }
}

static void the_counter_is_made_of_index_stream_and_step(void)
{
    NndPhilox counter = {{5, 7, (uint32_t)step, (uint32_t)(step >> 32)}};
    NndPhilox expected = nnd_philox(seed, counter), words = nnd_random_words(seed, step, 7, 20);
    CHECK(!memcmp(&words, &expected, sizeof words));
    for (uint64_t i = 0; i < 4; i++)
        CHECK_EQ_INT(nnd_random_word(seed, step, 7, 20 + i), expected.word[i]);
}

/* ---- streams ---- */

static int equal_words(uint64_t other_seed, uint64_t other_step, uint32_t other_stream, uint64_t shift)
{
    int equal = 0;
    for (uint64_t i = 0; i < COUNT; i++)
        equal += nnd_random_word(seed, step, 3, i) == nnd_random_word(other_seed, other_step, other_stream, i + shift);
    return equal;
}

static void another_seed_step_stream_or_index_gives_other_words(void)
{
    CHECK_EQ_INT(equal_words(seed, step, 3, 0), COUNT);
    for (int bit = 0; bit < 64; bit++) {
        CHECK_EQ_INT(equal_words(seed ^ 1ull << bit, step, 3, 0), 0);
        CHECK_EQ_INT(equal_words(seed, step ^ 1ull << bit, 3, 0), 0);
    }
    for (int bit = 0; bit < 32; bit++)
        CHECK_EQ_INT(equal_words(seed, step, 3u ^ 1u << bit, 0), 0);
    for (uint64_t shift = 1; shift < 40; shift++)
        CHECK_EQ_INT(equal_words(seed, step, 3, shift), 0);
}

typedef struct Fill {
    float numbers[COUNT];
} Fill;

/* As an engine does it: four words at a time, wherever a block begins. */
static void fill_block(void *context, int64_t lo, int64_t hi)
{
    Fill *f = context;
    NndPhilox words = {{0}};
    for (int64_t i = lo; i < hi; i++) {
        if (i == lo || i % 4 == 0)
            words = nnd_random_words(seed, step, 9, (uint64_t)i);
        f->numbers[i] = nnd_random_real(words.word[i % 4]);
    }
}

static void numbers_do_not_depend_on_how_elements_are_split(void)
{
    static Fill f;
    NndPool *pool;
    NndError error;
    CHECK_EQ_INT(nnd_pool_new(&pool, 3, &error), NND_OK);
    for (int64_t grain = 1; grain < 2 * COUNT; grain = grain * 2 + 1) {
        int wrong = 0;
        memset(&f, 0xff, sizeof f);
        nnd_pool_run(pool, COUNT, grain, fill_block, &f);
        for (uint64_t i = 0; i < COUNT; i++)
            wrong += f.numbers[i] != nnd_random_uniform(seed, step, 9, i);
        CHECK_EQ_INT(wrong, 0);
    }
    nnd_pool_free(pool);
}

/* ---- numbers in [0, 1) ---- */

static void a_word_becomes_a_multiple_of_2_to_the_minus_24_below_1(void)
{
    CHECK_NEAR(nnd_random_real(0), 0, 0);
    CHECK_NEAR(nnd_random_real(0xff), 0, 0);
    CHECK_NEAR(nnd_random_real(0x100), 0x1p-24, 0);
    CHECK_NEAR(nnd_random_real(0x80000000), 0.5, 0);
    CHECK_NEAR(nnd_random_real(0xffffffff), 1 - 0x1p-24, 0);
    CHECK(nnd_random_real(0xffffffff) < 1);
}

enum { SAMPLES = 1 << 16, BINS = 64 };

/* 63 degrees of freedom: between 25 and 120 but for one seed in ten thousand. */
static void check_chi_squared(const int *counts)
{
    double sum = 0, expected = SAMPLES / BINS;
    for (int i = 0; i < BINS; i++)
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    CHECK(sum > 25 && sum < 120);
}

static void uniform_numbers_fill_the_interval_evenly(void)
{
    int counts[BINS] = {0}, pairs[BINS] = {0};
    bool inside = true;
    float before = 0;
    for (uint64_t i = 0; i < SAMPLES; i++) {
        float number = nnd_random_uniform(1, 0, 0, i);
        inside = inside && number >= 0 && number < 1;
        counts[(int)(number * BINS)]++;
        pairs[(int)(before * 8) * 8 + (int)(number * 8)]++;
        before = number;
    }
    CHECK(inside);
    check_chi_squared(counts);
    check_chi_squared(pairs);
}

int main(void)
{
    philox_gives_the_published_words();
    the_counter_is_made_of_index_stream_and_step();
    another_seed_step_stream_or_index_gives_other_words();
    numbers_do_not_depend_on_how_elements_are_split();
    a_word_becomes_a_multiple_of_2_to_the_minus_24_below_1();
    uniform_numbers_fill_the_interval_evenly();
    return test_report();
}
