/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/bf16.h"
#include "tests/check.h"

static uint16_t rounded(uint32_t bits)
{
    return nnd_to_bf16(nnd_from_bits(bits));
}

static void the_upper_half_stays_if_the_lower_one_is_zero(void)
{
    for (uint32_t half = 0; half <= UINT16_MAX; half++) {
        float x = nnd_from_bf16((uint16_t)half);
        CHECK_EQ_INT(nnd_bits(x), half << 16);
        CHECK_EQ_INT(nnd_to_bf16(x), x != x ? half | 0x40 : half);
    }
}

static void others_go_to_the_nearest(void)
{
    CHECK_EQ_INT(rounded(0x3f800001), 0x3f80);
    CHECK_EQ_INT(rounded(0x3f807fff), 0x3f80);
    CHECK_EQ_INT(rounded(0x3f808001), 0x3f81);
    CHECK_EQ_INT(rounded(0x3f80ffff), 0x3f81);
    CHECK_EQ_INT(rounded(0xbf808001), 0xbf81);
    CHECK_EQ_INT(rounded(0x3fffffff), 0x4000); /* carries into the exponent */
}

static void ties_go_to_even(void)
{
    CHECK_EQ_INT(rounded(0x3f808000), 0x3f80);
    CHECK_EQ_INT(rounded(0x3f818000), 0x3f82);
    CHECK_EQ_INT(rounded(0xbf808000), 0xbf80);
    CHECK_EQ_INT(rounded(0xbf818000), 0xbf82);
    CHECK_EQ_INT(rounded(0x3fff8000), 0x4000);
}

static void denormals_are_rounded_like_others(void)
{
    CHECK_EQ_INT(rounded(0x00000001), 0x0000);
    CHECK_EQ_INT(rounded(0x00008000), 0x0000);
    CHECK_EQ_INT(rounded(0x00008001), 0x0001);
    CHECK_EQ_INT(rounded(0x80018000), 0x8002);
    CHECK_EQ_INT(rounded(0x007fffff), 0x0080); /* the smallest normal number */
    CHECK_EQ_INT(rounded(0x80000000), 0x8000);
}

static void beyond_the_largest_is_infinity(void)
{
    CHECK_EQ_INT(rounded(0x7f7f7fff), 0x7f7f);
    CHECK_EQ_INT(rounded(0x7f7f8000), 0x7f80);
    CHECK_EQ_INT(rounded(0x7f7fffff), 0x7f80);
    CHECK_EQ_INT(rounded(0xff7fffff), 0xff80);
    CHECK_EQ_INT(rounded(0x7f800000), 0x7f80);
    CHECK_EQ_INT(rounded(0xff800000), 0xff80);
}

static void nan_stays_nan(void)
{
    CHECK_EQ_INT(rounded(0x7fc00000), 0x7fc0);
    CHECK_EQ_INT(rounded(0x7f800001), 0x7fc0); /* all that makes it one is in the lower half */
    CHECK_EQ_INT(rounded(0xff80ffff), 0xffc0);
    CHECK_EQ_INT(rounded(0x7fffffff), 0x7fff);
    CHECK_EQ_INT(rounded(0xffffffff), 0xffff);
}

static void the_relative_error_is_at_most_one_in_256(void)
{
    for (uint64_t bits = 0x00800000; bits < 0x7f7f8000; bits += 12345) {
        float x = nnd_from_bits((uint32_t)bits), y = nnd_from_bf16(nnd_to_bf16(x));
        CHECK(fabs((double)y - (double)x) <= fabs((double)x) / 256);
    }
}

static void what_changed_is_counted(void)
{
    const float before[] = {1, 0, nnd_from_bits(0x3f808000), -3, NAN, INFINITY};
    uint16_t after[6];
    NndRounding total = {10, 1e-9};
    nnd_round_to_bf16(after, before, 6, &total);
    CHECK_EQ_INT(total.count, 16);
    CHECK(fabs(total.largest - (1 - 1 / (1 + 1.0 / 256))) < 1e-12);
    CHECK_EQ_INT(after[2], 0x3f80);
    const float large = nnd_from_bits(0x7f7fffff);
    nnd_round_to_bf16(after, &large, 1, &total);
    CHECK(isinf(total.largest));
}

int main(void)
{
    the_upper_half_stays_if_the_lower_one_is_zero();
    others_go_to_the_nearest();
    ties_go_to_even();
    denormals_are_rounded_like_others();
    beyond_the_largest_is_infinity();
    nan_stays_nan();
    the_relative_error_is_at_most_one_in_256();
    what_changed_is_counted();
    return test_report();
}
