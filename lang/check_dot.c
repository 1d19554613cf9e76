/* SPDX-License-Identifier: Apache-2.0
 *
 * Contractions. The axes of a result come in this order: run-time axes, then
 * paired axes of constant size, then the other axes of the left operand, then
 * those of the right one. Where a T_DOT cannot be packed (it would contract a
 * ragged axis, or repeat an operand along one) a sum of products stands for it.
 */
#include "lang/check.h"

typedef struct Plan {
    Value *a, *b;
    Span span;
    int contract_count, batch_count;
    int8_t a_contract[AXES_MAX], b_contract[AXES_MAX], a_batch[AXES_MAX], b_batch[AXES_MAX];
} Plan;

static int partner(const int8_t *from, const int8_t *to, int count, int axis)
{
    for (int i = 0; i < count; i++)
        if (from[i] == axis)
            return to[i];
    return -1;
}

static int partner_in_b(const Plan *p, int axis)
{
    int other = partner(p->a_batch, p->b_batch, p->batch_count, axis);
    return other >= 0 ? other : partner(p->a_contract, p->b_contract, p->contract_count, axis);
}

static int partner_in_a(const Plan *p, int axis)
{
    int other = partner(p->b_batch, p->a_batch, p->batch_count, axis);
    return other >= 0 ? other : partner(p->b_contract, p->a_contract, p->contract_count, axis);
}

static int runtime_count(const Type *type)
{
    int count = 0;
    for (int i = 0; i < type->rank; i++)
        count += axis_is_runtime(&type->axes[i]);
    return count;
}

static Plan swapped(const Plan *p)
{
    Plan other = {.a = p->b,
                  .b = p->a,
                  .span = p->span,
                  .contract_count = p->contract_count,
                  .batch_count = p->batch_count};
    memcpy(other.a_contract, p->b_contract, sizeof p->a_contract);
    memcpy(other.b_contract, p->a_contract, sizeof p->a_contract);
    memcpy(other.a_batch, p->b_batch, sizeof p->a_contract);
    memcpy(other.b_batch, p->a_batch, sizeof p->a_contract);
    return other;
}

/* One axis of all that take part, and where it is in the operands (-1: nowhere). */
typedef struct JointAxis {
    Axis axis;
    int8_t a, b;
    bool contracted;
} JointAxis;

typedef struct Joint {
    int count;
    JointAxis axes[2 * AXES_MAX];
} Joint;

static void joint_add(Joint *joint, const Plan *p, int a, int b, bool contracted)
{
    const Axis *axis = a >= 0 ? &p->a->type->axes[a] : &p->b->type->axes[b];
    joint->axes[joint->count] =
        (JointAxis){.axis = *axis, .a = (int8_t)a, .b = (int8_t)b, .contracted = contracted};
    if (a >= 0 && b >= 0 && !axis->name)
        joint->axes[joint->count].axis = p->b->type->axes[b];
    joint->count++;
}

static bool contracts_a(const Plan *p, int a)
{
    return partner(p->a_contract, p->b_contract, p->contract_count, a) >= 0;
}

static void add_runtime(Joint *joint, const Plan *p)
{
    const Type *a = p->a->type, *b = p->b->type;
    bool from_a = runtime_count(a) >= runtime_count(b);
    const Type *first = from_a ? a : b, *second = from_a ? b : a;
    for (int i = 0; i < first->rank; i++)
        if (axis_is_runtime(&first->axes[i])) {
            int x = from_a ? i : partner_in_a(p, i), y = from_a ? partner_in_b(p, i) : i;
            joint_add(joint, p, x, y, x >= 0 && contracts_a(p, x));
        }
    for (int i = 0; i < second->rank; i++)
        if (axis_is_runtime(&second->axes[i]) &&
            (from_a ? partner_in_a(p, i) : partner_in_b(p, i)) < 0)
            joint_add(joint, p, from_a ? -1 : i, from_a ? i : -1, false);
}

