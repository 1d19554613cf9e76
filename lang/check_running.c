/* SPDX-License-Identifier: Apache-2.0
 *
 * Running averages of what training sees: `running(average, x)`. It takes away the dependence on the
 * batch, because outside of training its value is the statistic.
 */
#include "lang/check.h"

static const Weight *statistic_of(Checker *c, const Value *value)
{
    if (value->kind != V_TENSOR || value->typed->kind != T_WEIGHT)
        return NULL;
    const Weight *weight = &c->program->weights.data[value->typed->index];
    return weight->statistic ? weight : NULL;
}

/* x as numbers with the axes of the statistic; NULL, reported, if it has others. */
static Value *same_type(Checker *c, const Call *call, const Value *statistic)
{
    Value *x = emit_cast(c, call_tensor(c, call, 1), ELEMENT_FLOAT, call->spans.data[1]);
    if (x->kind == V_ERROR)
        return NULL;
    bool same = x->type->rank == statistic->type->rank;
    for (int i = 0; same && i < x->type->rank; i++)
        same = axis_equal(&x->type->axes[i], &statistic->type->axes[i]);
    if (same)
        return x;
    Diag *d = noted(c, diag_report(c->diags, call->span, E_AXES_DIFFER, "keep a running average"));
    report_label(c, d, call->spans.data[0], statistic);
    report_label(c, d, call->spans.data[1], x);
    return NULL;
}

/* The option `keep`, from 0 to less than 1; negative, reported, if it is something else. */
static double keep_of(Checker *c, const Call *call)
{
    const NamedArg *arg = call_named(call, "keep");
    double keep = 0.9;
    bool unknown = false;
    if (!arg || (value_as_number(arg->value, &keep, &unknown) && (unknown || (keep >= 0 && keep < 1))))
        return unknown ? 0 : keep;
    noted(c, diag_report(c->diags, arg->node->span, E_OPTION_KIND, arg->name, "a number from 0 to less than 1",
                         value_describe(c, arg->value)));
    return -1;
}

Value *builtin_running(Checker *c, const Builtin *builtin, Call *call)
{
    Value *statistic = call->args.data[0];
    if (!statistic_of(c, statistic)) {
        Diag *d = noted(c, diag_report(c->diags, call->spans.data[0], E_STATISTIC, value_describe(c, statistic)));
        diag_help(c->diags, d, "declare it in the layer: `statistic average : f32[d] = zeros()`");
        diag_note(c->diags, d, "usage: %s", builtin->usage);
        return c->error;
    }
    Value *x = same_type(c, call, statistic);
    double keep = keep_of(c, call);
    if (!x || keep < 0)
        return c->error;
    Value *value = emit(c, T_RUNNING, x->type, call->span, 2, (Value *[]){statistic, x});
    if (value->kind == V_TENSOR) {
        value->typed->number = keep;
        c->depends.data[value->typed->id] &= ~(unsigned)ON_BATCH;
    }
    return value;
}
