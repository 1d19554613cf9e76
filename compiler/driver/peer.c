/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/peer.h"

#include <stdlib.h>

#include "compiler/driver/progress.h"
#include "compiler/onnx/onnx.h"
#include "runtime/pool.h"

enum { INPUTS_MAX = 32 };

typedef struct Room {
    void *data;
    size_t size;
} Room;

typedef struct Peer {
    Engine engine;
    const Ort *ort;
    const Unit *unit;
    const NndModel *model;
    OrtModel *models[2];    /* by OnnxLengths; NULL until a call needs it */
    int64_t *least;         /* by dimension of the module: rows that a padded axis must have */
    Room rooms[INPUTS_MAX]; /* of padded inputs */
    double load_seconds;
} Peer;

static const NndDimDesc *dim_at(const Peer *p, int dim)
{
    return &p->unit->desc->dims[dim];
}

static bool is_segmented(const NndDimDesc *dim)
{
    return dim->kind >= NND_DIM_RAGGED;
}

/* ---- padded values ---- */

/* Segmented axes around the rows of a packed value, outermost first, and how many rows each is padded to. */
typedef struct Padding {
    int depth, dims[NND_MAX_RANK];
    int64_t items, sizes[NND_MAX_RANK];
    const NndAxis *axes;
} Padding;

/* Windows: as many as there are over the padded rows. */
static int64_t padded_size(const Peer *p, int dim, const NndAxis *axes)
{
    const NndDimDesc *desc = dim_at(p, dim);
    if (desc->kind != NND_DIM_WINDOW)
        return axes[dim].steps > p->least[dim] ? axes[dim].steps : p->least[dim];
    int64_t last = padded_size(p, desc->source, axes) + desc->pad - desc->span;
    int64_t windows = last < 0 ? 0 : last / desc->stride + 1;
    return windows > desc->least ? windows : desc->least;
}

static Padding padding_of(const Peer *p, int dim, const NndAxis *axes)
{
    Padding padding = {.axes = axes};
    int outer = dim;
    for (; is_segmented(dim_at(p, outer)); outer = dim_at(p, outer)->parent)
        padding.depth++;
    padding.items = axes[outer].extent;
    for (int level = padding.depth - 1; level >= 0; level--, dim = dim_at(p, dim)->parent) {
        padding.dims[level] = dim;
        padding.sizes[level] = padded_size(p, dim, axes);
    }
    return padding;
}

static int64_t padded_rows(const Padding *padding, int depth)
{
    int64_t rows = padding->items;
    for (int level = 0; level < depth; level++)
        rows *= padding->sizes[level];
    return rows;
}

typedef void Visit(void *context, int64_t packed, int64_t padded, int64_t rows);

/* Calls `visit` for each run of rows at `depth` levels: where it begins in the packed value and in the padded one. */
static void visit_rows(const Padding *padding, int depth, int level, int64_t entry, int64_t place, Visit *visit,
                       void *context)
{
    const NndAxis *axis = &padding->axes[padding->dims[level]];
    int64_t first = axis->offsets[entry], count = axis->offsets[entry + 1] - first;
    place *= padding->sizes[level];
    if (level == depth - 1) {
        visit(context, first, place, count);
        return;
    }
    for (int64_t i = 0; i < count; i++)
        visit_rows(padding, depth, level + 1, first + i, place + i, visit, context);
}

static void visit_all(const Padding *padding, int depth, Visit *visit, void *context)
{
    for (int64_t i = 0; i < padding->items; i++)
        visit_rows(padding, depth, 0, i, i, visit, context);
}

typedef struct Copy {
    char *padded, *packed;
    size_t row;
} Copy;

static void copy_in(void *context, int64_t packed, int64_t padded, int64_t rows)
{
    Copy *c = context;
    memcpy(c->padded + (size_t)padded * c->row, c->packed + (size_t)packed * c->row, (size_t)rows * c->row);
}

static void copy_out(void *context, int64_t packed, int64_t padded, int64_t rows)
{
    Copy *c = context;
    memcpy(c->packed + (size_t)packed * c->row, c->padded + (size_t)padded * c->row, (size_t)rows * c->row);
}

static void note_length(void *context, int64_t packed, int64_t padded, int64_t rows)
{
    const Padding *padding = ((void **)context)[0];
    int32_t *lengths = ((void **)context)[1];
    (void)packed;
    lengths[padded / padding->sizes[padding->depth - 1]] = (int32_t)rows;
}

