/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/codegen/parts.h"

#include "compiler/codegen/loops.h"

/* ---- planning ---- */

static const PartTables *find_tables(const FuncGen *fg, const IrDim *dim)
{
    for (int i = 0; i < fg->parts.count; i++)
        if (fg->parts.data[i].dim == dim)
            return &fg->parts.data[i];
    return NULL;
}

void parts_plan(FuncGen *fg, const IrInst *scan)
{
    const IrDim *part = scan->attrs.scan.part, *parent = part->parent;
    int64_t offset =
        2 * (int64_t)sizeof(int64_t); /* there is one more than items: room for two each */
    PartTables tables = {.dim = part};
    for (int i = 0; i < scan->region->param_count; i++)
        fg->stored[scan->region->params[i].id] = true;
    if (find_tables(fg, part))
        return;
    tables.offsets = memory_scratch(fg, &parent, 1, offset, 1);
    tables.segment = memory_scratch(fg, &part, 1, (int64_t)sizeof(int32_t), 1);
    vec_push(fg->cg->arena, &fg->parts, tables);
}

/* ---- the loop ---- */

typedef struct Parts {
    Emit *e;
    const IrInst *inst;
    const IrScan *scan;
    LLVMValueRef whole, part, marks, items; /* pointers of axes; the extent of the parent */
    LLVMValueRef at, first; /* number of the part, and of its first row in each segment */
} Parts;

void parts_begin(Emit *e)
{
    for (int i = 0; i < e->fg->parts.count; i++) {
        const IrDim *dim = e->fg->parts.data[i].dim;
        LLVMValueRef given = emit_axis(e, dim), own = emit_alloca(e, e->cg->axis_type, dim->name);
        LLVMBuildStore(e->b, LLVMBuildLoad2(e->b, e->cg->axis_type, given, ""), own);
        e->axes[dim->index].pointer = own;
    }
}

static void call_runtime(Emit *e, const char *name, LLVMValueRef *args, unsigned count)
{
    LLVMTypeRef types[8];
    for (unsigned i = 0; i < count; i++)
        types[i] = LLVMTypeOf(args[i]);
    LLVMTypeRef type = LLVMFunctionType(e->cg->none, types, count, 0);
    LLVMValueRef function = LLVMGetNamedFunction(e->cg->module, name);
    if (!function)
        function = LLVMAddFunction(e->cg->module, name, type);
    LLVMBuildCall2(e->b, type, function, args, count, "");
}

static LLVMValueRef pointer_of(Emit *e, const IrValue *value)
{
    return emit_cell(e, e->fg->cells[value->id]);
}

static LLVMValueRef element_bytes(Emit *e, const IrType *type, int from)
{
    LLVMValueRef count =
        emit_product(e, (const IrDim *const *)type->dims + from, type->rank - from);
    return index_mul(e, count, emit_i64(e, (int64_t)nnd_dtype_size(type->dtype)));
}

static void bind_part(const Parts *p)
{
    const PartTables *tables = find_tables(p->e->fg, p->scan->part);
    LLVMValueRef args[] = {p->part,
                           p->whole,
                           p->items,
                           p->first,
                           emit_i64(p->e, p->scan->part->size),
                           emit_cell(p->e, tables->offsets),
                           emit_cell(p->e, tables->segment)};
    call_runtime(p->e, "nnd_part_bind", args, 7);
}

/* Rows of a sequence, from or to the value in the region that stands for it. */
static void move_rows(const Parts *p, const IrValue *sequence, const IrValue *inside, bool read)
{
    Emit *e = p->e;
    LLVMValueRef bytes = element_bytes(e, &inside->type, 1), rows = pointer_of(e, inside),
                 all = pointer_of(e, sequence);
    if (inside->type.dims[0] == p->scan->part) {
        LLVMValueRef args[] = {p->part, p->whole, p->items, p->first, bytes, rows, all};
        call_runtime(e, read ? "nnd_part_read" : "nnd_part_write", args, 7);
    } else {
        LLVMValueRef args[] = {p->marks, p->items, p->at, bytes, rows, all};
        call_runtime(e, read ? "nnd_mark_read" : "nnd_mark_write", args, 6);
    }
}

static const IrValue *last_state(const Parts *p, int i)
{
    return &p->inst->results[p->scan->emit_count + i];
}

static void copy_state(const Parts *p, int i, const IrValue *from)
{
    Emit *e = p->e;
    if (e->fg->cells[from->id] != e->fg->cells[last_state(p, i)->id])
        LLVMBuildMemCpy(e->b, pointer_of(e, last_state(p, i)), 1, pointer_of(e, from), 1,
                        element_bytes(e, &from->type, 0));
}

static void emit_part(const Parts *p, const PartsLoop *loop, LaunchFn *launch)
{
    bind_part(p);
    for (int i = 0; i < p->scan->seq_count; i++)
        move_rows(p, p->inst->args[i], &p->inst->region->params[i], true);
    launch(p->e, &loop->launches);
    for (int i = 0; i < p->scan->emit_count; i++)
        move_rows(p, &p->inst->results[i], p->inst->region->yields[p->scan->state_count + i],
                  false);
    for (int i = 0; i < p->scan->state_count; i++)
        copy_state(p, i, p->inst->region->yields[i]);
}

static LLVMValueRef part_count(Emit *e, const IrScan *scan)
{
    LLVMValueRef rows = index_add(e, emit_steps(e, scan->dim), emit_i64(e, scan->part->size - 1));
    return index_div(e, rows, emit_i64(e, scan->part->size));
}

void parts_emit(Emit *e, const PartsLoop *loop, LaunchFn *launch)
{
    const IrScan *scan = &loop->scan->attrs.scan;
    Parts p = {.e = e,
               .inst = loop->scan,
               .scan = scan,
               .whole = emit_axis(e, scan->dim),
               .part = emit_axis(e, scan->part),
               .marks = emit_axis(e, scan->marks),
               .items = emit_extent(e, scan->dim->parent)};
    for (int i = 0; i < scan->state_count; i++)
        copy_state(&p, i, loop->scan->args[scan->seq_count + i]);
    LLVMValueRef count = part_count(e, scan);
    Loop parts = loop_begin(e, emit_i64(e, 0), count, 1, LOOP_PLAIN);
    LLVMValueRef last = index_sub(e, count, emit_i64(e, 1));
    p.at = scan->reverse ? index_sub(e, last, parts.index) : parts.index;
    p.first = index_mul(e, p.at, emit_i64(e, scan->part->size));
    emit_part(&p, loop, launch);
    loop_end(e, &parts);
}
