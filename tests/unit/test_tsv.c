/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/tsv.h"
#include "tests/check.h"

#include <stdlib.h>

static NndError error;

static NndStatus parse(NndTsv *out, const char *text, NndTsvForm form, const NndClasses *given)
{
    NndFile file = {.data = strdup(text), .size = strlen(text)};
    return nnd_tsv_parse(out, &file, "t.tsv", form, given, &error);
}

static int text_is(NndText text, const char *expected)
{
    return nnd_text_equal(text, (NndText){expected, strlen(expected)});
}

static void numbers_as_labels_stay_numbers(void)
{
    NndTsv tsv;
    CHECK_EQ_INT(parse(&tsv, "2\tone\n\n0\ttwo\twords\r\n1\t", NND_TSV_LABELLED, NULL), NND_OK);
    CHECK_EQ_INT(tsv.count, 3);
    CHECK_EQ_INT(tsv.labels[0], 2);
    CHECK_EQ_INT(tsv.labels[1], 0);
    CHECK_EQ_INT(tsv.labels[2], 1);
    CHECK(text_is(tsv.texts[0], "one") && text_is(tsv.texts[1], "two\twords"));
    CHECK(text_is(tsv.texts[2], ""));
    CHECK_EQ_INT(tsv.classes.count, 3);
    CHECK_STR_EQ(tsv.classes.names[2], "2");
    nnd_tsv_free(&tsv);
}

static void names_are_numbered_as_they_appear(void)
{
    NndTsv tsv;
    CHECK_EQ_INT(parse(&tsv, "spam\ta\nham\tb\nspam\tc\n01\td\n", NND_TSV_LABELLED, NULL), NND_OK);
    CHECK_EQ_INT(tsv.classes.count, 3);
    CHECK_STR_EQ(tsv.classes.names[0], "spam");
    CHECK_STR_EQ(tsv.classes.names[1], "ham");
    CHECK_STR_EQ(tsv.classes.names[2], "01");
    CHECK_EQ_INT(tsv.labels[2], 0);
    nnd_tsv_free(&tsv);
}

static void given_classes_are_known_by_name_or_number(void)
{
    char *names[] = {"ham", "spam"};
    NndClasses given = {.names = names, .count = 2};
    NndTsv tsv;
    CHECK_EQ_INT(parse(&tsv, "spam\ta\n0\tb\n", NND_TSV_LABELLED, &given), NND_OK);
    CHECK_EQ_INT(tsv.labels[0], 1);
    CHECK_EQ_INT(tsv.labels[1], 0);
    CHECK_STR_EQ(tsv.classes.names[1], "spam");
    nnd_tsv_free(&tsv);
    CHECK_EQ_INT(parse(&tsv, "spam\ta\n\neggs\tb\n", NND_TSV_LABELLED, &given), NND_EFORMAT);
    CHECK_STR_EQ(error.text, "t.tsv:3: label 'eggs' is none of the 2 classes");
    CHECK_EQ_INT(parse(&tsv, "2\ta\n", NND_TSV_LABELLED, &given), NND_EFORMAT);
}

static void plain_text_keeps_empty_lines(void)
{
    NndTsv tsv;
    CHECK_EQ_INT(parse(&tsv, "\xEF\xBB\xBF" "a b\n\nc\n", NND_TSV_PLAIN, NULL), NND_OK);
    CHECK_EQ_INT(tsv.count, 3);
    CHECK(text_is(tsv.texts[0], "a b") && text_is(tsv.texts[1], "") && text_is(tsv.texts[2], "c"));
    CHECK(tsv.labels == NULL);
    nnd_tsv_free(&tsv);
}

static void features_are_numbers(void)
{
    NndTsv tsv;
    const char *text = "1\t0.5 -2\t1e3\n0\t 1\t2 3 \n";
    CHECK_EQ_INT(parse(&tsv, text, NND_TSV_FEATURES, NULL), NND_OK);
    CHECK_EQ_INT(tsv.count, 2);
    CHECK_EQ_INT(tsv.width, 3);
    const float expected[] = {0.5f, -2, 1000, 1, 2, 3};
    CHECK(memcmp(tsv.features, expected, sizeof expected) == 0);
    CHECK_EQ_INT(tsv.labels[0], 1);
    nnd_tsv_free(&tsv);
    CHECK_EQ_INT(parse(&tsv, "4 5\n6 7\n", NND_TSV_NUMBERS, NULL), NND_OK);
    CHECK(tsv.labels == NULL && tsv.features[3] == 7);
    nnd_tsv_free(&tsv);
}

static void check_error(const char *text, NndTsvForm form, const char *message)
{
    NndTsv tsv;
    CHECK_EQ_INT(parse(&tsv, text, form, NULL), NND_EFORMAT);
    CHECK_STR_EQ(error.text, message);
}

static void errors_name_the_line(void)
{
    check_error("0\ta\nb\n", NND_TSV_LABELLED, "t.tsv:2: no TAB after the label");
    check_error("0\ta\n1\tb\xFF\n", NND_TSV_LABELLED,
                "t.tsv:2: byte 0xff (at 7) is not UTF-8 text");
    check_error("0\t1 2\n1\t3\n", NND_TSV_FEATURES, "t.tsv:2: 1 numbers where 2 are expected");
    check_error("0\t1 2\n1\t3 4 5\n", NND_TSV_FEATURES,
                "t.tsv:2: more than the expected 2 numbers");
    check_error("0\t\n", NND_TSV_FEATURES, "t.tsv:1: 0 numbers where 1 are expected");
    check_error("0\t1 2x\n", NND_TSV_FEATURES, "t.tsv:1: field 2 is not a finite number");
    check_error("0\t1 nan\n", NND_TSV_FEATURES, "t.tsv:1: field 2 is not a finite number");
}

static void an_empty_file_has_no_records(void)
{
    NndTsv tsv;
    CHECK_EQ_INT(parse(&tsv, "", NND_TSV_LABELLED, NULL), NND_OK);
    CHECK_EQ_INT(tsv.count, 0);
    nnd_tsv_free(&tsv);
}

int main(void)
{
    numbers_as_labels_stay_numbers();
    names_are_numbered_as_they_appear();
    given_classes_are_known_by_name_or_number();
    plain_text_keeps_empty_lines();
    features_are_numbers();
    errors_name_the_line();
    an_empty_file_has_no_records();
    return test_report();
}
