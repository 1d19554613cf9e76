/* SPDX-License-Identifier: Apache-2.0
 *
 * What a kernel has to do and to move, of a function that went through
 * pass_fuse: the numbers behind a roofline.
 */
#ifndef NND_COMPILER_PASSES_KERNEL_COST_H
#define NND_COMPILER_PASSES_KERNEL_COST_H

#include "compiler/passes/fuse.h"

typedef struct KernelCost {
    double flops; /* as ir_func_flops counts */
    double bytes; /* of each value that it reads or stores, once; of a table the rows that are looked up */
} KernelCost;

/* For one call with these axes. None of a table whose rows are computed when calls need them: which do is not known. */
KernelCost kernel_cost(Arena *arena, IrFunc *func, const Kernel *kernel, const NndAxis *axes);

#endif
