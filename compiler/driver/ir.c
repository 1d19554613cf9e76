/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "compiler/codegen/jit.h"
#include "compiler/driver/trainer.h"

enum { OPT_STAGE = OPTION_OWN };

static const struct option longs[] = {COMMON_LONG_OPTIONS, {"stage", required_argument, NULL, OPT_STAGE}, {NULL, 0, NULL, 0}};

typedef enum Stage { STAGE_LOWERED, STAGE_TRAIN, STAGE_OPTIMISED, STAGE_KERNELS, STAGE_LLVM, STAGE_ASM, STAGE_COUNT } Stage;
static const char *const stage_names[STAGE_COUNT] = {
    [STAGE_LOWERED] = "lowered", [STAGE_TRAIN] = "train", [STAGE_OPTIMISED] = "optimised",
    [STAGE_KERNELS] = "kernels", [STAGE_LLVM] = "llvm", [STAGE_ASM] = "asm"};

static int find_stage(const Command *command, const char *name, Stage *stage)
{
    for (int i = 0; i < STAGE_COUNT; i++)
        if (!strcmp(stage_names[i], name)) {
            *stage = (Stage)i;
            return -1;
        }
    const char *nearest = diag_nearest(name, stage_names, STAGE_COUNT);
    return command_usage(command, "there is no stage `%s`%s%s%s", name, nearest ? "; did you mean `" : "",
                         nearest ? nearest : "", nearest ? "`?" : "");
}

static int put(FILE *file, const char *text)
{
    fputs(text, file);
    return fflush(file) || ferror(file) ? command_fail("cannot write the output") : EXIT_FINE;
}

typedef struct Dump {
    const char *wanted; /* "llvm" or "asm" */
    FILE *file;
    int status;
} Dump;

static void dump_code(void *context, const char *what, const char *text)
{
    Dump *dump = context;
    if (!strcmp(what, dump->wanted))
        dump->status = put(dump->file, text);
}

static int print_code(const IrModule *module, bool assembly, FILE *file)
{
    Dump dump = {.wanted = assembly ? "asm" : "llvm", .file = file};
    JitOptions options = JIT_OPTIONS_INIT;
    options.dump = dump_code;
    options.dump_context = &dump;
    NndError error;
    Engine *engine;
    if (jit_engine_new(&engine, module, &options, &error))
        return command_fail("%s", error.text);
    engine->free(engine);
    return dump.status;
}

static int print_stage(Unit *unit, const Options *options, Stage stage, FILE *file)
{
    if (stage == STAGE_TRAIN && !step_build(unit, &unit->program->recipe))
        return EXIT_WRONG_INPUT;
    if (stage >= STAGE_OPTIMISED) {
        if (unit->program->loss && !step_build(unit, &unit->program->recipe))
            return EXIT_WRONG_INPUT;
        PassOptions passes = pass_options(options);
        passes.fuse = stage >= STAGE_KERNELS;
        passes_run(unit->module, &passes);
    }
    if (stage >= STAGE_LLVM)
        return print_code(unit->module, stage == STAGE_ASM, file);
    return put(file, ir_module_text(unit->arena, unit->module));
}

static int ir(Arena *arena, const char *path, const Options *options, Stage stage)
{
    Source *source = read_model_file(arena, path);
    Unit unit;
    if (!source || !unit_check(&unit, arena, source, options, NULL, 0, 1000) || !unit_lower(&unit, options))
        return EXIT_WRONG_INPUT;
    FILE *file = options->output ? fopen(options->output, "w") : stdout;
    if (!file)
        return command_fail("cannot write %s", options->output);
    int status = print_stage(&unit, options, stage, file);
    if (options->output && fclose(file))
        status = command_fail("cannot write %s", options->output);
    return status;
}

static int run_ir(const Command *command, int argc, char **argv)
{
    Arena *arena = arena_new();
    Options options;
    options_init(&options, arena);
    Stage stage = STAGE_LOWERED;
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;)
        status = option == OPT_STAGE ? find_stage(command, optarg, &stage) : option_common(command, &options, option);
    if (status < 0 && argc - optind != 1)
        status = command_usage(command, "one model file is needed");
    if (status < 0)
        status = check_pass_options(command, &options);
    if (status < 0)
        status = ir(arena, argv[optind], &options, stage);
    arena_free(arena);
    return status;
}

const Command command_ir = {
    .name = "ir",
    .summary = "print what the compiler makes of a model",
    .help = "Usage: nnd ir MODEL.nnd [--stage STAGE] [OPTION]...\n\n"
            "      --stage STAGE        lowered    the tensor IR as it comes from the model (default)\n"
            "                           train      with gradients and the optimiser's update\n"
            "                           optimised  after the passes\n"
            "                           kernels    with the kernels that instructions were fused into (@N)\n"
            "                           llvm, asm  the code\n\n"
            "A vocabulary size that the model does not state is taken to be 1000.\n",
    .run = run_ir,
};
