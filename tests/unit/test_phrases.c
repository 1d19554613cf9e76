/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "runtime/data/phrases.h"
#include "tests/check.h"

#include <stdlib.h>

static NndError error;

static NndText text_of(const char *text)
{
    return (NndText){text, strlen(text)};
}

static NndPhrases *lexicon(const char *lines)
{
    NndPhrases *phrases = NULL;
    CHECK_EQ_INT(nnd_phrases_parse(&phrases, text_of(lines), "lexicon", &error), NND_OK);
    return phrases;
}

/* `expected` has a 1 for each word that is marked. */
static void marks(const NndPhrases *phrases, const char *text, const char *expected)
{
    uint8_t found[64];
    size_t count = strlen(expected);
    memset(found, 9, sizeof found);
    CHECK_EQ_INT(nnd_phrases_mark(phrases, text_of(text), found, (int64_t)count, &error), NND_OK);
    for (size_t i = 0; i < count; i++)
        CHECK_EQ_INT(found[i], expected[i] - '0');
    CHECK_EQ_INT(found[count], 9);
}

static void the_longest_phrase_wins(void)
{
    NndPhrases *phrases = lexicon("# clots\npulmonary embolism\nembolism\n\nno filling defect in\nfilling defect\n");
    CHECK_EQ_INT(nnd_phrases_count(phrases), 4);
    marks(phrases, "acute Pulmonary  EMBOLISM seen", "0110");
    marks(phrases, "no filling defect within the vessel", "011000");
    marks(phrases, "no filling defect in it", "11110");
    marks(phrases, "pulmonary artery", "00");
    marks(phrases, "embolism embolism", "11");
    marks(phrases, "", "");
    nnd_phrases_free(phrases);
}

static void only_the_first_words_are_marked_if_a_text_was_cut(void)
{
    NndPhrases *phrases = lexicon("filling defect\n");
    marks(phrases, "a filling defect", "01");
    nnd_phrases_free(phrases);
}

static void an_empty_lexicon_marks_nothing(void)
{
    NndPhrases *phrases = lexicon("");
    marks(phrases, "filling defect", "00");
    nnd_phrases_free(phrases);
}

static void phrases_are_found_one_behind_the_other(void)
{
    NndPhrases *phrases = lexicon("pulmonary embolism\nacute pulmonary embolism\nfilling defect\n");
    NndPhraseSpan *spans;
    int64_t count;
    NndText text = text_of("Acute pulmonary embolism pulmonary embolism, no filling defects");
    CHECK_EQ_INT(nnd_phrases_find(phrases, text, &spans, &count, &error), NND_OK);
    CHECK_EQ_INT(count, 2);
    CHECK(spans[0].first == 0 && spans[0].count == 3);
    CHECK(spans[1].first == 3 && spans[1].count == 2);
    free(spans);
    nnd_phrases_free(phrases);
}

static void a_phrase_twice_is_one(void)
{
    NndPhrases *phrases = lexicon("Filling defect\nfilling  DEFECT\n");
    CHECK_EQ_INT(nnd_phrases_count(phrases), 1);
    CHECK_EQ_INT((int)nnd_phrases_at(phrases, 0).size, 14);
    nnd_phrases_free(phrases);
}

static void mistakes_have_their_line(void)
{
    NndPhrases *phrases;
    char line[256] = "a\n";
    for (int i = 0; i <= NND_MAX_PHRASE; i++)
        strcat(line, "b ");
    CHECK_EQ_INT(nnd_phrases_parse(&phrases, text_of(line), "lexicon", &error), NND_EFORMAT);
    CHECK_STR_EQ(error.text, "lexicon:2: a phrase of more than 32 words");
    CHECK_EQ_INT(nnd_phrases_parse(&phrases, text_of("a\n\xff"), "lexicon", &error), NND_EFORMAT);
    CHECK(phrases == NULL);
}

int main(void)
{
    the_longest_phrase_wins();
    only_the_first_words_are_marked_if_a_text_was_cut();
    an_empty_lexicon_marks_nothing();
    phrases_are_found_one_behind_the_other();
    a_phrase_twice_is_one();
    mistakes_have_their_line();
    return test_report();
}
