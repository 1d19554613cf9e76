/* SPDX-License-Identifier: Apache-2.0
 *
 * What hoist_scan costs. What it does is shown by the cases in tests/ir/hoist_scan.
 */
#include "compiler/passes/passes.h"
#include "tests/check.h"

/* x + x, the sum of that with itself, ...: there are 2^DEPTH ways from the last one to x. */
enum { DEPTH = 17 };

static IrType items(IrDim *dim, IrDim *size)
{
    return ir_type(NND_F32, 2, (IrDim *[]){dim, size});
}

static IrFunc *scan_with_deep_sharing(IrModule *module)
{
    IrDim *batch = ir_dim_free(module, "batch"), *word = ir_dim_ragged(module, "word", batch, 0);
    IrDim *three = ir_dim_const(module, 3);
    IrFunc *func = ir_func_new(module, "f");
    IrBuilder b = ir_builder_at_end(module, func->body);
    IrValue *x = ir_func_arg(func, NND_ARG_INPUT, "x", items(word, three));
    IrValue *w = ir_func_arg(func, NND_ARG_PARAM, "w", items(three, three));
    IrInst *scan = ir_scan_begin(&b, (IrScan){.dim = word, .seq_count = 1}, &x);
    IrBuilder body = ir_builder_at_end(module, scan->region);
    IrValue *value = &scan->region->params[0];
    for (int i = 0; i < DEPTH; i++)
        value = ir_ew(&body, OP_add, value, value, NULL);
    IrValue *product = ir_dot(&body, value, w, (IrDot){.contract_count = 1, .a_contract = {1}, .b_contract = {0}});
    ir_scan_finish(module, scan, NULL, &product, 1);
    ir_func_return(func, &(IrValue *){&scan->results[0]}, &(const char *){"r"}, 1);
    return func;
}

static void what_is_shared_is_lifted_once(void)
{
    Arena *arena = arena_new();
    IrModule *module = ir_module_new(arena, "m");
    IrFunc *func = scan_with_deep_sharing(module);
    CHECK(pass_hoist_scan(func));
    int lifted = 0;
    for (const IrInst *inst = func->body->first; inst && inst->op != OP_scan; inst = inst->next)
        lifted++;
    CHECK_EQ_INT(lifted, DEPTH + 1);
    char *wrong = ir_module_verify(arena, module);
    CHECK(!wrong);
    arena_free(arena);
}

int main(void)
{
    what_is_shared_is_lifted_once();
    return test_report();
}
