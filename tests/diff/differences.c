/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/diff/differences.h"

#include <math.h>

#include "compiler/interp/interp.h"
#include "compiler/passes/passes.h"
#include "tests/diff/call.h"

enum { MOST_ARGUMENTS = 256 };

typedef struct Case {
    Arena *arena;
    const IrFunc *func, *gradient;
    Engine *engine;
    PreparedCall forward, backward;
} Case;

static int float_arguments(const IrFunc *func, int *out)
{
    int count = 0;
    for (int i = 0; i < func->arg_count && count < MOST_ARGUMENTS; i++)
        if (func->args[i]->type.dtype == NND_F64)
            out[count++] = i;
    return count;
}

IrFunc *difference_gradient(IrFunc *func)
{
    int wrt[MOST_ARGUMENTS], count = float_arguments(func, wrt);
    return pass_gradient(func, "gradient", 0, wrt, count);
}

/* In [-1, 1], the same for the same place. */
static double direction(int arg, int64_t i)
{
    return sin(12.9898 * (double)i + 78.233 * arg);
}

static void run(Case *c, const IrFunc *func, const NndCall *call)
{
    NndError error;
    if (c->engine->run(c->engine, func->name, call, &error))
        NND_BUG("%s", error.text);
}

/* The loss with every argument moved by `step` along its direction. */
static double loss_at(Case *c, double step)
{
    int moving[MOST_ARGUMENTS], count = float_arguments(c->func, moving);
    const void **args = ARENA_ARRAY(c->arena, const void *, c->func->arg_count + 1);
    for (int i = 0; i < c->func->arg_count; i++)
        args[i] = c->forward.call.args[i];
    for (int w = 0; w < count; w++) {
        int arg = moving[w];
        int64_t entries = call_count(&c->func->args[arg]->type, c->forward.call.axes);
        double *moved = ARENA_ARRAY(c->arena, double, entries + 1);
        for (int64_t i = 0; i < entries; i++)
            moved[i] = ((const double *)args[arg])[i] + step * direction(arg, i);
        args[arg] = moved;
    }
    NndCall call = c->forward.call;
    call.args = args;
    run(c, c->func, &call);
    return *(const double *)c->forward.results[0];
}

static double derivative(Case *c)
{
    int wrt[MOST_ARGUMENTS], count = float_arguments(c->func, wrt), first = c->func->body->yield_count;
    double sum = 0;
    run(c, c->gradient, &c->backward.call);
    for (int w = 0; w < count; w++) {
        const double *adjoint = c->backward.results[first + w];
        for (int64_t i = 0; i < c->backward.counts[first + w]; i++)
            sum += adjoint[i] * direction(wrt[w], i);
    }
    return sum;
}

Difference difference_at(Arena *arena, const IrModule *module, const IrFunc *func, const IrFunc *gradient,
                         uint64_t seed)
{
    const double h = 1e-5;
    NndError error;
    Case c = {.arena = arena, .func = func, .gradient = gradient};
    if (interp_engine_new(&c.engine, module, &error) ||
        call_prepare(&c.forward, arena, func, NULL, seed, &error) ||
        call_prepare(&c.backward, arena, gradient, NULL, seed, &error))
        NND_BUG("%s", error.text);
    double coarse = (loss_at(&c, 2 * h) - loss_at(&c, -2 * h)) / (4 * h);
    double fine = (loss_at(&c, h) - loss_at(&c, -h)) / (2 * h);
    Difference d = {.found = derivative(&c), .expected = (4 * fine - coarse) / 3, .gap = fabs(fine - coarse)};
    d.tolerance = 1e-6 * fmax(1, fabs(d.expected)) + 1e-10 * fabs(loss_at(&c, 0)) / h;
    c.engine->free(c.engine);
    call_release(&c.forward);
    call_release(&c.backward);
    return d;
}
