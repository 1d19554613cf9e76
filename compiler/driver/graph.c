/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/graph.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler/driver/unit.h"
#include "runtime/data/file.h"

extern char **environ;

enum { OPT_STAGE = OPTION_OWN };

static const struct option longs[] = {COMMON_LONG_OPTIONS, {"stage", required_argument, NULL, OPT_STAGE}, {NULL, 0, NULL, 0}};

typedef enum GraphStage { STAGE_LAYERS, STAGE_KERNELS, STAGE_COUNT } GraphStage;
static const char *const stage_names[STAGE_COUNT] = {[STAGE_LAYERS] = "layers", [STAGE_KERNELS] = "kernels"};

static int find_stage(const Command *command, const char *name, GraphStage *stage)
{
    for (int i = 0; i < STAGE_COUNT; i++)
        if (!strcmp(stage_names[i], name)) {
            *stage = (GraphStage)i;
            return -1;
        }
    return command_usage(command, "there is no stage `%s`: choose layers or kernels", name);
}

/* ---- Graphviz ---- */

/* Runs `dot -Tsvg` from one open file to another; 127 if there is no such program. */
static int run_dot(int in, int out)
{
    char *arguments[] = {"dot", "-Tsvg", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    pid_t child;
    int status = posix_spawnp(&child, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (status)
        return 127;
    if (waitpid(child, &status, 0) < 0 || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status);
}

static char *read_back(Arena *arena, FILE *file)
{
    long size = fseek(file, 0, SEEK_END) ? -1 : ftell(file);
    rewind(file);
    if (size <= 0)
        return NULL;
    char *text = ARENA_ARRAY(arena, char, (int)size + 1);
    return fread(text, 1, (size_t)size, file) == (size_t)size ? text : NULL;
}

/* NULL, and told, if it cannot be drawn. */
static char *draw_svg(Arena *arena, const char *dot)
{
    FILE *in = tmpfile(), *out = tmpfile();
    char *svg = NULL;
    int status = 1;
    if (in && out && fputs(dot, in) >= 0 && !fflush(in) && !fseek(in, 0, SEEK_SET))
        status = run_dot(fileno(in), fileno(out));
    if (!status)
        svg = read_back(arena, out);
    if (status == 127)
        command_fail("Graphviz is not installed: `apt-get install graphviz`, or write a .dot file with -o");
    else if (!svg)
        command_fail("Graphviz's dot could not draw the graph");
    if (in)
        fclose(in);
    if (out)
        fclose(out);
    return svg;
}

static bool ends_with(const char *path, const char *suffix)
{
    size_t length = strlen(path), tail = strlen(suffix);
    return length > tail && !strcmp(path + length - tail, suffix);
}

static int write_graph(const Graph *graph, const char *path)
{
    const char *text = graph_dot(graph);
    if (path && !ends_with(path, ".dot"))
        text = draw_svg(graph->arena, text);
    if (!text)
        return EXIT_WRONG_INPUT;
    NndError error;
    if (path && nnd_file_write(path, text, strlen(text), &error))
        return command_fail("%s", error.text);
    if (!path && (fputs(text, stdout) < 0 || fflush(stdout)))
        return command_fail("cannot write the output");
    return EXIT_FINE;
}

/* ---- the command ---- */

static int draw(Arena *arena, const char *path, const Options *options, GraphStage stage)
{
    Source *source = read_model_file(arena, path);
    Unit unit;
    if (!source || !unit_check(&unit, arena, source, options, NULL, 0, 1000))
        return EXIT_WRONG_INPUT;
    if (!unit.program)
        return command_fail("%s has no model, only layers", path);
    Graph graph = {.arena = arena, .title = unit.program->model};
    if (stage == STAGE_LAYERS) {
        graph_layers(&graph, unit.program);
        return write_graph(&graph, options->output);
    }
    if (!unit_lower(&unit, options))
        return EXIT_WRONG_INPUT;
    IrFunc *predict = ir_module_func(unit.module, "predict");
    if (!predict)
        return command_fail("model %s predicts nothing", unit.program->model);
    PassOptions passes = pass_options(options);
    passes.fuse = true;
    passes_run(unit.module, &passes);
    graph_kernels(&graph, predict);
    return write_graph(&graph, options->output);
}

static int run_graph(const Command *command, int argc, char **argv)
{
    Arena *arena = arena_new();
    Options options;
    options_init(&options, arena);
    GraphStage stage = STAGE_LAYERS;
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;)
        status = option == OPT_STAGE ? find_stage(command, optarg, &stage) : option_common(command, &options, option);
    if (status < 0 && argc - optind != 1)
        status = command_usage(command, "one model file is needed");
    if (status < 0)
        status = check_pass_options(command, &options);
    if (status < 0)
        status = draw(arena, argv[optind], &options, stage);
    arena_free(arena);
    return status;
}

const Command command_graph = {
    .name = "graph",
    .summary = "draw a model",
    .help = "Usage: nnd graph MODEL.nnd [-o OUT.svg] [--stage STAGE] [OPTION]...\n\n"
            "      --stage STAGE        layers   layers with shapes and numbers of weights; orange arrows are\n"
            "                                    ragged, recurrences are drawn unrolled (default)\n"
            "                           kernels  what the compiler fuses with what\n\n"
            "OUT.svg is drawn by Graphviz, OUT.dot is text for it; without -o the text is printed.\n"
            "A vocabulary size that the model does not state is taken to be 1000.\n",
    .run = run_graph,
};
