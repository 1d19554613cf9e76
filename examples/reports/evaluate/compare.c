/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/evaluate/compare.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double f1_of(const int32_t *decisions, const Labels *labels)
{
    int64_t confusion[4];
    nnd_confusion(confusion, 2, decisions, labels->items, labels->count);
    return nnd_class_rates(confusion, 2, 1).f1;
}

/* decisions: room for those of both. */
static NndStatus compare_outcomes(Comparison *out, const Outcome *a, const Outcome *b,
                                  int32_t *decisions, const CompareOptions *options,
                                  NndError *error)
{
    const Labels *labels = &a->labels;
    int32_t *of_a = decisions, *of_b = decisions + labels->count;
    outcome_decide(of_a, a);
    outcome_decide(of_b, b);
    out->f1_a = f1_of(of_a, labels);
    out->f1_b = f1_of(of_b, labels);
    out->mcnemar = mcnemar_exact(labels->items, of_a, of_b, labels->count);
    out->delong = (DeLong){NAN, NAN, NAN, NAN, NAN};
    NndStatus status = bootstrap_f1(&out->bootstrap, labels->items, of_a, of_b, labels->count,
                                    options->resamples, options->seed, error);
    if (!status && a->test.scores && b->test.scores)
        status = delong(&out->delong, a->test.scores, b->test.scores, labels->items, labels->count,
                        error);
    out->p[TEST_MCNEMAR] = out->mcnemar.p;
    out->p[TEST_BOOTSTRAP] = out->bootstrap.p;
    out->p[TEST_DELONG] = out->delong.p;
    return status;
}

static NndStatus compare_pair(Comparison *out, const Run *a, const Run *b,
                              const CompareOptions *options, NndError *error)
{
    Outcome outcome_a, outcome_b = {0};
    int32_t *decisions = NULL;
    *out = (Comparison){.a = a, .b = b};
    NndStatus status = outcome_load(&outcome_a, a, error);
    if (!status)
        status = outcome_load(&outcome_b, b, error);
    if (!status && !(decisions = malloc(2 * (size_t)outcome_a.labels.count * sizeof *decisions)))
        status = nnd_fail(error, NND_ENOMEM, "out of memory for decisions");
    if (!status)
        status = compare_outcomes(out, &outcome_a, &outcome_b, decisions, options, error);
    free(decisions);
    outcome_free(&outcome_a);
    outcome_free(&outcome_b);
    return status;
}

static bool has_seed(const Run *run)
{
    return strcmp(run->seed, "-");
}

static bool are_opponents(const Run *a, const Run *b)
{
    return strcmp(a->system, b->system) && !strcmp(a->task, b->task) && !strcmp(a->site, b->site) &&
           !strcmp(a->test_labels, b->test_labels) &&
           (!strcmp(a->seed, b->seed) || !has_seed(a) || !has_seed(b));
}

/* The next comparison; NULL if there is no room. */
static Comparison *add_comparison(Comparisons *comparisons)
{
    if (comparisons->count == comparisons->room) {
        int room = comparisons->room ? comparisons->room * 2 : 16;
        Comparison *grown = realloc(comparisons->items, (size_t)room * sizeof *grown);
        if (!grown)
            return NULL;
        comparisons->items = grown;
        comparisons->room = room;
    }
    return &comparisons->items[comparisons->count++];
}

static NndStatus compare_with_all(Comparisons *out, const Runs *runs, const Run *run,
                                  const CompareOptions *options, NndError *error)
{
    for (int i = 0; i < runs->count; i++) {
        if (!are_opponents(run, &runs->items[i]))
            continue;
        Comparison *comparison = add_comparison(out);
        if (!comparison)
            return nnd_fail(error, NND_ENOMEM, "out of memory for comparisons");
        NndStatus status = compare_pair(comparison, run, &runs->items[i], options, error);
        if (status)
            return status;
    }
    return NND_OK;
}

static NndStatus adjust(Comparisons *comparisons, NndError *error)
{
    double *p = malloc(((size_t)comparisons->count + 1) * sizeof *p);
    NndStatus status = p ? NND_OK : nnd_fail(error, NND_ENOMEM, "out of memory for tests");
    for (int test = 0; test < TEST_COUNT && !status; test++) {
        for (int i = 0; i < comparisons->count; i++)
            p[i] = comparisons->items[i].p[test];
        status = holm(p, p, comparisons->count, error);
        for (int i = 0; i < comparisons->count && !status; i++)
            comparisons->items[i].holm[test] = p[i];
    }
    free(p);
    return status;
}

