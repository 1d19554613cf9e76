/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/diff/generate_internal.h"

/* ---- choices ---- */

static uint64_t next_random(Gen *g)
{
    uint64_t z = g->random += 0x9e3779b97f4a7c15u; /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

int gen_below(Gen *g, int n)
{
    return (int)(next_random(g) % (uint64_t)n);
}

bool gen_chance(Gen *g, int percent)
{
    return gen_below(g, 100) < percent;
}

IrDim *gen_const_dim(Gen *g)
{
    static const int64_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 16};
    return ir_dim_const(g->module, sizes[gen_below(g, 8)]);
}

bool gen_is_small(const IrType *type)
{
    int64_t elements = 1;
    int runtime = 0;
    for (int i = 0; i < type->rank; i++) {
        if (type->dims[i]->kind == NND_DIM_CONST)
            elements *= type->dims[i]->size;
        else
            runtime++;
    }
    return type->rank <= 5 && elements <= 1024 && runtime <= 2 && elements << 4 * runtime <= 65536;
}

bool gen_has_rows(const Gen *g, const IrType *type)
{
    return g->row && type->rank > 0 && type->dims[0] == g->row;
}

static IrDim *segmented_dim(Gen *g)
{
    switch (gen_below(g, 6)) {
    case 0:
    case 1: return g->word;
    case 2: return g->sent;
    case 3: return g->token;
    case 4: return ir_dim_uniform(g->module, g->batch, gen_chance(g, 50) ? 7 : 1);
    default: break;
    }
    int pad = gen_below(g, 3), span = 1 + gen_below(g, 4), stride = 1 + gen_below(g, 2);
    return ir_dim_window(g->module, g->word, pad, span, stride, gen_below(g, 2));
}

static IrType outer_type(Gen *g, NndDType dtype)
{
    IrType type = {.dtype = dtype};
    if (gen_chance(g, 80))
        type.dims[type.rank++] = gen_chance(g, 40) ? g->batch : segmented_dim(g);
    for (int n = gen_below(g, 3); n > 0; n--)
        type.dims[type.rank++] = gen_const_dim(g);
    return type;
}

IrType gen_type(Gen *g, NndDType dtype)
{
    if (g->floats.items.count && (g->row || gen_chance(g, 70)))
        return ir_type_with_dtype(gen_float(g, NULL)->type, dtype);
    return outer_type(g, dtype);
}

/* Late values are more likely, so that programs become deep. */
IrValue *gen_float(Gen *g, double *bound)
{
    int n = g->floats.items.count;
    int from_end = gen_chance(g, 60) ? gen_below(g, n < 6 ? n : 6) : gen_below(g, n);
    const Candidate *c = &g->floats.items.data[n - 1 - from_end];
    if (bound)
        *bound = c->bound;
    return c->value;
}

void gen_add(Gen *g, IrValue *value, double bound)
{
    NndDType dtype = value->type.dtype;
    Candidates *list = dtype == g->options->float_type ? &g->floats
                       : dtype == NND_BOOL             ? &g->bools
                                                       : &g->ints;
    vec_push(g->arena, &list->items, ((Candidate){value, bound}));
}

/* ---- values ---- */

IrValue *gen_ew1(Gen *g, IrOp op, IrValue *x)
{
    return ir_ew(&g->b, op, x, NULL, NULL);
}

IrValue *gen_ew2(Gen *g, IrOp op, IrValue *x, IrValue *y)
{
    return ir_ew(&g->b, op, x, y, NULL);
}

IrValue *gen_scale(Gen *g, IrValue *x, double factor)
{
    return gen_ew2(g, OP_mul, x, ir_const(&g->b, x->type, factor));
}

IrValue *gen_tame(Gen *g, IrValue *x, double *bound, double limit)
{
    if (*bound <= limit)
        return x;
    double factor = *bound > 16 ? 4 / *bound : 0.5; /* not all of it in the flat part */
    *bound = 1;
    return gen_ew1(g, OP_tanh, gen_scale(g, x, factor));
}

