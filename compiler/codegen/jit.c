/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/jit.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <llvm-c/ExecutionEngine.h>
#include <llvm-c/LLJIT.h>
#include <llvm-c/Orc.h>
#include <llvm-c/OrcEE.h>

#include "compiler/cache.h"
#include "compiler/codegen/slices.h"
#include "runtime/axes.h"
#include "runtime/call.h"
#include "runtime/parts.h"
#include "runtime/pool.h"

typedef struct JitFunction {
    NndFunctionDesc desc;
    NndMemory kept;
    JitKernel *kernels; /* of the profile */
} JitFunction;

typedef struct Jit {
    Engine engine;
    Arena *arena;
    LLVMOrcLLJITRef lljit;
    const NndModuleDesc *module;
    JitFunction *functions;
    NndMemory scratch;
    EngineStats stats;
    JitProfile profile;
    bool profiles;
} Jit;

static double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static NndStatus llvm_failed(LLVMErrorRef failed, NndError *error)
{
    char *message = LLVMGetErrorMessage(failed);
    NndStatus status = nnd_fail(error, NND_EINVAL, "LLVM: %s", message);
    LLVMDisposeErrorMessage(message);
    return status;
}

/* ---- profiling ---- */

/* Code only hands its pool on to the functions of the pool: a profiling engine gives it this instead. */
typedef struct Profiler {
    NndPool *pool;
    JitKernel *kernels; /* of the function */
} Profiler;

/* The number of the kernel is in front of its frame. */
static void note_kernel(Profiler *profiler, const void *frame, double start)
{
    JitKernel *kernel = &profiler->kernels[((const int64_t *)frame)[-1]];
    kernel->seconds += now_seconds() - start;
    kernel->calls++;
}

static void profiled_run(NndPool *pool, int64_t count, int64_t grain, NndBlock *block, void *context)
{
    Profiler *profiler = (Profiler *)(void *)pool;
    double start = now_seconds();
    nnd_pool_run(profiler->pool, count, grain, block, context);
    note_kernel(profiler, context, start);
}

static void profiled_team(NndPool *pool, int64_t most, int64_t independent, NndMember *member, void *context)
{
    Profiler *profiler = (Profiler *)(void *)pool;
    double start = now_seconds();
    nnd_pool_team(profiler->pool, most, independent, member, context);
    note_kernel(profiler, context, start);
}

/* One after the other: what each takes is to be known. */
static void profiled_run_all(NndPool *pool, const NndTask *tasks, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (tasks[i].member)
            profiled_team(pool, tasks[i].most, tasks[i].independent, tasks[i].member, tasks[i].context);
        else
            profiled_run(pool, tasks[i].count, tasks[i].grain, tasks[i].block, tasks[i].context);
}

static void profiled_meet(NndPool *pool)
{
    nnd_pool_meet(((Profiler *)(void *)pool)->pool);
}

static void begin_profile(Jit *jit, const KernelInfos *infos)
{
    jit->profile.kernels = ARENA_ARRAY(jit->arena, JitKernel, infos->items.count + 1);
    jit->profile.count = infos->items.count;
    for (int i = 0; i < infos->items.count; i++) {
        const KernelInfo *info = &infos->items.data[i];
        jit->profile.kernels[i] = (JitKernel){.function = info->function, .name = info->name, .line = info->line, .once = info->once,
                                              .groups = info->groups, .group_count = info->group_count};
    }
}

static JitKernel *first_kernel(const Jit *jit, const char *function)
{
    for (int i = 0; i < jit->profile.count; i++)
        if (!strcmp(jit->profile.kernels[i].function, function))
            return &jit->profile.kernels[i];
    return NULL;
}

const JitProfile *jit_profile(const Engine *engine)
{
    return &((const Jit *)engine)->profile;
}

void jit_profile_reset(Engine *engine)
{
    JitProfile *profile = &((Jit *)engine)->profile;
    for (int i = 0; i < profile->count; i++) {
        profile->kernels[i].calls = 0;
        profile->kernels[i].seconds = 0;
    }
}

/* ---- linking ---- */

typedef struct Symbol {
    const char *name;
    LLVMOrcExecutorAddress address;
} Symbol;

