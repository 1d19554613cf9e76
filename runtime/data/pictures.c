/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/pictures.h"

#include "runtime/data/idx.h"

#include <stdlib.h>
#include <string.h>

static size_t picture_size(const NndPictures *pictures)
{
    return (size_t)pictures->planes * (size_t)pictures->height * (size_t)pictures->width;
}

static NndStatus make_room(NndPictures *pictures, const char *name, NndError *error)
{
    if (pictures->count < pictures->room)
        return NND_OK;
    size_t room = pictures->room ? (size_t)pictures->room * 2 : 16, size = picture_size(pictures);
    if (size > NND_MAX_FILE || (size_t)pictures->count >= NND_MAX_FILE / size)
        return nnd_fail(error, NND_EFORMAT,
                        "%s: with it the pictures exceed the limit of %zu bytes", name,
                        NND_MAX_FILE);
    uint8_t *pixels = realloc(pictures->pixels, room * size);
    if (pixels)
        pictures->pixels = pixels;
    uint8_t *labels = realloc(pictures->labels, room);
    if (labels)
        pictures->labels = labels;
    if (!pixels || !labels)
        return nnd_fail(error, NND_ENOMEM, "%s: out of memory for %zu pictures", name, room);
    pictures->room = (int64_t)room;
    return NND_OK;
}

NndStatus nnd_pictures_add(NndPictures *pictures, uint8_t **pixels, int32_t planes, int32_t height,
                           int32_t width, uint8_t label, const char *name, NndError *error)
{
    if (!pictures->count) {
        pictures->planes = planes;
        pictures->height = height;
        pictures->width = width;
    }
    if (planes != pictures->planes || height != pictures->height || width != pictures->width)
        return nnd_fail(error, NND_EFORMAT,
                        "%s: a picture of %dx%dx%d; those before it are of %dx%dx%d", name,
                        (int)planes, (int)height, (int)width, (int)pictures->planes,
                        (int)pictures->height, (int)pictures->width);
    NndStatus status = make_room(pictures, name, error);
    if (status)
        return status;
    *pixels = pictures->pixels + (size_t)pictures->count * picture_size(pictures);
    pictures->labels[pictures->count++] = label;
    return NND_OK;
}

void nnd_pictures_free(NndPictures *pictures)
{
    free(pictures->pixels);
    free(pictures->labels);
    *pictures = (NndPictures){0};
}

static NndStatus check_name(const NndPictures *pictures, const char *path, NndError *error)
{
    const char *wanted = pictures->planes == 1 ? "images-idx3" : "images-idx4";
    const char *images = nnd_idx_find_images(path);
    if (images && strncmp(images, wanted, strlen(wanted)) == 0)
        return NND_OK;
    return nnd_fail(error, NND_EINVAL,
                    "%s: images of %d plane%s belong in a file named NAME-%s-ubyte", path,
                    (int)pictures->planes, pictures->planes == 1 ? "" : "s", wanted);
}

static NndStatus put_images(NndWriter *writer, const NndPictures *pictures, NndError *error)
{
    const int64_t dims[] = {pictures->count, pictures->planes, pictures->height, pictures->width};
    const int64_t grey_dims[] = {pictures->count, pictures->height, pictures->width};
    return pictures->planes == 1 ? nnd_idx_put(writer, 3, grey_dims, pictures->pixels, error)
                                 : nnd_idx_put(writer, 4, dims, pictures->pixels, error);
}

/* Takes over the writers, also when it fails. */
static NndStatus write_pair(NndWriter *images, NndWriter *labels, const NndPictures *pictures,
                            NndError *error)
{
    NndStatus status = put_images(images, pictures, error);
    if (!status)
        status = nnd_idx_put(labels, 1, &pictures->count, pictures->labels, error);
    if (status)
        nnd_writer_discard(labels);
    else
        status = nnd_writer_commit(labels, error);
    if (!status)
        return nnd_writer_commit(images, error);
    nnd_writer_discard(images);
    return status;
}

static NndStatus write_named(const NndPictures *pictures, const char *path, const char *labels_path,
                             NndError *error)
{
    NndWriter *images, *labels;
    NndStatus status = nnd_writer_new(&images, path, error);
    if (status)
        return status;
    status = nnd_writer_new(&labels, labels_path, error);
    if (!status)
        return write_pair(images, labels, pictures, error);
    nnd_writer_discard(images);
    return status;
}

NndStatus nnd_pictures_write(const NndPictures *pictures, const char *path, NndError *error)
{
    NndStatus status = check_name(pictures, path, error);
    if (status)
        return status;
    char *labels_path = nnd_idx_labels_path(path);
    status = labels_path ? write_named(pictures, path, labels_path, error)
                         : nnd_fail(error, NND_ENOMEM, "%s: out of memory", path);
    free(labels_path);
    return status;
}
