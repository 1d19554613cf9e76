/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/evaluate/curves.h"

#include <math.h>
#include <stdlib.h>

typedef struct Scored {
    float score;
    int32_t label;
} Scored;

static int highest_first(const void *left, const void *right)
{
    float a = ((const Scored *)left)->score, b = ((const Scored *)right)->score;
    return (a < b) - (a > b);
}

/* Sorted items -> points. */
static int64_t walk(CurvePoint *points, double *average_precision, const Scored *items,
                    int64_t count, int64_t positives)
{
    int64_t found = 0, points_count = 0;
    double recall = 0;
    *average_precision = 0;
    for (int64_t i = 0; i < count; i++) {
        found += items[i].label;
        if (i + 1 < count && items[i + 1].score == items[i].score)
            continue;
        CurvePoint *point = &points[points_count++];
        *point = (CurvePoint){(double)items[i].score, (double)found / (double)(i + 1),
                              (double)found / (double)positives,
                              (double)(i + 1 - found) / (double)(count - positives)};
        *average_precision += point->precision * (point->recall - recall);
        recall = point->recall;
    }
    return points_count;
}

NndStatus precision_recall_curve(CurvePoint *points, int64_t *points_count,
                                 double *average_precision, const float *scores,
                                 const int32_t *labels, int64_t count, NndError *error)
{
    int64_t positives = 0;
    Scored *items = malloc(((size_t)count + 1) * sizeof *items);
    if (!items)
        return nnd_fail(error, NND_ENOMEM, "out of memory for %lld scores", (long long)count);
    for (int64_t i = 0; i < count; i++) {
        items[i] = (Scored){scores[i], labels[i] == 1};
        positives += items[i].label;
    }
    NndStatus status = NND_OK;
    if (positives == 0 || positives == count) {
        status = nnd_fail(error, NND_EINVAL, "a curve needs items of both classes");
    } else {
        qsort(items, (size_t)count, sizeof *items, highest_first);
        *points_count = walk(points, average_precision, items, count, positives);
    }
    free(items);
    return status;
}

static void finish_bins(CalibrationBin *bins, int bin_count, Calibration *out, int64_t count)
{
    for (int b = 0; b < bin_count; b++) {
        double items = (double)bins[b].count;
        if (!bins[b].count)
            continue;
        bins[b].mean_score /= items;
        bins[b].positives /= items;
        out->expected_error += items / (double)count * fabs(bins[b].mean_score - bins[b].positives);
    }
}

NndStatus calibration_curve(CalibrationBin *bins, int bin_count, Calibration *out,
                            const float *scores, const int32_t *labels, int64_t count,
                            NndError *error)
{
    *out = (Calibration){0};
    for (int b = 0; b < bin_count; b++)
        bins[b] =
            (CalibrationBin){.low = (double)b / bin_count, .high = (double)(b + 1) / bin_count};
    for (int64_t i = 0; i < count; i++) {
        double score = (double)scores[i], label = labels[i] == 1;
        if (!(score >= 0 && score <= 1))
            return nnd_fail(error, NND_EINVAL, "score %lld is %g: calibration is for probabilities",
                            (long long)i + 1, score);
        int b = (int)(score * bin_count);
        b = b < bin_count ? b : bin_count - 1;
        bins[b].count++;
        bins[b].mean_score += score;
        bins[b].positives += label;
        out->brier += (score - label) * (score - label) / (double)count;
    }
    finish_bins(bins, bin_count, out, count);
    return NND_OK;
}
