/* SPDX-License-Identifier: Apache-2.0 */
#include "markup/text.h"

#include <string.h>

void markup_bytes(FILE *out, const char *data, size_t size)
{
    for (const char *p = data; p < data + size; p++)
        switch (*p) {
        case '&': fputs("&amp;", out); break;
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '"': fputs("&quot;", out); break;
        default: putc((unsigned char)*p < ' ' ? ' ' : *p, out);
        }
}

void markup_text(FILE *out, const char *text)
{
    markup_bytes(out, text, strlen(text));
}
