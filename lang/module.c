/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/module.h"

#include <unistd.h>

#include "lang/parse.h"
#include "lang/embedded.h"

static Module *load(Modules *modules, const char *name, const Source *source);

static const Source *std_source(Modules *modules, const Node *use)
{
    Arena *arena = modules->arena;
    const char *wanted = use->name + 4;
    const char **names = ARENA_ARRAY(arena, const char *, stdlib_file_count + 1);
    for (int i = 0; i < stdlib_file_count; i++) {
        const EmbeddedFile *file = &stdlib_files[i];
        names[i] = arena_printf(arena, "std.%s", file->name);
        if (!strcmp(file->name, wanted))
            return source_new(arena, arena_printf(arena, "std/%s.nnd", wanted), file->text,
                              file->length);
    }
    Diag *d = diag_report(modules->diags, use->name_span, E_NO_MODULE, use->name);
    const char *near = diag_nearest(use->name, names, stdlib_file_count);
    if (near)
        diag_help(modules->diags, d, "did you mean `%s`?", near);
    return NULL;
}

static const Source *file_source(Modules *modules, const Module *user, const Node *use)
{
    Arena *arena = modules->arena;
    const char *slash = strrchr(user->source->path, '/');
    int folder = slash ? (int)(slash + 1 - user->source->path) : 0;
    char *path = arena_printf(arena, "%.*s%s.nnd", folder, user->source->path, use->name);
    for (char *p = path + folder; p < path + strlen(path) - 4; p++)
        if (*p == '.')
            *p = '/';
    const char *error;
    const Source *source = source_read(arena, path, &error);
    if (source)
        return source;
    if (!access(path, F_OK)) {
        diag_report(modules->diags, use->name_span, E_FILE, path, error);
        return NULL;
    }
    Diag *d = diag_report(modules->diags, use->name_span, E_NO_MODULE, use->name);
    diag_note(modules->diags, d, "there is no file `%s`", path);
    diag_help(modules->diags, d, "modules of the standard library are called `std.<name>`");
    return NULL;
}

static Module *loaded(const Modules *modules, const char *name, const char *path)
{
    for (int i = 0; i < modules->all.count; i++) {
        Module *module = modules->all.data[i];
        if (!strcmp(module->source->path, path) &&
            (!module->name || !strncmp(module->name, "std.", 4) == !strncmp(name, "std.", 4)))
            return module;
    }
    return NULL;
}

static void use_module(Modules *modules, Module *user, const Node *use)
{
    bool std = !strncmp(use->name, "std.", 4);
    const Source *source = std ? std_source(modules, use) : file_source(modules, user, use);
    if (!source)
        return;
    Module *module = loaded(modules, use->name, source->path);
    if (module && module->loading) {
        diag_report(modules->diags, use->name_span, E_USE_CYCLE, use->name);
        return;
    }
    if (!module)
        module = load(modules, use->name, source);
    for (int i = 0; i < user->imports.count; i++)
        if (user->imports.data[i] == module)
            return;
    vec_push(modules->arena, &user->imports, module);
}

static void add_decl(Modules *modules, Module *module, const Node *node)
{
    for (int i = 0; i < module->decls.count; i++) {
        const Node *other = module->decls.data[i]->node;
        if (strcmp(other->name, node->name))
            continue;
        Diag *d = diag_report(modules->diags, node->name_span, E_DUPLICATE, node->name);
        diag_label(modules->diags, d, other->name_span, "the first one");
        return;
    }
    Decl *decl = ARENA_NEW(modules->arena, Decl);
    *decl = (Decl){.node = node, .module = module};
    vec_push(modules->arena, &module->decls, decl);
}

static Module *load(Modules *modules, const char *name, const Source *source)
{
    Module *module = ARENA_NEW(modules->arena, Module);
    *module = (Module){.name = name, .source = source, .loading = true};
    module->file = parse_source(modules->arena, source, modules->diags);
    vec_push(modules->arena, &modules->all, module);
    for (int i = 0; i < module->file->kid_count; i++) {
        const Node *item = module->file->kids[i];
        if (item->kind == N_USE)
            use_module(modules, module, item);
        if (item->kind == N_LAYER || item->kind == N_FUNCTION || item->kind == N_CONST)
            add_decl(modules, module, item);
    }
    module->loading = false;
    return module;
}

Module *modules_load(Modules *modules, const Source *source)
{
    return load(modules, NULL, source);
}

static Decl *own_decl(const Module *module, const char *name)
{
    for (int i = 0; i < module->decls.count; i++)
        if (!strcmp(module->decls.data[i]->node->name, name))
            return module->decls.data[i];
    return NULL;
}

Decl *module_decl(Modules *modules, Module *module, const char *name, Span span)
{
    Decl *found = own_decl(module, name);
    for (int i = 0; !found && i < module->imports.count; i++)
        found = own_decl(module->imports.data[i], name);
    if (!found || found->module == module)
        return found;
    for (int i = 0; i < module->imports.count; i++) {
        const Module *other = module->imports.data[i];
        if (other == found->module || !own_decl(other, name))
            continue;
        Diag *d =
            diag_report(modules->diags, span, E_AMBIGUOUS, name, found->module->name, other->name);
        diag_help(modules->diags, d,
                  "leave out one of the two modules, or give yours in this file another name");
        break;
    }
    return found;
}

const char *module_of_std_name(Arena *arena, const char *name)
{
    const char *const wanted[] = {arena_printf(arena, "\nlayer %s(", name), arena_printf(arena, "\nfunction %s(", name),
                                  arena_printf(arena, "\nconst %s ", name)};
    for (int i = 0; i < stdlib_file_count; i++)
        for (int j = 0; j < 3; j++)
            if (strstr(stdlib_files[i].text, wanted[j]))
                return arena_printf(arena, "std.%s", stdlib_files[i].name);
    return NULL;
}
