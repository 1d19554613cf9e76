/* SPDX-License-Identifier: Apache-2.0
 *
 * Reductions: the adjoint of the result goes back to every entry (sum), or to
 * the first largest one (reduce_max).
 */
#include "compiler/ops/grad.h"

/* `x`, which lacks the reduced axes, repeated over them. */
static IrValue *spread(const GradContext *c, IrValue *x)
{
    IrType wide = grad_arg_type(c, 0);
    unsigned axes = c->inst->attrs.axes;
    int8_t map[NND_MAX_RANK];
    int next = 0;
    for (int i = 0; i < wide.rank; i++) {
        bool gone = axes >> i & 1 && !ir_dim_segmented(wide.dims[i]);
        map[i] = gone ? -1 : (int8_t)next++;
    }
    return ir_broadcast(c->b, x, wide, map);
}

void grad_sum(const GradContext *c)
{
    c->adjoints[0] = spread(c, c->g);
}

/* Row-major index within the reduced axes, for every entry. */
static IrValue *index_within(const GradContext *c)
{
    IrType type = ir_type_with_dtype(grad_arg_type(c, 0), NND_I32);
    unsigned axes = c->inst->attrs.axes;
    IrValue *index = NULL;
    for (int i = 0; i < type.rank; i++) {
        if (!(axes >> i & 1))
            continue;
        IrValue *iota = ir_iota(c->b, type, i);
        if (index) {
            IrValue *size = ir_const(c->b, type, (double)type.dims[i]->size);
            index = ir_ew(c->b, OP_add, ir_ew(c->b, OP_mul, index, size, NULL), iota, NULL);
        } else {
            index = iota;
        }
    }
    return index;
}

void grad_reduce_max(const GradContext *c)
{
    IrValue *winner = spread(c, ir_reduce(c->b, OP_argmax, grad_arg(c, 0), c->inst->attrs.axes));
    IrValue *hit = ir_ew(c->b, OP_eq, index_within(c), winner, NULL);
    IrValue *zero = ir_const(c->b, grad_arg_type(c, 0), 0);
    c->adjoints[0] = ir_ew(c->b, OP_select, hit, spread(c, c->g), zero);
}
