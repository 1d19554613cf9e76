/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/vectors.h"

#include <stdlib.h>
#include <unistd.h>

#include "runtime/data/file.h"
#include "tests/check.h"

static NndError error;

/* What was read, as text. */
typedef struct Seen {
    char text[512];
    size_t size;
    int64_t width;
} Seen;

static NndStatus see(void *context, NndText word, const float *vector, NndError *unused)
{
    (void)unused;
    Seen *seen = context;
    seen->size += (size_t)snprintf(seen->text + seen->size, sizeof seen->text - seen->size, "%.*s",
                                   (int)word.size, word.data);
    for (int64_t i = 0; i < seen->width; i++)
        seen->size += (size_t)snprintf(seen->text + seen->size, sizeof seen->text - seen->size,
                                       " %g", (double)vector[i]);
    seen->size += (size_t)snprintf(seen->text + seen->size, sizeof seen->text - seen->size, ";");
    return NND_OK;
}

static NndStatus parse(Seen *seen, const void *data, size_t size, int64_t width)
{
    *seen = (Seen){.width = width};
    char *copy = malloc(size + 1); /* exactly as long, for the sanitisers */
    memcpy(copy, data, size);
    copy[size] = '\0';
    NndStatus status = nnd_vectors_parse((NndText){copy, size}, "file", width, see, seen, &error);
    free(copy);
    return status;
}

static NndStatus parse_text(Seen *seen, const char *text, int64_t width)
{
    return parse(seen, text, strlen(text), width);
}

static void text_is_a_word_and_its_numbers_a_line(void)
{
    Seen seen;
    CHECK_EQ_INT(parse_text(&seen, "cat 1.5 -2\n\ndog\t3e-1  4\r\n", 2), NND_OK);
    CHECK_STR_EQ(seen.text, "cat 1.5 -2;dog 0.3 4;");
    CHECK_EQ_INT(parse_text(&seen, "2 2\ncat 1 2\ndog 3 4\n", 2), NND_OK);
    CHECK_STR_EQ(seen.text, "cat 1 2;dog 3 4;");
    CHECK_EQ_INT(parse_text(&seen, "", 2), NND_OK);
}

static size_t put(char *out, const char *word, float a, float b, const char *end)
{
    size_t size = strlen(word);
    memcpy(out, word, size);
    memcpy(out + size, &a, sizeof a);
    memcpy(out + size + sizeof a, &b, sizeof b);
    memcpy(out + size + 8, end, strlen(end));
    return size + 8 + strlen(end);
}

static void binary_is_read_with_and_without_line_ends(void)
{
    Seen seen;
    for (int ends = 0; ends < 2; ends++) {
        char data[128] = "2 2\n";
        size_t size = 4;
        size += put(data + size, "cat ", 1.5f, 0, ends ? "\n" : "");
        size += put(data + size, "dog ", -3, 1e-7f, ends ? "\n" : "");
        CHECK_EQ_INT(parse(&seen, data, size, 2), NND_OK);
        CHECK_STR_EQ(seen.text, "cat 1.5 0;dog -3 1e-07;");
        for (size_t cut = 6; cut < size - 1; cut++)
            CHECK_EQ_INT(parse(&seen, data, cut, 2), NND_EFORMAT);
    }
}

static void mistakes_have_their_place(void)
{
    Seen seen;
    CHECK_EQ_INT(parse_text(&seen, "cat 1 2\ndog 1 2 3\n", 2), NND_EFORMAT);
    CHECK_STR_EQ(error.text, "file:2: 3 numbers where 2 are wanted");
    CHECK_EQ_INT(parse_text(&seen, "cat 1 two\n", 2), NND_EFORMAT);
    CHECK_STR_EQ(error.text, "file:1: number 2 is not one");
    CHECK_EQ_INT(parse_text(&seen, "cat 1 inf\n", 2), NND_EFORMAT);
    char data[64] = "1 2\n";
    size_t size = 4 + put(data + 4, "cat ", 0, NAN, "\n");
    CHECK_EQ_INT(parse(&seen, data, size, 2), NND_EFORMAT);
    CHECK_STR_EQ(error.text, "file: word 1: number 2 is not finite");
    CHECK_EQ_INT(parse(&seen, data, size, 3), NND_EFORMAT);
    CHECK_STR_EQ(error.text, "file: vectors of 2 numbers where 3 are wanted");
}

static void what_is_written_is_read_again(void)
{
    static const char stored[] = "<pad>\n<unk>\ncat\nna\xC3\xAFve\n";
    static const float rows[] = {0.1f, -2.5e-8f, 12345.678f, 0};
    NndVocab *vocab;
    CHECK_EQ_INT(nnd_vocab_load(&vocab, (NndText){stored, sizeof stored - 1}, "test", &error),
                 NND_OK);
    for (int binary = 0; binary < 2; binary++) {
        char path[] = "/tmp/nnd-test-vectors-XXXXXX.bin";
        int file = mkstemps(path, 4);
        CHECK(file >= 0);
        close(file);
        char text[sizeof path];
        snprintf(text, sizeof text, "%.*s%s", (int)(sizeof path - 5), path,
                 binary ? ".bin" : ".txt");
        CHECK_EQ_INT(nnd_vectors_write(text, vocab, rows, 2, &error), NND_OK);
        Seen seen = {.width = 2};
        CHECK_EQ_INT(nnd_vectors_read(text, 2, see, &seen, &error), NND_OK);
        CHECK_STR_EQ(seen.text, "cat 0.1 -2.5e-08;na\xC3\xAFve 12345.7 0;");
        unlink(text);
        unlink(path);
    }
    nnd_vocab_free(vocab);
}

int main(void)
{
    text_is_a_word_and_its_numbers_a_line();
    binary_is_read_with_and_without_line_ends();
    mistakes_have_their_place();
    what_is_written_is_read_again();
    return test_report();
}
