/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/scalar.h"

bool scalar_is_float(NndDType dtype)
{
    return dtype == NND_F32 || dtype == NND_F64 || dtype == NND_BF16;
}

static bool is_unsigned(NndDType dtype)
{
    return dtype == NND_U8 || dtype == NND_BOOL;
}

LLVMValueRef scalar_const(Emit *e, NndDType dtype, double value)
{
    LLVMTypeRef type = emit_type(e->cg, dtype);
    if (dtype == NND_F32 || dtype == NND_BF16)
        return LLVMConstReal(type, (double)(float)value);
    if (dtype == NND_F64)
        return LLVMConstReal(type, value);
    return LLVMConstInt(type, dtype == NND_BOOL ? value != 0 : (unsigned long long)(int64_t)value, 1);
}

LLVMValueRef scalar_select(Emit *e, LLVMValueRef condition, LLVMValueRef yes, LLVMValueRef no)
{
    return LLVMBuildSelect(e->b, condition, yes, no, "");
}

/* ---- conversions ---- */

static LLVMValueRef to_bool(Emit *e, LLVMValueRef x, NndDType from)
{
    LLVMValueRef zero = LLVMConstNull(LLVMTypeOf(x));
    return scalar_is_float(from) ? LLVMBuildFCmp(e->b, LLVMRealUNE, x, zero, "")
                                 : LLVMBuildICmp(e->b, LLVMIntNE, x, zero, "");
}

static LLVMValueRef resize(Emit *e, LLVMValueRef x, NndDType from, LLVMTypeRef type)
{
    unsigned before = LLVMGetIntTypeWidth(LLVMTypeOf(x)), after = LLVMGetIntTypeWidth(type);
    if (before == after)
        return x;
    if (before > after)
        return LLVMBuildTrunc(e->b, x, type, "");
    return is_unsigned(from) ? LLVMBuildZExt(e->b, x, type, "") : LLVMBuildSExt(e->b, x, type, "");
}

/* Rounds an f32 to what bf16 can hold. */
static LLVMValueRef round_bf16(Emit *e, LLVMValueRef x)
{
    LLVMValueRef word = LLVMBuildBitCast(e->b, x, e->cg->i32, "");
    LLVMValueRef odd = LLVMBuildAnd(e->b, LLVMBuildLShr(e->b, word, emit_i32(e, 16), ""), emit_i32(e, 1), "");
    word = LLVMBuildAdd(e->b, LLVMBuildAdd(e->b, word, emit_i32(e, 0x7fff), ""), odd, "");
    word = LLVMBuildAnd(e->b, word, emit_i32(e, (int32_t)0xffff0000u), "");
    return LLVMBuildBitCast(e->b, word, e->cg->f32, "");
}

LLVMValueRef scalar_cast(Emit *e, LLVMValueRef x, NndDType from, NndDType to)
{
    LLVMTypeRef type = emit_type(e->cg, to);
    if (from == to)
        return x;
    if (to == NND_BOOL)
        return to_bool(e, x, from);
    if (scalar_is_float(from) && scalar_is_float(to)) {
        LLVMValueRef y = LLVMTypeOf(x) == type ? x : LLVMBuildFPCast(e->b, x, type, "");
        return to == NND_BF16 ? round_bf16(e, y) : y;
    }
    if (scalar_is_float(from)) /* C converts to a narrow integer by way of a wide one */
        return to == NND_U8 ? LLVMBuildTrunc(e->b, LLVMBuildFPToSI(e->b, x, e->cg->i32, ""), type, "")
                            : LLVMBuildFPToSI(e->b, x, type, "");
    if (!scalar_is_float(to))
        return resize(e, x, from, type);
    LLVMValueRef y = is_unsigned(from) ? LLVMBuildUIToFP(e->b, x, type, "") : LLVMBuildSIToFP(e->b, x, type, "");
    return to == NND_BF16 ? round_bf16(e, y) : y;
}

LLVMValueRef scalar_from_index(Emit *e, LLVMValueRef index, NndDType dtype)
{
    if (scalar_is_float(dtype))
        return LLVMBuildSIToFP(e->b, index, emit_type(e->cg, dtype), "");
    return resize(e, index, NND_I64, emit_type(e->cg, dtype));
}

/* ---- operators ---- */

