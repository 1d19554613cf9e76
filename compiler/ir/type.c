/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir/ir.h"

static const char *const dtype_names[NND_DTYPE_COUNT] = {
    [NND_F32] = "f32", [NND_F64] = "f64", [NND_BF16] = "bf16", [NND_I32] = "i32",
    [NND_I64] = "i64", [NND_U8] = "u8",   [NND_BOOL] = "bool"};

const char *ir_dtype_name(NndDType dtype)
{
    return dtype_names[dtype];
}

IrType ir_type(NndDType dtype, int rank, IrDim *const *dims)
{
    IrType type = {.dtype = dtype, .rank = rank};
    for (int i = 0; i < rank; i++)
        type.dims[i] = dims[i];
    return type;
}

IrType ir_scalar_type(NndDType dtype)
{
    return (IrType){.dtype = dtype};
}

bool ir_type_same_dims(const IrType *a, const IrType *b)
{
    if (a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dims[i] != b->dims[i])
            return false;
    return true;
}

bool ir_type_equal(const IrType *a, const IrType *b)
{
    return a->dtype == b->dtype && ir_type_same_dims(a, b);
}

IrType ir_type_without_axis(IrType type, int axis)
{
    type.rank--;
    for (int i = axis; i < type.rank; i++)
        type.dims[i] = type.dims[i + 1];
    return type;
}

IrType ir_type_with_dtype(IrType type, NndDType dtype)
{
    type.dtype = dtype;
    return type;
}

int64_t ir_type_static_count(const IrType *type)
{
    int64_t count = 1;
    for (int i = 0; i < type->rank; i++) {
        if (type->dims[i]->kind != NND_DIM_CONST)
            return -1;
        if (__builtin_mul_overflow(count, type->dims[i]->size, &count))
            return -1;
    }
    return count;
}

IrType ir_scan_item_type(const IrScan *scan, IrType type)
{
    type.dims[0] = scan->part && type.dims[0] == scan->dim ? scan->part : scan->dim->parent;
    return type;
}

IrType ir_scan_sequence_type(const IrScan *scan, IrType type)
{
    type.dims[0] = scan->part && type.dims[0] != scan->part ? scan->marks : scan->dim;
    return type;
}

char *ir_type_text(Arena *arena, const IrType *type)
{
    char *text = arena_strdup(arena, dtype_names[type->dtype]);
    for (int i = 0; i < type->rank; i++)
        text = arena_printf(arena, "%s%s%s", text, i ? ", " : "[", type->dims[i]->name);
    return type->rank ? arena_printf(arena, "%s]", text) : text;
}
