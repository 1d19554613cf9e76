/* SPDX-License-Identifier: Apache-2.0
 *
 * Bags of words, AdaBoost against a reference that tries everything, and the
 * model files. That the SVM decides as LIBLINEAR's own program does is a
 * script of its own.
 */
#include "tests/check.h"

#include <stdlib.h>
#include <unistd.h>

#include "examples/reports/baselines/fit.h"
#include "runtime/random.h"

static NndError error;

static NndText text_of(const char *text)
{
    return (NndText){text, strlen(text)};
}

/* ---- bags ---- */

static void words_of_two_reports_are_columns_by_number_of_reports(void)
{
    const NndText texts[] = {text_of("clot in a lung"), text_of("A lung, a lung!"),
                             text_of("a clot once"), text_of("lung in")};
    Vocabulary vocabulary;
    CHECK_EQ_INT(vocabulary_build(&vocabulary, texts, 4, &error), NND_OK);
    static const char *const expected[] = {"a", "lung", "clot",
                                           "in"}; /* 3 3 2 2 reports; "once" and "," have one */
    CHECK_EQ_INT(vocabulary.words.count, 4);
    for (int i = 0; i < 4; i++)
        CHECK_STR_EQ(vocabulary.words.items[i].data, expected[i]);
    Bag bag;
    CHECK_EQ_INT(bag_build(&bag, &vocabulary, texts, 4, false, &error), NND_OK);
    CHECK_EQ_INT(bag.starts[1], 4);
    CHECK_EQ_INT(bag.starts[2] - bag.starts[1], 2);
    CHECK_EQ_INT(bag.column[bag.starts[1]], 0);
    CHECK_EQ_INT(bag.value[bag.starts[1]], 2);
    bag_free(&bag);
    CHECK_EQ_INT(bag_build(&bag, &vocabulary, texts, 4, true, &error), NND_OK);
    CHECK_EQ_INT(bag.value[bag.starts[1]], 1);
    bag_free(&bag);
    vocabulary_free(&vocabulary);
}

/* ---- AdaBoost ---- */

enum { ROWS = 24, COLUMNS = 6, ROUNDS = 12 };

typedef struct Dense {
    int32_t value[ROWS][COLUMNS], labels[ROWS];
} Dense;

static Dense random_set(uint64_t seed, int most)
{
    Dense set;
    for (uint64_t i = 0; i < ROWS; i++) {
        set.labels[i] = i < 2 ? (int32_t)i : (int32_t)(nnd_random_word(seed, 0, 0, i) & 1);
        for (uint64_t c = 0; c < COLUMNS; c++) {
            int32_t value =
                (int32_t)(nnd_random_word(seed, 1, (uint32_t)c, i) % (uint32_t)(most + 2)) - 1;
            set.value[i][c] = value > 0 ? value : 0; /* two in most + 2 are zeros */
        }
    }
    return set;
}

static Bag bag_of(const Dense *set)
{
    Bag bag = {.rows = ROWS, .columns = COLUMNS};
    bag.starts = calloc(ROWS + 1, sizeof *bag.starts);
    bag.column = calloc(ROWS * COLUMNS, sizeof *bag.column);
    bag.value = calloc(ROWS * COLUMNS, sizeof *bag.value);
    int64_t at = 0;
    for (int i = 0; i < ROWS; i++) {
        for (int c = 0; c < COLUMNS; c++) {
            if (!set->value[i][c])
                continue;
            bag.column[at] = c;
            bag.value[at++] = set->value[i][c];
        }
        bag.starts[i + 1] = at;
    }
    return bag;
}

static int answer_of(const Stump *stump, const int32_t *values)
{
    return values[stump->column] >= stump->threshold ? stump->atleast : stump->below;
}

static double weighted_error(const Stump *stump, const Dense *set, const double *weights)
{
    double wrong = 0;
    for (int i = 0; i < ROWS; i++)
        wrong += answer_of(stump, set->value[i]) != set->labels[i] ? weights[i] : 0;
    return wrong;
}

