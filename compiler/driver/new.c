/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include <unistd.h>

#include "compiler/driver/command.h"
#include "lang/embedded.h"
#include "lang/parse.h"
#include "runtime/data/file.h"

static const struct option longs[] = {COMMON_LONG_OPTIONS, {NULL, 0, NULL, 0}};

static const EmbeddedFile *find_template(const char *name)
{
    for (int i = 0; i < example_file_count; i++)
        if (!strcmp(example_files[i].name, name))
            return &example_files[i];
    return NULL;
}

static const Node *model_of(Arena *arena, const EmbeddedFile *file)
{
    const Source *source = source_new(arena, file->name, file->text, file->length);
    const Node *parsed = parse_source(arena, source, diags_new(arena));
    for (int i = 0; i < parsed->kid_count; i++)
        if (parsed->kids[i]->kind == N_MODEL)
            return parsed->kids[i];
    return NULL;
}

/* The first sentence of a doc comment, on one line. */
static const char *first_sentence(Arena *arena, const char *doc)
{
    char *text = arena_strdup(arena, doc ? doc : "");
    for (char *p = text; *p; p++) {
        *p = *p == '\n' ? ' ' : *p;
        bool ends = *p == '.' && (!p[1] || !p[2] || (isspace((unsigned char)p[1]) && isupper((unsigned char)p[2])));
        if (ends) {
            *p = '\0';
            break;
        }
    }
    return text;
}

static int list_templates(Arena *arena, bool json)
{
    for (int i = 0; i < example_file_count; i++) {
        const Node *model = model_of(arena, &example_files[i]);
        if (json)
            printf("{\"template\":\"%s\",\"model\":\"%s\"}\n", example_files[i].name, model->name);
        else
            printf("  %-22s %s\n", example_files[i].name, first_sentence(arena, model->doc));
    }
    return EXIT_FINE;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The text with every word `from` as `to`. */
static const char *rename_word(Arena *arena, const char *text, const char *from, const char *to)
{
    const char *out = "";
    size_t length = strlen(from);
    for (const char *found; (found = strstr(text, from)); text = found + length) {
        bool whole = !is_word(found[length]) && (found == text || !is_word(found[-1]));
        out = arena_printf(arena, "%s%.*s%s", out, (int)(found - text), text, whole ? to : from);
    }
    return arena_printf(arena, "%s%s", out, text);
}

static bool is_model_name(const char *name)
{
    for (const char *p = name; *p; p++)
        if (!is_word(*p))
            return false;
    return isalpha((unsigned char)*name);
}

static int create(Arena *arena, const char *name, const Options *options)
{
    const EmbeddedFile *file = find_template(name);
    if (!file) {
        const char **names = ARENA_ARRAY(arena, const char *, example_file_count);
        for (int i = 0; i < example_file_count; i++)
            names[i] = example_files[i].name;
        const char *near = diag_nearest(name, names, example_file_count);
        return command_fail("there is no template `%s`%s%s%s; `nnd new` lists them", name, near ? "; did you mean `" : "",
                            near ? near : "", near ? "`?" : "");
    }
    const char *path = options->output ? options->output : arena_printf(arena, "%s.nnd", name);
    if (!access(path, F_OK))
        return command_fail("%s is there already", path);
    const char *text = file->text;
    if (options->model)
        text = rename_word(arena, text, model_of(arena, file)->name, options->model);
    NndError error;
    if (nnd_file_write(path, text, strlen(text), &error))
        return command_fail("%s", error.text);
    if (!options->quiet)
        printf("%s is written. Next:\n  nnd check %s\n  nnd graph %s -o network.svg\n"
               "  nnd train %s --train DATA --valid 0.1 -o out.model\n",
               path, path, path, path);
    return EXIT_FINE;
}

static int run_new(const Command *command, int argc, char **argv)
{
    Arena *arena = arena_new();
    Options options;
    options_init(&options, arena);
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;)
        status = option_common(command, &options, option);
    if (status < 0 && argc - optind > 1)
        status = command_usage(command, "one template is enough");
    if (status < 0 && options.model && !is_model_name(options.model))
        status = command_usage(command, "`%s` cannot be the name of a model", options.model);
    if (status < 0)
        status = optind == argc ? list_templates(arena, options.json) : create(arena, argv[optind], &options);
    arena_free(arena);
    return status;
}

const Command command_new = {
    .name = "new",
    .summary = "begin a model file from a template",
    .help = "Usage: nnd new [TEMPLATE [-o FILE.nnd] [--model NAME]]\n\n"
            "Writes a model file to begin with, TEMPLATE.nnd if nothing else is said; --model names the model\n"
            "in it. A file that is there already is left alone. Without a template: lists them.\n",
    .run = run_new,
};
