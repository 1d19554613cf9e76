/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/type.h"

const char *element_name(Element element)
{
    switch (element) {
    case ELEMENT_FLOAT: return "f32";
    case ELEMENT_INT: return "i32";
    case ELEMENT_BOOL: return "bool";
    case ELEMENT_TOKEN: return "token";
    case ELEMENT_CLASS: return "class";
    }
    return "?";
}

bool axis_equal(const Axis *a, const Axis *b)
{
    if (a->kind != b->kind)
        return false;
    return a->kind == AXIS_CONST ? dim_equal(a->dim, b->dim) : a->extent == b->extent;
}

bool axis_same_name(const Axis *a, const Axis *b)
{
    return a->name && b->name && a->hidden == b->hidden && !strcmp(a->name, b->name);
}

Type *type_new(Arena *arena, Element element)
{
    Type *type = ARENA_NEW(arena, Type);
    type->element = element;
    return type;
}

Type *type_copy(Arena *arena, const Type *type)
{
    return arena_copy(arena, type, sizeof *type);
}

void type_push(Type *type, Axis axis)
{
    if (type->rank < AXES_MAX)
        type->axes[type->rank] = axis;
    if (type->rank <= AXES_MAX)
        type->rank++;
}

int type_find(const Type *type, const char *name)
{
    for (int i = type->rank - 1; i >= 0; i--)
        if (type->axes[i].name && !type->axes[i].hidden && !strcmp(type->axes[i].name, name))
            return i;
    return -1;
}

int type_lead(const Type *type)
{
    int lead = 0;
    for (int i = 0; i < type->rank; i++)
        if (type->axes[i].kind == AXIS_RAGGED)
            lead = i + 1;
    return lead;
}

bool type_is_packed(const Type *type, const Extents *extents)
{
    int last = type_lead(type) - 1;
    if (last < 0)
        return true;
    int extent = type->axes[last].extent;
    for (int i = last - 1; i >= 0; i--) {
        extent = extents->data[extent].parent;
        if (extent < 0 || type->axes[i].kind == AXIS_CONST || type->axes[i].extent != extent)
            return false;
    }
    return extents->data[extent].parent < 0;
}

const char *axis_size_text(DimTable *table, const Axis *axis)
{
    if (axis->kind == AXIS_CONST)
        return dim_text(table, axis->dim);
    return axis->kind == AXIS_FREE ? "the size of the batch" : "a length of its own for each item";
}

const char *axis_text(DimTable *table, const Axis *axis)
{
    const char *name = axis->name;
    if (axis->kind == AXIS_RAGGED)
        return arena_printf(table->arena, "%s~", name ? name : "");
    if (axis->kind == AXIS_FREE)
        return name ? name : "_";
    const char *size = dim_text(table, axis->dim);
    if (!name || !strcmp(name, size))
        return size;
    return arena_printf(table->arena, "%s = %s", name, size);
}

const char *type_text(DimTable *table, const Type *type)
{
    const char *text = element_name(type->element);
    for (int i = 0; i < type->rank; i++)
        text = arena_printf(table->arena, "%s%s%s", text, i ? ", " : "[",
                            axis_text(table, &type->axes[i]));
    return type->rank ? arena_printf(table->arena, "%s]", text) : text;
}

ValueType type_value(const Type *type)
{
    ValueType value = {.element = type->element, .rank = type->rank};
    for (int i = 0; i < type->rank; i++) {
        const Axis *axis = &type->axes[i];
        value.axes[i] = (TypedAxis){.kind = axis->kind, .name = axis->name, .extent = axis->extent};
        if (axis->kind == AXIS_CONST)
            value.axes[i].size = dim_value(axis->dim, 1);
    }
    return value;
}
