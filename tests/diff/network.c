/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/diff/network.h"

#include <stdio.h>
#include <string.h>

#include "compiler/codegen/jit.h"
#include "compiler/ir/lower.h"
#include "compiler/passes/passes.h"
#include "lang/diag.h"
#include "lang/program.h"

IrModule *network_of(Arena *arena, const char *name, const char *text, OptimisationSet without, bool fused)
{
    Diags *diags = diags_new(arena);
    Program *program = program_check(arena, source_new(arena, name, text, strlen(text)), NULL, NULL, 0, 0, diags);
    IrModule *module = program ? lower_program(arena, program, NND_F32, diags) : NULL;
    if (!module) {
        diags_print(diags, (DiagStyle){0}, stdout);
        return NULL;
    }
    module->without = without;
    pass_freeze(module->funcs.data[0]);
    if (fused)
        passes_run(module, &(PassOptions){.fuse = true, .verify_each = true});
    return module;
}

Engine *network_jit(const IrModule *module)
{
    NndError error;
    Engine *jit = NULL;
    if (jit_engine_new(&jit, module, NULL, &error))
        printf("%s\n", error.text);
    return jit;
}

bool network_run(Engine *jit, PreparedCall *out, Arena *arena, const IrFunc *func, NndPool *pool, uint64_t seed, double scale)
{
    NndError error;
    NndStatus status = call_prepare(out, arena, func, pool, seed, &error);
    if (!status)
        call_scale_weights(out, func, scale);
    jit->forget(jit);
    for (int times = 0; times < 2 && !status; times++)
        status = jit->run(jit, func->name, &out->call, &error);
    if (status)
        printf("%s\n", error.text);
    return !status;
}

bool network_same_bits(const IrFunc *func, const PreparedCall *a, const PreparedCall *b)
{
    for (int r = 0; r < func->body->yield_count; r++)
        if (memcmp(a->results[r], b->results[r], (size_t)a->counts[r] * sizeof(float)) != 0)
            return false;
    return true;
}
