/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compiler/driver/command.h"
#include "lang/format.h"
#include "runtime/data/file.h"

enum { OPT_CHECK = OPTION_OWN };

static const struct option longs[] = {COMMON_LONG_OPTIONS, {"check", no_argument, NULL, OPT_CHECK}, {NULL, 0, NULL, 0}};

static Source *read_source(Arena *arena, const char *path)
{
    const char *why;
    Source *source = source_read(arena, strcmp(path, "-") ? path : "/dev/stdin", &why);
    if (!source)
        command_fail("%s: %s", path, why);
    return source;
}

static int write_back(const char *path, const Source *formatted)
{
    NndError error;
    if (!strcmp(path, "-"))
        return fwrite(formatted->text, 1, (size_t)formatted->length, stdout) != (size_t)formatted->length ||
                       fflush(stdout) ? command_fail("cannot write the text") : EXIT_FINE;
    return nnd_file_write(path, formatted->text, (size_t)formatted->length, &error) ? command_fail("%s", error.text) : EXIT_FINE;
}

static int format_file(Arena *arena, const char *path, bool check)
{
    Source *source = read_source(arena, path);
    if (!source)
        return EXIT_WRONG_INPUT;
    Diags *diags = diags_new(arena);
    const Source *formatted = format_source(arena, source, diags);
    if (!formatted) {
        diags_print(diags, isatty(STDERR_FILENO) ? DIAG_COLOUR : DIAG_PLAIN, stderr);
        return diags->error_count ? EXIT_WRONG_INPUT
                                  : command_fail("%s: formatting would change it, which is a mistake in nnd; it is left as it is", path);
    }
    bool same = formatted->length == source->length && !memcmp(formatted->text, source->text, (size_t)source->length);
    if (check && !same)
        printf("%s\n", path);
    if (check)
        return same ? EXIT_FINE : EXIT_WRONG_INPUT;
    return same && strcmp(path, "-") ? EXIT_FINE : write_back(path, formatted);
}

static int run_fmt(const Command *command, int argc, char **argv)
{
    Arena *arena = arena_new();
    Options options;
    options_init(&options, arena);
    bool check = false;
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;)
        if (option == OPT_CHECK)
            check = true;
        else
            status = option_common(command, &options, option);
    if (status < 0 && optind == argc)
        status = command_usage(command, "at least one file is needed");
    if (status < 0) {
        status = EXIT_FINE;
        for (int i = optind; i < argc; i++)
            if (format_file(arena, argv[i], check) != EXIT_FINE)
                status = EXIT_WRONG_INPUT;
    }
    arena_free(arena);
    return status;
}

const Command command_fmt = {
    .name = "fmt",
    .summary = "format model files",
    .help = "Usage: nnd fmt [--check] FILE.nnd...\n\n"
            "Rewrites each file with the usual indentation and spaces; `-` formats standard input to\n"
            "standard output. Line ends, aligned columns and comments stay. A file with syntax errors is left\n"
            "as it is.\n\n"
            "      --check              change nothing; list the files that are not formatted\n",
    .run = run_fmt,
};
