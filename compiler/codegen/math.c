/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/scalar.h"

#include <math.h>

#include "runtime/scalar.h"

/* Constants of the type of `like`, scalar or vector. */
static LLVMValueRef splat(LLVMTypeRef type, LLVMValueRef scalar)
{
    if (LLVMGetTypeKind(type) != LLVMVectorTypeKind)
        return scalar;
    LLVMValueRef lanes[64];
    unsigned count = LLVMGetVectorSize(type);
    for (unsigned i = 0; i < count; i++)
        lanes[i] = scalar;
    return LLVMConstVector(lanes, count);
}

static LLVMValueRef real(Emit *e, LLVMValueRef like, float value)
{
    LLVMTypeRef type = LLVMTypeOf(like);
    if (isnan(value)) /* the bits of C's NAN */
        return splat(type, LLVMConstBitCast(LLVMConstInt(e->cg->i32, nnd_bits(value), 0), e->cg->f32));
    return splat(type, LLVMConstReal(e->cg->f32, (double)value));
}

static LLVMTypeRef bits_type(Emit *e, LLVMValueRef x)
{
    LLVMTypeRef type = LLVMTypeOf(x);
    bool vector = LLVMGetTypeKind(type) == LLVMVectorTypeKind;
    return vector ? LLVMVectorType(e->cg->i32, LLVMGetVectorSize(type)) : e->cg->i32;
}

static LLVMValueRef integer(Emit *e, LLVMValueRef like, uint32_t value)
{
    return splat(LLVMTypeOf(like), LLVMConstInt(e->cg->i32, value, 0));
}

static LLVMValueRef bits(Emit *e, LLVMValueRef x)
{
    return LLVMBuildBitCast(e->b, x, bits_type(e, x), "");
}

static LLVMValueRef from_bits(Emit *e, LLVMValueRef x, LLVMValueRef like)
{
    return LLVMBuildBitCast(e->b, x, LLVMTypeOf(like), "");
}

LLVMValueRef math_fma(Emit *e, LLVMValueRef a, LLVMValueRef b, LLVMValueRef c)
{
    LLVMValueRef args[] = {a, b, c};
    return emit_intrinsic(e, "llvm.fma", LLVMTypeOf(a), args, 3);
}

LLVMValueRef math_multiply_add(Emit *e, LLVMValueRef a, LLVMValueRef b, LLVMValueRef c)
{
    if (e->cg->target->fused)
        return math_fma(e, a, b, c);
    return LLVMBuildFAdd(e->b, LLVMBuildFMul(e->b, a, b, ""), c, "");
}

static LLVMValueRef mul(Emit *e, LLVMValueRef a, LLVMValueRef b) { return LLVMBuildFMul(e->b, a, b, ""); }
static LLVMValueRef add(Emit *e, LLVMValueRef a, LLVMValueRef b) { return LLVMBuildFAdd(e->b, a, b, ""); }

static LLVMValueRef pick(Emit *e, LLVMRealPredicate test, LLVMValueRef a, LLVMValueRef b, LLVMValueRef yes, LLVMValueRef no)
{
    return LLVMBuildSelect(e->b, LLVMBuildFCmp(e->b, test, a, b, ""), yes, no, "");
}

/* c[0], then p * x + c[i] for each further one. */
static LLVMValueRef horner(Emit *e, LLVMValueRef x, const float *c, int count)
{
    LLVMValueRef p = real(e, x, c[0]);
    for (int i = 1; i < count; i++)
        p = math_fma(e, p, x, real(e, x, c[i]));
    return p;
}

/* 2^n for n small enough that its bits are those of a normal number, or infinite for 128. */
static LLVMValueRef power_of_two(Emit *e, LLVMValueRef n, LLVMValueRef like)
{
    LLVMValueRef biased = LLVMBuildAdd(e->b, n, integer(e, n, 127), "");
    return from_bits(e, LLVMBuildShl(e->b, biased, integer(e, n, 23), ""), like);
}

/* nnd_exp_parts. */
static LLVMValueRef exp_parts(Emit *e, LLVMValueRef x, LLVMValueRef *rounded)
{
    static const float c[] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                              4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};
    LLVMValueRef high = real(e, x, NND_EXP_HIGH), low = real(e, x, NND_EXP_LOW), magic = real(e, x, NND_ROUNDING);
    LLVMValueRef v = pick(e, LLVMRealOGT, x, high, high, x);
    v = pick(e, LLVMRealOLT, v, low, low, v);
    LLVMValueRef t = math_fma(e, v, real(e, x, 1.44269504f), magic);
    LLVMValueRef n = LLVMBuildFSub(e->b, t, magic, "");
    LLVMValueRef r = math_fma(e, n, real(e, x, -0.693359375f), v);
    r = math_fma(e, n, real(e, x, 2.12194440e-4f), r);
    LLVMValueRef p = horner(e, r, c, 6);
    p = math_fma(e, p, mul(e, r, r), r);
    *rounded = t;
    return add(e, p, real(e, x, 1.0f));
}

LLVMValueRef math_exp(Emit *e, LLVMValueRef x)
{
    LLVMValueRef high = real(e, x, NND_EXP_HIGH), low = real(e, x, NND_EXP_LOW), t;
    LLVMValueRef p = exp_parts(e, x, &t);
    LLVMValueRef k = LLVMBuildSub(e->b, bits(e, t), bits(e, real(e, x, NND_ROUNDING)), "");
    LLVMValueRef half = LLVMBuildAShr(e->b, k, integer(e, k, 1), "");
    p = mul(e, p, power_of_two(e, half, x));
    p = mul(e, p, power_of_two(e, LLVMBuildSub(e->b, k, half, ""), x));
    p = pick(e, LLVMRealOGT, x, high, real(e, x, INFINITY), p);
    return pick(e, LLVMRealOLT, x, low, real(e, x, 0.0f), p);
}

