/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "examples/reports/report/results.h"
#include "examples/reports/report/sections.h"

static const char *title_of(const char *task)
{
    if (!strcmp(task, "phrase"))
        return "phrase: is one word right before another?";
    if (!strcmp(task, "order"))
        return "order: does one word come before another, far away?";
    return task;
}

void section_sequences(Study *study)
{
    fputs(
        "<p>A CNN sees phrases wherever they stand, a recurrent network reads in order. In these "
        "texts, made for the purpose, all words are as frequent in both classes; only their order "
        "tells the class.</p>\n",
        study->out);
    const Records *r = results_read(study, "sequences/tables/results.tsv");
    if (!r)
        return;
    const char *tasks[STUDY_MAX_NAMES], *sites[STUDY_MAX_NAMES];
    ResultGroup groups[STUDY_MAX_NAMES];
    int count = records_distinct(r, RESULT_TASK, tasks, STUDY_MAX_NAMES);
    records_distinct(r, RESULT_SITE, sites, 1);
    for (int i = 0; i < count; i++)
        groups[i] = (ResultGroup){tasks[i], sites[0], title_of(tasks[i])};
    results_tables(study, r, groups, count, "Results on sequences", KIND_SEQUENCES);
    results_figure(study, r, groups, count, "F1 by system and task (" KIND_SEQUENCES ")");
}
