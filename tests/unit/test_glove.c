/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/train/glove.h"

#include <stdlib.h>

#include "runtime/data/vocab.h"
#include "runtime/random.h"
#include "tests/check.h"

static NndError error;

/* ---- counts ---- */

/* Ids of words begin at NND_FIRST_WORD; here they are written as letters, and - is an unknown word.
 */
static NndPairs count_pairs(const char *const *texts, int window)
{
    NndPairCounter *counter;
    NndPairs pairs;
    CHECK_EQ_INT(nnd_pair_counter_new(&counter, window, &error), NND_OK);
    for (; *texts; texts++) {
        int32_t words[64];
        int count = (int)strlen(*texts);
        for (int i = 0; i < count; i++)
            words[i] = (*texts)[i] == '-' ? NND_UNKNOWN : NND_FIRST_WORD + (*texts)[i] - 'a';
        CHECK_EQ_INT(nnd_pair_counter_add(counter, words, count, &error), NND_OK);
    }
    CHECK_EQ_INT(nnd_pair_counter_finish(&pairs, counter, &error), NND_OK);
    nnd_pair_counter_free(counter);
    return pairs;
}

static double count_of(const NndPairs *pairs, char word, char context)
{
    for (int64_t i = 0; i < pairs->count; i++)
        if (pairs->items[i].word == NND_FIRST_WORD + word - 'a' &&
            pairs->items[i].context == NND_FIRST_WORD + context - 'a')
            return pairs->items[i].count;
    return 0;
}

static void near_words_count_by_their_distance(void)
{
    NndPairs pairs = count_pairs((const char *const[]){"abca", "ab", NULL}, 2);
    /* abca: ab 1, bc 1, ca 1, ac (distance 2) 1/2, ba (distance 2) 1/2; ab: 1 */
    CHECK_EQ_INT(pairs.count, 6);
    CHECK_NEAR(count_of(&pairs, 'a', 'b'), 2.5, 0);
    CHECK_NEAR(count_of(&pairs, 'b', 'a'), 2.5, 0);
    CHECK_NEAR(count_of(&pairs, 'b', 'c'), 1, 0);
    CHECK_NEAR(count_of(&pairs, 'a', 'c'), 1.5, 0);
    CHECK_NEAR(count_of(&pairs, 'c', 'a'), 1.5, 0);
    CHECK(pairs.items[0].word == NND_FIRST_WORD && pairs.items[0].context == NND_FIRST_WORD + 1);
    nnd_pairs_free(&pairs);
}

static void a_word_near_itself_counts_in_both_directions(void)
{
    NndPairs pairs = count_pairs((const char *const[]){"aba", NULL}, 5);
    CHECK_NEAR(count_of(&pairs, 'a', 'a'), 1, 0);
    CHECK_NEAR(count_of(&pairs, 'a', 'b'), 2, 0);
    nnd_pairs_free(&pairs);
}

static void unknown_words_are_as_if_they_were_not_there(void)
{
    NndPairs pairs = count_pairs((const char *const[]){"a--b-", NULL}, 1);
    CHECK_EQ_INT(pairs.count, 2);
    CHECK_NEAR(count_of(&pairs, 'a', 'b'), 1, 0);
    nnd_pairs_free(&pairs);
}

static void many_pairs_are_all_kept(void)
{
    enum { MANY = 300 };
    NndPairCounter *counter;
    NndPairs pairs;
    CHECK_EQ_INT(nnd_pair_counter_new(&counter, 1, &error), NND_OK);
    for (int32_t i = 0; i < MANY; i++)
        for (int32_t j = 0; j < i; j++)
            nnd_pair_counter_add(counter, (int32_t[]){NND_FIRST_WORD + i, NND_FIRST_WORD + j}, 2,
                                 &error);
    CHECK_EQ_INT(nnd_pair_counter_finish(&pairs, counter, &error), NND_OK);
    CHECK_EQ_INT(pairs.count, MANY * (MANY - 1));
    bool right = true;
    for (int64_t i = 0; i < pairs.count; i++)
        right &= pairs.items[i].count == 1 && pairs.items[i].word != pairs.items[i].context;
    CHECK(right);
    nnd_pairs_free(&pairs);
    nnd_pair_counter_free(counter);
}

/* ---- the objective ---- */

enum { SIZE = 5 };

static void the_gradient_is_that_of_the_objective(void)
{
    const NndGloveOptions options = {.size = SIZE, .x_max = 10, .alpha = 0.75};
    static const double counts[] = {0.3, 4, 10, 500};
    for (int c = 0; c < 4; c++) {
        double word[SIZE + 1], context[SIZE + 1], slope, unused;
        for (int k = 0; k <= SIZE; k++) {
            word[k] = 0.3 - 0.17 * k;
            context[k] = 0.11 * k - 0.4;
        }
        nnd_glove_cell(&options, word, context, counts[c], &slope);
        for (int k = 0; k <= SIZE; k++) {
            const double h = 1e-5;
            double *side[] = {word, context};
            for (int s = 0; s < 2; s++) {
                double kept = side[s][k];
                side[s][k] = kept + h;
                double above = nnd_glove_cell(&options, word, context, counts[c], &unused);
                side[s][k] = kept - h;
                double below = nnd_glove_cell(&options, word, context, counts[c], &unused);
                side[s][k] = kept;
                CHECK_NEAR(k < SIZE ? slope * side[1 - s][k] : slope, (above - below) / (2 * h),
                           1e-8);
            }
        }
    }
}

