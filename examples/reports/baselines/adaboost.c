/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/baselines/adaboost.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A report with a word, and how often. */
typedef struct Entry {
    int32_t row, value;
} Entry;

/* The matrix by columns, each by rising value; and the weights of the reports. */
typedef struct Booster {
    const int32_t *labels;
    int64_t rows;
    int32_t columns;
    int64_t *starts; /* [columns + 1] */
    Entry *entries;
    double *weights; /* [rows], sum 1 */
    int8_t *answers; /* [rows], of the latest stump */
} Booster;

/* The weights of classes 0 and 1. */
typedef struct Mass {
    double of[2];
} Mass;

static int lowest_first(const void *left, const void *right)
{
    const Entry *a = left, *b = right;
    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

static void booster_free(Booster *b)
{
    free(b->starts);
    free(b->entries);
    free(b->weights);
    free(b->answers);
}

/* Counts, then places, the entries of each column; starts[c] moves to the end of column c - 1 and
 * back. */
static void transpose(Booster *b, const Bag *bag)
{
    int64_t entries = bag->starts[bag->rows];
    for (int64_t k = 0; k < entries; k++)
        b->starts[bag->column[k] + 1]++;
    for (int32_t c = 0; c < b->columns; c++)
        b->starts[c + 1] += b->starts[c];
    for (int64_t i = bag->rows; i-- > 0;)
        for (int64_t k = bag->starts[i]; k < bag->starts[i + 1]; k++)
            b->entries[--b->starts[bag->column[k] + 1]] = (Entry){(int32_t)i, bag->value[k]};
    memmove(b->starts, b->starts + 1, (size_t)b->columns * sizeof *b->starts);
    b->starts[b->columns] = entries;
    for (int32_t c = 0; c < b->columns; c++)
        qsort(b->entries + b->starts[c], (size_t)(b->starts[c + 1] - b->starts[c]),
              sizeof *b->entries, lowest_first);
}

static NndStatus booster_new(Booster *out, const Bag *bag, const int32_t *labels, NndError *error)
{
    size_t rows = (size_t)bag->rows;
    *out = (Booster){.labels = labels, .rows = bag->rows, .columns = bag->columns};
    out->starts = calloc((size_t)bag->columns + 2, sizeof *out->starts);
    out->entries = malloc(((size_t)bag->starts[rows] + 1) * sizeof *out->entries);
    out->weights = malloc((rows + 1) * sizeof *out->weights);
    out->answers = malloc(rows + 1);
    if (!out->starts || !out->entries || !out->weights || !out->answers) {
        booster_free(out);
        return nnd_fail(error, NND_ENOMEM, "out of memory for boosting %zu reports", rows);
    }
    transpose(out, bag);
    for (size_t i = 0; i < rows; i++)
        out->weights[i] = 1.0 / (double)rows;
    return NND_OK;
}

static Mass total_mass(const Booster *b)
{
    Mass mass = {{0, 0}};
    for (int64_t i = 0; i < b->rows; i++)
        mass.of[b->labels[i]] += b->weights[i];
    return mass;
}

/* What is wrong when the mass has the class that weighs more. */
static double wrong_mass(Mass mass)
{
    return mass.of[0] < mass.of[1] ? mass.of[0] : mass.of[1];
}

static int8_t heavier_class(Mass mass)
{
    return mass.of[1] > mass.of[0] + ADABOOST_EQUAL;
}

static void move_mass(const Booster *b, const Entry *entry, Mass *from, Mass *to)
{
    int32_t class = b->labels[entry->row];
    from->of[class] -= b->weights[entry->row];
    to->of[class] += b->weights[entry->row];
}

/* Tries every threshold of a column, from below; what is better than `best` takes its place. */
static void try_column(Stump *best, double *least, const Booster *b, int32_t column, Mass total)
{
    const Entry *entry = b->entries + b->starts[column], *end = b->entries + b->starts[column + 1];
    Mass below = total, atleast = {{0, 0}};
    for (const Entry *e = entry; e < end; e++)
        move_mass(b, e, &below, &atleast);
    while (entry < end) {
        double wrong = wrong_mass(below) + wrong_mass(atleast);
        if (wrong < *least - ADABOOST_EQUAL) {
            *best = (Stump){column, entry->value, heavier_class(below), heavier_class(atleast), 0};
            *least = wrong;
        }
        int32_t value = entry->value;
        for (; entry < end && entry->value == value; entry++)
            move_mass(b, entry, &atleast, &below);
    }
}

static void answer(Booster *b, const Stump *stump)
{
    memset(b->answers, stump->below, (size_t)b->rows);
    for (int64_t k = b->starts[stump->column]; k < b->starts[stump->column + 1]; k++)
        if (b->entries[k].value >= stump->threshold)
            b->answers[b->entries[k].row] = stump->atleast;
}

/* Afterwards half of the weight is on the reports that the stump has wrong. */
static void reweigh(Booster *b, double vote)
{
    double sum = 0, factor = exp(vote);
    for (int64_t i = 0; i < b->rows; i++) {
        if (b->answers[i] != b->labels[i])
            b->weights[i] *= factor;
        sum += b->weights[i];
    }
    for (int64_t i = 0; i < b->rows; i++)
        b->weights[i] /= sum;
}

NndStatus adaboost_train(Stump *stumps, int *count, int rounds, const Bag *bag,
                         const int32_t *labels, NndError *error)
{
    Booster b;
    *count = 0;
    if (bag->rows < 1 || bag->rows > INT32_MAX)
        return nnd_fail(error, NND_EINVAL, "training needs reports");
    NndStatus status = booster_new(&b, bag, labels, error);
    if (status)
        return status;
    while (*count < rounds) {
        Stump best;
        double least = 0.5;
        Mass total = total_mass(&b);
        for (int32_t c = 0; c < b.columns; c++)
            try_column(&best, &least, &b, c, total);
        if (least == 0.5) /* none is better than chance */
            break;
        bool perfect = least < ADABOOST_EQUAL;
        least = perfect ? ADABOOST_EQUAL : least;
        best.vote = log((1 - least) / least);
        stumps[(*count)++] = best;
        if (perfect)
            break;
        answer(&b, &best);
        reweigh(&b, best.vote);
    }
    booster_free(&b);
    return NND_OK;
}

static int32_t value_of(const Bag *bag, int64_t row, int32_t column)
{
    int64_t low = bag->starts[row], high = bag->starts[row + 1];
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (bag->column[middle] == column)
            return bag->value[middle];
        if (bag->column[middle] < column)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

double adaboost_score(const Stump *stumps, int count, const Bag *bag, int64_t row)
{
    double sum = 0, all = 0;
    for (int i = 0; i < count; i++) {
        const Stump *stump = &stumps[i];
        int8_t class =
            value_of(bag, row, stump->column) >= stump->threshold ? stump->atleast : stump->below;
        sum += class ? stump->vote : -stump->vote;
        all += stump->vote;
    }
    return all > 0 ? sum / all : 0;
}
