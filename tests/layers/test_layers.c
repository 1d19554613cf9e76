/* SPDX-License-Identifier: Apache-2.0
 *
 * The examples in the documentation of a module's layers (`example { ... }` in
 * doc comments; every layer needs one) are models that
 *   - have the gradient that finite differences have, in f64,
 *   - give the same numbers, forward and backward, interpreted and compiled.
 *
 *     test_layers stdlib/conv.nnd
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compiler/ir/lower.h"
#include "compiler/passes/passes.h"
#include "lang/diag.h"
#include "lang/source.h"
#include "tests/check.h"
#include "tests/diff/differences.h"
#include "tests/diff/engines.h"

static const char uses[] = "use std.activation, std.attention, std.conv, std.dense, std.loss, std.norm, std.recurrent, std.residual, std.text\n";

/* ---- examples in doc comments ---- */

static const char *skip_blanks(const char *line)
{
    while (*line == ' ')
        line++;
    return line;
}

/* The text of a doc comment's line, or NULL if it is none. */
static const char *doc_text(const char *line)
{
    return !strncmp(line, "///", 3) ? line + 3 : NULL;
}

/* A model whose body is the example and whose loss is made of y, unless it has one. */
static const char *model_of(Arena *arena, const char *body)
{
    const char *loss = strstr(body, "loss = ") ? "" : "    loss = y * (y + 1)\n";
    return arena_printf(arena, "%smodel Example {\n%s%s}\n", uses, body, loss);
}

typedef void ExampleFn(Arena *arena, const char *layer, const char *model);

/* Calls `run` for every example, with the name of the layer that follows it. */
static void for_each_example(Arena *arena, const char *text, ExampleFn *run)
{
    VEC(const char *) bodies = {0};
    const char *body = NULL;
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        int length = (int)strcspn(line, "\n");
        const char *doc = doc_text(line);
        if (doc && !strncmp(skip_blanks(doc), "example {", 9)) {
            body = "";
        } else if (doc && body && *skip_blanks(doc) == '}') {
            vec_push(arena, &bodies, body);
            body = NULL;
        } else if (doc && body) {
            body = arena_printf(arena, "%s%.*s\n", body, length - 3, doc);
        } else if (!strncmp(line, "layer ", 6) || !strncmp(line, "function ", 9)) {
            const char *declared = strchr(line, ' ') + 1;
            const char *name = arena_printf(arena, "%.*s", (int)strcspn(declared, "("), declared);
            if (!bodies.count)
                printf("%s has no example\n", name);
            CHECK(bodies.count > 0);
            for (int i = 0; i < bodies.count; i++)
                run(arena, name, model_of(arena, bodies.data[i]));
            bodies.count = 0;
        }
    }
}

/* ---- what is checked ---- */

static IrModule *lower(Arena *arena, const char *layer, const char *model, NndDType float_type)
{
    Diags *diags = diags_new(arena);
    Source *source = source_new(arena, layer, model, strlen(model));
    Program *program = program_check(arena, source, NULL, NULL, 0, 0, diags);
    IrModule *module = program ? lower_program(arena, program, float_type, diags) : NULL;
    if (!module) {
        diags_print(diags, DIAG_PLAIN, stdout);
        printf("%s", model);
    }
    CHECK(module != NULL);
    return module;
}

/* Kinks (relu, max) are where both distances do not agree: another place will do. */
static void gradient_is_that_of_differences(Arena *arena, const char *layer, const char *model)
{
    enum { PLACES = 8 };
    IrModule *module = lower(arena, layer, model, NND_F64);
    if (!module)
        return;
    IrFunc *func = ir_module_func(module, "loss"), *gradient = difference_gradient(func);
    int smooth = 0;
    for (uint64_t seed = 1; seed <= PLACES && smooth < 2; seed++) {
        Difference d = difference_at(arena, module, func, gradient, seed);
        if (!isfinite(d.expected) || d.gap > 1e-4 * fmax(1, fabs(d.expected)))
            continue;
        smooth++;
        if (!(fabs(d.found - d.expected) <= d.tolerance))
            printf("%s, seed %d: gradient %.12g, differences %.12g\n", layer, (int)seed, d.found, d.expected);
        CHECK(fabs(d.found - d.expected) <= d.tolerance);
    }
    CHECK(smooth > 0);
}

static IrModule *with_gradient(Arena *arena, const char *layer, const char *model)
{
    IrModule *module = lower(arena, layer, model, NND_F64);
    if (module)
        difference_gradient(ir_module_func(module, "loss"));
    return module;
}

static void engines_agree(Arena *arena, const char *layer, const char *model)
{
    IrModule *plain = with_gradient(arena, layer, model), *fused = with_gradient(arena, layer, model);
    if (!plain || !fused)
        return;
    passes_run(fused, &(PassOptions){.fuse = true, .verify_each = true});
    EngineTally tally = {0};
    engines_compare(arena, plain, fused, NULL, 1, 3, layer, 1e-4, &tally);
    CHECK(tally.compared > 0);
    CHECK_EQ_INT(tally.wrong, 0);
}

static void check_example(Arena *arena, const char *layer, const char *model)
{
    gradient_is_that_of_differences(arena, layer, model);
    engines_agree(arena, layer, model);
}

int main(int argc, char **argv)
{
    Arena *arena = arena_new();
    const char *problem = NULL;
    const Source *module = argc == 2 ? source_read(arena, argv[1], &problem) : NULL;
    CHECK(module != NULL);
    if (module)
        for_each_example(arena, module->text, check_example);
    arena_free(arena);
    return test_report();
}
