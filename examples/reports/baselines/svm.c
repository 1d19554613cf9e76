/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/baselines/svm.h"

#include <linear.h>
#include <stdlib.h>
#include <string.h>

/* LIBLINEAR's form of a data set. */
typedef struct Problem {
    struct problem problem;
    struct feature_node *nodes;
} Problem;

static void print_nothing(const char *text)
{
    (void)text;
}

static void free_problem(Problem *p)
{
    free(p->problem.y);
    free(p->problem.x);
    free(p->nodes);
}

static NndStatus make_problem(Problem *out, const Bag *bag, const int32_t *labels, NndError *error)
{
    int64_t entries = bag->starts[bag->rows] + 2 * bag->rows; /* with bias and end mark */
    struct feature_node *node = malloc(((size_t)entries + 1) * sizeof *node);
    *out = (Problem){{.l = (int)bag->rows, .n = bag->columns + 1, .bias = 1}, node};
    out->problem.y = malloc(((size_t)bag->rows + 1) * sizeof *out->problem.y);
    out->problem.x = malloc(((size_t)bag->rows + 1) * sizeof *out->problem.x);
    if (!node || !out->problem.y || !out->problem.x) {
        free_problem(out);
        return nnd_fail(error, NND_ENOMEM, "out of memory for %lld features", (long long)entries);
    }
    for (int64_t i = 0; i < bag->rows; i++) {
        out->problem.y[i] = labels[i] ? 1 : -1;
        out->problem.x[i] = node;
        for (int64_t k = bag->starts[i]; k < bag->starts[i + 1]; k++)
            *node++ = (struct feature_node){bag->column[k] + 1, bag->value[k]};
        *node++ = (struct feature_node){bag->columns + 1, 1};
        *node++ = (struct feature_node){-1, 0};
    }
    return NND_OK;
}

static bool has_both_classes(const int32_t *labels, int64_t count)
{
    int64_t ones = 0;
    for (int64_t i = 0; i < count; i++)
        ones += labels[i];
    return ones > 0 && ones < count;
}

NndStatus svm_train(double *weights, const Bag *bag, const int32_t *labels, double cost,
                    NndError *error)
{
    Problem p;
    if (bag->rows > INT32_MAX / 2 || !has_both_classes(labels, bag->rows))
        return nnd_fail(error, NND_EINVAL, "training needs reports of both classes");
    NndStatus status = make_problem(&p, bag, labels, error);
    if (status)
        return status;
    const struct parameter parameter = {
        .solver_type = L2R_L1LOSS_SVC_DUAL, .eps = SVM_TOLERANCE, .C = cost};
    set_print_string_function(print_nothing);
    srand(1); /* LIBLINEAR visits the reports in an order of rand(); its program never seeds it */
    struct model *model = train(&p.problem, &parameter);
    for (int32_t i = 0; i <= bag->columns; i++)
        weights[i] = model->label[0] == 1 ? model->w[i] : -model->w[i];
    free_and_destroy_model(&model);
    free_problem(&p);
    return NND_OK;
}

double svm_score(const double *weights, const Bag *bag, int64_t row)
{
    double sum = 0;
    for (int64_t k = bag->starts[row]; k < bag->starts[row + 1]; k++)
        sum += weights[bag->column[k]] * bag->value[k];
    return sum + weights[bag->columns];
}
