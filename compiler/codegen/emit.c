/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/emit.h"

#include "compiler/codegen/abi.h"

/* ---- types and small things ---- */

LLVMTypeRef emit_type(Codegen *cg, NndDType dtype)
{
    switch (dtype) {
    case NND_F32:
    case NND_BF16: return cg->f32;
    case NND_F64: return cg->f64;
    case NND_I32: return cg->i32;
    case NND_I64: return cg->i64;
    case NND_U8: return cg->i8;
    case NND_BOOL: return cg->i1;
    case NND_DTYPE_COUNT: break;
    }
    NND_BUG("element type %d", (int)dtype);
}

LLVMTypeRef emit_memory_type(Codegen *cg, NndDType dtype)
{
    return dtype == NND_BF16 ? cg->i16 : dtype == NND_BOOL ? cg->i8 : emit_type(cg, dtype);
}

LLVMValueRef emit_i64(Emit *e, int64_t value)
{
    return LLVMConstInt(e->cg->i64, (unsigned long long)value, 1);
}

LLVMValueRef emit_i32(Emit *e, int32_t value)
{
    return LLVMConstInt(e->cg->i32, (unsigned long long)(int64_t)value, 1);
}

LLVMValueRef emit_intrinsic(Emit *e, const char *name, LLVMTypeRef type, LLVMValueRef *args, unsigned count)
{
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    LLVMValueRef function = LLVMGetIntrinsicDeclaration(e->cg->module, id, &type, 1);
    LLVMTypeRef signature = LLVMIntrinsicGetType(e->cg->context, id, &type, 1);
    return LLVMBuildCall2(e->b, signature, function, args, count, "");
}

LLVMValueRef emit_splat(Emit *e, LLVMValueRef scalar, int lanes)
{
    LLVMValueRef none = LLVMGetPoison(LLVMVectorType(LLVMTypeOf(scalar), (unsigned)lanes));
    LLVMValueRef first = LLVMBuildInsertElement(e->b, none, scalar, emit_i32(e, 0), "");
    LLVMValueRef mask = LLVMConstNull(LLVMVectorType(e->cg->i32, (unsigned)lanes));
    return LLVMBuildShuffleVector(e->b, first, none, mask, "");
}

LLVMValueRef emit_any(Emit *e, LLVMValueRef lanes)
{
    LLVMTypeRef bits = LLVMIntTypeInContext(e->cg->context, LLVMGetVectorSize(LLVMTypeOf(lanes)));
    return LLVMBuildICmp(e->b, LLVMIntNE, LLVMBuildBitCast(e->b, lanes, bits, ""), LLVMConstNull(bits), "");
}

void emit_prefetch(Emit *e, LLVMValueRef address)
{
    LLVMValueRef args[] = {address, emit_i32(e, 0), emit_i32(e, 3), emit_i32(e, 1)}; /* to read, keep, data */
    emit_intrinsic(e, "llvm.prefetch", e->cg->ptr, args, 4);
}

LLVMBasicBlockRef emit_new_block(Emit *e, const char *name)
{
    return LLVMAppendBasicBlockInContext(e->cg->context, e->function, name);
}

/* Goes to the entry block, in front of its branch; the caller comes back with at_end. */
static LLVMBasicBlockRef to_entry(Emit *e)
{
    LLVMBasicBlockRef here = LLVMGetInsertBlock(e->b);
    LLVMPositionBuilderBefore(e->b, LLVMGetBasicBlockTerminator(e->entry));
    return here;
}

LLVMValueRef emit_alloca(Emit *e, LLVMTypeRef type, const char *name)
{
    LLVMBasicBlockRef here = to_entry(e);
    LLVMValueRef memory = LLVMBuildAlloca(e->b, type, name);
    LLVMPositionBuilderAtEnd(e->b, here);
    return memory;
}

LLVMValueRef emit_alloca_array(Emit *e, LLVMTypeRef type, int count, const char *name)
{
    LLVMValueRef memory = emit_alloca(e, LLVMArrayType2(type, (uint64_t)count), name);
    LLVMSetAlignment(memory, 64);
    return memory;
}

void emit_attribute(Codegen *cg, LLVMValueRef function, const char *key, const char *value)
{
    LLVMAttributeRef attribute = LLVMCreateStringAttribute(cg->context, key, (unsigned)strlen(key), value,
                                                           (unsigned)strlen(value));
    LLVMAddAttributeAtIndex(function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, attribute);
}

/* ---- functions ---- */

