/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "examples/reports/report/sections.h"
#include "markup/table.h"
#include "markup/text.h"

enum { NAME, VALUE };
static const char *const columns[] = {"name", "value"};

static const char *setting(const Records *r, const char *name)
{
    for (int i = 0; r && i < r->count; i++)
        if (!strcmp(records_text(r, i, NAME), name))
            return records_text(r, i, VALUE);
    return "";
}

static void put_systems(Study *study)
{
    table_begin(study->out, "The systems", NULL, (const char *[]){"system", "what it is"}, 2);
    for (int i = 0; i < study->system_count; i++) {
        const System *system = &study->systems[i];
        char text[300];
        snprintf(text, sizeof text, "%s%s%s%s",
                 !strcmp(system->kind, "rules")   ? "rules: phrases, and what negates or dates them"
                 : !strcmp(system->kind, "words") ? "a classifier of bags of words"
                                                  : "network, examples/",
                 strcmp(system->network, "-") ? system->network : "",
                 strcmp(system->network, "-") ? ".nnd" : "",
                 system->extra ? "; beside the seven of the study" : "");
        table_row(study->out, system->title);
        table_text(study->out, text);
        table_row_end(study->out);
    }
    table_end(study->out);
}

void section_overview(Study *study)
{
    const Records *r = study_records(study, "settings.tsv", columns, 2);
    if (!strcmp(setting(r, "quick"), "1"))
        fputs("<p class=\"note\">This was a quick run: the whole chain with little data and small "
              "networks. Its numbers mean nothing.</p>\n",
              study->out);
    fputs(
        "<p>When should a convolutional, a recurrent or a hierarchical network read a report? "
        "Seven systems decide for radiology reports of four hospitals whether an embolism is "
        "present, and whether it is acute; three plain recurrent networks stand beside them.</p>\n"
        "<p>The hospitals are <b>made up</b>: their reports were written by a program, since those "
        "of the paper are private. What was measured on them is marked <span "
        "class=\"kind\">" KIND_SYNTHETIC "</span>; what was measured on public texts is in a "
        "section of its own and marked <span class=\"kind\">" KIND_REAL "</span>. Nothing here "
        "says how good a system is for patients.</p>\n",
        study->out);
    put_systems(study);
}

void section_reproduce(Study *study)
{
    const Records *r = study_records(study, "settings.tsv", columns, 2);
    fputs(
        "<p>One command makes all of this, step by step; what is done already stays. With the same "
        "seed every number but those of time is the same, bit for bit.</p>\n<pre>./bootstrap\n"
        "examples/reports/run",
        study->out);
    fputs(!strcmp(setting(r, "quick"), "1") ? " --quick</pre>\n" : "</pre>\n", study->out);
    if (!r)
        return;
    table_begin(study->out, "Settings of this run", NULL, (const char *[]){"setting", "value"}, 2);
    for (int i = 0; i < r->count; i++) {
        table_row(study->out, records_text(r, i, NAME));
        table_text(study->out, records_text(r, i, VALUE));
        table_row_end(study->out);
    }
    table_end(study->out);
}
