/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/baselines/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/train/metrics.h"

static const double costs[] = {0.01, 0.1, 1, 10};
static const double rounds[] = {50, 100, 200};
enum {
    COSTS = sizeof costs / sizeof *costs,
    ROUNDS = sizeof rounds / sizeof *rounds,
    MOST_ROUNDS = 200
};

typedef struct Fit {
    Baseline *out;
    Bag train, valid;
    const int32_t *train_labels, *valid_labels;
    float *scores;   /* [valid.rows] */
    double *weights; /* the SVM that is tried */
    FitChoices *choices;
    NndError *error;
} Fit;

static NndStatus out_of_memory(NndError *error)
{
    return nnd_fail(error, NND_ENOMEM, "out of memory for training");
}

/* The AUC of what is in f->out, on validation reports, becomes the next choice; *better if it is
 * the best so far. */
static NndStatus add_choice(Fit *f, double setting, bool *better)
{
    FitChoices *choices = f->choices;
    FitChoice *choice = &choices->items[choices->count];
    *choice = (FitChoice){.setting = setting};
    for (int64_t i = 0; i < f->valid.rows; i++)
        f->scores[i] = (float)baseline_score(f->out, &f->valid, i);
    NndStatus status =
        nnd_auc(&choice->auc, f->scores, f->valid_labels, 1, f->valid.rows, f->error);
    if (!status && isnan(choice->auc))
        status = nnd_fail(f->error, NND_EINVAL, "validation needs reports of both classes");
    *better = choices->count == 0 || choice->auc > choices->items[choices->best].auc;
    if (*better)
        choices->best = choices->count;
    choices->count++;
    return status;
}

static void swap_weights(Fit *f)
{
    double *weights = f->weights;
    f->weights = f->out->weights;
    f->out->weights = weights;
}

static NndStatus fit_svm(Fit *f)
{
    size_t size = (size_t)f->train.columns + 1;
    NndStatus status = NND_OK;
    f->weights = malloc(size * sizeof *f->weights);
    f->out->weights = malloc(size * sizeof *f->weights);
    if (!f->weights || !f->out->weights)
        return out_of_memory(f->error);
    for (int i = 0; i < COSTS && !status; i++) {
        bool better = false;
        swap_weights(f); /* the best so far is kept aside */
        status = svm_train(f->out->weights, &f->train, f->train_labels, costs[i], f->error);
        if (!status)
            status = add_choice(f, costs[i], &better);
        if (!better)
            swap_weights(f);
    }
    return status;
}

/* The first rounds of a long training are a short one. */
static NndStatus fit_adaboost(Fit *f)
{
    int trained;
    f->out->stumps = malloc(MOST_ROUNDS * sizeof *f->out->stumps);
    if (!f->out->stumps)
        return out_of_memory(f->error);
    NndStatus status =
        adaboost_train(f->out->stumps, &trained, MOST_ROUNDS, &f->train, f->train_labels, f->error);
    for (int i = 0; i < ROUNDS && !status; i++) {
        bool better = false;
        f->out->stump_count = trained < (int)rounds[i] ? trained : (int)rounds[i];
        status = add_choice(f, rounds[i], &better);
    }
    int best = (int)rounds[f->choices->best];
    f->out->stump_count = trained < best ? trained : best;
    return status;
}

NndStatus baseline_fit(Baseline *out, FitChoices *choices, BaselineKind kind, bool binary,
                       const NndTexts *train, const NndTexts *valid, NndError *error)
{
    *out = (Baseline){.kind = kind, .binary = binary};
    *choices = (FitChoices){0};
    Fit f = {.out = out,
             .train_labels = train->labels,
             .valid_labels = valid->labels,
             .choices = choices,
             .error = error};
    NndStatus status = vocabulary_build(&out->vocabulary, train->texts, train->count, error);
    if (!status)
        status = bag_build(&f.train, &out->vocabulary, train->texts, train->count, binary, error);
    if (!status)
        status = bag_build(&f.valid, &out->vocabulary, valid->texts, valid->count, binary, error);
    if (!status && !(f.scores = malloc(((size_t)valid->count + 1) * sizeof *f.scores)))
        status = out_of_memory(error);
    if (!status)
        status = kind == BASELINE_SVM ? fit_svm(&f) : fit_adaboost(&f);
    out->setting = choices->items[choices->best].setting;
    bag_free(&f.train);
    bag_free(&f.valid);
    free(f.scores);
    free(f.weights);
    if (status)
        baseline_free(out);
    return status;
}
