/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/launch.h"

#include "compiler/codegen/abi.h"
#include "compiler/codegen/parts.h"

/* ---- frames ---- */

/* A frame begins at a multiple of this, and the number of its launch is in front of it. */
enum { ALIGNMENT = 64, FRAME_FRONT = ALIGNMENT / (int)sizeof(void *) };

static LLVMValueRef new_frame(Emit *e, int slots)
{
    LLVMValueRef memory = emit_alloca_array(e, e->cg->ptr, slots + FRAME_FRONT, "frame"), front = emit_i64(e, FRAME_FRONT);
    return LLVMBuildInBoundsGEP2(e->b, e->cg->ptr, memory, &front, 1, "");
}

static int largest_frame(const LaunchList *launches)
{
    int most = 1;
    for (int i = 0; i < launches->count; i++) {
        const Launch *launch = &launches->data[i];
        int slots = launch->parts ? largest_frame(&launch->parts->launches) : launch->slot_count;
        most = slots > most ? slots : most;
    }
    return most;
}

LLVMValueRef launch_frame(Emit *e, const LaunchList *launches)
{
    return new_frame(e, largest_frame(launches));
}

static void fill_frame(Emit *e, const Launch *launch, LLVMValueRef frame)
{
    LLVMValueRef front = emit_i64(e, -1);
    LLVMBuildStore(e->b, emit_i64(e, launch->number), LLVMBuildInBoundsGEP2(e->b, e->cg->i64, frame, &front, 1, ""));
    for (int i = 0; i < launch->slot_count; i++) {
        const FrameSlot *slot = &launch->slots[i];
        LLVMValueRef at = emit_i64(e, i);
        LLVMValueRef address = LLVMBuildInBoundsGEP2(e->b, e->cg->ptr, frame, &at, 1, "");
        LLVMBuildStore(e->b, slot->axis ? emit_axis(e, slot->axis) : e->cell_cache[slot->cell], address);
    }
}

/* ---- blocks ---- */

static LLVMValueRef item_count(Emit *e, const Launch *launch)
{
    if (launch->count_cell)
        return LLVMBuildLoad2(e->b, e->cg->i64, e->cell_cache[launch->count_cell], "");
    LLVMValueRef count = emit_i64(e, 1);
    for (int i = 0; i < launch->extent_count; i++)
        count = index_mul(e, count, emit_chunks(e, &launch->extents[i]));
    return count;
}

static LLVMValueRef picoseconds(Emit *e, double ns)
{
    return emit_i64(e, (int64_t)(ns * 1000));
}

static LLVMValueRef item_ps(Emit *e, const Launch *launch)
{
    return index_mul(e, emit_chunks(e, &launch->inner), picoseconds(e, launch->item_ns));
}

/* Blocks of some 20 microseconds, whatever the number of threads. */
static LLVMValueRef grain_of(Emit *e, const Launch *launch)
{
    const double block_ns = 20e3;
    if (launch->grain)
        return emit_i64(e, launch->grain);
    LLVMValueRef grain = index_div(e, picoseconds(e, block_ns), index_max(e, item_ps(e, launch), emit_i64(e, 1)));
    return index_max(e, grain, emit_i64(e, 1));
}

/* ---- teams ---- */

typedef struct TeamCost {
    LLVMValueRef all_ps, step_ps; /* on one thread */
} TeamCost;

static TeamCost team_cost(Emit *e, const Launch *launch)
{
    LLVMValueRef steps = index_max(e, emit_steps(e, launch->steps), emit_i64(e, 1)), rows = emit_extent(e, launch->steps);
    LLVMValueRef rows_ps = index_mul(e, rows, picoseconds(e, launch->item_ns));
    LLVMValueRef step_ps = index_max(e, index_div(e, rows_ps, steps), picoseconds(e, launch->step_ns));
    return (TeamCost){index_max(e, rows_ps, index_mul(e, steps, step_ps)), step_ps};
}

