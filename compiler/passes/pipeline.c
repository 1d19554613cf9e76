/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "compiler/passes/passes.h"
#include "compiler/stopwatch.h"

typedef struct Pass {
    const char *name;
    bool (*run)(IrFunc *func);
    OptimisationSet switches; /* left out in modules without these; empty: always run */
    bool for_code;            /* only where code is generated */
} Pass;

#define ONE(member) ((OptimisationSet)1 << OPTIMISE_##member)

static const Pass pipeline[] = {
    {"fold", pass_fold, ONE(FOLD), false},
    {"cse", pass_cse, ONE(CSE), false},
    {"last-state", pass_last_state, ONE(LAST_STATE), false},
    {"hoist-scan", pass_hoist_scan, ONE(HOIST_SCAN), false},
    {"fold-again", pass_fold, ONE(FOLD), false},
    {"cse-again", pass_cse, ONE(CSE), false},
    {"fold-embedding", pass_fold_embedding, ONE(FOLD_EMBEDDING), true},
    {"pad-windows", pass_pad_windows, ONE(PAD_WINDOWS), true},
    {"sink-transposes", pass_sink_transposes, ONE(SINK_TRANSPOSES), true},
    {"vector-dot", pass_vector_dot, ONE(VECTORISE), true},
    {"dce", pass_dce, ONE(DCE), false},
    {"fuse", pass_fuse, 0, true},
};
enum { PASS_COUNT = sizeof pipeline / sizeof *pipeline };

const char *const *passes_names(void)
{
    static const char *const names[] = {"fold", "cse", "last-state", "hoist-scan", "fold-again", "cse-again",
                                        "fold-embedding", "pad-windows", "sink-transposes", "vector-dot", "dce", "fuse", NULL};
    _Static_assert(sizeof names / sizeof *names == PASS_COUNT + 1, "a pass has no name");
    return names;
}

static void verify(const IrModule *module, const char *pass)
{
    char *wrong = ir_module_verify(module->arena, module);
    if (wrong)
        NND_BUG("after pass %s: %s\n%s", pass, wrong, ir_module_text(module->arena, module));
    char *text = ir_module_text(module->arena, module), *error = NULL;
    IrModule *again = ir_module_parse(module->arena, text, &error);
    if (!again)
        NND_BUG("after pass %s: the IR cannot be read back: %s\n%s", pass, error, text);
    char *twice = ir_module_text(module->arena, again);
    if (strcmp(text, twice) != 0)
        NND_BUG("after pass %s: the IR reads back as something else:\n%s\n%s", pass, text, twice);
}

static bool prints(const PassOptions *options, const char *pass)
{
    return options->print_after && (!strcmp(options->print_after, pass) || !strcmp(options->print_after, "all"));
}

static void run_pass(IrModule *module, const Pass *pass, const PassOptions *options)
{
    Stopwatch watch = stopwatch_begin(options->time_passes);
    for (int i = 0; i < module->funcs.count; i++)
        pass->run(module->funcs.data[i]);
    stopwatch_lap(&watch, pass->name);
    if (prints(options, pass->name))
        fprintf(stderr, "; after %s\n%s", pass->name, ir_module_text(module->arena, module));
    if (options->verify_each)
        verify(module, pass->name);
}

void passes_run(IrModule *module, const PassOptions *options)
{
    for (int i = 0; i < PASS_COUNT; i++)
        if ((!pipeline[i].for_code || options->fuse) && !(pipeline[i].switches & module->without))
            run_pass(module, &pipeline[i], options);
}
