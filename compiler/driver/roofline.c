/* SPDX-License-Identifier: Apache-2.0
 *
 * A roofline: arithmetic for each byte to the right, GFLOP/s upwards, both
 * logarithmic. No kernel can be above the roof, which rises with the memory's
 * bandwidth and is flat at the peak; kernels whose data stay in a cache can be
 * above the slope. A dot's area is the kernel's share of the time.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/driver/profile.h"
#include "markup/chart.h"
#include "runtime/data/file.h"

static bool has_place(const KernelTime *k)
{
    return k->flops > 0 && k->bytes > 0 && k->seconds > 0;
}

static ChartPoint place_of(const KernelTime *k)
{
    return (ChartPoint){k->flops / k->bytes, k->flops / k->seconds * 1e-9};
}

/* At least what most kernels of most machines need, so that pictures can be compared. */
static Chart chart_of(const char *title, const ProfileTable *tables, int count,
                      const Machine *machine)
{
    Chart chart = {.description = title, .width = 900, .height = 560};
    chart.x = (Axis){.label = "FLOP for each byte", .low = 0.1, .high = 100, .logarithmic = true};
    chart.y = (Axis){.label = "GFLOP/s", .low = 1, .high = machine->gflops, .logarithmic = true};
    for (int t = 0; t < count; t++)
        for (int i = 0; i < tables[t].count; i++)
            if (has_place(&tables[t].kernels[i])) {
                axis_add(&chart.x, place_of(&tables[t].kernels[i]).x);
                axis_add(&chart.y, place_of(&tables[t].kernels[i]).y);
            }
    return chart;
}

static void draw_roof(FILE *out, const Chart *chart, const Machine *m)
{
    double ridge = m->gflops / m->gigabytes;
    double first = fmax(chart->x.low, chart->y.low / m->gigabytes);
    chart_rule(out, chart,
               (ChartPoint[]){{first, first * m->gigabytes},
                              {ridge, m->gflops},
                              {fmax(ridge, chart->x.high), m->gflops}},
               3);
    char note[80];
    snprintf(note, sizeof note, "%.0f GFLOP/s, %.1f GB/s from memory", m->gflops, m->gigabytes);
    chart_note(out, chart, m->gflops, note);
}

static void draw_kernels(FILE *out, const Chart *chart, const ProfileTable *table, int number)
{
    for (int i = 0; i < table->count; i++) {
        const KernelTime *k = &table->kernels[i];
        double share = k->seconds / table->seconds;
        if (!has_place(k))
            continue;
        char title[256];
        snprintf(title, sizeof title, "%s, line %d, %lld items: %.1f us, %.1f %%", k->name, k->line,
                 (long long)table->items, k->seconds * 1e6, share * 100);
        chart_disc(out, chart, (Look){.number = number}, place_of(k), 2 + 22 * sqrt(share),
                   share < 0.05 ? NULL : k->name, title);
    }
}

static void draw(FILE *out, const char *title, const ProfileTable *tables, int count,
                 const Machine *machine)
{
    char heading[160];
    snprintf(heading, sizeof heading, "%s: blue %lld item, orange %lld items", title,
             (long long)tables[0].items, (long long)tables[count - 1].items);
    Chart chart = chart_of(heading, tables, count, machine);
    chart_file_begin(out, &chart, heading);
    draw_roof(out, &chart, machine);
    for (int i = 0; i < count; i++)
        draw_kernels(out, &chart, &tables[i], i);
    chart_end(out);
}

int roofline_write(const char *path, const char *title, const ProfileTable *tables, int count, const Machine *machine)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return command_fail("out of memory for a picture");
    draw(out, title, tables, count, machine);
    NndError error;
    bool wrong = fclose(out) != 0;
    NndStatus status = wrong ? NND_ENOMEM : nnd_file_write(path, text, size, &error);
    free(text);
    if (status)
        return wrong ? command_fail("out of memory for a picture") : command_fail("%s", error.text);
    return EXIT_FINE;
}
