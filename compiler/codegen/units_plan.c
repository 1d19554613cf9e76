/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/units.h"

static bool is_off(const FuncGen *fg)
{
    return optimisation_in(fg->cg->ir->without, OPTIMISE_UNITS);
}

/* ---- the product ---- */

static const IrDim *last_dim(const AxisList *list)
{
    return list->dims[list->count - 1];
}

/* The product of constant extents `first` .. `first + count - 1`; 0 if it is more than MAX_GATES.
 */
static int count_gates(const IrDim *const *dims, int count)
{
    int64_t gates = 1;
    for (int i = 0; i < count; i++) {
        if (dims[i]->kind != NND_DIM_CONST || gates * dims[i]->size > MAX_GATES)
            return 0;
        gates *= dims[i]->size;
    }
    return (int)gates;
}

/* Distance of the rows, if all rows axes are walked in equal steps; else -1. */
static int64_t row_stride(const DotPlan *p)
{
    int last = p->rows.count - 1;
    int64_t stride = address_static_stride(&p->map, p->rows.axes[last]), step = stride;
    for (int i = last - 1; i >= 0 && stride >= 0; i--) {
        step *= p->rows.dims[i + 1]->kind == NND_DIM_CONST ? p->rows.dims[i + 1]->size : -1;
        if (address_static_stride(&p->map, p->rows.axes[i]) != step)
            return -1;
    }
    return stride;
}

static void set_tile(const Target *target, DotPlan *p, int64_t units, int gates)
{
    int64_t needed = (units + p->lanes - 1) / p->lanes;
    int wide =
        target->vector_registers >= 32 ? 4 : 3; /* so many independent sums hide the latency */
    p->gates = gates;
    p->merged = 1;
    p->vectors = gates > 1 ? gates : needed < wide ? (int)needed : wide;
    int others = target->fused ? 1 : 4; /* a scalar, and products that are not fused with the sum */
    p->tile_rows = (target->vector_registers - others - p->vectors) / p->vectors;
    p->tile_rows = p->tile_rows > MAX_TILE_ROWS ? MAX_TILE_ROWS : p->tile_rows;
}

bool units_choose(const FuncGen *fg, DotPlan *p)
{
    if (is_off(fg) || !p->in_scan || p->map.bound_count || p->loop_count != 1)
        return false;
    const Target *target = fg->cg->target;
    const IrDim *unit = last_dim(&p->columns);
    int gates = count_gates(p->columns.dims, p->columns.count - 1);
    p->row_stride = row_stride(p);
    p->k_stride = address_static_stride(&p->map, p->k.axes[p->k.count - 1]);
    p->lanes = target->vector_bytes / (int)nnd_dtype_size(p->dtype);
    if (p->row_stride < 0 || p->k_stride < 0 || !gates || 2 * gates >= target->vector_registers ||
        unit->kind != NND_DIM_CONST || 2 * unit->size < p->lanes)
        return false;
    set_tile(target, p, unit->size, gates);
    return true;
}

/* ---- what reads the values of its own item and unit only ---- */

/* Where an axis is read, seen from the item and unit that are being computed. */
typedef enum Place { PLACE_OTHER, PLACE_GATE, PLACE_ITEM, PLACE_UNIT } Place;

typedef struct Places {
    Place at[NND_MAX_RANK];
} Places;

typedef struct Walk {
    const FuncGen *fg;
    const IrRegion *region; /* the body of the scan */
    const Nest *nest, *read; /* what makes values, and the nest of which the outputs are walked */
    bool in_place; /* values of both are read at their item and unit */
    bool lanes;    /* lanes.h can do it */
} Walk;

static Places own_places(const IrType *type)
{
    Places own = {{PLACE_ITEM}};
    for (int i = 1; i < type->rank; i++)
        own.at[i] = i == type->rank - 1 ? PLACE_UNIT : PLACE_GATE;
    return own;
}

static int unit_axis(const Places *places, int rank)
{
    for (int i = 0; i < rank; i++)
        if (places->at[i] == PLACE_UNIT)
            return i;
    return -1;
}

