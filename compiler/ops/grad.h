/* SPDX-License-Identifier: Apache-2.0
 *
 * Gradients of structured operators, one function each: the linker asks for
 * grad_<name> of every row of lang/ops.def that is not flagged NOGRAD.
 *
 * A rule appends to `b` the adjoints of the operands, given the adjoint `g` of
 * the (only) result, in terms of other operators. Forward values are asked for
 * through `grad_arg` and `grad_result`, because what is asked for inside of a
 * scan has to be saved by the forward scan. A rule leaves NULL where an
 * operand has no adjoint or is not `wanted`.
 */
#ifndef NND_COMPILER_OPS_GRAD_H
#define NND_COMPILER_OPS_GRAD_H

#include "compiler/ir/ir.h"

typedef struct GradContext GradContext;
struct GradContext {
    IrBuilder *b;
    const IrInst *inst;  /* the forward instruction: operator, attributes */
    IrValue *g;          /* adjoint of the result */
    const bool *wanted;  /* for each operand */
    IrValue **adjoints;  /* out: for each operand */
    /* A forward value, and its type, as seen from where the adjoint is computed. */
    IrValue *(*value)(const GradContext *c, IrValue *forward);
    IrType (*type)(const GradContext *c, const IrValue *forward);
    void *place;
};

static inline IrValue *grad_arg(const GradContext *c, int i) { return c->value(c, c->inst->args[i]); }
static inline IrValue *grad_result(const GradContext *c) { return c->value(c, &c->inst->results[0]); }
static inline IrType grad_arg_type(const GradContext *c, int i) { return c->type(c, c->inst->args[i]); }

typedef void GradFn(const GradContext *c);

#define OP(name, ...) GradFn grad_##name;
#include "lang/ops.def"

/* Of scalar operators: from the derivative columns of the table. */
GradFn grad_elementwise;

/* The rule of an operator; NULL if it is never differentiated. */
GradFn *grad_rule(IrOp op);

#endif
