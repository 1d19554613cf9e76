/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "examples/reports/report/sections.h"
#include "markup/table.h"
#include "markup/text.h"

enum { CLAIM, HOLDS, OF, VERDICT, MEASURED };
static const char *const columns[] = {"claim", "#holds", "#of", "verdict", "measured"};

/* Signs beside the words: colour is not needed. */
static const char *sign_of(const char *verdict)
{
    if (!strcmp(verdict, "confirmed"))
        return "✓";
    if (!strcmp(verdict, "refuted"))
        return "✗";
    return !strcmp(verdict, "mixed") ? "◐" : "–";
}

/* A long list is folded. */
static void put_measured(FILE *out, const char *text)
{
    enum { MOST = 240 };
    if (strlen(text) <= MOST) {
        table_text(out, text);
        return;
    }
    fputs("<td><details><summary>each comparison</summary>", out);
    markup_text(out, text);
    fputs("</details></td>", out);
}

static void put_claim(Study *study, const Records *r, int i)
{
    FILE *out = study->out;
    table_row(out, records_text(r, i, CLAIM));
    fprintf(out, "<td style=\"white-space:nowrap\">%s ", sign_of(records_text(r, i, VERDICT)));
    markup_text(out, records_text(r, i, VERDICT));
    if (records_number(r, i, OF) > 1)
        fprintf(out, "<small>%.0f of %.0f statements hold</small>", records_number(r, i, HOLDS),
                records_number(r, i, OF));
    fputs("</td>", out);
    put_measured(out, records_text(r, i, MEASURED));
    table_row_end(out);
}

static void put_counts(Study *study, const Records *r)
{
    const char *verdicts[STUDY_MAX_NAMES];
    int count = records_distinct(r, VERDICT, verdicts, STUDY_MAX_NAMES);
    fprintf(study->out, "<p>Of %d claims: ", r->count);
    for (int k = 0; k < count; k++) {
        int of = 0;
        for (int i = 0; i < r->count; i++)
            of += !strcmp(records_text(r, i, VERDICT), verdicts[k]);
        fprintf(study->out, "%s%d ", k ? ", " : "", of);
        markup_text(study->out, verdicts[k]);
    }
    fputs(".</p>\n", study->out);
}

static void put_claims(Study *study, const char *path, const char *caption, const char *kind)
{
    const Records *r = study_records(study, path, columns, 5);
    if (!r)
        return;
    put_counts(study, r);
    table_begin(study->out, caption, kind, (const char *[]){"claim", "verdict", "measured here"},
                3);
    for (int i = 0; i < r->count; i++)
        put_claim(study, r, i);
    table_end(study->out);
}

void section_claims(Study *study)
{
    fputs("<p>What the paper claims, in our words, and whether it holds for the reports made here. "
          "A claim of several statements is mixed if some of them hold. The hospitals are made up: "
          "a claim refuted here can be true of theirs.</p>\n",
          study->out);
    put_claims(study, "tables/claims.tsv", "Claims on results", KIND_SYNTHETIC);
    put_claims(study, "timings/claims.tsv", "Claims on speed", "this machine");
}
