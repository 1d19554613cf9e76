/* SPDX-License-Identifier: Apache-2.0
 *
 * Operators without operands: indices, random numbers, lengths.
 */
#include "compiler/interp/tensor.h"
#include "runtime/random.h"

static int64_t position(const NndAxis *axis, int64_t row)
{
    return axis->segment ? row - axis->offsets[axis->segment[row]] : row;
}

#define PUT_INDICES(Type)                                                                          \
    do {                                                                                           \
        Type *data = out->data;                                                                    \
        for (int64_t i = 0; i < n; i++)                                                            \
            data[i] = (Type)position(dim, i / inner % extent);                                     \
    } while (0)

void kernel_iota(const Context *c, const Tensor *out, int axis)
{
    int64_t n = tensor_count(out), extent = out->extents[axis];
    int64_t inner = tensor_span(out, axis + 1, out->type->rank);
    const NndAxis *dim = &c->call->axes[out->type->dims[axis]->index];
    if (out->type->dtype == NND_I32)
        PUT_INDICES(int32_t);
    else if (out->type->dtype == NND_F32)
        PUT_INDICES(float);
    else
        PUT_INDICES(double);
}

/* The interpreter computes every row, in its own place. */
void kernel_place_of(const Tensor *out)
{
    int32_t *place = out->data;
    for (int64_t i = 0; i < tensor_count(out); i++)
        place[i] = (int32_t)(i + 1);
}

typedef struct Draw {
    const Context *c;
    const Tensor *out;
    uint32_t stream;
} Draw;

static void put_number(const Tensor *out, int64_t i, uint32_t word)
{
    float number = nnd_random_real(word);
    if (out->type->dtype == NND_F32)
        ((float *)out->data)[i] = number;
    else
        ((double *)out->data)[i] = number;
}

/* A block begins at a multiple of four: one counter gives four numbers. */
static void draw_block(void *context, int64_t lo, int64_t hi)
{
    const Draw *d = context;
    const NndCall *call = d->c->call;
    for (int64_t i = lo; i < hi; i += 4) {
        NndPhilox words = nnd_random_words(call->seed, call->step, d->stream, (uint64_t)i);
        for (int64_t k = i; k < i + 4 && k < hi; k++)
            put_number(d->out, k, words.word[k - i]);
    }
}

void kernel_uniform(const Context *c, const Tensor *out, uint32_t stream)
{
    Draw draw = {c, out, stream};
    nnd_pool_run(c->call->pool, tensor_count(out), ELEMENTS_PER_BLOCK, draw_block, &draw);
}

void kernel_lengths(const Context *c, const Tensor *out, const IrDim *dim)
{
    const int64_t *offsets = c->call->axes[dim->index].offsets;
    int32_t *data = out->data;
    for (int64_t i = 0; i < out->extents[0]; i++)
        data[i] = (int32_t)(offsets[i + 1] - offsets[i]);
}

void kernel_offsets(const Context *c, const Tensor *out, const IrDim *dim)
{
    const int64_t *offsets = c->call->axes[dim->index].offsets;
    int32_t *data = out->data;
    for (int64_t i = 0; i < out->extents[0]; i++)
        data[i] = (int32_t)offsets[i];
}