Emit *emit_function_begin(FuncGen *fg, LLVMValueRef function)
{
    Codegen *cg = fg->cg;
    Emit *e = ARENA_NEW(cg->arena, Emit);
    e->cg = cg;
    e->fg = fg;
    e->function = function;
    e->b = LLVMCreateBuilderInContext(cg->context);
    e->axes = ARENA_ARRAY(cg->arena, AxisCache, cg->ir->dims.count + 1);
    emit_attribute(cg, function, "target-cpu", cg->target->cpu);
    emit_attribute(cg, function, "target-features", cg->target->features);
    emit_attribute(cg, function, "prefer-vector-width", "512");
    emit_attribute(cg, function, "no-trapping-math", "true");
    LLVMAttributeIndex self = (LLVMAttributeIndex)LLVMAttributeFunctionIndex;
    LLVMAddAttributeAtIndex(function, self,
                            LLVMCreateEnumAttribute(cg->context, LLVMGetEnumAttributeKindForName("nounwind", 8), 0));
    e->entry = emit_new_block(e, "entry");
    LLVMBasicBlockRef body = emit_new_block(e, "body");
    LLVMPositionBuilderAtEnd(e->b, e->entry);
    LLVMBuildBr(e->b, body);
    LLVMPositionBuilderAtEnd(e->b, body);
    return e;
}

Emit *emit_block_begin(FuncGen *fg, const char *what)
{
    Codegen *cg = fg->cg;
    const char *name = arena_printf(cg->arena, "%s.%d.%s", fg->func->name, fg->kernel_count++, what);
    LLVMValueRef function = LLVMAddFunction(cg->module, name, cg->block_type);
    LLVMSetLinkage(function, LLVMInternalLinkage);
    LLVMSetUnnamedAddress(function, LLVMGlobalUnnamedAddr);
    Emit *e = emit_function_begin(fg, function);
    e->frame = LLVMGetParam(function, 0);
    e->lo = LLVMGetParam(function, 1);
    e->hi = LLVMGetParam(function, 2);
    e->cell_cache = ARENA_ARRAY(cg->arena, LLVMValueRef, fg->cell_count + 64);
    return e;
}

void emit_block_end(Emit *e)
{
    LLVMBuildRetVoid(e->b);
    LLVMDisposeBuilder(e->b);
}

/* ---- the frame ---- */

/* The next pointer of the frame, which will be `slot`'s. */
static LLVMValueRef next_of_frame(Emit *e, FrameSlot slot)
{
    LLVMBasicBlockRef here = to_entry(e);
    LLVMValueRef at = emit_i64(e, e->slots.count);
    vec_push(e->cg->arena, &e->slots, slot);
    LLVMValueRef address = LLVMBuildInBoundsGEP2(e->b, e->cg->ptr, e->frame, &at, 1, "");
    LLVMValueRef pointer = LLVMBuildLoad2(e->b, e->cg->ptr, address, "");
    LLVMPositionBuilderAtEnd(e->b, here);
    return pointer;
}

LLVMValueRef emit_cell(Emit *e, int cell)
{
    if (!e->cell_cache[cell])
        e->cell_cache[cell] = next_of_frame(e, (FrameSlot){.cell = cell});
    return e->cell_cache[cell];
}

static LLVMValueRef call_pointer(Emit *e)
{
    if (!e->call)
        e->call = emit_cell(e, 0);
    return e->call;
}

LLVMValueRef emit_call_field(Emit *e, unsigned field, LLVMTypeRef type)
{
    LLVMValueRef call = call_pointer(e);
    LLVMBasicBlockRef here = to_entry(e);
    LLVMValueRef address = LLVMBuildStructGEP2(e->b, e->cg->call_type, call, field, "");
    LLVMValueRef value = LLVMBuildLoad2(e->b, type, address, "");
    LLVMPositionBuilderAtEnd(e->b, here);
    return value;
}

/* ---- axes ---- */

enum { AXIS_EXTENT, AXIS_OFFSETS, AXIS_SEGMENT, AXIS_ORDER, AXIS_LIVE, AXIS_STEPS };

LLVMValueRef emit_axis(Emit *e, const IrDim *dim)
{
    LLVMValueRef *pointer = &e->axes[dim->index].pointer;
    if (!*pointer && !e->axes_base)
        *pointer = next_of_frame(e, (FrameSlot){.axis = dim});
    if (*pointer)
        return *pointer;
    LLVMBasicBlockRef here = to_entry(e);
    LLVMValueRef at = emit_i64(e, dim->index);
    *pointer = LLVMBuildInBoundsGEP2(e->b, e->cg->axis_type, e->axes_base, &at, 1, "");
    LLVMPositionBuilderAtEnd(e->b, here);
    return *pointer;
}

