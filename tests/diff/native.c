/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/diff/native.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/codegen/object.h"
#include "runtime/data/file.h"
#include "runtime/call.h"

typedef struct Native {
    Engine engine;
    void *library;
    const NndModuleDesc *module;
} Native;

static NndStatus run(Engine *engine, const char *name, const NndCall *call, NndError *error)
{
    const NndModuleDesc *module = ((Native *)engine)->module;
    for (int i = 0; i < module->function_count; i++) {
        const NndFunctionDesc *function = &module->functions[i];
        if (strcmp(function->name, name))
            continue;
        NndCall own = *call;
        NndMemory arena = {0}, kept = {0}; /* of this call alone: arguments may be others in the next */
        NndStatus status = nnd_memory_new(&kept, function->kept_size(call->axes), error);
        own.kept = kept.data;
        if (!status)
            status = nnd_call_run(module, function, &own, call->pool, &arena, error);
        nnd_memory_free(&arena);
        nnd_memory_free(&kept);
        return status;
    }
    return nnd_fail(error, NND_EINVAL, "there is no function %s", name);
}

static void forget(Engine *engine)
{
    (void)engine;
}

static EngineStats stats(const Engine *engine)
{
    (void)engine;
    return (EngineStats){0};
}

static void end(Engine *engine)
{
    dlclose(((Native *)engine)->library);
    free(engine);
}

static NndStatus load(Native *native, const char *path, NndError *error)
{
    native->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!native->library)
        return nnd_fail(error, NND_EIO, "%s", dlerror());
    native->module = dlsym(native->library, "nnd_program_module");
    return native->module ? NND_OK : nnd_fail(error, NND_EIO, "%s has no module", path);
}

static NndStatus make(Native *native, const IrModule *module, const char *folder, NndError *error)
{
    char model[256], object[256], library[256], command[1024];
    snprintf(model, sizeof model, "%s/model", folder); /* embedded; what it says does not matter here */
    snprintf(object, sizeof object, "%s/code.o", folder);
    snprintf(library, sizeof library, "%s/code.so", folder);
    NndStatus status = nnd_file_write(model, "-", 1, error);
    if (!status)
        status = object_write(module, NULL, model, object, error);
    snprintf(command, sizeof command, "cc -shared -o %s %s %s -lm -lpthread", library, object, NND_RT_ARCHIVE);
    if (!status && system(command))
        status = nnd_fail(error, NND_EIO, "failed: %s", command);
    if (!status)
        status = load(native, library, error);
    unlink(model);
    unlink(object);
    unlink(library);
    return status;
}

NndStatus native_engine_new(Engine **out, const IrModule *module, NndError *error)
{
    char folder[] = "/tmp/nnd-native-XXXXXX";
    Native *native = calloc(1, sizeof *native);
    native->engine =
        (Engine){.name = "native", .run = run, .forget = forget, .stats = stats, .free = end};
    NndStatus status = mkdtemp(folder) ? make(native, module, folder, error)
                                       : nnd_fail(error, NND_EIO, "no folder");
    rmdir(folder);
    if (status)
        free(native);
    else
        *out = &native->engine;
    return status;
}
