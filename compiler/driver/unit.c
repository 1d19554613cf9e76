/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "compiler/cache.h"
#include "compiler/codegen/jit.h"
#include "compiler/interp/interp.h"
#include "compiler/ir/lower.h"
#include "runtime/pool.h"

void print_diags(const Diags *diags, const Options *options)
{
    bool colour = isatty(STDERR_FILENO) == 1 && !getenv("NO_COLOR");
    diags_print(diags, options->json ? DIAG_JSON : colour ? DIAG_COLOUR : DIAG_PLAIN, stderr);
}

bool is_model_source(const char *path)
{
    size_t length = strlen(path);
    return length > 4 && !strcmp(path + length - 4, ".nnd");
}

Source *read_model_file(Arena *arena, const char *path)
{
    const char *error = NULL;
    Source *source = source_read(arena, path, &error);
    if (!source)
        command_fail("%s: %s", path, error);
    return source;
}

/* How many numbers an item has of a value that has only the batch and axes of constant size; else 0. */
static int64_t item_size(const ValueType *type)
{
    int64_t size = type->rank && type->axes[0].kind == AXIS_FREE;
    for (int i = 1; i < type->rank; i++)
        size *= type->axes[i].kind == AXIS_CONST ? type->axes[i].size : 0;
    return size;
}

static NndStatus add_field(NndFields *out, const ProgramInput *input, NndError *error)
{
    NndText name = {input->name, strlen(input->name)};
    const ValueType *type = &input->type;
    bool ragged = type->rank > 1 && type->axes[type->rank - 1].kind == AXIS_RAGGED;
    if (type->element == ELEMENT_FLOAT && item_size(type))
        return nnd_fields_add(out, name, NND_FIELD_NUMBERS, input->target, item_size(type), error);
    if (type->element == ELEMENT_TOKEN && ragged && !input->target)
        return nnd_fields_add(out, name, NND_FIELD_TEXT, false, 0, error);
    if ((type->element == ELEMENT_CLASS || type->element == ELEMENT_INT) && type->rank == 1 && input->target)
        return nnd_fields_add(out, name, NND_FIELD_CLASS, true, 0, error);
    if (type->element == ELEMENT_FLOAT && ragged && !input->target)
        return NND_OK; /* marks the phrases of a text */
    return nnd_fields_unreadable(input->target, input->name, error);
}

NndStatus program_fields(NndFields *out, const Program *program, NndError *error)
{
    *out = (NndFields){0};
    NndStatus status = NND_OK;
    for (int i = 0; i < program->inputs.count && !status; i++)
        status = add_field(out, &program->inputs.data[i], error);
    if (status)
        nnd_fields_free(out);
    return status;
}

bool program_has_target(const Program *program)
{
    for (int i = 0; i < program->inputs.count; i++)
        if (program->inputs.data[i].target)
            return true;
    return false;
}

bool program_has_param(const Program *program, const char *name)
{
    for (int i = 0; i < program->params.count; i++)
        if (!strcmp(program->params.data[i].name, name))
            return true;
    return false;
}

bool unit_check(Unit *unit, Arena *arena, const Source *source, const Options *options, const ModelArg *args,
                int arg_count, int64_t missing_dim)
{
    *unit = (Unit){.arena = arena};
    VEC(ModelArg) all = {0};
    for (int i = 0; i < options->args.count; i++)
        vec_push(arena, &all, options->args.data[i]);
    for (int i = 0; i < arg_count; i++)
        vec_push(arena, &all, args[i]);
    Diags *diags = diags_new(arena);
    unit->program = program_check(arena, source, options->model, all.data, all.count, missing_dim, diags);
    print_diags(diags, options);
    return !diags->error_count;
}

bool unit_lower(Unit *unit, const Options *options)
{
    if (!unit->program) {
        command_fail("the file has no model, only layers");
        return false;
    }
    Diags *diags = diags_new(unit->arena);
    unit->module = lower_program(unit->arena, unit->program, NND_F32, diags);
    print_diags(diags, options);
    if (unit->module) {
        unit->module->without = options->without;
        unit->module->fold_memory = options->fold_memory;
    }
    return unit->module;
}

PassOptions pass_options(const Options *options)
{
    return (PassOptions){.verify_each = options->verify_each, .time_passes = options->time_passes,
                         .print_after = options->print_after, .fuse = options->engine == ENGINE_JIT};
}

int check_pass_options(const Command *command, const Options *options)
{
    const char *const *names = passes_names();
    if (!options->print_after || !strcmp(options->print_after, "all"))
        return -1;
    int count = 0;
    for (; names[count]; count++)
        if (!strcmp(names[count], options->print_after))
            return -1;
    const char *nearest = diag_nearest(options->print_after, names, count);
    return command_usage(command, "there is no pass `%s`%s%s%s", options->print_after, nearest ? "; did you mean `" : "",
                         nearest ? nearest : "", nearest ? "`?" : "");
}