/* Bytes of an entry of axis 0. */
static size_t row_bytes(const Peer *p, const NndValueDesc *value)
{
    size_t bytes = nnd_dtype_size((NndDType)value->dtype);
    for (int i = 1; i < value->rank; i++)
        bytes *= (size_t)dim_at(p, value->dims[i])->size;
    return bytes;
}

/* ---- inputs ---- */

typedef struct Call {
    Peer *peer;
    const NndFunctionDesc *function;
    const NndCall *call;
    OrtTensor inputs[INPUTS_MAX];
    int input_count;
} Call;

/* Zeros; the room of the input that is added next. */
static void *room(Call *c, size_t size, NndError *error)
{
    Room *r = &c->peer->rooms[c->input_count];
    if (r->size < size) {
        free(r->data);
        r->data = malloc(size);
        r->size = r->data ? size : 0;
        if (!r->data)
            nnd_fail(error, NND_ENOMEM, "out of memory for padded inputs");
    }
    return r->data ? memset(r->data, 0, size) : NULL;
}

static void set_shape(const Peer *p, OrtTensor *tensor, const Padding *padding, int depth, const NndValueDesc *value)
{
    tensor->dims[tensor->rank++] = padding->items;
    for (int level = 0; level < depth; level++)
        tensor->dims[tensor->rank++] = padding->sizes[level];
    for (int i = 1; value && i < value->rank; i++)
        tensor->dims[tensor->rank++] = dim_at(p, value->dims[i])->size;
}

static NndStatus add_input(Call *c, int arg, NndError *error)
{
    const NndValueDesc *value = &c->function->args[arg];
    Padding padding = padding_of(c->peer, value->dims[0], c->call->axes);
    OrtTensor *tensor = &c->inputs[c->input_count];
    *tensor = (OrtTensor){.name = value->name, .dtype = (NndDType)value->dtype};
    set_shape(c->peer, tensor, &padding, padding.depth, value);
    char *packed = (char *)(uintptr_t)c->call->args[arg]; /* is only read */
    size_t row = row_bytes(c->peer, value);
    tensor->data = padding.depth ? room(c, (size_t)padded_rows(&padding, padding.depth) * row, error) : packed;
    if (!tensor->data)
        return NND_ENOMEM;
    if (padding.depth)
        visit_all(&padding, padding.depth, copy_in, &(Copy){tensor->data, packed, row});
    c->input_count++;
    return NND_OK;
}

static NndStatus add_lengths(Call *c, int dim, NndError *error)
{
    Padding padding = padding_of(c->peer, dim, c->call->axes);
    OrtTensor *tensor = &c->inputs[c->input_count];
    *tensor = (OrtTensor){.name = arena_printf(c->peer->unit->arena, "%s.lengths", dim_at(c->peer, dim)->name),
                          .dtype = NND_I32};
    set_shape(c->peer, tensor, &padding, padding.depth - 1, NULL);
    tensor->data = room(c, (size_t)padded_rows(&padding, padding.depth - 1) * sizeof(int32_t), error);
    if (!tensor->data)
        return NND_ENOMEM;
    visit_all(&padding, padding.depth, note_length, (void *[]){&padding, tensor->data});
    c->input_count++;
    return NND_OK;
}

static NndStatus add_inputs(Call *c, OnnxLengths lengths, NndError *error)
{
    const NndModuleDesc *module = c->peer->unit->desc;
    NndStatus status = NND_OK;
    for (int i = 0; i < c->function->arg_count && !status; i++) {
        if (c->function->args[i].kind != NND_ARG_INPUT)
            continue;
        if (c->input_count == INPUTS_MAX)
            return nnd_fail(error, NND_EINVAL, "at most %d inputs can be given to ONNX Runtime", INPUTS_MAX);
        status = add_input(c, i, error);
    }
    for (int i = 0; i < module->dim_count && lengths == ONNX_PADDED && !status; i++) {
        if (module->dims[i].kind != NND_DIM_RAGGED)
            continue;
        if (c->input_count == INPUTS_MAX)
            return nnd_fail(error, NND_EINVAL, "at most %d inputs can be given to ONNX Runtime", INPUTS_MAX);
        status = add_lengths(c, i, error);
    }
    return status;
}

