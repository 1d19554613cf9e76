/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/sentences.h"
#include "runtime/data/tokenise.h"
#include "tests/check.h"

/* The sentences, each between bars. */
static const char *sentences_of(const char *text)
{
    static char out[1024];
    size_t size = 0;
    NndText sentence, rest = {text, strlen(text)};
    while (nnd_sentence_next(&sentence, &rest))
        size += (size_t)snprintf(out + size, sizeof out - size, "|%.*s", (int)sentence.size, sentence.data);
    out[size] = '\0';
    return out;
}

static void points_and_marks_end_sentences(void)
{
    CHECK_STR_EQ(sentences_of("No embolism. Clear lungs! Really? Yes"),
                 "|No embolism.| Clear lungs!| Really?| Yes");
    CHECK_STR_EQ(sentences_of("One... Two?! Three."), "|One...| Two?!| Three.");
}

static void quotes_and_brackets_that_close_belong_to_the_sentence(void)
{
    CHECK_STR_EQ(sentences_of("He said \"stop.\" Then (he left.) So"), "|He said \"stop.\"| Then (he left.)| So");
}

static void what_goes_on_in_lower_case_is_no_end(void)
{
    CHECK_STR_EQ(sentences_of("about 3.5 cm. in the lobe"), "|about 3.5 cm. in the lobe");
    CHECK_STR_EQ(sentences_of("a file.Name stays"), "|a file.Name stays");
}

static void abbreviations_and_initials_end_nothing(void)
{
    CHECK_STR_EQ(sentences_of("Dr. Who and J. Smith, e.g. Anna. Done."), "|Dr. Who and J. Smith, e.g. Anna.| Done.");
    CHECK_STR_EQ(sentences_of("see Fig. 3 and No. 12. Next"), "|see Fig. 3 and No. 12.| Next");
    CHECK_STR_EQ(sentences_of("He saw the Dr."), "|He saw the Dr.");
}

static void empty_lines_and_the_mark_of_review_corpora_end_sentences(void)
{
    CHECK_STR_EQ(sentences_of("FINDINGS\n\nclear\nlungs"), "|FINDINGS|\nclear\nlungs");
    CHECK_STR_EQ(sentences_of("good <sssss> bad <sssss>"), "|good | bad ");
}

static void nothing_has_no_sentence(void)
{
    CHECK_STR_EQ(sentences_of(""), "");
    CHECK_STR_EQ(sentences_of(" "), "| ");
}

/* Words of a text, and of its sentences one after the other. */
static void words_are_those_of_the_text(void)
{
    static const char text[] = "It isn't. \"Don't!\" she said. The 1,250.5 mg (J. Doe's). \xc3\x84rzte? 'Tis so.";
    NndText sentence, rest = {text, sizeof text - 1}, word, found;
    NndTokeniser whole = nnd_tokeniser(rest);
    while (nnd_sentence_next(&sentence, &rest)) {
        NndTokeniser part = nnd_tokeniser(sentence);
        while (nnd_token_next(&part, &found))
            CHECK(nnd_token_next(&whole, &word) && nnd_text_equal(word, found));
    }
    CHECK(!nnd_token_next(&whole, &word));
}

int main(void)
{
    points_and_marks_end_sentences();
    quotes_and_brackets_that_close_belong_to_the_sentence();
    what_goes_on_in_lower_case_is_no_end();
    abbreviations_and_initials_end_nothing();
    empty_lines_and_the_mark_of_review_corpora_end_sentences();
    nothing_has_no_sentence();
    words_are_those_of_the_text();
    return test_report();
}
