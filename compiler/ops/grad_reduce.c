/* SPDX-License-Identifier: Apache-2.0
 *
 * Reductions: the adjoint of the result goes back to every entry (sum), or to
 * the first largest one (reduce_max).
 */
#include "compiler/ops/grad.h"

/* `x`, which lacks the reduced axes, repeated over them. */
static IrValue *spread(IrBuilder *b, IrValue *x, IrType wide, unsigned axes)
{
    int8_t map[NND_MAX_RANK];
    int next = 0;
    for (int i = 0; i < wide.rank; i++) {
        bool gone = axes >> i & 1 && !ir_dim_segmented(wide.dims[i]);
        map[i] = gone ? -1 : (int8_t)next++;
    }
    return ir_broadcast(b, x, ir_type_with_dtype(wide, x->type.dtype), map);
}

void grad_sum(const GradContext *c)
{
    c->adjoints[0] = spread(c->b, c->g, grad_arg_type(c, 0), c->inst->attrs.axes);
}

/* Row-major index within the reduced axes, for every entry of `type`. */
static IrValue *index_within(IrBuilder *b, IrType type, unsigned axes)
{
    type.dtype = NND_I32;
    IrValue *index = NULL;
    for (int i = 0; i < type.rank; i++) {
        if (!(axes >> i & 1))
            continue;
        IrValue *iota = ir_iota(b, type, i);
        if (index) {
            IrValue *size = ir_const(b, type, (double)type.dims[i]->size);
            index = ir_ew(b, OP_add, ir_ew(b, OP_mul, index, size, NULL), iota, NULL);
        } else {
            index = iota;
        }
    }
    return index;
}

/* `g` where x is the first maximum over `axes`, 0 elsewhere. */
static IrValue *at_maximum(IrBuilder *b, IrValue *x, unsigned axes, IrValue *g)
{
    IrValue *winner = spread(b, ir_reduce(b, OP_argmax, x, axes), x->type, axes);
    IrValue *hit = ir_ew(b, OP_eq, index_within(b, x->type, axes), winner, NULL);
    return ir_ew(b, OP_select, hit, spread(b, g, x->type, axes), ir_const(b, x->type, 0));
}

/* A place in a segment and one along other axes are not one number: the maximum over both is taken in
 * two steps, the segment last. */
void grad_reduce_max(const GradContext *c)
{
    IrValue *x = grad_arg(c, 0), *g = c->g;
    unsigned axes = c->inst->attrs.axes;
    if (axes & 1 && axes != 1 && ir_dim_segmented(x->type.dims[0])) {
        g = at_maximum(c->b, ir_reduce(c->b, OP_reduce_max, x, axes & ~1u), 1, g);
        axes &= ~1u;
    }
    c->adjoints[0] = at_maximum(c->b, x, axes, g);
}
