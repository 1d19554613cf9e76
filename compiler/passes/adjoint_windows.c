/* SPDX-License-Identifier: Apache-2.0
 *
 * adjoint-windows: gradients through the windows of convolutions and poolings.
 *   needs   verified IR of a gradient
 *   after   of windows along axes of constant size:
 *
 *   unwindow(x), windows that do not overlap    a reshape of x, padded
 *   unwindow(y · W), windows of stride 1        window(y) · W, with W's entries in reverse
 *
 * The first puts each element where it was. The second is the convolution of the gradient that
 * is known as the transposed one: y · W has an element for each entry of each window, as
 * often as windows overlap; window(y) is read in place.
 */
#include "compiler/passes/passes.h"

/* Fewer columns do not fill a register tile; more rows than that are more work than is saved. */
enum { LEAST_COLUMNS = 8, MOST_ROWS_PERCENT = 150 };

typedef struct Pass {
    IrFunc *func;
    IrBuilder b; /* before the instruction at hand */
} Pass;

static bool is_read_once(const Pass *p, const IrValue *value)
{
    return ir_region_use_count(p->func->body, value) == 1;
}

/* ---- windows that do not overlap ---- */

static IrValue *put_back(Pass *p, const IrInst *unwindow)
{
    const IrWindow *w = &unwindow->attrs.window;
    IrValue *x = unwindow->args[0];
    int64_t covered = x->type.dims[w->axis]->size * w->size,
            extent = unwindow->results[0].type.dims[w->axis]->size;
    if (w->stride != w->size || w->dilation != 1 || w->low || covered > extent)
        return NULL;
    IrType type = ir_type_without_axis(x->type, w->axis);
    type.dims[w->axis] = ir_dim_const(p->func->module, covered);
    IrValue *all = ir_reshape(&p->b, x, type);
    return covered < extent ? ir_pad(&p->b, all, w->axis, 0, extent) : all;
}

/* ---- windows of a contraction ---- */

/* y · W and the axes of both that the windows run along. */
typedef struct Product {
    const IrInst *dot;
    int8_t map[NND_MAX_RANK]; /* axis of the dot's result for each axis of what is unwindowed */
    int side;                 /* of y */
    int along, entry;         /* axis of y that is the windows', of W that is their entries' */
} Product;

static int8_t *contracted(IrDot *dot, int side)
{
    return side ? dot->b_contract : dot->a_contract;
}

static bool is_free(const IrDot *dot, int side, int axis)
{
    bool bound = false;
    for (int i = 0; i < dot->batch_count; i++)
        bound |= (side ? dot->b_batch : dot->a_batch)[i] == axis;
    for (int i = 0; i < dot->contract_count; i++)
        bound |= (side ? dot->b_contract : dot->a_contract)[i] == axis;
    return !bound;
}

/* The operand's axis that an axis of the result is, and whose; -1: that of both. */
static int operand_axis(const IrInst *dot, int axis, int *side)
{
    axis -= dot->attrs.dot.batch_count;
    for (*side = 0; axis >= 0 && *side < 2; ++*side)
        for (int i = 0; i < dot->args[*side]->type.rank; i++)
            if (is_free(&dot->attrs.dot, *side, i) && !axis--)
                return i;
    return -1;
}

static bool find_product(const Pass *p, const IrInst *unwindow, Product *out)
{
    const IrValue *x = unwindow->args[0];
    int axis = unwindow->attrs.window.axis, other;
    bool transposed = x->def && x->def->op == OP_transpose && is_read_once(p, x);
    for (int i = 0; i < x->type.rank; i++)
        out->map[i] = transposed ? x->def->attrs.map[i] : (int8_t)i;
    out->dot = transposed ? x->def->args[0]->def : x->def;
    if (!out->dot || out->dot->op != OP_dot || !is_read_once(p, &out->dot->results[0]))
        return false;
    out->along = operand_axis(out->dot, out->map[axis], &out->side);
    out->entry = operand_axis(out->dot, out->map[axis + 1], &other);
    return out->along >= 0 && out->entry >= 0 && other != out->side;
}

/* How many columns W has beside the entries of the window; dimensions of unknown size count as 1.
 */
static int64_t columns(const Product *product)
{
    const IrType *type = &product->dot->args[1 - product->side]->type;
    int64_t count = 1;
    for (int i = 0; i < type->rank; i++)
        if (i != product->entry && type->dims[i]->kind == NND_DIM_CONST &&
            is_free(&product->dot->attrs.dot, 1 - product->side, i))
            count *= type->dims[i]->size;
    return count;
}

