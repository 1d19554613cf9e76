# SPDX-License-Identifier: Apache-2.0
# TASK.SYSTEM.jsonl...: the word-deletion tests as one table.
BEGIN { OFS = "\t"; print "task", "system", "seed", "texts", "deleted", "probability_decisive", "probability_random" }
{
    split(stem(FILENAME), part, ".")
    print part[1], part[2], 1, number("items"), number("deleted"), number("decisive"), number("random")
}