/* Operand type of an operator: all of these take and give one type, or compare. */
typedef struct OpContext {
    Emit *e;
    NndDType dtype;
    bool real;
    unsigned lanes; /* of a vector; 0: a scalar */
} OpContext;

static LLVMValueRef constant(const OpContext *c, double number)
{
    enum { MAX_LANES = 64 };
    LLVMValueRef lanes[MAX_LANES], scalar = scalar_const(c->e, c->dtype, number);
    for (unsigned i = 0; i < c->lanes; i++)
        lanes[i] = scalar;
    return c->lanes ? LLVMConstVector(lanes, c->lanes) : scalar;
}

static LLVMValueRef compare(const OpContext *c, IrOp op, LLVMValueRef x, LLVMValueRef y)
{
    static const LLVMRealPredicate real[] = {[OP_eq] = LLVMRealOEQ, [OP_ne] = LLVMRealUNE, [OP_lt] = LLVMRealOLT,
                                             [OP_le] = LLVMRealOLE, [OP_gt] = LLVMRealOGT, [OP_ge] = LLVMRealOGE};
    static const LLVMIntPredicate with_sign[] = {[OP_eq] = LLVMIntEQ,  [OP_ne] = LLVMIntNE,  [OP_lt] = LLVMIntSLT,
                                                 [OP_le] = LLVMIntSLE, [OP_gt] = LLVMIntSGT, [OP_ge] = LLVMIntSGE};
    static const LLVMIntPredicate without[] = {[OP_eq] = LLVMIntEQ,  [OP_ne] = LLVMIntNE,  [OP_lt] = LLVMIntULT,
                                               [OP_le] = LLVMIntULE, [OP_gt] = LLVMIntUGT, [OP_ge] = LLVMIntUGE};
    if (c->real)
        return LLVMBuildFCmp(c->e->b, real[op], x, y, "");
    return LLVMBuildICmp(c->e->b, is_unsigned(c->dtype) ? without[op] : with_sign[op], x, y, "");
}

static LLVMValueRef arithmetic(const OpContext *c, IrOp op, LLVMValueRef x, LLVMValueRef y)
{
    LLVMBuilderRef b = c->e->b;
    switch (op) {
    case OP_neg: return c->real ? LLVMBuildFNeg(b, x, "") : LLVMBuildNeg(b, x, "");
    case OP_add: return c->real ? LLVMBuildFAdd(b, x, y, "") : LLVMBuildAdd(b, x, y, "");
    case OP_sub: return c->real ? LLVMBuildFSub(b, x, y, "") : LLVMBuildSub(b, x, y, "");
    case OP_mul: return c->real ? LLVMBuildFMul(b, x, y, "") : LLVMBuildMul(b, x, y, "");
    default: break;
    }
    if (c->real)
        return LLVMBuildFDiv(b, x, y, "");
    return is_unsigned(c->dtype) ? LLVMBuildUDiv(b, x, y, "") : LLVMBuildSDiv(b, x, y, "");
}

static LLVMValueRef absolute(const OpContext *c, LLVMValueRef x)
{
    if (is_unsigned(c->dtype))
        return x;
    if (c->dtype == NND_F32 || c->dtype == NND_BF16)
        return emit_intrinsic(c->e, "llvm.fabs", LLVMTypeOf(x), &x, 1);
    LLVMValueRef negative = compare(c, OP_lt, x, LLVMConstNull(LLVMTypeOf(x)));
    return LLVMBuildSelect(c->e->b, negative, arithmetic(c, OP_neg, x, NULL), x, "");
}

static LLVMValueRef function_f32(Emit *e, IrOp op, LLVMValueRef x, LLVMValueRef y)
{
    switch (op) {
    case OP_exp: return math_exp(e, x);
    case OP_log: return math_log(e, x);
    case OP_tanh: return math_tanh(e, x);
    case OP_sigmoid: return math_sigmoid(e, x);
    case OP_pow: return math_pow(e, x, y);
    case OP_sqrt: return emit_intrinsic(e, "llvm.sqrt", LLVMTypeOf(x), &x, 1);
    default: return emit_intrinsic(e, "llvm.floor", LLVMTypeOf(x), &x, 1);
    }
}

