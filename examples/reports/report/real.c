/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "examples/reports/report/results.h"
#include "examples/reports/report/sections.h"
#include "markup/text.h"

enum { SET, TITLE, PRESENT };
static const char *const columns[] = {"set", "title", "#present"};

static const char *title_of(const Records *sets, const char *set)
{
    for (int i = 0; i < sets->count; i++)
        if (!strcmp(records_text(sets, i, SET), set))
            return records_text(sets, i, TITLE);
    return set;
}

static void put_absent(Study *study, const Records *sets)
{
    for (int i = 0; i < sets->count; i++) {
        if (records_number(sets, i, PRESENT) != 0)
            continue;
        fputs("<p class=\"note\">Left out, the texts are not on this machine: ", study->out);
        markup_text(study->out, records_text(sets, i, TITLE));
        fputs(".</p>\n", study->out);
    }
}

void section_real(Study *study)
{
    fputs("<p>Nothing here is made up: public texts with labels by others, read by the same "
          "systems. None of it is about embolism, so the domain phrases are others, and no number "
          "is to be compared with those above.</p>\n",
          study->out);
    const Records *sets = study_records(study, "real/sets.tsv", columns, 3);
    if (!sets)
        return;
    put_absent(study, sets);
    const Records *r = results_read(study, "real/tables/results.tsv");
    if (!r)
        return;
    const char *names[STUDY_MAX_NAMES];
    ResultGroup groups[STUDY_MAX_NAMES];
    int count = records_distinct(r, RESULT_TASK, names, STUDY_MAX_NAMES);
    for (int i = 0; i < count; i++)
        groups[i] = (ResultGroup){names[i], "real", title_of(sets, names[i])};
    results_tables(study, r, groups, count, "Results on real texts", KIND_REAL);
    results_figure(study, r, groups, count, "F1 by system and set (" KIND_REAL ")");
    fputs("<details><summary>Tests of significance</summary>\n", study->out);
    put_comparisons(study, "real/tables/comparisons.tsv", "DPA-HNN against the others, real texts",
                    KIND_REAL);
    fputs("</details>\n", study->out);
}
