/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/curves.h"

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/driver/markup.h"
#include "lang/support/vec.h"

typedef struct Point {
    double epoch, value;
} Point;

typedef struct Series {
    int run;
    const char *metric; /* "valid_auc" */
    VEC(Point) points;
} Series;

typedef struct Page {
    Arena *arena;
    const RunHistory *runs;
    int run_count;
    VEC(Series *) series;
    FILE *out;
} Page;

/* ---- reading ---- */

static Series *series_of(Page *page, int run, const char *metric)
{
    for (int i = 0; i < page->series.count; i++)
        if (page->series.data[i]->run == run && !strcmp(page->series.data[i]->metric, metric))
            return page->series.data[i];
    Series *series = ARENA_NEW(page->arena, Series);
    series->run = run;
    series->metric = arena_strdup(page->arena, metric);
    vec_push(page->arena, &page->series, series);
    return series;
}

static void read_epoch(Page *page, int run, json_t *object)
{
    double epoch = json_number_value(json_object_get(object, "epoch"));
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
        if (json_is_number(value) && strcmp(key, "epoch"))
            vec_push(page->arena, &series_of(page, run, key)->points, ((Point){epoch, json_number_value(value)}));
}

static NndStatus read_run(Page *page, int run, NndError *error)
{
    const char *line = page->runs[run].lines;
    for (int number = 1; *line; number++) {
        size_t length = strcspn(line, "\n");
        json_t *object = json_loadb(line, length, 0, NULL);
        if (!json_is_object(object)) {
            json_decref(object);
            return nnd_fail(error, NND_EFORMAT, "%s: line %d of its history is no JSON object", page->runs[run].name, number);
        }
        read_epoch(page, run, object);
        json_decref(object);
        line += length + (line[length] == '\n');
    }
    return NND_OK;
}

/* ---- charts ---- */

enum { WIDTH = 640, HEIGHT = 300, LEFT = 64, RIGHT = 16, TOP = 12, BOTTOM = 40 };

/* Told apart also by people who see few colours (Okabe & Ito 2008). */
static const char *const colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#777777"};
enum { COLOUR_COUNT = sizeof colours / sizeof *colours };

typedef struct Chart {
    const char *title;
    double low, high, last; /* of the values; the last epoch */
} Chart;

/* The chart of a metric: what follows "train_" or "valid_". */
static const char *chart_of(const char *metric)
{
    return !strncmp(metric, "train_", 6) || !strncmp(metric, "valid_", 6) ? metric + 6 : metric;
}

static double x_of(const Chart *chart, double epoch)
{
    double share = chart->last > 1 ? (epoch - 1) / (chart->last - 1) : 0.5;
    return LEFT + share * (WIDTH - LEFT - RIGHT);
}

static double y_of(const Chart *chart, double value)
{
    return HEIGHT - BOTTOM - (value - chart->low) / (chart->high - chart->low) * (HEIGHT - TOP - BOTTOM);
}

/* 1, 2 or 5 times a power of ten: about five of them in the range. */
static double tick_step(double range)
{
    double raw = range / 5, power = pow(10, floor(log10(raw))), share = raw / power;
    return power * (share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10);
}

static void put_axes(FILE *out, const Chart *chart)
{
    double step = tick_step(chart->high - chart->low);
    for (double at = ceil(chart->low / step); at * step <= chart->high; at++) {
        double value = at * step, y = y_of(chart, value);
        fprintf(out, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, WIDTH - RIGHT, y, y);
        fprintf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.6g</text>\n", LEFT - 8, y + 4, value);
    }
    double every = fmax(1, tick_step(fmax(chart->last, 2) - 1));
    for (double epoch = 1; epoch <= chart->last; epoch += every)
        fprintf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g</text>", x_of(chart, epoch), HEIGHT - BOTTOM + 18,
                epoch);
    fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">epoch</text>\n", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4);
}

static void put_line(FILE *out, const Chart *chart, const Series *series)
{
    bool training = !strncmp(series->metric, "train_", 6);
    const char *colour = colours[series->run % COLOUR_COUNT];
    fprintf(out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s points=\"", colour,
            training ? " stroke-dasharray=\"5 4\"" : "");
    for (int i = 0; i < series->points.count; i++)
        fprintf(out, "%.1f,%.1f ", x_of(chart, series->points.data[i].epoch), y_of(chart, series->points.data[i].value));
    fputs("\"/>\n", out);
    for (int i = 0; i < series->points.count; i++) {
        const Point *p = &series->points.data[i];
        fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"%s\"><title>epoch %g: %.6g</title></circle>",
                x_of(chart, p->epoch), y_of(chart, p->value), colour, p->epoch, p->value);
    }
}

