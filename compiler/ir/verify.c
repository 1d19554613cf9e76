/* SPDX-License-Identifier: Apache-2.0
 *
 * The verifier. It trusts nothing: lists, owners and scopes are checked before
 * types, types before the rules that hold in the region of a scan only.
 */
#include "compiler/ir/ir.h"

typedef struct Verifier {
    Arena *arena;
    const IrModule *module;
    const IrFunc *func;
    int value_count;
    const IrValue **defined; /* by value id: the value, where it is in scope */
    bool *inside;            /* by value id: of the scan's region at hand */
    bool *varies;            /* by value id: depends on a parameter of that region */
    const IrDim *part;       /* of the scan over parts around, or NULL: no other part has rows */
    char *error;
} Verifier;

static void fail(Verifier *v, const IrInst *inst, const char *what)
{
    if (v->error)
        return;
    const char *where = inst ? ir_op_info[inst->op].name : "return";
    const char *text = inst ? ir_inst_text(v->arena, v->func, inst) : "";
    v->error = arena_printf(v->arena, "@%s: %s: %s%s%s", v->func->name, where, what,
                            inst ? "\n  " : "", text);
}

/* ---- scopes ---- */

static bool is_defined(const Verifier *v, const IrValue *value)
{
    return value && value->id >= 0 && value->id < v->value_count && v->defined[value->id] == value;
}

static void define(Verifier *v, const IrRegion *region, const IrValue *value, bool varies)
{
    v->defined[value->id] = value;
    v->inside[value->id] = ir_region_is_row(region);
    v->varies[value->id] = varies;
}

static void check_uses(Verifier *v, const IrInst *inst, IrValue *const *values, int count)
{
    for (int i = 0; i < count; i++)
        if (!is_defined(v, values[i]))
            fail(v, inst, arena_printf(v->arena, "operand %d is not defined here", i));
}

static void leave_region(Verifier *v, const IrRegion *region)
{
    for (int i = 0; i < region->param_count; i++)
        v->defined[region->params[i].id] = NULL;
    for (const IrInst *inst = region->first; inst; inst = inst->next)
        for (int i = 0; i < inst->result_count; i++)
            v->defined[inst->results[i].id] = NULL;
}

/* ---- types ---- */

static const char *type_problem(const Verifier *v, const IrType *type)
{
    const IrModule *module = v->module;
    if ((unsigned)type->dtype >= NND_DTYPE_COUNT || type->rank < 0 || type->rank > NND_MAX_RANK)
        return "a type is broken";
    for (int i = 0; i < type->rank; i++) {
        const IrDim *dim = type->dims[i];
        if (!dim || dim->index < 0 || dim->index >= module->dims.count ||
            module->dims.data[dim->index] != dim)
            return "a dimension is not of this module";
        if (dim->kind == NND_DIM_PART && dim != v->part)
            return "a part is used outside of its scan";
        if (i > 0 && ir_dim_segmented(dim))
            return "a segmented dimension is not axis 0";
    }
    return NULL;
}

static void check_type(Verifier *v, IrInst *inst)
{
    for (int i = 0; i < inst->result_count; i++) {
        const char *problem = type_problem(v, &inst->results[i].type);
        if (problem)
            fail(v, inst, problem);
        if (inst->results[i].def != inst || inst->results[i].index != i)
            fail(v, inst, "a result does not know its instruction");
    }
    bool by_dim = ir_op_info[inst->op].attr == ATTR_dim;
    if (by_dim && inst->attrs.dim && inst->attrs.dim->kind == NND_DIM_PART && inst->attrs.dim != v->part)
        fail(v, inst, "a part is used outside of its scan");
    const char *error = v->error ? NULL : ir_check(v->arena, inst);
    if (error)
        fail(v, inst, error);
}

/* ---- rows: axis 0 of what varies in the region of a scan is the item; items never meet ---- */

static bool leads(const IrType *type, const IrDim *parent)
{
    return type->rank > 0 && type->dims[0] == parent;
}

static bool mentions(const IrType *type, const IrDim *parent, int from)
{
    for (int i = from; i < type->rank; i++)
        if (type->dims[i] == parent)
            return true;
    return false;
}

