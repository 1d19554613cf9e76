/* SPDX-License-Identifier: Apache-2.0
 *
 * Passes over the IR. Each lives in a file of its own whose header comment
 * says what holds before and after; pipeline.c is the one list and the only
 * place that verifies, prints and times them.
 */
#ifndef NND_COMPILER_PASSES_PASSES_H
#define NND_COMPILER_PASSES_PASSES_H

#include "compiler/ir/ir.h"

/* ---- passes of the pipeline: rewrite one function in place; true if anything changed ---- */
bool pass_fold(IrFunc *func);       /* canonical form, constants, algebraic identities that hold exactly */
bool pass_cse(IrFunc *func);        /* common subexpressions */
bool pass_dce(IrFunc *func);        /* unused values; unused emits, states and operands of scans */
bool pass_hoist_scan(IrFunc *func); /* out of scans: what depends on no state, what only feeds emits */
bool pass_pad_windows(IrFunc *func);
bool pass_sink_transposes(IrFunc *func); /* work is done in its operands' own order */
bool pass_vector_dot(IrFunc *func); /* products with a vector are sums, which are made in lanes */
bool pass_last_state(IrFunc *func); /* the last row of a scan's sequence is one of its states */
bool pass_fold_embedding(IrFunc *func); /* linear maps of rows of tables become rows of tables */
bool pass_fuse(IrFunc *func);       /* inst->group: see fuse.h */

/* Weights become fixed arguments: the caller promises that they are the same in every call, or
 * tells the engine to forget what it made of them. */
void pass_freeze(IrFunc *func);

/* Weights that only contractions read become bf16 where they are fixed (narrow.c). */
void pass_narrow(IrModule *module);

/* ---- transformations that make new functions ---- */

/* Reverse mode. `func` returns a scalar as its result `loss`; appends to a copy called `name` the
 * adjoint of every argument listed in `wrt` (indices), as further results named "d.<argument>". */
IrFunc *pass_gradient(const IrFunc *func, const char *name, int loss, const int *wrt, int wrt_count);

/* The same by the rows that the model's inputs look up in tables (the vectors of words) in place of by
 * arguments. Appends one result "sensitivity", of the dimension of the input: for each row looked up the l1
 * norm of the derivative by it; an input that looks up several rows has the sum. NULL if `func` has no input
 * that looks up rows outside of scans, or several inputs that do. */
IrFunc *pass_sensitivity(const IrFunc *func, const char *name, int loss);

/* For each different number of an input its row of a table is looked up once (distinct.c). Changes
 * the function's arguments, so it is not in the pipeline. */
bool pass_distinct(IrFunc *func);

/* Gradients of maxima over segments from the winning rows alone (winners.c), contractions of
 * looked-up rows once for each different word (distinct_dot.c), and gradients through windows as
 * convolutions (adjoint_windows.c): of a function with gradients. */
bool pass_winners(IrFunc *func);
bool pass_distinct_dot(IrFunc *func);
bool pass_adjoint_windows(IrFunc *func);

typedef enum OptimiserKind { OPT_SGD, OPT_ADADELTA, OPT_RMSPROP, OPT_ADAM } OptimiserKind;

/* The update rule of a training step, all in the IR so that it is compiled and fused too. */
typedef struct ClipRows {
    const char *param; /* argument name */
    double limit;      /* largest l2 norm of the weights into one output unit (the last axis is the unit) */
} ClipRows;

typedef struct Optimiser {
    OptimiserKind kind;
    double rate;              /* initial learning rate; the function takes the current one as argument OPTIMISER_RATE */
    double momentum;          /* sgd */
    bool nesterov;            /* sgd */
    double rho, epsilon;      /* adadelta, rmsprop */
    double beta1, beta2;      /* adam (epsilon above) */
    double weight_decay;      /* l2, added to the gradient */
    double clip_norm;         /* if above 0: all gradients are scaled down to this l2 norm together */
    int clip_count;
    const ClipRows *clips;
    bool touched_rows; /* of a table that the batch looks rows up in, only these are changed
                          (touched_rows.c) */
} Optimiser;

/* From a gradient function to a training step: arguments are those of `gradient` plus, of kind
 * STATE, the optimiser's state ("<param>.<slot>", and what all tables share, see touched_rows.c; 0 at first)
 * and, of kind RATE, f32 scalars OPTIMISER_RATE and OPTIMISER_STEP (1, 2, ...). Results: the other results of `gradient` (the loss first), then the
 * new value of every trained parameter under its own name, then of every state under its own name.
 */
IrFunc *pass_optimiser(const IrFunc *gradient, const char *name, const Optimiser *optimiser);

/* Names that no input or weight of a model can have. */
#define OPTIMISER_RATE "step/rate"
#define OPTIMISER_STEP "step/number"
#define OPTIMISER_ROWS "step/rows"
/* State "<param>.touched" of a table: the step up to which a row is right, from 0 to those made, which a float can count
 * as far as OPTIMISER_MOST_STEPS. */
#define OPTIMISER_TOUCHED "touched"

enum {
    OPTIMISER_PAST = 1024, /* so many steps a row may be late under Adam */
    OPTIMISER_MOST_STEPS = 1 << 24
};

/* Under Adam, rows of tables that are not looked up are left behind. This function brings rows up to date: arguments are
 * OPTIMISER_ROWS (their numbers, each once), OPTIMISER_STEP (of the step that comes next), and tables and states as in the
 * step; results are those with these rows put into them, to be done in place. Rows that a table does not have are
 * ignored. NULL if nothing is ever late. */
IrFunc *pass_settle(const IrFunc *gradient, const char *name, const Optimiser *optimiser);

/* ---- the pipeline ---- */
typedef struct PassOptions {
    bool verify_each;        /* verify (and round-trip through text) after every pass; aborts with the IR if wrong */
    bool time_passes;        /* one line a pass on stderr */
    const char *print_after; /* name of a pass, or "all": IR to stderr */
    bool fuse;               /* run pass_fuse: for code generation, not for the interpreter */
} PassOptions;

/* All passes but those that the module is to do without (IrModule.without). */
void passes_run(IrModule *module, const PassOptions *options);
/* Names of the passes in order, NULL at the end. */
const char *const *passes_names(void);

#endif
