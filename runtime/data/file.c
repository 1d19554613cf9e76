/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { FIRST_ROOM = 1 << 16 };

static NndStatus fail_system(NndError *error, const char *path, const char *what)
{
    return nnd_fail(error, NND_EIO, "%s: %s: %s", path, what, strerror(errno));
}

/* Doubles the room of a growing file; one byte more than the limit, so that exceeding it shows. */
static NndStatus grow(NndFile *file, size_t *room, size_t max_size, const char *path,
                      NndError *error)
{
    size_t wanted = *room ? *room * 2 : FIRST_ROOM;
    if (wanted > max_size + 1)
        wanted = max_size + 1;
    char *data = realloc(file->data, wanted + 1);
    if (!data)
        return nnd_fail(error, NND_ENOMEM, "%s: out of memory for %zu bytes", path, wanted);
    file->data = data;
    *room = wanted;
    return NND_OK;
}

static NndStatus too_large(const char *path, size_t max_size, NndError *error)
{
    return nnd_fail(error, NND_EFORMAT, "%s: larger than the limit of %zu bytes", path, max_size);
}

static NndStatus read_all(NndFile *out, int descriptor, const char *path, size_t max_size,
                          NndError *error)
{
    struct stat info;
    size_t room = 0;
    if (!fstat(descriptor, &info) && S_ISREG(info.st_mode) && info.st_size >= FIRST_ROOM)
        room = (size_t)info.st_size / 2 + 1; /* the first growth doubles it */
    for (;;) {
        NndStatus status = NND_OK;
        if (!out->data || out->size == room)
            status = grow(out, &room, max_size, path, error);
        if (status)
            return status;
        ssize_t got = read(descriptor, out->data + out->size, room - out->size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_system(error, path, "cannot read");
        out->size += (size_t)got;
        if (out->size > max_size)
            return too_large(path, max_size, error);
        if (got == 0) {
            out->data[out->size] = '\0';
            return NND_OK;
        }
    }
}

NndStatus nnd_file_read(NndFile *out, const char *path, size_t max_size, NndError *error)
{
    *out = (NndFile){0};
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return fail_system(error, path, "cannot open");
    NndStatus status = read_all(out, descriptor, path, max_size, error);
    close(descriptor);
    if (status)
        nnd_file_free(out);
    return status;
}

NndStatus nnd_file_read_gzip(NndFile *out, const char *path, size_t max_size, NndError *error)
{
    NndStatus status = nnd_file_read(out, path, max_size, error);
    if (status || !nnd_is_gzip(out->data, out->size))
        return status;
    NndFile packed = *out;
    status = nnd_gunzip(out, packed.data, packed.size, max_size, path, error);
    nnd_file_free(&packed);
    return status;
}

NndStatus nnd_file_map(NndFile *out, const char *path, NndError *error)
{
    *out = (NndFile){0};
    struct stat info;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return fail_system(error, path, "cannot open");
    NndStatus status = NND_OK;
    if (fstat(descriptor, &info))
        status = fail_system(error, path, "cannot read");
    else if (!S_ISREG(info.st_mode))
        status = nnd_fail(error, NND_EIO, "%s: not a regular file", path);
    else if (info.st_size > 0) {
        out->size = (size_t)info.st_size;
        out->data = mmap(NULL, out->size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        out->mapped = out->data != MAP_FAILED;
        if (!out->mapped) {
            status = fail_system(error, path, "cannot map");
            *out = (NndFile){0};
        }
    }
    close(descriptor);
    return status;
}

void nnd_file_free(NndFile *file)
{
    if (file->mapped)
        munmap(file->data, file->size);
    else
        free(file->data);
    *file = (NndFile){0};
}

bool nnd_is_gzip(const void *data, size_t size)
{
    return size >= 2 && memcmp(data, "\x1f\x8b", 2) == 0;
}

/* Inflates the members one after the other; `stream` is ready for the first. */
static NndStatus inflate_all(NndFile *out, z_stream *stream, const unsigned char *data, size_t size,
                             size_t max_size, const char *name, NndError *error)
{
    size_t used = 0, room = 0;
    for (;;) {
        NndStatus status = NND_OK;
        if (out->size == room)
            status = grow(out, &room, max_size, name, error);
        if (status)
            return status;
        size_t in = size - used, free_room = room - out->size;
        uInt in_step = in < UINT_MAX ? (uInt)in : UINT_MAX;
        uInt out_step = free_room < UINT_MAX ? (uInt)free_room : UINT_MAX;
        stream->next_in = (z_const Bytef *)(uintptr_t)(data + used);
        stream->avail_in = in_step;
        stream->next_out = (Bytef *)out->data + out->size;
        stream->avail_out = out_step;
        int result = inflate(stream, Z_NO_FLUSH);
        used += in_step - stream->avail_in;
        out->size += out_step - stream->avail_out;
        if (out->size > max_size)
            return too_large(name, max_size, error);
        if (result == Z_STREAM_END && used == size)
            break;
        if (result == Z_STREAM_END)
            result = inflateReset(stream);
        if (result == Z_BUF_ERROR)
            return nnd_fail(error, NND_EFORMAT, "%s: gzip data ends too early", name);
        if (result != Z_OK)
            return nnd_fail(error, result == Z_MEM_ERROR ? NND_ENOMEM : NND_EFORMAT,
                            "%s: byte %zu: bad gzip data: %s", name, used,
                            stream->msg ? stream->msg : zError(result));
    }
    out->data[out->size] = '\0';
    return NND_OK;
}

NndStatus nnd_gunzip(NndFile *out, const void *data, size_t size, size_t max_size, const char *name,
                     NndError *error)
{
    enum { GZIP_ONLY = 15 + 16 };
    *out = (NndFile){0};
    z_stream stream = {0};
    if (inflateInit2(&stream, GZIP_ONLY) != Z_OK)
        return nnd_fail(error, NND_ENOMEM, "%s: out of memory", name);
    NndStatus status = inflate_all(out, &stream, data, size, max_size, name, error);
    inflateEnd(&stream);
    if (status)
        nnd_file_free(out);
    return status;
}