static bool contracts(const IrInst *inst, const IrDim *parent)
{
    const IrDot *dot = &inst->attrs.dot;
    for (int i = 0; i < dot->contract_count; i++)
        if (inst->args[0]->type.dims[dot->a_contract[i]] == parent)
            return true;
    return false;
}

/* True if row i of the result is made of row i of the operands, or is the same for all i. */
static bool keeps_rows(const IrInst *inst, const IrDim *parent)
{
    const IrAttrs *a = &inst->attrs;
    bool from_rows = inst->arg_count > 0 && leads(&inst->args[0]->type, parent);
    if (ir_op_is_scalar(inst->op))
        return true;
    switch (inst->op) {
    case OP_const:
    case OP_cast: return true;
    case OP_iota: return a->axis != 0;
    case OP_broadcast: return a->map[0] == -1 || from_rows;
    case OP_reshape:
    case OP_transpose:
    case OP_slice:
    case OP_pad:
    case OP_concat: return from_rows;
    case OP_window:
    case OP_unwindow: return from_rows && a->window.axis != 0;
    case OP_gather: return leads(&inst->args[1]->type, parent) && !from_rows;
    case OP_sum:
    case OP_reduce_max:
    case OP_argmax: return from_rows && !(a->axes & 1);
    case OP_dot: return !contracts(inst, parent);
    default: return false;
    }
}

static bool any_varies(const Verifier *v, const IrInst *inst)
{
    for (int i = 0; i < inst->arg_count; i++)
        if (v->inside[inst->args[i]->id] && v->varies[inst->args[i]->id])
            return true;
    return false;
}

static void check_rows(Verifier *v, const IrInst *inst, const IrDim *parent)
{
    const IrType *type = &inst->results[0].type;
    if (inst->op == OP_scan)
        fail(v, inst, "a scan is inside of a scan");
    if (parent->kind == NND_DIM_CONST) /* other axes may be of the same size */
        return;
    for (int i = 0; i < inst->arg_count; i++)
        if (!v->inside[inst->args[i]->id] && mentions(&inst->args[i]->type, parent, 0))
            fail(v, inst,
                 arena_printf(v->arena, "operand %d has a row for each item but comes from outside",
                              i));
    bool by_item = leads(type, parent);
    if ((any_varies(v, inst) && !by_item) || mentions(type, parent, 1) ||
        (by_item && !keeps_rows(inst, parent)))
        fail(v, inst, "the items of a scan are mixed");
}

static void check_yields(Verifier *v, const IrInst *scan)
{
    const IrDim *parent = scan->attrs.scan.dim->parent;
    for (int i = 0; i < scan->region->yield_count; i++) {
        const IrValue *value = scan->region->yields[i];
        if (!v->inside[value->id] && parent->kind != NND_DIM_CONST)
            fail(v, scan, arena_printf(v->arena, "yielded value %d comes from outside", i));
    }
}

/* What is yielded has memory of its own, and states are not exchanged: they are in place. */
static void check_part_yields(Verifier *v, const IrInst *scan)
{
    const IrRegion *region = scan->region;
    const IrValue *states = region->params + scan->attrs.scan.seq_count;
    for (int i = 0; i < region->yield_count; i++) {
        const IrValue *value = region->yields[i];
        bool own = value >= region->params && value < region->params + region->param_count;
        for (const IrInst *inst = region->first; inst && !own; inst = inst->next)
            own = inst == value->def;
        if (!own)
            fail(v, scan, arena_printf(v->arena, "yielded value %d comes from outside", i));
        bool state = value >= states && value < region->params + region->param_count;
        if (state && i < scan->attrs.scan.state_count && value != &states[i])
            fail(v, scan, arena_printf(v->arena, "state %d becomes another one", i));
    }
}

/* ---- instructions ---- */

static void check_region(Verifier *v, IrRegion *region);

static void check_region_of_part(Verifier *v, IrInst *inst)
{
    v->part = inst->attrs.scan.part;
    check_region(v, inst->region);
    v->part = NULL;
}

