/* SPDX-License-Identifier: Apache-2.0
 *
 * fuse: decides which instructions are computed together (see fuse.h).
 *   needs   verified IR
 *   after   every instruction has a group: -1 if it is computed wherever it is
 *           used, else the number of its kernel; kernels run in that order
 *
 * Three questions, answered for one instruction after the other:
 *   1. Is it computed where it is used? Generators and views always are, other
 *      element-wise instructions if they have one user that reads every
 *      element just once.
 *   2. If not, it is a root. May it join the kernel of the last value that it
 *      reads? Yes if it reads that kernel's values only at its own index, the
 *      shapes agree, and all else that it reads is there by then. A pad has the
 *      index and the shape of what it pads.
 *   3. If not, it begins a kernel of its own.
 */
#include "compiler/passes/fuse.h"

#include "compiler/passes/passes.h"

typedef VEC(IrInst *) Insts;

/* Who reads the result of an instruction. */
typedef struct Uses {
    int count;        /* reads by instructions of the same region */
    IrInst *user;     /* one of them */
    Insts users;      /* all of them, once for each read */
    bool elsewhere;   /* yielded, or read in a region inside */
} Uses;

typedef struct Kernelling { /* what is known of a kernel while it grows */
    KernelKind kind;
    IrType shape; /* MAP: of the roots; REDUCE, DOT: of the anchor's result */
    bool fixed;   /* it computes fixed values */
} Kernelling;

typedef struct Fuser {
    Arena *arena;
    OptimisationSet without;
    Uses *uses; /* by id of the result */
    const IrRegion **home; /* by id: the region that the value is computed in */
    bool *inlined;
    bool *fixed;             /* by id */
    VEC(Kernelling) kernels; /* number n is at n - 1 */
} Fuser;

static Uses *uses_of(const Fuser *f, const IrInst *inst)
{
    return &f->uses[inst->results[0].id];
}

static bool is_generator(const IrInst *inst)
{
    return inst->op == OP_const || inst->op == OP_iota || inst->op == OP_lengths || inst->op == OP_offsets;
}

/* Of bf16 weights, by moving bits: not worth a copy that is twice as large. */
static bool is_widening(const IrInst *inst)
{
    const IrValue *x = inst->op == OP_cast ? inst->args[0] : NULL;
    return x && !x->def && (x->kind == NND_ARG_FIXED || x->kind == NND_ARG_PARAM) && x->type.dtype == NND_BF16 &&
           inst->results[0].type.dtype == NND_F32;
}

/* What is computed wherever it is used, in regions inside, too. */
static bool is_anywhere(const IrInst *inst)
{
    return is_generator(inst) || is_widening(inst);
}

bool fuse_is_view(const IrInst *inst)
{
    switch (inst->op) {
    case OP_broadcast: case OP_reshape: case OP_transpose: case OP_slice: case OP_window: case OP_pad: case OP_on_demand:
    case OP_place_of:
        return true;
    default:
        return false;
    }
}

/* Views that show every element at most once, and never look outside of their operand. */
static bool is_rearrangement(const IrInst *inst)
{
    return inst->op == OP_reshape || inst->op == OP_transpose || inst->op == OP_slice;
}

static bool is_reduction(const IrInst *inst)
{
    return inst->op == OP_sum || inst->op == OP_reduce_max || inst->op == OP_argmax;
}

bool fuse_is_elementwise(const IrInst *inst)
{
    return ir_op_is_scalar(inst->op) || inst->op == OP_cast;
}

/* ---- uses ---- */

/* `user` is NULL for a yield. */
static void note_use(Fuser *f, const IrRegion *region, IrValue *value, IrInst *user)
{
    if (!value->def)
        return;
    Uses *uses = &f->uses[value->id];
    if (!user || f->home[value->id] != region) {
        uses->elsewhere = true;
        return;
    }
    uses->count++;
    uses->user = user;
    vec_push(f->arena, &uses->users, user);
}

