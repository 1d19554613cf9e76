/* SPDX-License-Identifier: Apache-2.0
 *
 * Models and checkpoints on disk. A checkpoint is a model file with the
 * weights of the moment; what only training needs has names that begin with
 * "train/": optimiser states and the best weights so far.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/driver/trainer.h"

typedef struct Contents {
    Arena *arena;
    VEC(NndTensor) tensors;
    VEC(NndMetadata) metadata;
} Contents;

static void add_metadata(Contents *c, const char *key, const char *value)
{
    vec_push(c->arena, &c->metadata, ((NndMetadata){key, value}));
}

static void add_tensor(Contents *c, const Trainer *t, const char *name, const Slot *slot, const float *data)
{
    NndTensor tensor = {.name = name, .dtype = NND_F32, .rank = slot->desc->rank, .data = data};
    for (int i = 0; i < slot->desc->rank; i++)
        tensor.dims[i] = t->unit.desc->dims[slot->desc->dims[i]].size;
    vec_push(c->arena, &c->tensors, tensor);
}

static const char *joined_classes(Arena *arena, const NndClasses *classes)
{
    const char *text = "";
    for (int i = 0; i < classes->count; i++)
        text = arena_printf(arena, "%s%s\n", text, classes->names[i]);
    return text;
}

static const char *joined_args(Arena *arena, const Program *program)
{
    const char *text = "";
    for (int i = 0; i < program->params.count; i++)
        text = arena_printf(arena, "%s%s %.17g\n", text, program->params.data[i].name, program->params.data[i].value);
    return text;
}

static const char *joined_phrases(Arena *arena, const NndPhrases *phrases)
{
    VEC(char) text = {0};
    for (int32_t i = 0; i < nnd_phrases_count(phrases); i++) {
        NndText phrase = nnd_phrases_at(phrases, i);
        for (size_t k = 0; k < phrase.size; k++)
            vec_push(arena, &text, phrase.data[k]);
        vec_push(arena, &text, '\n');
    }
    vec_push(arena, &text, '\0');
    return text.data;
}

static void add_fields(Contents *c, const Trainer *t)
{
    char *stored = nnd_fields_stored(&t->fields);
    add_metadata(c, "nnd.columns", arena_strdup(c->arena, stored ? stored : ""));
    free(stored);
    for (int i = 0; i < t->fields.count; i++) {
        const NndField *field = &t->fields.items[i];
        if (field->classes.count)
            add_metadata(c, arena_printf(c->arena, "nnd.classes.%s", field->name), joined_classes(c->arena, &field->classes));
        if (!isnan(t->state.thresholds[i]))
            add_metadata(c, arena_printf(c->arena, "nnd.threshold.%s", field->name),
                         arena_printf(c->arena, "%.9g", t->state.thresholds[i]));
    }
}

static void add_model_metadata(Contents *c, const Trainer *t)
{
    const Program *program = t->unit.program;
    add_metadata(c, "nnd.format", NND_MODEL_FORMAT);
    add_metadata(c, "nnd.model", program->model);
    add_metadata(c, "nnd.path", t->source->path);
    add_metadata(c, "nnd.source", t->source->text);
    add_metadata(c, "nnd.args", joined_args(c->arena, program));
    if (t->vocab)
        add_metadata(c, "nnd.vocab", arena_strndup(c->arena, nnd_vocab_stored(t->vocab).data, nnd_vocab_stored(t->vocab).size));
    if (t->vocab && nnd_vocab_phrases(t->vocab))
        add_metadata(c, "nnd.phrases", joined_phrases(c->arena, nnd_vocab_phrases(t->vocab)));
    add_fields(c, t);
    add_metadata(c, "nnd.history", t->history);
}

static NndStatus write_contents(const Contents *c, const char *path, NndError *error)
{
    return nnd_safetensors_write(path, c->tensors.data, c->tensors.count, c->metadata.data, c->metadata.count, error);
}

NndStatus model_save(Trainer *t, NndError *error)
{
    Contents c = {.arena = arena_new()};
    for (int i = 0; i < t->slots.count; i++) {
        const Slot *slot = &t->slots.items[i];
        if (slot->is_weight)
            add_tensor(&c, t, slot->name, slot, slot->best);
    }
    add_model_metadata(&c, t);
    NndStatus status = write_contents(&c, t->out_path, error);
    arena_free(c.arena);
    return status;
}

const char *checkpoint_path(const Trainer *t)
{
    return arena_printf(t->unit.arena, "%s.checkpoint", t->out_path);
}

/* What a resumed training must have in common with the interrupted one. */
static const char *identity(Arena *arena, const Trainer *t)
{
    return arena_printf(arena, "seed %llu train %lld valid %lld batch %d optimiser %d", (unsigned long long)t->options->seed,
                        (long long)t->split.train_count,
                        (long long)(t->valid.count ? t->valid.count : t->split.valid_count), t->recipe->batch,
                        (int)t->recipe->optimiser);
}

