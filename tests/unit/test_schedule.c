/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/schedule.h"
#include "tests/check.h"

#include <stdbool.h>

enum { PER_EPOCH = 10, EPOCHS = 20, STEPS = PER_EPOCH * EPOCHS };

static const double rate = 0.5, tiny = 1e-12;

static Recipe recipe_of(Schedule schedule)
{
    return (Recipe){.rate = rate, .epochs = EPOCHS, .schedule = schedule};
}

static double at(Schedule schedule, int64_t done)
{
    Recipe recipe = recipe_of(schedule);
    return schedule_rate(&recipe, done, PER_EPOCH);
}

static bool never_grows(Schedule schedule, int64_t first, int64_t last)
{
    for (int64_t done = first; done < last; done++)
        if (at(schedule, done + 1) > at(schedule, done))
            return false;
    return true;
}

static bool grows(Schedule schedule, int64_t first, int64_t last)
{
    for (int64_t done = first; done < last; done++)
        if (at(schedule, done + 1) <= at(schedule, done))
            return false;
    return true;
}

/* ---- without warming up ---- */

static void a_constant_rate_stays(void)
{
    for (int64_t done = 0; done <= 2 * STEPS; done++)
        CHECK_NEAR(at((Schedule){.kind = SCHEDULE_CONSTANT}, done), rate, 0);
}

static void a_linear_rate_falls_by_the_same_amount_each_step(void)
{
    Schedule schedule = {.kind = SCHEDULE_LINEAR, .last = 0.1};
    CHECK_NEAR(at(schedule, 0), rate, 0);
    CHECK_NEAR(at(schedule, STEPS / 2), rate * 0.55, tiny);
    CHECK_NEAR(at(schedule, STEPS), rate * 0.1, tiny);
    for (int64_t done = 0; done < STEPS; done++)
        CHECK_NEAR(at(schedule, done) - at(schedule, done + 1), rate * 0.9 / STEPS, tiny);
}

static void a_cosine_rate_falls_slowly_fast_and_slowly(void)
{
    Schedule schedule = {.kind = SCHEDULE_COSINE, .last = 0.2};
    CHECK_NEAR(at(schedule, 0), rate, 0);
    CHECK_NEAR(at(schedule, STEPS / 4), rate * (0.2 + 0.8 * (1 + sqrt(0.5)) / 2), tiny);
    CHECK_NEAR(at(schedule, 66 * STEPS / 100), rate * (0.2 + 0.8 * (1 + cos(acos(-1) * 0.66)) / 2), tiny);
    CHECK_NEAR(at(schedule, STEPS / 2), rate * 0.6, tiny);
    CHECK_NEAR(at(schedule, STEPS), rate * 0.2, tiny);
    CHECK(never_grows(schedule, 0, 2 * STEPS));
    for (int64_t done = 0; done <= STEPS; done++)
        CHECK_NEAR(at(schedule, done) + at(schedule, STEPS - done), rate * 1.2, tiny);
}

static void rates_that_fall_to_nothing_stay_there(void)
{
    static const ScheduleName kinds[] = {SCHEDULE_LINEAR, SCHEDULE_COSINE};
    for (int i = 0; i < 2; i++) {
        CHECK(at((Schedule){.kind = kinds[i]}, STEPS - 1) > 0);
        CHECK_NEAR(at((Schedule){.kind = kinds[i]}, STEPS), 0, tiny);
        CHECK_NEAR(at((Schedule){.kind = kinds[i]}, 3 * STEPS), 0, tiny);
        CHECK(never_grows((Schedule){.kind = kinds[i]}, 0, 2 * STEPS));
    }
}

static void the_share_that_is_left_may_be_all(void)
{
    CHECK_NEAR(at((Schedule){.kind = SCHEDULE_LINEAR, .last = 1}, STEPS / 3), rate, tiny);
    CHECK_NEAR(at((Schedule){.kind = SCHEDULE_COSINE, .last = 1}, STEPS / 3), rate, tiny);
}

