/* SPDX-License-Identifier: Apache-2.0
 *
 * The reading half of safetensors.h.
 */
#include "runtime/data/safetensors.h"

#include "runtime/data/file.h"
#include "runtime/data/safetensors_format.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_COPIES = 2 }; /* of a tensor: an aligned one, and one that is rounded */

struct NndSafetensors {
    NndTensor *tensors;
    int64_t count;
    NndMetadata *metadata;
    int64_t metadata_count;
    json_t *header; /* owns names, keys and values */
    NndFile file;   /* empty if the memory is borrowed */
    void **copies;  /* [copy_count]: data that is misaligned in the file, or rounded */
    int64_t copy_count;
};

/* What parsing needs to know besides. */
typedef struct Source {
    const char *name;
    const unsigned char *bytes; /* the whole file */
    size_t size, data_at;       /* data begins at bytes + data_at */
    NndError *error;
} Source;

/* Where the header has a key between quotes, or else its beginning; for errors. */
static size_t place_of(const Source *s, const char *key)
{
    const char *header = (const char *)s->bytes, *end = header + s->data_at;
    size_t size = strlen(key);
    for (const char *at = header + NND_ST_PREFIX + 1;
         (at = memmem(at, (size_t)(end - at), key, size)); at++) {
        if (at[-1] == '"' && at + size < end && at[size] == '"')
            return (size_t)(at - header);
        if (at + 1 >= end)
            break;
    }
    return NND_ST_PREFIX;
}

static NndStatus bad_tensor(const Source *s, const char *name, const char *what)
{
    return nnd_fail(s->error, NND_EFORMAT, "%s: byte %zu: tensor %.200s: %s", s->name,
                    place_of(s, name), name, what);
}

static NndStatus find_header(Source *s)
{
    if (s->size < NND_ST_PREFIX)
        return nnd_fail(s->error, NND_EFORMAT, "%s: byte %zu: no safetensors file: too short",
                        s->name, s->size);
    uint64_t header = 0;
    for (int i = 7; i >= 0; i--)
        header = header << 8 | s->bytes[i];
    if (header > s->size - NND_ST_PREFIX || header > NND_ST_MAX_HEADER)
        return nnd_fail(s->error, NND_EFORMAT,
                        "%s: byte 0: no safetensors file: a header of %llu bytes", s->name,
                        (unsigned long long)header);
    if (!header || s->bytes[NND_ST_PREFIX] != '{')
        return nnd_fail(s->error, NND_EFORMAT, "%s: byte %d: the header does not begin with {",
                        s->name, NND_ST_PREFIX);
    s->data_at = NND_ST_PREFIX + (size_t)header;
    return NND_OK;
}

static NndStatus read_json(NndSafetensors *file, const Source *s)
{
    json_error_t problem;
    file->header = json_loadb((const char *)s->bytes + NND_ST_PREFIX, s->data_at - NND_ST_PREFIX,
                              JSON_REJECT_DUPLICATES, &problem);
    if (!file->header)
        return nnd_fail(s->error, NND_EFORMAT, "%s: byte %lld: %s", s->name,
                        (long long)problem.position + NND_ST_PREFIX, problem.text);
    size_t count = json_object_size(file->header) + 1;
    file->tensors = calloc(count, sizeof *file->tensors);
    file->copies = calloc(count, MOST_COPIES * sizeof *file->copies);
    if (!file->tensors || !file->copies)
        return nnd_fail(s->error, NND_ENOMEM, "%s: out of memory", s->name);
    return NND_OK;
}

static NndStatus read_metadata(NndSafetensors *file, const Source *s, json_t *object)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return nnd_fail(s->error, NND_EFORMAT, "%s: byte %zu: __metadata__ is not an object",
                        s->name, place_of(s, NND_ST_METADATA));
    file->metadata = calloc(json_object_size(object) + 1, sizeof *file->metadata);
    if (!file->metadata)
        return nnd_fail(s->error, NND_ENOMEM, "%s: out of memory", s->name);
    json_object_foreach(object, key, value) {
        if (!json_is_string(value))
            return nnd_fail(s->error, NND_EFORMAT, "%s: byte %zu: metadata %.200s is not a string",
                            s->name, place_of(s, key), key);
        file->metadata[file->metadata_count++] = (NndMetadata){key, json_string_value(value)};
    }
    return NND_OK;
}