/* The least error over every column, every threshold that a report reaches and all four pairs of
 * answers. */
static double least_error(const Dense *set, const double *weights, int *first_column,
                          int *first_threshold)
{
    double least = 1;
    for (int c = 0; c < COLUMNS; c++) {
        for (int threshold = 1; threshold < 10; threshold++) {
            for (int answers = 0; answers < 4; answers++) {
                Stump stump = {c, threshold, (int8_t)(answers & 1), (int8_t)(answers >> 1), 0};
                bool reached = false;
                for (int i = 0; i < ROWS; i++)
                    reached |= set->value[i][c] == threshold;
                double wrong = weighted_error(&stump, set, weights);
                if (!reached || wrong >= least - ADABOOST_EQUAL)
                    continue;
                least = wrong;
                *first_column = c;
                *first_threshold = threshold;
            }
        }
    }
    return least;
}

/* Follows the rounds of the sparse training with dense weights, and finds that each stump is the
 * best there was. */
static void check_boosting(uint64_t seed, int most)
{
    Dense set = random_set(seed, most);
    Bag bag = bag_of(&set);
    Stump stumps[ROUNDS];
    double weights[ROWS], sum_of_votes = 0, score[ROWS] = {0};
    int count, column = -1, threshold = -1;
    CHECK_EQ_INT(adaboost_train(stumps, &count, ROUNDS, &bag, set.labels, &error), NND_OK);
    for (int i = 0; i < ROWS; i++)
        weights[i] = 1.0 / ROWS;
    for (int round = 0; round < count; round++) {
        double least = least_error(&set, weights, &column, &threshold), sum = 0;
        const Stump *stump = &stumps[round];
        CHECK_EQ_INT(stump->column, column);
        CHECK_EQ_INT(stump->threshold, threshold);
        CHECK_NEAR(weighted_error(stump, &set, weights), least, 1e-9);
        CHECK(least < 0.5);
        CHECK_NEAR(stump->vote,
                   log((1 - fmax(least, ADABOOST_EQUAL)) / fmax(least, ADABOOST_EQUAL)), 1e-6);
        for (int i = 0; i < ROWS; i++) {
            bool wrong = answer_of(stump, set.value[i]) != set.labels[i];
            weights[i] *= wrong ? exp(stump->vote) : 1;
            sum += weights[i];
            score[i] += answer_of(stump, set.value[i]) ? stump->vote : -stump->vote;
        }
        for (int i = 0; i < ROWS; i++)
            weights[i] /= sum;
        sum_of_votes += stump->vote;
    }
    CHECK(count == ROUNDS || least_error(&set, weights, &column, &threshold) > 0.5 - 1e-9 ||
          stumps[count - 1].vote > 20);
    for (int i = 0; i < ROWS; i++)
        CHECK_NEAR(adaboost_score(stumps, count, &bag, i),
                   sum_of_votes > 0 ? score[i] / sum_of_votes : 0, 1e-12);
    bag_free(&bag);
}

static void boosting_takes_the_best_stump_of_all_in_every_round(void)
{
    for (uint64_t seed = 1; seed <= 200; seed++)
        check_boosting(seed, seed % 2 ? 1 : 4);
}

static void a_perfect_stump_ends_training(void)
{
    Dense set = random_set(5, 3);
    for (int i = 0; i < ROWS; i++)
        set.value[i][3] = set.labels[i] ? 1 + i % 3 : 0;
    Bag bag = bag_of(&set);
    Stump stumps[ROUNDS];
    int count;
    CHECK_EQ_INT(adaboost_train(stumps, &count, ROUNDS, &bag, set.labels, &error), NND_OK);
    CHECK_EQ_INT(count, 1);
    CHECK_EQ_INT(stumps[0].column, 3);
    CHECK_EQ_INT(stumps[0].threshold, 1);
    CHECK_NEAR(adaboost_score(stumps, count, &bag, 0), set.labels[0] ? 1 : -1, 0);
    bag_free(&bag);
}

/* ---- SVM ---- */

