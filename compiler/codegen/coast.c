/* SPDX-License-Identifier: Apache-2.0
 *
 * coast: how rows of weights go on by themselves while no gradient comes, by
 * the steps that Adam makes for gradients of zero. A part of a row and its
 * averages stay in registers for all steps that it has missed.
 *
 * Such steps soon become too small to change a weight at all, and the rest of
 * them is left out. With m the mean, v the squares, d = sqrt(v) * scale +
 * epsilon what a step divides by, S and C the largest size and scale of any step:
 *
 *   |step| <= |m| * S / (sqrt(v) + epsilon) <= |m| * S * C / d
 *
 * since scales are 1 or more, and the middle of it shrinks from one step to the
 * next, since the mean decays faster than the root of the squares (see
 * ir_coast_ends). A weight x stays what
 * it is if |step| is at most |x| / 2^25 (f32: half of what the next number below a
 * power of two is away); so nothing changes any more as soon as, with a factor of
 * two for rounding,
 *
 *   |m| * (S * C * 2^26) < |x| * d    or m = 0
 */
#include "compiler/codegen/loops.h"
#include "compiler/codegen/row_parts.h"
#include "compiler/codegen/scalar.h"

enum { VECTORS = 1, WEIGHT = 0, MEAN, SQUARES, VALUES };

typedef struct Coast {
    RowParts parts;
    LLVMValueRef mean_decay, square_decay, epsilon, limit; /* in every lane; limit: S * C * 2^26 */
    LLVMValueRef sizes, scales, length;                    /* of both lists */
    LLVMValueRef first, end;                               /* steps of the row */
} Coast;

/* ---- one step ---- */

static LLVMValueRef of_step(Emit *e, const Coast *c, LLVMValueRef list, LLVMValueRef slot)
{
    return row_parts_splat(e, &c->parts, memory_load_raw(e, c->parts.dtype, list, slot));
}

static LLVMValueRef decayed(Emit *e, const Coast *c, LLVMValueRef x, LLVMValueRef factor)
{
    return LLVMBuildFAdd(e->b, LLVMBuildFMul(e->b, x, factor, ""), LLVMConstNull(c->parts.type), "");
}

static LLVMValueRef of_part(Emit *e, const Coast *c, const char *function, LLVMValueRef x)
{
    return emit_intrinsic(e, function, c->parts.type, &x, 1);
}

/* What the mean is divided by. */
static LLVMValueRef divisor(Emit *e, const Coast *c, LLVMValueRef squares, LLVMValueRef slot)
{
    LLVMValueRef scaled = LLVMBuildFMul(e->b, of_part(e, c, "llvm.sqrt", squares), of_step(e, c, c->scales, slot), "");
    return LLVMBuildFAdd(e->b, scaled, c->epsilon, "");
}

/* Whether later steps may change a lane. */
static LLVMValueRef goes_on(Emit *e, const Coast *c, LLVMValueRef x, LLVMValueRef mean, LLVMValueRef by)
{
    LLVMValueRef most = LLVMBuildFMul(e->b, of_part(e, c, "llvm.fabs", mean), c->limit, ""),
                 least = LLVMBuildFMul(e->b, of_part(e, c, "llvm.fabs", x), by, "");
    LLVMValueRef small = LLVMBuildFCmp(e->b, LLVMRealOLT, most, least, ""),
                 none = LLVMBuildFCmp(e->b, LLVMRealOEQ, mean, LLVMConstNull(c->parts.type), "");
    LLVMValueRef moves = LLVMBuildNot(e->b, LLVMBuildOr(e->b, small, none, ""), "");
    LLVMTypeRef bits = LLVMIntTypeInContext(e->cg->context, (unsigned)c->parts.lanes);
    return LLVMBuildICmp(e->b, LLVMIntNE, LLVMBuildBitCast(e->b, moves, bits, ""), LLVMConstNull(bits), "");
}

/* ---- all steps of a part ---- */

