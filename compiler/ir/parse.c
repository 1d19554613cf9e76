/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the textual IR. The text comes from outside: every count has a
 * limit, and the type rule of each instruction is checked where it stands, so
 * that a mistake is reported with its line. What only the verifier sees (items
 * of a scan that meet) has none.
 *
 * After the first error the current token is TOK_END for good; loops that read
 * lists end by themselves.
 */
#include <ctype.h>
#include <stdlib.h>

#include "compiler/ir/ir.h"

enum {
    MAX_DIMS = 4096,
    MAX_FUNCS = 1024,
    MAX_ARGS = 4096,
    MAX_RESULTS = 4096, /* of an instruction or function */
    BUCKETS = 1024
};
#define MAX_SIZE ((int64_t)1 << 40)

/* Punctuation stands for itself. */
enum { TOK_END = 0, TOK_WORD = 256, TOK_NUMBER, TOK_STRING, TOK_ARROW };

/* A value that can be named. `%7` and `%"7"` are different names. */
typedef struct Entry {
    const char *name;
    bool number;
    bool ended;     /* with its region: the name is free again */
    IrValue *value; /* NULL as long as its instruction is being read */
    struct Entry *next;
} Entry;

typedef VEC(IrValue *) Values;

typedef struct Parser {
    Arena *arena;
    IrModule *module;
    const char *at; /* behind the current token */
    const char *line_start;
    int line, column; /* of the current token */
    int token;
    const char *text; /* of words, numbers and strings */
    char *error;
    Entry *buckets[BUCKETS]; /* of the function at hand */
    VEC(Entry *) entries;
    int map_count; /* of the last list of axes */
    bool in_part, in_scan; /* in the region of a scan over parts, over rows */
} Parser;

static void fail_at(Parser *p, int line, int column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void fail_at(Parser *p, int line, int column, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!p->error)
        p->error = arena_printf(p->arena, "%d:%d: %s", line, column,
                                arena_vprintf(p->arena, format, args));
    va_end(args);
    p->token = TOK_END;
}
#define FAIL(p, ...) fail_at((p), (p)->line, (p)->column, __VA_ARGS__)

/* ---- tokens ---- */

static void skip_blanks(Parser *p)
{
    for (;; p->at++) {
        if (*p->at == '#')
            p->at += strcspn(p->at, "\n");
        if (*p->at == '\n') {
            p->line++;
            p->line_start = p->at + 1;
        } else if (*p->at != ' ' && *p->at != '\t' && *p->at != '\r') {
            return;
        }
    }
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.';
}

static void read_word(Parser *p, int token)
{
    const char *begin = p->at++;
    while (is_word(*p->at) ||
           (token == TOK_NUMBER && (*p->at == '-' || *p->at == '+') && p->at[-1] == 'e'))
        p->at++;
    p->token = token;
    p->text = arena_strndup(p->arena, begin, (size_t)(p->at - begin));
}

static int hex_digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void read_string(Parser *p)
{
    const char *begin = ++p->at;
    size_t length = strcspn(begin, "\"\n");
    if (begin[length] != '"') {
        FAIL(p, "the string does not end");
        return;
    }
    char *text = arena_alloc(p->arena, length + 1), *to = text;
    for (const char *c = begin; c < begin + length; c++) {
        int high = *c == '\\' ? hex_digit(c[1]) : -1;
        int low = high >= 0 ? hex_digit(c[2]) : -1;
        if (*c == '\\' && (low < 0 || high + low == 0)) {
            FAIL(p, "\\ must be followed by two hexadecimal digits, not 00");
            return;
        }
        *to++ = low >= 0 ? (char)(high * 16 + low) : *c;
        c += low >= 0 ? 2 : 0;
    }
    p->at = begin + length + 1;
    p->token = TOK_STRING;
    p->text = text;
}

static void advance(Parser *p)
{
    if (p->error)
        return;
    skip_blanks(p);
    p->column = (int)(p->at - p->line_start) + 1;
    p->text = NULL;
    char c = *p->at;
    if (c == '-' && p->at[1] == '>') {
        p->token = TOK_ARROW;
        p->at += 2;
    } else if (isdigit((unsigned char)c) || c == '-') {
        read_word(p, TOK_NUMBER);
    } else if (isalpha((unsigned char)c) || c == '_') {
        read_word(p, TOK_WORD);
    } else if (c == '"') {
        read_string(p);
    } else {
        p->token = (unsigned char)c;
        p->at += c != '\0';
    }
}

