/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "examples/reports/report/sections.h"
#include "markup/figure.h"
#include "markup/table.h"

enum { TASK, SYSTEM, TEXTS, DELETED, DECISIVE, RANDOM, COLUMNS };
static const char *const columns[COLUMNS] = {
    "task", "system", "#texts", "#deleted", "#probability_decisive", "#probability_random"};

/* A series of a task and system: the mean probability by the number of deleted words. */
static Series series_of(Study *study, const Records *r, const char *task, int system, int column)
{
    ChartPoint *points = study_alloc(study, (size_t)r->count, sizeof *points);
    bool random = column == RANDOM;
    Series series = {study_print(study, "%s, %s", study->systems[system].title,
                                 random ? "by chance" : "most decisive"),
                     {system, random},
                     points,
                     0};
    for (int i = 0; points && i < r->count; i++)
        if (!strcmp(records_text(r, i, TASK), task) &&
            !strcmp(records_text(r, i, SYSTEM), study->systems[system].name))
            points[series.count++] =
                (ChartPoint){records_number(r, i, DELETED), records_number(r, i, column)};
    return series;
}

static void put_figure(Study *study, const Records *r, const char *task)
{
    Series series[2 * STUDY_MAX_SYSTEMS];
    int count = 0;
    char caption[200];
    for (int i = 0; i < study->system_count; i++)
        for (int column = DECISIVE; column <= RANDOM; column++) {
            series[count] = series_of(study, r, task, i, column);
            count += series[count].count > 0;
        }
    Chart chart = {.x = axis_empty("deleted words"),
                   .y = axis_empty("mean probability of the true class"),
                   .width = 640,
                   .height = 320};
    chart.x.whole = true;
    snprintf(caption, sizeof caption, "%s: deleting words (%s)", study_task(task), KIND_SYNTHETIC);
    if (!study->status)
        figure_lines(study->out, &chart, caption, series, count);
}

/* The last row of each system: what all deletions did. */
static void put_rows(Study *study, const Records *r)
{
    for (int i = 0; i < r->count; i++) {
        bool last = i + 1 == r->count || records_number(r, i + 1, DELETED) == 0;
        if (!last)
            continue;
        char name[200];
        snprintf(name, sizeof name, "%s, %s", study_title(study, records_text(r, i, SYSTEM)),
                 study_task(records_text(r, i, TASK)));
        table_row(study->out, name);
        table_count(study->out, records_number(r, i, TEXTS));
        table_count(study->out, records_number(r, i, DELETED));
        table_number(study->out, records_number(r, i, DECISIVE), 3, false);
        table_number(study->out, records_number(r, i, RANDOM), 3, false);
        table_row_end(study->out);
    }
}

void section_deletion(Study *study)
{
    fputs(
        "<p>Are the highlighted words those that matter? Of each report that a network gets right "
        "the words of largest sensitivity are deleted, or as many by chance (mean of ten draws). "
        "The lower a line, the more these words mattered.</p>\n",
        study->out);
    const Records *r = study_records(study, "tables/deletion.tsv", columns, COLUMNS);
    if (!r)
        return;
    const char *tasks[STUDY_MAX_NAMES];
    int count = records_distinct(r, TASK, tasks, STUDY_MAX_NAMES);
    for (int i = 0; i < count; i++)
        put_figure(study, r, tasks[i]);
    table_begin(
        study->out, "Probability of the true class after all deletions", KIND_SYNTHETIC,
        (const char *[]){"network", "#reports", "#deleted words", "#most decisive", "#by chance"},
        5);
    put_rows(study, r);
    table_end(study->out);
}
