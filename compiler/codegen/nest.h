/* SPDX-License-Identifier: Apache-2.0
 *
 * A nest is a set of loops that stores values. It is cut into *items* that do
 * not depend on each other (rows, elements, chunks of columns); code for the
 * items lo .. hi-1 is emitted, either as a block function for the pool or in
 * the middle of a scan. A kernel is one nest or a few, in order.
 */
#ifndef NND_COMPILER_CODEGEN_NEST_H
#define NND_COMPILER_CODEGEN_NEST_H

#include "compiler/codegen/element.h"

typedef enum OutputKind {
    OUTPUT_OWN,   /* the value's own buffer */
    OUTPUT_CELL,  /* another buffer of the same layout: cell `which` */
    OUTPUT_EMIT,  /* in a scan: sequence result `which`, at the row of time t */
    OUTPUT_STATE, /* in a scan: the next state `which` */
    OUTPUT_FINAL, /* in a scan: last state `which`, at the row of the item */
    OUTPUT_LISTED, /* the value's own buffer, at the place of the row that is listed (demand.h) */
    OUTPUT_INSIDE /* the buffer of `whole`, which pads the value */
} OutputKind;

/* Where an element of a value is stored. */
typedef struct Output {
    const IrValue *value;
    OutputKind kind;
    int which;
    const IrValue *whole;
} Output;

/* What is stored. */
static inline const IrValue *output_stored(const Output *output)
{
    return output->kind == OUTPUT_INSIDE ? output->whole : output->value;
}

typedef enum NestKind {
    NEST_FLAT,    /* items are elements in memory order */
    NEST_ROWS,    /* items are rows along the last axis */
    NEST_ELEMENTS, /* items are elements, one index for each axis */
    NEST_LANES,   /* a reduction of contiguous entries; items are results */
    NEST_COLUMNS, /* a reduction or contraction; items are chunks of the last axis */
    NEST_BORDER,  /* the zeros around a padded value */
    NEST_SORT,    /* of scatter_add: which entries each row is the sum of; one item */
    NEST_SCATTER, /* scatter_add; items are rows */
    NEST_KEEP,    /* put: the rows as they were; items are rows */
    NEST_PUT,     /* put: the new rows; items are these */
    NEST_DECAY,   /* decay; items are rows */
    NEST_COAST,   /* coast; items are rows */
    NEST_PACK,    /* an operand of a contraction, copied into panels */
    NEST_TILES,   /* a contraction in register tiles */
    NEST_UNITS,   /* of a scan: a step of units (units.h); items are places */
    NEST_RUN,     /* several nests, row by row; items are rows */
    NEST_DEMAND,  /* lists the rows of a table that are to be computed; one item */
    NEST_SCAN     /* a loop over time, by a team */
} NestKind;

typedef struct DotPlan DotPlan; /* dot.h */
typedef struct Demand Demand;   /* demand.h */
typedef struct Scatter Scatter; /* scatter.c */

typedef struct Nest Nest;
typedef VEC(Nest *) NestList;

struct Nest {
    NestKind kind;
    const IrInst *anchor;
    const IrInst *maximum; /* the anchor finds the place of it, and makes it on the way; NULL: none */
    VEC(Output) outputs;  /* all of one shape; UNITS: [item, gates ..., unit] */
    int item_rank;        /* items are the product of these, the last one cut by `chunk` */
    const IrDim *items[NND_MAX_RANK];
    int64_t chunk;
    Extents inner;        /* what an item costs: item_ns times these */
    double item_ns;
    int64_t grain;        /* items a block, or 0: from the cost */
    DotPlan *dot;         /* PACK, TILES; UNITS, or NULL */
    const IrDim *unit;    /* UNITS */
    bool lanes;           /* UNITS: computed in vectors */
    NestList steps;       /* SCAN, RUN: what is done at each step or row, in order */
    int *state_cells;     /* SCAN: two buffers for each state */
    Scatter *scatter;     /* SORT, SCATTER */
    Demand *demand;       /* DEMAND; TILES whose items are places in its list */
    bool once;            /* in the first call only: what it stores is kept */
};

/* The nests of a kernel, in order. From here on their values count as stored. */
void nest_list(FuncGen *fg, const Kernel *kernel, const IrRegion *region, NestList *out);
/* A nest that copies values (which may be computed) to other buffers. */
Nest *nest_copy(FuncGen *fg, const Output *outputs, int count);
/* Code for items lo .. hi-1. */
void nest_emit(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);
/* Emits the nest as a block function and adds its launch. */
void nest_launch(FuncGen *fg, const Nest *nest);

/* Stores the outputs' elements at the index. */
void nest_store(Emit *e, const Nest *nest, const Index *index);
/* The same for one of the outputs, and where it is stored. */
void nest_store_output(Emit *e, const Output *output, const Index *index);
LLVMValueRef nest_output_base(Emit *e, const Output *output);
LLVMValueRef nest_output_position(Emit *e, const Output *output, const Index *index);
/* Names of the buffers that the nest writes, for the alias information. */
void nest_memory(Emit *e, const Nest *nest);
/* Cost of computing the outputs' elements, in nanoseconds. */
double nest_element_ns(const FuncGen *fg, const Nest *nest);

/* ---- the kinds ---- */
void map_emit_flat(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);
void map_emit_rows(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);
void map_emit_elements(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);
bool map_is_flat(const FuncGen *fg, const Nest *nest);

/* From the index in a padded value to that in the whole. */
void border_move_inside(Emit *e, const Output *output, Index *index);
/* Of what an item of the border is: axes in front of the first one that is padded. */
int border_item_rank(const Output *output);
void border_emit(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);

void reduce_emit_lanes(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);
void reduce_emit_columns(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);
Scatter *scatter_plan(FuncGen *fg, const IrInst *inst);
void scatter_emit_sort(Emit *e, const Nest *nest);
void scatter_emit(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);
void put_emit_keep(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);
void put_emit_rows(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);
void decay_emit(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);
void coast_emit(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);
/* Entries of the last axis that an item of NEST_COLUMNS has at most. */
enum { COLUMN_CHUNK = 64 };

void dot_emit_columns(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);

/* The nests of a run of kernels, in one. */
Nest *nest_run(FuncGen *fg, const NestList *nests);
void rows_emit(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);

/* What member `rank` of a team of `size` does. */
void scan_emit(Emit *e, const Nest *nest, LLVMValueRef rank, LLVMValueRef size);
void scan_set_launch(const FuncGen *fg, const Nest *nest, Launch *launch);
/* Of lo .. hi-1, the part of the member that is being emitted. */
void scan_share(Emit *e, LLVMValueRef *lo, LLVMValueRef *hi);
/* Where the state that a region value becomes is stored; NULL if it is none. */
LLVMValueRef scan_next_state(const Emit *e, const IrValue *value);

#endif
