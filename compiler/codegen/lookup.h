/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of tables. Which row a look-up reads is a number in memory, so the
 * processor cannot foresee it; a kernel that knows what it will compute next can.
 */
#ifndef NND_COMPILER_CODEGEN_LOOKUP_H
#define NND_COMPILER_CODEGEN_LOOKUP_H

#include "compiler/codegen/element.h"

/* Where a look-up (gather) finds the element at `index` in its table. */
Index lookup_index(Emit *e, const IrInst *gather, const Index *index);

/* Of an element in memory, its own address; of a look-up's, that in the table; else NULL. */
LLVMValueRef lookup_address(Emit *e, const IrValue *x, Index index);

/* Asks for the rows of tables that `x` is computed of by element-wise operators and sums of a few rows, at `index` and the
 * `count` - 1 entries of the last axis that follow. */
void lookup_prefetch(Emit *e, const IrValue *x, const Index *index, int count);

#endif
