/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/interp/frame.h"

#include <stdlib.h>

/* Few different sizes, so that buffers fit when the next batch is a little longer. */
static size_t round_size(size_t size)
{
    size_t step = 64;
    while (step < size / 4)
        step *= 2;
    return (size + step - 1) / step * step;
}

static Buffer *new_buffer(Memory *memory, size_t size)
{
    Buffer *buffer = ARENA_NEW(memory->arena, Buffer);
    buffer->size = size;
    buffer->data = aligned_alloc(64, size);
    if (!buffer->data)
        return NULL;
    memory->bytes += size;
    vec_push(memory->arena, &memory->all, buffer);
    return buffer;
}

/* Of just this size: then a call finds what the same call before it has left, whatever the order. */
static Buffer *take_buffer(Memory *memory, size_t size)
{
    Buffer **at = &memory->free_buffers;
    while (*at && (*at)->size != size)
        at = &(*at)->next_free;
    if (!*at)
        return new_buffer(memory, size);
    Buffer *buffer = *at;
    *at = buffer->next_free;
    return buffer;
}

static const size_t most_bytes = (size_t)1 << 40; /* of a value: no machine has as much */

Buffer *frame_buffer(Frame *f, size_t size)
{
    Buffer *buffer = size > most_bytes ? NULL : take_buffer(f->memory, round_size(size ? size : 1));
    if (buffer)
        buffer->users = 1;
    else
        f->out_of_memory = true;
    return buffer;
}

void frame_drop(Frame *f, Buffer *buffer)
{
    if (--buffer->users > 0 || buffer->borrowed)
        return;
    buffer->next_free = f->memory->free_buffers;
    f->memory->free_buffers = buffer;
}

void memory_free(Memory *memory)
{
    for (int i = 0; i < memory->all.count; i++)
        free(memory->all.data[i]->data);
}

void *frame_scratch(void *owner, size_t bytes)
{
    Frame *f = owner;
    Buffer *buffer = frame_buffer(f, bytes);
    if (!buffer)
        return NULL;
    vec_push(f->arena, &f->scratch, buffer);
    return buffer->data;
}

void frame_end_scratch(Frame *f, int outer_count)
{
    while (f->scratch.count > outer_count)
        frame_drop(f, f->scratch.data[--f->scratch.count]);
}

Tensor frame_tensor(const Frame *f, const IrValue *value)
{
    Tensor t = {.type = &value->type, .data = f->buffers[value->id] ? f->buffers[value->id]->data : NULL};
    for (int i = 0; i < value->type.rank; i++)
        t.extents[i] = f->axes[value->type.dims[i]->index].extent;
    return t;
}

bool frame_value_bytes(const Frame *f, const IrValue *value, size_t *bytes)
{
    Tensor t = frame_tensor(f, value);
    int64_t most = (int64_t)tensor_element(&t); /* with extents of 0 counted as 1: products of some extents fit too */
    bool empty = false;
    for (int i = 0; i < value->type.rank; i++) {
        empty |= t.extents[i] == 0;
        if (__builtin_mul_overflow(most, t.extents[i] ? t.extents[i] : 1, &most))
            return false;
    }
    *bytes = empty ? 0 : (size_t)most;
    return true;
}

bool frame_allocate(Frame *f, const IrValue *value)
{
    size_t bytes;
    if (!frame_value_bytes(f, value, &bytes)) {
        f->out_of_memory = true;
        return false;
    }
    Buffer *home = f->homes[value->id];
    if (home)
        home->users++;
    f->buffers[value->id] = home ? home : frame_buffer(f, bytes);
    return f->buffers[value->id];
}

void frame_share(Frame *f, const IrValue *value, const IrValue *from)
{
    f->buffers[value->id] = f->buffers[from->id];
    f->buffers[value->id]->users++;
}

void frame_release(Frame *f, const IrValue *value)
{
    if (f->buffers[value->id])
        frame_drop(f, f->buffers[value->id]);
    f->buffers[value->id] = NULL;
}

void frame_release_region(Frame *f, const IrRegion *region)
{
    for (int i = 0; i < region->param_count; i++)
        frame_release(f, &region->params[i]);
    for (const IrInst *inst = region->first; inst; inst = inst->next)
        for (int i = 0; i < inst->result_count; i++)
            frame_release(f, &inst->results[i]);
}
