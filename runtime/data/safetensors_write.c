/* SPDX-License-Identifier: Apache-2.0
 *
 * The writing half of safetensors.h.
 */
#include "runtime/data/safetensors.h"

#include "runtime/data/file.h"
#include "runtime/data/safetensors_format.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

const char *const nnd_st_dtypes[NND_DTYPE_COUNT] = {
    [NND_F32] = "F32", [NND_F64] = "F64", [NND_BF16] = "BF16", [NND_I32] = "I32",
    [NND_I64] = "I64", [NND_U8] = "U8",   [NND_BOOL] = "BOOL"};

bool nnd_tensor_bytes(size_t *out, const NndTensor *tensor)
{
    size_t bytes = nnd_dtype_size(tensor->dtype);
    for (int32_t i = 0; i < tensor->rank; i++) {
        if (tensor->dims[i] < 0 || __builtin_mul_overflow(bytes, (size_t)tensor->dims[i], &bytes))
            return false;
    }
    *out = bytes;
    return bytes <= INT64_MAX;
}

static bool put_metadata(json_t *header, const NndMetadata *metadata, int64_t count)
{
    json_t *map = json_object();
    bool done = map != NULL;
    for (int64_t i = 0; i < count && done; i++)
        done = !json_object_set_new(map, metadata[i].key, json_string(metadata[i].value));
    if (!done) {
        json_decref(map);
        return false;
    }
    return !json_object_set_new(header, NND_ST_METADATA, map);
}

static bool put_tensor(json_t *header, const NndTensor *tensor, size_t begin, size_t end)
{
    json_t *shape = json_array();
    for (int32_t i = 0; i < tensor->rank; i++)
        if (json_array_append_new(shape, json_integer(tensor->dims[i])))
            return json_decref(shape), false;
    json_t *entry = json_pack("{s:s, s:o, s:[I, I]}", "dtype", nnd_st_dtypes[tensor->dtype],
                              "shape", shape, "data_offsets", (json_int_t)begin, (json_int_t)end);
    return !json_object_set_new(header, tensor->name, entry);
}

static NndStatus fill_header(json_t *header, const char *path, const NndTensor *tensors,
                             int64_t count, NndError *error)
{
    size_t begin = 0, end;
    for (int64_t i = 0; i < count; i++, begin = end) {
        const NndTensor *tensor = &tensors[i];
        size_t bytes;
        if (tensor->rank < 0 || tensor->rank > NND_MAX_RANK || !nnd_tensor_bytes(&bytes, tensor) ||
            __builtin_add_overflow(begin, bytes, &end) || end > INT64_MAX)
            return nnd_fail(error, NND_EINVAL, "%s: tensor %.200s: impossible shape", path,
                            tensor->name);
        if (json_object_get(header, tensor->name) || strcmp(tensor->name, NND_ST_METADATA) == 0)
            return nnd_fail(error, NND_EINVAL, "%s: tensor %.200s: the name is taken", path,
                            tensor->name);
        if (!put_tensor(header, tensor, begin, end))
            return nnd_fail(error, NND_EINVAL, "%s: tensor %.200s: the name is not UTF-8", path,
                            tensor->name);
    }
    return NND_OK;
}

/* Size, JSON text and blanks: all that is before the data. */
static NndStatus write_header(NndWriter *writer, const char *path, const json_t *header,
                              NndError *error)
{
    static const char blanks[NND_ST_ALIGNMENT + 1] =
        "                                                                ";
    unsigned char prefix[NND_ST_PREFIX];
    char *text = json_dumps(header, JSON_COMPACT);
    if (!text)
        return nnd_fail(error, NND_ENOMEM, "%s: out of memory for the header", path);
    size_t size = strlen(text);
    size_t pad = (NND_ST_ALIGNMENT - (NND_ST_PREFIX + size) % NND_ST_ALIGNMENT) % NND_ST_ALIGNMENT;
    for (int i = 0; i < NND_ST_PREFIX; i++)
        prefix[i] = (unsigned char)((uint64_t)(size + pad) >> (8 * i));
    NndStatus status = NND_OK;
    if (size + pad > NND_ST_MAX_HEADER)
        status = nnd_fail(error, NND_EINVAL, "%s: a header of %zu bytes is too large", path, size);
    if (!status)
        status = nnd_writer_put(writer, prefix, sizeof prefix, error);
    if (!status)
        status = nnd_writer_put(writer, text, size, error);
    if (!status)
        status = nnd_writer_put(writer, blanks, pad, error);
    free(text);
    return status;
}

static NndStatus write_all(NndWriter *writer, const char *path, json_t *header,
                           const NndTensor *tensors, int64_t tensor_count, NndError *error)
{
    NndStatus status = fill_header(header, path, tensors, tensor_count, error);
    if (!status)
        status = write_header(writer, path, header, error);
    for (int64_t i = 0; i < tensor_count && !status; i++) {
        size_t bytes = 0;
        nnd_tensor_bytes(&bytes, &tensors[i]);
        status = nnd_writer_put(writer, tensors[i].data, bytes, error);
    }
    return status;
}

NndStatus nnd_safetensors_write(const char *path, const NndTensor *tensors, int64_t tensor_count,
                                const NndMetadata *metadata, int64_t metadata_count,
                                NndError *error)
{
    json_t *header = json_object();
    if (!header || (metadata_count && !put_metadata(header, metadata, metadata_count))) {
        json_decref(header);
        return nnd_fail(error, NND_EINVAL, "%s: metadata is not UTF-8 text", path);
    }
    NndWriter *writer;
    NndStatus status = nnd_writer_new(&writer, path, error);
    if (!status)
        status = write_all(writer, path, header, tensors, tensor_count, error);
    json_decref(header);
    if (!status)
        return nnd_writer_commit(writer, error);
    nnd_writer_discard(writer);
    return status;
}
