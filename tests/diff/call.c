/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/diff/call.h"

#include "runtime/bf16.h"
#include "runtime/data/distinct.h"

typedef struct Random {
    uint64_t state;
} Random;

static uint64_t next(Random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static int64_t between(Random *r, int64_t low, int64_t high)
{
    return low + (int64_t)(next(r) % (uint64_t)(high - low + 1));
}

/* ---- extents ---- */

static int depth(const IrDim *dim)
{
    return dim->parent ? 1 + depth(dim->parent) : 0;
}

/* Entries that a dimension can have at most, of those that are given. */
enum { MOST_ITEMS = 5, MOST_LENGTH = 7, MOST_INNER_LENGTH = 3, MOST_NUMBERS = 13 };

static int64_t *some_lengths(Arena *arena, const IrDim *dim, int64_t parents, Random *r)
{
    int64_t most = depth(dim) == 1 ? MOST_LENGTH : MOST_INNER_LENGTH;
    int64_t *lengths = ARENA_ARRAY(arena, int64_t, parents + 1);
    for (int64_t i = 0; i < parents; i++)
        lengths[i] = between(r, 0, most);
    return lengths;
}

/* Dimension after dimension: how many lengths there are depends on those before. */
static NndStatus bind(PreparedCall *out, Arena *arena, const IrModule *module,
                      const NndModuleDesc *desc, uint64_t seed, NndError *error)
{
    NndExtent *given = ARENA_ARRAY(arena, NndExtent, module->dims.count);
    Random r = {seed};
    NndStatus status = NND_OK;
    for (int i = 0; i < module->dims.count && !status; i++) {
        const IrDim *dim = module->dims.data[i];
        if (dim->kind == NND_DIM_FREE)
            given[i].extent = seed % 16 == 9 ? 0 : between(&r, 1, MOST_ITEMS);
        if (dim->kind == NND_DIM_DISTINCT)
            given[i].extent = MOST_NUMBERS; /* until it is known how many there are */
        if (dim->kind != NND_DIM_RAGGED)
            continue;
        NndAxes *before;
        status = nnd_axes_new(&before, desc->dims, i, error);
        if (!status)
            status = nnd_axes_bind(before, given, error);
        if (!status)
            given[i].lengths =
                some_lengths(arena, dim, nnd_axes_table(before)[dim->parent->index].extent, &r);
        nnd_axes_free(before);
    }
    if (!status)
        status = nnd_axes_new(&out->axes, desc->dims, desc->dim_count, error);
    return status ? status : nnd_axes_bind(out->axes, given, error);
}

/* ---- data ---- */

int64_t call_count(const IrType *type, const NndAxis *axes)
{
    int64_t count = 1;
    for (int i = 0; i < type->rank; i++)
        count *= axes[type->dims[i]->index].extent;
    return count;
}

double call_element(NndDType dtype, const void *data, int64_t i)
{
    switch (dtype) {
    case NND_F32: return ((const float *)data)[i];
    case NND_F64: return ((const double *)data)[i];
    case NND_BF16: return nnd_from_bf16(((const uint16_t *)data)[i]);
    case NND_I32: return ((const int32_t *)data)[i];
    case NND_I64: return (double)((const int64_t *)data)[i];
    case NND_U8:
    case NND_BOOL: return ((const uint8_t *)data)[i];
    case NND_DTYPE_COUNT: break;
    }
    NND_BUG("element type %d", (int)dtype);
}

static void fill(NndDType dtype, void *data, int64_t count, Random *r)
{
    for (int64_t i = 0; i < count; i++) {
        double x = (double)between(r, -1000000, 1000000) / 1000000;
        switch (dtype) {
        case NND_F32: ((float *)data)[i] = (float)x; break;
        case NND_F64: ((double *)data)[i] = x; break;
        case NND_BF16:
            ((uint16_t *)data)[i] = nnd_to_bf16((float)x);
            break;
        case NND_I32: ((int32_t *)data)[i] = (int32_t)between(r, -1, MOST_NUMBERS - 2); break;
        case NND_I64: ((int64_t *)data)[i] = between(r, -1, 11); break;
        case NND_U8: ((uint8_t *)data)[i] = (uint8_t)between(r, 0, 255); break;
        case NND_BOOL: ((uint8_t *)data)[i] = (uint8_t)between(r, 0, 1); break;
        case NND_DTYPE_COUNT: break;
        }
    }
}

static const void **some_arguments(Arena *arena, const IrFunc *func, const NndAxis *axes,
                                   uint64_t seed)
{
    const void **args = ARENA_ARRAY(arena, const void *, func->arg_count + 1);
    for (int i = 0; i < func->arg_count; i++) {
        const IrType *type = &func->args[i]->type;
        int64_t count = call_count(type, axes);
        void *data = arena_alloc(arena, (size_t)count * nnd_dtype_size(type->dtype));
        fill(type->dtype, data, count, &(Random){seed ^ (uint64_t)(i + 1) * 0x100000001b3u});
        args[i] = data;
    }
    return args;
}

/* The argument made of `input`, as passes/distinct.c names it. */
static int made_of(const IrFunc *func, const IrValue *input, NndArgKind kind)
{
    size_t length = strlen(input->name);
    for (int i = 0; i < func->arg_count; i++)
        if (func->args[i]->kind == kind && !strncmp(func->args[i]->name, input->name, length) &&
            func->args[i]->name[length] == '.')
            return i;
    return -1;
}

static NndStatus fill_distinct(PreparedCall *out, Arena *arena, const IrFunc *func, const void **args, NndError *error)
{
    NndStatus status = NND_OK;
    for (int i = 0; i < func->arg_count && !status; i++) {
        const IrValue *input = func->args[i];
        int numbers = made_of(func, input, NND_ARG_DISTINCT), places = made_of(func, input, NND_ARG_PLACES);
        if (input->kind != NND_ARG_INPUT || numbers < 0 || places < 0)
            continue;
        NndDistinct found = {0};
        int64_t count = call_count(&input->type, nnd_axes_table(out->axes));
        status = nnd_distinct_find(&found, args[i], count, error);
        args[numbers] = arena_copy(arena, found.numbers, (size_t)found.count * sizeof *found.numbers);
        args[places] = arena_copy(arena, found.places, (size_t)count * sizeof *found.places);
        nnd_axes_set_distinct(out->axes, func->args[numbers]->type.dims[0]->index, found.count);
        nnd_distinct_free(&found);
    }
    return status;
}

static void make_results(PreparedCall *out, Arena *arena, const IrFunc *func, const NndAxis *axes)
{
    int n = func->body->yield_count;
    out->results = ARENA_ARRAY(arena, void *, n + 1);
    out->counts = ARENA_ARRAY(arena, int64_t, n + 1);
    for (int i = 0; i < n; i++) {
        const IrType *type = &func->body->yields[i]->type;
        out->counts[i] = call_count(type, axes);
        size_t bytes = (size_t)out->counts[i] * nnd_dtype_size(type->dtype);
        out->results[i] = memset(arena_alloc(arena, bytes), 0xff, bytes);
    }
}

NndStatus call_prepare(PreparedCall *out, Arena *arena, const IrFunc *func, NndPool *pool,
                       uint64_t seed, NndError *error)
{
    *out = (PreparedCall){0};
    const NndModuleDesc *desc = engine_module_desc(arena, func->module);
    NndStatus status = bind(out, arena, func->module, desc, seed, error);
    if (status) {
        call_release(out);
        return status;
    }
    const NndAxis *axes = nnd_axes_table(out->axes);
    const void **args = some_arguments(arena, func, axes, seed);
    status = fill_distinct(out, arena, func, args, error);
    make_results(out, arena, func, axes);
    out->call = (NndCall){.axes = axes,
                          .args = args,
                          .results = out->results,
                          .pool = pool,
                          .seed = seed,
                          .step = 1};
    return status;
}

void call_scale_weights(PreparedCall *prepared, const IrFunc *func, double factor)
{
    for (int i = 0; i < func->arg_count; i++) {
        const IrValue *arg = func->args[i];
        if (arg->kind != NND_ARG_PARAM || arg->type.dtype != NND_F32)
            continue;
        float *data = (float *)prepared->call.args[i];
        for (int64_t k = 0, count = call_count(&arg->type, prepared->call.axes); k < count; k++)
            data[k] *= (float)factor;
    }
}

void call_release(PreparedCall *prepared)
{
    nnd_axes_free(prepared->axes);
    prepared->axes = NULL;
}
