/* SPDX-License-Identifier: Apache-2.0
 *
 * Predictions as `nnd predict` and the programs of the study print them: a line
 * an item, class (0 or 1) TAB anything TAB score. The score is the last field,
 * a number, the larger the more class 1; files whose first line does not end
 * with one have no scores, as those of rules.
 */
#ifndef REPORTS_EVALUATE_PREDICTIONS_H
#define REPORTS_EVALUATE_PREDICTIONS_H

#include "runtime/data/text.h"
#include "runtime/error.h"

typedef struct Predictions {
    int64_t count;
    int32_t *classes; /* [count] */
    float *scores;    /* [count]; NULL: none */
} Predictions;

/* There must be `count` of them. */
NndStatus predictions_load(Predictions *out, const char *path, int64_t count, NndError *error);

/* `name` is for errors, which begin with "name:line: ". */
NndStatus predictions_parse(Predictions *out, NndText text, const char *name, int64_t count,
                            NndError *error);
void predictions_free(Predictions *predictions);

#endif
