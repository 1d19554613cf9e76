/* SPDX-License-Identifier: Apache-2.0
 *
 * The writing half of file.h.
 */
#include "runtime/data/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct NndWriter {
    FILE *stream;
    char *path;      /* of the file to replace, links followed */
    char *temporary; /* NULL: written in place, as a pipe or a device must be */
};

static NndStatus fail_system(NndError *error, const char *path)
{
    if (errno == EBUSY)
        return nnd_fail(error, NND_EIO, "%s: cannot write: another program is writing it", path);
    return nnd_fail(error, NND_EIO, "%s: cannot write: %s", path, strerror(errno));
}

static void writer_free(NndWriter *writer)
{
    if (writer->stream)
        fclose(writer->stream);
    free(writer->temporary);
    free(writer->path);
    free(writer);
}

/* Is the locked file still the one of that name, not one that its writer has put in place since? */
static bool is_in_folder(int descriptor, const char *path)
{
    struct stat opened, named;
    return !fstat(descriptor, &opened) && !lstat(path, &named) && opened.st_ino == named.st_ino &&
           opened.st_dev == named.st_dev;
}

/* A new file beside the old one, with its permissions if there is one. Its name is always the same and
 * its writer holds a lock on it: what a killed program has left is taken over, not left for ever. */
static int open_temporary(NndWriter *writer, const struct stat *old)
{
    if (asprintf(&writer->temporary, "%s.nnd-tmp", writer->path) < 0) {
        writer->temporary = NULL;
        return -1;
    }
    int descriptor;
    do {
        descriptor = open(writer->temporary, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (descriptor < 0)
            return -1;
        if (flock(descriptor, LOCK_EX | LOCK_NB)) {
            int reason = errno == EWOULDBLOCK ? EBUSY : errno;
            close(descriptor);
            errno = reason;
            return -1;
        }
    } while (!is_in_folder(descriptor, writer->temporary) && !close(descriptor));
    if (old)
        (void)!fchmod(descriptor, old->st_mode & 0777);
    if (!ftruncate(descriptor, 0))
        return descriptor;
    close(descriptor);
    return -1;
}

static int open_target(NndWriter *writer)
{
    struct stat old;
    bool exists = !stat(writer->path, &old);
    if (exists && !S_ISREG(old.st_mode))
        return open(writer->path, O_WRONLY | O_CLOEXEC);
    int descriptor = open_temporary(writer, exists ? &old : NULL);
    if (descriptor < 0) {
        free(writer->temporary);
        writer->temporary = NULL;
    }
    return descriptor;
}

NndStatus nnd_writer_new(NndWriter **out, const char *path, NndError *error)
{
    *out = NULL;
    NndWriter *writer = calloc(1, sizeof *writer);
    if (!writer)
        return nnd_fail(error, NND_ENOMEM, "%s: out of memory", path);
    char *real = realpath(path, NULL);
    writer->path = real ? real : strdup(path);
    int descriptor = writer->path ? open_target(writer) : -1;
    if (descriptor >= 0)
        writer->stream = fdopen(descriptor, "wb");
    if (!writer->stream) {
        NndStatus status = fail_system(error, path);
        if (descriptor >= 0)
            close(descriptor);
        nnd_writer_discard(writer);
        return status;
    }
    *out = writer;
    return NND_OK;
}

NndStatus nnd_writer_put(NndWriter *writer, const void *data, size_t size, NndError *error)
{
    if (size && fwrite(data, 1, size, writer->stream) != size)
        return fail_system(error, writer->path);
    return NND_OK;
}

/* A rename is on disk when its folder is. */
static int sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    int descriptor = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    free(folder);
    if (descriptor < 0)
        return -1;
    int result = fsync(descriptor);
    if (result && (errno == EINVAL || errno == EROFS)) /* a file system that cannot do it */
        result = 0;
    close(descriptor);
    return result;
}

/* While the lock is held, so that nobody takes the file over before it is in place. */
static bool put_in_place(NndWriter *writer)
{
    if (fsync(fileno(writer->stream)) || rename(writer->temporary, writer->path))
        return false;
    free(writer->temporary);
    writer->temporary = NULL;
    return !sync_folder(writer->path);
}

static bool finish(NndWriter *writer)
{
    return !fflush(writer->stream) && (!writer->temporary || put_in_place(writer));
}

NndStatus nnd_writer_commit(NndWriter *writer, NndError *error)
{
    NndStatus status = finish(writer) ? NND_OK : fail_system(error, writer->path);
    nnd_writer_discard(writer);
    return status;
}

void nnd_writer_discard(NndWriter *writer)
{
    if (!writer)
        return;
    if (writer->temporary)
        unlink(writer->temporary);
    writer_free(writer);
}

NndStatus nnd_file_write(const char *path, const void *data, size_t size, NndError *error)
{
    NndWriter *writer;
    NndStatus status = nnd_writer_new(&writer, path, error);
    if (status)
        return status;
    status = nnd_writer_put(writer, data, size, error);
    if (!status)
        return nnd_writer_commit(writer, error);
    nnd_writer_discard(writer);
    return status;
}