/* All axes in the order of the result, the contracted ones of constant size last. */
static Joint joint_axes(const Plan *p)
{
    Joint joint = {0};
    const Type *a = p->a->type, *b = p->b->type;
    add_runtime(&joint, p);
    for (int i = 0; i < p->batch_count; i++)
        if (!axis_is_runtime(&a->axes[p->a_batch[i]]))
            joint_add(&joint, p, p->a_batch[i], p->b_batch[i], false);
    for (int i = 0; i < a->rank; i++)
        if (!axis_is_runtime(&a->axes[i]) && partner_in_b(p, i) < 0)
            joint_add(&joint, p, i, -1, false);
    for (int i = 0; i < b->rank; i++)
        if (!axis_is_runtime(&b->axes[i]) && partner_in_a(p, i) < 0)
            joint_add(&joint, p, -1, i, false);
    for (int i = 0; i < p->contract_count; i++)
        if (!axis_is_runtime(&a->axes[p->a_contract[i]]))
            joint_add(&joint, p, p->a_contract[i], p->b_contract[i], true);
    return joint;
}

static Value *sum_of_products(Checker *c, const Plan *p, const Joint *joint)
{
    Type type = {.element = ELEMENT_FLOAT};
    int8_t a_map[2 * AXES_MAX], b_map[2 * AXES_MAX];
    unsigned contracted = 0;
    for (int i = 0; i < joint->count; i++) {
        type_push(&type, joint->axes[i].axis);
        a_map[i] = joint->axes[i].a;
        b_map[i] = joint->axes[i].b;
        contracted |= (unsigned)joint->axes[i].contracted << i;
    }
    Value *args[2] = {emit_broadcast(c, p->a, &type, a_map, p->span),
                      emit_broadcast(c, p->b, &type, b_map, p->span)};
    return emit_reduce(c, REDUCE_SUM, emit_scalar(c, EW_mul, ELEMENT_FLOAT, 2, args, p->span),
                       contracted, p->span);
}

/* True if a T_DOT can be packed: contracted axes are constant, and where there are ragged axes
 * either one operand has none and pairs nothing, or both have the same and pair them all. */
static bool can_be_dot(const Plan *p)
{
    const Type *a = p->a->type, *b = p->b->type;
    int paired = 0;
    for (int i = 0; i < p->contract_count; i++)
        if (axis_is_runtime(&a->axes[p->a_contract[i]]))
            return false;
    for (int i = 0; i < p->batch_count; i++)
        paired += axis_is_runtime(&a->axes[p->a_batch[i]]);
    if (!type_lead(a) && !type_lead(b))
        return true;
    bool all = paired == runtime_count(a) && paired == runtime_count(b);
    return all || (p->batch_count == 0 && runtime_count(b) == 0);
}

static bool contracted_b(const Plan *p, int b)
{
    return partner(p->b_contract, p->a_contract, p->contract_count, b) >= 0;
}

/* Run-time pairs before constant ones: the order of the result's axes. */
static Plan with_sorted_pairs(const Plan *p)
{
    Plan sorted = *p;
    int count = 0;
    for (int runtime = 1; runtime >= 0; runtime--)
        for (int i = 0; i < p->batch_count; i++)
            if (axis_is_runtime(&p->a->type->axes[p->a_batch[i]]) == runtime) {
                sorted.a_batch[count] = p->a_batch[i];
                sorted.b_batch[count++] = p->b_batch[i];
            }
    return sorted;
}

static Value *emit_dot(Checker *c, const Plan *p)
{
    const Type *a = p->a->type, *b = p->b->type;
    Type type = {.element = ELEMENT_FLOAT};
    for (int i = 0; i < p->batch_count; i++)
        type_push(&type,
                  a->axes[p->a_batch[i]].name ? a->axes[p->a_batch[i]] : b->axes[p->b_batch[i]]);
    for (int i = 0; i < a->rank; i++)
        if (partner(p->a_batch, p->b_batch, p->batch_count, i) < 0 && !contracts_a(p, i))
            type_push(&type, a->axes[i]);
    for (int i = 0; i < b->rank; i++)
        if (partner(p->b_batch, p->a_batch, p->batch_count, i) < 0 && !contracted_b(p, i))
            type_push(&type, b->axes[i]);
    Value *value = emit(c, T_DOT, &type, p->span, 2, (Value *[]){p->a, p->b});
    if (value->kind != V_TENSOR)
        return value;
    Typed *dot = value->typed;
    dot->dot.batch_count = p->batch_count;
    dot->dot.contract_count = p->contract_count;
    memcpy(dot->dot.a_batch, p->a_batch, sizeof p->a_batch);
    memcpy(dot->dot.b_batch, p->b_batch, sizeof p->b_batch);
    memcpy(dot->dot.a_contract, p->a_contract, sizeof p->a_contract);
    memcpy(dot->dot.b_contract, p->b_contract, sizeof p->b_contract);
    return value;
}

