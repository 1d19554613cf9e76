/* SPDX-License-Identifier: Apache-2.0
 *
 * One pass over one module, as text: tests/ir/<pass>/<behaviour>.ir is a module,
 * a line "----", and what the pass makes of it:
 *   fold cse dce last_state hoist_scan pad_windows sink_transposes vector_dot narrow fuse   the functions
 *   gradient                       the function that returns the adjoints of the parameters; the
 *                                  loss is the first result
 *   plan                           kernels, and where their roots live; the module has groups
 * What comes out is verified, compiled code gives the numbers that the interpreter gives for what
 * went in (narrow: came out), and gradients (in f64) are those of finite differences.
 *
 *     test_passes [--bless] FILE...      --bless: what the pass makes is what is expected
 */
#include <stdio.h>
#include <stdlib.h>

#include "compiler/passes/fuse.h"
#include "compiler/passes/passes.h"
#include "compiler/passes/plan.h"
#include "lang/source.h"
#include "tests/check.h"
#include "tests/diff/differences.h"
#include "tests/diff/engines.h"

static const char separator[] = "----\n";

/* ---- passes: each changes the module and says what is to be compared ---- */

static const char *functions_text(Arena *arena, const IrModule *module)
{
    const char *text = "";
    for (int i = 0; i < module->funcs.count; i++)
        text = arena_printf(arena, "%s%s", text, ir_func_text(arena, module->funcs.data[i]));
    return text;
}

static const char *rewritten(Arena *arena, IrModule *module, bool (*pass)(IrFunc *))
{
    for (int i = 0; i < module->funcs.count; i++)
        pass(module->funcs.data[i]);
    return functions_text(arena, module);
}

static const char *run_fold(Arena *arena, IrModule *module)
{
    return rewritten(arena, module, pass_fold);
}

static const char *run_cse(Arena *arena, IrModule *module)
{
    return rewritten(arena, module, pass_cse);
}

static const char *run_dce(Arena *arena, IrModule *module)
{
    return rewritten(arena, module, pass_dce);
}

static const char *run_last_state(Arena *arena, IrModule *module)
{
    return rewritten(arena, module, pass_last_state);
}

static const char *run_pad_windows(Arena *arena, IrModule *module)
{
    return rewritten(arena, module, pass_pad_windows);
}

static const char *run_sink_transposes(Arena *arena, IrModule *module)
{
    return rewritten(arena, module, pass_sink_transposes);
}

static const char *run_hoist_scan(Arena *arena, IrModule *module)
{
    return rewritten(arena, module, pass_hoist_scan);
}

static const char *run_fold_embedding(Arena *arena, IrModule *module)
{
    rewritten(arena, module, pass_fold_embedding);
    return rewritten(arena, module, pass_dce);
}

static const char *run_narrow(Arena *arena, IrModule *module)
{
    pass_narrow(module);
    return functions_text(arena, module);
}

static const char *run_vector_dot(Arena *arena, IrModule *module)
{
    rewritten(arena, module, pass_vector_dot);
    return rewritten(arena, module, pass_dce);
}

static const char *run_fuse(Arena *arena, IrModule *module)
{
    return rewritten(arena, module, pass_fuse);
}

static const char *run_distinct(Arena *arena, IrModule *module)
{
    return rewritten(arena, module, pass_distinct);
}

static const char *run_winners(Arena *arena, IrModule *module)
{
    return rewritten(arena, module, pass_winners);
}

static const char *run_adjoint_windows(Arena *arena, IrModule *module)
{
    return rewritten(arena, module, pass_adjoint_windows);
}

static const char *run_distinct_dot(Arena *arena, IrModule *module)
{
    return rewritten(arena, module, pass_distinct_dot);
}

static const char *run_gradient(Arena *arena, IrModule *module)
{
    const IrFunc *func = module->funcs.data[0];
    int *wrt = ARENA_ARRAY(arena, int, func->arg_count), count = 0;
    for (int i = 0; i < func->arg_count; i++)
        if (func->args[i]->kind == NND_ARG_PARAM)
            wrt[count++] = i;
    return ir_func_text(arena, pass_gradient(func, "gradient", 0, wrt, count));
}

/* "%3 (f32[4, 4]): slot 0, kernels 1 to 2" for every root. */
static const char *run_plan(Arena *arena, IrModule *module)
{
    const char *text = "";
    const MemoryPlan *plan = plan_memory(arena, module->funcs.data[0]);
    for (int i = 0; i < plan->entries.count; i++) {
        const PlanEntry *entry = &plan->entries.data[i];
        bool result = entry->result >= 0;
        text = arena_printf(arena, "%s%%%d (%s): %s %d, kernels %d to %d\n", text, entry->value->id,
                            ir_type_text(arena, &entry->value->type), result ? "result" : "slot",
                            result ? entry->result : entry->slot, entry->from, entry->to);
    }
    return text;
}

typedef const char *RunFn(Arena *arena, IrModule *module);

static RunFn *pass_of(const char *folder)
{
    static const struct {
        const char *folder;
        RunFn *run;
    } passes[] = {{"fold", run_fold}, {"cse", run_cse}, {"dce", run_dce}, {"last_state", run_last_state},
                  {"pad_windows", run_pad_windows}, {"sink_transposes", run_sink_transposes}, {"hoist_scan", run_hoist_scan}, {"distinct", run_distinct}, {"winners", run_winners},
                  {"distinct_dot", run_distinct_dot}, {"adjoint_windows", run_adjoint_windows}, {"narrow", run_narrow}, {"fold_embedding", run_fold_embedding},
                  {"gradient", run_gradient}, {"vector_dot", run_vector_dot}, {"fuse", run_fuse},
                  {"plan", run_plan}};
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++)
        if (!strcmp(passes[i].folder, folder))
            return passes[i].run;
    return NULL;
}

