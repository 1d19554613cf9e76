/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir/ir.h"

IrFunc *ir_func_new(IrModule *module, const char *name)
{
    IrFunc *func = ARENA_NEW(module->arena, IrFunc);
    func->module = module;
    func->name = arena_strdup(module->arena, name);
    func->body = ARENA_NEW(module->arena, IrRegion);
    vec_push(module->arena, &module->funcs, func);
    return func;
}

IrValue *ir_func_arg(IrFunc *func, NndArgKind kind, const char *name, IrType type)
{
    Arena *arena = func->module->arena;
    IrValue *value = ARENA_NEW(arena, IrValue);
    *value = (IrValue){
        .type = type, .name = arena_strdup(arena, name), .index = func->arg_count, .kind = kind};
    IrValue **args = ARENA_ARRAY(arena, IrValue *, func->arg_count + 1);
    for (int i = 0; i < func->arg_count; i++)
        args[i] = func->args[i];
    args[func->arg_count++] = value;
    func->args = args;
    return value;
}

void ir_func_return(IrFunc *func, IrValue *const *values, const char *const *names, int count)
{
    Arena *arena = func->module->arena;
    func->body->yield_count = count;
    func->body->yields = arena_copy(arena, values, sizeof *values * (size_t)count);
    func->result_names = ARENA_ARRAY(arena, const char *, count);
    for (int i = 0; i < count; i++)
        func->result_names[i] = arena_strdup(arena, names[i]);
}

static int number_region(IrRegion *region, int next)
{
    for (int i = 0; i < region->param_count; i++)
        region->params[i].id = next++;
    for (IrInst *inst = region->first; inst; inst = inst->next) {
        for (int i = 0; i < inst->result_count; i++)
            inst->results[i].id = next++;
        if (inst->region)
            next = number_region(inst->region, next);
    }
    return next;
}

int ir_func_number(IrFunc *func)
{
    for (int i = 0; i < func->arg_count; i++)
        func->args[i]->id = i;
    return number_region(func->body, func->arg_count);
}

/* ---- copying ---- */

static IrValue **map_values(Arena *arena, IrValue *const *values, int count, IrValue *const *map)
{
    IrValue **mapped = ARENA_ARRAY(arena, IrValue *, count);
    for (int i = 0; i < count; i++)
        mapped[i] = map[values[i]->id] ? map[values[i]->id] : values[i];
    return mapped;
}

static IrRegion *copy_region(Arena *arena, const IrRegion *region, IrInst *owner, IrValue **map);

static IrInst *copy_inst(Arena *arena, const IrInst *inst, IrValue **map)
{
    IrInst *copy = arena_copy(arena, inst, sizeof *inst);
    copy->args = map_values(arena, inst->args, inst->arg_count, map);
    copy->results = arena_copy(arena, inst->results, sizeof(IrValue) * (size_t)inst->result_count);
    for (int i = 0; i < inst->result_count; i++) {
        copy->results[i].def = copy;
        map[inst->results[i].id] = &copy->results[i];
    }
    if (inst->region)
        copy->region = copy_region(arena, inst->region, copy, map);
    return copy;
}

IrInst *ir_inst_copy(Arena *arena, const IrInst *inst, IrValue *const *args)
{
    IrInst *copy = arena_copy(arena, inst, sizeof *inst);
    copy->prev = copy->next = NULL;
    copy->args = ARENA_ARRAY(arena, IrValue *, inst->arg_count + 1);
    if (inst->arg_count)
        memcpy(copy->args, args, (size_t)inst->arg_count * sizeof *args);
    copy->results = ARENA_ARRAY(arena, IrValue, inst->result_count);
    for (int i = 0; i < inst->result_count; i++)
        copy->results[i] = (IrValue){.type = inst->results[i].type, .name = inst->results[i].name, .def = copy, .index = i};
    return copy;
}

void ir_region_append(Arena *arena, IrRegion *to, const IrRegion *from, IrValue **map)
{
    for (const IrInst *inst = from->first; inst; inst = inst->next)
        ir_inst_insert(to, NULL, copy_inst(arena, inst, map));
}

static IrRegion *copy_region(Arena *arena, const IrRegion *region, IrInst *owner, IrValue **map)
{
    IrRegion *copy = arena_copy(arena, region, sizeof *region);
    copy->owner = owner;
    copy->first = copy->last = NULL;
    copy->params = arena_copy(arena, region->params, sizeof(IrValue) * (size_t)region->param_count);
    for (int i = 0; i < region->param_count; i++)
        map[region->params[i].id] = &copy->params[i];
    ir_region_append(arena, copy, region, map);
    copy->yields = map_values(arena, region->yields, region->yield_count, map);
    return copy;
}

IrFunc *ir_func_copy(const IrFunc *func, const char *name, IrValue ***map)
{
    Arena *arena = func->module->arena;
    int count = ir_func_number((IrFunc *)func);
    IrValue **values = ARENA_ARRAY(arena, IrValue *, count);
    IrFunc *copy = ir_func_new(func->module, name);
    for (int i = 0; i < func->arg_count; i++)
        values[i] =
            ir_func_arg(copy, func->args[i]->kind, func->args[i]->name, func->args[i]->type);
    copy->body = copy_region(arena, func->body, NULL, values);
    copy->result_names =
        arena_copy(arena, func->result_names, sizeof(char *) * (size_t)func->body->yield_count);
    if (map)
        *map = values;
    return copy;
}
