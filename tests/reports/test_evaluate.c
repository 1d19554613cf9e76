/* SPDX-License-Identifier: Apache-2.0
 *
 * Significance tests against published examples and counts by hand; curves and
 * tables of small runs, worked out in the comments.
 */
#include "tests/check.h"

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "examples/reports/evaluate/compare.h"
#include "examples/reports/evaluate/curves.h"
#include "examples/reports/evaluate/table.h"

static NndError error;

/* ---- McNemar ---- */

static void mcnemar_of_counts_is_the_binomial(void)
{
    /* Agresti, Categorical Data Analysis (1990), p. 350: approval ratings, 86 and 150 changed their
     * minds. 2 sum_{k <= 86} C(236, k) / 2^236, by exact fractions: 3.715936139571442e-05 (R's
     * exact2x2: 3.716e-05). */
    CHECK_NEAR(mcnemar_p(86, 150), 3.715936139571442e-05, 1e-15);
    CHECK_NEAR(mcnemar_p(150, 86), 3.715936139571442e-05, 1e-15);
    /* 2 (1 + 10) / 2^10 */
    CHECK_NEAR(mcnemar_p(1, 9), 22.0 / 1024, 1e-15);
    /* 2 (1 + 20 + 190 + 1140 + 4845 + 15504) / 2^20 */
    CHECK_NEAR(mcnemar_p(5, 15), 2 * 21700.0 / 1048576, 1e-14);
    CHECK_NEAR(mcnemar_p(3, 3), 1, 0); /* twice more than one half */
    CHECK_NEAR(mcnemar_p(0, 0), 1, 0);
}

static void mcnemar_counts_what_one_system_alone_has_right(void)
{
    const int32_t labels[] = {1, 1, 1, 0, 0, 0}, a[] = {1, 1, 0, 0, 0, 1}, b[] = {1, 0, 0, 1, 1, 0};
    McNemar result = mcnemar_exact(labels, a, b, 6); /* a: items 1, 3, 4; b: item 5 */
    CHECK_EQ_INT(result.only_a, 3);
    CHECK_EQ_INT(result.only_b, 1);
    CHECK_NEAR(result.p, 2 * (1 + 4) / 16.0, 1e-15);
}

/* ---- Holm ---- */

static void holm_steps_down_and_never_falls(void)
{
    /* sorted .005 .01 .03 .04, times 4 3 2 1: .02 .03 .06 .04 -> .06 */
    const double p[] = {0.01, 0.04, NAN, 0.03, 0.005};
    double adjusted[5];
    CHECK_EQ_INT(holm(adjusted, p, 5, &error), NND_OK);
    CHECK_NEAR(adjusted[0], 0.03, 1e-15);
    CHECK_NEAR(adjusted[1], 0.06, 1e-15);
    CHECK(isnan(adjusted[2]));
    CHECK_NEAR(adjusted[3], 0.06, 1e-15);
    CHECK_NEAR(adjusted[4], 0.02, 1e-15);
    double large[] = {0.7, 0.6}; /* 1.2 is 1 */
    CHECK_EQ_INT(holm(large, large, 2, &error), NND_OK);
    CHECK_NEAR(large[0], 1, 0);
    CHECK_NEAR(large[1], 1, 0);
}

/* ---- DeLong ---- */

/* DeLong, DeLong and Clarke-Pearson (1988): patients with ovarian cancer whose three tests are all
 * known (43 of 49), as in the example "Comparing Receiver Operating Characteristic Curves" of
 * SAS/STAT's manual. */
enum { PATIENTS = 43 };

typedef struct Patient {
    float albumin, protein, kg;
    int benefit;
} Patient;

