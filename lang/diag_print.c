/* SPDX-License-Identifier: Apache-2.0
 *
 * How diagnostics look: as text with the source line and what is below it, or
 * as one JSON object a line.
 *
 *     report.nnd:9:27: error: cannot multiply: axis lengths differ
 *        9 |     score = (h |> tanh) · query
 *          |              ---------- ^ -----
 *          |              |            f32[size = 300]
 *          |              f32[batch, word~, d = 128]
 */
#include <stdlib.h>

#include "lang/diag.h"

typedef struct Colours {
    const char *error, *warning, *strong, *dim, *end;
} Colours;

static const Colours plain = {"", "", "", "", ""};
static const Colours coloured = {"\033[1;31m", "\033[1;35m", "\033[1m", "\033[1;34m", "\033[0m"};

/* Columns, from 0, of a span on one line; at least one wide. */
typedef struct Columns {
    int start, end;
} Columns;

enum { MAX_WIDTH = 200, MAX_LABELS = 8 };

static Columns columns_of(Span span, int line)
{
    Place first = source_place(span.source, span.start);
    Place last = source_place(span.source, span.end);
    Columns columns = {first.column - 1, last.column - 1};
    if (last.line != line) {
        int length;
        const char *text = source_line(span.source, line, &length);
        columns.end = columns.start;
        for (int i = span.start - (int)(text - span.source->text); i < length; i++)
            columns.end += ((unsigned char)text[i] & 0xC0) != 0x80;
    }
    if (columns.end <= columns.start)
        columns.end = columns.start + 1;
    return columns;
}

static bool on_line(Span span, const Source *source, int line)
{
    return span.source == source && source_place(source, span.start).line == line;
}

static void put_margin(FILE *file, const Colours *c, int line)
{
    if (line)
        fprintf(file, "%s%5d |%s ", c->dim, line, c->end);
    else
        fprintf(file, "%s      |%s ", c->dim, c->end);
}

static void put_source_line(FILE *file, const Source *source, int line)
{
    int length;
    const char *text = source_line(source, line, &length);
    for (int i = 0; i < length && i < 4 * MAX_WIDTH; i++)
        fputc((unsigned char)text[i] < 32 ? ' ' : text[i], file);
    fputc('\n', file);
}

static void put_marks(FILE *file, const Colours *c, Columns main, const Columns *labels, int count)
{
    char marks[MAX_WIDTH + 1];
    memset(marks, ' ', MAX_WIDTH);
    for (int i = 0; i < count; i++)
        for (int k = labels[i].start; k < labels[i].end && k < MAX_WIDTH; k++)
            marks[k] = '-';
    for (int k = main.start; k < main.end && k < MAX_WIDTH; k++)
        marks[k] = '^';
    int end = MAX_WIDTH;
    while (end && marks[end - 1] == ' ')
        end--;
    marks[end] = '\0';
    put_margin(file, c, 0);
    fprintf(file, "%s%s%s\n", c->error, marks, c->end);
}

/* The texts of the labels, rightmost first, each below its span. */
static void put_labels(FILE *file, const Colours *c, const DiagLabel *const *labels,
                       const Columns *columns, int count)
{
    bool done[MAX_LABELS] = {false};
    for (int round = 0; round < count; round++) {
        int pick = -1;
        for (int i = 0; i < count; i++)
            if (!done[i] && (pick < 0 || columns[i].start > columns[pick].start))
                pick = i;
        done[pick] = true;
        put_margin(file, c, 0);
        for (int k = 0; k < columns[pick].start; k++) {
            bool bar = false;
            for (int i = 0; i < count; i++)
                bar |= !done[i] && columns[i].start == k;
            fputc(bar ? '|' : ' ', file);
        }
        fprintf(file, "%s\n", labels[pick]->text);
    }
}

static void put_excerpt(FILE *file, const Colours *c, const Diag *diag)
{
    const Source *source = diag->span.source;
    int line = source_place(source, diag->span.start).line;
    const DiagLabel *labels[MAX_LABELS];
    Columns columns[MAX_LABELS];
    int count = 0;
    for (int i = 0; i < diag->labels.count && count < MAX_LABELS; i++)
        if (on_line(diag->labels.data[i].span, source, line)) {
            labels[count] = &diag->labels.data[i];
            columns[count++] = columns_of(diag->labels.data[i].span, line);
        }
    put_margin(file, c, line);
    put_source_line(file, source, line);
    put_marks(file, c, columns_of(diag->span, line), columns, count);
    put_labels(file, c, labels, columns, count);
}

