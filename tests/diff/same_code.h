/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether two modules become the same machine code, told from the LLVM IR that
 * is generated for them: LLVM's passes and instructions, which take nearly all of
 * the time of compiling, are left out.
 */
#ifndef NND_TESTS_DIFF_SAME_CODE_H
#define NND_TESTS_DIFF_SAME_CODE_H

#include "compiler/ir/ir.h"

/* Both must have gone through passes_run with `fuse` set. */
bool same_code(const IrModule *a, const IrModule *b);

#endif
