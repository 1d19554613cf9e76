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

void nnd_dataset_free(NndDataset *set)
{
    free(set->labels);
    nnd_classes_free(&set->classes);
    free(set->texts);
    free(set->offsets);
    free(set->tokens);
    free(set->marks);
    free(set->sentences);
    free(set->sentence_ends);
    free(set->f32);
    nnd_file_free(&set->file);
    *set = (NndDataset){0};
}

static bool ends_with(const char *path, const char *suffix)
{
    size_t length = strlen(path), tail = strlen(suffix);
    if (length > 3 && strcmp(path + length - 3, ".gz") == 0)
        length -= 3;
    return length > tail && memcmp(path + length - tail, suffix, tail) == 0;
}

static NndStatus load_lines(NndDataset *out, const char *path, NndTsvForm form,
                            const NndClasses *given, NndError *error)
{
    NndTsv tsv;
    NndStatus status = nnd_tsv_load(&tsv, path, form, given, error);
    if (status)
        return status;
    out->count = tsv.count;
    out->labels = tsv.labels;
    out->classes = tsv.classes;
    out->texts = tsv.texts;
    out->f32 = tsv.features;
    out->rank = 1;
    out->shape[0] = out->item_size = tsv.width;
    out->file = tsv.file;
    return NND_OK;
}

static NndStatus number_labels(NndDataset *out, const NndIdx *idx, const char *path,
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

static NndStatus load_labels(NndDataset *out, const char *path, const NndClasses *given,
                             NndError *error)
{
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
        status = number_labels(out, &idx, path, given, error);
    nnd_idx_free(&idx);
    return status;
}

/* Where the file name says which kind of images it holds: "images-idx3". */
static const char *find_images(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *three = strstr(base, "images-idx3");
    return three ? three : strstr(base, "images-idx4");
}

static NndStatus load_images(NndDataset *out, const char *path, const NndClasses *given,
                             NndError *error)
{
    NndIdx idx;
    NndStatus status = nnd_idx_load(&idx, path, error);
    if (status)
        return status;
    out->file = idx.file;
    out->u8 = idx.data;
    out->count = idx.dims[0];
    out->rank = idx.rank - 1;
    out->item_size = 1;
    for (int i = 0; i < out->rank && out->item_size <= INT32_MAX; i++) {
        out->shape[i] = idx.dims[i + 1];
        out->item_size *= out->shape[i];
    }
    if (out->rank < 1 || out->item_size < 1 || out->item_size > INT32_MAX)
        return nnd_fail(error, NND_EFORMAT, "%s: byte 3: these are not images", path);
    const char *images = find_images(path);
    size_t name = strlen("images-idx3");
    char *labels;
    if (asprintf(&labels, "%.*slabels-idx1%s", (int)(images - path), path, images + name) < 0)
        return nnd_fail(error, NND_ENOMEM, "%s: out of memory", path);
    if (access(labels, F_OK) == 0)
        status = load_labels(out, labels, given, error);
    free(labels);
    return status;
}

static NndStatus load(NndDataset *out, const char *path, const NndClasses *given, NndError *error)
{
    bool text = out->kind == NND_DATA_TEXT;
    if (strcmp(path, "-") == 0)
        return load_lines(out, "/dev/stdin", text ? NND_TSV_PLAIN : NND_TSV_NUMBERS, NULL, error);
    if (ends_with(path, ".txt"))
        return load_lines(out, path, text ? NND_TSV_PLAIN : NND_TSV_NUMBERS, NULL, error);
    if (ends_with(path, ".tsv"))
        return load_lines(out, path, text ? NND_TSV_LABELLED : NND_TSV_FEATURES, given, error);
    if (!find_images(path))
        return nnd_fail(error, NND_EINVAL,
                        "%s: not a known kind of data file (.tsv, .txt, images-idx3, images-idx4)",
                        path);
    if (text)
        return nnd_fail(error, NND_EINVAL, "%s: images, but the model reads text", path);
    return load_images(out, path, given, error);
}

NndStatus nnd_dataset_load(NndDataset *out, const char *path, NndDataKind kind,
                           const NndClasses *given, NndError *error)
{
    *out = (NndDataset){.kind = kind, .scale = 1.0f / 255.0f};
    NndStatus status = load(out, path, given, error);
    if (status)
        nnd_dataset_free(out);
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
    for (int64_t i = 0; i < count && !status; i++) {
        NndText sentence, rest = set->texts[items ? items[i] : i];
        while (!status && nnd_sentence_next(&sentence, &rest))
            status = nnd_vocab_builder_add(builder, sentence, error);
    }
    if (!status)
        status = nnd_vocab_finish(out, builder, min_count, max_size, error);
    nnd_vocab_builder_free(builder);
    return status;
}