/* A reduction that is anchor of a map is computed where the map reads it. */
static bool makes(const Nest *nest, const IrValue *value)
{
    bool found = nest->anchor && nest->anchor->op == OP_dot && value == &nest->anchor->results[0];
    for (int i = 0; i < nest->outputs.count; i++)
        found |= nest->outputs.data[i].value == value;
    return found;
}

static Places broadcast_places(const IrInst *inst, const Places *places)
{
    const IrType *type = &inst->results[0].type, *x = &inst->args[0]->type;
    Places from = {0};
    for (int i = 0; i < type->rank; i++)
        if (inst->attrs.map[i] >= 0 && x->dims[inst->attrs.map[i]] == type->dims[i])
            from.at[inst->attrs.map[i]] = places->at[i];
    return from;
}

static bool has_one_entry(const IrDim *dim)
{
    return dim->kind == NND_DIM_CONST && dim->size == 1;
}

/* Of a reshape that only adds or takes away axes of one entry; false if it does more. */
static bool reshape_places(const IrType *to, const IrType *from, const Places *places, Places *out)
{
    int i = 0, j = 0;
    for (int k = 0; k < from->rank; k++)
        out->at[k] = PLACE_GATE;
    for (;;) {
        while (i < to->rank && has_one_entry(to->dims[i]))
            i++;
        while (j < from->rank && has_one_entry(from->dims[j]))
            j++;
        if (i == to->rank || j == from->rank)
            return i == to->rank && j == from->rank;
        if (to->dims[i] != from->dims[j])
            return false;
        out->at[j++] = places->at[i++];
    }
}

static Places operand_places(Walk *w, const IrInst *inst, const Places *places)
{
    Places from = *places;
    int axis = inst->attrs.slice.axis;
    switch (inst->op) {
    case OP_broadcast: return broadcast_places(inst, places);
    case OP_transpose:
        for (int i = 0; i < inst->results[0].type.rank; i++)
            from.at[inst->attrs.map[i]] = places->at[i];
        return from;
    case OP_reshape:
        if (reshape_places(&inst->results[0].type, &inst->args[0]->type, places, &from))
            return from;
        w->lanes &= w->fg->stored[inst->args[0]->id] &&
                    places->at[inst->results[0].type.rank - 1] == PLACE_UNIT;
        return (Places){0};
    case OP_slice:
        if (places->at[axis] != PLACE_GATE && inst->attrs.slice.start) {
            w->lanes &= places->at[axis] != PLACE_UNIT;
            from.at[axis] = PLACE_OTHER;
        }
        return from;
    case OP_pad: w->lanes &= places->at[axis] == PLACE_GATE; return from;
    default:
        w->lanes &= lanes_knows(inst->op);
        return ir_op_is_scalar(inst->op) || inst->op == OP_cast ? from : (Places){0};
    }
}

static void walk_value(Walk *w, const IrValue *value, const Places *places, int depth);

/* A parameter of the body that has memory of its own; others stand for operands of the scan. */
static bool is_state(const Walk *w, const IrValue *value)
{
    const IrScan *attrs = &w->region->owner->attrs.scan;
    return !value->def && value->index >= attrs->seq_count + attrs->row_count;
}

/* Which row is a scalar, whatever it is computed of. */
static void walk_gather(Walk *w, const IrInst *inst, const Places *places, int depth)
{
    const IrValue *table = inst->args[0], *which = inst->args[1];
    Places of_table = {{PLACE_OTHER}};
    for (int i = 1; i < table->type.rank; i++)
        of_table.at[i] = places->at[which->type.rank + i - 1];
    walk_value(w, table, &of_table, depth);
    bool lanes = w->lanes && unit_axis(places, which->type.rank) < 0;
    walk_value(w, which, places, depth);
    w->lanes = lanes;
}