static bool accept(Parser *p, int token)
{
    if (p->token != token || p->error)
        return false;
    advance(p);
    return true;
}

static void expect(Parser *p, int token)
{
    if (accept(p, token))
        return;
    if (token == TOK_ARROW)
        FAIL(p, "-> expected");
    else
        FAIL(p, "%c expected", token);
}

static bool at_word(const Parser *p, const char *word)
{
    return p->token == TOK_WORD && !strcmp(p->text, word);
}

static bool accept_word(Parser *p, const char *word)
{
    bool found = at_word(p, word);
    if (found)
        advance(p);
    return found;
}

static void expect_word(Parser *p, const char *word)
{
    if (!accept_word(p, word))
        FAIL(p, "%s expected", word);
}

/* A word or a string; never NULL. */
static const char *parse_name(Parser *p, const char *what)
{
    const char *name = p->token == TOK_WORD || p->token == TOK_STRING ? p->text : NULL;
    if (!name) {
        FAIL(p, "%s expected", what);
        return "";
    }
    advance(p);
    return name;
}

static int64_t parse_int(Parser *p, int64_t low, int64_t high)
{
    char *end = NULL;
    long long value = p->token == TOK_NUMBER ? strtoll(p->text, &end, 10) : 0;
    if (!end || *end || value < low ||
        value > high) { /* what overflows is LLONG_MAX, beyond any `high` */
        FAIL(p, "an integer from %lld to %lld expected", (long long)low, (long long)high);
        return low;
    }
    advance(p);
    return value;
}

static double parse_double(Parser *p)
{
    char *end = NULL;
    bool word = at_word(p, "inf") || at_word(p, "nan");
    double value = word || p->token == TOK_NUMBER ? strtod(p->text, &end) : 0;
    if (!end || *end)
        FAIL(p, "a number expected");
    else
        advance(p);
    return value;
}

/* ---- types ---- */

static IrDim *parse_dim(Parser *p)
{
    if (p->module->dims.count >= MAX_DIMS) {
        FAIL(p, "more than %d dimensions", MAX_DIMS);
    } else if (p->token == TOK_NUMBER) {
        int64_t size = parse_int(p, 0, MAX_SIZE);
        return p->error ? NULL : ir_dim_const(p->module, size);
    }
    int line = p->line, column = p->column;
    const char *name = parse_name(p, "a dimension");
    IrDim *dim = p->error ? NULL : ir_dim_find(p->module, name);
    if (!dim)
        fail_at(p, line, column, "there is no dimension %s", name);
    return dim;
}

static NndDType parse_dtype(Parser *p)
{
    for (int i = 0; i < NND_DTYPE_COUNT; i++)
        if (accept_word(p, ir_dtype_name((NndDType)i)))
            return (NndDType)i;
    FAIL(p, "an element type expected");
    return NND_F32;
}

static IrType parse_type(Parser *p)
{
    IrType type = {.dtype = parse_dtype(p)};
    if (!accept(p, '['))
        return type;
    do {
        int line = p->line, column = p->column;
        IrDim *dim = parse_dim(p);
        if (p->error)
            return type;
        if (type.rank == NND_MAX_RANK || (type.rank > 0 && ir_dim_segmented(dim))) {
            fail_at(p, line, column,
                    type.rank == NND_MAX_RANK ? "more than 8 axes"
                                              : "a segmented dimension is not axis 0");
            return type;
        }
        type.dims[type.rank++] = dim;
    } while (accept(p, ','));
    expect(p, ']');
    return type;
}

/* ---- names of values ---- */

static Entry **bucket(Parser *p, const char *name)
{
    unsigned hash = 5381;
    for (const char *c = name; *c; c++)
        hash = hash * 33 + (unsigned char)*c;
    return &p->buckets[hash % BUCKETS];
}

static Entry *lookup(Parser *p, const char *name, bool number)
{
    for (Entry *entry = *bucket(p, name); entry; entry = entry->next)
        if (!entry->ended && entry->number == number && !strcmp(entry->name, name))
            return entry;
    return NULL;
}

/* The part behind `%`. */
static Entry parse_value_name(Parser *p)
{
    expect(p, '%');
    Entry entry = {.number = p->token == TOK_NUMBER};
    if (entry.number) {
        entry.name = p->text;
        advance(p);
    } else {
        entry.name = parse_name(p, "the name of a value");
    }
    return entry;
}

