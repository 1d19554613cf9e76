/* SPDX-License-Identifier: Apache-2.0
 *
 * distinct: the rows of a table that a batch reads are taken from it once for
 * each different number.
 *   needs   verified IR
 *   after   where a parameter was gathered by an input of numbers, its rows for
 *           the different ones (argument "<input>.distinct") are gathered, and
 *           from these by place (argument "<input>.places")
 *
 * So the gradient arrives at these rows: what is to be added to the table is
 * known row by row, each of them once.
 */
#include "compiler/passes/passes.h"

typedef struct Distinct {
    IrFunc *func;
    IrValue *input, *numbers, *places; /* the latter once they are needed */
} Distinct;

typedef struct Rows {
    IrValue *table, *rows;
} Rows;

static bool is_numbers(const IrValue *arg)
{
    return arg->kind == NND_ARG_INPUT && arg->type.dtype == NND_I32 && arg->type.rank == 1;
}

static bool is_look_up(const IrInst *inst, const IrValue *input)
{
    return inst->op == OP_gather && inst->args[1] == input && !inst->args[0]->def &&
           inst->args[0]->kind == NND_ARG_PARAM;
}

static void add_arguments(Distinct *d)
{
    IrModule *module = d->func->module;
    const char *name = arena_printf(module->arena, "%s.distinct", d->input->name);
    IrDim *dim = ir_dim_distinct(module, name, d->input->type.dims[0]);
    d->numbers = ir_func_arg(d->func, NND_ARG_DISTINCT, name, ir_type(NND_I32, 1, &dim));
    name = arena_printf(module->arena, "%s.places", d->input->name);
    d->places = ir_func_arg(d->func, NND_ARG_PLACES, name, d->input->type);
}

/* All look-ups of one table share its rows. */
static void replace(Distinct *d, IrInst *inst, Rows *rows, int *count)
{
    if (!d->numbers)
        add_arguments(d);
    IrBuilder b = ir_builder_before(d->func->module, d->func->body, inst);
    int i = 0;
    while (i < *count && rows[i].table != inst->args[0])
        i++;
    if (i == *count)
        rows[(*count)++] = (Rows){inst->args[0], ir_gather(&b, inst->args[0], d->numbers)};
    ir_replace_uses(d->func, &inst->results[0], ir_gather(&b, rows[i].rows, d->places));
    ir_inst_remove(d->func->body, inst);
}

bool pass_distinct(IrFunc *func)
{
    bool changed = false;
    int arg_count = func->arg_count;
    for (int i = 0; i < arg_count; i++) {
        Distinct d = {.func = func, .input = func->args[i]};
        Rows *rows = ARENA_ARRAY(func->module->arena, Rows, arg_count + 1);
        int count = 0;
        if (!is_numbers(d.input))
            continue;
        for (IrInst *inst = func->body->first, *next; inst; inst = next) {
            next = inst->next;
            if (is_look_up(inst, d.input))
                replace(&d, inst, rows, &count);
        }
        changed |= count > 0;
    }
    return changed;
}