NndStatus compare_runs(Comparisons *out, const Runs *runs, const CompareOptions *options,
                       NndError *error)
{
    *out = (Comparisons){0};
    NndStatus status = NND_OK;
    for (int i = 0; i < runs->count && !status; i++)
        if (!strcmp(runs->items[i].system, options->system))
            status = compare_with_all(out, runs, &runs->items[i], options, error);
    if (!status && !out->count)
        status = nnd_fail(
            error, NND_EINVAL,
            "`%s` has no opponent: no run of it, or none of another system for the same task,"
            " site, seed and test reports",
            options->system);
    if (!status)
        status = adjust(out, error);
    if (status)
        comparisons_free(out);
    return status;
}

void comparisons_free(Comparisons *comparisons)
{
    free(comparisons->items);
    *comparisons = (Comparisons){0};
}

/* The columns of numbers, one description for both formats. */
enum { NUMBERS = 18 };

static const char *const number_names[NUMBERS] = {
    "only_a_right",   "only_b_right",  "mcnemar_p",   "mcnemar_holm",   "f1_a",
    "f1_b",           "f1_difference", "f1_low",      "f1_high",        "bootstrap_p",
    "bootstrap_holm", "auc_a",         "auc_b",       "auc_difference", "auc_deviation",
    "delong_z",       "delong_p",      "delong_holm",
};

static void numbers_of(double numbers[NUMBERS], const Comparison *c)
{
    const double all[NUMBERS] = {(double)c->mcnemar.only_a,
                                 (double)c->mcnemar.only_b,
                                 c->p[TEST_MCNEMAR],
                                 c->holm[TEST_MCNEMAR],
                                 c->f1_a,
                                 c->f1_b,
                                 c->bootstrap.difference,
                                 c->bootstrap.low,
                                 c->bootstrap.high,
                                 c->p[TEST_BOOTSTRAP],
                                 c->holm[TEST_BOOTSTRAP],
                                 c->delong.auc_a,
                                 c->delong.auc_b,
                                 c->delong.auc_a - c->delong.auc_b,
                                 sqrt(c->delong.variance),
                                 c->delong.z,
                                 c->p[TEST_DELONG],
                                 c->holm[TEST_DELONG]};
    memcpy(numbers, all, sizeof all);
}

/* The seed of a pair is that of the system that has one. */
static const char *seed_of(const Comparison *c)
{
    return has_seed(c->a) ? c->a->seed : c->b->seed;
}

void comparisons_print(FILE *file, const Comparisons *comparisons)
{
    fputs("task\tsite\tseed\ta\tb", file);
    for (int i = 0; i < NUMBERS; i++)
        fprintf(file, "\t%s", number_names[i]);
    fputc('\n', file);
    for (int i = 0; i < comparisons->count; i++) {
        const Comparison *c = &comparisons->items[i];
        double numbers[NUMBERS];
        numbers_of(numbers, c);
        fprintf(file, "%s\t%s\t%s\t%s\t%s", c->a->task, c->a->site, seed_of(c), c->a->system,
                c->b->system);
        for (int k = 0; k < NUMBERS; k++) {
            if (isnan(numbers[k]))
                fputs("\tNA", file);
            else
                fprintf(file, "\t%.6g", numbers[k]);
        }
        fputc('\n', file);
    }
}

static json_t *comparison_json(const Comparison *c)
{
    double numbers[NUMBERS];
    numbers_of(numbers, c);
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s}", "task", c->a->task, "site", c->a->site,
                               "seed", seed_of(c), "a", c->a->system, "b", c->b->system);
    for (int k = 0; k < NUMBERS; k++)
        json_object_set_new(object, number_names[k],
                            isfinite(numbers[k]) ? json_real(numbers[k]) : json_null());
    return object;
}

NndStatus comparisons_print_json(FILE *file, const Comparisons *comparisons, NndError *error)
{
    json_t *array = json_array();
    for (int i = 0; i < comparisons->count; i++)
        json_array_append_new(array, comparison_json(&comparisons->items[i]));
    NndStatus status = NND_OK;
    if (!array || json_dumpf(array, file, JSON_INDENT(1)))
        status = nnd_fail(error, NND_ENOMEM, "out of memory for JSON");
    json_decref(array);
    fputc('\n', file);
    return status;
}
