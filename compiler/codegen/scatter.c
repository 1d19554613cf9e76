/* SPDX-License-Identifier: Apache-2.0
 *
 * scatter_add, in two nests. The first one sorts: by rows of the result, the entries that are added to each, in order. The
 * second one makes row after row, in the cache, and what else the kernel computes of it. Threads share rows; a row's sum is in
 * the order of entries, whoever makes it.
 *
 *   ends   [rows]: behind the last entry of each row, where the next one begins
 *   order  [entries]: sorted
 */
#include "compiler/codegen/loops.h"
#include "compiler/codegen/nest.h"
#include "compiler/codegen/scalar.h"

struct Scatter {
    int ends, order; /* cells */
};

Scatter *scatter_plan(FuncGen *fg, const IrInst *inst)
{
    const IrType *which = &inst->args[1]->type;
    Scatter *s = ARENA_NEW(fg->cg->arena, Scatter);
    s->ends = memory_scratch(fg, (const IrDim *const *)inst->results[0].type.dims, 1, sizeof(int32_t), 1);
    s->order = memory_scratch(fg, (const IrDim *const *)which->dims, which->rank, sizeof(int32_t), 1);
    return s;
}

/* ---- sorting ---- */

static LLVMValueRef entry_count(Emit *e, const IrInst *inst)
{
    const IrType *which = &inst->args[1]->type;
    return emit_product(e, (const IrDim *const *)which->dims, which->rank);
}

static void set_number(Emit *e, LLVMValueRef table, LLVMValueRef at, LLVMValueRef number)
{
    memory_store_raw(e, NND_I32, table, at, LLVMBuildTrunc(e->b, number, e->cg->i32, ""));
}

typedef void EntryFn(Emit *e, const Nest *nest, LLVMValueRef entry, LLVMValueRef row);

/* Entries whose row is one of the result's. */
static void each_entry(Emit *e, const Nest *nest, EntryFn *visit)
{
    const IrValue *which = nest->anchor->args[1];
    Index at = {0};
    Loop entries = loop_begin(e, emit_i64(e, 0), entry_count(e, nest->anchor), 1, LOOP_PLAIN);
    index_split(e, (const IrDim *const *)which->type.dims, which->type.rank, entries.index, at.at);
    LLVMValueRef row = LLVMBuildSExt(e->b, element(e, which, &at), e->cg->i64, "");
    Branch branch = branch_begin(e, index_below(e, row, emit_extent(e, nest->anchor->results[0].type.dims[0])));
    visit(e, nest, entries.index, row);
    branch_end(e, &branch, NULL, NULL);
    loop_end(e, &entries);
}

static void count_entry(Emit *e, const Nest *nest, LLVMValueRef entry, LLVMValueRef row)
{
    (void)entry;
    LLVMValueRef ends = emit_cell(e, nest->scatter->ends);
    set_number(e, ends, row, LLVMBuildAdd(e->b, emit_lookup(e, ends, row), emit_i64(e, 1), ""));
}

static void place_entry(Emit *e, const Nest *nest, LLVMValueRef entry, LLVMValueRef row)
{
    LLVMValueRef ends = emit_cell(e, nest->scatter->ends), at = emit_lookup(e, ends, row);
    set_number(e, emit_cell(e, nest->scatter->order), at, entry);
    set_number(e, ends, row, LLVMBuildAdd(e->b, at, emit_i64(e, 1), ""));
}

/* Of each row how many entries come before it. */
static void add_up_counts(Emit *e, LLVMValueRef ends, LLVMValueRef rows)
{
    LLVMValueRef before = emit_alloca(e, e->cg->i64, "before");
    LLVMBuildStore(e->b, emit_i64(e, 0), before);
    Loop loop = loop_begin(e, emit_i64(e, 0), rows, 1, LOOP_PLAIN);
    LLVMValueRef count = emit_lookup(e, ends, loop.index), sum = LLVMBuildLoad2(e->b, e->cg->i64, before, "");
    set_number(e, ends, loop.index, sum);
    LLVMBuildStore(e->b, LLVMBuildAdd(e->b, sum, count, ""), before);
    loop_end(e, &loop);
}

void scatter_emit_sort(Emit *e, const Nest *nest)
{
    LLVMValueRef ends = emit_cell(e, nest->scatter->ends), rows = emit_extent(e, nest->anchor->results[0].type.dims[0]);
    Loop clear = loop_begin(e, emit_i64(e, 0), rows, 1, LOOP_VECTOR);
    memory_store_raw(e, NND_I32, ends, clear.index, emit_i32(e, 0));
    loop_end(e, &clear);
    each_entry(e, nest, count_entry);
    add_up_counts(e, ends, rows);
    each_entry(e, nest, place_entry);
}

/* ---- sums ---- */

/* Loops over all axes of the result but the first: calls `visit` with axes 1.. of `index` set. */
typedef void ColumnFn(Emit *e, const Nest *nest, Index *index, const Index *from);

