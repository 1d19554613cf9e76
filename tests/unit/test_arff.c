/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/arff.h"
#include "tests/check.h"

#include <stdlib.h>
#include <unistd.h>

#define HEADER "@relation 'a b'\n@attribute Text string\n@attribute class {no,'yes sir'}\n@data\n"

static NndError error;

static NndStatus parse(NndArff *out, const char *text)
{
    return nnd_arff_parse(out, (NndText){text, strlen(text)}, "a.arff", &error);
}

static int text_is(NndText text, const char *expected)
{
    return nnd_text_equal(text, (NndText){expected, strlen(expected)});
}

static void quotes_escapes_and_comments_are_understood(void)
{
    NndArff arff;
    CHECK_EQ_INT(parse(&arff, "% first\n\n" HEADER
                              "'It\\'s 5\\%,\\n   here', no % a comment\n"
                              "\"say \\\"x\\\" \\u00e9\\\\\" , 'yes sir'\r\n"
                              "% between\n"
                              "plain,no"), NND_OK);
    CHECK_EQ_INT(arff.count, 3);
    CHECK(text_is(arff.texts[0], "It's 5%, here"));
    CHECK(text_is(arff.texts[1], "say \"x\" \xC3\xA9\\"));
    CHECK(text_is(arff.texts[2], "plain"));
    CHECK_EQ_INT(arff.labels[0], 0);
    CHECK_EQ_INT(arff.labels[1], 1);
    CHECK_STR_EQ(arff.classes.names[1], "yes sir");
    nnd_arff_free(&arff);
}

static void other_attributes_are_read_over(void)
{
    NndArff arff;
    CHECK_EQ_INT(parse(&arff, "@RELATION r\n@ATTRIBUTE colour {red,green}\n@attribute n REAL\n"
                              "@attribute d date 'yyyy-MM-dd'\n@attribute t String\n"
                              "@attribute c {0,1}\n@DATA\nred,1.5,'2001-01-01','hi',1\n"), NND_OK);
    CHECK_EQ_INT(arff.count, 1);
    CHECK(text_is(arff.texts[0], "hi"));
    CHECK_EQ_INT(arff.labels[0], 1);
    CHECK_EQ_INT(arff.classes.count, 2);
    nnd_arff_free(&arff);
}

static void check_error(const char *text, const char *message)
{
    NndArff arff;
    CHECK_EQ_INT(parse(&arff, text), NND_EFORMAT);
    CHECK_STR_EQ(error.text, message);
}

static void errors_name_line_and_column(void)
{
    check_error("", "a.arff:1:1: the file ends before @data");
    check_error("@relation r\n@data\n",
                "a.arff:2:1: no string attribute and a nominal one before @data");
    check_error("@relation r\n  hello\n", "a.arff:2:3: @relation, @attribute or @data expected");
    check_error("@attribute a relational\n",
                "a.arff:1:14: attributes of this type are not read");
    check_error("@attribute a {x,y,x}\n", "a.arff:1:19: this value stands here twice");
    check_error("@attribute a {x;y\n", "a.arff:1:18: ',' or '}' expected");
    check_error("@attribute a string\n@attribute b string\n",
                "a.arff:2:14: a second string attribute; only one text is read");
    check_error(HEADER "'open,no\n", "a.arff:5:1: quote is not closed on this line");
    check_error(HEADER "'a\\q',no\n", "a.arff:5:3: unknown escape");
    check_error(HEADER "'a\\ud800',no\n", "a.arff:5:3: unknown escape");
    check_error(HEADER "'a',maybe\n", "a.arff:5:5: not a value of the class attribute");
    check_error(HEADER "'a',?\n", "a.arff:5:5: missing value");
    check_error(HEADER "'a'\n", "a.arff:5:4: value expected");
    check_error(HEADER "'a',no,no\n", "a.arff:5:7: the line should end here");
    check_error(HEADER "{0 'a'}\n", "a.arff:5:1: sparse rows are not read");
    check_error(HEADER "'\xFF',no\n", "a.arff: byte 78 is not UTF-8 text");
}

static void tsv_has_label_and_text(void)
{
    char in[] = "/tmp/nnd-test-arff-XXXXXX", out[sizeof in + 4];
    int descriptor = mkstemp(in);
    snprintf(out, sizeof out, "%s.tsv", in);
    const char *text = HEADER "'a\\tb\\nc','yes sir'\n'd',no\n";
    CHECK(descriptor >= 0 && write(descriptor, text, strlen(text)) == (ssize_t)strlen(text));
    close(descriptor);
    NndFile file = {0};
    CHECK_EQ_INT(nnd_arff_to_tsv(in, out, &error), NND_OK);
    CHECK_EQ_INT(nnd_file_read(&file, out, 1000, &error), NND_OK);
    CHECK_STR_EQ(file.data, "yes sir\ta b c\nno\td\n");
    nnd_file_free(&file);
    unlink(in);
    unlink(out);
}

int main(void)
{
    quotes_escapes_and_comments_are_understood();
    other_attributes_are_read_over();
    errors_name_line_and_column();
    tsv_has_label_and_text();
    return test_report();
}
