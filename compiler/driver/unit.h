/* SPDX-License-Identifier: Apache-2.0
 *
 * A model file, checked and lowered; and the engine that runs it.
 */
#ifndef NND_COMPILER_DRIVER_UNIT_H
#define NND_COMPILER_DRIVER_UNIT_H

#include "compiler/driver/command.h"
#include "compiler/engine.h"
#include "compiler/passes/passes.h"
#include "runtime/model.h"
#include "runtime/session.h"

typedef struct Unit {
    Arena *arena;
    Program *program;
    IrModule *module;      /* after unit_lower */
    NndModuleDesc *desc;   /* after unit_compile */
    Engine *engine;        /* after unit_compile; freed by unit_free */
    NndPool *pool;
    NndRounding rounded;   /* what `--weights bf16` has done to the model's weights */
} Unit;

/* Checks the model of `source` with the parameters of `options` and `args`. Prints what is wrong
 * (and warnings) on stderr; false if there were errors. */
bool unit_check(Unit *unit, Arena *arena, const Source *source, const Options *options, const ModelArg *args,
                int arg_count, int64_t missing_dim);

/* The IR of functions predict, eval and loss; false (and told) if it cannot be compiled. */
bool unit_lower(Unit *unit, const Options *options);

/* Runs the passes for the engine of `options` and makes it. */
bool unit_compile(Unit *unit, const Options *options);

/* A trained model with everything that is needed to run it: checks the source in its metadata. Its
 * weights are fixed arguments of its functions, and rounded as the options say. */
bool unit_open_model(Unit *unit, Arena *arena, const char *path, const Options *options,
                     NndModel *model);

void unit_free(Unit *unit);

/* Keeps only the named functions (NULL at the end). */
void unit_keep_functions(Unit *unit, const char *const *names);

PassOptions pass_options(const Options *options);
/* Tells a bad --print-after; -1 if all is well. */
int check_pass_options(const Command *command, const Options *options);

/* Texts become what the session's inputs read; a warning tells what was longer than that. `path` is
 * for the warning. */
NndStatus encode_data(NndDataset *set, const NndVocab *vocab, const NndSession *session, const char *path,
                      NndError *error);

/* For sessions: runs a function by name on the engine `engine`. */
NndStatus engine_call(void *engine, const NndFunctionDesc *function, const NndCall *call, NndError *error);

void print_diags(const Diags *diags, const Options *options); /* on stderr */

Source *read_model_file(Arena *arena, const char *path); /* NULL and told if it cannot be read */
bool is_model_source(const char *path);                  /* by its name: *.nnd */

/* The model's targets and inputs, to be read from data; fails if there is one that no data can fill. */
NndStatus program_fields(NndFields *out, const Program *program, NndError *error);
bool program_has_target(const Program *program);
bool program_has_param(const Program *program, const char *name);

#endif