static void check_params(Verifier *v, const IrInst *inst)
{
    const IrDim *around = v->part;
    IrRegion *region = inst->region;
    v->part = inst->attrs.scan.part ? inst->attrs.scan.part : around;
    for (int i = 0; region && i < region->param_count; i++) {
        const char *problem = type_problem(v, &region->params[i].type);
        if (problem || region->params[i].def || region->params[i].index != i)
            fail(v, inst, problem ? problem : "a parameter of the region does not know its place");
    }
    v->part = around;
}

static void check_scan_region(Verifier *v, const IrRegion *around, IrInst *inst)
{
    IrRegion *region = inst->region;
    if (!region || region->owner != inst || inst->result_count < 1)
        fail(v, inst, "the scan has no region of its own or no results");
    const IrDim *dim = inst->attrs.scan.dim, *part = inst->attrs.scan.part;
    if (!dim || !ir_dim_segmented(dim) || (dim->kind == NND_DIM_PART && dim != v->part))
        fail(v, inst, "the dimension is not segmented");
    if (part && around->owner)
        fail(v, inst, "a scan over parts is inside of a scan");
    if (!v->error)
        check_params(v, inst);
    if (!v->error && part) {
        check_region_of_part(v, inst);
        return;
    }
    for (int i = 0; !v->error && dim->parent->kind != NND_DIM_CONST && i < region->param_count; i++)
        if (mentions(&region->params[i].type, dim->parent, 1))
            fail(v, inst,
                 arena_printf(v->arena, "operand %d has the items as another axis too", i));
    if (!v->error)
        check_region(v, region);
}

/* Rows may be put in place: no instruction can read what was there any more. */
static void check_put(Verifier *v, const IrRegion *region, const IrInst *inst)
{
    if (inst->op != OP_put && inst->prev && inst->prev->op == OP_put)
        fail(v, inst, "only puts follow a put");
    if (inst->op != OP_put)
        return;
    if (region->owner)
        fail(v, inst, "rows are put in the body of a scan");
    for (const IrInst *later = inst->next; later; later = later->next)
        for (int i = 0; i < later->arg_count; i++)
            if (later->args[i] == inst->args[0])
                fail(v, inst, "what rows are put into is read later");
}

static void check_inst(Verifier *v, IrRegion *region, IrInst *inst)
{
    if ((unsigned)inst->op >= OP_COUNT) {
        v->error = arena_printf(v->arena, "@%s: operator number %d does not exist", v->func->name,
                                (int)inst->op);
        return;
    }
    if ((inst->op == OP_scan) != (inst->region != NULL) ||
        (inst->op != OP_scan && inst->result_count != 1))
        fail(v, inst, "there is one result, and only a scan has a region and more");
    check_uses(v, inst, inst->args, inst->arg_count);
    if (!v->error)
        check_put(v, region, inst);
    if (!v->error && inst->op == OP_scan)
        check_scan_region(v, region, inst);
    if (!v->error)
        check_type(v, inst);
    if (!v->error && region->owner && inst->op == OP_uniform)
        fail(v, inst, "random numbers are drawn in the body of a scan");
    if (!v->error && ir_region_is_row(region))
        check_rows(v, inst, region->owner->attrs.scan.dim->parent);
    bool varies = !v->error && any_varies(v, inst);
    for (int i = 0; i < inst->result_count; i++)
        define(v, region, &inst->results[i], varies);
}

static void check_region(Verifier *v, IrRegion *region)
{
    for (int i = 0; i < region->param_count; i++)
        define(v, region, &region->params[i], true);
    const IrInst *before = NULL;
    for (IrInst *inst = region->first; inst && !v->error; inst = inst->next) {
        if (inst->prev != before)
            fail(v, inst, "the list of instructions is broken");
        check_inst(v, region, inst);
        before = inst;
    }
    if (!v->error && region->last != before)
        fail(v, region->owner, "the list of instructions is broken");
    if (!v->error)
        check_uses(v, region->owner, region->yields, region->yield_count);
    if (!region->owner)
        return;
    if (!v->error && ir_region_is_row(region))
        check_yields(v, region->owner);
    else if (!v->error)
        check_part_yields(v, region->owner);
    leave_region(v, region);
}

/* ---- functions and modules ---- */

