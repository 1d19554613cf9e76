/* SPDX-License-Identifier: Apache-2.0
 *
 * Folded embeddings: calls with other words, one after the other, give what the
 * interpreter makes of them without tables; words outside of the vocabulary,
 * empty texts and texts shorter than a window are among them. After `forget`
 * results are those of the new weights.
 */
#include "compiler/codegen/jit.h"
#include "compiler/interp/interp.h"
#include "compiler/passes/passes.h"
#include "tests/check.h"
#include "tests/diff/call.h"
#include "tests/diff/engines.h"

enum { CALLS = 12 };

static const char recurrent[] =
    "module \"recurrent\"\ndim batch = free\ndim word = ragged batch\n"
    "func @f(input %i: i32[word], param %t: f32[9, 20], param %w: f32[20, 4, 17]) -> (r) {\n"
    "  %a = gather %t, %i : f32[word, 20]\n"
    "  %b = dot %a, %w {a_batch = [], b_batch = [], a_contract = [1], b_contract = [0]} : f32[word, 4, 17]\n"
    "  %c = tanh %b : f32[word, 4, 17]\n"
    "  return %c\n}\n";

static const char convolutions[] =
    "module \"convolutions\"\ndim batch = free\ndim word = ragged batch\n"
    "dim plain = window word pad 0 span 3 stride 1 least 1\n"
    "dim padded = window word pad 6 span 5 stride 2 least 0\n"
    "func @f(input %i: i32[word], param %t: f32[9, 24], param %v: f32[3, 24, 100], param %w: f32[3, 24, 7],\n"
    "    param %b: f32[100]) -> (r, s) {\n"
    "  %a = gather %t, %i : f32[word, 24]\n"
    "  %n = window %a {axis = 0, size = 3, stride = 1, dilation = 1, low = 0, fill = 0} : f32[plain, 3, 24]\n"
    "  %c = dot %n, %v {a_batch = [], b_batch = [], a_contract = [1, 2], b_contract = [0, 1]} : f32[plain, 100]\n"
    "  %d = broadcast %b {map = [-1, 0]} : f32[plain, 100]\n"
    "  %e = add %c, %d : f32[plain, 100]\n"
    "  %f = relu %e : f32[plain, 100]\n"
    "  %g = reduce_max %f {axes = 1} : f32[batch, 100]\n"
    "  %o = window %a {axis = 0, size = 3, stride = 2, dilation = 2, low = 3, fill = 0} : f32[padded, 3, 24]\n"
    "  %h = dot %o, %w {a_batch = [], b_batch = [], a_contract = [1, 2], b_contract = [0, 1]} : f32[padded, 7]\n"
    "  %j = sum %h {axes = 1} : f32[batch, 7]\n"
    "  return %g, %j\n}\n";

static const char second_operand[] =
    "module \"second\"\n"
    "func @f(input %i: i32[6], param %t: f64[9, 3, 5], param %w: f64[5, 2, 3]) -> (r) {\n"
    "  %a = gather %t, %i : f64[6, 3, 5]\n"
    "  %b = dot %w, %a {a_batch = [], b_batch = [], a_contract = [0, 2], b_contract = [2, 1]} : f64[2, 6]\n"
    "  return %b\n}\n";

typedef struct Pair {
    const IrFunc *func; /* as it was written */
    Engine *interp, *jit;
    EngineTally tally;
} Pair;

static IrModule *read_module(Arena *arena, const char *text)
{
    char *error = NULL;
    IrModule *module = ir_module_parse(arena, text, &error);
    if (!module)
        NND_BUG("%s", error);
    return module;
}

static int count_op(const IrFunc *func, IrOp op)
{
    int count = 0;
    for (const IrInst *inst = func->body->first; inst; inst = inst->next)
        count += inst->op == op;
    return count;
}

static IrModule *folded(Arena *arena, const char *text, OptimisationSet without, int tables)
{
    IrModule *module = read_module(arena, text);
    module->without = without;
    pass_freeze(module->funcs.data[0]);
    passes_run(module, &(PassOptions){.fuse = true, .verify_each = true});
    CHECK_EQ_INT(count_op(module->funcs.data[0], OP_on_demand), tables);
    return module;
}

/* Weights are those of `weights`, all else is the call's own. */
static void compare_call(Pair *p, Arena *arena, NndPool *pool, uint64_t seed, const PreparedCall *weights)
{
    PreparedCall expected, found;
    NndError error;
    if (call_prepare(&expected, arena, p->func, pool, seed, &error) || call_prepare(&found, arena, p->func, pool, seed, &error))
        NND_BUG("%s", error.text);
    const void **args = ARENA_ARRAY(arena, const void *, p->func->arg_count + 1);
    for (int i = 0; i < p->func->arg_count; i++)
        args[i] = (p->func->args[i]->kind == NND_ARG_PARAM ? weights : &expected)->call.args[i];
    expected.call.args = found.call.args = args;
    if (p->interp->run(p->interp, "f", &expected.call, &error) || p->jit->run(p->jit, "f", &found.call, &error))
        NND_BUG("%s", error.text);
    engines_compare_results(p->func, &found, &expected, p->func->module->name, 1e-4, &p->tally);
    call_release(&expected);
    call_release(&found);
}

static void check_module(const char *text, OptimisationSet without, int tables, NndPool *pool)
{
    Arena *arena = arena_new();
    IrModule *plain = read_module(arena, text), *module = folded(arena, text, without, tables);
    Pair p = {.func = plain->funcs.data[0]};
    NndError error;
    PreparedCall weights;
    if (interp_engine_new(&p.interp, plain, &error) || jit_engine_new(&p.jit, module, NULL, &error))
        NND_BUG("%s", error.text);
    for (uint64_t set = 0; set < 2; set++) {
        CHECK_EQ_INT(call_prepare(&weights, arena, p.func, pool, 100 + set, &error), NND_OK);
        for (uint64_t seed = 0; seed < CALLS; seed++)
            compare_call(&p, arena, pool, seed, &weights);
        call_release(&weights);
        p.jit->forget(p.jit);
    }
    CHECK(p.tally.compared > 0);
    CHECK_EQ_INT(p.tally.wrong, 0);
    p.interp->free(p.interp);
    p.jit->free(p.jit);
    arena_free(arena);
}

int main(void)
{
    const OptimisationSet without[] = {0, optimisation_set(OPTIMISE_ON_DEMAND), optimisation_set(OPTIMISE_TILES),
                                       optimisation_set(OPTIMISE_VIEWS), optimisation_set(OPTIMISE_EPILOGUES)};
    NndPool *pool;
    NndError error;
    CHECK_EQ_INT(nnd_pool_new(&pool, 2, &error), NND_OK);
    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        check_module(recurrent, without[i], 1, pool);
        check_module(convolutions, without[i], 2, pool);
        check_module(second_operand, without[i], 1, pool);
    }
    check_module(convolutions, optimisation_set(OPTIMISE_FOLD_EMBEDDING), 0, pool);
    check_module(convolutions, optimisation_set(OPTIMISE_ONCE), 0, pool);
    nnd_pool_free(pool);
    return test_report();
}
