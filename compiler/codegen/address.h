/* SPDX-License-Identifier: Apache-2.0
 *
 * Address maps: how the elements of an operand lie in memory, seen through the
 * views (window, transpose, slice, ...) between it and a stored value. An
 * address is a sum with one term for each axis of the operand, so that loops
 * can add up what they know and innermost ones only add to a pointer. Terms
 * are multiples of the index, but for one axis which may go by way of the
 * tables of a segmented dimension. Bounds say which entries lie outside of a
 * window's operand and are zero.
 */
#ifndef NND_COMPILER_CODEGEN_ADDRESS_H
#define NND_COMPILER_CODEGEN_ADDRESS_H

#include "compiler/codegen/emit.h"

/* constant + sum of factor[i] * index i of the operand. */
typedef struct Form {
    int64_t constant, factor[NND_MAX_RANK];
} Form;

typedef enum RowKind {
    ROW_FORM,     /* axis 0 of the root is a form like the others */
    ROW_WINDOW,   /* ... is the form, plus the first row of window `row_axis` */
    ROW_SEQUENCE, /* ... is the row of the scan's time for the item at place `row_axis` */
    ROW_ITEM,     /* ... is the item at place `row_axis` */
    ROW_LISTED    /* ... is entry `row_axis` of a list of rows */
} RowKind;

typedef struct Bound {
    Form form;
    int64_t extent;  /* inside iff 0 <= form < extent */
    bool in_segment; /* inside iff 0 <= form + position of the window < length of its segment */
} Bound;

enum { MAX_BOUNDS = 8 };

typedef struct AddressMap {
    const IrValue *root;        /* in memory */
    int rank;                   /* of the root, as the views see it */
    const IrDim *dims[NND_MAX_RANK];
    Form forms[NND_MAX_RANK];   /* index of each axis of the root */
    RowKind row;
    int row_axis;               /* of the operand */
    const IrDim *in, *out;      /* WINDOW: rows and windows */
    int64_t row_stride;         /* WINDOW */
    int list_cell;              /* LISTED: the list, of i32 */
    Bound bounds[MAX_BOUNDS];
    int bound_count;
} AddressMap;

/* False if the operand cannot be addressed in this way. `region` is the one that the user is in. */
bool address_map(const FuncGen *fg, const IrRegion *region, const IrValue *operand, AddressMap *out);

/* What a step along an axis of the operand adds to the position, or -1 if that is not known here. */
int64_t address_static_stride(const AddressMap *map, int axis);

/* An address map in an LLVM function. */
typedef struct AddressGen {
    const AddressMap *map;
    LLVMValueRef base;
    LLVMValueRef strides[NND_MAX_RANK]; /* elements, of each axis of the operand */
    LLVMValueRef row_stride;            /* of the root's axis 0 */
    LLVMValueRef constant;
} AddressGen;

AddressGen address_begin(Emit *e, const AddressMap *map, int operand_rank);
/* What entry `at` of an axis adds to the position. */
LLVMValueRef address_term(Emit *e, const AddressGen *gen, int axis, LLVMValueRef at);
/* What it adds to a bound's form. */
LLVMValueRef address_bound_term(Emit *e, const AddressGen *gen, int bound, int axis, LLVMValueRef at);
/* True if the axis has a part in the bound. */
bool address_in_bound(const AddressMap *map, int bound, int axis);
/* What the form must be below; `row` is the entry of row_axis (only used if the bound is in a segment). */
LLVMValueRef address_bound_extent(Emit *e, const AddressGen *gen, int bound, LLVMValueRef row);

#endif
