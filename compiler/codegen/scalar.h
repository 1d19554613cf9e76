/* SPDX-License-Identifier: Apache-2.0
 *
 * Scalars from scalars: the operators of the table, conversions, the functions
 * of runtime/scalar.h and random numbers. The functions of f32 take vectors as
 * well as scalars, and give the same bits as the C ones.
 */
#ifndef NND_COMPILER_CODEGEN_SCALAR_H
#define NND_COMPILER_CODEGEN_SCALAR_H

#include "compiler/codegen/emit.h"

/* An operator on operands of `dtype` (the condition of select apart): scalars, or vectors
 * of f32 or bool. */
LLVMValueRef scalar_op(Emit *e, IrOp op, NndDType dtype, LLVMValueRef *args);
LLVMValueRef scalar_const(Emit *e, NndDType dtype, double value);
LLVMValueRef scalar_cast(Emit *e, LLVMValueRef x, NndDType from, NndDType to);
LLVMValueRef scalar_select(Emit *e, LLVMValueRef condition, LLVMValueRef yes, LLVMValueRef no);
/* An index (i64) as i32 or float. */
LLVMValueRef scalar_from_index(Emit *e, LLVMValueRef index, NndDType dtype);
bool scalar_is_float(NndDType dtype);

/* ---- math.c: runtime/scalar.h, operation by operation ---- */
LLVMValueRef math_exp(Emit *e, LLVMValueRef x);
LLVMValueRef math_log(Emit *e, LLVMValueRef x);
LLVMValueRef math_tanh(Emit *e, LLVMValueRef x);
LLVMValueRef math_sigmoid(Emit *e, LLVMValueRef x);
LLVMValueRef math_pow(Emit *e, LLVMValueRef x, LLVMValueRef y);
LLVMValueRef math_fma(Emit *e, LLVMValueRef a, LLVMValueRef b, LLVMValueRef c);
/* a * b + c of a contraction: rounded once where the processor can do that, or else twice, but never by a
 * call of the C library. */
LLVMValueRef math_multiply_add(Emit *e, LLVMValueRef a, LLVMValueRef b, LLVMValueRef c);
/* Of f64 by way of the C library: "exp", "log", "tanh". */
LLVMValueRef math_library(Emit *e, const char *name, LLVMValueRef x);

/* ---- random.c: nnd_random_uniform ---- */
LLVMValueRef random_uniform(Emit *e, uint32_t stream, LLVMValueRef index);

#endif