static void steps_are_taken_exactly_after_so_many_epochs(void)
{
    Schedule schedule = {.kind = SCHEDULE_STEPS, .every = 3, .factor = 0.5};
    for (int64_t done = 0; done <= STEPS; done++)
        CHECK_NEAR(at(schedule, done), rate * pow(0.5, (double)(done / (3 * PER_EPOCH))), 0);
}

static void steps_of_a_part_of_an_epoch_are_as_exact(void)
{
    static const int64_t batches[] = {1, 2, 3, 7, 9};
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        Schedule schedule = {.kind = SCHEDULE_STEPS, .every = (double)batches[i] / PER_EPOCH, .factor = 0.5};
        int wrong = 0;
        for (int64_t done = 0; done <= STEPS; done++)
            wrong += at(schedule, done) != rate * pow(0.5, (double)(done / batches[i]));
        CHECK_EQ_INT(wrong, 0);
    }
}

/* ---- warming up ---- */

static void the_rate_grows_in_equal_parts_to_the_whole(void)
{
    static const ScheduleName kinds[] = {SCHEDULE_CONSTANT, SCHEDULE_LINEAR, SCHEDULE_COSINE, SCHEDULE_STEPS};
    for (int i = 0; i < 4; i++) {
        Schedule schedule = {.kind = kinds[i], .warmup = 2, .every = 100, .factor = 0.1};
        for (int64_t done = 0; done < 2 * PER_EPOCH; done++)
            CHECK_NEAR(at(schedule, done), rate * (double)(done + 1) / (2 * PER_EPOCH), tiny);
        CHECK_NEAR(at(schedule, 2 * PER_EPOCH), rate, tiny);
        CHECK(grows(schedule, 0, 2 * PER_EPOCH - 1));
        CHECK(never_grows(schedule, 2 * PER_EPOCH, 2 * STEPS));
    }
}

static void the_fall_begins_after_warming_up_and_ends_with_training(void)
{
    static const ScheduleName kinds[] = {SCHEDULE_LINEAR, SCHEDULE_COSINE};
    for (int i = 0; i < 2; i++) {
        Schedule schedule = {.kind = kinds[i], .warmup = 4, .last = 0.5};
        CHECK_NEAR(at(schedule, (4 + EPOCHS) * PER_EPOCH / 2), rate * 0.75, tiny);
        CHECK_NEAR(at(schedule, STEPS), rate * 0.5, tiny);
    }
}

static void warming_up_may_take_part_of_an_epoch_or_all_epochs(void)
{
    CHECK_NEAR(at((Schedule){.warmup = 0.25}, 0), rate * 0.4, tiny);
    CHECK_NEAR(at((Schedule){.warmup = 0.25}, 1), rate * 0.8, tiny);
    CHECK_NEAR(at((Schedule){.warmup = 0.25}, 2), rate, tiny);
    CHECK_NEAR(at((Schedule){.warmup = 0.01}, 0), rate, tiny);
    CHECK_NEAR(at((Schedule){.kind = SCHEDULE_COSINE, .warmup = EPOCHS}, STEPS - 1), rate, tiny);
    CHECK_NEAR(at((Schedule){.kind = SCHEDULE_LINEAR, .warmup = 2 * EPOCHS}, STEPS - 1), rate * 0.5, tiny);
}

int main(void)
{
    a_constant_rate_stays();
    a_linear_rate_falls_by_the_same_amount_each_step();
    a_cosine_rate_falls_slowly_fast_and_slowly();
    rates_that_fall_to_nothing_stay_there();
    the_share_that_is_left_may_be_all();
    steps_are_taken_exactly_after_so_many_epochs();
    steps_of_a_part_of_an_epoch_are_as_exact();
    the_rate_grows_in_equal_parts_to_the_whole();
    the_fall_begins_after_warming_up_and_ends_with_training();
    warming_up_may_take_part_of_an_epoch_or_all_epochs();
    return test_report();
}
