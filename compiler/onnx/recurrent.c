/* SPDX-License-Identifier: Apache-2.0
 *
 * Scans whose cell ONNX knows, as one node each, or one for both directions.
 */
#include "compiler/onnx/cell.h"
#include "compiler/onnx/exporter.h"

typedef struct Recurrence {
    const TypedScan *scan; /* the forward one of two */
    Cell cell;
    const char *rows, *hidden, *memory; /* [steps, directions, items, size]; last states without steps */
    struct Recurrence *next;
} Recurrence;

static const char *const ops[] = {[CELL_RNN] = "RNN", [CELL_LSTM] = "LSTM", [CELL_GRU] = "GRU"};

static int64_t size_of_state(const TypedScan *scan)
{
    return scan->initial[0]->type.axes[scan->axis].size;
}

static int64_t size_of_item(const TypedScan *scan)
{
    return scan->sequences[0]->type.axes[scan->axis + 1].size;
}

/* ---- weights, gate by gate ---- */

/* out[size][in] from a weight [in, gates, size]. */
static void put_matrix(Exporter *e, float *out, CellWeight w, int64_t in, int64_t size)
{
    const NndTensor *tensor = export_tensor(e, w.weight);
    int64_t gates = w.gate < 0 ? 1 : w.weight->type.axes[1].size, gate = w.gate < 0 ? 0 : w.gate;
    for (int64_t i = 0; tensor && i < in; i++)
        for (int64_t j = 0; j < size; j++)
            out[j * in + i] = ((const float *)tensor->data)[(i * gates + gate) * size + j];
}

static void put_bias(Exporter *e, float *out, const CellBias *bias, int64_t size)
{
    for (int64_t j = 0; j < size; j++)
        out[j] = (float)bias->constant;
    for (int i = 0; i < bias->count; i++) {
        const NndTensor *tensor = export_tensor(e, bias->terms[i].weight);
        int64_t gate = bias->terms[i].gate < 0 ? 0 : bias->terms[i].gate;
        for (int64_t j = 0; tensor && j < size; j++)
            out[j] += ((const float *)tensor->data)[gate * size + j];
    }
}

static const char *constant(Exporter *e, float *data, int rank, int64_t directions, int64_t rows, int64_t columns)
{
    return onnx_constant(e->graph, ONNX_FLOAT, rank, (int64_t[]){directions, rows, columns}, data);
}

/* Inputs W, R and B of the node. */
static void put_weights(Exporter *e, const TypedScan *const *scans, const Cell *cells, int directions,
                        const char **inputs)
{
    int64_t gates = cells[0].gate_count, size = size_of_state(scans[0]), in = size_of_item(scans[0]);
    float *w = ARENA_ARRAY(e->arena, float, directions *gates *size *in);
    float *r = ARENA_ARRAY(e->arena, float, directions *gates *size *size);
    float *b = ARENA_ARRAY(e->arena, float, directions *gates *size * 2);
    for (int d = 0; d < directions; d++)
        for (int64_t g = 0; g < gates; g++) {
            const CellGate *gate = &cells[d].gates[g];
            put_matrix(e, w + (d * gates + g) * size * in, gate->input, in, size);
            put_matrix(e, r + (d * gates + g) * size * size, gate->state, size, size);
            put_bias(e, b + (d * 2 * gates + g) * size, &gate->bias, size);
            put_bias(e, b + (d * 2 * gates + gates + g) * size, &gate->state_bias, size);
        }
    inputs[0] = constant(e, w, 3, directions, gates * size, in);
    inputs[1] = constant(e, r, 3, directions, gates * size, size);
    inputs[2] = constant(e, b, 2, directions, 2 * gates * size, 0);
}

/* ---- operands ---- */

/* The sequence as [steps, items, size]. */
static const char *sequence(Exporter *e, const TypedScan *scan)
{
    const Typed *x = scan->sequences[0];
    int8_t order[AXES_MAX] = {(int8_t)scan->axis};
    TypedAxis from[AXES_MAX];
    for (int i = 0; i < scan->axis; i++)
        order[i + 1] = (int8_t)i;
    order[scan->axis + 1] = (int8_t)(scan->axis + 1);
    const char *name = export_ordered(e, x, order);
    if (scan->axis == 1)
        return name;
    for (int i = 0; i < x->type.rank; i++)
        from[i] = x->type.axes[order[i]];
    return export_reshape(e, name, x->type.rank, from, 3, (TypedAxis[]){from[0], axis_rest(), from[x->type.rank - 1]});
}

