/* SPDX-License-Identifier: Apache-2.0
 *
 * What the commands of the study have in common: exit status 0 fine, 1 the
 * input is wrong or something failed (said on stderr), 2 wrong usage; and how
 * they read reports.
 */
#ifndef REPORTS_COMMON_COMMAND_H
#define REPORTS_COMMON_COMMAND_H

#include <stdio.h>

#include "runtime/data/texts.h"

enum { EXIT_FINE = 0, EXIT_WRONG_INPUT = 1, EXIT_WRONG_USAGE = 2 };

/* "NAME: ..." on stderr; the status. */
int command_fail(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
int command_usage(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What was printed is on its way; else EXIT_WRONG_INPUT, said. */
int command_flush(const char *name);

/* NAME.tsv (or NAME.tsv.gz) has labels, anything else (- is standard input) is a text a line. */
NndStatus reports_load(NndTexts *out, const char *path, NndError *error);

/* The same, but labels there must be, all of them 0 or 1. */
NndStatus reports_load_labelled(NndTexts *out, const char *path, NndError *error);

/* A number on the command line; false if the text is not one in range. */
bool command_number(double *out, const char *text, double low, double high);

/* A file in memory, to be written when it is whole. */
typedef struct TextFile {
    FILE *stream;
    char *data;
    size_t size;
} TextFile;

NndStatus text_file_open(TextFile *out, NndError *error);

/* Writes the file, whole or not at all, unless `status` says that it is not to be; frees it. */
NndStatus text_file_close(TextFile *file, NndStatus status, const char *path, NndError *error);

#endif
