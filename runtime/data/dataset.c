/* SPDX-License-Identifier: Apache-2.0
 *
 * Loading; texts are encoded in encode.c, batches, orders and splits are in batch.c.
 */
#include "runtime/data/dataset.h"

#include "runtime/data/idx.h"
#include "runtime/data/sentences.h"
#include "runtime/data/tsv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void free_column(NndColumn *column)
{
    free(column->labels);
    nnd_classes_free(&column->classes);
    free(column->f32);
    free(column->texts);
    free(column->offsets);
    free(column->tokens);
    free(column->marks);
    free(column->sentences);
    free(column->sentence_ends);
}

void nnd_dataset_free(NndDataset *set)
{
    for (int i = 0; set->columns && i < set->fields->count; i++)
        free_column(&set->columns[i]);
    free(set->columns);
    nnd_file_free(&set->file);
    *set = (NndDataset){0};
}

NndStatus nnd_dataset_new(NndDataset *out, const NndFields *fields, NndError *error)
{
    *out = (NndDataset){.fields = fields, .columns = calloc((size_t)fields->count + 1, sizeof *out->columns)};
    if (!out->columns)
        return nnd_fail(error, NND_ENOMEM, "out of memory for a data set");
    for (int i = 0; i < fields->count; i++)
        out->columns[i].scale = 1.0f / 255.0f;
    return NND_OK;
}

const NndColumn *nnd_dataset_column(const NndDataset *set, const char *name)
{
    int field = nnd_fields_find(set->fields, (NndText){name, strlen(name)});
    return field < 0 ? NULL : &set->columns[field];
}

static bool ends_with(const char *path, const char *suffix)
{
    size_t length = strlen(path), tail = strlen(suffix);
    if (length > 3 && strcmp(path + length - 3, ".gz") == 0)
        length -= 3;
    return length > tail && memcmp(path + length - tail, suffix, tail) == 0;
}

/* ---- images ---- */

static NndStatus number_labels(NndColumn *out, const NndIdx *idx, const char *path,
                               const NndClasses *given, NndError *error)
{
    int32_t highest = -1;
    out->labels = malloc(((size_t)idx->size + 1) * sizeof *out->labels);
    if (!out->labels)
        return nnd_fail(error, NND_ENOMEM, "%s: out of memory", path);
    for (int64_t i = 0; i < idx->size; i++) {
        out->labels[i] = idx->data[i];
        if (given && out->labels[i] >= given->count)
            return nnd_fail(error, NND_EFORMAT, "%s: byte %lld: label %d is none of the %d classes",
                            path, 8 + (long long)i, (int)out->labels[i], (int)given->count);
        highest = out->labels[i] > highest ? out->labels[i] : highest;
    }
    if (given)
        return nnd_classes_copy(&out->classes, given, error);
    NndStatus status = NND_OK;
    for (int32_t i = 0; i <= highest && !status; i++) {
        char name[8];
        int size = snprintf(name, sizeof name, "%d", (int)i);
        status = nnd_classes_add(&out->classes, (NndText){name, (size_t)size}, error);
    }
    return status;
}

static NndStatus load_labels(NndDataset *out, int target, const char *path, NndError *error)
{
    const NndClasses *given = out->fields->items[target].classes.count ? &out->fields->items[target].classes : NULL;
    NndIdx idx;
    NndStatus status = nnd_idx_load(&idx, path, error);
    if (status)
        return status;
    if (idx.rank != 1)
        status = nnd_fail(error, NND_EFORMAT, "%s: byte 3: labels have rank 1, not %d", path,
                          (int)idx.rank);
    else if (idx.size != out->count)
        status = nnd_fail(error, NND_EFORMAT, "%s: byte 4: %lld labels for %lld images", path,
                          (long long)idx.size, (long long)out->count);
    else
        status = number_labels(&out->columns[target], &idx, path, given, error);
    nnd_idx_free(&idx);
    return status;
}

/* The rank and size of an image; the pixels stay in the file's memory. */
static NndStatus take_images(NndDataset *out, int input, NndIdx *idx, const char *path, NndError *error)
{
    NndColumn *column = &out->columns[input];
    out->file = idx->file;
    out->count = idx->dims[0];
    column->u8 = idx->data;
    column->width = 1;
    for (int i = 1; i < idx->rank && column->width <= INT32_MAX; i++)
        column->width *= idx->dims[i];
    if (idx->rank < 2 || column->width < 1 || column->width > INT32_MAX)
        return nnd_fail(error, NND_EFORMAT, "%s: byte 3: these are not images", path);
    return NND_OK;
}

