/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir/lower.h"

#include "compiler/ir/lower_internal.h"

static IrDim *axis_dim(Lower *l, const TypedAxis *axis)
{
    return axis->kind == AXIS_CONST ? ir_dim_const(l->module, axis->size) : l->extents[axis->extent];
}

static NndDType element_dtype(const Lower *l, Element element)
{
    switch (element) {
    case ELEMENT_FLOAT: return l->float_type;
    case ELEMENT_BOOL: return NND_BOOL;
    case ELEMENT_INT:
    case ELEMENT_TOKEN:
    case ELEMENT_CLASS: return NND_I32;
    }
    NND_BUG("element %d", (int)element);
}

/* True if the axes in front of ragged axis `last` are the ones that its length varies over. */
static bool leads_to(const Program *program, const ValueType *type, int last)
{
    int extent = type->axes[last].extent;
    for (int i = last - 1; i >= 0; i--) {
        extent = program->extents.data[extent].parent;
        if (extent < 0 || type->axes[i].kind == AXIS_CONST || type->axes[i].extent != extent)
            return false;
    }
    return program->extents.data[extent].parent < 0;
}

IrType lower_type(Lower *l, const ValueType *type, Span span, int *lead)
{
    IrDim *dims[AXES_MAX];
    int last = -1, rank = 0;
    for (int i = 0; i < type->rank; i++)
        if (type->axes[i].kind == AXIS_RAGGED)
            last = i;
    if (last >= 0 && !leads_to(l->program, type, last)) {
        diag_report(l->diags, span, E_RAGGED_ORDER, value_type_text(l->module->arena, type));
        l->failed = true;
    }
    *lead = last + 1;
    for (int i = last < 0 ? 0 : last; i < type->rank; i++)
        dims[rank++] = axis_dim(l, &type->axes[i]);
    return ir_type(element_dtype(l, type->element), rank, dims);
}

static IrType type_of(Lower *l, const Typed *typed, int *lead)
{
    return lower_type(l, &typed->type, typed->span, lead);
}

static int lead_of(Lower *l, const Typed *typed)
{
    int lead;
    type_of(l, typed, &lead);
    return lead;
}

static IrValue *lower_broadcast(Lower *l, const Typed *typed)
{
    int lead;
    IrType type = type_of(l, typed, &lead);
    IrValue *x = lower_typed(l, typed->args[0]);
    int from_lead = lead_of(l, typed->args[0]);
    int8_t map[NND_MAX_RANK];
    for (int i = 0; i < type.rank; i++)
        map[i] = -1;
    for (int i = 0; i < typed->type.rank; i++)
        if (typed->map[i] >= 0)
            map[lower_axis(lead, i)] = (int8_t)lower_axis(from_lead, typed->map[i]);
    return ir_broadcast(l->builder, x, type, map);
}

static IrOp reduce_op(ReduceKind kind)
{
    return kind == REDUCE_SUM ? OP_sum : kind == REDUCE_MAX ? OP_reduce_max : OP_argmax;
}

/* Axes of their own at once, then the packed ones, innermost first: each step leads to its parent. */
static IrValue *lower_reduce(Lower *l, const Typed *typed)
{
    IrValue *x = lower_typed(l, typed->args[0]);
    int lead = lead_of(l, typed->args[0]);
    IrOp op = reduce_op(typed->reduce.kind);
    unsigned own = 0;
    for (int i = lead; i < typed->args[0]->type.rank; i++)
        if (typed->reduce.axes >> i & 1)
            own |= 1u << lower_axis(lead, i);
    if (own)
        x = ir_reduce(l->builder, op, x, own);
    for (int i = lead - 1; i >= 0; i--)
        if (typed->reduce.axes >> i & 1)
            x = ir_reduce(l->builder, op, x, 1);
    return x;
}

static IrValue *lower_dot(Lower *l, const Typed *typed)
{
    IrValue *a = lower_typed(l, typed->args[0]), *b = lower_typed(l, typed->args[1]);
    int a_lead = lead_of(l, typed->args[0]), b_lead = lead_of(l, typed->args[1]);
    IrDot dot = {0};
    for (int i = 0; i < typed->dot.batch_count; i++) {
        int8_t x = (int8_t)lower_axis(a_lead, typed->dot.a_batch[i]);
        int8_t y = (int8_t)lower_axis(b_lead, typed->dot.b_batch[i]);
        if (dot.batch_count && dot.a_batch[dot.batch_count - 1] == x)
            continue; /* several packed axes are one */
        dot.a_batch[dot.batch_count] = x;
        dot.b_batch[dot.batch_count++] = y;
    }
    for (int i = 0; i < typed->dot.contract_count; i++) {
        dot.a_contract[i] = (int8_t)lower_axis(a_lead, typed->dot.a_contract[i]);
        dot.b_contract[i] = (int8_t)lower_axis(b_lead, typed->dot.b_contract[i]);
    }
    dot.contract_count = typed->dot.contract_count;
    return ir_dot(l->builder, a, b, dot);
}