/* Each axis of x to a different equal axis of the type; a parent may go to a segmented axis 0. */
static bool find_map(Gen *g, const IrType *x, const IrType *type, int8_t *map)
{
    for (int i = 0; i < type->rank; i++)
        map[i] = -1;
    for (int k = 0; k < x->rank; k++) {
        int start = type->rank ? gen_below(g, type->rank) : 0, found = -1;
        for (int n = 0; n < type->rank && found < 0; n++) {
            int i = (start + n) % type->rank;
            const IrDim *dim = type->dims[i];
            bool repeated =
                !g->row && i == 0 && k == 0 && ir_dim_segmented(dim) && dim->parent == x->dims[0];
            if (map[i] < 0 && (dim == x->dims[k] || repeated))
                found = i;
        }
        if (found < 0)
            return false;
        map[found] = (int8_t)k;
    }
    return true;
}

IrValue *gen_match(Gen *g, IrType type, double *bound)
{
    for (int tries = 0; tries < 8; tries++) {
        int8_t map[NND_MAX_RANK];
        double x_bound;
        IrValue *x = gen_float(g, &x_bound);
        if (!find_map(g, &x->type, &type, map))
            continue;
        x = gen_tame(g, x, &x_bound, 4);
        *bound = x_bound;
        return ir_broadcast(&g->b, x, type, map);
    }
    *bound = 2;
    return ir_const(&g->b, type, (gen_below(g, 33) - 16) / 8.0);
}

IrValue *gen_param(Gen *g, IrType type)
{
    char *name = arena_printf(g->arena, "w%d", g->arg_count++);
    IrValue *param = ir_func_arg(g->func, NND_ARG_PARAM, name, type);
    return param;
}

/* ---- scan ---- */

typedef struct Outer {
    Candidates floats, ints, bools;
    IrBuilder b;
} Outer;

static Candidates copy_of(Gen *g, const Candidates *list, bool fixed_only)
{
    Candidates copy = {0};
    for (int i = 0; i < list->items.count; i++)
        if (!fixed_only || ir_type_static_count(&list->items.data[i].value->type) >= 0)
            vec_push(g->arena, &copy.items, list->items.data[i]);
    return copy;
}

static bool has_axis_behind(const IrType *type, const IrDim *dim)
{
    for (int i = 1; i < type->rank; i++)
        if (type->dims[i] == dim)
            return true;
    return false;
}

/* Candidates for a scan whose axis 0 is `dim`, at most `most` of them; bounds in `bounds`. */
static int collect(Gen *g, const Candidates *list, const IrDim *dim, const IrDim *parent, int most,
                   IrValue **values, double *bounds)
{
    int count = 0, n = list->items.count, start = n ? gen_below(g, n) : 0;
    for (int i = 0; i < n && count < most; i++) {
        const Candidate *c = &list->items.data[(start + i) % n];
        const IrType *type = &c->value->type;
        if (type->rank == 0 || type->dims[0] != dim || has_axis_behind(type, parent))
            continue;
        bounds[count] = c->bound;
        values[count++] = c->value;
    }
    return count;
}

enum { MAX_OPERANDS = 16 };

/* A small type [parent, n...] for a state. */
static IrType state_type(Gen *g, IrDim *parent)
{
    IrType type = {.dtype = g->options->float_type, .rank = 1, .dims = {parent}};
    for (int n = gen_below(g, 3); n > 0; n--)
        type.dims[type.rank++] = gen_const_dim(g);
    return type;
}

/* How many; 0 if there is no sequence. */
static int collect_operands(Gen *g, IrScan *scan, IrValue **args, double *bounds)
{
    const IrDim *dim = scan->dim, *parent = dim->parent;
    int n = collect(g, &g->floats, dim, parent, 1 + gen_below(g, 3), args, bounds);
    n += collect(g, &g->ints, dim, parent, gen_below(g, 2), args + n, bounds + n);
    scan->seq_count = n;
    if (n == 0)
        return 0;
    n += collect(g, &g->floats, parent, parent, gen_below(g, 3), args + n, bounds + n);
    n += collect(g, &g->bools, parent, parent, gen_below(g, 2), args + n, bounds + n);
    scan->row_count = n - scan->seq_count;
    scan->state_count = gen_below(g, 4);
    for (int i = 0; i < scan->state_count; i++, n++) {
        double bound;
        args[n] = gen_match(g, state_type(g, scan->dim->parent), &bound);
        bounds[n] = 1;
        args[n] = gen_tame(g, args[n], &bound, 1);
    }
    return n;
}

