/* SPDX-License-Identifier: Apache-2.0
 *
 * decay: rows multiplied again and again by the same factor. A part is wide
 * enough to hide the latency of a product. Zero is added once, at the end: it
 * only makes -0 of products that are too small into 0. Rows of zeros, as all are at first,
 * are not multiplied at all.
 */
#include "compiler/codegen/loops.h"
#include "compiler/codegen/row_parts.h"
#include "compiler/codegen/scalar.h"

enum { VECTORS = 8 };

typedef struct Decay {
    RowParts parts;
    LLVMValueRef factor; /* in every lane */
    LLVMValueRef times; /* of the row */
    LLVMValueRef zero;  /* what is added at the end: 0, or -0, which changes nothing, for a row that is not multiplied */
} Decay;

/* 0 for a part of zeros. */
static LLVMValueRef times_of(Emit *e, const Decay *d, LLVMValueRef part)
{
    LLVMValueRef some = LLVMBuildFCmp(e->b, LLVMRealUNE, part, LLVMConstNull(d->parts.type), "");
    return LLVMBuildSelect(e->b, emit_any(e, some), d->times, emit_i64(e, 0), "");
}

/* A loop whose product LLVM keeps in registers. */
static LLVMValueRef multiplied(Emit *e, const void *context, LLVMValueRef *parts)
{
    const Decay *d = context;
    LLVMTypeRef type = d->parts.type;
    LLVMValueRef slot = emit_alloca(e, type, "part");
    LLVMBuildStore(e->b, parts[0], slot);
    Loop loop = loop_begin(e, emit_i64(e, 0), times_of(e, d, parts[0]), 1, LOOP_PLAIN);
    LLVMValueRef product = LLVMBuildFMul(e->b, LLVMBuildLoad2(e->b, type, slot, ""), d->factor, "");
    LLVMBuildStore(e->b, product, slot);
    loop_end(e, &loop);
    return LLVMBuildFAdd(e->b, LLVMBuildLoad2(e->b, type, slot, ""), d->zero, "");
}

void decay_emit(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    const IrInst *inst = nest->anchor;
    Decay d = {.parts = row_parts_begin(e, nest, 1, VECTORS)};
    NndDType dtype = d.parts.dtype;
    d.factor = emit_splat(e, scalar_const(e, dtype, inst->attrs.constant), d.parts.lanes);
    Loop rows = loop_begin(e, lo, hi, 1, LOOP_PLAIN);
    Index at = {.at = {rows.index}};
    d.times = LLVMBuildSExt(e->b, element(e, inst->args[1], &at), e->cg->i64, "");
    LLVMValueRef any = LLVMBuildICmp(e->b, LLVMIntSGT, d.times, emit_i64(e, 0), "");
    LLVMValueRef zero = LLVMBuildSelect(e->b, any, scalar_const(e, dtype, 0), scalar_const(e, dtype, -0.0), "");
    d.zero = emit_splat(e, zero, d.parts.lanes);
    row_parts_emit(e, &d.parts, nest, rows.index, multiplied, &d);
    loop_end(e, &rows);
}