/* All that generated code may call. */
static NndStatus define_symbols(Jit *jit, NndError *error)
{
    bool profiles = jit->profiles;
    const Symbol symbols[] = {{"nnd_pool_run", profiles ? (uintptr_t)profiled_run : (uintptr_t)nnd_pool_run},
                              {"nnd_pool_team", profiles ? (uintptr_t)profiled_team : (uintptr_t)nnd_pool_team},
                              {"nnd_pool_run_all", profiles ? (uintptr_t)profiled_run_all : (uintptr_t)nnd_pool_run_all},
                              {"nnd_pool_meet", profiles ? (uintptr_t)profiled_meet : (uintptr_t)nnd_pool_meet},
                              {"nnd_axis_share", (uintptr_t)nnd_axis_share},
                              {"nnd_part_bind", (uintptr_t)nnd_part_bind},
                              {"nnd_part_read", (uintptr_t)nnd_part_read},
                              {"nnd_part_write", (uintptr_t)nnd_part_write},
                              {"nnd_mark_read", (uintptr_t)nnd_mark_read},
                              {"nnd_mark_write", (uintptr_t)nnd_mark_write},
                              {"exp", (uintptr_t)(double (*)(double))exp},
                              {"log", (uintptr_t)(double (*)(double))log}, {"tanh", (uintptr_t)(double (*)(double))tanh},
                              {"floor", (uintptr_t)(double (*)(double))floor},
                              {"floorf", (uintptr_t)(float (*)(float))floorf},
                              {"fma", (uintptr_t)(double (*)(double, double, double))fma},
                              {"fmaf", (uintptr_t)(float (*)(float, float, float))fmaf},
                              {"memcpy", (uintptr_t)memcpy}, {"memset", (uintptr_t)memset},
                              {"memmove", (uintptr_t)memmove}};
    enum { COUNT = sizeof symbols / sizeof *symbols };
    LLVMOrcCSymbolMapPair pairs[COUNT];
    for (int i = 0; i < COUNT; i++) {
        pairs[i].Name = LLVMOrcLLJITMangleAndIntern(jit->lljit, symbols[i].name);
        pairs[i].Sym.Address = symbols[i].address;
        pairs[i].Sym.Flags = (LLVMJITSymbolFlags){LLVMJITSymbolGenericFlagsExported | LLVMJITSymbolGenericFlagsCallable, 0};
    }
    LLVMOrcMaterializationUnitRef unit = LLVMOrcAbsoluteSymbols(pairs, COUNT);
    LLVMErrorRef failed = LLVMOrcJITDylibDefine(LLVMOrcLLJITGetMainJITDylib(jit->lljit), unit);
    return failed ? llvm_failed(failed, error) : NND_OK;
}

typedef const char *SymbolFn(Arena *arena, const char *function);

/* 0 if there is none; `status` keeps what failed first. */
static uintptr_t find_symbol(Jit *jit, SymbolFn *symbol, const char *function, NndStatus *status, NndError *error)
{
    LLVMOrcExecutorAddress address = 0;
    LLVMErrorRef failed = *status ? NULL : LLVMOrcLLJITLookup(jit->lljit, &address, symbol(jit->arena, function));
    if (failed)
        *status = llvm_failed(failed, error);
    return (uintptr_t)address;
}

static NndStatus find_function(Jit *jit, JitFunction *function, const NndFunctionDesc *desc, NndError *error)
{
    NndStatus status = NND_OK;
    function->desc = *desc;
    function->kernels = first_kernel(jit, desc->name);
    function->desc.run = (NndEntry *)find_symbol(jit, codegen_entry_symbol, desc->name, &status, error);
    function->desc.arena_size = (NndAmount *)find_symbol(jit, codegen_size_symbol, desc->name, &status, error);
    function->desc.kept_size = (NndAmount *)find_symbol(jit, codegen_kept_symbol, desc->name, &status, error);
    function->desc.least_portion = (NndAmount *)find_symbol(jit, codegen_least_symbol, desc->name, &status, error);
    function->desc.most_portion = (NndAmount *)find_symbol(jit, codegen_most_symbol, desc->name, &status, error);
    return status;
}

