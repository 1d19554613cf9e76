/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "examples/reports/report/results.h"
#include "examples/reports/report/sections.h"
#include "markup/table.h"

/* The file's column of systems says what was read. */
static void put_task(Study *study, const Records *r, const char *task)
{
    static const ResultColumn shown[] = {RESULT_PRECISION, RESULT_RECALL, RESULT_F1,
                                         RESULT_ACCURACY};
    enum { SHOWN = sizeof shown / sizeof *shown };
    table_group(study->out, study_task(task), 1 + SHOWN);
    for (int i = 0; i < r->count; i++) {
        if (strcmp(records_text(r, i, RESULT_TASK), task) != 0)
            continue;
        table_row(study->out, records_text(r, i, RESULT_SYSTEM));
        for (int k = 0; k < SHOWN; k++)
            table_number(study->out, records_number(r, i, (int)shown[k]), 3, false);
        table_row_end(study->out);
    }
}

void section_rules(Study *study)
{
    fputs("<p>PEFinder reads the impression of a report, if it has one, as the program did that it "
          "is named after. On validation reports both ways were measured; it stays at the "
          "impression, because a system is compared as it is defined, not in the better of two "
          "settings.</p>\n",
          study->out);
    const Records *r = results_read(study, "tables/sections.tsv");
    if (!r)
        return;
    const char *tasks[STUDY_MAX_NAMES];
    int count = records_distinct(r, RESULT_TASK, tasks, STUDY_MAX_NAMES);
    table_begin(study->out, "PEFinder on validation reports, by what it reads", KIND_SYNTHETIC,
                (const char *[]){"reads", "#precision", "#recall", "#F1", "#accuracy"}, 5);
    for (int i = 0; i < count; i++)
        put_task(study, r, tasks[i]);
    table_end(study->out);
}