static const Patient patients[PATIENTS] = {
    {3.0f, 5.8f, 10, 0}, {3.2f, 6.3f, 5, 1}, {3.9f, 6.8f, 3, 1}, {2.8f, 4.8f, 6, 0},
    {3.2f, 5.8f, 3, 1},  {0.9f, 4.0f, 5, 0}, {2.5f, 5.7f, 8, 0}, {1.6f, 5.6f, 5, 1},
    {3.8f, 5.7f, 5, 1},  {3.7f, 6.7f, 6, 1}, {3.2f, 5.4f, 4, 1}, {3.8f, 6.6f, 6, 1},
    {4.1f, 6.6f, 5, 1},  {3.6f, 5.7f, 5, 1}, {4.3f, 7.0f, 4, 1}, {3.6f, 6.7f, 4, 0},
    {2.3f, 4.4f, 6, 1},  {4.2f, 7.6f, 4, 0}, {4.0f, 6.6f, 6, 0}, {3.5f, 5.8f, 6, 1},
    {3.8f, 6.8f, 7, 1},  {3.0f, 4.7f, 8, 0}, {4.5f, 7.4f, 5, 1}, {3.7f, 7.4f, 5, 1},
    {3.1f, 6.6f, 6, 1},  {4.1f, 8.2f, 6, 1}, {4.3f, 7.0f, 5, 1}, {4.3f, 6.5f, 4, 1},
    {3.2f, 5.1f, 5, 1},  {2.6f, 4.7f, 6, 1}, {3.3f, 6.8f, 6, 0}, {1.7f, 4.0f, 7, 0},
    {3.7f, 6.1f, 5, 1},  {3.3f, 6.3f, 7, 1}, {4.2f, 7.7f, 6, 1}, {3.5f, 6.2f, 5, 1},
    {2.9f, 5.7f, 9, 0},  {2.1f, 4.8f, 7, 1}, {2.8f, 6.2f, 8, 0}, {4.0f, 7.0f, 7, 1},
    {3.3f, 5.7f, 6, 1},  {3.7f, 6.9f, 5, 1}, {3.6f, 6.6f, 5, 1},
};

static void delong_gives_the_published_areas_and_tests(void)
{
    float albumin[PATIENTS], protein[PATIENTS], kg[PATIENTS];
    int32_t labels[PATIENTS];
    for (int i = 0; i < PATIENTS; i++) {
        albumin[i] = patients[i].albumin;
        protein[i] = patients[i].protein;
        kg[i] = -patients[i].kg; /* a low score is good */
        labels[i] = patients[i].benefit;
    }
    DeLong test;
    CHECK_EQ_INT(delong(&test, albumin, kg, labels, PATIENTS, &error), NND_OK);
    CHECK_NEAR(test.auc_a, 0.7366, 5e-5);
    CHECK_NEAR(test.auc_b, 0.7258, 5e-5);
    CHECK_NEAR(test.auc_a - test.auc_b, 0.0108, 5e-5);
    CHECK_NEAR(sqrt(test.variance), 0.0953, 5e-5);
    CHECK_NEAR(test.z * test.z, 0.0127, 5e-5);
    CHECK_NEAR(test.p, 0.9102, 5e-5);
    CHECK_EQ_INT(delong(&test, protein, kg, labels, PATIENTS, &error), NND_OK);
    CHECK_NEAR(test.auc_a, 0.6478, 5e-5);
    CHECK_NEAR(test.auc_a - test.auc_b, -0.0780, 5e-5);
    CHECK_NEAR(sqrt(test.variance), 0.1046, 5e-5);
    CHECK_NEAR(test.z * test.z, 0.5554, 5e-5);
    CHECK_NEAR(test.p, 0.4561, 5e-5);
}

