/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/build.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/codegen/object.h"

enum { OPT_EMIT = OPTION_OWN, OPT_CPU };

typedef struct BuildOptions {
    Options common;
    bool object_only;
    const char *cpu; /* NULL: this one */
} BuildOptions;

static const struct option longs[] = {
    COMMON_LONG_OPTIONS,
    WEIGHTS_LONG_OPTIONS,
    {"emit", required_argument, NULL, OPT_EMIT},
    {"cpu", required_argument, NULL, OPT_CPU},
    {NULL, 0, NULL, 0}};

/* The archive of this installation: where it was built, or beside the nnd command. */
static const char *find_archive(Arena *arena)
{
    if (!access(NND_RT_ARCHIVE, R_OK))
        return NND_RT_ARCHIVE;
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0)
        return NULL;
    self[length] = '\0';
    *strrchr(self, '/') = '\0';
    const char *beside = arena_printf(arena, "%s/libnnd_rt.a", self);
    return access(beside, R_OK) ? NULL : beside;
}

/* A file of the model with the weights that it has now: those of bf16 last, so that the others stay aligned. */
static NndStatus write_model(const NndModel *model, const char *path, Arena *arena, NndError *error)
{
    int64_t count = nnd_safetensors_count(model->file), texts = nnd_safetensors_metadata_count(model->file), next = 0;
    NndTensor *tensors = ARENA_ARRAY(arena, NndTensor, count + 1);
    NndMetadata *metadata = ARENA_ARRAY(arena, NndMetadata, texts + 1);
    for (int narrow = 0; narrow < 2; narrow++)
        for (int64_t i = 0; i < count; i++)
            if ((nnd_safetensors_at(model->file, i)->dtype == NND_BF16) == narrow)
                tensors[next++] = *nnd_safetensors_at(model->file, i);
    for (int64_t i = 0; i < texts; i++)
        metadata[i] = *nnd_safetensors_metadata_at(model->file, i);
    return nnd_safetensors_write(path, tensors, count, metadata, texts, error);
}

static NndStatus build_from(const Unit *unit, const char *cpu, bool object_only, const char *model, const char *output,
                            NndError *error)
{
    if (object_only)
        return object_write(unit->module, cpu, model, output, error);
    const char *archive = find_archive(unit->arena);
    if (!archive)
        return nnd_fail(error, NND_EIO, "the runtime archive %s is missing", NND_RT_ARCHIVE);
    const char *object = arena_printf(unit->arena, "%s.%ld.o", output, (long)getpid());
    NndStatus status = object_write(unit->module, cpu, model, object, error);
    if (!status)
        status = object_link(object, archive, output, error);
    unlink(object);
    return status;
}

NndStatus build_native(const Unit *unit, const char *cpu, bool object_only, const NndModel *model, const char *path,
                       const char *output, NndError *error)
{
    if (!unit->rounded.count)
        return build_from(unit, cpu, object_only, path, output, error);
    const char *rounded = arena_printf(unit->arena, "%s.%ld.model", output, (long)getpid());
    NndStatus status = write_model(model, rounded, unit->arena, error);
    if (!status)
        status = build_from(unit, cpu, object_only, rounded, output, error);
    unlink(rounded);
    return status;
}

static void print_result(const char *path, const Options *options, const NndRounding *rounded)
{
    struct stat info;
    long long size = stat(path, &info) ? 0 : (long long)info.st_size, count = (long long)rounded->count;
    bool narrow = options->weights == NND_BF16;
    if (options->json && narrow)
        printf("{\"output\":\"%s\",\"bytes\":%lld,\"rounded_weights\":%lld,\"largest_relative_change\":%.6g}\n", path, size,
               count, rounded->largest);
    else if (options->json)
        printf("{\"output\":\"%s\",\"bytes\":%lld}\n", path, size);
    else if (!options->quiet)
        printf("%s: %.2f MB\n", path, (double)size / 1e6);
    if (narrow && !options->json && !options->quiet)
        printf("%lld weights rounded to bf16, the largest relative change is %.3g\n", count, rounded->largest);
}

static int build(Arena *arena, const char *path, const BuildOptions *o)
{
    static const char *const functions[] = {"predict", NULL};
    Unit unit;
    NndModel model;
    if (!unit_open_model(&unit, arena, path, &o->common, &model)) {
        nnd_model_free(&model);
        return EXIT_WRONG_INPUT;
    }
    unit_keep_functions(&unit, functions);
    PassOptions passes = pass_options(&o->common);
    passes.fuse = true;
    passes_run(unit.module, &passes);
    NndError error;
    NndStatus status = build_native(&unit, o->cpu, o->object_only, &model, path, o->common.output, &error);
    nnd_model_free(&model);
    if (status)
        return command_fail("%s", error.text);
    print_result(o->common.output, &o->common, &unit.rounded);
    return EXIT_FINE;
}

static int own_option(const Command *command, BuildOptions *o, int option)
{
    if (option == OPT_CPU) {
        o->cpu = optarg;
        return -1;
    }
    if (option != OPT_EMIT)
        return option_common(command, &o->common, option);
    o->object_only = !strcmp(optarg, "obj");
    if (o->object_only || !strcmp(optarg, "exe"))
        return -1;
    return command_usage(command, "--emit needs exe or obj, found `%s`", optarg);
}

static int run_build(const Command *command, int argc, char **argv)
{
    Arena *arena = arena_new();
    BuildOptions o = {0};
    options_init(&o.common, arena);
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;)
        status = own_option(command, &o, option);
    if (status < 0 && argc - optind != 1)
        status = command_usage(command, "one trained model is needed");
    if (status < 0 && !o.common.output)
        status = command_usage(command, "-o FILE is needed: where the program goes");
    if (status < 0)
        status = check_pass_options(command, &o.common);
    if (status < 0)
        status = build(arena, argv[optind], &o);
    arena_free(arena);
    return status;
}

const Command command_build = {
    .name = "build",
    .summary = "compile a trained model into a native program",
    .help = "Usage: nnd build FILE.model -o PROGRAM [OPTION]...\n\n"
            "Makes one file that needs the C library alone: code, weights and vocabulary.\n\n"
            WEIGHTS_HELP
            "      --emit exe|obj       stop at an object file (runtime/native/program.h says what it has)\n"
            "      --cpu NAME           LLVM's name of the processor to compile for (default: this one)\n",
    .run = run_build,
};
