/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/session.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/axes.h"
#include "runtime/data/distinct.h"

typedef struct Owned {
    void *data;
    size_t room;
} Owned;

struct NndSession {
    const NndModuleDesc *module;
    const NndFunctionDesc *function;
    int *owners;          /* by dimension: the argument whose lengths are those of a ragged one */
    NndAxes *axes;
    NndExtent *given;
    Owned *lengths;       /* by dimension */
    Owned other_lengths;  /* of a text that shares the axis, to compare */
    const void **args;
    void **results;
    bool *bound;          /* results that are the caller's */
    Owned *arg_memory, *result_memory;
    NndDistinct *distinct; /* by argument: of the tokens of an input */
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

/* The text whose words the marks are about, or -1. */
static int text_of_marks(const NndSession *s, const NndValueDesc *marks)
{
    for (int i = 0; i < s->function->arg_count; i++)
        if (is_tokens(s, &s->function->args[i]) && s->function->args[i].dims[0] == marks->dims[0])
            return i;
    return -1;
}

static NndStatus check_arg(const NndSession *s, const NndValueDesc *arg, NndError *error)
{
    bool target = arg->kind == NND_ARG_TARGET;
    if (is_dense(s, arg) || (target ? is_label(s, arg) : is_tokens(s, arg)))
        return NND_OK;
    if (target || !is_marks(s, arg))
        return nnd_fields_unreadable(target, arg->name, error);
    if (text_of_marks(s, arg) < 0)
        return nnd_fail(error, NND_EINVAL, "input `%s`: marks of phrases go with a text that has the same axes", arg->name);
    return NND_OK;
}

/* The first text with a ragged axis tells its lengths. */
static void find_owners(NndSession *s)
{
    for (int i = 0; i < s->module->dim_count; i++)
        s->owners[i] = -1;
    for (int i = 0; i < s->function->arg_count; i++) {
        if (!is_tokens(s, &s->function->args[i]))
            continue;
        for (int dim = s->function->args[i].dims[0]; s->module->dims[dim].kind == NND_DIM_RAGGED; dim = s->module->dims[dim].parent)
            if (s->owners[dim] < 0)
                s->owners[dim] = i;
    }
}

static bool is_data(const NndValueDesc *arg)
{
    return arg->kind == NND_ARG_INPUT || arg->kind == NND_ARG_TARGET;
}

static NndStatus check_args(const NndSession *s, NndError *error)
{
    int inputs = 0;
    for (int i = 0; i < s->function->arg_count; i++) {
        const NndValueDesc *arg = &s->function->args[i];
        NndStatus status = is_data(arg) ? check_arg(s, arg, error) : NND_OK;
        if (status)
            return status;
        inputs += arg->kind == NND_ARG_INPUT;
    }
    return inputs ? NND_OK : nnd_fail(error, NND_EINVAL, "the model has no input");
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
    s->owners = zeroed(s->module->dim_count, sizeof *s->owners);
    s->results = zeroed(f->result_count, sizeof *s->results);
    s->bound = zeroed(f->result_count, sizeof *s->bound);
    s->arg_memory = zeroed(f->arg_count, sizeof *s->arg_memory);
    s->distinct = zeroed(f->arg_count, sizeof *s->distinct);
    s->result_memory = zeroed(f->result_count, sizeof *s->result_memory);
    if (!s->given || !s->owners || !s->lengths || !s->args || !s->results || !s->bound || !s->arg_memory ||
        !s->result_memory || !s->distinct)
        return nnd_fail(error, NND_ENOMEM, "out of memory for the arguments of %s", f->name);
    find_owners(s);
    NndStatus status = nnd_axes_new(&s->axes, s->module->dims, s->module->dim_count, error);
    return status ? status : check_args(s, error);
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
    for (int i = 0; s->distinct && i < s->function->arg_count; i++)
        nnd_distinct_free(&s->distinct[i]);
    free(s->distinct);
    nnd_axes_free(s->axes);
    free_owned(s->lengths, s->module->dim_count);
    free(s->other_lengths.data);
    free(s->given);
    free(s->owners);
    free(s->args);
    free(s->results);
    free(s->bound);
    free(s);
}

const NndFunctionDesc *nnd_session_function(const NndSession *s) { return s->function; }

bool nnd_session_wants_phrases(const NndSession *s)
{
    bool wanted = false;
    for (int i = 0; i < s->function->arg_count; i++)
        wanted |= s->function->args[i].kind == NND_ARG_INPUT && is_marks(s, &s->function->args[i]);
    return wanted;
}

static NndTextLimits text_limits(const NndSession *s, const NndValueDesc *text)
{
    const NndDimDesc *words = leading_dim(s, text);
    if (ragged_levels(s, words) == 1)
        return (NndTextLimits){.words = words->size};
    return (NndTextLimits){.sentences = s->module->dims[words->parent].size, .sentence_words = words->size};
}

NndStatus nnd_session_encode(const NndSession *s, NndDataset *set, const NndVocab *vocab, NndError *error)
{
    NndStatus status = NND_OK;
    for (int i = 0; i < set->fields->count && !status; i++) {
        int arg = set->columns[i].texts ? nnd_function_arg(s->function, set->fields->items[i].name) : -1;
        if (arg >= 0 && vocab)
            status = nnd_column_encode(&set->columns[i], set->count, vocab, text_limits(s, &s->function->args[arg]), error);
    }
    return status;
}

/* Numbers in each item. */
static int64_t item_size(const NndSession *s, const NndValueDesc *arg)
{
    int64_t size = 1;
    for (int i = 1; i < arg->rank; i++)
        size *= s->module->dims[arg->dims[i]].size;
    return size;
}

NndStatus nnd_session_fields(NndFields *out, const NndSession *s, NndError *error)
{
    *out = (NndFields){0};
    NndStatus status = NND_OK;
    for (int i = 0; i < s->function->arg_count && !status; i++) {
        const NndValueDesc *arg = &s->function->args[i];
        if (!is_data(arg) || is_marks(s, arg))
            continue;
        bool numbers = is_dense(s, arg), target = arg->kind == NND_ARG_TARGET;
        NndFieldKind kind = numbers ? NND_FIELD_NUMBERS : target ? NND_FIELD_CLASS : NND_FIELD_TEXT;
        NndText name = {arg->name, strlen(arg->name)};
        status = nnd_fields_add(out, name, kind, target, numbers ? item_size(s, arg) : 0, error);
    }
    if (status)
        nnd_fields_free(out);
    return status;
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

static int64_t row_begin(const NndSession *s, int dim, int64_t item)
{
    const NndDimDesc *desc = &s->module->dims[dim];
    if (desc->parent < 0)
        return item;
    return nnd_axes_table(s->axes)[dim].offsets[row_begin(s, desc->parent, item)];
}

bool nnd_session_result_has_items(const NndSession *s, int index)
{
    const NndDimDesc *dim = leading_dim(s, &s->function->results[index]);
    while (dim && dim->parent >= 0)
        dim = &s->module->dims[dim->parent];
    return dim && dim->kind == NND_DIM_FREE;
}

void nnd_session_result_items(int64_t *begins, const NndSession *s, int index, int64_t count)
{
    const NndValueDesc *value = &s->function->results[index];
    int64_t row = 1;
    for (int i = 1; i < value->rank; i++)
        row *= nnd_axes_table(s->axes)[value->dims[i]].extent;
    for (int64_t i = 0; i <= count; i++)
        begins[i] = row_begin(s, value->dims[0], i) * row;
}

/* What a batch is made of. */
typedef struct Batch {
    const NndDataset *set;
    const int64_t *items;
    int64_t count;
} Batch;

/* How many rows the parent of a ragged axis of a text has: items, or their sentences. */
static int64_t parent_rows(const NndColumn *text, bool nested, const Batch *b)
{
    int64_t rows = nested ? 0 : b->count;
    for (int64_t i = 0; nested && i < b->count; i++)
        rows += text->sentences[b->items[i] + 1] - text->sentences[b->items[i]];
    return rows;
}

/* Lengths of a ragged axis of a text: sentences of each item (the outer one of two axes), words of
 * each, or of each sentence. */
static int64_t *gather_lengths(const NndSession *s, int dim, int text, const Batch *b, Owned *memory, int64_t *rows, NndError *error)
{
    const NndDimDesc *desc = &s->module->dims[dim];
    const NndValueDesc *arg = &s->function->args[text];
    const NndColumn *column = nnd_dataset_column(b->set, arg->name);
    bool nested = ragged_levels(s, desc) == 2, outer = arg->dims[0] != dim;
    *rows = parent_rows(column, nested, b);
    int64_t *lengths = reserve(memory, (size_t)*rows * sizeof *lengths, error);
    if (!lengths)
        return NULL;
    if (outer)
        nnd_gather_sentences(lengths, column, b->items, b->count);
    else if (nested)
        nnd_gather_sentence_lengths(lengths, column, b->items, b->count);
    else
        nnd_gather_lengths(lengths, column, b->items, b->count);
    return lengths;
}

static NndStatus bind_axes(NndSession *s, const Batch *b, NndError *error)
{
    int64_t rows;
    for (int i = 0; i < s->module->dim_count; i++) {
        s->given[i].extent = b->count;
        int text = s->owners[i];
        if (text >= 0 && !(s->given[i].lengths = gather_lengths(s, i, text, b, &s->lengths[i], &rows, error)))
            return NND_ENOMEM;
    }
    return nnd_axes_bind(s->axes, s->given, error);
}

/* Whether a text is as long as the one that owns its axes, item by item. */
static NndStatus check_lengths(NndSession *s, int text, const Batch *b, NndError *error)
{
    const NndValueDesc *arg = &s->function->args[text];
    for (int dim = arg->dims[0]; s->module->dims[dim].kind == NND_DIM_RAGGED; dim = s->module->dims[dim].parent) {
        int64_t rows;
        if (s->owners[dim] == text)
            continue;
        const int64_t *lengths = gather_lengths(s, dim, text, b, &s->other_lengths, &rows, error);
        if (!lengths)
            return NND_ENOMEM;
        if (rows != nnd_axes_table(s->axes)[s->module->dims[dim].parent].extent ||
            memcmp(lengths, s->given[dim].lengths, (size_t)rows * sizeof *lengths))
            return nnd_fail(error, NND_EINVAL,
                            "inputs `%s` and `%s` share the axis %s~, but the data has texts of different lengths for "
                            "them; give one of them an axis of another name",
                            s->function->args[s->owners[dim]].name, arg->name, s->module->dims[dim].name);
    }
    return NND_OK;
}

/* What the argument is filled from has to be there, and of its size. */
static NndStatus check_column(const NndSession *s, const NndValueDesc *arg, const NndColumn *column, NndError *error)
{
    bool numbers = column && (column->f32 || column->u8), labels = column && column->labels;
    if (is_dense(s, arg)) {
        if (numbers && column->width != item_size(s, arg))
            return nnd_fail(error, NND_EINVAL, "%s `%s` wants %lld numbers an item, the data has %lld",
                            arg->kind == NND_ARG_TARGET ? "target" : "input", arg->name, (long long)item_size(s, arg),
                            (long long)column->width);
        if (numbers)
            return NND_OK;
    }
    if (arg->kind == NND_ARG_TARGET)
        return labels ? NND_OK : nnd_fail(error, NND_EINVAL, "the data has no labels for `%s`", arg->name);
    return column && column->offsets ? NND_OK : nnd_fail(error, NND_EINVAL, "the data has nothing for input `%s`", arg->name);
}

static NndStatus check_data(const NndSession *s, const Batch *b, NndError *error)
{
    NndStatus status = NND_OK;
    for (int i = 0; i < s->function->arg_count && !status; i++) {
        const NndValueDesc *arg = &s->function->args[i];
        if (is_data(arg) && !is_marks(s, arg))
            status = check_column(s, arg, nnd_dataset_column(b->set, arg->name), error);
    }
    return status;
}

static NndStatus fill_arg(NndSession *s, int index, const Batch *b, NndError *error)
{
    const NndValueDesc *arg = &s->function->args[index];
    NndStatus status = is_tokens(s, arg) ? check_lengths(s, index, b, error) : NND_OK;
    if (status)
        return status;
    void *data = reserve(&s->arg_memory[index], (size_t)value_count(s, arg) * nnd_dtype_size((NndDType)arg->dtype), error);
    if (!data)
        return NND_ENOMEM;
    bool marks = is_marks(s, arg);
    const char *name = marks ? s->function->args[text_of_marks(s, arg)].name : arg->name;
    const NndColumn *column = nnd_dataset_column(b->set, name);
    if (marks)
        nnd_gather_marks(data, column, b->items, b->count);
    else if (is_dense(s, arg))
        nnd_gather_numbers(data, column, b->items, b->count);
    else if (arg->kind == NND_ARG_TARGET)
        nnd_gather_labels(data, column, b->items, b->count);
    else
        nnd_gather_tokens(data, column, b->items, b->count);
    s->args[index] = data;
    return NND_OK;
}

/* The argument "<input><suffix>" of a function, or -1. */
static int argument_made_of(const NndSession *s, const char *input, NndArgKind kind, const char *suffix)
{
    size_t length = strlen(input);
    for (int i = 0; i < s->function->arg_count; i++) {
        const NndValueDesc *arg = &s->function->args[i];
        if (arg->kind == (int32_t)kind && !strncmp(arg->name, input, length) && !strcmp(arg->name + length, suffix))
            return i;
    }
    return -1;
}

/* The different ones among the tokens of an input, if the function asks for them. */
static NndStatus fill_distinct(NndSession *s, int input, NndError *error)
{
    const NndValueDesc *arg = &s->function->args[input];
    int numbers = argument_made_of(s, arg->name, NND_ARG_DISTINCT, ".distinct");
    int places = argument_made_of(s, arg->name, NND_ARG_PLACES, ".places");
    if (arg->kind != NND_ARG_INPUT || numbers < 0 || places < 0)
        return NND_OK;
    NndDistinct *distinct = &s->distinct[input];
    NndStatus status = nnd_distinct_find(distinct, s->args[input], value_count(s, arg), error);
    if (status)
        return status;
    nnd_axes_set_distinct(s->axes, s->function->args[numbers].dims[0], distinct->count);
    s->args[numbers] = distinct->numbers;
    s->args[places] = distinct->places;
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
    Batch batch = {set, items, count};
    NndStatus status = check_data(s, &batch, error);
    if (!status)
        status = bind_axes(s, &batch, error);
    for (int i = 0; !status && i < s->function->arg_count; i++)
        if (is_data(&s->function->args[i]))
            status = fill_arg(s, i, &batch, error);
    for (int i = 0; !status && i < s->function->arg_count; i++)
        status = fill_distinct(s, i, error);
    return status ? status : size_results(s, error);
}

NndStatus nnd_session_run(NndSession *s, NndRun *run, void *engine, NndPool *pool, uint64_t seed, uint64_t step, NndError *error)
{
    NndCall call = {.axes = nnd_axes_table(s->axes), .args = s->args, .results = s->results, .pool = pool,
                    .seed = seed, .step = step};
    return run(engine, s->function, &call, error);
}
