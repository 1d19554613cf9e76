/* SPDX-License-Identifier: Apache-2.0
 *
 * scatter_add: rows are added one after the other, in order; threads share the
 * columns.
 */
#include "compiler/codegen/loops.h"
#include "compiler/codegen/nest.h"
#include "compiler/codegen/scalar.h"

typedef struct Scatter {
    const Nest *nest;
    const IrInst *inst;
    const IrValue *result;
    LLVMValueRef base, first, width; /* columns of this block along the last axis */
} Scatter;

/* Loops over all axes of the result but the first: calls `visit` with axes 1.. of `index` set. */
typedef void Visit(Emit *e, const Scatter *s, Index *index, void *context);

static void each_column(Emit *e, const Scatter *s, Index *index, int axis, Visit *visit, void *context)
{
    const IrType *type = &s->result->type;
    if (axis == type->rank) {
        visit(e, s, index, context);
        return;
    }
    bool last = axis == type->rank - 1;
    LLVMValueRef hi = last ? s->width : emit_extent(e, type->dims[axis]);
    Loop loop = loop_begin(e, emit_i64(e, 0), hi, 1, last ? LOOP_VECTOR : LOOP_PLAIN);
    index->at[axis] = last ? index_add(e, s->first, loop.index) : loop.index;
    each_column(e, s, index, axis + 1, visit, context);
    loop_end(e, &loop);
}

static void clear(Emit *e, const Scatter *s, Index *index, void *context)
{
    (void)context;
    LLVMValueRef zero = scalar_const(e, s->result->type.dtype, 0);
    memory_store(e, s->result, s->base, element_position(e, s->result, index), zero);
}

static void add(Emit *e, const Scatter *s, Index *index, void *context)
{
    Index at = *(const Index *)context;
    int rank = s->inst->args[1]->type.rank;
    for (int i = 1; i < s->result->type.rank; i++)
        at.at[rank + i - 1] = index->at[i];
    LLVMValueRef position = element_position(e, s->result, index);
    LLVMValueRef args[] = {memory_load(e, s->result, s->base, position), element(e, s->inst->args[0], &at)};
    memory_store(e, s->result, s->base, position, scalar_op(e, OP_add, s->result->type.dtype, args));
}

static void clear_rows(Emit *e, const Scatter *s)
{
    Index index = {0};
    Loop rows = loop_begin(e, emit_i64(e, 0), emit_extent(e, s->result->type.dims[0]), 1,
                           s->result->type.rank == 1 ? LOOP_VECTOR : LOOP_PLAIN);
    index.at[0] = rows.index;
    each_column(e, s, &index, 1, clear, NULL);
    loop_end(e, &rows);
}

static void add_rows(Emit *e, const Scatter *s)
{
    const IrValue *which = s->inst->args[1];
    const IrDim *const *dims = (const IrDim *const *)which->type.dims;
    Index from = {0}, index = {0};
    Loop rows = loop_begin(e, emit_i64(e, 0), emit_product(e, dims, which->type.rank), 1, LOOP_PLAIN);
    index_split(e, dims, which->type.rank, rows.index, from.at);
    index.at[0] = LLVMBuildSExt(e->b, element(e, which, &from), e->cg->i64, "");
    Branch branch = branch_begin(e, index_below(e, index.at[0], emit_extent(e, s->result->type.dims[0])));
    each_column(e, s, &index, 1, add, &from);
    branch_end(e, &branch, NULL, NULL);
    loop_end(e, &rows);
}

static void scatter_columns(Emit *e, Scatter *s)
{
    s->base = element_base(e, s->result);
    clear_rows(e, s);
    add_rows(e, s);
}

void scatter_emit(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    Scatter s = {.nest = nest, .inst = nest->anchor, .result = &nest->anchor->results[0]};
    int rank = s.result->type.rank;
    if (rank == 1) {
        scatter_columns(e, &s);
        return;
    }
    LLVMValueRef chunk = emit_i64(e, COLUMN_CHUNK), extent = emit_extent(e, s.result->type.dims[rank - 1]);
    s.first = index_mul(e, lo, chunk);
    s.width = index_sub(e, index_min(e, index_mul(e, hi, chunk), extent), s.first);
    scatter_columns(e, &s);
}
