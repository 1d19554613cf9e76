/* SPDX-License-Identifier: Apache-2.0
 *
 * put, in two nests: first all rows are copied, unless the result's buffer is
 * that of the operand; then those that are replaced, of all tables of the kernel. Rows that are
 * not in memory are computed in vectors. Those of all tables at a place are known before one is
 * stored, because they may be made of what is there (passes/fuse_puts.c).
 */
#include "compiler/codegen/lanes.h"
#include "compiler/codegen/loops.h"
#include "compiler/codegen/nest.h"

static LLVMValueRef row_bytes(Emit *e, const IrType *type)
{
    LLVMValueRef count = emit_product(e, (const IrDim *const *)type->dims + 1, type->rank - 1);
    return index_mul(e, count, emit_i64(e, (int64_t)nnd_dtype_size(type->dtype)));
}

static LLVMValueRef row_at(Emit *e, LLVMValueRef base, LLVMValueRef row, LLVMValueRef bytes)
{
    return memory_at(e, NND_U8, base, index_mul(e, row, bytes));
}

void put_emit_keep(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    const IrValue *x = nest->anchor->args[0], *result = &nest->anchor->results[0];
    LLVMValueRef bytes = row_bytes(e, &x->type), from = element_base(e, x),
                 to = element_base(e, result);
    Branch apart = branch_begin(e, LLVMBuildICmp(e->b, LLVMIntNE, from, to, ""));
    LLVMValueRef all = index_mul(e, index_sub(e, hi, lo), bytes);
    LLVMBuildMemCpy(e->b, row_at(e, to, lo, bytes), 1, row_at(e, from, lo, bytes), 1, all);
    branch_end(e, &apart, NULL, NULL);
}

typedef struct Put {
    const Nest *nest;
    LLVMValueRef item, row; /* of the new rows; of the tables */
} Put;

static const IrValue *result_of(const Put *p, int i)
{
    return p->nest->outputs.data[i].value;
}

static const IrValue *rows_of(const Put *p, int i)
{
    return result_of(p, i)->def->args[1];
}

static LLVMValueRef position(Emit *e, const Put *p, int i, LLVMValueRef column)
{
    const IrType *type = &result_of(p, i)->type;
    return index_linear(e, type->dims, type->rank, (LLVMValueRef[]){p->row, column});
}

/* Columns from this one on, so many as a vector has, or as are left if `rest` is given. */
static void put_vector(Emit *e, const Put *p, int lanes, LLVMValueRef column, LLVMValueRef rest)
{
    int count = p->nest->outputs.count;
    LLVMValueRef *vectors = ARENA_ARRAY(e->cg->arena, LLVMValueRef, count);
    Lanes l = lanes_begin(e, lanes, rest);
    Index at = {.at = {p->item, column}};
    for (int i = 0; i < count; i++)
        vectors[i] = lanes_element(&l, rows_of(p, i), &at, 1);
    for (int i = 0; i < count; i++)
        lanes_store(&l, result_of(p, i), element_base(e, result_of(p, i)), position(e, p, i, column), vectors[i]);
}

static void put_columns(Emit *e, const Put *p, LLVMValueRef first, LLVMValueRef end)
{
    int count = p->nest->outputs.count;
    LLVMValueRef *scalars = ARENA_ARRAY(e->cg->arena, LLVMValueRef, count);
    Loop columns = loop_begin(e, first, end, 1, LOOP_PLAIN);
    Index at = {.at = {p->item, columns.index}};
    for (int i = 0; i < count; i++)
        scalars[i] = element(e, rows_of(p, i), &at);
    for (int i = 0; i < count; i++)
        memory_store(e, result_of(p, i), element_base(e, result_of(p, i)), position(e, p, i, columns.index), scalars[i]);
    loop_end(e, &columns);
}

static void put_computed(Emit *e, const Put *p)
{
    const IrType *type = &rows_of(p, 0)->type;
    int lanes = e->cg->target->vector_bytes / (int)nnd_dtype_size(type->dtype);
    LLVMValueRef size = emit_extent(e, type->dims[1]), wide = emit_i64(e, lanes);
    LLVMValueRef whole = index_mul(e, index_div(e, size, wide), wide);
    Loop vectors = loop_begin(e, emit_i64(e, 0), whole, lanes, LOOP_PLAIN);
    put_vector(e, p, lanes, vectors.index, NULL);
    loop_end(e, &vectors);
    if (!lanes_can_mask(e->cg->target)) {
        put_columns(e, p, whole, size);
        return;
    }
    Branch any = branch_begin(e, LLVMBuildICmp(e->b, LLVMIntSLT, whole, size, ""));
    put_vector(e, p, lanes, whole, index_sub(e, size, whole));
    branch_end(e, &any, NULL, NULL);
}

static void put_copied(Emit *e, const Put *p)
{
    LLVMValueRef bytes = row_bytes(e, &rows_of(p, 0)->type);
    LLVMValueRef from = element_base(e, rows_of(p, 0)), to = element_base(e, result_of(p, 0));
    LLVMBuildMemCpy(e->b, row_at(e, to, p->row, bytes), 1, row_at(e, from, p->item, bytes), 1, bytes);
}

void put_emit_rows(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    const IrInst *inst = nest->anchor;
    memory_begin(e, NULL, 0); /* a table and its result may be one buffer */
    Loop loop = loop_begin(e, lo, hi, 1, LOOP_PLAIN);
    Index at = {.at = {loop.index}};
    Put p = {nest, loop.index, LLVMBuildSExt(e->b, element(e, inst->args[2], &at), e->cg->i64, "")};
    Branch inside = branch_begin(e, index_below(e, p.row, emit_extent(e, inst->results[0].type.dims[0])));
    if (nest->outputs.count == 1 && element_in_memory(e, inst->args[1]))
        put_copied(e, &p);
    else
        put_computed(e, &p);
    branch_end(e, &inside, NULL, NULL);
    loop_end(e, &loop);
}
