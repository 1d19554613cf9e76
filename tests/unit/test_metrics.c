/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/random.h"
#include "runtime/train/metrics.h"
#include "tests/check.h"

enum { N = 200 };

static NndError error;

static void three_classes_counted_by_hand(void)
{
    const int32_t labels[] = {0, 0, 0, 1, 1, 2, 2, 2, 2, 0};
    const int32_t predicted[] = {0, 1, 0, 1, 1, 2, 0, 2, 1, 0};
    int64_t confusion[16];
    CHECK_NEAR(nnd_accuracy(predicted, labels, 10), 0.7, 1e-15);
    nnd_confusion(confusion, 3, predicted, labels, 10);
    const int64_t expected[] = {3, 1, 0, 0, 2, 0, 1, 1, 2};
    CHECK(memcmp(confusion, expected, sizeof expected) == 0);
    NndRates rates = nnd_class_rates(confusion, 3, 2);
    CHECK_EQ_INT(rates.true_positive, 2);
    CHECK_EQ_INT(rates.false_positive, 0);
    CHECK_EQ_INT(rates.false_negative, 2);
    CHECK_EQ_INT(rates.true_negative, 6);
    /* precision 3/4, 1/2, 1; recall 3/4, 1, 1/2; F1 3/4, 2/3, 2/3; items 4, 2, 4 */
    NndAverage macro = nnd_macro_average(confusion, 3);
    CHECK_NEAR(macro.precision, 0.75, 1e-12);
    CHECK_NEAR(macro.recall, 0.75, 1e-12);
    CHECK_NEAR(macro.f1, (0.75 + 4.0 / 3) / 3, 1e-12);
    NndAverage weighted = nnd_weighted_average(confusion, 3);
    CHECK_NEAR(weighted.precision, 0.8, 1e-12);
    CHECK_NEAR(weighted.recall, 0.7, 1e-12);
    CHECK_NEAR(weighted.f1, (4 * 0.75 + 6 * 2.0 / 3) / 10, 1e-12);
    /* a class that does not occur does not count */
    nnd_confusion(confusion, 4, predicted, labels, 10);
    CHECK_NEAR(nnd_macro_average(confusion, 4).recall, 0.75, 1e-12);
}

static void nothing_called_positive_is_precision_zero(void)
{
    const float scores[] = {0.1f, 0.2f};
    const int32_t labels[] = {1, 0};
    NndRates rates = nnd_rates_at(scores, labels, 1, 2, 0.5);
    CHECK_EQ_INT(rates.false_negative, 1);
    CHECK_EQ_INT(rates.true_negative, 1);
    CHECK(rates.precision == 0 && rates.recall == 0 && rates.f1 == 0);
    rates = nnd_rates_at(scores, labels, 1, 2, (double)scores[0]); /* at least the threshold */
    CHECK_EQ_INT(rates.true_positive, 1);
    CHECK_NEAR(rates.f1, 2.0 / 3, 1e-15);
}

static double auc_of(const float *scores, const int32_t *labels, int64_t count)
{
    double auc = -1;
    CHECK_EQ_INT(nnd_auc(&auc, scores, labels, 1, count, &error), NND_OK);
    return auc;
}

static void auc_counts_ties_one_half(void)
{
    const int32_t labels[] = {1, 0, 1, 0};
    CHECK_NEAR(auc_of((float[]){0.9f, 0.1f, 0.8f, 0.2f}, labels, 4), 1, 0);
    CHECK_NEAR(auc_of((float[]){0.1f, 0.9f, 0.2f, 0.8f}, labels, 4), 0, 0);
    CHECK_NEAR(auc_of((float[]){0.5f, 0.5f, 0.5f, 0.5f}, labels, 4), 0.5, 0);
    CHECK_NEAR(auc_of((float[]){0.5f, 0.5f, 0.8f, 0.2f}, labels, 4), 0.875, 0);
    CHECK_NEAR(auc_of((float[]){0.4f, 0.4f, 0.4f, 0.9f}, labels, 4), 0.25, 0);
    CHECK(isnan(auc_of((float[]){0.4f, 0.4f}, (int32_t[]){1, 1}, 2)));
    CHECK(isnan(auc_of(NULL, NULL, 0)));
}

