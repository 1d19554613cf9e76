/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/func.h"

#include "compiler/codegen/abi.h"
#include "compiler/codegen/launch.h"
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

/* The launches from `first` on are for this kernel. */
static void note_line(FuncGen *fg, int first, const Kernel *kernel)
{
    const IrInst *named = kernel->anchor ? kernel->anchor : kernel->insts.data[0];
    for (int i = first; i < fg->launches.count; i++)
        fg->launches.data[i].line = named->line;
}

/* ... for these kernels; the last one finishes them. */
static void note_kernels(FuncGen *fg, int first, Kernel *const *kernels, int count)
{
    if (first == fg->launches.count)
        return;
    note_line(fg, first, kernels[0]);
    int *groups = ARENA_ARRAY(fg->cg->arena, int, count);
    for (int i = 0; i < count; i++)
        groups[i] = kernels[i]->group;
    Launch *last = &fg->launches.data[fg->launches.count - 1];
    last->groups = groups;
    last->group_count = count;
}

static void launch_one(FuncGen *fg, Kernel *const *kernel, const IrRegion *region)
{
    NestList nests = {0};
    int launched = fg->launches.count;
    nest_list(fg, *kernel, region, &nests);
    for (int i = 0; i < nests.count; i++)
        nest_launch(fg, nests.data[i]);
    note_kernels(fg, launched, kernel, 1);
}

/* Row by row. */
static void launch_run(FuncGen *fg, Kernel *const *kernels, int count, const IrRegion *region)
{
    NestList nests = {0};
    int launched = fg->launches.count;
    for (int i = 0; i < count; i++)
        nest_list(fg, kernels[i], region, &nests);
    nest_launch(fg, nest_run(fg, &nests));
    note_kernels(fg, launched, kernels, count);
}

/* What prepares them, as packing, comes first; then the last nest of each. */
static void launch_together(FuncGen *fg, Kernel *const *kernels, int count, const IrRegion *region)
{
    NestList lasts = {0};
    for (int i = 0; i < count; i++) {
        NestList nests = {0};
        int launched = fg->launches.count;
        nest_list(fg, kernels[i], region, &nests);
        for (int k = 0; k < nests.count - 1; k++)
            nest_launch(fg, nests.data[k]);
        note_line(fg, launched, kernels[i]);
        vec_push(fg->cg->arena, &lasts, nests.data[nests.count - 1]);
    }
    int first = fg->launches.count;
    for (int i = 0; i < count; i++) {
        nest_launch(fg, lasts.data[i]);
        note_kernels(fg, first + i, kernels + i, 1);
    }
    fg->launches.data[first].beside = count - 1;
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

/* Kernels from `first` on that are of one run, or may run at the same time. */
static int count_group(const KernelList *kernels, int first)
{
    int i = first + 1;
    while (i < kernels->items.count && kernel_is_with(kernels->items.data[first], kernels->items.data[i]))
        i++;
    return i - first;
}

static void launch_kernels(FuncGen *fg, const KernelList *kernels, const IrRegion *region)
{
    for (int i = 0, count; i < kernels->items.count; i += count) {
        Kernel *const *group = &kernels->items.data[i];
        count = count_group(kernels, i);
        if (is_parts(group[0]))
            launch_parts(fg, group[0]->anchor);
        else if (group[0]->run)
            launch_run(fg, group, count, region);
        else if (group[0]->beside)
            launch_together(fg, group, count, region);
        else
            launch_one(fg, group, region);
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
enum { ALIGNMENT = 64, KEPT_HEAD = ALIGNMENT };

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
        else if (launch->beside)
            launch_beside(e, launch, launch->beside + 1);
        else
            launch_kernel(e, launch);
        i += launch->beside;
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
    e->frame = launch_frame(e, &fg->launches);
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
