/* SPDX-License-Identifier: Apache-2.0
 *
 * Reductions. Sums are kept in an array of lanes that is indexed like the
 * data, so the vectoriser needs no licence to reorder: the order of additions
 * is fixed by the lanes here, not by the width of the machine's vectors.
 */
#include "compiler/codegen/lookup.h"
#include "compiler/codegen/loops.h"
#include "compiler/codegen/nest.h"
#include "compiler/codegen/scalar.h"

enum { LANES = 32 };

typedef struct Lanes {
    const IrInst *inst;
    NndDType dtype;
    LLVMTypeRef type;
    LLVMValueRef best;  /* array of sums or maxima */
    LLVMValueRef where; /* argmax: array of positions */
} Lanes;

static Lanes new_lanes(Emit *e, const IrInst *inst, int count)
{
    Lanes l = {.inst = inst, .dtype = inst->args[0]->type.dtype};
    l.type = emit_type(e->cg, l.dtype);
    l.best = emit_alloca_array(e, l.type, count, "lanes");
    if (inst->op == OP_argmax)
        l.where = emit_alloca_array(e, e->cg->i32, count, "where");
    return l;
}

static LLVMValueRef lane(Emit *e, LLVMTypeRef type, LLVMValueRef array, LLVMValueRef at)
{
    return LLVMBuildInBoundsGEP2(e->b, type, array, &at, 1, "");
}

static LLVMValueRef lane_load(Emit *e, const Lanes *l, LLVMValueRef at)
{
    return LLVMBuildLoad2(e->b, l->type, lane(e, l->type, l->best, at), "");
}

static void lane_store(Emit *e, const Lanes *l, LLVMValueRef at, LLVMValueRef x)
{
    LLVMBuildStore(e->b, x, lane(e, l->type, l->best, at));
}

static void clear_lanes(Emit *e, const Lanes *l, LLVMValueRef count)
{
    Loop loop = loop_begin(e, emit_i64(e, 0), count, 1, LOOP_VECTOR);
    lane_store(e, l, loop.index, fold_start(e, l->inst->op, l->dtype));
    if (l->where)
        LLVMBuildStore(e->b, emit_i32(e, -1), lane(e, e->cg->i32, l->where, loop.index));
    loop_end(e, &loop);
}

static void fold_into_lane(Emit *e, const Lanes *l, LLVMValueRef at, LLVMValueRef x)
{
    lane_store(e, l, at, fold_step(e, l->inst->op, l->dtype, lane_load(e, l, at), x));
}

/* ---- contiguous entries: lane l takes entries l, l + LANES, ... ---- */

static void add_run(Emit *e, const Lanes *l, const Index *index, int axis, LLVMValueRef first,
                    LLVMValueRef count)
{
    Index at = *index;
    Loop loop = loop_begin(e, emit_i64(e, 0), count, 1, LOOP_VECTOR);
    at.at[axis] = index_add(e, first, loop.index);
    fold_into_lane(e, l, loop.index, element(e, l->inst->args[0], &at));
    loop_end(e, &loop);
}

static void add_contiguous(Emit *e, const Lanes *l, const Index *index, int axis)
{
    LLVMValueRef count = emit_extent(e, l->inst->args[0]->type.dims[axis]),
                 lanes = emit_i64(e, LANES);
    LLVMValueRef whole = index_mul(e, index_div(e, count, lanes), lanes);
    Loop loop = loop_begin(e, emit_i64(e, 0), whole, LANES, LOOP_PLAIN);
    add_run(e, l, index, axis, loop.index, lanes);
    loop_end(e, &loop);
    add_run(e, l, index, axis, whole, index_sub(e, count, whole));
}

/* The upper half is folded into the lower one until one lane is left. */
static LLVMValueRef join_lanes(Emit *e, const Lanes *l)
{
    for (int half = LANES / 2; half >= 1; half /= 2) {
        Loop loop = loop_begin(e, emit_i64(e, 0), emit_i64(e, half), 1, LOOP_VECTOR);
        fold_into_lane(e, l, loop.index,
                       lane_load(e, l, index_add(e, loop.index, emit_i64(e, half))));
        loop_end(e, &loop);
    }
    return lane_load(e, l, emit_i64(e, 0));
}

static LLVMValueRef or_zero_if_empty(Emit *e, const IrInst *inst, const Index *index,
                                     LLVMValueRef result)
{
    if (inst->op != OP_reduce_max || fold_count(inst) > 0)
        return result;
    LLVMValueRef zero = scalar_const(e, inst->args[0]->type.dtype, 0);
    return LLVMBuildSelect(e->b, fold_is_empty(e, inst, index), zero, result, "");
}

void reduce_emit_lanes(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    const IrInst *inst = nest->anchor;
    const IrType *x = &inst->args[0]->type;
    Lanes l = new_lanes(e, inst, LANES);
    Loop items = loop_begin(e, lo, hi, 1, LOOP_PLAIN);
    Index index = {0};
    index_split(e, nest->items, nest->item_rank, items.index, index.at);
    clear_lanes(e, &l, emit_i64(e, LANES));
    FoldLoops *outer = fold_loops_begin(e, inst, &index, true);
    add_contiguous(e, &l, fold_loops_index(outer), x->rank - 1);
    fold_loops_end(e, outer);
    element_set(e, &inst->results[0], &index, or_zero_if_empty(e, inst, &index, join_lanes(e, &l)));
    nest_store(e, nest, &index);
    loop_end(e, &items);
}

