/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/curves.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "lang/support/vec.h"
#include "markup/figure.h"
#include "markup/page.h"
#include "runtime/train/history.h"

/* A series of a run: its metric is "valid_auc", its chart that of "auc". */
typedef struct Curve {
    const char *metric;
    Series series;
} Curve;

typedef struct Page {
    Arena *arena;
    VEC(Curve) curves;
    FILE *out;
} Page;

/* ---- reading ---- */

static bool of_training(const char *metric)
{
    return !strncmp(metric, "train_", 6);
}

/* The chart of a metric: what follows "train_" or "valid_". */
static const char *chart_of(const char *metric)
{
    return of_training(metric) || !strncmp(metric, "valid_", 6) ? metric + 6 : metric;
}

static void add_curve(Page *page, const char *run, int number, const NndSeries *series)
{
    bool training = of_training(series->name);
    ChartPoint *points = ARENA_ARRAY(page->arena, ChartPoint, series->count);
    for (int i = 0; i < series->count; i++)
        points[i] = (ChartPoint){series->epochs[i], series->values[i]};
    Series drawn = {arena_printf(page->arena, "%s, %s", run, training ? "training" : "validation"),
                    {number, training},
                    points,
                    series->count};
    vec_push(page->arena, &page->curves, ((Curve){arena_strdup(page->arena, series->name), drawn}));
}

static NndStatus read_run(Page *page, const RunHistory *run, int number, NndError *error)
{
    NndHistory history;
    NndText lines = {run->lines, strlen(run->lines)};
    NndStatus status = nnd_history_parse(&history, lines, run->name, error);
    for (int i = 0; !status && i < history.count; i++)
        add_curve(page, run->name, number, &history.series[i]);
    if (!status)
        nnd_history_free(&history);
    return status;
}

/* ---- drawing ---- */

static void put_chart(const Page *page, const char *title)
{
    VEC(Series) series = {0};
    for (int i = 0; i < page->curves.count; i++)
        if (!strcmp(chart_of(page->curves.data[i].metric), title))
            vec_push(page->arena, &series, page->curves.data[i].series);
    Chart chart = {.x = axis_empty("epoch"), .y = axis_empty(title), .width = 640, .height = 320};
    chart.x.whole = true;
    figure_lines(page->out, &chart, arena_printf(page->arena, "%s by epoch", title), series.data,
                 series.count);
}

static void put_charts(const Page *page)
{
    for (int i = 0; i < page->curves.count; i++) {
        const char *title = chart_of(page->curves.data[i].metric);
        bool drawn = false;
        for (int j = 0; j < i; j++)
            drawn |= !strcmp(chart_of(page->curves.data[j].metric), title);
        if (!drawn)
            put_chart(page, title);
    }
}

NndStatus curves_html(char **out, Arena *arena, const char *title, const RunHistory *runs,
                      int count, NndError *error)
{
    Page page = {.arena = arena};
    NndStatus status = NND_OK;
    for (int i = 0; i < count && !status; i++)
        status = read_run(&page, &runs[i], i, error);
    if (status)
        return status;
    char *text = NULL;
    size_t size = 0;
    page.out = open_memstream(&text, &size);
    if (!page.out)
        return nnd_fail(error, NND_ENOMEM, "out of memory for learning curves");
    page_begin(page.out, title);
    put_charts(&page);
    page_end(page.out);
    fclose(page.out);
    *out = arena_strdup(arena, text);
    free(text);
    return NND_OK;
}