/* Whether no item needs padding. */
static OnnxLengths lengths_of(const Peer *p, const NndAxis *axes)
{
    const NndModuleDesc *module = p->unit->desc;
    for (int i = 0; i < module->dim_count; i++) {
        const NndDimDesc *dim = &module->dims[i];
        if (dim->kind == NND_DIM_RAGGED &&
            (axes[i].extent != axes[i].steps * axes[dim->parent].extent || axes[i].steps < p->least[i]))
            return ONNX_PADDED;
    }
    return ONNX_EQUAL;
}

/* ---- running ---- */

static NndStatus load(Peer *p, OnnxLengths lengths, NndError *error)
{
    OnnxFile file;
    double start = seconds_now();
    NndStatus status = onnx_export(&file, p->unit->arena, p->unit->program, p->model->file, lengths, error);
    if (!status)
        status =
            ort_model_new(&p->models[lengths], p->ort, file.data, file.size, nnd_pool_threads(p->unit->pool), error);
    free(file.data);
    p->load_seconds += seconds_now() - start;
    return status;
}

static NndStatus take(void *context, int output, const void *data, int64_t count, NndError *error)
{
    const Call *c = context;
    const NndValueDesc *value = &c->function->results[output];
    Padding padding = padding_of(c->peer, value->dims[0], c->call->axes);
    size_t row = row_bytes(c->peer, value);
    if ((int64_t)(row / nnd_dtype_size((NndDType)value->dtype)) * padded_rows(&padding, padding.depth) != count)
        return nnd_fail(error, NND_EINVAL, "ONNX Runtime gives %lld numbers for `%s`", (long long)count, value->name);
    char *packed = c->call->results[output], *padded = (char *)(uintptr_t)data;
    if (padding.depth)
        visit_all(&padding, padding.depth, copy_out, &(Copy){padded, packed, row});
    else
        memcpy(packed, padded, row * (size_t)padding.items);
    return NND_OK;
}

static NndStatus run(Engine *engine, const char *name, const NndCall *call, NndError *error)
{
    Peer *p = (Peer *)engine;
    Call c = {.peer = p, .function = nnd_module_function(p->unit->desc, name), .call = call};
    OnnxLengths lengths = lengths_of(p, call->axes);
    const char *outputs[INPUTS_MAX];
    if (c.function->result_count > INPUTS_MAX)
        return nnd_fail(error, NND_EINVAL, "at most %d outputs can be had of ONNX Runtime", INPUTS_MAX);
    for (int i = 0; i < c.function->result_count; i++)
        outputs[i] = c.function->results[i].name;
    NndStatus status = p->models[lengths] ? NND_OK : load(p, lengths, error);
    if (!status)
        status = add_inputs(&c, lengths, error);
    if (!status)
        status =
            ort_run(p->models[lengths], c.inputs, c.input_count, outputs, c.function->result_count, take, &c, error);
    return status;
}

static void forget(Engine *engine)
{
    (void)engine; /* its models hold the weights that they were exported with */
}

static EngineStats stats(const Engine *engine)
{
    return (EngineStats){.compile_seconds = ((const Peer *)engine)->load_seconds};
}

static void free_peer(Engine *engine)
{
    Peer *p = (Peer *)engine;
    ort_model_free(p->models[ONNX_PADDED]);
    ort_model_free(p->models[ONNX_EQUAL]);
    for (int i = 0; i < INPUTS_MAX; i++)
        free(p->rooms[i].data);
    free(p);
}

/* Rows that texts are padded to at least, by dimension. */
static void find_least(Peer *p)
{
    const NndModuleDesc *module = p->unit->desc;
    const Program *program = p->unit->program;
    const int64_t *least = onnx_least(p->unit->arena, program);
    p->least = ARENA_ARRAY(p->unit->arena, int64_t, module->dim_count + 1);
    for (int i = 0; i < module->dim_count; i++)
        for (int j = 0; j < program->extents.count && module->dims[i].kind == NND_DIM_RAGGED; j++)
            if (program->extents.data[j].kind == EXTENT_RAGGED &&
                !strcmp(program->extents.data[j].name, module->dims[i].name))
                p->least[i] = least[j];
}

NndStatus peer_engine_new(Engine **out, const Ort *ort, const Unit *unit, const NndModel *model, NndError *error)
{
    Peer *p = calloc(1, sizeof *p);
    if (!p)
        return nnd_fail(error, NND_ENOMEM, "out of memory");
    *p = (Peer){.engine = {.name = "onnxruntime", .run = run, .forget = forget, .stats = stats, .free = free_peer},
                .ort = ort,
                .unit = unit,
                .model = model};
    find_least(p);
    *out = &p->engine;
    return NND_OK;
}
