/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/interp/frame.h"
#include "runtime/denormals.h"
#include "runtime/kernels/gemm.h"

typedef struct Interp {
    Engine engine;
    const IrModule *module;
    Arena *arena;
    Prepared *functions;
    Memory memory;
} Interp;

/* ---- preparing: who reads a value last ---- */

static void note_uses(const IrInst *inst, const IrInst **last, const IrInst *user)
{
    for (int i = 0; i < inst->arg_count; i++)
        last[inst->args[i]->id] = user;
    if (!inst->region)
        return;
    for (const IrInst *inner = inst->region->first; inner; inner = inner->next)
        note_uses(inner, last, user);
    for (int i = 0; i < inst->region->yield_count; i++)
        last[inst->region->yields[i]->id] = user;
}

static void list_dead(Interp *interp, Prepared *p, IrValue *value, const IrInst *last)
{
    if (last)
        vec_push(interp->arena, &p->dead_after[last->results[0].id], value);
}

static void prepare_region(Interp *interp, Prepared *p, const IrRegion *region)
{
    const IrInst **last = ARENA_ARRAY(interp->arena, const IrInst *, p->value_count + 1);
    for (const IrInst *inst = region->first; inst; inst = inst->next) {
        for (int i = 0; i < inst->result_count; i++)
            last[inst->results[i].id] = inst; /* if nobody reads it */
        note_uses(inst, last, inst);
    }
    for (int i = 0; i < region->yield_count; i++)
        last[region->yields[i]->id] = NULL; /* read after the last instruction */
    for (int i = 0; i < region->param_count; i++)
        list_dead(interp, p, &region->params[i], last[region->params[i].id]);
    for (const IrInst *inst = region->first; inst; inst = inst->next) {
        for (int i = 0; i < inst->result_count; i++)
            list_dead(interp, p, &inst->results[i], last[inst->results[i].id]);
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

/* Rows of windows are found in 64 bits. */
static void check_windows(void *context, IrRegion *region, IrInst *inst)
{
    bool *fits = context;
    const IrWindow *w = &inst->attrs.window;
    (void)region;
    if (inst->op == OP_window || inst->op == OP_unwindow)
        *fits &= w->size <= INT32_MAX && w->stride <= INT32_MAX && w->dilation <= INT32_MAX && w->low <= INT32_MAX;
}

/* ---- instructions ---- */

enum { FEW_OPERANDS = 7 };

static void run_move(Frame *f, const IrInst *inst, const Tensor *x, const Tensor *out)
{
    const IrAttrs *a = &inst->attrs;
    const Context *c = &f->context;
    switch (inst->op) {
    case OP_broadcast: kernel_broadcast(c, x, a->map, out); return;
    case OP_transpose: kernel_transpose(c, x, a->map, out); return;
    case OP_slice: kernel_slice(c, x, a->slice.axis, a->slice.start, out); return;
    case OP_pad: kernel_pad(c, x, a->slice.axis, a->slice.start, out); return;
    case OP_window: kernel_window(c, x, &a->window, out); return;
    case OP_unwindow: kernel_unwindow(c, x, &a->window, out); return;
    case OP_cast: kernel_cast(c, x, out); return;
    default: NND_BUG("operator %s", ir_op_info[inst->op].name);
    }
}

static void run_concat(Frame *f, const IrInst *inst, const Tensor *out)
{
    Tensor *xs = frame_scratch(f, sizeof *xs * (size_t)inst->arg_count);
    for (int i = 0; xs && i < inst->arg_count; i++)
        xs[i] = frame_tensor(f, inst->args[i]);
    if (xs)
        kernel_concat(&f->context, xs, inst->arg_count, inst->attrs.axis, out);
}

static void run_structured(Frame *f, const IrInst *inst, const Tensor *args, const Tensor *out)
{
    const Context *c = &f->context;
    const IrAttrs *a = &inst->attrs;
    switch (inst->op) {
    case OP_const: tensor_fill(out, a->constant); return;
    case OP_iota: kernel_iota(c, out, a->axis); return;
    case OP_place_of: kernel_place_of(out); return;
    case OP_uniform: kernel_uniform(c, out, a->stream); return;
    case OP_lengths: kernel_lengths(c, out, a->dim); return;
    case OP_offsets: kernel_offsets(c, out, a->dim); return;
    case OP_concat: run_concat(f, inst, out); return;
    case OP_gather: kernel_gather(c, &args[0], &args[1], out); return;
    case OP_scatter_add: kernel_scatter_add(&args[0], &args[1], out); return;
    case OP_put: kernel_put(&args[0], &args[1], &args[2], out); return;
    case OP_decay: kernel_decay(c, &args[0], &args[1], a->constant, out); return;
    case OP_coast: kernel_coast(c, args, &a->coast, out); return;
    case OP_sum:
    case OP_reduce_max:
    case OP_argmax: f->out_of_memory |= !kernel_reduce(c, inst->op, &args[0], a->axes, out); return;
    case OP_dot: f->out_of_memory |= !kernel_dot(c, &args[0], &args[1], &a->dot, out); return;
    default: run_move(f, inst, &args[0], out);
    }
}

static void run_kernel(Frame *f, const IrInst *inst, const Tensor *args, const Tensor *out)
{
    if (ir_op_is_scalar(inst->op))
        kernel_elementwise(&f->context, inst->op, &args[0], &args[1], &args[2], out);
    else
        run_structured(f, inst, args, out);
}

/* ---- bf16, in which nothing is computed: operands are widened to f32, results rounded ---- */

static bool computes(IrOp op)
{
    return ir_op_is_scalar(op) || op == OP_sum || op == OP_reduce_max || op == OP_argmax || op == OP_unwindow ||
           op == OP_scatter_add;
}

static bool computes_bf16(const IrInst *inst)
{
    bool any = false;
    for (int i = 0; i < inst->arg_count; i++)
        any |= inst->args[i]->type.dtype == NND_BF16;
    return any && computes(inst->op);
}

/* As many elements of f32; `type` is what the tensor's type then points to. */
static Tensor widened(Frame *f, const Tensor *t, IrType *type)
{
    Tensor wide = *t;
    *type = ir_type_with_dtype(*t->type, NND_F32);
    wide.type = type;
    wide.data = frame_scratch(f, (size_t)tensor_count(t) * sizeof(float));
    return wide;
}

static void run_widened(Frame *f, const IrInst *inst, const Tensor *args, const Tensor *out)
{
    IrType types[FEW_OPERANDS + 1];
    Tensor wide_args[FEW_OPERANDS] = {{0}}, wide_out = *out;
    bool rounds = out->type->dtype == NND_BF16;
    for (int i = 0; i < inst->arg_count; i++) {
        bool widens = args[i].type->dtype == NND_BF16;
        wide_args[i] = widens ? widened(f, &args[i], &types[i]) : args[i];
        if (widens && !f->out_of_memory)
            kernel_cast(&f->context, &args[i], &wide_args[i]);
    }
    if (rounds)
        wide_out = widened(f, out, &types[FEW_OPERANDS]);
    if (f->out_of_memory)
        return;
    run_kernel(f, inst, wide_args, &wide_out);
    if (rounds)
        kernel_cast(&f->context, &wide_out, out);
}

static void run_inst(Frame *f, const IrInst *inst)
{
    if (inst->op == OP_reshape || inst->op == OP_on_demand) {
        frame_share(f, &inst->results[0], inst->args[0]);
        return;
    }
    for (int i = 0; i < inst->result_count; i++)
        if (!frame_allocate(f, &inst->results[i]))
            return;
    if (inst->op == OP_scan) {
        (inst->attrs.scan.part ? parts_run : scan_run)(f, inst);
        return;
    }
    Tensor args[FEW_OPERANDS] = {{0}}, out = frame_tensor(f, &inst->results[0]);
    for (int i = 0; i < inst->arg_count && i < FEW_OPERANDS; i++)
        args[i] = frame_tensor(f, inst->args[i]);
    if (computes_bf16(inst))
        run_widened(f, inst, args, &out);
    else
        run_kernel(f, inst, args, &out);
}

void frame_run(Frame *f, const IrRegion *region)
{
    for (const IrInst *inst = region->first; inst && !f->out_of_memory; inst = inst->next) {
        int outer_scratch = f->scratch.count;
        run_inst(f, inst);
        frame_end_scratch(f, outer_scratch);
        const Values *dead = &f->prepared->dead_after[inst->results[0].id];
        for (int i = 0; i < dead->count; i++)
            frame_release(f, dead->data[i]);
    }
}

/* ---- calls ---- */

static const Prepared *find_function(const Interp *interp, const char *name)
{
    for (int i = 0; i < interp->module->funcs.count; i++)
        if (!strcmp(interp->functions[i].func->name, name))
            return &interp->functions[i];
    return NULL;
}

static void bind_arguments(Frame *f, const NndCall *call)
{
    const IrFunc *func = f->prepared->func;
    Buffer *borrowed = ARENA_ARRAY(f->arena, Buffer, func->arg_count + 1);
    for (int i = 0; i < func->arg_count; i++) {
        borrowed[i] = (Buffer){.data = (void *)(uintptr_t)call->args[i], .users = 1, .borrowed = true};
        f->buffers[func->args[i]->id] = &borrowed[i];
        size_t bytes;
        f->out_of_memory |= !frame_value_bytes(f, func->args[i], &bytes);
    }
}

/* Results are made where the caller wants them; those that are arguments, reshaped or asked for
 * twice are copied in the end. */
static void bind_results(Frame *f, const NndCall *call)
{
    const IrRegion *body = f->prepared->func->body;
    Buffer *borrowed = ARENA_ARRAY(f->arena, Buffer, body->yield_count + 1);
    f->homes = ARENA_ARRAY(f->arena, Buffer *, f->prepared->value_count + 1);
    for (int i = 0; i < body->yield_count; i++) {
        borrowed[i] = (Buffer){.data = call->results[i], .borrowed = true};
        f->homes[body->yields[i]->id] = &borrowed[i];
    }
}

static void copy_results(const Frame *f, const NndCall *call)
{
    const IrRegion *body = f->prepared->func->body;
    for (int i = 0; i < body->yield_count; i++) {
        size_t bytes;
        const void *data = f->buffers[body->yields[i]->id]->data;
        if (frame_value_bytes(f, body->yields[i], &bytes) && bytes && data != call->results[i])
            memcpy(call->results[i], data, bytes);
    }
}

static void release_all(Frame *f)
{
    for (int i = 0; i < f->prepared->value_count; i++)
        if (f->buffers[i])
            frame_drop(f, f->buffers[i]);
}

static NndStatus run_function(Interp *interp, const Prepared *prepared, const NndCall *call, NndError *error)
{
    Arena *arena = arena_new();
    Frame f = {.memory = &interp->memory, .prepared = prepared, .arena = arena, .call = *call};
    f.axes = ARENA_ARRAY(arena, NndAxis, interp->module->dims.count + 1);
    memcpy(f.axes, call->axes, sizeof *f.axes * (size_t)interp->module->dims.count);
    f.call.axes = f.axes;
    f.context = (Context){.call = &f.call, .scratch = frame_scratch, .owner = &f};
    f.buffers = ARENA_ARRAY(arena, Buffer *, prepared->value_count + 1);
    bind_arguments(&f, call);
    bind_results(&f, call);
    uint64_t mode = nnd_denormals_off();
    frame_run(&f, prepared->func->body);
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

/* Everything is computed in every call. */
static void interp_forget(Engine *engine)
{
    (void)engine;
}

static EngineStats interp_stats(const Engine *engine)
{
    return (EngineStats){.arena_bytes = ((const Interp *)engine)->memory.bytes};
}

static void interp_free(Engine *engine)
{
    Interp *interp = (Interp *)engine;
    memory_free(&interp->memory);
    arena_free(interp->arena);
}

NndStatus interp_engine_new(Engine **out, const IrModule *module, NndError *error)
{
    *out = NULL;
    bool fits = true;
    for (int i = 0; i < module->funcs.count; i++)
        ir_func_walk(module->funcs.data[i], check_windows, &fits);
    if (!fits)
        return nnd_fail(error, NND_EINVAL, "the windows of %s are too large", module->name);
    Arena *arena = arena_new();
    Interp *interp = ARENA_NEW(arena, Interp);
    *interp = (Interp){.engine = {"interp", interp_run, interp_forget, interp_stats, interp_free},
                       .module = module,
                       .arena = arena};
    interp->memory.arena = arena;
    interp->functions = ARENA_ARRAY(arena, Prepared, module->funcs.count + 1);
    for (int i = 0; i < module->funcs.count; i++)
        prepare(interp, &interp->functions[i], module->funcs.data[i]);
    *out = &interp->engine;
    return NND_OK;
}
