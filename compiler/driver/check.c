/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "compiler/driver/trainer.h"
#include "compiler/passes/portion.h"
#include "runtime/axes.h"

enum { OPT_MEMORY = OPTION_OWN, OPT_BATCH, OPT_LENGTH };

typedef struct CheckOptions {
    Options common;
    bool memory;
    int64_t batch, length;
} CheckOptions;

static const struct option longs[] = {
    COMMON_LONG_OPTIONS,
    WEIGHTS_LONG_OPTIONS,
    {"memory", no_argument, NULL, OPT_MEMORY},
    {"batch", required_argument, NULL, OPT_BATCH},
    {"length", required_argument, NULL, OPT_LENGTH},
    {NULL, 0, NULL, 0}};

static void print_program(const Unit *unit, const Options *options)
{
    const Program *program = unit->program;
    int64_t total = 0;
    for (int i = 0; i < program->weights.count; i++) {
        const Weight *weight = &program->weights.data[i];
        int64_t count = 1;
        for (int k = 0; k < weight->type.rank; k++)
            count *= weight->type.axes[k].size;
        total += count;
        if (!options->json)
            printf("  %-36s %-28s %lld%s\n", weight->path, value_type_text(unit->arena, &weight->type), (long long)count,
                   weight->statistic ? " (statistic)" : "");
    }
    if (options->json)
        printf("{\"model\":\"%s\",\"weights\":%lld}\n", program->model, (long long)total);
    else
        printf("model %s: %lld weights in %d tensors\n", program->model, (long long)total, program->weights.count);
}

static NndStatus bind_axes(NndAxes **out, const NndModuleDesc *desc, const CheckOptions *o, Arena *arena, NndError *error)
{
    NndExtent *given = ARENA_ARRAY(arena, NndExtent, desc->dim_count + 1);
    int64_t *extents = ARENA_ARRAY(arena, int64_t, desc->dim_count + 1);
    for (int i = 0; i < desc->dim_count; i++) {
        const NndDimDesc *dim = &desc->dims[i];
        given[i].extent = extents[i] = dim->kind == NND_DIM_FREE ? o->batch : dim->size;
        if (dim->kind == NND_DIM_DISTINCT)
            given[i].extent = extents[dim->source]; /* at worst */
        if (dim->kind != NND_DIM_RAGGED)
            continue;
        int64_t parents = extents[dim->parent];
        int64_t *lengths = ARENA_ARRAY(arena, int64_t, parents + 1);
        for (int64_t k = 0; k < parents; k++)
            lengths[k] = o->length;
        given[i].lengths = lengths;
        extents[i] = parents * o->length;
    }
    NndStatus status = nnd_axes_new(out, desc->dims, desc->dim_count, error);
    return status ? status : nnd_axes_bind(*out, given, error);
}

/* What is computed once: tables of folded embeddings, one by one, and all together. */
static void print_kept(const IrFunc *func, const MemoryPlan *plan)
{
    double megabyte = 1 << 20;
    for (const IrInst *inst = func->body->first; inst; inst = inst->next) {
        if (inst->op != OP_on_demand)
            continue;
        const IrType *type = &inst->results[0].type;
        const char *name = inst->args[0]->def->args[0]->name;
        double bytes = (double)ir_type_static_count(type) * (double)nnd_dtype_size(type->dtype);
        printf("    table of %s, line %d: %lld rows of %lld numbers, %.3f MiB when all are in use\n", name ? name : "computed rows", inst->line,
               (long long)type->dims[0]->size, (long long)type->dims[1]->size, bytes / megabyte);
    }
    if (plan->kept_bytes)
        printf("    kept from call to call, made of weights alone: %.3f MiB\n", (double)plan->kept_bytes / megabyte);
}

static void print_plan(const IrFunc *func, MemoryPlan *plan, const Options *options)
{
    double megabyte = 1 << 20;
    Portion portion = portion_of(func, plan);
    if (options->json)
        printf("{\"function\":\"%s\",\"values\":%d,\"buffers\":%d,\"bytes\":%lld,\"bytes_without_reuse\":%lld,\"bytes_kept\":%lld,"
               "\"portion\":%lld}\n",
               func->name, plan->entries.count, plan->slots.count, (long long)plan->planned_bytes,
               (long long)plan->naive_bytes, (long long)plan->kept_bytes, (long long)portion.most);
    else
        printf("  %-8s %4d values in %3d buffers: %9.3f MiB (%.3f MiB without reuse)\n", func->name, plan->entries.count,
               plan->slots.count, (double)plan->planned_bytes / megabyte, (double)plan->naive_bytes / megabyte);
    if (!options->json && portion.most)
        printf("    larger batches are computed in portions of %lld items; each thread has the memory of one\n", (long long)portion.most);
    if (!options->json)
        print_kept(func, plan);
}

