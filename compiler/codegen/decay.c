/* SPDX-License-Identifier: Apache-2.0
 *
 * decay: rows multiplied again and again by the same factor. A part of a row is
 * kept in registers meanwhile, wide enough to hide the latency of a product.
 */
#include "compiler/codegen/loops.h"
#include "compiler/codegen/nest.h"
#include "compiler/codegen/scalar.h"

enum { VECTORS = 8 };

typedef struct Decay {
    NndDType dtype;
    LLVMTypeRef part; /* of `lanes` elements */
    int lanes;
    LLVMValueRef factor; /* in every lane */
    LLVMValueRef from, to;
    LLVMValueRef times;
    LLVMValueRef rest; /* a part on the stack, for the end of a row */
} Decay;

static LLVMValueRef splat(const Decay *d, LLVMValueRef scalar)
{
    LLVMValueRef lanes[256];
    for (int i = 0; i < d->lanes; i++)
        lanes[i] = scalar;
    return LLVMConstVector(lanes, (unsigned)d->lanes);
}

static LLVMValueRef load_part(Emit *e, const Decay *d, LLVMValueRef from)
{
    LLVMValueRef part = LLVMBuildLoad2(e->b, d->part, from, "");
    LLVMSetAlignment(part, (unsigned)nnd_dtype_size(d->dtype));
    return part;
}

static void store_part(Emit *e, const Decay *d, LLVMValueRef part, LLVMValueRef to)
{
    LLVMSetAlignment(LLVMBuildStore(e->b, part, to), (unsigned)nnd_dtype_size(d->dtype));
}

/* The sum of a loop that LLVM keeps in registers. */
static LLVMValueRef multiplied(Emit *e, const Decay *d, LLVMValueRef part)
{
    LLVMValueRef slot = emit_alloca(e, d->part, "part");
    LLVMBuildStore(e->b, part, slot);
    Loop loop = loop_begin(e, emit_i64(e, 0), d->times, 1, LOOP_PLAIN);
    LLVMValueRef product =
        LLVMBuildFMul(e->b, LLVMBuildLoad2(e->b, d->part, slot, ""), d->factor, "");
    LLVMBuildStore(e->b, product, slot);
    loop_end(e, &loop);
    return LLVMBuildLoad2(e->b, d->part, slot, "");
}

static void whole_parts(Emit *e, const Decay *d, LLVMValueRef first, LLVMValueRef count)
{
    Loop parts = loop_begin(e, emit_i64(e, 0), count, 1, LOOP_PLAIN);
    LLVMValueRef at = index_add(e, first, index_mul(e, parts.index, emit_i64(e, d->lanes)));
    LLVMValueRef part = multiplied(e, d, load_part(e, d, memory_at(e, d->dtype, d->from, at)));
    store_part(e, d, part, memory_at(e, d->dtype, d->to, at));
    loop_end(e, &parts);
}

static void last_part(Emit *e, const Decay *d, LLVMValueRef at, LLVMValueRef count)
{
    unsigned align = (unsigned)nnd_dtype_size(d->dtype);
    LLVMValueRef bytes = index_mul(e, count, emit_i64(e, (int64_t)align));
    Branch any = branch_begin(e, LLVMBuildICmp(e->b, LLVMIntSGT, count, emit_i64(e, 0), ""));
    store_part(e, d, LLVMConstNull(d->part), d->rest);
    LLVMBuildMemCpy(e->b, d->rest, align, memory_at(e, d->dtype, d->from, at), align, bytes);
    store_part(e, d, multiplied(e, d, load_part(e, d, d->rest)), d->rest);
    LLVMBuildMemCpy(e->b, memory_at(e, d->dtype, d->to, at), align, d->rest, align, bytes);
    branch_end(e, &any, NULL, NULL);
}

void decay_emit(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    const IrInst *inst = nest->anchor;
    const IrType *type = &inst->results[0].type;
    Decay d = {.dtype = type->dtype};
    d.lanes = VECTORS * e->cg->target->vector_bytes / (int)nnd_dtype_size(d.dtype);
    d.part = LLVMVectorType(emit_type(e->cg, d.dtype), (unsigned)d.lanes);
    d.factor = splat(&d, scalar_const(e, d.dtype, inst->attrs.constant));
    d.from = element_base(e, inst->args[0]);
    d.to = element_base(e, &inst->results[0]);
    d.rest = emit_alloca(e, d.part, "rest");
    LLVMValueRef size = emit_product(e, (const IrDim *const *)type->dims + 1, type->rank - 1),
                 lanes = emit_i64(e, d.lanes);
    LLVMValueRef parts = index_div(e, size, lanes), rest = index_rem(e, size, lanes);
    Loop rows = loop_begin(e, lo, hi, 1, LOOP_PLAIN);
    Index at = {.at = {rows.index}};
    LLVMValueRef first = index_mul(e, rows.index, size);
    d.times = LLVMBuildSExt(e->b, element(e, inst->args[1], &at), e->cg->i64, "");
    whole_parts(e, &d, first, parts);
    last_part(e, &d, index_add(e, first, index_mul(e, parts, lanes)), rest);
    loop_end(e, &rows);
}
