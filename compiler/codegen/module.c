/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/module.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/Error.h>
#include <llvm-c/Target.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include "compiler/codegen/abi.h"
#include "compiler/codegen/func.h"

const char *codegen_entry_symbol(Arena *arena, const char *function)
{
    return arena_printf(arena, "nnd_run_%s", function);
}

const char *codegen_size_symbol(Arena *arena, const char *function)
{
    return arena_printf(arena, "nnd_arena_%s", function);
}

const char *codegen_kept_symbol(Arena *arena, const char *function)
{
    return arena_printf(arena, "nnd_kept_%s", function);
}

const char *codegen_least_symbol(Arena *arena, const char *function)
{
    return arena_printf(arena, "nnd_least_%s", function);
}

const char *codegen_most_symbol(Arena *arena, const char *function)
{
    return arena_printf(arena, "nnd_most_%s", function);
}

static void make_types(Codegen *cg)
{
    LLVMContextRef c = cg->context;
    cg->none = LLVMVoidTypeInContext(c);
    cg->i1 = LLVMInt1TypeInContext(c);
    cg->i8 = LLVMInt8TypeInContext(c);
    cg->i16 = LLVMInt16TypeInContext(c);
    cg->i32 = LLVMInt32TypeInContext(c);
    cg->i64 = LLVMInt64TypeInContext(c);
    cg->f32 = LLVMFloatTypeInContext(c);
    cg->f64 = LLVMDoubleTypeInContext(c);
    cg->ptr = LLVMPointerTypeInContext(c, 0);
    cg->axis_type = abi_axis_type(c);
    cg->call_type = abi_call_type(c);
    LLVMTypeRef block[] = {cg->ptr, cg->i64, cg->i64};
    LLVMTypeRef run[] = {cg->ptr, cg->i64, cg->i64, cg->ptr, cg->ptr};
    cg->block_type = LLVMFunctionType(cg->none, block, 3, 0);
    cg->entry_type = LLVMFunctionType(cg->none, &cg->ptr, 1, 0);
    cg->size_type = LLVMFunctionType(cg->i64, &cg->ptr, 1, 0);
    cg->pool_run_type = LLVMFunctionType(cg->none, run, 5, 0);
    cg->pool_run = LLVMAddFunction(cg->module, "nnd_pool_run", cg->pool_run_type);
    LLVMTypeRef team[] = {cg->ptr, cg->i64, cg->i64, cg->ptr, cg->ptr}, share[] = {cg->ptr, cg->i64, cg->i64, cg->i64};
    cg->pool_team_type = LLVMFunctionType(cg->none, team, 5, 0);
    cg->pool_meet_type = LLVMFunctionType(cg->none, &cg->ptr, 1, 0);
    cg->axis_share_type = LLVMFunctionType(cg->i64, share, 4, 0);
    cg->pool_team = LLVMAddFunction(cg->module, "nnd_pool_team", cg->pool_team_type);
    cg->pool_meet = LLVMAddFunction(cg->module, "nnd_pool_meet", cg->pool_meet_type);
    LLVMTypeRef all[] = {cg->ptr, cg->ptr, cg->i64};
    cg->task_type = abi_task_type(c);
    cg->pool_run_all_type = LLVMFunctionType(cg->none, all, 3, 0);
    cg->pool_run_all = LLVMAddFunction(cg->module, "nnd_pool_run_all", cg->pool_run_all_type);
    cg->axis_share = LLVMAddFunction(cg->module, "nnd_axis_share", cg->axis_share_type);
}

static void set_layout(Codegen *cg)
{
    LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(cg->target->machine);
    LLVMSetModuleDataLayout(cg->module, layout);
    LLVMDisposeTargetData(layout);
    LLVMSetTarget(cg->module, cg->target->triple);
}

/* Short on purpose: loops come in their final form and only need their vectors. */
#define CLEAN_UP "sroa,early-cse<memssa>,instcombine<no-verify-fixpoint>,simplifycfg,loop-mssa(licm)"
/* Bodies that are compiled elsewhere (slices.h) are dropped first. */
#define PIPELINE(passes) "elim-avail-extern,function(" passes ")"

