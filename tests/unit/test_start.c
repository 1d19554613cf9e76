/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/weights.h"
#include "runtime/data/file.h"
#include "tests/check.h"

#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/nnd-test-start-XXXXXX";
static NndError error;

/* Rows of a weight embed.W[words, 2] (0 at first), begun with vectors from a file of this text, for a
 * vocabulary of padding, <unk>, cat and dog. */
static NndStatus start(float *rows, const char *text)
{
    static const char stored[] = "<pad>\n<unk>\ncat\ndog\n";
    NndVocab *vocab;
    float best[8];
    memset(rows, 0, 8 * sizeof *rows);
    CHECK_EQ_INT(nnd_file_write(path, text, strlen(text), &error), NND_OK);
    CHECK_EQ_INT(nnd_vocab_load(&vocab, (NndText){stored, sizeof stored - 1}, "test", &error), NND_OK);
    Slot slot = {.name = "embed.W", .count = 8, .now = rows, .best = best, .is_weight = true};
    Slots slots = {.items = &slot, .count = 1};
    StartRow row = {.pattern = "W", .file = path};
    Recipe recipe = {.start_count = 1, .starts = &row};
    NndStatus status = slots_start(&slots, &recipe, vocab, true, &error);
    nnd_vocab_free(vocab);
    return status;
}

static void words_with_a_vector_begin_with_it(void)
{
    float rows[8];
    CHECK_EQ_INT(start(rows, "dog 1.5 -2\nhorse 7 8\n"), NND_OK);
    CHECK(rows[6] == 1.5f && rows[7] == -2);
    CHECK(rows[0] == 0 && rows[2] == 0 && rows[4] == 0);
}

static void a_first_line_of_counts_is_skipped(void)
{
    float rows[8];
    CHECK_EQ_INT(start(rows, "2 2\ncat 3 4\n"), NND_OK);
    CHECK(rows[4] == 3 && rows[5] == 4);
}

static void wrong_lines_are_told_with_their_place(void)
{
    float rows[8];
    CHECK_EQ_INT(start(rows, "cat 1 2\ndog 1 2 3\n"), NND_EFORMAT);
    CHECK(strstr(error.text, ":2: 3 numbers where 2 are wanted"));
    CHECK_EQ_INT(start(rows, "cat 1 two\n"), NND_EFORMAT);
    CHECK(strstr(error.text, ":1: number 2 is not one"));
    CHECK_EQ_INT(start(rows, "cat 1 nan\n"), NND_EFORMAT);
}

int main(void)
{
    int file = mkstemp(path);
    CHECK(file >= 0);
    close(file);
    words_with_a_vector_begin_with_it();
    a_first_line_of_counts_is_skipped();
    wrong_lines_are_told_with_their_place();
    unlink(path);
    return test_report();
}
