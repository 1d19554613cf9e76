/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/report/report.h"

#include "examples/reports/report/sections.h"
#include "markup/page.h"

typedef struct Section {
    const char *name, *title;
    void (*put)(Study *study);
} Section;

static const Section sections[] = {
    {"overview", "What this is", section_overview},
    {"results", "Results", section_results},
    {"claims", "The paper’s claims", section_claims},
    {"significance", "Is it chance?", section_significance},
    {"cases", "Which reports are hard", section_cases},
    {"rules", "What PEFinder reads", section_rules},
    {"corpora", "The reports", section_corpora},
    {"learning", "Learning curves", section_learning},
    {"curves", "Precision, recall and calibration", section_curves},
    {"networks", "The networks", section_networks},
    {"explanations", "What the networks look at", section_explanations},
    {"deletion", "The word-deletion test", section_deletion},
    {"density", "Fewer domain phrases", section_density},
    {"sequences", "When only the order tells", section_sequences},
    {"speed", "Speed", section_speed},
    {"real", "Real texts", section_real},
    {"reproduce", "How to reproduce this", section_reproduce},
};
enum { SECTIONS = sizeof sections / sizeof *sections };

static void put_contents(FILE *out)
{
    fputs("<nav aria-label=\"Contents\"><ol class=\"contents\">", out);
    for (int i = 0; i < SECTIONS; i++)
        fprintf(out, "<li><a href=\"#%s\">%s</a></li>", sections[i].name, sections[i].title);
    fputs("</ol></nav>\n", out);
}

NndStatus report_write(FILE *out, const char *folder, NndError *error)
{
    Study study;
    if (!study_open(&study, folder, out, error)) {
        page_begin(out, "CNN against RNN on radiology reports");
        put_contents(out);
        for (int i = 0; i < SECTIONS; i++) {
            fprintf(out, "<section id=\"%s\"><h2>%s</h2>\n", sections[i].name, sections[i].title);
            sections[i].put(&study);
            fputs("</section>\n", out);
        }
        page_end(out);
    }
    study_close(&study);
    return study.status;
}
