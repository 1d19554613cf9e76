/* SPDX-License-Identifier: Apache-2.0 */
#include "markup/figure.h"

#include "markup/table.h"
#include "markup/text.h"

enum { MOST_NUMBERS = 24 };                /* of a series, evenly chosen among its points */
enum { ROW = 24, FRAME = 52, WIDE = 400 }; /* height of a row of marks; of all around them */

static void put_legend(FILE *out, bool line, const Series *series, int count)
{
    fputs("<p class=\"legend\">", out);
    for (int i = 0; i < count; i++)
        chart_legend(out, series[i].look, line, series[i].name);
    fputs("</p>\n", out);
}

void figures_begin(FILE *out, const char *heading, const char *kind, const Series *series,
                   int count)
{
    fputs("<h3>", out);
    markup_text(out, heading);
    if (kind) {
        fputs(" <span class=\"kind\">", out);
        markup_text(out, kind);
        fputs("</span>", out);
    }
    fputs("</h3>\n", out);
    if (count)
        put_legend(out, true, series, count);
    fputs("<div class=\"charts\">\n", out);
}

void figures_end(FILE *out)
{
    fputs("</div>\n", out);
}

static void begin(FILE *out, Chart *chart, const char *caption, const Series *series, int count)
{
    for (int i = 0; i < count; i++)
        for (int k = 0; k < series[i].count; k++) {
            axis_add(&chart->x, series[i].points[k].x);
            axis_add(&chart->y, series[i].points[k].y);
        }
    chart->description = caption;
    fputs("<figure><figcaption>", out);
    markup_text(out, caption);
    fputs("</figcaption>\n", out);
    if (!chart->in_group)
        put_legend(out, !chart->y.names, series, count);
    chart_begin(out, chart);
}

/* ---- numbers ---- */

static void put_point(FILE *out, const Chart *chart, ChartPoint p)
{
    if (!chart->y.names) {
        fprintf(out, "%.4g: %.4g", p.x, p.y);
        return;
    }
    markup_text(out, chart->y.names[(int)p.y]);
    fprintf(out, ": %.4g", p.x);
}

static void put_numbers_of(FILE *out, const Chart *chart, const Series *series)
{
    int shown = series->count < MOST_NUMBERS ? series->count : MOST_NUMBERS;
    table_row(out, series->name);
    fputs("<td>", out);
    for (int i = 0; i < shown; i++) {
        int at = shown > 1 ? (int)((long long)i * (series->count - 1) / (shown - 1)) : 0;
        fputs(i ? ", " : "", out);
        put_point(out, chart, series->points[at]);
    }
    fputs("</td>", out);
    table_row_end(out);
}

static void end(FILE *out, const Chart *chart, const char *caption, const Series *series, int count)
{
    char head[160];
    snprintf(head, sizeof head, "%s: %s", chart->y.names ? "of" : chart->x.label,
             chart->y.names ? chart->x.label : chart->y.label);
    chart_end(out);
    fputs("<details><summary>Numbers</summary>\n", out);
    table_begin(out, caption, NULL, (const char *[]){"series", head}, 2);
    for (int i = 0; i < count; i++)
        put_numbers_of(out, chart, &series[i]);
    table_end(out);
    fputs("</details></figure>\n", out);
}

/* ---- figures ---- */

void figure_lines(FILE *out, Chart *chart, const char *caption, const Series *series, int count)
{
    begin(out, chart, caption, series, count);
    for (int i = 0; i < count; i++)
        chart_line(out, chart, series[i].look, series[i].points, series[i].count);
    end(out, chart, caption, series, count);
}

void figure_dots(FILE *out, Chart *chart, const char *caption, const char *const *names,
                 int name_count, const Series *series, int count)
{
    chart->y = axis_of_names(names, name_count);
    chart->height = FRAME + ROW * name_count;
    chart->width = chart->in_group || chart->width ? chart->width : WIDE;
    begin(out, chart, caption, series, count);
    for (int i = 0; i < count; i++)
        for (int k = 0; k < series[i].count; k++) {
            char title[160];
            snprintf(title, sizeof title, "%s: %.4g", series[i].name, series[i].points[k].x);
            chart_mark(out, chart, series[i].look, series[i].points[k], title);
        }
    end(out, chart, caption, series, count);
}

void figure_bars(FILE *out, Chart *chart, const char *caption, const Series *series)
{
    begin(out, chart, caption, series, 1);
    chart_bars(out, chart, series->look, series->points, series->count, 0.9);
    end(out, chart, caption, series, 1);
}
