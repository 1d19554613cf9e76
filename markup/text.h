/* SPDX-License-Identifier: Apache-2.0
 *
 * markup/ writes HTML and SVG for all that draw: texts (this file), pages (page.h), tables
 * (table.h), charts (chart.h) and figures of them (figure.h), heat maps of texts (heat.h). It knows
 * nothing of models, allocates nothing and keeps nothing; all of it prints to a stream, the same
 * bytes for the same calls.
 */
#ifndef NND_MARKUP_TEXT_H
#define NND_MARKUP_TEXT_H

#include <stdio.h>

/* The text with its special characters as entities, for HTML, SVG and Graphviz's HTML-like labels;
 * a blank for bytes that XML cannot have. */
void markup_text(FILE *out, const char *text);
void markup_bytes(FILE *out, const char *data, size_t size);

#endif
