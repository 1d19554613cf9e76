/* SPDX-License-Identifier: Apache-2.0
 *
 * Scans over parts: the region runs for one part after the other, with the
 * part's axis bound to the rows that are next. States live where the last ones
 * are to be.
 */
#include "runtime/parts.h"
#include "compiler/interp/frame.h"

typedef struct Parts {
    const IrInst *inst;
    const IrScan *attrs;
    const IrRegion *region;
    const NndAxis *whole;
    NndAxis *part;
    int64_t items;
    int64_t *offsets; /* tables of the part */
    int32_t *segment;
} Parts;

static size_t bytes_of(const Frame *f, const IrValue *value)
{
    Tensor t = frame_tensor(f, value);
    return (size_t)tensor_count(&t) * tensor_element(&t);
}

static int64_t row_bytes(const Frame *f, const IrValue *value)
{
    Tensor t = frame_tensor(f, value);
    return tensor_span(&t, 1, t.type->rank) * (int64_t)tensor_element(&t);
}

static bool over_marks(const Parts *p, const IrValue *sequence)
{
    return sequence->type.dims[0] == p->attrs->marks;
}

static const NndAxis *marks_of(const Frame *f, const Parts *p)
{
    return &f->axes[p->attrs->marks->index];
}

static void read_sequence(Frame *f, const Parts *p, int i, int64_t at)
{
    const IrValue *param = &p->region->params[i], *sequence = p->inst->args[i];
    if (!frame_allocate(f, param))
        return;
    void *rows = f->buffers[param->id]->data;
    const void *from = f->buffers[sequence->id]->data;
    if (over_marks(p, sequence))
        nnd_mark_read(marks_of(f, p), p->items, at, row_bytes(f, param), rows, from);
    else
        nnd_part_read(p->part, p->whole, p->items, at * p->attrs->part->size, row_bytes(f, param),
                      rows, from);
}

static void write_emit(Frame *f, const Parts *p, int i, int64_t at)
{
    const IrValue *value = p->region->yields[p->attrs->state_count + i],
                  *sequence = &p->inst->results[i];
    const void *rows = f->buffers[value->id]->data;
    void *to = f->buffers[sequence->id]->data;
    if (over_marks(p, sequence))
        nnd_mark_write(marks_of(f, p), p->items, at, row_bytes(f, value), rows, to);
    else
        nnd_part_write(p->part, p->whole, p->items, at * p->attrs->part->size, row_bytes(f, value),
                       rows, to);
}

static const IrValue *last_state(const Parts *p, int i)
{
    return &p->inst->results[p->attrs->emit_count + i];
}

static void copy_value(Frame *f, const IrValue *to, const IrValue *from)
{
    const Buffer *a = f->buffers[to->id], *b = f->buffers[from->id];
    if (a->data != b->data && bytes_of(f, to))
        memcpy(a->data, b->data, bytes_of(f, to));
}

static void run_part(Frame *f, const Parts *p, int64_t at)
{
    nnd_part_bind(p->part, p->whole, p->items, at * p->attrs->part->size, p->attrs->part->size,
                  p->offsets, p->segment);
    for (int i = 0; i < p->attrs->seq_count && !f->out_of_memory; i++)
        read_sequence(f, p, i, at);
    for (int i = 0; i < p->attrs->state_count; i++)
        frame_share(f, &p->region->params[p->attrs->seq_count + i], last_state(p, i));
    if (!f->out_of_memory)
        frame_run(f, p->region);
    for (int i = 0; i < p->attrs->emit_count && !f->out_of_memory; i++)
        write_emit(f, p, i, at);
    for (int i = 0; i < p->attrs->state_count && !f->out_of_memory; i++)
        copy_value(f, last_state(p, i), p->region->yields[i]);
    frame_release_region(f, p->region);
}

void parts_run(Frame *f, const IrInst *inst)
{
    const IrScan *attrs = &inst->attrs.scan;
    Parts p = {.inst = inst,
               .attrs = attrs,
               .region = inst->region,
               .whole = &f->axes[attrs->dim->index],
               .part = &f->axes[attrs->part->index],
               .items = f->axes[attrs->dim->parent->index].extent};
    const NndAxis first = *p.part;
    p.offsets = frame_scratch(f, sizeof *p.offsets * (size_t)(p.items + 1));
    p.segment = frame_scratch(f, sizeof *p.segment * (size_t)(first.extent + 1));
    for (int i = 0; i < attrs->state_count && !f->out_of_memory; i++)
        copy_value(f, last_state(&p, i), inst->args[attrs->seq_count + i]);
    int64_t size = attrs->part->size, count = (p.whole->steps + size - 1) / size;
    for (int64_t n = 0; n < count && !f->out_of_memory; n++)
        run_part(f, &p, attrs->reverse ? count - 1 - n : n);
    *p.part = first;
}
