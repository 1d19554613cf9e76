/* SPDX-License-Identifier: Apache-2.0
 *
 * narrow: bf16 weights, for models that are trained.
 *   needs   fixed arguments (pass_freeze)
 *   after   a fixed f32 argument is of type bf16, and widened where the function begins, if it is
 *           read by contractions alone, through views at most, in every function that has it
 *
 * What is added to sums, looked up or computed with otherwise stays as it is. That a weight must
 * qualify in every function of the module makes all of them work with the same number; so this
 * comes before functions are left out and passes run. The caller gives the rounded numbers as
 * arguments (runtime/bf16.h).
 */
#include <string.h>

#include "compiler/passes/passes.h"

/* Who reads a value. */
typedef struct Readers {
    bool contractions, others;
} Readers;

static bool is_view(IrOp op)
{
    return op == OP_transpose || op == OP_reshape || op == OP_slice || op == OP_broadcast;
}

static void note_readers(Readers *readers, const IrFunc *func, const IrValue *value);

static void note_reader(Readers *readers, const IrFunc *func, const IrInst *inst)
{
    if (inst->op == OP_dot)
        readers->contractions = true;
    else if (is_view(inst->op))
        note_readers(readers, func, &inst->results[0]);
    else
        readers->others = true;
}

static void note_region(Readers *readers, const IrFunc *func, const IrRegion *region,
                        const IrValue *value)
{
    for (int i = 0; i < region->yield_count; i++)
        readers->others |= region->yields[i] == value;
    for (const IrInst *inst = region->first; inst; inst = inst->next) {
        for (int i = 0; i < inst->arg_count; i++)
            if (inst->args[i] == value)
                note_reader(readers, func, inst);
        if (inst->region)
            note_region(readers, func, inst->region, value);
    }
}

static void note_readers(Readers *readers, const IrFunc *func, const IrValue *value)
{
    note_region(readers, func, func->body, value);
}

static const IrValue *find_arg(const IrFunc *func, const char *name)
{
    for (int i = 0; i < func->arg_count; i++)
        if (!strcmp(func->args[i]->name, name))
            return func->args[i];
    return NULL;
}

static bool is_for_contractions(const IrModule *module, const char *name)
{
    Readers readers = {0};
    for (int i = 0; i < module->funcs.count; i++) {
        const IrValue *arg = find_arg(module->funcs.data[i], name);
        if (arg)
            note_readers(&readers, module->funcs.data[i], arg);
    }
    return readers.contractions && !readers.others;
}

typedef struct Weight {
    IrFunc *func;
    IrValue *arg;
} Weight;

static void narrow(const Weight *weight)
{
    IrFunc *func = weight->func;
    IrBuilder b = ir_builder_before(func->module, func->body, func->body->first);
    weight->arg->type.dtype = NND_BF16;
    IrValue *wide = ir_cast(&b, weight->arg, NND_F32);
    ir_replace_uses(func, weight->arg, wide);
    wide->def->args[0] = weight->arg;
}

void pass_narrow(IrModule *module)
{
    VEC(Weight) weights = {0}; /* all are chosen before the first one has another reader */
    for (int i = 0; i < module->funcs.count; i++) {
        IrFunc *func = module->funcs.data[i];
        for (int k = 0; k < func->arg_count; k++) {
            IrValue *arg = func->args[k];
            if (arg->kind == NND_ARG_FIXED && arg->type.dtype == NND_F32 &&
                is_for_contractions(module, arg->name))
                vec_push(module->arena, &weights, ((Weight){func, arg}));
        }
    }
    for (int i = 0; i < weights.count; i++)
        narrow(&weights.data[i]);
}
