/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts, each with a label if the file has them: what programs read that have no model to tell what
 * they want. A line is `label TAB text`, or the text alone (runtime/data/tsv.h).
 */
#ifndef NND_RUNTIME_DATA_TEXTS_H
#define NND_RUNTIME_DATA_TEXTS_H

#include "runtime/data/classes.h"
#include "runtime/data/file.h"

typedef struct NndTexts {
    int64_t count;
    NndText *texts;  /* [count] */
    int32_t *labels; /* [count]; NULL without labels */
    NndClasses classes;
    NndFile file; /* what the texts point into */
} NndTexts;

/* Gzip is decompressed. After a failure there is nothing to free. */
NndStatus nnd_texts_load(NndTexts *out, const char *path, bool labelled, NndError *error);

/* Takes over `file`, whose data ends with a NUL, also when it fails; `name` is for errors. */
NndStatus nnd_texts_parse(NndTexts *out, NndFile *file, const char *name, bool labelled, NndError *error);

void nnd_texts_free(NndTexts *texts);

#endif