static void auc_is_the_share_of_pairs(void)
{
    float scores[N];
    int32_t labels[N];
    double won = 0, pairs = 0, auc;
    for (uint64_t i = 0; i < N; i++) {
        scores[i] = (float)(nnd_random_word(1, 0, 0, i) % 20) / 20;
        labels[i] = nnd_random_word(1, 1, 0, i) % 3 == 0;
    }
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            if (!labels[i] || labels[j])
                continue;
            pairs++;
            won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
        }
    }
    CHECK_EQ_INT(nnd_auc(&auc, scores, labels, 1, N, &error), NND_OK);
    CHECK_NEAR(auc, won / pairs, 1e-12);
}

static NndCutoff cutoff_of(const float *scores, const int32_t *labels, int64_t count)
{
    NndCutoff cutoff = {0};
    CHECK_EQ_INT(nnd_best_cutoff(&cutoff, scores, labels, 1, count, &error), NND_OK);
    return cutoff;
}

static void the_cutoff_maximises_precision_plus_recall(void)
{
    /* t: .9 P 1 R 1/3; .8 P 1/2 R 1/3; .7 P 2/3 R 2/3; .6 P 3/4 R 1 <- 1.75; .1 P 3/5 R 1 */
    const float scores[] = {0.9f, 0.8f, 0.7f, 0.6f, 0.1f};
    const int32_t labels[] = {1, 0, 1, 1, 0};
    NndCutoff cutoff = cutoff_of(scores, labels, 5);
    CHECK_NEAR(cutoff.threshold, 0.6f, 0);
    CHECK_NEAR(cutoff.rates.precision, 0.75, 0);
    CHECK_NEAR(cutoff.rates.recall, 1, 0);
    CHECK(!cutoff.all_positive);
}

static void equal_sums_go_to_the_larger_f1(void)
{
    /* t = .9: P 1, R 1/2, F1 2/3; t = .5: P 1/2 (2 of 4), R 1, F1 2/3: the larger threshold */
    NndCutoff cutoff = cutoff_of((float[]){0.9f, 0.5f, 0.5f, 0.5f}, (int32_t[]){1, 1, 0, 0}, 4);
    CHECK_NEAR(cutoff.threshold, 0.9f, 0);
    /* 6 positives. t = .9: 2 of 2, P 1 + R 1/3 = 4/3, F1 1/2. t = .8: 4 of 6, P 2/3 + R 2/3 = 4/3,
     * F1 2/3: the larger F1. The last two positives come far down (P 6/20 + R 1 = 1.3). */
    float scores[20] = {0.9f, 0.9f, 0.8f, 0.8f, 0.8f, 0.8f};
    const int32_t labels[20] = {1, 1, 1, 1, 0, 0, 1, 1};
    cutoff = cutoff_of(scores, labels, 20);
    CHECK_NEAR(cutoff.threshold, 0.8f, 0);
}

static void calling_all_positive_is_told(void)
{
    NndCutoff cutoff = cutoff_of((float[]){0.9f, 0.2f, 0.2f}, (int32_t[]){0, 1, 1}, 3);
    CHECK(cutoff.all_positive);
    CHECK_NEAR(cutoff.threshold, 0.2f, 0);
    CHECK_NEAR(cutoff.rates.precision, 2.0 / 3, 1e-15);
    /* no positives: all sums are 0 */
    cutoff = cutoff_of((float[]){0.3f, 0.6f}, (int32_t[]){0, 0}, 2);
    CHECK_NEAR(cutoff.threshold, 0.6f, 0);
}