static IrValue *lower_window(Lower *l, const Typed *typed)
{
    IrValue *x = lower_typed(l, typed->args[0]);
    int lead = lead_of(l, typed->args[0]);
    IrWindow window = {.axis = lower_axis(lead, typed->window.axis),
                       .size = typed->window.size,
                       .stride = typed->window.stride,
                       .dilation = typed->window.dilation,
                       .low = typed->window.low,
                       .fill = typed->window.fill};
    return ir_window(l->builder, x, window, axis_dim(l, &typed->type.axes[typed->window.axis]));
}

static IrValue *lower_transpose(Lower *l, const Typed *typed)
{
    IrValue *x = lower_typed(l, typed->args[0]);
    int lead = lead_of(l, typed);
    int8_t map[NND_MAX_RANK];
    for (int i = 0; i < typed->type.rank; i++)
        map[lower_axis(lead, i)] = (int8_t)lower_axis(lead, typed->map[i]);
    return ir_transpose(l->builder, x, map);
}

static IrValue *lower_concat(Lower *l, const Typed *typed)
{
    IrValue **xs = ARENA_ARRAY(l->module->arena, IrValue *, typed->arg_count);
    for (int i = 0; i < typed->arg_count; i++)
        xs[i] = lower_typed(l, typed->args[i]);
    return ir_concat(l->builder, xs, typed->arg_count, lower_axis(lead_of(l, typed), typed->slice.axis));
}

IrValue *lower_dropout_mask(Lower *l, IrType type, double rate)
{
    IrBuilder *b = l->builder;
    IrValue *draw = ir_uniform(b, type, l->streams++);
    IrValue *keep = ir_ew(b, OP_ge, draw, ir_const(b, type, rate), NULL);
    return ir_ew(b, OP_select, keep, ir_const(b, type, 1 / (1 - rate)), ir_const(b, type, 0));
}

static IrValue *lower_dropout(Lower *l, const Typed *typed)
{
    IrValue *x = lower_typed(l, typed->args[0]);
    if (!l->training || typed->number <= 0)
        return x;
    IrValue *mask = lower_scan_mask(l, typed);
    if (!mask)
        mask = lower_dropout_mask(l, x->type, typed->number);
    return ir_ew(l->builder, OP_mul, x, mask, NULL);
}

/* Uses of the same statistic move it one after the other. */
static void move_statistic(Lower *l, const Typed *running, IrValue *x)
{
    IrBuilder *b = l->builder;
    IrValue **now = &l->statistics[running->args[0]->index];
    IrValue *before = *now ? *now : lower_typed(l, running->args[0]);
    IrValue *kept = ir_ew(b, OP_mul, before, ir_const(b, x->type, running->number), NULL);
    IrValue *added = ir_ew(b, OP_mul, x, ir_const(b, x->type, 1 - running->number), NULL);
    *now = ir_ew(b, OP_add, kept, added, NULL);
}

static IrValue *lower_running(Lower *l, const Typed *typed)
{
    if (!l->training)
        return lower_typed(l, typed->args[0]);
    IrValue *x = lower_typed(l, typed->args[1]);
    move_statistic(l, typed, x);
    return x;
}

static IrValue *lower_elementwise(Lower *l, const Typed *typed)
{
    IrValue *args[3] = {NULL, NULL, NULL};
    for (int i = 0; i < typed->arg_count; i++)
        args[i] = lower_typed(l, typed->args[i]);
    return ir_ew(l->builder, (IrOp)typed->op, args[0], args[1], args[2]);
}
_Static_assert((int)EW_select == (int)OP_select, "scalar operators have the same numbers in both");

