/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/func.h"

#include "compiler/codegen/abi.h"
#include "compiler/codegen/loops.h"
#include "compiler/codegen/module.h"
#include "compiler/codegen/nest.h"
#include "compiler/codegen/parts.h"
#include "compiler/passes/portion.h"

/* ---- cells: 0 the call, then arguments, results, slots, scratch ---- */

static int arg_cell(int i)
{
    return 1 + i;
}

static int result_cell(const FuncGen *fg, int i)
{
    return 1 + fg->func->arg_count + i;
}

static int slot_cell(const FuncGen *fg, int i)
{
    return 1 + fg->func->arg_count + fg->func->body->yield_count + i;
}

static void assign_cells(FuncGen *fg)
{
    Arena *arena = fg->cg->arena;
    fg->cells = ARENA_ARRAY(arena, int, fg->value_count + 1);
    fg->stored = ARENA_ARRAY(arena, bool, fg->value_count + 1);
    fg->demands = ARENA_ARRAY(arena, Demand *, fg->value_count + 1);
    for (int i = 0; i < fg->value_count; i++)
        fg->cells[i] = -1;
    for (int i = 0; i < fg->func->arg_count; i++) {
        fg->cells[fg->func->args[i]->id] = arg_cell(i);
        fg->stored[fg->func->args[i]->id] = true;
    }
    for (int i = 0; i < fg->plan->entries.count; i++) {
        const PlanEntry *entry = &fg->plan->entries.data[i];
        fg->cells[entry->value->id] = entry->result >= 0 ? result_cell(fg, entry->result) : slot_cell(fg, entry->slot);
    }
    fg->cell_count = slot_cell(fg, fg->plan->slots.count);
}

/* ---- kernels ---- */

/* Lists the nests of the kernels of one run, or of one kernel that is in none; returns how many kernels. */
static int list_run(FuncGen *fg, const KernelList *kernels, const IrRegion *region, int first, NestList *out)
{
    int i = first, run = kernels->items.data[first]->run;
    do
        nest_list(fg, kernels->items.data[i++], region, out);
    while (run && i < kernels->items.count && kernels->items.data[i]->run == run);
    return i - first;
}

/* The launches from `first` on are for these kernels; the last one finishes them. */
static void note_kernels(FuncGen *fg, int first, Kernel *const *kernels, int count)
{
    if (first == fg->launches.count)
        return;
    const IrInst *named = kernels[0]->anchor ? kernels[0]->anchor : kernels[0]->insts.data[0];
    for (int i = first; i < fg->launches.count; i++)
        fg->launches.data[i].line = named->line;
    int *groups = ARENA_ARRAY(fg->cg->arena, int, count);
    for (int i = 0; i < count; i++)
        groups[i] = kernels[i]->group;
    Launch *last = &fg->launches.data[fg->launches.count - 1];
    last->groups = groups;
    last->group_count = count;
}

static void launch_kernels(FuncGen *fg, const KernelList *kernels, const IrRegion *region);

/* Launches of the region's kernels are in a list of their own. */
static void launch_parts(FuncGen *fg, const IrInst *scan)
{
    LaunchList outer = fg->launches;
    PartsLoop *loop = ARENA_NEW(fg->cg->arena, PartsLoop);
    KernelList kernels = fuse_kernels(fg->cg->arena, scan->region);
    parts_plan(fg, scan);
    fg->launches = (LaunchList){0};
    launch_kernels(fg, &kernels, scan->region);
    *loop = (PartsLoop){scan, fg->launches};
    fg->launches = outer;
    vec_push(fg->cg->arena, &fg->launches, ((Launch){.parts = loop}));
    for (int i = 0; i < scan->result_count; i++)
        fg->stored[scan->results[i].id] = true;
}

static bool is_parts(const Kernel *kernel)
{
    return kernel->kind == KERNEL_SCAN && kernel->anchor->attrs.scan.part;
}

