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
 * next, since the mean decays faster than the root of the squares (ir_coast_ends).
 * A weight x stays what it is if |step| is at most |x| / 2^25 (f32: half of what the
 * next number below a power of two is away); so nothing changes any more as soon
 * as, with a factor of two for rounding,
 *
 *   |m| * L < |x| * d    with L = S * C * 2^26, or m = 0
 *
 * Where means are not flushed to zero they may be stuck below the smallest normal
 * number M while the squares shrink on: then it needs M * L < |x| * epsilon, too.
 */
#include <float.h>

#include "compiler/codegen/loops.h"
#include "compiler/codegen/row_parts.h"
#include "compiler/codegen/scalar.h"

enum { VECTORS = 1 };
enum { WEIGHT, MEAN, SQUARES, VALUES };

typedef struct Coast {
    RowParts parts;
    LLVMValueRef mean_decay, square_decay, epsilon; /* in every lane, as are the next two */
    LLVMValueRef limit, least;                      /* L; M * L / epsilon */
    LLVMValueRef sizes, scales;                     /* of so many steps: */
    int64_t length;
    LLVMValueRef first, end;                        /* steps of the row */
} Coast;

/* ---- one step ---- */

static LLVMValueRef of_step(Emit *e, const Coast *c, LLVMValueRef list, LLVMValueRef slot)
{
    return emit_splat(e, memory_load_raw(e, c->parts.dtype, list, slot), c->parts.lanes);
}

static LLVMValueRef decayed(Emit *e, const Coast *c, LLVMValueRef x, LLVMValueRef factor)
{
    return LLVMBuildFAdd(e->b, LLVMBuildFMul(e->b, x, factor, ""), LLVMConstNull(c->parts.type), "");
}

static LLVMValueRef intrinsic(Emit *e, const Coast *c, const char *function, LLVMValueRef x)
{
    return emit_intrinsic(e, function, c->parts.type, &x, 1);
}

/* What the mean is divided by. */
static LLVMValueRef divisor(Emit *e, const Coast *c, LLVMValueRef squares, LLVMValueRef slot)
{
    LLVMValueRef scaled = LLVMBuildFMul(e->b, intrinsic(e, c, "llvm.sqrt", squares), of_step(e, c, c->scales, slot), "");
    return LLVMBuildFAdd(e->b, scaled, c->epsilon, "");
}

/* Whether later steps may change a lane. */
static LLVMValueRef goes_on(Emit *e, const Coast *c, LLVMValueRef x, LLVMValueRef mean, LLVMValueRef by)
{
    LLVMValueRef size = intrinsic(e, c, "llvm.fabs", x),
                 most = LLVMBuildFMul(e->b, intrinsic(e, c, "llvm.fabs", mean), c->limit, "");
    LLVMValueRef small = LLVMBuildFCmp(e->b, LLVMRealOLT, most, LLVMBuildFMul(e->b, size, by, ""), ""),
                 large = LLVMBuildFCmp(e->b, LLVMRealOGT, size, c->least, ""),
                 none = LLVMBuildFCmp(e->b, LLVMRealOEQ, mean, LLVMConstNull(c->parts.type), "");
    LLVMValueRef rests = LLVMBuildOr(e->b, LLVMBuildAnd(e->b, small, large, ""), none, "");
    return emit_any(e, LLVMBuildNot(e->b, rests, ""));
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
    LLVMValueRef slot = LLVMBuildAnd(e->b, steps.index, emit_i64(e, c->length - 1), "");
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

/* None is negative. */
static LLVMValueRef largest(Emit *e, const Coast *c, LLVMValueRef list)
{
    int lanes = c->length < c->parts.lanes ? (int)c->length : c->parts.lanes;
    LLVMTypeRef type = LLVMVectorType(emit_type(e->cg, c->parts.dtype), (unsigned)lanes);
    LLVMValueRef slot = emit_alloca(e, type, "largest");
    LLVMBuildStore(e->b, LLVMConstNull(type), slot);
    Loop loop = loop_begin(e, emit_i64(e, 0), emit_i64(e, c->length), lanes, LOOP_PLAIN);
    LLVMValueRef most = LLVMBuildLoad2(e->b, type, slot, ""),
                 x = LLVMBuildLoad2(e->b, type, memory_at(e, c->parts.dtype, list, loop.index), "");
    LLVMSetAlignment(x, (unsigned)nnd_dtype_size(c->parts.dtype));
    LLVMValueRef larger = LLVMBuildFCmp(e->b, LLVMRealOGT, x, most, "");
    LLVMBuildStore(e->b, LLVMBuildSelect(e->b, larger, x, most, ""), slot);
    loop_end(e, &loop);
    LLVMValueRef all = LLVMBuildLoad2(e->b, type, slot, "");
    return emit_intrinsic(e, "llvm.vector.reduce.fmax", type, &all, 1);
}

static void set_limits(Emit *e, Coast *c, double epsilon)
{
    bool wide = c->parts.dtype == NND_F64;
    LLVMValueRef limit = LLVMBuildFMul(e->b, largest(e, c, c->sizes), largest(e, c, c->scales), "");
    limit = LLVMBuildFMul(e->b, limit, scalar_const(e, c->parts.dtype, wide ? 0x1p55 : 0x1p26), "");
    LLVMValueRef least = scalar_const(e, c->parts.dtype, (wide ? DBL_MIN : (double)FLT_MIN) / epsilon);
    c->limit = emit_splat(e, limit, c->parts.lanes);
    c->least = emit_splat(e, LLVMBuildFMul(e->b, limit, least, ""), c->parts.lanes);
}

static Coast begin(Emit *e, const Nest *nest)
{
    const IrInst *inst = nest->anchor;
    const IrCoast *attrs = &inst->attrs.coast;
    Coast c = {.parts = row_parts_begin(e, nest, VALUES, VECTORS)};
    NndDType dtype = c.parts.dtype;
    c.mean_decay = emit_splat(e, scalar_const(e, dtype, attrs->mean_decay), c.parts.lanes);
    c.square_decay = emit_splat(e, scalar_const(e, dtype, attrs->square_decay), c.parts.lanes);
    c.epsilon = emit_splat(e, scalar_const(e, dtype, attrs->epsilon), c.parts.lanes);
    c.sizes = element_base(e, inst->args[5]);
    c.scales = element_base(e, inst->args[6]);
    c.length = inst->args[5]->type.dims[0]->size;
    set_limits(e, &c, attrs->epsilon);
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
    c.first = index_add(e, index_max(e, since, index_sub(e, until, emit_i64(e, c.length))), emit_i64(e, 1));
    row_parts_emit(e, &c.parts, nest, rows.index, coasted, &c);
    loop_end(e, &rows);
}
