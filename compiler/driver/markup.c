/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/markup.h"

void markup_text(FILE *out, const char *text)
{
    for (const char *p = text; *p; p++)
        switch (*p) {
        case '&': fputs("&amp;", out); break;
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '"': fputs("&quot;", out); break;
        default: putc((unsigned char)*p < ' ' ? ' ' : *p, out);
        }
}
