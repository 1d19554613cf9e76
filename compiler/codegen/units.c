/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/units.h"

#include "compiler/codegen/loops.h"

typedef struct Units {
    const Nest *nest;
    const IrDim *unit;
    int lanes;
    LLVMValueRef row_at[NND_MAX_RANK]; /* of the row at hand */
    /* with a product: */
    const DotPlan *dot;
    AddressGen address;
    LLVMTypeRef scalar, vector;
    LLVMValueRef blocks; /* stack: sums of the tile, [tile_rows, panel], or of a pair of panels */
    LLVMValueRef panel;  /* number */
    LLVMValueRef block;  /* in `blocks`: sums of the panel */
    LLVMValueRef pair; /* whether its sums are made together with those of the next one; or NULL */
    LLVMValueRef summed;    /* whether they were made with those of the last one; or NULL */
    LLVMValueRef next_panel; /* number of the one that comes after */
    LLVMValueRef next_item, next_unit; /* what will be computed a little after the row and unit at hand; or NULL */
    LLVMValueRef first_row; /* row of S that belongs to the first place */
} Units;

/* Of the places: lo .. hi-1. */
typedef struct Rows {
    LLVMValueRef lo, hi;
} Rows;

/* ---- what is computed for an item and a vector of units ---- */

/* The index of gate `gate` of `dims`, which lie between the rows' axes and the unit. */
static Index gate_index(Emit *e, const Units *u, const IrType *type, int row_rank, int gate,
                        LLVMValueRef unit)
{
    Index index = {0};
    memcpy(index.at, u->row_at, (size_t)row_rank * sizeof *index.at);
    index_split(e, (const IrDim *const *)type->dims + row_rank, type->rank - row_rank - 1,
                emit_i64(e, gate), index.at + row_rank);
    index.at[type->rank - 1] = unit;
    return index;
}

static int64_t gate_count(const IrType *type, int row_rank)
{
    int64_t count = 1;
    for (int i = row_rank; i < type->rank - 1; i++)
        count *= type->dims[i]->size;
    return count;
}

static int row_rank(const Units *u)
{
    return u->dot ? u->dot->rows.count : 1;
}

/* Where the sums of gate `gate` are in the block; `first` is the vector of the panel at hand. */
static LLVMValueRef sum_place(Emit *e, const Units *u, LLVMValueRef row, LLVMValueRef first,
                              int gate)
{
    LLVMValueRef vector = index_add(e, index_mul(e, row, emit_i64(e, u->dot->vectors)), first);
    return index_mul(e, index_add(e, vector, emit_i64(e, gate)), emit_i64(e, u->dot->lanes));
}

static void store_output(Emit *e, Lanes *l, const Units *u, const Output *output, LLVMValueRef unit)
{
    const IrType *type = &output->value->type;
    for (int gate = 0; gate < gate_count(type, row_rank(u)); gate++) {
        Index index = gate_index(e, u, type, row_rank(u), gate, unit);
        if (l) {
            LLVMValueRef vector = lanes_element(l, output->value, &index, type->rank - 1);
            lanes_store(l, output->value, nest_output_base(e, output),
                        nest_output_position(e, output, &index), vector);
        } else {
            nest_store_output(e, output, &index);
        }
    }
}

static void store_outputs(Emit *e, Lanes *l, const Units *u, LLVMValueRef unit)
{
    for (int i = 0; i < u->nest->outputs.count; i++)
        store_output(e, l, u, &u->nest->outputs.data[i], unit);
}

/* A vector of units, `rest` of which and those behind exist. */
static void emit_vector(Emit *e, const Units *u, LLVMValueRef row, LLVMValueRef first,
                        LLVMValueRef unit, LLVMValueRef rest)
{
    Lanes l = lanes_begin(e, u->lanes, u->unit->size % u->lanes ? rest : NULL);
    l.next_item = u->next_item;
    l.next_entry = u->next_unit;
    for (int gate = 0; u->dot && gate < u->dot->gates; gate++) {
        const IrValue *sums = &u->dot->inst->results[0];
        Index index = gate_index(e, u, &sums->type, row_rank(u), gate, unit);
        LLVMValueRef at = sum_place(e, u, row, first, gate);
        LLVMValueRef sum = LLVMBuildLoad2(e->b, u->vector, memory_at(e, NND_F32, u->block, at), "");
        lanes_set(&l, sums, &index, sum);
    }
    store_outputs(e, &l, u, unit);
}