static IrValue *lower_kind(Lower *l, const Typed *typed)
{
    IrBuilder *b = l->builder;
    int lead;
    switch (typed->kind) {
    case T_NUMBER: return ir_const(b, type_of(l, typed, &lead), typed->number);
    case T_EW: return lower_elementwise(l, typed);
    case T_CAST: return ir_cast(b, lower_typed(l, typed->args[0]), element_dtype(l, typed->type.element));
    case T_BROADCAST: return lower_broadcast(l, typed);
    case T_REDUCE: return lower_reduce(l, typed);
    case T_DOT: return lower_dot(l, typed);
    case T_WINDOW: return lower_window(l, typed);
    case T_GATHER: return ir_gather(b, lower_typed(l, typed->args[0]), lower_typed(l, typed->args[1]));
    case T_CONCAT: return lower_concat(l, typed);
    case T_SLICE:
        return ir_slice(b, lower_typed(l, typed->args[0]), lower_axis(lead_of(l, typed), typed->slice.axis),
                        typed->slice.start, typed->slice.size);
    case T_RESHAPE: return ir_reshape(b, lower_typed(l, typed->args[0]), type_of(l, typed, &lead));
    case T_TRANSPOSE: return lower_transpose(l, typed);
    case T_IOTA: {
        IrType type = type_of(l, typed, &lead);
        return ir_iota(b, type, lower_axis(lead, typed->slice.axis));
    }
    case T_LENGTH: return ir_lengths(b, l->extents[typed->index]);
    case T_DROPOUT: return lower_dropout(l, typed);
    case T_RUNNING: return lower_running(l, typed);
    case T_SCAN_ITEM:
    case T_SCAN_STATE: return lower_scan_param(l, typed);
    case T_SCAN_EMIT:
    case T_SCAN_LAST: return lower_scan_result(l, typed);
    case T_INPUT:
    case T_WEIGHT: break; /* arguments: their values are set when the function is begun */
    }
    NND_BUG("no value for typed expression %d of kind %d", typed->id, (int)typed->kind);
}

static int line_of(const Lower *l, Span span)
{
    bool own = span.source && span.source == l->program->sources.data[0];
    return own ? source_place(span.source, span.start).line : l->builder->line;
}

IrValue *lower_typed(Lower *l, const Typed *typed)
{
    if (l->values[typed->id])
        return l->values[typed->id];
    int before = l->builder->line;
    l->builder->line = line_of(l, typed->span);
    IrValue *value = lower_kind(l, typed);
    l->builder->line = before;
    if (typed->name && !value->name)
        value->name = typed->name;
    return l->values[typed->id] = value;
}

/* ---- functions ---- */

static IrValue *lower_argument(Lower *l, NndArgKind kind, const char *name, const ValueType *type, Span span)
{
    int lead;
    return ir_func_arg(l->func, kind, name, lower_type(l, type, span, &lead));
}

typedef struct Arguments {
    IrValue **inputs, **weights; /* by index; NULL where the function does not take it */
} Arguments;

static Arguments add_arguments(Lower *l, bool targets)
{
    const Program *program = l->program;
    Arena *arena = l->module->arena;
    Arguments arguments = {ARENA_ARRAY(arena, IrValue *, program->inputs.count),
                           ARENA_ARRAY(arena, IrValue *, program->weights.count)};
    for (int i = 0; i < program->inputs.count; i++) {
        const ProgramInput *input = &program->inputs.data[i];
        NndArgKind kind = input->target ? NND_ARG_TARGET : NND_ARG_INPUT;
        if (targets || !input->target)
            arguments.inputs[i] = lower_argument(l, kind, input->name, &input->type, input->span);
    }
    for (int i = 0; i < program->weights.count; i++) {
        const Weight *weight = &program->weights.data[i];
        arguments.weights[i] = lower_argument(l, NND_ARG_PARAM, weight->path, &weight->type, weight->span);
    }
    return arguments;
}

static void bind_arguments(Lower *l, const Typed *typed, const Arguments *arguments)
{
    if (l->values[typed->id])
        return;
    if (typed->kind == T_INPUT)
        l->values[typed->id] = arguments->inputs[typed->index];
    if (typed->kind == T_WEIGHT)
        l->values[typed->id] = arguments->weights[typed->index];
}

/* Every expression reachable from `typed`, operands before users, each once. */
static void collect(Lower *l, const Typed *typed, bool *seen, TypedList *list);

static void collect_all(Lower *l, Typed *const *items, int count, bool *seen, TypedList *list)
{
    for (int i = 0; i < count; i++)
        collect(l, items[i], seen, list);
}

static void collect(Lower *l, const Typed *typed, bool *seen, TypedList *list)
{
    if (seen[typed->id])
        return;
    seen[typed->id] = true;
    collect_all(l, typed->args, typed->arg_count, seen, list);
    if (typed->kind == T_SCAN_EMIT || typed->kind == T_SCAN_LAST) {
        const TypedScan *scan = typed->scan.scan;
        collect_all(l, scan->sequences, scan->sequence_count, seen, list);
        collect_all(l, scan->initial, scan->state_count, seen, list);
        collect_all(l, scan->next, scan->state_count, seen, list);
        collect_all(l, scan->emits, scan->emit_count, seen, list);
    }
    vec_push(l->module->arena, list, typed);
}

