/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/evaluate/significance.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* The scores of one class, sorted. */
typedef struct Scores {
    float *items;
    int64_t count;
} Scores;

static int rising(const void *left, const void *right)
{
    float a = *(const float *)left, b = *(const float *)right;
    return (a > b) - (a < b);
}

/* out->items has room for all. */
static void select_scores(Scores *out, const float *scores, const int32_t *labels, int32_t class,
                          int64_t count)
{
    out->count = 0;
    for (int64_t i = 0; i < count; i++)
        if ((labels[i] == 1) == class)
            out->items[out->count++] = scores[i];
    if (out->count)
        qsort(out->items, (size_t)out->count, sizeof *out->items, rising);
}

/* How many of them are below the score, or at most as high. */
static int64_t count_below(const Scores *scores, float score, bool or_equal)
{
    int64_t low = 0, high = scores->count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (scores->items[middle] < score || (or_equal && scores->items[middle] == score))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The share of the other class that an item is above, ties one half. */
static double placement(const Scores *others, float score)
{
    double below = (double)count_below(others, score, false),
           upto = (double)count_below(others, score, true);
    return (below + upto) / 2 / (double)others->count;
}

/* The structural components of each item: out[i] is its placement among the other class; of a
 * negative item, one less that. So the mean over either class is the area. */
static void components(double *out, Scores *buffer, const float *scores, const int32_t *labels,
                       int64_t count)
{
    for (int32_t class = 0; class < 2; class ++) {
        select_scores(buffer, scores, labels, !class, count);
        for (int64_t i = 0; i < count; i++)
            if ((labels[i] == 1) == class)
                out[i] = class ? placement(buffer, scores[i]) : 1 - placement(buffer, scores[i]);
    }
}

static double class_mean(const double *values, const int32_t *labels, int32_t class, int64_t count)
{
    double sum = 0;
    int64_t items = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += (labels[i] == 1) == class ? values[i] : 0;
        items += (labels[i] == 1) == class;
    }
    return sum / (double)items;
}

/* The variance of a class's mean of a[i] - b[i]. */
static double mean_variance(const double *a, const double *b, const int32_t *labels, int32_t class,
                            int64_t count)
{
    double mean = class_mean(a, labels, class, count) - class_mean(b, labels, class, count),
           sum = 0;
    int64_t items = 0;
    for (int64_t i = 0; i < count; i++) {
        double off = a[i] - b[i] - mean;
        sum += (labels[i] == 1) == class ? off * off : 0;
        items += (labels[i] == 1) == class;
    }
    return sum / (double)(items - 1) / (double)items;
}

static void test_areas(DeLong *out, const double *a, const double *b, const int32_t *labels,
                       int64_t count)
{
    out->auc_a = class_mean(a, labels, 1, count);
    out->auc_b = class_mean(b, labels, 1, count);
    out->variance = mean_variance(a, b, labels, 1, count) + mean_variance(a, b, labels, 0, count);
    double difference = out->auc_a - out->auc_b;
    bool equal = fabs(difference) < 1e-14; /* a rounding error */
    bool certain = out->variance < 1e-28;
    out->z = equal     ? 0
             : certain ? copysign(INFINITY, difference)
                       : difference / sqrt(out->variance);
    out->p = erfc(fabs(out->z) / M_SQRT2);
}

NndStatus delong(DeLong *out, const float *a, const float *b, const int32_t *labels, int64_t count,
                 NndError *error)
{
    *out = (DeLong){NAN, NAN, NAN, NAN, NAN};
    int64_t positives = 0;
    for (int64_t i = 0; i < count; i++)
        positives += labels[i] == 1;
    if (positives < 2 || count - positives < 2)
        return NND_OK;
    Scores buffer = {.items = malloc((size_t)count * sizeof *buffer.items)};
    double *components_a = malloc((size_t)count * sizeof *components_a);
    double *components_b = malloc((size_t)count * sizeof *components_b);
    NndStatus status = NND_OK;
    if (buffer.items && components_a && components_b) {
        components(components_a, &buffer, a, labels, count);
        components(components_b, &buffer, b, labels, count);
        test_areas(out, components_a, components_b, labels, count);
    } else {
        status = nnd_fail(error, NND_ENOMEM, "out of memory for %lld scores", (long long)count);
    }
    free(buffer.items);
    free(components_a);
    free(components_b);
    return status;
}
