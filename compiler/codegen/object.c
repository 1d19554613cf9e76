/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/object.h"

#include <stdlib.h>

#include "compiler/codegen/module.h"
#include "compiler/engine.h"
#include "runtime/data/file.h"

typedef struct Object {
    Arena *arena;
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMTypeRef i32, i64, ptr;
    int names;
} Object;

static LLVMValueRef number32(const Object *o, int64_t value)
{
    return LLVMConstInt(o->i32, (unsigned long long)value, true);
}

static LLVMValueRef number64(const Object *o, int64_t value)
{
    return LLVMConstInt(o->i64, (unsigned long long)value, true);
}

static LLVMValueRef global(Object *o, LLVMValueRef value, const char *name, bool local)
{
    LLVMValueRef g = LLVMAddGlobal(o->module, LLVMTypeOf(value), name);
    LLVMSetInitializer(g, value);
    LLVMSetGlobalConstant(g, true);
    if (local)
        LLVMSetLinkage(g, LLVMPrivateLinkage);
    return g;
}

static LLVMValueRef text(Object *o, const char *string)
{
    return global(o, LLVMConstStringInContext2(o->context, string, strlen(string), false),
                  arena_printf(o->arena, "nnd_text_%d", o->names++), true);
}

static LLVMValueRef record(const Object *o, LLVMValueRef *fields, unsigned count)
{
    return LLVMConstStructInContext(o->context, fields, count, false);
}

/* An array of records, or a null pointer. */
static LLVMValueRef array(Object *o, LLVMValueRef *records, int count, const char *name)
{
    if (!count)
        return LLVMConstNull(o->ptr);
    return global(o, LLVMConstArray2(LLVMTypeOf(records[0]), records, (uint64_t)count), name, true);
}

static LLVMValueRef dim_record(Object *o, const NndDimDesc *d)
{
    LLVMValueRef fields[] = {text(o, d->name), number32(o, d->kind), number32(o, d->parent), number32(o, d->source),
                             number32(o, d->least), number64(o, d->size), number64(o, d->pad), number64(o, d->span),
                             number64(o, d->stride)};
    return record(o, fields, sizeof fields / sizeof *fields);
}

static LLVMValueRef value_record(Object *o, const NndValueDesc *v)
{
    LLVMValueRef dims[NND_MAX_RANK];
    for (int i = 0; i < NND_MAX_RANK; i++)
        dims[i] = number32(o, v->dims[i]);
    LLVMValueRef fields[] = {text(o, v->name), number32(o, v->kind), number32(o, v->dtype), number32(o, v->rank),
                             LLVMConstArray2(o->i32, dims, NND_MAX_RANK)};
    return record(o, fields, sizeof fields / sizeof *fields);
}

static LLVMValueRef value_array(Object *o, const NndValueDesc *values, int count, const char *name)
{
    LLVMValueRef *records = ARENA_ARRAY(o->arena, LLVMValueRef, count + 1);
    for (int i = 0; i < count; i++)
        records[i] = value_record(o, &values[i]);
    return array(o, records, count, name);
}

static LLVMValueRef function_record(Object *o, const NndFunctionDesc *f)
{
    LLVMValueRef fields[] = {
        text(o, f->name),
        number32(o, f->arg_count),
        number32(o, f->result_count),
        value_array(o, f->args, f->arg_count, "nnd_args"),
        value_array(o, f->results, f->result_count, "nnd_results"),
        LLVMGetNamedFunction(o->module, codegen_size_symbol(o->arena, f->name)),
        LLVMGetNamedFunction(o->module, codegen_kept_symbol(o->arena, f->name)),
        LLVMGetNamedFunction(o->module, codegen_least_symbol(o->arena, f->name)),
        LLVMGetNamedFunction(o->module, codegen_most_symbol(o->arena, f->name)),
        LLVMGetNamedFunction(o->module, codegen_entry_symbol(o->arena, f->name))};
    return record(o, fields, sizeof fields / sizeof *fields);
}

static void add_description(Object *o, const NndModuleDesc *desc)
{
    LLVMValueRef *dims = ARENA_ARRAY(o->arena, LLVMValueRef, desc->dim_count + 1);
    LLVMValueRef *functions = ARENA_ARRAY(o->arena, LLVMValueRef, desc->function_count + 1);
    for (int i = 0; i < desc->dim_count; i++)
        dims[i] = dim_record(o, &desc->dims[i]);
    for (int i = 0; i < desc->function_count; i++)
        functions[i] = function_record(o, &desc->functions[i]);
    LLVMValueRef fields[] = {text(o, desc->name), number32(o, desc->dim_count), number32(o, desc->function_count),
                             array(o, dims, desc->dim_count, "nnd_dims"),
                             array(o, functions, desc->function_count, "nnd_functions")};
    global(o, record(o, fields, sizeof fields / sizeof *fields), "nnd_program_module", false);
}

/* Through the assembler, so that megabytes of weights never pass through LLVM's IR. */
static NndStatus embed_model(Object *o, const char *path, NndError *error)
{
    NndFile file;
    NndStatus status = nnd_file_map(&file, path, error);
    if (status)
        return status;
    size_t size = file.size;
    nnd_file_free(&file);
    char *full = realpath(path, NULL);
    if (!full || strpbrk(full, "\"\\\n")) {
        free(full);
        return nnd_fail(error, NND_EINVAL, "%s: its path has a character that cannot be handed to the assembler", path);
    }
    const char *code = arena_printf(o->arena,
                                    ".section .rodata.nnd_program_model,\"a\",@progbits\n"
                                    ".globl nnd_program_model\n.balign 64\nnnd_program_model:\n.incbin \"%s\"\n"
                                    ".globl nnd_program_model_size\n.balign 8\nnnd_program_model_size:\n.quad %zu\n",
                                    full, size);
    free(full);
    LLVMAppendModuleInlineAsm(o->module, code, strlen(code));
    return NND_OK;
}

static NndStatus write_object(Object *o, const Target *target, const char *path, NndError *error)
{
    LLVMMemoryBufferRef object;
    NndStatus status = codegen_object(&object, o->module, target, error);
    if (status)
        return status;
    status = nnd_file_write(path, LLVMGetBufferStart(object), LLVMGetBufferSize(object), error);
    LLVMDisposeMemoryBuffer(object);
    return status;
}

static NndStatus build(Object *o, const IrModule *module, const Target *target, const char *model_path, const char *path, NndError *error)
{
    Stopwatch watch = stopwatch_begin(false);
    NndStatus status = codegen_module(&o->module, o->context, module, target, &watch, NULL, error);
    if (status)
        return status;
    o->i32 = LLVMInt32TypeInContext(o->context);
    o->i64 = LLVMInt64TypeInContext(o->context);
    o->ptr = LLVMPointerTypeInContext(o->context, 0);
    add_description(o, engine_module_desc(o->arena, module));
    status = embed_model(o, model_path, error);
    return status ? status : write_object(o, target, path, error);
}

NndStatus object_write(const IrModule *module, const char *cpu, const char *model_path, const char *path, NndError *error)
{
    Object o = {.arena = arena_new(), .context = LLVMContextCreate()};
    Target target;
    NndStatus status = target_open(&target, &(TargetOptions){.cpu = cpu, .level = 2}, error);
    if (!status)
        status = build(&o, module, &target, model_path, path, error);
    if (o.module)
        LLVMDisposeModule(o.module);
    LLVMContextDispose(o.context);
    target_free(&target);
    arena_free(o.arena);
    return status;
}
