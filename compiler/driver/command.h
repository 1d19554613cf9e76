/* SPDX-License-Identifier: Apache-2.0
 *
 * The `nnd` command: one file a subcommand, one row of `commands` in main.c
 * each. A subcommand parses its own options with getopt_long and returns the
 * exit status: 0 fine, 1 the input is wrong or something failed (said on
 * stderr), 2 wrong usage.
 */
#ifndef NND_COMPILER_DRIVER_COMMAND_H
#define NND_COMPILER_DRIVER_COMMAND_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include "compiler/optimisations.h"
#include "lang/program.h"
#include "runtime/abi.h"

enum { EXIT_FINE = 0, EXIT_WRONG_INPUT = 1, EXIT_WRONG_USAGE = 2 };

typedef struct Command {
    const char *name;
    const char *summary; /* one line, in `nnd --help` */
    const char *help;    /* `nnd NAME --help`: usage and options, without those of OPTIONS_HELP */
    int (*run)(const struct Command *command, int argc, char **argv);
} Command;

extern const Command command_bench, command_build, command_check, command_convert, command_cross, command_eval,
    command_doc,    command_embed,  command_explain, command_export, command_fmt,   command_graph,  command_ir, command_new, command_predict, command_report, command_train, command_tune, command_version;

typedef enum EngineKind { ENGINE_JIT, ENGINE_INTERP } EngineKind;

/* Options that every subcommand knows; those that make no sense for one are refused by it. */
typedef struct Options {
    EngineKind engine;
    int threads;      /* 0: one per core */
    uint64_t seed;
    bool seed_given, engine_given;
    bool json;
    bool quiet;
    bool silent; /* nothing on stdout: the command runs inside another */
    const char *output;
    const char *columns; /* of data files, or NULL */
    const char *model; /* name of a model in a file that has several */
    VEC(ModelArg) args; /* -D name=value */
    /* passes */
    const char *print_after;
    bool time_passes, verify_each;
    OptimisationSet without;
    bool profile;  /* the JIT times every kernel; no option of its own */
    bool no_cache; /* compile, even if the kernels are in the cache */
    int64_t fold_memory; /* bytes */
    NndDType weights;    /* of a trained model, as contractions read them: NND_F32 or NND_BF16 */
    Arena *arena;
} Options;

/* Numbers of long options start here in the tables of subcommands. */
enum {
    OPTION_COMMON = 1000, OPTION_ENGINE, OPTION_THREADS, OPTION_SEED, OPTION_JSON, OPTION_MODEL,
    OPTION_PRINT_AFTER, OPTION_TIME_PASSES, OPTION_VERIFY_EACH, OPTION_WITHOUT, OPTION_FOLD_MEMORY, OPTION_NO_CACHE,
    OPTION_QUIET,
    OPTION_COLUMNS, OPTION_WEIGHTS, OPTION_OWN
};

#define COMMON_LONG_OPTIONS                                                                        \
    {"help", no_argument, NULL, 'h'}, {"engine", required_argument, NULL, OPTION_ENGINE},          \
        {"threads", required_argument, NULL, OPTION_THREADS},                                      \
        {"seed", required_argument, NULL, OPTION_SEED}, {"json", no_argument, NULL, OPTION_JSON},  \
        {"model", required_argument, NULL, OPTION_MODEL},                                          \
        {"output", required_argument, NULL, 'o'}, {"define", required_argument, NULL, 'D'},        \
        {"quiet", no_argument, NULL, OPTION_QUIET},                                                \
        {"print-after", required_argument, NULL, OPTION_PRINT_AFTER},                              \
        {"time-passes", no_argument, NULL, OPTION_TIME_PASSES},                                    \
        {"verify-each", no_argument, NULL, OPTION_VERIFY_EACH},                                    \
        {"without", required_argument, NULL, OPTION_WITHOUT},                                      \
        {"fold-memory", required_argument, NULL, OPTION_FOLD_MEMORY},                              \
        {"no-cache", no_argument, NULL, OPTION_NO_CACHE}
#define COMMON_SHORT_OPTIONS "ho:D:"

/* Of the subcommands that read data; option_common handles it. */
#define DATA_LONG_OPTIONS {"columns", required_argument, NULL, OPTION_COLUMNS}
#define COLUMNS_HELP                                                                               \
    "      --columns A,B,_      which input or target each column of the data is for; _ is not read\n"

/* Of the subcommands that run a trained model, or show how it is compiled; option_common handles it. */
#define WEIGHTS_LONG_OPTIONS {"weights", required_argument, NULL, OPTION_WEIGHTS}
#define WEIGHTS_HELP                                                                               \
    "      --weights f32|bf16   bf16: contractions read weights rounded to 16 bits (default f32)\n"

/* Handles a common option, or -h, or an unknown one. Returns -1 to go on, else the exit status. */
int option_common(const Command *command, Options *options, int option);

void options_init(Options *options, Arena *arena);

int command_usage(const Command *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
int command_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Numbers on the command line; false (and nothing stored) if the text is not one in range. */
bool parse_int(const char *text, int64_t low, int64_t high, int64_t *out);
bool parse_double(const char *text, double *out);

#endif
