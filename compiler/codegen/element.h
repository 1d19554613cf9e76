/* SPDX-License-Identifier: Apache-2.0
 *
 * The value at an index: loaded if its buffer is filled, else computed from
 * the operands at the indices where the instruction reads them, and so on
 * down. Equal values at equal indices are emitted once as far as the first
 * dominates.
 */
#ifndef NND_COMPILER_CODEGEN_ELEMENT_H
#define NND_COMPILER_CODEGEN_ELEMENT_H

#include "compiler/codegen/emit.h"

LLVMValueRef element(Emit *e, const IrValue *value, const Index *index);

/* Makes `element` give `result` for the value at the index. */
void element_set(Emit *e, const IrValue *value, const Index *index, LLVMValueRef result);

/* True if the value's element can be loaded at this place. */
bool element_in_memory(const Emit *e, const IrValue *value);
/* The buffer and the position in it; only if element_in_memory. */
LLVMValueRef element_base(Emit *e, const IrValue *value);
LLVMValueRef element_position(Emit *e, const IrValue *value, const Index *index);

/* What a sequence or per-item parameter of the scan at hand is taken from: its operand, at the
 * index that `index` is changed to. NULL if the value is no such parameter. */
const IrValue *element_parameter(Emit *e, const IrValue *value, Index *index);

/* ---- move.c: operators that only move data ---- */
LLVMValueRef move_element(Emit *e, const IrInst *inst, const Index *index);
/* The row of `from` (an ancestor of `dim`, or `dim`) to which row `row` of `dim` belongs. */
LLVMValueRef move_ancestor(Emit *e, const IrDim *dim, const IrDim *from, LLVMValueRef row);
/* The item behind a place of the scan's `order`, if `dim` is the axis of the scan's items. */
LLVMValueRef move_item(Emit *e, const IrDim *dim, LLVMValueRef place);
/* True if no entry of a window can be outside of the operand. */
bool move_window_inside(const IrWindow *w, const IrDim *in, const IrDim *out);

/* ---- fold.c: reductions and contractions inside an element ---- */

/* Entries that one result is made of, or -1 if that is known at run time only. */
int64_t fold_count(const IrInst *inst);
/* Where entry `position` (row-major, of fold_count) of what makes the result at `index` is. */
Index fold_entry(Emit *e, const IrInst *inst, const Index *index, int64_t position);
bool fold_is_reduction(IrOp op); /* sum, reduce_max, argmax */
LLVMValueRef fold_element(Emit *e, const IrInst *inst, const Index *index);

/* What a reduction starts from, and one step of it. */
LLVMValueRef fold_start(Emit *e, IrOp op, NndDType dtype);
LLVMValueRef fold_step(Emit *e, IrOp op, NndDType dtype, LLVMValueRef sum, LLVMValueRef x);

/* Loops over the reduced axes of `inst`, outermost first. `index` holds the result's axes; the
 * loops fill in an index of the operand. `skip_last` leaves the operand's last axis to the caller. */
typedef struct FoldLoops FoldLoops;
FoldLoops *fold_loops_begin(Emit *e, const IrInst *inst, const Index *index, bool skip_last);
Index *fold_loops_index(FoldLoops *loops);
LLVMValueRef fold_loops_position(Emit *e, const FoldLoops *loops); /* row-major, within the reduced axes */
void fold_loops_end(Emit *e, FoldLoops *loops);
/* True if there is nothing to reduce for this index (segments may be empty). */
LLVMValueRef fold_is_empty(Emit *e, const IrInst *inst, const Index *index);

#endif
