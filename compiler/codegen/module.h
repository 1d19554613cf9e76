/* SPDX-License-Identifier: Apache-2.0
 *
 * From an IR module to machine code. The JIT and native builds both go this
 * way and share every byte of it.
 *
 * The module must have gone through passes_run with `fuse` set. For each
 * function F there are five symbols, an NndEntry and the NndAmounts of its scratch, of what it keeps from call
 * to call, and of the least and the most items of a portion; the code calls nnd_pool_run and, for f64, functions of the C library.
 */
#ifndef NND_COMPILER_CODEGEN_MODULE_H
#define NND_COMPILER_CODEGEN_MODULE_H

#include <llvm-c/Core.h>

#include "compiler/codegen/target.h"
#include "compiler/ir/ir.h"
#include "compiler/stopwatch.h"

const char *codegen_entry_symbol(Arena *arena, const char *function);
const char *codegen_size_symbol(Arena *arena, const char *function);
const char *codegen_kept_symbol(Arena *arena, const char *function);
const char *codegen_least_symbol(Arena *arena, const char *function);
const char *codegen_most_symbol(Arena *arena, const char *function);

/* What a function launches, in order: what it launches in the first call only comes first. */
typedef struct KernelInfo {
    const char *function, *name; /* "predict", "predict.3.dot" */
    int line;                    /* of the model, or 0 */
    bool once;                   /* in the first call only */
    const int *groups;           /* kernels of the IR (IrInst.group) that are finished with it; may be none */
    int group_count;
} KernelInfo;

typedef struct KernelInfos {
    Arena *arena;
    VEC(KernelInfo) items;
} KernelInfos;

/* LLVM IR as it is generated, equal kernels merged: nothing is compiled twice. `watch` notes the time, `infos` (or NULL) the
 * kernels. The caller disposes of the module, if there is one, then of the context. */
NndStatus codegen_generate(LLVMModuleRef *out, LLVMContextRef context, const IrModule *module, const Target *target,
                           Stopwatch *watch, KernelInfos *infos, NndError *error);

/* LLVM's passes over its functions, none of which looks at other functions. */
NndStatus codegen_optimise(LLVMModuleRef module, OptimisationSet without, const Target *target, NndError *error);

/* Both. */
NndStatus codegen_module(LLVMModuleRef *out, LLVMContextRef context, const IrModule *module, const Target *target,
                         Stopwatch *watch, KernelInfos *infos, NndError *error);

/* The module as an object file in memory; the caller disposes of the buffer. */
NndStatus codegen_object(LLVMMemoryBufferRef *out, LLVMModuleRef module, const Target *target, NndError *error);

/* Its assembly, for people. */
NndStatus codegen_assembly(LLVMMemoryBufferRef *out, LLVMModuleRef module, const Target *target, NndError *error);

#endif