static void launch_kernels(FuncGen *fg, const KernelList *kernels, const IrRegion *region)
{
    for (int i = 0; i < kernels->items.count;) {
        if (is_parts(kernels->items.data[i])) {
            launch_parts(fg, kernels->items.data[i++]->anchor);
            continue;
        }
        bool run = kernels->items.data[i]->run;
        NestList nests = {0};
        int launched = fg->launches.count, count = list_run(fg, kernels, region, i, &nests);
        if (run)
            nest_launch(fg, nest_run(fg, &nests));
        for (int k = 0; !run && k < nests.count; k++)
            nest_launch(fg, nests.data[k]);
        note_kernels(fg, launched, kernels->items.data + i, count);
        i += count;
    }
}

static void launch_body(FuncGen *fg)
{
    KernelList kernels = fuse_body(fg->cg->arena, fg->func, fg->value_count);
    launch_kernels(fg, &kernels, fg->func->body);
}

/* Results that no kernel writes: arguments, and values that are a result twice. */
static void launch_copies(FuncGen *fg)
{
    const IrRegion *body = fg->func->body;
    for (int i = 0; i < body->yield_count; i++) {
        if (fg->cells[body->yields[i]->id] == result_cell(fg, i))
            continue;
        Output output = {.value = body->yields[i], .kind = OUTPUT_CELL, .which = result_cell(fg, i)};
        nest_launch(fg, nest_copy(fg, &output, 1));
    }
}

/* ---- the arena, and what is kept ---- */

/* What is kept begins with a number: not 0 if everything is there. */
enum { ALIGNMENT = 64, KEPT_HEAD = ALIGNMENT, FRAME_FRONT = ALIGNMENT / (int)sizeof(void *) };

static LLVMValueRef round_up(Emit *e, LLVMValueRef bytes, int64_t unit)
{
    LLVMValueRef more = index_add(e, bytes, emit_i64(e, unit - 1));
    return index_mul(e, index_div(e, more, emit_i64(e, unit)), emit_i64(e, unit));
}

static LLVMValueRef type_bytes(Emit *e, const IrType *type)
{
    LLVMValueRef count = emit_product(e, (const IrDim *const *)type->dims, type->rank);
    return index_mul(e, count, emit_i64(e, (int64_t)nnd_dtype_size(type->dtype)));
}

static LLVMValueRef slot_bytes(Emit *e, const PlanSlot *slot)
{
    LLVMValueRef most = emit_i64(e, 0);
    for (int i = 0; i < slot->sizes.count; i++)
        most = index_max(e, most, type_bytes(e, &slot->sizes.data[i]));
    return most;
}

static LLVMValueRef scratch_bytes(Emit *e, const Scratch *scratch)
{
    LLVMValueRef count = emit_i64(e, 1);
    for (int i = 0; i < scratch->rank; i++) {
        LLVMValueRef extent = emit_extent(e, scratch->dims[i]);
        count = index_mul(e, count, i == scratch->rank - 1 ? round_up(e, extent, scratch->round) : extent);
    }
    return index_mul(e, count, emit_i64(e, scratch->bytes));
}

typedef void PlaceFn(Emit *e, int cell, LLVMValueRef offset, void *context);

/* Calls `place` for every buffer of the arena, or of what is kept, from `offset` on; returns their
 * end. */
static LLVMValueRef lay_out(Emit *e, bool kept, int64_t start, PlaceFn *place, void *context)
{
    const FuncGen *fg = e->fg;
    LLVMValueRef offset = emit_i64(e, start);
    for (int i = 0; i < fg->plan->slots.count; i++) {
        if (fg->plan->slots.data[i].kept != kept)
            continue;
        place(e, slot_cell(fg, i), offset, context);
        offset = index_add(e, offset, round_up(e, slot_bytes(e, &fg->plan->slots.data[i]), ALIGNMENT));
    }
    for (int i = 0; i < fg->scratch.count; i++) {
        if (fg->scratch.data[i].kept != kept)
            continue;
        place(e, fg->scratch.data[i].cell, offset, context);
        offset = index_add(e, offset, round_up(e, scratch_bytes(e, &fg->scratch.data[i]), ALIGNMENT));
    }
    return offset;
}