static void check_args(Verifier *v)
{
    const IrFunc *func = v->func;
    for (int i = 0; i < func->arg_count && !v->error; i++) {
        const IrValue *arg = func->args[i];
        const char *problem = type_problem(v, &arg->type);
        if (arg->def || arg->index != i || !arg->name)
            problem = "it does not know its place";
        for (int k = 0; k < i && !problem; k++)
            if (!strcmp(func->args[k]->name, arg->name))
                problem = "there are two of this name";
        if (problem)
            v->error = arena_printf(v->arena, "@%s: argument %d: %s", func->name, i, problem);
        v->defined[arg->id] = arg;
    }
}

static void check_results(Verifier *v)
{
    const IrFunc *func = v->func;
    for (int i = 0; i < func->body->yield_count && !v->error; i++)
        if (!func->result_names || !func->result_names[i])
            v->error = arena_printf(v->arena, "@%s: result %d has no name", func->name, i);
}

static char *verify_func(Arena *arena, const IrModule *module, IrFunc *func)
{
    Verifier v = {
        .arena = arena, .module = module, .func = func, .value_count = ir_func_number(func)};
    if (func->module != module || func->body->owner || func->body->param_count)
        return arena_printf(arena, "@%s: the function is not of this module", func->name);
    v.defined = ARENA_ARRAY(arena, const IrValue *, v.value_count + 1);
    v.inside = ARENA_ARRAY(arena, bool, v.value_count + 1);
    v.varies = ARENA_ARRAY(arena, bool, v.value_count + 1);
    check_args(&v);
    if (!v.error)
        check_region(&v, func->body);
    check_results(&v);
    return v.error;
}

static bool is_earlier(const IrModule *module, const IrDim *dim, const IrDim *than)
{
    return dim && dim->index >= 0 && dim->index < than->index &&
           module->dims.data[dim->index] == dim;
}

static const char *dim_problem(const IrModule *module, const IrDim *dim)
{
    if (ir_dim_segmented(dim) ? !is_earlier(module, dim->parent, dim) : dim->parent != NULL)
        return "its parent is wrong";
    if (dim->kind == NND_DIM_DISTINCT)
        return is_earlier(module, dim->source, dim) && !dim->size ? NULL : "its source is wrong";
    if ((dim->parent && dim->parent->kind == NND_DIM_PART) || (dim->source && dim->source->kind == NND_DIM_PART))
        return "it is made of a part";
    if (dim->kind == NND_DIM_PART)
        return !is_earlier(module, dim->source, dim) || dim->source->parent != dim->parent ? "its source is wrong"
               : dim->size < 1 ? "its size is below 1"
                               : NULL;
    if (dim->kind != NND_DIM_WINDOW)
        return dim->source     ? "only windows and distinct numbers have a source"
               : dim->size < 0 ? "its size is negative"
                               : NULL;
    if (!is_earlier(module, dim->source, dim) || dim->source->parent != dim->parent)
        return "its source is wrong";
    bool possible = dim->span >= 1 && dim->stride >= 1 && dim->least >= 0;
    return possible ? NULL : "its windows are impossible";
}

static char *verify_dims(Arena *arena, const IrModule *module)
{
    for (int i = 0; i < module->dims.count; i++) {
        const IrDim *dim = module->dims.data[i];
        if (dim->index != i || !dim->name || (unsigned)dim->kind > NND_DIM_PART)
            return arena_printf(arena, "dimension %d is broken", i);
        const char *problem = dim_problem(module, dim);
        for (int k = 0; k < i && !problem; k++)
            if (!strcmp(module->dims.data[k]->name, dim->name) &&
                (module->dims.data[k]->kind == dim->kind))
                problem = "there are two of this name";
        if (problem)
            return arena_printf(arena, "dimension %s: %s", dim->name, problem);
    }
    return NULL;
}

char *ir_module_verify(Arena *arena, const IrModule *module)
{
    char *error = verify_dims(arena, module);
    for (int i = 0; i < module->funcs.count && !error; i++) {
        IrFunc *func = module->funcs.data[i];
        if (ir_module_func(module, func->name) != func)
            return arena_printf(arena, "@%s: there are two functions of this name", func->name);
        error = verify_func(arena, module, func);
    }
    return error;
}
