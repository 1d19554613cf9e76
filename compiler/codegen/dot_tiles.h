/* SPDX-License-Identifier: Apache-2.0
 *
 * Code for the tiles of a contraction (dot.h), in three files:
 *   dot_rows.c   where the rows of an item are in S, which entries lie outside of its bounds, rows that are packed
 *   dot_tile.c   one tile: the walk along the contracted axes
 *   dot_items.c  the tiles of an item, its results, all items
 */
#ifndef NND_COMPILER_CODEGEN_DOT_TILES_H
#define NND_COMPILER_CODEGEN_DOT_TILES_H

#include "compiler/codegen/dot.h"
#include "compiler/codegen/loops.h"
#include "compiler/codegen/scalar.h"

enum { MAX_SUMS = 64 };

typedef struct Tiles {
    const DotPlan *plan;
    const Nest *nest;
    AddressGen address;
    LLVMTypeRef scalar, vector;
    LLVMValueRef block;               /* stack: sums of the item, [block_rows, block_panels * panel] */
    LLVMValueRef positions;           /* stack: where the rows of the item begin in S */
    LLVMValueRef places[MAX_BOUNDS];  /* stack: what the rows add to the forms of the bounds */
    LLVMValueRef extents[MAX_BOUNDS]; /* stack: what they must be below */
    LLVMValueRef inside;              /* stack: 1 for rows that are inside of all bounds for every k */
    LLVMValueRef zero;                /* stack: an element outside of the bounds */
    LLVMValueRef part;                /* stack: what is packed of V, or NULL */
    LLVMValueRef rows_part;           /* stack: what is packed of S, [tile, entry, row], or NULL */
    LLVMValueRef entries;             /* stack: where the entries of the first loop begin in S, or NULL */
    LLVMValueRef entries_inside;      /* ... and whether all are inside for every row */
    LLVMValueRef sums[MAX_SUMS];      /* stack, until LLVM takes them to registers */
    LLVMValueRef panel_row;           /* stack, likewise: pointer to the row of the panel that comes next */
    LLVMValueRef panel_step;          /* elements from a row of the panel at hand to the next */
    /* of the item */
    LLVMValueRef outer, batch_at[NND_MAX_RANK], column_at[NND_MAX_RANK];
    LLVMValueRef row_lo, row_hi, panel_lo, panel_hi;
    LLVMValueRef k_lo, k_hi; /* of the first contracted loop */
} Tiles;

/* ---- dot_rows.c ---- */

/* Fills the tables of the item's rows. */
void dot_locate_rows(Emit *e, const Tiles *t);
/* True if tiles may be known to lie inside of all bounds. */
bool dot_has_inner_tiles(const DotPlan *p);
/* If windows over segments are contracted, each block of k looks up once where its windows are.
 * What the other axes add to the bound is then known to lie between `low` and `high`. */
bool dot_has_entry_table(const DotPlan *p, int64_t *low, int64_t *high);
/* Fills that table for the block at hand. */
void dot_locate_entries(Emit *e, Tiles *t);
/* Packs the item's rows for the block at hand, if the plan says so. */
void dot_pack_rows(Emit *e, const Tiles *t);
/* Where a row is packed: its entries are `tile_rows` elements apart. */
LLVMValueRef dot_packed_row(Emit *e, const Tiles *t, LLVMValueRef row);
/* Elements of all packed rows. */
int dot_packed_size(const DotPlan *p);
LLVMValueRef dot_load_index(Emit *e, LLVMValueRef table, LLVMValueRef at);

/* ---- dot_tile.c ---- */

/* The panels of the item and block at hand from `lo` on. */
DotPart dot_part(const Tiles *t, LLVMValueRef lo);

/* `height` rows from `first_row` of the item on times a panel: sums come from the item's block and go there. */
void dot_emit_tile(Emit *e, Tiles *t, int height, LLVMValueRef first_row, LLVMValueRef panel);
int dot_block_width(const DotPlan *p); /* columns of the block */
void dot_store_vector(Emit *e, const Tiles *t, LLVMValueRef base, LLVMValueRef at, LLVMValueRef x);

#endif
