/* SPDX-License-Identifier: Apache-2.0
 *
 * The output folder of examples/reports/run, as the sections of the page read it. Errors are
 * sticky: the first is kept, readers then give nothing, and no page is written. A file that is not
 * there is no error but a note in the page: its step was not run.
 */
#ifndef REPORTS_REPORT_STUDY_H
#define REPORTS_REPORT_STUDY_H

#include <jansson.h>
#include <stdio.h>

#include "examples/reports/report/records.h"
#include "markup/chart.h"

enum { STUDY_MAX_SYSTEMS = 32, STUDY_MAX_NAMES = 64 };

typedef struct System {
    const char *name, *title, *kind, *network, *options;
    bool extra; /* not one of the study's seven */
} System;

typedef struct StudyBlock StudyBlock;

typedef struct Study {
    const char *folder;
    FILE *out; /* the page */
    System systems[STUDY_MAX_SYSTEMS];
    int system_count;
    NndStatus status;
    NndError *error;
    StudyBlock *blocks;
} Study;

/* Reads which systems there are. */
NndStatus study_open(Study *out, const char *folder, FILE *page, NndError *error);
void study_close(Study *study);

/* Whether there is such a file of the folder. */
bool study_has(const Study *study, const char *path);

/* Files of the folder; NULL after an error, and if there is none, which the page then says. What
 * they give lives as long as the study. */
const Records *study_records(Study *study, const char *path, const char *const *wishes,
                             int wish_count);
const NndFile *study_text(Study *study, const char *path);
/* Of JSON; the caller does not release it. */
json_t *study_json(Study *study, const char *path);
json_t *study_json_line(Study *study, const char *path, const char *data, size_t size, int line);

/* The note in the page that there is no such file. */
void study_missing(Study *study, const char *path);

/* The first error stays. */
void study_fail(Study *study, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Zeros, that live as long as the study; NULL after an error. */
void *study_alloc(Study *study, size_t count, size_t size);
char *study_print(Study *study, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The place of a system in `systems`; -1 for one that is not known. */
int study_system(const Study *study, const char *name);
/* What to call it; `name` if it is not known. */
const char *study_title(const Study *study, const char *name);
/* How its lines look in all charts. */
Look study_look(const Study *study, int system);

/* What a task is about, for captions. */
const char *study_task(const char *task);

#endif
