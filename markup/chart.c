/* SPDX-License-Identifier: Apache-2.0 */
#include "markup/chart.h"

#include <math.h>
#include <string.h>

#include "markup/text.h"

enum { WIDTH = 340, HEIGHT = 230, TOP = 26, BARE = 8, RIGHT = 14, BOTTOM = 44 };
static const double LETTER = 7.2;  /* the width of one */
static const double NEAREST = 22;  /* between two marks of a line */
static const double VISIBLE = 0.8; /* between two points of a line */

/* ---- axes ---- */

Axis axis_empty(const char *label)
{
    return (Axis){.label = label, .low = INFINITY, .high = -INFINITY};
}

Axis axis_of_names(const char *const *names, int count)
{
    return (Axis){.label = "", .low = -0.5, .high = count - 0.5, .exact = true, .names = names};
}

static bool shows(const Axis *axis, double value)
{
    return isfinite(value) && (!axis->logarithmic || value > 0);
}

void axis_add(Axis *axis, double value)
{
    if (!shows(axis, value))
        return;
    axis->low = fmin(axis->low, value);
    axis->high = fmax(axis->high, value);
}

/* Whole decades, or a margin: what was added stands free of the ends. */
static void settle(Axis *axis)
{
    if (axis->low > axis->high)
        axis->low = axis->high = 1;
    if (axis->logarithmic) {
        double low = floor(log10(axis->low)), high = ceil(log10(axis->high));
        axis->low = pow(10, low);
        axis->high = pow(10, high > low ? high : low + 1);
    } else if (!axis->exact || axis->low == axis->high) {
        double range = axis->high - axis->low;
        double margin = range > 0 ? 0.05 * range : fmax(fabs(axis->high) * 0.05, 1e-6);
        axis->low -= margin;
        axis->high += margin;
    }
}

/* Where a value is between the ends: 0 to 1. */
static double share_of(const Axis *axis, double value)
{
    if (axis->logarithmic)
        return log10(value / axis->low) / log10(axis->high / axis->low);
    return (value - axis->low) / (axis->high - axis->low);
}

static double x_of(const Chart *c, double value)
{
    return c->left + share_of(&c->x, value) * (c->width - c->left - c->right);
}

static double y_of(const Chart *c, double value)
{
    double share = share_of(&c->y, value);
    return c->top + (c->y.names ? share : 1 - share) * (c->height - c->top - c->bottom);
}

static bool has_place(const Chart *c, ChartPoint p)
{
    return shows(&c->x, p.x) && shows(&c->y, p.y);
}

/* ---- ticks ---- */

typedef void TickVisit(void *context, double value);

/* 1, 2 or 5 times a power of ten: about five of them in the range. */
static double tick_step(const Axis *axis)
{
    double raw = (axis->high - axis->low) / 5, power = pow(10, floor(log10(raw)));
    double share = raw / power;
    double step = power * (share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10);
    return axis->whole || axis->names ? fmax(1, round(step)) : step;
}

static void visit_decades(const Axis *axis, TickVisit *visit, void *context)
{
    static const double parts[] = {1, 2, 5};
    int count = log10(axis->high / axis->low) < 1.5 ? 3 : 1;
    int last = (int)lround(log10(axis->high));
    for (int power = (int)lround(log10(axis->low)); power <= last; power++)
        for (int i = 0; i < (power < last ? count : 1); i++)
            visit(context, parts[i] * pow(10, power));
}

static void visit_ticks(const Axis *axis, TickVisit *visit, void *context)
{
    if (axis->logarithmic) {
        visit_decades(axis, visit, context);
        return;
    }
    double step = axis->names ? 1 : tick_step(axis), slack = 1e-9;
    for (double at = ceil(axis->low / step - slack); at * step <= axis->high + step * slack; at++)
        visit(context, at * step + 0.0); /* not -0 */
}

