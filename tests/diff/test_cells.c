/* SPDX-License-Identifier: Apache-2.0
 *
 * Recurrent cells, from the library and written by hand, with as many units as
 * registers are filled by, and more or fewer: compiled code gives the numbers of
 * the interpreter, forward and backward, with weights of bf16 and of words, whose rows
 * a trained model's scans read in a table that may lack them, and the same bits
 * whatever the number of threads.
 */
#include <stdio.h>
#include <stdlib.h>

#include "compiler/codegen/jit.h"
#include "compiler/ir/lower.h"
#include "compiler/passes/fuse.h"
#include "compiler/passes/passes.h"
#include "lang/diag.h"
#include "lang/program.h"
#include "tests/check.h"
#include "tests/diff/differences.h"
#include "tests/diff/engines.h"

enum { THREADS = 3 };

static const char *const cells[] = {
    "x |> Rnn(%d)",
    "x |> Lstm(%d, forget_bias = 1)",
    "x |> Lstm(%d, recompute = true, reverse = true)",
    "x |> Lstm(%d, checkpoint = 3)",
    "x |> Gru(%d)",
    "x |> Gru(%d, reset_after = false)",
    "x |> Mixed(%d)",
};

/* Two products a step of states of which one is emitted as it was; gates that are no slices of one matrix. */
static const char source[] =
    "use std.recurrent, std.dense\n"
    "layer Mixed(size: dim)(x: f32[..., t~, in]) -> f32[..., t~, size] {\n"
    "    param W : f32[in, size]   = xavier()\n"
    "    param U : f32[size, size] = xavier()\n"
    "    param V : f32[size, 2, size] = xavier()\n"
    "    param s : f32[size] = xavier()\n"
    "    scan x over t, from h = zeros(..., size), m = zeros(..., size) {\n"
    "        a, b = m · V\n"
    "        g = sigmoid(x · W + h · U)\n"
    "        m = g * tanh(a) + (1 - g) * s * h\n"
    "        h = max(h, m) - b / (1 + abs(m))\n"
    "        emit m\n"
    "    }\n"
    "}\n"
    "model M {\n"
    "    input x : f32[batch, word~, 5]\n"
    "    target y : f32[batch, 3]\n"
    "    found = %s\n"
    "    output r = found |> last(over word)\n"
    "    output s = found |> mean(over word)\n"
    "    d = found |> mean(over word) |> Linear(3)\n"
    "    loss = (d - y) * (d - y)\n"
    "}\n";

static IrModule *lower(Arena *arena, const char *label, const char *text, NndDType dtype)
{
    Diags *diags = diags_new(arena);
    Program *program = program_check(arena, source_new(arena, label, text, strlen(text)), NULL, NULL, 0, 0, diags);
    IrModule *module = program ? lower_program(arena, program, dtype, diags) : NULL;
    if (!module)
        diags_print(diags, (DiagStyle){0}, stdout);
    else
        difference_gradient(ir_module_func(module, "loss"));
    return module;
}

static bool same_bits(const IrFunc *func, const PreparedCall *a, const PreparedCall *b)
{
    for (int r = 0; r < func->body->yield_count; r++)
        if (memcmp(a->results[r], b->results[r],
                   (size_t)a->counts[r] * nnd_dtype_size(func->body->yields[r]->type.dtype)) != 0)
            return false;
    return true;
}

static void check_threads(Engine *jit, Arena *arena, const IrModule *module, NndPool *pool, const char *label)
{
    NndError error;
    for (int i = 0; i < module->funcs.count; i++) {
        const IrFunc *func = module->funcs.data[i];
        for (uint64_t seed = 1; seed <= 6; seed++) {
            PreparedCall one, three;
            CHECK_EQ_INT(call_prepare(&one, arena, func, NULL, seed, &error), NND_OK);
            CHECK_EQ_INT(call_prepare(&three, arena, func, pool, seed, &error), NND_OK);
            CHECK_EQ_INT(jit->run(jit, func->name, &one.call, &error), NND_OK);
            CHECK_EQ_INT(jit->run(jit, func->name, &three.call, &error), NND_OK);
            if (!same_bits(func, &one, &three))
                printf("%s, @%s, data %d: threads make a difference\n", label, func->name, (int)seed);
            CHECK(same_bits(func, &one, &three));
            call_release(&one);
            call_release(&three);
        }
    }
}

/* What is run of a trained model. */
static IrModule *trained(IrModule *module)
{
    module->funcs.data[0] = ir_module_func(module, "predict");
    module->funcs.count = 1;
    pass_freeze(module->funcs.data[0]);
    return module;
}

/* ... with bf16 where contractions read weights. */
static IrModule *narrowed(IrModule *module)
{
    pass_narrow(trained(module));
    return module;
}

