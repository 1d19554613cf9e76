/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/onnx/cell.h"

#include "compiler/onnx/exporter.h"

/* ---- operators ---- */

static bool is_ew(const Typed *typed, EwOp op)
{
    return typed->kind == T_EW && typed->op == op;
}

/* What an operator of one operand is applied to, or NULL. */
static const Typed *under(const Typed *typed, EwOp op)
{
    typed = export_plain(typed);
    return is_ew(typed, op) ? export_plain(typed->args[0]) : NULL;
}

/* The other factor of a product with `factor`, or NULL. */
static const Typed *product_with(const Typed *typed, const Typed *factor)
{
    typed = export_plain(typed);
    for (int i = 0; i < 2 && is_ew(typed, EW_mul); i++)
        if (export_plain(typed->args[i]) == factor)
            return export_plain(typed->args[1 - i]);
    return NULL;
}

/* sigmoid(*gate) * (what is returned), or NULL. */
static const Typed *gated(const Typed *typed, const Typed **gate)
{
    typed = export_plain(typed);
    for (int i = 0; i < 2 && is_ew(typed, EW_mul); i++)
        if ((*gate = under(typed->args[i], EW_sigmoid)))
            return export_plain(typed->args[1 - i]);
    return NULL;
}

static bool is_state(const TypedScan *scan, const Typed *typed, int index)
{
    return typed->kind == T_SCAN_STATE && typed->scan.scan == scan && typed->scan.index == index;
}

/* ---- sums: x W + h U + b ---- */

typedef struct Sum {
    const TypedScan *scan;
    int hidden;
    CellGate *gate;
} Sum;

static bool add_product(const Sum *s, const Typed *dot, int64_t gate)
{
    const Typed *x = export_plain(dot->args[0]), *weight = export_plain(dot->args[1]), *reset = NULL;
    if (dot->dot.batch_count || dot->dot.contract_count != 1 || dot->dot.a_contract[0] != x->type.rank - 1 ||
        dot->dot.b_contract[0])
        return false;
    if (weight->kind != T_WEIGHT || weight->type.rank != (gate < 0 ? 2 : 3))
        return false;
    CellWeight *place = NULL;
    const Typed *state = gated(x, &reset);
    if (x->kind == T_SCAN_ITEM && x->scan.scan == s->scan)
        place = &s->gate->input;
    else if (is_state(s->scan, x, s->hidden) || (state && is_state(s->scan, state, s->hidden)))
        place = &s->gate->state;
    if (!place || place->weight)
        return false;
    *place = (CellWeight){weight, gate};
    if (state)
        s->gate->reset = reset;
    return true;
}

static bool add_term(const Sum *s, const Typed *repeated, int64_t gate)
{
    const Typed *term = export_plain(repeated->args[0]);
    CellBias *bias = &s->gate->bias;
    if (term->kind == T_NUMBER) {
        bias->constant += term->number;
        return true;
    }
    if (term->kind != T_WEIGHT || term->type.rank != (gate < 0 ? 1 : 2) || bias->count == CELL_TERMS_MAX)
        return false;
    for (int i = 0; i < term->type.rank; i++)
        if (repeated->map[repeated->type.rank - term->type.rank + i] != i)
            return false;
    bias->terms[bias->count++] = (CellWeight){term, gate};
    return true;
}

/* `gate`: of what `typed` has for several gates, this one; -1: it has one only. */
static bool add_sum(const Sum *s, const Typed *typed, int64_t gate)
{
    typed = export_plain(typed);
    if (is_ew(typed, EW_add))
        return add_sum(s, typed->args[0], gate) && add_sum(s, typed->args[1], gate);
    if (typed->kind == T_DOT)
        return add_product(s, typed, gate);
    if (typed->kind == T_BROADCAST)
        return add_term(s, typed, gate);
    if (typed->kind != T_RESHAPE || typed->args[0]->kind != T_SLICE || gate >= 0)
        return false;
    const Typed *slice = typed->args[0];
    bool one =
        slice->slice.size == 1 && slice->slice.axis == slice->type.rank - 2 && typed->type.rank == slice->type.rank - 1;
    return one && add_sum(s, slice->args[0], slice->slice.start);
}

static bool sum_of(const TypedScan *scan, int hidden, const Typed *typed, CellGate *gate)
{
    *gate = (CellGate){0};
    Sum sum = {scan, hidden, gate};
    return typed && add_sum(&sum, typed, -1);
}