static NndStatus find_functions(Jit *jit, const IrModule *module, NndError *error)
{
    jit->module = engine_module_desc(jit->arena, module);
    jit->functions = ARENA_ARRAY(jit->arena, JitFunction, module->funcs.count + 1);
    NndStatus status = NND_OK;
    for (int i = 0; i < jit->module->function_count && !status; i++)
        status = find_function(jit, &jit->functions[i], &jit->module->functions[i], error);
    return status;
}

/* ---- compiling ---- */

/* All that the code depends on; NULL if this build of the compiler cannot be told from others. */
static const char *cache_key(Arena *arena, const IrModule *ir, const Target *target)
{
    const char *build = cache_build_id(arena);
    if (!build)
        return NULL;
    unsigned major, minor, patch;
    LLVMGetVersion(&major, &minor, &patch);
    return arena_printf(arena, "nnd %s\nLLVM %u.%u.%u\n%s %s %s level %d\nwithout %llx\n%s", build, major, minor, patch,
                        target->triple, target->cpu, target->features, target->level, (unsigned long long)ir->without,
                        ir_module_text(arena, ir));
}

static NndStatus find_or_compile(Slices *out, int count, const IrModule *ir, const Target *target, const char *cache,
                                 Stopwatch *watch, NndError *error)
{
    Arena *arena = arena_new();
    const char *key = cache ? cache_key(arena, ir, target) : NULL;
    void *packed;
    size_t size;
    NndStatus status = NND_OK;
    bool found = key && cache_find(arena, cache, key, &packed, &size) && slices_unpack(out, packed, size);
    stopwatch_lap(watch, found ? "kernel cache: found" : "kernel cache: not found");
    if (!found)
        status = slices_compile(out, count, ir, target, watch, NULL, error);
    if (!status && key && !found) {
        packed = slices_pack(arena, out, &size);
        cache_keep(cache, key, packed, size, CACHE_LIMIT);
    }
    arena_free(arena);
    return status;
}

static NndStatus compile_profiled(Jit *jit, Slices *out, int count, const IrModule *ir, const Target *target, Stopwatch *watch,
                                  NndError *error)
{
    KernelInfos infos = {.arena = jit->arena};
    NndStatus status = slices_compile(out, count, ir, target, watch, &infos, error);
    begin_profile(jit, &infos);
    return status;
}

static int slice_count(const JitOptions *options)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN), wanted = options->threads ? options->threads : cores;
    long count = options->time_stages ? 1 : wanted < cores ? wanted : cores;
    return count < 1 ? 1 : count < MAX_SLICES ? (int)count : MAX_SLICES;
}

static NndStatus make_objects(Jit *jit, Slices *out, const IrModule *ir, const JitOptions *options, Stopwatch *watch,
                              NndError *error)
{
    Target target;
    int count = slice_count(options);
    NndStatus status = target_open(&target, &(TargetOptions){.cpu = options->cpu, .level = options->level}, error);
    if (!status && jit->profiles)
        status = compile_profiled(jit, out, count, ir, &target, watch, error);
    else if (!status)
        status = find_or_compile(out, count, ir, &target, options->cache, watch, error);
    target_free(&target);
    return status;
}

/* Writes what `perf inject --jit` reads: kernels have their names in profiles. */
static LLVMOrcObjectLayerRef perf_layer(void *context, LLVMOrcExecutionSessionRef session, const char *triple)
{
    (void)context, (void)triple;
    LLVMOrcObjectLayerRef layer = LLVMOrcCreateRTDyldObjectLinkingLayerWithSectionMemoryManager(session);
    LLVMOrcRTDyldObjectLinkingLayerRegisterJITEventListener(layer, LLVMCreatePerfJITEventListener());
    return layer;
}

/* LLVM takes the objects over. */
static NndStatus add_objects(Jit *jit, Slices *slices, NndError *error)
{
    for (int i = 0; i < slices->count; i++) {
        LLVMMemoryBufferRef object = slices->objects[i];
        slices->objects[i] = NULL;
        LLVMErrorRef failed = LLVMOrcLLJITAddObjectFile(jit->lljit, LLVMOrcLLJITGetMainJITDylib(jit->lljit), object);
        if (failed)
            return llvm_failed(failed, error);
    }
    return NND_OK;
}

