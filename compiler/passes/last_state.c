/* SPDX-License-Identifier: Apache-2.0
 *
 * last_state: what is only picked from a scan's sequence need not be one.
 *   after   the last row of an emitted sequence, where it is also a state of
 *           the scan, is read from the scan's last states
 *
 * The language's last(x over t) is sum over t of select(t == length - 1, x, 0),
 * in a reverse scan first(x over t), of select(t == 0, x, 0): the row of the
 * scan's last step. Of an item without rows the sum is 0 and the last state is
 * the initial one, so that has to be 0 as well.
 */
#include "compiler/passes/passes.h"

static const IrInst *is_op(const IrValue *value, IrOp op)
{
    return value->def && value->def->op == op ? value->def : NULL;
}

static bool is_number(const IrValue *value, double number)
{
    const IrInst *inst = is_op(value, OP_const);
    return inst && inst->attrs.constant == number;
}

/* The operand of a broadcast that gives every row's entry to the whole row. */
static const IrValue *of_rows(const IrValue *value)
{
    const IrInst *inst = is_op(value, OP_broadcast);
    if (!inst || inst->args[0]->type.rank != 1 || inst->attrs.map[0] != 0)
        return NULL;
    return inst->args[0];
}

/* lengths of `dim` - 1, for every row of an item. */
static bool is_end(const IrValue *value, const IrDim *dim)
{
    const IrValue *items = of_rows(value);
    const IrInst *sub = items ? is_op(items, OP_sub) : NULL;
    const IrInst *lengths = sub ? is_op(sub->args[0], OP_lengths) : NULL;
    return lengths && lengths->attrs.dim == dim && is_number(sub->args[1], 1);
}

/* True for the row that a scan over `dim` comes to last. */
static bool picks_last_step(const IrValue *mask, const IrDim *dim, bool reverse)
{
    const IrValue *rows = mask->type.rank > 1 ? of_rows(mask) : mask;
    const IrInst *eq = rows ? is_op(rows, OP_eq) : NULL;
    const IrInst *iota = eq ? is_op(eq->args[0], OP_iota) : NULL;
    if (!iota || iota->attrs.axis != 0 || iota->results[0].type.dims[0] != dim)
        return false;
    return reverse ? is_number(eq->args[1], 0) : is_end(eq->args[1], dim);
}

/* True if state `state` of the scan's last step is what it emits as `emit`, also through the scan of a part. */
static bool is_state(const IrInst *scan, int emit, int state)
{
    const IrValue *emitted = scan->region->yields[scan->attrs.scan.state_count + emit];
    const IrValue *last = scan->region->yields[state];
    if (emitted == last)
        return true;
    const IrInst *part = scan->attrs.scan.part ? is_op(last, OP_scan) : NULL;
    return part && emitted->def == part && emitted->index < part->attrs.scan.emit_count &&
           last->index >= part->attrs.scan.emit_count &&
           is_state(part, emitted->index, last->index - part->attrs.scan.emit_count);
}

/* The last state that equals what the scan has emitted in its last step, or NULL. */
static IrValue *state_of_emit(const IrInst *scan, int emit)
{
    const IrScan *a = &scan->attrs.scan;
    for (int i = 0; i < a->state_count; i++)
        if (is_state(scan, emit, i) &&
            is_number(scan->args[a->seq_count + a->row_count + i], 0))
            return &scan->results[a->emit_count + i];
    return NULL;
}

static IrValue *picked_state(const IrInst *sum)
{
    const IrInst *select = sum->op == OP_sum && sum->attrs.axes == 1 ? is_op(sum->args[0], OP_select) : NULL;
    const IrValue *sequence = select ? select->args[1] : NULL;
    const IrInst *scan = sequence ? is_op(sequence, OP_scan) : NULL;
    if (!scan || sequence->index >= scan->attrs.scan.emit_count || !is_number(select->args[2], 0) ||
        !picks_last_step(select->args[0], scan->attrs.scan.dim, scan->attrs.scan.reverse))
        return NULL;
    return state_of_emit(scan, sequence->index);
}

bool pass_last_state(IrFunc *func)
{
    bool changed = false;
    for (IrInst *inst = func->body->first; inst; inst = inst->next) {
        IrValue *state = picked_state(inst);
        if (!state)
            continue;
        ir_replace_uses(func, &inst->results[0], state);
        changed = true;
    }
    return changed;
}