static const char *merged_lengths(Exporter *e, const TypedScan *scan)
{
    const TypedAxis *axis = &scan->sequences[0]->type.axes[scan->axis];
    if (!e->padded || !axis_is_ragged(e, axis))
        return NULL;
    const char *lengths = export_lengths(e, axis->extent);
    return scan->axis == 1 ? lengths
                           : onnx_op2(e->graph, "Reshape", lengths, onnx_vector(e->graph, 1, (int64_t[]){-1}));
}

static bool is_zero(const Typed *typed)
{
    typed = export_plain(typed);
    return typed->kind == T_BROADCAST ? is_zero(typed->args[0]) : typed->kind == T_NUMBER && typed->number == 0;
}

/* [1, items, size], or NULL: zeros. */
static const char *initial_state(Exporter *e, const TypedScan *scan, int state)
{
    if (state < 0 || is_zero(scan->initial[state]))
        return NULL;
    const ValueType *type = &scan->initial[state]->type;
    return export_reshape(e, export_value(e, scan->initial[state]), type->rank, type->axes, 3,
                          (TypedAxis[]){axis_const(1), axis_rest(), type->axes[type->rank - 1]});
}

/* ---- nodes ---- */

static const Recurrence *add_node(Exporter *e, const TypedScan *const *scans, const Cell *cells, int directions)
{
    const TypedScan *scan = scans[0];
    const char *inputs[7] = {sequence(e, scan)};
    put_weights(e, scans, cells, directions, inputs + 1);
    inputs[4] = merged_lengths(e, scan);
    inputs[5] = initial_state(e, scan, cells->hidden);
    inputs[6] = initial_state(e, scan, cells->memory);
    int count = 7;
    while (!inputs[count - 1])
        count--;
    OnnxNode *node = onnx_node(e->graph, ops[cells->kind], count, inputs);
    onnx_int(e->graph, node, "hidden_size", size_of_state(scan));
    onnx_text(e->graph, node, "direction", directions == 2 ? "bidirectional" : scan->reverse ? "reverse" : "forward");
    if (cells->kind == CELL_GRU)
        onnx_int(e->graph, node, "linear_before_reset", cells->reset_after);
    Recurrence *r = ARENA_NEW(e->arena, Recurrence);
    *r = (Recurrence){.scan = scan,
                      .cell = *cells,
                      .rows = onnx_value(node),
                      .hidden = onnx_output(e->graph, node),
                      .next = e->recurrences};
    if (cells->kind == CELL_LSTM)
        r->memory = onnx_output(e->graph, node);
    return e->recurrences = r;
}

static const Recurrence *find_recurrence(const Exporter *e, const TypedScan *scan)
{
    const Recurrence *r = e->recurrences;
    while (r && r->scan != scan)
        r = r->next;
    return r;
}

/* The node of a scan, or NULL if ONNX does not know its cell. */
static const Recurrence *recurrence_of(Exporter *e, const TypedScan *scan)
{
    const Recurrence *known = find_recurrence(e, scan);
    Cell cell;
    if (known || !cell_match(&cell, scan))
        return known;
    return add_node(e, &scan, &cell, 1);
}

static bool emits_hidden(const Cell *cell, const Typed *emit)
{
    const TypedScan *scan = emit->scan.scan;
    return emit->kind == T_SCAN_EMIT &&
           export_plain(scan->emits[emit->scan.index]) == export_plain(scan->next[cell->hidden]);
}

/* [steps, items, size] as a value of `typed`, whose axes are those in front of the steps, the steps, the size. */
static const Stored *store_rows(Exporter *e, const Typed *typed, const TypedScan *scan, const char *rows, int from_rank,
                                TypedAxis *from)
{
    int8_t order[AXES_MAX] = {(int8_t)scan->axis};
    TypedAxis to[AXES_MAX];
    int rank = typed->type.rank;
    for (int i = 0; i < scan->axis; i++)
        order[i + 1] = (int8_t)i;
    order[rank - 1] = (int8_t)(rank - 1);
    for (int i = 0; i < rank; i++)
        to[i] = typed->type.axes[order[i]];
    return export_store(e, typed, export_reshape(e, rows, from_rank, from, rank, to), order);
}

