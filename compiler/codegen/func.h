/* SPDX-License-Identifier: Apache-2.0
 *
 * A function of the IR becomes the symbols of codegen/module.h.
 */
#ifndef NND_COMPILER_CODEGEN_FUNC_H
#define NND_COMPILER_CODEGEN_FUNC_H

#include "compiler/codegen/emit.h"

void func_emit(Codegen *cg, IrFunc *func);

#endif
