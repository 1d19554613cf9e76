/* SPDX-License-Identifier: Apache-2.0
 *
 * What lower.c and lower_scan.c share.
 */
#ifndef NND_COMPILER_IR_LOWER_INTERNAL_H
#define NND_COMPILER_IR_LOWER_INTERNAL_H

#include "compiler/ir/lower.h"

typedef VEC(const Typed *) TypedList;

typedef struct Lower {
    const Program *program;
    IrModule *module;
    Diags *diags;
    NndDType float_type;
    bool training;
    IrDim **extents;     /* of program->extents */
    /* the function at hand */
    IrFunc *func;
    IrBuilder *builder;  /* of the region at hand */
    IrValue **values;    /* by Typed id; NULL = not yet */
    IrValue **masks;     /* by Typed id: of dropouts inside of scans */
    struct ScanLowering *scan;  /* whose body is being lowered, or NULL */
    struct ScanLowering *scans; /* all of the function so far */
    TypedList scan_results; /* T_SCAN_EMIT and T_SCAN_LAST of the function */
    IrValue **statistics; /* by weight: its new value, NULL if training does not move it */
    uint32_t streams;    /* random streams handed out */
    bool failed;
} Lower;

IrValue *lower_typed(Lower *l, const Typed *typed);

/* Packed type of a typed value. *lead = how many of its axes axis 0 stands for (0: none is ragged,
 * positions are unchanged). */
IrType lower_type(Lower *l, const ValueType *type, Span span, int *lead);

/* Position in the packed type of a typed axis. */
static inline int lower_axis(int lead, int axis)
{
    return lead == 0 ? axis : axis < lead ? 0 : axis - lead + 1;
}

/* Random factors: 0 with probability `rate`, else 1 / (1 - rate). */
IrValue *lower_dropout_mask(Lower *l, IrType type, double rate);

/* The factors of a dropout in the body of a scan; NULL if it is not in one. */
IrValue *lower_scan_mask(Lower *l, const Typed *dropout);

/* T_SCAN_EMIT, T_SCAN_LAST outside; T_SCAN_ITEM, T_SCAN_STATE inside of a scan. */
IrValue *lower_scan_result(Lower *l, const Typed *typed);
IrValue *lower_scan_param(Lower *l, const Typed *typed);

#endif
