/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes as a picture, as records of CIFAR and as a list of pictures: what can be
 * read has all its pixels, and labels in range.
 */
#include "runtime/data/cifar.h"
#include "runtime/data/picture_list.h"
#include "runtime/data/pnm.h"

#include <stdlib.h>
#include <string.h>

static void read_picture(NndText source)
{
    NndError error;
    NndPnm picture;
    NndPictures pictures = {0};
    uint8_t *pixels;
    if (nnd_pnm_parse(&picture, source, "fuzz", &error))
        return;
    if (nnd_pictures_add(&pictures, &pixels, picture.planes, picture.height, picture.width, 0,
                         "fuzz", &error))
        abort(); /* no larger than the source, or the parser would have refused it */
    nnd_pnm_part(pixels, &picture);
    nnd_pictures_free(&pictures);
}

static void read_records(NndText source, NndCifar kind)
{
    NndError error;
    NndPictures pictures = {0};
    NndStatus status = nnd_cifar_parse(&pictures, kind, source, "fuzz", &error);
    for (int64_t i = 0; !status && i < pictures.count; i++)
        if (pictures.labels[i] >= kind)
            abort();
    nnd_pictures_free(&pictures);
}

static void read_list(NndText source)
{
    NndError error;
    NndPictureList list;
    if (nnd_picture_list_parse(&list, source, "folder/fuzz", &error))
        return;
    for (int64_t i = 0; i < list.count; i++)
        if (!*list.items[i].label || strchr(list.items[i].path, '\t'))
            abort();
    nnd_picture_list_free(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    NndText source = {(const char *)data, size};
    read_picture(source);
    read_records(source, NND_CIFAR_10);
    read_records(source, NND_CIFAR_100);
    read_list(source);
    return 0;
}
