/* SPDX-License-Identifier: Apache-2.0
 *
 * The adjoint of an operand of a contraction is a contraction of the result's
 * adjoint with the other operand over that one's free axes. Result axes are
 * batch, free of a, free of b.
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
static int append_contracted(const IrDot *dot, const Side *own, const Side *other, int8_t *axes, int n)
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

/* g . b over b's free axes: [batch, free of a, contracted]. */
static IrValue *adjoint_of_a(const GradContext *c, const Side *a, const Side *b)
{
    const IrDot *dot = &c->inst->attrs.dot;
    IrDot d = {.batch_count = dot->batch_count, .contract_count = b->free_count};
    int8_t axes[NND_MAX_RANK];
    for (int i = 0; i < dot->batch_count; i++) {
        d.a_batch[i] = (int8_t)i;
        d.b_batch[i] = b->batch[i];
        axes[i] = a->batch[i];
    }
    for (int i = 0; i < b->free_count; i++) {
        d.a_contract[i] = (int8_t)(dot->batch_count + a->free_count + i);
        d.b_contract[i] = b->free[i];
    }
    int n = append_free(a, axes, dot->batch_count);
    append_contracted(dot, a, b, axes, n);
    return restore(c, ir_dot(c->b, c->g, grad_arg(c, 1), d), axes);
}

/* a . g over a's free axes: [batch, contracted, free of b]. */
static IrValue *adjoint_of_b(const GradContext *c, const Side *a, const Side *b)
{
    const IrDot *dot = &c->inst->attrs.dot;
    IrDot d = {.batch_count = dot->batch_count, .contract_count = a->free_count};
    int8_t axes[NND_MAX_RANK];
    for (int i = 0; i < dot->batch_count; i++) {
        d.a_batch[i] = a->batch[i];
        d.b_batch[i] = (int8_t)i;
        axes[i] = b->batch[i];
    }
    for (int i = 0; i < a->free_count; i++) {
        d.a_contract[i] = a->free[i];
        d.b_contract[i] = (int8_t)(dot->batch_count + i);
    }
    int n = append_contracted(dot, b, a, axes, dot->batch_count);
    append_free(b, axes, n);
    return restore(c, ir_dot(c->b, grad_arg(c, 0), c->g, d), axes);
}

void grad_dot(const GradContext *c)
{
    Side a = side_of(c, 0), b = side_of(c, 1);
    if (c->wanted[0])
        c->adjoints[0] = adjoint_of_a(c, &a, &b);
    if (c->wanted[1])
        c->adjoints[1] = adjoint_of_b(c, &a, &b);
}