/* A value as its tick says it: thousands, millions and so on get a letter. */
static void print_tick(char *out, size_t size, double value)
{
    static const char letters[] = "kMGT";
    int thousands = 0;
    for (; fabs(value) >= 1e4 || (thousands && fabs(value) >= 1e3); value /= 1000)
        if (++thousands == sizeof letters - 1) {
            value /= 1000;
            break;
        }
    snprintf(out, size, thousands ? "%.4g%c" : "%.4g", value,
             thousands ? letters[thousands - 1] : 0);
}

typedef struct TickWork {
    FILE *out;
    const Chart *chart;
    size_t longest;
} TickWork;

static const char *tick_text(char *room, size_t size, const Axis *axis, double value)
{
    if (axis->names)
        return axis->names[lround(value)];
    print_tick(room, size, value);
    return room;
}

static void measure_tick(void *context, double value)
{
    TickWork *work = context;
    char room[32];
    size_t length = strlen(tick_text(room, sizeof room, &work->chart->y, value));
    work->longest = length > work->longest ? length : work->longest;
}

static void draw_y_tick(void *context, double value)
{
    const TickWork *work = context;
    const Chart *c = work->chart;
    char room[32];
    double y = y_of(c, value);
    fprintf(work->out,
            "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text class=\"end\" x=\"%d\" y=\"%.1f\">",
            c->left, y, c->width - c->right, c->left - 6, y + 4);
    markup_text(work->out, tick_text(room, sizeof room, &c->y, value));
    fputs("</text>\n", work->out);
}

static void draw_x_tick(void *context, double value)
{
    const TickWork *work = context;
    const Chart *c = work->chart;
    char room[32];
    double x = x_of(c, value);
    fprintf(work->out,
            "<path class=\"grid\" d=\"M%.1f %dV%d\"/><text class=\"middle\" x=\"%.1f\" "
            "y=\"%d\">%s</text>\n",
            x, c->top, c->height - c->bottom, x, c->height - c->bottom + 16,
            tick_text(room, sizeof room, &c->x, value));
}

/* ---- the frame ---- */

static void draw_labels(FILE *out, const Chart *c)
{
    fprintf(out, "<text class=\"middle\" x=\"%d\" y=\"%d\">", (c->left + c->width - c->right) / 2,
            c->height - 8);
    markup_text(out, c->x.label);
    fprintf(out, "</text>\n<text x=\"%d\" y=\"14\">", 4);
    markup_text(out, c->y.label);
    fputs("</text>\n", out);
}

static void set_margins(Chart *c)
{
    settle(&c->x);
    settle(&c->y);
    c->width = c->width ? c->width : WIDTH;
    c->height = c->height ? c->height : HEIGHT;
    TickWork work = {.chart = c};
    visit_ticks(&c->y, measure_tick, &work);
    c->left = 14 + (int)(LETTER * (double)(work.longest < 24 ? work.longest : 24));
    c->right = RIGHT;
    c->top = *c->y.label ? TOP : BARE; /* the label stands above the chart */
    c->bottom = BOTTOM;
}

static void draw_frame(FILE *out, const Chart *c)
{
    TickWork work = {out, c, 0};
    visit_ticks(&c->x, draw_x_tick, &work);
    visit_ticks(&c->y, draw_y_tick, &work);
    draw_labels(out, c);
    if (c->diagonal)
        chart_rule(out, c, (ChartPoint[]){{c->x.low, c->y.low}, {c->x.high, c->y.high}}, 2);
}

static void open_svg(FILE *out, const Chart *c, const char *attributes)
{
    fprintf(out,
            "<svg class=\"chart\"%s viewBox=\"0 0 %d %d\" style=\"max-width:%dpx\" role=\"img\" "
            "aria-label=\"",
            attributes, c->width, c->height, c->width * 6 / 5);
    markup_text(out, c->description);
    fputs("\">\n", out);
}

void chart_begin(FILE *out, Chart *chart)
{
    set_margins(chart);
    open_svg(out, chart, "");
    draw_frame(out, chart);
}

