/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/tsv.h"
#include "tests/check.h"

#include <stdlib.h>

static NndError error;

/* What the models of these tests want. */
static NndField text_items[] = {{.name = "label", .kind = NND_FIELD_CLASS, .target = true},
                                {.name = "report", .kind = NND_FIELD_TEXT}};
static NndField number_items[] = {{.name = "label", .kind = NND_FIELD_CLASS, .target = true},
                                  {.name = "x", .kind = NND_FIELD_NUMBERS, .width = 2}};
static NndField many_items[] = {{.name = "a", .kind = NND_FIELD_TEXT},
                                {.name = "codes", .kind = NND_FIELD_NUMBERS, .target = true, .width = 3},
                                {.name = "b", .kind = NND_FIELD_TEXT},
                                {.name = "topic", .kind = NND_FIELD_CLASS, .target = true}};
static const NndFields text = {text_items, 2}, numbers = {number_items, 2}, many = {many_items, 4};

static const NndLayoutWish labelled = {.labelled = true, .targets = true}, plain = {0},
                           predicted = {.labelled = true};

static NndStatus parse(NndDataset *out, const char *lines, const NndFields *fields, NndLayoutWish wish)
{
    NndFile file = {.data = strdup(lines), .size = strlen(lines)};
    return nnd_tsv_parse(out, &file, "t.tsv", fields, &wish, &error);
}

static int text_is(NndText found, const char *expected)
{
    return nnd_text_equal(found, (NndText){expected, strlen(expected)});
}

static void numbers_as_labels_stay_numbers(void)
{
    NndDataset set;
    CHECK_EQ_INT(parse(&set, "2\tone\n\n0\ttwo\twords\r\n1\t", &text, labelled), NND_OK);
    CHECK_EQ_INT(set.count, 3);
    const NndColumn *label = &set.columns[0], *report = &set.columns[1];
    CHECK(label->labels[0] == 2 && label->labels[1] == 0 && label->labels[2] == 1);
    CHECK(text_is(report->texts[0], "one") && text_is(report->texts[1], "two\twords"));
    CHECK(text_is(report->texts[2], ""));
    CHECK_EQ_INT(label->classes.count, 3);
    CHECK_STR_EQ(label->classes.names[2], "2");
    nnd_dataset_free(&set);
}

static void names_are_numbered_as_they_appear(void)
{
    NndDataset set;
    CHECK_EQ_INT(parse(&set, "spam\ta\nham\tb\nspam\tc\n01\td\n", &text, labelled), NND_OK);
    const NndClasses *classes = &set.columns[0].classes;
    CHECK_EQ_INT(classes->count, 3);
    CHECK_STR_EQ(classes->names[0], "spam");
    CHECK_STR_EQ(classes->names[1], "ham");
    CHECK_STR_EQ(classes->names[2], "01");
    CHECK_EQ_INT(set.columns[0].labels[2], 0);
    nnd_dataset_free(&set);
}

static void given_classes_are_known_by_name_or_number(void)
{
    char *names[] = {"ham", "spam"};
    NndField items[] = {text_items[0], text_items[1]};
    items[0].classes = (NndClasses){.names = names, .count = 2};
    NndFields given = {items, 2};
    NndDataset set;
    CHECK_EQ_INT(parse(&set, "spam\ta\n0\tb\n", &given, labelled), NND_OK);
    CHECK(set.columns[0].labels[0] == 1 && set.columns[0].labels[1] == 0);
    CHECK_STR_EQ(set.columns[0].classes.names[1], "spam");
    nnd_dataset_free(&set);
    CHECK_EQ_INT(parse(&set, "spam\ta\n\neggs\tb\n", &given, labelled), NND_EFORMAT);
    CHECK_STR_EQ(error.text, "t.tsv:3: label 'eggs' is none of the 2 classes");
    CHECK_EQ_INT(parse(&set, "2\ta\n", &given, labelled), NND_EFORMAT);
}

static void plain_text_keeps_empty_lines(void)
{
    NndDataset set;
    CHECK_EQ_INT(parse(&set, "\xEF\xBB\xBF" "a b\n\nc\n", &text, plain), NND_OK);
    CHECK_EQ_INT(set.count, 3);
    const NndText *texts = set.columns[1].texts;
    CHECK(text_is(texts[0], "a b") && text_is(texts[1], "") && text_is(texts[2], "c"));
    CHECK(set.columns[0].labels == NULL);
    nnd_dataset_free(&set);
}

