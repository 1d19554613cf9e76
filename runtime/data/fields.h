/* SPDX-License-Identifier: Apache-2.0
 *
 * What a model wants to be told of each item: its targets and inputs, in order
 * of declaration. Each is filled from a column of a data file; inputs that mark
 * the phrases of a text are made from that text and are no fields.
 *
 * Stored form, in model files: a line a field, `target class NAME`,
 * `target numbers WIDTH NAME`, `input text NAME`, `input numbers WIDTH NAME`.
 */
#ifndef NND_RUNTIME_DATA_FIELDS_H
#define NND_RUNTIME_DATA_FIELDS_H

#include "runtime/data/classes.h"

typedef enum NndFieldKind { NND_FIELD_TEXT, NND_FIELD_NUMBERS, NND_FIELD_CLASS } NndFieldKind;

typedef struct NndField {
    char *name; /* owned */
    NndFieldKind kind;
    bool target;
    int64_t width;      /* NUMBERS: how many an item has */
    NndClasses classes; /* CLASS: their names; none as long as they are not known */
    bool has_threshold; /* CLASS of two: */
    double threshold;   /* the score from which class 1 is predicted */
} NndField;

typedef struct NndFields {
    NndField *items; /* [count], owned */
    int count;
} NndFields;

/* Appends a field; copies the name. */
NndStatus nnd_fields_add(NndFields *fields, NndText name, NndFieldKind kind, bool target, int64_t width,
                         NndError *error);
void nnd_fields_free(NndFields *fields);

/* The number of the field of this name, or -1. */
int nnd_fields_find(const NndFields *fields, NndText name);

/* The number of target `index` (from 0), or -1 if there are not so many. */
int nnd_fields_target(const NndFields *fields, int index);
int nnd_fields_count(const NndFields *fields, bool targets); /* how many targets, how many inputs */

/* The only target that is a class, or -1 if there is none, or more than one. */
int nnd_fields_only_class(const NndFields *fields);

/* `name` is for errors. */
NndStatus nnd_fields_parse(NndFields *out, NndText stored, const char *name, NndError *error);
/* The stored form, for the caller to free; NULL: out of memory. */
char *nnd_fields_stored(const NndFields *fields);

/* For models with fields that no data file can fill. */
NndStatus nnd_fields_unreadable(bool target, const char *name, NndError *error);

#endif
