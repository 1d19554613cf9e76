/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/program.h"
#include "tests/check.h"

static void patterns_are_ends_of_paths_by_whole_components(void)
{
    CHECK(weight_matches("logits.Linear.W", "Linear.W"));
    CHECK(weight_matches("logits.Linear.W", "W"));
    CHECK(weight_matches("logits.Linear.W", "logits.Linear.W"));
    CHECK(!weight_matches("logits.Linear.W", "inear.W"));
    CHECK(!weight_matches("logits.Linear.W", "Linear"));
    CHECK(!weight_matches("W", "Linear.W"));
}

static void numbers_of_repeated_instances_may_be_left_out(void)
{
    CHECK(weight_matches("logits.Linear#2.W", "Linear.W"));
    CHECK(weight_matches("logits.Linear#2.W", "Linear#2.W"));
    CHECK(!weight_matches("logits.Linear#2.W", "Linear#3.W"));
    CHECK(!weight_matches("logits.Linear.W", "Linear#2.W"));
    CHECK(weight_matches("a.Block#2.Linear#3.W", "Block.Linear.W"));
}

int main(void)
{
    patterns_are_ends_of_paths_by_whole_components();
    numbers_of_repeated_instances_may_be_left_out();
    return test_report();
}
