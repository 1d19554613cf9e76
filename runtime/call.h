/* SPDX-License-Identifier: Apache-2.0
 *
 * A call of a compiled function. Where items do not depend on each other a batch is computed in portions: what one layer
 * leaves for the next is still in the cache, and threads, each with portions of its own, do not meet after every kernel.
 */
#ifndef NND_RUNTIME_CALL_H
#define NND_RUNTIME_CALL_H

#include "runtime/abi.h"
#include "runtime/memory.h"

/* Runs a function of the module. `call` has all but its arena, what is kept included; the arena is in `scratch`, which grows as
 * needed. Threads of `across` share portions, those of the call's pool what is left of them, kernel by kernel; with no `across` all
 * portions are left. NND_ENOMEM: nothing was run. */
NndStatus nnd_call_run(const NndModuleDesc *module, const NndFunctionDesc *function, const NndCall *call, NndPool *across,
                       NndMemory *scratch, NndError *error);

#endif