static void walk_value(Walk *w, const IrValue *value, const Places *places, int depth)
{
    enum { DEEP = 64 };
    int axis = unit_axis(places, value->type.rank);
    w->lanes &= lanes_holds(value->type.dtype);
    if (depth > DEEP) {
        w->in_place = w->lanes = false;
    } else if (depth && (makes(w->nest, value) || makes(w->read, value))) {
        w->in_place &=
            places->at[0] == PLACE_ITEM && places->at[value->type.rank - 1] == PLACE_UNIT;
        for (int i = 1; i < value->type.rank - 1; i++)
            w->in_place &= places->at[i] == PLACE_GATE;
    } else if (w->fg->stored[value->id] || is_state(w, value)) {
        w->lanes &= axis < 0 || axis == value->type.rank - 1;
    } else if (!value->def) {
        walk_value(w, w->region->owner->args[value->index], places, depth + 1);
    } else if (value->def->op == OP_gather) {
        walk_gather(w, value->def, places, depth + 1);
    } else {
        Places from = operand_places(w, value->def, places);
        for (int i = 0; i < value->def->arg_count; i++)
            walk_value(w, value->def->args[i], &from, depth + 1);
    }
}

/* `stored`, as it is while the nest computes its own values. */
static void set_own_stored(FuncGen *fg, const Nest *nest, bool stored)
{
    for (int i = 0; i < nest->outputs.count; i++)
        fg->stored[nest->outputs.data[i].value->id] = stored;
}

static Walk walk_outputs(FuncGen *fg, const IrRegion *region, const Nest *made, const Nest *read)
{
    Walk w = {fg, region, made, read, true, true};
    set_own_stored(fg, read, false);
    for (int i = 0; i < read->outputs.count; i++) {
        const IrValue *value = read->outputs.data[i].value;
        Places own = own_places(&value->type);
        walk_value(&w, value, &own, 0);
    }
    set_own_stored(fg, read, true);
    return w;
}

/* ---- nests of units ---- */

static bool has_units(const IrType *type, const IrDim *item, const IrDim *unit)
{
    return type->rank >= 2 && type->dims[0] == item && type->dims[type->rank - 1] == unit &&
           unit->kind == NND_DIM_CONST &&
           count_gates((const IrDim *const *)type->dims + 1, type->rank - 2);
}

static bool all_have_units(const Nest *nest, const IrDim *item, const IrDim *unit)
{
    for (int i = 0; i < nest->outputs.count; i++)
        if (!has_units(&nest->outputs.data[i].value->type, item, unit))
            return false;
    return nest->kind == NEST_FLAT || nest->kind == NEST_ROWS;
}

static bool can_mask(const FuncGen *fg, const IrDim *unit, int lanes)
{
    return lanes_can_mask(fg->cg->target) || unit->size % lanes == 0;
}

static int lane_count(const FuncGen *fg)
{
    return fg->cg->target->vector_bytes / 4;
}

static void begin(FuncGen *fg, const IrRegion *region, Nest *nest)
{
    const IrType *type = &nest->outputs.data[0].value->type;
    const IrDim *unit = type->rank ? type->dims[type->rank - 1] : NULL;
    if (!unit || !all_have_units(nest, type->dims[0], unit) || 2 * unit->size < lane_count(fg) ||
        !can_mask(fg, unit, lane_count(fg)) || !walk_outputs(fg, region, nest, nest).lanes)
        return;
    nest->kind = NEST_UNITS;
    nest->unit = unit;
    nest->item_rank = 1;
    nest->items[0] = type->dims[0];
}

static bool absorb(FuncGen *fg, const IrRegion *region, Nest *nest, const Nest *next)
{
    bool items =
        nest->kind == NEST_UNITS && (!nest->dot || nest->dot->rows.count == 1); /* are its rows */
    if (!items || !all_have_units(next, nest->items[0], nest->unit))
        return false;
    Walk own = walk_outputs(fg, region, nest, nest), more = walk_outputs(fg, region, nest, next);
    if (!more.in_place || (own.lanes && !more.lanes))
        return false;
    for (int i = 0; i < next->outputs.count; i++)
        vec_push(fg->cg->arena, &nest->outputs, next->outputs.data[i]);
    return true;
}

