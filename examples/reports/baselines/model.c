/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/baselines/model.h"

#include <stdlib.h>

#include "examples/reports/common/command.h"

const char *const baseline_kinds[2] = {"svm", "adaboost"};

void baseline_free(Baseline *baseline)
{
    vocabulary_free(&baseline->vocabulary);
    free(baseline->weights);
    free(baseline->stumps);
    *baseline = (Baseline){0};
}

double baseline_score(const Baseline *baseline, const Bag *bag, int64_t row)
{
    if (baseline->kind == BASELINE_SVM)
        return svm_score(baseline->weights, bag, row);
    return adaboost_score(baseline->stumps, baseline->stump_count, bag, row);
}

static const char *word_of(const Baseline *baseline, int32_t column)
{
    return baseline->vocabulary.words.items[column].data;
}

static void write_svm(FILE *file, const Baseline *baseline)
{
    int32_t words = baseline->vocabulary.words.count;
    fprintf(file, "#bias\t%.17g\n", baseline->weights[words]);
    for (int32_t i = 0; i < words; i++)
        fprintf(file, "%s\t%.17g\n", word_of(baseline, i), baseline->weights[i]);
    fprintf(file, "#end\t%d\n", words);
}

static void write_adaboost(FILE *file, const Baseline *baseline)
{
    for (int i = 0; i < baseline->stump_count; i++) {
        const Stump *stump = &baseline->stumps[i];
        fprintf(file, "%s\t%d\t%d\t%d\t%.17g\n", word_of(baseline, stump->column), stump->threshold,
                stump->below, stump->atleast, stump->vote);
    }
    fprintf(file, "#end\t%d\n", baseline->stump_count);
}

NndStatus baseline_save(const Baseline *baseline, const char *path, NndError *error)
{
    TextFile file;
    NndStatus status = text_file_open(&file, error);
    if (status)
        return status;
    fprintf(file.stream, "reports-baseline\t1\n%s\t%s\t%.17g\n", baseline_kinds[baseline->kind],
            baseline->binary ? "binary" : "count", baseline->setting);
    if (baseline->kind == BASELINE_SVM)
        write_svm(file.stream, baseline);
    else
        write_adaboost(file.stream, baseline);
    return text_file_close(&file, status, path, error);
}
