/* SPDX-License-Identifier: Apache-2.0
 *
 * plan: gives every root a slot. Kernels are numbered through the function (those
 * of a run alike, and what is alive in one of several that may run at the same
 * time is alive in all of them), a scan's own number before those of its region; a value is alive from the
 * kernel that computes it to the last one that reads it. A value from outside
 * that a region reads is alive until the scan ends, and so are the region's
 * parameters. Slots are then shared greedily, in order of birth, between
 * values whose lives do not overlap, preferring slots of the same shape.
 *
 * Items of a scan are divided among threads, which are at different places of
 * its body at the same time, and what its kernels do may be done together: values
 * of a body, which are small, never share a slot.
 *
 * Parts of a scan over parts come one after the other: values of its region
 * share slots like those of a body, the sequences' rows are there until it ends,
 * and a state lives where the last one is to be; so does the next one if it is
 * made from it element by element, as a sum over parts is.
 *
 * Fixed values are there from the first call on: each has a slot of its own.
 */
#include "compiler/passes/plan.h"

#include "compiler/passes/fuse.h"

typedef struct Life {
    IrValue *value;
    IrValue *state, *next; /* NULL, or of a scan over parts: the state whose last value this is, and the next one */
    int from, to;
    int scan;  /* the outermost scan that the value is inside of, or 0 */
    bool kept; /* fixed: alive for ever */
} Life;

/* Who used a slot last. */
typedef struct Tenant {
    int to, scan;
} Tenant;

typedef struct Planner {
    Arena *arena;
    IrFunc *func;
    VEC(Life) lives;
    int value_count;
    int scan;      /* the outermost scan that is being walked, or 0 */
    int *life_of;  /* by value id: index in lives, or -1 */
    int next;
} Planner;

static void add_life(Planner *p, IrValue *value, int from)
{
    p->life_of[value->id] = p->lives.count;
    vec_push(p->arena, &p->lives, ((Life){value, NULL, NULL, from, from, p->scan, false}));
}

static void read_at(Planner *p, const IrValue *value, int kernel)
{
    int life = p->life_of[value->id];
    if (life >= 0 && p->lives.data[life].to < kernel)
        p->lives.data[life].to = kernel;
}

/* Everything that an instruction of a kernel reads, through what is computed in place. */
static void read_inst(Planner *p, const IrInst *inst, int kernel)
{
    for (int i = 0; i < inst->arg_count; i++) {
        const IrValue *value = inst->args[i];
        if (p->life_of[value->id] >= 0)
            read_at(p, value, kernel);
        else if (value->def && value->def->op != OP_scan)
            read_inst(p, value->def, kernel);
    }
}

static void live_region(Planner *p, const IrRegion *region);

static void live_through(Planner *p, int from, int to)
{
    for (int i = 0; i < p->lives.count; i++)
        if (p->lives.data[i].from < from && p->lives.data[i].to >= from)
            p->lives.data[i].to = p->lives.data[i].to < to ? to : p->lives.data[i].to;
}

/* The next state can take the place of the state if nobody else reads either. */
static bool is_in_place(const IrRegion *region, const IrValue *state, const IrValue *next)
{
    bool reads = false;
    for (int i = 0; next->def && i < next->def->arg_count; i++)
        reads |= next->def->args[i] == state;
    return reads && ir_op_is_scalar(next->def->op) && ir_region_use_count(region, state) == 1 && ir_region_use_count(region, next) == 1;
}

static void live_state(Planner *p, const IrInst *scan, int i)
{
    const IrScan *attrs = &scan->attrs.scan;
    IrValue *state = &scan->region->params[attrs->seq_count + i], *next = scan->region->yields[i];
    int life = p->life_of[scan->results[attrs->emit_count + i].id];
    p->life_of[state->id] = life;
    p->lives.data[life].state = state;
    if (!is_in_place(scan->region, state, next))
        return;
    p->life_of[next->id] = life;
    p->lives.data[life].next = next;
}

static void live_params(Planner *p, const IrInst *scan, int number)
{
    IrValue *params = scan->region->params;
    const IrScan *attrs = &scan->attrs.scan;
    for (int i = attrs->part ? 0 : attrs->seq_count; i < (attrs->part ? attrs->seq_count : scan->arg_count); i++)
        add_life(p, &params[i], number);
    for (int i = 0; attrs->part && i < attrs->state_count; i++)
        live_state(p, scan, i);
}

/* Results of the scan are written while it runs; rows and states are there all the time. */
static void live_scan(Planner *p, const Kernel *kernel, int number)
{
    const IrInst *scan = kernel->anchor;
    int around = p->scan;
    p->scan = around || scan->attrs.scan.part ? around : number;
    int first_param = p->lives.count;
    live_params(p, scan, number);
    int end_param = p->lives.count;
    live_region(p, scan->region);
    int end = p->next++;
    for (int i = first_param; i < end_param; i++)
        p->lives.data[i].to = end;
    live_through(p, number + 1, end);
    p->scan = around;
    read_inst(p, scan, end);
    for (int i = 0; i < scan->result_count; i++)
        read_at(p, &scan->results[i], end);
    for (int i = 0; i < scan->region->yield_count; i++)
        read_at(p, scan->region->yields[i], end);
}

static bool is_last_beside(const KernelList *kernels, int i)
{
    Kernel *const *kernel = &kernels->items.data[i];
    return kernel[0]->beside && (i + 1 == kernels->items.count || !kernel_is_with(kernel[0], kernel[1]));
}

static void live_until(Planner *p, int from, int to)
{
    for (int i = 0; i < p->lives.count; i++)
        if (p->lives.data[i].to >= from && p->lives.data[i].to < to)
            p->lives.data[i].to = to;
}

