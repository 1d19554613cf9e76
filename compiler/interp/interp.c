/* SPDX-License-Identifier: Apache-2.0
 *
 * Executing functions: where values live and how long. Memory comes from a
 * list of buffers that outlives the call, so that a training loop allocates
 * nothing after its first steps; a buffer goes back when the last instruction
 * that reads its value has run.
 */
#include "compiler/interp/interp.h"

#include <stdlib.h>

#include "compiler/interp/tensor.h"
#include "runtime/denormals.h"
#include "runtime/kernels/gemm.h"

typedef struct Buffer {
    struct Buffer *next_free;
    void *data;
    size_t size;
    int users;     /* values that live in it */
    bool borrowed; /* data belongs to the caller */
} Buffer;

typedef VEC(IrValue *) Values;

/* What is known of a function before it runs. */
typedef struct Prepared {
    const IrFunc *func;
    int value_count;
    Values *dead_after; /* by id of an instruction's first result: values that are not read after it */
} Prepared;

typedef struct Interp {
    Engine engine;
    const IrModule *module;
    Arena *arena;
    Prepared *functions;
    Buffer *free_buffers;
    VEC(Buffer *) all;
    uint64_t bytes;
} Interp;

typedef struct Frame {
    Interp *interp;
    const Prepared *prepared;
    Context context;
    NndAxis *axes;    /* a copy of the call's: a scan shortens its parent axis */
    NndCall call;     /* with those axes */
    Buffer **buffers; /* by value id */
    Arena *arena;     /* of this call */
    VEC(Buffer *) scratch; /* of the instruction at hand */
    bool out_of_memory;
} Frame;

/* ---- buffers ---- */

static Buffer *new_buffer(Interp *interp, size_t size)
{
    Buffer *buffer = ARENA_NEW(interp->arena, Buffer);
    buffer->size = size < 64 ? 64 : size;
    buffer->data = aligned_alloc(64, (buffer->size + 63) / 64 * 64);
    if (!buffer->data)
        return NULL;
    interp->bytes += buffer->size;
    vec_push(interp->arena, &interp->all, buffer);
    return buffer;
}

/* The smallest free buffer that is large enough and not wastefully so. */
static Buffer *take_buffer(Interp *interp, size_t size)
{
    Buffer **best = NULL;
    for (Buffer **at = &interp->free_buffers; *at; at = &(*at)->next_free)
        if ((*at)->size >= size && (*at)->size / 4 <= size + 1024 && (!best || (*at)->size < (*best)->size))
            best = at;
    if (!best)
        return new_buffer(interp, size);
    Buffer *buffer = *best;
    *best = buffer->next_free;
    return buffer;
}

static void drop(Interp *interp, Buffer *buffer)
{
    if (--buffer->users > 0 || buffer->borrowed)
        return;
    buffer->next_free = interp->free_buffers;
    interp->free_buffers = buffer;
}

static void *scratch_memory(void *owner, size_t bytes)
{
    Frame *f = owner;
    Buffer *buffer = take_buffer(f->interp, bytes);
    if (!buffer)
        return NULL;
    buffer->users = 1;
    vec_push(f->arena, &f->scratch, buffer);
    return buffer->data;
}

static void release(Frame *f, const IrValue *value)
{
    if (f->buffers[value->id])
        drop(f->interp, f->buffers[value->id]);
    f->buffers[value->id] = NULL;
}

static Tensor tensor_of(const Frame *f, const IrValue *value)
{
    Tensor t = {.type = &value->type, .data = f->buffers[value->id] ? f->buffers[value->id]->data : NULL};
    for (int i = 0; i < value->type.rank; i++)
        t.extents[i] = f->axes[value->type.dims[i]->index].extent;
    return t;
}

static bool allocate(Frame *f, const IrValue *value)
{
    Tensor t = tensor_of(f, value);
    Buffer *buffer = take_buffer(f->interp, (size_t)tensor_count(&t) * tensor_element(&t));
    if (!buffer) {
        f->out_of_memory = true;
        return false;
    }
    buffer->users = 1;
    f->buffers[value->id] = buffer;
    return true;
}

