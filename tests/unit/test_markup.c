/* SPDX-License-Identifier: Apache-2.0
 *
 * What markup/ prints, and that values it cannot draw harm nothing.
 */
#include <stdlib.h>

#include "markup/figure.h"
#include "markup/heat.h"
#include "markup/page.h"
#include "markup/text.h"
#include "tests/check.h"

/* What was printed between `begin_printing` and this; the caller frees it. */
static char *printed;
static size_t printed_size;

static FILE *begin_printing(void)
{
    return open_memstream(&printed, &printed_size);
}

static int count_of(const char *text, const char *part)
{
    int count = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        count++;
    return count;
}

static void texts_have_no_markup_left(void)
{
    FILE *out = begin_printing();
    markup_text(out, "<a href=\"x\">&\n\x01</a>");
    fclose(out);
    CHECK_STR_EQ(printed, "&lt;a href=&quot;x&quot;&gt;&amp;  &lt;/a&gt;");
    free(printed);
}

static void the_largest_values_are_numbered_in_order(void)
{
    const float values[] = {1, 7, 3, 7, 0, 9, 2, 8};
    int64_t top[HEAT_TOP];
    heat_top(top, values, 8);
    const int64_t expected[HEAT_TOP] = {5, 7, 1, 3, 2};
    for (int i = 0; i < HEAT_TOP; i++)
        CHECK_EQ_INT(top[i], expected[i]);
    heat_top(top, values, 2);
    CHECK_EQ_INT(top[0], 1);
    CHECK_EQ_INT(top[1], 0);
    CHECK_EQ_INT(top[2], -1);
}

static void draw(Chart *chart, const ChartPoint *points, int count)
{
    FILE *out = begin_printing();
    Series series = {"a <b>", {1, true}, points, count};
    figure_lines(out, chart, "caption \"&\"", &series, 1);
    fclose(out);
}

static void a_figure_has_its_line_marks_names_and_numbers(void)
{
    Chart chart = {.x = axis_empty("epoch"), .y = axis_empty("loss (nats)")};
    const ChartPoint points[] = {{1, 0.5}, {2, 0.25}, {3, 0.125}};
    draw(&chart, points, 3);
    CHECK_EQ_INT(count_of(printed, "<polyline class=\"c1 line dashed\""), 1);
    CHECK_EQ_INT(count_of(printed, "<title>2: 0.25</title>"), 1);
    CHECK_EQ_INT(count_of(printed, "aria-label=\"caption &quot;&amp;&quot;\""), 2);
    CHECK_EQ_INT(count_of(printed, "a &lt;b&gt;"), 2);
    CHECK_EQ_INT(count_of(printed, "1: 0.5, 2: 0.25, 3: 0.125"), 1);
    CHECK_EQ_INT(count_of(printed, ">loss (nats)</text>"), 1);
    free(printed);
}

static void what_cannot_be_drawn_is_left_out(void)
{
    const ChartPoint points[] = {{1, NAN}, {2, -1}, {INFINITY, 5}, {3, 100}, {4, 0}, {5, 1000}};
    Chart chart = {.x = axis_empty("x"), .y = axis_empty("y")};
    chart.y.logarithmic = true;
    draw(&chart, points, 6);
    const char *line = strstr(printed, "points=\"");
    int places = 0;
    for (const char *at = line ? line + strlen("points=\"") : ""; *at && *at != '"'; at++) {
        places += *at == ',';
        CHECK(strchr("0123456789., -", *at) != NULL);
    }
    CHECK_EQ_INT(places, 2);
    free(printed);

    Chart nothing = {.x = axis_empty("x"), .y = axis_empty("y")};
    draw(&nothing, points, 0);
    CHECK_EQ_INT(count_of(printed, "nan") + count_of(printed, "inf"), 0);
    free(printed);
}

/* Long series are drawn by what can be seen of them, and told by some of their numbers. */
static void long_series_stay_small(void)
{
    enum { COUNT = 100000 };
    ChartPoint *points = malloc(COUNT * sizeof *points);
    for (int i = 0; i < COUNT; i++)
        points[i] = (ChartPoint){i, i};
    Chart chart = {.x = axis_empty("x"), .y = axis_empty("y")};
    draw(&chart, points, COUNT);
    CHECK(printed_size < 20000);
    CHECK_EQ_INT(count_of(printed, ">100k</text>"), 2);
    free(printed);
    free(points);
}

static void pages_refer_to_nothing(void)
{
    FILE *out = begin_printing();
    page_begin(out, "A & B");
    page_end(out);
    fclose(out);
    CHECK_EQ_INT(count_of(printed, "<h1>A &amp; B</h1>"), 1);
    CHECK_EQ_INT(count_of(printed, "url(") + count_of(printed, "http") + count_of(printed, "src="),
                 0);
    free(printed);
}

int main(void)
{
    texts_have_no_markup_left();
    the_largest_values_are_numbered_in_order();
    a_figure_has_its_line_marks_names_and_numbers();
    what_cannot_be_drawn_is_left_out();
    long_series_stay_small();
    pages_refer_to_nothing();
    return test_report();
}