static LLVMValueRef function_f64(Emit *e, IrOp op, LLVMValueRef x, LLVMValueRef y)
{
    LLVMValueRef one = LLVMConstReal(e->cg->f64, 1);
    switch (op) {
    case OP_exp: return math_library(e, "exp", x);
    case OP_log: return math_library(e, "log", x);
    case OP_tanh: return math_library(e, "tanh", x);
    case OP_sigmoid: {
        LLVMValueRef power = math_library(e, "exp", LLVMBuildFNeg(e->b, x, ""));
        return LLVMBuildFDiv(e->b, one, LLVMBuildFAdd(e->b, one, power, ""), "");
    }
    case OP_pow: return math_library(e, "exp", LLVMBuildFMul(e->b, y, math_library(e, "log", x), ""));
    case OP_sqrt: return emit_intrinsic(e, "llvm.sqrt", e->cg->f64, &x, 1);
    default: return emit_intrinsic(e, "llvm.floor", e->cg->f64, &x, 1);
    }
}

/* Functions of reals; integers go by way of f64. */
static LLVMValueRef function(const OpContext *c, IrOp op, LLVMValueRef x, LLVMValueRef y)
{
    Emit *e = c->e;
    if (c->dtype == NND_F32 || c->dtype == NND_BF16)
        return function_f32(e, op, x, y);
    LLVMValueRef a = scalar_cast(e, x, c->dtype, NND_F64);
    LLVMValueRef b = y ? scalar_cast(e, y, c->dtype, NND_F64) : NULL;
    return scalar_cast(e, function_f64(e, op, a, b), NND_F64, c->dtype);
}

static LLVMValueRef evaluate(const OpContext *c, const Expr *expr, LLVMValueRef *variables);

static const Expr *forward(Emit *e, IrOp op)
{
    if (!e->cg->forward[op])
        e->cg->forward[op] = expr_parse(e->cg->arena, ir_op_info[op].forward);
    return e->cg->forward[op];
}

/* The operators that the table's texts are made of; the others are evaluated from their text. */
static LLVMValueRef primitive(const OpContext *c, IrOp op, LLVMValueRef *args)
{
    LLVMBuilderRef b = c->e->b;
    switch (op) {
    case OP_neg:
    case OP_add:
    case OP_sub:
    case OP_mul:
    case OP_div: return arithmetic(c, op, args[0], args[1]);
    case OP_eq:
    case OP_ne:
    case OP_lt:
    case OP_le:
    case OP_gt:
    case OP_ge: return compare(c, op, args[0], args[1]);
    case OP_exp:
    case OP_log:
    case OP_tanh:
    case OP_sigmoid:
    case OP_pow:
    case OP_sqrt:
    case OP_floor: return function(c, op, args[0], args[1]);
    case OP_abs: return absolute(c, args[0]);
    case OP_not: return LLVMBuildNot(b, args[0], "");
    case OP_and: return LLVMBuildAnd(b, args[0], args[1], "");
    case OP_or: return LLVMBuildOr(b, args[0], args[1], "");
    case OP_select: return LLVMBuildSelect(b, args[0], args[1], args[2], "");
    default: return evaluate(c, forward(c->e, op), args);
    }
}

static LLVMValueRef evaluate(const OpContext *c, const Expr *expr, LLVMValueRef *variables)
{
    if (expr->kind == EXPR_NUMBER)
        return constant(c, expr->number);
    if (expr->kind == EXPR_VARIABLE)
        return variables[expr->variable];
    LLVMValueRef args[3] = {NULL, NULL, NULL};
    for (int i = 0; i < 3 && expr->args[i]; i++)
        args[i] = evaluate(c, expr->args[i], variables);
    return primitive(c, expr->op, args);
}

LLVMValueRef scalar_op(Emit *e, IrOp op, NndDType dtype, LLVMValueRef *args)
{
    LLVMTypeRef type = LLVMTypeOf(args[ir_op_info[op].arity - 1]);
    bool vector = LLVMGetTypeKind(type) == LLVMVectorTypeKind;
    OpContext c = {e, dtype, scalar_is_float(dtype), vector ? LLVMGetVectorSize(type) : 0};
    LLVMValueRef result = evaluate(&c, forward(e, op), args);
    return dtype == NND_BF16 && !(ir_op_info[op].flags & BOOL) ? round_bf16(e, result) : result;
}