static void enter_region(Gen *g, IrInst *inst, const double *bounds, Outer *outer)
{
    *outer = (Outer){g->floats, g->ints, g->bools, g->b};
    g->floats = copy_of(g, &g->floats, true);
    g->ints = (Candidates){0};
    g->bools = (Candidates){0};
    g->row = inst->attrs.scan.dim->parent;
    g->b = ir_builder_at_end(g->module, inst->region);
    for (int i = 0; i < inst->region->param_count; i++) {
        inst->region->params[i].name = i % 2 ? "h" : NULL; /* a hint that printing must not need */
        gen_add(g, &inst->region->params[i], bounds[i]);
    }
}

static void leave_region(Gen *g, const Outer *outer)
{
    g->floats = outer->floats;
    g->ints = outer->ints;
    g->bools = outer->bools;
    g->b = outer->b;
    g->row = NULL;
}

/* Products with weights are what recurrences are made of. */
static IrValue *mix_into(Gen *g, IrType state)
{
    double bound, other;
    IrValue *x = gen_match(g, state, &bound);
    for (int i = 0; i < 2; i++) {
        IrValue *y = gen_match(g, state, &other);
        x = gen_ew2(g, i ? OP_mul : OP_add, x, y);
    }
    return gen_ew1(g, OP_tanh, x);
}

static int collect_emits(Gen *g, IrValue **emits, double *bounds)
{
    int count = 0;
    for (int i = g->floats.items.count - 1; i >= 0 && count < 3; i--) {
        const Candidate *c = &g->floats.items.data[i];
        if (!gen_has_rows(g, &c->value->type) || gen_chance(g, 30))
            continue;
        bounds[count] = c->bound;
        emits[count++] = c->value;
    }
    return count;
}

static void gen_scan(Gen *g)
{
    IrValue *x = gen_float(g, NULL);
    if (x->type.rank == 0 || !ir_dim_segmented(x->type.dims[0]))
        return;
    IrScan scan = {.dim = x->type.dims[0], .reverse = gen_chance(g, 50)};
    IrValue *args[MAX_OPERANDS], *emits[3], *states[MAX_OPERANDS];
    double bounds[MAX_OPERANDS], emit_bounds[3];
    int operand_count = collect_operands(g, &scan, args, bounds);
    if (!operand_count)
        return;
    IrInst *inst = ir_scan_begin(&g->b, scan, args);
    Outer outer;
    enter_region(g, inst, bounds, &outer);
    for (int steps = 1 + gen_below(g, 8); steps > 0; steps--)
        gen_op(g);
    int first_state = operand_count - scan.state_count;
    for (int i = 0; i < scan.state_count; i++)
        states[i] = mix_into(g, inst->region->params[first_state + i].type);
    int emit_count = collect_emits(g, emits, emit_bounds);
    if (emit_count + scan.state_count == 0) {
        emit_bounds[0] = bounds[0];
        emits[emit_count++] = &inst->region->params[0];
    }
    ir_scan_finish(g->module, inst, states, emits, emit_count);
    leave_region(g, &outer);
    if (gen_chance(g, 30))
        inst = ir_scan_split(&g->b, inst, 1 + gen_below(g, 4));
    for (int i = 0; i < emit_count + scan.state_count; i++)
        gen_add(g, &inst->results[i], i < emit_count ? emit_bounds[i] : 1);
}

/* ---- functions ---- */

static IrValue *new_input(Gen *g, IrType type)
{
    static const char *const names[] = {"x", "label", "x ", "\"y\\", "x.y"};
    char *name = arena_printf(g->arena, "%s%d", names[gen_below(g, 5)], g->arg_count++);
    return ir_func_arg(g->func, gen_chance(g, 80) ? NND_ARG_INPUT : NND_ARG_TARGET, name, type);
}

static void add_dims(Gen *g)
{
    g->batch = ir_dim_free(g->module, "batch");
    g->word = ir_dim_ragged(g->module, "word", g->batch, 0);
    g->sent = ir_dim_ragged(g->module, "sent", g->batch, 0);
    g->token = ir_dim_ragged(g->module, "token of sent", g->sent, 0);
}

