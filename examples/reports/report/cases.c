/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "examples/reports/report/sections.h"
#include "markup/table.h"

enum { TASK, SYSTEM, CASE, REPORTS, RIGHT, COLUMNS };
static const char *const columns[COLUMNS] = {"task", "system", "case", "#reports", "#right"};

static int find(const Records *r, const char *task, const char *system, const char *kind)
{
    for (int i = 0; i < r->count; i++)
        if (!strcmp(records_text(r, i, TASK), task) && !strcmp(records_text(r, i, CASE), kind) &&
            !strcmp(records_text(r, i, SYSTEM), system))
            return i;
    return -1;
}

static void put_row(Study *study, const Records *r, const char *task, const char *kind)
{
    double best = -1, reports = NAN, right[STUDY_MAX_SYSTEMS];
    for (int i = 0; i < study->system_count; i++) {
        int at = find(r, task, study->systems[i].name, kind);
        right[i] = at < 0 ? NAN : records_number(r, at, RIGHT);
        reports = at < 0 ? reports : records_number(r, at, REPORTS);
        best = fmax(best, right[i]);
    }
    table_row(study->out, kind);
    table_count(study->out, reports);
    for (int i = 0; i < study->system_count; i++)
        table_number(study->out, right[i], 2, right[i] == best);
    table_row_end(study->out);
}

static void put_table(Study *study, const Records *r, const char *task)
{
    const char *heads[2 + STUDY_MAX_SYSTEMS] = {"kind of report", "#reports"};
    const char *kinds[STUDY_MAX_NAMES];
    int count = records_distinct(r, CASE, kinds, STUDY_MAX_NAMES);
    for (int i = 0; i < study->system_count; i++)
        heads[2 + i] = study_print(study, "#%s", study->systems[i].title);
    if (study->status)
        return;
    char caption[200];
    snprintf(caption, sizeof caption, "%s: share that is right, by kind of report",
             study_task(task));
    table_begin(study->out, caption, KIND_SYNTHETIC, heads, 2 + study->system_count);
    for (int i = 0; i < count; i++)
        put_row(study, r, task, kinds[i]);
    table_end(study->out);
}

void section_cases(Study *study)
{
    fputs("<p>The generator knows what it made difficult. Of the first site’s test reports, with "
          "the first seed, the share of each kind that a system gets right; the best of a row is "
          "bold. The data card tells what the kinds are.</p>\n",
          study->out);
    const Records *r = study_records(study, "tables/cases.tsv", columns, COLUMNS);
    if (!r)
        return;
    const char *tasks[STUDY_MAX_NAMES];
    int count = records_distinct(r, TASK, tasks, STUDY_MAX_NAMES);
    for (int i = 0; i < count; i++)
        put_table(study, r, tasks[i]);
}