static void rare_pairs_weigh_less(void)
{
    const NndGloveOptions options = {.size = 1, .x_max = 16, .alpha = 0.75};
    double zero[] = {0, 0}, slope;
    /* f(1) = (1/16)^0.75 = 1/8, log 1 = 0; with a bias of 2: 1/8 / 2 * 4 */
    double bias[] = {0, 2};
    CHECK_NEAR(nnd_glove_cell(&options, bias, zero, 1, &slope), 0.25, 1e-15);
    CHECK_NEAR(slope, 0.25, 1e-15);
    CHECK_NEAR(nnd_glove_cell(&options, zero, zero, 1, &slope), 0, 0);
    double log_squared = log(400) * log(400);
    CHECK_NEAR(nnd_glove_cell(&options, zero, zero, 400, &slope), 0.5 * log_squared, 1e-12);
}

/* ---- training ---- */

enum { WORDS = 20 };

/* Texts of five words on two topics: a or b among e to l, or c or d among m to t, drawn by chance.
 * So a and b keep the same company, and never meet. */
static NndGlove *new_glove(uint64_t seed)
{
    enum { TEXTS = 600, LENGTH = 5, MIDDLE = 2 };
    NndPairCounter *counter;
    NndPairs pairs;
    NndGlove *glove;
    CHECK_EQ_INT(nnd_pair_counter_new(&counter, 4, &error), NND_OK);
    for (int i = 0; i < TEXTS; i++) {
        int32_t words[LENGTH];
        for (int k = 0; k < LENGTH; k++) {
            int drawn = (int)(nnd_random_word(7, 0, 0, (uint64_t)(i * LENGTH + k)) % 8);
            words[k] = NND_FIRST_WORD + (k == MIDDLE ? i % 4 : 4 + i % 4 / 2 * 8 + drawn);
        }
        nnd_pair_counter_add(counter, words, LENGTH, &error);
    }
    CHECK_EQ_INT(nnd_pair_counter_finish(&pairs, counter, &error), NND_OK);
    nnd_pair_counter_free(counter);
    NndGloveOptions options = {.size = 8, .x_max = 100, .alpha = 0.75, .rate = 0.05, .seed = seed};
    CHECK_EQ_INT(nnd_glove_new(&glove, &pairs, NND_FIRST_WORD + WORDS, &options, &error), NND_OK);
    return glove;
}

static void the_loss_goes_down(void)
{
    NndGlove *glove = new_glove(1);
    double first = nnd_glove_epoch(glove, NULL), last = first;
    bool down = true;
    for (int i = 0; i < 60; i++) {
        double loss = nnd_glove_epoch(glove, NULL);
        down &= loss < last;
        last = loss;
    }
    CHECK(down);
    CHECK(last < first / 10);
    nnd_glove_free(glove);
}

static double cosine(const NndGlove *glove, char a, char b)
{
    float x[8], y[8];
    double xy = 0, xx = 0, yy = 0;
    nnd_glove_vector(glove, NND_FIRST_WORD + a - 'a', x);
    nnd_glove_vector(glove, NND_FIRST_WORD + b - 'a', y);
    for (int k = 0; k < 8; k++) {
        xy += x[k] * y[k];
        xx += x[k] * x[k];
        yy += y[k] * y[k];
    }
    return xy / sqrt(xx * yy);
}

/* The topic of a word of `new_glove`. */
static int topic(char word)
{
    return word <= 'd' ? (word - 'a') / 2 : (word - 'e') / 8;
}

static void words_of_one_topic_are_nearest(void)
{
    NndGlove *glove = new_glove(1);
    for (int i = 0; i < 60; i++)
        nnd_glove_epoch(glove, NULL);
    double together = 1, apart = -1;
    for (char a = 'a'; a < 'a' + WORDS; a++)
        for (char b = 'a'; b < 'a' + WORDS; b++)
            if (topic(a) == topic(b))
                together = fmin(together, cosine(glove, a, b));
            else
                apart = fmax(apart, cosine(glove, a, b));
    CHECK(together > 0.9);
    CHECK(apart < 0.5);
    nnd_glove_free(glove);
}

static void threads_change_nothing(void)
{
    NndPool *pool;
    NndGlove *alone = new_glove(3), *together = new_glove(3), *other = new_glove(4);
    CHECK_EQ_INT(nnd_pool_new(&pool, 2, &error), NND_OK);
    bool same_loss = true, same = true, differs = false;
    for (int i = 0; i < 5; i++) {
        same_loss &= nnd_glove_epoch(alone, NULL) == nnd_glove_epoch(together, pool);
        nnd_glove_epoch(other, NULL);
    }
    for (int32_t word = NND_FIRST_WORD; word < NND_FIRST_WORD + WORDS; word++) {
        float x[8], y[8], z[8];
        nnd_glove_vector(alone, word, x);
        nnd_glove_vector(together, word, y);
        nnd_glove_vector(other, word, z);
        same &= !memcmp(x, y, sizeof x);
        differs |= memcmp(x, z, sizeof x) != 0;
    }
    CHECK(same_loss);
    CHECK(same);
    CHECK(differs);
    nnd_glove_free(alone);
    nnd_glove_free(together);
    nnd_glove_free(other);
    nnd_pool_free(pool);
}

int main(void)
{
    near_words_count_by_their_distance();
    a_word_near_itself_counts_in_both_directions();
    unknown_words_are_as_if_they_were_not_there();
    many_pairs_are_all_kept();
    the_gradient_is_that_of_the_objective();
    rare_pairs_weigh_less();
    the_loss_goes_down();
    words_of_one_topic_are_nearest();
    threads_change_nothing();
    return test_report();
}
