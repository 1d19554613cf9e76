/* SPDX-License-Identifier: Apache-2.0
 *
 * fold_embedding: a linear map of a row of a table is a row of a table.
 *   needs   fixed arguments (pass_freeze)
 *   after   dot(gather(T, i), W) is gather(P, place) with the table P = on_demand(dot(T, W), i) and the places
 *           of the words in it, if T and W are fixed and P fits what is left of the module's fold_memory
 *
 * So is a convolution over words: contracted over windows of k words, too, it is the sum of k rows, the
 * t-th word's of table t. The k tables lie row by row side by side: row i of table t is row i * k + t of P
 * seen as [n * k, filters]. What is outside of a text, where windows see zeros, gets the place -1, and so do
 * words outside of T: rows outside of a table are zeros again.
 *
 * The rule of cost: a row of P is worth having if it takes fewer loads than the sums that it replaces take
 * products, which is so from a few features on; rows are computed when they are needed first, so that no
 * call costs more than without P. Tables are taken in the order of the program while there is room.
 *
 * For one row and constant operands XLA has the rewrite; Devlin et al. (Fast and Robust Neural Network Joint
 * Models, ACL 2014) did it by hand for a decoder.
 */
#include "compiler/passes/fuse.h"
#include "compiler/passes/passes.h"

enum { LEAST_FEATURES = 8, MOST_WINDOWS = 4 };

/* gather(table, words), seen through windows along axes of `words`. */
typedef struct Rows {
    const IrInst *gather;
    const IrInst *windows[MOST_WINDOWS]; /* in the order in which they are taken */
    int window_count;
    int rank; /* axes of the index; those of the features follow */
} Rows;

typedef struct Folder {
    IrFunc *func;
    Arena *arena;
    const bool *fixed;
    int64_t room; /* bytes */
} Folder;

/* A contraction that can be folded. */
typedef struct Map {
    IrInst *dot;
    int side; /* which operand is the rows */
    Rows rows;
    int tap_count, feature_count;
    int taps[NND_MAX_RANK], features[NND_MAX_RANK];                 /* contracted axes of the rows ... */
    int weight_taps[NND_MAX_RANK], weight_features[NND_MAX_RANK];   /* ... and their partners */
    int64_t tables, columns; /* entries of the taps; entries of W's other axes */
} Map;

static bool find_rows(const Folder *f, const IrValue *value, Rows *rows)
{
    const IrInst *inst = value->def;
    if (!inst)
        return false;
    if (inst->op == OP_gather) {
        *rows = (Rows){.gather = inst, .rank = inst->args[1]->type.rank};
        return f->fixed[inst->args[0]->id] && !f->fixed[inst->args[1]->id];
    }
    if (inst->op != OP_window || inst->attrs.window.fill != 0 || !find_rows(f, inst->args[0], rows) ||
        inst->attrs.window.axis >= rows->rank || rows->window_count == MOST_WINDOWS)
        return false;
    rows->windows[rows->window_count++] = inst;
    rows->rank++;
    return true;
}

static int contracted_partner(const IrDot *dot, int side, int axis)
{
    for (int i = 0; i < dot->contract_count; i++)
        if ((side ? dot->b_contract : dot->a_contract)[i] == axis)
            return (side ? dot->a_contract : dot->b_contract)[i];
    return -1;
}

/* The contracted axes of the rows in their order; all features must be among them. */
static bool pair_axes(Map *m)
{
    const IrDot *dot = &m->dot->attrs.dot;
    const IrType *x = &m->dot->args[m->side]->type;
    for (int axis = 0; axis < x->rank; axis++) {
        int partner = contracted_partner(dot, m->side, axis);
        if (axis < m->rows.rank && partner >= 0) {
            m->taps[m->tap_count] = axis;
            m->weight_taps[m->tap_count++] = partner;
        } else if (axis >= m->rows.rank) {
            if (partner < 0)
                return false;
            m->features[m->feature_count] = axis - m->rows.rank + 1; /* of the table */
            m->weight_features[m->feature_count++] = partner;
        }
    }
    return m->feature_count > 0;
}

