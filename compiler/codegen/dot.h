/* SPDX-License-Identifier: Apache-2.0
 *
 * Contractions in register tiles.
 *
 * One operand, S, is read one scalar at a time through an address map, so
 * windows cost no copy; the other one, V, is packed into panels of as many
 * columns as a tile has, one row for each contracted entry (or, in gradients of weights, read
 * in place where panels are full). A tile of
 * tile_rows x panel sums is kept in registers while the contracted axes are
 * walked; sums of an element are always made in the same order, whatever tile
 * it falls into. The tiles of an item (block_rows x block_panels panels) are
 * put on the stack, from where the kernel's other instructions take them
 * element by element.
 *
 *   rows     free axes of S          batch axes come in front of both
 *   columns  free axes of V, of which the last few (`merged`) make panels
 *   k        contracted axes, in S's order of memory
 */
#ifndef NND_COMPILER_CODEGEN_DOT_H
#define NND_COMPILER_CODEGEN_DOT_H

#include "compiler/codegen/address.h"
#include "compiler/codegen/demand.h"
#include "compiler/codegen/nest.h"
#include "compiler/codegen/panel.h"

typedef struct AxisList {
    int count;
    int8_t axes[NND_MAX_RANK];
    const IrDim *dims[NND_MAX_RANK];
} AxisList;

/* Contracted axes which S has one after the other in memory, walked by one loop. */
typedef struct ContractedLoop {
    int first, count; /* of the plan's k */
} ContractedLoop;

typedef struct Winograd Winograd; /* winograd.h */

struct DotPlan {
    const IrInst *inst;
    NndDType dtype;
    int s, v;                 /* which operand is which */
    AddressMap map;           /* of S */
    AxisList batch, batch_v;  /* axes of S and of V; the same dimensions */
    AxisList rows, columns;
    AxisList k, k_v;          /* axes of S and of V */
    ContractedLoop loops[NND_MAX_RANK];
    int loop_count;
    int gates;                /* of a nest of units: entries of the outer columns that a panel has side by side; 1: none */
    int64_t row_stride, k_stride; /* of a nest of units: distances in S, in elements */
    int merged;               /* how many of the columns' axes make panels */
    int lanes, vectors;       /* elements in a vector, vectors in a panel */
    int tile_rows, block_rows, block_panels;
    int64_t row_step;         /* from a row of a tile to the next, in S or where rows are packed, in elements; 0: as the
                                 table of rows says */
    bool even_rows;           /* that is so for all rows, so tiles begin anywhere; else tiles leave no rows */
    NndDType panel_dtype;     /* bf16 if all of V is known to be of it, else `dtype` */
    int panel_cell;           /* scratch: [batch, outer columns, panels, k, panel] */
    int64_t k_block;          /* entries of the first loop that are done at a time; 0 = all */
    bool packs_parts;         /* V is packed part by part where it is used, not before */
    AddressMap map_v;         /* ... from here */
    bool packs_rows;          /* ... and so is S: rows of a tile lie side by side */
    int64_t panel_step;       /* full panels are not packed but read where they lie, their rows so far apart; 0: they are */
    Winograd *winograd;       /* the contraction is computed so, or NULL */
    bool in_scan;             /* rows begin with the items of the scan */
    bool listed;              /* rows begin with places of a list (demand.h) */
};

enum { MOST_UNROLLED = 8 }; /* entries of the last contracted loop, if they are no loop */
enum { FULL_TILE = 8 }; /* rows that hide the latency of the sums, with two vectors of columns */
enum { PANEL_BLOCK = 4, MAX_GATES = 6, MAX_TILE_ROWS = 14 };
enum { PACK_AHEAD = 8 }; /* entries; their rows are often longer than a page: the processor does not foresee the next */

/* Decides how the contraction that anchors `nest` is computed; adds the nests to `out`. */
void dot_plan(FuncGen *fg, Nest *nest, const IrRegion *region, NestList *out);
/* The same for rows that are listed; false if that cannot be done in tiles. */
bool dot_plan_listed(FuncGen *fg, Nest *nest, const IrRegion *region, NestList *out);
/* Parts of that, in dot_shape.c: height and width of tiles; blocks of rows, panels and contracted entries. */
void dot_choose_tile(const FuncGen *fg, DotPlan *plan);
void dot_choose_blocks(const FuncGen *fg, const IrRegion *region, DotPlan *plan);
void dot_set_groups(const Nest *nest, Launch *launch);

void dot_emit_pack(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);

/* A part of V: a block of panels, entries k_lo to k_hi of the first contracted loop. */
typedef struct DotPart {
    LLVMValueRef target; /* where it is packed: [panels, entries of a block, panel] */
    const LLVMValueRef *batch_at, *column_at;
    LLVMValueRef panel_lo, panel_hi, k_lo, k_hi;
} DotPart;

void dot_pack_part(Emit *e, const DotPlan *plan, const DotPart *part);
int64_t dot_part_entries(const DotPlan *plan); /* contracted entries of a block */
/* Whether columns of a panel, and of those behind it, follow each other in V. */
bool dot_columns_follow(const DotPlan *plan);
/* Where the part's columns from `column` on are in V, for an entry. */
LLVMValueRef dot_place_in_v(Emit *e, const DotPlan *plan, const DotPart *part, LLVMValueRef entry, LLVMValueRef column);
LLVMValueRef dot_full_panels(Emit *e, const DotPlan *plan); /* how many have all their columns */
void dot_emit_tiles(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);

/* ---- shared by packing and tiles ---- */
int64_t dot_constant_product(const AxisList *list, int first); /* sizes from axis `first` on; -1 if one is not known here */
int64_t dot_weights(const DotPlan *plan); /* elements of V; 0 if that is not known here */
int dot_panel(const DotPlan *plan); /* columns */
int dot_units(const DotPlan *plan); /* those of one gate */
PanelRow dot_panel_row(const DotPlan *plan);
LLVMValueRef dot_extent(Emit *e, const AxisList *list, int first, int count);
LLVMValueRef dot_merged_extent(Emit *e, const DotPlan *plan);
LLVMValueRef dot_panel_count(Emit *e, const DotPlan *plan); /* for one entry of the outer columns */
/* Axes of the result: batch, those of the first operand, those of the second. */
Index dot_result_index(const DotPlan *plan, const LLVMValueRef *batch_at, const LLVMValueRef *row_at, const LLVMValueRef *column_at);

#endif
