/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/classes.h"

#include "runtime/data/file.h"
#include "runtime/data/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void nnd_classes_free(NndClasses *classes)
{
    for (int32_t i = 0; i < classes->count; i++)
        free(classes->names[i]);
    free(classes->names);
    *classes = (NndClasses){0};
}

NndStatus nnd_classes_add(NndClasses *classes, NndText name, NndError *error)
{
    if (classes->count == NND_MAX_CLASSES)
        return nnd_fail(error, NND_EFORMAT, "more than %d classes", NND_MAX_CLASSES);
    if (classes->count == classes->room) {
        int32_t room = classes->room ? classes->room * 2 : 8;
        char **names = realloc(classes->names, (size_t)room * sizeof *names);
        if (!names)
            return nnd_fail(error, NND_ENOMEM, "out of memory for %d classes", (int)room);
        classes->names = names;
        classes->room = room;
    }
    char *copy = strndup(name.data ? name.data : "", name.size);
    if (!copy)
        return nnd_fail(error, NND_ENOMEM, "out of memory for a class name");
    classes->names[classes->count++] = copy;
    return NND_OK;
}

static NndText name_of(const NndClasses *classes, int32_t i)
{
    return (NndText){classes->names[i], strlen(classes->names[i])};
}

NndStatus nnd_classes_copy(NndClasses *out, const NndClasses *classes, NndError *error)
{
    *out = (NndClasses){0};
    for (int32_t i = 0; i < classes->count; i++) {
        NndStatus status = nnd_classes_add(out, name_of(classes, i), error);
        if (status) {
            nnd_classes_free(out);
            return status;
        }
    }
    return NND_OK;
}

static NndStatus read_names(NndClasses *out, NndText rest, const char *path, NndError *error)
{
    NndText line;
    if (nnd_utf8_check(rest) < rest.size)
        return nnd_fail(error, NND_EFORMAT, "%s: byte %zu: not UTF-8", path, nnd_utf8_check(rest));
    for (int64_t number = 1; nnd_text_line(&line, &rest); number++) {
        if (!line.size)
            return nnd_fail(error, NND_EFORMAT, "%s:%lld: empty class name", path,
                            (long long)number);
        NndStatus status = nnd_classes_add(out, line, error);
        if (status)
            return status;
    }
    return NND_OK;
}

NndStatus nnd_classes_load(NndClasses *out, const char *path, NndError *error)
{
    enum { MAX_FILE = 1 << 24 };
    *out = (NndClasses){0};
    NndFile file;
    NndStatus status = nnd_file_read(&file, path, MAX_FILE, error);
    if (status)
        return status;
    status = read_names(out, (NndText){file.data, file.size}, path, error);
    nnd_file_free(&file);
    if (status)
        nnd_classes_free(out);
    return status;
}

int32_t nnd_classes_find(const NndClasses *classes, NndText name)
{
    for (int32_t i = 0; i < classes->count; i++)
        if (nnd_text_equal(name_of(classes, i), name))
            return i;
    return -1;
}

/* The class number that a label spells, or -1. */
static int32_t number_of(NndText label)
{
    int32_t number = 0;
    if (!label.size || label.size > 5 || (label.data[0] == '0' && label.size > 1))
        return -1;
    for (size_t i = 0; i < label.size; i++) {
        if (label.data[i] < '0' || label.data[i] > '9')
            return -1;
        number = number * 10 + (label.data[i] - '0');
    }
    return number < NND_MAX_CLASSES ? number : -1;
}

static NndStatus make_numbered(NndClasses *out, int32_t count, NndError *error)
{
    NndStatus status = NND_OK;
    for (int32_t i = 0; i < count && !status; i++) {
        char name[16];
        int size = snprintf(name, sizeof name, "%d", (int)i);
        status = nnd_classes_add(out, (NndText){name, (size_t)size}, error);
    }
    return status;
}

/* Reads all labels as numbers; false if one is not. */
static bool all_numbers(int32_t *numbers, int32_t *classes, const NndText *labels, int64_t count)
{
    *classes = 0;
    for (int64_t i = 0; i < count; i++) {
        numbers[i] = number_of(labels[i]);
        if (numbers[i] < 0)
            return false;
        if (numbers[i] >= *classes)
            *classes = numbers[i] + 1;
    }
    return true;
}

static NndStatus collect(NndClasses *out, int32_t *numbers, const NndText *labels, int64_t count,
                         NndError *error)
{
    NndWords words = {0};
    NndStatus status = NND_OK;
    for (int64_t i = 0; i < count && !status; i++) {
        numbers[i] = nnd_words_add(&words, labels[i]);
        if (numbers[i] < 0)
            status = nnd_fail(error, NND_ENOMEM, "out of memory for class names");
        else if (numbers[i] == out->count)
            status = nnd_classes_add(out, labels[i], error);
    }
    nnd_words_free(&words);
    return status;
}

static NndStatus match(const NndClasses *given, int32_t *numbers, const NndText *labels,
                       const int64_t *lines, int64_t count, const char *name, NndError *error)
{
    NndWords words = {0};
    NndStatus status = NND_OK;
    bool distinct = true;
    for (int32_t i = 0; i < given->count && !status; i++) {
        int32_t added = nnd_words_add(&words, name_of(given, i));
        distinct = distinct && added == i;
        if (added < 0)
            status = nnd_fail(error, NND_ENOMEM, "out of memory for class names");
    }
    if (!status && !distinct)
        status = nnd_fail(error, NND_EINVAL, "%s: a class name was given twice", name);
    for (int64_t i = 0; i < count && !status; i++) {
        int32_t number = nnd_words_find(&words, labels[i]);
        if (number < 0)
            number = number_of(labels[i]);
        numbers[i] = number;
        if (number < 0 || number >= given->count)
            status = nnd_fail(error, NND_EFORMAT,
                              "%s:%lld: label '%.*s' is none of the %d classes", name,
                              (long long)lines[i], (int)(labels[i].size < 80 ? labels[i].size : 80),
                              labels[i].data, (int)given->count);
    }
    nnd_words_free(&words);
    return status;
}

NndStatus nnd_classes_number(NndClasses *out, int32_t *numbers, const NndText *labels,
                             const int64_t *lines, int64_t count, const NndClasses *given,
                             const char *name, NndError *error)
{
    *out = (NndClasses){0};
    NndStatus status;
    int32_t classes;
    if (given) {
        status = match(given, numbers, labels, lines, count, name, error);
        if (!status)
            status = nnd_classes_copy(out, given, error);
    } else if (all_numbers(numbers, &classes, labels, count)) {
        status = make_numbered(out, classes, error);
    } else {
        status = collect(out, numbers, labels, count, error);
    }
    if (status)
        nnd_classes_free(out);
    return status;
}
