/* SPDX-License-Identifier: Apache-2.0
 *
 * Operators that move data: the adjoint moves it back, and adds up what was
 * repeated.
 */
#include "compiler/ops/grad.h"

/* Sums a value with segmented axis 0 down to its ancestor `dim`. */
static IrValue *sum_to(IrBuilder *b, IrValue *x, const IrDim *dim)
{
    while (x->type.dims[0] != dim)
        x = ir_reduce(b, OP_sum, x, 1);
    return x;
}

/* New axes are summed over; then the remaining ones are put into the order of the operand. */
void grad_broadcast(const GradContext *c)
{
    const int8_t *map = c->inst->attrs.map;
    IrType x = grad_arg_type(c, 0);
    IrValue *g = c->g;
    int rank = g->type.rank;
    unsigned added = 0;
    for (int i = 0; i < rank; i++)
        if (map[i] < 0)
            added |= 1u << i;
    if (added & 1 && rank && ir_dim_segmented(g->type.dims[0])) {
        /* all rows at once: each sum over segments leaves the parent as axis 0 */
        IrDim *dim = g->type.dims[0];
        if (added & ~1u)
            g = ir_reduce(c->b, OP_sum, g, added & ~1u);
        for (; ir_dim_segmented(dim); dim = dim->parent)
            g = ir_reduce(c->b, OP_sum, g, 1);
        g = ir_reduce(c->b, OP_sum, g, 1);
    } else if (added) {
        g = ir_reduce(c->b, OP_sum, g, added);
    }
    int8_t order[NND_MAX_RANK];
    for (int i = 0, kept = 0; i < rank; i++)
        if (map[i] >= 0)
            order[map[i]] = (int8_t)kept++;
    if (x.rank && !(added & 1) && map[0] == 0)
        g = sum_to(c->b, g, x.dims[0]);
    c->adjoints[0] = ir_transpose(c->b, g, order);
}

void grad_reshape(const GradContext *c)
{
    c->adjoints[0] = ir_reshape(c->b, c->g, grad_arg_type(c, 0));
}

void grad_transpose(const GradContext *c)
{
    int8_t back[NND_MAX_RANK];
    for (int i = 0; i < c->g->type.rank; i++)
        back[c->inst->attrs.map[i]] = (int8_t)i;
    c->adjoints[0] = ir_transpose(c->b, c->g, back);
}

void grad_slice(const GradContext *c)
{
    int axis = c->inst->attrs.slice.axis;
    c->adjoints[0] = ir_pad(c->b, c->g, axis, c->inst->attrs.slice.start, grad_arg_type(c, 0).dims[axis]->size);
}

void grad_pad(const GradContext *c)
{
    int axis = c->inst->attrs.slice.axis;
    c->adjoints[0] = ir_slice(c->b, c->g, axis, c->inst->attrs.slice.start, grad_arg_type(c, 0).dims[axis]->size);
}

void grad_concat(const GradContext *c)
{
    int axis = c->inst->attrs.axis;
    int64_t start = 0;
    for (int i = 0; i < c->inst->arg_count; i++) {
        int64_t size = grad_arg_type(c, i).dims[axis]->size;
        if (c->wanted[i])
            c->adjoints[i] = ir_slice(c->b, c->g, axis, start, size);
        start += size;
    }
}

void grad_window(const GradContext *c)
{
    IrWindow window = c->inst->attrs.window;
    c->adjoints[0] = ir_unwindow(c->b, c->g, window, grad_arg_type(c, 0).dims[window.axis]);
}

void grad_unwindow(const GradContext *c)
{
    IrWindow window = c->inst->attrs.window;
    window.fill = 0;
    c->adjoints[0] = ir_window(c->b, c->g, window, grad_arg_type(c, 0).dims[window.axis]);
}

void grad_gather(const GradContext *c)
{
    if (c->wanted[0])
        c->adjoints[0] = ir_scatter_add(c->b, c->g, grad_arg(c, 1), grad_arg_type(c, 0).dims[0]);
}

void grad_scatter_add(const GradContext *c)
{
    if (c->wanted[0])
        c->adjoints[0] = ir_gather(c->b, c->g, grad_arg(c, 1));
}
