/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole files in and out. A file is read in one piece, with a limit stated by
 * the caller. It is written so that a reader finds either the old contents or
 * the new, never a part: into a temporary of the same folder, then fsync, then
 * rename.
 */
#ifndef NND_RUNTIME_DATA_FILE_H
#define NND_RUNTIME_DATA_FILE_H

#include "runtime/error.h"

#include <stdbool.h>
#include <stddef.h>

/* The largest data file read into memory, after decompression. */
#define NND_MAX_FILE ((size_t)8 << 30)

typedef struct NndFile {
    char *data; /* read: ends with a NUL that `size` does not count; mapped: read-only */
    size_t size;
    bool mapped;
} NndFile;

/* Reads a file, pipe or device to its end. */
NndStatus nnd_file_read(NndFile *out, const char *path, size_t max_size, NndError *error);

/* The same; what gzip has compressed is decompressed, whatever the file is called. */
NndStatus nnd_file_read_gzip(NndFile *out, const char *path, size_t max_size, NndError *error);

NndStatus nnd_file_map(NndFile *out, const char *path, NndError *error);
void nnd_file_free(NndFile *file);

bool nnd_is_gzip(const void *data, size_t size);

/* Decompresses a block of memory, all members of it; `name` is for the error. */
NndStatus nnd_gunzip(NndFile *out, const void *data, size_t size, size_t max_size, const char *name,
                     NndError *error);

typedef struct NndWriter NndWriter;

NndStatus nnd_writer_new(NndWriter **out, const char *path, NndError *error);
NndStatus nnd_writer_put(NndWriter *writer, const void *data, size_t size, NndError *error);

/* Puts the file in place, or leaves the old one alone when it fails; frees the writer. */
NndStatus nnd_writer_commit(NndWriter *writer, NndError *error);

/* Frees the writer and removes what it has written; NULL is allowed. */
void nnd_writer_discard(NndWriter *writer);

NndStatus nnd_file_write(const char *path, const void *data, size_t size, NndError *error);

#endif
