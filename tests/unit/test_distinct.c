/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/distinct.h"
#include "tests/check.h"

#include <limits.h>

static NndError error;

static void numbers_come_in_the_order_in_which_they_first_occur(void)
{
    static const int32_t list[] = {7, 3, 7, INT_MIN, 3, -1, INT_MAX, 7, 0};
    static const int32_t numbers[] = {7, 3, INT_MIN, -1, INT_MAX, 0},
                         places[] = {0, 1, 0, 2, 1, 3, 4, 0, 5};
    NndDistinct d = {0};
    CHECK_EQ_INT(nnd_distinct_find(&d, list, 9, &error), NND_OK);
    CHECK_EQ_INT(d.count, 6);
    for (int i = 0; i < 6; i++)
        CHECK_EQ_INT(d.numbers[i], numbers[i]);
    for (int i = 0; i < 9; i++)
        CHECK_EQ_INT(d.places[i], places[i]);
    nnd_distinct_free(&d);
}

/* Multiples of a power of two fall into few slots if the hash is bad; it must be right all the
 * same. */
static void lists_of_any_length_follow_each_other(void)
{
    enum { MOST = 100000 };
    static int32_t list[MOST];
    NndDistinct d = {0};
    static const int64_t lengths[] = {10, MOST, 0, 1, 5000};
    for (int k = 0; k < 5; k++) {
        for (int64_t i = 0; i < lengths[k]; i++)
            list[i] = (int32_t)(i * 7919 % 1009 << k * 4);
        CHECK_EQ_INT(nnd_distinct_find(&d, list, lengths[k], &error), NND_OK);
        CHECK_EQ_INT(d.count, lengths[k] < 1009 ? lengths[k] : 1009);
        for (int64_t i = 0; i < lengths[k]; i++)
            CHECK(d.places[i] < d.count && d.numbers[d.places[i]] == list[i]);
    }
    nnd_distinct_free(&d);
}

static void a_list_that_is_too_long_is_refused(void)
{
    NndDistinct d = {0};
    CHECK_EQ_INT(nnd_distinct_find(&d, NULL, (int64_t)NND_DISTINCT_MOST + 1, &error), NND_ENOMEM);
    nnd_distinct_free(&d);
}

int main(void)
{
    numbers_come_in_the_order_in_which_they_first_occur();
    lists_of_any_length_follow_each_other();
    a_list_that_is_too_long_is_refused();
    return test_report();
}
