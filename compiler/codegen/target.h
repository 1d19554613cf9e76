/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine that code is made for: LLVM's target machine and what kernels
 * want to know about its vector registers.
 */
#ifndef NND_COMPILER_CODEGEN_TARGET_H
#define NND_COMPILER_CODEGEN_TARGET_H

#include <stdbool.h>

#include <llvm-c/TargetMachine.h>

#include "runtime/error.h"

typedef struct TargetOptions {
    const char *cpu;      /* LLVM's name; NULL = the host's, with the host's features */
    const char *features; /* only with `cpu`; NULL = those of the cpu */
    const char *triple;   /* NULL = the host's */
    int level;            /* 0..3 */
} TargetOptions;

typedef struct Target {
    LLVMTargetMachineRef machine;
    char *triple, *cpu, *features; /* LLVM messages */
    int level;
    int vector_bytes;     /* width of a vector register */
    int vector_registers;
    bool fused; /* it has an instruction that multiplies and adds */
} Target;

/* The caller ends it with target_free, also after a failure. */
NndStatus target_open(Target *out, const TargetOptions *options, NndError *error);
/* Another one for the same machine: LLVM's part of a target belongs to one thread. */
NndStatus target_open_like(Target *out, const Target *other, NndError *error);
void target_free(Target *target);

#endif
