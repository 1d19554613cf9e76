/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the IR's text (the inverse of text.c). The first mistake ends it.
 * Instructions are checked by the verifier afterwards, so nothing here needs
 * to know what an operator wants of its operands.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/ir/ir.h"

enum { MAX_REGION_DEPTH = 8, MAX_RESULTS = 4096 };

typedef struct Name {
    const char *text; /* with the %, quotes removed */
    IrValue *value;
} Name;

typedef struct Reader {
    Arena *arena;
    const char *text, *at;
    IrModule *module;
    IrFunc *func;
    VEC(Name) names; /* in scope */
    char *error;
} Reader;

static void *fail(Reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void *fail(Reader *r, const char *format, ...)
{
    if (r->error)
        return NULL;
    int line = 1, column = 1;
    for (const char *c = r->text; c < r->at; c++) {
        column = *c == '\n' ? 1 : column + 1;
        line += *c == '\n';
    }
    va_list args;
    va_start(args, format);
    r->error = arena_printf(r->arena, "%d:%d: %s", line, column, arena_vprintf(r->arena, format, args));
    va_end(args);
    return NULL;
}

/* ---- tokens ---- */

static void skip_blanks(Reader *r)
{
    while (isspace((unsigned char)*r->at))
        r->at++;
}

static bool accept(Reader *r, const char *token)
{
    skip_blanks(r);
    size_t length = strlen(token);
    if (strncmp(r->at, token, length) != 0)
        return false;
    if (isalpha((unsigned char)*token) && (isalnum((unsigned char)r->at[length]) || r->at[length] == '_'))
        return false;
    r->at += length;
    return true;
}

static bool expect(Reader *r, const char *token)
{
    if (r->error || accept(r, token))
        return !r->error;
    fail(r, "expected `%s`", token);
    return false;
}

static bool is_name_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-';
}

/* A plain word, or anything in quotes. Never NULL. */
static const char *read_name(Reader *r)
{
    skip_blanks(r);
    bool quoted = *r->at == '"';
    const char *start = r->at += quoted;
    while (*r->at && (quoted ? *r->at != '"' && *r->at != '\n' : is_name_char(*r->at)))
        r->at++;
    const char *name = arena_strndup(r->arena, start, (size_t)(r->at - start));
    if (quoted)
        expect(r, "\"");
    else if (!*name)
        fail(r, "expected a name");
    return name;
}

static int64_t read_int(Reader *r)
{
    skip_blanks(r);
    char *end;
    errno = 0;
    long long value = strtoll(r->at, &end, 10);
    if (end == r->at || errno || value > INT64_MAX / 2 || value < INT64_MIN / 2) {
        fail(r, "expected a whole number");
        return 0;
    }
    r->at = end;
    return value;
}

static int read_small(Reader *r, int64_t low, int64_t high)
{
    int64_t value = read_int(r);
    if (!r->error && (value < low || value > high))
        fail(r, "%lld is out of range", (long long)value);
    return r->error ? (int)low : (int)value;
}

static double read_real(Reader *r)
{
    skip_blanks(r);
    char *end;
    double value = strtod(r->at, &end);
    if (end == r->at)
        fail(r, "expected a number");
    r->at = end;
    return value;
}

static bool read_field(Reader *r, const char *name, bool first)
{
    return (first || expect(r, ",")) && expect(r, name) && expect(r, "=");
}

static int64_t int_field(Reader *r, const char *name, bool first)
{
    return read_field(r, name, first) ? read_int(r) : 0;
}

static int small_field(Reader *r, const char *name, bool first, int low, int high)
{
    return read_field(r, name, first) ? read_small(r, low, high) : low;
}

/* ---- dimensions and types ---- */

static IrDim *find_dim(Reader *r, const char *name)
{
    for (int i = 0; i < r->module->dims.count; i++)
        if (!strcmp(r->module->dims.data[i]->name, name))
            return r->module->dims.data[i];
    return NULL;
}

static IrDim *read_dim(Reader *r)
{
    skip_blanks(r);
    if (isdigit((unsigned char)*r->at)) {
        const char *end = r->at;
        while (isdigit((unsigned char)*end))
            end++;
        if (!is_name_char(*end))
            return ir_dim_const(r->module, read_int(r));
    }
    const char *name = read_name(r);
    IrDim *dim = r->error ? NULL : find_dim(r, name);
    return dim ? dim : fail(r, "there is no dimension `%s`", name);
}

