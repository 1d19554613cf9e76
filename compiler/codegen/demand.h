/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables whose rows are computed when a call first needs them: on_demand of a
 * fixed contraction. The nests: the weights are packed, in the first call; the
 * rows that the index names and that have no place yet get the next places and
 * are listed; tiles of listed rows are computed, each stored in its place. So
 * memory in use is that of the rows in use, end to end. Places and their number
 * are kept with the table.
 */
#ifndef NND_COMPILER_CODEGEN_DEMAND_H
#define NND_COMPILER_CODEGEN_DEMAND_H

#include "compiler/codegen/nest.h"

/* Cells of a table. */
struct Demand {
    int place; /* kept: i32 for each row, 1 + its place; 0: it has none */
    int used;  /* kept: i64, how many places are taken */
    int list;  /* i32: rows that are to be computed now, each once */
    int count; /* i64: how many */
};

/* Adds the nests of a kernel with `kernel->demand`; false if it cannot be computed row by row. */
bool demand_plan(FuncGen *fg, Nest *nest, const Kernel *kernel, const IrRegion *region, NestList *out);
void demand_emit_list(Emit *e, const Nest *nest);

/* Entry `at` of a list. */
LLVMValueRef demand_row(Emit *e, int list, LLVMValueRef at);
/* Where the row of entry `at` of the table's list is stored. */
LLVMValueRef demand_listed_place(Emit *e, const IrValue *table, LLVMValueRef at);
/* An element of place_of: as an i32, 1 + the place of a row, which is its own number if the table is no such one. */
LLVMValueRef demand_place(Emit *e, const IrValue *table, LLVMValueRef row);

#endif
