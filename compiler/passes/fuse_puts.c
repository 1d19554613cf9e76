/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows that are computed where they are put: a kernel of element-wise instructions whose roots are nothing but the new
 * rows of tables joins their puts, which become one kernel. Rows are never in memory of their own.
 *
 * The tables may be changed in place, so what a row is computed of must not have been changed by another row: of these tables
 * only the row itself is read, at the element's own index.
 */
#include "compiler/passes/fuse.h"

typedef struct Puts {
    const IrFunc *func;
    IrInst *first; /* of all puts of the function, which are its last instructions */
    const IrInst *model; /* the puts at hand have its index, and tables like its */
    int rows;      /* kernel that computes these */
    int left;      /* values to be looked at before it is given up: one that is read twice is looked at twice */
} Puts;

enum { MOST_VALUES = 1000 };

static IrInst *first_put(const IrRegion *body)
{
    IrInst *first = NULL;
    for (IrInst *inst = body->last; inst && inst->op == OP_put; inst = inst->prev)
        first = inst;
    return first;
}

static bool is_like_model(const Puts *p, const IrInst *put)
{
    return put->args[2] == p->model->args[2] && ir_type_equal(&put->args[0]->type, &p->model->args[0]->type);
}

/* Whether rows are put into the value, by any put. */
static bool is_table(const Puts *p, const IrValue *value)
{
    for (const IrInst *put = p->first; put; put = put->next)
        if (put->args[0] == value)
            return true;
    return false;
}

static bool is_own_table(const Puts *p, const IrValue *value)
{
    for (const IrInst *put = p->first; put; put = put->next)
        if (put->args[0] == value && !is_like_model(p, put))
            return false;
    return true;
}

/* By another kernel than the one at hand. */
static bool is_made_elsewhere(const Puts *p, const IrValue *value)
{
    return !value->def || (value->def->group != -1 && value->def->group != p->rows);
}

static bool reads_table(Puts *p, const IrValue *value)
{
    if (p->left-- <= 0)
        return true;
    if (is_made_elsewhere(p, value))
        return is_table(p, value);
    for (int i = 0; i < value->def->arg_count; i++)
        if (reads_table(p, value->def->args[i]))
            return true;
    return false;
}

/* Repeated along the columns, or from memory. */
static bool is_simple_broadcast(const Puts *p, const IrInst *inst)
{
    return inst->attrs.map[inst->results[0].type.rank - 1] < 0 || is_made_elsewhere(p, inst->args[0]);
}

/* What codegen/lanes.h can compute in vectors (lanes_knows, lanes_holds), of no table but at the element's own index. */
static bool is_in_place(Puts *p, const IrValue *value)
{
    if (p->left-- <= 0 || (value->type.dtype != NND_F32 && value->type.dtype != NND_BOOL))
        return false;
    if (is_made_elsewhere(p, value))
        return !is_table(p, value);
    const IrInst *inst = value->def;
    if (inst->op == OP_const)
        return true;
    if (inst->op == OP_broadcast)
        return is_simple_broadcast(p, inst) && !reads_table(p, inst->args[0]);
    if (inst->op == OP_gather)
        return inst->args[1] == p->model->args[2] && is_made_elsewhere(p, inst->args[0]) && is_own_table(p, inst->args[0]);
    bool all = ir_op_is_scalar(inst->op);
    for (int i = 0; all && i < inst->arg_count; i++)
        all = is_in_place(p, inst->args[i]);
    return all;
}

/* Whether rows of puts like the model are all that the kernel is for. */
static bool is_for_puts(const Puts *p, const IrRegion *region)
{
    for (const IrInst *inst = region->first; inst; inst = inst->next) {
        for (int i = 0; i < inst->arg_count; i++) {
            bool own = inst->op == OP_put && i == 1 && is_like_model(p, inst);
            if (inst->args[i]->def && inst->args[i]->def->group == p->rows && inst->group != p->rows && !own)
                return false;
        }
        if (inst->region && !is_for_puts(p, inst->region))
            return false;
    }
    for (int i = 0; i < region->yield_count; i++)
        if (region->yields[i]->def && region->yields[i]->def->group == p->rows)
            return false;
    return true;
}

static bool can_join(Puts *p)
{
    if (p->model->args[1]->type.rank != 2 || !is_made_elsewhere(p, p->model->args[2]) || !is_for_puts(p, p->func->body))
        return false;
    bool all = true;
    for (const IrInst *put = p->first; put; put = put->next)
        if (is_like_model(p, put))
            all &= is_in_place(p, put->args[1]);
    return all;
}

/* The kernel's instructions and the puts, done where the last of these was. */
static void join(const Puts *p)
{
    int group = 0;
    for (const IrInst *put = p->first; put; put = put->next)
        group = is_like_model(p, put) ? put->group : group;
    for (IrInst *inst = p->func->body->first; inst; inst = inst->next)
        if (inst->group == p->rows || (inst->op == OP_put && is_like_model(p, inst)))
            inst->group = group;
}

/* A table that was just made by a put is changed twice. */
static bool is_chain(const Puts *p)
{
    for (const IrInst *put = p->first; put; put = put->next)
        if (put->args[0]->def && put->args[0]->def->op == OP_put)
            return true;
    return false;
}

void fuse_puts(IrFunc *func)
{
    Puts p = {.func = func, .first = first_put(func->body)};
    if (is_chain(&p))
        return;
    for (const IrInst *put = p.first; put; put = put->next) {
        const IrInst *rows = put->args[1]->def;
        if (!rows || rows->group == -1 || rows->group == put->group)
            continue; /* they are in memory, or joined before */
        p.model = put;
        p.rows = rows->group;
        p.left = MOST_VALUES;
        if (can_join(&p))
            join(&p);
    }
}
