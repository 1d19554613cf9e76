/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/panel.h"

static bool is_paired(const PanelRow *row, int vector)
{
    return panel_is_narrow(row) && (vector | 1) < row->vectors;
}

int64_t panel_place(const PanelRow *row, int vector)
{
    int64_t lanes = row->lanes;
    return is_paired(row, vector) ? (vector & ~1) * lanes + (vector & 1) : vector * lanes;
}

int64_t panel_stride(const PanelRow *row, int vector)
{
    return is_paired(row, vector) ? 2 : 1;
}

/* `lanes` elements of `type` from lane 0 of the vector on; `bytes` is what all of the row is
 * aligned to. */
static LLVMValueRef load(Emit *e, const PanelRow *row, LLVMTypeRef type, LLVMValueRef base,
                         int vector, unsigned bytes)
{
    LLVMValueRef at = memory_at(e, row->stored, base, emit_i64(e, (int64_t)vector * row->lanes));
    LLVMValueRef x = LLVMBuildLoad2(e->b, LLVMVectorType(type, (unsigned)row->lanes), at, "");
    LLVMSetAlignment(x, bytes);
    return x;
}

static LLVMValueRef constant(Emit *e, const PanelRow *row, uint32_t number)
{
    enum { MOST_LANES = 64 };
    LLVMValueRef lanes[MOST_LANES];
    for (int i = 0; i < row->lanes; i++)
        lanes[i] = LLVMConstInt(e->cg->i32, number, 0);
    return LLVMConstVector(lanes, (unsigned)row->lanes);
}

static LLVMValueRef as_f32(Emit *e, const PanelRow *row, LLVMValueRef words)
{
    return LLVMBuildBitCast(e->b, words, LLVMVectorType(e->cg->f32, (unsigned)row->lanes), "");
}

/* Words whose lower halves are the numbers. */
static LLVMValueRef from_lower(Emit *e, const PanelRow *row, LLVMValueRef words)
{
    return as_f32(e, row, LLVMBuildShl(e->b, words, constant(e, row, 16), ""));
}

static LLVMValueRef from_upper(Emit *e, const PanelRow *row, LLVMValueRef words)
{
    return as_f32(e, row, LLVMBuildAnd(e->b, words, constant(e, row, 0xffff0000u), ""));
}

static void load_narrow(Emit *e, const PanelRow *row, LLVMValueRef base, LLVMValueRef *vectors)
{
    unsigned half = (unsigned)row->lanes * 2, bytes = row->vectors % 2 ? half : 2 * half;
    for (int v = 0; v < row->vectors; v += 2) {
        bool pair = is_paired(row, v);
        LLVMTypeRef type = pair ? e->cg->i32 : e->cg->i16;
        LLVMValueRef words = load(e, row, type, base, v, bytes);
        if (pair)
            vectors[v + 1] = from_upper(e, row, words);
        else
            words =
                LLVMBuildZExt(e->b, words, LLVMVectorType(e->cg->i32, (unsigned)row->lanes), "");
        vectors[v] = from_lower(e, row, words);
    }
}

void panel_load(Emit *e, const PanelRow *row, LLVMValueRef panel, LLVMValueRef number,
                LLVMValueRef *vectors)
{
    LLVMValueRef first = index_mul(e, number, emit_i64(e, (int64_t)row->vectors * row->lanes));
    LLVMValueRef base = memory_at(e, row->stored, panel, first);
    if (panel_is_narrow(row)) {
        load_narrow(e, row, base, vectors);
        return;
    }
    unsigned bytes = (unsigned)(row->in_place ? 1 : row->lanes) * (unsigned)nnd_dtype_size(row->dtype);
    for (int v = 0; v < row->vectors; v++)
        vectors[v] = load(e, row, emit_type(e->cg, row->dtype), base, v, bytes);
}

void panel_prefetch(Emit *e, const PanelRow *row, LLVMValueRef panel, LLVMValueRef number)
{
    enum { AHEAD = 1024, LINE = 64 }; /* bytes */
    int64_t size = (int64_t)row->vectors * row->lanes, bytes = size * (int64_t)nnd_dtype_size(row->stored);
    LLVMValueRef base = memory_at(e, row->stored, panel, index_mul(e, number, emit_i64(e, size)));
    for (int64_t line = 0; line < bytes; line += LINE)
        emit_prefetch(e, memory_at(e, NND_U8, base, emit_i64(e, AHEAD + line)));
}
