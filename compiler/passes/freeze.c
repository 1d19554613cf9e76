/* SPDX-License-Identifier: Apache-2.0
 *
 * freeze: for inference, weights are the same in every call.
 *   after   the function has no argument of kind PARAM: they are FIXED
 */
#include "compiler/passes/passes.h"

void pass_freeze(IrFunc *func)
{
    for (int i = 0; i < func->arg_count; i++)
        if (func->args[i]->kind == NND_ARG_PARAM)
            func->args[i]->kind = NND_ARG_FIXED;
}
