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

#include "compiler/driver/markup.h"
#include "compiler/driver/profile.h"
#include "runtime/data/file.h"

enum { WIDTH = 900, HEIGHT = 560, MARGIN = 70 };

/* Powers of ten at the ends of the axes. */
typedef struct Frame {
    double left, right, bottom, top;
} Frame;

static double across(const Frame *f, double intensity)
{
    return MARGIN + (log10(intensity) - f->left) / (f->right - f->left) * (WIDTH - 2 * MARGIN);
}

static double up(const Frame *f, double gflops)
{
    return HEIGHT - MARGIN - (log10(gflops) - f->bottom) / (f->top - f->bottom) * (HEIGHT - 2 * MARGIN);
}

static bool has_place(const KernelTime *k)
{
    return k->flops > 0 && k->bytes > 0 && k->seconds > 0;
}

static Frame frame_of(const ProfileTable *tables, int count, const Machine *machine)
{
    Frame f = {-1, 2, 0, ceil(log10(machine->gflops))};
    for (int t = 0; t < count; t++)
        for (int i = 0; i < tables[t].count; i++) {
            const KernelTime *k = &tables[t].kernels[i];
            if (!has_place(k))
                continue;
            f.left = fmin(f.left, floor(log10(k->flops / k->bytes)));
            f.right = fmax(f.right, ceil(log10(k->flops / k->bytes)));
            f.bottom = fmin(f.bottom, floor(log10(k->flops / k->seconds * 1e-9)));
        }
    return f;
}

static void draw_axes(FILE *out, const Frame *f)
{
    for (double power = f->left; power <= f->right; power++) {
        double x = across(f, pow(10, power));
        fprintf(out, "<path class=\"grid\" d=\"M%.1f %d V%d\"/><text class=\"middle\" x=\"%.1f\" y=\"%d\">%g</text>\n", x, MARGIN,
                HEIGHT - MARGIN, x, HEIGHT - MARGIN + 18, pow(10, power));
    }
    for (double power = f->bottom; power <= f->top; power++) {
        double y = up(f, pow(10, power));
        fprintf(out, "<path class=\"grid\" d=\"M%d %.1f H%d\"/><text class=\"end\" x=\"%d\" y=\"%.1f\">%g</text>\n", MARGIN, y,
                WIDTH - MARGIN, MARGIN - 6, y + 4, pow(10, power));
    }
    fprintf(out, "<text class=\"middle\" x=\"%d\" y=\"%d\">FLOP for each byte</text>\n", WIDTH / 2, HEIGHT - MARGIN + 40);
    fprintf(out, "<text x=\"%d\" y=\"%d\">GFLOP/s</text>\n", MARGIN, MARGIN - 12);
}

static void draw_roof(FILE *out, const Frame *f, const Machine *m)
{
    double ridge = m->gflops / m->gigabytes, low = pow(10, f->left), high = pow(10, f->right);
    double first = fmax(low, pow(10, f->bottom) / m->gigabytes);
    fprintf(out, "<path class=\"roof\" d=\"M%.1f %.1f L%.1f %.1f H%.1f\"/>\n", across(f, first), up(f, first * m->gigabytes),
            across(f, ridge), up(f, m->gflops), across(f, high));
    fprintf(out, "<text class=\"end\" x=\"%d\" y=\"%.1f\">%.0f GFLOP/s, %.1f GB/s from memory</text>\n", WIDTH - MARGIN,
            up(f, m->gflops) - 8, m->gflops, m->gigabytes);
}

static void draw_kernels(FILE *out, const Frame *f, const ProfileTable *table, int which)
{
    for (int i = 0; i < table->count; i++) {
        const KernelTime *k = &table->kernels[i];
        double share = k->seconds / table->seconds;
        if (!has_place(k))
            continue;
        double x = across(f, k->flops / k->bytes), y = up(f, k->flops / k->seconds * 1e-9), radius = 2 + 22 * sqrt(share);
        fprintf(out, "<circle class=\"t%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"><title>", which, x, y, radius);
        markup_text(out, k->name);
        fprintf(out, ", line %d, %lld items: %.1f us, %.1f %%</title></circle>\n", k->line, (long long)table->items,
                k->seconds * 1e6, share * 100);
        if (share < 0.05)
            continue;
        fprintf(out, "<text x=\"%.1f\" y=\"%.1f\">", x + radius + 2, y + 4);
        markup_text(out, k->name);
        fprintf(out, "</text>\n");
    }
}

static void draw(FILE *out, const char *title, const ProfileTable *tables, int count, const Machine *machine)
{
    static const char style[] = "text{font:12px sans-serif;fill:#222}.middle{text-anchor:middle}.end{text-anchor:end}"
                                ".grid{stroke:#ddd}.roof{stroke:#222;stroke-width:2;fill:none}"
                                "circle{fill-opacity:.55}.t0{fill:#1b6ca8}.t1{fill:#d1495b}";
    Frame f = frame_of(tables, count, machine);
    fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\"><style>%s</style>\n", WIDTH, HEIGHT, style);
    fprintf(out, "<rect width=\"%d\" height=\"%d\" fill=\"white\"/><text class=\"middle\" x=\"%d\" y=\"24\">", WIDTH, HEIGHT, WIDTH / 2);
    markup_text(out, title);
    fprintf(out, ": blue %lld item, red %lld items</text>\n", (long long)tables[0].items, (long long)tables[count - 1].items);
    draw_axes(out, &f);
    draw_roof(out, &f, machine);
    for (int i = 0; i < count; i++)
        draw_kernels(out, &f, &tables[i], i);
    fprintf(out, "</svg>\n");
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
