/* SPDX-License-Identifier: Apache-2.0
 *
 * Contractions.
 */
#ifndef NND_COMPILER_CODEGEN_DOT_H
#define NND_COMPILER_CODEGEN_DOT_H

#include "compiler/codegen/nest.h"

/* Decides how the contraction that anchors `nest` is computed; adds the nests to `out`. */
void dot_plan(FuncGen *fg, Nest *nest, const IrRegion *region, NestList *out);

void dot_emit_pack(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);
void dot_emit_tiles(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);

#endif
