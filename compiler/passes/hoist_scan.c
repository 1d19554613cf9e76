/* SPDX-License-Identifier: Apache-2.0
 *
 * hoist_scan: moves work out of the time loop.
 *   after   no scan computes, step by step, a contraction, a table look-up or a
 *           window that does not depend on its states; nor one that only
 *           feeds what it emits; what is the same for all items is no
 *           per-item operand
 *
 * Three kinds of instructions leave:
 *   invariant  depends on no parameter and is the same for all items: before
 *   step       depends on sequences and per-item values only: before, for all
 *              steps at once, and its result becomes a sequence
 *   post       is emitted and feeds no state: its operands are emitted
 *              instead, and it runs after the scan, for all steps at once
 * Only contractions, look-ups and windows (with what feeds them) are worth
 * the memory traffic of a sequence; element-wise work stays in the loop.
 */
#include "compiler/passes/passes.h"
#include "compiler/passes/scan_edit.h"

typedef struct Hoister {
    IrFunc *func;
    IrRegion *region; /* around the scan */
    IrInst *scan;
    Arena *arena;
    IrValue **lifted; /* by id of a value of the region: itself for all steps, NULL = not yet */
} Hoister;

static bool is_worth_it(const IrInst *inst)
{
    return inst->op == OP_dot || inst->op == OP_gather || inst->op == OP_window;
}

static bool has_items_axis(const Hoister *h, const IrValue *value)
{
    return value->type.rank && value->type.dims[0] == h->scan->attrs.scan.dim->parent;
}

/* ---- what is the same for all items ---- */

/* A constant, or a broadcast of something without the items' axis. */
static bool is_same_for_items(const IrInst *inst)
{
    return inst && (inst->op == OP_const || (inst->op == OP_broadcast && inst->attrs.map[0] < 0));
}

/* Per-item operands of that kind are made where they are used: a bias is then read once for all items. */
static bool sink_rows(Hoister *h)
{
    bool changed = false;
    IrRegion *region = h->scan->region;
    for (int i = 0; i < h->scan->attrs.scan.row_count; i++) {
        int at = h->scan->attrs.scan.seq_count + i;
        const IrInst *def = h->scan->args[at]->def;
        if (!is_same_for_items(def))
            continue;
        IrInst *copy = ir_inst_copy(h->arena, def, def->args);
        ir_inst_insert(region, region->first, copy);
        ir_region_replace_uses(region, &region->params[at], &copy->results[0]);
        changed = true;
    }
    return changed;
}

/* ---- invariant ---- */

static bool hoist_invariant(Hoister *h)
{
    bool changed = false;
    for (IrInst *inst = h->scan->region->first, *next; inst; inst = next) {
        next = inst->next;
        bool invariant = !has_items_axis(h, &inst->results[0]);
        for (int i = 0; i < inst->arg_count; i++)
            invariant &= !scan_is_inside(h->scan, inst->args[i]);
        if (!invariant)
            continue;
        ir_inst_remove(h->scan->region, inst);
        ir_inst_insert(h->region, h->scan, inst);
        changed = true;
    }
    return changed;
}

/* ---- step ---- */

/* info != NULL: depends on a state. Values of the region in order. */
static void mark_carried(const Hoister *h)
{
    const IrScan *a = &h->scan->attrs.scan;
    IrRegion *region = h->scan->region;
    for (int i = 0; i < region->param_count; i++)
        region->params[i].info = i >= a->seq_count + a->row_count ? &region->params[i] : NULL;
    for (IrInst *inst = region->first; inst; inst = inst->next) {
        inst->results[0].info = NULL;
        for (int i = 0; i < inst->arg_count; i++)
            if (scan_is_inside(h->scan, inst->args[i]) && inst->args[i]->info)
                inst->results[0].info = inst;
    }
}

static IrValue *lift_step(Hoister *h, IrBuilder *b, IrValue *value);

static IrValue *lift_param(Hoister *h, IrBuilder *b, const IrValue *param)
{
    IrValue *operand = h->scan->args[param->index];
    bool sequence = param->index < h->scan->attrs.scan.seq_count;
    return sequence ? operand : scan_lift_row(b, h->scan, operand);
}

static IrValue *lift_inst(Hoister *h, IrBuilder *b, const IrInst *inst)
{
    IrValue **args = ARENA_ARRAY(h->arena, IrValue *, inst->arg_count);
    for (int i = 0; i < inst->arg_count; i++)
        args[i] = lift_step(h, b, inst->args[i]);
    return scan_lift(b, h->scan, inst, args);
}

