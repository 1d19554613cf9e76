/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/evaluate/table.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const cut_names[CUT_COUNT] = {"natural", "valid", "oracle"};

const char *const measure_names[MEASURE_COUNT] = {
    [MEASURE_THRESHOLD] = "threshold",
    [MEASURE_AUC] = "auc",
    [MEASURE_ACCURACY] = "accuracy",
    [MEASURE_PRECISION] = "precision",
    [MEASURE_RECALL] = "recall",
    [MEASURE_F1] = "f1",
    [MEASURE_MACRO_PRECISION] = "macro_precision",
    [MEASURE_MACRO_RECALL] = "macro_recall",
    [MEASURE_MACRO_F1] = "macro_f1",
    [MEASURE_WEIGHTED_PRECISION] = "weighted_precision",
    [MEASURE_WEIGHTED_RECALL] = "weighted_recall",
    [MEASURE_WEIGHTED_F1] = "weighted_f1",
};

enum { SUMMARIES = 3, ROWS_PER_RUN = CUT_COUNT * (1 + SUMMARIES) };

static const char *const summaries[SUMMARIES] = {"mean", "min", "max"};

static void put_average(double *measures, NndAverage average)
{
    measures[0] = average.precision;
    measures[1] = average.recall;
    measures[2] = average.f1;
}

static void measure_decisions(double *measures, const int32_t *decisions, const Labels *labels)
{
    int64_t confusion[4];
    nnd_confusion(confusion, 2, decisions, labels->items, labels->count);
    NndRates rates = nnd_class_rates(confusion, 2, 1);
    measures[MEASURE_ACCURACY] = nnd_accuracy(decisions, labels->items, labels->count);
    put_average(measures + MEASURE_PRECISION,
                (NndAverage){rates.precision, rates.recall, rates.f1});
    put_average(measures + MEASURE_MACRO_PRECISION, nnd_macro_average(confusion, 2));
    put_average(measures + MEASURE_WEIGHTED_PRECISION, nnd_weighted_average(confusion, 2));
}

/* The next row; a measure that nobody sets is NaN. */
static Row *add_row(Table *table, const Run *run, const char *seed, Cut cut)
{
    Row *row = &table->rows[table->count++];
    *row = (Row){.run = run, .seed = seed, .cut = cut};
    for (int i = 0; i < MEASURE_COUNT; i++)
        row->measures[i] = NAN;
    return row;
}

/* `decisions` is room for them. */
static void add_cutoff(Table *table, const Run *run, Cut cut, const NndCutoff *cutoff,
                       const Outcome *outcome, double auc, int32_t *decisions)
{
    Row *row = add_row(table, run, run->seed, cut);
    for (int64_t i = 0; i < outcome->labels.count; i++)
        decisions[i] = (double)outcome->test.scores[i] >= cutoff->threshold;
    measure_decisions(row->measures, decisions, &outcome->labels);
    row->measures[MEASURE_THRESHOLD] = cutoff->threshold;
    row->measures[MEASURE_AUC] = auc;
    row->all_positive = cutoff->all_positive;
}

static NndStatus add_outcome(Table *table, const Run *run, const Outcome *outcome,
                             int32_t *decisions, NndError *error)
{
    double auc = NAN;
    NndCutoff oracle;
    const float *scores = outcome->test.scores;
    const Labels *labels = &outcome->labels;
    NndStatus status =
        scores ? nnd_auc(&auc, scores, labels->items, 1, labels->count, error) : NND_OK;
    if (!status && scores)
        status = nnd_best_cutoff(&oracle, scores, labels->items, 1, labels->count, error);
    if (status)
        return status;
    Row *natural = add_row(table, run, run->seed, CUT_NATURAL);
    measure_decisions(natural->measures, outcome->test.classes, labels);
    natural->measures[MEASURE_AUC] = auc;
    if (outcome->has_cutoff)
        add_cutoff(table, run, CUT_VALID, &outcome->cutoff, outcome, auc, decisions);
    if (scores)
        add_cutoff(table, run, CUT_ORACLE, &oracle, outcome, auc, decisions);
    return NND_OK;
}

static NndStatus add_run(Table *table, const Run *run, NndError *error)
{
    Outcome outcome;
    NndStatus status = outcome_load(&outcome, run, error);
    if (status)
        return status;
    int32_t *decisions = malloc((size_t)outcome.labels.count * sizeof *decisions);
    if (decisions)
        status = add_outcome(table, run, &outcome, decisions, error);
    else
        status = nnd_fail(error, NND_ENOMEM, "out of memory for decisions");
    free(decisions);
    outcome_free(&outcome);
    return status;
}