static void place_nothing(Emit *e, int cell, LLVMValueRef offset, void *context)
{
    (void)e, (void)cell, (void)offset, (void)context;
}

static void emit_size(FuncGen *fg, const char *symbol, bool kept, int64_t start)
{
    Emit *e = emit_function_begin(fg, LLVMAddFunction(fg->cg->module, symbol, fg->cg->size_type));
    e->axes_base = LLVMGetParam(e->function, 0);
    LLVMBuildRet(e->b, lay_out(e, kept, start, place_nothing, NULL));
    LLVMDisposeBuilder(e->b);
}

static void emit_items(FuncGen *fg, const char *symbol, int64_t items)
{
    Emit *e = emit_function_begin(fg, LLVMAddFunction(fg->cg->module, symbol, fg->cg->size_type));
    LLVMBuildRet(e->b, emit_i64(e, items));
    LLVMDisposeBuilder(e->b);
}

static void emit_portion(FuncGen *fg)
{
    Arena *arena = fg->cg->arena;
    bool whole = optimisation_in(fg->cg->ir->without, OPTIMISE_PORTIONS);
    Portion portion = whole ? (Portion){0} : portion_of(fg->func, fg->plan);
    emit_items(fg, codegen_least_symbol(arena, fg->func->name), portion.least);
    emit_items(fg, codegen_most_symbol(arena, fg->func->name), portion.most);
}

static void emit_amounts(FuncGen *fg)
{
    emit_size(fg, codegen_size_symbol(fg->cg->arena, fg->func->name), false, 0);
    emit_size(fg, codegen_kept_symbol(fg->cg->arena, fg->func->name), true, KEPT_HEAD);
    emit_portion(fg);
}

/* ---- the entry ---- */

static void place_in_arena(Emit *e, int cell, LLVMValueRef offset, void *context)
{
    LLVMValueRef arena = context;
    e->cell_cache[cell] = LLVMBuildInBoundsGEP2(e->b, e->cg->i8, arena, &offset, 1, "");
}

/* The pointers of all cells. */
static void place_cells(Emit *e)
{
    const FuncGen *fg = e->fg;
    LLVMValueRef args = emit_call_field(e, ABI_CALL_ARGS, e->cg->ptr);
    LLVMValueRef results = emit_call_field(e, ABI_CALL_RESULTS, e->cg->ptr);
    e->cell_cache[0] = e->call;
    for (int i = 0; i < fg->func->arg_count + fg->func->body->yield_count; i++) {
        bool argument = i < fg->func->arg_count;
        LLVMValueRef at = emit_i64(e, argument ? i : i - fg->func->arg_count);
        LLVMValueRef address = LLVMBuildInBoundsGEP2(e->b, e->cg->ptr, argument ? args : results, &at, 1, "");
        e->cell_cache[1 + i] = LLVMBuildLoad2(e->b, e->cg->ptr, address, "");
    }
    lay_out(e, false, 0, place_in_arena, emit_call_field(e, ABI_CALL_ARENA, e->cg->ptr));
    lay_out(e, true, KEPT_HEAD, place_in_arena, emit_call_field(e, ABI_CALL_KEPT, e->cg->ptr));
}

/* Blocks of some 20 microseconds, whatever the number of threads. */
static LLVMValueRef grain_of(Emit *e, const Launch *launch)
{
    const double block_ps = 20e6;
    if (launch->grain)
        return emit_i64(e, launch->grain);
    int64_t item_ps = (int64_t)(launch->item_ns * 1000);
    LLVMValueRef item = index_mul(e, emit_chunks(e, &launch->inner), emit_i64(e, item_ps));
    LLVMValueRef grain = index_div(e, emit_i64(e, (int64_t)block_ps), index_max(e, item, emit_i64(e, 1)));
    return index_max(e, grain, emit_i64(e, 1));
}

