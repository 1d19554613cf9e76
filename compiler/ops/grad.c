/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ops/grad.h"

#include "compiler/ops/expr.h"

/* NOGRAD rows have no function; the flags are constant expressions, so the unused side vanishes. */
GradFn *grad_rule(IrOp op)
{
    if (ir_op_info[op].flags & NOGRAD)
        return NULL;
    if (ir_op_is_scalar(op))
        return grad_elementwise;
    switch (op) {
    case OP_cast: return grad_cast;
    case OP_broadcast: return grad_broadcast;
    case OP_reshape: return grad_reshape;
    case OP_transpose: return grad_transpose;
    case OP_slice: return grad_slice;
    case OP_pad: return grad_pad;
    case OP_concat: return grad_concat;
    case OP_window: return grad_window;
    case OP_unwindow: return grad_unwindow;
    case OP_gather: return grad_gather;
    case OP_scatter_add: return grad_scatter_add;
    case OP_sum: return grad_sum;
    case OP_reduce_max: return grad_reduce_max;
    case OP_dot: return grad_dot;
    default: NND_BUG("operator %s has no gradient", ir_op_info[op].name);
    }
}

/* Binds the variables that the expression uses, and no others. */
static void bind_variables(const GradContext *c, const Expr *e, IrValue **variables)
{
    if (e->kind == EXPR_VARIABLE && !variables[e->variable])
        variables[e->variable] = e->variable == VAR_G   ? c->g
                                 : e->variable == VAR_R ? grad_result(c)
                                                        : grad_arg(c, (int)e->variable);
    for (int i = 0; i < 3 && e->kind == EXPR_CALL && e->args[i]; i++)
        bind_variables(c, e->args[i], variables);
}

void grad_elementwise(const GradContext *c)
{
    const IrOpInfo *info = &ir_op_info[c->inst->op];
    IrValue *variables[VAR_COUNT] = {NULL};
    for (int i = 0; i < info->arity; i++) {
        const Expr *derivative = expr_parse(c->b->module->arena, info->derivative[i]);
        if (!c->wanted[i] || expr_is_zero(derivative))
            continue;
        bind_variables(c, derivative, variables);
        c->adjoints[i] = expr_build(c->b, derivative, variables, c->g->type);
    }
}

void grad_cast(const GradContext *c)
{
    c->adjoints[0] = ir_cast(c->b, c->g, grad_arg_type(c, 0).dtype);
}
