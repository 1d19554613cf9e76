/* SPDX-License-Identifier: Apache-2.0
 *
 * A row of a panel (dot.h): `vectors` vectors of `lanes` columns, for one contracted entry. Panels
 * of f32 or f64 have them one after the other. Panels of bf16 have them in pairs whose lanes
 * alternate, so that one load, a shift and a mask make two vectors of f32:
 *
 *   first 0, second 0, first 1, second 1, ...
 *
 * A last vector without a partner is in order; its lanes are widened.
 */
#ifndef NND_COMPILER_CODEGEN_PANEL_H
#define NND_COMPILER_CODEGEN_PANEL_H

#include "compiler/codegen/emit.h"

typedef struct PanelRow {
    NndDType dtype, stored; /* `stored` is NND_BF16 or `dtype` */
    int vectors, lanes;
    bool in_place; /* it is not packed but a part of the operand, aligned as an element is */
} PanelRow;

static inline bool panel_is_narrow(const PanelRow *row)
{
    return row->stored != row->dtype;
}

/* Where lane 0 of a vector is in the row, and how far its lanes are apart, in elements. */
int64_t panel_place(const PanelRow *row, int vector);
int64_t panel_stride(const PanelRow *row, int vector);

/* The vectors of row `number` of the panel. */
void panel_load(Emit *e, const PanelRow *row, LLVMValueRef panel, LLVMValueRef number,
                LLVMValueRef *vectors);

/* Asks for the row some rows after that one. Where each row is used once, with a single row of S, nothing is done but waiting for
 * memory, and the processor alone does not ask early enough. */
void panel_prefetch(Emit *e, const PanelRow *row, LLVMValueRef panel, LLVMValueRef number);

#endif
