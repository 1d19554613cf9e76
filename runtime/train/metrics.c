/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/train/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An exact comparison of sums of fractions needs products of three counts. */
__extension__ typedef unsigned __int128 Wide;

double nnd_accuracy(const int32_t *predicted, const int32_t *labels, int64_t count)
{
    int64_t right = 0;
    for (int64_t i = 0; i < count; i++)
        right += predicted[i] == labels[i];
    return count ? (double)right / (double)count : 0;
}

void nnd_confusion(int64_t *out, int32_t classes, const int32_t *predicted, const int32_t *labels,
                   int64_t count)
{
    memset(out, 0, (size_t)classes * (size_t)classes * sizeof *out);
    for (int64_t i = 0; i < count; i++)
        out[(int64_t)labels[i] * classes + predicted[i]]++;
}

static double ratio(int64_t part, int64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static NndRates make_rates(int64_t tp, int64_t fp, int64_t fn, int64_t tn)
{
    return (NndRates){tp, fp, fn, tn, ratio(tp, tp + fp), ratio(tp, tp + fn),
                      ratio(2 * tp, 2 * tp + fp + fn)};
}

NndRates nnd_class_rates(const int64_t *confusion, int32_t classes, int32_t positive)
{
    int64_t all = 0, labelled = 0, called = 0;
    int64_t hits = confusion[(int64_t)positive * classes + positive];
    for (int32_t i = 0; i < classes; i++) {
        labelled += confusion[(int64_t)positive * classes + i];
        called += confusion[(int64_t)i * classes + positive];
        for (int32_t j = 0; j < classes; j++)
            all += confusion[(int64_t)i * classes + j];
    }
    return make_rates(hits, called - hits, labelled - hits, all - labelled - called + hits);
}

/* `by_size`: weights are the numbers of items; otherwise one for each class that occurs. */
static NndAverage average(const int64_t *confusion, int32_t classes, bool by_size)
{
    NndAverage sum = {0};
    double weights = 0;
    for (int32_t c = 0; c < classes; c++) {
        NndRates rates = nnd_class_rates(confusion, classes, c);
        int64_t items = rates.true_positive + rates.false_negative;
        double weight = by_size ? (double)items : (items + rates.false_positive > 0);
        sum.precision += weight * rates.precision;
        sum.recall += weight * rates.recall;
        sum.f1 += weight * rates.f1;
        weights += weight;
    }
    if (weights > 0)
        sum = (NndAverage){sum.precision / weights, sum.recall / weights, sum.f1 / weights};
    return sum;
}

NndAverage nnd_macro_average(const int64_t *confusion, int32_t classes)
{
    return average(confusion, classes, false);
}

NndAverage nnd_weighted_average(const int64_t *confusion, int32_t classes)
{
    return average(confusion, classes, true);
}

NndRates nnd_rates_at(const float *scores, const int32_t *labels, int32_t positive, int64_t count,
                      double threshold)
{
    int64_t cells[2][2] = {{0}}; /* [is positive][is called positive] */
    for (int64_t i = 0; i < count; i++)
        cells[labels[i] == positive][(double)scores[i] >= threshold]++;
    return make_rates(cells[1][1], cells[0][1], cells[1][0], cells[0][0]);
}

typedef struct Scored {
    float score;
    bool positive;
} Scored;

static int highest_first(const void *left, const void *right)
{
    float a = ((const Scored *)left)->score, b = ((const Scored *)right)->score;
    return (a < b) - (a > b);
}

/* Items sorted by score; NULL with the status set if it cannot be done. */
static Scored *sort_scores(NndStatus *status, const float *scores, const int32_t *labels,
                           int32_t positive, int64_t count, NndError *error)
{
    Scored *items = malloc(((size_t)count + 1) * sizeof *items);
    *status = items ? NND_OK : nnd_fail(error, NND_ENOMEM, "out of memory for %lld scores",
                                        (long long)count);
    for (int64_t i = 0; i < count && !*status; i++) {
        if (isnan(scores[i]))
            *status = nnd_fail(error, NND_EINVAL, "the score of item %lld is not a number",
                               (long long)i);
        items[i] = (Scored){scores[i], labels[i] == positive};
    }
    if (*status) {
        free(items);
        return NULL;
    }
    qsort(items, (size_t)count, sizeof *items, highest_first);
    return items;
}

/* Moves `at` behind the items of equal score, counting them. */
static int64_t next_group(const Scored *items, int64_t count, int64_t at, int64_t *positives,
                          int64_t *negatives)
{
    float score = items[at].score;
    for (; at < count && items[at].score == score; at++) {
        *positives += items[at].positive;
        *negatives += !items[at].positive;
    }
    return at;
}

NndStatus nnd_auc(double *out, const float *scores, const int32_t *labels, int32_t positive,
                  int64_t count, NndError *error)
{
    NndStatus status;
    Scored *items = sort_scores(&status, scores, labels, positive, count, error);
    if (!items)
        return status;
    int64_t positives = 0, negatives = 0;
    double won = 0; /* pairs; exact, as it is a multiple of one half */
    for (int64_t at = 0; at < count;) {
        int64_t above = positives, equal = negatives;
        at = next_group(items, count, at, &positives, &negatives);
        equal = negatives - equal;
        won += (double)equal * ((double)above + 0.5 * (double)(positives - above));
    }
    double pairs = (double)positives * (double)negatives;
    *out = pairs > 0 ? won / pairs : NAN;
    free(items);
    return NND_OK;
}

NndStatus nnd_class_auc(double *out, const float *scores, const int32_t *labels, int64_t count,
                        int32_t classes, NndError *error)
{
    float *own = malloc(((size_t)count + 1) * sizeof *own);
    NndStatus status = own ? NND_OK : nnd_fail(error, NND_ENOMEM, "out of memory for %lld scores", (long long)count);
    double sum = 0;
    int told = 0;
    for (int32_t c = 0; c < classes && !status; c++) {
        for (int64_t i = 0; i < count; i++)
            own[i] = scores[i * classes + c];
        double auc = NAN;
        status = nnd_auc(&auc, own, labels, c, count, error);
        sum += isnan(auc) ? 0 : auc;
        told += !isnan(auc);
    }
    *out = told ? sum / told : NAN;
    free(own);
    return status;
}

/* Precision + recall = hits/called + hits/positives, so compare hits (positives + called) / called,
 * and F1 = 2 hits / (called + positives), both without rounding. */
static bool is_better(const NndRates *a, const NndRates *b)
{
    uint64_t hits_a = (uint64_t)a->true_positive, hits_b = (uint64_t)b->true_positive;
    uint64_t called_a = hits_a + (uint64_t)a->false_positive;
    uint64_t called_b = hits_b + (uint64_t)b->false_positive;
    uint64_t positives = hits_a + (uint64_t)a->false_negative;
    Wide sum_a = (Wide)hits_a * (positives + called_a) * called_b;
    Wide sum_b = (Wide)hits_b * (positives + called_b) * called_a;
    if (sum_a != sum_b)
        return sum_a > sum_b;
    return (Wide)hits_a * (positives + called_b) > (Wide)hits_b * (positives + called_a);
}

/* The candidate 0 needs no look: it calls the same items positive as the least score that is not
 * below it, which wins by being larger. */
NndStatus nnd_best_cutoff(NndCutoff *out, const float *scores, const int32_t *labels,
                          int32_t positive, int64_t count, NndError *error)
{
    if (count < 1)
        return nnd_fail(error, NND_EINVAL, "no threshold without items");
    NndStatus status;
    Scored *items = sort_scores(&status, scores, labels, positive, count, error);
    if (!items)
        return status;
    int64_t all[2] = {0}, tp = 0, fp = 0;
    for (int64_t i = 0; i < count; i++)
        all[items[i].positive]++;
    for (int64_t at = 0; at < count;) {
        bool first = at == 0;
        double threshold = (double)items[at].score;
        at = next_group(items, count, at, &tp, &fp);
        NndRates rates = make_rates(tp, fp, all[1] - tp, all[0] - fp);
        if (first || is_better(&rates, &out->rates))
            *out = (NndCutoff){threshold, rates, at == count};
    }
    free(items);
    return NND_OK;
}

/* ---- several labels, numbers ---- */

bool nnd_are_labels(const float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (values[i] != 0 && values[i] != 1)
            return false;
    return true;
}

static void count_labels(NndLabelRates *out, const float *scores, const float *wanted, int64_t count,
                         int64_t width)
{
    int64_t cells[2][2] = {{0}}; /* [is there][is predicted] */
    int64_t right_items = 0;
    for (int64_t i = 0; i < count; i++) {
        bool right = true;
        for (int64_t at = i * width; at < (i + 1) * width; at++) {
            bool there = wanted[at] != 0, predicted = scores[at] >= 0.5f;
            cells[there][predicted]++;
            right &= there == predicted;
        }
        right_items += right;
    }
    out->micro = make_rates(cells[1][1], cells[0][1], cells[1][0], cells[0][0]);
    out->all_right = ratio(right_items, count);
}

NndStatus nnd_label_rates(NndLabelRates *out, const float *scores, const float *wanted, int64_t count,
                          int64_t width, NndError *error)
{
    count_labels(out, scores, wanted, count, width);
    float *own = malloc(((size_t)count + 1) * sizeof *own);
    int32_t *labels = malloc(((size_t)count + 1) * sizeof *labels);
    NndStatus status = own && labels ? NND_OK : nnd_fail(error, NND_ENOMEM, "out of memory for %lld scores", (long long)count);
    double sum = 0;
    int64_t told = 0;
    for (int64_t label = 0; label < width && !status; label++) {
        for (int64_t i = 0; i < count; i++) {
            own[i] = scores[i * width + label];
            labels[i] = wanted[i * width + label] != 0;
        }
        double auc = NAN;
        status = nnd_auc(&auc, own, labels, 1, count, error);
        sum += isnan(auc) ? 0 : auc;
        told += !isnan(auc);
    }
    out->auc = told ? sum / (double)told : NAN;
    free(own);
    free(labels);
    return status;
}

double nnd_rmse(const float *predicted, const float *wanted, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += ((double)predicted[i] - (double)wanted[i]) * ((double)predicted[i] - (double)wanted[i]);
    return count ? sqrt(sum / (double)count) : 0;
}

double nnd_mae(const float *predicted, const float *wanted, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += fabs((double)predicted[i] - (double)wanted[i]);
    return count ? sum / (double)count : 0;
}