/* The value for all steps, computed before the scan; once, however many read it. */
static IrValue *lift_step(Hoister *h, IrBuilder *b, IrValue *value)
{
    if (!scan_is_inside(h->scan, value))
        return value;
    IrValue **lifted = &h->lifted[value->id];
    if (!*lifted)
        *lifted = value->def ? lift_inst(h, b, value->def) : lift_param(h, b, value);
    return *lifted;
}

static bool hoist_steps(Hoister *h)
{
    mark_carried(h);
    ScanShape shape = scan_shape(h->arena, h->scan);
    IrBuilder b = ir_builder_before(h->func->module, h->region, h->scan);
    h->lifted = ARENA_ARRAY(h->arena, IrValue *, ir_func_number(h->func) + 1);
    for (IrInst *inst = h->scan->region->first; inst; inst = inst->next) {
        if (!is_worth_it(inst) || inst->results[0].info || !has_items_axis(h, &inst->results[0]))
            continue;
        b.line = inst->line;
        ScanPart part = {-1, lift_step(h, &b, &inst->results[0]), &inst->results[0]};
        vec_push(h->arena, &shape.seqs, part);
    }
    if (shape.seqs.count == h->scan->attrs.scan.seq_count)
        return false;
    h->scan = scan_reshape(h->func, h->region, h->scan, &shape);
    return true;
}

/* ---- post ---- */

/* info != NULL: the next states need it. */
static void need(const Hoister *h, IrValue *value)
{
    if (!scan_is_inside(h->scan, value) || value->info)
        return;
    value->info = value;
    for (int i = 0; value->def && i < value->def->arg_count; i++)
        need(h, value->def->args[i]);
}

static void mark_needed(const Hoister *h)
{
    IrRegion *region = h->scan->region;
    for (int i = 0; i < region->param_count; i++)
        region->params[i].info = NULL;
    for (IrInst *inst = region->first; inst; inst = inst->next)
        inst->results[0].info = NULL;
    for (int i = 0; i < h->scan->attrs.scan.state_count; i++)
        need(h, region->yields[i]);
}

static bool is_post(const Hoister *h, const IrValue *value)
{
    return value->def && scan_is_inside(h->scan, value) && value->def->op == OP_dot && !value->info;
}

typedef struct Post {
    IrInst *inst;
    int old_emit;
    int args[2]; /* index among the new emits, or -1: from outside */
} Post;

static int emit_operand(Hoister *h, ScanShape *shape, IrValue *value)
{
    if (!scan_is_inside(h->scan, value))
        return -1;
    vec_push(h->arena, &shape->emits, ((ScanPart){-1, NULL, value}));
    return shape->emits.count - 1;
}

static bool hoist_posts(Hoister *h)
{
    mark_needed(h);
    ScanShape shape = scan_shape(h->arena, h->scan);
    VEC(Post) posts = {0};
    int emits = shape.emits.count;
    for (int i = 0; i < emits; i++) {
        IrValue *value = shape.emits.data[i].inside;
        if (!is_post(h, value))
            continue;
        Post post = {.inst = value->def, .old_emit = i};
        for (int k = 0; k < 2; k++)
            post.args[k] = emit_operand(h, &shape, value->def->args[k]);
        vec_push(h->arena, &posts, post);
    }
    if (!posts.count)
        return false;
    IrInst *after = h->scan->next;
    h->scan = scan_reshape(h->func, h->region, h->scan, &shape);
    for (int i = 0; i < posts.count; i++) {
        const Post *post = &posts.data[i];
        IrBuilder b = {.module = h->func->module, .region = h->region, .before = after, .line = post->inst->line};
        IrValue *args[2];
        for (int k = 0; k < 2; k++)
            args[k] = post->args[k] < 0 ? post->inst->args[k] : &h->scan->results[post->args[k]];
        ir_replace_uses(h->func, &h->scan->results[post->old_emit], scan_lift(&b, h->scan, post->inst, args));
    }
    return true;
}

/* From a scan in a part of another, to all steps of the part. */
static bool hoist_region(IrFunc *func, IrRegion *region)
{
    bool changed = false;
    for (IrInst *inst = region->first, *next; inst; inst = next) {
        next = inst->next;
        if (inst->op != OP_scan)
            continue;
        if (inst->attrs.scan.part) {
            changed |= hoist_region(func, inst->region);
            continue;
        }
        Hoister h = {.func = func, .region = region, .scan = inst, .arena = func->module->arena};
        changed |= sink_rows(&h);
        changed |= hoist_invariant(&h);
        if (!inst->attrs.scan.recompute) /* what is hoisted is kept for all steps */
            changed |= hoist_steps(&h);
        changed |= hoist_posts(&h);
    }
    return changed;
}

bool pass_hoist_scan(IrFunc *func)
{
    return hoist_region(func, func->body);
}
