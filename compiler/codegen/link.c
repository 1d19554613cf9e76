/* SPDX-License-Identifier: Apache-2.0
 *
 * Linking through the system's C compiler, which knows where the C library is.
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler/codegen/object.h"

extern char **environ;

static NndStatus run_linker(char *const *arguments, NndError *error)
{
    pid_t child;
    int code = posix_spawnp(&child, arguments[0], NULL, NULL, arguments, environ);
    if (code)
        return nnd_fail(error, NND_EIO, "cannot run the linker `%s`: %s (install gcc or clang)", arguments[0], strerror(code));
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return nnd_fail(error, NND_EIO, "cannot wait for the linker: %s", strerror(errno));
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        return nnd_fail(error, NND_EIO, "the linker `%s` failed", arguments[0]);
    return NND_OK;
}

NndStatus object_link(const char *object_path, const char *archive, const char *path, NndError *error)
{
    Arena *arena = arena_new();
    char *temporary = arena_printf(arena, "%s.link-%ld", path, (long)getpid());
    VEC(char *) arguments = {0};
    const char *words[] = {"cc", "-o", temporary, object_path, archive, "-Wl,--gc-sections", "-Wl,-z,noexecstack", "-lm", "-lpthread"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        vec_push(arena, &arguments, arena_strdup(arena, words[i]));
    if (*NND_SANITIZE)
        vec_push(arena, &arguments, arena_printf(arena, "-fsanitize=%s", NND_SANITIZE));
    vec_push(arena, &arguments, NULL);
    NndStatus status = run_linker(arguments.data, error);
    if (!status && rename(temporary, path))
        status = nnd_fail(error, NND_EIO, "cannot write %s: %s", path, strerror(errno));
    if (status)
        unlink(temporary);
    arena_free(arena);
    return status;
}