static void an_svm_is_at_the_optimum_of_its_objective(void)
{
    Dense set = random_set(3, 2);
    Bag bag = bag_of(&set);
    double weights[COLUMNS + 1], best = 0;
    const double cost = 0.5;
    CHECK_EQ_INT(svm_train(weights, &bag, set.labels, cost, &error), NND_OK);
    /* |w|^2 / 2 + C sum of hinge losses: no small step in any direction makes it smaller by more
     * than the tolerance */
    for (int step = -1; step < 2 * (COLUMNS + 1); step++) {
        double moved[COLUMNS + 1], objective = 0;
        memcpy(moved, weights, sizeof moved);
        if (step >= 0)
            moved[step / 2] += step % 2 ? 0.01 : -0.01;
        for (int c = 0; c <= COLUMNS; c++)
            objective += moved[c] * moved[c] / 2;
        for (int i = 0; i < ROWS; i++)
            objective += cost * fmax(0, 1 - (set.labels[i] ? 1 : -1) * svm_score(moved, &bag, i));
        best = step < 0 ? objective : best;
        CHECK(objective > best - 1e-3);
    }
    bag_free(&bag);
}

/* ---- model files ---- */

static NndStatus parse(Baseline *baseline, const char *text)
{
    return baseline_parse(baseline, text_of(text), "m", &error);
}

#define SVM "reports-baseline\t1\nsvm\tbinary\t0.1\n#bias\t-0.25\n"
#define ADA "reports-baseline\t1\nadaboost\tcount\t50\n"

static void models_are_read_as_they_were_written(void)
{
    char path[] = "/tmp/nnd-baseline-XXXXXX";
    Baseline svm, read;
    int descriptor = mkstemp(path);
    CHECK(descriptor >= 0);
    close(descriptor);
    CHECK_EQ_INT(
        parse(&svm, SVM "clot\t0.10000000000000001\nend\t-3.0000000000000002e-300\n#end\t2\n"),
        NND_OK);
    CHECK_EQ_INT(baseline_save(&svm, path, &error), NND_OK);
    CHECK_EQ_INT(baseline_load(&read, path, &error), NND_OK);
    CHECK_EQ_INT(read.kind, BASELINE_SVM);
    CHECK(read.binary && read.setting == 0.1);
    CHECK_EQ_INT(read.vocabulary.words.count, 2);
    CHECK(!memcmp(read.weights, svm.weights, 3 * sizeof *read.weights));
    baseline_free(&svm);
    baseline_free(&read);
    CHECK_EQ_INT(
        parse(&svm, ADA "clot\t2\t0\t1\t0.3\nlung\t1\t1\t0\t0.2\nclot\t1\t0\t0\t0.1\n#end\t3\n"),
        NND_OK);
    CHECK_EQ_INT(baseline_save(&svm, path, &error), NND_OK);
    CHECK_EQ_INT(baseline_load(&read, path, &error), NND_OK);
    CHECK_EQ_INT(read.stump_count, 3);
    CHECK_EQ_INT(read.vocabulary.words.count, 2);
    CHECK_EQ_INT(read.stumps[2].column, 0);
    CHECK(!read.binary && read.stumps[1].vote == 0.2 && read.stumps[1].below == 1);
    baseline_free(&svm);
    baseline_free(&read);
    remove(path);
}

static void check_wrong(const char *text, const char *message)
{
    Baseline baseline;
    CHECK_EQ_INT(parse(&baseline, text), NND_EFORMAT);
    CHECK_STR_EQ(error.text, message);
}

