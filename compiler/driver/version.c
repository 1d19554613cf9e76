/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "compiler/driver/command.h"

static const struct option longs[] = {COMMON_LONG_OPTIONS, {NULL, 0, NULL, 0}};

static int run_version(const Command *command, int argc, char **argv)
{
    Arena *arena = arena_new();
    Options options;
    options_init(&options, arena);
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;)
        status = option_common(command, &options, option);
    if (status < 0 && optind < argc)
        status = command_usage(command, "no file is needed");
    if (status < 0) {
        printf(options.json ? "{\"nnd\":\"%s\",\"llvm\":%d}\n" : "nnd %s (LLVM %d)\n", NND_VERSION, 19);
        status = EXIT_FINE;
    }
    arena_free(arena);
    return status;
}

const Command command_version = {
    .name = "version",
    .summary = "print the version",
    .help = "Usage: nnd version [--json]\n",
    .run = run_version,
};
