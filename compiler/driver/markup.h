/* SPDX-License-Identifier: Apache-2.0
 *
 * Text inside of HTML, SVG and Graphviz's HTML-like labels.
 */
#ifndef NND_COMPILER_DRIVER_MARKUP_H
#define NND_COMPILER_DRIVER_MARKUP_H

#include <stdio.h>

/* The text with its special characters as entities; a blank for bytes that XML cannot have. */
void markup_text(FILE *out, const char *text);

#endif
