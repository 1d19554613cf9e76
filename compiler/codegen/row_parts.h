/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows that are computed a part at a time, each of which stays in registers as
 * long as it takes: decay.c, coast.c.
 */
#ifndef NND_COMPILER_CODEGEN_ROW_PARTS_H
#define NND_COMPILER_CODEGEN_ROW_PARTS_H

#include "compiler/codegen/nest.h"

enum { ROW_OPERANDS = 3 };

typedef struct RowParts {
    NndDType dtype;
    int lanes;        /* of a part */
    LLVMTypeRef type; /* of a part */
    int operand_count;
    LLVMValueRef from[ROW_OPERANDS], to; /* of the operands, which are like the result; of the result */
    LLVMValueRef rest[ROW_OPERANDS];     /* parts on the stack, for the end of a row */
} RowParts;

/* What becomes of a part of the operands. */
typedef LLVMValueRef RowPartRule(Emit *e, const void *context, LLVMValueRef *parts);

/* Parts of so many vectors, of the anchor's result and its first `operand_count` operands. */
RowParts row_parts_begin(Emit *e, const Nest *nest, int operand_count, int vectors);
void row_parts_emit(Emit *e, const RowParts *p, const Nest *nest, LLVMValueRef row, RowPartRule *rule,
                    const void *context);

#endif
