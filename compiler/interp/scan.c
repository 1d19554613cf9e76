/* SPDX-License-Identifier: Apache-2.0
 *
 * Recurrences. Step t works on the live[t] segments that are longer than t, in
 * the order longest first: their rows are gathered into compact buffers, the
 * region runs with its parent axis cut to live[t], and emitted rows are
 * scattered back. A parent of constant extent is not cut, because other axes
 * may be the same dimension: then the rows of ended segments are computed too,
 * and dropped.
 */
#include "compiler/interp/frame.h"

typedef struct Scan {
    const IrInst *inst;
    const IrScan *attrs;
    const IrRegion *region;
    const NndAxis *axis; /* of the scanned dimension */
    int64_t parents;
    Buffer **rows;   /* per-item values, then states, items in the order of the scan */
    Buffer **states; /* new states, until every yield has been read */
} Scan;

static int64_t row_at(const Scan *s, int64_t place, int64_t t)
{
    int64_t segment = s->axis->order[place];
    return s->attrs->reverse ? s->axis->offsets[segment + 1] - 1 - t : s->axis->offsets[segment] + t;
}

static size_t row_bytes(const Frame *f, const IrValue *value)
{
    Tensor t = frame_tensor(f, value);
    return (size_t)tensor_span(&t, 1, t.type->rank) * tensor_element(&t);
}

/* Rows of a sequence at step t into the parameter's buffer. */
static void gather_step(Frame *f, const Scan *s, int i, int64_t t, int64_t live)
{
    const IrValue *param = &s->region->params[i];
    if (!frame_allocate(f, param))
        return;
    const char *from = f->buffers[s->inst->args[i]->id]->data;
    char *to = f->buffers[param->id]->data;
    size_t bytes = row_bytes(f, param);
    for (int64_t j = 0; j < live; j++)
        memcpy(to + (size_t)j * bytes, from + (size_t)row_at(s, j, t) * bytes, bytes);
    Tensor all = frame_tensor(f, param);
    memset(to + (size_t)live * bytes, 0, (size_t)(all.extents[0] - live) * bytes);
}

static Buffer *in_scan_order(Frame *f, const Scan *s, const IrValue *value)
{
    size_t bytes = row_bytes(f, value);
    Buffer *sorted = frame_buffer(f, (size_t)s->parents * bytes);
    const char *from = f->buffers[value->id]->data;
    for (int64_t j = 0; sorted && j < s->parents; j++)
        memcpy((char *)sorted->data + (size_t)j * bytes, from + (size_t)s->axis->order[j] * bytes, bytes);
    return sorted;
}

static void emit_step(Frame *f, const Scan *s, int e, int64_t t, int64_t live)
{
    const IrValue *value = s->region->yields[s->attrs->state_count + e];
    char *to = f->buffers[s->inst->results[e].id]->data;
    const char *from = f->buffers[value->id]->data;
    size_t bytes = row_bytes(f, value);
    for (int64_t j = 0; j < live; j++)
        memcpy(to + (size_t)row_at(s, j, t) * bytes, from + (size_t)j * bytes, bytes);
}

/* New states replace the old ones of the live items only. A yielded value may be another state's
 * parameter, so all are copied before any is replaced. */
static void keep_states(Frame *f, const Scan *s, int64_t live)
{
    for (int i = 0; i < s->attrs->state_count; i++) {
        const IrValue *value = s->region->yields[i];
        memcpy(s->states[i]->data, f->buffers[value->id]->data, (size_t)live * row_bytes(f, value));
    }
    for (int i = 0; i < s->attrs->state_count; i++)
        memcpy(s->rows[s->attrs->row_count + i]->data, s->states[i]->data,
               (size_t)live * row_bytes(f, s->region->yields[i]));
}

static void run_step(Frame *f, const Scan *s, int64_t t)
{
    int64_t live = s->axis->live[t];
    for (int i = 0; i < s->attrs->seq_count; i++)
        gather_step(f, s, i, t, live);
    for (int i = 0; i < s->attrs->row_count + s->attrs->state_count; i++) {
        f->buffers[s->region->params[s->attrs->seq_count + i].id] = s->rows[i];
        s->rows[i]->users++;
    }
    if (!f->out_of_memory)
        frame_run(f, s->region);
    if (!f->out_of_memory) {
        for (int e = 0; e < s->attrs->emit_count; e++)
            emit_step(f, s, e, t, live);
        keep_states(f, s, live);
    }
    frame_release_region(f, s->region);
}

static void run_steps(Frame *f, const Scan *s)
{
    const IrDim *parent = s->attrs->dim->parent;
    for (int64_t t = 0; t < s->axis->steps && !f->out_of_memory; t++) {
        if (parent->kind != NND_DIM_CONST)
            f->axes[parent->index].extent = s->axis->live[t];
        run_step(f, s, t);
    }
    f->axes[parent->index].extent = s->parents;
}

static void finish_states(Frame *f, const Scan *s)
{
    for (int i = 0; i < s->attrs->state_count; i++) {
        const IrValue *result = &s->inst->results[s->attrs->emit_count + i];
        char *to = f->buffers[result->id]->data;
        const char *from = s->rows[s->attrs->row_count + i]->data;
        size_t bytes = row_bytes(f, result);
        for (int64_t j = 0; j < s->parents; j++)
            memcpy(to + (size_t)s->axis->order[j] * bytes, from + (size_t)j * bytes, bytes);
    }
}

static bool begin(Frame *f, Scan *s)
{
    int carried = s->attrs->row_count + s->attrs->state_count;
    s->rows = frame_scratch(f, sizeof *s->rows * (size_t)(carried + s->attrs->state_count + 1));
    if (!s->rows)
        return false;
    s->states = s->rows + carried;
    for (int i = 0; i < carried; i++)
        s->rows[i] = in_scan_order(f, s, s->inst->args[s->attrs->seq_count + i]);
    for (int i = 0; i < s->attrs->state_count; i++)
        s->states[i] = frame_buffer(f, (size_t)s->parents * row_bytes(f, s->region->yields[i]));
    return true;
}

void scan_run(Frame *f, const IrInst *inst)
{
    const IrScan *attrs = &inst->attrs.scan;
    Scan s = {.inst = inst, .attrs = attrs, .region = inst->region, .axis = &f->axes[attrs->dim->index],
              .parents = f->axes[attrs->dim->parent->index].extent};
    if (!begin(f, &s))
        return;
    run_steps(f, &s);
    if (!f->out_of_memory)
        finish_states(f, &s);
    for (int i = 0; i < attrs->row_count + 2 * attrs->state_count; i++)
        if (s.rows[i])
            frame_drop(f, s.rows[i]);
}
