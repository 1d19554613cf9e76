/* SPDX-License-Identifier: Apache-2.0
 *
 * Scalar operators over arrays, compiled from the operator table's own text.
 */
#include "compiler/interp/tensor.h"
#include "runtime/scalar.h"

typedef void Kernel(int64_t n, const void *xs, const void *ys, const void *zs, void *r);

#define select(c, a, b) ((c) ? (a) : (b))

#define T float
#define NAME(name) name##_f32
#define abs fabsf
#define exp nnd_exp_f32
#define log nnd_log_f32
#define sqrt sqrtf
#define tanh nnd_tanh_f32
#define sigmoid nnd_sigmoid_f32
#define floor floorf
#define pow nnd_pow_f32
#include "compiler/interp/elementwise.inc"
#undef abs
#undef exp
#undef log
#undef sqrt
#undef tanh
#undef sigmoid
#undef floor
#undef pow

/* f64, and integers by way of it where a function is meant for reals. */
#define abs(x) ((x) < 0 ? -(x) : (x))
#define exp nnd_exp_f64
#define log nnd_log_f64
#define tanh nnd_tanh_f64
#define sigmoid nnd_sigmoid_f64
#define pow nnd_pow_f64
#define T double
#define NAME(name) name##_f64
#include "compiler/interp/elementwise.inc"
#define T int32_t
#define NAME(name) name##_i32
#include "compiler/interp/elementwise.inc"
#define T int64_t
#define NAME(name) name##_i64
#include "compiler/interp/elementwise.inc"
#undef abs
#define abs(x) (x)
#define T uint8_t
#define NAME(name) name##_u8
#include "compiler/interp/elementwise.inc"

/* Processors trap on integers divided by 0 and on the least by -1: here the quotients are 0 and, as
 * for every other operator, what is left of the true one in as many bits. */
#define DEFINE_QUOTIENT(T, suffix)                                                                 \
    WRAPPING static void quotient_##suffix(int64_t n, const void *xs, const void *ys, const void *zs, void *r) \
    {                                                                                              \
        (void)zs;                                                                                  \
        for (int64_t i = 0; i < n; i++) {                                                          \
            T x = ((const T *)xs)[i], y = ((const T *)ys)[i];                                      \
            ((T *)r)[i] = (T)(y == 0 ? 0 : y == (T)-1 ? (T)0 - x : x / y);                         \
        }                                                                                          \
    }
DEFINE_QUOTIENT(int32_t, i32)
DEFINE_QUOTIENT(int64_t, i64)

/* Without the case of -1, which is 255 here. */
static void quotient_u8(int64_t n, const void *xs, const void *ys, const void *zs, void *r)
{
    (void)zs;
    for (int64_t i = 0; i < n; i++) {
        uint8_t x = ((const uint8_t *)xs)[i], y = ((const uint8_t *)ys)[i];
        ((uint8_t *)r)[i] = (uint8_t)(y ? x / y : 0);
    }
}

static Kernel *quotient_for(NndDType dtype)
{
    return dtype == NND_I32 ? quotient_i32 : dtype == NND_I64 ? quotient_i64 : quotient_u8;
}

static Kernel *kernel_for(IrOp op, NndDType dtype)
{
    if (op == OP_div && dtype != NND_F32 && dtype != NND_F64)
        return quotient_for(dtype);
    switch (dtype) {
    case NND_F32: return table_f32[op];
    case NND_F64: return table_f64[op];
    case NND_I32: return table_i32[op];
    case NND_I64: return table_i64[op];
    case NND_U8:
    case NND_BOOL: return table_u8[op];
    case NND_BF16:
    case NND_DTYPE_COUNT: break;
    }
    NND_BUG("%s of %s", ir_op_info[op].name, ir_dtype_name(dtype));
}

typedef struct Work {
    Kernel *kernel;
    const char *operands[3];
    size_t bytes[3], out_bytes;
    char *out;
} Work;

static void run_block(void *context, int64_t lo, int64_t hi)
{
    const Work *w = context;
    const char *at[3];
    for (int i = 0; i < 3; i++)
        at[i] = w->operands[i] ? w->operands[i] + (size_t)lo * w->bytes[i] : NULL;
    w->kernel(hi - lo, at[0], at[1], at[2], w->out + (size_t)lo * w->out_bytes);
}

void kernel_elementwise(const Context *c, IrOp op, const Tensor *x, const Tensor *y, const Tensor *z, const Tensor *out)
{
    const Tensor *operands[] = {x, y, z};
    const Tensor *last = operands[ir_op_info[op].arity - 1];
    Work w = {.kernel = kernel_for(op, last->type->dtype), .out = out->data, .out_bytes = tensor_element(out)};
    for (int i = 0; i < ir_op_info[op].arity; i++) {
        w.operands[i] = operands[i]->data;
        w.bytes[i] = tensor_element(operands[i]);
    }
    nnd_pool_run(c->call->pool, tensor_count(out), ELEMENTS_PER_BLOCK, run_block, &w);
}