static void numbers_are_parted_by_tabs_or_blanks(void)
{
    NndDataset set;
    CHECK_EQ_INT(parse(&set, "1\t0.5 -2\t1e3\n0\t 1\t2 3 \n", &numbers, labelled), NND_OK);
    CHECK_EQ_INT(set.count, 2);
    CHECK_EQ_INT(set.columns[1].width, 3);
    const float expected[] = {0.5f, -2, 1000, 1, 2, 3};
    CHECK(memcmp(set.columns[1].f32, expected, sizeof expected) == 0);
    CHECK_EQ_INT(set.columns[0].labels[0], 1);
    nnd_dataset_free(&set);
    CHECK_EQ_INT(parse(&set, "4 5\n6 7\n", &numbers, plain), NND_OK);
    CHECK(set.columns[0].labels == NULL && set.columns[1].f32[3] == 7);
    nnd_dataset_free(&set);
}

static void targets_come_first_then_inputs_in_their_order(void)
{
    NndDataset set;
    CHECK_EQ_INT(parse(&set, "0 0.5 1\tgrain\tone text\tanother\n1 1 1\tmetal\t\tx\n", &many, labelled), NND_OK);
    CHECK_EQ_INT(set.count, 2);
    CHECK(text_is(set.columns[0].texts[0], "one text") && text_is(set.columns[2].texts[0], "another"));
    CHECK(text_is(set.columns[0].texts[1], "") && text_is(set.columns[2].texts[1], "x"));
    CHECK(set.columns[1].width == 3 && set.columns[1].f32[1] == 0.5f);
    CHECK_STR_EQ(set.columns[3].classes.names[1], "metal");
    nnd_dataset_free(&set);
    CHECK_EQ_INT(parse(&set, "one\tanother\n", &many, plain), NND_OK);
    CHECK(text_is(set.columns[2].texts[0], "another"));
    CHECK(!set.columns[1].f32 && !set.columns[3].labels);
    nnd_dataset_free(&set);
}

static void targets_that_are_not_wanted_are_read_over(void)
{
    NndDataset set;
    CHECK_EQ_INT(parse(&set, "what\tever\tone\tanother\n", &many, predicted), NND_OK);
    CHECK(text_is(set.columns[0].texts[0], "one"));
    CHECK(!set.columns[1].f32 && !set.columns[3].labels);
    nnd_dataset_free(&set);
}

static void a_string_of_bits_is_as_many_numbers(void)
{
    NndDataset set;
    CHECK_EQ_INT(parse(&set, "010\tt\ta\tb\n1 1 0\tt\ta\tb\n", &many, labelled), NND_OK);
    const float expected[] = {0, 1, 0, 1, 1, 0};
    CHECK(set.columns[1].width == 3 && memcmp(set.columns[1].f32, expected, sizeof expected) == 0);
    nnd_dataset_free(&set);
    CHECK_EQ_INT(parse(&set, "010\tt\ta\tb\n0101\tt\ta\tb\n", &many, labelled), NND_EFORMAT);
    CHECK_STR_EQ(error.text, "t.tsv:2: `codes`: 1 numbers where 3 are expected");
}

static void a_header_names_the_columns(void)
{
    NndDataset set;
    CHECK_EQ_INT(parse(&set, "id\tb\ttopic\ta\tcodes\n7\tB\tgrain\tA\t001\n", &many, labelled), NND_OK);
    CHECK_EQ_INT(set.count, 1);
    CHECK(text_is(set.columns[0].texts[0], "A") && text_is(set.columns[2].texts[0], "B"));
    CHECK(set.columns[1].f32[2] == 1);
    nnd_dataset_free(&set);
    CHECK_EQ_INT(parse(&set, "b\ttopic\ta\nB\tgrain\tA\n", &many, predicted), NND_OK);
    CHECK(text_is(set.columns[0].texts[0], "A"));
    nnd_dataset_free(&set);
    CHECK_EQ_INT(parse(&set, "report\n", &text, plain), NND_OK); /* a text is no header */
    CHECK_EQ_INT(set.count, 1);
    nnd_dataset_free(&set);
    CHECK_EQ_INT(parse(&set, "0\treport\n", &text, labelled), NND_OK);
    CHECK_EQ_INT(set.count, 1);
    nnd_dataset_free(&set);
}