/* The same, one by one. */
static void emit_each(Emit *e, const Units *u, LLVMValueRef row, LLVMValueRef first,
                      LLVMValueRef unit, LLVMValueRef rest)
{
    Loop lanes =
        loop_begin(e, emit_i64(e, 0), index_min(e, emit_i64(e, u->lanes), rest), 1, LOOP_VECTOR);
    LLVMValueRef at = index_add(e, unit, lanes.index);
    for (int gate = 0; u->dot && gate < u->dot->gates; gate++) {
        const IrValue *sums = &u->dot->inst->results[0];
        Index index = gate_index(e, u, &sums->type, row_rank(u), gate, at);
        LLVMValueRef place = index_add(e, sum_place(e, u, row, first, gate), lanes.index);
        element_set(e, sums, &index, memory_load_raw(e, u->dot->dtype, u->block, place));
    }
    store_outputs(e, NULL, u, at);
    loop_end(e, &lanes);
}

static void emit_units(Emit *e, const Units *u, LLVMValueRef row, LLVMValueRef first,
                       LLVMValueRef unit)
{
    LLVMValueRef rest = index_sub(e, emit_extent(e, u->unit), unit);
    if (u->nest->lanes)
        emit_vector(e, u, row, first, unit, rest);
    else
        emit_each(e, u, row, first, unit, rest);
}

/* ---- a product ---- */

static LLVMValueRef panel_pointer(Emit *e, const Units *u)
{
    const DotPlan *p = u->dot;
    LLVMValueRef start = index_mul(e, u->panel, dot_extent(e, &p->k, 0, p->k.count));
    return memory_at(e, p->panel_dtype, emit_cell(e, p->panel_cell),
                     index_mul(e, start, emit_i64(e, dot_panel(p))));
}

static LLVMValueRef row_pointer(Emit *e, const Units *u, LLVMValueRef row)
{
    LLVMValueRef at =
        index_mul(e, index_add(e, u->first_row, row), emit_i64(e, u->dot->row_stride));
    return memory_at(e, u->dot->dtype, u->address.base, index_add(e, u->address.constant, at));
}

/* A single row has too few sums to hide how long a product and addition takes, and does not wait
 * for panels of bf16, as it does for larger ones: it is done for two of them at a time. */
static bool has_pairs(const Emit *e, const Units *u)
{
    const Target *target = e->cg->target;
    const PanelRow row = dot_panel_row(u->dot);
    return panel_is_narrow(&row) &&
           2 * u->dot->vectors + (target->fused ? 4 : 8) <= target->vector_registers;
}

/* Of the panels from `lo` to `end`, the one at hand and the next, or the last. */
static void set_pair(Emit *e, Units *u, LLVMValueRef rows, LLVMValueRef lo, LLVMValueRef end)
{
    LLVMValueRef one = emit_i64(e, 1), next = index_add(e, u->panel, one);
    u->block = u->blocks;
    if (!has_pairs(e, u))
        return;
    LLVMValueRef single = LLVMBuildICmp(e->b, LLVMIntEQ, rows, one, "");
    LLVMValueRef odd = LLVMBuildTrunc(e->b, index_sub(e, u->panel, lo), e->cg->i1, "");
    LLVMValueRef first = LLVMBuildAnd(e->b, single, LLVMBuildNot(e->b, odd, ""), "");
    u->pair = LLVMBuildAnd(e->b, first, LLVMBuildICmp(e->b, LLVMIntSLT, next, end, ""), "");
    u->summed = LLVMBuildAnd(e->b, single, odd, "");
    LLVMValueRef second = memory_at(e, u->dot->dtype, u->blocks, emit_i64(e, dot_panel(u->dot)));
    u->block = LLVMBuildSelect(e->b, u->summed, second, u->blocks, "");
}

/* The number of rows; one more than a tile has for a pair, none if there is nothing left to do. */
static LLVMValueRef tile_choice(Emit *e, const Units *u, LLVMValueRef count)
{
    if (!u->pair)
        return count;
    LLVMValueRef pair = emit_i64(e, u->dot->tile_rows + 1);
    LLVMValueRef more = LLVMBuildSelect(e->b, u->pair, pair, count, "");
    return LLVMBuildSelect(e->b, u->summed, emit_i64(e, 0), more, "");
}

