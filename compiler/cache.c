/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/cache.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "lang/support/vec.h"
#include "runtime/data/file.h"

/* ---- the folder ---- */

static bool is_ours(const char *folder)
{
    struct stat info;
    return !stat(folder, &info) && S_ISDIR(info.st_mode) && info.st_uid == geteuid() && !(info.st_mode & (S_IWGRP | S_IWOTH));
}

/* mkdir -p */
static bool make_folder(Arena *arena, const char *path)
{
    char *part = arena_strdup(arena, path);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0700) && errno != EEXIST)
            return false;
        *slash = '/';
    }
    return !mkdir(part, 0700) || errno == EEXIST;
}

const char *cache_folder(Arena *arena)
{
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    const char *folder = NULL;
    if (base && *base == '/')
        folder = arena_printf(arena, "%s/nnd/kernels", base);
    else if (home && *home == '/')
        folder = arena_printf(arena, "%s/.cache/nnd/kernels", home);
    return folder && make_folder(arena, folder) && is_ours(folder) ? folder : NULL;
}

/* ---- entries ---- */

typedef struct Header {
    char magic[8];
    uint64_t key_size, object_size;
    uint64_t check; /* of key and object */
} Header;

static const char magic[8] = "nndkern1";

static uint64_t check_of(const void *key, size_t key_size, const void *object, size_t size)
{
    uLong crc = crc32_z(0, key, key_size);
    return crc32_z(crc, object, size);
}

/* FNV-1a. Keys of equal names replace each other. */
static const char *entry_path(Arena *arena, const char *folder, const char *key)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * 0x100000001b3u;
    return arena_printf(arena, "%s/%016llx", folder, (unsigned long long)hash);
}

/* Where the object is in a file that holds a whole entry of this key; else NULL. */
static const char *find_object(const NndFile *file, const char *key, size_t *size)
{
    Header header;
    size_t key_size = strlen(key);
    if (file->size < sizeof header)
        return NULL;
    memcpy(&header, file->data, sizeof header);
    size_t rest = file->size - sizeof header;
    if (memcmp(header.magic, magic, sizeof magic) || header.key_size != key_size || key_size > rest ||
        header.object_size != rest - key_size)
        return NULL;
    const char *own_key = file->data + sizeof header, *object = own_key + key_size;
    if (memcmp(own_key, key, key_size) || header.check != check_of(own_key, key_size, object, rest - key_size))
        return NULL;
    *size = rest - key_size;
    return object;
}

bool cache_find(Arena *arena, const char *folder, const char *key, void **object, size_t *size)
{
    NndFile file;
    NndError error;
    const char *path = entry_path(arena, folder, key);
    if (nnd_file_read(&file, path, CACHE_LIMIT, &error))
        return false;
    const char *found = find_object(&file, key, size);
    if (found) {
        *object = memcpy(arena_alloc(arena, *size), found, *size);
        utimensat(AT_FDCWD, path, NULL, 0); /* was used just now */
    }
    nnd_file_free(&file);
    return found != NULL;
}

/* ---- the limit ---- */

typedef struct Entry {
    const char *path;
    struct timespec used;
    uint64_t size;
} Entry;

typedef VEC(Entry) Entries;

static uint64_t list_entries(Arena *arena, const char *folder, Entries *out)
{
    uint64_t total = 0;
    DIR *all = opendir(folder);
    for (const struct dirent *file; all && (file = readdir(all)) != NULL;) {
        struct stat info;
        const char *path = arena_printf(arena, "%s/%s", folder, file->d_name);
        if (stat(path, &info) || !S_ISREG(info.st_mode))
            continue;
        vec_push(arena, out, ((Entry){path, info.st_mtim, (uint64_t)info.st_size}));
        total += (uint64_t)info.st_size;
    }
    if (all)
        closedir(all);
    return total;
}

static int by_use(const void *a, const void *b)
{
    const struct timespec *x = &((const Entry *)a)->used, *y = &((const Entry *)b)->used;
    if (x->tv_sec != y->tv_sec)
        return x->tv_sec < y->tv_sec ? -1 : 1;
    return (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

/* A quarter less than the limit is left, so that not every new entry has to remove one. */
static void remove_oldest(Arena *arena, const char *folder, uint64_t limit)
{
    Entries entries = {0};
    uint64_t total = list_entries(arena, folder, &entries);
    if (total <= limit)
        return;
    qsort(entries.data, (size_t)entries.count, sizeof *entries.data, by_use);
    for (int i = 0; i < entries.count && total > limit - limit / 4; i++)
        if (!unlink(entries.data[i].path))
            total -= entries.data[i].size;
}

void cache_keep(const char *folder, const char *key, const void *object, size_t size, uint64_t limit)
{
    Arena *arena = arena_new();
    NndError error;
    NndWriter *writer;
    size_t key_size = strlen(key);
    Header header = {.key_size = key_size, .object_size = size, .check = check_of(key, key_size, object, size)};
    memcpy(header.magic, magic, sizeof magic);
    NndStatus status = nnd_writer_new(&writer, entry_path(arena, folder, key), &error);
    if (!status) {
        status = nnd_writer_put(writer, &header, sizeof header, &error);
        if (!status)
            status = nnd_writer_put(writer, key, key_size, &error);
        if (!status)
            status = nnd_writer_put(writer, object, size, &error);
        if (status)
            nnd_writer_discard(writer);
        else
            status = nnd_writer_commit(writer, &error);
    }
    if (!status)
        remove_oldest(arena, folder, limit);
    arena_free(arena);
}

/* ---- which build this is ---- */

typedef struct BuildId {
    Arena *arena;
    const char *text;
} BuildId;

static const char *hexadecimal(Arena *arena, const unsigned char *bytes, size_t count)
{
    char *text = arena_alloc(arena, 2 * count + 1);
    for (size_t i = 0; i < count; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return text;
}

/* Notes are a header, a name and a description, each padded to 4 bytes. */
static const char *read_notes(Arena *arena, const char *notes, size_t size)
{
    for (size_t at = 0; at + sizeof(ElfW(Nhdr)) <= size;) {
        const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)(const void *)(notes + at);
        size_t name = at + sizeof *note, text = name + (note->n_namesz + 3) / 4 * 4;
        if (text + note->n_descsz > size)
            return NULL;
        if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && !memcmp(notes + name, "GNU", 4))
            return hexadecimal(arena, (const unsigned char *)notes + text, note->n_descsz);
        at = text + (note->n_descsz + 3) / 4 * 4;
    }
    return NULL;
}

/* The first object is the program itself. */
static int read_program(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    BuildId *id = context;
    for (int i = 0; i < info->dlpi_phnum && !id->text; i++)
        if (info->dlpi_phdr[i].p_type == PT_NOTE)
            id->text = read_notes(id->arena, (const char *)info->dlpi_addr + info->dlpi_phdr[i].p_vaddr, info->dlpi_phdr[i].p_memsz);
    return 1;
}

const char *cache_build_id(Arena *arena)
{
    BuildId id = {.arena = arena};
    dl_iterate_phdr(read_program, &id);
    return id.text;
}