static void wrong_models_are_told_with_their_line(void)
{
    check_wrong("", "m:1: the file ends too early");
    check_wrong("something\n", "m:1: this is no model of a baseline");
    check_wrong("reports-baseline\t1\nforest\tbinary\t1\n",
                "m:2: needed are svm or adaboost, binary or count, and a number");
    check_wrong(SVM "clot\t1\n", "m:5: the file ends too early");
    check_wrong(SVM "clot\t1\n#end\t2\n",
                "m:5: the number of lines is not the one that was written");
    check_wrong(SVM "clot\tinf\n#end\t1\n", "m:4: needed are a word and its weight");
    check_wrong(SVM "clot\t1\nclot\t2\n#end\t2\n", "m:5: the word is there twice");
    check_wrong(SVM "\t1\n#end\t1\n", "m:4: a word is empty");
    check_wrong(SVM "clot\t1\n#end\t1\nmore", "m:5: something follows the end");
    check_wrong(ADA "clot\t0\t0\t1\t0.3\n#end\t1\n",
                "m:3: needed are a word, a threshold, two classes and a vote above 0");
    check_wrong(ADA "clot\t1\t0\t2\t0.3\n#end\t1\n",
                "m:3: needed are a word, a threshold, two classes and a vote above 0");
    check_wrong(ADA "clot\t1\t0\t1\t-1\n#end\t1\n",
                "m:3: needed are a word, a threshold, two classes and a vote above 0");
}

/* ---- choosing ---- */

static NndTexts set_of(const char *text)
{
    NndTexts set;
    NndFile file = {.data = strdup(text), .size = strlen(text)};
    CHECK_EQ_INT(nnd_texts_parse(&set, &file, "set", true, &error), NND_OK);
    return set;
}

static void the_setting_of_highest_auc_is_kept_and_the_model_is_its_own(void)
{
    NndTexts train = set_of("1\tclot here\n1\tclot there clot\n0\tno here\n0\tno "
                          "there\n1\tclot\n0\tno clot seen\n0\tnone seen\n");
    NndTexts valid = set_of("1\tclot\n0\tno\n1\tclot there\n0\tseen\n");
    for (int kind = 0; kind < 2; kind++) {
        Baseline baseline;
        FitChoices choices;
        Bag bag;
        CHECK_EQ_INT(
            baseline_fit(&baseline, &choices, (BaselineKind)kind, true, &train, &valid, &error),
            NND_OK);
        CHECK_EQ_INT(choices.count, kind == BASELINE_SVM ? 4 : 3);
        for (int i = 0; i < choices.count; i++)
            CHECK(choices.items[i].auc <= choices.items[choices.best].auc);
        for (int i = 0; i < choices.best; i++)
            CHECK(choices.items[i].auc < choices.items[choices.best].auc);
        CHECK(baseline.setting == choices.items[choices.best].setting);
        CHECK_EQ_INT(bag_build(&bag, &baseline.vocabulary, valid.texts, valid.count, true, &error),
                     NND_OK);
        CHECK(baseline_score(&baseline, &bag, 0) > 0 && baseline_score(&baseline, &bag, 1) < 0);
        bag_free(&bag);
        baseline_free(&baseline);
    }
    nnd_texts_free(&train);
    nnd_texts_free(&valid);
}

static void one_class_is_not_enough(void)
{
    NndTexts train = set_of("1\tclot\n1\tclot\n"), valid = set_of("1\tclot\n0\tno\n");
    Baseline baseline;
    FitChoices choices;
    CHECK_EQ_INT(baseline_fit(&baseline, &choices, BASELINE_SVM, true, &train, &valid, &error),
                 NND_EINVAL);
    CHECK_STR_EQ(error.text, "training needs reports of both classes");
    CHECK_EQ_INT(baseline_fit(&baseline, &choices, BASELINE_SVM, true, &valid, &train, &error),
                 NND_EINVAL);
    CHECK_STR_EQ(error.text, "validation needs reports of both classes");
    nnd_texts_free(&train);
    nnd_texts_free(&valid);
}

int main(void)
{
    words_of_two_reports_are_columns_by_number_of_reports();
    boosting_takes_the_best_stump_of_all_in_every_round();
    a_perfect_stump_ends_training();
    an_svm_is_at_the_optimum_of_its_objective();
    models_are_read_as_they_were_written();
    wrong_models_are_told_with_their_line();
    the_setting_of_highest_auc_is_kept_and_the_model_is_its_own();
    one_class_is_not_enough();
    return test_report();
}
