/* SPDX-License-Identifier: Apache-2.0
 *
 * Making native programs: what `nnd build` and `nnd bench` share.
 */
#ifndef NND_COMPILER_DRIVER_BUILD_H
#define NND_COMPILER_DRIVER_BUILD_H

#include "compiler/driver/unit.h"

/* Builds the program (or, `object_only`, the object file) `output` from a module that was fused. Embeds the
 * file `path` of the model; if its weights were rounded when it was opened, with these. `cpu` NULL: this one. */
NndStatus build_native(const Unit *unit, const char *cpu, bool object_only, const NndModel *model, const char *path,
                       const char *output, NndError *error);

#endif
