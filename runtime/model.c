/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The metadata KEY.TARGET, or in older files KEY, or NULL. */
static const char *about_target(const NndModel *model, const char *key, const NndField *target)
{
    char full[256];
    bool old = !nnd_safetensors_metadata(model->file, "nnd.columns");
    snprintf(full, sizeof full, old ? "%s" : "%s.%.200s", key, target->name);
    return nnd_safetensors_metadata(model->file, full);
}

static NndStatus read_classes(NndField *target, const char *names, NndError *error)
{
    NndText rest = {names ? names : "", names ? strlen(names) : 0}, line;
    NndStatus status = NND_OK;
    while (!status && nnd_text_line(&line, &rest))
        status = nnd_classes_add(&target->classes, line, error);
    return status;
}

static NndStatus read_threshold(NndField *target, const char *text, const char *name, NndError *error)
{
    if (!text)
        return NND_OK;
    char *end;
    target->threshold = strtod(text, &end);
    if (end == text || *end || !isfinite(target->threshold))
        return nnd_fail(error, NND_EFORMAT, "%s: metadata nnd.threshold: `%.40s` is not a number", name, text);
    target->has_threshold = true;
    return NND_OK;
}

/* What training has learned of the targets. */
static NndStatus read_targets(NndModel *model, const char *name, NndError *error)
{
    NndStatus status = NND_OK;
    for (int i = 0; i < model->fields.count && !status; i++) {
        NndField *field = &model->fields.items[i];
        if (!field->target || field->kind != NND_FIELD_CLASS)
            continue;
        status = read_classes(field, about_target(model, "nnd.classes", field), error);
        if (!status)
            status = read_threshold(field, about_target(model, "nnd.threshold", field), name, error);
    }
    return status;
}

static NndStatus read_fields(NndModel *model, const char *name, NndError *error)
{
    const char *stored = nnd_safetensors_metadata(model->file, "nnd.columns");
    if (!stored)
        return NND_OK;
    NndStatus status = nnd_fields_parse(&model->fields, (NndText){stored, strlen(stored)}, name, error);
    return status ? status : read_targets(model, name, error);
}

/* Of a file without nnd.columns. A function without targets does not tell the target's name. */
static NndStatus guess_fields(NndModel *model, const NndSession *session, NndError *error)
{
    NndStatus status = nnd_session_fields(&model->fields, session, error);
    bool labelled = nnd_safetensors_metadata(model->file, "nnd.classes");
    if (!status && labelled && !nnd_fields_count(&model->fields, true))
        status = nnd_fields_add(&model->fields, (NndText){"label", 5}, NND_FIELD_CLASS, true, 0, error);
    return status ? status : read_targets(model, "(model)", error);
}

static NndStatus read_vocab(NndModel *model, const char *name, NndError *error)
{
    const char *words = nnd_safetensors_metadata(model->file, "nnd.vocab");
    if (!words)
        return NND_OK;
    NndStatus status = nnd_vocab_load(&model->vocab, (NndText){words, strlen(words)}, name, error);
    const char *lines = nnd_safetensors_metadata(model->file, "nnd.phrases");
    if (status || !lines)
        return status;
    NndPhrases *phrases;
    status = nnd_phrases_parse(&phrases, (NndText){lines, strlen(lines)}, name, error);
    if (!status)
        nnd_vocab_set_phrases(model->vocab, phrases);
    return status;
}

static NndStatus read_metadata(NndModel *model, const char *name, NndError *error)
{
    const char *format = nnd_safetensors_metadata(model->file, "nnd.format");
    if (!format)
        return nnd_fail(error, NND_EFORMAT, "%s: a safetensors file, but not a model of nnd", name);
    if (strcmp(format, NND_MODEL_FORMAT) != 0)
        return nnd_fail(error, NND_EFORMAT, "%s: a model of format %.20s; this nnd reads format %s", name, format, NND_MODEL_FORMAT);
    NndStatus status = read_fields(model, name, error);
    return status ? status : read_vocab(model, name, error);
}

static NndStatus finish(NndModel *model, NndStatus status, const char *name, NndError *error)
{
    if (!status)
        status = read_metadata(model, name, error);
    if (status)
        nnd_model_free(model);
    return status;
}

NndStatus nnd_model_open(NndModel *out, const char *path, NndError *error)
{
    *out = (NndModel){0};
    return finish(out, nnd_safetensors_open(&out->file, path, error), path, error);
}

NndStatus nnd_model_parse(NndModel *out, const void *data, size_t size, const char *name, NndError *error)
{
    *out = (NndModel){0};
    return finish(out, nnd_safetensors_parse(&out->file, data, size, name, error), name, error);
}

void nnd_model_free(NndModel *model)
{
    nnd_vocab_free(model->vocab);
    nnd_fields_free(&model->fields);
    nnd_safetensors_free(model->file);
    *model = (NndModel){0};
}

static bool same_shape(const NndModuleDesc *module, const NndValueDesc *arg, const NndTensor *tensor)
{
    if (tensor->rank != arg->rank || (int32_t)tensor->dtype != arg->dtype)
        return false;
    for (int i = 0; i < arg->rank; i++)
        if (module->dims[arg->dims[i]].size != tensor->dims[i])
            return false;
    return true;
}

NndStatus nnd_model_bind(NndModel *model, const NndModuleDesc *module, NndSession *session, NndError *error)
{
    const NndFunctionDesc *function = nnd_session_function(session);
    NndStatus status = model->fields.count ? NND_OK : guess_fields(model, session, error);
    if (status)
        return status;
    for (int i = 0; i < function->arg_count; i++) {
        const NndValueDesc *arg = &function->args[i];
        if (arg->kind != NND_ARG_PARAM && arg->kind != NND_ARG_FIXED)
            continue;
        const NndTensor *tensor = nnd_safetensors_find(model->file, arg->name);
        if (!tensor)
            return nnd_fail(error, NND_EFORMAT, "the model file has no weights `%s`", arg->name);
        if (!same_shape(module, arg, tensor))
            return nnd_fail(error, NND_EFORMAT, "the weights `%s` of the model file have another shape or type", arg->name);
        nnd_session_bind_arg(session, i, tensor->data);
    }
    return NND_OK;
}
