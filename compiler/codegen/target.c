/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/target.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include <llvm-c/Core.h>
#include <llvm-c/Support.h>
#include <llvm-c/Target.h>

static LLVMCodeGenOptLevel codegen_level(int level)
{
    return level <= 0 ? LLVMCodeGenLevelNone : level == 1 ? LLVMCodeGenLevelLess : LLVMCodeGenLevelDefault;
}

/* CPUs named without a feature list: their generation says how wide they are. */
static bool names_avx512(const char *cpu)
{
    static const char *const wide[] = {"x86-64-v4", "skylake-avx512", "cascadelake", "cooperlake", "icelake-client",
                                       "icelake-server", "tigerlake", "rocketlake", "sapphirerapids",
                                       "emeraldrapids", "graniterapids", "znver4", "znver5"};
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (!strcmp(cpu, wide[i]))
            return true;
    return false;
}

static bool names_avx2(const char *cpu)
{
    static const char *const wide[] = {"x86-64-v3", "haswell", "broadwell", "skylake", "alderlake", "raptorlake",
                                       "meteorlake", "znver1", "znver2", "znver3"};
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (!strcmp(cpu, wide[i]))
            return true;
    return false;
}

static void find_vectors(Target *t)
{
    bool listed = t->features[0] != '\0';
    bool avx512 = listed ? strstr(t->features, "+avx512f") != NULL : names_avx512(t->cpu);
    bool avx2 = listed ? strstr(t->features, "+avx2") != NULL : names_avx2(t->cpu);
    bool arm = !strncmp(t->triple, "aarch64", 7);
    t->vector_bytes = avx512 ? 64 : avx2 ? 32 : 16;
    t->vector_registers = avx512 || arm ? 32 : 16;
    t->fused = arm || (listed ? strstr(t->features, "+fma,") != NULL : avx512 || avx2);
}

/* Loop strength reduction takes up to a third of the time of making code, and finds nothing in loops whose addresses are emitted as
 * they should be. Instructions need not be put in another order once registers are given: processors do. LLVM lets both be turned
 * off for the process only. */
static void set_llvm_options(void)
{
    static const char *const arguments[] = {"nnd", "-disable-lsr", "-disable-post-ra"};
    LLVMParseCommandLineOptions(sizeof arguments / sizeof *arguments, arguments, NULL);
}

NndStatus target_open(Target *out, const TargetOptions *options, NndError *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, set_llvm_options);
    *out = (Target){.level = options->level};
    if (LLVMInitializeNativeTarget() || LLVMInitializeNativeAsmPrinter() || LLVMInitializeNativeAsmParser())
        return nnd_fail(error, NND_EINVAL, "LLVM has no back end for this machine");
    bool host = options->cpu == NULL;
    out->triple = options->triple ? LLVMCreateMessage(options->triple) : LLVMGetDefaultTargetTriple();
    out->cpu = host ? LLVMGetHostCPUName() : LLVMCreateMessage(options->cpu);
    out->features = host ? LLVMGetHostCPUFeatures() : LLVMCreateMessage(options->features ? options->features : "");
    char *message = NULL;
    LLVMTargetRef target;
    if (LLVMGetTargetFromTriple(out->triple, &target, &message)) {
        NndStatus status = nnd_fail(error, NND_EINVAL, "%s: %s", out->triple, message);
        LLVMDisposeMessage(message);
        return status;
    }
    out->machine = LLVMCreateTargetMachine(target, out->triple, out->cpu, out->features, codegen_level(options->level),
                                           LLVMRelocPIC, LLVMCodeModelDefault);
    if (!out->machine)
        return nnd_fail(error, NND_EINVAL, "LLVM cannot make code for %s", out->cpu);
    find_vectors(out);
    return NND_OK;
}

NndStatus target_open_like(Target *out, const Target *other, NndError *error)
{
    TargetOptions options = {.cpu = other->cpu, .features = other->features, .triple = other->triple, .level = other->level};
    return target_open(out, &options, error);
}

void target_free(Target *target)
{
    if (target->machine)
        LLVMDisposeTargetMachine(target->machine);
    LLVMDisposeMessage(target->triple);
    LLVMDisposeMessage(target->cpu);
    LLVMDisposeMessage(target->features);
}