void unit_keep_functions(Unit *unit, const char *const *names)
{
    int kept = 0;
    for (int i = 0; i < unit->module->funcs.count; i++)
        for (const char *const *name = names; *name; name++)
            if (!strcmp(*name, unit->module->funcs.data[i]->name))
                unit->module->funcs.data[kept++] = unit->module->funcs.data[i];
    unit->module->funcs.count = kept;
}

static NndStatus jit(Unit *unit, const Options *options, NndError *error)
{
    JitOptions own = JIT_OPTIONS_INIT;
    own.threads = options->threads;
    own.time_stages = options->time_passes;
    own.profile = options->profile;
    own.cache = options->no_cache ? NULL : cache_folder(unit->arena);
    return jit_engine_new(&unit->engine, unit->module, &own, error);
}

bool unit_compile(Unit *unit, const Options *options)
{
    NndError error;
    PassOptions passes = pass_options(options);
    passes_run(unit->module, &passes);
    unit->desc = engine_module_desc(unit->arena, unit->module);
    NndStatus status = nnd_pool_new(&unit->pool, options->threads, &error);
    if (!status && options->engine == ENGINE_INTERP)
        status = interp_engine_new(&unit->engine, unit->module, &error);
    else if (!status)
        status = jit(unit, options, &error);
    if (status)
        command_fail("%s", error.text);
    return !status;
}

void unit_free(Unit *unit)
{
    if (unit->engine)
        unit->engine->free(unit->engine);
    nnd_pool_free(unit->pool);
    unit->engine = NULL;
    unit->pool = NULL;
}

NndStatus engine_call(void *engine, const NndFunctionDesc *function, const NndCall *call, NndError *error)
{
    Engine *e = engine;
    return e->run(e, function->name, call, error);
}

/* ---- trained models ---- */

static bool read_args(Arena *arena, const char *text, Options *options)
{
    for (const char *line = text; *line;) {
        const char *blank = strchr(line, ' '), *end = strchr(line, '\n');
        if (!blank || !end || blank > end)
            return false;
        ModelArg arg = {arena_strndup(arena, line, (size_t)(blank - line)), 0};
        if (!parse_double(arena_strndup(arena, blank + 1, (size_t)(end - blank - 1)), &arg.value))
            return false;
        vec_push(arena, &options->args, arg);
        line = end + 1;
    }
    return true;
}

/* The weights of which the functions now want bf16. */
static NndStatus round_arguments(Unit *unit, NndModel *model, const IrFunc *func, NndError *error)
{
    NndStatus status = NND_OK;
    for (int i = 0; i < func->arg_count && !status; i++)
        if (func->args[i]->type.dtype == NND_BF16)
            status = nnd_safetensors_round(model->file, func->args[i]->name, &unit->rounded, error);
    return status;
}

static bool round_weights(Unit *unit, NndModel *model)
{
    NndError error;
    NndStatus status = NND_OK;
    pass_narrow(unit->module);
    for (int i = 0; i < unit->module->funcs.count && !status; i++)
        status = round_arguments(unit, model, unit->module->funcs.data[i], &error);
    if (status)
        command_fail("%s", error.text);
    return !status;
}

bool unit_open_model(Unit *unit, Arena *arena, const char *path, const Options *options, NndModel *model)
{
    *unit = (Unit){.arena = arena};
    NndError error;
    if (nnd_model_open(model, path, &error)) {
        command_fail("%s", error.text);
        return false;
    }
    Options own = *options;
    own.args.data = NULL;
    own.args.count = own.args.capacity = 0;
    const char *text = nnd_safetensors_metadata(model->file, "nnd.source");
    const char *args = nnd_safetensors_metadata(model->file, "nnd.args");
    const char *source_path = nnd_safetensors_metadata(model->file, "nnd.path");
    own.model = nnd_safetensors_metadata(model->file, "nnd.model");
    if (!text || !args || !own.model || !read_args(arena, args, &own)) {
        command_fail("%s: its metadata lacks the source, the name or the parameters of the model", path);
        return false;
    }
    const Source *source = source_new(arena, source_path ? source_path : path, text, strlen(text));
    if (!unit_check(unit, arena, source, &own, NULL, 0, 0) || !unit_lower(unit, options))
        return false;
    for (int i = 0; i < unit->module->funcs.count; i++)
        pass_freeze(unit->module->funcs.data[i]);
    return options->weights != NND_BF16 || round_weights(unit, model);
}

NndStatus encode_data(NndDataset *set, const NndVocab *vocab, const NndSession *session, const char *path,
                      NndError *error)
{
    NndStatus status = nnd_session_encode(session, set, vocab, error);
    char cuts[320];
    for (int i = 0; !status && i < set->fields->count; i++)
        if (nnd_dataset_describe_cuts(set, i, cuts, sizeof cuts))
            fprintf(stderr, "nnd: warning: %s: %s\n", path, cuts);
    return status;
}
