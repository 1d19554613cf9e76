/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/demand.h"

#include "compiler/codegen/dot.h"
#include "compiler/codegen/loops.h"

static Demand *new_demand(FuncGen *fg, const IrInst *inst)
{
    const IrType *table = &inst->results[0].type, *index = &inst->args[1]->type;
    Demand *demand = ARENA_NEW(fg->cg->arena, Demand);
    demand->place = memory_kept(fg, (const IrDim *const *)table->dims, 1, sizeof(int32_t), 1);
    demand->used = memory_kept(fg, NULL, 0, sizeof(int64_t), 1);
    demand->list = memory_scratch(fg, (const IrDim *const *)index->dims, index->rank, sizeof(int32_t), 1);
    demand->count = memory_scratch(fg, NULL, 0, sizeof(int64_t), 1);
    return demand;
}

static Nest *list_nest(FuncGen *fg, const IrInst *inst, Demand *demand)
{
    Nest *nest = ARENA_NEW(fg->cg->arena, Nest);
    nest->kind = NEST_DEMAND;
    nest->anchor = inst;
    nest->chunk = 1;
    nest->demand = demand;
    return nest;
}

bool demand_plan(FuncGen *fg, Nest *nest, const Kernel *kernel, const IrRegion *region, NestList *out)
{
    if (optimisation_in(fg->cg->ir->without, OPTIMISE_TILES))
        return false;
    nest->demand = new_demand(fg, kernel->demand);
    if (!dot_plan_listed(fg, nest, region, out)) {
        nest->demand = NULL;
        return false;
    }
    for (int i = 0; i < nest->outputs.count; i++)
        nest->outputs.data[i].kind = OUTPUT_LISTED;
    fg->demands[kernel->demand->results[0].id] = nest->demand;
    vec_push(fg->cg->arena, out, list_nest(fg, kernel->demand, nest->demand));
    vec_push(fg->cg->arena, out, nest);
    return true;
}

/* The address of an i32. */
static LLVMValueRef entry(Emit *e, int cell, LLVMValueRef at)
{
    return memory_at(e, NND_I32, emit_cell(e, cell), at);
}

LLVMValueRef demand_row(Emit *e, int list, LLVMValueRef at)
{
    return emit_lookup(e, emit_cell(e, list), at);
}

LLVMValueRef demand_listed_place(Emit *e, const IrValue *table, LLVMValueRef at)
{
    const Demand *demand = e->fg->demands[table->id];
    LLVMValueRef row = demand_row(e, demand->list, at);
    return index_sub(e, emit_lookup(e, emit_cell(e, demand->place), row), emit_i64(e, 1));
}

LLVMValueRef demand_place(Emit *e, const IrValue *table, LLVMValueRef row)
{
    const Demand *demand = e->fg->demands[table->id];
    LLVMValueRef place = demand ? emit_lookup(e, emit_cell(e, demand->place), row) : index_add(e, row, emit_i64(e, 1));
    return LLVMBuildTrunc(e->b, place, e->cg->i32, "");
}

/* Adds 1 to the number in a cell; returns what it was. */
static LLVMValueRef count_up(Emit *e, int cell)
{
    LLVMValueRef number = LLVMBuildLoad2(e->b, e->cg->i64, emit_cell(e, cell), "");
    LLVMBuildStore(e->b, index_add(e, number, emit_i64(e, 1)), emit_cell(e, cell));
    return number;
}

static void store_i32(Emit *e, LLVMValueRef number, LLVMValueRef address)
{
    LLVMBuildStore(e->b, LLVMBuildTrunc(e->b, number, e->cg->i32, ""), address);
}

static void list_row(Emit *e, const Demand *demand, LLVMValueRef row)
{
    LLVMValueRef place = entry(e, demand->place, row);
    LLVMValueRef known = LLVMBuildLoad2(e->b, e->cg->i32, place, "");
    Branch missing = branch_begin(e, LLVMBuildIsNull(e->b, known, ""));
    store_i32(e, index_add(e, count_up(e, demand->used), emit_i64(e, 1)), place);
    store_i32(e, row, entry(e, demand->list, count_up(e, demand->count)));
    branch_end(e, &missing, NULL, NULL);
}

void demand_emit_list(Emit *e, const Nest *nest)
{
    const IrValue *index = nest->anchor->args[1];
    const IrDim *const *dims = (const IrDim *const *)index->type.dims;
    LLVMValueRef rows = emit_extent(e, nest->anchor->results[0].type.dims[0]);
    LLVMBuildStore(e->b, emit_i64(e, 0), emit_cell(e, nest->demand->count));
    Loop loop = loop_begin(e, emit_i64(e, 0), emit_product(e, dims, index->type.rank), 1, LOOP_PLAIN);
    Index at = {0};
    index_split(e, dims, index->type.rank, loop.index, at.at);
    LLVMValueRef row = LLVMBuildSExt(e->b, element(e, index, &at), e->cg->i64, "");
    Branch named = branch_begin(e, index_below(e, row, rows));
    list_row(e, nest->demand, row);
    branch_end(e, &named, NULL, NULL);
    loop_end(e, &loop);
}