/* Operands come before users. */
static void note_region(Fuser *f, const IrRegion *region)
{
    for (IrInst *inst = region->first; inst; inst = inst->next) {
        for (int i = 0; i < inst->result_count; i++)
            f->home[inst->results[i].id] = region;
        for (int i = 0; i < inst->arg_count; i++)
            note_use(f, region, inst->args[i], inst);
        if (inst->region)
            note_region(f, inst->region);
    }
    for (int i = 0; i < region->yield_count; i++)
        note_use(f, region, region->yields[i], NULL);
}

/* ---- 1. what is computed where it is used ---- */

static bool reads_each_element_once(const Fuser *f, const IrInst *user)
{
    if (fuse_is_elementwise(user) || is_reduction(user) || user->op == OP_scatter_add || user->op == OP_scan)
        return true;
    const Uses *uses = uses_of(f, user);
    return is_rearrangement(user) && f->inlined[user->results[0].id] && uses->count == 1 &&
           reads_each_element_once(f, uses->user);
}

/* A sequence of which the steps read each row's elements where they are. */
static bool is_read_by_step(const Fuser *f, const IrInst *scan, const IrValue *value)
{
    const IrScan *attrs = &scan->attrs.scan;
    bool all = !attrs->part;
    for (int i = 0; i < scan->arg_count; i++)
        all &= scan->args[i] != value || i < attrs->seq_count;
    for (const IrInst *inst = scan->region->first; inst; inst = inst->next)
        for (int i = 0; i < inst->arg_count; i++) {
            const IrValue *x = inst->args[i];
            bool row = !x->def && x >= scan->region->params && x < scan->region->params + attrs->seq_count;
            all &= !row || scan->args[x->index] != value || reads_each_element_once(f, inst);
        }
    return all;
}

/* Operands that must lie in memory: what a scan, a contraction's packing or a table look-up addresses. Rows of a table that
 * are the sequence of a scan lie there already. */
static bool needs_memory(const Fuser *f, const IrInst *user, const IrValue *value)
{
    switch (user->op) {
    case OP_scan: return value->def->op != OP_gather || !is_read_by_step(f, user, value);
    case OP_put:
    case OP_decay:
    case OP_coast: return true;
    case OP_scatter_add: return value == user->args[1];
    case OP_dot: return !fuse_is_view(value->def) && !is_anywhere(value->def);
    default: return false;
    }
}

static bool all_users_can_pull(const Fuser *f, IrInst *inst)
{
    const Insts *users = &uses_of(f, inst)->users;
    for (int i = 0; i < users->count; i++)
        if (needs_memory(f, users->data[i], &inst->results[0]))
            return false;
    return true;
}

/* A transpose that is repeated over other axes would be read with large strides again and again. */
static bool is_read_again(const Fuser *f, const IrInst *inst)
{
    int last = inst->results[0].type.rank - 1;
    const Uses *uses = uses_of(f, inst);
    return inst->op == OP_transpose && inst->attrs.map[last] != last && uses->count == 1 &&
           uses->user->op == OP_broadcast && uses->user->results[0].type.rank > last + 1;
}

static bool is_fixed(const Fuser *f, const IrInst *inst)
{
    return f->fixed[inst->results[0].id];
}

/* A few rows of a table, as of a folded convolution. */
static bool is_sum_of_rows(const IrInst *inst)
{
    enum { FEW = 8 };
    if (inst->op != OP_sum || !inst->args[0]->def || inst->args[0]->def->op != OP_gather)
        return false;
    const IrType *x = &inst->args[0]->type;
    int64_t count = 1;
    for (int i = 0; i < x->rank; i++)
        if (inst->attrs.axes >> i & 1)
            count *= x->dims[i]->kind == NND_DIM_CONST ? x->dims[i]->size : FEW + 1;
    return count <= FEW && !(inst->attrs.axes >> (x->rank - 1) & 1);
}