/* The exceptional arguments of the logarithm. */
static LLVMValueRef log_limits(Emit *e, LLVMValueRef x, LLVMValueRef y)
{
    y = pick(e, LLVMRealOGT, x, real(e, x, 3.40282347e38f), x, y);
    y = pick(e, LLVMRealOLT, x, real(e, x, 1.17549435e-38f), real(e, x, -INFINITY), y);
    y = pick(e, LLVMRealOLT, x, real(e, x, 0.0f), real(e, x, NAN), y);
    return pick(e, LLVMRealUNE, x, x, x, y);
}

LLVMValueRef math_log(Emit *e, LLVMValueRef x)
{
    static const float c[] = {7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,
                              -1.2420140846e-1f, 1.4249322787e-1f,  -1.6668057665e-1f,
                              2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f};
    LLVMValueRef word = bits(e, x);
    LLVMValueRef exponent = LLVMBuildSub(e->b, word, integer(e, word, 0x3f3504f3u), "");
    exponent = LLVMBuildAShr(e->b, exponent, integer(e, word, 23), "");
    LLVMValueRef shifted = LLVMBuildShl(e->b, exponent, integer(e, word, 23), "");
    LLVMValueRef m = from_bits(e, LLVMBuildSub(e->b, word, shifted, ""), x);
    m = LLVMBuildFSub(e->b, m, real(e, x, 1.0f), "");
    LLVMValueRef fe = LLVMBuildSIToFP(e->b, exponent, LLVMTypeOf(x), "");
    LLVMValueRef z = mul(e, m, m);
    LLVMValueRef y = mul(e, horner(e, m, c, 9), z);
    y = mul(e, y, m);
    y = math_fma(e, fe, real(e, x, -2.12194440e-4f), y);
    y = math_fma(e, z, real(e, x, -0.5f), y);
    y = add(e, m, y);
    y = math_fma(e, fe, real(e, x, 0.693359375f), y);
    return log_limits(e, x, y);
}

LLVMValueRef math_sigmoid(Emit *e, LLVMValueRef x)
{
    LLVMValueRef one = real(e, x, 1.0f), t;
    LLVMValueRef p = exp_parts(e, LLVMBuildFNeg(e->b, x, ""), &t);
    LLVMValueRef power = power_of_two(e, bits(e, t), x); /* NND_ROUNDING is shifted out */
    return LLVMBuildFDiv(e->b, one, add(e, one, mul(e, p, power)), "");
}

LLVMValueRef math_tanh(Emit *e, LLVMValueRef x)
{
    static const float above[] = {-2.76076847742355e-16f, 2.00018790482477e-13f, -8.60467152213735e-11f,
                                  5.12229709037114e-08f,  1.48572235717979e-05f, 6.37261928875436e-04f,
                                  4.89352455891786e-03f};
    static const float below[] = {1.19825839466702e-06f, 1.18534705686654e-04f, 2.26843463243900e-03f,
                                  4.89352518554385e-03f};
    const float clamp = 7.90531110763549805f;
    LLVMValueRef high = real(e, x, clamp), low = real(e, x, -clamp);
    LLVMValueRef v = pick(e, LLVMRealOGT, x, high, high, x);
    v = pick(e, LLVMRealOLT, v, low, low, v);
    LLVMValueRef v2 = mul(e, v, v);
    LLVMValueRef p = mul(e, horner(e, v2, above, 7), v);
    LLVMValueRef y = LLVMBuildFDiv(e->b, p, horner(e, v2, below, 4), "");
    LLVMValueRef word = bits(e, x);
    LLVMValueRef magnitude = from_bits(e, LLVMBuildAnd(e->b, word, integer(e, word, 0x7fffffffu), ""), x);
    return pick(e, LLVMRealOLT, magnitude, real(e, x, 0.0004f), x, y);
}

LLVMValueRef math_pow(Emit *e, LLVMValueRef x, LLVMValueRef y)
{
    return math_exp(e, mul(e, y, math_log(e, x)));
}

LLVMValueRef math_library(Emit *e, const char *name, LLVMValueRef x)
{
    LLVMTypeRef type = LLVMFunctionType(e->cg->f64, &e->cg->f64, 1, 0);
    LLVMValueRef function = LLVMGetNamedFunction(e->cg->module, name);
    if (!function) {
        function = LLVMAddFunction(e->cg->module, name, type);
        LLVMAttributeIndex self = (LLVMAttributeIndex)LLVMAttributeFunctionIndex;
        static const char *const facts[] = {"nounwind", "willreturn"};
        for (int i = 0; i < 2; i++) {
            unsigned kind = LLVMGetEnumAttributeKindForName(facts[i], strlen(facts[i]));
            LLVMAddAttributeAtIndex(function, self, LLVMCreateEnumAttribute(e->cg->context, kind, 0));
        }
        unsigned memory = LLVMGetEnumAttributeKindForName("memory", 6); /* 0: reads and writes none */
        LLVMAddAttributeAtIndex(function, self, LLVMCreateEnumAttribute(e->cg->context, memory, 0));
    }
    return LLVMBuildCall2(e->b, type, function, &x, 1, "");
}