static int64_t product(const IrType *type, const int *axes, int count)
{
    int64_t result = 1;
    for (int i = 0; i < count; i++)
        result *= type->dims[axes[i]]->size;
    return result;
}

static bool is_map(const Folder *f, IrInst *dot, int side, Map *m)
{
    *m = (Map){.dot = dot, .side = side};
    const IrValue *weights = dot->args[1 - side];
    if (dot->attrs.dot.batch_count || !f->fixed[weights->id] || !find_rows(f, dot->args[side], &m->rows) || !pair_axes(m))
        return false;
    int64_t features = product(&weights->type, m->weight_features, m->feature_count);
    m->tables = product(&weights->type, m->weight_taps, m->tap_count);
    m->columns = features && m->tables ? ir_type_static_count(&weights->type) / features / m->tables : 0;
    return features >= LEAST_FEATURES && m->columns > 0;
}

static int64_t table_rows(const Map *m)
{
    return m->rows.gather->args[0]->type.dims[0]->size;
}

/* Rows are counted in i32. */
static bool is_affordable(const Folder *f, const Map *m)
{
    NndDType dtype = m->dot->results[0].type.dtype;
    int64_t row = m->tables * m->columns * (int64_t)nnd_dtype_size(dtype);
    return (dtype == NND_F32 || dtype == NND_F64) && table_rows(m) <= f->room / row && (table_rows(m) + 1) * m->tables <= INT32_MAX;
}

/* ---- the table ---- */

static bool is_among(const int *axes, int count, int axis)
{
    for (int i = 0; i < count; i++)
        if (axes[i] == axis)
            return true;
    return false;
}

/* [features ..., taps * columns], features and taps in the order of the rows' axes. */
static IrValue *arranged_weights(IrBuilder *b, const Map *m)
{
    IrValue *weights = m->dot->args[1 - m->side];
    int8_t order[NND_MAX_RANK];
    int count = 0;
    for (int i = 0; i < m->feature_count; i++)
        order[count++] = (int8_t)m->weight_features[i];
    for (int i = 0; i < m->tap_count; i++)
        order[count++] = (int8_t)m->weight_taps[i];
    for (int axis = 0; axis < weights->type.rank; axis++)
        if (!is_among(m->weight_taps, m->tap_count, axis) && !is_among(m->weight_features, m->feature_count, axis))
            order[count++] = (int8_t)axis;
    IrValue *moved = ir_transpose(b, weights, order);
    IrType type = moved->type;
    type.rank = m->feature_count + 1;
    type.dims[m->feature_count] = ir_dim_const(b->module, m->tables * m->columns);
    return ir_reshape(b, moved, type);
}

/* [rows, taps * columns], of which calls compute the rows that they need. */
static IrValue *projected(IrBuilder *b, const Map *m)
{
    IrDot attrs = {.contract_count = m->feature_count};
    for (int i = 0; i < m->feature_count; i++) {
        attrs.a_contract[i] = (int8_t)m->features[i];
        attrs.b_contract[i] = (int8_t)i;
    }
    IrValue *product = ir_dot(b, m->rows.gather->args[0], arranged_weights(b, m), attrs);
    return ir_on_demand(b, product, m->rows.gather->args[1]);
}

/* The same as [rows * taps, columns ...]. */
static IrValue *flattened(IrBuilder *b, const Map *m, IrValue *table)
{
    const IrType *result = &m->dot->results[0].type;
    int rows = m->rows.rank - m->tap_count, first = m->side ? 0 : rows;
    IrType type = {.dtype = result->dtype, .rank = result->rank - rows + 1};
    type.dims[0] = ir_dim_const(b->module, table_rows(m) * m->tables);
    for (int i = 1; i < type.rank; i++)
        type.dims[i] = result->dims[first + i - 1];
    return ir_reshape(b, table, type);
}