/* Where a kernel runs, its axes are fixed; in the entry a part's are bound again and again. */
static bool is_rebound(const Emit *e, const IrDim *dim)
{
    return dim->kind == NND_DIM_PART && e->axes_base;
}

static LLVMValueRef axis_field(Emit *e, const IrDim *dim, unsigned field, LLVMValueRef *cache)
{
    if (*cache && !is_rebound(e, dim))
        return *cache;
    LLVMValueRef axis = emit_axis(e, dim);
    LLVMBasicBlockRef here = is_rebound(e, dim) ? LLVMGetInsertBlock(e->b) : to_entry(e);
    LLVMValueRef address = LLVMBuildStructGEP2(e->b, e->cg->axis_type, axis, field, "");
    bool number = field == AXIS_EXTENT || field == AXIS_STEPS;
    *cache = LLVMBuildLoad2(e->b, number ? e->cg->i64 : e->cg->ptr, address, "");
    LLVMPositionBuilderAtEnd(e->b, here);
    return *cache;
}

LLVMValueRef emit_extent(Emit *e, const IrDim *dim)
{
    if (dim->kind == NND_DIM_CONST)
        return emit_i64(e, dim->size);
    return axis_field(e, dim, AXIS_EXTENT, &e->axes[dim->index].extent);
}

LLVMValueRef emit_steps(Emit *e, const IrDim *dim)
{
    return axis_field(e, dim, AXIS_STEPS, &e->axes[dim->index].steps);
}

static LLVMValueRef table_entry(Emit *e, LLVMValueRef table, LLVMTypeRef type, LLVMValueRef at)
{
    LLVMValueRef address = LLVMBuildInBoundsGEP2(e->b, type, table, &at, 1, "");
    LLVMValueRef value = LLVMBuildLoad2(e->b, type, address, "");
    if (e->domain)
        memory_mark(e, value, NULL);
    return type == e->cg->i64 ? value : LLVMBuildSExt(e->b, value, e->cg->i64, "");
}

/* Look-ups are remembered like arithmetic: `op` only tells the tables apart. */
static LLVMValueRef remembered_entry(Emit *e, LLVMValueRef table, LLVMTypeRef type, LLVMValueRef at)
{
    for (int i = e->numbers.count - 1; i >= 0; i--) {
        const NumberEntry *n = &e->numbers.data[i];
        if (n->op == LLVMLoad && n->a == table && n->b == at)
            return n->result;
    }
    LLVMValueRef result = table_entry(e, table, type, at);
    vec_push(e->cg->arena, &e->numbers, ((NumberEntry){LLVMLoad, table, at, result}));
    return result;
}

LLVMValueRef emit_lookup(Emit *e, LLVMValueRef table, LLVMValueRef at)
{
    return remembered_entry(e, table, e->cg->i32, at);
}

LLVMValueRef emit_offset(Emit *e, const IrDim *dim, LLVMValueRef segment)
{
    return remembered_entry(e, axis_field(e, dim, AXIS_OFFSETS, &e->axes[dim->index].offsets), e->cg->i64, segment);
}

LLVMValueRef emit_segment(Emit *e, const IrDim *dim, LLVMValueRef row)
{
    return remembered_entry(e, axis_field(e, dim, AXIS_SEGMENT, &e->axes[dim->index].segment), e->cg->i32, row);
}

LLVMValueRef emit_order(Emit *e, const IrDim *dim, LLVMValueRef place)
{
    return remembered_entry(e, axis_field(e, dim, AXIS_ORDER, &e->axes[dim->index].order), e->cg->i32, place);
}

LLVMValueRef emit_live(Emit *e, const IrDim *dim, LLVMValueRef t)
{
    return remembered_entry(e, axis_field(e, dim, AXIS_LIVE, &e->axes[dim->index].live), e->cg->i32, t);
}

LLVMValueRef emit_product(Emit *e, const IrDim *const *dims, int count)
{
    LLVMValueRef product = emit_i64(e, 1);
    for (int i = 0; i < count; i++)
        product = index_mul(e, product, emit_extent(e, dims[i]));
    return product;
}

