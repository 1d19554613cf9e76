/* SPDX-License-Identifier: Apache-2.0 */
#include "markup/table.h"

#include <math.h>
#include <string.h>

#include "markup/text.h"

static void put_head(FILE *out, const char *head)
{
    bool number = *head == '#';
    fprintf(out, "<th scope=\"col\"%s>", number ? " class=\"r\"" : "");
    markup_text(out, head + number);
    fputs("</th>", out);
}

void table_begin(FILE *out, const char *caption, const char *kind, const char *const *heads,
                 int count)
{
    fputs("<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-label=\"", out);
    markup_text(out, caption);
    fputs("\"><table><caption><span class=\"c\">", out);
    markup_text(out, caption);
    if (kind) {
        fputs(" <span class=\"kind\">", out);
        markup_text(out, kind);
        fputs("</span>", out);
    }
    fputs("</span></caption><thead><tr>", out);
    for (int i = 0; i < count; i++)
        put_head(out, heads[i]);
    fputs("</tr></thead><tbody>\n", out);
}

void table_end(FILE *out)
{
    fputs("</tbody></table></div>\n", out);
}

void table_group(FILE *out, const char *name, int columns)
{
    fprintf(out, "</tbody><tbody><tr><th scope=\"rowgroup\" colspan=\"%d\">", columns);
    markup_text(out, name);
    fputs("</th></tr>\n", out);
}

void table_row(FILE *out, const char *name)
{
    fputs("<tr><th scope=\"row\">", out);
    markup_text(out, name);
    fputs("</th>", out);
}

void table_row_end(FILE *out)
{
    fputs("</tr>\n", out);
}

void table_text(FILE *out, const char *text)
{
    fputs("<td>", out);
    markup_text(out, text);
    fputs("</td>", out);
}

static void put_value(FILE *out, double value, int digits, bool best)
{
    if (isnan(value))
        fputs("–", out);
    else
        fprintf(out, best ? "<b>%s%.*f</b>" : "%s%.*f", value < 0 ? "−" : "", digits, fabs(value));
}

/* Least and largest value; words between them if a sign could be taken for a dash. */
static void put_spread(FILE *out, double low, double high, int digits)
{
    fputs("<small>", out);
    put_value(out, low, digits, false);
    fputs(low < 0 ? " to " : "–", out);
    put_value(out, high, digits, false);
    fputs("</small>", out);
}

void table_number(FILE *out, double value, int digits, bool best)
{
    table_range(out, value, NAN, NAN, digits, best);
}

void table_range(FILE *out, double value, double low, double high, int digits, bool best)
{
    fputs("<td class=\"r\">", out);
    put_value(out, value, digits, best);
    if (!isnan(low) && !isnan(high))
        put_spread(out, low, high, digits);
    fputs("</td>", out);
}

void table_rough(FILE *out, double value)
{
    double size = fabs(value);
    int digits = size > 0 && size < 100 ? 2 - (int)floor(log10(size)) : 0;
    table_number(out, value, digits < 9 ? digits : 9, false);
}

void table_count(FILE *out, double value)
{
    char digits[32];
    if (isnan(value) || fabs(value) > 1e15) {
        table_rough(out, value);
        return;
    }
    size_t size = (size_t)snprintf(digits, sizeof digits, "%.0f", value);
    fputs("<td class=\"r\">", out);
    for (size_t i = 0; i < size; i++) {
        size_t left = size - i;
        bool inside = i > 0 && digits[i - 1] != '-';
        fprintf(out, "%s%c", inside && left % 3 == 0 ? "," : "", digits[i]);
    }
    fputs("</td>", out);
}
