/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static NndStatus read_classes(NndModel *model, NndError *error)
{
    const char *names = nnd_safetensors_metadata(model->file, "nnd.classes");
    NndText rest = {names ? names : "", names ? strlen(names) : 0}, line;
    NndStatus status = NND_OK;
    while (!status && nnd_text_line(&line, &rest))
        status = nnd_classes_add(&model->classes, line, error);
    return status;
}

static NndStatus read_threshold(NndModel *model, const char *name, NndError *error)
{
    const char *text = nnd_safetensors_metadata(model->file, "nnd.threshold");
    if (!text)
        return NND_OK;
    char *end;
    model->threshold = strtod(text, &end);
    if (end == text || *end || !isfinite(model->threshold))
        return nnd_fail(error, NND_EFORMAT, "%s: metadata nnd.threshold: `%.40s` is not a number", name, text);
    model->has_threshold = true;
    return NND_OK;
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
    NndStatus status = read_classes(model, error);
    if (!status)
        status = read_threshold(model, name, error);
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
    nnd_classes_free(&model->classes);
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

NndStatus nnd_model_bind(const NndModel *model, const NndModuleDesc *module, NndSession *session, NndError *error)
{
    const NndFunctionDesc *function = nnd_session_function(session);
    for (int i = 0; i < function->arg_count; i++) {
        const NndValueDesc *arg = &function->args[i];
        if (arg->kind != NND_ARG_PARAM)
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