static IrValue *parse_use(Parser *p)
{
    int line = p->line, column = p->column;
    Entry name = parse_value_name(p);
    Entry *entry = p->error ? NULL : lookup(p, name.name, name.number);
    if (!entry || !entry->value) {
        fail_at(p, line, column, "there is no value %%%s here", name.name);
        return NULL;
    }
    return entry->value;
}

/* A name that is not taken yet; its value comes later. */
static Entry *parse_definition(Parser *p)
{
    int line = p->line, column = p->column;
    Entry name = parse_value_name(p);
    if (p->error)
        return NULL;
    if (lookup(p, name.name, name.number)) {
        fail_at(p, line, column, "%%%s is defined twice", name.name);
        return NULL;
    }
    Entry *entry = arena_copy(p->arena, &name, sizeof name);
    Entry **head = bucket(p, name.name);
    entry->next = *head;
    *head = entry;
    vec_push(p->arena, &p->entries, entry);
    return entry;
}

static Values parse_uses(Parser *p)
{
    Values values = {0};
    if (p->token != '%')
        return values;
    do {
        IrValue *value = parse_use(p);
        if (value)
            vec_push(p->arena, &values, value);
    } while (accept(p, ','));
    return values;
}

/* ---- attributes, in the order in which they are printed ---- */

static void parse_key(Parser *p, const char *key, bool first)
{
    if (!first)
        expect(p, ',');
    expect_word(p, key);
    expect(p, '=');
}

static int64_t parse_size(Parser *p, const char *key, bool first)
{
    parse_key(p, key, first);
    return parse_int(p, 0, INT32_MAX);
}

static int parse_axis(Parser *p)
{
    parse_key(p, "axis", true);
    return (int)parse_int(p, 0, NND_MAX_RANK - 1);
}

static int parse_axes(Parser *p, const char *key, bool first, int8_t *axes)
{
    int count = 0;
    parse_key(p, key, first);
    expect(p, '[');
    while (p->token == TOK_NUMBER && count < NND_MAX_RANK) {
        axes[count++] = (int8_t)parse_int(p, -1, NND_MAX_RANK - 1);
        if (!accept(p, ','))
            break;
    }
    expect(p, ']');
    return count;
}

static IrWindow parse_window(Parser *p)
{
    IrWindow w = {.axis = parse_axis(p)};
    w.size = parse_size(p, "size", false);
    w.stride = parse_size(p, "stride", false);
    w.dilation = parse_size(p, "dilation", false);
    w.low = parse_size(p, "low", false);
    parse_key(p, "fill", false);
    w.fill = parse_double(p);
    return w;
}

static IrDot parse_dot(Parser *p)
{
    IrDot dot = {0};
    dot.batch_count = parse_axes(p, "a_batch", true, dot.a_batch);
    bool same = parse_axes(p, "b_batch", false, dot.b_batch) == dot.batch_count;
    dot.contract_count = parse_axes(p, "a_contract", false, dot.a_contract);
    same &= parse_axes(p, "b_contract", false, dot.b_contract) == dot.contract_count;
    if (!same)
        FAIL(p, "the axes do not come in pairs");
    return dot;
}

static IrCoast parse_coast(Parser *p)
{
    IrCoast coast = {0};
    parse_key(p, "mean_decay", true);
    coast.mean_decay = parse_double(p);
    parse_key(p, "square_decay", false);
    coast.square_decay = parse_double(p);
    parse_key(p, "epsilon", false);
    coast.epsilon = parse_double(p);
    return coast;
}

static IrScan parse_scan(Parser *p)
{
    IrScan scan = {0};
    parse_key(p, "dim", true);
    scan.dim = parse_dim(p);
    expect(p, ',');
    if (at_word(p, "part")) {
        parse_key(p, "part", true);
        scan.part = parse_dim(p);
        parse_key(p, "marks", false);
        scan.marks = parse_dim(p);
        expect(p, ',');
    }
    parse_key(p, "reverse", true);
    scan.reverse = at_word(p, "true");
    if (!accept_word(p, "true"))
        expect_word(p, "false");
    scan.seq_count = (int)parse_size(p, "seq", false);
    scan.row_count = (int)parse_size(p, "row", false);
    scan.state_count = (int)parse_size(p, "state", false);
    scan.emit_count = (int)parse_size(p, "emit", false);
    if (accept(p, ',')) {
        parse_key(p, "recompute", true);
        scan.recompute = accept_word(p, "true");
        if (!scan.recompute)
            expect_word(p, "true");
    }
    if (scan.seq_count > MAX_RESULTS || scan.row_count > MAX_RESULTS ||
        scan.state_count > MAX_RESULTS || scan.emit_count > MAX_RESULTS)
        FAIL(p, "more than %d values", MAX_RESULTS);
    return scan;
}

