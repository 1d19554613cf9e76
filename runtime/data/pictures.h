/* SPDX-License-Identifier: Apache-2.0
 *
 * Pictures of one size with a label each: gathered from files of other formats
 * (cifar.h, picture_list.h), then written as a pair of IDX files (idx.h).
 */
#ifndef NND_RUNTIME_DATA_PICTURES_H
#define NND_RUNTIME_DATA_PICTURES_H

#include "runtime/error.h"

#include <stdint.h>

enum { NND_PICTURE_CLASSES = 256 }; /* a label is a byte */

typedef struct NndPictures {
    int64_t count, room;
    int32_t planes, height, width; /* of each; set by the first */
    uint8_t *pixels;               /* [count, planes, height, width] */
    uint8_t *labels;               /* [count] */
} NndPictures;

/* Appends a picture, whose planes * height * width bytes the caller writes to *pixels before the
 * next call. All have the size of the first. `name` says for errors where it comes from. */
NndStatus nnd_pictures_add(NndPictures *pictures, uint8_t **pixels, int32_t planes, int32_t height,
                           int32_t width, uint8_t label, const char *name, NndError *error);

/* `path` is that of the images, named images-idx3 if they have one plane, else images-idx4. Both
 * files are complete before the first gets its name. */
NndStatus nnd_pictures_write(const NndPictures *pictures, const char *path, NndError *error);

void nnd_pictures_free(NndPictures *pictures);

#endif
