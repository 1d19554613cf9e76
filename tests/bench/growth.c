/* SPDX-License-Identifier: Apache-2.0
 *
 *     growth FILE.tsv FILE.html
 *
 * Reads how long a document takes (model, quantity, value, threads, seconds; one a line, by growing
 * value), draws a chart for each quantity, and prints the slopes of the curves, whose axes are
 * logarithmic, as a Markdown table: 1 is proportional, 0 no growth at all. What is out of the
 * ordinary follows.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/support/vec.h"
#include "markup/figure.h"
#include "markup/page.h"

typedef struct Quantity {
    const char *name, *label, *caption;
    double most; /* the slope that is expected at most */
} Quantity;

static const Quantity quantities[] = {
    {"length", "words of a document", "Time of a document by its length", 1},
    {"batch", "documents of a batch", "Time of a document by the size of its batch", 0},
    {"vocabulary", "words of the vocabulary", "Time of a document by the size of the vocabulary",
     0},
    {"hidden", "hidden units, or filters of each width",
     "Time of a document by the size of the layer", 2},
};
enum { QUANTITIES = sizeof quantities / sizeof *quantities, CURVES_MAX = 16, POINTS_MAX = 32 };

static const double slack = 0.15;         /* of slopes */
static const double second_thread = 1.03; /* times as long that is put down to chance */

typedef struct Curve {
    const char *model;
    int threads;
    ChartPoint points[POINTS_MAX];
    int count;
} Curve;

typedef struct Curves {
    Curve items[CURVES_MAX];
    int count;
} Curves;

typedef VEC(const char *) Remarks;

/* ---- reading ---- */

static int quantity_named(const char *name)
{
    for (int i = 0; i < QUANTITIES; i++)
        if (!strcmp(quantities[i].name, name))
            return i;
    return -1;
}

static Curve *find_curve(Curves *curves, const char *model, int threads)
{
    for (int i = 0; i < curves->count; i++)
        if (!strcmp(curves->items[i].model, model) && curves->items[i].threads == threads)
            return &curves->items[i];
    return NULL;
}

/* NULL if there are too many. */
static Curve *need_curve(Arena *arena, Curves *curves, const char *model, int threads)
{
    Curve *found = find_curve(curves, model, threads);
    if (found || curves->count == CURVES_MAX)
        return found;
    Curve *curve = &curves->items[curves->count++];
    *curve = (Curve){.model = arena_strdup(arena, model), .threads = threads};
    return curve;
}

static bool read_line(Arena *arena, Curves *of, const char *line)
{
    char model[64], name[64];
    double value, seconds;
    int threads;
    if (sscanf(line, "%63s %63s %lf %d %lf", model, name, &value, &threads, &seconds) != 5)
        return false;
    int quantity = quantity_named(name);
    Curve *curve = quantity < 0 ? NULL : need_curve(arena, &of[quantity], model, threads);
    if (!curve || curve->count == POINTS_MAX || !(value > 0) || !(seconds > 0))
        return false;
    curve->points[curve->count++] = (ChartPoint){value, seconds * 1e6};
    return true;
}

static bool read_file(Arena *arena, Curves *of, const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "%s: cannot be read\n", path);
        return false;
    }
    char line[512];
    bool fine = true;
    for (int number = 1; fine && fgets(line, sizeof line, file); number++) {
        fine = read_line(arena, of, line);
        if (!fine)
            fprintf(stderr, "%s:%d: not a model, a quantity, its value, threads and seconds\n",
                    path, number);
    }
    fclose(file);
    return fine;
}

/* ---- slopes ---- */

/* Of the line of least squares through the logarithms; NaN of fewer than two points. */
static double slope(const ChartPoint *points, int count)
{
    double x = 0, y = 0, xx = 0, xy = 0;
    for (int i = 0; i < count; i++) {
        x += log(points[i].x);
        y += log(points[i].y);
        xx += log(points[i].x) * log(points[i].x);
        xy += log(points[i].x) * log(points[i].y);
    }
    return (count * xy - x * y) / (count * xx - x * x);
}

/* The point that the steepest piece of the curve begins at. */
static int steepest(const Curve *curve)
{
    int found = 0;
    for (int i = 1; i + 1 < curve->count; i++)
        if (slope(curve->points + i, 2) > slope(curve->points + found, 2))
            found = i;
    return found;
}

