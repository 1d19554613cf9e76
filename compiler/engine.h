/* SPDX-License-Identifier: Apache-2.0
 *
 * An engine runs the functions of a module: the interpreter
 * (compiler/interp/interp.h) and compiled code (compiler/codegen/jit.h) are
 * the two. Everything above -- training, evaluation, prediction, benchmark --
 * sees only this.
 */
#ifndef NND_COMPILER_ENGINE_H
#define NND_COMPILER_ENGINE_H

#include "compiler/ir/ir.h"
#include "runtime/abi.h"
#include "runtime/error.h"

typedef struct Engine Engine;

typedef struct EngineStats {
    double compile_seconds; /* 0 for the interpreter */
    uint64_t arena_bytes;   /* scratch memory of the largest call so far */
    uint64_t kept_bytes; /* memory for what functions called so far compute once; parts that nobody
                            needed are untouched */
} EngineStats;

struct Engine {
    const char *name; /* "interp", "jit" */
    /* Runs function `name`. Buffers are the caller's: args in order of the function's arguments,
     * results in order of its results, sized for `axes`. `call->arena` is ignored: engines own
     * their scratch memory. */
    NndStatus (*run)(Engine *engine, const char *function, const NndCall *call, NndError *error);
    /* Fixed arguments have changed: nothing made of them is kept. */
    void (*forget)(Engine *engine);
    EngineStats (*stats)(const Engine *engine);
    void (*free)(Engine *engine);
};

/* Tables for runtime/axes.h, runtime/call.h and native programs, made from the IR, which they do not refer to; without the
 * addresses of code. */
NndModuleDesc *engine_module_desc(Arena *arena, const IrModule *module);

#endif