/* ---- columns: lane l is column l of the chunk ---- */

static void fold_position(Emit *e, const Lanes *l, LLVMValueRef at, LLVMValueRef x,
                          LLVMValueRef position)
{
    LLVMValueRef before = lane_load(e, l, at), slot = lane(e, e->cg->i32, l->where, at);
    LLVMValueRef first = LLVMBuildICmp(e->b, LLVMIntEQ, position, emit_i32(e, 0), "");
    LLVMValueRef larger = scalar_op(e, OP_gt, l->dtype, (LLVMValueRef[]){x, before});
    LLVMValueRef wins = LLVMBuildOr(e->b, larger, first, "");
    lane_store(e, l, at, LLVMBuildSelect(e->b, wins, x, before, ""));
    LLVMValueRef old = LLVMBuildLoad2(e->b, e->cg->i32, slot, "");
    LLVMBuildStore(e->b, LLVMBuildSelect(e->b, wins, position, old, ""), slot);
}

/* `count` columns a little further on, or what they are made of, if that is rows of tables. Few rows need no help
 * but for those of tables, which are anywhere. */
static void prefetch_ahead(Emit *e, const IrValue *x, const Index *index, LLVMValueRef first, int count)
{
    enum { BYTES = 6400, LEAST = 4, MOST = 16 };
    const IrDim *rows = x->type.dims[0];
    Index at = *index;
    bool few = !ir_dim_segmented(rows), of_scan = few && e->region; /* whose items are not all there at each step */
    if (rows->kind == NND_DIM_CONST || of_scan || (few && element_in_memory(e, x)))
        return;
    int ahead = BYTES / (count * (int)nnd_dtype_size(x->type.dtype));
    ahead = ahead < LEAST ? LEAST : ahead > MOST ? MOST : ahead;
    LLVMValueRef last = index_sub(e, emit_extent(e, rows), emit_i64(e, 1));
    at.at[0] = index_min(e, index_add(e, at.at[0], emit_i64(e, ahead)), last);
    at.at[x->type.rank - 1] = first;
    if (element_in_memory(e, x))
        loop_prefetch(e, x->type.dtype, lookup_address(e, x, at), emit_i64(e, count));
    else
        lookup_prefetch(e, x, &at, count);
}

/* `maximum`: lanes of the maximum that is made on the way, which is none of the entries if these
 * are not numbers; or NULL. */
static void add_columns(Emit *e, const Lanes *l, const Lanes *maximum, const Index *index,
                        LLVMValueRef first, LLVMValueRef width, int chunk)
{
    int axis = l->inst->args[0]->type.rank - 1;
    FoldLoops *loops = fold_loops_begin(e, l->inst, index, false);
    LLVMValueRef position = NULL;
    if (l->where)
        position = LLVMBuildTrunc(e->b, fold_loops_position(e, loops), e->cg->i32, "");
    prefetch_ahead(e, l->inst->args[0], fold_loops_index(loops), first, chunk);
    Loop columns = loop_begin(e, emit_i64(e, 0), width, 1, LOOP_VECTOR);
    Index at = *fold_loops_index(loops);
    at.at[axis] = index_add(e, first, columns.index);
    LLVMValueRef x = element(e, l->inst->args[0], &at);
    if (l->where)
        fold_position(e, l, columns.index, x, position);
    else
        fold_into_lane(e, l, columns.index, x);
    if (maximum)
        fold_into_lane(e, maximum, columns.index, x);
    loop_end(e, &columns);
    fold_loops_end(e, loops);
}

static LLVMValueRef column_result(Emit *e, const Lanes *l, const Index *index, LLVMValueRef at)
{
    if (l->where)
        return LLVMBuildLoad2(e->b, e->cg->i32, lane(e, e->cg->i32, l->where, at), "");
    return or_zero_if_empty(e, l->inst, index, lane_load(e, l, at));
}

void reduce_emit_columns(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    const IrInst *inst = nest->anchor;
    int axis = nest->item_rank - 1;
    LLVMValueRef extent = emit_extent(e, nest->items[axis]), chunk = emit_i64(e, nest->chunk);
    LLVMValueRef chunks = index_div(e, index_add(e, extent, emit_i64(e, nest->chunk - 1)), chunk);
    Lanes l = new_lanes(e, inst, (int)nest->chunk), maximum;
    if (nest->maximum)
        maximum = new_lanes(e, nest->maximum, (int)nest->chunk);
    Loop items = loop_begin(e, lo, hi, 1, LOOP_PLAIN);
    Index index = {0};
    LLVMValueRef first = index_mul(e, index_rem(e, items.index, chunks), chunk);
    LLVMValueRef width = index_min(e, chunk, index_sub(e, extent, first));
    index_split(e, nest->items, axis, index_div(e, items.index, chunks), index.at);
    clear_lanes(e, &l, width);
    if (nest->maximum)
        clear_lanes(e, &maximum, width);
    add_columns(e, &l, nest->maximum ? &maximum : NULL, &index, first, width, (int)nest->chunk);
    Loop columns = loop_begin(e, emit_i64(e, 0), width, 1, LOOP_VECTOR);
    index.at[axis] = index_add(e, first, columns.index);
    element_set(e, &inst->results[0], &index, column_result(e, &l, &index, columns.index));
    if (nest->maximum)
        element_set(e, &nest->maximum->results[0], &index,
                    column_result(e, &maximum, &index, columns.index));
    nest_store(e, nest, &index);
    loop_end(e, &columns);
    loop_end(e, &items);
}