static void begin_function(Lower *l, const char *name, bool targets, IrBuilder *builder)
{
    Arena *arena = l->module->arena;
    l->func = ir_func_new(l->module, name);
    l->values = ARENA_ARRAY(arena, IrValue *, l->program->typed_count);
    l->masks = ARENA_ARRAY(arena, IrValue *, l->program->typed_count);
    l->statistics = ARENA_ARRAY(arena, IrValue *, l->program->weights.count);
    l->scans = NULL;
    l->streams = 0;
    *builder = ir_builder_at_end(l->module, l->func->body);
    l->builder = builder;
    Arguments arguments = add_arguments(l, targets);
    bool *seen = ARENA_ARRAY(arena, bool, l->program->typed_count);
    TypedList list = {0};
    collect_all(l, l->program->outputs.data, l->program->outputs.count, seen, &list);
    if (l->program->loss)
        collect(l, l->program->loss, seen, &list);
    if (targets)
        collect_all(l, l->program->metrics.data, l->program->metrics.count, seen, &list);
    l->scan_results.count = 0;
    for (int i = 0; i < list.count; i++) {
        const Typed *typed = list.data[i];
        bind_arguments(l, typed, &arguments);
        if (typed->kind == T_SCAN_EMIT || typed->kind == T_SCAN_LAST)
            vec_push(arena, &l->scan_results, typed);
    }
}

static IrValue *sum_all(IrBuilder *b, IrValue *x)
{
    while (x->type.rank > 0)
        x = ir_reduce(b, OP_sum, x, ir_dim_segmented(x->type.dims[0]) ? 1u : (1u << x->type.rank) - 1);
    return x;
}

static IrValue *mean_all(IrBuilder *b, IrValue *x)
{
    IrValue *total = sum_all(b, x);
    int64_t count = ir_type_static_count(&x->type);
    if (count >= 0)
        return ir_ew(b, OP_mul, total, ir_const(b, total->type, count ? 1 / (double)count : 0), NULL);
    return ir_ew(b, OP_div, total, sum_all(b, ir_const(b, x->type, 1)), NULL);
}

/* The loss of each item, times the weight of its class. */
static IrValue *weigh_classes(Lower *l, IrValue *loss)
{
    const Recipe *recipe = &l->program->recipe;
    IrBuilder *b = l->builder;
    IrValue *label = NULL;
    for (int i = 0; i < l->func->arg_count; i++)
        if (l->func->args[i]->kind == NND_ARG_TARGET)
            label = l->func->args[i];
    if (!recipe->class_weight_count || !label)
        return loss;
    IrValue *weight = ir_const(b, loss->type, 1);
    for (int i = 0; i < recipe->class_weight_count; i++) {
        IrValue *is_class = ir_ew(b, OP_eq, label, ir_const(b, label->type, i), NULL);
        weight = ir_ew(b, OP_select, is_class, ir_const(b, loss->type, recipe->class_weights[i]), weight);
    }
    return ir_ew(b, OP_mul, loss, weight, NULL);
}

/* ---- attention ---- */

static bool is_attention(const Typed *typed)
{
    if (!typed->name || strcmp(typed->name, "attention") != 0 || typed->type.element != ELEMENT_FLOAT || typed->type.rank < 2)
        return false;
    for (int i = 0; i < typed->type.rank; i++)
        if (typed->type.axes[i].kind == AXIS_CONST)
            return false;
    return true;
}

/* Outside of the bodies of scans, operands before users. */
static void find_attention(Lower *l, const Typed *typed, bool *seen, TypedList *list)
{
    if (seen[typed->id])
        return;
    seen[typed->id] = true;
    for (int i = 0; i < typed->arg_count; i++)
        find_attention(l, typed->args[i], seen, list);
    if (typed->kind == T_SCAN_EMIT || typed->kind == T_SCAN_LAST) {
        const TypedScan *scan = typed->scan.scan;
        for (int i = 0; i < scan->sequence_count; i++)
            find_attention(l, scan->sequences[i], seen, list);
        for (int i = 0; i < scan->state_count; i++)
            find_attention(l, scan->initial[i], seen, list);
    }
    if (is_attention(typed))
        vec_push(l->module->arena, list, typed);
}