static void the_cutoff_is_no_worse_than_any_other(void)
{
    float scores[N];
    int32_t labels[N];
    for (uint64_t i = 0; i < N; i++) {
        scores[i] = (float)(nnd_random_word(2, 0, 0, i) % 50) / 50;
        labels[i] = nnd_random_uniform(2, 1, 0, i) < scores[i];
    }
    NndCutoff best = cutoff_of(scores, labels, N);
    double best_sum = best.rates.precision + best.rates.recall;
    for (int i = 0; i < N; i++) {
        NndRates rates = nnd_rates_at(scores, labels, 1, N, (double)scores[i]);
        CHECK(rates.precision + rates.recall <= best_sum + 1e-12);
    }
}

static void a_score_that_is_no_number_is_an_error(void)
{
    NndCutoff cutoff;
    double auc;
    const float scores[] = {0.5f, NAN};
    const int32_t labels[] = {0, 1};
    CHECK_EQ_INT(nnd_auc(&auc, scores, labels, 1, 2, &error), NND_EINVAL);
    CHECK_STR_EQ(error.text, "the score of item 1 is not a number");
    CHECK_EQ_INT(nnd_best_cutoff(&cutoff, scores, labels, 1, 2, &error), NND_EINVAL);
    CHECK_EQ_INT(nnd_best_cutoff(&cutoff, scores, labels, 1, 0, &error), NND_EINVAL);
}

static void several_labels_are_rated_together(void)
{
    const float wanted[] = {1, 0, 0, 1, 1, 0}, scores[] = {0.9f, 0.2f, 0.1f, 0.6f, 0.4f, 0.7f};
    NndLabelRates rates;
    CHECK(nnd_are_labels(wanted, 6) && !nnd_are_labels(scores, 6));
    CHECK_EQ_INT(nnd_label_rates(&rates, scores, wanted, 2, 3, &error), NND_OK);
    CHECK_EQ_INT(rates.micro.true_positive, 2);
    CHECK_EQ_INT(rates.micro.false_positive, 1);
    CHECK_EQ_INT(rates.micro.false_negative, 1);
    CHECK_NEAR(rates.micro.f1, 4.0 / 6, 1e-12);
    CHECK_NEAR(rates.all_right, 0.5, 1e-12);
    CHECK_NEAR(rates.auc, 1, 1e-12); /* only the second label has both */
}

static void errors_of_numbers(void)
{
    const float predicted[] = {1, 2, 3}, wanted[] = {1, 4, 2};
    CHECK_NEAR(nnd_rmse(predicted, wanted, 3), sqrt(5.0 / 3), 1e-12);
    CHECK_NEAR(nnd_mae(predicted, wanted, 3), 1, 1e-12);
}

static void the_auc_of_classes_is_that_of_each_against_the_rest(void)
{
    const float scores[] = {0.6f, 0.3f, 0.1f, 0.5f, 0.4f, 0.1f, 0.2f, 0.7f, 0.1f, 0.55f, 0.35f, 0.1f};
    const int32_t labels[] = {0, 1, 1, 0};
    double auc, zero, one;
    CHECK_EQ_INT(nnd_class_auc(&auc, scores, labels, 4, 3, &error), NND_OK);
    const float of_zero[] = {0.6f, 0.5f, 0.2f, 0.55f}, of_one[] = {0.3f, 0.4f, 0.7f, 0.35f};
    CHECK_EQ_INT(nnd_auc(&zero, of_zero, labels, 0, 4, &error), NND_OK);
    CHECK_EQ_INT(nnd_auc(&one, of_one, labels, 1, 4, &error), NND_OK);
    CHECK_NEAR(auc, (zero + one) / 2, 1e-12); /* no item is of class 2 */
}

int main(void)
{
    three_classes_counted_by_hand();
    nothing_called_positive_is_precision_zero();
    auc_counts_ties_one_half();
    auc_is_the_share_of_pairs();
    the_cutoff_maximises_precision_plus_recall();
    equal_sums_go_to_the_larger_f1();
    calling_all_positive_is_told();
    the_cutoff_is_no_worse_than_any_other();
    a_score_that_is_no_number_is_an_error();
    several_labels_are_rated_together();
    errors_of_numbers();
    the_auc_of_classes_is_that_of_each_against_the_rest();
    return test_report();
}
