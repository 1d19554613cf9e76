/* SPDX-License-Identifier: Apache-2.0
 *
 * LLVM's contexts belong to one thread each, so every slice gets its own copy of the module, as
 * bitcode, in which the other slices' functions are but declared.
 */
#include "compiler/codegen/slices.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <llvm-c/BitReader.h>
#include <llvm-c/BitWriter.h>

typedef struct Slice {
    pthread_t thread;
    bool started;
    int number, count;
    const Target *like;
    OptimisationSet without;
    LLVMMemoryBufferRef bitcode; /* shared, only read */
    LLVMMemoryBufferRef object;
    NndStatus status;
    NndError error;
} Slice;

/* ---- who compiles what ---- */

typedef struct Work {
    LLVMValueRef function;
    int number, size; /* in the module; instructions */
} Work;

static int count_instructions(LLVMValueRef function)
{
    int count = 0;
    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function); block;
         block = LLVMGetNextBasicBlock(block))
        for (LLVMValueRef inst = LLVMGetFirstInstruction(block); inst;
             inst = LLVMGetNextInstruction(inst))
            count++;
    return count;
}

/* A copy of the module and a thread of its own have to be worth it. */
static int worth(LLVMModuleRef module, int wanted)
{
    enum { LEAST_WORK = 1500 }; /* instructions: some 50 ms */
    int64_t all = 0;
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
        all += count_instructions(f);
    return all / LEAST_WORK < wanted ? (int)(all / LEAST_WORK) : wanted;
}

/* Largest first; of the same size, those that come first. */
static int compare_work(const void *a, const void *b)
{
    const Work *x = a, *y = b;
    return x->size != y->size ? (x->size < y->size) - (x->size > y->size)
                              : (x->number > y->number) - (x->number < y->number);
}

static Work *list_work(Arena *arena, LLVMModuleRef module, int *count)
{
    *count = 0;
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
        *count += !LLVMIsDeclaration(f);
    Work *list = ARENA_ARRAY(arena, Work, *count + 1);
    int i = 0;
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
        if (!LLVMIsDeclaration(f)) {
            list[i] = (Work){f, i, count_instructions(f)};
            i++;
        }
    qsort(list, (size_t)*count, sizeof *list, compare_work);
    return list;
}

/* Each function goes to the slice that has least so far. Those of the others stay readable, but are
 * not compiled. */
static void keep_slice(LLVMModuleRef module, int number, int count)
{
    int64_t load[MAX_SLICES] = {0};
    Arena *arena = arena_new();
    int functions;
    Work *list = list_work(arena, module, &functions);
    for (int i = 0; i < functions; i++) {
        int least = 0;
        for (int s = 1; s < count; s++)
            least = load[s] < load[least] ? s : least;
        load[least] += list[i].size;
        if (least != number)
            LLVMSetLinkage(list[i].function, LLVMAvailableExternallyLinkage);
    }
    arena_free(arena);
}

/* Functions are called across slices. */
static void publish(LLVMModuleRef module)
{
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
        if (LLVMGetLinkage(f) == LLVMInternalLinkage) {
            LLVMSetLinkage(f, LLVMExternalLinkage);
            LLVMSetVisibility(f, LLVMHiddenVisibility);
        }
}

/* ---- one slice ---- */

static NndStatus read_module(LLVMModuleRef *out, LLVMContextRef context,
                             LLVMMemoryBufferRef bitcode, NndError *error)
{
    if (LLVMParseBitcodeInContext2(context, bitcode, out))
        return nnd_fail(error, NND_EINVAL, "LLVM cannot read its own bitcode");
    return NND_OK;
}

static NndStatus compile_slice(Slice *s, LLVMContextRef context, const Target *target)
{
    LLVMModuleRef module = NULL;
    NndStatus status = read_module(&module, context, s->bitcode, &s->error);
    if (status)
        return status;
    keep_slice(module, s->number, s->count);
    status = codegen_optimise(module, s->without, target, &s->error);
    if (!status)
        status = codegen_object(&s->object, module, target, &s->error);
    LLVMDisposeModule(module);
    return status;
}

static void *run_slice(void *context)
{
    Slice *s = context;
    LLVMContextRef own = LLVMContextCreate();
    Target target;
    s->status = target_open_like(&target, s->like, &s->error);
    if (!s->status)
        s->status = compile_slice(s, own, &target);
    target_free(&target);
    LLVMContextDispose(own);
    return NULL;
}

/* ---- all slices ---- */

