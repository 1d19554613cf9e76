/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/report/results.h"

#include <math.h>
#include <string.h>

#include "examples/reports/report/sections.h"
#include "markup/figure.h"
#include "markup/table.h"

static const char *const columns[RESULT_COLUMNS] = {[RESULT_TASK] = "task",
                                                    [RESULT_SITE] = "site",
                                                    [RESULT_SYSTEM] = "system",
                                                    [RESULT_SEED] = "seed",
                                                    [RESULT_CUT] = "cut",
                                                    [RESULT_PRECISION] = "#precision",
                                                    [RESULT_RECALL] = "#recall",
                                                    [RESULT_F1] = "#f1",
                                                    [RESULT_AUC] = "#auc",
                                                    [RESULT_ACCURACY] = "#accuracy",
                                                    [RESULT_MACRO_F1] = "#macro_f1",
                                                    [RESULT_WEIGHTED_F1] = "#weighted_f1",
                                                    [RESULT_THRESHOLD] = "#threshold"};

const Records *results_read(Study *study, const char *path)
{
    return study_records(study, path, columns, RESULT_COLUMNS);
}

/* ---- which records ---- */

static bool is(const Records *r, int record, ResultColumn column, const char *text)
{
    return !strcmp(records_text(r, record, (int)column), text);
}

int results_rank(const char *cut, const char *seed)
{
    if (!strcmp(cut, "oracle") || !strcmp(seed, "min") || !strcmp(seed, "max"))
        return -1;
    return 2 * !strcmp(cut, "valid") + !strcmp(seed, "mean");
}

Result results_of(const Records *r, const char *task, const char *site, const char *system)
{
    Result found = {-1, -1, -1};
    int best = -1;
    for (int i = 0; i < r->count; i++) {
        if (!is(r, i, RESULT_TASK, task) || !is(r, i, RESULT_SITE, site) ||
            !is(r, i, RESULT_SYSTEM, system))
            continue;
        bool valid = is(r, i, RESULT_CUT, "valid");
        int rank = results_rank(records_text(r, i, RESULT_CUT), records_text(r, i, RESULT_SEED));
        if (rank > best) {
            best = rank;
            found.mean = i;
        }
        if (valid && is(r, i, RESULT_SEED, "min"))
            found.low = i;
        if (valid && is(r, i, RESULT_SEED, "max"))
            found.high = i;
    }
    return found;
}

static double measure(const Records *r, int record, ResultColumn column)
{
    return record < 0 ? NAN : records_number(r, record, (int)column);
}

/* As printed, so that equal numbers are equally best. */
static double rounded(double value)
{
    return isnan(value) ? -INFINITY : round(value * 1000);
}

static double best_of(const Study *study, const Records *r, const ResultGroup *group,
                      ResultColumn column)
{
    double best = -INFINITY;
    for (int i = 0; i < study->system_count; i++) {
        Result result = results_of(r, group->task, group->site, study->systems[i].name);
        best = fmax(best, rounded(measure(r, result.mean, column)));
    }
    return best;
}

/* ---- tables ---- */

enum { SHOWN = 4 }; /* measures of a table */

static void put_group(Study *study, const Records *r, const ResultGroup *group,
                      const ResultColumn shown[SHOWN])
{
    double best[SHOWN];
    for (int k = 0; k < SHOWN; k++)
        best[k] = shown[k] == RESULT_THRESHOLD ? INFINITY : best_of(study, r, group, shown[k]);
    table_group(study->out, group->title, 1 + SHOWN);
    for (int i = 0; i < study->system_count; i++) {
        Result result = results_of(r, group->task, group->site, study->systems[i].name);
        if (result.mean < 0)
            continue;
        table_row(study->out, study->systems[i].title);
        for (int k = 0; k < SHOWN; k++) {
            double value = measure(r, result.mean, shown[k]);
            table_range(study->out, value, measure(r, result.low, shown[k]),
                        measure(r, result.high, shown[k]), 3,
                        rounded(value) == best[k] && !isnan(value));
        }
        table_row_end(study->out);
    }
}

