/* SPDX-License-Identifier: Apache-2.0
 *
 * The code of native programs as an engine, for comparisons.
 */
#ifndef NND_TESTS_DIFF_NATIVE_H
#define NND_TESTS_DIFF_NATIVE_H

#include "compiler/engine.h"
#include "compiler/ir/ir.h"

/* Writes the object file of a module that was fused, links it as a shared object and loads it. */
NndStatus native_engine_new(Engine **out, const IrModule *module, NndError *error);

#endif
