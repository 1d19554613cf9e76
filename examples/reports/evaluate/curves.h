/* SPDX-License-Identifier: Apache-2.0
 *
 * Curves of a system's scores, as points.
 */
#ifndef REPORTS_EVALUATE_CURVES_H
#define REPORTS_EVALUATE_CURVES_H

#include "runtime/error.h"

#include <stdint.h>
#include <stdio.h>

/* Items whose score is at least the threshold are called positive. */
typedef struct CurvePoint {
    double threshold, precision, recall, false_positive_rate;
} CurvePoint;

/* A point a distinct score, by falling threshold; points: [count], how many in *points_count. Needs
 * items of both classes. *average_precision: the sum of precision times the step in recall. */
NndStatus precision_recall_curve(CurvePoint *points, int64_t *points_count,
                                 double *average_precision, const float *scores,
                                 const int32_t *labels, int64_t count, NndError *error);

typedef struct CalibrationBin {
    double low, high; /* low <= score < high; the last with its end */
    int64_t count;
    double mean_score, positives; /* a share; both 0 without items */
} CalibrationBin;

typedef struct Calibration {
    double brier;          /* mean of (score - label)^2 (Brier 1950) */
    double expected_error; /* mean over the items of |mean_score - positives| of their bin */
} Calibration;

/* Bins of equal width over [0, 1], where all scores must be. */
NndStatus calibration_curve(CalibrationBin *bins, int bin_count, Calibration *out,
                            const float *scores, const int32_t *labels, int64_t count,
                            NndError *error);

/* Both; calibration only if all scores are in [0, 1]. */
typedef struct Curves {
    CurvePoint *points;
    int64_t point_count;
    double average_precision;
    CalibrationBin *bins;
    int bin_count; /* 0: the scores are no probabilities */
    Calibration calibration;
} Curves;

NndStatus curves_build(Curves *out, const float *scores, const int32_t *labels, int64_t count,
                       int bins, NndError *error);
void curves_free(Curves *curves);

/* TSV: the kind of the line, then names and numbers; or a JSON object. */
void curves_print(FILE *file, const Curves *curves);
NndStatus curves_print_json(FILE *file, const Curves *curves, NndError *error);

#endif
