/* SPDX-License-Identifier: Apache-2.0
 *
 * The structs of runtime/abi.h and runtime/pool.h that code fills in or reads, as LLVM types.
 */
#ifndef NND_COMPILER_CODEGEN_ABI_H
#define NND_COMPILER_CODEGEN_ABI_H

#include <llvm-c/Core.h>

#include "runtime/abi.h"

enum {
    ABI_CALL_AXES,
    ABI_CALL_ARGS,
    ABI_CALL_RESULTS,
    ABI_CALL_ARENA,
    ABI_CALL_POOL,
    ABI_CALL_SEED,
    ABI_CALL_STEP,
    ABI_CALL_KEPT
};

/* NndTask of runtime/pool.h: fields in their order. */
enum {
    ABI_TASK_BLOCK,
    ABI_TASK_MEMBER,
    ABI_TASK_CONTEXT,
    ABI_TASK_COUNT,
    ABI_TASK_GRAIN,
    ABI_TASK_MOST,
    ABI_TASK_INDEPENDENT,
    ABI_TASK_COST
};

LLVMTypeRef abi_axis_type(LLVMContextRef context); /* NndAxis */
LLVMTypeRef abi_call_type(LLVMContextRef context); /* NndCall */
LLVMTypeRef abi_task_type(LLVMContextRef context); /* NndTask */

#endif