/* Where axis (a, b) of the joint is in the result of the T_DOT. */
static int place_in_dot(const Plan *p, int a, int b)
{
    int place = 0;
    for (int i = 0; i < p->batch_count; i++, place++)
        if (p->a_batch[i] == a && a >= 0)
            return place;
    for (int i = 0; i < p->a->type->rank; i++)
        if (partner(p->a_batch, p->b_batch, p->batch_count, i) < 0 && !contracts_a(p, i)) {
            if (i == a)
                return place;
            place++;
        }
    for (int i = 0; i < p->b->type->rank; i++)
        if (partner(p->b_batch, p->a_batch, p->batch_count, i) < 0 && !contracted_b(p, i)) {
            if (i == b)
                return place;
            place++;
        }
    return place;
}

static Value *dot_of(Checker *c, const Plan *p, const Joint *joint)
{
    bool swap = runtime_count(p->b->type) > runtime_count(p->a->type);
    Plan plan = with_sorted_pairs(p);
    if (swap)
        plan = swapped(&plan);
    if (!can_be_dot(&plan))
        return sum_of_products(c, p, joint);
    Value *value = emit_dot(c, &plan);
    if (value->kind != V_TENSOR)
        return value;
    int8_t map[AXES_MAX];
    int rank = 0;
    for (int i = 0; i < joint->count; i++) {
        const JointAxis *axis = &joint->axes[i];
        if (!axis->contracted)
            map[rank++] =
                (int8_t)place_in_dot(&plan, swap ? axis->b : axis->a, swap ? axis->a : axis->b);
    }
    return emit_transpose(c, value, map, p->span);
}

static void tell_weight(Checker *c, const Value *value, const int8_t *contract, int contract_count,
                        const int8_t *batch, int batch_count)
{
    int64_t over = 1, others = 1;
    for (int i = 0; i < value->type->rank; i++) {
        int64_t size = dim_value(value->type->axes[i].dim, 1);
        bool contracted = partner(contract, contract, contract_count, i) >= 0;
        if (value->type->axes[i].kind != AXIS_CONST)
            return;
        if (contracted)
            over *= size;
        else if (partner(batch, batch, batch_count, i) < 0)
            others *= size;
    }
    weight_contracted(c, value->typed, over, others);
}

static Value *contraction(Checker *c, const Plan *p)
{
    for (int i = 0; i < p->contract_count; i++)
        if (p->a->type->axes[p->a_contract[i]].kind == AXIS_FREE) {
            noted(c, diag_report(c->diags, p->span, E_MIXES_ITEMS,
                                 axis_text(&c->dims, &p->a->type->axes[p->a_contract[i]])));
            return c->error;
        }
    tell_weight(c, p->a, p->a_contract, p->contract_count, p->a_batch, p->batch_count);
    tell_weight(c, p->b, p->b_contract, p->contract_count, p->b_batch, p->batch_count);
    Joint joint = joint_axes(p);
    if (joint.count - p->contract_count > AXES_MAX || joint.count > 2 * AXES_MAX) {
        noted(c, diag_report(c->diags, p->span, E_TOO_MANY_AXES, AXES_MAX));
        return c->error;
    }
    return dot_of(c, p, &joint);
}

static Value *float_operand(Checker *c, Value *value, Span span)
{
    value = to_tensor(c, value, ELEMENT_FLOAT, span);
    if (value->kind == V_ERROR || value->type->element == ELEMENT_FLOAT)
        return value;
    if (value->type->element == ELEMENT_INT)
        return emit_cast(c, value, ELEMENT_FLOAT, span);
    Diag *d = noted(
        c, diag_report(c->diags, span, E_ELEMENT, "multiply", element_name(value->type->element)));
    report_label(c, d, span, value);
    return c->error;
}

