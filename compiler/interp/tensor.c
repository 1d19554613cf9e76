/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/interp/tensor.h"

int64_t tensor_span(const Tensor *t, int from, int to)
{
    int64_t count = 1;
    for (int i = from; i < to; i++)
        count *= t->extents[i];
    return count;
}

int64_t tensor_count(const Tensor *t)
{
    return tensor_span(t, 0, t->type->rank);
}

void tensor_strides(const Tensor *t, int64_t *strides)
{
    int64_t stride = (int64_t)tensor_element(t);
    for (int i = t->type->rank - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= t->extents[i];
    }
}

#define STRIDED(Type)                                                                              \
    for (int64_t i = 0; i < n; i++)                                                                \
    *(Type *)(to + i * to_stride) = *(const Type *)(from + i * from_stride)

static void copy_row(int64_t n, size_t bytes, char *to, int64_t to_stride, const char *from, int64_t from_stride)
{
    if (to_stride == (int64_t)bytes && from_stride == (int64_t)bytes)
        memcpy(to, from, (size_t)n * bytes);
    else if (bytes == 4)
        STRIDED(uint32_t);
    else if (bytes == 8)
        STRIDED(uint64_t);
    else
        for (int64_t i = 0; i < n; i++)
            memcpy(to + i * to_stride, from + i * from_stride, bytes);
}

/* An axis that continues the one before it is merged with it. */
static int merge_axes(int rank, int64_t *extents, int64_t *to, int64_t *from)
{
    int merged = 0;
    for (int i = 0; i < rank; i++) {
        if (extents[i] == 1)
            continue;
        bool continues = merged && to[merged - 1] == to[i] * extents[i] && from[merged - 1] == from[i] * extents[i];
        int at = continues ? merged - 1 : merged++;
        extents[at] = continues ? extents[at] * extents[i] : extents[i];
        to[at] = to[i];
        from[at] = from[i];
    }
    return merged;
}

static void copy_box(int rank, const int64_t *extents, size_t bytes, char *to, const int64_t *to_strides,
                     const char *from, const int64_t *from_strides)
{
    if (rank == 0) {
        memcpy(to, from, bytes);
        return;
    }
    if (rank == 1) {
        copy_row(extents[0], bytes, to, to_strides[0], from, from_strides[0]);
        return;
    }
    for (int64_t i = 0; i < extents[0]; i++)
        copy_box(rank - 1, extents + 1, bytes, to + i * to_strides[0], to_strides + 1, from + i * from_strides[0],
                 from_strides + 1);
}

void tensor_copy(int rank, const int64_t *extents, size_t bytes, char *to, const int64_t *to_strides,
                 const char *from, const int64_t *from_strides)
{
    int64_t e[NND_MAX_RANK + 1], t[NND_MAX_RANK + 1], f[NND_MAX_RANK + 1];
    for (int i = 0; i < rank; i++) {
        if (extents[i] == 0)
            return;
        e[i] = extents[i];
        t[i] = to_strides[i];
        f[i] = from_strides[i];
    }
    copy_box(merge_axes(rank, e, t, f), e, bytes, to, t, from, f);
}

#define FILL(Type)                                                                                 \
    do {                                                                                           \
        Type *data = t->data;                                                                      \
        for (int64_t i = 0; i < n; i++)                                                            \
            data[i] = (Type)value;                                                                 \
    } while (0)

void tensor_fill(const Tensor *t, double value)
{
    int64_t n = tensor_count(t);
    switch (t->type->dtype) {
    case NND_F32: FILL(float); return;
    case NND_F64: FILL(double); return;
    case NND_I32: FILL(int32_t); return;
    case NND_I64: FILL(int64_t); return;
    case NND_U8: FILL(uint8_t); return;
    case NND_BOOL:
        memset(t->data, value != 0, (size_t)n);
        return;
    case NND_BF16:
    case NND_DTYPE_COUNT: break;
    }
    NND_BUG("fill of %s", ir_dtype_name(t->type->dtype));
}