static bool full_sum(const TypedScan *scan, int hidden, const Typed *typed, CellGate *gate)
{
    return sum_of(scan, hidden, typed, gate) && gate->input.weight && gate->state.weight && !gate->reset;
}

/* ---- cells ---- */

static bool match_rnn(Cell *cell, const TypedScan *scan)
{
    *cell = (Cell){.kind = CELL_RNN, .gate_count = 1, .memory = -1};
    return full_sum(scan, 0, under(scan->next[0], EW_tanh), &cell->gates[0]);
}

static bool match_lstm(Cell *cell, const TypedScan *scan, int hidden)
{
    *cell = (Cell){.kind = CELL_LSTM, .gate_count = 4, .hidden = hidden, .memory = 1 - hidden};
    const Typed *c = export_plain(scan->next[cell->memory]), *h = export_plain(scan->next[hidden]);
    const Typed *in = NULL, *forget = NULL, *out = NULL, *seen = NULL;
    for (int i = 0; i < 2 && is_ew(c, EW_add) && !seen; i++) {
        const Typed *kept = gated(c->args[i], &forget), *added = gated(c->args[1 - i], &in);
        seen = kept && is_state(scan, kept, cell->memory) && added ? under(added, EW_tanh) : NULL;
    }
    const Typed *shown = gated(h, &out);
    if (!seen || !shown || under(shown, EW_tanh) != c)
        return false;
    return full_sum(scan, hidden, in, &cell->gates[0]) && full_sum(scan, hidden, out, &cell->gates[1]) &&
           full_sum(scan, hidden, forget, &cell->gates[2]) && full_sum(scan, hidden, seen, &cell->gates[3]);
}

/* The reset gate acts on the product: x W + b, and h U + c times the gate. */
static bool match_reset_after(Cell *cell, const TypedScan *scan, const Typed *sum)
{
    CellGate *fresh = &cell->gates[2], state;
    for (int i = 0; i < 2 && is_ew(sum, EW_add); i++) {
        const Typed *reset, *product = gated(sum->args[i], &reset);
        if (!product || !sum_of(scan, 0, product, &state) || !state.state.weight || state.input.weight || state.reset)
            continue;
        if (!sum_of(scan, 0, sum->args[1 - i], fresh) || !fresh->input.weight || fresh->state.weight)
            return false;
        fresh->state = state.state;
        fresh->state_bias = state.bias;
        return cell->reset_after = full_sum(scan, 0, reset, &cell->gates[1]);
    }
    return false;
}

static bool match_reset_before(Cell *cell, const TypedScan *scan, const Typed *sum)
{
    CellGate *fresh = &cell->gates[2];
    if (!sum_of(scan, 0, sum, fresh) || !fresh->reset || !fresh->input.weight || !fresh->state.weight)
        return false;
    return full_sum(scan, 0, fresh->reset, &cell->gates[1]);
}

static bool is_one(const Typed *typed)
{
    return typed->kind == T_BROADCAST && typed->args[0]->kind == T_NUMBER && typed->args[0]->number == 1;
}

static bool match_gru(Cell *cell, const TypedScan *scan)
{
    *cell = (Cell){.kind = CELL_GRU, .gate_count = 3, .memory = -1};
    const Typed *h = export_plain(scan->next[0]);
    for (int i = 0; i < 2 && is_ew(h, EW_add); i++) {
        const Typed *sum, *kept = gated(h->args[i], &sum), *update = NULL;
        if (!kept || !is_state(scan, kept, 0) || !full_sum(scan, 0, sum, &cell->gates[0]))
            continue;
        const Typed *other = export_plain(h->args[1 - i]);
        for (int j = 0; j < 2 && is_ew(other, EW_mul); j++) {
            const Typed *rest = export_plain(other->args[j]);
            if (is_ew(rest, EW_sub) && is_one(rest->args[0]) && under(rest->args[1], EW_sigmoid) == sum)
                update = under(product_with(other, rest), EW_tanh);
        }
        return update && (match_reset_after(cell, scan, update) || match_reset_before(cell, scan, update));
    }
    return false;
}

bool cell_match(Cell *out, const TypedScan *scan)
{
    if (scan->sequence_count != 1 || scan->sequences[0]->type.rank != scan->axis + 2 || scan->axis < 1)
        return false;
    for (int i = 0; i < scan->state_count; i++)
        if (scan->initial[i]->type.rank != scan->axis + 1)
            return false;
    if (scan->state_count == 1)
        return match_rnn(out, scan) || match_gru(out, scan);
    return scan->state_count == 2 && (match_lstm(out, scan, 0) || match_lstm(out, scan, 1));
}