static void live_region(Planner *p, const IrRegion *region)
{
    KernelList kernels = region->owner ? fuse_kernels(p->arena, region)
                                       : fuse_body(p->arena, p->func, p->value_count);
    int first = 0; /* of those that run at the same time */
    for (int i = 0; i < kernels.items.count; i++) {
        const Kernel *kernel = kernels.items.data[i];
        bool same = i && kernel_is_with(kernel, kernels.items.data[i - 1]);
        int number = same ? p->next - 1 : p->next++;
        first = same ? first : number;
        for (int k = 0; k < kernel->roots.count; k++) {
            if (p->life_of[kernel->roots.data[k]->id] >= 0)
                continue;
            add_life(p, kernel->roots.data[k], number);
            p->lives.data[p->lives.count - 1].kept = kernel->once || kernel->demand;
        }
        for (int k = 0; k < kernel->insts.count; k++)
            read_inst(p, kernel->insts.data[k], number);
        if (kernel->kind == KERNEL_SCAN)
            live_scan(p, kernel, number);
        if (is_last_beside(&kernels, i))
            live_until(p, first, p->next - 1);
    }
    for (int i = 0; i < region->yield_count; i++)
        read_at(p, region->yields[i], p->next);
}

/* ---- slots ---- */

static int result_index(const IrFunc *func, const IrValue *value)
{
    for (int i = 0; i < func->body->yield_count; i++)
        if (func->body->yields[i] == value)
            return i;
    return -1;
}

static bool same_shape(const PlanSlot *slot, const IrType *type)
{
    return slot->sizes.count && ir_type_equal(&slot->sizes.data[0], type);
}

static int choose_slot(Planner *p, MemoryPlan *plan, const Tenant *tenants, const Life *life)
{
    int best = -1;
    bool share = !optimisation_in(p->func->module->without, OPTIMISE_SHARE_MEMORY);
    for (int i = 0; i < plan->slots.count && share; i++) {
        bool same_scan = life->scan && tenants[i].scan == life->scan;
        if (life->kept || plan->slots.data[i].kept || tenants[i].to >= life->from || same_scan)
            continue;
        if (same_shape(&plan->slots.data[i], &life->value->type))
            return i;
        best = best < 0 ? i : best;
    }
    if (best >= 0)
        return best;
    vec_push(p->arena, &plan->slots, ((PlanSlot){.kept = life->kept}));
    return plan->slots.count - 1;
}

static void add_size(Planner *p, PlanSlot *slot, IrType type)
{
    for (int i = 0; i < slot->sizes.count; i++)
        if (ir_type_equal(&slot->sizes.data[i], &type))
            return;
    vec_push(p->arena, &slot->sizes, type);
}

static void place(Planner *p, MemoryPlan *plan, Tenant *tenants, const Life *life)
{
    PlanEntry entry = {.value = life->value, .slot = -1, .from = life->from, .to = life->to};
    entry.result = result_index(p->func, life->value);
    if (entry.result < 0) {
        entry.slot = choose_slot(p, plan, tenants, life);
        tenants[entry.slot] = (Tenant){life->to, life->scan};
        add_size(p, &plan->slots.data[entry.slot], life->value->type);
    }
    vec_push(p->arena, &plan->entries, entry);
    for (int i = 0; i < 2; i++) {
        entry.value = i ? life->next : life->state;
        entry.shared = true;
        if (entry.value)
            vec_push(p->arena, &plan->entries, entry);
    }
}

MemoryPlan *plan_memory(Arena *arena, IrFunc *func)
{
    int count = ir_func_number(func);
    Planner p = {.arena = arena, .func = func, .value_count = count, .next = 1};
    p.life_of = ARENA_ARRAY(arena, int, count + 1);
    for (int i = 0; i < count; i++)
        p.life_of[i] = -1;
    live_region(&p, func->body);
    MemoryPlan *plan = ARENA_NEW(arena, MemoryPlan);
    Tenant *tenants = ARENA_ARRAY(arena, Tenant, p.lives.count + 1);
    for (int at = 0; at <= p.next; at++)
        for (int i = 0; i < p.lives.count; i++)
            if (p.lives.data[i].from == at)
                place(&p, plan, tenants, &p.lives.data[i]);
    return plan;
}

const PlanEntry *plan_entry(const MemoryPlan *plan, const IrValue *value)
{
    for (int i = 0; i < plan->entries.count; i++)
        if (plan->entries.data[i].value == value)
            return &plan->entries.data[i];
    return NULL;
}

static int64_t type_bytes(const IrType *type, const NndAxis *axes)
{
    int64_t bytes = (int64_t)nnd_dtype_size(type->dtype);
    for (int i = 0; i < type->rank; i++)
        bytes *= axes[type->dims[i]->index].extent;
    return (bytes + 63) / 64 * 64;
}

void plan_measure(MemoryPlan *plan, const NndAxis *axes)
{
    plan->naive_bytes = plan->planned_bytes = plan->kept_bytes = 0;
    for (int i = 0; i < plan->entries.count; i++)
        if (plan->entries.data[i].slot >= 0 && !plan->entries.data[i].shared && !plan->slots.data[plan->entries.data[i].slot].kept)
            plan->naive_bytes += type_bytes(&plan->entries.data[i].value->type, axes);
    for (int i = 0; i < plan->slots.count; i++) {
        int64_t most = 0;
        for (int k = 0; k < plan->slots.data[i].sizes.count; k++) {
            int64_t bytes = type_bytes(&plan->slots.data[i].sizes.data[k], axes);
            most = bytes > most ? bytes : most;
        }
        *(plan->slots.data[i].kept ? &plan->kept_bytes : &plan->planned_bytes) += most;
    }
}
