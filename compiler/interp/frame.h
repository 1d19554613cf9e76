/* SPDX-License-Identifier: Apache-2.0
 *
 * A function while it runs: where its values live and how long. Memory comes
 * from a list of buffers that outlives the call, so that a training loop
 * allocates nothing after its first steps; a buffer goes back when the last
 * instruction that reads its value has run. Running out of memory is noted in
 * the frame, and nothing more is run.
 */
#ifndef NND_COMPILER_INTERP_FRAME_H
#define NND_COMPILER_INTERP_FRAME_H

#include "compiler/interp/interp.h"
#include "compiler/interp/tensor.h"

typedef struct Buffer {
    struct Buffer *next_free;
    void *data;
    size_t size;
    int users;     /* values that live in it */
    bool borrowed; /* data belongs to the caller */
} Buffer;

typedef struct Memory {
    Arena *arena; /* of the descriptions */
    Buffer *free_buffers;
    VEC(Buffer *) all;
    uint64_t bytes;
} Memory;

typedef VEC(IrValue *) Values;

/* What is known of a function before it runs. */
typedef struct Prepared {
    const IrFunc *func;
    int value_count;
    Values *dead_after; /* by id of an instruction's first result: values that are not read after it */
} Prepared;

typedef struct Frame {
    Memory *memory;
    const Prepared *prepared;
    Context context;
    NndAxis *axes;    /* a copy of the call's: a scan shortens its parent axis, or binds its part */
    NndCall call;     /* with those axes */
    Buffer **buffers; /* by value id */
    Buffer **homes;   /* by value id: where the caller wants the value, or NULL */
    Arena *arena;     /* of this call */
    VEC(Buffer *) scratch; /* of the instructions at hand */
    bool out_of_memory;
} Frame;

/* NULL, and a note in the frame, if there is no memory. The buffer has one user. */
Buffer *frame_buffer(Frame *f, size_t size);
void frame_drop(Frame *f, Buffer *buffer);
void memory_free(Memory *memory);

/* Memory until the instruction at hand has run; `owner` is a Frame. */
void *frame_scratch(void *owner, size_t bytes);
void frame_end_scratch(Frame *f, int outer_count);

Tensor frame_tensor(const Frame *f, const IrValue *value);
/* False if it could not be stored, whatever extents of 0 it has. */
bool frame_value_bytes(const Frame *f, const IrValue *value, size_t *bytes);
bool frame_allocate(Frame *f, const IrValue *value);
void frame_share(Frame *f, const IrValue *value, const IrValue *from);
void frame_release(Frame *f, const IrValue *value);
/* What a run of the region has made: a yielded value may be a parameter, or belong to the outside. */
void frame_release_region(Frame *f, const IrRegion *region);

/* interp.c: every instruction in order. */
void frame_run(Frame *f, const IrRegion *region);
/* scan.c; the results have been allocated. */
void scan_run(Frame *f, const IrInst *inst);
/* parts.c, the same for a scan over parts */
void parts_run(Frame *f, const IrInst *inst);

#endif