/* A fixed contraction that is only read through the on_demand. If it is none, on_demand is a view. */
static bool is_demand(const Fuser *f, const IrInst *inst)
{
    bool wanted = inst->op == OP_on_demand && !optimisation_in(f->without, OPTIMISE_ON_DEMAND);
    const IrInst *dot = wanted ? inst->args[0]->def : NULL;
    return dot && dot->op == OP_dot && is_fixed(f, dot) && uses_of(f, dot)->count == 1 && !uses_of(f, dot)->elsewhere;
}

/* pad_windows has made it so that it is written once. */
static bool is_padding_of_windows(const Fuser *f, const IrInst *inst)
{
    const Uses *uses = uses_of(f, inst);
    return inst->op == OP_pad && uses->count > 0 && uses->user->op == OP_window &&
           !optimisation_in(f->without, OPTIMISE_PAD_WINDOWS);
}

/* Which rows of a table are in a window: found once, not for each column of the table. What is computed of such numbers
 * is in memory itself. */
static bool is_window_of_row_numbers(const Fuser *f, const IrInst *inst)
{
    const IrType *type = &inst->results[0].type;
    const Uses *uses = uses_of(f, inst);
    return inst->op == OP_window && type->dtype == NND_I32 && ir_dim_segmented(type->dims[0]) && uses->count > 0 &&
           !fuse_is_elementwise(uses->user);
}

/* Of an argmax the maximum of the same entries, before it: one walk through these finds both. Along the last axis a
 * maximum is made in other lanes. */
static const IrInst *maximum_of(const Fuser *f, const IrInst *argmax)
{
    int last = argmax->args[0]->type.rank - 1;
    if (argmax->attrs.axes >> last & 1 || optimisation_in(f->without, OPTIMISE_EPILOGUES))
        return NULL;
    const IrInst *inst = argmax->prev;
    while (inst && !(inst->op == OP_reduce_max && inst->args[0] == argmax->args[0] && inst->attrs.axes == argmax->attrs.axes))
        inst = inst->prev;
    return inst;
}

/* By a maximum and the place of it. */
static bool is_read_in_one_walk(const Fuser *f, const Uses *uses)
{
    return uses->count == 1 || (uses->count == 2 && uses->user->op == OP_argmax && maximum_of(f, uses->user));
}

/* Axes that are taken together in another order than they lie in have no stride: a contraction could not read them
 * in place. */
static bool is_flattened_transpose(const Fuser *f, const IrInst *inst)
{
    const IrInst *def = inst->op == OP_reshape ? inst->args[0]->def : NULL;
    const Uses *uses = uses_of(f, inst);
    return def && def->op == OP_transpose && uses->count > 0 && uses->user->op == OP_dot;
}

static bool is_inlined(const Fuser *f, IrInst *inst, const IrRegion *region)
{
    const Uses *uses = uses_of(f, inst);
    for (int i = 0; i < region->yield_count; i++)
        if (region->yields[i]->def == inst)
            return false;
    if (!all_users_can_pull(f, inst))
        return false;
    if (is_anywhere(inst))
        return true;
    if (uses->elsewhere)
        return false;
    if (is_padding_of_windows(f, inst) || is_flattened_transpose(f, inst) || is_window_of_row_numbers(f, inst))
        return false;
    if (fuse_is_view(inst))
        return !is_demand(f, inst) &&
               (inst->op == OP_broadcast || (!is_read_again(f, inst) && !optimisation_in(f->without, OPTIMISE_VIEWS)));
    if (optimisation_in(f->without, OPTIMISE_INLINE))
        return false;
    if (is_fixed(f, inst) && (!is_fixed(f, uses->user) || fuse_is_view(uses->user)))
        return false; /* once and for all is better than where it is used */
    bool cheap_once = fuse_is_elementwise(inst) || inst->op == OP_gather || inst->op == OP_uniform ||
                      (!region->owner && is_sum_of_rows(inst)); /* steps of scans take sums from memory */
    return cheap_once && is_read_in_one_walk(f, uses) && reads_each_element_once(f, uses->user);
}

