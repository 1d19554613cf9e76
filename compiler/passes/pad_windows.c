/* SPDX-License-Identifier: Apache-2.0
 *
 * pad_windows: contractions read windows of padded values.
 *   after   a window over an axis of constant size that a contraction reads, directly or through other
 *           windows, lies within its operand if what is beyond is zero: its operand is a `pad`
 *
 * A window that reaches over the edge makes the innermost loop look, for each element, where it is. The padded
 * value is written once; every element of it is read by each entry of the window and each filter.
 */
#include "compiler/passes/passes.h"

typedef VEC(IrInst *) Windows;

/* The windows between a value and what the innermost of them reads, innermost first. */
static IrValue *find_windows(Arena *arena, IrValue *value, Windows *windows)
{
    IrInst *def = value->def;
    if (!def || def->op != OP_window)
        return value;
    IrValue *source = find_windows(arena, def->args[0], windows);
    vec_push(arena, windows, def);
    return source;
}

/* How many entries a window reads beyond the end of its axis. */
static int64_t beyond_end(const IrInst *window)
{
    const IrWindow *w = &window->attrs.window;
    int64_t count = window->results[0].type.dims[w->axis]->size, rows = window->args[0]->type.dims[w->axis]->size;
    int64_t end = (count - 1) * w->stride + (w->size - 1) * w->dilation + 1 - w->low;
    return end > rows ? end - rows : 0;
}

static bool wants_padding(const IrInst *window)
{
    const IrWindow *w = &window->attrs.window;
    return window->args[0]->type.dims[w->axis]->kind == NND_DIM_CONST && w->fill == 0 && w->low >= 0 &&
           (w->low > 0 || beyond_end(window) > 0);
}

/* The axis of the source that an axis behind the first `count` windows is, or -1: entries of a window. */
static int axis_of_source(const Windows *windows, int count, int axis)
{
    for (int i = count - 1; i >= 0; i--) {
        int windowed = windows->data[i]->attrs.window.axis;
        if (axis == windowed + 1)
            return -1;
        axis -= axis > windowed;
    }
    return axis;
}

/* The same windows over a padded source; NULL if none wants padding, or if one runs over entries of another. */
static IrValue *padded(IrBuilder *b, const Windows *windows, IrValue *source)
{
    unsigned seen = 0, wanted = 0;
    IrValue *value = source;
    for (int i = 0; i < windows->count; i++) {
        const IrInst *window = windows->data[i];
        int axis = axis_of_source(windows, i, window->attrs.window.axis);
        if (axis < 0 || seen >> axis & 1)
            return NULL;
        seen |= 1u << axis;
        wanted |= (unsigned)wants_padding(window) << axis;
    }
    for (int i = 0; i < windows->count && wanted; i++) {
        const IrInst *window = windows->data[i];
        int axis = axis_of_source(windows, i, window->attrs.window.axis);
        int64_t low = window->attrs.window.low;
        if (wanted >> axis & 1)
            value = ir_pad(b, value, axis, low, low + source->type.dims[axis]->size + beyond_end(window));
    }
    for (int i = 0; i < windows->count && wanted; i++) {
        IrWindow window = windows->data[i]->attrs.window;
        window.low = wants_padding(windows->data[i]) ? 0 : window.low;
        value = ir_window(b, value, window, windows->data[i]->results[0].type.dims[window.axis]);
    }
    return wanted ? value : NULL;
}

typedef struct Padded {
    const IrValue *from;
    IrValue *to;
} Padded;

typedef VEC(Padded) PaddedList;

/* What a contraction reads in place of `value`: the same for all that read it. */
static IrValue *replacement(IrFunc *func, IrInst *dot, IrValue *value, PaddedList *list)
{
    for (int i = 0; i < list->count; i++)
        if (list->data[i].from == value)
            return list->data[i].to;
    Windows windows = {0};
    IrValue *source = find_windows(func->module->arena, value, &windows);
    IrBuilder b = ir_builder_before(func->module, func->body, dot);
    b.line = dot->line;
    Padded made = {value, padded(&b, &windows, source)};
    made.to = made.to ? made.to : value;
    vec_push(func->module->arena, list, made);
    return made.to;
}

bool pass_pad_windows(IrFunc *func)
{
    bool changed = false;
    PaddedList list = {0};
    for (IrInst *inst = func->body->first; inst; inst = inst->next)
        for (int i = 0; i < inst->arg_count && inst->op == OP_dot; i++) {
            IrValue *before = inst->args[i];
            if (before->def && before->def->op == OP_window)
                inst->args[i] = replacement(func, inst, before, &list);
            changed |= inst->args[i] != before;
        }
    return changed;
}