static const char state_format[] = "%lld %lld %lld %la %la %lld";

static const char *state_text(Arena *arena, const TrainState *s)
{
    return arena_printf(arena, "%lld %lld %lld %a %a %lld", (long long)s->iteration, (long long)s->validated,
                        (long long)s->stale, s->loss_sum, s->best_metric, (long long)s->best_iteration);
}

NndStatus checkpoint_save(Trainer *t, NndError *error)
{
    Contents c = {.arena = arena_new()};
    for (int i = 0; i < t->slots.count; i++) {
        const Slot *slot = &t->slots.items[i];
        const char *name = slot->is_weight ? slot->name : arena_printf(c.arena, "train/%s", slot->name);
        add_tensor(&c, t, name, slot, slot->now);
        if (slot->is_weight)
            add_tensor(&c, t, arena_printf(c.arena, "train/best/%s", slot->name), slot, slot->best);
    }
    add_model_metadata(&c, t);
    add_metadata(&c, "nnd.training", state_text(c.arena, &t->state));
    add_metadata(&c, "nnd.identity", identity(c.arena, t));
    NndStatus status = write_contents(&c, checkpoint_path(t), error);
    arena_free(c.arena);
    return status;
}

/* ---- reading ---- */

static NndStatus copy_tensor(const NndModel *model, const char *path, const char *name, const Slot *slot, float *to, NndError *error)
{
    const NndTensor *tensor = nnd_safetensors_find(model->file, name);
    size_t bytes = (size_t)slot->count * sizeof(float);
    if (!tensor || tensor->dtype != NND_F32 || tensor->size != bytes)
        return nnd_fail(error, NND_EFORMAT, "%s: tensor `%s` is missing or of another size", path, name);
    memcpy(to, tensor->data, bytes);
    return NND_OK;
}

/* What rows have missed is made up for step by step, so it must not be more than there were; and nothing at
 * all where rows are settled before a checkpoint is written. */
static NndStatus check_touched(const Trainer *t, const Slot *slot, const char *path, NndError *error)
{
    if (!state_counts_steps(slot->desc))
        return NND_OK;
    float last = (float)t->state.iteration, first = nnd_module_function(t->unit.desc, "settle") ? last : 0;
    for (int64_t i = 0; i < slot->count; i++)
        if (!(slot->now[i] >= first && slot->now[i] <= last))
            return nnd_fail(error, NND_EFORMAT, "%s: tensor `train/%s`: row %lld is right up to step %g, which it cannot be after %lld", path,
                            slot->name, (long long)i, (double)slot->now[i], (long long)t->state.iteration);
    return NND_OK;
}

/* States that another way to train would go on from. */
static NndStatus check_no_others(const Trainer *t, const NndModel *model, const char *path, NndError *error)
{
    static const char prefix[] = "train/", best[] = "train/best/";
    for (int64_t i = 0; i < nnd_safetensors_count(model->file); i++) {
        const char *name = nnd_safetensors_at(model->file, i)->name;
        bool state = !strncmp(name, prefix, sizeof prefix - 1) && strncmp(name, best, sizeof best - 1);
        if (state && !slots_find(&t->slots, name + sizeof prefix - 1))
            return nnd_fail(error, NND_EINVAL, "%s: this training keeps no tensor `%s` (--without touched-rows?)", path, name);
    }
    return NND_OK;
}

