/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine that runs compiled code. The module must have gone through
 * passes_run with `fuse` set; it is not needed after jit_engine_new.
 */
#ifndef NND_COMPILER_CODEGEN_JIT_H
#define NND_COMPILER_CODEGEN_JIT_H

#include "compiler/engine.h"

typedef struct JitOptions {
    int level;       /* of optimisation, 0..3 */
    const char *cpu; /* NULL = the host's */
    int threads;       /* to compile with; 0 = one per core */
    bool time_stages;  /* one line a stage on stderr; compiles with one thread */
    const char *cache; /* folder of the kernel cache; NULL = none is used */
    bool profile;      /* times every kernel (and uses no cache): see jit_profile */
} JitOptions;

#define JIT_OPTIONS_INIT {.level = 2}

/* `options` may be NULL. The caller ends the engine with (*out)->free(*out). */
NndStatus jit_engine_new(Engine **out, const IrModule *module, const JitOptions *options, NndError *error);

/* ---- of an engine with `profile` ---- */

typedef struct JitKernel {
    const char *function, *name; /* "predict", "predict.3.dot" */
    int line;                    /* of the model, or 0 */
    bool once;                   /* runs in the first call only */
    const int *groups;           /* kernels of the IR (IrInst.group) that it finishes */
    int group_count;
    int64_t calls;
    double seconds; /* of all calls */
} JitKernel;

typedef struct JitProfile {
    JitKernel *kernels; /* function after function, in the order in which they run */
    int count;
} JitProfile;

/* Belongs to the engine; goes on being filled with every call. */
const JitProfile *jit_profile(const Engine *engine);
void jit_profile_reset(Engine *engine);

#endif
