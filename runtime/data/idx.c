/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/idx.h"

#include <stdio.h>
#include <string.h>

static uint32_t big_endian(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static NndStatus read_dims(NndIdx *idx, const uint8_t *bytes, size_t size, const char *name,
                           NndError *error)
{
    size_t header = 4 + 4 * (size_t)idx->rank;
    size_t left = size - header;
    idx->size = 1;
    for (int i = 0; i < idx->rank; i++) {
        size_t at = 4 + 4 * (size_t)i;
        idx->dims[i] = big_endian(bytes + at);
        if (idx->dims[i] && (uint64_t)idx->size > left / (uint64_t)idx->dims[i])
            return nnd_fail(error, NND_EFORMAT,
                            "%s: byte %zu: dimension %d is %lld, but only %zu bytes of data follow",
                            name, at, i, (long long)idx->dims[i], left);
        idx->size *= idx->dims[i];
    }
    if ((size_t)idx->size != left)
        return nnd_fail(error, NND_EFORMAT, "%s: byte %zu: %lld bytes of data expected, found %zu",
                        name, header, (long long)idx->size, left);
    idx->data = bytes + header;
    return NND_OK;
}

static NndStatus parse(NndIdx *idx, const char *name, NndError *error)
{
    const uint8_t *bytes = (const uint8_t *)idx->file.data;
    size_t size = idx->file.size;
    if (size < 4 || bytes[0] || bytes[1])
        return nnd_fail(error, NND_EFORMAT, "%s: byte 0: not an IDX file", name);
    if (bytes[2] != 8)
        return nnd_fail(error, NND_EFORMAT,
                        "%s: byte 2: elements of type 0x%02x; only 0x08, unsigned byte, is read",
                        name, bytes[2]);
    idx->rank = bytes[3];
    if (idx->rank < 1 || idx->rank > NND_IDX_MAX_RANK)
        return nnd_fail(error, NND_EFORMAT, "%s: byte 3: rank %d is not 1 to %d", name,
                        (int)idx->rank, NND_IDX_MAX_RANK);
    if (size < 4 + 4 * (size_t)idx->rank)
        return nnd_fail(error, NND_EFORMAT, "%s: byte %zu: the header ends too early", name, size);
    return read_dims(idx, bytes, size, name, error);
}

NndStatus nnd_idx_parse(NndIdx *out, NndFile *file, const char *name, NndError *error)
{
    *out = (NndIdx){.file = *file};
    *file = (NndFile){0};
    NndStatus status = parse(out, name, error);
    if (status)
        nnd_idx_free(out);
    return status;
}

NndStatus nnd_idx_load(NndIdx *out, const char *path, NndError *error)
{
    *out = (NndIdx){0};
    NndFile file;
    NndStatus status = nnd_file_read_gzip(&file, path, NND_MAX_FILE, error);
    return status ? status : nnd_idx_parse(out, &file, path, error);
}

void nnd_idx_free(NndIdx *idx)
{
    nnd_file_free(&idx->file);
    *idx = (NndIdx){0};
}

NndStatus nnd_idx_put(NndWriter *writer, int32_t rank, const int64_t *dims, const uint8_t *data, NndError *error)
{
    uint8_t header[4 + 4 * NND_IDX_MAX_RANK] = {0, 0, 8, (uint8_t)rank};
    size_t used = 4, size = 1;
    for (int i = 0; i < rank; i++) {
        for (int shift = 24; shift >= 0; shift -= 8)
            header[used++] = (uint8_t)(dims[i] >> shift);
        size *= (size_t)dims[i];
    }
    NndStatus status = nnd_writer_put(writer, header, used, error);
    return status ? status : nnd_writer_put(writer, data, size, error);
}

const char *nnd_idx_find_images(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *three = strstr(base, "images-idx3");
    return three ? three : strstr(base, "images-idx4");
}

char *nnd_idx_labels_path(const char *path)
{
    const char *images = nnd_idx_find_images(path);
    char *labels;
    int size = asprintf(&labels, "%.*slabels-idx1%s", (int)(images - path), path, images + strlen("images-idx3"));
    return size < 0 ? NULL : labels;
}

void nnd_u8_to_f32(float *out, const uint8_t *data, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        out[i] = (float)data[i] / 255.0f;
}
