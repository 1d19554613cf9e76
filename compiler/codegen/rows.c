/* SPDX-License-Identifier: Apache-2.0
 *
 * A run of kernels (see fuse_rows): one loop over the rows does them all while
 * a row is in the cache.
 */
#include "compiler/codegen/loops.h"
#include "compiler/codegen/nest.h"

/* Of a step with one element a row, items must be rows too. */
static void set_items(Nest *step, int rank)
{
    const IrType *type = &step->outputs.data[0].value->type;
    if (step->kind != NEST_ROWS || type->rank > rank)
        return;
    step->kind = NEST_ELEMENTS;
    step->item_rank = rank;
    memcpy(step->items, type->dims, sizeof step->items);
}

Nest *nest_run(FuncGen *fg, const NestList *nests)
{
    Nest *run = ARENA_NEW(fg->cg->arena, Nest);
    const Nest *first = nests->data[0];
    run->kind = NEST_RUN;
    run->steps = *nests;
    run->chunk = 1;
    run->once = first->once;
    run->item_rank = first->anchor->results[0].type.rank;
    memcpy(run->items, first->anchor->results[0].type.dims, sizeof run->items);
    for (int i = 0; i < nests->count; i++) {
        set_items(nests->data[i], run->item_rank);
        run->item_ns += nests->data[i]->item_ns;
        if (nests->data[i]->inner.rank)
            run->inner = nests->data[i]->inner;
    }
    return run;
}

void rows_emit(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    Loop rows = loop_begin(e, lo, hi, 1, LOOP_PLAIN);
    for (int i = 0; i < nest->steps.count; i++) {
        const Nest *step = nest->steps.data[i];
        LLVMValueRef each = emit_product(e, step->items + nest->item_rank, step->item_rank - nest->item_rank);
        LLVMValueRef first = index_mul(e, rows.index, each);
        nest_emit(e, step, first, index_add(e, first, each));
    }
    loop_end(e, &rows);
}