static void add_args(Gen *g)
{
    NndDType float_type = g->options->float_type;
    IrDim *dims[] = {g->word, ir_dim_const(g->module, 4)};
    gen_add(g, new_input(g, ir_type(float_type, 2, dims)), 1);
    for (int n = 1 + gen_below(g, 3); n > 0; n--)
        gen_add(g, new_input(g, outer_type(g, float_type)), 1);
    for (int n = 1 + gen_below(g, 3); n > 0; n--) {
        IrType type = {.dtype = float_type};
        for (int rank = 1 + gen_below(g, 3); rank > 0; rank--)
            type.dims[type.rank++] = gen_const_dim(g);
        if (gen_is_small(&type))
            gen_add(g, gen_param(g, type), 1);
    }
    gen_add(g, new_input(g, outer_type(g, NND_I32)), 16);
    if (!g->options->only_float_type && gen_chance(g, 30)) {
        IrValue *pixels = new_input(g, outer_type(g, NND_U8));
        gen_add(g, gen_scale(g, ir_cast(&g->b, pixels, float_type), 1 / 255.0), 1);
    }
    if (gen_chance(g, 30))
        gen_add(g, ir_func_arg(g->func, NND_ARG_RATE, "rate", ir_scalar_type(float_type)), 1);
}

static IrValue *sum_of_all(Gen *g, IrValue *x)
{
    while (x->type.rank > 0)
        x = ir_reduce(&g->b, OP_sum, x, (1u << x->type.rank) - 1);
    return x;
}

typedef struct Uses {
    bool *used; /* by value id */
} Uses;

static void note_uses(void *context, IrRegion *region, IrInst *inst)
{
    Uses *uses = context;
    for (int i = 0; i < inst->arg_count; i++)
        uses->used[inst->args[i]->id] = true;
    (void)region;
}

enum { MAX_RESULTS = 12 };

static void add_unused(const Candidates *list, const Uses *uses, int most, Candidate *results,
                       int *count)
{
    for (int i = list->items.count - 1; i >= 0 && *count < most; i--) {
        const Candidate *c = &list->items.data[i];
        if (c->value->def && !uses->used[c->value->id])
            results[(*count)++] = *c;
    }
}

/* What nothing else reads, the last of it first; the rest is for dead code elimination. */
static int choose_results(Gen *g, Candidate *results)
{
    Uses uses = {ARENA_ARRAY(g->arena, bool, ir_func_number(g->func))};
    int count = 0;
    ir_func_walk(g->func, note_uses, &uses);
    add_unused(&g->floats, &uses, MAX_RESULTS - 4, results, &count);
    int floats = count;
    add_unused(&g->ints, &uses, floats + 2, results, &count);
    add_unused(&g->bools, &uses, floats + 4, results, &count);
    if (count == 0)
        results[count++] = g->floats.items.data[g->floats.items.count - 1];
    return count;
}

static IrValue *loss_of(Gen *g, const Candidate *results, int count)
{
    IrValue *loss = ir_const(&g->b, ir_scalar_type(g->options->float_type), 0.25);
    for (int i = 0; i < count; i++) {
        double bound = results[i].bound;
        if (results[i].value->type.dtype != g->options->float_type)
            continue;
        IrValue *x = gen_tame(g, results[i].value, &bound, 4);
        loss = gen_ew2(g, OP_add, loss, gen_scale(g, sum_of_all(g, x), 0.125));
    }
    return loss;
}

static void add_results(Gen *g)
{
    Candidate results[MAX_RESULTS];
    IrValue *values[MAX_RESULTS + 1];
    const char *names[MAX_RESULTS + 1];
    if (!g->options->loss && !g->options->smooth && gen_chance(g, 30))
        gen_put(g);
    int count = choose_results(g, results), n = 0;
    if (g->options->loss) {
        names[n] = "loss";
        values[n++] = loss_of(g, results, count);
    }
    for (int i = 0; i < count; i++) {
        names[n] = arena_printf(g->arena, "result %d", i);
        values[n++] = results[i].value;
    }
    ir_func_return(g->func, values, names, n);
}

IrModule *generate_module(Arena *arena, uint64_t seed, const GenerateOptions *options)
{
    Gen gen = {.options = options, .arena = arena, .random = seed * 0x2545f4914f6cdd1du + 1},
        *g = &gen;
    g->module =
        ir_module_new(arena, arena_printf(arena, "generated %llu", (unsigned long long)seed));
    g->func = ir_func_new(g->module, "main");
    g->b = ir_builder_at_end(g->module, g->func->body);
    add_dims(g);
    add_args(g);
    int steps = options->steps ? options->steps : 4 + gen_below(g, 21);
    for (int i = 0; i < steps; i++) {
        g->b.line = gen_chance(g, 50) ? i + 1 : 0;
        if (!options->no_scan && gen_chance(g, 12))
            gen_scan(g);
        else
            gen_op(g);
    }
    add_results(g);
    return g->module;
}
