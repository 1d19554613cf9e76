/* SPDX-License-Identifier: Apache-2.0
 *
 * Model files and the modules that they use. `use std.conv` is the embedded
 * standard library; `use parts.cells` is parts/cells.nnd beside the file that
 * says so. A module sees its own layers and those of the modules that it uses,
 * but not what these use.
 */
#ifndef NND_LANG_MODULE_H
#define NND_LANG_MODULE_H

#include "lang/ast.h"

typedef struct Module Module;

typedef struct LayerDecl {
    const Node *node; /* N_LAYER */
    Module *module;
    bool used; /* instantiated at least once */
} LayerDecl;

struct Module {
    const char *name; /* "std.conv"; NULL for the model file */
    const Source *source;
    Node *file;
    bool loading; /* its uses are being read: to find cycles */
    VEC(LayerDecl *) layers;
    VEC(Module *) imports;
};

typedef struct Modules {
    Arena *arena;
    Diags *diags;
    VEC(Module *) all; /* the model file first */
} Modules;

Module *modules_load(Modules *modules, const Source *source);
/* The layer that `name` means in `module`, or NULL. Reports a name that two used modules have. */
LayerDecl *module_layer(Modules *modules, Module *module, const char *name, Span span);
/* The module of the standard library that has a layer `name`, or NULL. */
const char *module_of_std_layer(Arena *arena, const char *name);

#endif
