/* SPDX-License-Identifier: Apache-2.0
 *
 * Kernels that do not depend on each other, as the two directions of a recurrent layer or the filters of several widths:
 * with few items one of them has too little for two threads to share, but two are something for each. Kernels between them
 * that do not depend on them either come first. Only in what is compiled for predictions: a training step has many items, and
 * values of kernels that run at the same time need memory at the same time.
 */
#include "compiler/passes/fuse.h"

enum { MOST = 6, LOOK_AHEAD = 8 }; /* kernels of a group, and those to look at for the next one of it */

typedef struct Group {
    Kernel **kernels; /* all of the body */
    int first, count; /* those of the group */
    bool *made;       /* by value id: by one of the group */
} Group;

static bool is_for_predictions(const IrFunc *func)
{
    for (int i = 0; i < func->arg_count; i++)
        if (func->args[i]->kind == NND_ARG_FIXED)
            return true;
    return false;
}

/* Others have to stay where they are: those of a run follow each other, rows are put into the buffer of an argument, and parts
 * of a scan are launched in a loop. */
static bool is_movable(const Kernel *kernel)
{
    bool parts = kernel->kind == KERNEL_SCAN && kernel->anchor->attrs.scan.part;
    return !kernel->run && kernel->kind != KERNEL_ROWS && !parts;
}

static bool is_worth_a_thread(const Kernel *kernel)
{
    return is_movable(kernel) && kernel->anchor && !kernel->once && !kernel->demand && kernel->roots.count;
}

static bool reads_made(const Group *group, const IrInst *inst);

static bool is_made_of(const Group *group, const IrValue *value)
{
    if (group->made[value->id])
        return true;
    bool inlined = value->def && value->def->group == -1;
    return inlined && reads_made(group, value->def);
}

static bool region_reads_made(const Group *group, const IrRegion *region)
{
    for (const IrInst *inst = region->first; inst; inst = inst->next)
        if (reads_made(group, inst))
            return true;
    return false;
}

static bool reads_made(const Group *group, const IrInst *inst)
{
    for (int i = 0; i < inst->arg_count; i++)
        if (is_made_of(group, inst->args[i]))
            return true;
    return inst->region && region_reads_made(group, inst->region);
}

static bool depends(const Group *group, const Kernel *kernel)
{
    for (int i = 0; i < kernel->insts.count; i++)
        if (reads_made(group, kernel->insts.data[i]))
            return true;
    return false;
}

static void add(Group *group, const Kernel *kernel)
{
    for (int i = 0; i < kernel->insts.count; i++)
        for (int k = 0; k < kernel->insts.data[i]->result_count; k++)
            group->made[kernel->insts.data[i]->results[k].id] = true;
    group->count++;
}

static void move_to_front(Kernel **kernels, int from, int to)
{
    Kernel *moved = kernels[from];
    memmove(&kernels[to + 1], &kernels[to], (size_t)(from - to) * sizeof(Kernel *));
    kernels[to] = moved;
}

/* Brings kernel `next` to the end of the group and those between in front of it, if that changes nothing. */
static void join(Group *group, int next)
{
    Kernel **kernels = group->kernels;
    if (!is_worth_a_thread(kernels[next]))
        return;
    for (int i = group->first + group->count; i <= next; i++)
        if (!is_movable(kernels[i]) || depends(group, kernels[i]))
            return;
    for (int i = group->first + group->count; i < next; i++)
        move_to_front(kernels, i, group->first++);
    add(group, kernels[next]);
}

void fuse_beside(Arena *arena, const IrFunc *func, KernelList *kernels, int value_count)
{
    int number = 0;
    if (optimisation_in(func->module->without, OPTIMISE_SIDE_BY_SIDE) || !is_for_predictions(func))
        return;
    Group group = {.kernels = kernels->items.data, .made = ARENA_ARRAY(arena, bool, value_count + 1)};
    for (; group.first < kernels->items.count; group.first += group.count) {
        memset(group.made, 0, (size_t)value_count + 1);
        group.count = 0;
        bool begins = is_worth_a_thread(group.kernels[group.first]);
        add(&group, group.kernels[group.first]);
        for (int i = group.first + 1; begins && i < kernels->items.count && group.count < MOST; i++) {
            if (i >= group.first + group.count + LOOK_AHEAD)
                break;
            join(&group, i);
        }
        number += group.count > 1;
        for (int i = 0; group.count > 1 && i < group.count; i++)
            group.kernels[group.first + i]->beside = number;
    }
}
