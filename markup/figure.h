/* SPDX-License-Identifier: Apache-2.0
 *
 * A figure of a page: a caption, a legend, a chart of lines, and its numbers for those who cannot
 * see it or want to copy them.
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

/* The axes are widened by all points; the chart's description is made of the caption. */
void figure_lines(FILE *out, Chart *chart, const char *caption, const Series *series, int count);

/* The parts, for charts of another kind: the beginning up to the caption, and the end. */
void figure_begin(FILE *out, const char *caption);
void figure_end(FILE *out);

#endif
