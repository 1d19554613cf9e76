/* SPDX-License-Identifier: Apache-2.0 */
#include "markup/figure.h"

#include "markup/page.h"
#include "markup/text.h"

enum { MOST_NUMBERS = 24 }; /* of a series, evenly chosen among its points */

void figure_begin(FILE *out, const char *caption)
{
    fputs("<figure><figcaption>", out);
    markup_text(out, caption);
    fputs("</figcaption>\n", out);
}

void figure_end(FILE *out)
{
    fputs("</figure>\n", out);
}

static void put_legend(FILE *out, const Series *series, int count)
{
    fputs("<p class=\"legend\">", out);
    for (int i = 0; i < count; i++)
        chart_legend(out, series[i].look, series[i].name);
    fputs("</p>\n", out);
}

static void put_numbers_of(FILE *out, const Series *series)
{
    int shown = series->count < MOST_NUMBERS ? series->count : MOST_NUMBERS;
    fputs("<tr><th scope=\"row\">", out);
    markup_text(out, series->name);
    fputs("</th><td>", out);
    for (int i = 0; i < shown; i++) {
        int at = shown > 1 ? (int)((long long)i * (series->count - 1) / (shown - 1)) : 0;
        fprintf(out, "%s%.4g: %.4g", i ? ", " : "", series->points[at].x, series->points[at].y);
    }
    fputs("</td></tr>\n", out);
}

static void put_numbers(FILE *out, const Chart *chart, const char *caption, const Series *series,
                        int count)
{
    fputs("<details><summary>Numbers</summary>\n", out);
    page_wide_begin(out, caption);
    fputs("<table><caption>", out);
    markup_text(out, caption);
    fputs("</caption><thead><tr><th scope=\"col\">series</th><th scope=\"col\">", out);
    markup_text(out, chart->x.label);
    fputs(": ", out);
    markup_text(out, chart->y.label);
    fputs("</th></tr></thead><tbody>\n", out);
    for (int i = 0; i < count; i++)
        put_numbers_of(out, &series[i]);
    fputs("</tbody></table>", out);
    page_wide_end(out);
    fputs("</details>\n", out);
}

void figure_lines(FILE *out, Chart *chart, const char *caption, const Series *series, int count)
{
    for (int i = 0; i < count; i++)
        for (int k = 0; k < series[i].count; k++) {
            axis_add(&chart->x, series[i].points[k].x);
            axis_add(&chart->y, series[i].points[k].y);
        }
    chart->description = caption;
    figure_begin(out, caption);
    put_legend(out, series, count);
    chart_begin(out, chart);
    for (int i = 0; i < count; i++)
        chart_line(out, chart, series[i].look, series[i].points, series[i].count);
    chart_end(out);
    put_numbers(out, chart, caption, series, count);
    figure_end(out);
}
