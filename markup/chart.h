/* SPDX-License-Identifier: Apache-2.0
 *
 * Charts as SVG: two axes, and lines, bars or dots between them. A chart is drawn in this order:
 * axes are widened by all values (axis_add), chart_begin, the data, chart_end. Coordinates are
 * those of the axes. What colour tells, marks (and dashes) tell too.
 */
#ifndef NND_MARKUP_CHART_H
#define NND_MARKUP_CHART_H

#include <stdbool.h>
#include <stdio.h>

typedef struct Axis {
    const char *label;        /* with the unit */
    double low, high;         /* low > high: no value yet */
    bool logarithmic;         /* values are positive */
    bool exact;               /* the ends are as given, no margin */
    bool whole;               /* ticks at whole numbers only */
    const char *const *names; /* of the categories 0 .. high, or NULL; first of y on top */
} Axis;

/* An axis of `count` categories. */
Axis axis_of_names(const char *const *names, int count);
/* An axis without values. */
Axis axis_empty(const char *label);
/* Widens the axis, so that it shows the value; one that it cannot show is left out. */
void axis_add(Axis *axis, double value);

typedef struct Chart {
    const char *description; /* for those who do not see it */
    Axis x, y;
    bool in_group;                /* of figures: the group has the legend */
    bool diagonal;                /* a rule from corner to corner */
    int width, height;            /* 0: those of a chart beside others */
    int left, right, top, bottom; /* margins, set by chart_begin */
} Chart;

enum { CHART_COLOURS = 7, CHART_MARKS = 8 };

/* How a series looks: its number chooses colour and mark. */
typedef struct Look {
    int number;
    bool dashed;
} Look;

typedef struct ChartPoint {
    double x, y;
} ChartPoint;

void chart_begin(FILE *out, Chart *chart);
void chart_end(FILE *out);

/* A line with marks, as many as have room. */
void chart_line(FILE *out, const Chart *chart, Look look, const ChartPoint *points, int count);
/* A line without marks: a limit, an ideal. */
void chart_rule(FILE *out, const Chart *chart, const ChartPoint *points, int count);
/* Bars from the x axis, `width` wide. */
void chart_bars(FILE *out, const Chart *chart, Look look, const ChartPoint *points, int count,
                double width);
/* A mark; `title` is what it is called when pointed at. */
void chart_mark(FILE *out, const Chart *chart, Look look, ChartPoint at, const char *title);
/* A disc that may cover others; `name` stands beside it if it is not NULL. */
void chart_disc(FILE *out, const Chart *chart, Look look, ChartPoint at, double radius,
                const char *name, const char *title);
/* Words that end at the right side of the chart, above a value of y. */
void chart_note(FILE *out, const Chart *chart, double y, const char *text);

/* An entry of a legend in HTML: a sample of the look, of its line too, and its name. Entries stand
 * in a <p class="legend">. */
void chart_legend(FILE *out, Look look, bool line, const char *name);

/* The rules of style that charts need; page_begin has them, SVG files of their own do not. */
void chart_style(FILE *out);

/* An SVG file of its own: the same as chart_begin, with a title, its style and a white ground. */
void chart_file_begin(FILE *out, Chart *chart, const char *title);

#endif