static void report_lengths(Checker *c, Span op, const Value *a, Span a_span, int i, const Value *b,
                           Span b_span, int j)
{
    const Axis *x = &a->type->axes[i], *y = &b->type->axes[j];
    Diag *d = noted(c, diag_report(c->diags, op, E_AXES_DIFFER, "multiply"));
    report_label(c, d, a_span, a);
    report_label(c, d, b_span, b);
    diag_note(c->diags, d,
              "the axis `%s` of the left side must equal the axis `%s` of the right side",
              axis_text(&c->dims, x), axis_text(&c->dims, y));
    report_state(c, d, a);
    report_state(c, d, b);
    report_why(c, d, x);
    report_why(c, d, y);
    if (axis_is_runtime(y))
        diag_help(c->diags, d,
                  "`dot(a, b, over d)` contracts the axis `d` and pairs the others by name");
    report_fix(c, d, y, x);
    report_fix(c, d, x, y);
}

static bool has_axes(Checker *c, const Value *value, Span span)
{
    if (value->type->rank)
        return true;
    Diag *d = noted(c, diag_report(c->diags, span, E_DOT_SCALAR));
    report_label(c, d, span, value);
    diag_help(c->diags, d, "`*` multiplies by a number");
    return false;
}

Value *dot_operator(Checker *c, Value *a, Value *b, const Node *node)
{
    Span a_span = node->kids[0]->span, b_span = node->kids[1]->span;
    a = float_operand(c, a, a_span);
    b = float_operand(c, b, b_span);
    if (a->kind == V_ERROR || b->kind == V_ERROR || !has_axes(c, a, a_span) ||
        !has_axes(c, b, b_span))
        return c->error;
    int last = a->type->rank - 1;
    if (!axis_equal(&a->type->axes[last], &b->type->axes[0])) {
        report_lengths(c, node->name_span, a, a_span, last, b, b_span, 0);
        return c->error;
    }
    Plan plan = {.a = a, .b = b, .span = node->span, .contract_count = 1};
    plan.a_contract[0] = (int8_t)last;
    return contraction(c, &plan);
}

static bool plan_contracted(Checker *c, Plan *p, const Call *call)
{
    for (int i = 0; i < call->over->kid_count; i++) {
        const Node *name = call->over->kids[i];
        int x = type_find(p->a->type, name->name), y = type_find(p->b->type, name->name);
        if (x < 0 || y < 0) {
            report_no_axis(c, name, x < 0 ? p->a->type : p->b->type);
            return false;
        }
        if (contracts_a(p, x)) {
            noted(c, diag_report(c->diags, name->span, E_AXIS_TWICE, name->name));
            return false;
        }
        if (!axis_equal(&p->a->type->axes[x], &p->b->type->axes[y])) {
            report_lengths(c, name->span, p->a, call->spans.data[0], x, p->b, call->spans.data[1],
                           y);
            return false;
        }
        p->a_contract[p->contract_count] = (int8_t)x;
        p->b_contract[p->contract_count++] = (int8_t)y;
    }
    return true;
}

static bool plan_pairs(Checker *c, Plan *p, const Call *call)
{
    for (int i = 0; i < p->a->type->rank; i++) {
        const Axis *axis = &p->a->type->axes[i];
        for (int j = p->b->type->rank - 1; j >= 0; j--) {
            const Axis *other = &p->b->type->axes[j];
            bool same =
                axis_is_runtime(axis) ? axis_equal(axis, other) : axis_same_name(axis, other);
            if (!same || contracts_a(p, i) || contracted_b(p, j) ||
                partner(p->b_batch, p->a_batch, p->batch_count, j) >= 0)
                continue;
            if (!axis_equal(axis, other)) {
                report_lengths(c, call->span, p->a, call->spans.data[0], i, p->b,
                               call->spans.data[1], j);
                return false;
            }
            p->a_batch[p->batch_count] = (int8_t)i;
            p->b_batch[p->batch_count++] = (int8_t)j;
            break;
        }
    }
    return true;
}

Value *builtin_dot(Checker *c, const Builtin *builtin, Call *call)
{
    (void)builtin;
    Value *a = float_operand(c, call->args.data[0], call->spans.data[0]);
    Value *b = float_operand(c, call->args.data[1], call->spans.data[1]);
    if (a->kind == V_ERROR || b->kind == V_ERROR)
        return c->error;
    Plan plan = {.a = a, .b = b, .span = call->span};
    if (!plan_contracted(c, &plan, call) || !plan_pairs(c, &plan, call))
        return c->error;
    return contraction(c, &plan);
}
