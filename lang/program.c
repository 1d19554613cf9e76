/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/program.h"

#include "lang/check.h"

char *value_type_text(Arena *arena, const ValueType *type)
{
    char *text = arena_strdup(arena, element_name(type->element));
    for (int i = 0; i < type->rank; i++) {
        const TypedAxis *axis = &type->axes[i];
        const char *name = axis->name ? axis->name : "";
        const char *mark = i ? ", " : "[";
        if (axis->kind == AXIS_CONST)
            text = arena_printf(arena, "%s%s%s%s%lld", text, mark, name, *name ? " = " : "",
                                (long long)axis->size);
        else
            text = arena_printf(arena, "%s%s%s%s", text, mark, name,
                                axis->kind == AXIS_RAGGED ? "~" : "");
    }
    return type->rank ? arena_printf(arena, "%s]", text) : text;
}

static bool matches_here(const char *path, const char *pattern)
{
    while (*path) {
        if (*path == '#' && *pattern != '#')
            path += strcspn(path, ".");
        else if (*path++ != *pattern++)
            return false;
    }
    return *pattern == '\0';
}

bool weight_matches(const char *path, const char *pattern)
{
    while (path) {
        if (matches_here(path, pattern))
            return true;
        path = strchr(path, '.');
        path = path ? path + 1 : NULL;
    }
    return false;
}

static void begin_program(Checker *c, const Source *source)
{
    c->program = ARENA_NEW(c->arena, Program);
    c->program->path = source->path;
    recipe_defaults(&c->program->recipe);
    c->extents = (Extents){0};
    c->typed.count = c->depends.count = c->weights.count = 0;
    c->scan = NULL;
    c->site = NULL;
    c->binding = NULL;
    c->depth = c->instances = 0;
    c->steps = 0;
    c->stopped = c->symbolic = false;
}

static void finish_program(Checker *c)
{
    Program *program = c->program;
    for (int i = 0; i < c->extents.count; i++) {
        const ExtentInfo *info = &c->extents.data[i];
        Extent extent = {.name = info->name,
                         .kind = info->kind,
                         .parent = info->parent,
                         .source = info->source,
                         .pad = dim_value(info->pad, 0),
                         .span = dim_value(info->span, 0),
                         .stride = dim_value(info->stride, 0),
                         .least = info->least,
                         .most = info->most};
        vec_push(c->arena, &program->extents, extent);
    }
    program->typed_count = c->typed.count;
    for (int i = 0; i < c->modules.all.count; i++)
        vec_push(c->arena, &program->sources, c->modules.all.data[i]->source);
}

/* ---- which model ---- */

static const Node *find_model(Checker *c, const Node *file, const char *name)
{
    const char **names = ARENA_ARRAY(c->arena, const char *, file->kid_count + 1);
    const Node *found = NULL;
    int count = 0;
    for (int i = 0; i < file->kid_count; i++) {
        const Node *item = file->kids[i];
        if (item->kind != N_MODEL)
            continue;
        for (int j = 0; j < count; j++)
            if (!strcmp(names[j], item->name))
                diag_report(c->diags, item->name_span, E_DUPLICATE_MODEL, item->name);
        names[count++] = item->name;
        if (!name || !strcmp(name, item->name))
            found = found ? found : item;
    }
    Span top = {.source = file->span.source};
    if (name && !found) {
        Diag *d = diag_report(c->diags, top, E_NO_MODEL, name);
        const char *near = diag_nearest(name, names, count);
        if (near)
            diag_help(c->diags, d, "did you mean `%s`?", near);
    }
    if (!name && count > 1) {
        Diag *d = diag_report(c->diags, top, E_WHICH_MODEL, count);
        for (int i = 0; i < count; i++)
            diag_note(c->diags, d, "`%s`", names[i]);
        diag_help(c->diags, d, "name one with `--model`");
        found = NULL;
    }
    return found;
}

static void check_trains(Checker *c, const Node *file, const Node *model)
{
    const Node *first = NULL;
    for (int i = 0; i < file->kid_count; i++) {
        const Node *train = file->kids[i];
        bool known = false;
        for (int j = 0; train->kind == N_TRAIN && j < file->kid_count; j++)
            known = known ||
                    (file->kids[j]->kind == N_MODEL && !strcmp(file->kids[j]->name, train->name));
        if (train->kind != N_TRAIN)
            continue;
        if (!known)
            noted(c, diag_report(c->diags, train->name_span, E_TRAIN_MODEL, train->name));
        if (strcmp(train->name, model->name))
            continue;
        if (first)
            noted(c, diag_report(c->diags, train->name_span, E_TRAIN_TWICE, train->name));
        else
            recipe_check(c, first = train);
    }
}

/* Layers and functions that no model used, once each, with symbolic sizes; and constants. */
static void check_decls(Checker *c, const Module *module, const Source *source)
{
    for (int i = 0; i < module->decls.count; i++) {
        Decl *decl = module->decls.data[i];
        if (decl->node->kind == N_CONST)
            const_value(c, decl);
        if (decl->used || decl->node->kind == N_CONST)
            continue;
        begin_program(c, source);
        layer_check_alone(c, decl);
    }
}

static Checker *checker_new(Arena *arena, Diags *diags)
{
    Checker *c = ARENA_NEW(arena, Checker);
    c->arena = arena;
    c->diags = diags;
    c->modules = (Modules){.arena = arena, .diags = diags};
    c->dims.arena = arena;
    c->error = value_new(c, V_ERROR);
    c->nothing = value_new(c, V_NOTHING);
    return c;
}

Program *program_check(Arena *arena, const Source *source, const char *model, const ModelArg *args,
                       int arg_count, int64_t missing_dim, Diags *diags)
{
    int errors = diags->error_count;
    Checker *c = checker_new(arena, diags);
    Module *module = modules_load(&c->modules, source);
    const Node *found = find_model(c, module->file, model);
    Program *program = NULL;
    if (found) {
        begin_program(c, source);
        model_check(c, found, args, arg_count, missing_dim);
        if (!c->stopped)
            check_trains(c, module->file, found);
        finish_program(c);
        program = c->program;
    }
    check_decls(c, module, source);
    report_finish(c);
    return diags->error_count == errors ? program : NULL;
}