/* The labels of images are in a file of their own beside them. */
static NndStatus find_labels(NndDataset *out, int target, const char *path, NndError *error)
{
    char *labels = nnd_idx_labels_path(path);
    if (!labels)
        return nnd_fail(error, NND_ENOMEM, "%s: out of memory", path);
    NndStatus status = access(labels, F_OK) ? nnd_fail(error, NND_EINVAL, "%s: there are no labels: %s is missing", path, labels)
                                            : load_labels(out, target, labels, error);
    free(labels);
    return status;
}

/* Images are all that a model of images reads, and one class is all that their labels tell. */
static NndStatus check_images(const NndFields *fields, bool targets, const char *path, int *input, int *target, NndError *error)
{
    *input = *target = -1;
    for (int i = 0; i < fields->count; i++) {
        const NndField *field = &fields->items[i];
        if (!field->target && field->kind == NND_FIELD_TEXT)
            return nnd_fail(error, NND_EINVAL, "%s: images, but the model reads text (`%s`)", path, field->name);
        if (field->target && !targets)
            continue;
        int *place = field->target ? target : input;
        if (*place >= 0 || (field->target && field->kind != NND_FIELD_CLASS))
            return nnd_fail(error, NND_EINVAL,
                            "%s: files of images have one input and a class; where does `%s` come from? (.tsv files can have all)",
                            path, field->name);
        *place = i;
    }
    return *input < 0 ? nnd_fail(error, NND_EINVAL, "%s: images, but the model has no input", path) : NND_OK;
}

static NndStatus load_images(NndDataset *out, const char *path, NndDataWish wish, NndError *error)
{
    int input, target;
    NndIdx idx;
    NndStatus status = check_images(out->fields, wish.targets, path, &input, &target, error);
    if (!status)
        status = nnd_idx_load(&idx, path, error);
    if (!status)
        status = take_images(out, input, &idx, path, error);
    if (!status && target >= 0)
        status = find_labels(out, target, path, error);
    return status;
}

/* ---- any file ---- */

static NndStatus load_lines(NndDataset *out, const char *path, bool labelled, NndDataWish wish, NndError *error)
{
    const NndFields *fields = out->fields;
    bool targets = wish.targets && nnd_fields_count(fields, true);
    if (targets && !labelled && !wish.columns)
        return nnd_fail(error, NND_EINVAL, "%s: the data has no labels (they are read from .tsv files)", path);
    nnd_dataset_free(out);
    return nnd_tsv_load(out, path, fields, &(NndLayoutWish){wish.columns, labelled, targets}, error);
}

static NndStatus load(NndDataset *out, const char *path, NndDataWish wish, NndError *error)
{
    if (strcmp(path, "-") == 0)
        return load_lines(out, "/dev/stdin", false, wish, error);
    if (ends_with(path, ".txt") || ends_with(path, ".tsv"))
        return load_lines(out, path, ends_with(path, ".tsv"), wish, error);
    if (!nnd_idx_find_images(path))
        return nnd_fail(error, NND_EINVAL,
                        "%s: not a known kind of data file (.tsv, .txt, images-idx3, images-idx4)",
                        path);
    if (wish.columns)
        return nnd_fail(error, NND_EINVAL, "%s: --columns is for files of lines", path);
    return load_images(out, path, wish, error);
}

NndStatus nnd_dataset_load(NndDataset *out, const char *path, const NndFields *fields, NndDataWish wish,
                           NndError *error)
{
    NndStatus status = nnd_dataset_new(out, fields, error);
    if (!status)
        status = load(out, path, wish, error);
    if (status)
        nnd_dataset_free(out);
    return status;
}

/* ---- vocabulary ---- */

static NndStatus add_words(NndVocabBuilder *builder, NndText rest, NndError *error)
{
    NndStatus status = NND_OK;
    for (NndText sentence; !status && nnd_sentence_next(&sentence, &rest);)
        status = nnd_vocab_builder_add(builder, sentence, error);
    return status;
}

NndStatus nnd_dataset_vocab(NndVocab **out, const NndDataset *set, const int64_t *items,
                            int64_t count, int64_t min_count, int32_t max_size, NndError *error)
{
    *out = NULL;
    NndVocabBuilder *builder;
    NndStatus status = nnd_vocab_builder_new(&builder, error);
    if (!items)
        count = set->count;
    for (int c = 0; c < set->fields->count && !status; c++)
        for (int64_t i = 0; set->columns[c].texts && i < count && !status; i++)
            status = add_words(builder, set->columns[c].texts[items ? items[i] : i], error);
    if (!status)
        status = nnd_vocab_finish(out, builder, min_count, max_size, error);
    nnd_vocab_builder_free(builder);
    return status;
}
