/* SPDX-License-Identifier: Apache-2.0
 *
 * The zeros around a padded value. What is inside is stored by the nest that computes it.
 */
#include "compiler/codegen/loops.h"
#include "compiler/codegen/nest.h"
#include "compiler/codegen/scalar.h"

/* Pads of pads, together. */
typedef struct Border {
    const IrValue *whole;
    int first, last; /* of the axes that are padded */
    int64_t start[NND_MAX_RANK], size[NND_MAX_RANK]; /* of the inside on each of these; size 0: all of the axis */
} Border;

static Border border_of(const IrValue *whole, const IrValue *inside)
{
    Border b = {.whole = whole, .first = NND_MAX_RANK};
    for (const IrValue *value = whole; value != inside; value = value->def->args[0]) {
        int axis = value->def->attrs.slice.axis;
        b.start[axis] += value->def->attrs.slice.start;
        b.size[axis] = value->def->args[0]->type.dims[axis]->size;
        b.first = axis < b.first ? axis : b.first;
        b.last = axis > b.last ? axis : b.last;
    }
    return b;
}

void border_move_inside(Emit *e, const Output *output, Index *index)
{
    Border b = border_of(output->whole, output->value);
    for (int i = 0; i < output->whole->type.rank; i++)
        index->at[i] = index_add(e, index->at[i], emit_i64(e, b.start[i]));
}

int border_item_rank(const Output *output)
{
    return border_of(output->whole, output->value).first;
}

static void zero_entries(Emit *e, const Border *b, LLVMValueRef from, LLVMValueRef count)
{
    LLVMValueRef base = element_base(e, b->whole), zero = scalar_const(e, b->whole->type.dtype, 0);
    Loop loop = loop_begin(e, emit_i64(e, 0), count, 1, LOOP_VECTOR);
    memory_store(e, b->whole, base, index_add(e, from, loop.index), zero);
    loop_end(e, &loop);
}

/* Zeros in front of and behind the entries of an axis that are inside; in each of these those of the next axis. */
static void zero_around(Emit *e, const Border *b, int axis, LLVMValueRef position)
{
    const IrType *type = &b->whole->type;
    LLVMValueRef each = emit_product(e, (const IrDim *const *)type->dims + axis + 1, type->rank - axis - 1);
    LLVMValueRef extent = emit_extent(e, type->dims[axis]), start = emit_i64(e, b->start[axis]);
    LLVMValueRef end = extent;
    if (b->size[axis]) {
        end = emit_i64(e, b->start[axis] + b->size[axis]);
        zero_entries(e, b, position, index_mul(e, start, each));
        zero_entries(e, b, index_add(e, position, index_mul(e, end, each)), index_mul(e, index_sub(e, extent, end), each));
    }
    if (axis == b->last)
        return;
    Loop loop = loop_begin(e, start, end, 1, LOOP_PLAIN);
    zero_around(e, b, axis + 1, index_add(e, position, index_mul(e, loop.index, each)));
    loop_end(e, &loop);
}

void border_emit(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi)
{
    const Output *output = &nest->outputs.data[0];
    Border b = border_of(output->whole, output->value);
    const IrType *type = &output->whole->type;
    LLVMValueRef each = emit_product(e, (const IrDim *const *)type->dims + b.first, type->rank - b.first);
    Loop items = loop_begin(e, lo, hi, 1, LOOP_PLAIN);
    zero_around(e, &b, b.first, index_mul(e, items.index, each));
    loop_end(e, &items);
}