static void delong_by_hand_with_ties(void)
{
    /* Positives a: 3 2, b: 1 3; negatives a: 1 2, b: 2 0.
     * Placements of the positives: a 1, 3/4; b 1/2, 1. Of the negatives: a 1, 3/4; b 1/2, 1.
     * Areas 7/8 and 3/4. Differences: positives 1/2, -1/4; negatives 1/2, -1/4: variance 9/32 each.
     * Variance of the difference 9/32/2 + 9/32/2 = 9/32; z = 1/8 / (3 / sqrt 32). */
    const float a[] = {3, 2, 1, 2}, b[] = {1, 3, 2, 0};
    const int32_t labels[] = {1, 1, 0, 0};
    DeLong test;
    CHECK_EQ_INT(delong(&test, a, b, labels, 4, &error), NND_OK);
    CHECK_NEAR(test.auc_a, 7.0 / 8, 1e-15);
    CHECK_NEAR(test.auc_b, 3.0 / 4, 1e-15);
    CHECK_NEAR(test.variance, 9.0 / 32, 1e-15);
    CHECK_NEAR(test.z, sqrt(32) / 24, 1e-14);
}

static void delong_without_variance_or_items(void)
{
    const float good[] = {4, 3, 2, 1}, flat[] = {1, 1, 1, 1};
    const int32_t labels[] = {1, 1, 0, 0}, one[] = {1, 0, 0, 0};
    DeLong test;
    CHECK_EQ_INT(delong(&test, good, good, labels, 4, &error), NND_OK);
    CHECK(test.z == 0 && test.p == 1);
    CHECK_EQ_INT(delong(&test, good, flat, labels, 4, &error), NND_OK); /* 1 and 1/2 for certain */
    CHECK(isinf(test.z) && test.p == 0);
    CHECK_EQ_INT(delong(&test, good, flat, one, 4, &error), NND_OK);
    CHECK(isnan(test.p));
}

/* ---- bootstrap ---- */

enum { ITEMS = 300 };

/* a is right on all but every 10th item, b on all but every `step`th. */
static Bootstrap bootstrap_of(int step, uint64_t seed)
{
    static int32_t labels[ITEMS], a[ITEMS], b[ITEMS];
    Bootstrap result;
    for (int i = 0; i < ITEMS; i++) {
        labels[i] = i % 2;
        a[i] = i % 10 == 1 ? !labels[i] : labels[i];
        b[i] = i % step == 2 ? !labels[i] : labels[i];
    }
    CHECK_EQ_INT(bootstrap_f1(&result, labels, a, b, ITEMS, 2000, seed, &error), NND_OK);
    return result;
}

static void the_bootstrap_sees_a_large_difference_and_not_a_small_one(void)
{
    Bootstrap large = bootstrap_of(3, 1), small = bootstrap_of(10, 1);
    CHECK(large.low > 0 && large.low < large.difference && large.difference < large.high);
    CHECK(large.p < 0.001);
    CHECK(small.low < 0 && small.high > 0);
    CHECK(small.p > 0.2);
}

static void the_bootstrap_is_the_same_with_the_same_seed(void)
{
    Bootstrap one = bootstrap_of(9, 1), again = bootstrap_of(9, 1), other = bootstrap_of(9, 2);
    CHECK(one.low == again.low && one.high == again.high && one.p == again.p);
    CHECK(one.low != other.low || one.high != other.high);
    CHECK_NEAR(one.low, other.low, 0.02);
    CHECK_NEAR(one.high, other.high, 0.02);
}

static void equal_systems_differ_by_nothing(void)
{
    const int32_t labels[] = {1, 0, 1, 0}, a[] = {1, 0, 0, 0};
    Bootstrap result;
    CHECK_EQ_INT(bootstrap_f1(&result, labels, a, a, 4, 100, 1, &error), NND_OK);
    CHECK(result.difference == 0 && result.low == 0 && result.high == 0 && result.p == 1);
}

