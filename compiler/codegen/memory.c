/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads and stores, and what LLVM is told about their aliases: in a nest every
 * stored value is a buffer of its own, and all that is only read is another.
 */
#include "compiler/codegen/emit.h"

static LLVMMetadataRef named_node(Emit *e, const char *name, LLVMValueRef more)
{
    LLVMContextRef c = e->cg->context;
    LLVMMetadataRef parts[2] = {LLVMMDStringInContext2(c, name, strlen(name))};
    if (more)
        parts[1] = LLVMValueAsMetadata(more);
    return LLVMMDNodeInContext2(c, parts, more ? 2 : 1);
}

void memory_begin(Emit *e, const IrValue *const *outputs, int count)
{
    LLVMContextRef c = e->cg->context;
    const char *name = arena_printf(e->cg->arena, "nest%d", e->cg->domains++);
    e->domain = LLVMMetadataAsValue(c, named_node(e, name, NULL));
    e->input_scope = LLVMMetadataAsValue(c, named_node(e, arena_printf(e->cg->arena, "%s.in", name), e->domain));
    e->outputs.count = e->scopes.count = 0;
    for (int i = 0; i < count; i++) {
        const char *output = arena_printf(e->cg->arena, "%s.%d", name, i);
        vec_push(e->cg->arena, &e->outputs, outputs[i]);
        vec_push(e->cg->arena, &e->scopes, LLVMMetadataAsValue(c, named_node(e, output, e->domain)));
    }
}

static void set_scopes(Emit *e, LLVMValueRef access, const char *kind, int own)
{
    LLVMContextRef c = e->cg->context;
    int count = e->scopes.count + 1;
    LLVMMetadataRef *list = ARENA_ARRAY(e->cg->arena, LLVMMetadataRef, count);
    int n = 0;
    bool others = !strcmp(kind, "noalias");
    for (int i = -1; i < e->scopes.count; i++)
        if ((i == own) != others)
            list[n++] = LLVMValueAsMetadata(i < 0 ? e->input_scope : e->scopes.data[i]);
    if (n)
        LLVMSetMetadata(access, LLVMGetMDKindIDInContext(c, kind, (unsigned)strlen(kind)),
                        LLVMMetadataAsValue(c, LLVMMDNodeInContext2(c, list, (size_t)n)));
}

void memory_mark(Emit *e, LLVMValueRef access, const IrValue *value)
{
    int own = -1;
    for (int i = 0; i < e->outputs.count; i++)
        if (value && e->outputs.data[i] == value)
            own = i;
    set_scopes(e, access, "alias.scope", own);
    set_scopes(e, access, "noalias", own);
}

LLVMValueRef memory_at(Emit *e, NndDType dtype, LLVMValueRef base, LLVMValueRef linear)
{
    return LLVMBuildInBoundsGEP2(e->b, emit_memory_type(e->cg, dtype), base, &linear, 1, "");
}

/* bf16 is the upper half of an f32. */
static LLVMValueRef from_memory(Emit *e, NndDType dtype, LLVMValueRef raw)
{
    if (dtype == NND_BOOL)
        return LLVMBuildICmp(e->b, LLVMIntNE, raw, LLVMConstInt(e->cg->i8, 0, 0), "");
    if (dtype != NND_BF16)
        return raw;
    LLVMValueRef wide = LLVMBuildZExt(e->b, raw, e->cg->i32, "");
    return LLVMBuildBitCast(e->b, LLVMBuildShl(e->b, wide, emit_i32(e, 16), ""), e->cg->f32, "");
}

/* A bf16 in a register has been rounded already. */
static LLVMValueRef to_bf16(Emit *e, LLVMValueRef scalar)
{
    LLVMValueRef bits = LLVMBuildBitCast(e->b, scalar, e->cg->i32, "");
    return LLVMBuildTrunc(e->b, LLVMBuildLShr(e->b, bits, emit_i32(e, 16), ""), e->cg->i16, "");
}

static LLVMValueRef to_memory(Emit *e, NndDType dtype, LLVMValueRef scalar)
{
    if (dtype == NND_BOOL)
        return LLVMBuildZExt(e->b, scalar, e->cg->i8, "");
    return dtype == NND_BF16 ? to_bf16(e, scalar) : scalar;
}

static unsigned alignment(NndDType dtype)
{
    return (unsigned)nnd_dtype_size(dtype);
}

LLVMValueRef memory_load(Emit *e, const IrValue *value, LLVMValueRef base, LLVMValueRef linear)
{
    NndDType dtype = value->type.dtype;
    LLVMValueRef raw = LLVMBuildLoad2(e->b, emit_memory_type(e->cg, dtype), memory_at(e, dtype, base, linear), "");
    LLVMSetAlignment(raw, alignment(dtype));
    memory_mark(e, raw, value);
    return from_memory(e, dtype, raw);
}

void memory_store(Emit *e, const IrValue *value, LLVMValueRef base, LLVMValueRef linear, LLVMValueRef scalar)
{
    NndDType dtype = value->type.dtype;
    LLVMValueRef address = memory_at(e, dtype, base, linear);
    LLVMValueRef store = LLVMBuildStore(e->b, to_memory(e, dtype, scalar), address);
    LLVMSetAlignment(store, alignment(dtype));
    memory_mark(e, store, value);
}

LLVMValueRef memory_load_raw(Emit *e, NndDType dtype, LLVMValueRef base, LLVMValueRef linear)
{
    LLVMValueRef raw = LLVMBuildLoad2(e->b, emit_memory_type(e->cg, dtype), memory_at(e, dtype, base, linear), "");
    return from_memory(e, dtype, raw);
}

void memory_store_raw(Emit *e, NndDType dtype, LLVMValueRef base, LLVMValueRef linear, LLVMValueRef scalar)
{
    LLVMValueRef address = memory_at(e, dtype, base, linear);
    LLVMBuildStore(e->b, to_memory(e, dtype, scalar), address);
}

int memory_scratch(FuncGen *fg, const IrDim *const *dims, int rank, int64_t bytes, int64_t round)
{
    Scratch scratch = {.cell = fg->cell_count++, .rank = rank, .bytes = bytes, .round = round};
    for (int i = 0; i < rank; i++)
        scratch.dims[i] = dims[i];
    vec_push(fg->cg->arena, &fg->scratch, scratch);
    return scratch.cell;
}

int memory_kept(FuncGen *fg, const IrDim *const *dims, int rank, int64_t bytes, int64_t round)
{
    int cell = memory_scratch(fg, dims, rank, bytes, round);
    fg->scratch.data[fg->scratch.count - 1].kept = true;
    return cell;
}