static void parse_attr(Parser *p, IrAttrKind kind, IrAttrs *a)
{
    switch (kind) {
    case ATTR_none: return;
    case ATTR_constant:
        parse_key(p, "value", true);
        a->constant = parse_double(p);
        return;
    case ATTR_axis: a->axis = parse_axis(p); return;
    case ATTR_stream:
        parse_key(p, "stream", true);
        a->stream = (uint32_t)parse_int(p, 0, UINT32_MAX);
        return;
    case ATTR_dim:
        parse_key(p, "dim", true);
        a->dim = parse_dim(p);
        return;
    case ATTR_map: p->map_count = parse_axes(p, "map", true, a->map); return;
    case ATTR_slice:
        a->slice.axis = parse_axis(p);
        parse_key(p, "start", false);
        a->slice.start = parse_int(p, 0, MAX_SIZE);
        parse_key(p, "size", false);
        a->slice.size = parse_int(p, 0, MAX_SIZE);
        return;
    case ATTR_window: a->window = parse_window(p); return;
    case ATTR_axes: a->axes = (unsigned)parse_size(p, "axes", true); return;
    case ATTR_dot: a->dot = parse_dot(p); return;
    case ATTR_coast: a->coast = parse_coast(p); return;
    case ATTR_scan: a->scan = parse_scan(p); return;
    }
}

static void parse_attrs(Parser *p, IrInst *inst)
{
    IrAttrKind kind = ir_op_info[inst->op].attr;
    if (kind == ATTR_none)
        return;
    expect(p, '{');
    parse_attr(p, kind, &inst->attrs);
    expect(p, '}');
}

/* ---- instructions ---- */

static void parse_insts(Parser *p, IrRegion *region);

static void parse_params(Parser *p, IrRegion *region, int count)
{
    region->param_count = count;
    region->params = ARENA_ARRAY(p->arena, IrValue, count);
    for (int i = 0; i < count && !p->error; i++) {
        if (i > 0)
            expect(p, ',');
        Entry *entry = parse_definition(p);
        expect(p, ':');
        region->params[i] = (IrValue){.type = parse_type(p), .index = i};
        if (entry)
            entry->value = &region->params[i];
    }
}

static void parse_yields(Parser *p, IrRegion *region, const IrScan *scan)
{
    expect_word(p, "yield");
    Values states = parse_uses(p);
    expect_word(p, "emit");
    Values emits = parse_uses(p);
    if (!p->error && (states.count != scan->state_count || emits.count != scan->emit_count))
        FAIL(p, "%d states and %d emitted values expected", scan->state_count, scan->emit_count);
    for (int i = 0; i < emits.count; i++)
        vec_push(p->arena, &states, emits.data[i]);
    region->yields = states.data;
    region->yield_count = states.count;
}

static void parse_region(Parser *p, IrInst *inst)
{
    const IrScan *scan = &inst->attrs.scan;
    bool nested = scan->part ? p->in_part || p->in_scan : p->in_scan;
    if (nested || inst->arg_count != scan->seq_count + scan->row_count + scan->state_count) {
        FAIL(p, nested ? "a scan is inside of a scan" : "the number of operands is wrong");
        return;
    }
    int outer = p->entries.count;
    *(scan->part ? &p->in_part : &p->in_scan) = true;
    inst->region = ARENA_NEW(p->arena, IrRegion);
    inst->region->owner = inst;
    expect(p, '{');
    expect(p, '^');
    expect(p, '(');
    parse_params(p, inst->region, inst->arg_count);
    expect(p, ')');
    parse_insts(p, inst->region);
    parse_yields(p, inst->region, scan);
    expect(p, '}');
    for (int i = outer; i < p->entries.count; i++)
        p->entries.data[i]->ended = true;
    p->entries.count = outer;
    *(scan->part ? &p->in_part : &p->in_scan) = false;
}

