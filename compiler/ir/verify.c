/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir/ir.h"

typedef struct Verifier {
    Arena *arena;
    const IrFunc *func;
    bool *defined; /* by value id: in scope at this place */
    char *error;
} Verifier;

static void fail(Verifier *v, const IrInst *inst, const char *what)
{
    if (!v->error)
        v->error = arena_printf(v->arena, "@%s: %s: %s", v->func->name, inst ? ir_op_info[inst->op].name : "return", what);
}

static void check_uses(Verifier *v, const IrInst *inst, IrValue *const *values, int count)
{
    for (int i = 0; i < count; i++)
        if (!values[i] || !v->defined[values[i]->id])
            fail(v, inst, arena_printf(v->arena, "operand %d is not defined here", i));
}

static bool same_types(const IrInst *inst, const IrType *before)
{
    for (int i = 0; i < inst->result_count; i++)
        if (!ir_type_equal(&inst->results[i].type, &before[i]))
            return false;
    return true;
}

static void check_inst_type(Verifier *v, IrInst *inst)
{
    IrType *before = ARENA_ARRAY(v->arena, IrType, inst->result_count);
    for (int i = 0; i < inst->result_count; i++) {
        before[i] = inst->results[i].type;
        if (inst->results[i].def != inst || inst->results[i].index != i)
            fail(v, inst, "a result does not know its instruction");
    }
    char *error = ir_infer(v->arena, inst);
    if (error)
        fail(v, inst, error);
    else if (!same_types(inst, before))
        fail(v, inst, "the type of a result does not follow from its operands");
}

static void check_region(Verifier *v, IrRegion *region);

/* In the body of a scan every value is one for each item, or the same for all. */
static void check_in_scan(Verifier *v, const IrRegion *region, const IrInst *inst)
{
    if (!region->owner)
        return;
    if (inst->op == OP_uniform)
        fail(v, inst, "random numbers are drawn in the body of a scan");
    if (inst->op == OP_scan)
        fail(v, inst, "a scan is inside of a scan");
}

static void check_inst(Verifier *v, IrRegion *region, IrInst *inst)
{
    check_uses(v, inst, inst->args, inst->arg_count);
    if (v->error)
        return;
    if (inst->region) {
        if (inst->region->owner != inst)
            fail(v, inst, "the region does not know its scan");
        check_region(v, inst->region);
        if (v->error)
            return;
    }
    check_in_scan(v, region, inst);
    check_inst_type(v, inst);
    for (int i = 0; i < inst->result_count; i++)
        v->defined[inst->results[i].id] = true;
}

static void set_defined(Verifier *v, const IrRegion *region, bool defined)
{
    for (int i = 0; i < region->param_count; i++)
        v->defined[region->params[i].id] = defined;
    if (defined)
        return;
    for (const IrInst *inst = region->first; inst; inst = inst->next)
        for (int i = 0; i < inst->result_count; i++)
            v->defined[inst->results[i].id] = false;
}

static void check_region(Verifier *v, IrRegion *region)
{
    set_defined(v, region, true);
    const IrInst *before = NULL;
    for (IrInst *inst = region->first; inst && !v->error; inst = inst->next) {
        if (inst->prev != before)
            fail(v, inst, "the list of instructions is broken");
        check_inst(v, region, inst);
        before = inst;
    }
    if (!v->error)
        check_uses(v, region->owner, region->yields, region->yield_count);
    if (region->owner)
        set_defined(v, region, false);
}

char *ir_module_verify(Arena *arena, const IrModule *module)
{
    for (int i = 0; i < module->funcs.count; i++) {
        IrFunc *func = module->funcs.data[i];
        Verifier v = {.arena = arena, .func = func};
        v.defined = ARENA_ARRAY(arena, bool, ir_func_number(func) + 1);
        for (int k = 0; k < func->arg_count; k++)
            v.defined[func->args[k]->id] = true;
        check_region(&v, func->body);
        if (v.error)
            return v.error;
    }
    return NULL;
}
