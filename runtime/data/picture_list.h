/* SPDX-License-Identifier: Apache-2.0
 *
 * Which PGM and PPM files (pnm.h) are the pictures of a data set, and their
 * classes. Either lines of label, TAB, file, relative to the folder of the
 * list; or a folder with a folder for each class, of its name, where *.pgm,
 * *.ppm and *.pnm (also .gz) are the pictures. Folders and their files are
 * taken in the order of their names' bytes, names that begin with a dot never.
 */
#ifndef NND_RUNTIME_DATA_PICTURE_LIST_H
#define NND_RUNTIME_DATA_PICTURE_LIST_H

#include "runtime/data/classes.h"
#include "runtime/data/pictures.h"

typedef struct NndListedPicture {
    char *label, *path; /* owned */
    int64_t line;       /* of a list; in a folder the number of the picture, from 1 */
} NndListedPicture;

typedef struct NndPictureList {
    NndListedPicture *items; /* [count], owned */
    int64_t count, room;
} NndPictureList;

/* `name` is the path of the list. */
NndStatus nnd_picture_list_parse(NndPictureList *out, NndText source, const char *name,
                                 NndError *error);
/* Of a list or of a folder. */
NndStatus nnd_picture_list_load(NndPictureList *out, const char *path, NndError *error);
void nnd_picture_list_free(NndPictureList *list);

/* Reads all pictures of a list or folder. Their labels are numbered by the rules of classes.h;
 * `given` may be NULL. The caller frees both results. */
NndStatus nnd_pictures_load(NndPictures *out, NndClasses *classes, const char *path,
                            const NndClasses *given, NndError *error);

#endif