/* Which tile makes the sums of `count` rows is known at run time only. */
static void emit_sums(Emit *e, const Units *u, LLVMValueRef first, LLVMValueRef count)
{
    const DotPlan *p = u->dot;
    LLVMValueRef s = row_pointer(e, u, first), panel = panel_pointer(e, u),
                 k = dot_extent(e, &p->k, 0, p->k.count);
    LLVMBasicBlockRef done = emit_new_block(e, "summed"), full = emit_new_block(e, "rows");
    int choices = p->tile_rows + (u->pair != NULL);
    LLVMValueRef choice =
        LLVMBuildSwitch(e->b, tile_choice(e, u, count), full, (unsigned)choices + 1);
    LLVMAddCase(choice, emit_i64(e, 0), done);
    for (int rows = choices; rows > 0; rows--) {
        bool pair = rows > p->tile_rows;
        LLVMBasicBlockRef block = rows == p->tile_rows ? full : emit_new_block(e, "rows");
        TileShape shape = {dot_panel_row(p), pair ? 2 : 1, pair ? 1 : rows, p->row_stride,
                           p->k_stride};
        if (block != full)
            LLVMAddCase(choice, emit_i64(e, rows), block);
        LLVMPositionBuilderAtEnd(e->b, block);
        units_call_tile(e, &shape, s, panel, k, u->blocks);
        LLVMBuildBr(e->b, done);
    }
    LLVMPositionBuilderAtEnd(e->b, done);
}

/* What is needed when the next tile is computed: of row `row` + `count` at the unit or, after the last row, of one of the first
 * rows at the next panel. */
static void set_next(Emit *e, Units *u, const Rows *rows, LLVMValueRef row, LLVMValueRef count, LLVMValueRef unit)
{
    if (u->dot->rows.count > 1)
        return;
    LLVMValueRef next = index_add(e, row, count), first = index_sub(e, next, index_sub(e, rows->hi, rows->lo));
    LLVMValueRef same = LLVMBuildICmp(e->b, LLVMIntSLT, next, rows->hi, "");
    LLVMValueRef panels = index_sub(e, u->next_panel, u->panel);
    LLVMValueRef other = index_add(e, unit, index_mul(e, panels, emit_i64(e, dot_units(u->dot))));
    u->next_item = index_add(e, u->first_row, LLVMBuildSelect(e->b, same, next, first, ""));
    u->next_unit = LLVMBuildSelect(e->b, same, unit, other, "");
}

static void emit_results(Emit *e, Units *u, const Rows *all, LLVMValueRef first, LLVMValueRef count)
{
    const DotPlan *p = u->dot;
    LLVMValueRef first_unit = index_mul(e, u->panel, emit_i64(e, dot_units(p)));
    LLVMValueRef vectors = index_sub(e, emit_i64(e, (u->unit->size + u->lanes - 1) / u->lanes),
                                     index_div(e, first_unit, emit_i64(e, u->lanes)));
    Loop rows = loop_begin(e, emit_i64(e, 0), count, 1, LOOP_PLAIN);
    LLVMValueRef row = index_add(e, first, rows.index);
    index_split(e, p->rows.dims, p->rows.count, index_add(e, u->first_row, row), u->row_at);
    Loop loop =
        loop_begin(e, emit_i64(e, 0), index_min(e, vectors, emit_i64(e, dot_units(p) / u->lanes)),
                   1, LOOP_PLAIN);
    LLVMValueRef unit = index_add(e, first_unit, index_mul(e, loop.index, emit_i64(e, u->lanes)));
    set_next(e, u, all, row, count, unit);
    emit_units(e, u, rows.index, loop.index, unit);
    loop_end(e, &loop);
    loop_end(e, &rows);
}

/* The rows in tiles as equal as they can be. */
static void emit_panel(Emit *e, Units *u, Rows all)
{
    int most = u->dot->tile_rows;
    LLVMValueRef count = index_sub(e, all.hi, all.lo), one = emit_i64(e, 1);
    LLVMValueRef tiles =
        index_div(e, index_add(e, count, emit_i64(e, most - 1)), emit_i64(e, most));
    LLVMValueRef size =
        index_div(e, index_add(e, count, index_sub(e, tiles, one)), index_max(e, tiles, one));
    Loop loop = loop_begin(e, emit_i64(e, 0), tiles, 1, LOOP_PLAIN);
    LLVMValueRef first = index_add(e, all.lo, index_mul(e, loop.index, size));
    LLVMValueRef rows = index_min(e, size, index_sub(e, all.hi, first));
    emit_sums(e, u, first, rows);
    emit_results(e, u, &all, first, rows);
    loop_end(e, &loop);
}

/* A step of a few rows waits for the panels. Every other one goes through them backwards: it begins with those that the step
 * before has left in the cache, where there is no room for all of them. */
static LLVMValueRef is_backwards(Emit *e, const Units *u, LLVMValueRef rows)
{
    if (has_pairs(e, u))
        return LLVMConstNull(e->cg->i1);
    LLVMValueRef few = LLVMBuildICmp(e->b, LLVMIntSLE, rows, emit_i64(e, u->dot->tile_rows), "");
    return LLVMBuildAnd(e->b, few, LLVMBuildTrunc(e->b, e->region->t, e->cg->i1, ""), "");
}

