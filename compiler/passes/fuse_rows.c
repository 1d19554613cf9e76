/* SPDX-License-Identifier: Apache-2.0
 *
 * Softmax, layer norm and what is like them are reductions along the last axis
 * and element-wise instructions over the same rows. A run of such kernels, each
 * of which needs only the rows of its own that the others have made, can be
 * done row by row.
 */
#include "compiler/passes/fuse.h"

enum { LONGEST_ROW = 4096 };

typedef struct Run {
    Arena *arena;
    int value_count;
    int number, length;
    int rank; /* of the rows; entries of a row are one axis more */
    const IrDim *dims[NND_MAX_RANK];
    bool *made;        /* by value id: a root of the run */
    char *known;       /* by value id, for the kernel at hand: 'y' if a part is made by the run, 'n' if none */
    Kernel **kernels;  /* of the run */
} Run;

static bool has_rows(const Run *run, const IrType *type)
{
    if (type->rank < run->rank || type->rank > run->rank + 1)
        return false;
    for (int i = 0; i < run->rank; i++)
        if (type->dims[i] != run->dims[i])
            return false;
    return type->rank == run->rank ||
           (type->dims[run->rank]->kind == NND_DIM_CONST && type->dims[run->rank]->size <= LONGEST_ROW);
}

/* What other kernels compute comes before the run and is made of nothing that the run makes. */
static bool is_leaf(const IrValue *value, int group)
{
    return !value->def || (value->def->group != group && value->def->group != -1);
}

static bool reads_run(Run *run, const IrValue *value, int group)
{
    if (run->made[value->id] || is_leaf(value, group))
        return run->made[value->id];
    char *known = &run->known[value->id];
    if (*known)
        return *known == 'y';
    *known = 'n';
    for (int i = 0; i < value->def->arg_count; i++)
        if (reads_run(run, value->def->args[i], group))
            *known = 'y';
    return *known == 'y';
}

static bool is_last_axis(const IrInst *inst)
{
    bool reduces = inst->op == OP_sum || inst->op == OP_reduce_max || inst->op == OP_argmax;
    return reduces && inst->attrs.axes == 1u << (inst->args[0]->type.rank - 1);
}

static bool keeps_rows(const Run *run, const IrInst *inst)
{
    const IrType *x = &inst->args[0]->type;
    if (ir_op_is_scalar(inst->op) || inst->op == OP_cast)
        return true;
    if (is_last_axis(inst))
        return x->rank == run->rank + 1;
    if (inst->op != OP_broadcast || x->rank < run->rank)
        return false;
    for (int i = 0; i < run->rank; i++)
        if (inst->attrs.map[i] != i)
            return false;
    return true;
}

/* Each instruction of the kernel that uses something of the run uses just its own row of it. */
static bool is_row_local(Run *run, const Kernel *kernel)
{
    for (int k = 0; k < kernel->insts.count; k++) {
        const IrInst *inst = kernel->insts.data[k];
        bool reads = false;
        for (int i = 0; i < inst->arg_count; i++) {
            const IrValue *arg = inst->args[i];
            bool part = reads_run(run, arg, kernel->group);
            bool view = part && !run->made[arg->id] && arg->def->group == -1;
            if (view && (!keeps_rows(run, arg->def) || !run->made[arg->def->args[0]->id]))
                return false;
            reads |= part;
        }
        if (reads && (!keeps_rows(run, inst) || !has_rows(run, &inst->results[0].type)))
            return false;
    }
    return true;
}

/* Padded values are larger than what is computed of them. */
static bool stores_padded(const Kernel *kernel)
{
    for (int i = 0; i < kernel->roots.count; i++)
        if (kernel->roots.data[i]->def->op == OP_pad)
            return true;
    return false;
}

static bool can_be_in_run(const Kernel *kernel)
{
    return kernel->roots.count > 0 && !stores_padded(kernel) &&
           (kernel->kind == KERNEL_MAP || (kernel->kind == KERNEL_REDUCE && is_last_axis(kernel->anchor)));
}

static bool accepts(Run *run, const Kernel *kernel)
{
    if (!can_be_in_run(kernel) || (run->length && kernel->once != run->kernels[0]->once))
        return false;
    for (int i = 0; i < kernel->roots.count; i++)
        if (!has_rows(run, &kernel->roots.data[i]->type))
            return false;
    memset(run->known, 0, (size_t)run->value_count + 1);
    return is_row_local(run, kernel);
}

static void add(Run *run, Kernel *kernel)
{
    run->kernels[run->length++] = kernel;
    for (int i = 0; i < kernel->roots.count; i++)
        run->made[kernel->roots.data[i]->id] = true;
}

/* A reduction along the last axis says what the rows are. */
static bool begin(Run *run, Kernel *kernel)
{
    if (!can_be_in_run(kernel) || kernel->kind != KERNEL_REDUCE || kernel->anchor->args[0]->type.rank < 2)
        return false;
    const IrType *x = &kernel->anchor->args[0]->type;
    run->rank = x->rank - 1;
    memcpy(run->dims, x->dims, sizeof run->dims);
    memset(run->made, 0, (size_t)run->value_count + 1);
    if (!has_rows(run, x) || !accepts(run, kernel))
        return false;
    add(run, kernel);
    return true;
}

static void end(Run *run)
{
    if (run->length > 1) {
        run->number++;
        for (int i = 0; i < run->length; i++)
            run->kernels[i]->run = run->number;
    }
    run->length = 0;
}

void fuse_rows(Arena *arena, const IrFunc *func, KernelList *kernels, int value_count)
{
    if (optimisation_in(func->module->without, OPTIMISE_ROWS))
        return;
    Run run = {.arena = arena, .value_count = value_count};
    run.made = ARENA_ARRAY(arena, bool, value_count + 1);
    run.known = ARENA_ARRAY(arena, char, value_count + 1);
    run.kernels = ARENA_ARRAY(arena, Kernel *, kernels->items.count + 1);
    for (int i = 0; i < kernels->items.count; i++) {
        Kernel *kernel = kernels->items.data[i];
        if (run.length && accepts(&run, kernel)) {
            add(&run, kernel);
            continue;
        }
        end(&run);
        begin(&run, kernel);
    }
    end(&run);
}