/* A last state, [directions, items, size], as a value of `typed`. */
static const char *without_direction(Exporter *e, const Typed *typed, const char *state)
{
    const char *one = onnx_op2(e->graph, "Squeeze", state, onnx_vector(e->graph, 1, (int64_t[]){0}));
    int rank = typed->type.rank;
    return rank == 2 ? one
                     : export_reshape(e, one, 2, (TypedAxis[]){axis_rest(), typed->type.axes[rank - 1]}, rank,
                                      typed->type.axes);
}

const Stored *export_recurrence(Exporter *e, const Typed *typed)
{
    const TypedScan *scan = typed->scan.scan;
    Cell cell;
    if (!cell_match(&cell, scan) || (typed->kind == T_SCAN_EMIT && !emits_hidden(&cell, typed)))
        return NULL;
    const Recurrence *r = recurrence_of(e, scan);
    if (typed->kind == T_SCAN_LAST)
        return export_store(
            e, typed, without_direction(e, typed, typed->scan.index == cell.hidden ? r->hidden : r->memory), NULL);
    const char *rows = onnx_op2(e->graph, "Squeeze", r->rows, onnx_vector(e->graph, 1, (int64_t[]){1}));
    int rank = typed->type.rank;
    TypedAxis from[] = {typed->type.axes[scan->axis], scan->axis == 1 ? typed->type.axes[0] : axis_rest(),
                        typed->type.axes[rank - 1]};
    if (scan->axis == 1)
        return export_store(e, typed, rows, (int8_t[AXES_MAX]){1, 0, 2});
    return store_rows(e, typed, scan, rows, 3, from);
}

const Stored *export_last_state(Exporter *e, const Typed *reduce, const Typed *x, bool last)
{
    Cell cell;
    x = export_plain(x);
    if (x->kind != T_SCAN_EMIT || x->scan.scan->reverse == last || !cell_match(&cell, x->scan.scan) ||
        !emits_hidden(&cell, x))
        return NULL;
    const char *state = without_direction(e, reduce, recurrence_of(e, x->scan.scan)->hidden);
    const TypedAxis *axis = &x->type.axes[x->scan.scan->axis];
    if (e->padded && axis_is_ragged(e, axis)) { /* zeros of an empty text, whatever its initial state */
        const char *some =
            onnx_op2(e->graph, "Greater", export_lengths(e, axis->extent), onnx_number(e->graph, ONNX_INT32, 0));
        some = export_unsqueeze(e, some, 1, (int64_t[]){-1});
        state = onnx_op3(e->graph, "Where", some, state, onnx_number(e->graph, ONNX_FLOAT, 0));
    }
    return export_store(e, reduce, state, NULL);
}

/* ---- both directions ---- */

static bool can_join(const Exporter *e, const Typed *forward, const Typed *backward, Cell *cells)
{
    if (forward->kind != T_SCAN_EMIT || backward->kind != T_SCAN_EMIT)
        return false;
    const TypedScan *a = forward->scan.scan, *b = backward->scan.scan;
    if (a->reverse || !b->reverse || find_recurrence(e, a) || find_recurrence(e, b) || !cell_match(&cells[0], a) ||
        !cell_match(&cells[1], b))
        return false;
    bool zeros = true;
    for (int i = 0; i < a->state_count; i++)
        zeros = zeros && i < b->state_count && is_zero(a->initial[i]) && is_zero(b->initial[i]);
    return zeros && cells[0].kind == cells[1].kind && cells[0].reset_after == cells[1].reset_after &&
           export_plain(a->sequences[0]) == export_plain(b->sequences[0]) && a->axis == b->axis &&
           size_of_state(a) == size_of_state(b) && emits_hidden(&cells[0], forward) &&
           emits_hidden(&cells[1], backward);
}

const Stored *export_both_directions(Exporter *e, const Typed *concat)
{
    Cell cells[2];
    if (concat->arg_count != 2 || concat->slice.axis != concat->type.rank - 1)
        return NULL;
    const Typed *forward = export_plain(concat->args[0]), *backward = export_plain(concat->args[1]);
    if (!can_join(e, forward, backward, cells))
        return NULL;
    const TypedScan *scans[] = {forward->scan.scan, backward->scan.scan};
    const Recurrence *r = add_node(e, scans, cells, 2);
    const TypedScan *scan = scans[0];
    const char *rows = export_transpose(e, r->rows, 4, (int8_t[]){0, 2, 1, 3});
    TypedAxis from[] = {concat->type.axes[scan->axis], scan->axis == 1 ? concat->type.axes[0] : axis_rest(),
                        axis_const(2), axis_const(size_of_state(scan))};
    return store_rows(e, concat, scan, rows, 4, from);
}