/* ---- cases ---- */

typedef struct Case {
    const char *path;
    RunFn *run;
    const char *input;
    const char *expected; /* NULL if the file has no separator line yet */
} Case;

/* The name of the folder that the file is in. */
static const char *folder_of(Arena *arena, const char *path)
{
    const char *end = strrchr(path, '/');
    if (!end)
        return "";
    const char *begin = end;
    while (begin > path && begin[-1] != '/')
        begin--;
    return arena_strndup(arena, begin, (size_t)(end - begin));
}

static bool read_case(Arena *arena, const char *path, Case *out)
{
    const char *problem = NULL;
    const Source *source = source_read(arena, path, &problem);
    *out = (Case){.path = path, .run = pass_of(folder_of(arena, path))};
    if (!source || !out->run) {
        printf("%s: %s\n", path, source ? "its folder is not a pass" : problem);
        return false;
    }
    const char *line = source->text;
    while (*line && strncmp(line, separator, sizeof separator - 1) != 0)
        line += strcspn(line, "\n") + (strchr(line, '\n') != NULL);
    out->input = arena_strndup(arena, source->text, (size_t)(line - source->text));
    out->expected = *line ? line + sizeof separator - 1 : NULL;
    return true;
}

static IrModule *parse_input(Arena *arena, const Case *c)
{
    char *error = NULL;
    IrModule *module = ir_module_parse(arena, c->input, &error);
    if (!module)
        printf("%s:%s\n", c->path, error);
    return module;
}

typedef VEC(const char *) Lines;

static Lines lines_of(Arena *arena, const char *text)
{
    Lines lines = {0};
    for (int length; *text; text += length + (text[length] == '\n')) {
        length = (int)strcspn(text, "\n");
        vec_push(arena, &lines, arena_strndup(arena, text, (size_t)length));
    }
    return lines;
}

static void print_lines(const char *mark, const Lines *lines, int first, int end)
{
    for (int i = first; i < end; i++)
        printf("%s %s\n", mark, lines->data[i]);
}

/* Without the lines that both have in front and at the end. */
static void print_difference(Arena *arena, const char *expected, const char *found)
{
    Lines a = lines_of(arena, expected), b = lines_of(arena, found);
    int first = 0, last = 0, shorter = a.count < b.count ? a.count : b.count;
    while (first < shorter && !strcmp(a.data[first], b.data[first]))
        first++;
    while (last < shorter - first && !strcmp(a.data[a.count - 1 - last], b.data[b.count - 1 - last]))
        last++;
    print_lines("-", &a, first, a.count - last);
    print_lines("+", &b, first, b.count - last);
}

/* `before` is as it was written, `after` went through the pass. */
static void numbers_stay(Arena *arena, const Case *c, IrModule *before, IrModule *after)
{
    enum { CALLS = 3 };
    EngineTally tally = {0};
    if (c->run == run_gradient || c->run == run_narrow) /* these make something else of it */
        c->run(arena, before);
    for (int i = 0; i < after->funcs.count; i++)
        pass_fuse(after->funcs.data[i]);
    engines_compare(arena, before, after, NULL, 1, CALLS, c->path, 1e-5, &tally);
    CHECK(tally.compared > 0);
    CHECK_EQ_INT(tally.wrong, 0);
    CHECK_EQ_INT(tally.flipped, 0);
}

/* In all arguments, not only in the parameters. */
static void gradient_is_that_of_differences(Arena *arena, const Case *c, IrModule *module)
{
    IrFunc *func = module->funcs.data[0];
    if (func->body->yields[0]->type.dtype != NND_F64)
        return;
    Difference d = difference_at(arena, module, func, difference_gradient(func), 1);
    if (!(fabs(d.found - d.expected) <= d.tolerance))
        printf("%s: gradient %.12g, differences %.12g\n", c->path, d.found, d.expected);
    CHECK(fabs(d.found - d.expected) <= d.tolerance);
}

static void check_case(Arena *arena, const Case *c)
{
    IrModule *before = parse_input(arena, c), *after = parse_input(arena, c);
    CHECK(before && after);
    if (!after)
        return;
    const char *found = c->run(arena, after), *wrong = ir_module_verify(arena, after);
    if (wrong)
        printf("%s: %s\n", c->path, wrong);
    CHECK(!wrong);
    bool same = c->expected && !strcmp(found, c->expected);
    if (!same) {
        printf("%s: the pass makes (+) something else than expected (-)\n", c->path);
        print_difference(arena, c->expected ? c->expected : "", found);
    }
    CHECK(same);
    if (wrong)
        return;
    numbers_stay(arena, c, before, after);
    if (c->run == run_gradient)
        gradient_is_that_of_differences(arena, c, parse_input(arena, c));
}

static void bless_case(Arena *arena, const Case *c)
{
    IrModule *module = parse_input(arena, c);
    FILE *file = module ? fopen(c->path, "w") : NULL;
    CHECK(file != NULL);
    if (!file)
        return;
    fprintf(file, "%s%s%s", c->input, separator, c->run(arena, module));
    CHECK_EQ_INT(fclose(file), 0);
}

int main(int argc, char **argv)
{
    bool bless = argc > 1 && !strcmp(argv[1], "--bless");
    for (int i = 1 + bless; i < argc; i++) {
        Arena *arena = arena_new();
        Case c;
        bool fine = read_case(arena, argv[i], &c);
        CHECK(fine);
        if (fine)
            (bless ? bless_case : check_case)(arena, &c);
        arena_free(arena);
    }
    return test_report();
}
