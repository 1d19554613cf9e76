/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/evaluate/curves.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>

static bool are_probabilities(const float *scores, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (!(scores[i] >= 0 && scores[i] <= 1))
            return false;
    return true;
}

NndStatus curves_build(Curves *out, const float *scores, const int32_t *labels, int64_t count,
                       int bins, NndError *error)
{
    *out = (Curves){.points = malloc(((size_t)count + 1) * sizeof *out->points),
                    .bins = malloc((size_t)bins * sizeof *out->bins)};
    NndStatus status = NND_OK;
    if (!out->points || !out->bins)
        status = nnd_fail(error, NND_ENOMEM, "out of memory for %lld points", (long long)count);
    if (!status)
        status = precision_recall_curve(out->points, &out->point_count, &out->average_precision,
                                        scores, labels, count, error);
    if (!status && are_probabilities(scores, count)) {
        out->bin_count = bins;
        status =
            calibration_curve(out->bins, bins, &out->calibration, scores, labels, count, error);
    }
    if (status)
        curves_free(out);
    return status;
}

void curves_free(Curves *curves)
{
    free(curves->points);
    free(curves->bins);
    *curves = (Curves){0};
}

void curves_print(FILE *file, const Curves *curves)
{
    fprintf(file, "average_precision\t%.6g\n", curves->average_precision);
    if (curves->bin_count)
        fprintf(file, "brier\t%.6g\nexpected_calibration_error\t%.6g\n", curves->calibration.brier,
                curves->calibration.expected_error);
    fputs("#point\tthreshold\tprecision\trecall\tfalse_positive_rate\n", file);
    for (int64_t i = 0; i < curves->point_count; i++) {
        const CurvePoint *p = &curves->points[i];
        fprintf(file, "point\t%.9g\t%.6g\t%.6g\t%.6g\n", p->threshold, p->precision, p->recall,
                p->false_positive_rate);
    }
    if (curves->bin_count)
        fputs("#bin\tlow\thigh\tcount\tmean_score\tpositives\n", file);
    for (int i = 0; i < curves->bin_count; i++) {
        const CalibrationBin *b = &curves->bins[i];
        fprintf(file, "bin\t%.6g\t%.6g\t%lld\t%.6g\t%.6g\n", b->low, b->high, (long long)b->count,
                b->mean_score, b->positives);
    }
}

static json_t *points_json(const Curves *curves)
{
    json_t *array = json_array();
    for (int64_t i = 0; i < curves->point_count; i++) {
        const CurvePoint *p = &curves->points[i];
        json_array_append_new(array, json_pack("{s:f, s:f, s:f, s:f}", "threshold", p->threshold,
                                               "precision", p->precision, "recall", p->recall,
                                               "false_positive_rate", p->false_positive_rate));
    }
    return array;
}

static json_t *calibration_json(const Curves *curves)
{
    if (!curves->bin_count)
        return json_null();
    json_t *bins = json_array();
    for (int i = 0; i < curves->bin_count; i++) {
        const CalibrationBin *b = &curves->bins[i];
        json_array_append_new(bins, json_pack("{s:f, s:f, s:I, s:f, s:f}", "low", b->low, "high",
                                              b->high, "count", (json_int_t)b->count, "mean_score",
                                              b->mean_score, "positives", b->positives));
    }
    return json_pack("{s:f, s:f, s:o}", "brier", curves->calibration.brier, "expected_error",
                     curves->calibration.expected_error, "bins", bins);
}

NndStatus curves_print_json(FILE *file, const Curves *curves, NndError *error)
{
    NndStatus status = NND_OK;
    json_t *object =
        json_pack("{s:f, s:o, s:o}", "average_precision", curves->average_precision, "points",
                  points_json(curves), "calibration", calibration_json(curves));
    if (!object || json_dumpf(object, file, JSON_INDENT(1)))
        status = nnd_fail(error, NND_ENOMEM, "out of memory for JSON");
    json_decref(object);
    fputc('\n', file);
    return status;
}