static NndStatus read_dtype(NndTensor *tensor, const Source *s, const json_t *dtype)
{
    if (!json_is_string(dtype))
        return bad_tensor(s, tensor->name, "no dtype");
    for (int i = 0; i < NND_DTYPE_COUNT; i++) {
        if (strcmp(json_string_value(dtype), nnd_st_dtypes[i]) == 0) {
            tensor->dtype = (NndDType)i;
            return NND_OK;
        }
    }
    return bad_tensor(s, tensor->name, "dtype is none of F32 F64 BF16 I32 I64 U8 BOOL");
}

static NndStatus read_shape(NndTensor *tensor, const Source *s, const json_t *shape)
{
    if (!json_is_array(shape))
        return bad_tensor(s, tensor->name, "no shape");
    if (json_array_size(shape) > NND_MAX_RANK)
        return bad_tensor(s, tensor->name, "more than 8 dimensions");
    tensor->rank = (int32_t)json_array_size(shape);
    for (int32_t i = 0; i < tensor->rank; i++) {
        const json_t *dim = json_array_get(shape, (size_t)i);
        if (!json_is_integer(dim))
            return bad_tensor(s, tensor->name, "a dimension is not an integer");
        tensor->dims[i] = json_integer_value(dim);
    }
    if (!nnd_tensor_bytes(&tensor->size, tensor))
        return bad_tensor(s, tensor->name, "impossible shape");
    return NND_OK;
}

/* Sets `data` to where the bytes are in the file. */
static NndStatus read_offsets(NndTensor *tensor, const Source *s, const json_t *offsets)
{
    const json_t *first = json_array_get(offsets, 0), *last = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(first) || !json_is_integer(last))
        return bad_tensor(s, tensor->name, "data_offsets are not two integers");
    json_int_t begin = json_integer_value(first), end = json_integer_value(last);
    if (begin < 0 || end < begin || (uint64_t)end > s->size - s->data_at)
        return bad_tensor(s, tensor->name, "data_offsets are not inside the file");
    if ((uint64_t)(end - begin) != tensor->size)
        return bad_tensor(s, tensor->name, "data_offsets do not fit the shape");
    tensor->data = s->bytes + s->data_at + begin;
    return NND_OK;
}

static NndStatus read_tensor(NndTensor *tensor, const Source *s, const char *name,
                             const json_t *entry)
{
    tensor->name = name;
    if (!json_is_object(entry) || json_object_size(entry) != 3)
        return bad_tensor(s, name, "not an object of dtype, shape and data_offsets");
    NndStatus status = read_dtype(tensor, s, json_object_get(entry, "dtype"));
    if (!status)
        status = read_shape(tensor, s, json_object_get(entry, "shape"));
    if (!status)
        status = read_offsets(tensor, s, json_object_get(entry, "data_offsets"));
    return status;
}

static NndStatus read_entries(NndSafetensors *file, const Source *s)
{
    const char *key;
    json_t *value;
    json_object_foreach(file->header, key, value) {
        NndStatus status;
        if (strcmp(key, NND_ST_METADATA) == 0)
            status = read_metadata(file, s, value);
        else
            status = read_tensor(&file->tensors[file->count++], s, key, value);
        if (status)
            return status;
    }
    return NND_OK;
}

/* By place; tensors of no bytes before the one that begins there too. */
static int by_place(const void *left, const void *right)
{
    const NndTensor *a = left, *b = right;
    if (a->data != b->data)
        return (const char *)a->data < (const char *)b->data ? -1 : 1;
    if (a->size != b->size)
        return a->size < b->size ? -1 : 1;
    return strcmp(a->name, b->name);
}

static NndStatus check_coverage(NndSafetensors *file, const Source *s)
{
    qsort(file->tensors, (size_t)file->count, sizeof *file->tensors, by_place);
    const unsigned char *at = s->bytes + s->data_at;
    for (int64_t i = 0; i < file->count; i++) {
        const unsigned char *data = file->tensors[i].data;
        if (data != at)
            return bad_tensor(s, file->tensors[i].name,
                              data < at ? "its data overlaps that of another"
                                        : "there is a hole before its data");
        at = data + file->tensors[i].size;
    }
    if (at != s->bytes + s->size)
        return nnd_fail(s->error, NND_EFORMAT, "%s: byte %zu: %zu bytes belong to no tensor",
                        s->name, (size_t)(at - s->bytes), (size_t)(s->bytes + s->size - at));
    return NND_OK;
}