static void the_bootstrap_interval_is_that_of_the_exact_distribution(void)
{
    /* One item of label 1 that only a has right, one of label 0 that both have right. A resample
     * has k of the first, k binomial (2, 1/2); F1 of a is 1 unless k = 0, when both are 0. So the
     * difference is 1 with 3/4, 0 with 1/4: p = 2 * 1/4 (and the one that is added). */
    const int32_t labels[] = {1, 0}, a[] = {1, 0}, b[] = {0, 0};
    Bootstrap result;
    CHECK_EQ_INT(bootstrap_f1(&result, labels, a, b, 2, 10000, 1, &error), NND_OK);
    CHECK(result.difference == 1 && result.low == 0 && result.high == 1);
    CHECK_NEAR(result.p, 0.5, 0.03); /* 3.4 standard deviations */
}

/* ---- curves ---- */

static void a_precision_recall_curve_by_hand(void)
{
    /* .9: 1 of 1; .7: 2 of 4 (a tie of three); .2: 3 of 5. 3 positives, 2 negatives. */
    const float scores[] = {0.7f, 0.9f, 0.7f, 0.2f, 0.7f};
    const int32_t labels[] = {0, 1, 1, 1, 0};
    CurvePoint points[5];
    int64_t count;
    double average;
    CHECK_EQ_INT(precision_recall_curve(points, &count, &average, scores, labels, 5, &error),
                 NND_OK);
    CHECK_EQ_INT(count, 3);
    CHECK_NEAR(points[0].precision, 1, 0);
    CHECK_NEAR(points[0].recall, 1.0 / 3, 1e-15);
    CHECK_NEAR(points[0].false_positive_rate, 0, 0);
    CHECK_NEAR(points[1].threshold, 0.7f, 0);
    CHECK_NEAR(points[1].precision, 0.5, 1e-15);
    CHECK_NEAR(points[1].recall, 2.0 / 3, 1e-15);
    CHECK_NEAR(points[1].false_positive_rate, 1, 0);
    CHECK_NEAR(points[2].precision, 0.6, 1e-15);
    CHECK_NEAR(points[2].recall, 1, 0);
    CHECK_NEAR(average, (1 + 0.5 + 0.6) / 3, 1e-15);
    CHECK_EQ_INT(precision_recall_curve(points, &count, &average, scores, labels + 1, 3, &error),
                 NND_EINVAL);
}

static void a_calibration_curve_by_hand(void)
{
    /* Two bins: .25 (0) and .25 (1): mean .25, half positive; .75 (1), .5 (1) and 1 (0): mean .75,
     * two thirds. */
    const float scores[] = {0.25f, 0.25f, 0.75f, 0.5f, 1};
    const int32_t labels[] = {0, 1, 1, 1, 0};
    CalibrationBin bins[2];
    Calibration calibration;
    CHECK_EQ_INT(calibration_curve(bins, 2, &calibration, scores, labels, 5, &error), NND_OK);
    CHECK_EQ_INT(bins[0].count, 2);
    CHECK_NEAR(bins[0].mean_score, 0.25, 1e-15);
    CHECK_NEAR(bins[0].positives, 0.5, 1e-15);
    CHECK_EQ_INT(bins[1].count, 3);
    CHECK_NEAR(bins[1].mean_score, 0.75, 1e-15);
    CHECK_NEAR(bins[1].positives, 2.0 / 3, 1e-15);
    CHECK_NEAR(calibration.brier, (0.0625 + 0.5625 + 0.0625 + 0.25 + 1) / 5, 1e-15);
    CHECK_NEAR(calibration.expected_error, 0.4 * 0.25 + 0.6 * (0.75 - 2.0 / 3), 1e-15);
    const float wrong[] = {1.5f};
    CHECK_EQ_INT(calibration_curve(bins, 2, &calibration, wrong, labels, 1, &error), NND_EINVAL);
}

/* ---- runs ---- */

static void write_file(const char *path, const char *text)
{
    CHECK_EQ_INT(nnd_file_write(path, text, strlen(text), &error), NND_OK);
}

static NndStatus parse(Runs *runs, const char *text)
{
    NndFile file = {.data = strdup(text), .size = strlen(text)};
    return runs_parse(runs, &file, "runs.tsv", &error);
}