static NndLayoutWish named(const char *columns)
{
    return (NndLayoutWish){.columns = columns, .labelled = true, .targets = true};
}

static void columns_can_be_named_by_the_user(void)
{
    NndDataset set;
    CHECK_EQ_INT(parse(&set, "7\ta text\tgood\n", &text, named("_,report,label")), NND_OK);
    CHECK(text_is(set.columns[1].texts[0], "a text"));
    CHECK_STR_EQ(set.columns[0].classes.names[0], "good");
    nnd_dataset_free(&set);
    CHECK_EQ_INT(parse(&set, "1.5\tgood\t2\n", &numbers, named("x,label,x")), NND_OK);
    CHECK(set.columns[1].width == 2 && set.columns[1].f32[0] == 1.5f && set.columns[1].f32[1] == 2);
    nnd_dataset_free(&set);
}

static void check_error(const char *lines, const NndFields *fields, NndLayoutWish wish, NndStatus status, const char *message)
{
    NndDataset set;
    CHECK_EQ_INT(parse(&set, lines, fields, wish), status);
    CHECK_STR_EQ(error.text, message);
}

static void errors_name_the_line(void)
{
    check_error("0\ta\nb\n", &text, labelled, NND_EFORMAT,
                "t.tsv:2: 1 column where 2 are expected, parted by TABs: label, report");
    check_error("0\ta\n1\tb\xFF\n", &text, labelled, NND_EFORMAT, "t.tsv:2: byte 0xff (at 7) is not UTF-8 text");
    check_error("0\t1 2\n1\t3\n", &numbers, labelled, NND_EFORMAT, "t.tsv:2: `x`: 1 numbers where 2 are expected");
    check_error("0\t1 2\n1\t3 4 5\n", &numbers, labelled, NND_EFORMAT, "t.tsv:2: `x`: more than the expected 2 numbers");
    check_error("0\t\n", &numbers, labelled, NND_EFORMAT, "t.tsv:1: `x`: 0 numbers where 2 are expected");
    check_error("0\t1 2x\n", &numbers, labelled, NND_EFORMAT, "t.tsv:1: `x`: number 2 is not a finite number");
    check_error("0\t1 nan\n", &numbers, labelled, NND_EFORMAT, "t.tsv:1: `x`: number 2 is not a finite number");
    check_error("001\tt\ta\n", &many, labelled, NND_EFORMAT,
                "t.tsv:1: 3 columns where 4 are expected, parted by TABs: codes, topic, a, b");
    check_error("001\tt\ta\tb\tc\n", &many, labelled, NND_EFORMAT,
                "t.tsv:1: 5 columns where 4 are expected, parted by TABs: codes, topic, a, b");
}

static void wrong_names_are_told(void)
{
    check_error("label\ttext\n", &text, labelled, NND_EFORMAT,
                "t.tsv:1: a header without the column `report`, which the model needs (or give --columns)");
    check_error("label\treport\treport\n", &text, labelled, NND_EFORMAT, "t.tsv:1: column `report` is there twice");
    check_error("", &text, named("label,_"), NND_EINVAL, "--columns label,_: the model needs a column `report`");
    check_error("", &text, named("label,report,extra"), NND_EINVAL,
                "--columns label,report,extra: the model has no input or target `extra`; `_` is a column that is not read");
}

static void an_empty_file_has_no_items(void)
{
    NndDataset set;
    CHECK_EQ_INT(parse(&set, "", &text, labelled), NND_OK);
    CHECK_EQ_INT(set.count, 0);
    nnd_dataset_free(&set);
}

int main(void)
{
    numbers_as_labels_stay_numbers();
    names_are_numbered_as_they_appear();
    given_classes_are_known_by_name_or_number();
    plain_text_keeps_empty_lines();
    numbers_are_parted_by_tabs_or_blanks();
    targets_come_first_then_inputs_in_their_order();
    targets_that_are_not_wanted_are_read_over();
    a_string_of_bits_is_as_many_numbers();
    a_header_names_the_columns();
    columns_can_be_named_by_the_user();
    errors_name_the_line();
    wrong_names_are_told();
    an_empty_file_has_no_items();
    return test_report();
}
