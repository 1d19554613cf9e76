/* SPDX-License-Identifier: Apache-2.0
 *
 * Running functions of the IR in tests: arguments filled from a seed, axes of
 * small awkward sizes (batch 3; ragged lengths 2, 0, 5, 1, ... ), results in
 * buffers of the right size.
 */
#ifndef NND_TESTS_HARNESS_H
#define NND_TESTS_HARNESS_H

#include <stdio.h>
#include <stdlib.h>

#include "compiler/engine.h"
#include "runtime/axes.h"
#include "runtime/pool.h"
#include "runtime/random.h"

typedef struct Harness {
    Arena *arena;
    const IrModule *module;
    NndAxes *axes;
    NndPool *pool;
} Harness;

static inline int64_t harness_length(int64_t i)
{
    static const int lengths[] = {2, 0, 5, 1, 3, 4, 1};
    return lengths[i % 7];
}

static inline void harness_begin(Harness *h, Arena *arena, const IrModule *module, int threads)
{
    NndError error;
    *h = (Harness){.arena = arena, .module = module};
    const NndModuleDesc *desc = engine_module_desc(arena, module);
    NndExtent *given = ARENA_ARRAY(arena, NndExtent, desc->dim_count + 1);
    int64_t *extents = ARENA_ARRAY(arena, int64_t, desc->dim_count + 1);
    for (int i = 0; i < desc->dim_count; i++) {
        const NndDimDesc *dim = &desc->dims[i];
        int64_t parents = dim->parent >= 0 ? extents[dim->parent] : 0;
        given[i].extent = extents[i] = dim->kind == NND_DIM_FREE ? 3 : dim->size;
        if (dim->kind == NND_DIM_RAGGED) {
            int64_t *lengths = ARENA_ARRAY(arena, int64_t, parents + 1);
            extents[i] = 0;
            for (int64_t k = 0; k < parents; k++)
                extents[i] += lengths[k] = harness_length(k + i);
            given[i].lengths = lengths;
        }
        if (dim->kind == NND_DIM_UNIFORM)
            extents[i] = parents * dim->size;
    }
    if (nnd_axes_new(&h->axes, desc->dims, desc->dim_count, &error) || nnd_axes_bind(h->axes, given, &error) ||
        nnd_pool_new(&h->pool, threads, &error)) {
        printf("harness: %s\n", error.text);
        exit(1);
    }
}

static inline void harness_end(Harness *h)
{
    nnd_axes_free(h->axes);
    nnd_pool_free(h->pool);
}

static inline int64_t harness_count(const Harness *h, const IrType *type)
{
    int64_t count = 1;
    for (int i = 0; i < type->rank; i++)
        count *= nnd_axes_table(h->axes)[type->dims[i]->index].extent;
    return count;
}

static inline void *harness_buffer(const Harness *h, const IrType *type)
{
    return arena_alloc(h->arena, (size_t)harness_count(h, type) * nnd_dtype_size(type->dtype) + 64);
}

/* Floats in [low, high), integers in 0 .. 4 (one in 16 is -1: outside of every table), bools. */
static inline void harness_fill(const Harness *h, const IrType *type, void *data, uint32_t stream, double low, double high)
{
    int64_t count = harness_count(h, type);
    for (int64_t i = 0; i < count; i++) {
        uint32_t word = nnd_random_word(7, 0, stream, (uint64_t)i);
        double real = low + (high - low) * (word >> 8) * 0x1p-24;
        switch (type->dtype) {
        case NND_F32: ((float *)data)[i] = (float)real; break;
        case NND_F64: ((double *)data)[i] = real; break;
        case NND_I32: ((int32_t *)data)[i] = word % 16 == 15 ? -1 : (int32_t)(word % 5); break;
        case NND_I64: ((int64_t *)data)[i] = word % 5; break;
        default: ((uint8_t *)data)[i] = word & 1; break;
        }
    }
}

static inline void **harness_args(const Harness *h, const IrFunc *func, double low, double high)
{
    void **args = ARENA_ARRAY(h->arena, void *, func->arg_count + 1);
    for (int i = 0; i < func->arg_count; i++) {
        args[i] = harness_buffer(h, &func->args[i]->type);
        harness_fill(h, &func->args[i]->type, args[i], (uint32_t)i, low, high);
    }
    return args;
}

static inline void **harness_results(const Harness *h, const IrFunc *func)
{
    void **results = ARENA_ARRAY(h->arena, void *, func->body->yield_count + 1);
    for (int i = 0; i < func->body->yield_count; i++)
        results[i] = harness_buffer(h, &func->body->yields[i]->type);
    return results;
}

static inline void harness_run(const Harness *h, Engine *engine, const char *function, void *const *args, void *const *results)
{
    NndError error;
    NndCall call = {.axes = nnd_axes_table(h->axes), .args = (const void *const *)args, .results = results,
                    .pool = h->pool, .seed = 11, .step = 3};
    if (engine->run(engine, function, &call, &error)) {
        printf("%s: %s\n", function, error.text);
        exit(1);
    }
}

#endif