/* As many members as have enough to do in each step, until they meet; or in all, if they need not. */
static LLVMValueRef team_size(Emit *e, const Launch *launch, LLVMValueRef independent)
{
    const double meeting_ps = 300e3, share_ps = 20e6;
    LLVMValueRef steps = index_max(e, emit_steps(e, launch->steps), emit_i64(e, 1));
    LLVMValueRef rows = emit_extent(e, launch->steps);
    LLVMValueRef all_ps = index_mul(e, rows, emit_i64(e, (int64_t)(launch->item_ns * 1000)));
    LLVMValueRef step_ps = index_max(e, index_div(e, all_ps, steps), emit_i64(e, (int64_t)(launch->step_ns * 1000)));
    LLVMValueRef meeting = index_div(e, step_ps, emit_i64(e, (int64_t)meeting_ps * launch->meets));
    LLVMValueRef apart = index_min(e, independent, index_div(e, all_ps, emit_i64(e, (int64_t)share_ps)));
    return index_max(e, meeting, apart);
}

static void launch_team(Emit *e, const Launch *launch, LLVMValueRef pool)
{
    bool alone = optimisation_in(e->cg->ir->without, OPTIMISE_SCAN_TEAM);
    LLVMValueRef items = emit_extent(e, launch->steps->parent);
    LLVMValueRef independent = index_div(e, items, emit_i64(e, TEAM_ITEMS));
    LLVMValueRef most = alone ? emit_i64(e, 1) : team_size(e, launch, independent);
    LLVMValueRef args[] = {pool, most, independent, launch->kernel, e->frame};
    LLVMBuildCall2(e->b, e->cg->pool_team_type, e->cg->pool_team, args, 5, "");
}

static LLVMValueRef item_count(Emit *e, const Launch *launch)
{
    if (launch->count_cell)
        return LLVMBuildLoad2(e->b, e->cg->i64, e->cell_cache[launch->count_cell], "");
    LLVMValueRef count = emit_i64(e, 1);
    for (int i = 0; i < launch->extent_count; i++)
        count = index_mul(e, count, emit_chunks(e, &launch->extents[i]));
    return count;
}