static void share(Frame *f, const IrValue *value, const IrValue *from)
{
    f->buffers[value->id] = f->buffers[from->id];
    f->buffers[value->id]->users++;
}

/* ---- preparing: who reads a value last ---- */

static void note_uses(const IrInst *inst, IrInst **last, IrInst *user);

static void note_region_uses(const IrRegion *region, IrInst **last, IrInst *user)
{
    for (const IrInst *inst = region->first; inst; inst = inst->next)
        note_uses(inst, last, user);
    for (int i = 0; i < region->yield_count; i++)
        last[region->yields[i]->id] = user;
}

static void note_uses(const IrInst *inst, IrInst **last, IrInst *user)
{
    for (int i = 0; i < inst->arg_count; i++)
        last[inst->args[i]->id] = user;
    if (inst->region)
        note_region_uses(inst->region, last, user);
}

static void list_dead(Interp *interp, Prepared *p, IrValue *value, IrInst *const *last)
{
    if (last[value->id])
        vec_push(interp->arena, &p->dead_after[last[value->id]->results[0].id], value);
}

static void prepare_region(Interp *interp, Prepared *p, const IrRegion *region)
{
    IrInst **last = ARENA_ARRAY(interp->arena, IrInst *, p->value_count + 1);
    for (IrInst *inst = region->first; inst; inst = inst->next)
        note_uses(inst, last, inst);
    for (int i = 0; i < region->yield_count; i++)
        last[region->yields[i]->id] = NULL; /* read after the last instruction */
    for (int i = 0; i < region->param_count; i++)
        list_dead(interp, p, &region->params[i], last);
    for (IrInst *inst = region->first; inst; inst = inst->next) {
        for (int i = 0; i < inst->result_count; i++)
            list_dead(interp, p, &inst->results[i], last);
        if (inst->region)
            prepare_region(interp, p, inst->region);
    }
}

static void prepare(Interp *interp, Prepared *p, IrFunc *func)
{
    p->func = func;
    p->value_count = ir_func_number(func);
    p->dead_after = ARENA_ARRAY(interp->arena, Values, p->value_count + 1);
    prepare_region(interp, p, func->body);
}

/* ---- running ---- */

static void run_region(Frame *f, const IrRegion *region);

static void run_move(Frame *f, const IrInst *inst, const Tensor *x, const Tensor *out)
{
    const IrAttrs *a = &inst->attrs;
    switch (inst->op) {
    case OP_broadcast: kernel_broadcast(&f->context, x, a->map, out); return;
    case OP_transpose: kernel_transpose(x, a->map, out); return;
    case OP_slice: kernel_slice(x, a->slice.axis, a->slice.start, out); return;
    case OP_pad: kernel_pad(x, a->slice.axis, a->slice.start, out); return;
    case OP_window: kernel_window(&f->context, x, &a->window, out); return;
    case OP_unwindow: kernel_unwindow(&f->context, x, &a->window, out); return;
    case OP_cast: kernel_cast(x, out); return;
    default: NND_BUG("operator %s", ir_op_info[inst->op].name);
    }
}

static void run_concat(Frame *f, const IrInst *inst, const Tensor *out)
{
    Tensor *xs = scratch_memory(f, sizeof *xs * (size_t)inst->arg_count);
    f->out_of_memory |= !xs;
    for (int i = 0; xs && i < inst->arg_count; i++)
        xs[i] = tensor_of(f, inst->args[i]);
    if (xs)
        kernel_concat(xs, inst->arg_count, inst->attrs.axis, out);
}