static IrOp parse_op(Parser *p)
{
    for (int op = 0; op < OP_COUNT; op++)
        if (accept_word(p, ir_op_info[op].name))
            return (IrOp)op;
    FAIL(p, "there is no such operator");
    return OP_const;
}

typedef VEC(Entry *) Entries;

static Entries parse_definitions(Parser *p)
{
    Entries entries = {0};
    do {
        Entry *entry = parse_definition(p);
        if (entry)
            vec_push(p->arena, &entries, entry);
    } while (accept(p, ',') && entries.count < MAX_RESULTS);
    return entries;
}

static void parse_result_types(Parser *p, IrInst *inst)
{
    expect(p, ':');
    for (int i = 0; i < inst->result_count && !p->error; i++) {
        if (i > 0)
            expect(p, ',');
        inst->results[i] = (IrValue){.type = parse_type(p), .def = inst, .index = i};
    }
    if (!p->error && ir_op_info[inst->op].attr == ATTR_map &&
        p->map_count != inst->results[0].type.rank)
        FAIL(p, "the map has %d axes, the result %d", p->map_count, inst->results[0].type.rank);
}

static void parse_suffix(Parser *p, IrInst *inst)
{
    if (accept(p, '@'))
        inst->group = (int)parse_int(p, INT32_MIN, INT32_MAX);
    if (accept(p, ';')) {
        expect_word(p, "line");
        inst->line = (int)parse_int(p, 1, INT32_MAX);
    }
}

static void parse_inst(Parser *p, IrRegion *region)
{
    int line = p->line, column = p->column;
    Entries names = parse_definitions(p);
    IrInst *inst = ARENA_NEW(p->arena, IrInst);
    expect(p, '=');
    inst->op = parse_op(p);
    Values args = parse_uses(p);
    inst->args = args.data;
    inst->arg_count = args.count;
    parse_attrs(p, inst);
    if (!p->error && inst->op != OP_scan && names.count != 1)
        fail_at(p, line, column, "%s has one result", ir_op_info[inst->op].name);
    inst->result_count = names.count;
    inst->results = ARENA_ARRAY(p->arena, IrValue, names.count);
    parse_result_types(p, inst);
    parse_suffix(p, inst);
    if (!p->error && inst->op == OP_scan)
        parse_region(p, inst);
    const char *wrong = p->error ? NULL : ir_check(p->arena, inst);
    if (wrong)
        fail_at(p, line, column, "%s: %s", ir_op_info[inst->op].name, wrong);
    for (int i = 0; i < names.count; i++)
        names.data[i]->value = &inst->results[i];
    ir_inst_insert(region, NULL, inst);
}

static void parse_insts(Parser *p, IrRegion *region)
{
    while (p->token == '%')
        parse_inst(p, region);
}

/* ---- functions ---- */

static NndArgKind parse_kind(Parser *p)
{
    static const char *const words[] = {
        [NND_ARG_INPUT] = "input",  [NND_ARG_TARGET] = "target", [NND_ARG_PARAM] = "param",
        [NND_ARG_STATE] = "state",  [NND_ARG_RATE] = "rate",     [NND_ARG_DISTINCT] = "distinct",
        [NND_ARG_PLACES] = "places", [NND_ARG_FIXED] = "fixed"};
    for (int i = 0; i < NND_ARG_KIND_COUNT; i++)
        if (accept_word(p, words[i]))
            return (NndArgKind)i;
    FAIL(p, "input, target, param, state, rate, distinct, places or fixed expected");
    return NND_ARG_INPUT;
}

static void parse_arg(Parser *p, IrFunc *func)
{
    NndArgKind kind = parse_kind(p);
    if (func->arg_count >= MAX_ARGS)
        FAIL(p, "more than %d arguments", MAX_ARGS);
    Entry *entry = parse_definition(p);
    if (entry && entry->number)
        FAIL(p, "arguments have names, not numbers");
    expect(p, ':');
    IrType type = parse_type(p);
    if (!p->error)
        entry->value = ir_func_arg(func, kind, entry->name, type);
}

static void parse_args(Parser *p, IrFunc *func)
{
    expect(p, '(');
    if (p->token != ')')
        do
            parse_arg(p, func);
        while (accept(p, ','));
    expect(p, ')');
}

typedef VEC(const char *) Names;