static void print_slope(Arena *arena, Remarks *remarks, const Quantity *quantity,
                        const Curve *curve)
{
    if (curve->count < 2)
        return;
    double whole = slope(curve->points, curve->count);
    const ChartPoint *piece = curve->points + steepest(curve);
    bool fine = whole <= quantity->most + slack;
    printf("| %s | %s | %d | %.2f | %.2f (%g to %g) | at most %g | %s |\n", quantity->name,
           curve->model, curve->threads, whole, slope(piece, 2), piece[0].x, piece[1].x,
           quantity->most, fine ? "yes" : "no");
    if (!fine)
        vec_push(
            arena, remarks,
            arena_printf(
                arena,
                "%s, %d threads: time grows with %s to the power of %.2f, steepest from %g to %g.",
                curve->model, curve->threads, quantity->name, whole, piece[0].x, piece[1].x));
}

/* Where more threads take longer than one. */
static void compare_threads(Arena *arena, Remarks *remarks, const Quantity *quantity,
                            Curves *curves)
{
    for (int i = 0; i < curves->count; i++) {
        const Curve *curve = &curves->items[i], *alone = find_curve(curves, curve->model, 1);
        for (int k = 0; alone && k < curve->count && k < alone->count; k++)
            if (curve->points[k].y > second_thread * alone->points[k].y)
                vec_push(arena, remarks,
                         arena_printf(arena,
                                      "%s, %s %g: %d threads take %.2f times as long as one.",
                                      curve->model, quantity->name, curve->points[k].x,
                                      curve->threads, curve->points[k].y / alone->points[k].y));
    }
}

static void print_slopes(Arena *arena, Curves *of)
{
    Remarks remarks = {0};
    puts("| quantity | model | threads | slope | steepest piece | expected | as expected "
         "|\n|---|---|---|---|---|---|---|");
    for (int i = 0; i < QUANTITIES; i++) {
        for (int k = 0; k < of[i].count; k++)
            print_slope(arena, &remarks, &quantities[i], &of[i].items[k]);
        compare_threads(arena, &remarks, &quantities[i], &of[i]);
    }
    puts("");
    for (int i = 0; i < remarks.count; i++)
        puts(remarks.data[i]);
}

/* ---- drawing ---- */

/* A colour for each model, dashes for one thread. */
static void put_chart(FILE *out, Arena *arena, const Quantity *quantity, const Curves *curves)
{
    Series series[CURVES_MAX];
    int number = -1;
    for (int i = 0; i < curves->count; i++) {
        const Curve *curve = &curves->items[i];
        number += i == 0 || strcmp(curve->model, curve[-1].model) != 0;
        series[i] = (Series){arena_printf(arena, "%s, %d thread%s", curve->model, curve->threads,
                                          curve->threads > 1 ? "s" : ""),
                             {number, curve->threads == 1},
                             curve->points,
                             curve->count};
    }
    Chart chart = {.x = axis_empty(quantity->label),
                   .y = axis_empty("microseconds"),
                   .width = 640,
                   .height = 400};
    chart.x.logarithmic = chart.y.logarithmic = true;
    figure_lines(out, &chart, quantity->caption, series, curves->count);
}

static bool draw(const char *path, Arena *arena, const Curves *of)
{
    FILE *out = fopen(path, "w");
    if (!out)
        return false;
    page_begin(out, "How the cost of a document grows");
    for (int i = 0; i < QUANTITIES; i++)
        if (of[i].count)
            put_chart(out, arena, &quantities[i], &of[i]);
    page_end(out);
    bool failed = ferror(out);
    return !fclose(out) && !failed;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "Usage: %s FILE.tsv FILE.html\n", argv[0]);
        return 2;
    }
    Arena *arena = arena_new();
    Curves *of = ARENA_ARRAY(arena, Curves, QUANTITIES);
    int status = !read_file(arena, of, argv[1]);
    if (!status) {
        print_slopes(arena, of);
        status = !draw(argv[2], arena, of);
        if (status)
            fprintf(stderr, "%s: cannot be written\n", argv[2]);
    }
    arena_free(arena);
    return status;
}
