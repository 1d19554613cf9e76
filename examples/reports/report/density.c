/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "examples/reports/report/results.h"
#include "examples/reports/report/sections.h"
#include "markup/figure.h"
#include "markup/table.h"

enum { MODE, PERCENT, TASK, SYSTEM, SEED, CUT, F1, PHRASES, WITHOUT, COLUMNS };
static const char *const columns[COLUMNS] = {"mode", "#percent", "task",     "system",  "seed",
                                             "cut",  "#f1",      "#phrases", "#without"};

static bool is(const Records *r, int record, int column, const char *text)
{
    return !strcmp(records_text(r, record, column), text);
}

/* F1 by the share of phrases that are gone. Records of a share follow each other. */
static Series series_of(Study *study, const Records *r, const char *mode, const char *task,
                        int system)
{
    ChartPoint *points = study_alloc(study, (size_t)r->count, sizeof *points);
    Series series = {study->systems[system].title, study_look(study, system), points, 0};
    int best = -1;
    for (int i = 0; points && i < r->count; i++) {
        int rank = results_rank(records_text(r, i, CUT), records_text(r, i, SEED));
        if (!is(r, i, MODE, mode) || !is(r, i, TASK, task) ||
            !is(r, i, SYSTEM, study->systems[system].name) || rank < 0)
            continue;
        double percent = records_number(r, i, PERCENT);
        bool same = series.count && points[series.count - 1].x == percent;
        if (same && rank <= best)
            continue;
        best = rank;
        series.count += !same;
        points[series.count - 1] = (ChartPoint){percent, records_number(r, i, F1)};
    }
    return series;
}

static void put_figure(Study *study, const Records *r, const char *mode, const char *task)
{
    Series series[STUDY_MAX_SYSTEMS];
    int count = 0;
    char caption[200];
    for (int i = 0; i < study->system_count; i++) {
        series[count] = series_of(study, r, mode, task, i);
        count += series[count].count > 0;
    }
    Chart chart = {
        .x = axis_empty("domain phrases taken away (%)"), .y = axis_empty("F1"), .in_group = true};
    snprintf(caption, sizeof caption, "%s, phrases %s", study_task(task),
             !strcmp(mode, "drop") ? "left out" : "replaced");
    if (!study->status)
        figure_lines(study->out, &chart, caption, series, count);
}

static void begin_figures(Study *study, const Records *r)
{
    Series series[STUDY_MAX_SYSTEMS];
    const char *names[STUDY_MAX_SYSTEMS];
    int count = 0, known = records_distinct(r, SYSTEM, names, STUDY_MAX_SYSTEMS);
    for (int i = 0; i < known; i++) {
        int system = study_system(study, names[i]);
        if (system >= 0)
            series[count++] =
                (Series){.name = study->systems[system].title, .look = study_look(study, system)};
    }
    figures_begin(study->out, "F1 with fewer phrases", KIND_SYNTHETIC, series, count);
}

/* Whether no record before this one is of the same mode and share. */
static bool is_first(const Records *r, int i)
{
    for (int k = 0; k < i; k++)
        if (is(r, k, MODE, records_text(r, i, MODE)) &&
            is(r, k, PERCENT, records_text(r, i, PERCENT)))
            return false;
    return true;
}

/* How many phrases were left: a row for each mode and share. */
static void put_densities(Study *study, const Records *r)
{
    table_begin(study->out, "Domain phrases that were left", KIND_SYNTHETIC,
                (const char *[]){"reports", "#taken away (%)", "#phrases in a report",
                                 "#share of reports without"},
                4);
    for (int i = 0; i < r->count; i++) {
        if (!is_first(r, i))
            continue;
        table_row(study->out, is(r, i, MODE, "drop") ? "left out" : "replaced");
        table_count(study->out, records_number(r, i, PERCENT));
        table_number(study->out, records_number(r, i, PHRASES), 2, false);
        table_number(study->out, records_number(r, i, WITHOUT), 3, false);
        table_row_end(study->out);
    }
    table_end(study->out);
}

void section_density(Study *study)
{
    fputs("<p>The same test reports of the first site with fewer domain phrases: left out, or "
          "replaced by plain words of the same meaning. The systems are those trained on reports "
          "with all of them. DPA-HNN looks at these phrases; does it suffer more than the "
          "others?</p>\n",
          study->out);
    const Records *r = study_records(study, "tables/density.tsv", columns, COLUMNS);
    if (!r)
        return;
    const char *modes[STUDY_MAX_NAMES], *tasks[STUDY_MAX_NAMES];
    int mode_count = records_distinct(r, MODE, modes, STUDY_MAX_NAMES);
    int task_count = records_distinct(r, TASK, tasks, STUDY_MAX_NAMES);
    begin_figures(study, r);
    for (int i = 0; i < task_count; i++)
        for (int k = 0; k < mode_count; k++)
            put_figure(study, r, modes[k], tasks[i]);
    figures_end(study->out);
    put_densities(study, r);
}