LLVMValueRef emit_chunks(Emit *e, const Extents *extents)
{
    LLVMValueRef product = emit_product(e, extents->dims, extents->rank);
    if (extents->chunk <= 1)
        return product;
    return index_div(e, index_add(e, product, emit_i64(e, extents->chunk - 1)), emit_i64(e, extents->chunk));
}

/* ---- index arithmetic ---- */

Mark emit_mark(const Emit *e)
{
    return (Mark){e->memo.count, e->numbers.count};
}

void emit_forget(Emit *e, Mark mark)
{
    e->memo.count = mark.memo;
    e->numbers.count = mark.numbers;
}

static bool is_number(LLVMValueRef v, int64_t number)
{
    return LLVMIsAConstantInt(v) && LLVMConstIntGetSExtValue(v) == number;
}

static LLVMValueRef build(Emit *e, LLVMOpcode op, LLVMValueRef a, LLVMValueRef b)
{
    switch (op) {
    case LLVMAdd: return LLVMBuildNSWAdd(e->b, a, b, "");
    case LLVMSub: return LLVMBuildNSWSub(e->b, a, b, "");
    case LLVMMul: return LLVMBuildNSWMul(e->b, a, b, "");
    case LLVMUDiv: return LLVMBuildUDiv(e->b, a, b, "");
    default: return LLVMBuildURem(e->b, a, b, "");
    }
}

static LLVMValueRef numbered(Emit *e, LLVMOpcode op, LLVMValueRef a, LLVMValueRef b)
{
    for (int i = e->numbers.count - 1; i >= 0; i--) {
        const NumberEntry *n = &e->numbers.data[i];
        if (n->op == op && n->a == a && n->b == b)
            return n->result;
    }
    LLVMValueRef result = build(e, op, a, b);
    vec_push(e->cg->arena, &e->numbers, ((NumberEntry){op, a, b, result}));
    return result;
}

LLVMValueRef index_add(Emit *e, LLVMValueRef a, LLVMValueRef b)
{
    if (is_number(a, 0))
        return b;
    return is_number(b, 0) ? a : numbered(e, LLVMAdd, a, b);
}

LLVMValueRef index_sub(Emit *e, LLVMValueRef a, LLVMValueRef b)
{
    return is_number(b, 0) ? a : numbered(e, LLVMSub, a, b);
}

LLVMValueRef index_mul(Emit *e, LLVMValueRef a, LLVMValueRef b)
{
    if (is_number(a, 1))
        return b;
    if (is_number(a, 0) || is_number(b, 0))
        return emit_i64(e, 0);
    return is_number(b, 1) ? a : numbered(e, LLVMMul, a, b);
}

LLVMValueRef index_div(Emit *e, LLVMValueRef a, LLVMValueRef b)
{
    return is_number(b, 1) ? a : numbered(e, LLVMUDiv, a, b);
}

LLVMValueRef index_rem(Emit *e, LLVMValueRef a, LLVMValueRef b)
{
    return is_number(b, 1) ? emit_i64(e, 0) : numbered(e, LLVMURem, a, b);
}

LLVMValueRef index_min(Emit *e, LLVMValueRef a, LLVMValueRef b)
{
    LLVMValueRef args[] = {a, b};
    return emit_intrinsic(e, "llvm.smin", e->cg->i64, args, 2);
}

LLVMValueRef index_max(Emit *e, LLVMValueRef a, LLVMValueRef b)
{
    LLVMValueRef args[] = {a, b};
    return emit_intrinsic(e, "llvm.smax", e->cg->i64, args, 2);
}

LLVMValueRef index_below(Emit *e, LLVMValueRef a, LLVMValueRef b)
{
    return LLVMBuildICmp(e->b, LLVMIntULT, a, b, "");
}

LLVMValueRef index_linear(Emit *e, IrDim *const *dims, int rank, const LLVMValueRef *at)
{
    if (!rank)
        return emit_i64(e, 0);
    LLVMValueRef linear = at[0];
    for (int i = 1; i < rank; i++)
        linear = index_add(e, index_mul(e, linear, emit_extent(e, dims[i])), at[i]);
    return linear;
}

void index_split(Emit *e, const IrDim *const *dims, int rank, LLVMValueRef linear, LLVMValueRef *at)
{
    for (int i = rank - 1; i > 0; i--) {
        LLVMValueRef extent = emit_extent(e, dims[i]);
        at[i] = index_rem(e, linear, extent);
        linear = index_div(e, linear, extent);
    }
    if (rank)
        at[0] = linear;
}
