/* SPDX-License-Identifier: Apache-2.0
 *
 * What `nnd build` puts into the object file of a native program.
 */
#ifndef NND_RUNTIME_NATIVE_PROGRAM_H
#define NND_RUNTIME_NATIVE_PROGRAM_H

#include "runtime/abi.h"

extern const NndModuleDesc nnd_program_module; /* function `predict`, with its entry */
extern const unsigned char nnd_program_model[]; /* the model file, aligned to 64 */
extern const uint64_t nnd_program_model_size;

#endif
