/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/tokenise.h"
#include "tests/check.h"

static void check_words(const char *text, const char *expected)
{
    char found[4096] = "";
    size_t size = 0;
    NndTokeniser tokeniser = nnd_tokeniser((NndText){text, strlen(text)});
    for (NndText word; nnd_token_next(&tokeniser, &word);)
        size += (size_t)snprintf(found + size, sizeof found - size, "%s%.*s", size ? "|" : "",
                                 (int)word.size, word.data);
    CHECK_STR_EQ(found, expected);
}

static void words_are_lower_case_and_parted_by_everything_else(void)
{
    check_words("", "");
    check_words("  No PULMONARY embolism.\n", "no|pulmonary|embolism");
    check_words("well-known:\"x\"/y", "well|known|x|y");
    check_words("yes,no! (why?)", "yes|,|no|!|(|why|?|)");
}

static void contractions_are_split(void)
{
    check_words("don't can't", "do|n't|ca|n't");
    check_words("it's we've they're I'd he'll", "it|'s|we|'ve|they|'re|i|'d|he|'ll");
    check_words("it 's do n't", "it|'s|do|n't");
    check_words("the patient\xE2\x80\x99s O'Brien", "the|patient|'s|o'brien");
    check_words("'quoted words' rock 'n' roll", "quoted|words|rock|n|roll");
    check_words("IT'S WON'T", "it|'s|wo|n't");
    check_words("'tis 'd 'dx", "tis|'d|dx");
}

/* Words as they stand in the text. */
static void check_places(const char *text, const char *expected)
{
    char found[1024] = "";
    size_t size = 0;
    NndTokeniser tokeniser = nnd_tokeniser((NndText){text, strlen(text)});
    for (NndText word; nnd_token_next(&tokeniser, &word);)
        size += (size_t)snprintf(found + size, sizeof found - size, "%s%.*s", size ? "|" : "",
                                 (int)(tokeniser.stop - tokeniser.begin), tokeniser.begin);
    CHECK_STR_EQ(found, expected);
}

static void each_word_has_its_place_in_the_text(void)
{
    check_places("  No PE, 3.5 mm (old)!", "No|PE|,|3.5|mm|(|old|)|!");
    check_places("Don't; she's they\xE2\x80\x99ve DIDN\xE2\x80\x99T",
                 "Do|n't|she|'s|they|\xE2\x80\x99ve|DID|N\xE2\x80\x99T");
    check_places("it 's 1980's 'quoted' O'Brien", "it|'s|1980|'s|quoted|O'Brien");
    char text[2 * NND_MAX_WORD + 8];
    memset(text, 'x', sizeof text - 3);
    memcpy(text + sizeof text - 3, "'s", 3);
    NndTokeniser tokeniser = nnd_tokeniser((NndText){text, sizeof text - 1});
    NndText word;
    CHECK(nnd_token_next(&tokeniser, &word));
    CHECK(tokeniser.begin == text && tokeniser.stop == tokeniser.at);
}

static void numbers_are_one_word(void)
{
    check_words("155,221 bags of 5.93 mln.", "<num>|bags|of|<num>|mln");
    check_words("30mm 3-4 1/2 1.", "<num>|mm|<num>|<num>|<num>|<num>|<num>");
    check_words("1980's 5,", "<num>|'s|<num>|,");
    check_words("L4 covid19 t2-weighted", "l4|covid19|t2|weighted");
}

static void letters_beyond_ascii_are_letters(void)
{
    check_words("CLICH\xC3\x89S na\xC3\xAFve", "clich\xC3\xA9s|na\xC3\xAFve");
    check_words("\xC5\x81\xC3\x93" "D\xC5\xB9 \xCE\xA9\xCE\xA3 \xD0\x96\xD0\x81",
                "\xC5\x82\xC3\xB3" "d\xC5\xBA|\xCF\x89\xCF\x83|\xD0\xB6\xD1\x91");
    check_words("a\xE2\x80\x94" "b\xC2\xA0" "c \xF0\x9F\x98\x80", "a|b|c");
    check_words("\xE4\xB8\xAD\xE6\x96\x87\xE3\x80\x82", "\xE4\xB8\xAD\xE6\x96\x87");
}

static void bytes_that_are_not_utf8_only_part_words(void)
{
    check_words("a\xFF" "b\xC3", "a|b");
    check_words("\xE2\x80", "");
}

static void a_word_is_cut_at_the_limit(void)
{
    char text[3 * NND_MAX_WORD];
    memset(text, 'a', sizeof text);
    NndTokeniser tokeniser = nnd_tokeniser((NndText){text, sizeof text});
    NndText word = {0};
    CHECK(nnd_token_next(&tokeniser, &word));
    CHECK_EQ_INT(word.size, NND_MAX_WORD);
    CHECK(!nnd_token_next(&tokeniser, &word));
}

int main(void)
{
    words_are_lower_case_and_parted_by_everything_else();
    contractions_are_split();
    each_word_has_its_place_in_the_text();
    numbers_are_one_word();
    letters_beyond_ascii_are_letters();
    bytes_that_are_not_utf8_only_part_words();
    a_word_is_cut_at_the_limit();
    return test_report();
}
