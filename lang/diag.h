/* SPDX-License-Identifier: Apache-2.0
 *
 * Diagnostics: what is wrong with a program, where, why, and what to do about
 * it. The texts are rows of lang/diags.def. Reporting never stops anything;
 * whoever reports returns a poisoned value (a NULL node, TY_ERROR) so that
 * nothing is reported twice.
 */
#ifndef NND_LANG_DIAG_H
#define NND_LANG_DIAG_H

#include <stdbool.h>
#include <stdio.h>

#include "lang/source.h"

typedef enum DiagCode {
#define DIAG(code, severity, format) code,
#include "lang/diags.def"
    DIAG_COUNT
} DiagCode;

typedef enum DiagSeverity { DIAG_ERROR, DIAG_WARNING } DiagSeverity;

typedef struct DiagLabel {
    Span span;
    const char *text;
} DiagLabel;

typedef struct Diag {
    DiagCode code;
    DiagSeverity severity;
    Span span;
    const char *message;
    VEC(DiagLabel) labels;    /* further spans; those on the line of the message are drawn below it */
    VEC(const char *) notes;  /* "= ..." lines: expected and found, where each value comes from */
    const char *help;         /* or NULL */
} Diag;

typedef struct Diags {
    Arena *arena;
    VEC(Diag *) items;
    int error_count;
    bool overflow; /* more than DIAG_LIMIT errors: the rest is dropped */
} Diags;

enum { DIAG_LIMIT = 50 };

typedef enum DiagStyle { DIAG_PLAIN, DIAG_COLOUR, DIAG_JSON } DiagStyle;

Diags *diags_new(Arena *arena);

/* Reports `code` at `span`; the arguments fill its format. Never NULL, so notes can follow:
 *     Diag *d = diag_report(ds, span, E_SHAPE_MISMATCH, ...);
 *     diag_note(ds, d, "`%s` is %s because ...", ...);
 */
Diag *diag_report(Diags *diags, Span span, DiagCode code, ...);
void diag_label(Diags *diags, Diag *diag, Span span, const char *format, ...) __attribute__((format(printf, 4, 5)));
void diag_note(Diags *diags, Diag *diag, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_help(Diags *diags, Diag *diag, const char *format, ...) __attribute__((format(printf, 3, 4)));

const char *diag_code_name(DiagCode code); /* "E_SHAPE_MISMATCH" */
void diags_print(const Diags *diags, DiagStyle style, FILE *file);

/* The candidate nearest to `name` by edit distance, if one is near enough, else NULL. */
const char *diag_nearest(const char *name, const char *const *candidates, int count);

#endif