/* Dimensions are read in the order in which they were made, so equal ones cannot be interned apart. */
static void read_dim_line(Reader *r)
{
    const char *name = read_name(r);
    if (!expect(r, "="))
        return;
    if (find_dim(r, name)) {
        fail(r, "dimension `%s` is there already", name);
        return;
    }
    IrDim *dim = NULL, *of = NULL;
    if (accept(r, "free")) {
        dim = ir_dim_free(r->module, name);
    } else if (accept(r, "ragged")) {
        if ((of = read_dim(r)))
            dim = ir_dim_ragged(r->module, name, of);
    } else if (accept(r, "uniform")) {
        if ((of = read_dim(r)) && expect(r, "size"))
            dim = ir_dim_uniform(r->module, of, read_small(r, 0, INT32_MAX));
    } else if (expect(r, "window") && (of = read_dim(r))) {
        if (!ir_dim_segmented(of)) {
            fail(r, "`%s` is not segmented", of->name);
            return;
        }
        int pad = expect(r, "pad") ? read_small(r, INT32_MIN, INT32_MAX) : 0;
        int span = expect(r, "span") ? read_small(r, 1, INT32_MAX) : 1;
        int stride = expect(r, "stride") ? read_small(r, 1, INT32_MAX) : 1;
        int least = expect(r, "least") ? read_small(r, 0, INT32_MAX) : 0;
        dim = ir_dim_window(r->module, of, pad, span, stride, least);
    }
    if (dim && !r->error)
        dim->name = name;
}

static bool read_dtype(Reader *r, NndDType *dtype)
{
    for (NndDType d = 0; d < NND_DTYPE_COUNT; d++)
        if (accept(r, ir_dtype_name(d))) {
            *dtype = d;
            return true;
        }
    fail(r, "expected an element type");
    return false;
}

static IrType read_type(Reader *r)
{
    IrType type = {0};
    if (!read_dtype(r, &type.dtype) || *r->at != '[')
        return type;
    r->at++;
    do {
        if (type.rank == NND_MAX_RANK) {
            fail(r, "more than %d axes", NND_MAX_RANK);
            return type;
        }
        type.dims[type.rank++] = read_dim(r);
    } while (!r->error && accept(r, ","));
    expect(r, "]");
    return type;
}

/* ---- values ---- */

static const char *read_value_name(Reader *r)
{
    return expect(r, "%") ? read_name(r) : "";
}

static void define(Reader *r, const char *name, IrValue *value)
{
    for (int i = 0; i < r->names.count; i++)
        if (!strcmp(r->names.data[i].text, name))
            fail(r, "%%%s is there already", name);
    vec_push(r->arena, &r->names, ((Name){name, value}));
}

static IrValue *read_value(Reader *r)
{
    const char *name = read_value_name(r);
    for (int i = r->names.count - 1; i >= 0; i--)
        if (!strcmp(r->names.data[i].text, name))
            return r->names.data[i].value;
    return fail(r, "%%%s is not known here", name);
}

typedef VEC(IrValue *) Values;

static Values read_values(Reader *r)
{
    Values values = {0};
    skip_blanks(r);
    if (*r->at != '%')
        return values;
    do {
        IrValue *value = read_value(r);
        vec_push(r->arena, &values, value);
    } while (!r->error && accept(r, ","));
    return values;
}

/* ---- attributes ---- */

static int read_axes(Reader *r, int8_t *axes)
{
    int count = 0;
    if (!expect(r, "[") || accept(r, "]"))
        return 0;
    do {
        if (count == NND_MAX_RANK) {
            fail(r, "more than %d axes", NND_MAX_RANK);
            return 0;
        }
        axes[count++] = (int8_t)read_small(r, -1, NND_MAX_RANK - 1);
    } while (!r->error && accept(r, ","));
    expect(r, "]");
    return count;
}

static int axes_field(Reader *r, const char *name, bool first, int8_t *axes)
{
    return read_field(r, name, first) ? read_axes(r, axes) : 0;
}

static void read_window(Reader *r, IrWindow *w)
{
    w->axis = small_field(r, "axis", true, 0, NND_MAX_RANK - 1);
    w->size = int_field(r, "size", false);
    w->stride = int_field(r, "stride", false);
    w->dilation = int_field(r, "dilation", false);
    w->low = int_field(r, "low", false);
    w->fill = read_field(r, "fill", false) ? read_real(r) : 0;
}

