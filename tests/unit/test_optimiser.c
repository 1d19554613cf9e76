/* SPDX-License-Identifier: Apache-2.0
 *
 * One or two steps of every update rule, worked out by hand: weights w = (3, -4)
 * and v = 12 whose gradients are w and v themselves.
 */
#include "compiler/interp/interp.h"
#include "compiler/passes/passes.h"
#include "tests/check.h"
#include "tests/diff/call.h"

static const char text[] = "module \"steps\"\n"
                           "func @gradient(param %w: f32[2, 1], param %v: f32) -> (loss, d.w, d.v) {\n"
                           "  %2 = const {value = 0} : f32\n"
                           "  %3 = const {value = 1} : f32\n"
                           "  %4 = mul %v, %3 : f32\n"
                           "  %5 = const {value = 1} : f32[2, 1]\n"
                           "  %6 = mul %w, %5 : f32[2, 1]\n"
                           "  return %2, %6, %4\n"
                           "}\n";

typedef struct Weights {
    float w[2], v;
} Weights;

enum { MOST = 16 };

/* The weights after so many steps at rate 0.1. */
static Weights after(int steps, Optimiser rule)
{
    Arena *arena = arena_new();
    NndError error;
    Engine *engine;
    char *problem = NULL;
    IrModule *module = ir_module_parse(arena, text, &problem);
    CHECK(module && !problem);
    const IrFunc *step = pass_optimiser(ir_module_func(module, "gradient"), "step", &rule);
    CHECK(ir_module_verify(arena, module) == NULL);
    CHECK_EQ_INT(interp_engine_new(&engine, module, &error), NND_OK);
    PreparedCall prepared;
    CHECK_EQ_INT(call_prepare(&prepared, arena, step, NULL, 1, &error), NND_OK);
    float args[MOST][2] = {{3, -4}, {12}}, results[MOST][2], rate = 0.1f, iteration = 1;
    for (int s = 0; s < steps; s++, iteration++) {
        const void *arg_pointers[MOST];
        void *result_pointers[MOST];
        for (int i = 0; i < step->arg_count; i++)
            arg_pointers[i] = !strcmp(step->args[i]->name, OPTIMISER_RATE)        ? (const void *)&rate
                              : !strcmp(step->args[i]->name, OPTIMISER_STEP) ? (const void *)&iteration
                                                                          : args[i];
        for (int i = 0; i < step->body->yield_count; i++)
            result_pointers[i] = results[i];
        NndCall call = prepared.call;
        call.args = arg_pointers;
        call.results = result_pointers;
        CHECK_EQ_INT(engine->run(engine, "step", &call, &error), NND_OK);
        for (int i = 0; i < step->arg_count; i++)
            for (int k = 0; k < step->body->yield_count; k++)
                if (!strcmp(step->args[i]->name, step->result_names[k]))
                    memcpy(args[i], results[k], sizeof args[i]);
    }
    call_release(&prepared);
    engine->free(engine);
    arena_free(arena);
    return (Weights){{args[0][0], args[0][1]}, args[1][0]};
}

static void check_weights(Weights found, double w0, double w1, double v)
{
    CHECK_NEAR(found.w[0], w0, 1e-5);
    CHECK_NEAR(found.w[1], w1, 1e-5);
    CHECK_NEAR(found.v, v, 1e-5);
}

static void sgd_goes_against_the_gradient(void)
{
    check_weights(after(1, (Optimiser){.kind = OPT_SGD}), 2.7, -3.6, 10.8);
    check_weights(after(2, (Optimiser){.kind = OPT_SGD}), 2.43, -3.24, 9.72);
}

/* velocity: 3, then 0.5 * 3 + 2.7 = 4.2 */
static void momentum_adds_up(void)
{
    check_weights(after(2, (Optimiser){.kind = OPT_SGD, .momentum = 0.5}), 2.28, -3.04, 9.12);
}

/* gradients become 1.5 w */
static void weight_decay_is_added_to_the_gradient(void)
{
    check_weights(after(1, (Optimiser){.kind = OPT_SGD, .weight_decay = 0.5}), 2.55, -3.4, 10.2);
}

/* the first step of Adam is the rate, whatever the gradient */
static void adam_corrects_its_averages(void)
{
    Optimiser adam = {.kind = OPT_ADAM, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};
    check_weights(after(1, adam), 2.9, -3.9, 11.9);
}

/* step = sqrt(eps) / sqrt(0.05 g^2 + eps) * g, with eps = 0.01 */
static void adadelta_begins_with_steps_of_epsilon(void)
{
    Optimiser adadelta = {.kind = OPT_ADADELTA, .rho = 0.95, .epsilon = 0.01};
    check_weights(after(1, adadelta), 3 - 0.1 * 3 * sqrt(0.01 / 0.46), -4 + 0.1 * 4 * sqrt(0.01 / 0.81),
                  12 - 0.1 * 12 * sqrt(0.01 / 7.21));
}

/* the first average is 0.1 g^2, so the first step is the rate times the root of 10, whatever the gradient */
static void rmsprop_divides_by_the_root_of_the_mean_square(void)
{
    double step = 0.1 * sqrt(10);
    Optimiser rmsprop = {.kind = OPT_RMSPROP, .rho = 0.9, .epsilon = 1e-8};
    check_weights(after(1, rmsprop), 3 - step, -4 + step, 12 - step);
}

/* the norm of all gradients is 13: they become 6.5 / 13 of themselves; or stay, below the limit */
static void all_gradients_are_scaled_down_together(void)
{
    check_weights(after(1, (Optimiser){.kind = OPT_SGD, .clip_norm = 6.5}), 2.85, -3.8, 11.4);
    check_weights(after(1, (Optimiser){.kind = OPT_SGD, .clip_norm = 20}), 2.7, -3.6, 10.8);
}

/* both weights of w lead into one unit: their norm is 4.5 after the step, then 3; or stays, below the limit */
static void weights_into_a_unit_are_scaled_down_to_their_limit(void)
{
    ClipRows three = {"w", 3}, five = {"w", 5};
    check_weights(after(1, (Optimiser){.kind = OPT_SGD, .clip_count = 1, .clips = &three}), 1.8, -2.4, 10.8);
    check_weights(after(1, (Optimiser){.kind = OPT_SGD, .clip_count = 1, .clips = &five}), 2.7, -3.6, 10.8);
}

int main(void)
{
    sgd_goes_against_the_gradient();
    momentum_adds_up();
    weight_decay_is_added_to_the_gradient();
    adam_corrects_its_averages();
    adadelta_begins_with_steps_of_epsilon();
    rmsprop_divides_by_the_root_of_the_mean_square();
    all_gradients_are_scaled_down_together();
    weights_into_a_unit_are_scaled_down_to_their_limit();
    return test_report();
}
