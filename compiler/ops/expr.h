/* SPDX-License-Identifier: Apache-2.0
 *
 * The expressions in the columns of lang/ops.def, as trees: read once, then
 * turned into IR by the differentiator and into LLVM values by the code
 * generator. Variables: x, y, z operands, r the result, g its adjoint.
 */
#ifndef NND_COMPILER_OPS_EXPR_H
#define NND_COMPILER_OPS_EXPR_H

#include "compiler/ir/ir.h"

typedef enum ExprKind {
    EXPR_NUMBER,
    EXPR_VARIABLE, /* `variable` */
    EXPR_CALL      /* operator `op` of its `args`: + is OP_add, < is OP_lt, exp is OP_exp, ... */
} ExprKind;

typedef enum ExprVariable { VAR_X, VAR_Y, VAR_Z, VAR_R, VAR_G, VAR_COUNT } ExprVariable;

typedef struct Expr Expr;
struct Expr {
    ExprKind kind;
    double number;
    ExprVariable variable;
    IrOp op;
    const Expr *args[3];
};

/* The text is a column of the table: anything that cannot be read is a bug. */
const Expr *expr_parse(Arena *arena, const char *text);

/* Appends the expression's instructions; numbers become constants of `type`. A variable that is
 * not bound (NULL) must not occur. */
IrValue *expr_build(IrBuilder *b, const Expr *expr, IrValue *const variables[VAR_COUNT], IrType type);

bool expr_is_zero(const Expr *expr);

#endif
