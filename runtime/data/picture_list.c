/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/picture_list.h"

#include "runtime/data/file.h"
#include "runtime/data/pnm.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void nnd_picture_list_free(NndPictureList *list)
{
    for (int64_t i = 0; i < list->count; i++) {
        free(list->items[i].label);
        free(list->items[i].path);
    }
    free(list->items);
    *list = (NndPictureList){0};
}

/* Takes over `path`; NULL: out of memory. */
static NndStatus add(NndPictureList *list, NndText label, char *path, int64_t line,
                     const char *name, NndError *error)
{
    if (list->count == list->room) {
        int64_t room = list->room ? list->room * 2 : 64;
        NndListedPicture *items = realloc(list->items, (size_t)room * sizeof *items);
        if (items) {
            list->items = items;
            list->room = room;
        }
    }
    char *copy = strndup(label.data, label.size);
    if (path && copy && list->count < list->room) {
        list->items[list->count++] = (NndListedPicture){copy, path, line};
        return NND_OK;
    }
    free(copy);
    free(path);
    return nnd_fail(error, NND_ENOMEM, "%s: out of memory", name);
}

/* folder/file, where the folder is the first `length` bytes of `path`; NULL: out of memory. */
static char *join(const char *path, size_t length, NndText file)
{
    const char *slash = length && path[length - 1] != '/' ? "/" : "";
    char *joined;
    int size = asprintf(&joined, "%.*s%s%.*s", (int)length, path, slash, (int)file.size, file.data);
    return size < 0 ? NULL : joined;
}

/* ---- lists ---- */

static NndStatus parse_line(NndPictureList *out, NndText line, int64_t number, const char *name,
                            NndError *error)
{
    const char *tab = line.size ? memchr(line.data, '\t', line.size) : NULL;
    size_t label = tab ? (size_t)(tab - line.data) : 0;
    NndText file = tab ? (NndText){tab + 1, line.size - label - 1} : (NndText){0};
    if (!label || !file.size || memchr(file.data, '\t', file.size))
        return nnd_fail(error, NND_EFORMAT,
                        "%s:%lld: two columns are expected: label, TAB, file of a picture", name,
                        (long long)number);
    if (nnd_utf8_check(line) < line.size)
        return nnd_fail(error, NND_EFORMAT, "%s:%lld: byte %zu of the line is not UTF-8 text", name,
                        (long long)number, nnd_utf8_check(line));
    const char *slash = strrchr(name, '/');
    size_t folder = slash && *file.data != '/' ? (size_t)(slash - name) + 1 : 0;
    return add(out, (NndText){line.data, label}, join(name, folder, file), number, name, error);
}

NndStatus nnd_picture_list_parse(NndPictureList *out, NndText source, const char *name,
                                 NndError *error)
{
    *out = (NndPictureList){0};
    NndStatus status = NND_OK;
    NndText line;
    for (int64_t number = 1; !status && nnd_text_line(&line, &source); number++)
        status = parse_line(out, line, number, name, error);
    if (!status && !out->count)
        status = nnd_fail(error, NND_EFORMAT, "%s:1: there are no pictures", name);
    if (status)
        nnd_picture_list_free(out);
    return status;
}

static NndStatus load_lines(NndPictureList *out, const char *path, NndError *error)
{
    NndFile file;
    NndStatus status = nnd_file_read_gzip(&file, path, NND_MAX_FILE, error);
    if (status)
        return status;
    status = nnd_picture_list_parse(out, (NndText){file.data, file.size}, path, error);
    nnd_file_free(&file);
    return status;
}

/* ---- folders ---- */

static bool is_folder(const char *path)
{
    struct stat info;
    return !stat(path, &info) && S_ISDIR(info.st_mode);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int is_picture(const struct dirent *entry)
{
    static const char *const endings[] = {".pgm", ".ppm", ".pnm", ".pgm.gz", ".ppm.gz", ".pnm.gz"};
    size_t length = strlen(entry->d_name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcmp(entry->d_name + length - ending, endings[i]) == 0)
            return is_shown(entry);
    }
    return 0;
}

typedef NndStatus Visit(NndPictureList *out, const char *path, const char *label, NndError *error);

/* Calls `visit` with the paths of what `wanted` lets through, in order; fails if that is nothing.
 * The label is NULL for what names the classes itself. */
