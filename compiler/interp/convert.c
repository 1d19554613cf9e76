/* SPDX-License-Identifier: Apache-2.0
 *
 * Conversions of the element type.
 */
#include "compiler/interp/tensor.h"

#include "runtime/bf16.h"

typedef void Converter(int64_t n, const void *from, void *to);

#define AS_IS(x) (x)
#define TO_U8(x) (uint8_t)(int32_t)(x) /* numbers below 0 wrap around */
#define TO_BOOL(x) ((x) != 0)
#define TO_BF16(x) nnd_to_bf16((float)(x))

#define CONVERTER(from, From, load, to, To, store)                                                 \
    static void from##_to_##to(int64_t n, const void *xs, void *r)                                 \
    {                                                                                              \
        for (int64_t i = 0; i < n; i++)                                                            \
            ((To *)r)[i] = (To)store(load(((const From *)xs)[i]));                                 \
    }
#define CONVERTERS(from, From, load)                                                               \
    CONVERTER(from, From, load, f32, float, AS_IS)                                                 \
    CONVERTER(from, From, load, f64, double, AS_IS)                                                \
    CONVERTER(from, From, load, bf16, uint16_t, TO_BF16)                                           \
    CONVERTER(from, From, load, i32, int32_t, AS_IS)                                               \
    CONVERTER(from, From, load, i64, int64_t, AS_IS)                                               \
    CONVERTER(from, From, load, u8, uint8_t, TO_U8)                                                \
    CONVERTER(from, From, load, bool, uint8_t, TO_BOOL)

CONVERTERS(f32, float, AS_IS)
CONVERTERS(f64, double, AS_IS)
CONVERTERS(bf16, uint16_t, nnd_from_bf16)
CONVERTERS(i32, int32_t, AS_IS)
CONVERTERS(i64, int64_t, AS_IS)
CONVERTERS(u8, uint8_t, AS_IS)

#define ROW(from)                                                                                  \
    {                                                                                              \
        [NND_F32] = from##_to_f32, [NND_F64] = from##_to_f64, [NND_BF16] = from##_to_bf16,         \
        [NND_I32] = from##_to_i32, [NND_I64] = from##_to_i64, [NND_U8] = from##_to_u8,             \
        [NND_BOOL] = from##_to_bool                                                                \
    }
static Converter *const converters[NND_DTYPE_COUNT][NND_DTYPE_COUNT] = {
    [NND_F32] = ROW(f32), [NND_F64] = ROW(f64), [NND_BF16] = ROW(bf16), [NND_I32] = ROW(i32),
    [NND_I64] = ROW(i64), [NND_U8] = ROW(u8),   [NND_BOOL] = ROW(u8),
};

typedef struct Conversion {
    Converter *convert;
    const Tensor *x, *out;
} Conversion;

static void convert_block(void *context, int64_t lo, int64_t hi)
{
    const Conversion *work = context;
    work->convert(hi - lo, (const char *)work->x->data + (size_t)lo * tensor_element(work->x),
                  (char *)work->out->data + (size_t)lo * tensor_element(work->out));
}

void kernel_cast(const Context *c, const Tensor *x, const Tensor *out)
{
    NndDType from = x->type->dtype, to = out->type->dtype;
    Conversion work = {converters[from][to], x, out};
    if (from == to)
        memcpy(out->data, x->data, (size_t)tensor_count(x) * tensor_element(x));
    else
        nnd_pool_run(c->call->pool, tensor_count(x), ELEMENTS_PER_BLOCK, convert_block, &work);
}
