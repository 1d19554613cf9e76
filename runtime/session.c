/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/session.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/axes.h"

typedef struct Owned {
    void *data;
    size_t room;
} Owned;

struct NndSession {
    const NndModuleDesc *module;
    const NndFunctionDesc *function;
    NndDataKind kind;
    int levels;           /* of the texts: 1 words, 2 words in sentences */
    NndAxes *axes;
    NndExtent *given;
    Owned *lengths;       /* by dimension */
    const void **args;
    void **results;
    bool *bound;          /* results that are the caller's */
    Owned *arg_memory, *result_memory;
};

int nnd_function_arg(const NndFunctionDesc *function, const char *name)
{
    for (int i = 0; i < function->arg_count; i++)
        if (!strcmp(function->args[i].name, name))
            return i;
    return -1;
}

int nnd_function_result(const NndFunctionDesc *function, const char *name)
{
    for (int i = 0; i < function->result_count; i++)
        if (!strcmp(function->results[i].name, name))
            return i;
    return -1;
}

const NndFunctionDesc *nnd_module_function(const NndModuleDesc *module, const char *name)
{
    for (int i = 0; i < module->function_count; i++)
        if (!strcmp(module->functions[i].name, name))
            return &module->functions[i];
    return NULL;
}

int64_t nnd_value_static_count(const NndModuleDesc *module, const NndValueDesc *value)
{
    int64_t count = 1;
    for (int i = 0; i < value->rank; i++) {
        const NndDimDesc *dim = &module->dims[value->dims[i]];
        if (dim->kind != NND_DIM_CONST)
            return -1;
        count *= dim->size;
    }
    return count;
}

/* ---- what the inputs want ---- */

static const NndDimDesc *leading_dim(const NndSession *s, const NndValueDesc *value)
{
    return value->rank ? &s->module->dims[value->dims[0]] : NULL;
}

/* How many ragged axes are one inside the other, up to the batch; 0 if it is not like that. */
static int ragged_levels(const NndSession *s, const NndDimDesc *dim)
{
    int levels = 0;
    for (; dim->kind == NND_DIM_RAGGED; dim = &s->module->dims[dim->parent])
        levels++;
    return dim->kind == NND_DIM_FREE ? levels : 0;
}

static bool is_tokens(const NndSession *s, const NndValueDesc *value)
{
    const NndDimDesc *dim = leading_dim(s, value);
    int levels = dim ? ragged_levels(s, dim) : 0;
    return value->rank == 1 && value->dtype == NND_I32 && levels >= 1 && levels <= 2;
}

/* Of each word of the text: whether it is in a phrase of the lexicon. */
static bool is_marks(const NndSession *s, const NndValueDesc *value)
{
    const NndDimDesc *dim = leading_dim(s, value);
    return dim && value->rank == 1 && value->dtype == NND_F32 && dim->kind == NND_DIM_RAGGED;
}

static bool is_dense(const NndSession *s, const NndValueDesc *value)
{
    const NndDimDesc *dim = leading_dim(s, value);
    return dim && value->dtype == NND_F32 && dim->kind == NND_DIM_FREE;
}

static bool is_label(const NndSession *s, const NndValueDesc *value)
{
    const NndDimDesc *dim = leading_dim(s, value);
    return dim && value->rank == 1 && value->dtype == NND_I32 && dim->kind == NND_DIM_FREE;
}

static NndStatus check_marks(const NndSession *s, const NndValueDesc *marks, NndError *error)
{
    for (int i = 0; i < s->function->arg_count; i++)
        if (is_tokens(s, &s->function->args[i]) && s->function->args[i].dims[0] == marks->dims[0])
            return NND_OK;
    return nnd_fail(error, NND_EINVAL, "input `%s`: marks of phrases go with a text that has the same axes", marks->name);
}

static NndStatus find_kind(NndSession *s, NndError *error)
{
    int inputs = 0;
    for (int i = 0; i < s->function->arg_count; i++) {
        const NndValueDesc *arg = &s->function->args[i];
        if (arg->kind == NND_ARG_TARGET && !is_label(s, arg))
            return nnd_fail(error, NND_EINVAL, "target `%s`: only one class for each item can be read from data", arg->name);
        if (arg->kind != NND_ARG_INPUT)
            continue;
        if (is_marks(s, arg)) {
            NndStatus status = check_marks(s, arg, error);
            if (status)
                return status;
            continue;
        }
        if (!is_tokens(s, arg) && !is_dense(s, arg))
            return nnd_fail(error, NND_EINVAL, "input `%s`: only token[batch, word~], token[batch, sent~, word~], marks of phrases "
                            "(f32 with the axes of the text) and f32[batch, ...] can be read from data", arg->name);
        if (inputs++)
            return nnd_fail(error, NND_EINVAL, "input `%s`: only one input can be read from data", arg->name);
        s->kind = is_tokens(s, arg) ? NND_DATA_TEXT : NND_DATA_DENSE;
        s->levels = ragged_levels(s, leading_dim(s, arg));
    }
    if (!inputs)
        return nnd_fail(error, NND_EINVAL, "the model has no input");
    return NND_OK;
}