/* Users before operands: whether an operand is pulled depends on its user. */
static void decide_inlining(Fuser *f, const IrRegion *region)
{
    for (IrInst *inst = region->last; inst; inst = inst->prev) {
        f->inlined[inst->results[0].id] = inst->op != OP_scan && is_inlined(f, inst, region);
        if (inst->region)
            decide_inlining(f, inst->region);
    }
}

/* ---- 2. and 3. kernels ---- */

/* What the tree below a root reads. */
typedef struct Reads {
    int latest;         /* number of the last kernel that it reads from; 0: none of this function */
    bool only_in_place; /* values of that kernel are read only at the root's own index */
    bool pads;          /* the root is a pad: it and those below it do not count */
    Insts tree;         /* the inlined instructions that belong to the root alone */
} Reads;

/* `own`: inst is the root, or all that reads it is in the tree. */
static void read_tree(const Fuser *f, const IrInst *inst, bool own, bool in_place, Reads *reads)
{
    in_place = in_place && (fuse_is_elementwise(inst) || inst->op == OP_on_demand || (inst->op == OP_pad && reads->pads));
    for (int i = 0; i < inst->arg_count; i++) {
        IrInst *def = inst->args[i]->def;
        if (!def)
            continue;
        if (f->inlined[def->results[0].id]) {
            bool owned = own && uses_of(f, def)->count == 1 && !is_anywhere(def);
            if (owned)
                vec_push(f->arena, &reads->tree, def);
            read_tree(f, def, owned, in_place, reads);
            continue;
        }
        if (def->group > reads->latest) {
            reads->latest = def->group;
            reads->only_in_place = in_place;
        } else if (def->group == reads->latest) {
            reads->only_in_place &= in_place;
        }
    }
}

static KernelKind kind_of(const IrInst *inst)
{
    switch (inst->op) {
    case OP_dot: return KERNEL_DOT;
    case OP_scan: return KERNEL_SCAN;
    case OP_put: case OP_decay: case OP_coast: return KERNEL_ROWS;
    case OP_sum: case OP_reduce_max: case OP_argmax: case OP_unwindow: case OP_scatter_add: return KERNEL_REDUCE;
    default: return KERNEL_MAP;
    }
}

/* Of a root: that of what it is computed of, element by element. */
static const IrType *shape_of(const Fuser *f, const IrInst *inst, const Reads *reads)
{
    while (reads->pads && inst->args[0]->def && inst->args[0]->def->op == OP_pad && f->inlined[inst->args[0]->id])
        inst = inst->args[0]->def;
    return reads->pads ? &inst->args[0]->type : &inst->results[0].type;
}

static bool may_join(const Fuser *f, const IrInst *inst, const Reads *reads, int first_of_region)
{
    if (is_demand(f, inst))
        return reads->latest == inst->args[0]->def->group;
    if (!(fuse_is_elementwise(inst) || reads->pads) || reads->latest < first_of_region || !reads->only_in_place ||
        optimisation_in(f->without, OPTIMISE_EPILOGUES))
        return false;
    const Kernelling *kernel = &f->kernels.data[reads->latest - 1];
    return kernel->kind != KERNEL_SCAN && kernel->kind != KERNEL_ROWS && kernel->fixed == is_fixed(f, inst) &&
           ir_type_same_dims(&kernel->shape, shape_of(f, inst, reads));
}

static int new_kernel(Fuser *f, const IrInst *inst, const Reads *reads)
{
    vec_push(f->arena, &f->kernels, ((Kernelling){kind_of(inst), *shape_of(f, inst, reads), is_fixed(f, inst)}));
    return f->kernels.count;
}

