/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "compiler/driver/unit.h"
#include "compiler/onnx/onnx.h"
#include "runtime/data/file.h"

enum { OPT_LENGTHS = OPTION_OWN };

typedef struct ExportOptions {
    Options common;
    OnnxLengths lengths;
} ExportOptions;

static const struct option longs[] = {
    COMMON_LONG_OPTIONS, {"lengths", required_argument, NULL, OPT_LENGTHS}, {NULL, 0, NULL, 0}};

static int export_model(Arena *arena, const char *path, const ExportOptions *o)
{
    Unit unit;
    NndModel model;
    if (!unit_open_model(&unit, arena, path, &o->common, &model)) {
        nnd_model_free(&model);
        return EXIT_WRONG_INPUT;
    }
    OnnxFile file;
    NndError error;
    NndStatus status = onnx_export(&file, arena, unit.program, model.file, o->lengths, &error);
    if (!status)
        status = nnd_file_write(o->common.output, file.data, file.size, &error);
    free(file.data);
    nnd_model_free(&model);
    if (status)
        return command_fail("%s", error.text);
    if (!o->common.quiet)
        printf("%s: %.2f MB\n", o->common.output, (double)file.size / 1e6);
    return EXIT_FINE;
}

static int own_option(const Command *command, ExportOptions *o, int option)
{
    if (option != OPT_LENGTHS)
        return option_common(command, &o->common, option);
    o->lengths = strcmp(optarg, "equal") ? ONNX_PADDED : ONNX_EQUAL;
    if (o->lengths == ONNX_EQUAL || !strcmp(optarg, "given"))
        return -1;
    return command_usage(command, "--lengths needs given or equal, found `%s`", optarg);
}

static int run_export(const Command *command, int argc, char **argv)
{
    Arena *arena = arena_new();
    ExportOptions o = {.lengths = ONNX_PADDED};
    options_init(&o.common, arena);
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;)
        status = own_option(command, &o, option);
    if (status < 0 && argc - optind != 1)
        status = command_usage(command, "one trained model is needed");
    if (status < 0 && !o.common.output)
        status = command_usage(command, "-o FILE is needed: where the model goes");
    if (status < 0)
        status = export_model(arena, argv[optind], &o);
    arena_free(arena);
    return status;
}

const Command command_export = {
    .name = "export",
    .summary = "write a trained model as ONNX",
    .help = "Usage: nnd export FILE.model -o FILE.onnx [OPTION]...\n\n"
            "Inputs and outputs keep their names. Texts are numbers of words, i32, padded with 0 to the longest of\n"
            "the batch; the model's vocabulary is not in the file.\n\n"
            "      --lengths given      an input more for each ragged axis, as word.lengths: how many words each text\n"
            "                           has (default)\n"
            "      --lengths equal      no such inputs: all texts of a batch are equally long\n",
    .run = run_export,
};
