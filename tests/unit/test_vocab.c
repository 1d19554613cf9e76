/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/vocab.h"
#include "tests/check.h"

#include <stdlib.h>

static NndError error;

static NndText view(const char *text)
{
    return (NndText){text, strlen(text)};
}

static NndVocab *build(const char *text, int64_t min_count, int32_t max_size)
{
    NndVocabBuilder *builder;
    NndVocab *vocab = NULL;
    CHECK_EQ_INT(nnd_vocab_builder_new(&builder, &error), NND_OK);
    CHECK_EQ_INT(nnd_vocab_builder_add(builder, view(text), &error), NND_OK);
    CHECK_EQ_INT(nnd_vocab_finish(&vocab, builder, min_count, max_size, &error), NND_OK);
    nnd_vocab_builder_free(builder);
    return vocab;
}

static void frequent_words_come_first_and_ties_in_byte_order(void)
{
    NndVocab *vocab = build("b a c b ab 7 c b 8", 1, 0);
    CHECK_STR_EQ(nnd_vocab_stored(vocab).data, "<pad>\n<unk>\nb\n<num>\nc\na\nab\n");
    CHECK_EQ_INT(nnd_vocab_size(vocab), 7);
    CHECK_EQ_INT(nnd_vocab_id(vocab, view("b")), 2);
    CHECK_EQ_INT(nnd_vocab_id(vocab, view("ab")), 6);
    CHECK_EQ_INT(nnd_vocab_id(vocab, view("zebra")), NND_UNKNOWN);
    CHECK(nnd_text_equal(nnd_vocab_word(vocab, 4), view("c")));
    nnd_vocab_free(vocab);
}

static void rare_words_and_those_over_the_limit_are_left_out(void)
{
    NndVocab *vocab = build("b a c b ab c b", 2, 0);
    CHECK_STR_EQ(nnd_vocab_stored(vocab).data, "<pad>\n<unk>\nb\nc\n");
    nnd_vocab_free(vocab);
    vocab = build("b a c b ab c b", 1, 3);
    CHECK_STR_EQ(nnd_vocab_stored(vocab).data, "<pad>\n<unk>\nb\n");
    nnd_vocab_free(vocab);
    vocab = build("", 1, 1);
    CHECK_EQ_INT(nnd_vocab_size(vocab), 2);
    nnd_vocab_free(vocab);
}

static void texts_become_ids(void)
{
    NndVocab *vocab = build("the cat sat on the mat", 1, 0);
    int32_t ids[4] = {-1, -1, -1, -1};
    CHECK_EQ_INT(nnd_vocab_encode(vocab, view("The dog sat here."), ids, 3), 4);
    CHECK_EQ_INT(ids[0], 2);
    CHECK_EQ_INT(ids[1], NND_UNKNOWN);
    CHECK_EQ_INT(ids[2], nnd_vocab_id(vocab, view("sat")));
    CHECK_EQ_INT(ids[3], -1);
    nnd_vocab_free(vocab);
}

static void check_error(const char *stored, const char *message)
{
    NndVocab *vocab;
    CHECK_EQ_INT(nnd_vocab_load(&vocab, view(stored), "v", &error), NND_EFORMAT);
    CHECK_STR_EQ(error.text, message);
}

static void a_broken_vocabulary_is_refused(void)
{
    check_error("", "v:1: a vocabulary begins with <pad> and <unk>");
    check_error("<pad>\n<unk>\na\n\nb\n", "v:4: empty word");
    check_error("<pad>\n<unk>\na\nb\na\n", "v:5: this word stands here twice");
    check_error("<pad>\n<unk>\n\xC0\x80\n", "v: byte 12: not UTF-8");
}

static void many_words_keep_their_ids(void)
{
    enum { WORDS = 20000 };
    char *stored = malloc(WORDS * 16), word[16];
    size_t size = (size_t)sprintf(stored, "<pad>\n<unk>\n");
    for (int i = 2; i < WORDS; i++)
        size += (size_t)sprintf(stored + size, "w%xq%d\n", i * 7919, i);
    NndVocab *vocab;
    CHECK_EQ_INT(nnd_vocab_load(&vocab, (NndText){stored, size}, "v", &error), NND_OK);
    CHECK_EQ_INT(nnd_vocab_size(vocab), WORDS);
    int wrong = 0;
    for (int i = 2; i < WORDS; i++) {
        sprintf(word, "w%xq%d", i * 7919, i);
        wrong += nnd_vocab_id(vocab, view(word)) != i;
    }
    CHECK_EQ_INT(wrong, 0);
    nnd_vocab_free(vocab);
    free(stored);
}

int main(void)
{
    frequent_words_come_first_and_ties_in_byte_order();
    rare_words_and_those_over_the_limit_are_left_out();
    texts_become_ids();
    a_broken_vocabulary_is_refused();
    many_words_keep_their_ids();
    return test_report();
}