static Chart measure(const Page *page, const char *title)
{
    Chart chart = {.title = title, .low = INFINITY, .high = -INFINITY, .last = 1};
    for (int i = 0; i < page->series.count; i++) {
        const Series *series = page->series.data[i];
        for (int k = 0; !strcmp(chart_of(series->metric), title) && k < series->points.count; k++) {
            chart.low = fmin(chart.low, series->points.data[k].value);
            chart.high = fmax(chart.high, series->points.data[k].value);
            chart.last = fmax(chart.last, series->points.data[k].epoch);
        }
    }
    double margin = chart.high > chart.low ? 0.05 * (chart.high - chart.low) : fmax(fabs(chart.high) * 0.05, 1e-6);
    chart.low -= margin;
    chart.high += margin;
    return chart;
}

static void put_legend(const Page *page, const char *title)
{
    fputs("<p class=\"legend\">", page->out);
    for (int i = 0; i < page->series.count; i++) {
        const Series *series = page->series.data[i];
        if (strcmp(chart_of(series->metric), title))
            continue;
        bool training = !strncmp(series->metric, "train_", 6);
        fprintf(page->out, "<span><svg width=\"28\" height=\"8\" aria-hidden=\"true\"><line x1=\"0\" x2=\"28\" y1=\"4\" y2=\"4\" "
                           "stroke=\"%s\" stroke-width=\"2\"%s/></svg> ",
                colours[series->run % COLOUR_COUNT], training ? " stroke-dasharray=\"5 4\"" : "");
        markup_text(page->out, page->runs[series->run].name);
        fputs(training ? ", training</span> " : ", validation</span> ", page->out);
    }
    fputs("</p>\n", page->out);
}

static void put_chart(const Page *page, const char *title)
{
    Chart chart = measure(page, title);
    fputs("<section><h2>", page->out);
    markup_text(page->out, title);
    fputs("</h2>\n", page->out);
    put_legend(page, title);
    fprintf(page->out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s by epoch\">\n", WIDTH, HEIGHT, title);
    put_axes(page->out, &chart);
    for (int i = 0; i < page->series.count; i++)
        if (!strcmp(chart_of(page->series.data[i]->metric), title))
            put_line(page->out, &chart, page->series.data[i]);
    fputs("</svg></section>\n", page->out);
}

static void put_charts(const Page *page)
{
    for (int i = 0; i < page->series.count; i++) {
        const char *title = chart_of(page->series.data[i]->metric);
        bool drawn = false;
        for (int j = 0; j < i; j++)
            drawn |= !strcmp(chart_of(page->series.data[j]->metric), title);
        if (!drawn)
            put_chart(page, title);
    }
}

/* The numbers, for those who cannot see the charts or want to copy them. */
static void put_tables(const Page *page)
{
    for (int run = 0; run < page->run_count; run++) {
        fputs("<details><summary>Numbers of ", page->out);
        markup_text(page->out, page->runs[run].name);
        fputs("</summary><table><thead><tr><th>metric</th><th>by epoch</th></tr></thead><tbody>\n", page->out);
        for (int i = 0; i < page->series.count; i++) {
            const Series *series = page->series.data[i];
            if (series->run != run)
                continue;
            fprintf(page->out, "<tr><th>%s</th><td>", series->metric);
            for (int k = 0; k < series->points.count; k++)
                fprintf(page->out, "%s%.5g", k ? " " : "", series->points.data[k].value);
            fputs("</td></tr>\n", page->out);
        }
        fputs("</tbody></table></details>\n", page->out);
    }
}

static const char style[] =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:45rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}"
    "h1{font-size:1.5rem}h2{font-size:1.1rem;margin-bottom:0}svg{width:100%;height:auto}.legend svg{width:28px}"
    ".legend{margin:.2rem 0}.legend span{margin-right:1rem;white-space:nowrap}text{font-size:12px;fill:#444}"
    ".grid{stroke:#ddd}table{border-collapse:collapse;font-size:.85rem}th,td{text-align:left;padding:.2rem .6rem;"
    "vertical-align:top}@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}text{fill:#bbb}"
    ".grid{stroke:#3a3a3a}}";

static void put_page(Page *page, const char *title)
{
    fputs("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>",
          page->out);
    markup_text(page->out, title);
    fprintf(page->out, "</title>\n<style>%s</style></head>\n<body><main><h1>", style);
    markup_text(page->out, title);
    fputs("</h1>\n", page->out);
    put_charts(page);
    put_tables(page);
    fputs("</main></body></html>\n", page->out);
}

NndStatus curves_html(char **out, Arena *arena, const char *title, const RunHistory *runs, int count, NndError *error)
{
    Page page = {.arena = arena, .runs = runs, .run_count = count};
    NndStatus status = NND_OK;
    for (int i = 0; i < count && !status; i++)
        status = read_run(&page, i, error);
    if (status)
        return status;
    char *text = NULL;
    size_t size = 0;
    page.out = open_memstream(&text, &size);
    if (!page.out)
        return nnd_fail(error, NND_ENOMEM, "out of memory for learning curves");
    put_page(&page, title);
    fclose(page.out);
    *out = arena_strdup(arena, text);
    free(text);
    return NND_OK;
}
