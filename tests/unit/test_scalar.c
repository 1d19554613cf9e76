/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/scalar.h"
#include "tests/check.h"

/* Distance between `found` and the exact value in units of the last place of the latter. */
static double ulps(float found, double exact)
{
    if (isnan(exact) || isinf((float)exact))
        return isnan(exact) ? (isnan(found) ? 0 : 1e9) : (found == (float)exact ? 0 : 1e9);
    if (fabs(exact) < 1.17549435e-38)
        return fabs(found) <= 1.17549435e-38 ? 0 : 1e9;
    int exponent;
    frexp(exact, &exponent);
    return fabs(found - exact) / ldexp(1, exponent - 24);
}

static double worst(float (*function)(float), double (*exact)(double), uint32_t stride)
{
    double most = 0;
    for (uint64_t bits = 0; bits <= UINT32_MAX; bits += stride) {
        float x = nnd_from_bits((uint32_t)bits);
        if (fabsf(x) < 1.17549435e-38f && x != 0)
            continue;
        double error = ulps(function(x), exact(x));
        most = error > most ? error : most;
    }
    return most;
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static void errors_stay_within_the_stated_bounds(void)
{
    CHECK(worst(nnd_exp_f32, exp, 977) <= 2);
    CHECK(worst(nnd_log_f32, log, 977) <= 2);
    CHECK(worst(nnd_sigmoid_f32, sigmoid, 977) <= 3);
    CHECK(worst(nnd_tanh_f32, tanh, 977) <= 6);
}

static void special_values_are_right(void)
{
    CHECK(nnd_exp_f32(-INFINITY) == 0);
    CHECK(nnd_exp_f32(INFINITY) == INFINITY);
    CHECK(isnan(nnd_exp_f32(NAN)));
    CHECK(nnd_exp_f32(0) == 1);
    CHECK(nnd_log_f32(0) == -INFINITY);
    CHECK(nnd_log_f32(1) == 0);
    CHECK(nnd_log_f32(INFINITY) == INFINITY);
    CHECK(isnan(nnd_log_f32(-1)));
    CHECK(isnan(nnd_log_f32(NAN)));
    CHECK(nnd_sigmoid_f32(-INFINITY) == 0);
    CHECK(nnd_sigmoid_f32(INFINITY) == 1);
    CHECK(nnd_tanh_f32(0) == 0);
    CHECK(fabsf(nnd_tanh_f32(INFINITY)) <= 1);
}

int main(void)
{
    errors_stay_within_the_stated_bounds();
    special_values_are_right();
    return test_report();
}
