/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/interp/tensor.h"

#include "runtime/bf16.h"

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

enum { TILE = 32 };

/* Rows of a transposed plane: short pieces of TILE rows at a time, so that what is read of a line of
 * memory is used before it leaves the cache. */
static void copy_plane(const int64_t *extents, size_t bytes, char *to, const int64_t *to_strides, const char *from,
                       const int64_t *from_strides)
{
    for (int64_t k = 0; k < extents[1]; k += TILE) {
        int64_t n = extents[1] - k < TILE ? extents[1] - k : TILE;
        for (int64_t i = 0; i < extents[0]; i++)
            copy_row(n, bytes, to + i * to_strides[0] + k * to_strides[1], to_strides[1],
                     from + i * from_strides[0] + k * from_strides[1], from_strides[1]);
    }
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
    if (rank == 2 && from_strides[1] > from_strides[0]) {
        copy_plane(extents, bytes, to, to_strides, from, from_strides);
        return;
    }
    for (int64_t i = 0; i < extents[0]; i++)
        copy_box(rank - 1, extents + 1, bytes, to + i * to_strides[0], to_strides + 1, from + i * from_strides[0],
                 from_strides + 1);
}

typedef struct Box {
    int rank;
    int64_t extents[NND_MAX_RANK + 1], to_strides[NND_MAX_RANK + 1], from_strides[NND_MAX_RANK + 1];
    size_t bytes;
    char *to;
    const char *from;
} Box;

static void copy_part(void *context, int64_t lo, int64_t hi)
{
    Box part = *(const Box *)context;
    part.extents[0] = hi - lo;
    copy_box(part.rank, part.extents, part.bytes, part.to + lo * part.to_strides[0], part.to_strides,
             part.from + lo * part.from_strides[0], part.from_strides);
}

void tensor_copy(const Context *c, int rank, const int64_t *extents, size_t bytes, char *to, const int64_t *to_strides,
                 const char *from, const int64_t *from_strides)
{
    Box box = {.bytes = bytes, .to = to, .from = from};
    int64_t count = 1;
    for (int i = 0; i < rank; i++) {
        count *= box.extents[i] = extents[i];
        box.to_strides[i] = to_strides[i];
        box.from_strides[i] = from_strides[i];
    }
    if (count == 0)
        return;
    box.rank = merge_axes(rank, box.extents, box.to_strides, box.from_strides);
    if (box.rank == 0) {
        memcpy(to, from, bytes);
        return;
    }
    int64_t each = count / box.extents[0];
    nnd_pool_run(c->call->pool, box.extents[0], ELEMENTS_PER_BLOCK / each, copy_part, &box);
}

#define FILL(Type, converted)                                                                      \
    do {                                                                                           \
        Type *data = (Type *)t->data + first;                                                      \
        Type element = (Type)(converted);                                                          \
        for (int64_t i = 0; i < count; i++)                                                        \
            data[i] = element;                                                                     \
        return;                                                                                    \
    } while (0)

void tensor_fill_part(const Tensor *t, int64_t first, int64_t count, double value)
{
    switch (t->type->dtype) {
    case NND_F32: FILL(float, value);
    case NND_F64: FILL(double, value);
    case NND_BF16: FILL(uint16_t, nnd_to_bf16((float)value));
    case NND_I32: FILL(int32_t, value);
    case NND_I64: FILL(int64_t, value);
    case NND_U8: FILL(uint8_t, (int32_t)value);
    case NND_BOOL: FILL(uint8_t, value != 0);
    case NND_DTYPE_COUNT: break;
    }
    NND_BUG("fill of element type %d", (int)t->type->dtype);
}

void tensor_fill(const Tensor *t, double value)
{
    tensor_fill_part(t, 0, tensor_count(t), value);
}

#define ADD(Type)                                                                                  \
    do {                                                                                           \
        Type *sum = (Type *)to->data + to_first;                                                   \
        const Type *x = (const Type *)from->data + from_first;                                     \
        for (int64_t i = 0; i < count; i++)                                                        \
            sum[i] = (Type)(sum[i] + x[i]);                                                        \
        return;                                                                                    \
    } while (0)

CLONES WRAPPING void tensor_add(const Tensor *to, int64_t to_first, const Tensor *from, int64_t from_first, int64_t count)
{
    switch (to->type->dtype) {
    case NND_F32: ADD(float);
    case NND_F64: ADD(double);
    case NND_I32: ADD(int32_t);
    case NND_I64: ADD(int64_t);
    case NND_U8: ADD(uint8_t);
    case NND_BOOL:
        for (int64_t i = 0; i < count; i++)
            ((uint8_t *)to->data)[to_first + i] |= ((const uint8_t *)from->data)[from_first + i];
        return;
    case NND_BF16:
    case NND_DTYPE_COUNT: break;
    }
    NND_BUG("addition of element type %d", (int)to->type->dtype);
}