/* A product computes units if its rows are the items. What comes before it and is none of its
 * operands can then wait for it. */
static void begin_product(FuncGen *fg, NestList *steps, Nest *nest)
{
    const DotPlan *p = nest->dot;
    const Nest *last = steps->count ? steps->data[steps->count - 1] : NULL;
    nest->unit = last_dim(&p->columns);
    if (p->rows.count != 1 || !last || last->kind != NEST_UNITS || last->dot ||
        last->unit != nest->unit || makes(last, p->map.root))
        return;
    for (int i = 0; i < last->outputs.count; i++)
        vec_push(fg->cg->arena, &nest->outputs, last->outputs.data[i]);
    steps->count--;
}

void units_add(FuncGen *fg, const IrRegion *region, NestList *steps, Nest *nest)
{
    if (nest->kind == NEST_UNITS)
        begin_product(fg, steps, nest);
    else if (steps->count && absorb(fg, region, steps->data[steps->count - 1], nest))
        return;
    else if (!is_off(fg) && nest->outputs.count &&
             (nest->kind == NEST_FLAT || nest->kind == NEST_ROWS))
        begin(fg, region, nest);
    vec_push(fg->cg->arena, steps, nest);
}

/* ---- what needs memory ---- */

static bool is_of_nest(const Nest *nest, const IrInst *inst)
{
    for (int i = 0; i < nest->outputs.count; i++)
        if (nest->outputs.data[i].value->def->group == inst->group)
            return true;
    return false;
}

/* Views are computed where they are used: what counts is who reads them. */
static bool is_read_elsewhere(const Nest *nest, const IrRegion *region, const IrValue *value)
{
    for (int i = 0; i < region->owner->attrs.scan.state_count; i++)
        if (region->yields[i] == value)
            return true;
    for (const IrInst *inst = region->first; inst; inst = inst->next)
        for (int i = 0; i < inst->arg_count; i++)
            if (inst->args[i] == value &&
                (inst->group == -1 ? is_read_elsewhere(nest, region, &inst->results[0])
                                   : !is_of_nest(nest, inst)))
                return true;
    return false;
}

static bool is_copied(const IrRegion *region, const Nest *nest, const IrValue *value)
{
    int states = region->owner->attrs.scan.state_count;
    for (int i = states; i < region->yield_count; i++) {
        bool stored = false;
        for (int k = 0; k < nest->outputs.count; k++)
            stored |= nest->outputs.data[k].kind == OUTPUT_EMIT &&
                      nest->outputs.data[k].which == i - states;
        if (region->yields[i] == value && !stored)
            return true;
    }
    return false;
}

static void drop_outputs(FuncGen *fg, Nest *nest, const IrRegion *region)
{
    int kept = 0;
    bool *needed = ARENA_ARRAY(fg->cg->arena, bool, nest->outputs.count + 1);
    for (int i = 0; i < nest->outputs.count; i++) {
        const Output *output = &nest->outputs.data[i];
        needed[i] = output->kind != OUTPUT_OWN || is_read_elsewhere(nest, region, output->value) ||
                    is_copied(region, nest, output->value);
    }
    for (int i = 0; i < nest->outputs.count; i++) {
        Output output = nest->outputs.data[i];
        if (output.kind == OUTPUT_OWN)
            fg->stored[output.value->id] = needed[i];
        if (needed[i])
            nest->outputs.data[kept++] = output;
    }
    nest->outputs.count = kept;
}

void units_finish(FuncGen *fg, const IrRegion *region, const NestList *steps)
{
    for (int i = 0; i < steps->count; i++) {
        Nest *nest = steps->data[i];
        if (nest->kind != NEST_UNITS)
            continue;
        nest->lanes =
            can_mask(fg, nest->unit, lane_count(fg)) && walk_outputs(fg, region, nest, nest).lanes;
        drop_outputs(fg, nest, region);
    }
}
