/* SPDX-License-Identifier: Apache-2.0
 *
 * vector_dot: contractions that leave nothing of an operand are sums of products.
 *   after   an operand of a contraction of which all axes are contracted is no vector that the last axis of the other
 *           one goes along
 *
 * As contractions they would have a single column, and each sum would wait for the one before it; sums along the last axis
 * are made in lanes.
 */
#include "compiler/passes/passes.h"

static int paired_axis(const int8_t *from, const int8_t *to, int count, int axis)
{
    for (int i = 0; i < count; i++)
        if (from[i] == axis)
            return to[i];
    return -1;
}

/* A vector that the last axis of `x` goes along, and no axis whose sum would be another one for each segment. */
static bool is_along_rows(const IrValue *x, const IrValue *vector, const int8_t *contracted, int count)
{
    bool last = false;
    for (int i = 0; i < count; i++) {
        if (ir_dim_segmented(x->type.dims[contracted[i]]))
            return false;
        last |= contracted[i] == x->type.rank - 1;
    }
    return last && vector->type.rank == count;
}

static IrValue *sum_of_products(void *context, IrBuilder *b, const IrInst *inst)
{
    (void)context;
    if (inst->op != OP_dot || inst->attrs.dot.batch_count)
        return NULL;
    const IrDot *dot = &inst->attrs.dot;
    for (int side = 0; side < 2; side++) {
        IrValue *x = inst->args[side], *vector = inst->args[1 - side];
        const int8_t *own = side ? dot->b_contract : dot->a_contract, *others = side ? dot->a_contract : dot->b_contract;
        if (!is_along_rows(x, vector, own, dot->contract_count))
            continue;
        int8_t map[NND_MAX_RANK];
        unsigned axes = 0;
        for (int i = 0; i < x->type.rank; i++) {
            map[i] = (int8_t)paired_axis(own, others, dot->contract_count, i);
            axes |= (unsigned)(map[i] >= 0) << i;
        }
        return ir_reduce(b, OP_sum, ir_ew(b, OP_mul, x, ir_broadcast(b, vector, x->type, map), NULL), axes);
    }
    return NULL;
}

bool pass_vector_dot(IrFunc *func)
{
    return ir_func_rewrite(func, sum_of_products, NULL);
}
