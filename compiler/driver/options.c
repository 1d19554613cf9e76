/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/driver/command.h"
#include "compiler/ir/ir.h"

static const char common_help[] =
    "Common options:\n"
    "      --engine jit|interp  how to run the model (default jit)\n"
    "      --threads N          threads to use (default: one per core)\n"
    "      --seed N             seed of all random numbers (default 1)\n"
    "  -D, --define NAME=VALUE  value of a parameter of the model\n"
    "      --model NAME         which model of a file that has several\n"
    "  -o, --output FILE        where the result goes\n"
    "      --json               machine-readable output\n"
    "      --quiet              no progress\n"
    "      --print-after PASS   print the IR after a pass, or after `all`\n"
    "      --time-passes        how long each pass and stage takes\n"
    "      --verify-each        check the IR after each pass\n"
    "      --without NAME,...   leave out optimisations, or `all`; `help` lists them\n"
    "      --fold-memory MIB    most memory for tables of folded embeddings (default 256)\n"
    "      --no-cache           compile again, whatever was compiled before\n"
    "  -h, --help               this text\n";

void options_init(Options *options, Arena *arena)
{
    *options = (Options){.engine = ENGINE_JIT, .seed = 1, .fold_memory = IR_FOLD_MEMORY, .arena = arena};
}

int command_usage(const Command *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "nnd %s: ", command->name);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\nTry `nnd %s --help`.\n", command->name);
    va_end(args);
    return EXIT_WRONG_USAGE;
}

int command_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("nnd: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return EXIT_WRONG_INPUT;
}

bool parse_int(const char *text, int64_t low, int64_t high, int64_t *out)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end == text || *end || value < low || value > high)
        return false;
    *out = value;
    return true;
}

bool parse_double(const char *text, double *out)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value))
        return false;
    *out = value;
    return true;
}

static bool parse_value(const char *text, double *out)
{
    if (!strcmp(text, "true") || !strcmp(text, "false")) {
        *out = text[0] == 't';
        return true;
    }
    return parse_double(text, out);
}

static int define(const Command *command, Options *options, const char *text)
{
    const char *equals = strchr(text, '=');
    ModelArg arg;
    if (!equals || equals == text || !parse_value(equals + 1, &arg.value))
        return command_usage(command, "-D needs NAME=NUMBER, found `%s`", text);
    arg.name = arena_strndup(options->arena, text, (size_t)(equals - text));
    vec_push(options->arena, &options->args, arg);
    return -1;
}

static int choose_engine(const Command *command, Options *options, const char *text)
{
    if (!strcmp(text, "jit"))
        options->engine = ENGINE_JIT;
    else if (!strcmp(text, "interp"))
        options->engine = ENGINE_INTERP;
    else
        return command_usage(command, "there is no engine `%s`: choose jit or interp", text);
    options->engine_given = true;
    return -1;
}

static int choose_weights(const Command *command, Options *options, const char *text)
{
    if (!strcmp(text, "f32"))
        options->weights = NND_F32;
    else if (!strcmp(text, "bf16"))
        options->weights = NND_BF16;
    else
        return command_usage(command, "there are no weights of type `%s`: choose f32 or bf16", text);
    return -1;
}

static void list_optimisations(FILE *file)
{
    for (Optimisation i = 0; i < OPTIMISATION_COUNT; i++)
        fprintf(file, "  %-13s %s\n", optimisation_name(i), optimisation_meaning(i));
}

static int leave_out(const Command *command, Options *options, const char *list)
{
    if (!strcmp(list, "help")) {
        list_optimisations(stdout);
        return EXIT_FINE;
    }
    size_t length;
    const char *unknown = optimisation_parse(list, &options->without, &length);
    if (!unknown)
        return -1;
    fprintf(stderr, "nnd %s: there is no optimisation `%.*s`; --without knows `all` and\n", command->name, (int)length, unknown);
    list_optimisations(stderr);
    return EXIT_WRONG_USAGE;
}

int option_common(const Command *command, Options *options, int option)
{
    int64_t number;
    switch (option) {
    case 'h':
        printf("%s\n%s", command->help, common_help);
        return EXIT_FINE;
    case 'o': options->output = optarg; return -1;
    case 'D': return define(command, options, optarg);
    case OPTION_ENGINE: return choose_engine(command, options, optarg);
    case OPTION_THREADS:
        if (!parse_int(optarg, 1, 1024, &number))
            return command_usage(command, "--threads needs a number from 1 to 1024, found `%s`", optarg);
        options->threads = (int)number;
        return -1;
    case OPTION_SEED:
        if (!parse_int(optarg, 0, INT64_MAX, &number))
            return command_usage(command, "--seed needs a whole number, found `%s`", optarg);
        options->seed = (uint64_t)number;
        options->seed_given = true;
        return -1;
    case OPTION_JSON: options->json = true; return -1;
    case OPTION_QUIET: options->quiet = true; return -1;
    case OPTION_MODEL: options->model = optarg; return -1;
    case OPTION_COLUMNS: options->columns = optarg; return -1;
    case OPTION_PRINT_AFTER: options->print_after = optarg; return -1;
    case OPTION_TIME_PASSES: options->time_passes = true; return -1;
    case OPTION_VERIFY_EACH: options->verify_each = true; return -1;
    case OPTION_NO_CACHE: options->no_cache = true; return -1;
    case OPTION_WITHOUT: return leave_out(command, options, optarg);
    case OPTION_FOLD_MEMORY:
        if (!parse_int(optarg, 0, 1 << 20, &number))
            return command_usage(command, "--fold-memory needs a whole number of MiB, found `%s`", optarg);
        options->fold_memory = number << 20;
        return -1;
    case OPTION_WEIGHTS: return choose_weights(command, options, optarg);
    default:
        fprintf(stderr, "Try `nnd %s --help`.\n", command->name); /* getopt has said what is wrong */
        return EXIT_WRONG_USAGE;
    }
}