static NndStatus check_bool(const NndTensor *tensor, const Source *s)
{
    const unsigned char *data = tensor->data;
    for (size_t i = 0; i < tensor->size; i++)
        if (data[i] > 1)
            return nnd_fail(s->error, NND_EFORMAT, "%s: byte %zu: tensor %.200s: neither 0 nor 1",
                            s->name, (size_t)(data + i - s->bytes), tensor->name);
    return NND_OK;
}

static NndStatus align(NndSafetensors *file, NndTensor *tensor, const Source *s)
{
    if (tensor->dtype == NND_BOOL)
        return check_bool(tensor, s);
    if ((uintptr_t)tensor->data % nnd_dtype_size(tensor->dtype) == 0)
        return NND_OK;
    void *copy = malloc(tensor->size + 1);
    if (!copy)
        return nnd_fail(s->error, NND_ENOMEM, "%s: out of memory", s->name);
    memcpy(copy, tensor->data, tensor->size);
    tensor->data = file->copies[file->copy_count++] = copy;
    return NND_OK;
}

static NndStatus parse(NndSafetensors *file, Source *s)
{
    NndStatus status = find_header(s);
    if (!status)
        status = read_json(file, s);
    if (!status)
        status = read_entries(file, s);
    if (!status)
        status = check_coverage(file, s);
    for (int64_t i = 0; i < file->count && !status; i++)
        status = align(file, &file->tensors[i], s);
    return status;
}

NndStatus nnd_safetensors_parse(NndSafetensors **out, const void *data, size_t size,
                                const char *name, NndError *error)
{
    *out = NULL;
    NndSafetensors *file = calloc(1, sizeof *file);
    if (!file)
        return nnd_fail(error, NND_ENOMEM, "%s: out of memory", name);
    Source source = {.name = name, .bytes = data, .size = size, .error = error};
    NndStatus status = parse(file, &source);
    if (status)
        nnd_safetensors_free(file);
    else
        *out = file;
    return status;
}

NndStatus nnd_safetensors_open(NndSafetensors **out, const char *path, NndError *error)
{
    *out = NULL;
    NndFile file;
    NndStatus status = nnd_file_map(&file, path, error);
    if (!status)
        status = nnd_safetensors_parse(out, file.data, file.size, path, error);
    if (*out)
        (*out)->file = file;
    else
        nnd_file_free(&file);
    return status;
}

void nnd_safetensors_free(NndSafetensors *file)
{
    if (!file)
        return;
    for (int64_t i = 0; i < file->copy_count; i++)
        free(file->copies[i]);
    free(file->copies);
    free(file->tensors);
    free(file->metadata);
    json_decref(file->header);
    nnd_file_free(&file->file);
    free(file);
}

int64_t nnd_safetensors_count(const NndSafetensors *file)
{
    return file->count;
}

const NndTensor *nnd_safetensors_at(const NndSafetensors *file, int64_t index)
{
    return &file->tensors[index];
}

const NndTensor *nnd_safetensors_find(const NndSafetensors *file, const char *name)
{
    for (int64_t i = 0; i < file->count; i++)
        if (strcmp(file->tensors[i].name, name) == 0)
            return &file->tensors[i];
    return NULL;
}

NndStatus nnd_safetensors_round(NndSafetensors *file, const char *name, NndRounding *total, NndError *error)
{
    NndTensor *tensor = (NndTensor *)nnd_safetensors_find(file, name);
    if (!tensor || tensor->dtype != NND_F32)
        return NND_OK;
    size_t count = tensor->size / sizeof(float);
    uint16_t *rounded = malloc(count * sizeof *rounded + 1);
    if (!rounded)
        return nnd_fail(error, NND_ENOMEM, "out of memory for the weights `%s`", name);
    nnd_round_to_bf16(rounded, tensor->data, (int64_t)count, total);
    tensor->data = file->copies[file->copy_count++] = rounded;
    tensor->dtype = NND_BF16;
    tensor->size = count * sizeof *rounded;
    return NND_OK;
}

int64_t nnd_safetensors_metadata_count(const NndSafetensors *file)
{
    return file->metadata_count;
}

const NndMetadata *nnd_safetensors_metadata_at(const NndSafetensors *file, int64_t index)
{
    return &file->metadata[index];
}

const char *nnd_safetensors_metadata(const NndSafetensors *file, const char *key)
{
    for (int64_t i = 0; i < file->metadata_count; i++)
        if (strcmp(file->metadata[i].key, key) == 0)
            return file->metadata[i].value;
    return NULL;
}