static char folder[] = "/tmp/nnd-evaluate-XXXXXX";

/* Runs of small files in `folder`, which is the working folder. */
static Runs small_runs(void)
{
    Runs runs;
    write_file("valid.tsv", "1\ta\n0\tb\n1\tc\n0\td\n");
    write_file("test.tsv", "1\ta\n1\tb\n0\tc\n0\td\n");
    write_file("valid.1", "1\t.9\n0\t.2\n1\t.6\n0\t.5\n"); /* best: .6, all right */
    write_file("test.1", "1\t.9\n1\t.55\n0\t.5\n0\t.1\n");
    write_file("valid.2", "1\t.1\n1\t.9\n1\t.1\n1\t.8\n"); /* best: .1, all positive */
    write_file("test.2", "1\t.9\n0\t.2\n1\t.6\n0\t.1\n");
    write_file("test.rules", "1\tPos\n0\tNeg\n0\tNeg\n0\tNeg\n");
    NndStatus status = parse(&runs, "# task and so on\n"
                                    "pe\ts\tnet\t1\tvalid.tsv\tvalid.1\ttest.tsv\ttest.1\n"
                                    "pe\ts\trules\t-\t-\t-\ttest.tsv\ttest.rules\n"
                                    "pe\ts\tnet\t2\tvalid.tsv\tvalid.2\ttest.tsv\ttest.2\n");
    CHECK_EQ_INT(status, NND_OK);
    return runs;
}

static const Row *find_row(const Table *table, const char *system, const char *seed, Cut cut)
{
    for (int i = 0; i < table->count; i++)
        if (!strcmp(table->rows[i].run->system, system) && !strcmp(table->rows[i].seed, seed) &&
            table->rows[i].cut == cut)
            return &table->rows[i];
    printf("there is no row %s %s %s\n", system, seed, cut_names[cut]);
    exit(1);
}

static void a_table_has_runs_cuts_and_summaries(void)
{
    Runs runs = small_runs();
    Table table;
    CHECK_EQ_INT(table_build(&table, &runs, &error), NND_OK);
    CHECK_EQ_INT(table.count, 3 + 1 + 3 + 9);
    /* seed 1: as said all right; at .6 one of two positives is found */
    CHECK_NEAR(find_row(&table, "net", "1", CUT_NATURAL)->measures[MEASURE_F1], 1, 0);
    const Row *row = find_row(&table, "net", "1", CUT_VALID);
    CHECK_NEAR(row->measures[MEASURE_THRESHOLD], 0.6f, 0);
    CHECK_NEAR(row->measures[MEASURE_PRECISION], 1, 0);
    CHECK_NEAR(row->measures[MEASURE_RECALL], 0.5, 0);
    CHECK_NEAR(row->measures[MEASURE_AUC], 1, 0);
    CHECK(!row->all_positive);
    /* class 0: precision 2/3, recall 1, F1 4/5; class 1: F1 2/3 */
    CHECK_NEAR(row->measures[MEASURE_MACRO_PRECISION], 5.0 / 6, 1e-15);
    CHECK_NEAR(row->measures[MEASURE_MACRO_F1], (0.8 + 2.0 / 3) / 2, 1e-15);
    CHECK_NEAR(row->measures[MEASURE_WEIGHTED_F1], (0.8 + 2.0 / 3) / 2, 1e-15);
    CHECK_NEAR(find_row(&table, "net", "1", CUT_ORACLE)->measures[MEASURE_THRESHOLD], 0.55f, 0);
    /* seed 2: all called positive; scores .9 .2 against .6 .1: three of four pairs */
    row = find_row(&table, "net", "2", CUT_VALID);
    CHECK(row->all_positive);
    CHECK_NEAR(row->measures[MEASURE_PRECISION], 0.5, 0);
    CHECK_NEAR(row->measures[MEASURE_AUC], 0.75, 0);
    CHECK_NEAR(find_row(&table, "net", "mean", CUT_VALID)->measures[MEASURE_AUC], 0.875, 0);
    CHECK_NEAR(find_row(&table, "net", "min", CUT_VALID)->measures[MEASURE_PRECISION], 0.5, 0);
    CHECK_NEAR(find_row(&table, "net", "max", CUT_VALID)->measures[MEASURE_PRECISION], 1, 0);
    row = find_row(&table, "rules", "-", CUT_NATURAL);
    CHECK_NEAR(row->measures[MEASURE_RECALL], 0.5, 0);
    CHECK(isnan(row->measures[MEASURE_AUC]) && isnan(row->measures[MEASURE_THRESHOLD]));
    table_free(&table);
    runs_free(&runs);
}

