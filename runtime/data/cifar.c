/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/cifar.h"

#include "runtime/data/file.h"

#include <string.h>

enum { PLANES = 3, SIDE = 32, PIXELS = PLANES * SIDE * SIDE };

NndStatus nnd_cifar_parse(NndPictures *pictures, NndCifar kind, NndText source, const char *name,
                          NndError *error)
{
    size_t labels = kind == NND_CIFAR_10 ? 1 : 2;
    size_t kept = kind == NND_CIFAR_100 ? 1 : 0;
    size_t record = labels + PIXELS, rest = source.size % record;
    if (rest || !source.size)
        return nnd_fail(error, NND_EFORMAT,
                        "%s: byte %zu: a record of CIFAR-%d has %zu bytes, here are %zu", name,
                        source.size - rest, labels == 1 ? 10 : 100, record, rest);
    NndStatus status = NND_OK;
    for (size_t at = 0; at < source.size && !status; at += record) {
        uint8_t label = (uint8_t)source.data[at + kept], *pixels;
        if (label >= kind)
            return nnd_fail(error, NND_EFORMAT, "%s: byte %zu: label %d is none of the %d classes",
                            name, at + kept, (int)label, (int)kind);
        status = nnd_pictures_add(pictures, &pixels, PLANES, SIDE, SIDE, label, name, error);
        if (!status)
            memcpy(pixels, source.data + at + labels, PIXELS);
    }
    return status;
}

NndStatus nnd_cifar_load(NndPictures *pictures, NndCifar kind, const char *path, NndError *error)
{
    NndFile file;
    NndStatus status = nnd_file_read_gzip(&file, path, NND_MAX_FILE, error);
    if (status)
        return status;
    status = nnd_cifar_parse(pictures, kind, (NndText){file.data, file.size}, path, error);
    nnd_file_free(&file);
    return status;
}
