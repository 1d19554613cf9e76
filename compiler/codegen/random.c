/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/abi.h"
#include "compiler/codegen/scalar.h"

static LLVMValueRef word(Emit *e, uint32_t value)
{
    return LLVMConstInt(e->cg->i32, value, 0);
}

static LLVMValueRef low_word(Emit *e, LLVMValueRef wide)
{
    return LLVMBuildTrunc(e->b, wide, e->cg->i32, "");
}

static LLVMValueRef high_word(Emit *e, LLVMValueRef wide)
{
    return low_word(e, LLVMBuildLShr(e->b, wide, emit_i64(e, 32), ""));
}

static LLVMValueRef wide_product(Emit *e, uint32_t factor, LLVMValueRef x)
{
    return LLVMBuildMul(e->b, LLVMConstInt(e->cg->i64, factor, 0), LLVMBuildZExt(e->b, x, e->cg->i64, ""), "");
}

static LLVMValueRef mix(Emit *e, LLVMValueRef product, LLVMValueRef counter, LLVMValueRef key)
{
    LLVMValueRef mixed = LLVMBuildXor(e->b, high_word(e, product), counter, "");
    return LLVMBuildXor(e->b, mixed, key, "");
}

/* runtime/random.h: nnd_philox. */
static void philox(Emit *e, LLVMValueRef key, LLVMValueRef c[4])
{
    LLVMValueRef k0 = low_word(e, key), k1 = high_word(e, key);
    for (int round = 0; round < 10; round++) {
        LLVMValueRef p0 = wide_product(e, 0xD2511F53u, c[0]), p1 = wide_product(e, 0xCD9E8D57u, c[2]);
        LLVMValueRef c0 = mix(e, p1, c[1], k0), c2 = mix(e, p0, c[3], k1);
        c[0] = c0;
        c[1] = low_word(e, p1);
        c[2] = c2;
        c[3] = low_word(e, p0);
        k0 = LLVMBuildAdd(e->b, k0, word(e, 0x9E3779B9u), "");
        k1 = LLVMBuildAdd(e->b, k1, word(e, 0xBB67AE85u), "");
    }
}

LLVMValueRef random_uniform(Emit *e, uint32_t stream, LLVMValueRef index)
{
    LLVMValueRef seed = emit_call_field(e, ABI_CALL_SEED, e->cg->i64);
    LLVMValueRef step = emit_call_field(e, ABI_CALL_STEP, e->cg->i64);
    LLVMValueRef c[4] = {low_word(e, LLVMBuildLShr(e->b, index, emit_i64(e, 2), "")), word(e, stream),
                         low_word(e, step), high_word(e, step)};
    philox(e, seed, c);
    LLVMValueRef lane = LLVMBuildAnd(e->b, low_word(e, index), word(e, 3), "");
    LLVMValueRef chosen = c[3];
    for (int i = 2; i >= 0; i--) {
        LLVMValueRef here = LLVMBuildICmp(e->b, LLVMIntEQ, lane, word(e, (uint32_t)i), "");
        chosen = LLVMBuildSelect(e->b, here, c[i], chosen, "");
    }
    LLVMValueRef top = LLVMBuildLShr(e->b, chosen, word(e, 8), "");
    LLVMValueRef number = LLVMBuildSIToFP(e->b, top, e->cg->f32, "");
    return LLVMBuildFMul(e->b, number, LLVMConstReal(e->cg->f32, 0x1p-24), "");
}
