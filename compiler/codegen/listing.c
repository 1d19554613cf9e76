/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/listing.h"

#include <llvm-c/Core.h>

#include "compiler/codegen/module.h"

static NndStatus unknown_kernel(LLVMModuleRef module, const char *kernel, NndError *error)
{
    Arena *arena = arena_new();
    const char *names = "";
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
        if (!LLVMIsDeclaration(f))
            names = arena_printf(arena, "%s %s", names, LLVMGetValueName(f));
    NndStatus status = nnd_fail(error, NND_EINVAL, "there is no kernel %s among%s", kernel, names);
    arena_free(arena);
    return status;
}

static const char *keep(Arena *arena, char *message)
{
    const char *text = arena_strdup(arena, message);
    LLVMDisposeMessage(message);
    return text;
}

static NndStatus list_llvm(const char **out, Arena *arena, LLVMModuleRef module, const char *kernel)
{
    *out = keep(arena, kernel ? LLVMPrintValueToString(LLVMGetNamedFunction(module, kernel)) : LLVMPrintModuleToString(module));
    return NND_OK;
}

/* From the function's label to the end of the function. */
static const char *cut_function(Arena *arena, const char *text, const char *name)
{
    const char *label = arena_printf(arena, "\n%s:", name), *quoted = arena_printf(arena, "\n\"%s\":", name);
    const char *begin = strstr(text, label);
    if (!begin)
        begin = strstr(text, quoted);
    if (!begin)
        return text;
    const char *end = strstr(begin, "\n.Lfunc_end");
    return end ? arena_strndup(arena, begin + 1, (size_t)(end - begin)) : begin + 1;
}

static NndStatus list_assembly(const char **out, Arena *arena, LLVMModuleRef module, const Target *target, const char *kernel,
                               NndError *error)
{
    LLVMMemoryBufferRef buffer;
    LLVMSetTargetMachineAsmVerbosity(target->machine, true); /* which loop a block is in, what is spilled */
    NndStatus status = codegen_assembly(&buffer, module, target, error);
    if (status)
        return status;
    *out = arena_strndup(arena, LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer));
    LLVMDisposeMemoryBuffer(buffer);
    if (kernel)
        *out = cut_function(arena, *out, kernel);
    return NND_OK;
}

static NndStatus list(const char **out, Arena *arena, LLVMModuleRef module, const Target *target, const ListingOptions *options,
                      NndError *error)
{
    if (options->kernel && !LLVMGetNamedFunction(module, options->kernel))
        return unknown_kernel(module, options->kernel, error);
    if (!options->assembly)
        return list_llvm(out, arena, module, options->kernel);
    NndStatus status = list_assembly(out, arena, module, target, options->kernel, error);
    stopwatch_lap(options->watch, "machine code");
    return status;
}

NndStatus codegen_listing(const char **out, Arena *arena, const IrModule *ir, const ListingOptions *options, NndError *error)
{
    Target target;
    LLVMContextRef context = LLVMContextCreate();
    LLVMModuleRef module = NULL;
    NndStatus status = target_open(&target, &(TargetOptions){.cpu = options->cpu, .level = 2}, error);
    if (!status)
        status = codegen_module(&module, context, ir, &target, options->watch, NULL, error);
    if (!status)
        status = list(out, arena, module, &target, options, error);
    if (module)
        LLVMDisposeModule(module);
    LLVMContextDispose(context);
    target_free(&target);
    return status;
}
