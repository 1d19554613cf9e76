/* SPDX-License-Identifier: Apache-2.0
 *
 * The structs of runtime/abi.h as LLVM types.
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

LLVMTypeRef abi_axis_type(LLVMContextRef context); /* NndAxis */
LLVMTypeRef abi_call_type(LLVMContextRef context); /* NndCall */

#endif