static void each_column(Emit *e, const Nest *nest, Index *index, const Index *from, int axis, ColumnFn *visit)
{
    const IrType *type = &nest->anchor->results[0].type;
    if (axis == type->rank) {
        visit(e, nest, index, from);
        return;
    }
    Loop loop = loop_begin(e, emit_i64(e, 0), emit_extent(e, type->dims[axis]), 1, axis == type->rank - 1 ? LOOP_VECTOR : LOOP_PLAIN);
    index->at[axis] = loop.index;
    each_column(e, nest, index, from, axis + 1, visit);
    loop_end(e, &loop);
}

static void clear_column(Emit *e, const Nest *nest, Index *index, const Index *from)
{
    (void)from;
    const IrValue *sum = &nest->anchor->results[0];
    memory_store(e, sum, element_base(e, sum), element_position(e, sum, index), scalar_const(e, sum->type.dtype, 0));
}

static void add_column(Emit *e, const Nest *nest, Index *index, const Index *from)
{
    const IrInst *inst = nest->anchor;
    const IrValue *sum = &inst->results[0];
    Index at = *from;
    int rank = inst->args[1]->type.rank;
    for (int i = 1; i < sum->type.rank; i++)
        at.at[rank + i - 1] = index->at[i];
    LLVMValueRef base = element_base(e, sum), position = element_position(e, sum, index);
    LLVMValueRef args[] = {memory_load(e, sum, base, position), element(e, inst->args[0], &at)};
    memory_store(e, sum, base, position, scalar_op(e, OP_add, sum->type.dtype, args));
}

static bool is_sum(const Nest *nest, const Output *output)
{
    return output->value == &nest->anchor->results[0] && output->kind == OUTPUT_OWN;
}

static bool has_more_than_sum(const Nest *nest)
{
    return nest->outputs.count > 1 || !is_sum(nest, &nest->outputs.data[0]);
}

/* What the kernel computes of the sum. */
static void store_column(Emit *e, const Nest *nest, Index *index, const Index *from)
{
    (void)from;
    const IrValue *sum = &nest->anchor->results[0];
    element_set(e, sum, index, memory_load(e, sum, element_base(e, sum), element_position(e, sum, index)));
    for (int i = 0; i < nest->outputs.count; i++)
        if (!is_sum(nest, &nest->outputs.data[i]))
            nest_store_output(e, &nest->outputs.data[i], index);
}

/* Sorted entries are anywhere in memory: what an entry some places on adds is asked for. */
static void ask_for_entry(Emit *e, const Nest *nest, LLVMValueRef place)
{
    enum { AHEAD = 2 };
    const IrValue *added = nest->anchor->args[0];
    if (!element_in_memory(e, added))
        return;
    int rank = nest->anchor->args[1]->type.rank;
    LLVMValueRef last = index_sub(e, entry_count(e, nest->anchor), emit_i64(e, 1));
    LLVMValueRef next = index_min(e, index_add(e, place, emit_i64(e, AHEAD)), last);
    LLVMValueRef width = emit_product(e, (const IrDim *const *)added->type.dims + rank, added->type.rank - rank);
    LLVMValueRef at = index_mul(e, emit_lookup(e, emit_cell(e, nest->scatter->order), next), width);
    loop_prefetch(e, added->type.dtype, memory_at(e, added->type.dtype, element_base(e, added), at), width);
}

static void add_entries(Emit *e, const Nest *nest, Index *index)
{
    const IrType *which = &nest->anchor->args[1]->type;
    LLVMValueRef ends = emit_cell(e, nest->scatter->ends), row = index->at[0], zero = emit_i64(e, 0);
    LLVMValueRef before = index_max(e, index_sub(e, row, emit_i64(e, 1)), zero);
    LLVMValueRef first = LLVMBuildSelect(e->b, LLVMBuildICmp(e->b, LLVMIntEQ, row, zero, ""), zero, emit_lookup(e, ends, before), "");
    Loop entries = loop_begin(e, first, emit_lookup(e, ends, row), 1, LOOP_PLAIN);
    ask_for_entry(e, nest, entries.index);
    Index from = {0};
    LLVMValueRef entry = emit_lookup(e, emit_cell(e, nest->scatter->order), entries.index);
    index_split(e, (const IrDim *const *)which->dims, which->rank, entry, from.at);
    each_column(e, nest, index, &from, 1, add_column);
    loop_end(e, &entries);
}

void scatter_emit(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    Loop rows = loop_begin(e, lo, hi, 1, LOOP_PLAIN);
    Index index = {.at = {rows.index}};
    each_column(e, nest, &index, NULL, 1, clear_column);
    add_entries(e, nest, &index);
    if (has_more_than_sum(nest))
        each_column(e, nest, &index, NULL, 1, store_column);
    loop_end(e, &rows);
}