/* ---- the index ---- */

static IrValue *number(IrBuilder *b, IrType type, int64_t value)
{
    return ir_const(b, type, (double)value);
}

/* Where the rows of the words are in the table, -1 for words outside of it. What was a window of rows
 * becomes one of these. */
static IrValue *places(IrBuilder *b, const Map *m, IrValue *table)
{
    IrValue *words = ir_gather(b, ir_place_of(b, table), m->rows.gather->args[1]);
    words = ir_ew(b, OP_sub, words, number(b, words->type, 1), NULL);
    for (int i = 0; i < m->rows.window_count; i++) {
        const IrInst *inst = m->rows.windows[i];
        IrWindow window = inst->attrs.window;
        window.fill = -1;
        words = ir_window(b, words, window, inst->results[0].type.dims[window.axis]);
    }
    return words;
}

/* place * taps + tap: the row of the flattened table; -1 becomes something below 0. */
static IrValue *row_numbers(IrBuilder *b, const Map *m, IrValue *table)
{
    IrValue *words = places(b, m, table);
    if (!m->tap_count)
        return words;
    IrValue *row = ir_ew(b, OP_mul, words, number(b, words->type, m->tables), NULL);
    int64_t stride = m->tables;
    for (int i = 0; i < m->tap_count; i++) {
        stride /= words->type.dims[m->taps[i]]->size;
        IrValue *tap = ir_iota(b, words->type, m->taps[i]);
        row = ir_ew(b, OP_add, row, ir_ew(b, OP_mul, tap, number(b, words->type, stride), NULL), NULL);
    }
    return row;
}

/* ---- the rewrite ---- */

/* Axes of the rows come first, whichever operand they were of. */
static IrValue *as_before(IrBuilder *b, const Map *m, IrValue *result)
{
    const IrType *wanted = &m->dot->results[0].type;
    int rows = m->rows.rank - m->tap_count, columns = wanted->rank - rows;
    int8_t map[NND_MAX_RANK];
    if (m->side == 0 || !rows || !columns)
        return result;
    for (int i = 0; i < wanted->rank; i++)
        map[i] = (int8_t)(i < columns ? rows + i : i - columns);
    return ir_transpose(b, result, map);
}

static IrValue *folded(IrBuilder *b, const Map *m)
{
    unsigned taps = 0;
    for (int i = 0; i < m->tap_count; i++)
        taps |= 1u << m->taps[i];
    IrValue *table = projected(b, m);
    IrValue *index = row_numbers(b, m, table);
    IrValue *rows = ir_gather(b, flattened(b, m, table), index);
    return as_before(b, m, taps ? ir_reduce(b, OP_sum, rows, taps) : rows);
}

static bool fold(Folder *f, IrInst *dot)
{
    Map m;
    if ((!is_map(f, dot, 0, &m) && !is_map(f, dot, 1, &m)) || !is_affordable(f, &m))
        return false;
    IrBuilder b = ir_builder_before(f->func->module, f->func->body, dot);
    b.line = dot->line;
    f->room -= table_rows(&m) * m.tables * m.columns * (int64_t)nnd_dtype_size(dot->results[0].type.dtype);
    ir_replace_uses(f->func, &dot->results[0], folded(&b, &m));
    ir_inst_remove(f->func->body, dot);
    return true;
}

bool pass_fold_embedding(IrFunc *func)
{
    Folder f = {.func = func, .arena = func->module->arena, .room = func->module->fold_memory};
    bool changed = false;
    for (IrInst *inst = func->body->first, *next; inst; inst = next) {
        next = inst->next;
        if (inst->op != OP_dot)
            continue;
        f.fixed = fuse_fixed(f.arena, func, ir_func_number(func));
        changed |= fold(&f, inst);
    }
    return changed;
}
