/* SPDX-License-Identifier: Apache-2.0
 *
 * Contractions of any kind of operands: a chunk of the last result axis is
 * kept in lanes while the contracted axes are walked.
 */
#include "compiler/codegen/dot.h"
#include "compiler/codegen/loops.h"
#include "compiler/codegen/scalar.h"

typedef struct Columns {
    const IrInst *inst;
    LLVMTypeRef type;
    LLVMValueRef lanes;
    LLVMValueRef first, width;
    Index a, b;     /* batch and free axes but the last; the contracted ones as they are entered */
    Index *last;    /* the operand that the last result axis belongs to */
    int last_axis;
} Columns;

static void place_axis(Columns *c, Index *operand, int axis, LLVMValueRef at)
{
    operand->at[axis] = at;
    c->last = operand;
    c->last_axis = axis;
}

static bool is_contracted(const int8_t *axes, int count, int axis)
{
    for (int i = 0; i < count; i++)
        if (axes[i] == axis)
            return true;
    return false;
}

/* Distributes the result's index over the operands. */
static void place_result(Columns *c, const Index *index)
{
    const IrDot *dot = &c->inst->attrs.dot;
    int next = 0;
    for (; next < dot->batch_count; next++) {
        c->a.at[dot->a_batch[next]] = index->at[next];
        place_axis(c, &c->b, dot->b_batch[next], index->at[next]);
    }
    for (int side = 0; side < 2; side++) {
        const int8_t *contract = side ? dot->b_contract : dot->a_contract;
        const int8_t *batch = side ? dot->b_batch : dot->a_batch;
        for (int axis = 0; axis < c->inst->args[side]->type.rank; axis++)
            if (!is_contracted(contract, dot->contract_count, axis) && !is_contracted(batch, dot->batch_count, axis))
                place_axis(c, side ? &c->b : &c->a, axis, index->at[next++]);
    }
}

static LLVMValueRef lane(Emit *e, const Columns *c, LLVMValueRef at)
{
    return LLVMBuildInBoundsGEP2(e->b, c->type, c->lanes, &at, 1, "");
}

static void set_last(Columns *c, LLVMValueRef at)
{
    const IrDot *dot = &c->inst->attrs.dot;
    c->last->at[c->last_axis] = at;
    for (int i = 0; i < dot->batch_count; i++)
        if (c->last == &c->b && dot->b_batch[i] == c->last_axis)
            c->a.at[dot->a_batch[i]] = at;
}

static void add_products(Emit *e, Columns *c)
{
    const IrDot *dot = &c->inst->attrs.dot;
    Loop loops[NND_MAX_RANK];
    for (int i = 0; i < dot->contract_count; i++) {
        const IrDim *dim = c->inst->args[0]->type.dims[dot->a_contract[i]];
        loops[i] = loop_begin(e, emit_i64(e, 0), emit_extent(e, dim), 1, LOOP_PLAIN);
        c->a.at[dot->a_contract[i]] = c->b.at[dot->b_contract[i]] = loops[i].index;
    }
    Loop columns = loop_begin(e, emit_i64(e, 0), c->width, 1, LOOP_VECTOR);
    set_last(c, index_add(e, c->first, columns.index));
    LLVMValueRef x = element(e, c->inst->args[0], &c->a), y = element(e, c->inst->args[1], &c->b);
    LLVMValueRef slot = lane(e, c, columns.index);
    LLVMBuildStore(e->b, math_multiply_add(e, x, y, LLVMBuildLoad2(e->b, c->type, slot, "")), slot);
    loop_end(e, &columns);
    for (int i = dot->contract_count - 1; i >= 0; i--)
        loop_end(e, &loops[i]);
}

static void clear(Emit *e, const Columns *c)
{
    Loop loop = loop_begin(e, emit_i64(e, 0), c->width, 1, LOOP_VECTOR);
    LLVMBuildStore(e->b, LLVMConstNull(c->type), lane(e, c, loop.index));
    loop_end(e, &loop);
}

void dot_emit_columns(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    int axis = nest->item_rank - 1;
    LLVMValueRef extent = emit_extent(e, nest->items[axis]), chunk = emit_i64(e, COLUMN_CHUNK);
    LLVMValueRef chunks = index_div(e, index_add(e, extent, emit_i64(e, COLUMN_CHUNK - 1)), chunk);
    Columns c = {.inst = nest->anchor, .type = emit_type(e->cg, nest->anchor->args[0]->type.dtype)};
    c.lanes = emit_alloca_array(e, c.type, COLUMN_CHUNK, "lanes");
    Loop items = loop_begin(e, lo, hi, 1, LOOP_PLAIN);
    Index index = {0};
    c.first = index_mul(e, index_rem(e, items.index, chunks), chunk);
    c.width = index_min(e, chunk, index_sub(e, extent, c.first));
    index_split(e, nest->items, axis, index_div(e, items.index, chunks), index.at);
    place_result(&c, &index);
    clear(e, &c);
    add_products(e, &c);
    Loop columns = loop_begin(e, emit_i64(e, 0), c.width, 1, LOOP_VECTOR);
    index.at[axis] = index_add(e, c.first, columns.index);
    element_set(e, &nest->anchor->results[0], &index, LLVMBuildLoad2(e->b, c.type, lane(e, &c, columns.index), ""));
    nest_store(e, nest, &index);
    loop_end(e, &columns);
    loop_end(e, &items);
}
