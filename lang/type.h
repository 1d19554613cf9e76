/* SPDX-License-Identifier: Apache-2.0
 *
 * Types as the checker sees them: like ValueType, but with sizes that may be
 * symbolic and with what a message needs to know of each axis. Types are
 * immutable once made.
 *
 * Inside a layer an axis is known by the name that the layer's signature gives
 * it; `outer` is the same axis as the caller knows it. Axes that came in by
 * `...` are hidden: `over` does not find them.
 */
#ifndef NND_LANG_TYPE_H
#define NND_LANG_TYPE_H

#include "lang/dim.h"
#include "lang/program.h"

/* Why a size is what it is: "because <before> at line 7 <after>". */
typedef struct Reason {
    const char *before, *after;
    Span place;
    Span argument; /* the argument of the call at `place` that sets the size, or nowhere */
} Reason;

typedef struct Axis Axis;
struct Axis {
    AxisKind kind;
    const char *name; /* or NULL */
    bool hidden;
    const Dim *dim;       /* CONST */
    int extent;           /* FREE, RAGGED */
    const Reason *reason; /* or NULL */
    const Axis *outer;    /* or NULL */
};

typedef struct Type {
    Element element;
    int rank;
    Axis axes[AXES_MAX];
} Type;

/* Extents of the program at hand, with symbolic windows. */
typedef struct ExtentInfo {
    const char *name;
    ExtentKind kind;
    int parent, source;
    const Dim *pad, *span, *stride;
    int least;
    int64_t most; /* RAGGED: longer ones are cut; 0: no limit */
    Span limit;   /* where `most` is written */
    Span place;   /* RAGGED: where it is declared first */
} ExtentInfo;

typedef VEC(ExtentInfo) Extents;

const char *element_name(Element element);
bool axis_equal(const Axis *a, const Axis *b); /* same extent, whatever the names */
bool axis_same_name(const Axis *a, const Axis *b);
static inline bool axis_is_runtime(const Axis *axis)
{
    return axis->kind != AXIS_CONST;
}

Type *type_new(Arena *arena, Element element);
Type *type_copy(Arena *arena, const Type *type);
/* Appends an axis. The rank counts on beyond AXES_MAX; emit refuses such a type. */
void type_push(Type *type, Axis axis);
/* Position of the axis that `over name` means, or -1. */
int type_find(const Type *type, const char *name);
/* False if a ragged axis does not directly follow the axes over which its length varies. */
bool type_is_packed(const Type *type, const Extents *extents);
/* How many axes the packed representation puts into its first: up to the last ragged one. */
int type_lead(const Type *type);

const char *type_text(DimTable *table, const Type *type);
const char *axis_text(DimTable *table, const Axis *axis);      /* "d = 128", "word~" */
const char *axis_size_text(DimTable *table, const Axis *axis); /* "128", "the length of `word`" */
ValueType type_value(const Type *type);

#endif