static void put_place(FILE *file, Span span)
{
    Place place = source_place(span.source, span.start);
    fprintf(file, "%s:%d:%d", span.source->path, place.line, place.column);
}

static void put_other_labels(FILE *file, const Colours *c, const Diag *diag)
{
    int line = diag->span.source ? source_place(diag->span.source, diag->span.start).line : 0;
    for (int i = 0; i < diag->labels.count; i++) {
        const DiagLabel *label = &diag->labels.data[i];
        if (!label->span.source || on_line(label->span, diag->span.source, line))
            continue;
        fprintf(file, "     %s=%s ", c->dim, c->end);
        put_place(file, label->span);
        fprintf(file, ": %s\n", label->text);
    }
}

static void print_text(FILE *file, const Colours *c, const Diag *diag)
{
    fputs(c->strong, file);
    if (diag->span.source) {
        put_place(file, diag->span);
        fputs(": ", file);
    }
    bool error = diag->severity == DIAG_ERROR;
    fprintf(file, "%s%s%s: %s%s%s\n", error ? c->error : c->warning, error ? "error" : "warning", c->end,
            c->strong, diag->message, c->end);
    if (diag->span.source)
        put_excerpt(file, c, diag);
    put_other_labels(file, c, diag);
    for (int i = 0; i < diag->notes.count; i++)
        fprintf(file, "     %s=%s %s\n", c->dim, c->end, diag->notes.data[i]);
    if (diag->help)
        fprintf(file, "     %shelp%s: %s\n", c->strong, c->end, diag->help);
}

static void json_string(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text; text++) {
        unsigned char ch = (unsigned char)*text;
        if (ch == '"' || ch == '\\')
            fprintf(file, "\\%c", ch);
        else if (ch < 32)
            fprintf(file, "\\u%04x", ch);
        else
            fputc(ch, file);
    }
    fputc('"', file);
}

static void json_span(FILE *file, Span span)
{
    if (!span.source) {
        fputs("null", file);
        return;
    }
    Place start = source_place(span.source, span.start), end = source_place(span.source, span.end);
    fputs("{\"file\":", file);
    json_string(file, span.source->path);
    fprintf(file, ",\"start\":{\"line\":%d,\"column\":%d,\"byte\":%d}", start.line, start.column, span.start);
    fprintf(file, ",\"end\":{\"line\":%d,\"column\":%d,\"byte\":%d}}", end.line, end.column, span.end);
}

static void print_json(FILE *file, const Diag *diag)
{
    fprintf(file, "{\"code\":\"%s\",\"severity\":\"%s\",\"message\":", diag_code_name(diag->code),
            diag->severity == DIAG_ERROR ? "error" : "warning");
    json_string(file, diag->message);
    fputs(",\"span\":", file);
    json_span(file, diag->span);
    fputs(",\"labels\":[", file);
    for (int i = 0; i < diag->labels.count; i++) {
        fputs(i ? ",{\"span\":" : "{\"span\":", file);
        json_span(file, diag->labels.data[i].span);
        fputs(",\"text\":", file);
        json_string(file, diag->labels.data[i].text);
        fputc('}', file);
    }
    fputs("],\"notes\":[", file);
    for (int i = 0; i < diag->notes.count; i++) {
        fputs(i ? "," : "", file);
        json_string(file, diag->notes.data[i]);
    }
    fputs("],\"help\":", file);
    if (diag->help)
        json_string(file, diag->help);
    else
        fputs("null", file);
    fputs("}\n", file);
}

void diags_print(const Diags *diags, DiagStyle style, FILE *file)
{
    for (int i = 0; i < diags->items.count; i++) {
        if (style == DIAG_JSON)
            print_json(file, diags->items.data[i]);
        else
            print_text(file, style == DIAG_COLOUR ? &coloured : &plain, diags->items.data[i]);
    }
    if (diags->overflow && style != DIAG_JSON)
        fprintf(file, "nnd: only the first %d errors are shown\n", DIAG_LIMIT);
}