static void group_region(Fuser *f, IrRegion *region)
{
    int first = f->kernels.count + 1;
    for (IrInst *inst = region->first; inst; inst = inst->next) {
        if (f->inlined[inst->results[0].id]) {
            inst->group = -1;
            continue;
        }
        Reads reads = {.only_in_place = true, .pads = inst->op == OP_pad && !ir_region_is_row(region)};
        read_tree(f, inst, true, true, &reads);
        const IrInst *maximum = inst->op == OP_argmax ? maximum_of(f, inst) : NULL;
        inst->group = maximum                            ? maximum->group
                      : may_join(f, inst, &reads, first) ? reads.latest
                                                         : new_kernel(f, inst, &reads);
        for (int i = 0; i < reads.tree.count; i++)
            reads.tree.data[i]->group = inst->group;
        if (inst->region)
            group_region(f, inst->region);
    }
}

/* What is computed once is there before all else, so that a kernel that reads it may join one of which it comes after. */
static void put_fixed_first(const Fuser *f, IrRegion *body)
{
    IrInst *first_other = body->first;
    while (first_other && is_fixed(f, first_other))
        first_other = first_other->next;
    for (IrInst *inst = first_other, *next; inst; inst = next) {
        next = inst->next;
        if (!is_fixed(f, inst))
            continue;
        ir_inst_remove(body, inst);
        ir_inst_insert(body, first_other, inst);
    }
}

bool pass_fuse(IrFunc *func)
{
    Arena *arena = func->module->arena;
    int count = ir_func_number(func);
    Fuser f = {.arena = arena, .without = func->module->without};
    f.uses = ARENA_ARRAY(arena, Uses, count + 1);
    f.home = ARENA_ARRAY(arena, const IrRegion *, count + 1);
    f.inlined = ARENA_ARRAY(arena, bool, count + 1);
    f.fixed = fuse_fixed(arena, func, count);
    put_fixed_first(&f, func->body);
    note_region(&f, func->body);
    decide_inlining(&f, func->body);
    group_region(&f, func->body);
    fuse_read_paddings(func);
    if (!optimisation_in(f.without, OPTIMISE_INLINE))
        fuse_puts(func);
    return true;
}

/* ---- the list of kernels ---- */

static Kernel *kernel_of(Arena *arena, KernelList *list, int group)
{
    for (int i = 0; i < list->items.count; i++)
        if (list->items.data[i]->group == group)
            return list->items.data[i];
    Kernel *kernel = ARENA_NEW(arena, Kernel);
    kernel->group = group;
    vec_push(arena, &list->items, kernel);
    return kernel;
}

static bool used_in(const IrRegion *region, const IrValue *value, int except_group)
{
    for (int i = 0; i < region->yield_count; i++)
        if (region->yields[i] == value)
            return true;
    for (const IrInst *inst = region->first; inst; inst = inst->next) {
        for (int i = 0; i < inst->arg_count; i++)
            if (inst->args[i] == value && inst->group != except_group)
                return true;
        if (inst->region && used_in(inst->region, value, except_group))
            return true;
    }
    return false;
}

bool fuse_is_inlined(const IrValue *value, const IrRegion *region)
{
    const IrInst *inst = value->def;
    return inst && inst->op != OP_scan && (inst->group == -1 || !used_in(region, value, inst->group));
}

static void sort_kernels(KernelList *list)
{
    for (int i = 1; i < list->items.count; i++) {
        Kernel *kernel = list->items.data[i];
        int k = i;
        for (; k > 0 && list->items.data[k - 1]->group > kernel->group; k--)
            list->items.data[k] = list->items.data[k - 1];
        list->items.data[k] = kernel;
    }
}

/* One more than the largest id of a value that is computed in the region, or inside of it. */
static int id_count(const IrRegion *region)
{
    int count = 0;
    for (const IrInst *inst = region->first; inst; inst = inst->next) {
        int inner = inst->region ? id_count(inst->region) : 0, own = inst->results[inst->result_count - 1].id + 1;
        count = inner > count ? inner : count;
        count = own > count ? own : count;
    }
    return count;
}

