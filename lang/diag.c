/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/diag.h"

#include <stdarg.h>
#include <stdlib.h>

typedef struct DiagInfo {
    const char *name;
    DiagSeverity severity;
    const char *format;
} DiagInfo;

static const DiagInfo infos[DIAG_COUNT] = {
#define DIAG(code, severity, format) [code] = {#code, severity, format},
#include "lang/diags.def"
};

Diags *diags_new(Arena *arena)
{
    Diags *diags = ARENA_NEW(arena, Diags);
    diags->arena = arena;
    return diags;
}

const char *diag_code_name(DiagCode code)
{
    return infos[code].name;
}

/* The format is a row of diags.def, which DIAG's users and -Wformat cannot see. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static const char *message_text(Arena *arena, DiagCode code, va_list args)
{
    return arena_vprintf(arena, infos[code].format, args);
}
#pragma GCC diagnostic pop

Diag *diag_report(Diags *diags, Span span, DiagCode code, ...)
{
    Diag *diag = ARENA_NEW(diags->arena, Diag);
    diag->code = code;
    diag->severity = infos[code].severity;
    diag->span = span;
    va_list args;
    va_start(args, code);
    diag->message = message_text(diags->arena, code, args);
    va_end(args);
    if (diag->severity == DIAG_ERROR && ++diags->error_count > DIAG_LIMIT)
        diags->overflow = true;
    else
        vec_push(diags->arena, &diags->items, diag);
    return diag;
}

void diag_label(Diags *diags, Diag *diag, Span span, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    DiagLabel label = {span, arena_vprintf(diags->arena, format, args)};
    va_end(args);
    vec_push(diags->arena, &diag->labels, label);
}

void diag_note(Diags *diags, Diag *diag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *note = arena_vprintf(diags->arena, format, args);
    va_end(args);
    vec_push(diags->arena, &diag->notes, note);
}

void diag_help(Diags *diags, Diag *diag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    diag->help = arena_vprintf(diags->arena, format, args);
    va_end(args);
}

enum { NAME_MAX_LENGTH = 64 };

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance; names longer than the limit are compared by their beginning. */
static int edit_distance(const char *a, const char *b)
{
    int row[NAME_MAX_LENGTH + 1];
    int m = least((int)strlen(a), NAME_MAX_LENGTH), n = least((int)strlen(b), NAME_MAX_LENGTH);
    for (int j = 0; j <= n; j++)
        row[j] = j;
    for (int i = 1; i <= m; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            int above = row[j];
            row[j] = least(least(row[j - 1], above) + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[n];
}

const char *diag_nearest(const char *name, const char *const *candidates, int count)
{
    int limit = (int)strlen(name) <= 3 ? 1 : (int)strlen(name) / 3 + 1;
    const char *nearest = NULL;
    for (int i = 0; i < count; i++) {
        int distance = edit_distance(name, candidates[i]);
        if (distance && distance <= limit) {
            limit = distance - 1;
            nearest = candidates[i];
        }
    }
    return nearest;
}