void results_tables(Study *study, const Records *r, const ResultGroup *groups, int count,
                    const char *caption, const char *kind)
{
    static const ResultColumn first[SHOWN] = {RESULT_PRECISION, RESULT_RECALL, RESULT_F1,
                                              RESULT_AUC};
    static const ResultColumn others[SHOWN] = {RESULT_ACCURACY, RESULT_MACRO_F1, RESULT_WEIGHTED_F1,
                                               RESULT_THRESHOLD};
    char more[200];
    table_begin(study->out, caption, kind,
                (const char *[]){"system", "#precision", "#recall", "#F1", "#AUC"}, 1 + SHOWN);
    for (int i = 0; i < count; i++)
        put_group(study, r, &groups[i], first);
    table_end(study->out);
    snprintf(more, sizeof more, "%s: other averages", caption);
    fputs("<details><summary>Other averages, thresholds</summary>\n", study->out);
    table_begin(study->out, more, kind,
                (const char *[]){"system", "#accuracy", "#macro F1", "#weighted F1", "#threshold"},
                1 + SHOWN);
    for (int i = 0; i < count; i++)
        put_group(study, r, &groups[i], others);
    table_end(study->out);
    fputs("</details>\n", study->out);
}

/* ---- the figure ---- */

static int points_of(ChartPoint *points, const Study *study, const Records *r,
                     const ResultGroup *group)
{
    int count = 0;
    for (int i = 0; i < study->system_count; i++) {
        Result result = results_of(r, group->task, group->site, study->systems[i].name);
        double value = measure(r, result.mean, RESULT_F1);
        if (!isnan(value))
            points[count++] = (ChartPoint){value, i};
    }
    return count;
}

void results_figure(Study *study, const Records *r, const ResultGroup *groups, int count,
                    const char *caption)
{
    enum { MOST = 16 };
    static const char label[] = "F1 of the positive class";
    const char *names[STUDY_MAX_SYSTEMS];
    ChartPoint points[MOST][STUDY_MAX_SYSTEMS];
    Series series[MOST];
    for (int i = 0; i < study->system_count; i++)
        names[i] = study->systems[i].title;
    int drawn = count < MOST ? count : MOST;
    for (int i = 0; i < drawn; i++)
        series[i] = (Series){
            groups[i].title, {.number = i}, points[i], points_of(points[i], study, r, &groups[i])};
    Chart chart = {.x = axis_empty(label)};
    figure_dots(study->out, &chart, caption, names, study->system_count, series, drawn);
}

/* ---- the section ---- */

static void put_task(Study *study, const Records *r, const char *task, const char *const *sites,
                     int site_count)
{
    ResultGroup groups[STUDY_MAX_NAMES];
    char caption[200];
    for (int i = 0; i < site_count; i++)
        groups[i] = (ResultGroup){task, sites[i], sites[i]};
    snprintf(caption, sizeof caption, "%s", study_task(task));
    results_tables(study, r, groups, site_count, caption, KIND_SYNTHETIC);
    snprintf(caption, sizeof caption, "%s: F1 by system and site (%s)", study_task(task),
             KIND_SYNTHETIC);
    results_figure(study, r, groups, site_count, caption);
}

void section_results(Study *study)
{
    const Records *r = results_read(study, "tables/results.tsv");
    if (!r)
        return;
    const char *tasks[STUDY_MAX_NAMES], *sites[STUDY_MAX_NAMES];
    int task_count = records_distinct(r, RESULT_TASK, tasks, STUDY_MAX_NAMES);
    int site_count = records_distinct(r, RESULT_SITE, sites, STUDY_MAX_NAMES);
    fputs(
        "<p>Precision, recall and F1 are those of the positive class, at the threshold of largest "
        "precision + recall on the validation reports; PEFinder decides by itself and has no "
        "AUC. Numbers are means over the seeds, the least and the largest value below them. "
        "Bold is the best of a site, to three decimals. All systems were trained on reports of "
        "the first site only.</p>\n",
        study->out);
    for (int i = 0; i < task_count; i++)
        put_task(study, r, tasks[i], sites, site_count);
}
