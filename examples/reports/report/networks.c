/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "examples/reports/report/sections.h"
#include "markup/table.h"
#include "markup/text.h"

enum { SYSTEM, PARAMETERS, FLOPS };
static const char *const columns[] = {"system", "#parameters", "#flops"};

/* As part of an address: what could end it or mean something else is percent-encoded. */
static void put_encoded(FILE *out, const char *data, size_t size)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                " -_.,:;=/()[]{}!*~$'";
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)data[i];
        if (c && strchr(plain, c))
            putc(c, out);
        else
            fprintf(out, "%%%02X", c);
    }
}

/* A picture within the page: one whose names of parts cannot meet those of others. */
static void put_picture(Study *study, const System *system)
{
    const char *path = study_print(study, "schematics/%s.svg", system->name);
    if (!path || !study_has(study, path))
        return;
    const NndFile *file = study_text(study, path);
    const char *svg = file ? strstr(file->data, "<svg") : NULL;
    if (file && (!svg || !strstr(svg, "</svg>")))
        study_fail(study, "%s/%s: this is no SVG picture", study->folder, path);
    if (!svg)
        return;
    FILE *out = study->out;
    fputs("<figure><figcaption>", out);
    markup_text(out, system->title);
    fputs(", <code>examples/", out);
    markup_text(out, system->network);
    fputs(".nnd</code></figcaption>\n<img alt=\"Schematic of ", out);
    markup_text(out, system->title);
    fputs(": its layers from the text at the top to the class at the bottom, with their shapes and "
          "numbers of weights\" src=\"data:image/svg+xml,",
          out);
    put_encoded(out, svg, strlen(svg));
    fputs("\"/></figure>\n", out);
}

static void put_sizes(Study *study)
{
    const Records *r = study_records(study, "tables/networks.tsv", columns, 3);
    if (!r)
        return;
    table_begin(study->out, "Sizes of the networks", KIND_SYNTHETIC,
                (const char *[]){"network", "#parameters", "#MFLOP for a report"}, 3);
    for (int i = 0; i < r->count; i++) {
        table_row(study->out, study_title(study, records_text(r, i, SYSTEM)));
        table_count(study->out, records_number(r, i, PARAMETERS));
        table_rough(study->out, records_number(r, i, FLOPS) * 1e-6);
        table_row_end(study->out);
    }
    table_end(study->out);
}

void section_networks(Study *study)
{
    fputs(
        "<p>As the compiler draws them from their source. Orange arrows are ragged: they carry as "
        "many rows as a report has words or sentences; recurrences are drawn unrolled.</p>\n",
        study->out);
    put_sizes(study);
    if (!study_has(study, "schematics")) {
        study_missing(study, "schematics");
        return;
    }
    fputs("<div class=\"schematics\">\n", study->out);
    for (int i = 0; i < study->system_count; i++)
        put_picture(study, &study->systems[i]);
    fputs("</div>\n", study->out);
}
