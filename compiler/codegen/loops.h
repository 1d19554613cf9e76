/* SPDX-License-Identifier: Apache-2.0
 *
 * Counted loops and branches. A loop is emitted with its test at the end,
 * which is the form that the vectoriser wants.
 */
#ifndef NND_COMPILER_CODEGEN_LOOPS_H
#define NND_COMPILER_CODEGEN_LOOPS_H

#include "compiler/codegen/emit.h"

typedef enum LoopKind {
    LOOP_PLAIN,  /* neither unrolled nor vectorised */
    LOOP_VECTOR, /* iterations are independent: the vectoriser may have it */
    LOOP_UNROLL  /* a small constant count, to be unrolled */
} LoopKind;

typedef struct Loop {
    LLVMValueRef index, hi, step;
    LLVMBasicBlockRef body, exit;
    LoopKind kind;
    Mark mark;
} Loop;

/* for (index = lo; index < hi; index += step). */
Loop loop_begin(Emit *e, LLVMValueRef lo, LLVMValueRef hi, int64_t step, LoopKind kind);
void loop_end(Emit *e, Loop *loop);
/* The same, but it also ends as soon as the condition, of the iteration that has just been made, does not hold. */
void loop_end_while(Emit *e, Loop *loop, LLVMValueRef condition);

/* Asks for the lines of memory that elements first[0 .. count-1] are in. */
void loop_prefetch(Emit *e, NndDType dtype, LLVMValueRef first, LLVMValueRef count);

/* if (condition) { ... branch_else ... } joined by branch_end, which gives the value of the side
 * taken. `other` must be available in front of the branch. */
typedef struct Branch {
    LLVMBasicBlockRef before, join;
    Mark mark;
} Branch;
Branch branch_begin(Emit *e, LLVMValueRef condition);
LLVMValueRef branch_end(Emit *e, Branch *branch, LLVMValueRef value, LLVMValueRef other); /* NULL, NULL: no value */

#endif
