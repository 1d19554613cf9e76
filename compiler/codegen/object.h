/* SPDX-License-Identifier: Apache-2.0
 *
 * Native builds: the object file of a module, with its descriptions and the
 * model file embedded (runtime/native/program.h), and linking it.
 */
#ifndef NND_COMPILER_CODEGEN_OBJECT_H
#define NND_COMPILER_CODEGEN_OBJECT_H

#include "compiler/ir/ir.h"
#include "runtime/error.h"

/* Writes the object file `path`, for processor `cpu` (LLVM's name; NULL = this one). The file
 * `model_path` is embedded as it is, never as LLVM constants. */
NndStatus object_write(const IrModule *module, const char *cpu, const char *model_path, const char *path, NndError *error);

/* Links an object file and the runtime archive into the program `path`, whole or not at all. */
NndStatus object_link(const char *object_path, const char *archive, const char *path, NndError *error);

#endif
