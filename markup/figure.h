/* SPDX-License-Identifier: Apache-2.0
 *
 * A figure of a page: a caption, a legend, a chart, and its numbers for those who cannot see it or
 * want to copy them.
 */
#ifndef NND_MARKUP_FIGURE_H
#define NND_MARKUP_FIGURE_H

#include "markup/chart.h"

typedef struct Series {
    const char *name;
    Look look;
    const ChartPoint *points;
    int count;
} Series;

/* Lines. The axes are widened by all points; the chart's description is made of the caption. */
void figure_lines(FILE *out, Chart *chart, const char *caption, const Series *series, int count);

/* A row for each name, and in it a mark of each series; points: x a value, y the row's number. */
void figure_dots(FILE *out, Chart *chart, const char *caption, const char *const *names,
                 int name_count, const Series *series, int count);

/* Figures beside each other, those of small charts (in_group), under a heading and, if `count` is
 * not 0, one legend for all. `kind` stands behind the heading, or NULL. */
void figures_begin(FILE *out, const char *heading, const char *kind, const Series *series,
                   int count);
void figures_end(FILE *out);

/* Bars of one series, as wide as 1 of the x axis. */
void figure_bars(FILE *out, Chart *chart, const char *caption, const Series *series);

#endif
