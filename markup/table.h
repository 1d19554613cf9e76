/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of a page: a caption, heads with their scope, numbers aligned. A wide table scrolls in its
 * own box, with the keyboard too.
 *
 *     table_begin(out, "Results", "synthetic", (const char *[]){"system", "#F1", "note"}, 3);
 *     table_group(out, "a site", 3);
 *     table_row(out, "a system");
 *     table_number(out, 0.93, 3, false);
 *     table_text(out, "-");
 *     table_row_end(out);
 *     table_end(out);
 */
#ifndef NND_MARKUP_TABLE_H
#define NND_MARKUP_TABLE_H

#include <stdbool.h>
#include <stdio.h>

/* A head that begins with # is one of numbers. `kind` stands behind the caption, or NULL. */
void table_begin(FILE *out, const char *caption, const char *kind, const char *const *heads,
                 int count);
void table_end(FILE *out);

/* A head of the rows that follow, over all columns. */
void table_group(FILE *out, const char *name, int columns);

/* A row begins with its head. */
void table_row(FILE *out, const char *name);
void table_row_end(FILE *out);

void table_text(FILE *out, const char *text);
/* A dash if the value is NaN, as in all cells of numbers. */
void table_number(FILE *out, double value, int digits, bool best);
/* With the least and largest value below it, if these are numbers. */
void table_range(FILE *out, double value, double low, double high, int digits, bool best);
/* Three significant digits. */
void table_rough(FILE *out, double value);
/* A whole number, its thousands parted. */
void table_count(FILE *out, double value);

#endif
