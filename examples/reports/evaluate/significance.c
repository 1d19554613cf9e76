/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/evaluate/significance.h"

#include <math.h>
#include <stdlib.h>

#include "runtime/random.h"

double mcnemar_p(int64_t only_a, int64_t only_b)
{
    int64_t n = only_a + only_b, least = only_a < only_b ? only_a : only_b;
    double sum = 0;
    for (int64_t k = 0; k <= least; k++)
        sum += exp(lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) -
                   (double)n * M_LN2);
    return fmin(1, 2 * sum);
}

McNemar mcnemar_exact(const int32_t *labels, const int32_t *a, const int32_t *b, int64_t count)
{
    McNemar result = {0};
    for (int64_t i = 0; i < count; i++) {
        result.only_a += a[i] == labels[i] && b[i] != labels[i];
        result.only_b += a[i] != labels[i] && b[i] == labels[i];
    }
    result.p = mcnemar_p(result.only_a, result.only_b);
    return result;
}

/* How many items are of each kind: bit 0 the label, bits 1 and 2 what a and b say. */
typedef struct Kinds {
    int64_t of[8];
} Kinds;

/* `bit` is that of the system. */
static double f1_of(const Kinds *kinds, int bit)
{
    int64_t right = 0, wrong = 0; /* true positives; false ones and misses */
    for (int kind = 0; kind < 8; kind++) {
        int label = kind & 1, called = kind >> bit & 1;
        right += label && called ? kinds->of[kind] : 0;
        wrong += label != called ? kinds->of[kind] : 0;
    }
    return right ? 2 * (double)right / (2 * (double)right + (double)wrong) : 0;
}

static double difference_of(const Kinds *kinds)
{
    return f1_of(kinds, 1) - f1_of(kinds, 2);
}

static double resample(const uint8_t *kinds, int64_t count, uint64_t seed, uint64_t number)
{
    Kinds drawn = {{0}};
    for (int64_t i = 0; i < count; i += 4) {
        NndPhilox words = nnd_random_words(seed, number, 0, (uint64_t)i);
        for (int64_t k = 0; k < 4 && i + k < count; k++)
            drawn.of[kinds[(uint64_t)words.word[k] * (uint64_t)count >> 32]]++;
    }
    return difference_of(&drawn);
}

static int rising(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Between the two nearest of sorted values. */
static double quantile(const double *sorted, int count, double share)
{
    double at = share * (count - 1);
    int below = (int)at;
    if (below + 1 >= count)
        return sorted[count - 1];
    return sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
}

/* `differences` are sorted. */
static void summarise(Bootstrap *out, const double *differences, int count)
{
    int low = 1, high = 1;
    for (int i = 0; i < count; i++) {
        low += differences[i] <= 0;
        high += differences[i] >= 0;
    }
    out->low = quantile(differences, count, 0.025);
    out->high = quantile(differences, count, 0.975);
    out->p = fmin(1, 2 * (double)(low < high ? low : high) / (count + 1));
}

NndStatus bootstrap_f1(Bootstrap *out, const int32_t *labels, const int32_t *a, const int32_t *b,
                       int64_t count, int resamples, uint64_t seed, NndError *error)
{
    if (count < 1 || count > UINT32_MAX || resamples < 1)
        return nnd_fail(error, NND_EINVAL, "the bootstrap needs items and resamples");
    uint8_t *kinds = malloc((size_t)count);
    double *differences = malloc((size_t)resamples * sizeof *differences);
    NndStatus status = NND_OK;
    Kinds all = {{0}};
    if (!kinds || !differences)
        status = nnd_fail(error, NND_ENOMEM, "out of memory for %d resamples", resamples);
    for (int64_t i = 0; !status && i < count; i++) {
        kinds[i] = (uint8_t)((labels[i] == 1) | (a[i] == 1) << 1 | (b[i] == 1) << 2);
        all.of[kinds[i]]++;
    }
    for (int i = 0; !status && i < resamples; i++)
        differences[i] = resample(kinds, count, seed, (uint64_t)i);
    if (!status) {
        qsort(differences, (size_t)resamples, sizeof *differences, rising);
        out->difference = difference_of(&all);
        summarise(out, differences, resamples);
    }
    free(kinds);
    free(differences);
    return status;
}

typedef struct Ranked {
    double p;
    int place;
} Ranked;

static int lowest_p_first(const void *left, const void *right)
{
    const Ranked *a = left, *b = right;
    return (a->p > b->p) - (a->p < b->p);
}

NndStatus holm(double *out, const double *p, int count, NndError *error)
{
    Ranked *ranked = malloc(((size_t)count + 1) * sizeof *ranked);
    if (!ranked)
        return nnd_fail(error, NND_ENOMEM, "out of memory for %d tests", count);
    int tests = 0;
    for (int i = 0; i < count; i++) {
        out[i] = p[i];
        if (!isnan(p[i]))
            ranked[tests++] = (Ranked){p[i], i};
    }
    if (tests)
        qsort(ranked, (size_t)tests, sizeof *ranked, lowest_p_first);
    double least = 0; /* no adjusted value is below that of a smaller p */
    for (int i = 0; i < tests; i++) {
        least = fmax(least, fmin(1, (tests - i) * ranked[i].p));
        out[ranked[i].place] = least;
    }
    free(ranked);
    return NND_OK;
}