void chart_file_begin(FILE *out, Chart *chart, const char *title)
{
    set_margins(chart);
    open_svg(out, chart, " xmlns=\"http://www.w3.org/2000/svg\"");
    fputs("<style>", out);
    chart_style(out);
    fprintf(out,
            "</style>\n<rect width=\"%d\" height=\"%d\" class=\"ground\"/>\n"
            "<text class=\"middle\" x=\"%d\" y=\"14\">",
            chart->width, chart->height, chart->width / 2);
    markup_text(out, title);
    fputs("</text>\n", out);
    draw_frame(out, chart);
}

void chart_end(FILE *out)
{
    fputs("</svg>\n", out);
}

/* ---- data ---- */

/* Marks around a point that the pen is at: disc, square, triangles, diamond, plus, cross, ring. */
static const char *const shapes[CHART_MARKS] = {
    "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z",
    "m-2.7-2.7h5.4v5.4h-5.4z",
    "m0-3.8l3.6 6.3h-7.2z",
    "m0-4l4 4l-4 4l-4-4z",
    "m0 3.8l3.6-6.3h-7.2z",
    "m-3.8 0h7.6m-3.8-3.8v7.6",
    "m-3-3l6 6m0-6l-6 6",
    "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0zm0 0",
};

static void draw_shape(FILE *out, Look look, double x, double y, const char *title)
{
    int shape = look.number % CHART_MARKS;
    fprintf(out, "<path class=\"c%d mark%s\" d=\"M%.1f %.1f%s\">", look.number % CHART_COLOURS,
            shape == CHART_MARKS - 1 ? " open" : "", x, y, shapes[shape]);
    if (title) {
        fputs("<title>", out);
        markup_text(out, title);
        fputs("</title>", out);
    }
    fputs("</path>", out);
}

void chart_mark(FILE *out, const Chart *chart, Look look, ChartPoint at, const char *title)
{
    if (has_place(chart, at))
        draw_shape(out, look, x_of(chart, at.x), y_of(chart, at.y), title);
}

static void draw_line(FILE *out, const Chart *c, const char *class, const ChartPoint *points,
                      int count)
{
    double last_x = -INFINITY, last_y = 0;
    fprintf(out, "<polyline class=\"%s\" points=\"", class);
    for (int i = 0; i < count; i++) {
        if (!has_place(c, points[i]))
            continue;
        double x = x_of(c, points[i].x), y = y_of(c, points[i].y);
        if (i < count - 1 && hypot(x - last_x, y - last_y) < VISIBLE)
            continue;
        fprintf(out, "%.1f,%.1f ", x, y);
        last_x = x;
        last_y = y;
    }
    fputs("\"/>\n", out);
}

static void draw_marks(FILE *out, const Chart *c, Look look, const ChartPoint *points, int count)
{
    double last_x = -INFINITY, last_y = 0;
    for (int i = 0; i < count; i++) {
        if (!has_place(c, points[i]))
            continue;
        double x = x_of(c, points[i].x), y = y_of(c, points[i].y);
        if (hypot(x - last_x, y - last_y) < NEAREST)
            continue;
        char title[96];
        snprintf(title, sizeof title, "%.4g: %.4g", points[i].x, points[i].y);
        draw_shape(out, look, x, y, title);
        last_x = x;
        last_y = y;
    }
    putc('\n', out);
}

void chart_line(FILE *out, const Chart *chart, Look look, const ChartPoint *points, int count)
{
    char class[32];
    snprintf(class, sizeof class, "c%d line%s", look.number % CHART_COLOURS,
             look.dashed ? " dashed" : "");
    draw_line(out, chart, class, points, count);
    draw_marks(out, chart, look, points, count);
}

void chart_rule(FILE *out, const Chart *chart, const ChartPoint *points, int count)
{
    draw_line(out, chart, "rule", points, count);
}

