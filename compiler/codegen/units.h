/* SPDX-License-Identifier: Apache-2.0
 *
 * The step of a recurrent cell, unit by unit. A *unit* is an entry of the last
 * axis of a value [item, unit] or [item, gate, unit]; what the element-wise
 * kernels of a scan's body compute for an item and a unit mostly reads that
 * item and unit alone. Such kernels become one nest, which computes all of them
 * in vectors of units, and stores only what somebody else reads.
 *
 * A nest may begin with a product (dot.h). Then a panel of V holds the same few
 * units of every gate, so that a tile of sums is all that the work on these units
 * reads: gates, activations and new states follow at once. Tiles have as many
 * rows as there are, down to one: a step of a single item reads the panels as
 * fast as the cache gives them.
 *
 * Sums are made in the order of k and everything else element by element, so
 * results depend neither on the batch nor on who computes which units.
 */
#ifndef NND_COMPILER_CODEGEN_UNITS_H
#define NND_COMPILER_CODEGEN_UNITS_H

#include "compiler/codegen/dot.h"
#include "compiler/codegen/lanes.h"

/* ---- planning, in the body of a scan ---- */

/* Chooses gates and tile of a product; false if it has none that fit. */
bool units_choose(const FuncGen *fg, DotPlan *plan);

/* Adds a nest to the steps of a scan: as a nest of units, as part of the one before, or as it is. */
void units_add(FuncGen *fg, const IrRegion *region, NestList *steps, Nest *nest);

/* Decides what is stored and how units are computed, when all steps are known. */
void units_finish(FuncGen *fg, const IrRegion *region, const NestList *steps);

/* ---- code ---- */

/* What the member at hand of a team does of the nest at places lo .. hi-1. */
void units_emit(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);

/* Sums of `rows` x `vectors` vectors of each of `panels` that follow each other, as a function of its
 * own: void tile(s, panel, k, block), block [panel, row, vector]. Rows of S are `row_stride` elements apart, its contracted entries `k_stride`. LLVM
 * finds registers for a loop best where there is nothing else. */
typedef struct TileShape {
    PanelRow columns;
    int panels, rows;
    int64_t row_stride, k_stride;
} TileShape;
void units_call_tile(Emit *e, const TileShape *shape, LLVMValueRef s, LLVMValueRef panel, LLVMValueRef k,
                     LLVMValueRef block);

#endif
