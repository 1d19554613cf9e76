/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls of kernels: how many items there are, how they are cut into blocks or divided among a team, and the frames.
 */
#ifndef NND_COMPILER_CODEGEN_LAUNCH_H
#define NND_COMPILER_CODEGEN_LAUNCH_H

#include "compiler/codegen/emit.h"

/* The frame of all launches that run one after the other. */
LLVMValueRef launch_frame(Emit *e, const LaunchList *launches);
void launch_kernel(Emit *e, const Launch *launch);
/* The same for several that may run at the same time. */
void launch_beside(Emit *e, const Launch *launches, int count);

#endif
