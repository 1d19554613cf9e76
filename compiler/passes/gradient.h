/* SPDX-License-Identifier: Apache-2.0
 *
 * What gradient.c and gradient_scan.c share.
 */
#ifndef NND_COMPILER_PASSES_GRADIENT_H
#define NND_COMPILER_PASSES_GRADIENT_H

#include "compiler/ops/grad.h"
#include "compiler/passes/passes.h"

typedef struct Gradient {
    IrFunc *func;      /* the copy that is extended */
    IrBuilder builder; /* at the end of its body */
    bool *active;      /* by id of the forward values: depends on what is differentiated by */
} Gradient;

bool gradient_is_float(const IrValue *value);
bool gradient_is_active(const Gradient *g, const IrValue *value);

/* The adjoint of a forward value so far, NULL if none; adding to it. */
IrValue *gradient_of(const IrValue *value);
void gradient_add(IrBuilder *b, IrValue *value, IrValue *adjoint);

/* Runs the rule of c->inst and sets c->adjoints. */
void gradient_apply(const Gradient *g, GradContext *c);

void gradient_scan(Gradient *g, IrInst *scan);

#endif