/* The panel that comes at `at` of `begin` .. `end`, and the one after it. */
static void set_panel(Emit *e, Units *u, LLVMValueRef back, LLVMValueRef at, LLVMValueRef begin, LLVMValueRef end)
{
    LLVMValueRef from_end = index_sub(e, index_sub(e, index_add(e, begin, end), emit_i64(e, 1)), at);
    u->panel = LLVMBuildSelect(e->b, back, from_end, at, "");
    u->next_panel = index_add(e, u->panel, LLVMBuildSelect(e->b, back, emit_i64(e, -1), emit_i64(e, 1), ""));
}

/* What other members have just written is in their cores' caches: all of it is asked for at once. */
static void ask_for_rows(Emit *e, const Units *u, LLVMValueRef rows)
{
    const DotPlan *p = u->dot;
    LLVMValueRef few = LLVMBuildICmp(e->b, LLVMIntSLE, rows, emit_i64(e, p->tile_rows), "");
    LLVMValueRef shared = LLVMBuildICmp(e->b, LLVMIntSGT, e->size, emit_i64(e, 1), "");
    Branch ask = branch_begin(e, LLVMBuildAnd(e->b, few, shared, ""));
    LLVMValueRef first = row_pointer(e, u, emit_i64(e, 0));
    loop_prefetch(e, p->dtype, first, index_mul(e, rows, emit_i64(e, p->row_stride)));
    branch_end(e, &ask, NULL, NULL);
}

/* All panels of `rows` rows: the member's share of the rows of them all, panel by panel. */
static void emit_panels(Emit *e, Units *u, LLVMValueRef rows)
{
    LLVMValueRef zero = emit_i64(e, 0), one = emit_i64(e, 1), some = index_max(e, rows, one);
    LLVMValueRef lo = zero, hi = index_mul(e, rows, dot_panel_count(e, u->dot));
    scan_share(e, &lo, &hi);
    ask_for_rows(e, u, rows);
    LLVMValueRef end = index_div(e, index_add(e, hi, index_sub(e, some, one)), some);
    LLVMValueRef begin = index_div(e, lo, some), back = is_backwards(e, u, rows);
    Loop loop = loop_begin(e, begin, end, 1, LOOP_PLAIN);
    set_panel(e, u, back, loop.index, begin, end);
    LLVMValueRef start = index_mul(e, u->panel, rows);
    set_pair(e, u, rows, begin, end);
    emit_panel(e, u, (Rows){index_max(e, zero, index_sub(e, lo, start)), index_min(e, rows, index_sub(e, hi, start))});
    loop_end(e, &loop);
}

static void emit_with_product(Emit *e, Units *u, LLVMValueRef lo, LLVMValueRef hi)
{
    const DotPlan *p = u->dot;
    LLVMValueRef each = dot_extent(e, &p->rows, 1, p->rows.count - 1);
    u->scalar = emit_type(e->cg, p->dtype);
    u->vector = LLVMVectorType(u->scalar, (unsigned)p->lanes);
    u->address = address_begin(e, &p->map, p->inst->args[p->s]->type.rank);
    int block_rows = p->tile_rows > 1 ? p->tile_rows : 2; /* or a row of two panels */
    u->blocks = emit_alloca_array(e, u->scalar, block_rows * dot_panel(p), "block");
    u->first_row = index_mul(e, lo, each);
    emit_panels(e, u, index_mul(e, index_sub(e, hi, lo), each));
}

/* ---- no product ---- */

static void emit_alone(Emit *e, Units *u, LLVMValueRef lo, LLVMValueRef hi)
{
    LLVMValueRef vectors = emit_i64(e, (u->unit->size + u->lanes - 1) / u->lanes);
    LLVMValueRef first = index_mul(e, lo, vectors), end = index_mul(e, hi, vectors);
    scan_share(e, &first, &end);
    Loop loop = loop_begin(e, first, end, 1, LOOP_PLAIN);
    LLVMValueRef unit = index_mul(e, index_rem(e, loop.index, vectors), emit_i64(e, u->lanes));
    u->row_at[0] = u->next_item = index_div(e, loop.index, vectors);
    u->next_unit = index_add(e, unit, emit_i64(e, u->lanes));
    emit_units(e, u, NULL, NULL, unit);
    loop_end(e, &loop);
}

void units_emit(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    const DotPlan *p = nest->dot;
    Units u = {.nest = nest,
               .unit = nest->unit,
               .dot = p,
               .lanes = p ? p->lanes : e->cg->target->vector_bytes / 4};
    if (p)
        emit_with_product(e, &u, lo, hi);
    else
        emit_alone(e, &u, lo, hi);
}
