/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables as the report reads them (examples/reports/report/records.h).
 */
#include "examples/reports/report/records.h"

#include <stdlib.h>

#include "tests/check.h"

static NndError error;

static NndStatus parse(Records *out, const char *text, const char *const *wishes, int count)
{
    NndFile file = {.data = strdup(text), .size = strlen(text)};
    return records_parse(out, &file, "table.tsv", wishes, count, &error);
}

static const char *const wishes[] = {"name", "#value"};

static void columns_are_found_by_their_names(void)
{
    Records r;
    CHECK_EQ_INT(parse(&r, "value\tother\tname\n1.5\tx\tone\nNA\ty\ttwo\n1e3\t\tone", wishes, 2),
                 0);
    CHECK_EQ_INT(r.count, 3);
    CHECK_STR_EQ(records_text(&r, 0, 0), "one");
    CHECK_NEAR(records_number(&r, 0, 1), 1.5, 0);
    CHECK(isnan(records_number(&r, 1, 1)));
    CHECK_NEAR(records_number(&r, 2, 1), 1000, 0);
    const char *names[4];
    CHECK_EQ_INT(records_distinct(&r, 0, names, 4), 2);
    CHECK_STR_EQ(names[0], "one");
    CHECK_STR_EQ(names[1], "two");
    CHECK_EQ_INT(records_distinct(&r, 0, names, 1), 1);
    records_free(&r);
}

static void a_table_may_have_no_records(void)
{
    Records r;
    CHECK_EQ_INT(parse(&r, "name\tvalue\n", wishes, 2), 0);
    CHECK_EQ_INT(r.count, 0);
    records_free(&r);
}

static void records_without_names_may_differ(void)
{
    Records r;
    CHECK_EQ_INT(parse(&r, "a\tb\n\nc\n", NULL, 0), 0);
    CHECK_EQ_INT(r.count, 3);
    CHECK_STR_EQ(records_field(&r, 0, 1), "b");
    CHECK_STR_EQ(records_field(&r, 0, 2), "");
    CHECK_STR_EQ(records_field(&r, 1, 0), "");
    CHECK_STR_EQ(records_field(&r, 2, 0), "c");
    records_free(&r);
}

static void refused(const char *text, const char *expected)
{
    Records r;
    CHECK(parse(&r, text, wishes, 2) != NND_OK);
    CHECK_STR_EQ(error.text, expected);
    CHECK(!r.fields && !r.begins && !r.file.data);
}

static void mistakes_have_their_place(void)
{
    refused("", "table.tsv: there is no line of names");
    refused("name\tvalues\n", "table.tsv:1: there is no column `value`");
    refused("name\tvalue\na\t1\nb\n", "table.tsv:3: 1 fields, and 2 columns have names");
    refused("name\tvalue\na\t1\nb\t2x\n", "table.tsv:3: `2x` in column `value` is no number");
    refused("name\tvalue\na\t\n", "table.tsv:2: `` in column `value` is no number");
    refused("name\tvalue\n\xff\t1\n", "table.tsv: this is not UTF-8 text");
}

int main(void)
{
    columns_are_found_by_their_names();
    a_table_may_have_no_records();
    records_without_names_may_differ();
    mistakes_have_their_place();
    return test_report();
}