static bool pays(const IrInst *unwindow, const Product *product)
{
    int axis = unwindow->attrs.window.axis;
    int64_t windows = unwindow->args[0]->type.dims[axis]->size,
            rows = unwindow->results[0].type.dims[axis]->size;
    return columns(product) >= LEAST_COLUMNS && rows * 100 <= windows * MOST_ROWS_PERCENT;
}

/* x with the entries of an axis in the other order. */
static IrValue *reversed(Pass *p, IrValue *x, int axis)
{
    int8_t to_front[NND_MAX_RANK], back[NND_MAX_RANK];
    IrType type = {.dtype = NND_I32, .rank = 1, .dims = {x->type.dims[axis]}};
    if (x->type.dims[axis]->size == 1)
        return x;
    to_front[0] = (int8_t)axis;
    for (int i = 0; i < x->type.rank; i++) {
        back[i] = (int8_t)(i == axis ? 0 : i + (i < axis));
        if (i != axis)
            to_front[(int)back[i]] = (int8_t)i;
    }
    IrValue *last = ir_const(&p->b, type, (double)x->type.dims[axis]->size - 1);
    IrValue *order = ir_ew(&p->b, OP_sub, last, ir_iota(&p->b, type, 0), NULL);
    return ir_transpose(&p->b, ir_gather(&p->b, ir_transpose(&p->b, x, to_front), order), back);
}

static void move_behind(int8_t *axes, int count, int axis)
{
    for (int i = 0; i < count; i++)
        axes[i] += axes[i] > axis;
}

/* The contraction of windows of y, whose entries follow the axis that they run along, and those of
 * W. */
static IrDot dot_of_windows(const Product *product)
{
    IrDot dot = product->dot->attrs.dot;
    move_behind(product->side ? dot.b_batch : dot.a_batch, dot.batch_count, product->along);
    move_behind(contracted(&dot, product->side), dot.contract_count, product->along);
    contracted(&dot, product->side)[dot.contract_count] = (int8_t)(product->along + 1);
    contracted(&dot, 1 - product->side)[dot.contract_count++] = (int8_t)product->entry;
    return dot;
}

/* Its result in the order of what was unwindowed, whose axis of entries is gone. */
static IrValue *in_order(Pass *p, IrValue *x, const Product *product, int entry)
{
    int8_t map[NND_MAX_RANK];
    for (int i = 0, n = 0; i <= x->type.rank; i++)
        if (i != entry)
            map[n++] = (int8_t)(product->map[i] - (product->map[i] > product->map[entry]));
    return ir_transpose(&p->b, x, map);
}

/* Row i of what the windows were over is entry k of window i + low - k * dilation: with the entries
 * in reverse, window i of y from i - ((size - 1) * dilation - low) on. */
static IrValue *contract_windows(Pass *p, const IrInst *unwindow)
{
    Product product;
    IrWindow w = unwindow->attrs.window;
    int64_t low = (w.size - 1) * w.dilation - w.low;
    if (w.stride != 1 || low < 0 || !find_product(p, unwindow, &product) ||
        !pays(unwindow, &product))
        return NULL;
    IrValue *y = product.dot->args[product.side], *other = product.dot->args[1 - product.side],
            *args[2];
    if (y->type.rank == NND_MAX_RANK)
        return NULL;
    IrWindow again = {
        .axis = product.along, .size = w.size, .stride = 1, .dilation = w.dilation, .low = low};
    args[product.side] = ir_window(&p->b, y, again, unwindow->results[0].type.dims[w.axis]);
    args[1 - product.side] = reversed(p, other, product.entry);
    return in_order(p, ir_dot(&p->b, args[0], args[1], dot_of_windows(&product)), &product,
                    w.axis + 1);
}

static IrValue *rewritten(void *context, IrBuilder *b, const IrInst *inst)
{
    Pass p = {.func = context, .b = *b};
    if (inst->op != OP_unwindow ||
        inst->results[0].type.dims[inst->attrs.window.axis]->kind != NND_DIM_CONST)
        return NULL;
    IrValue *value = contract_windows(&p, inst);
    return value ? value : put_back(&p, inst);
}

bool pass_adjoint_windows(IrFunc *func)
{
    return ir_func_rewrite(func, rewritten, func);
}