static void comparisons_pair_runs_of_a_seed_and_rules_with_all(void)
{
    Runs runs = small_runs();
    Comparisons found;
    CHECK_EQ_INT(compare_runs(&found, &runs, &(CompareOptions){"rules", 200, 1}, &error), NND_OK);
    CHECK_EQ_INT(found.count, 2);
    /* seed 1 at .6 decides as the rules do; seed 2 calls all positive: it has item 2 right, and
     * items 3 and 4 wrong */
    CHECK_EQ_INT(found.items[0].mcnemar.only_a + found.items[0].mcnemar.only_b, 0);
    CHECK_EQ_INT(found.items[1].mcnemar.only_a, 2);
    CHECK_EQ_INT(found.items[1].mcnemar.only_b, 1);
    CHECK_NEAR(found.items[1].f1_b, 2.0 / 3, 1e-15);
    CHECK(isnan(found.items[1].delong.p) && isnan(found.items[1].holm[TEST_DELONG]));
    comparisons_free(&found);
    CHECK_EQ_INT(compare_runs(&found, &runs, &(CompareOptions){"nobody", 200, 1}, &error),
                 NND_EINVAL);
    runs_free(&runs);
}

/* A finished stream of JSON, read back. */
static json_t *read_json(FILE *stream, char **text, const size_t *size)
{
    fclose(stream);
    json_t *json = json_loadb(*text, *size, 0, NULL);
    free(*text);
    CHECK(json != NULL);
    return json;
}

static double number_of(const json_t *rows, size_t row, const char *name)
{
    return json_number_value(json_object_get(json_array_get(rows, row), name));
}

static void json_has_the_same_numbers(void)
{
    Runs runs = small_runs();
    Table table;
    Comparisons comparisons;
    char *text;
    size_t size;
    CHECK_EQ_INT(table_build(&table, &runs, &error), NND_OK);
    FILE *stream = open_memstream(&text, &size);
    CHECK_EQ_INT(table_print_json(stream, &table, &error), NND_OK);
    json_t *json = read_json(stream, &text, &size);
    CHECK_EQ_INT(json_array_size(json), table.count);
    for (int i = 0; i < table.count; i++)
        CHECK_NEAR(number_of(json, (size_t)i, "recall"), table.rows[i].measures[MEASURE_RECALL], 0);
    CHECK(json_is_null(json_object_get(json_array_get(json, 0), "threshold")));
    json_decref(json);
    table_free(&table);
    CompareOptions options = {"net", 50, 1};
    CHECK_EQ_INT(compare_runs(&comparisons, &runs, &options, &error), NND_OK);
    stream = open_memstream(&text, &size);
    CHECK_EQ_INT(comparisons_print_json(stream, &comparisons, &error), NND_OK);
    json = read_json(stream, &text, &size);
    CHECK_EQ_INT(json_array_size(json), 2);
    CHECK_NEAR(number_of(json, 1, "mcnemar_p"), comparisons.items[1].mcnemar.p, 0);
    json_decref(json);
    comparisons_free(&comparisons);
    runs_free(&runs);
}

