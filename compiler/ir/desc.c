/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/engine.h"

static NndDimDesc dim_desc(Arena *arena, const IrDim *dim)
{
    return (NndDimDesc){.name = arena_strdup(arena, dim->name),
                        .kind = (int32_t)dim->kind,
                        .parent = dim->parent ? dim->parent->index : -1,
                        .source = dim->source ? dim->source->index : -1,
                        .least = dim->least,
                        .size = dim->size,
                        .pad = dim->pad,
                        .span = dim->span,
                        .stride = dim->stride};
}

static NndValueDesc value_desc(Arena *arena, const IrValue *value, const char *name)
{
    NndValueDesc desc = {.name = arena_strdup(arena, name),
                         .kind = (int32_t)value->kind,
                         .dtype = (int32_t)value->type.dtype,
                         .rank = value->type.rank};
    for (int i = 0; i < value->type.rank; i++)
        desc.dims[i] = value->type.dims[i]->index;
    return desc;
}

static NndFunctionDesc function_desc(Arena *arena, const IrFunc *func)
{
    int results = func->body->yield_count;
    NndValueDesc *args = ARENA_ARRAY(arena, NndValueDesc, func->arg_count);
    NndValueDesc *outs = ARENA_ARRAY(arena, NndValueDesc, results);
    for (int i = 0; i < func->arg_count; i++)
        args[i] = value_desc(arena, func->args[i], func->args[i]->name);
    for (int i = 0; i < results; i++)
        outs[i] = value_desc(arena, func->body->yields[i], func->result_names[i]);
    return (NndFunctionDesc){.name = arena_strdup(arena, func->name),
                             .arg_count = func->arg_count,
                             .result_count = results,
                             .args = args,
                             .results = outs};
}

NndModuleDesc *engine_module_desc(Arena *arena, const IrModule *module)
{
    NndModuleDesc *desc = ARENA_NEW(arena, NndModuleDesc);
    NndDimDesc *dims = ARENA_ARRAY(arena, NndDimDesc, module->dims.count);
    NndFunctionDesc *functions = ARENA_ARRAY(arena, NndFunctionDesc, module->funcs.count);
    for (int i = 0; i < module->dims.count; i++)
        dims[i] = dim_desc(arena, module->dims.data[i]);
    for (int i = 0; i < module->funcs.count; i++)
        functions[i] = function_desc(arena, module->funcs.data[i]);
    *desc = (NndModuleDesc){.name = arena_strdup(arena, module->name),
                            .dim_count = module->dims.count,
                            .function_count = module->funcs.count,
                            .dims = dims,
                            .functions = functions};
    return desc;
}
