/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/loops.h"
#include "compiler/codegen/scalar.h"
#include "compiler/codegen/units.h"

enum { ARG_S, ARG_PANEL, ARG_K, ARG_BLOCK, ARG_COUNT };

typedef struct Tile {
    const TileShape *shape;
    LLVMTypeRef scalar, vector;
    LLVMValueRef args[ARG_COUNT];
    LLVMValueRef sums[MAX_TILE_ROWS * MAX_GATES]; /* stack, until LLVM takes them to registers */
} Tile;

static LLVMValueRef vector_at(Emit *e, const Tile *t, LLVMValueRef base, LLVMValueRef number)
{
    LLVMValueRef at = index_mul(e, number, emit_i64(e, t->shape->columns.lanes));
    return LLVMBuildInBoundsGEP2(e->b, t->scalar, base, &at, 1, "");
}

static LLVMValueRef load_splat(Emit *e, const Tile *t, int row, LLVMValueRef k)
{
    LLVMValueRef at = index_mul(e, k, emit_i64(e, t->shape->k_stride));
    at = index_add(e, at, emit_i64(e, row * t->shape->row_stride));
    LLVMValueRef address = LLVMBuildInBoundsGEP2(e->b, t->scalar, t->args[ARG_S], &at, 1, "");
    return emit_splat(e, LLVMBuildLoad2(e->b, t->scalar, address, ""), t->shape->columns.lanes);
}

static int sum_count(const TileShape *shape)
{
    return shape->rows * shape->columns.vectors;
}

/* Entry `k` of a panel: its row times a scalar of each row of S. */
static void add_products(Emit *e, const Tile *t, int number, LLVMValueRef panel, LLVMValueRef k)
{
    const TileShape *shape = t->shape;
    LLVMValueRef columns[MAX_GATES];
    panel_load(e, &shape->columns, panel, k, columns);
    for (int row = 0; row < shape->rows; row++) {
        LLVMValueRef x = load_splat(e, t, row, k);
        for (int v = 0; v < shape->columns.vectors; v++) {
            LLVMValueRef slot =
                t->sums[number * sum_count(shape) + row * shape->columns.vectors + v];
            LLVMValueRef sum = LLVMBuildLoad2(e->b, t->vector, slot, "");
            LLVMBuildStore(e->b, math_multiply_add(e, x, columns[v], sum), slot);
        }
    }
}

static void emit_tile(Emit *e, Tile *t)
{
    const PanelRow *columns = &t->shape->columns;
    int count = t->shape->panels * sum_count(t->shape);
    LLVMValueRef size =
        index_mul(e, t->args[ARG_K], emit_i64(e, columns->vectors * columns->lanes));
    LLVMValueRef second = memory_at(e, columns->stored, t->args[ARG_PANEL], size);
    for (int i = 0; i < count; i++) {
        t->sums[i] = emit_alloca(e, t->vector, "sum");
        LLVMBuildStore(e->b, LLVMConstNull(t->vector), t->sums[i]);
    }
    Loop entries = loop_begin(e, emit_i64(e, 0), t->args[ARG_K], 1, LOOP_PLAIN);
    add_products(e, t, 0, t->args[ARG_PANEL], entries.index);
    if (t->shape->panels > 1)
        add_products(e, t, 1, second, entries.index);
    loop_end(e, &entries);
    for (int i = 0; i < count; i++) {
        LLVMValueRef sum = LLVMBuildLoad2(e->b, t->vector, t->sums[i], "");
        LLVMValueRef store =
            LLVMBuildStore(e->b, sum, vector_at(e, t, t->args[ARG_BLOCK], emit_i64(e, i)));
        LLVMSetAlignment(store, (unsigned)t->shape->columns.lanes *
                                    (unsigned)nnd_dtype_size(t->shape->columns.dtype));
    }
}

static void set_attribute(Codegen *cg, LLVMValueRef function, LLVMAttributeIndex index,
                          const char *name)
{
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    LLVMAddAttributeAtIndex(function, index, LLVMCreateEnumAttribute(cg->context, kind, 0));
}

static LLVMValueRef tile_function(FuncGen *fg, const TileShape *shape, LLVMTypeRef type)
{
    Codegen *cg = fg->cg;
    const char *name =
        arena_printf(cg->arena, "tile.%s.%dx%dx%d.%lld.%lld", ir_dtype_name(shape->columns.stored),
                     shape->panels, shape->rows, shape->columns.vectors,
                     (long long)shape->row_stride, (long long)shape->k_stride);
    LLVMValueRef function = LLVMGetNamedFunction(cg->module, name);
    if (function)
        return function;
    function = LLVMAddFunction(cg->module, name, type);
    LLVMSetLinkage(function, LLVMInternalLinkage);
    set_attribute(cg, function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, "noinline");
    Tile tile = {.shape = shape, .scalar = emit_type(cg, shape->columns.dtype)};
    tile.vector = LLVMVectorType(tile.scalar, (unsigned)shape->columns.lanes);
    for (unsigned i = 0; i < ARG_COUNT; i++) {
        tile.args[i] = LLVMGetParam(function, i);
        if (i != ARG_K)
            set_attribute(cg, function, i + 1, "noalias");
    }
    Emit *e = emit_function_begin(fg, function);
    emit_tile(e, &tile);
    emit_block_end(e);
    return function;
}

void units_call_tile(Emit *e, const TileShape *shape, LLVMValueRef s, LLVMValueRef panel,
                     LLVMValueRef k, LLVMValueRef block)
{
    LLVMTypeRef params[ARG_COUNT] = {[ARG_S] = e->cg->ptr,
                                     [ARG_PANEL] = e->cg->ptr,
                                     [ARG_K] = e->cg->i64,
                                     [ARG_BLOCK] = e->cg->ptr};
    LLVMTypeRef type = LLVMFunctionType(e->cg->none, params, ARG_COUNT, 0);
    LLVMValueRef args[ARG_COUNT] = {
        [ARG_S] = s, [ARG_PANEL] = panel, [ARG_K] = k, [ARG_BLOCK] = block};
    LLVMBuildCall2(e->b, type, tile_function(e->fg, shape, type), args, ARG_COUNT, "");
}