/* Which values others than their own group use, by id. */
static void mark_used_elsewhere(const IrRegion *region, int count, bool *used)
{
    for (int i = 0; i < region->yield_count; i++)
        if (region->yields[i]->def && region->yields[i]->id < count)
            used[region->yields[i]->id] = true;
    for (const IrInst *inst = region->first; inst; inst = inst->next) {
        for (int i = 0; i < inst->arg_count; i++) {
            const IrValue *value = inst->args[i];
            if (value->def && value->id < count && value->def->group != inst->group)
                used[value->id] = true;
        }
        if (inst->region)
            mark_used_elsewhere(inst->region, count, used);
    }
}

static void add_roots(Arena *arena, Kernel *kernel, IrInst *inst, const bool *used)
{
    for (int i = 0; i < inst->result_count; i++)
        if (inst->op == OP_scan || used[inst->results[i].id])
            vec_push(arena, &kernel->roots, &inst->results[i]);
}

static const IrInst *demand_of(const Kernel *kernel)
{
    const IrInst *inst = kernel->roots.count == 1 ? kernel->roots.data[0]->def : NULL;
    bool own = inst && inst->op == OP_on_demand && kernel->kind == KERNEL_DOT && inst->args[0]->def == kernel->anchor;
    return own ? inst : NULL;
}

KernelList fuse_kernels(Arena *arena, const IrRegion *region)
{
    KernelList list = {0};
    int count = id_count(region);
    bool *used = ARENA_ARRAY(arena, bool, count + 1);
    mark_used_elsewhere(region, count, used);
    for (IrInst *inst = region->first; inst; inst = inst->next) {
        if (inst->group == -1)
            continue;
        Kernel *kernel = kernel_of(arena, &list, inst->group);
        vec_push(arena, &kernel->insts, inst);
        add_roots(arena, kernel, inst, used);
        if (kind_of(inst) != KERNEL_MAP) {
            kernel->kind = kind_of(inst);
            kernel->anchor = inst;
        }
    }
    for (int i = 0; i < list.items.count; i++)
        list.items.data[i]->demand = demand_of(list.items.data[i]);
    sort_kernels(&list);
    return list;
}

/* ---- what is computed once ---- */

static bool inst_is_fixed(const IrInst *inst, const bool *fixed)
{
    bool all = inst->op != OP_scan && inst->op != OP_uniform && ir_type_static_count(&inst->results[0].type) >= 0;
    for (int i = 0; i < inst->arg_count; i++)
        all &= fixed[inst->args[i]->id];
    return all;
}

bool *fuse_fixed(Arena *arena, const IrFunc *func, int value_count)
{
    bool *fixed = ARENA_ARRAY(arena, bool, value_count + 1);
    if (optimisation_in(func->module->without, OPTIMISE_ONCE))
        return fixed;
    bool *yielded = ARENA_ARRAY(arena, bool, value_count + 1); /* in the caller's memory, which is another in each call */
    for (int i = 0; i < func->body->yield_count; i++)
        yielded[func->body->yields[i]->id] = true;
    for (int i = 0; i < func->arg_count; i++)
        fixed[func->args[i]->id] = func->args[i]->kind == NND_ARG_FIXED;
    for (const IrInst *inst = func->body->first; inst; inst = inst->next)
        fixed[inst->results[0].id] = !yielded[inst->results[0].id] && inst_is_fixed(inst, fixed);
    return fixed;
}

KernelList fuse_body(Arena *arena, const IrFunc *func, int value_count)
{
    const bool *fixed = fuse_fixed(arena, func, value_count);
    KernelList list = fuse_kernels(arena, func->body);
    for (int i = 0; i < list.items.count; i++) {
        Kernel *kernel = list.items.data[i];
        kernel->once = kernel->roots.count > 0 && fixed[kernel->roots.data[0]->id];
    }
    fuse_rows(arena, func, &list, value_count);
    fuse_beside(arena, func, &list, value_count);
    return list;
}
