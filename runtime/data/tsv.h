/* SPDX-License-Identifier: Apache-2.0
 *
 * Records, one a line, in UTF-8 with LF or CR LF:
 *
 *   labelled text   label TAB text           (further TABs belong to the text)
 *   plain text      text
 *   features        label TAB numbers        (parted by TABs or blanks)
 *   numbers         numbers                  (the same, no label)
 *
 * Labels: runtime/data/classes.h. Empty lines are skipped, but in plain text
 * they are empty texts. A byte order mark is skipped.
 */
#ifndef NND_RUNTIME_DATA_TSV_H
#define NND_RUNTIME_DATA_TSV_H

#include "runtime/data/classes.h"
#include "runtime/data/file.h"

typedef enum NndTsvForm {
    NND_TSV_LABELLED, /* label TAB text */
    NND_TSV_PLAIN,    /* text */
    NND_TSV_FEATURES, /* label TAB numbers */
    NND_TSV_NUMBERS   /* numbers */
} NndTsvForm;

typedef struct NndTsv {
    int64_t count;
    NndText *texts;   /* [count]; NULL for features and numbers */
    int32_t *labels;  /* [count]; NULL for plain text and numbers */
    float *features; /* [count, width]; features and numbers only */
    int64_t width;
    NndClasses classes;
    NndFile file; /* what the texts point into */
} NndTsv;

/* `given` may be NULL. Gzip is decompressed. */
NndStatus nnd_tsv_load(NndTsv *out, const char *path, NndTsvForm form, const NndClasses *given,
                       NndError *error);

/* Takes over `file`, whose data ends with a NUL, also when it fails; `name` is for errors. */
NndStatus nnd_tsv_parse(NndTsv *out, NndFile *file, const char *name, NndTsvForm form,
                        const NndClasses *given, NndError *error);

void nnd_tsv_free(NndTsv *tsv);

#endif
