/* SPDX-License-Identifier: Apache-2.0
 *
 * Scans over parts: a loop in the entry of a function that binds the axis of
 * the part (of which the entry has a copy of its own, with tables in the
 * arena), copies the rows of sequences, launches the kernels of the region and
 * copies what it yields. States are kept where the last ones are to be.
 */
#ifndef NND_COMPILER_CODEGEN_PARTS_H
#define NND_COMPILER_CODEGEN_PARTS_H

#include "compiler/codegen/emit.h"

struct PartsLoop {
    const IrInst *scan;
    LaunchList launches; /* of the region's kernels */
};

/* Before the kernels of the region are emitted: sets memory aside, and counts the parameters as
 * stored. */
void parts_plan(FuncGen *fg, const IrInst *scan);
/* The entry's own axes of all parts, as the caller has bound them. */
void parts_begin(Emit *e);
typedef void LaunchFn(Emit *e, const LaunchList *launches);
void parts_emit(Emit *e, const PartsLoop *loop, LaunchFn *launch);

#endif
