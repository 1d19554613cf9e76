/* SPDX-License-Identifier: Apache-2.0
 *
 * Parameters of layers and their initial values. A weight is known by its
 * path; an instance that is applied again finds its weights again.
 */
#include <math.h>

#include "lang/check.h"

typedef struct Initialiser {
    const char *name;
    InitKind kind;
    int least, most; /* positional numbers */
    double defaults[2];
} Initialiser;

static const Initialiser initialisers[] = {
    {"zeros", INIT_ZEROS, 0, 0, {0, 0}},
    {"ones", INIT_ONES, 0, 0, {0, 0}},
    {"constant", INIT_CONSTANT, 1, 1, {0, 0}},
    {"uniform", INIT_UNIFORM, 0, 2, {-0.05, 0.05}},
    {"normal", INIT_NORMAL, 0, 1, {0.05, 0}},
    {"xavier", INIT_XAVIER, 0, 0, {0, 0}},
    {"he", INIT_HE, 0, 0, {0, 0}},
    {"orthogonal", INIT_ORTHOGONAL, 0, 0, {0, 0}},
};
enum { INITIALISER_COUNT = sizeof initialisers / sizeof *initialisers };

static const Initialiser *find_initialiser(Checker *c, const Node *node)
{
    const char *names[INITIALISER_COUNT];
    const char *name =
        node->kind == N_CALL && node->kids[0]->kind == N_NAME ? node->kids[0]->name : NULL;
    for (int i = 0; i < INITIALISER_COUNT; i++) {
        names[i] = initialisers[i].name;
        if (name && !strcmp(name, names[i]))
            return &initialisers[i];
    }
    Diag *d = noted(c, diag_report(c->diags, node->span, E_INITIALISER));
    const char *near = name ? diag_nearest(name, names, INITIALISER_COUNT) : NULL;
    if (near)
        diag_help(c->diags, d, "did you mean `%s`?", near);
    else
        diag_note(c->diags, d,
                  "initialisers are zeros(), ones(), constant(x), uniform(low, high), "
                  "normal(deviation), xavier(), he(), orthogonal()");
    return NULL;
}

static bool number_argument(Checker *c, const Node *node, double *number)
{
    Value *value = eval(c, node);
    bool unknown;
    if (value_as_number(value, number, &unknown))
        return true;
    if (value->kind != V_ERROR)
        noted(c, diag_report(c->diags, node->span, E_OPTION_KIND, "the argument", "a number",
                             value_describe(c, value)));
    return false;
}

/* `padding = true`: row 0 stays zero. The only option of an initialiser. */
static bool padding_argument(Checker *c, const Node *node, bool *padding)
{
    if (strcmp(node->name, "padding")) {
        Diag *d = noted(c, diag_report(c->diags, node->name_span, E_UNKNOWN_ARGUMENT,
                                       "the initialiser", node->name));
        diag_note(c->diags, d, "its option is `padding = true`: row 0 stays zero");
        return false;
    }
    Value *value = eval(c, node->kids[0]);
    if (value->kind != V_BOOL) {
        if (value->kind != V_ERROR)
            noted(c, diag_report(c->diags, node->span, E_OPTION_KIND, "padding", "true or false",
                                 value_describe(c, value)));
        return false;
    }
    *padding = value->number != 0;
    return true;
}

static bool read_init(Checker *c, const Node *node, Init *init, bool *padding)
{
    const Initialiser *row = find_initialiser(c, node);
    double numbers[2];
    int count = 0;
    if (!row)
        return false;
    memcpy(numbers, row->defaults, sizeof numbers);
    for (int i = 1; i < node->kid_count; i++) {
        const Node *arg = node->kids[i];
        if (arg->kind == N_NAMED) {
            if (!padding_argument(c, arg, padding))
                return false;
            continue;
        }
        if (count == row->most) {
            noted(c, diag_report(c->diags, arg->span, E_ARGUMENT_COUNT, row->name,
                                 node->kid_count - 1));
            return false;
        }
        if (!number_argument(c, arg, &numbers[count++]))
            return false;
    }
    if (count < row->least) {
        noted(c, diag_report(c->diags, node->span, E_ARGUMENT_COUNT, row->name, count));
        return false;
    }
    if (row->kind == INIT_UNIFORM && count == 1) {
        numbers[1] = fabs(numbers[0]);
        numbers[0] = -numbers[1];
    }
    *init =
        (Init){.kind = row->kind, .low = numbers[0], .high = numbers[1], .deviation = numbers[0]};
    return true;
}

