/* SPDX-License-Identifier: Apache-2.0
 *
 * Printing. Numbers are printed so that reading them gives the same bits.
 */
#include <ctype.h>
#include <stdio.h>

#include "compiler/ir/ir.h"

typedef struct Printer {
    Arena *arena;
    const IrFunc *func; /* at hand */
    VEC(char) text;
    int depth;
} Printer;

static void append(Printer *p, const char *text, int length)
{
    while (p->text.capacity - p->text.count < length)
        p->text.data = vec_grow(p->arena, p->text.data, &p->text.capacity, 1);
    memcpy(p->text.data + p->text.count, text, (size_t)length);
    p->text.count += length;
}

static void put(Printer *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(Printer *p, const char *format, ...)
{
    char brief[128];
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(brief, sizeof brief, format, args);
    append(p, length < (int)sizeof brief ? brief : arena_vprintf(p->arena, format, again), length);
    va_end(again);
    va_end(args);
}

static void put_indent(Printer *p)
{
    for (int i = 0; i < p->depth; i++)
        put(p, "  ");
}

static void put_string(Printer *p, const char *text)
{
    put(p, "\"");
    for (const char *c = text; *c; c++) {
        bool escaped = *c == '"' || *c == '\\' || (unsigned char)*c < ' ' || *c == 127;
        put(p, escaped ? "\\%02x" : "%c", (unsigned char)*c);
    }
    put(p, "\"");
}

/* Names that are not plain words are quoted. */
static void put_name(Printer *p, const char *name)
{
    bool plain = isalpha((unsigned char)*name) || *name == '_';
    for (const char *c = name; *c && plain; c++)
        plain = isalnum((unsigned char)*c) || *c == '_' || *c == '.';
    if (plain)
        put(p, "%s", name);
    else
        put_string(p, name);
}

/* The verifier prints instructions that may lack anything. */
static void put_dim(Printer *p, const IrDim *dim)
{
    if (!dim)
        put(p, "?");
    else if (dim->kind == NND_DIM_CONST)
        put(p, "%lld", (long long)dim->size);
    else
        put_name(p, dim->name);
}

static void put_type(Printer *p, const IrType *type)
{
    put(p, "%s", ir_dtype_name(type->dtype));
    for (int i = 0; i < type->rank; i++) {
        put(p, i ? ", " : "[");
        put_dim(p, type->dims[i]);
    }
    put(p, type->rank ? "]" : "");
}

static void put_value(Printer *p, const IrValue *value)
{
    if (!value) {
        put(p, "?");
        return;
    }
    bool argument = !value->def && value->index < p->func->arg_count &&
                    p->func->args[value->index] == value;
    put(p, "%%");
    if (argument)
        put_name(p, value->name);
    else
        put(p, "%d", value->id);
}

static void put_values(Printer *p, IrValue *const *values, int count)
{
    for (int i = 0; i < count; i++) {
        put(p, i ? ", " : " ");
        put_value(p, values[i]);
    }
}

static void put_axes(Printer *p, const int8_t *axes, int count)
{
    put(p, "[");
    for (int i = 0; i < count; i++)
        put(p, i ? ", %d" : "%d", axes[i]);
    put(p, "]");
}

static void put_window(Printer *p, const IrWindow *w)
{
    put(p, "axis = %d, size = %lld, stride = %lld, dilation = %lld, low = %lld, fill = %.17g",
        w->axis, (long long)w->size, (long long)w->stride, (long long)w->dilation,
        (long long)w->low, w->fill);
}

static void put_dot(Printer *p, const IrDot *dot)
{
    put(p, "a_batch = ");
    put_axes(p, dot->a_batch, dot->batch_count);
    put(p, ", b_batch = ");
    put_axes(p, dot->b_batch, dot->batch_count);
    put(p, ", a_contract = ");
    put_axes(p, dot->a_contract, dot->contract_count);
    put(p, ", b_contract = ");
    put_axes(p, dot->b_contract, dot->contract_count);
}

static void put_scan(Printer *p, const IrScan *scan)
{
    put(p, "dim = ");
    put_dim(p, scan->dim);
    if (scan->part) {
        put(p, ", part = ");
        put_dim(p, scan->part);
        put(p, ", marks = ");
        put_dim(p, scan->marks);
    }
    put(p, ", reverse = %s, seq = %d, row = %d, state = %d, emit = %d",
        scan->reverse ? "true" : "false", scan->seq_count, scan->row_count, scan->state_count,
        scan->emit_count);
    if (scan->recompute)
        put(p, ", recompute = true");
}

static void put_attrs(Printer *p, const IrInst *inst)
{
    const IrAttrs *a = &inst->attrs;
    IrAttrKind kind = ir_op_info[inst->op].attr;
    if (kind == ATTR_none)
        return;
    put(p, " {");
    switch (kind) {
    case ATTR_none: break;
    case ATTR_constant: put(p, "value = %.17g", a->constant); break;
    case ATTR_axis: put(p, "axis = %d", a->axis); break;
    case ATTR_stream: put(p, "stream = %u", a->stream); break;
    case ATTR_dim:
        put(p, "dim = ");
        put_dim(p, a->dim);
        break;
    case ATTR_map:
        put(p, "map = ");
        put_axes(p, a->map, inst->results[0].type.rank);
        break;
    case ATTR_slice:
        put(p, "axis = %d, start = %lld, size = %lld", a->slice.axis, (long long)a->slice.start,
            (long long)a->slice.size);
        break;
    case ATTR_window: put_window(p, &a->window); break;
    case ATTR_axes: put(p, "axes = %u", a->axes); break;
    case ATTR_dot: put_dot(p, &a->dot); break;
    case ATTR_coast:
        put(p, "mean_decay = %.17g, square_decay = %.17g, epsilon = %.17g", a->coast.mean_decay,
            a->coast.square_decay, a->coast.epsilon);
        break;
    case ATTR_scan: put_scan(p, &a->scan); break;
    }
    put(p, "}");
}

static void put_insts(Printer *p, const IrRegion *region);

static void put_region(Printer *p, const IrInst *scan)
{
    const IrRegion *region = scan->region;
    int states = scan->attrs.scan.state_count;
    put(p, " {\n");
    p->depth++;
    put_indent(p);
    put(p, "^(");
    for (int i = 0; i < region->param_count; i++) {
        put(p, i ? ", %%%d: " : "%%%d: ", region->params[i].id);
        put_type(p, &region->params[i].type);
    }
    put(p, ")\n");
    put_insts(p, region);
    put_indent(p);
    put(p, "yield");
    put_values(p, region->yields, states);
    put(p, " emit");
    put_values(p, region->yields + states, region->yield_count - states);
    put(p, "\n");
    p->depth--;
    put_indent(p);
    put(p, "}");
}

static void put_head(Printer *p, const IrInst *inst)
{
    for (int i = 0; i < inst->result_count; i++)
        put(p, i ? ", %%%d" : "%%%d", inst->results[i].id);
    put(p, " = %s", ir_op_info[inst->op].name);
    put_values(p, inst->args, inst->arg_count);
    put_attrs(p, inst);
    put(p, " :");
    for (int i = 0; i < inst->result_count; i++) {
        put(p, i ? ", " : " ");
        put_type(p, &inst->results[i].type);
    }
    if (inst->group)
        put(p, " @%d", inst->group);
    if (inst->line)
        put(p, " ; line %d", inst->line);
}

static void put_inst(Printer *p, const IrInst *inst)
{
    put_indent(p);
    put_head(p, inst);
    if (inst->region)
        put_region(p, inst);
    put(p, "\n");
}

static void put_insts(Printer *p, const IrRegion *region)
{
    for (const IrInst *inst = region->first; inst; inst = inst->next)
        put_inst(p, inst);
}

static const char *const kind_words[] = {
    [NND_ARG_INPUT] = "input",  [NND_ARG_TARGET] = "target", [NND_ARG_PARAM] = "param",
    [NND_ARG_STATE] = "state",  [NND_ARG_RATE] = "rate",     [NND_ARG_DISTINCT] = "distinct",
    [NND_ARG_PLACES] = "places", [NND_ARG_FIXED] = "fixed"};

static void put_func(Printer *p, const IrFunc *func)
{
    p->func = func;
    ir_func_number((IrFunc *)func);
    put(p, "func @");
    put_name(p, func->name);
    put(p, "(");
    for (int i = 0; i < func->arg_count; i++) {
        put(p, i ? ",\n    %s " : "%s ", kind_words[func->args[i]->kind]);
        put_value(p, func->args[i]);
        put(p, ": ");
        put_type(p, &func->args[i]->type);
    }
    put(p, ") -> (");
    for (int i = 0; i < func->body->yield_count; i++) {
        put(p, i ? ", " : "");
        put_name(p, func->result_names[i]);
    }
    put(p, ") {\n");
    p->depth = 1;
    put_insts(p, func->body);
    put(p, "  return");
    put_values(p, func->body->yields, func->body->yield_count);
    put(p, "\n}\n");
}

static void put_declaration(Printer *p, const IrDim *dim)
{
    if (dim->kind == NND_DIM_CONST)
        return;
    put(p, "dim ");
    put_dim(p, dim);
    switch (dim->kind) {
    case NND_DIM_CONST:
    case NND_DIM_FREE: put(p, " = free"); break;
    case NND_DIM_DISTINCT:
        put(p, " = distinct ");
        put_dim(p, dim->source);
        break;
    case NND_DIM_RAGGED:
        put(p, " = ragged ");
        put_dim(p, dim->parent);
        if (dim->size)
            put(p, " most %lld", (long long)dim->size);
        break;
    case NND_DIM_UNIFORM:
        put(p, " = uniform ");
        put_dim(p, dim->parent);
        put(p, " size %lld", (long long)dim->size);
        break;
    case NND_DIM_WINDOW:
        put(p, " = window ");
        put_dim(p, dim->source);
        put(p, " pad %lld span %lld stride %lld least %d", (long long)dim->pad,
            (long long)dim->span, (long long)dim->stride, dim->least);
        break;
    case NND_DIM_PART:
        put(p, " = part ");
        put_dim(p, dim->source);
        put(p, " size %lld", (long long)dim->size);
        break;
    }
    put(p, "\n");
}

static char *finish(Printer *p)
{
    vec_push(p->arena, &p->text, '\0');
    return p->text.data;
}

char *ir_inst_text(Arena *arena, const IrFunc *func, const IrInst *inst)
{
    Printer p = {.arena = arena, .func = func};
    put_head(&p, inst);
    return finish(&p);
}

char *ir_func_text(Arena *arena, const IrFunc *func)
{
    Printer p = {.arena = arena};
    put_func(&p, func);
    return finish(&p);
}

char *ir_module_text(Arena *arena, const IrModule *module)
{
    Printer p = {.arena = arena};
    put(&p, "module ");
    put_string(&p, module->name);
    if (module->source) {
        put(&p, "\nsource ");
        put_string(&p, module->source);
    }
    put(&p, "\n");
    for (int i = 0; i < module->dims.count; i++)
        put_declaration(&p, module->dims.data[i]);
    for (int i = 0; i < module->funcs.count; i++)
        put_func(&p, module->funcs.data[i]);
    return finish(&p);
}
