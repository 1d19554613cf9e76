/* SPDX-License-Identifier: Apache-2.0
 *
 * What gradient.c, gradient_scan.c and gradient_parts.c share.
 */
#ifndef NND_COMPILER_PASSES_GRADIENT_H
#define NND_COMPILER_PASSES_GRADIENT_H

#include "compiler/ops/grad.h"
#include "compiler/passes/passes.h"

typedef struct Gradient {
    IrFunc *func;      /* the copy that is extended */
    IrBuilder builder; /* at the end of its body, or of the region of a part */
    int value_count;   /* ids of forward values are below */
    bool *active;      /* by id of the forward values: depends on what is differentiated by */
} Gradient;

bool gradient_is_float(const IrValue *value);
bool gradient_is_active(const Gradient *g, const IrValue *value);

/* The adjoint of a forward value so far, NULL if none; adding to it. */
IrValue *gradient_of(const IrValue *value);
void gradient_add(IrBuilder *b, IrValue *value, IrValue *adjoint);

/* Runs the rule of c->inst and sets c->adjoints. */
void gradient_apply(const Gradient *g, GradContext *c);

/* From `last` of the builder's region to its first instruction. */
void gradient_region(Gradient *g, IrInst *last);
bool gradient_has_adjoint(const IrInst *scan);
void gradient_scan(Gradient *g, IrInst *scan);
void gradient_parts(Gradient *g, IrInst *scan);
/* Puts `scan`, which emits more, in the place of `old`: its emits come first and are as before, its states last. */
void gradient_replace_scan(Gradient *g, IrInst *old, IrInst *scan);

#endif
