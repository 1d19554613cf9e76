/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "compiler/codegen/listing.h"
#include "compiler/driver/trainer.h"

enum { OPT_STAGE = OPTION_OWN, OPT_FUNCTION, OPT_KERNEL };

static const struct option longs[] = {COMMON_LONG_OPTIONS, WEIGHTS_LONG_OPTIONS, {"stage", required_argument, NULL, OPT_STAGE},
                                      {"function", required_argument, NULL, OPT_FUNCTION},
                                      {"kernel", required_argument, NULL, OPT_KERNEL}, {NULL, 0, NULL, 0}};

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

typedef struct IrOptions {
    Options common;
    Stage stage;
    const char *function, *kernel; /* only this one; NULL = all */
} IrOptions;

static int print_code(Unit *unit, const IrOptions *o, FILE *file)
{
    Stopwatch watch = stopwatch_begin(o->common.time_passes);
    ListingOptions options = {.assembly = o->stage == STAGE_ASM, .kernel = o->kernel, .watch = &watch};
    const char *text;
    NndError error;
    if (codegen_listing(&text, unit->arena, unit->module, &options, &error))
        return command_fail("%s", error.text);
    return put(file, text);
}

static bool keep_function(Unit *unit, const char *name)
{
    if (name && !ir_module_func(unit->module, name)) {
        command_fail("the model has no function %s at this stage", name);
        return false;
    }
    if (name)
        unit_keep_functions(unit, (const char *const[]){name, NULL});
    return true;
}

/* As in a trained model. */
static void freeze_predict(Unit *unit, const Options *options)
{
    pass_freeze(ir_module_func(unit->module, "predict"));
    if (options->weights == NND_BF16)
        pass_narrow(unit->module);
}

static int print_stage(Unit *unit, const IrOptions *o, FILE *file)
{
    if (o->stage >= STAGE_OPTIMISED)
        freeze_predict(unit, &o->common);
    bool loss = o->stage == STAGE_TRAIN || (o->stage >= STAGE_OPTIMISED && unit->program->loss);
    if (loss && !step_build(unit, &unit->program->recipe))
        return EXIT_WRONG_INPUT;
    if (!keep_function(unit, o->function))
        return EXIT_WRONG_INPUT;
    if (o->stage >= STAGE_OPTIMISED) {
        PassOptions passes = pass_options(&o->common);
        passes.fuse = o->stage >= STAGE_KERNELS;
        passes_run(unit->module, &passes);
    }
    if (o->stage >= STAGE_LLVM)
        return print_code(unit, o, file);
    return put(file, ir_module_text(unit->arena, unit->module));
}

static int ir(Arena *arena, const char *path, const IrOptions *o)
{
    const Options *options = &o->common;
    Source *source = read_model_file(arena, path);
    Unit unit;
    if (!source || !unit_check(&unit, arena, source, options, NULL, 0, 1000) || !unit_lower(&unit, options))
        return EXIT_WRONG_INPUT;
    FILE *file = options->output ? fopen(options->output, "w") : stdout;
    if (!file)
        return command_fail("cannot write %s", options->output);
    int status = print_stage(&unit, o, file);
    if (options->output && fclose(file))
        status = command_fail("cannot write %s", options->output);
    return status;
}

static int own_option(const Command *command, IrOptions *o, int option)
{
    switch (option) {
    case OPT_STAGE: return find_stage(command, optarg, &o->stage);
    case OPT_FUNCTION: o->function = optarg; return -1;
    case OPT_KERNEL: o->kernel = optarg; return -1;
    default: return option_common(command, &o->common, option);
    }
}

static int check_options(const Command *command, const IrOptions *o)
{
    if (o->kernel && o->stage < STAGE_LLVM)
        return command_usage(command, "--kernel is for the stages llvm and asm");
    return check_pass_options(command, &o->common);
}

static int run_ir(const Command *command, int argc, char **argv)
{
    Arena *arena = arena_new();
    IrOptions o = {.stage = STAGE_LOWERED};
    options_init(&o.common, arena);
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;)
        status = own_option(command, &o, option);
    if (status < 0 && argc - optind != 1)
        status = command_usage(command, "one model file is needed");
    if (status < 0)
        status = check_options(command, &o);
    if (status < 0)
        status = ir(arena, argv[optind], &o);
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
            "                           llvm, asm  the code\n"
            WEIGHTS_HELP
            "                           (of predictions, after the passes)\n"
            "      --function NAME      only this one of the functions predict, eval, loss, step, settle\n"
            "      --kernel NAME        of the code only this kernel, as predict.3.dot\n\n"
            "A vocabulary size that the model does not state is taken to be 1000.\n",
    .run = run_ir,
};