static const char *attention_name(const Lower *l, const TypedList *list, int index)
{
    int extent = list->data[index]->type.axes[list->data[index]->type.rank - 1].extent, number = 1;
    for (int i = 0; i < index; i++)
        number += list->data[i]->type.axes[list->data[i]->type.rank - 1].extent == extent;
    const char *axis = l->program->extents.data[extent].name;
    return number == 1 ? arena_printf(l->module->arena, "attention.%s", axis)
                       : arena_printf(l->module->arena, "attention.%s#%d", axis, number);
}

typedef VEC(IrValue *) ValueList;
typedef VEC(const char *) NameList;

static void lower_attention(Lower *l, ValueList *results, NameList *names)
{
    bool *seen = ARENA_ARRAY(l->module->arena, bool, l->program->typed_count);
    TypedList list = {0};
    for (int i = 0; i < l->program->outputs.count; i++)
        find_attention(l, l->program->outputs.data[i], seen, &list);
    for (int i = 0; i < list.count; i++) {
        vec_push(l->module->arena, results, lower_typed(l, list.data[i]));
        vec_push(l->module->arena, names, attention_name(l, &list, i));
    }
}

/* ---- what functions return ---- */

enum { LOSS = 1, OUTPUTS = 2, ATTENTION = 4 };

static void lower_function(Lower *l, const char *name, unsigned parts)
{
    const Program *program = l->program;
    bool loss = parts & LOSS, outputs = parts & OUTPUTS;
    IrBuilder builder;
    begin_function(l, name, loss, &builder);
    ValueList results = {0};
    NameList names = {0};
    Arena *arena = l->module->arena;
    if (loss) {
        IrValue *value = lower_typed(l, program->loss);
        vec_push(arena, &results, mean_all(l->builder, l->training ? weigh_classes(l, value) : value));
        vec_push(arena, &names, "loss");
    }
    for (int i = 0; outputs && i < program->outputs.count; i++) {
        vec_push(arena, &results, lower_typed(l, program->outputs.data[i]));
        vec_push(arena, &names, program->output_names.data[i]);
    }
    for (int i = 0; loss && outputs && i < program->metrics.count; i++) {
        vec_push(arena, &results, mean_all(l->builder, lower_typed(l, program->metrics.data[i])));
        vec_push(arena, &names, arena_printf(arena, "metric.%s", program->metric_names.data[i]));
    }
    for (int i = 0; i < program->weights.count; i++) {
        if (!l->statistics[i])
            continue;
        vec_push(arena, &results, l->statistics[i]);
        vec_push(arena, &names, program->weights.data[i].path);
    }
    if (parts & ATTENTION)
        lower_attention(l, &results, &names);
    ir_func_return(l->func, results.data, names.data, results.count);
}

static void lower_extents(Lower *l)
{
    const Program *program = l->program;
    l->extents = ARENA_ARRAY(l->module->arena, IrDim *, program->extents.count);
    for (int i = 0; i < program->extents.count; i++) {
        const Extent *e = &program->extents.data[i];
        if (e->kind == EXTENT_FREE)
            l->extents[i] = ir_dim_free(l->module, e->name);
        else if (e->kind == EXTENT_RAGGED)
            l->extents[i] = ir_dim_ragged(l->module, e->name, l->extents[e->parent], e->most);
        else
            l->extents[i] = ir_dim_window(l->module, l->extents[e->source], e->pad, e->span, e->stride, e->least);
    }
}

static Lower begin_module(Arena *arena, const Program *program, NndDType float_type, Diags *diags)
{
    Lower l = {.program = program, .diags = diags, .float_type = float_type};
    l.module = ir_module_new(arena, program->model);
    l.module->source = program->path;
    lower_extents(&l);
    return l;
}

IrModule *lower_program(Arena *arena, const Program *program, NndDType float_type, Diags *diags)
{
    Lower l = begin_module(arena, program, float_type, diags);
    lower_function(&l, "predict", OUTPUTS);
    if (program->loss) {
        lower_function(&l, "eval", LOSS | OUTPUTS);
        l.training = true;
        lower_function(&l, "loss", LOSS);
    }
    return l.failed ? NULL : l.module;
}

IrModule *lower_explanation(Arena *arena, const Program *program, NndDType float_type, Diags *diags)
{
    Lower l = begin_module(arena, program, float_type, diags);
    lower_function(&l, "predict", OUTPUTS);
    if (program->loss)
        lower_function(&l, "explain", LOSS | OUTPUTS | ATTENTION);
    return l.failed ? NULL : l.module;
}