static void curves_as_json(void)
{
    const float scores[] = {0.25f, 0.75f};
    const int32_t labels[] = {0, 1};
    Curves curves;
    char *text;
    size_t size;
    CHECK_EQ_INT(curves_build(&curves, scores, labels, 2, 4, &error), NND_OK);
    FILE *stream = open_memstream(&text, &size);
    CHECK_EQ_INT(curves_print_json(stream, &curves, &error), NND_OK);
    json_t *json = read_json(stream, &text, &size);
    CHECK_EQ_INT(json_array_size(json_object_get(json, "points")), 2);
    const json_t *calibration = json_object_get(json, "calibration");
    CHECK_NEAR(json_number_value(json_object_get(calibration, "brier")), 0.0625, 1e-15);
    CHECK_EQ_INT(json_array_size(json_object_get(calibration, "bins")), 4);
    json_decref(json);
    curves_free(&curves);
}

static void check_runs(const char *text, const char *message)
{
    Runs runs;
    CHECK_EQ_INT(parse(&runs, text), NND_EFORMAT);
    CHECK_STR_EQ(error.text, message);
}

static void wrong_runs_are_told_with_their_line(void)
{
    check_runs("# nothing\n", "runs.tsv: there is no run in it");
    check_runs("a\tb\n", "runs.tsv:1: needed are 8 fields parted by TABs");
    check_runs("a\tb\tc\td\te\tf\tg\th\ti\n", "runs.tsv:1: needed are 8 fields parted by TABs");
    check_runs("\na\tb\tc\td\t\tf\tg\th\n", "runs.tsv:2: needed are 8 fields parted by TABs");
    check_runs("a\tb\tc\td\t-\tf\tg\th\n",
               "runs.tsv:1: validation labels and predictions come together, or both are -");
}

static void check_predictions(const char *text, int64_t count, const char *message)
{
    Predictions predictions;
    NndText view = {text, strlen(text)};
    CHECK_EQ_INT(predictions_parse(&predictions, view, "p", count, &error), NND_EFORMAT);
    CHECK_STR_EQ(error.text, message);
}

static void wrong_predictions_are_told_with_their_line(void)
{
    check_predictions("1\t.5\n0\tx\n", 2, "p:2: the last field is not a finite number");
    check_predictions("1\t.5\n0\tnan\n", 2, "p:2: the last field is not a finite number");
    check_predictions("1\t.5\n0\t1e99\n", 2, "p:2: the last field is not a finite number");
    check_predictions("1\t.5\n2\t.5\n", 2, "p:2: the class is not 0 or 1");
    check_predictions("1\t.5\n", 2, "p: 1 predictions for 2 items");
    check_predictions("1\n0\n0\n", 2, "p:3: more predictions than the 2 items");
}

int main(void)
{
    mcnemar_of_counts_is_the_binomial();
    mcnemar_counts_what_one_system_alone_has_right();
    holm_steps_down_and_never_falls();
    delong_gives_the_published_areas_and_tests();
    delong_by_hand_with_ties();
    delong_without_variance_or_items();
    the_bootstrap_sees_a_large_difference_and_not_a_small_one();
    the_bootstrap_is_the_same_with_the_same_seed();
    equal_systems_differ_by_nothing();
    the_bootstrap_interval_is_that_of_the_exact_distribution();
    a_precision_recall_curve_by_hand();
    a_calibration_curve_by_hand();
    if (!mkdtemp(folder) || chdir(folder))
        return 1;
    a_table_has_runs_cuts_and_summaries();
    comparisons_pair_runs_of_a_seed_and_rules_with_all();
    json_has_the_same_numbers();
    curves_as_json();
    wrong_runs_are_told_with_their_line();
    wrong_predictions_are_told_with_their_line();
    static const char *const files[] = {"valid.tsv", "test.tsv", "valid.1",   "test.1",
                                        "valid.2",   "test.2",   "test.rules"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        remove(files[i]);
    rmdir(folder);
    return test_report();
}