/* Until it is known what the weight is contracted with: the last axis is the output. */
static void default_fans(const Type *type, Init *init)
{
    init->fan_in = init->fan_out = 1;
    for (int i = 0; i < type->rank; i++) {
        int64_t size = dim_value(type->axes[i].dim, 1);
        if (i + 1 == type->rank)
            init->fan_out = size;
        else
            init->fan_in *= size;
    }
}

void weight_contracted(Checker *c, const Typed *typed, int64_t over, int64_t others)
{
    if (typed->kind != T_WEIGHT || c->program->weights.data[typed->index].init.fan_in > 0)
        return;
    Init *init = &c->program->weights.data[typed->index].init;
    init->fan_in = over;
    init->fan_out = others;
}

static bool weight_type(Checker *c, const Node *node, Type *type)
{
    if (!element_of_type(c, node, &type->element))
        return false;
    if (type->element != ELEMENT_FLOAT) {
        noted(c, diag_report(c->diags, node->span, E_WEIGHT_ELEMENT, node->name));
        return false;
    }
    bool fine = true;
    for (int i = 0; i < node->kid_count; i++) {
        Axis axis;
        if (eval_const_axis(c, node->kids[i], &axis))
            type_push(type, axis);
        else
            fine = false;
    }
    return fine;
}

static Value *known_weight(Checker *c, const Node *node, const char *path, const Type *type)
{
    for (int i = 0; i < c->program->weights.count; i++) {
        if (strcmp(c->program->weights.data[i].path, path))
            continue;
        Value *value = c->weights.data[i].value;
        bool same = value->type->rank == type->rank;
        for (int j = 0; same && j < type->rank; j++)
            same = dim_equal(value->type->axes[j].dim, type->axes[j].dim);
        if (same)
            return value_tensor(c, value->typed, type_copy(c->arena, type));
        Diag *d =
            noted(c, diag_report(c->diags, node->span, E_SHARED_WEIGHT, path,
                                 type_text(&c->dims, value->type), type_text(&c->dims, type)));
        diag_help(
            c->diags, d,
            "an instance that is bound to a name has one set of weights; make one for each use");
        return c->error;
    }
    return NULL;
}

static Value *new_weight(Checker *c, const Node *node, const char *path, const Type *type,
                         Init init, bool padding)
{
    Value *value = emit(c, T_WEIGHT, type, node->span, 0, NULL);
    if (value->kind != V_TENSOR)
        return value;
    value->typed->index = c->program->weights.count;
    value->typed->name = node->name;
    Weight weight = {.path = path,
                     .type = value->typed->type,
                     .init = init,
                     .span = node->span,
                     .statistic = node->flag,
                     .padding_row = padding};
    vec_push(c->arena, &c->program->weights, weight);
    vec_push(c->arena, &c->weights, ((WeightRef){node, value}));
    return value;
}

bool condition_holds(Checker *c, const Node *condition)
{
    if (!condition)
        return true;
    Value *value = eval(c, condition);
    if (value->kind == V_BOOL)
        return value->unknown || value->number != 0;
    if (value->kind != V_ERROR)
        noted(c, diag_report(c->diags, condition->span, E_CONDITION, value_describe(c, value)));
    return false;
}

static Value *weight_value(Checker *c, const Node *node)
{
    Type type = {.element = ELEMENT_FLOAT};
    Init init;
    bool padding = false;
    bool fine = weight_type(c, node->kids[0], &type);
    fine = read_init(c, node->kids[1], &init, &padding) && fine;
    if (!fine)
        return c->error;
    const char *path = arena_printf(c->arena, "%s%s", c->frame->prefix, node->name);
    Value *known = known_weight(c, node, path, &type);
    return known ? known : new_weight(c, node, path, &type, init, padding);
}

/* Without its condition a weight does not exist; its name then means nothing. */
void eval_weight(Checker *c, const Node *node)
{
    if (!condition_holds(c, node->kids[2]))
        return;
    Node name = *node;
    name.span = node->name_span;
    Value *value = weight_value(c, node);
    bind_name(c, arena_copy(c->arena, &name, sizeof name), value);
    Binding *binding = scope_own(c->scope, node->name);
    if (binding)
        binding->quiet = value->kind == V_ERROR;
}

void weights_finish(Checker *c)
{
    for (int i = 0; i < c->program->weights.count; i++) {
        Weight *weight = &c->program->weights.data[i];
        if (weight->init.fan_in == 0)
            default_fans(c->weights.data[i].value->type, &weight->init);
    }
}
