/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "compiler/driver/command.h"

static const Command *const commands[] = {
    &command_new,   &command_check, &command_ir,    &command_embed,   &command_train,   &command_tune,    &command_cross,   &command_eval,    &command_predict, &command_explain,
    &command_bench, &command_build, &command_export, &command_graph,   &command_report,  &command_fmt,   &command_doc,   &command_convert, &command_version,
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static void print_help(FILE *file)
{
    fputs("nnd: a compiler for neural networks\n\nUsage: nnd COMMAND [OPTION]... [FILE]...\n\nCommands:\n", file);
    for (int i = 0; i < COMMAND_COUNT; i++)
        fprintf(file, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n`nnd COMMAND --help` says more about each.\n", file);
}

static const Command *find_command(const char *name)
{
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (!strcmp(commands[i]->name, name))
            return commands[i];
    return NULL;
}

static int unknown_command(const char *name)
{
    const char *names[COMMAND_COUNT];
    for (int i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i]->name;
    const char *nearest = diag_nearest(name, names, COMMAND_COUNT);
    fprintf(stderr, "nnd: there is no command `%s`", name);
    if (nearest)
        fprintf(stderr, "; did you mean `%s`?", nearest);
    fputs("\nTry `nnd --help`.\n", stderr);
    return EXIT_WRONG_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_WRONG_USAGE;
    }
    const char *name = argv[1];
    if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
        print_help(stdout);
        return EXIT_FINE;
    }
    if (!strcmp(name, "--version"))
        name = "version";
    const Command *command = find_command(name);
    if (!command)
        return unknown_command(name);
    argv[1] = argv[0];
    return command->run(command, argc - 1, argv + 1);
}