void chart_bars(FILE *out, const Chart *c, Look look, const ChartPoint *points, int count,
                double width)
{
    double foot = y_of(c, c->y.low);
    for (int i = 0; i < count; i++) {
        if (!has_place(c, points[i]))
            continue;
        double x = x_of(c, points[i].x - width / 2), y = y_of(c, points[i].y);
        fprintf(out,
                "<path class=\"c%d bar\" d=\"M%.1f %.1fV%.1fH%.1fV%.1fz\"><title>%.4g: "
                "%.4g</title></path>\n",
                look.number % CHART_COLOURS, x, foot, y, x_of(c, points[i].x + width / 2), foot,
                points[i].x, points[i].y);
    }
}

void chart_disc(FILE *out, const Chart *chart, Look look, ChartPoint at, double radius,
                const char *name, const char *title)
{
    if (!has_place(chart, at))
        return;
    double x = x_of(chart, at.x), y = y_of(chart, at.y);
    fprintf(out, "<circle class=\"c%d disc\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"><title>",
            look.number % CHART_COLOURS, x, y, radius);
    markup_text(out, title);
    fputs("</title></circle>\n", out);
    if (!name)
        return;
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\">", x + radius + 2, y + 4);
    markup_text(out, name);
    fputs("</text>\n", out);
}

void chart_note(FILE *out, const Chart *chart, double y, const char *text)
{
    fprintf(out, "<text class=\"end\" x=\"%d\" y=\"%.1f\">", chart->width - chart->right,
            y_of(chart, y) - 8);
    markup_text(out, text);
    fputs("</text>\n", out);
}

/* ---- legend and style ---- */

void chart_legend(FILE *out, Look look, bool line, const char *name)
{
    fprintf(out, "<span><svg class=\"chart\" width=\"%d\" height=\"10\" aria-hidden=\"true\">",
            line ? 30 : 12);
    if (line)
        fprintf(out, "<path class=\"c%d line%s\" d=\"M0 5H30\"/>", look.number % CHART_COLOURS,
                look.dashed ? " dashed" : "");
    draw_shape(out, look, line ? 15 : 6, 5, NULL);
    fputs("</svg> ", out);
    markup_text(out, name);
    fputs("</span> ", out);
}

/* Each at least 3 : 1 on its ground, light and dark, and told apart by people who see few colours
 * (after Okabe and Ito 2008). */
static const char *const light[CHART_COLOURS] = {"#0072b2", "#c44e00", "#00805d", "#a8437f",
                                                 "#8a6a00", "#6a4bc4", "#5f6368"};
static const char *const dark[CHART_COLOURS] = {"#6db8f2", "#ff8f52", "#3cc79a", "#e79ac6",
                                                "#e3b23c", "#b9a3ff", "#b4b8bd"};

static void put_colours(FILE *out, const char *const colours[CHART_COLOURS])
{
    for (int i = 0; i < CHART_COLOURS; i++)
        fprintf(out, ".c%d{stroke:%s;fill:%s}", i, colours[i], colours[i]);
    putc('\n', out);
}

void chart_style(FILE *out)
{
    fputs(".chart text{font:12px system-ui,sans-serif;fill:#444}.middle{text-anchor:middle}"
          ".end{text-anchor:end}\n"
          ".ground{fill:#fff}.grid{stroke:#e2e2e2}.rule{fill:none;stroke:#666;stroke-width:1.5;"
          "stroke-dasharray:2 3}\n",
          out);
    put_colours(out, light);
    fputs("@media screen and (prefers-color-scheme:dark){.chart text{fill:#c4c7cb}"
          ".ground{fill:#16181c}.grid{stroke:#33373d}.rule{stroke:#a0a4a9}\n",
          out);
    put_colours(out, dark);
    fputs("}\n.line{fill:none;stroke-width:2;stroke-linejoin:round}.dashed{stroke-dasharray:5 4}"
          ".mark{stroke-width:1.5}.open{fill:none}.bar{fill-opacity:.75;stroke:none}"
          ".disc{fill-opacity:.55}\n",
          out);
}