static void run_structured(Frame *f, const IrInst *inst, const Tensor *args, const Tensor *out)
{
    switch (inst->op) {
    case OP_const: tensor_fill(out, inst->attrs.constant); return;
    case OP_iota: kernel_iota(&f->context, out, inst->attrs.axis); return;
    case OP_uniform: kernel_uniform(&f->context, out, inst->attrs.stream); return;
    case OP_lengths: kernel_lengths(&f->context, out, inst->attrs.dim); return;
    case OP_concat: run_concat(f, inst, out); return;
    case OP_gather: kernel_gather(&args[0], &args[1], out); return;
    case OP_scatter_add: kernel_scatter_add(&args[0], &args[1], out); return;
    case OP_sum:
    case OP_reduce_max:
    case OP_argmax:
        f->out_of_memory |= !kernel_reduce(&f->context, inst->op, &args[0], inst->attrs.axes, out, scratch_memory, f);
        return;
    case OP_dot:
        f->out_of_memory |= !kernel_dot(&args[0], &args[1], &inst->attrs.dot, out, scratch_memory, f);
        return;
    default: run_move(f, inst, &args[0], out);
    }
}

/* ---- scan ----
 * Step t works on the live[t] segments that are longer than t, in the order longest first: their rows
 * are gathered into compact buffers, the region runs with its parent axis cut to live[t], and emitted
 * rows are scattered back. */

typedef struct Scan {
    const IrInst *inst;
    const IrScan *attrs;
    const NndAxis *axis; /* of the scanned dimension */
    int64_t parents;
} Scan;

static int64_t row_at(const Scan *s, int64_t place, int64_t t)
{
    int64_t segment = s->axis->order[place];
    return s->attrs->reverse ? s->axis->offsets[segment + 1] - 1 - t : s->axis->offsets[segment] + t;
}

static size_t row_bytes(const Frame *f, const IrValue *value)
{
    Tensor t = tensor_of(f, value);
    return (size_t)tensor_span(&t, 1, t.type->rank) * tensor_element(&t);
}

/* Rows of a sequence at step t into the parameter's buffer. */
static void gather_step(Frame *f, const Scan *s, int i, int64_t t, int64_t live)
{
    const IrValue *param = &s->inst->region->params[i];
    const char *from = f->buffers[s->inst->args[i]->id]->data;
    if (!allocate(f, param))
        return;
    char *to = f->buffers[param->id]->data;
    size_t bytes = row_bytes(f, param);
    for (int64_t j = 0; j < live; j++)
        memcpy(to + (size_t)j * bytes, from + (size_t)row_at(s, j, t) * bytes, bytes);
}

/* Per-item values and states, items in the order of the scan. */
static Buffer *in_scan_order(Frame *f, const Scan *s, const IrValue *value)
{
    size_t bytes = row_bytes(f, value);
    Buffer *sorted = take_buffer(f->interp, (size_t)s->parents * bytes);
    if (!sorted) {
        f->out_of_memory = true;
        return NULL;
    }
    sorted->users = 1;
    const char *from = f->buffers[value->id]->data;
    for (int64_t j = 0; j < s->parents; j++)
        memcpy((char *)sorted->data + (size_t)j * bytes, from + (size_t)s->axis->order[j] * bytes, bytes);
    return sorted;
}

static void emit_step(Frame *f, const Scan *s, int e, int64_t t, int64_t live)
{
    const IrValue *value = s->inst->region->yields[s->attrs->state_count + e];
    char *to = f->buffers[s->inst->results[e].id]->data;
    const char *from = f->buffers[value->id]->data;
    size_t bytes = row_bytes(f, value);
    for (int64_t j = 0; j < live; j++)
        memcpy(to + (size_t)row_at(s, j, t) * bytes, from + (size_t)j * bytes, bytes);
}

/* New states replace the old ones of the live items only. */
static void keep_states(Frame *f, const Scan *s, Buffer *const *states, int64_t live)
{
    for (int i = 0; i < s->attrs->state_count; i++) {
        const IrValue *value = s->inst->region->yields[i];
        memcpy(states[i]->data, f->buffers[value->id]->data, (size_t)live * row_bytes(f, value));
    }
}

/* A yielded value may be a parameter, or belong to the outside: only what the step made is released. */
static void release_step(Frame *f, const IrRegion *region)
{
    for (int i = 0; i < region->param_count; i++)
        release(f, &region->params[i]);
    for (const IrInst *inst = region->first; inst; inst = inst->next)
        for (int i = 0; i < inst->result_count; i++)
            release(f, &inst->results[i]);
}

