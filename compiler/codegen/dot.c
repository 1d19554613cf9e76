/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/dot.h"

static void add_contracted(Nest *nest)
{
    const IrDot *dot = &nest->anchor->attrs.dot;
    for (int i = 0; i < dot->contract_count; i++)
        nest->inner[nest->inner_rank++] = nest->anchor->args[0]->type.dims[dot->a_contract[i]];
}

/* Without a result axis to keep in lanes, or with nothing but the items of a scan. */
static void plan_elements(Nest *nest, const IrType *type)
{
    nest->kind = NEST_FLAT;
    nest->item_rank = type->rank;
    nest->chunk = 1;
    nest->item_ns = 1;
}

static void plan_columns(Nest *nest, const IrType *type)
{
    nest->kind = NEST_COLUMNS;
    nest->item_rank = type->rank;
    nest->chunk = COLUMN_CHUNK;
    nest->item_ns = 0.1 * COLUMN_CHUNK;
}

void dot_plan(FuncGen *fg, Nest *nest, const IrRegion *region, NestList *out)
{
    const IrType *type = &nest->anchor->results[0].type;
    for (int i = 0; i < type->rank; i++)
        nest->items[i] = type->dims[i];
    if (type->rank == 0 || (region->owner && type->rank == 1))
        plan_elements(nest, type);
    else
        plan_columns(nest, type);
    add_contracted(nest);
    vec_push(fg->cg->arena, out, nest);
}

void dot_emit_pack(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    (void)e, (void)nest, (void)lo, (void)hi;
}

void dot_emit_tiles(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    (void)e, (void)nest, (void)lo, (void)hi;
}
