/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"

static char base[64];
static const char *folder;

static const char *the_file(Arena *arena)
{
    FILE *list = popen(arena_printf(arena, "ls -d %s/*", folder), "r");
    char path[256] = "";
    if (!list || fscanf(list, "%255s", path) != 1)
        *path = '\0';
    if (list)
        pclose(list);
    return arena_strdup(arena, path);
}

static bool has(Arena *arena, const char *key, const char *expected)
{
    void *object = NULL;
    size_t size = 0;
    return cache_find(arena, folder, key, &object, &size) && size == strlen(expected) && !memcmp(object, expected, size);
}

static void clear(void)
{
    Arena *arena = arena_new();
    CHECK_EQ_INT(system(arena_printf(arena, "rm -f %s/*", folder)), 0);
    arena_free(arena);
}

static void what_is_kept_is_found_by_its_key_alone(Arena *arena)
{
    cache_keep(folder, "key", "object", 6, CACHE_LIMIT);
    CHECK(has(arena, "key", "object"));
    CHECK(!has(arena, "Key", "object"));
    CHECK(!has(arena, "key ", "object"));
    CHECK(!has(arena, "", "object"));
    cache_keep(folder, "key", "another", 7, CACHE_LIMIT);
    CHECK(has(arena, "key", "another"));
}

/* Every byte of the entry is changed once; then it is cut after each byte. */
static void damaged_entries_are_not_found(Arena *arena)
{
    clear();
    cache_keep(folder, "key", "object", 6, CACHE_LIMIT);
    const char *path = the_file(arena);
    char bytes[128];
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file)
        fclose(file);
    CHECK(size > 9 && size < sizeof bytes);
    for (size_t i = 0; i < 2 * size; i++) {
        bool cut = i >= size;
        bytes[i % size] ^= (char)(cut ? 0 : 0x40);
        file = fopen(path, "wb");
        size_t length = cut ? i - size : size;
        CHECK(file && fwrite(bytes, 1, length, file) == length && !fclose(file));
        CHECK(!has(arena, "key", "object"));
        bytes[i % size] ^= (char)(cut ? 0 : 0x40);
    }
    cache_keep(folder, "key", "object", 6, CACHE_LIMIT);
    CHECK(has(arena, "key", "object"));
}

static void the_longest_unused_go_above_the_limit(Arena *arena)
{
    enum { ENTRIES = 8, SIZE = 1000 };
    static const char object[SIZE + 1] = {0};
    clear();
    for (int i = 0; i < ENTRIES; i++) {
        cache_keep(folder, arena_printf(arena, "key %d", i), object, SIZE, 4 * SIZE + SIZE / 2);
        usleep(20000); /* times of files may be coarse */
        void *found;
        size_t size;
        CHECK(cache_find(arena, folder, "key 0", &found, &size)); /* used all the time */
        CHECK(cache_find(arena, folder, arena_printf(arena, "key %d", i), &found, &size));
        usleep(20000);
    }
    void *found;
    size_t size;
    CHECK(!cache_find(arena, folder, "key 1", &found, &size));
}

/* Processes keep and find entries of the same keys; whatever they find is whole. */
static void programs_share_a_cache(Arena *arena)
{
    enum { PROCESSES = 4, ROUNDS = 60, KEYS = 3 };
    pid_t children[PROCESSES];
    clear();
    for (int p = 0; p < PROCESSES; p++) {
        children[p] = fork();
        if (children[p] != 0)
            continue;
        bool fine = true;
        for (int i = 0; i < ROUNDS; i++) {
            const char *key = arena_printf(arena, "key %d", i % KEYS);
            void *object;
            size_t size;
            cache_keep(folder, key, key, strlen(key), i % 5 ? CACHE_LIMIT : 1);
            if (cache_find(arena, folder, key, &object, &size))
                fine &= size == strlen(key) && !memcmp(object, key, size);
        }
        _exit(!fine);
    }
    for (int p = 0; p < PROCESSES; p++) {
        int status = -1;
        CHECK_EQ_INT(waitpid(children[p], &status, 0), children[p]);
        CHECK_EQ_INT(status, 0);
    }
}

static void a_folder_that_others_can_write_to_is_not_used(Arena *arena)
{
    CHECK_EQ_INT(chmod(folder, 0777), 0);
    CHECK(cache_folder(arena) == NULL);
    CHECK_EQ_INT(chmod(folder, 0700), 0);
    CHECK(cache_folder(arena) != NULL);
    setenv("XDG_CACHE_HOME", "relative", 1);
    setenv("HOME", base, 1);
    const char *home = cache_folder(arena);
    CHECK(home && strstr(home, "/.cache/nnd/kernels"));
}

static void a_build_has_an_id(Arena *arena)
{
    const char *id = cache_build_id(arena);
    CHECK(id && strlen(id) >= 16);
}

int main(void)
{
    Arena *arena = arena_new();
    snprintf(base, sizeof base, "/tmp/nnd-cache-XXXXXX");
    CHECK(mkdtemp(base) != NULL);
    setenv("XDG_CACHE_HOME", base, 1);
    folder = cache_folder(arena);
    CHECK(folder != NULL);
    if (folder) {
        what_is_kept_is_found_by_its_key_alone(arena);
        damaged_entries_are_not_found(arena);
        the_longest_unused_go_above_the_limit(arena);
        programs_share_a_cache(arena);
        a_folder_that_others_can_write_to_is_not_used(arena);
    }
    a_build_has_an_id(arena);
    CHECK_EQ_INT(system(arena_printf(arena, "rm -rf %s", base)), 0);
    arena_free(arena);
    return test_report();
}
