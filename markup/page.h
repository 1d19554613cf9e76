/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages of HTML that need nothing else: one style for all, for phones, desks and paper, light and
 * dark. What is wide (table.h) scrolls in its own box. The pages are XML too.
 */
#ifndef NND_MARKUP_PAGE_H
#define NND_MARKUP_PAGE_H

#include <stdio.h>

/* Everything up to the heading of first order, the title. The body is in <main>. */
void page_begin(FILE *out, const char *title);
void page_end(FILE *out);

#endif
