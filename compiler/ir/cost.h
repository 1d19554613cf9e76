/* SPDX-License-Identifier: Apache-2.0
 *
 * Arithmetic of a function: what a dense computation of it has to do.
 */
#ifndef NND_COMPILER_IR_COST_H
#define NND_COMPILER_IR_COST_H

#include "compiler/ir/ir.h"

/* Floating-point operations of one call with these axes (one for each dimension of the module): two
 * for each product of a contraction, one for each element of every other operator that computes.
 * Functions like exp count as one. */
double ir_func_flops(const IrFunc *func, const NndAxis *axes);
/* The same of one instruction of a function's body. */
double ir_inst_flops(const IrInst *inst, const NndAxis *axes);

#endif
