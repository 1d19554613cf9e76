/* SPDX-License-Identifier: Apache-2.0
 *
 * Initial weights have the mean and the variance that their initialiser says.
 */
#include "compiler/driver/weights.h"
#include "tests/check.h"

#include <math.h>
#include <stdlib.h>

enum { COUNT = 100000, FAN_IN = 300, FAN_OUT = 100 };

typedef struct Moments {
    double mean, variance, largest;
} Moments;

static Moments moments(const float *values)
{
    Moments m = {0};
    for (int i = 0; i < COUNT; i++) {
        m.mean += (double)values[i] / COUNT;
        m.largest = fmax(m.largest, fabs((double)values[i]));
    }
    for (int i = 0; i < COUNT; i++)
        m.variance += ((double)values[i] - m.mean) * ((double)values[i] - m.mean) / COUNT;
    return m;
}

static Moments after(Init init, uint64_t seed)
{
    float *now = malloc(COUNT * sizeof *now), *best = malloc(COUNT * sizeof *best);
    Slot slot = {.name = "W", .count = COUNT, .now = now, .best = best, .is_weight = true};
    Slots slots = {.items = &slot, .count = 1};
    Weight weight = {.path = "W", .init = init};
    Program program = {.weights = {.data = &weight, .count = 1}};
    slots_initialise(&slots, &program, seed);
    Moments m = moments(now);
    free(now);
    free(best);
    return m;
}

/* Within five deviations of what so many draws give: sqrt(variance / COUNT) for the mean. */
static void check_moments(Moments m, double variance)
{
    CHECK(fabs(m.mean) < 5 * sqrt(variance / COUNT));
    CHECK(fabs(m.variance / variance - 1) < 5 * sqrt(2.0 / COUNT));
}

static void xavier_has_variance_2_by_fans(void)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        Moments m = after((Init){.kind = INIT_XAVIER, .fan_in = FAN_IN, .fan_out = FAN_OUT}, seed);
        check_moments(m, 2.0 / (FAN_IN + FAN_OUT));
        CHECK(m.largest <= sqrt(6.0 / (FAN_IN + FAN_OUT)) * (1 + 1e-6));
    }
}

static void he_has_variance_2_by_what_comes_in(void)
{
    for (uint64_t seed = 1; seed <= 3; seed++)
        check_moments(after((Init){.kind = INIT_HE, .fan_in = FAN_IN, .fan_out = FAN_OUT}, seed),
                      2.0 / FAN_IN);
}

int main(void)
{
    xavier_has_variance_2_by_fans();
    he_has_variance_2_by_what_comes_in();
    return test_report();
}
