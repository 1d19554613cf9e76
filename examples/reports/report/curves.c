/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of `nnd-evaluate curves`: lines of points (threshold, precision, recall, false positive
 * rate) and, of probabilities, of bins (low, high, count, mean score, share of positives).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "examples/reports/report/results.h"
#include "examples/reports/report/sections.h"
#include "markup/figure.h"
#include "markup/table.h"

enum { POINT_PRECISION = 2, POINT_RECALL, BIN_COUNT = 3, BIN_SCORE, BIN_POSITIVES };

/* One system's curves at a site. */
typedef struct SystemCurves {
    Series precision_recall, calibration;
    double average_precision, brier, calibration_error; /* NaN: none */
} SystemCurves;

typedef struct SiteCurves {
    SystemCurves systems[STUDY_MAX_SYSTEMS];
    int count;
} SiteCurves;

static double number_of(Study *study, const char *path, const Records *r, int record, int field)
{
    const char *text = records_field(r, record, field);
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end)
        study_fail(study, "%s/%s:%d: `%.40s` is no number", study->folder, path, record + 1, text);
    return value;
}

static void read_line(Study *study, SystemCurves *c, ChartPoint *points, ChartPoint *bins,
                      const char *path, const Records *r, int i)
{
    const char *kind = records_field(r, i, 0);
    if (!strcmp(kind, "average_precision"))
        c->average_precision = number_of(study, path, r, i, 1);
    else if (!strcmp(kind, "brier"))
        c->brier = number_of(study, path, r, i, 1);
    else if (!strcmp(kind, "expected_calibration_error"))
        c->calibration_error = number_of(study, path, r, i, 1);
    else if (!strcmp(kind, "point"))
        points[c->precision_recall.count++] =
            (ChartPoint){number_of(study, path, r, i, POINT_RECALL),
                         number_of(study, path, r, i, POINT_PRECISION)};
    else if (!strcmp(kind, "bin") && number_of(study, path, r, i, BIN_COUNT) > 0)
        bins[c->calibration.count++] = (ChartPoint){number_of(study, path, r, i, BIN_SCORE),
                                                    number_of(study, path, r, i, BIN_POSITIVES)};
    else if (*kind != '#' && strcmp(kind, "bin"))
        study_fail(study, "%s/%s:%d: a line of a kind that is not known: `%.40s`", study->folder,
                   path, i + 1, kind);
}

static bool read_system(Study *study, SystemCurves *out, const char *path, int system)
{
    if (!path || !study_has(study, path))
        return false;
    const Records *r = study_records(study, path, NULL, 0);
    ChartPoint *points = r ? study_alloc(study, 2 * (size_t)r->count, sizeof *points) : NULL;
    if (!points)
        return false;
    Series series = {study->systems[system].title, study_look(study, system), points, 0};
    *out = (SystemCurves){series, series, NAN, NAN, NAN};
    out->calibration.points = points + r->count;
    for (int i = 0; i < r->count; i++)
        read_line(study, out, points, points + r->count, path, r, i);
    return true;
}

static void read_site(Study *study, SiteCurves *out, const char *task, const char *site)
{
    out->count = 0;
    for (int i = 0; i < study->system_count; i++) {
        const char *path =
            study_print(study, "curves/%s.%s.%s.tsv", task, site, study->systems[i].name);
        out->count += read_system(study, &out->systems[out->count], path, i);
    }
}

static Axis share_axis(const char *label)
{
    return (Axis){.label = label, .low = 0, .high = 1, .exact = true};
}

static void put_figures(Study *study, const SiteCurves *curves, const char *site)
{
    Series series[STUDY_MAX_SYSTEMS];
    char caption[200];
    int probabilities = 0;
    for (int i = 0; i < curves->count; i++)
        series[i] = curves->systems[i].precision_recall;
    Chart recall = {.x = share_axis("recall"), .y = share_axis("precision"), .in_group = true};
    snprintf(caption, sizeof caption, "Precision and recall, %s", site);
    figure_lines(study->out, &recall, caption, series, curves->count);
    for (int i = 0; i < curves->count; i++)
        if (curves->systems[i].calibration.count)
            series[probabilities++] = curves->systems[i].calibration;
    Chart calibration = {.x = share_axis("mean predicted probability"),
                         .y = share_axis("share of positives"),
                         .in_group = true,
                         .diagonal = true};
    snprintf(caption, sizeof caption, "Calibration, %s", site);
    figure_lines(study->out, &calibration, caption, series, probabilities);
}

static void put_rows(Study *study, const SiteCurves *curves, const char *site)
{
    table_group(study->out, site, 4);
    for (int i = 0; i < curves->count; i++) {
        const SystemCurves *c = &curves->systems[i];
        table_row(study->out, c->precision_recall.name);
        table_number(study->out, c->average_precision, 3, false);
        table_number(study->out, c->brier, 3, false);
        table_number(study->out, c->calibration_error, 3, false);
        table_row_end(study->out);
    }
}

/* The legend is that of the site with the most systems. */
static void begin_figures(Study *study, const SiteCurves *curves, int count, const char *task)
{
    const SiteCurves *largest = curves;
    Series series[STUDY_MAX_SYSTEMS];
    for (int i = 1; i < count; i++)
        largest = curves[i].count > largest->count ? &curves[i] : largest;
    for (int i = 0; i < largest->count; i++)
        series[i] = largest->systems[i].precision_recall;
    figures_begin(study->out, study_task(task), KIND_SYNTHETIC, series, largest->count);
}

static void put_task(Study *study, const char *task, const char *const *sites, int site_count)
{
    SiteCurves *curves = study_alloc(study, (size_t)site_count, sizeof *curves);
    char caption[200];
    for (int i = 0; curves && i < site_count; i++)
        read_site(study, &curves[i], task, sites[i]);
    if (study->status)
        return;
    begin_figures(study, curves, site_count, task);
    for (int i = 0; i < site_count; i++)
        if (curves[i].count)
            put_figures(study, &curves[i], sites[i]);
    figures_end(study->out);
    snprintf(caption, sizeof caption, "Curves in numbers, %s", study_task(task));
    table_begin(
        study->out, caption, KIND_SYNTHETIC,
        (const char *[]){"system", "#average precision", "#Brier score", "#calibration error"}, 4);
    for (int i = 0; i < site_count; i++)
        put_rows(study, &curves[i], sites[i]);
    table_end(study->out);
}

void section_curves(Study *study)
{
    if (!study_has(study, "curves")) {
        study_missing(study, "curves");
        return;
    }
    const Records *r = results_read(study, "tables/results.tsv");
    if (!r)
        return;
    fputs("<p>Of the first seed. PEFinder has no scores, the scores of SVM and AdaBoost are no "
          "probabilities. On the dotted line of a calibration chart a probability is what it "
          "says.</p>\n",
          study->out);
    const char *tasks[STUDY_MAX_NAMES], *sites[STUDY_MAX_NAMES];
    int task_count = records_distinct(r, RESULT_TASK, tasks, STUDY_MAX_NAMES);
    int site_count = records_distinct(r, RESULT_SITE, sites, STUDY_MAX_NAMES);
    for (int i = 0; i < task_count; i++)
        put_task(study, tasks[i], sites, site_count);
}
