/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/diff/same_code.h"

#include <string.h>

#include "compiler/codegen/module.h"

/* An LLVM message. */
static char *generated(const IrModule *module, const Target *target)
{
    NndError error;
    LLVMContextRef context = LLVMContextCreate();
    LLVMModuleRef code;
    Stopwatch silent = stopwatch_begin(false);
    if (codegen_generate(&code, context, module, target, &silent, NULL, &error))
        NND_BUG("%s", error.text);
    char *text = LLVMPrintModuleToString(code);
    LLVMDisposeModule(code);
    LLVMContextDispose(context);
    return text;
}

bool same_code(const IrModule *a, const IrModule *b)
{
    /* This one is done by LLVM's passes, after the code has been generated. */
    if (optimisation_in(a->without ^ b->without, OPTIMISE_VECTORISE))
        return false;
    NndError error;
    Target target;
    if (target_open(&target, &(TargetOptions){.level = 2}, &error))
        NND_BUG("%s", error.text);
    char *first = generated(a, &target), *second = generated(b, &target);
    bool same = !strcmp(first, second);
    LLVMDisposeMessage(first);
    LLVMDisposeMessage(second);
    target_free(&target);
    return same;
}
