/* SPDX-License-Identifier: Apache-2.0
 *
 * How a batch is cut into portions, each of which is computed in a call of its own (runtime/call.h).
 */
#ifndef NND_COMPILER_PASSES_PORTION_H
#define NND_COMPILER_PASSES_PORTION_H

#include "compiler/passes/plan.h"

typedef struct Portion {
    int64_t least, most; /* items; 0: there are no portions */
} Portion;

/* Of a planned function. With the most items the weights, which are read anew for each portion, are a quarter of what is computed
 * of the items, so that more of them gain nothing. With the least, a thread that has a portion to itself does as well as one
 * that shares each kernel, and so the weights, with others. None if what the function gives for an item may depend on other items,
 * or where items lie is not known from their number alone. */
Portion portion_of(const IrFunc *func, const MemoryPlan *plan);

#endif
