/* SPDX-License-Identifier: Apache-2.0
 *
 * fold: the canonical form.
 *   after   no operation on constants alone that moves or copies them; no
 *           addition of 0, multiplication or division by 1; no chain of
 *           reshapes, transposes or broadcasts that one would do
 * Every rewrite gives the same bits (but for the sign of zero).
 */
#include "compiler/passes/passes.h"

static bool is_const(const IrValue *value)
{
    return value->def && value->def->op == OP_const;
}


static bool is_number(const IrValue *value, double number)
{
    return is_const(value) && value->def->attrs.constant == number;
}

static IrValue *fold_constant(IrBuilder *b, const IrInst *inst)
{
    switch (inst->op) {
    case OP_broadcast: case OP_reshape: case OP_transpose: case OP_slice:
        return ir_const(b, inst->results[0].type, inst->args[0]->def->attrs.constant);
    case OP_cast:
        if (inst->args[0]->type.dtype == NND_F32 && inst->results[0].type.dtype == NND_F64)
            return ir_const(b, inst->results[0].type, (float)inst->args[0]->def->attrs.constant);
        return NULL;
    case OP_neg: return ir_const(b, inst->results[0].type, -inst->args[0]->def->attrs.constant);
    default: return NULL;
    }
}

static IrValue *fold_identity(const IrInst *inst)
{
    if (!inst->arg_count)
        return NULL;
    IrValue *x = inst->args[0], *y = inst->arg_count > 1 ? inst->args[1] : NULL;
    switch (inst->op) {
    case OP_add: return is_number(y, 0) ? x : is_number(x, 0) ? y : NULL;
    case OP_sub: return is_number(y, 0) ? x : NULL;
    case OP_mul: return is_number(y, 1) ? x : is_number(x, 1) ? y : NULL;
    case OP_div: return is_number(y, 1) ? x : NULL;
    case OP_neg: return x->def && x->def->op == OP_neg ? x->def->args[0] : NULL;
    case OP_select:
        if (is_const(x))
            return x->def->attrs.constant != 0 ? y : inst->args[2];
        return NULL;
    default: return NULL;
    }
}

static IrValue *fold_transposes(IrBuilder *b, const IrInst *outer, const IrInst *inner)
{
    int8_t map[NND_MAX_RANK];
    for (int i = 0; i < outer->results[0].type.rank; i++)
        map[i] = inner->attrs.map[outer->attrs.map[i]];
    return ir_transpose(b, inner->args[0], map);
}

static IrValue *fold_broadcasts(IrBuilder *b, const IrInst *outer, const IrInst *inner)
{
    int8_t map[NND_MAX_RANK];
    for (int i = 0; i < outer->results[0].type.rank; i++)
        map[i] = outer->attrs.map[i] < 0 ? (int8_t)-1 : inner->attrs.map[outer->attrs.map[i]];
    return ir_broadcast(b, inner->args[0], outer->results[0].type, map);
}

static IrValue *fold_chain(IrBuilder *b, const IrInst *inst)
{
    const IrInst *inner = inst->arg_count ? inst->args[0]->def : NULL;
    if (!inner || inner->op != inst->op)
        return NULL;
    switch (inst->op) {
    case OP_reshape: return ir_reshape(b, inner->args[0], inst->results[0].type);
    case OP_transpose: return fold_transposes(b, inst, inner);
    case OP_broadcast: return fold_broadcasts(b, inst, inner);
    default: return NULL;
    }
}

static bool all_const(const IrInst *inst)
{
    for (int i = 0; i < inst->arg_count; i++)
        if (!is_const(inst->args[i]))
            return false;
    return inst->arg_count > 0;
}

static bool fold_region(IrFunc *func, IrRegion *region)
{
    bool changed = false;
    for (IrInst *inst = region->first, *next; inst; inst = next) {
        next = inst->next;
        if (inst->region) {
            changed |= fold_region(func, inst->region);
            continue;
        }
        IrBuilder b = ir_builder_before(func->module, region, inst);
        IrValue *value = all_const(inst) ? fold_constant(&b, inst) : NULL;
        if (!value)
            value = fold_identity(inst);
        if (!value)
            value = fold_chain(&b, inst);
        if (!value)
            continue;
        ir_inst_replace(region, inst, value);
        changed = true;
    }
    return changed;
}

bool pass_fold(IrFunc *func)
{
    return fold_region(func, func->body);
}
