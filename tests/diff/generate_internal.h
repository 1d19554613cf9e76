/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the generator share: the program so far, and random
 * choices from it. generate.c has the structure of programs, generate_ops.c
 * one function for each family of operators.
 *
 * In the region of a scan only values of the region and outer values over
 * constant dimensions are candidates; operators then keep items apart, see
 * `row` below.
 */
#ifndef NND_TESTS_DIFF_GENERATE_INTERNAL_H
#define NND_TESTS_DIFF_GENERATE_INTERNAL_H

#include "tests/diff/generate.h"

/* |x| <= bound for every element of a candidate. */
typedef struct Candidate {
    IrValue *value;
    double bound;
} Candidate;

typedef struct Candidates {
    VEC(Candidate) items;
} Candidates;

typedef struct Gen {
    const GenerateOptions *options;
    IrModule *module;
    Arena *arena;
    IrFunc *func;
    IrBuilder b;
    uint64_t random;
    IrDim *batch, *word, *sent, *token; /* free; ragged over batch, over batch, over sent */
    IrDim *row;                         /* parent of the scan at hand, or NULL */
    Candidates floats, ints, bools;
    int arg_count;
    uint32_t streams;
} Gen;

/* Uniform in [0, n). Two choices never stand in one expression: compilers differ in their order. */
int gen_below(Gen *g, int n);
bool gen_chance(Gen *g, int percent);
IrDim *gen_const_dim(Gen *g);
/* Small enough to compute with: rank, elements of the constant axes, at most two axes of run-time
 * size. */
bool gen_is_small(const IrType *type);
bool gen_has_rows(const Gen *g, const IrType *type); /* inside of a scan: has a row for each item */
IrType gen_type(Gen *g, NndDType dtype);
/* Some float candidate; its bound in *bound if that is not NULL. */
IrValue *gen_float(Gen *g, double *bound);
void gen_add(Gen *g, IrValue *value, double bound);

IrValue *gen_ew1(Gen *g, IrOp op, IrValue *x);
IrValue *gen_ew2(Gen *g, IrOp op, IrValue *x, IrValue *y);
IrValue *gen_scale(Gen *g, IrValue *x, double factor);
/* x itself if its bound is at most `limit`, else tanh(x). */
IrValue *gen_tame(Gen *g, IrValue *x, double *bound, double limit);
/* A float value of exactly this type, |x| <= *bound <= 4. */
IrValue *gen_match(Gen *g, IrType type, double *bound);
/* A new weight. */
IrValue *gen_param(Gen *g, IrType type);

/* generate_ops.c: adds values to the candidates, or nothing if no operand fits. */
void gen_op(Gen *g);
/* The same at the end of a function: nothing may follow it. */
void gen_put(Gen *g);

#endif
