/* SPDX-License-Identifier: Apache-2.0
 *
 * Elements of a value in vectors: those at an index and at the following
 * entries of its last axis, as many as a register has. Like `element`, but with
 * the vectors made here and not by LLVM's vectoriser, so that an uneven end is
 * computed under a mask and never one by one.
 */
#ifndef NND_COMPILER_CODEGEN_LANES_H
#define NND_COMPILER_CODEGEN_LANES_H

#include "compiler/codegen/emit.h"

/* Belongs to straight-line code: what was computed once is not emitted again. */
typedef struct Lanes {
    Emit *e;
    unsigned count;
    LLVMValueRef mask; /* i1 each: the lanes that exist; NULL: all */
    LLVMValueRef next_item, next_entry; /* what will be computed a little later: its entry of a sequence's first axis, and of
                                           the one of the lanes; NULL: unknown */
    VEC(MemoEntry) memo;
} Lanes;

/* `rest`: entries from the first lane on; lanes beyond do not exist. NULL: there are enough. */
Lanes lanes_begin(Emit *e, int count, LLVMValueRef rest);

/* The vector at an index whose entry `axis` belongs to the first lane; the axis is the last of a
 * value in memory. */
LLVMValueRef lanes_element(Lanes *l, const IrValue *value, const Index *index, int axis);
/* Makes lanes_element give `vector` for the value at the index. */
void lanes_set(Lanes *l, const IrValue *value, const Index *index, LLVMValueRef vector);
void lanes_store(Lanes *l, const IrValue *value, LLVMValueRef base, LLVMValueRef linear, LLVMValueRef vector);

/* Whether lanes_element knows an operator, and a type. (passes/fuse_puts.c asks for less.) */
bool lanes_knows(IrOp op);
bool lanes_holds(NndDType dtype);
/* Vectors with a masked end are for targets that have such loads and stores. */
bool lanes_can_mask(const Target *target);

#endif
