/* SPDX-License-Identifier: Apache-2.0
 *
 * ARFF, the format of Weka, as far as text classification uses it: exactly one
 * string attribute (the text) and a nominal one (the class; the last, if there
 * are several). Values of other attributes are read over. Comments (%), quoted
 * names and values, and the escapes \n \t \r \\ \' \" \% \uXXXX are understood;
 * sparse rows, relational attributes and missing texts or classes are errors.
 * White space of a text, escaped or not, becomes single blanks.
 */
#ifndef NND_RUNTIME_DATA_ARFF_H
#define NND_RUNTIME_DATA_ARFF_H

#include "runtime/data/classes.h"
#include "runtime/data/file.h"

typedef struct NndArff {
    int64_t count;
    NndText *texts;  /* [count] */
    int32_t *labels; /* [count], index into classes */
    NndClasses classes;
    char *buffer; /* what the texts point into */
} NndArff;

NndStatus nnd_arff_load(NndArff *out, const char *path, NndError *error);
NndStatus nnd_arff_parse(NndArff *out, NndText source, const char *name, NndError *error);
void nnd_arff_free(NndArff *arff);

/* Writes `label TAB text` lines (runtime/data/tsv.h), labels by name. */
NndStatus nnd_arff_to_tsv(const char *arff_path, const char *tsv_path, NndError *error);

#endif
