/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the optimiser share: optimiser.c (the rules) and
 * touched_rows.c (tables of which only rows are changed).
 */
#ifndef NND_COMPILER_PASSES_OPTIMISER_INTERNAL_H
#define NND_COMPILER_PASSES_OPTIMISER_INTERNAL_H

#include "compiler/passes/passes.h"

typedef struct Results {
    VEC(IrValue *) values;
    VEC(const char *) names;
} Results;

/* Rows to be put into an argument, which is a result then. */
typedef struct Put {
    IrValue *whole, *rows, *which;
} Put;

/* Rows of a table that had gone on without gradients, brought up to date at the start of the step. */
typedef struct Awake {
    IrValue *param, *rows, *missed;
} Awake;

typedef struct Update {
    const Optimiser *rule;
    IrFunc *func;
    Arena *arena;
    IrBuilder b;
    IrValue *rate, *iteration; /* scalars */
    IrValue *shrink;           /* scalar: what gradients are multiplied with, or NULL */
    Results params, states;
    VEC(Put) puts;
    VEC(Awake) awake;
    /* the parameter at hand */
    IrValue *param;
    IrValue *which;  /* i32: the rows that are changed, each once; NULL: all of it */
    IrValue *missed; /* i32, for each of these: steps since it was changed last; NULL if that does
                        not matter */
    IrType type;     /* of what is changed */
} Update;

/* ---- optimiser.c ---- */
/* Adds argument OPTIMISER_STEP. */
Update update_begin(IrFunc *func, const Optimiser *rule);
/* The argument of a state, added if there is none yet. */
IrValue *update_state(Update *u, const char *name, IrType type);
IrValue *update_state_of_param(Update *u, const char *slot, IrType type);
IrValue *update_arg(const IrFunc *func, const char *name);
/* The new value of a parameter or of a state, or of its rows at hand. */
void update_keep(Update *u, Results *results, const char *name, IrValue *value);
void update_keep_state(Update *u, const char *slot, IrValue *value);
/* Ends the function with these results and all that was kept. */
void update_end(Update *u, Results *results);
bool update_is_gradient(const char *result);
double update_clip_limit(const Optimiser *rule, const char *param);

/* States of a weight under Adam, and what all weights' steps have in common. */
#define ADAM_MEAN "mean"
#define ADAM_SQUARES "squares"
IrValue *adam_size(Update *u);  /* rate / (1 - beta1^iteration) */
IrValue *adam_scale(Update *u); /* 1 / sqrt(1 - beta2^iteration) */

/* ---- touched_rows.c ---- */
/* The gradient's rows (a scatter_add), if only these need be changed; else NULL. */
IrInst *touched_rows(const Optimiser *rule, const IrFunc *func, const char *param, const IrValue *gradient);
/* Of rows that the function reads: as they would be had the whole table been changed in each step. */
void touched_wake(Update *u);
/* Begins with a parameter: which rows of it, and what they have missed. */
void touched_choose(Update *u, IrInst *rows);
/* These rows of the parameter; of a state that a step with a gradient of zero multiplies by `decay`. */
IrValue *touched_weights(Update *u);
IrValue *touched_state(Update *u, IrValue *whole, double decay);
/* Keeps what later steps must know of this one. */
void touched_remember(Update *u);

#endif
