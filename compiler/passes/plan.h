/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory planning: where in the arena every root of a kernel lives. Slots are
 * shared by values that are never alive at the same time; as sizes may depend
 * on run-time extents, the size of a slot is the largest of its values' sizes,
 * evaluated at call entry by a dozen multiplications and additions.
 *
 * Values that are results of the function live in the caller's buffers, and
 * values of scan regions live in slots of the function too (per step, reused).
 */
#ifndef NND_COMPILER_PASSES_PLAN_H
#define NND_COMPILER_PASSES_PLAN_H

#include "compiler/ir/ir.h"

typedef struct PlanSlot {
    VEC(IrType) sizes; /* bytes = max over these types */
    bool kept; /* of a fixed value: not in the arena, but in the memory that lives from call to call
                */
} PlanSlot;

typedef struct PlanEntry {
    const IrValue *value;
    int slot;    /* -1: lives in result buffer `result` */
    int result;  /* -1 if not a result of the function */
    bool shared; /* in the same place, and at the same time, as the entry before */
    int from, to; /* kernels (numbered through the whole function, regions included) between which it is alive */
} PlanEntry;

typedef struct MemoryPlan {
    VEC(PlanSlot) slots;
    VEC(PlanEntry) entries;
    int64_t naive_bytes, planned_bytes, kept_bytes; /* for the extents given to plan_measure */
} MemoryPlan;

MemoryPlan *plan_memory(Arena *arena, IrFunc *func);
const PlanEntry *plan_entry(const MemoryPlan *plan, const IrValue *value); /* NULL if the value needs no memory */

/* Fills the numbers of bytes for `axes` (one for each dimension of the module). */
void plan_measure(MemoryPlan *plan, const NndAxis *axes);

#endif
