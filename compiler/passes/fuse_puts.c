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
} Puts;

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

static bool is_in_memory(const Puts *p, const IrValue *value)
{
    return !value->def || (value->def->group != -1 && value->def->group != p->rows);
}

static bool reads_table(const Puts *p, const IrValue *value)
{
    if (is_in_memory(p, value))
        return is_table(p, value);
    for (int i = 0; i < value->def->arg_count; i++)
        if (reads_table(p, value->def->args[i]))
            return true;
    return false;
}

/* What codegen/lanes.h can compute in vectors, of no table but at the element's own index. */
static bool is_in_place(const Puts *p, const IrValue *value)
{
    if (value->type.dtype != NND_F32 && value->type.dtype != NND_BOOL)
        return false;
    if (is_in_memory(p, value))
        return !is_table(p, value);
    const IrInst *inst = value->def;
    if (inst->op == OP_const || inst->op == OP_broadcast)
        return !reads_table(p, value);
    if (inst->op == OP_gather)
        return inst->args[1] == p->model->args[2] && is_in_memory(p, inst->args[0]) && is_own_table(p, inst->args[0]);
    bool all = ir_op_is_scalar(inst->op);
    for (int i = 0; all && i < inst->arg_count; i++)
        all = is_in_place(p, inst->args[i]);
    return all;
}

/* Whether rows of puts like the model are all that the kernel is for. */
static bool is_for_puts(const Puts *p)
{
    for (const IrInst *inst = p->func->body->first; inst; inst = inst->next)
        for (int i = 0; i < inst->arg_count; i++) {
            const IrInst *def = inst->args[i]->def;
            bool own = inst->op == OP_put && i == 1 && is_like_model(p, inst);
            if (def && def->group == p->rows && inst->group != p->rows && !own)
                return false;
        }
    for (int i = 0; i < p->func->body->yield_count; i++) {
        const IrInst *def = p->func->body->yields[i]->def;
        if (def && def->group == p->rows)
            return false;
    }
    return true;
}

static bool can_join(const Puts *p)
{
    if (p->model->args[1]->type.rank != 2 || !is_in_memory(p, p->model->args[2]) || !is_for_puts(p))
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

void fuse_puts(IrFunc *func)
{
    Puts p = {.func = func, .first = first_put(func->body)};
    for (const IrInst *put = p.first; put; put = put->next) {
        const IrInst *rows = put->args[1]->def;
        if (!rows || rows->group == -1 || rows->group == put->group)
            continue; /* they are in memory, or joined before */
        p.model = put;
        p.rows = rows->group;
        if (can_join(&p))
            join(&p);
    }
}