static void read_dot(Reader *r, IrDot *dot)
{
    dot->batch_count = axes_field(r, "a_batch", true, dot->a_batch);
    if (axes_field(r, "b_batch", false, dot->b_batch) != dot->batch_count)
        fail(r, "batch axes do not pair up");
    dot->contract_count = axes_field(r, "a_contract", false, dot->a_contract);
    if (axes_field(r, "b_contract", false, dot->b_contract) != dot->contract_count)
        fail(r, "contracted axes do not pair up");
}

static void read_scan(Reader *r, IrScan *scan)
{
    if (read_field(r, "dim", true))
        scan->dim = read_dim(r);
    if (read_field(r, "reverse", false)) {
        scan->reverse = accept(r, "true");
        if (!scan->reverse)
            expect(r, "false");
    }
    scan->seq_count = small_field(r, "seq", false, 0, MAX_RESULTS);
    scan->row_count = small_field(r, "row", false, 0, MAX_RESULTS);
    scan->state_count = small_field(r, "state", false, 0, MAX_RESULTS);
    scan->emit_count = small_field(r, "emit", false, 0, MAX_RESULTS);
}

static void read_slice(Reader *r, IrAttrs *a)
{
    a->slice.axis = small_field(r, "axis", true, 0, NND_MAX_RANK - 1);
    a->slice.start = int_field(r, "start", false);
    a->slice.size = int_field(r, "size", false);
}

static void read_attrs(Reader *r, IrInst *inst)
{
    IrAttrs *a = &inst->attrs;
    IrAttrKind kind = ir_op_info[inst->op].attr;
    if (kind == ATTR_none || !expect(r, "{"))
        return;
    switch (kind) {
    case ATTR_none: break;
    case ATTR_constant: a->constant = read_field(r, "value", true) ? read_real(r) : 0; break;
    case ATTR_axis: a->axis = small_field(r, "axis", true, 0, NND_MAX_RANK - 1); break;
    case ATTR_stream: a->stream = (uint32_t)int_field(r, "stream", true); break;
    case ATTR_dim: a->dim = read_field(r, "dim", true) ? read_dim(r) : NULL; break;
    case ATTR_map: axes_field(r, "map", true, a->map); break;
    case ATTR_slice: read_slice(r, a); break;
    case ATTR_window: read_window(r, &a->window); break;
    case ATTR_axes: a->axes = (unsigned)small_field(r, "axes", true, 0, (1 << NND_MAX_RANK) - 1); break;
    case ATTR_dot: read_dot(r, &a->dot); break;
    case ATTR_scan: read_scan(r, &a->scan); break;
    }
    expect(r, "}");
}

/* ---- instructions ---- */

static void read_insts(Reader *r, IrRegion *region, int depth);

static void read_params(Reader *r, IrRegion *region)
{
    VEC(const char *) names = {0};
    VEC(IrType) types = {0};
    if (!expect(r, "^") || !expect(r, "("))
        return;
    skip_blanks(r);
    while (!r->error && *r->at == '%') {
        vec_push(r->arena, &names, read_value_name(r));
        expect(r, ":");
        vec_push(r->arena, &types, read_type(r));
        if (!accept(r, ","))
            break;
        skip_blanks(r);
    }
    expect(r, ")");
    region->param_count = names.count;
    region->params = ARENA_ARRAY(r->arena, IrValue, names.count);
    for (int i = 0; i < names.count; i++) {
        region->params[i] = (IrValue){.type = types.data[i], .index = i};
        define(r, names.data[i], &region->params[i]);
    }
}

static void read_region(Reader *r, IrInst *inst, int depth)
{
    if (!expect(r, "{"))
        return;
    IrRegion *region = inst->region = ARENA_NEW(r->arena, IrRegion);
    region->owner = inst;
    int outer = r->names.count;
    read_params(r, region);
    read_insts(r, region, depth + 1);
    Values states = {0}, emits = {0};
    if (expect(r, "yield"))
        states = read_values(r);
    if (expect(r, "emit"))
        emits = read_values(r);
    expect(r, "}");
    region->yield_count = states.count + emits.count;
    region->yields = ARENA_ARRAY(r->arena, IrValue *, region->yield_count);
    for (int i = 0; i < region->yield_count; i++)
        region->yields[i] = i < states.count ? states.data[i] : emits.data[i - states.count];
    r->names.count = outer;
}

static IrOp read_op(Reader *r)
{
    for (IrOp op = 0; op < OP_COUNT; op++)
        if (accept(r, ir_op_info[op].name))
            return op;
    fail(r, "expected an operator");
    return OP_const;
}

static void read_types(Reader *r, IrInst *inst)
{
    for (int i = 0; i < inst->result_count && !r->error; i++) {
        if (i)
            expect(r, ",");
        inst->results[i] = (IrValue){.type = read_type(r), .def = inst, .index = i};
    }
}

