/* SPDX-License-Identifier: Apache-2.0
 *
 * Learning curves: histories of trainings as one HTML page with SVG charts that
 * needs nothing else. Charts share the axis of epochs; losses of training and
 * validation are in one chart, every other metric has its own.
 */
#ifndef NND_COMPILER_DRIVER_CURVES_H
#define NND_COMPILER_DRIVER_CURVES_H

#include "lang/support/arena.h"
#include "runtime/error.h"

typedef struct RunHistory {
    const char *name;
    const char *lines; /* one JSON object an epoch: "epoch", "train_loss", "valid_...": numbers */
} RunHistory;

/* The page, in the arena. Fails if a history is damaged. */
NndStatus curves_html(char **out, Arena *arena, const char *title, const RunHistory *runs, int count, NndError *error);

#endif
