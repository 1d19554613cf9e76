/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of tables, by index, there and back.
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