/* ---- life ---- */

static void *zeroed(int count, size_t size)
{
    return calloc((size_t)(count ? count : 1), size);
}

static NndStatus set_up(NndSession *s, NndError *error)
{
    const NndFunctionDesc *f = s->function;
    s->given = zeroed(s->module->dim_count, sizeof *s->given);
    s->lengths = zeroed(s->module->dim_count, sizeof *s->lengths);
    s->args = zeroed(f->arg_count, sizeof *s->args);
    s->results = zeroed(f->result_count, sizeof *s->results);
    s->bound = zeroed(f->result_count, sizeof *s->bound);
    s->arg_memory = zeroed(f->arg_count, sizeof *s->arg_memory);
    s->result_memory = zeroed(f->result_count, sizeof *s->result_memory);
    if (!s->given || !s->lengths || !s->args || !s->results || !s->bound || !s->arg_memory || !s->result_memory)
        return nnd_fail(error, NND_ENOMEM, "out of memory for the arguments of %s", f->name);
    NndStatus status = nnd_axes_new(&s->axes, s->module->dims, s->module->dim_count, error);
    return status ? status : find_kind(s, error);
}

NndStatus nnd_session_new(NndSession **out, const NndModuleDesc *module, const char *function, NndError *error)
{
    *out = NULL;
    const NndFunctionDesc *desc = nnd_module_function(module, function);
    if (!desc)
        return nnd_fail(error, NND_EINVAL, "the model cannot do that: it has no function `%s` (no loss?)", function);
    NndSession *s = calloc(1, sizeof *s);
    if (!s)
        return nnd_fail(error, NND_ENOMEM, "out of memory for a session");
    s->module = module;
    s->function = desc;
    NndStatus status = set_up(s, error);
    if (status)
        nnd_session_free(s);
    else
        *out = s;
    return status;
}

static void free_owned(Owned *owned, int count)
{
    for (int i = 0; owned && i < count; i++)
        free(owned[i].data);
    free(owned);
}

void nnd_session_free(NndSession *s)
{
    if (!s)
        return;
    free_owned(s->arg_memory, s->function->arg_count);
    free_owned(s->result_memory, s->function->result_count);
    nnd_axes_free(s->axes);
    free_owned(s->lengths, s->module->dim_count);
    free(s->given);
    free(s->args);
    free(s->results);
    free(s->bound);
    free(s);
}

const NndFunctionDesc *nnd_session_function(const NndSession *s) { return s->function; }
NndDataKind nnd_session_data_kind(const NndSession *s) { return s->kind; }

bool nnd_session_wants_phrases(const NndSession *s)
{
    bool wanted = false;
    for (int i = 0; i < s->function->arg_count; i++)
        wanted |= s->function->args[i].kind == NND_ARG_INPUT && is_marks(s, &s->function->args[i]);
    return wanted;
}

NndTextLimits nnd_session_text_limits(const NndSession *s)
{
    NndTextLimits limits = {0};
    for (int i = 0; i < s->module->dim_count; i++) {
        const NndDimDesc *dim = &s->module->dims[i];
        if (dim->kind != NND_DIM_RAGGED)
            continue;
        if (s->levels == 1)
            limits.words = dim->size;
        else if (ragged_levels(s, dim) == 1)
            limits.sentences = dim->size;
        else
            limits.sentence_words = dim->size;
    }
    return limits;
}

const void *nnd_session_result(const NndSession *s, int index) { return s->results[index]; }
const NndAxis *nnd_session_axes(const NndSession *s) { return nnd_axes_table(s->axes); }

void nnd_session_bind_arg(NndSession *s, int index, const void *data)
{
    s->args[index] = data;
}

void nnd_session_bind_result(NndSession *s, int index, void *data)
{
    s->results[index] = data;
    s->bound[index] = true;
}

/* ---- batches ---- */

static void *reserve(Owned *owned, size_t bytes, NndError *error)
{
    if (owned->data && owned->room >= bytes)
        return owned->data;
    free(owned->data);
    owned->room = (bytes + bytes / 4 + 63) / 64 * 64 + 64;
    owned->data = aligned_alloc(64, owned->room);
    if (!owned->data) {
        owned->room = 0;
        nnd_fail(error, NND_ENOMEM, "out of memory for %zu bytes of a batch", bytes);
    }
    return owned->data;
}

static int64_t value_count(const NndSession *s, const NndValueDesc *value)
{
    int64_t count = 1;
    for (int i = 0; i < value->rank; i++)
        count *= nnd_axes_table(s->axes)[value->dims[i]].extent;
    return count;
}

int64_t nnd_session_result_count(const NndSession *s, int index)
{
    return value_count(s, &s->function->results[index]);
}

