/* SPDX-License-Identifier: Apache-2.0
 *
 * The interpreter: runs the IR one operator at a time. It defines what the IR
 * means, and it is an honest baseline: every operator is a tight loop over
 * contiguous memory, products go to OpenBLAS.
 */
#ifndef NND_COMPILER_INTERP_INTERP_H
#define NND_COMPILER_INTERP_INTERP_H

#include "compiler/engine.h"

/* Borrows `module`, which must not change while the engine lives, and must be verified. */
NndStatus interp_engine_new(Engine **out, const IrModule *module, NndError *error);

#endif
