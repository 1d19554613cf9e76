/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "compiler/driver/curves.h"
#include "compiler/driver/unit.h"
#include "runtime/data/file.h"

static const struct option longs[] = {COMMON_LONG_OPTIONS, {NULL, 0, NULL, 0}};

/* The file's name without its folder and its ending. */
static const char *run_name(Arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    return arena_strndup(arena, base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
}

static NndStatus read_history(RunHistory *out, Arena *arena, const char *path, NndError *error)
{
    NndModel model;
    NndStatus status = nnd_model_open(&model, path, error);
    if (status)
        return status;
    const char *history = nnd_safetensors_metadata(model.file, "nnd.history");
    if (!history || !*history)
        status = nnd_fail(error, NND_EFORMAT, "%s: it has no history of its training", path);
    else
        *out = (RunHistory){run_name(arena, path), arena_strdup(arena, history)};
    nnd_model_free(&model);
    return status;
}

static int report(Arena *arena, char **paths, int count, const char *output)
{
    RunHistory *runs = ARENA_ARRAY(arena, RunHistory, count);
    NndError error;
    for (int i = 0; i < count; i++)
        if (read_history(&runs[i], arena, paths[i], &error))
            return command_fail("%s", error.text);
    char *page;
    if (curves_html(&page, arena, "Learning curves", runs, count, &error) ||
        nnd_file_write(output, page, strlen(page), &error))
        return command_fail("%s", error.text);
    return EXIT_FINE;
}

static int run_report(const Command *command, int argc, char **argv)
{
    Arena *arena = arena_new();
    Options options;
    options_init(&options, arena);
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;)
        status = option_common(command, &options, option);
    if (status < 0 && optind == argc)
        status = command_usage(command, "at least one trained model is needed");
    if (status < 0 && !options.output)
        status = command_usage(command, "-o FILE.html is needed");
    if (status < 0)
        status = report(arena, argv + optind, argc - optind, options.output);
    arena_free(arena);
    return status;
}

const Command command_report = {
    .name = "report",
    .summary = "draw learning curves of trained models",
    .help = "Usage: nnd report FILE.model... -o OUT.html\n\n"
            "Draws loss and metrics by epoch, all models in the same charts, into one HTML page that needs\n"
            "nothing else. Checkpoints have histories too.\n",
    .run = run_report,
};
