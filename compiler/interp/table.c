/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of tables: by index, there and back; decayed, each by a power of its own.
 */
#include "compiler/interp/tensor.h"

typedef struct Look {
    const Tensor *table, *index, *rows;
    int64_t inner;
} Look;

static void gather_rows(void *context, int64_t lo, int64_t hi)
{
    const Look *look = context;
    size_t bytes = (size_t)look->inner * tensor_element(look->table);
    const int32_t *index = look->index->data;
    for (int64_t i = lo; i < hi; i++) {
        char *to = (char *)look->rows->data + (size_t)i * bytes;
        if (index[i] >= 0 && index[i] < look->table->extents[0])
            memcpy(to, (const char *)look->table->data + (size_t)index[i] * bytes, bytes);
        else
            memset(to, 0, bytes);
    }
}

void kernel_gather(const Context *c, const Tensor *table, const Tensor *index, const Tensor *out)
{
    Look look = {table, index, out, tensor_span(table, 1, table->type->rank)};
    if (look.inner > 0)
        nnd_pool_run(c->call->pool, tensor_count(index), ELEMENTS_PER_BLOCK / look.inner, gather_rows, &look);
}

void kernel_scatter_add(const Tensor *x, const Tensor *index, const Tensor *out)
{
    int64_t n = tensor_count(index), inner = tensor_span(out, 1, out->type->rank);
    const int32_t *indices = index->data;
    tensor_fill(out, 0);
    for (int64_t i = 0; i < n; i++)
        if (indices[i] >= 0 && indices[i] < out->extents[0])
            tensor_add(out, indices[i] * inner, x, i * inner, inner);
}

void kernel_put(const Tensor *x, const Tensor *rows, const Tensor *index, const Tensor *out)
{
    size_t bytes = (size_t)tensor_span(x, 1, x->type->rank) * tensor_element(x);
    const int32_t *indices = index->data;
    if (out->data != x->data)
        memcpy(out->data, x->data, (size_t)x->extents[0] * bytes);
    for (int64_t i = 0; i < index->extents[0]; i++)
        if (indices[i] >= 0 && indices[i] < out->extents[0])
            memcpy((char *)out->data + (size_t)indices[i] * bytes,
                   (const char *)rows->data + (size_t)i * bytes, bytes);
}

/* ---- decay ---- */

typedef struct Decay {
    const Tensor *x, *times, *out;
    double factor;
    int64_t inner;
} Decay;

/* Rounded each time, as the dense rule of an optimiser does it step after step with gradients of zero. */
#define DEFINE_DECAY(name, type)                                                                   \
    static type name(type x, type factor, int32_t times)                                           \
    {                                                                                              \
        for (int32_t i = 0; i < times && (i == 0 || x != 0); i++)                                  \
            x = x * factor + 0;                                                                    \
        return x;                                                                                  \
    }
DEFINE_DECAY(decayed_f32, float)
DEFINE_DECAY(decayed_f64, double)

static void decay_rows(void *context, int64_t lo, int64_t hi)
{
    const Decay *d = context;
    const int32_t *times = d->times->data;
    bool wide = d->x->type->dtype == NND_F64;
    for (int64_t i = lo; i < hi; i++)
        for (int64_t k = i * d->inner; k < (i + 1) * d->inner; k++)
            if (wide)
                ((double *)d->out->data)[k] =
                    decayed_f64(((const double *)d->x->data)[k], d->factor, times[i]);
            else
                ((float *)d->out->data)[k] =
                    decayed_f32(((const float *)d->x->data)[k], (float)d->factor, times[i]);
}

void kernel_decay(const Context *c, const Tensor *x, const Tensor *times, double factor,
                  const Tensor *out)
{
    Decay decay = {x, times, out, factor, tensor_span(x, 1, x->type->rank)};
    nnd_pool_run(c->call->pool, x->extents[0], 1, decay_rows, &decay);
}
