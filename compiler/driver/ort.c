/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/ort.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/driver/ort_api.h"

enum { TENSORS_MAX = 64 };

struct Ort {
    void *library;
    const OrtApi *api;
    const char *version;
    OrtEnv *env;
    OrtMemoryInfo *memory;
};

struct OrtModel {
    const Ort *ort;
    OrtSession *session;
};

static NndStatus check(const OrtApi *api, OrtStatus *status, NndError *error)
{
    if (!status)
        return NND_OK;
    nnd_fail(error, NND_EINVAL, "ONNX Runtime: %s", api->error_message(status));
    api->release_status(status);
    return NND_EINVAL;
}

/* ---- the library ---- */

static void *load(const char *path)
{
    static const char *const usual[] = {"libonnxruntime.so.1", "libonnxruntime.so"};
    const char *named = path ? path : getenv("NND_ONNXRUNTIME");
    if (named && *named)
        return dlopen(named, RTLD_NOW | RTLD_LOCAL);
    void *library = dlopen(usual[0], RTLD_NOW | RTLD_LOCAL);
    return library ? library : dlopen(usual[1], RTLD_NOW | RTLD_LOCAL);
}

static const OrtApiBase *find_base(void *library)
{
    const OrtApiBase *(*get)(void);
    void *symbol = dlsym(library, "OrtGetApiBase");
    memcpy(&get, &symbol, sizeof get); /* ISO C converts no pointer to data into one to a function */
    return symbol ? get() : NULL;
}

NndStatus ort_open(Ort **out, const char *path, NndError *error)
{
    Ort *ort = calloc(1, sizeof *ort);
    if (!ort)
        return nnd_fail(error, NND_ENOMEM, "out of memory");
    *out = ort;
    ort->library = load(path);
    if (!ort->library)
        return nnd_fail(error, NND_EIO, "ONNX Runtime was not found: %s", dlerror());
    const OrtApiBase *base = find_base(ort->library);
    ort->api = base ? base->get_api(ORT_API_VERSION) : NULL;
    if (!ort->api)
        return nnd_fail(error, NND_EIO, "%s is no library of ONNX Runtime", path ? path : "the library that was found");
    ort->version = base->version();
    NndStatus status = check(ort->api, ort->api->create_env(ORT_LOG_ERRORS, "nnd", &ort->env), error);
    if (!status)
        status = check(ort->api,
                       ort->api->create_cpu_memory_info(ORT_ARENA_ALLOCATOR, ORT_DEFAULT_MEMORY, &ort->memory), error);
    return status;
}

void ort_free(Ort *ort)
{
    if (!ort)
        return;
    if (ort->memory)
        ort->api->release_memory_info(ort->memory);
    if (ort->env)
        ort->api->release_env(ort->env);
    free(ort); /* the library stays: its threads and what it allocated for good may be about still */
}

const char *ort_version(const Ort *ort)
{
    return ort->version;
}

/* ---- models ---- */

static NndStatus new_session(OrtModel *model, const void *data, size_t size, int threads, OrtSessionOptions *options,
                             NndError *error)
{
    const OrtApi *api = model->ort->api;
    NndStatus status = check(api, api->set_execution_mode(options, ORT_SEQUENTIAL), error);
    if (!status)
        status = check(api, api->set_optimisation_level(options, ORT_ALL_OPTIMISATIONS), error);
    if (!status)
        status = check(api, api->set_threads_in_operators(options, threads), error);
    if (!status)
        status = check(api, api->set_threads_between_operators(options, 1), error);
    if (!status)
        status =
            check(api, api->create_session_from_array(model->ort->env, data, size, options, &model->session), error);
    return status;
}

NndStatus ort_model_new(OrtModel **out, const Ort *ort, const void *data, size_t size, int threads, NndError *error)
{
    OrtSessionOptions *options = NULL;
    *out = calloc(1, sizeof **out);
    if (!*out)
        return nnd_fail(error, NND_ENOMEM, "out of memory");
    (*out)->ort = ort;
    NndStatus status = check(ort->api, ort->api->create_session_options(&options), error);
    if (!status)
        status = new_session(*out, data, size, threads, options, error);
    if (options)
        ort->api->release_session_options(options);
    return status;
}

void ort_model_free(OrtModel *model)
{
    if (model && model->session)
        model->ort->api->release_session(model->session);
    free(model);
}

/* ---- running ---- */

typedef struct Values {
    const char *names[TENSORS_MAX];
    OrtValue *values[TENSORS_MAX];
    int count;
} Values;

static void release(const OrtApi *api, Values *values)
{
    for (int i = 0; i < values->count; i++)
        if (values->values[i])
            api->release_value(values->values[i]);
}

static NndStatus add_input(const Ort *ort, Values *values, const OrtTensor *tensor, NndError *error)
{
    size_t size = nnd_dtype_size(tensor->dtype);
    for (int i = 0; i < tensor->rank; i++)
        size *= (size_t)tensor->dims[i];
    values->names[values->count] = tensor->name;
    return check(ort->api,
                 ort->api->create_tensor_with_data(ort->memory, tensor->data, size, tensor->dims, (size_t)tensor->rank,
                                                   tensor->dtype == NND_F32 ? ORT_FLOAT : ORT_INT32,
                                                   &values->values[values->count++]),
                 error);
}

static NndStatus take_output(const OrtApi *api, OrtValue *value, int output, OrtTake *take, void *context,
                             NndError *error)
{
    OrtTensorInfo *info = NULL;
    size_t count = 0;
    void *data = NULL;
    NndStatus status = check(api, api->tensor_info(value, &info), error);
    if (!status)
        status = check(api, api->element_count(info, &count), error);
    if (!status)
        status = check(api, api->tensor_data(value, &data), error);
    if (info)
        api->release_tensor_info(info);
    return status ? status : take(context, output, data, (int64_t)count, error);
}

NndStatus ort_run(OrtModel *model, const OrtTensor *inputs, int input_count, const char *const *outputs,
                  int output_count, OrtTake *take, void *context, NndError *error)
{
    const OrtApi *api = model->ort->api;
    Values in = {.count = 0}, out = {.count = output_count};
    if (input_count > TENSORS_MAX || output_count > TENSORS_MAX)
        return nnd_fail(error, NND_EINVAL, "at most %d inputs and outputs can be given to ONNX Runtime", TENSORS_MAX);
    for (int i = 0; i < output_count; i++)
        out.values[i] = NULL;
    NndStatus status = NND_OK;
    for (int i = 0; i < input_count && !status; i++)
        status = add_input(model->ort, &in, &inputs[i], error);
    if (!status)
        status = check(api,
                       api->run(model->session, NULL, in.names, (const OrtValue *const *)in.values, (size_t)in.count,
                                outputs, (size_t)output_count, out.values),
                       error);
    for (int i = 0; i < output_count && !status; i++)
        status = take_output(api, out.values[i], i, take, context, error);
    release(api, &in);
    release(api, &out);
    return status;
}