static NndStatus load_slots(Trainer *t, const NndModel *model, const char *path, NndError *error)
{
    NndStatus status = NND_OK;
    for (int i = 0; !status && i < t->slots.count; i++) {
        const Slot *slot = &t->slots.items[i];
        const char *name = slot->is_weight ? slot->name : arena_printf(t->unit.arena, "train/%s", slot->name);
        status = copy_tensor(model, path, name, slot, slot->now, error);
        if (!status && slot->is_weight)
            status = copy_tensor(model, path, arena_printf(t->unit.arena, "train/best/%s", slot->name), slot, slot->best, error);
        if (!status)
            status = check_touched(t, slot, path, error);
    }
    return status;
}

static bool read_state(const char *text, TrainState *s)
{
    long long iteration, validated, stale, best_iteration;
    if (sscanf(text, state_format, &iteration, &validated, &stale, &s->loss_sum, &s->best_metric, &best_iteration) != 6)
        return false;
    s->iteration = iteration;
    s->validated = validated;
    s->stale = stale;
    s->best_iteration = best_iteration;
    return true;
}

/* Only a damaged file says otherwise; training counts on from these numbers without looking again. */
static bool can_be_at(const Trainer *t, const TrainState *s)
{
    return s->iteration >= 0 && s->iteration / trainer_batches(t) <= INT32_MAX && s->validated >= 0 &&
           s->validated <= s->iteration && s->stale >= 0 && s->stale <= s->validated && s->best_iteration >= -1 &&
           s->best_iteration <= s->validated;
}

static void load_thresholds(Trainer *t, const NndModel *model)
{
    for (int i = 0; i < t->fields.count; i++) {
        const char *name = t->fields.items[i].name;
        int own = nnd_fields_find(&model->fields, (NndText){name, strlen(name)});
        t->state.thresholds[i] = own >= 0 && model->fields.items[own].has_threshold ? model->fields.items[own].threshold : NAN;
    }
}

static NndStatus load_state(Trainer *t, const NndModel *model, const char *path, NndError *error)
{
    const char *state = nnd_safetensors_metadata(model->file, "nnd.training");
    const char *same = nnd_safetensors_metadata(model->file, "nnd.identity");
    const char *source = nnd_safetensors_metadata(model->file, "nnd.source");
    const char *history = nnd_safetensors_metadata(model->file, "nnd.history");
    if (!state || !same || !source || !history || !read_state(state, &t->state))
        return nnd_fail(error, NND_EFORMAT, "%s: not a checkpoint of a training", path);
    if (strcmp(source, t->source->text) != 0)
        return nnd_fail(error, NND_EINVAL, "%s: the model file has changed since this checkpoint", path);
    const char *now = identity(t->unit.arena, t);
    if (strcmp(same, now) != 0)
        return nnd_fail(error, NND_EINVAL, "%s: this checkpoint is of another training (%s; now %s)", path, same, now);
    if (!can_be_at(t, &t->state))
        return nnd_fail(error, NND_EFORMAT, "%s: metadata nnd.training: no place in this training: %s", path, state);
    t->history = arena_strdup(t->unit.arena, history);
    load_thresholds(t, model);
    return NND_OK;
}

NndStatus checkpoint_load(Trainer *t, NndError *error)
{
    const char *path = checkpoint_path(t);
    NndModel model;
    NndStatus status = nnd_model_open(&model, path, error);
    if (status)
        return status;
    status = load_state(t, &model, path, error);
    if (!status)
        status = check_no_others(t, &model, path, error);
    if (!status)
        status = load_slots(t, &model, path, error);
    t->settled = t->state.iteration;
    nnd_model_free(&model);
    return status;
}
