/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/dim.h"
#include "tests/check.h"

static DimTable table;

static const Dim *n(int64_t number)
{
    return dim_number(&table, number);
}

static void polynomials_have_one_form(void)
{
    const Dim *a = dim_atom(&table, "a"), *b = dim_atom(&table, "b");
    const Dim *left = dim_mul(&table, dim_add(&table, a, b), dim_sub(&table, a, b));
    const Dim *right = dim_sub(&table, dim_mul(&table, a, a), dim_mul(&table, b, b));
    CHECK(dim_equal(left, right));
    CHECK_STR_EQ(dim_text(&table, left), "a*a - b*b");
    CHECK(dim_equal(dim_sub(&table, a, a), n(0)));
    CHECK(!dim_equal(a, b));
}

static void atoms_of_one_name_differ(void)
{
    CHECK(!dim_equal(dim_atom(&table, "t"), dim_atom(&table, "t")));
}

static void exact_division_cancels(void)
{
    const Dim *a = dim_atom(&table, "a"), *b = dim_atom(&table, "b");
    const Dim *product = dim_mul(&table, dim_mul(&table, n(6), a), b);
    CHECK(dim_equal(dim_div(&table, product, dim_mul(&table, n(2), b)), dim_mul(&table, n(3), a)));
    CHECK(dim_equal(dim_div(&table, dim_add(&table, a, b), dim_add(&table, a, b)), n(1)));
    CHECK(dim_div(&table, n(7), n(2)) == NULL);
    CHECK(dim_div(&table, a, n(0)) == NULL);
    CHECK_EQ_INT(dim_value(dim_div(&table, n(8), n(2)), -1), 4);
}

static void quotients_that_stay_open_are_shared(void)
{
    const Dim *a = dim_atom(&table, "a");
    const Dim *half = dim_div(&table, a, n(2));
    CHECK(half && dim_equal(half, dim_div(&table, a, n(2))));
    CHECK(dim_equal(dim_floor_div(&table, a, n(3)), dim_floor_div(&table, a, n(3))));
    CHECK(dim_equal(dim_mul(&table, n(2), half), a) && dim_equal(dim_mul(&table, half, n(2)), a));
    CHECK(!dim_equal(dim_mul(&table, half, n(3)), a));
    CHECK(!dim_equal(half, dim_floor_div(&table, a, n(2))));
    CHECK_STR_EQ(dim_text(&table, dim_floor_div(&table, dim_add(&table, a, n(1)), n(2))),
                 "floor((a + 1)/2)");
}

static void floor_rounds_the_quotient_of_a_sum(void)
{
    const Dim *a = dim_atom(&table, "a"), *sum = dim_add(&table, dim_div(&table, a, n(3)), n(1));
    CHECK(dim_equal(dim_floor(&table, sum), dim_add(&table, dim_floor_div(&table, a, n(3)), n(1))));
    CHECK(dim_equal(dim_floor(&table, a), a));
}

static void floor_rounds_towards_minus_infinity(void)
{
    CHECK_EQ_INT(dim_value(dim_floor_div(&table, n(7), n(2)), 99), 3);
    CHECK_EQ_INT(dim_value(dim_floor_div(&table, n(-7), n(2)), 99), -4);
    CHECK_EQ_INT(dim_value(dim_floor_div(&table, n(-8), n(2)), 99), -4);
}

static void what_does_not_fit_is_null(void)
{
    const Dim *large = n(INT64_C(1) << 62);
    CHECK(dim_mul(&table, large, n(4)) == NULL);
    CHECK(dim_add(&table, large, large) == NULL);
    CHECK(dim_add(&table, NULL, n(1)) == NULL);
    CHECK(dim_sub(&table, n(0), n(INT64_MIN)) == NULL);
    const Dim *power = dim_atom(&table, "x"), *sum = n(0);
    for (int i = 0; i < 8; i++)
        power = dim_mul(&table, power, power);
    CHECK(power == NULL);
    for (int i = 0; i < 40; i++)
        sum = dim_add(&table, sum, dim_atom(&table, "y"));
    CHECK(sum == NULL);
}

static void linear_equations_are_recognised(void)
{
    const Dim *x = dim_atom(&table, "x"), *a = dim_atom(&table, "a"), *rest;
    int64_t factor;
    const Dim *sum = dim_add(&table, dim_mul(&table, n(4), x), dim_add(&table, a, n(3)));
    CHECK(dim_linear(&table, sum, x, &factor, &rest));
    CHECK_EQ_INT(factor, 4);
    CHECK(dim_equal(rest, dim_add(&table, a, n(3))));
    CHECK(!dim_linear(&table, dim_mul(&table, x, x), x, &factor, &rest));
    CHECK(!dim_linear(&table, a, x, &factor, &rest));
}

int main(void)
{
    table.arena = arena_new();
    polynomials_have_one_form();
    atoms_of_one_name_differ();
    exact_division_cancels();
    quotients_that_stay_open_are_shared();
    floor_rounds_the_quotient_of_a_sum();
    floor_rounds_towards_minus_infinity();
    what_does_not_fit_is_null();
    linear_equations_are_recognised();
    arena_free(table.arena);
    return test_report();
}
