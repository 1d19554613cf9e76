/* SPDX-License-Identifier: Apache-2.0
 *
 * Changing the operands and results of a scan: the parts that several passes
 * need.
 */
#ifndef NND_COMPILER_PASSES_SCAN_EDIT_H
#define NND_COMPILER_PASSES_SCAN_EDIT_H

#include "compiler/ir/ir.h"

/* What a changed scan is to have. Operands and emits are given anew; a kept one names its old index. */
typedef struct ScanPart {
    int old;           /* index among the old ones of its kind; -1: a new one */
    IrValue *operand;  /* outside value (sequences, rows, states) */
    IrValue *inside;   /* new sequence or row: the region's value that the parameter replaces;
                          state: ignored; emit: the value that is yielded */
} ScanPart;

typedef VEC(ScanPart) ScanParts;

typedef struct ScanShape {
    ScanParts seqs, rows, states, emits;
} ScanShape;

/* The shape that the scan has now, to be edited. */
ScanShape scan_shape(Arena *arena, const IrInst *scan);

/* Replaces the scan by one of the given shape, in the same place; uses of results that stay are
 * rewired, and so are the region's uses of parameters. Returns the new scan. */
IrInst *scan_reshape(IrFunc *func, IrRegion *region, IrInst *scan, const ScanShape *shape);

/* True if the value is a parameter of the scan's region or computed in it. */
bool scan_is_inside(const IrInst *scan, const IrValue *value);

/* Appends at `b` the instruction as it would be for all steps at once: axis 0 is the scanned
 * dimension instead of its parent. `args` are its operands there. */
IrValue *scan_lift(IrBuilder *b, const IrInst *scan, const IrInst *inst, IrValue *const *args);

/* A per-item value repeated for every step. */
IrValue *scan_lift_row(IrBuilder *b, const IrInst *scan, IrValue *row);

#endif
