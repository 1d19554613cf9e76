/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/file.h"
#include "tests/check.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static char folder[] = "/tmp/nnd-test-file-XXXXXX";
static NndError error;

static const char *in_folder(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int files_in_folder(void)
{
    int count = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void what_is_written_is_read_back(void)
{
    NndFile file;
    const char *path = in_folder("a");
    CHECK_EQ_INT(nnd_file_write(path, "hello", 5, &error), NND_OK);
    CHECK_EQ_INT(nnd_file_read(&file, path, 5, &error), NND_OK);
    CHECK_STR_EQ(file.data, "hello");
    nnd_file_free(&file);
    CHECK_EQ_INT(nnd_file_map(&file, path, &error), NND_OK);
    CHECK(file.size == 5 && memcmp(file.data, "hello", 5) == 0);
    nnd_file_free(&file);
}

static void a_large_file_is_read_whole(void)
{
    enum { SIZE = 300001 };
    char *data = malloc(SIZE);
    for (int i = 0; i < SIZE; i++)
        data[i] = (char)(i * 31);
    NndFile file;
    const char *path = in_folder("large");
    CHECK_EQ_INT(nnd_file_write(path, data, SIZE, &error), NND_OK);
    CHECK_EQ_INT(nnd_file_read(&file, path, 1 << 20, &error), NND_OK);
    CHECK(file.size == SIZE && memcmp(file.data, data, SIZE) == 0);
    nnd_file_free(&file);
    free(data);
    unlink(path);
}

static void a_file_over_the_limit_is_refused(void)
{
    NndFile file;
    CHECK_EQ_INT(nnd_file_write(in_folder("a"), "hello", 5, &error), NND_OK);
    CHECK_EQ_INT(nnd_file_read(&file, in_folder("a"), 4, &error), NND_EFORMAT);
    CHECK(strstr(error.text, "larger than the limit of 4 bytes") != NULL);
}

static void a_missing_file_is_named_with_the_reason(void)
{
    NndFile file;
    CHECK_EQ_INT(nnd_file_read(&file, "no/such/file", 10, &error), NND_EIO);
    CHECK_STR_EQ(error.text, "no/such/file: cannot open: No such file or directory");
    CHECK_EQ_INT(nnd_file_map(&file, "no/such/file", &error), NND_EIO);
    CHECK_EQ_INT(nnd_file_write("no/such/file", "", 0, &error), NND_EIO);
    CHECK_STR_EQ(error.text, "no/such/file: cannot write: No such file or directory");
}

static void a_discarded_writer_leaves_the_old_file_alone(void)
{
    NndWriter *writer;
    NndFile file;
    CHECK_EQ_INT(nnd_file_write(in_folder("a"), "old", 3, &error), NND_OK);
    CHECK_EQ_INT(nnd_writer_new(&writer, in_folder("a"), &error), NND_OK);
    CHECK_EQ_INT(nnd_writer_put(writer, "new", 3, &error), NND_OK);
    nnd_writer_discard(writer);
    CHECK_EQ_INT(nnd_file_read(&file, in_folder("a"), 10, &error), NND_OK);
    CHECK_STR_EQ(file.data, "old");
    nnd_file_free(&file);
    CHECK_EQ_INT(files_in_folder(), 1);
}

static void what_a_killed_writer_left_is_taken_over(void)
{
    NndFile file;
    char left[300];
    snprintf(left, sizeof left, "%s.nnd-tmp", in_folder("a"));
    FILE *stream = fopen(left, "w");
    CHECK(stream && fputs("half of a much longer file", stream) > 0 && !fclose(stream));
    CHECK_EQ_INT(nnd_file_write(in_folder("a"), "whole", 5, &error), NND_OK);
    CHECK_EQ_INT(nnd_file_read(&file, in_folder("a"), 100, &error), NND_OK);
    CHECK_STR_EQ(file.data, "whole");
    nnd_file_free(&file);
    CHECK_EQ_INT(files_in_folder(), 1);
}

static void a_file_has_one_writer_at_a_time(void)
{
    NndWriter *first, *second;
    CHECK_EQ_INT(nnd_writer_new(&first, in_folder("a"), &error), NND_OK);
    CHECK_EQ_INT(nnd_writer_new(&second, in_folder("a"), &error), NND_EIO);
    CHECK(strstr(error.text, "a: cannot write: another program is writing it") != NULL);
    CHECK_EQ_INT(nnd_writer_put(first, "first", 5, &error), NND_OK);
    CHECK_EQ_INT(nnd_writer_commit(first, &error), NND_OK);
    CHECK_EQ_INT(nnd_file_write(in_folder("a"), "second", 6, &error), NND_OK);
    CHECK_EQ_INT(files_in_folder(), 1);
}

static void the_new_file_has_the_permissions_of_the_old_and_links_stay(void)
{
    struct stat info;
    char link[256];
    snprintf(link, sizeof link, "%s", in_folder("link"));
    CHECK_EQ_INT(chmod(in_folder("a"), 0640), 0);
    CHECK_EQ_INT(symlink("a", link), 0);
    CHECK_EQ_INT(nnd_file_write(link, "through", 7, &error), NND_OK);
    CHECK_EQ_INT(lstat(link, &info), 0);
    CHECK(S_ISLNK(info.st_mode));
    CHECK_EQ_INT(stat(in_folder("a"), &info), 0);
    CHECK_EQ_INT(info.st_mode & 0777, 0640);
    CHECK_EQ_INT(info.st_size, 7);
    unlink(link);
}

static void a_device_is_written_in_place(void)
{
    struct stat info;
    CHECK_EQ_INT(nnd_file_write("/dev/null", "x", 1, &error), NND_OK);
    CHECK_EQ_INT(stat("/dev/null", &info), 0);
    CHECK(S_ISCHR(info.st_mode));
}

static void a_full_device_is_an_error(void)
{
    CHECK_EQ_INT(nnd_file_write("/dev/full", "x", 1, &error), NND_EIO);
    CHECK_STR_EQ(error.text, "/dev/full: cannot write: No space left on device");
}

static void write_gzip(const char *path, const char *mode, const char *text)
{
    gzFile file = gzopen(path, mode);
    gzputs(file, text);
    gzclose(file);
}

static void gzip_is_decompressed_all_members_of_it(void)
{
    NndFile file;
    const char *path = in_folder("a.gz");
    write_gzip(path, "wb", "first ");
    write_gzip(path, "ab", "second");
    CHECK_EQ_INT(nnd_file_read_gzip(&file, path, 100, &error), NND_OK);
    CHECK_STR_EQ(file.data, "first second");
    nnd_file_free(&file);
    CHECK_EQ_INT(nnd_file_read_gzip(&file, path, 11, &error), NND_EFORMAT);
    CHECK_EQ_INT(nnd_file_read_gzip(&file, in_folder("a"), 100, &error), NND_OK);
    CHECK_STR_EQ(file.data, "through");
    nnd_file_free(&file);
}

static void broken_gzip_is_an_error(void)
{
    NndFile packed, file;
    CHECK_EQ_INT(nnd_file_read(&packed, in_folder("a.gz"), 1000, &error), NND_OK);
    CHECK_EQ_INT(nnd_gunzip(&file, packed.data, packed.size - 3, 100, "x", &error), NND_EFORMAT);
    CHECK_STR_EQ(error.text, "x: gzip data ends too early");
    packed.data[packed.size - 6] ^= 1;
    CHECK_EQ_INT(nnd_gunzip(&file, packed.data, packed.size, 100, "x", &error), NND_EFORMAT);
    CHECK(strstr(error.text, "bad gzip data: incorrect data check") != NULL);
    nnd_file_free(&packed);
    unlink(in_folder("a.gz"));
}

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    what_is_written_is_read_back();
    a_large_file_is_read_whole();
    a_file_over_the_limit_is_refused();
    a_missing_file_is_named_with_the_reason();
    a_discarded_writer_leaves_the_old_file_alone();
    what_a_killed_writer_left_is_taken_over();
    a_file_has_one_writer_at_a_time();
    the_new_file_has_the_permissions_of_the_old_and_links_stay();
    a_device_is_written_in_place();
    a_full_device_is_an_error();
    gzip_is_decompressed_all_members_of_it();
    broken_gzip_is_an_error();
    unlink(in_folder("a"));
    CHECK_EQ_INT(rmdir(folder), 0);
    return test_report();
}