/* As many members as have enough to do in each step, until they meet; or in all, if they need not. */
static LLVMValueRef team_size(Emit *e, const Launch *launch, const TeamCost *cost, LLVMValueRef independent)
{
    const double meeting_ns = 300, share_ns = 20e3;
    if (optimisation_in(e->cg->ir->without, OPTIMISE_SCAN_TEAM))
        return emit_i64(e, 1);
    LLVMValueRef meeting = index_div(e, cost->step_ps, picoseconds(e, meeting_ns * launch->meets));
    LLVMValueRef apart = index_min(e, independent, index_div(e, cost->all_ps, picoseconds(e, share_ns)));
    return index_max(e, meeting, apart);
}

/* ---- calls ---- */

enum { TASK_FIELDS = ABI_TASK_COST + 1 };

/* The fields of the NndTask that the launch is, but for its cost. */
static void set_task(Emit *e, const Launch *launch, LLVMValueRef frame, LLVMValueRef task[TASK_FIELDS])
{
    LLVMValueRef none = LLVMConstNull(e->cg->ptr), zero = emit_i64(e, 0);
    for (int i = 0; i < TASK_FIELDS; i++)
        task[i] = i <= ABI_TASK_MEMBER ? none : zero;
    fill_frame(e, launch, frame);
    task[ABI_TASK_CONTEXT] = frame;
    task[launch->team ? ABI_TASK_MEMBER : ABI_TASK_BLOCK] = launch->kernel;
    if (launch->team) {
        TeamCost cost = team_cost(e, launch);
        task[ABI_TASK_INDEPENDENT] = index_div(e, emit_extent(e, launch->steps->parent), emit_i64(e, TEAM_ITEMS));
        task[ABI_TASK_MOST] = team_size(e, launch, &cost, task[ABI_TASK_INDEPENDENT]);
    } else {
        task[ABI_TASK_COUNT] = item_count(e, launch);
        task[ABI_TASK_GRAIN] = grain_of(e, launch);
    }
}

static LLVMValueRef cost_of(Emit *e, const Launch *launch, LLVMValueRef items)
{
    LLVMValueRef ps = launch->team ? team_cost(e, launch).all_ps : index_mul(e, items, item_ps(e, launch));
    return index_div(e, ps, emit_i64(e, 1000));
}

void launch_kernel(Emit *e, const Launch *launch)
{
    Codegen *cg = e->cg;
    LLVMValueRef pool = emit_call_field(e, ABI_CALL_POOL, cg->ptr), task[TASK_FIELDS];
    set_task(e, launch, e->frame, task);
    if (launch->team) {
        LLVMValueRef args[] = {pool, task[ABI_TASK_MOST], task[ABI_TASK_INDEPENDENT], launch->kernel, e->frame};
        LLVMBuildCall2(e->b, cg->pool_team_type, cg->pool_team, args, 5, "");
    } else {
        LLVMValueRef args[] = {pool, task[ABI_TASK_COUNT], task[ABI_TASK_GRAIN], launch->kernel, e->frame};
        LLVMBuildCall2(e->b, cg->pool_run_type, cg->pool_run, args, 5, "");
    }
}

void launch_beside(Emit *e, const Launch *launches, int count)
{
    Codegen *cg = e->cg;
    LLVMValueRef tasks = emit_alloca_array(e, cg->task_type, count, "tasks"), task[TASK_FIELDS];
    for (int i = 0; i < count; i++) {
        LLVMValueRef number = emit_i64(e, i);
        LLVMValueRef target = LLVMBuildInBoundsGEP2(e->b, cg->task_type, tasks, &number, 1, "");
        set_task(e, &launches[i], new_frame(e, launches[i].slot_count), task);
        task[ABI_TASK_COST] = cost_of(e, &launches[i], task[ABI_TASK_COUNT]);
        for (unsigned field = 0; field < TASK_FIELDS; field++)
            LLVMBuildStore(e->b, task[field], LLVMBuildStructGEP2(e->b, cg->task_type, target, field, ""));
    }
    LLVMValueRef args[] = {emit_call_field(e, ABI_CALL_POOL, cg->ptr), tasks, emit_i64(e, count)};
    LLVMBuildCall2(e->b, cg->pool_run_all_type, cg->pool_run_all, args, 3, "");
}