static void run_step(Frame *f, const Scan *s, Buffer *const *rows, Buffer *const *copies, int64_t t)
{
    const IrRegion *region = s->inst->region;
    int64_t live = s->axis->live[t];
    f->axes[s->attrs->dim->parent->index].extent = live;
    for (int i = 0; i < s->attrs->seq_count; i++)
        gather_step(f, s, i, t, live);
    for (int i = 0; i < s->attrs->row_count + s->attrs->state_count; i++) {
        f->buffers[region->params[s->attrs->seq_count + i].id] = rows[i];
        rows[i]->users++;
    }
    if (!f->out_of_memory)
        run_region(f, region);
    if (!f->out_of_memory) {
        for (int e = 0; e < s->attrs->emit_count; e++)
            emit_step(f, s, e, t, live);
        keep_states(f, s, copies, live);
        for (int i = 0; i < s->attrs->state_count; i++) {
            size_t bytes = (size_t)live * row_bytes(f, region->yields[i]);
            memcpy(rows[s->attrs->row_count + i]->data, copies[i]->data, bytes);
        }
    }
    release_step(f, region);
    f->axes[s->attrs->dim->parent->index].extent = s->parents;
}

static void finish_states(Frame *f, const Scan *s, Buffer *const *states)
{
    for (int i = 0; i < s->attrs->state_count; i++) {
        const IrValue *result = &s->inst->results[s->attrs->emit_count + i];
        char *to = f->buffers[result->id]->data;
        const char *from = states[i]->data;
        size_t bytes = row_bytes(f, result);
        for (int64_t j = 0; j < s->parents; j++)
            memcpy(to + (size_t)s->axis->order[j] * bytes, from + (size_t)j * bytes, bytes);
    }
}

static void run_scan(Frame *f, const IrInst *inst)
{
    const IrScan *attrs = &inst->attrs.scan;
    Scan s = {.inst = inst, .attrs = attrs, .axis = &f->axes[attrs->dim->index],
              .parents = f->axes[attrs->dim->parent->index].extent};
    int carried = attrs->row_count + attrs->state_count;
    Buffer **rows = scratch_memory(f, sizeof *rows * (size_t)(carried + attrs->state_count + 1));
    if (!rows) {
        f->out_of_memory = true;
        return;
    }
    Buffer **copies = rows + carried; /* new states, until every yield has been read */
    for (int i = 0; i < carried; i++)
        rows[i] = in_scan_order(f, &s, inst->args[attrs->seq_count + i]);
    for (int i = 0; i < attrs->state_count; i++)
        copies[i] = in_scan_order(f, &s, inst->args[attrs->seq_count + attrs->row_count + i]);
    for (int64_t t = 0; t < s.axis->steps && !f->out_of_memory; t++)
        run_step(f, &s, rows, copies, t);
    if (!f->out_of_memory)
        finish_states(f, &s, rows + attrs->row_count);
    for (int i = 0; i < carried + attrs->state_count; i++)
        if (rows[i])
            drop(f->interp, rows[i]);
}

/* ---- instructions ---- */

enum { FEW_OPERANDS = 3 };

static void run_inst(Frame *f, const IrInst *inst)
{
    if (inst->op == OP_reshape) {
        share(f, &inst->results[0], inst->args[0]);
        return;
    }
    for (int i = 0; i < inst->result_count; i++)
        if (!allocate(f, &inst->results[i]))
            return;
    if (inst->op == OP_scan) {
        run_scan(f, inst);
        return;
    }
    Tensor args[FEW_OPERANDS] = {{0}}, out = tensor_of(f, &inst->results[0]);
    for (int i = 0; i < inst->arg_count && i < FEW_OPERANDS; i++)
        args[i] = tensor_of(f, inst->args[i]);
    if (ir_op_is_scalar(inst->op))
        kernel_elementwise(&f->context, inst->op, &args[0], &args[1], &args[2], &out);
    else
        run_structured(f, inst, args, &out);
}

