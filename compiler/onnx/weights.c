/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/onnx/exporter.h"

/* Rounded weights, for a peer that gets the same ones. */
static const NndTensor *widened(Exporter *e, const NndTensor *tensor)
{
    NndTensor *wide = ARENA_NEW(e->arena, NndTensor);
    const uint16_t *from = tensor->data;
    int64_t count = (int64_t)(tensor->size / sizeof *from);
    float *data = ARENA_ARRAY(e->arena, float, count + 1);
    for (int64_t i = 0; i < count; i++)
        data[i] = nnd_from_bf16(from[i]);
    *wide = *tensor;
    wide->dtype = NND_F32;
    wide->data = data;
    wide->size = (size_t)count * sizeof *data;
    return wide;
}

const NndTensor *export_tensor(Exporter *e, const Typed *weight)
{
    const Weight *w = &e->program->weights.data[weight->index];
    const NndTensor *tensor = nnd_safetensors_find(e->weights, w->path);
    if (tensor && tensor->dtype == NND_BF16)
        tensor = widened(e, tensor);
    bool fits = tensor && tensor->dtype == NND_F32 && tensor->rank == w->type.rank;
    for (int i = 0; fits && i < w->type.rank; i++)
        fits = tensor->dims[i] == w->type.axes[i].size;
    if (fits)
        return tensor;
    if (!e->status)
        e->status = tensor ? nnd_fail(e->error, NND_EFORMAT,
                                      "the weights `%s` of the model file have another shape or type", w->path)
                           : nnd_fail(e->error, NND_EFORMAT, "the model file has no weights `%s`", w->path);
    return NULL;
}

const char *export_weight(Exporter *e, const Typed *weight, int rank, const int64_t *dims)
{
    const NndTensor *tensor = export_tensor(e, weight);
    return tensor ? onnx_constant(e->graph, ONNX_FLOAT, rank, dims, tensor->data) : "";
}

const float *export_weight_data(Exporter *e, const Typed *weight, const int8_t *order)
{
    const NndTensor *tensor = export_tensor(e, weight);
    int64_t count = 1, strides[AXES_MAX], at[AXES_MAX] = {0};
    for (int i = weight->type.rank - 1; i >= 0; i--) {
        strides[i] = count;
        count *= weight->type.axes[i].size;
    }
    float *data = ARENA_ARRAY(e->arena, float, count);
    for (int64_t n = 0; tensor && n < count; n++) {
        int64_t from = 0;
        for (int i = 0; i < weight->type.rank; i++)
            from += at[i] * strides[order[i]];
        data[n] = ((const float *)tensor->data)[from];
        for (int i = weight->type.rank - 1; i >= 0 && ++at[i] == weight->type.axes[order[i]].size; i--)
            at[i] = 0;
    }
    return data;
}
