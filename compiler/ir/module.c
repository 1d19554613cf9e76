/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "compiler/ir/ir.h"

IrModule *ir_module_new(Arena *arena, const char *name)
{
    IrModule *module = ARENA_NEW(arena, IrModule);
    module->arena = arena;
    module->name = arena_strdup(arena, name);
    module->fold_memory = IR_FOLD_MEMORY;
    return module;
}

IrFunc *ir_module_func(const IrModule *module, const char *name)
{
    for (int i = 0; i < module->funcs.count; i++)
        if (!strcmp(module->funcs.data[i]->name, name))
            return module->funcs.data[i];
    return NULL;
}

/* ---- dimensions ---- */

static bool same_dim(const IrDim *a, const IrDim *b)
{
    return a->kind == b->kind && a->parent == b->parent && a->source == b->source &&
           a->size == b->size && a->pad == b->pad && a->span == b->span && a->stride == b->stride &&
           a->least == b->least;
}

static bool name_taken(const IrModule *module, const char *name)
{
    for (int i = 0; i < module->dims.count; i++)
        if (module->dims.data[i]->kind != NND_DIM_CONST &&
            !strcmp(module->dims.data[i]->name, name))
            return true;
    return false;
}

static const char *unique_name(IrModule *module, const char *name)
{
    const char *unique = arena_strdup(module->arena, name);
    for (int i = 2; name_taken(module, unique); i++)
        unique = arena_printf(module->arena, "%s.%d", name, i);
    return unique;
}

static IrDim *add_dim(IrModule *module, IrDim dim, const char *name)
{
    IrDim *copy = arena_copy(module->arena, &dim, sizeof dim);
    copy->index = module->dims.count;
    copy->name =
        dim.kind == NND_DIM_CONST ? arena_strdup(module->arena, name) : unique_name(module, name);
    vec_push(module->arena, &module->dims, copy);
    return copy;
}

/* Dimensions that are equal by their fields are the same object. */
static IrDim *intern_dim(IrModule *module, IrDim dim, const char *name)
{
    for (int i = 0; i < module->dims.count; i++)
        if (same_dim(module->dims.data[i], &dim))
            return module->dims.data[i];
    return add_dim(module, dim, name);
}

IrDim *ir_dim_declare(IrModule *module, IrDim dim, const char *name)
{
    bool derived = dim.kind == NND_DIM_UNIFORM || dim.kind == NND_DIM_WINDOW || dim.kind == NND_DIM_PART;
    for (int i = 0; derived && i < module->dims.count; i++)
        if (same_dim(module->dims.data[i], &dim))
            return NULL;
    return name_taken(module, name) ? NULL : add_dim(module, dim, name);
}

IrDim *ir_dim_find(const IrModule *module, const char *name)
{
    for (int i = 0; i < module->dims.count; i++)
        if (module->dims.data[i]->kind != NND_DIM_CONST &&
            !strcmp(module->dims.data[i]->name, name))
            return module->dims.data[i];
    return NULL;
}

IrDim *ir_dim_const(IrModule *module, int64_t size)
{
    char name[24];
    snprintf(name, sizeof name, "%lld", (long long)size);
    return intern_dim(module, (IrDim){.kind = NND_DIM_CONST, .size = size}, name);
}

IrDim *ir_dim_free(IrModule *module, const char *name)
{
    return add_dim(module, (IrDim){.kind = NND_DIM_FREE}, name);
}

IrDim *ir_dim_distinct(IrModule *module, const char *name, IrDim *source)
{
    return add_dim(module, (IrDim){.kind = NND_DIM_DISTINCT, .source = source}, name);
}

IrDim *ir_dim_ragged(IrModule *module, const char *name, IrDim *parent, int64_t most)
{
    return add_dim(module, (IrDim){.kind = NND_DIM_RAGGED, .parent = parent, .size = most}, name);
}

IrDim *ir_dim_uniform(IrModule *module, IrDim *parent, int64_t size)
{
    IrDim dim = {.kind = NND_DIM_UNIFORM, .parent = parent, .size = size};
    return intern_dim(module, dim,
                      arena_printf(module->arena, "%s.u%lld", parent->name, (long long)size));
}

IrDim *ir_dim_window(IrModule *module, IrDim *source, int64_t pad, int64_t span, int64_t stride,
                     int least)
{
    IrDim dim = {.kind = NND_DIM_WINDOW,
                 .parent = source->parent,
                 .source = source,
                 .pad = pad,
                 .span = span,
                 .stride = stride,
                 .least = least};
    return intern_dim(module, dim,
                      arena_printf(module->arena, "%s.w%lld", source->name, (long long)span));
}

IrDim *ir_dim_part(IrModule *module, IrDim *source, int64_t size)
{
    IrDim dim = {.kind = NND_DIM_PART, .parent = source->parent, .source = source, .size = size};
    return intern_dim(module, dim, arena_printf(module->arena, "%s.p%lld", source->name, (long long)size));
}
