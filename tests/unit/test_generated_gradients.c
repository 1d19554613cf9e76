/* SPDX-License-Identifier: Apache-2.0
 *
 * The gradient of random programs, scans included, against central differences
 * in f64: for each program along one random direction in all float arguments.
 */
#include "compiler/interp/interp.h"
#include "compiler/passes/passes.h"
#include "tests/check.h"
#include "tests/diff/call.h"
#include "tests/diff/generate.h"

enum { PROGRAMS = 250 };

typedef struct Case {
    Arena *arena;
    IrModule *module;
    IrFunc *func;
    Engine *engine;
    PreparedCall forward, backward;
    int wrt[256], wrt_count;
} Case;

/* In [-1, 1], the same for the same place. */
static double direction(int arg, int64_t i)
{
    return sin(12.9898 * (double)i + 78.233 * arg);
}

static void begin(Case *c, unsigned seed)
{
    NndError error;
    GenerateOptions options = {
        .float_type = NND_F64, .loss = true, .smooth = true, .only_float_type = true};
    *c = (Case){.arena = arena_new()};
    c->module = generate_module(c->arena, seed, &options);
    c->func = c->module->funcs.data[0];
    for (int i = 0; i < c->func->arg_count; i++)
        if (c->func->args[i]->type.dtype == NND_F64)
            c->wrt[c->wrt_count++] = i;
    const IrFunc *gradient = pass_gradient(c->func, "gradient", 0, c->wrt, c->wrt_count);
    char *problem = ir_module_verify(c->arena, c->module);
    if (problem)
        printf("seed %u: %s\n", seed, problem);
    CHECK(!problem);
    CHECK_EQ_INT(interp_engine_new(&c->engine, c->module, &error), NND_OK);
    CHECK_EQ_INT(call_prepare(&c->forward, c->arena, c->func, NULL, seed, &error), NND_OK);
    CHECK_EQ_INT(call_prepare(&c->backward, c->arena, gradient, NULL, seed, &error), NND_OK);
}

static void end(Case *c)
{
    c->engine->free(c->engine);
    call_release(&c->forward);
    call_release(&c->backward);
    arena_free(c->arena);
}

/* The loss with every argument moved by `step` along its direction. */
static double loss_at(Case *c, double step)
{
    NndError error;
    const void **args = ARENA_ARRAY(c->arena, const void *, c->func->arg_count);
    for (int i = 0; i < c->func->arg_count; i++)
        args[i] = c->forward.call.args[i];
    for (int w = 0; w < c->wrt_count; w++) {
        int arg = c->wrt[w];
        int64_t count = call_count(&c->func->args[arg]->type, c->forward.call.axes);
        double *moved = ARENA_ARRAY(c->arena, double, count);
        for (int64_t i = 0; i < count; i++)
            moved[i] = ((const double *)args[arg])[i] + step * direction(arg, i);
        args[arg] = moved;
    }
    NndCall call = c->forward.call;
    call.args = args;
    CHECK_EQ_INT(c->engine->run(c->engine, "main", &call, &error), NND_OK);
    return *(const double *)c->forward.results[0];
}

static double derivative(Case *c)
{
    NndError error;
    double sum = 0;
    CHECK_EQ_INT(c->engine->run(c->engine, "gradient", &c->backward.call, &error), NND_OK);
    int first = c->func->body->yield_count;
    for (int w = 0; w < c->wrt_count; w++) {
        const double *adjoint = c->backward.results[first + w];
        for (int64_t i = 0; i < c->backward.counts[first + w]; i++)
            sum += adjoint[i] * direction(c->wrt[w], i);
    }
    return sum;
}

static void gradients_agree_with_finite_differences(void)
{
    const double h = 1e-5;
    for (unsigned seed = 0; seed < PROGRAMS; seed++) {
        Case c;
        begin(&c, seed);
        double found = derivative(&c);
        double coarse = (loss_at(&c, 2 * h) - loss_at(&c, -2 * h)) / (4 * h);
        double fine = (loss_at(&c, h) - loss_at(&c, -h)) / (2 * h);
        double expected = (4 * fine - coarse) / 3;
        double tolerance = 1e-6 * fmax(1, fabs(expected)) + 1e-10 * fabs(loss_at(&c, 0)) / h;
        if (!(fabs(found - expected) <= tolerance))
            printf("seed %u: gradient %.12g, differences %.12g\n", seed, found, expected);
        CHECK(fabs(found - expected) <= tolerance);
        end(&c);
    }
}

int main(void)
{
    gradients_agree_with_finite_differences();
    return test_report();
}
