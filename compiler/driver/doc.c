/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference of a layer library, in Markdown, from its doc comments.
 */
#include <stdio.h>
#include <stdlib.h>

#include "compiler/driver/unit.h"
#include "lang/embedded.h"
#include "lang/parse.h"
#include "runtime/data/file.h"

static const struct option longs[] = {COMMON_LONG_OPTIONS, {NULL, 0, NULL, 0}};

static bool is_documented_kind(const Node *item)
{
    return item->kind == N_LAYER || item->kind == N_FUNCTION || item->kind == N_CONST || item->kind == N_MODEL;
}

/* Up to the body: "layer Linear(out: dim)(x: f32[..., in]) -> f32[..., out]". */
static void put_signature(FILE *out, const Node *item)
{
    const Node *last = item->kids[item->kid_count - 1];
    const char *text = item->span.source->text;
    int end = item->kind == N_CONST ? item->span.end : last->span.start;
    while (end > item->span.start && strchr(" \n={", text[end - 1]))
        end--;
    fprintf(out, "```nnd\n%.*s\n```\n\n", end - item->span.start, text + item->span.start);
}

/* Indented lines are programs. */
static void put_doc(FILE *out, const char *doc)
{
    bool program = false;
    for (const char *line = doc; *line; line += strcspn(line, "\n") + 1) {
        int length = (int)strcspn(line, "\n");
        bool indented = length >= 4 && !strncmp(line, "    ", 4);
        if (indented && !program)
            fputs("```\n", out);
        if (!indented && program)
            fputs("```\n", out);
        program = indented;
        fprintf(out, "%.*s\n", indented ? length - 4 : length, indented ? line + 4 : line);
    }
    fputs(program ? "```\n\n" : "\n", out);
}

static void put_file(FILE *out, const Node *file, const char *title)
{
    fprintf(out, "## %s\n\n", title);
    for (int i = 0; i < file->kid_count; i++) {
        const Node *item = file->kids[i];
        if (!is_documented_kind(item))
            continue;
        fprintf(out, "### %s\n\n", item->name);
        put_signature(out, item);
        if (item->doc)
            put_doc(out, item->doc);
    }
}

static bool put_source(FILE *out, Arena *arena, const Source *source, const char *title, const Options *options)
{
    Diags *diags = diags_new(arena);
    const Node *file = parse_source(arena, source, diags);
    print_diags(diags, options);
    if (diags->error_count)
        return false;
    put_file(out, file, title);
    return true;
}

static bool put_std(FILE *out, Arena *arena, const Options *options)
{
    fputs("# The standard library\n\nWritten by `nnd doc` from the comments in [stdlib/](../stdlib).\n\n", out);
    for (int i = 0; i < stdlib_file_count; i++) {
        const EmbeddedFile *file = &stdlib_files[i];
        const Source *source = source_new(arena, file->name, file->text, file->length);
        if (!put_source(out, arena, source, arena_printf(arena, "std.%s", file->name), options))
            return false;
    }
    return true;
}

static bool put_all(FILE *out, Arena *arena, char **paths, int count, const Options *options)
{
    if (!count)
        return put_std(out, arena, options);
    for (int i = 0; i < count; i++) {
        const Source *source = read_model_file(arena, paths[i]);
        if (!source || !put_source(out, arena, source, paths[i], options))
            return false;
    }
    return true;
}

static int doc(Arena *arena, char **paths, int count, const Options *options)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return command_fail("out of memory");
    bool fine = put_all(out, arena, paths, count, options);
    fclose(out);
    NndError error;
    int status = fine ? EXIT_FINE : EXIT_WRONG_INPUT;
    if (fine && options->output && nnd_file_write(options->output, text, size, &error))
        status = command_fail("%s", error.text);
    else if (fine && !options->output && (fwrite(text, 1, size, stdout) != size || fflush(stdout)))
        status = command_fail("cannot write the output");
    free(text);
    return status;
}

static int run_doc(const Command *command, int argc, char **argv)
{
    Arena *arena = arena_new();
    Options options;
    options_init(&options, arena);
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;)
        status = option_common(command, &options, option);
    if (status < 0)
        status = doc(arena, argv + optind, argc - optind, &options);
    arena_free(arena);
    return status;
}

const Command command_doc = {
    .name = "doc",
    .summary = "write a layer library's reference",
    .help = "Usage: nnd doc [FILE.nnd]... [-o OUT.md]\n\n"
            "Writes Markdown: every layer, function, constant and model of the files with its signature and\n"
            "its doc comment (`///`), in which indented lines are programs. Without a file: the standard library.\n",
    .run = run_doc,
};
