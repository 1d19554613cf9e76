/* SPDX-License-Identifier: Apache-2.0
 *
 * Sizes of axes: polynomials with integer coefficients over atoms. An atom is
 * a size that is not known yet (a parameter of a layer that is checked for all
 * its values at once), or a quotient that does not come out evenly in symbols.
 * In a model every size is a number.
 *
 * Invariants: terms are sorted and have no zero coefficients, so two
 * polynomials are equal iff they are equal term by term. Dims are immutable.
 * NULL stands for a result that does not fit; it goes through every function.
 */
#ifndef NND_LANG_DIM_H
#define NND_LANG_DIM_H

#include <stdbool.h>
#include <stdint.h>

#include "lang/support/vec.h"

enum { DIM_DEGREE_MAX = 6, DIM_TERMS_MAX = 16 };

typedef struct DimTerm {
    int64_t factor;
    int degree;
    int atoms[DIM_DEGREE_MAX]; /* sorted */
} DimTerm;

typedef struct Dim {
    int term_count;
    DimTerm *terms;
} Dim;

typedef enum DimAtomKind { ATOM_NAME, ATOM_QUOTIENT, ATOM_FLOOR } DimAtomKind;

typedef struct DimAtom {
    DimAtomKind kind;
    const char *name;
    const Dim *above, *below; /* QUOTIENT: above / below; FLOOR: floor(above) */
} DimAtom;

typedef struct DimTable {
    Arena *arena;
    VEC(DimAtom) atoms;
} DimTable;

const Dim *dim_number(DimTable *table, int64_t number);
/* A new unknown, different from every other. */
const Dim *dim_atom(DimTable *table, const char *name);

const Dim *dim_add(DimTable *table, const Dim *a, const Dim *b);
const Dim *dim_sub(DimTable *table, const Dim *a, const Dim *b);
const Dim *dim_mul(DimTable *table, const Dim *a, const Dim *b);
/* Exact quotient; NULL if both are numbers and it is not whole, or if b is 0. */
const Dim *dim_div(DimTable *table, const Dim *a, const Dim *b);
/* floor(a / b); NULL if b is 0. */
const Dim *dim_floor_div(DimTable *table, const Dim *a, const Dim *b);

/* The polynomial with its quotient rounded down; unchanged if it has none, or more than one. */
const Dim *dim_floor(DimTable *table, const Dim *a);

bool dim_equal(const Dim *a, const Dim *b);
/* True if the size is a number, which is then in *number. */
bool dim_known(const Dim *dim, int64_t *number);
/* The number, or `otherwise` if it is not known. */
int64_t dim_value(const Dim *dim, int64_t otherwise);
/* If a is linear in `atom` (a polynomial of one atom): a = factor * atom + rest. */
bool dim_linear(DimTable *table, const Dim *a, const Dim *atom, int64_t *factor, const Dim **rest);

const char *dim_text(DimTable *table, const Dim *dim); /* "2*hidden + 1" */

#endif