static NndStatus load(Jit *jit, const IrModule *module, Slices *slices, NndError *error)
{
    LLVMOrcLLJITBuilderRef builder = LLVMOrcCreateLLJITBuilder();
    if (getenv("NND_PERF"))
        LLVMOrcLLJITBuilderSetObjectLinkingLayerCreator(builder, perf_layer, NULL);
    LLVMErrorRef failed = LLVMOrcCreateLLJIT(&jit->lljit, builder);
    if (failed)
        return llvm_failed(failed, error);
    NndStatus status = add_objects(jit, slices, error);
    if (!status)
        status = define_symbols(jit, error);
    return status ? status : find_functions(jit, module, error);
}

/* ---- the engine ---- */

/* What the function computes once has memory from its first call on. */
static NndStatus reserve_kept(Jit *jit, JitFunction *function, const NndAxis *axes, NndError *error)
{
    if (function->kept.data)
        return NND_OK;
    uint64_t bytes = function->desc.kept_size(axes);
    jit->stats.kept_bytes += bytes;
    return nnd_memory_new(&function->kept, bytes, error);
}

static void jit_forget(Engine *engine)
{
    Jit *jit = (Jit *)engine;
    for (int i = 0; jit->functions && i < jit->module->function_count; i++)
        nnd_memory_free(&jit->functions[i].kept);
    jit->stats.kept_bytes = 0;
}

/* A profile has each kernel on all threads, so portions are not shared. */
static NndStatus run_function(Jit *jit, JitFunction *function, const NndCall *call, NndError *error)
{
    NndStatus status = reserve_kept(jit, function, call->axes, error);
    if (status)
        return status;
    NndCall own = *call;
    own.kept = function->kept.data;
    Profiler profiler = {call->pool, function->kernels};
    if (jit->profiles)
        own.pool = (NndPool *)(void *)&profiler;
    status = nnd_call_run(jit->module, &function->desc, &own, jit->profiles ? NULL : call->pool, &jit->scratch, error);
    jit->stats.arena_bytes = jit->scratch.bytes;
    return status;
}

static NndStatus jit_run(Engine *engine, const char *name, const NndCall *call, NndError *error)
{
    Jit *jit = (Jit *)engine;
    for (int i = 0; i < jit->module->function_count; i++)
        if (!strcmp(jit->functions[i].desc.name, name))
            return run_function(jit, &jit->functions[i], call, error);
    return nnd_fail(error, NND_EINVAL, "the module has no function %s", name);
}

static EngineStats jit_stats(const Engine *engine)
{
    return ((const Jit *)engine)->stats;
}

static void jit_free(Engine *engine)
{
    Jit *jit = (Jit *)engine;
    jit_forget(engine);
    if (jit->lljit) {
        LLVMErrorRef failed = LLVMOrcDisposeLLJIT(jit->lljit);
        if (failed)
            LLVMConsumeError(failed);
    }
    nnd_memory_free(&jit->scratch);
    arena_free(jit->arena);
}

NndStatus jit_engine_new(Engine **out, const IrModule *module, const JitOptions *options, NndError *error)
{
    const JitOptions defaults = JIT_OPTIONS_INIT;
    if (!options)
        options = &defaults;
    double start = now_seconds();
    Stopwatch watch = stopwatch_begin(options->time_stages);
    Arena *arena = arena_new();
    Jit *jit = ARENA_NEW(arena, Jit);
    *jit = (Jit){.engine = {"jit", jit_run, jit_forget, jit_stats, jit_free}, .arena = arena, .profiles = options->profile};
    Slices slices = {0};
    NndStatus status = make_objects(jit, &slices, module, options, &watch, error);
    if (!status)
        status = load(jit, module, &slices, error);
    slices_free(&slices);
    stopwatch_lap(&watch, "linking");
    if (status) {
        jit_free(&jit->engine);
        return status;
    }
    jit->stats.compile_seconds = now_seconds() - start;
    *out = &jit->engine;
    return NND_OK;
}