static void run_region(Frame *f, const IrRegion *region)
{
    for (const IrInst *inst = region->first; inst && !f->out_of_memory; inst = inst->next) {
        int outer_scratch = f->scratch.count;
        run_inst(f, inst);
        while (f->scratch.count > outer_scratch)
            drop(f->interp, f->scratch.data[--f->scratch.count]);
        const Values *dead = &f->prepared->dead_after[inst->results[0].id];
        for (int i = 0; i < dead->count; i++)
            release(f, dead->data[i]);
    }
}

static const Prepared *find_function(const Interp *interp, const char *name)
{
    for (int i = 0; i < interp->module->funcs.count; i++)
        if (!strcmp(interp->functions[i].func->name, name))
            return &interp->functions[i];
    return NULL;
}

static void bind_arguments(Frame *f, Buffer *borrowed, const NndCall *call)
{
    const IrFunc *func = f->prepared->func;
    for (int i = 0; i < func->arg_count; i++) {
        borrowed[i] = (Buffer){.data = (void *)(uintptr_t)call->args[i], .users = 1, .borrowed = true};
        f->buffers[func->args[i]->id] = &borrowed[i];
    }
}

static void copy_results(const Frame *f, const NndCall *call)
{
    const IrRegion *body = f->prepared->func->body;
    for (int i = 0; i < body->yield_count; i++) {
        Tensor t = tensor_of(f, body->yields[i]);
        size_t bytes = (size_t)tensor_count(&t) * tensor_element(&t);
        if (bytes)
            memcpy(call->results[i], t.data, bytes);
    }
}

static void release_all(Frame *f)
{
    for (int i = 0; i < f->prepared->value_count; i++)
        if (f->buffers[i])
            drop(f->interp, f->buffers[i]);
}

static NndStatus run_function(Interp *interp, const Prepared *prepared, const NndCall *call, NndError *error)
{
    Arena *arena = arena_new();
    Frame f = {.interp = interp, .prepared = prepared, .arena = arena, .call = *call};
    f.axes = ARENA_ARRAY(arena, NndAxis, interp->module->dims.count + 1);
    memcpy(f.axes, call->axes, sizeof *f.axes * (size_t)interp->module->dims.count);
    f.call.axes = f.axes;
    f.context.call = &f.call;
    f.buffers = ARENA_ARRAY(arena, Buffer *, prepared->value_count + 1);
    bind_arguments(&f, ARENA_ARRAY(arena, Buffer, prepared->func->arg_count + 1), call);
    uint64_t mode = nnd_denormals_off();
    run_region(&f, prepared->func->body);
    if (!f.out_of_memory)
        copy_results(&f, call);
    nnd_denormals_restore(mode);
    release_all(&f);
    arena_free(arena);
    return f.out_of_memory ? nnd_fail(error, NND_ENOMEM, "out of memory in function %s", prepared->func->name) : NND_OK;
}

static NndStatus interp_run(Engine *engine, const char *function, const NndCall *call, NndError *error)
{
    Interp *interp = (Interp *)engine;
    const Prepared *prepared = find_function(interp, function);
    if (!prepared)
        return nnd_fail(error, NND_EINVAL, "the module has no function %s", function);
    nnd_gemm_set_threads(nnd_pool_threads(call->pool));
    return run_function(interp, prepared, call, error);
}

static EngineStats interp_stats(const Engine *engine)
{
    return (EngineStats){.arena_bytes = ((const Interp *)engine)->bytes};
}

static void interp_free(Engine *engine)
{
    Interp *interp = (Interp *)engine;
    for (int i = 0; i < interp->all.count; i++)
        free(interp->all.data[i]->data);
    arena_free(interp->arena);
}

NndStatus interp_engine_new(Engine **out, const IrModule *module, NndError *error)
{
    (void)error;
    Arena *arena = arena_new();
    Interp *interp = ARENA_NEW(arena, Interp);
    *interp = (Interp){.engine = {"interp", interp_run, interp_stats, interp_free}, .module = module, .arena = arena};
    interp->functions = ARENA_ARRAY(arena, Prepared, module->funcs.count + 1);
    for (int i = 0; i < module->funcs.count; i++)
        prepare(interp, &interp->functions[i], module->funcs.data[i]);
    *out = &interp->engine;
    return NND_OK;
}
