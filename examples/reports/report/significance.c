/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "examples/reports/report/sections.h"
#include "markup/table.h"
#include "markup/text.h"

enum { TASK, SITE, SEED, A, B, MCNEMAR, F1, F1_LOW, F1_HIGH, BOOTSTRAP, AUC, DELONG };
static const char *const columns[] = {"task",
                                      "site",
                                      "seed",
                                      "a",
                                      "b",
                                      "#mcnemar_holm",
                                      "#f1_difference",
                                      "#f1_low",
                                      "#f1_high",
                                      "#bootstrap_holm",
                                      "#auc_difference",
                                      "#delong_holm"};

/* Stars where it is below 0.05, in words for those who skip signs. */
static void put_p(FILE *out, double p)
{
    if (isnan(p))
        fputs("<td class=\"r\">–</td>", out);
    else if (p < 0.0001)
        fputs("<td class=\"r\"><b>&lt; 0.0001</b></td>", out);
    else
        fprintf(out, p < 0.05 ? "<td class=\"r\"><b>%.4f</b></td>" : "<td class=\"r\">%.4f</td>",
                p);
}

static void put_comparison(Study *study, const Records *r, int i)
{
    FILE *out = study->out;
    const char *seed = records_text(r, i, SEED);
    char name[160];
    snprintf(name, sizeof name, "%s%s%s", study_title(study, records_text(r, i, B)),
             strcmp(seed, "-") ? ", seed " : "", strcmp(seed, "-") ? seed : "");
    table_row(out, name);
    table_range(out, records_number(r, i, F1), records_number(r, i, F1_LOW),
                records_number(r, i, F1_HIGH), 3, false);
    put_p(out, records_number(r, i, BOOTSTRAP));
    put_p(out, records_number(r, i, MCNEMAR));
    table_number(out, records_number(r, i, AUC), 3, false);
    put_p(out, records_number(r, i, DELONG));
    table_row_end(out);
}

static bool begins_group(const Records *r, int i)
{
    return i == 0 || strcmp(records_text(r, i, TASK), records_text(r, i - 1, TASK)) ||
           strcmp(records_text(r, i, SITE), records_text(r, i - 1, SITE));
}

void put_comparisons(Study *study, const char *path, const char *caption, const char *kind)
{
    const Records *r = study_records(study, path, columns, 12);
    if (!r)
        return;
    table_begin(study->out, caption, kind,
                (const char *[]){"against", "#F1 difference", "#bootstrap p", "#McNemar p",
                                 "#AUC difference", "#DeLong p"},
                6);
    for (int i = 0; i < r->count; i++) {
        char title[200];
        snprintf(title, sizeof title, "%s, %s", records_text(r, i, SITE),
                 study_task(records_text(r, i, TASK)));
        if (begins_group(r, i))
            table_group(study->out, title, 6);
        put_comparison(study, r, i);
    }
    table_end(study->out);
}

void section_significance(Study *study)
{
    fputs("<p>DPA-HNN against each other system on the same reports, both at their thresholds. A "
          "positive difference is in favour of DPA-HNN; below differences of F1 their 95 % "
          "interval. p-values are corrected after Holm over all lines of a table; those below 0.05 "
          "are bold.</p>\n",
          study->out);
    put_comparisons(study, "tables/hierarchical.tsv", "Hierarchical networks, all seeds",
                    KIND_SYNTHETIC);
    fputs("<details><summary>All systems and sites, first seed</summary>\n", study->out);
    put_comparisons(study, "tables/comparisons.tsv", "All systems, first seed", KIND_SYNTHETIC);
    fputs("</details>\n", study->out);
}
