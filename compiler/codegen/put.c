/* SPDX-License-Identifier: Apache-2.0
 *
 * put, in two nests: first all rows are copied, unless the result's buffer is
 * that of the operand; then those that are replaced.
 */
#include "compiler/codegen/loops.h"
#include "compiler/codegen/nest.h"

static LLVMValueRef row_bytes(Emit *e, const IrType *type)
{
    LLVMValueRef count = emit_product(e, (const IrDim *const *)type->dims + 1, type->rank - 1);
    return index_mul(e, count, emit_i64(e, (int64_t)nnd_dtype_size(type->dtype)));
}

static LLVMValueRef row_at(Emit *e, LLVMValueRef base, LLVMValueRef row, LLVMValueRef bytes)
{
    return memory_at(e, NND_U8, base, index_mul(e, row, bytes));
}

void put_emit_keep(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    const IrValue *x = nest->anchor->args[0], *result = &nest->anchor->results[0];
    LLVMValueRef bytes = row_bytes(e, &x->type), from = element_base(e, x),
                 to = element_base(e, result);
    Branch apart = branch_begin(e, LLVMBuildICmp(e->b, LLVMIntNE, from, to, ""));
    LLVMValueRef all = index_mul(e, index_sub(e, hi, lo), bytes);
    LLVMBuildMemCpy(e->b, row_at(e, to, lo, bytes), 1, row_at(e, from, lo, bytes), 1, all);
    branch_end(e, &apart, NULL, NULL);
}

void put_emit_rows(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    const IrValue *rows = nest->anchor->args[1], *which = nest->anchor->args[2],
                  *result = &nest->anchor->results[0];
    LLVMValueRef bytes = row_bytes(e, &rows->type);
    LLVMValueRef from = element_base(e, rows), to = element_base(e, result);
    Loop loop = loop_begin(e, lo, hi, 1, LOOP_PLAIN);
    Index at = {.at = {loop.index}};
    LLVMValueRef row = LLVMBuildSExt(e->b, element(e, which, &at), e->cg->i64, "");
    Branch inside = branch_begin(e, index_below(e, row, emit_extent(e, result->type.dims[0])));
    LLVMBuildMemCpy(e->b, row_at(e, to, row, bytes), 1, row_at(e, from, loop.index, bytes), 1,
                    bytes);
    branch_end(e, &inside, NULL, NULL);
    loop_end(e, &loop);
}