static Names parse_result_names(Parser *p)
{
    Names names = {0};
    expect(p, '(');
    if (p->token != ')')
        do {
            const char *name = parse_name(p, "the name of a result");
            vec_push(p->arena, &names, name);
        } while (accept(p, ',') && names.count < MAX_RESULTS);
    expect(p, ')');
    return names;
}

static void parse_func(Parser *p)
{
    memset(p->buckets, 0, sizeof p->buckets);
    p->entries.count = 0;
    expect(p, '@');
    const char *name = parse_name(p, "the name of a function");
    if (!p->error && (ir_module_func(p->module, name) || p->module->funcs.count >= MAX_FUNCS))
        FAIL(p, "too many functions, or two of the name %s", name);
    if (p->error)
        return;
    IrFunc *func = ir_func_new(p->module, name);
    parse_args(p, func);
    expect(p, TOK_ARROW);
    Names names = parse_result_names(p);
    expect(p, '{');
    parse_insts(p, func->body);
    expect_word(p, "return");
    Values values = parse_uses(p);
    if (!p->error && values.count != names.count)
        FAIL(p, "%d results expected", names.count);
    expect(p, '}');
    if (!p->error)
        ir_func_return(func, values.data, names.data, names.count);
}

/* ---- modules ---- */

static int64_t parse_field(Parser *p, const char *word, int64_t low)
{
    expect_word(p, word);
    return parse_int(p, low, INT32_MAX);
}

static IrDim parse_declared_dim(Parser *p)
{
    IrDim dim = {.kind = NND_DIM_FREE};
    if (accept_word(p, "distinct")) {
        dim.kind = NND_DIM_DISTINCT;
        dim.source = parse_dim(p);
    } else if (accept_word(p, "ragged")) {
        dim.kind = NND_DIM_RAGGED;
        dim.parent = parse_dim(p);
        if (accept_word(p, "most"))
            dim.size = parse_int(p, 1, INT32_MAX);
    } else if (accept_word(p, "uniform")) {
        dim.kind = NND_DIM_UNIFORM;
        dim.parent = parse_dim(p);
        dim.size = parse_field(p, "size", 0);
    } else if (accept_word(p, "window")) {
        dim.kind = NND_DIM_WINDOW;
        dim.source = parse_dim(p);
        dim.parent = dim.source ? dim.source->parent : NULL;
        dim.pad = parse_field(p, "pad", INT32_MIN);
        dim.span = parse_field(p, "span", 1);
        dim.stride = parse_field(p, "stride", 1);
        dim.least = (int32_t)parse_field(p, "least", 0);
        if (!p->error && !dim.parent)
            FAIL(p, "the source is not segmented");
    } else if (accept_word(p, "part")) {
        dim.kind = NND_DIM_PART;
        dim.source = parse_dim(p);
        dim.parent = dim.source ? dim.source->parent : NULL;
        dim.size = parse_field(p, "size", 1);
        if (!p->error && !dim.parent)
            FAIL(p, "the source is not segmented");
    } else {
        expect_word(p, "free");
    }
    return dim;
}

static void parse_declaration(Parser *p)
{
    int line = p->line, column = p->column;
    const char *name = parse_name(p, "the name of a dimension");
    expect(p, '=');
    IrDim dim = parse_declared_dim(p);
    if (p->error)
        return;
    if (p->module->dims.count >= MAX_DIMS)
        fail_at(p, line, column, "more than %d dimensions", MAX_DIMS);
    else if (!ir_dim_declare(p->module, dim, name))
        fail_at(p, line, column, "dimension %s is declared twice", name);
}

static const char *parse_path(Parser *p)
{
    if (p->token != TOK_STRING)
        FAIL(p, "a string expected");
    return p->error ? "" : parse_name(p, "a string");
}

IrModule *ir_module_parse(Arena *arena, const char *text, char **error)
{
    Parser *p = ARENA_NEW(arena, Parser);
    *p = (Parser){.arena = arena, .at = text, .line_start = text, .line = 1};
    advance(p);
    expect_word(p, "module");
    p->module = ir_module_new(arena, parse_path(p));
    if (accept_word(p, "source"))
        p->module->source = parse_path(p);
    while (accept_word(p, "dim"))
        parse_declaration(p);
    while (accept_word(p, "func"))
        parse_func(p);
    if (!p->error && p->token != TOK_END)
        FAIL(p, "dim, func or the end expected");
    if (!p->error)
        p->error = ir_module_verify(arena, p->module);
    if (error)
        *error = p->error;
    return p->error ? NULL : p->module;
}