/* Not a summary. */
static bool is_of_run(const Row *row)
{
    return row->seed == row->run->seed;
}

static bool same_system(const Run *a, const Run *b)
{
    return !strcmp(a->task, b->task) && !strcmp(a->site, b->site) && !strcmp(a->system, b->system);
}

/* How a measure of the system's runs is summed up: mean, least or largest; NaN if one has none. */
static double summarise(const Table *table, int count, const Run *run, Cut cut, Measure measure,
                        int summary)
{
    double sum = 0, least = INFINITY, largest = -INFINITY;
    int runs = 0;
    for (int i = 0; i < count; i++) {
        const Row *row = &table->rows[i];
        if (row->cut != cut || !is_of_run(row) || !same_system(row->run, run))
            continue;
        double value = row->measures[measure];
        sum += value; /* NaN stays */
        least = fmin(least, value);
        largest = fmax(largest, value);
        runs++;
    }
    if (isnan(sum))
        return NAN;
    return summary == 0 ? sum / runs : summary == 1 ? least : largest;
}

static bool has_rows(const Table *table, int count, const Run *run, Cut cut)
{
    for (int i = 0; i < count; i++)
        if (table->rows[i].cut == cut && same_system(table->rows[i].run, run))
            return true;
    return false;
}

static void add_summaries(Table *table, const Run *run)
{
    int count = table->count;
    for (int cut = 0; cut < CUT_COUNT; cut++) {
        for (int summary = 0; summary < SUMMARIES && has_rows(table, count, run, (Cut)cut);
             summary++) {
            Row *row = add_row(table, run, summaries[summary], (Cut)cut);
            for (int measure = 0; measure < MEASURE_COUNT; measure++)
                row->measures[measure] =
                    summarise(table, count, run, (Cut)cut, (Measure)measure, summary);
        }
    }
}

/* Is this the last run of a system that has several? */
static bool ends_system(const Runs *runs, int i)
{
    bool several = false;
    for (int j = 0; j < runs->count; j++) {
        if (j == i || !same_system(&runs->items[j], &runs->items[i]))
            continue;
        if (j > i)
            return false;
        several = true;
    }
    return several;
}

NndStatus table_build(Table *out, const Runs *runs, NndError *error)
{
    *out = (Table){.rows = malloc((size_t)runs->count * ROWS_PER_RUN * sizeof *out->rows)};
    if (!out->rows)
        return nnd_fail(error, NND_ENOMEM, "out of memory for the table");
    NndStatus status = NND_OK;
    for (int i = 0; i < runs->count && !status; i++) {
        status = add_run(out, &runs->items[i], error);
        if (!status && ends_system(runs, i))
            add_summaries(out, &runs->items[i]);
    }
    if (status)
        table_free(out);
    return status;
}

void table_free(Table *table)
{
    free(table->rows);
    *table = (Table){0};
}

void table_print(FILE *file, const Table *table)
{
    fputs("task\tsite\tsystem\tseed\tcut", file);
    for (int i = 0; i < MEASURE_COUNT; i++)
        fprintf(file, "\t%s", measure_names[i]);
    fputs("\tnote\n", file);
    for (int i = 0; i < table->count; i++) {
        const Row *row = &table->rows[i];
        fprintf(file, "%s\t%s\t%s\t%s\t%s", row->run->task, row->run->site, row->run->system,
                row->seed, cut_names[row->cut]);
        for (int k = 0; k < MEASURE_COUNT; k++) {
            if (isnan(row->measures[k]))
                fputs("\tNA", file);
            else
                fprintf(file, "\t%.9g", row->measures[k]); /* a threshold is a float, exactly */
        }
        fprintf(file, "\t%s\n", row->all_positive ? "all positive" : "-");
    }
}

static json_t *row_json(const Row *row)
{
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "task", row->run->task, "site",
                               row->run->site, "system", row->run->system, "seed", row->seed, "cut",
                               cut_names[row->cut], "all_positive", (int)row->all_positive);
    for (int k = 0; k < MEASURE_COUNT; k++)
        json_object_set_new(object, measure_names[k],
                            isnan(row->measures[k]) ? json_null() : json_real(row->measures[k]));
    return object;
}

NndStatus table_print_json(FILE *file, const Table *table, NndError *error)
{
    json_t *rows = json_array();
    for (int i = 0; i < table->count; i++)
        json_array_append_new(rows, row_json(&table->rows[i]));
    NndStatus status = NND_OK;
    if (!rows || json_dumpf(rows, file, JSON_INDENT(1)))
        status = nnd_fail(error, NND_ENOMEM, "out of memory for JSON");
    json_decref(rows);
    fputc('\n', file);
    return status;
}