static NndStatus run_passes(LLVMModuleRef module, const char *passes, const Target *target, NndError *error)
{
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    LLVMErrorRef failed = LLVMRunPasses(module, passes, target->machine, options);
    LLVMDisposePassBuilderOptions(options);
    if (!failed)
        return NND_OK;
    char *message = LLVMGetErrorMessage(failed);
    NndStatus status = nnd_fail(error, NND_EINVAL, "LLVM: %s", message);
    LLVMDisposeErrorMessage(message);
    return status;
}

static NndStatus merge_kernels(LLVMModuleRef module, OptimisationSet without, const Target *target, NndError *error)
{
    if (target->level <= 0 || optimisation_in(without, OPTIMISE_MERGE_KERNELS))
        return NND_OK;
    return run_passes(module, "mergefunc", target, error);
}

NndStatus codegen_optimise(LLVMModuleRef module, OptimisationSet without, const Target *target, NndError *error)
{
    if (target->level <= 0)
        return NND_OK;
    bool vectors = !optimisation_in(without, OPTIMISE_VECTORISE);
    return run_passes(module, vectors ? PIPELINE(CLEAN_UP ",loop-vectorize," CLEAN_UP) : PIPELINE(CLEAN_UP), target, error);
}

#ifndef NDEBUG
static void verify(LLVMModuleRef module)
{
    char *message = NULL;
    if (LLVMVerifyModule(module, LLVMReturnStatusAction, &message))
        NND_BUG("generated LLVM IR is wrong: %s", message);
    LLVMDisposeMessage(message);
}
#else
static void verify(LLVMModuleRef module)
{
    (void)module;
}
#endif

NndStatus codegen_generate(LLVMModuleRef *out, LLVMContextRef context, const IrModule *module, const Target *target,
                           Stopwatch *watch, KernelInfos *infos, NndError *error)
{
    Codegen cg = {.arena = arena_new(), .ir = module, .target = target, .context = context, .infos = infos};
    cg.module = LLVMModuleCreateWithNameInContext(module->name, context);
    set_layout(&cg);
    make_types(&cg);
    for (int i = 0; i < module->funcs.count; i++)
        func_emit(&cg, module->funcs.data[i]);
    arena_free(cg.arena);
    verify(cg.module);
    NndStatus status = merge_kernels(cg.module, module->without, target, error);
    stopwatch_lap(watch, "code generation");
    if (status)
        LLVMDisposeModule(cg.module);
    *out = status ? NULL : cg.module;
    return status;
}

NndStatus codegen_module(LLVMModuleRef *out, LLVMContextRef context, const IrModule *module, const Target *target,
                         Stopwatch *watch, KernelInfos *infos, NndError *error)
{
    NndStatus status = codegen_generate(out, context, module, target, watch, infos, error);
    if (!status)
        status = codegen_optimise(*out, module->without, target, error);
    stopwatch_lap(watch, "LLVM passes");
    return status;
}

static NndStatus emit_file(LLVMMemoryBufferRef *out, LLVMModuleRef module, const Target *target, LLVMCodeGenFileType type,
                           NndError *error)
{
    char *message = NULL;
    if (!LLVMTargetMachineEmitToMemoryBuffer(target->machine, module, type, &message, out))
        return NND_OK;
    NndStatus status = nnd_fail(error, NND_EINVAL, "LLVM: %s", message);
    LLVMDisposeMessage(message);
    return status;
}

NndStatus codegen_object(LLVMMemoryBufferRef *out, LLVMModuleRef module, const Target *target, NndError *error)
{
    return emit_file(out, module, target, LLVMObjectFile, error);
}

NndStatus codegen_assembly(LLVMMemoryBufferRef *out, LLVMModuleRef module, const Target *target, NndError *error)
{
    LLVMModuleRef copy = LLVMCloneModule(module); /* the back end changes what it prints */
    NndStatus status = emit_file(out, copy, target, LLVMAssemblyFile, error);
    LLVMDisposeModule(copy);
    return status;
}