static NndStatus visit_folder(NndPictureList *out, const char *path, const char *label,
                              int (*wanted)(const struct dirent *), Visit *visit, NndError *error)
{
    struct dirent **entries;
    int count = scandir(path, &entries, wanted, by_name);
    if (count < 0)
        return nnd_fail(error, NND_EIO, "%s: cannot read the folder: %s", path, strerror(errno));
    int64_t before = out->count;
    NndStatus status = NND_OK;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        char *joined = status ? NULL : join(path, strlen(path), (NndText){name, strlen(name)});
        if (!status && !joined)
            status = nnd_fail(error, NND_ENOMEM, "%s: out of memory", path);
        else if (!status)
            status = visit(out, joined, label ? label : name, error);
        free(joined);
        free(entries[i]);
    }
    free(entries);
    if (!status && out->count == before)
        return nnd_fail(error, NND_EFORMAT, "%s: there are no pictures (.pgm, .ppm, .pnm)%s", path,
                        label ? "" : " in folders of this one");
    return status;
}

static NndStatus visit_picture(NndPictureList *out, const char *path, const char *label,
                               NndError *error)
{
    char *copy = strdup(path);
    return add(out, (NndText){label, strlen(label)}, copy, out->count + 1, path, error);
}

static NndStatus visit_class(NndPictureList *out, const char *path, const char *label,
                             NndError *error)
{
    if (!is_folder(path))
        return NND_OK;
    if (nnd_utf8_check((NndText){label, strlen(label)}) < strlen(label))
        return nnd_fail(error, NND_EFORMAT, "%s: the name of this class is not UTF-8 text", path);
    return visit_folder(out, path, label, is_picture, visit_picture, error);
}

NndStatus nnd_picture_list_load(NndPictureList *out, const char *path, NndError *error)
{
    *out = (NndPictureList){0};
    if (!is_folder(path))
        return load_lines(out, path, error);
    NndStatus status = visit_folder(out, path, NULL, is_shown, visit_class, error);
    if (status)
        nnd_picture_list_free(out);
    return status;
}

/* ---- pictures ---- */

static NndStatus load_picture(NndPictures *out, const char *path, uint8_t label, NndError *error)
{
    NndFile file;
    NndPnm picture;
    uint8_t *pixels;
    NndStatus status = nnd_file_read_gzip(&file, path, NND_MAX_FILE, error);
    if (status)
        return status;
    status = nnd_pnm_parse(&picture, (NndText){file.data, file.size}, path, error);
    if (!status)
        status = nnd_pictures_add(out, &pixels, picture.planes, picture.height, picture.width,
                                  label, path, error);
    if (!status)
        nnd_pnm_part(pixels, &picture);
    nnd_file_free(&file);
    return status;
}

static NndStatus load_pictures(NndPictures *out, const NndPictureList *list, const int32_t *numbers,
                               const char *name, NndError *error)
{
    NndStatus status = NND_OK;
    for (int64_t i = 0; i < list->count && !status; i++) {
        const NndListedPicture *item = &list->items[i];
        if (numbers[i] >= NND_PICTURE_CLASSES)
            return nnd_fail(
                error, NND_EFORMAT, "%s:%lld: '%s' is class %d; IDX has labels up to %d", name,
                (long long)item->line, item->label, (int)numbers[i], NND_PICTURE_CLASSES - 1);
        status = load_picture(out, item->path, (uint8_t)numbers[i], error);
    }
    return status;
}

static NndStatus number_labels(NndClasses *out, int32_t *numbers, const NndPictureList *list,
                               const NndClasses *given, const char *name, NndError *error)
{
    NndText *labels = malloc((size_t)list->count * sizeof *labels);
    int64_t *lines = malloc((size_t)list->count * sizeof *lines);
    for (int64_t i = 0; labels && lines && i < list->count; i++) {
        labels[i] = (NndText){list->items[i].label, strlen(list->items[i].label)};
        lines[i] = list->items[i].line;
    }
    NndStatus status = labels && lines ? nnd_classes_number(out, numbers, labels, lines,
                                                            list->count, given, name, error)
                                       : nnd_fail(error, NND_ENOMEM, "%s: out of memory", name);
    free(labels);
    free(lines);
    return status;
}

NndStatus nnd_pictures_load(NndPictures *out, NndClasses *classes, const char *path,
                            const NndClasses *given, NndError *error)
{
    *out = (NndPictures){0};
    *classes = (NndClasses){0};
    NndPictureList list;
    NndStatus status = nnd_picture_list_load(&list, path, error);
    if (status)
        return status;
    int32_t *numbers = malloc((size_t)list.count * sizeof *numbers);
    status = numbers ? number_labels(classes, numbers, &list, given, path, error)
                     : nnd_fail(error, NND_ENOMEM, "%s: out of memory", path);
    if (!status)
        status = load_pictures(out, &list, numbers, path, error);
    free(numbers);
    nnd_picture_list_free(&list);
    return status;
}