/* Sentences of each item: the outer one of two ragged axes. */
static NndStatus bind_sentences(NndSession *s, int dim, const NndDataset *set, const int64_t *items, int64_t count,
                                NndError *error)
{
    int64_t *lengths = reserve(&s->lengths[dim], (size_t)count * sizeof *lengths, error);
    if (!lengths)
        return NND_ENOMEM;
    nnd_gather_sentences(lengths, set, items, count);
    s->given[dim].lengths = lengths;
    return NND_OK;
}

/* Words of each item, or of each sentence. */
static NndStatus bind_words(NndSession *s, int dim, const NndDataset *set, const int64_t *items, int64_t count,
                            NndError *error)
{
    int64_t rows = count;
    for (int64_t i = 0; s->levels == 2 && i < count; i++)
        rows += set->sentences[items[i] + 1] - set->sentences[items[i]] - 1;
    int64_t *lengths = reserve(&s->lengths[dim], (size_t)rows * sizeof *lengths, error);
    if (!lengths)
        return NND_ENOMEM;
    if (s->levels == 2)
        nnd_gather_sentence_lengths(lengths, set, items, count);
    else
        nnd_gather_lengths(lengths, set, items, count);
    s->given[dim].lengths = lengths;
    return NND_OK;
}

static NndStatus bind_axes(NndSession *s, const NndDataset *set, const int64_t *items, int64_t count, NndError *error)
{
    NndStatus status = NND_OK;
    for (int i = 0; i < s->module->dim_count && !status; i++) {
        const NndDimDesc *dim = &s->module->dims[i];
        s->given[i].extent = count;
        if (dim->kind == NND_DIM_RAGGED)
            status = ragged_levels(s, dim) < s->levels ? bind_sentences(s, i, set, items, count, error)
                                                       : bind_words(s, i, set, items, count, error);
    }
    return status ? status : nnd_axes_bind(s->axes, s->given, error);
}

static NndStatus check_shape(const NndSession *s, const NndDataset *set, const NndValueDesc *arg, NndError *error)
{
    if (s->kind != set->kind)
        return nnd_fail(error, NND_EINVAL, "input `%s` wants %s", arg->name, s->kind == NND_DATA_TEXT ? "texts" : "numbers");
    if (s->kind == NND_DATA_TEXT)
        return NND_OK;
    int64_t wanted = 1;
    for (int i = 1; i < arg->rank; i++)
        wanted *= s->module->dims[arg->dims[i]].size;
    if (wanted != set->item_size)
        return nnd_fail(error, NND_EINVAL, "input `%s` wants %lld numbers an item, the data has %lld", arg->name,
                        (long long)wanted, (long long)set->item_size);
    return NND_OK;
}

static NndStatus fill_input(NndSession *s, int index, const NndDataset *set, const int64_t *items, int64_t count, NndError *error)
{
    const NndValueDesc *arg = &s->function->args[index];
    if (arg->kind == NND_ARG_TARGET && !set->labels)
        return nnd_fail(error, NND_EINVAL, "the data has no labels");
    NndStatus status = arg->kind == NND_ARG_INPUT ? check_shape(s, set, arg, error) : NND_OK;
    if (status)
        return status;
    void *data = reserve(&s->arg_memory[index], (size_t)value_count(s, arg) * nnd_dtype_size((NndDType)arg->dtype), error);
    if (!data)
        return NND_ENOMEM;
    if (arg->kind == NND_ARG_TARGET)
        nnd_gather_labels(data, set, items, count);
    else if (is_marks(s, arg))
        nnd_gather_marks(data, set, items, count);
    else if (s->kind == NND_DATA_TEXT)
        nnd_gather_tokens(data, set, items, count);
    else
        nnd_gather_dense(data, set, items, count);
    s->args[index] = data;
    return NND_OK;
}

static NndStatus size_results(NndSession *s, NndError *error)
{
    for (int i = 0; i < s->function->result_count; i++) {
        if (s->bound[i])
            continue;
        size_t bytes = (size_t)nnd_session_result_count(s, i) * nnd_dtype_size((NndDType)s->function->results[i].dtype);
        s->results[i] = reserve(&s->result_memory[i], bytes, error);
        if (!s->results[i])
            return NND_ENOMEM;
    }
    return NND_OK;
}

NndStatus nnd_session_batch(NndSession *s, const NndDataset *set, const int64_t *items, int64_t count, NndError *error)
{
    NndStatus status = bind_axes(s, set, items, count, error);
    for (int i = 0; !status && i < s->function->arg_count; i++)
        if (s->function->args[i].kind == NND_ARG_INPUT || s->function->args[i].kind == NND_ARG_TARGET)
            status = fill_input(s, i, set, items, count, error);
    return status ? status : size_results(s, error);
}

NndStatus nnd_session_run(NndSession *s, NndRun *run, void *engine, NndPool *pool, uint64_t seed, uint64_t step, NndError *error)
{
    NndCall call = {.axes = nnd_axes_table(s->axes), .args = s->args, .results = s->results, .pool = pool,
                    .seed = seed, .step = step};
    return run(engine, s->function, &call, error);
}
