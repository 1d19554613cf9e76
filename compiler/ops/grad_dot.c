/* SPDX-License-Identifier: Apache-2.0
 *
 * The adjoint of an operand of a contraction is a contraction of the result's
 * adjoint with the other operand over that one's free axes. Result axes are
 * batch, free of a, free of b. A segmented axis must come out in front: that
 * decides which factor comes first, and where batch axes are in the way the
 * product is written out.
 */
#include "compiler/ops/grad.h"

typedef struct Side {
    IrType type;
    const int8_t *batch, *contract;
    int free_count;
    int8_t free[NND_MAX_RANK];
} Side;

static Side side_of(const GradContext *c, int which)
{
    const IrDot *dot = &c->inst->attrs.dot;
    Side s = {.type = grad_arg_type(c, which),
              .batch = which ? dot->b_batch : dot->a_batch,
              .contract = which ? dot->b_contract : dot->a_contract};
    for (int i = 0; i < s.type.rank; i++) {
        bool taken = false;
        for (int k = 0; k < dot->batch_count; k++)
            taken |= s.batch[k] == i;
        for (int k = 0; k < dot->contract_count; k++)
            taken |= s.contract[k] == i;
        if (!taken)
            s.free[s.free_count++] = (int8_t)i;
    }
    return s;
}

/* own's contracted axes in the order in which they come out of the product: as the other side's. */
static int append_contracted(const IrDot *dot, const Side *own, const Side *other, int8_t *axes,
                             int n)
{
    for (int axis = 0; axis < other->type.rank; axis++)
        for (int k = 0; k < dot->contract_count; k++)
            if (other->contract[k] == axis)
                axes[n++] = own->contract[k];
    return n;
}

static int append_free(const Side *own, int8_t *axes, int n)
{
    for (int i = 0; i < own->free_count; i++)
        axes[n++] = own->free[i];
    return n;
}

/* Axes of the product are those of `axes`: back into the operand's own order. */
static IrValue *restore(const GradContext *c, IrValue *product, const int8_t *axes)
{
    int8_t at[NND_MAX_RANK];
    for (int i = 0; i < product->type.rank; i++)
        at[axes[i]] = (int8_t)i;
    return ir_transpose(c->b, product, at);
}

typedef struct Factors {
    const Side *own, *other; /* the operand whose adjoint is computed, and the other one */
    int own_at, other_at;    /* where their free axes begin in g */
    bool g_first;
} Factors;

static bool is_free(const Side *side, int axis)
{
    for (int i = 0; i < side->free_count; i++)
        if (side->free[i] == axis)
            return true;
    return false;
}

/* g . other is [batch, free of own, contracted], other . g is [batch, contracted, free of own]. */
static IrDot product_of(const IrDot *dot, const Factors *f, int8_t *axes)
{
    IrDot d = {.batch_count = dot->batch_count, .contract_count = f->other->free_count};
    int8_t *g_batch = f->g_first ? d.a_batch : d.b_batch,
           *other_batch = f->g_first ? d.b_batch : d.a_batch;
    int8_t *g_contract = f->g_first ? d.a_contract : d.b_contract;
    int8_t *other_contract = f->g_first ? d.b_contract : d.a_contract;
    for (int i = 0; i < dot->batch_count; i++) {
        g_batch[i] = (int8_t)i;
        other_batch[i] = f->other->batch[i];
        axes[i] = f->own->batch[i];
    }
    for (int i = 0; i < f->other->free_count; i++) {
        g_contract[i] = (int8_t)(f->other_at + i);
        other_contract[i] = f->other->free[i];
    }
    int n = dot->batch_count;
    if (f->g_first)
        n = append_free(f->own, axes, n);
    n = append_contracted(dot, f->own, f->other, axes, n);
    if (!f->g_first)
        append_free(f->own, axes, n);
    return d;
}

/* The sum over other's free axes of g * other, under the axes of own and then those. */
static IrValue *written_out(const GradContext *c, const Factors *f, IrValue *other)
{
    const IrDot *dot = &c->inst->attrs.dot;
    IrType type = f->own->type;
    int8_t of_g[NND_MAX_RANK], of_other[NND_MAX_RANK];
    if (type.rank + f->other->free_count > NND_MAX_RANK)
        NND_BUG("gradient of dot: more than %d axes", NND_MAX_RANK);
    memset(of_g, -1, sizeof of_g);
    memset(of_other, -1, sizeof of_other);
    for (int k = 0; k < dot->batch_count; k++) {
        of_g[f->own->batch[k]] = (int8_t)k;
        of_other[f->own->batch[k]] = f->other->batch[k];
    }
    for (int k = 0; k < dot->contract_count; k++)
        of_other[f->own->contract[k]] = f->other->contract[k];
    for (int i = 0; i < f->own->free_count; i++)
        of_g[f->own->free[i]] = (int8_t)(f->own_at + i);
    for (int i = 0; i < f->other->free_count; i++) {
        of_g[type.rank] = (int8_t)(f->other_at + i);
        of_other[type.rank] = f->other->free[i];
        type.dims[type.rank++] = f->other->type.dims[f->other->free[i]];
    }
    IrValue *x = ir_broadcast(c->b, c->g, type, of_g),
            *y = ir_broadcast(c->b, other, type, of_other);
    unsigned summed = (1u << type.rank) - (1u << f->own->type.rank);
    IrValue *product = ir_ew(c->b, OP_mul, x, y, NULL);
    return summed ? ir_reduce(c->b, OP_sum, product, summed) : product;
}

static IrValue *adjoint_of(const GradContext *c, int which, const Side *own, const Side *other)
{
    const IrDot *dot = &c->inst->attrs.dot;
    Factors f = {.own = own,
                 .other = other,
                 .own_at = dot->batch_count,
                 .other_at = dot->batch_count,
                 .g_first = which == 0};
    *(which ? &f.own_at : &f.other_at) += which ? other->free_count : own->free_count;
    if (dot->batch_count == 0 && own->type.rank > 0 && own->type.dims[0]->kind != NND_DIM_CONST)
        f.g_first = is_free(own, 0);
    int8_t axes[NND_MAX_RANK] = {0};
    IrDot d = product_of(dot, &f, axes);
    IrValue *value = grad_arg(c, !which);
    if (own->type.rank > 0 && ir_dim_segmented(own->type.dims[0]) && axes[0] != 0)
        return written_out(c, &f, value);
    return restore(c, f.g_first ? ir_dot(c->b, c->g, value, d) : ir_dot(c->b, value, c->g, d),
                   axes);
}

void grad_dot(const GradContext *c)
{
    Side a = side_of(c, 0), b = side_of(c, 1);
    if (c->wanted[0])
        c->adjoints[0] = adjoint_of(c, 0, &a, &b);
    if (c->wanted[1])
        c->adjoints[1] = adjoint_of(c, 1, &b, &a);
}