/* Numbers of all weights of predictions, and of those that are bf16. */
static void print_narrow(const IrFunc *predict, const Options *options)
{
    long long all = 0, narrow = 0;
    for (int i = 0; i < predict->arg_count; i++) {
        const IrType *type = &predict->args[i]->type;
        if (predict->args[i]->kind != NND_ARG_FIXED)
            continue;
        all += ir_type_static_count(type);
        narrow += type->dtype == NND_BF16 ? ir_type_static_count(type) : 0;
        if (type->dtype == NND_BF16 && !options->json)
            printf("  %-36s bf16\n", predict->args[i]->name);
    }
    if (options->json)
        printf("{\"weights_of_predictions\":%lld,\"bf16\":%lld}\n", all, narrow);
    else
        printf("bf16 in predictions: %lld of %lld weights\n", narrow, all);
}

static int print_memory(Unit *unit, const CheckOptions *o)
{
    IrFunc *predict = ir_module_func(unit->module, "predict");
    pass_freeze(predict); /* as in a trained model */
    if (o->common.weights == NND_BF16) {
        pass_narrow(unit->module);
        print_narrow(predict, &o->common);
    }
    if (unit->program->loss && !step_build(unit, &unit->program->recipe))
        return EXIT_WRONG_INPUT;
    PassOptions passes = pass_options(&o->common);
    passes.fuse = true;
    passes_run(unit->module, &passes);
    unit->desc = engine_module_desc(unit->arena, unit->module);
    NndAxes *axes = NULL;
    NndError error;
    if (bind_axes(&axes, unit->desc, o, unit->arena, &error)) {
        nnd_axes_free(axes);
        return command_fail("%s", error.text);
    }
    if (!o->common.json)
        printf("scratch memory for batch %lld, ragged axes of length %lld:\n", (long long)o->batch, (long long)o->length);
    for (int i = 0; i < unit->module->funcs.count; i++) {
        MemoryPlan *plan = plan_memory(unit->arena, unit->module->funcs.data[i]);
        plan_measure(plan, nnd_axes_table(axes));
        print_plan(unit->module->funcs.data[i], plan, &o->common);
    }
    nnd_axes_free(axes);
    return EXIT_FINE;
}

static int check(Arena *arena, const char *path, const CheckOptions *o)
{
    Source *source = read_model_file(arena, path);
    Unit unit;
    if (!source || !unit_check(&unit, arena, source, &o->common, NULL, 0, 1000))
        return EXIT_WRONG_INPUT;
    if (!unit.program) {
        if (!o->common.quiet && !o->common.json)
            printf("%s: layers only, no model\n", path);
        return EXIT_FINE;
    }
    if (!unit_lower(&unit, &o->common))
        return EXIT_WRONG_INPUT;
    if (!o->common.quiet)
        print_program(&unit, &o->common);
    return o->memory ? print_memory(&unit, o) : EXIT_FINE;
}

static int own_option(const Command *command, CheckOptions *o, int option)
{
    int64_t *number = option == OPT_BATCH ? &o->batch : &o->length;
    if (option == OPT_MEMORY) {
        o->memory = true;
        return -1;
    }
    if (option != OPT_BATCH && option != OPT_LENGTH)
        return option_common(command, &o->common, option);
    if (parse_int(optarg, 1, 1 << 24, number))
        return -1;
    return command_usage(command, "expected a whole number from 1, found `%s`", optarg);
}

static int run_check(const Command *command, int argc, char **argv)
{
    Arena *arena = arena_new();
    CheckOptions o = {.batch = 32, .length = 100};
    options_init(&o.common, arena);
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;)
        status = own_option(command, &o, option);
    if (status < 0 && argc - optind != 1)
        status = command_usage(command, "one model file is needed");
    if (status < 0)
        status = check_pass_options(command, &o.common);
    if (status < 0)
        status = check(arena, argv[optind], &o);
    arena_free(arena);
    return status;
}

const Command command_check = {
    .name = "check",
    .summary = "check a model file; report weights and memory",
    .help = "Usage: nnd check MODEL.nnd [OPTION]...\n\n"
            WEIGHTS_HELP
            "                           (of predictions; --memory lists them)\n"
            "      --memory             scratch memory of each function, with and without reuse\n"
            "      --batch N            items in a batch, for --memory (default 32)\n"
            "      --length N           length of every ragged axis, for --memory (default 100)\n\n"
            "A vocabulary size that the model does not state is taken to be 1000.\n",
    .run = run_check,
};