static void read_suffix(Reader *r, IrInst *inst)
{
    if (accept(r, "@"))
        inst->group = read_small(r, -1, INT32_MAX);
    if (accept(r, ";") && expect(r, "line"))
        inst->line = read_small(r, 0, INT32_MAX);
}

static void read_inst(Reader *r, IrRegion *region, int depth)
{
    VEC(const char *) names = {0};
    do {
        vec_push(r->arena, &names, read_value_name(r));
    } while (!r->error && names.count < MAX_RESULTS && accept(r, ","));
    expect(r, "=");
    IrInst *inst = ARENA_NEW(r->arena, IrInst);
    inst->op = read_op(r);
    Values args = read_values(r);
    inst->args = args.data;
    inst->arg_count = args.count;
    inst->result_count = names.count;
    inst->results = ARENA_ARRAY(r->arena, IrValue, names.count);
    if (inst->op != OP_scan && names.count != 1)
        fail(r, "%s has one result", ir_op_info[inst->op].name);
    read_attrs(r, inst);
    expect(r, ":");
    read_types(r, inst);
    read_suffix(r, inst);
    if (inst->op == OP_scan && depth >= MAX_REGION_DEPTH)
        fail(r, "scans are nested more than %d deep", MAX_REGION_DEPTH);
    if (inst->op == OP_scan && !r->error)
        read_region(r, inst, depth);
    if (r->error)
        return;
    ir_inst_insert(region, NULL, inst);
    for (int i = 0; i < names.count; i++)
        define(r, names.data[i], &inst->results[i]);
}

static void read_insts(Reader *r, IrRegion *region, int depth)
{
    skip_blanks(r);
    while (!r->error && *r->at == '%') {
        read_inst(r, region, depth);
        skip_blanks(r);
    }
}

/* ---- functions ---- */

static NndArgKind read_kind(Reader *r)
{
    static const char *const words[] = {
        [NND_ARG_INPUT] = "input", [NND_ARG_TARGET] = "target", [NND_ARG_PARAM] = "param",
        [NND_ARG_STATE] = "state", [NND_ARG_RATE] = "rate"};
    for (int i = 0; i <= NND_ARG_RATE; i++)
        if (accept(r, words[i]))
            return (NndArgKind)i;
    fail(r, "expected `input`, `target`, `param`, `state` or `rate`");
    return NND_ARG_INPUT;
}

static void read_args(Reader *r)
{
    if (!expect(r, "(") || accept(r, ")"))
        return;
    do {
        NndArgKind kind = read_kind(r);
        const char *name = read_value_name(r);
        expect(r, ":");
        IrType type = read_type(r);
        if (!r->error)
            define(r, name, ir_func_arg(r->func, kind, name, type));
    } while (!r->error && accept(r, ","));
    expect(r, ")");
}

static void read_func(Reader *r)
{
    if (!expect(r, "@"))
        return;
    const char *name = read_name(r);
    r->names.count = 0;
    r->func = ir_func_new(r->module, name);
    read_args(r);
    VEC(const char *) results = {0};
    expect(r, "->");
    expect(r, "(");
    if (!accept(r, ")")) {
        do {
            vec_push(r->arena, &results, read_name(r));
        } while (!r->error && accept(r, ","));
        expect(r, ")");
    }
    expect(r, "{");
    read_insts(r, r->func->body, 0);
    Values values = {0};
    if (expect(r, "return"))
        values = read_values(r);
    if (values.count != results.count)
        fail(r, "%d values for %d results", values.count, results.count);
    expect(r, "}");
    if (!r->error)
        ir_func_return(r->func, values.data, results.data, values.count);
}

static void read_module(Reader *r)
{
    if (!expect(r, "module"))
        return;
    r->module = ir_module_new(r->arena, read_name(r));
    if (accept(r, "source"))
        r->module->source = read_name(r);
    while (!r->error && accept(r, "dim"))
        read_dim_line(r);
    while (!r->error && accept(r, "func"))
        read_func(r);
    skip_blanks(r);
    if (!r->error && *r->at)
        fail(r, "expected `func` or the end");
}

IrModule *ir_module_parse(Arena *arena, const char *text, char **error)
{
    Reader r = {.arena = arena, .text = text, .at = text};
    read_module(&r);
    if (!r.error)
        r.error = ir_module_verify(arena, r.module);
    if (error)
        *error = r.error;
    return r.error ? NULL : r.module;
}
