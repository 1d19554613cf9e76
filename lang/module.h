/* SPDX-License-Identifier: Apache-2.0
 *
 * Model files and the modules that they use. `use std.conv` is the embedded
 * standard library; `use parts.cells` is parts/cells.nnd beside the file that
 * says so. A module sees its own names and those of the modules that it uses,
 * but not what these use.
 */
#ifndef NND_LANG_MODULE_H
#define NND_LANG_MODULE_H

#include "lang/ast.h"

typedef struct Module Module;

/* What a file makes known: one name space of layers, functions and constants. */
typedef struct Decl {
    const Node *node; /* N_LAYER, N_FUNCTION or N_CONST */
    Module *module;
    bool used;           /* instantiated at least once */
    bool evaluating;     /* N_CONST: to find cycles */
    struct Value *value; /* N_CONST, once it is evaluated */
} Decl;

struct Module {
    const char *name; /* "std.conv"; NULL for the model file */
    const Source *source;
    Node *file;
    bool loading; /* its uses are being read: to find cycles */
    VEC(Decl *) decls;
    VEC(Module *) imports;
};

typedef struct Modules {
    Arena *arena;
    Diags *diags;
    VEC(Module *) all; /* the model file first */
} Modules;

Module *modules_load(Modules *modules, const Source *source);
/* What `name` means in `module`, or NULL. Reports a name that two used modules have. */
Decl *module_decl(Modules *modules, Module *module, const char *name, Span span);
/* The module of the standard library that has a layer, function or constant `name`, or NULL. */
const char *module_of_std_name(Arena *arena, const char *name);

#endif
