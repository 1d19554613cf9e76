/* SPDX-License-Identifier: Apache-2.0
 *
 * The classes of a data set. A label in a file is a class number (0, 1, 2, ...
 * without leading zeros) or a class name. Labels that are all numbers keep
 * their numbers; otherwise each different label is a name, numbered in order of
 * first appearance. With classes given (a trained model's, or a list of names),
 * a label must be one of the names or a number below their count.
 */
#ifndef NND_RUNTIME_DATA_CLASSES_H
#define NND_RUNTIME_DATA_CLASSES_H

#include "runtime/data/text.h"
#include "runtime/error.h"

enum { NND_MAX_CLASSES = 65536 };

typedef struct NndClasses {
    char **names; /* [count], owned */
    int32_t count, room;
} NndClasses;

void nnd_classes_free(NndClasses *classes);
NndStatus nnd_classes_add(NndClasses *classes, NndText name, NndError *error);
NndStatus nnd_classes_copy(NndClasses *out, const NndClasses *classes, NndError *error);

/* One name a line. */
NndStatus nnd_classes_load(NndClasses *out, const char *path, NndError *error);

/* The number of the class of this name, or -1. */
int32_t nnd_classes_find(const NndClasses *classes, NndText name);

/* Turns the labels of a file into class numbers, by the rules above. `given`
 * may be NULL. lines[i] is the line of label i, for errors; `name` the file's. */
NndStatus nnd_classes_number(NndClasses *out, int32_t *numbers, const NndText *labels,
                             const int64_t *lines, int64_t count, const NndClasses *given,
                             const char *name, NndError *error);

#endif
