/* SPDX-License-Identifier: Apache-2.0
 *
 * Generated code knows runtime/abi.h, and the tasks of runtime/pool.h, by heart: the LLVM types of its structs,
 * and proof that they are what the C compiler makes of them.
 */
#include "compiler/codegen/abi.h"

#include <stddef.h>

#include "runtime/pool.h"

_Static_assert(offsetof(NndAxis, extent) == 0 && offsetof(NndAxis, offsets) == 8 && offsetof(NndAxis, segment) == 16 &&
                   offsetof(NndAxis, order) == 24 && offsetof(NndAxis, live) == 32 && offsetof(NndAxis, steps) == 40 &&
                   sizeof(NndAxis) == 48,
               "NndAxis is { i64, ptr, ptr, ptr, ptr, i64 }");
_Static_assert(offsetof(NndCall, axes) == 0 && offsetof(NndCall, args) == 8 &&
                   offsetof(NndCall, results) == 16 && offsetof(NndCall, arena) == 24 &&
                   offsetof(NndCall, pool) == 32 && offsetof(NndCall, seed) == 40 &&
                   offsetof(NndCall, step) == 48 && offsetof(NndCall, kept) == 56,
               "NndCall is { ptr, ptr, ptr, ptr, ptr, i64, i64, ptr }");

_Static_assert(offsetof(NndTask, block) == 0 && offsetof(NndTask, member) == 8 && offsetof(NndTask, context) == 16 &&
                   offsetof(NndTask, count) == 24 && offsetof(NndTask, grain) == 32 && offsetof(NndTask, most) == 40 &&
                   offsetof(NndTask, independent) == 48 && offsetof(NndTask, cost) == 56 && sizeof(NndTask) == 64,
               "NndTask is { ptr, ptr, ptr, i64, i64, i64, i64, i64 }");

LLVMTypeRef abi_axis_type(LLVMContextRef context)
{
    LLVMTypeRef i64 = LLVMInt64TypeInContext(context), ptr = LLVMPointerTypeInContext(context, 0);
    LLVMTypeRef fields[] = {i64, ptr, ptr, ptr, ptr, i64};
    return LLVMStructTypeInContext(context, fields, 6, 0);
}

LLVMTypeRef abi_call_type(LLVMContextRef context)
{
    LLVMTypeRef i64 = LLVMInt64TypeInContext(context), ptr = LLVMPointerTypeInContext(context, 0);
    LLVMTypeRef fields[] = {ptr, ptr, ptr, ptr, ptr, i64, i64, ptr};
    return LLVMStructTypeInContext(context, fields, 8, 0);
}

LLVMTypeRef abi_task_type(LLVMContextRef context)
{
    LLVMTypeRef i64 = LLVMInt64TypeInContext(context), ptr = LLVMPointerTypeInContext(context, 0);
    LLVMTypeRef fields[] = {ptr, ptr, ptr, i64, i64, i64, i64, i64};
    return LLVMStructTypeInContext(context, fields, 8, 0);
}