/* Where no thread can be had, the caller does its work. */
static NndStatus run_slices(Slices *out, Slice *slices, NndError *error)
{
    NndStatus status = NND_OK;
    for (int i = 1; i < out->count; i++)
        slices[i].started = !pthread_create(&slices[i].thread, NULL, run_slice, &slices[i]);
    for (int i = 0; i < out->count; i++)
        if (!slices[i].started)
            run_slice(&slices[i]);
    for (int i = 0; i < out->count; i++) {
        if (slices[i].started)
            pthread_join(slices[i].thread, NULL);
        out->objects[i] = slices[i].object;
        if (slices[i].status && !status) {
            status = slices[i].status;
            *error = slices[i].error;
        }
    }
    return status;
}

static NndStatus compile_parallel(Slices *out, LLVMModuleRef module, OptimisationSet without,
                                  const Target *target, NndError *error)
{
    Slice slices[MAX_SLICES];
    publish(module);
    LLVMMemoryBufferRef bitcode = LLVMWriteBitcodeToMemoryBuffer(module);
    for (int i = 0; i < out->count; i++)
        slices[i] = (Slice){.number = i,
                            .count = out->count,
                            .like = target,
                            .without = without,
                            .bitcode = bitcode};
    NndStatus status = run_slices(out, slices, error);
    LLVMDisposeMemoryBuffer(bitcode);
    return status;
}

static NndStatus compile_alone(Slices *out, LLVMModuleRef module, OptimisationSet without,
                               const Target *target, Stopwatch *watch, NndError *error)
{
    NndStatus status = codegen_optimise(module, without, target, error);
    stopwatch_lap(watch, "LLVM passes");
    if (!status)
        status = codegen_object(&out->objects[0], module, target, error);
    stopwatch_lap(watch, "machine code");
    return status;
}

static NndStatus compile_generated(Slices *out, LLVMModuleRef module, OptimisationSet without,
                                   const Target *target, Stopwatch *watch, NndError *error)
{
    if (out->count > 1)
        out->count = worth(module, out->count);
    if (out->count > 1)
        return compile_parallel(out, module, without, target, error);
    out->count = 1;
    return compile_alone(out, module, without, target, watch, error);
}

NndStatus slices_compile(Slices *out, int most, const IrModule *ir, const Target *target,
                         Stopwatch *watch, KernelInfos *infos, NndError *error)
{
    *out = (Slices){.count = most < MAX_SLICES ? most : MAX_SLICES};
    LLVMContextRef context = LLVMContextCreate();
    LLVMModuleRef module;
    NndStatus status = codegen_generate(&module, context, ir, target, watch, infos, error);
    if (!status)
        status = compile_generated(out, module, ir->without, target, watch, error);
    if (module)
        LLVMDisposeModule(module);
    LLVMContextDispose(context);
    return status;
}

void slices_free(Slices *slices)
{
    for (int i = 0; i < slices->count; i++)
        if (slices->objects[i])
            LLVMDisposeMemoryBuffer(slices->objects[i]);
    *slices = (Slices){0};
}

/* ---- as one block ---- */

typedef struct Pack {
    uint64_t count, sizes[MAX_SLICES];
} Pack;

void *slices_pack(Arena *arena, const Slices *slices, size_t *size)
{
    Pack head = {.count = (uint64_t)slices->count};
    *size = sizeof head;
    for (int i = 0; i < slices->count; i++)
        *size += head.sizes[i] = LLVMGetBufferSize(slices->objects[i]);
    char *packed = ARENA_ARRAY(arena, char, *size), *at = packed + sizeof head;
    memcpy(packed, &head, sizeof head);
    for (int i = 0; i < slices->count; at += head.sizes[i++])
        memcpy(at, LLVMGetBufferStart(slices->objects[i]), head.sizes[i]);
    return packed;
}

static bool fits(const Pack *head, size_t size)
{
    size_t rest = size - sizeof *head;
    if (head->count < 1 || head->count > MAX_SLICES)
        return false;
    for (uint64_t i = 0; i < head->count; i++) {
        if (head->sizes[i] > rest)
            return false;
        rest -= head->sizes[i];
    }
    return !rest;
}

bool slices_unpack(Slices *out, const void *packed, size_t size)
{
    Pack head;
    *out = (Slices){0};
    if (size < sizeof head)
        return false;
    memcpy(&head, packed, sizeof head);
    if (!fits(&head, size))
        return false;
    const char *at = (const char *)packed + sizeof head;
    for (uint64_t i = 0; i < head.count; at += head.sizes[i++])
        out->objects[out->count++] =
            LLVMCreateMemoryBufferWithMemoryRangeCopy(at, head.sizes[i], "kernels");
    return true;
}