/* Kernels run one after the other, so they share the memory of the frame. */
static void fill_frame(Emit *e, const Launch *launch)
{
    LLVMValueRef front = emit_i64(e, -1);
    LLVMBuildStore(e->b, emit_i64(e, launch->number), LLVMBuildInBoundsGEP2(e->b, e->cg->i64, e->frame, &front, 1, ""));
    for (int i = 0; i < launch->slot_count; i++) {
        const FrameSlot *slot = &launch->slots[i];
        LLVMValueRef at = emit_i64(e, i);
        LLVMValueRef address = LLVMBuildInBoundsGEP2(e->b, e->cg->ptr, e->frame, &at, 1, "");
        LLVMBuildStore(e->b, slot->axis ? emit_axis(e, slot->axis) : e->cell_cache[slot->cell], address);
    }
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

/* The frame begins at a multiple of the alignment, and the number of the launch is in front of it. */
static LLVMValueRef new_frame(Emit *e, int slots)
{
    LLVMValueRef memory = emit_alloca_array(e, e->cg->ptr, slots + FRAME_FRONT, "frame"), front = emit_i64(e, FRAME_FRONT);
    return LLVMBuildInBoundsGEP2(e->b, e->cg->ptr, memory, &front, 1, "");
}

static void launch_kernel(Emit *e, const Launch *launch)
{
    Codegen *cg = e->cg;
    LLVMValueRef pool = emit_call_field(e, ABI_CALL_POOL, cg->ptr);
    fill_frame(e, launch);
    if (launch->team) {
        launch_team(e, launch, pool);
        return;
    }
    LLVMValueRef args[] = {pool, item_count(e, launch), grain_of(e, launch), launch->kernel, e->frame};
    LLVMBuildCall2(e->b, cg->pool_run_type, cg->pool_run, args, 5, "");
}

static void launch_all(Emit *e, const LaunchList *launches)
{
    for (int i = 0; i < launches->count; i++)
        launch_kernel(e, &launches->data[i]);
}

static void emit_launches(Emit *e, bool once)
{
    for (int i = 0; i < e->fg->launches.count; i++) {
        const Launch *launch = &e->fg->launches.data[i];
        if (launch->once != once)
            continue;
        if (launch->parts)
            parts_emit(e, launch->parts, launch_all);
        else
            launch_kernel(e, launch);
    }
}

static bool has_launches(const FuncGen *fg, bool once)
{
    for (int i = 0; i < fg->launches.count; i++)
        if (fg->launches.data[i].once == once)
            return true;
    return false;
}

/* In the first call, and after fixed arguments have changed. */
static void emit_first_call(Emit *e)
{
    if (!has_launches(e->fg, true))
        return;
    LLVMValueRef done = emit_call_field(e, ABI_CALL_KEPT, e->cg->ptr);
    LLVMValueRef known = LLVMBuildLoad2(e->b, e->cg->i64, done, "");
    Branch first = branch_begin(e, LLVMBuildICmp(e->b, LLVMIntEQ, known, emit_i64(e, 0), ""));
    emit_launches(e, true);
    LLVMBuildStore(e->b, emit_i64(e, 1), done);
    branch_end(e, &first, NULL, NULL);
}

static void emit_entry(FuncGen *fg)
{
    Codegen *cg = fg->cg;
    const char *name = codegen_entry_symbol(cg->arena, fg->func->name);
    Emit *e = emit_function_begin(fg, LLVMAddFunction(cg->module, name, cg->entry_type));
    e->call = LLVMGetParam(e->function, 0);
    e->axes_base = emit_call_field(e, ABI_CALL_AXES, cg->ptr);
    e->frame = new_frame(e, largest_frame(&fg->launches));
    e->cell_cache = ARENA_ARRAY(cg->arena, LLVMValueRef, fg->cell_count);
    parts_begin(e);
    place_cells(e);
    emit_first_call(e);
    emit_launches(e, false);
    emit_block_end(e);
}

/* Numbers the kernels, those of the first call in front; returns the next number. */
static int number_launches(LaunchList *launches, bool once, int next)
{
    for (int i = 0; i < launches->count; i++) {
        Launch *launch = &launches->data[i];
        if (launch->once == once && launch->parts)
            next = number_launches(&launch->parts->launches, once, next);
        else if (launch->once == once)
            launch->number = next++;
    }
    return next;
}

static void list_launches(const FuncGen *fg, const LaunchList *launches, bool once, KernelInfos *out)
{
    for (int i = 0; i < launches->count; i++) {
        const Launch *launch = &launches->data[i];
        if (launch->once != once)
            continue;
        if (launch->parts) {
            list_launches(fg, &launch->parts->launches, once, out);
            continue;
        }
        KernelInfo info = {.function = arena_strdup(out->arena, fg->func->name),
                           .name = arena_strdup(out->arena, LLVMGetValueName(launch->kernel)),
                           .line = launch->line, .once = once, .group_count = launch->group_count};
        int *groups = ARENA_ARRAY(out->arena, int, launch->group_count + 1);
        if (launch->group_count)
            memcpy(groups, launch->groups, (size_t)launch->group_count * sizeof *groups);
        info.groups = groups;
        vec_push(out->arena, &out->items, info);
    }
}

void func_emit(Codegen *cg, IrFunc *func)
{
    FuncGen *fg = ARENA_NEW(cg->arena, FuncGen);
    fg->cg = cg;
    fg->func = func;
    fg->value_count = ir_func_number(func);
    fg->plan = plan_memory(cg->arena, func);
    fg->fixed = fuse_fixed(cg->arena, func, fg->value_count);
    assign_cells(fg);
    launch_body(fg);
    launch_copies(fg);
    number_launches(&fg->launches, false, number_launches(&fg->launches, true, 0));
    emit_amounts(fg);
    emit_entry(fg);
    for (int later = 0; cg->infos && later < 2; later++)
        list_launches(fg, &fg->launches, !later, cg->infos);
}