static LLVMValueRef coasted(Emit *e, const void *context, LLVMValueRef *parts)
{
    const Coast *c = context;
    LLVMTypeRef type = c->parts.type;
    LLVMValueRef slots[VALUES], now[VALUES];
    for (int i = 0; i < VALUES; i++) {
        slots[i] = emit_alloca(e, type, "part");
        LLVMBuildStore(e->b, parts[i], slots[i]);
    }
    Loop steps = loop_begin(e, c->first, c->end, 1, LOOP_PLAIN);
    LLVMValueRef slot = index_rem(e, LLVMBuildAnd(e->b, steps.index, emit_i64(e, UINT32_MAX), ""), c->length);
    for (int i = 0; i < VALUES; i++)
        now[i] = LLVMBuildLoad2(e->b, type, slots[i], "");
    now[MEAN] = decayed(e, c, now[MEAN], c->mean_decay);
    now[SQUARES] = decayed(e, c, now[SQUARES], c->square_decay);
    LLVMValueRef by = divisor(e, c, now[SQUARES], slot),
                 times = LLVMBuildFMul(e->b, now[MEAN], of_step(e, c, c->sizes, slot), "");
    now[WEIGHT] = LLVMBuildFSub(e->b, now[WEIGHT], LLVMBuildFDiv(e->b, times, by, ""), "");
    for (int i = 0; i < VALUES; i++)
        LLVMBuildStore(e->b, now[i], slots[i]);
    loop_end_while(e, &steps, goes_on(e, c, now[WEIGHT], now[MEAN], by));
    return LLVMBuildLoad2(e->b, type, slots[WEIGHT], "");
}

/* ---- rows ---- */

static LLVMValueRef largest(Emit *e, const Coast *c, LLVMValueRef list)
{
    LLVMTypeRef type = emit_type(e->cg, c->parts.dtype);
    LLVMValueRef slot = emit_alloca(e, type, "largest");
    LLVMBuildStore(e->b, scalar_const(e, c->parts.dtype, 0), slot);
    Loop loop = loop_begin(e, emit_i64(e, 0), c->length, 1, LOOP_PLAIN);
    LLVMValueRef x = memory_load_raw(e, c->parts.dtype, list, loop.index), most = LLVMBuildLoad2(e->b, type, slot, "");
    LLVMValueRef larger = LLVMBuildFCmp(e->b, LLVMRealOGT, x, most, "");
    LLVMBuildStore(e->b, LLVMBuildSelect(e->b, larger, x, most, ""), slot);
    loop_end(e, &loop);
    return LLVMBuildLoad2(e->b, type, slot, "");
}

static Coast begin(Emit *e, const Nest *nest)
{
    const IrInst *inst = nest->anchor;
    const IrCoast *attrs = &inst->attrs.coast;
    Coast c = {.parts = row_parts_begin(e, nest, VALUES, VECTORS)};
    NndDType dtype = c.parts.dtype;
    c.mean_decay = row_parts_splat(e, &c.parts, scalar_const(e, dtype, attrs->mean_decay));
    c.square_decay = row_parts_splat(e, &c.parts, scalar_const(e, dtype, attrs->square_decay));
    c.epsilon = row_parts_splat(e, &c.parts, scalar_const(e, dtype, attrs->epsilon));
    c.sizes = element_base(e, inst->args[5]);
    c.scales = element_base(e, inst->args[6]);
    c.length = emit_i64(e, inst->args[5]->type.dims[0]->size);
    LLVMValueRef limit = LLVMBuildFMul(e->b, largest(e, &c, c.sizes), largest(e, &c, c.scales), "");
    LLVMValueRef least = scalar_const(e, dtype, dtype == NND_F64 ? 0x1p55 : 0x1p26);
    c.limit = row_parts_splat(e, &c.parts, LLVMBuildFMul(e->b, limit, least, ""));
    return c;
}

void coast_emit(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    const IrInst *inst = nest->anchor;
    Coast c = begin(e, nest);
    Index none = {0};
    LLVMValueRef until = LLVMBuildSExt(e->b, element(e, inst->args[4], &none), e->cg->i64, "");
    c.end = index_add(e, until, emit_i64(e, 1));
    Loop rows = loop_begin(e, lo, hi, 1, LOOP_PLAIN);
    Index at = {.at = {rows.index}};
    LLVMValueRef since = LLVMBuildSExt(e->b, element(e, inst->args[3], &at), e->cg->i64, "");
    c.first = index_add(e, index_max(e, since, index_sub(e, until, c.length)), emit_i64(e, 1));
    row_parts_emit(e, &c.parts, nest, rows.index, coasted, &c);
    loop_end(e, &rows);
}