static int count_bf16(const IrFunc *func)
{
    int count = 0;
    for (int i = 0; i < func->arg_count; i++)
        count += func->args[i]->type.dtype == NND_BF16;
    return count;
}

static void check_bf16(const char *cell, int units, NndPool *pool)
{
    Arena *arena = arena_new();
    const char *label = arena_printf(arena, cell, units), *text = arena_printf(arena, source, label);
    IrModule *plain = narrowed(lower(arena, label, text, NND_F32)), *fused = narrowed(lower(arena, label, text, NND_F32));
    EngineTally tally = {0};
    CHECK(count_bf16(plain->funcs.data[0]) >= 2); /* W and U */
    passes_run(fused, &(PassOptions){.fuse = true, .verify_each = true});
    engines_compare(arena, plain, fused, pool, 1, 4, label, 2e-4, &tally);
    CHECK(tally.compared > 0);
    CHECK_EQ_INT(tally.wrong, 0);
    arena_free(arena);
}

static const char words[] =
    "use std.text, std.recurrent, std.dense\n"
    "model M {\n"
    "    input w  : token[batch, word~]\n"
    "    target y : f32[batch, 3]\n"
    "    x = w |> Embedding(400, 40)\n"
    "    found = %s\n"
    "    output r = found |> last(over word)\n"
    "    output s = found |> mean(over word)\n"
    "    d = found |> mean(over word) |> Linear(3)\n"
    "    loss = (d - y) * (d - y)\n"
    "}\n";

static bool scans_a_table(const IrFunc *func)
{
    for (const IrInst *inst = func->body->first; inst; inst = inst->next)
        if (inst->op == OP_scan && inst->args[0]->def && inst->args[0]->def->op == OP_gather &&
            fuse_is_inlined(inst->args[0], func->body))
            return true;
    return false;
}

/* The numbers of words that are drawn are -1, too. */
static void check_words(const char *cell, int units, NndPool *pool)
{
    bool expected = !strstr(cell, "recompute") && !strstr(cell, "checkpoint"); /* they compute input products in the steps */
    Arena *arena = arena_new();
    const char *label = arena_printf(arena, cell, units), *text = arena_printf(arena, words, label);
    IrModule *plain = trained(lower(arena, label, text, NND_F32)), *fused = trained(lower(arena, label, text, NND_F32));
    EngineTally tally = {0};
    passes_run(fused, &(PassOptions){.fuse = true, .verify_each = true});
    if (scans_a_table(fused->funcs.data[0]) != expected)
        printf("%s: %s\n", label, expected ? "the scan reads a copy of the table's rows" : "the scan reads the table");
    CHECK(scans_a_table(fused->funcs.data[0]) == expected);
    engines_compare(arena, plain, fused, pool, 1, 6, label, 2e-4, &tally);
    CHECK(tally.compared > 0);
    CHECK_EQ_INT(tally.wrong, 0);
    arena_free(arena);
}

static void check_cell(const char *cell, int units, NndDType dtype, NndPool *pool)
{
    Arena *arena = arena_new();
    const char *label = arena_printf(arena, cell, units);
    const char *text = arena_printf(arena, source, label);
    IrModule *plain = lower(arena, label, text, dtype), *fused = plain ? lower(arena, label, text, dtype) : NULL;
    CHECK(plain && fused);
    EngineTally tally = {0};
    if (plain && fused) {
        passes_run(fused, &(PassOptions){.fuse = true, .verify_each = true});
        NndError error;
        Engine *jit;
        CHECK_EQ_INT(jit_engine_new(&jit, fused, NULL, &error), NND_OK);
        engines_compare_with(jit, arena, plain, fused, pool, 1, 4, label, 2e-4, &tally);
        check_threads(jit, arena, fused, pool, label);
        jit->free(jit);
    }
    CHECK(tally.compared > 0);
    CHECK_EQ_INT(tally.wrong, 0);
    arena_free(arena);
}

int main(void)
{
    static const int units[] = {8, 15, 33, 130}; /* the last: enough for threads to share */
    NndPool *pool;
    NndError error;
    CHECK_EQ_INT(nnd_pool_new(&pool, THREADS, &error), NND_OK);
    for (size_t c = 0; c < sizeof cells / sizeof *cells; c++) {
        for (size_t u = 0; u < sizeof units / sizeof *units; u++)
            check_cell(cells[c], units[u], NND_F32, pool);
        check_bf16(cells[c], 15, pool);
        check_bf16(cells[c], 130, pool);
        check_cell(cells[c], 12, NND_F64, pool);
        if (!strstr(cells[c], "Mixed")) {
            check_words(cells[c], 33, pool);
            check_words(cells[c], 130, pool);
        }
    }
    nnd_pool_free(pool);
    return test_report();
}
