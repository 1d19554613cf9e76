/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/dim.h"

static int term_order(const DimTerm *a, const DimTerm *b)
{
    if (a->degree != b->degree)
        return b->degree - a->degree;
    for (int i = 0; i < a->degree; i++)
        if (a->atoms[i] != b->atoms[i])
            return a->atoms[i] - b->atoms[i];
    return 0;
}

static const Dim *dim_new(DimTable *table, const DimTerm *terms, int count)
{
    Dim *dim = ARENA_NEW(table->arena, Dim);
    dim->terms = ARENA_ARRAY(table->arena, DimTerm, count ? count : 1);
    for (int i = 0; i < count; i++)
        if (terms[i].factor)
            dim->terms[dim->term_count++] = terms[i];
    return dim;
}

const Dim *dim_number(DimTable *table, int64_t number)
{
    return dim_new(table, &(DimTerm){.factor = number}, 1);
}

static const Dim *atom_dim(DimTable *table, int atom)
{
    return dim_new(table, &(DimTerm){.factor = 1, .degree = 1, .atoms = {atom}}, 1);
}

const Dim *dim_atom(DimTable *table, const char *name)
{
    vec_push(table->arena, &table->atoms, ((DimAtom){.kind = ATOM_NAME, .name = name}));
    return atom_dim(table, table->atoms.count - 1);
}

/* The atom for above / below or floor(above); equal ones are the same atom. */
static const Dim *derived_atom(DimTable *table, DimAtomKind kind, const Dim *above,
                               const Dim *below)
{
    for (int i = 0; i < table->atoms.count; i++) {
        const DimAtom *atom = &table->atoms.data[i];
        if (atom->kind == kind && dim_equal(atom->above, above) &&
            (kind == ATOM_FLOOR || dim_equal(atom->below, below)))
            return atom_dim(table, i);
    }
    vec_push(table->arena, &table->atoms,
             ((DimAtom){.kind = kind, .above = above, .below = below}));
    return atom_dim(table, table->atoms.count - 1);
}

/* Adds a term to a sorted list; false if a limit is exceeded. */
static bool add_term(DimTerm *terms, int *count, const DimTerm *term)
{
    int at = 0;
    while (at < *count && term_order(&terms[at], term) < 0)
        at++;
    if (at < *count && term_order(&terms[at], term) == 0)
        return !__builtin_add_overflow(terms[at].factor, term->factor, &terms[at].factor);
    if (*count == DIM_TERMS_MAX)
        return false;
    memmove(&terms[at + 1], &terms[at], sizeof *terms * (size_t)(*count - at));
    terms[at] = *term;
    (*count)++;
    return true;
}

static const Dim *combine(DimTable *table, const Dim *a, const Dim *b, int64_t sign)
{
    if (!a || !b)
        return NULL;
    DimTerm terms[DIM_TERMS_MAX + 1];
    int count = a->term_count;
    if (count)
        memcpy(terms, a->terms, sizeof *terms * (size_t)count);
    for (int i = 0; i < b->term_count; i++) {
        DimTerm term = b->terms[i];
        if (__builtin_mul_overflow(term.factor, sign, &term.factor) ||
            !add_term(terms, &count, &term))
            return NULL;
    }
    return dim_new(table, terms, count);
}

const Dim *dim_add(DimTable *table, const Dim *a, const Dim *b)
{
    return combine(table, a, b, 1);
}

const Dim *dim_sub(DimTable *table, const Dim *a, const Dim *b)
{
    return combine(table, a, b, -1);
}

static bool multiply_terms(const DimTerm *a, const DimTerm *b, DimTerm *out)
{
    if (a->degree + b->degree > DIM_DEGREE_MAX ||
        __builtin_mul_overflow(a->factor, b->factor, &out->factor))
        return false;
    out->degree = 0;
    int i = 0, j = 0;
    while (i < a->degree || j < b->degree) {
        bool from_a = j == b->degree || (i < a->degree && a->atoms[i] <= b->atoms[j]);
        out->atoms[out->degree++] = from_a ? a->atoms[i++] : b->atoms[j++];
    }
    return true;
}

/* above, if `quotient` is above / below. */
static const Dim *undivided(const DimTable *table, const Dim *quotient, const Dim *below)
{
    const DimTerm *term = quotient->terms;
    if (quotient->term_count != 1 || term->factor != 1 || term->degree != 1)
        return NULL;
    const DimAtom *atom = &table->atoms.data[term->atoms[0]];
    return atom->kind == ATOM_QUOTIENT && dim_equal(atom->below, below) ? atom->above : NULL;
}

const Dim *dim_mul(DimTable *table, const Dim *a, const Dim *b)
{
    if (!a || !b)
        return NULL;
    const Dim *whole = undivided(table, a, b);
    if (!whole)
        whole = undivided(table, b, a);
    if (whole)
        return whole;
    DimTerm terms[DIM_TERMS_MAX + 1];
    int count = 0;
    for (int i = 0; i < a->term_count; i++)
        for (int j = 0; j < b->term_count; j++) {
            DimTerm term = {0};
            if (!multiply_terms(&a->terms[i], &b->terms[j], &term) ||
                !add_term(terms, &count, &term))
                return NULL;
        }
    return dim_new(table, terms, count);
}

/* a / b for a single term b; false if it does not come out evenly. */
static bool divide_term(const DimTerm *a, const DimTerm *b, DimTerm *out)
{
    bool overflows = a->factor == INT64_MIN && b->factor == -1;
    if (overflows || a->factor % b->factor)
        return false;
    *out = (DimTerm){.factor = a->factor / b->factor};
    int j = 0;
    for (int i = 0; i < a->degree; i++) {
        if (j < b->degree && a->atoms[i] == b->atoms[j])
            j++;
        else
            out->atoms[out->degree++] = a->atoms[i];
    }
    return j == b->degree;
}

/* The quotient as a polynomial, or NULL. */
static const Dim *even_quotient(DimTable *table, const Dim *a, const Dim *b)
{
    if (dim_equal(a, b))
        return dim_number(table, 1);
    if (b->term_count != 1)
        return NULL;
    DimTerm terms[DIM_TERMS_MAX];
    for (int i = 0; i < a->term_count; i++)
        if (!divide_term(&a->terms[i], &b->terms[0], &terms[i]))
            return NULL;
    return dim_new(table, terms, a->term_count);
}

const Dim *dim_div(DimTable *table, const Dim *a, const Dim *b)
{
    int64_t x, y;
    if (!a || !b || b->term_count == 0)
        return NULL;
    const Dim *even = even_quotient(table, a, b);
    if (even || (dim_known(a, &x) && dim_known(b, &y)))
        return even;
    return derived_atom(table, ATOM_QUOTIENT, a, b);
}

const Dim *dim_floor_div(DimTable *table, const Dim *a, const Dim *b)
{
    int64_t x, y;
    if (!a || !b || b->term_count == 0)
        return NULL;
    const Dim *even = even_quotient(table, a, b);
    if (even)
        return even;
    if (dim_known(a, &x) && dim_known(b, &y)) {
        if (x == INT64_MIN)
            return NULL;
        return dim_number(table, x / y - (x % y && (x < 0) != (y < 0)));
    }
    return derived_atom(table, ATOM_FLOOR, derived_atom(table, ATOM_QUOTIENT, a, b), NULL);
}

const Dim *dim_floor(DimTable *table, const Dim *a)
{
    const DimAtom *quotient = NULL;
    int count = 0, at = -1;
    for (int i = 0; a && i < a->term_count; i++) {
        const DimTerm *term = &a->terms[i];
        for (int j = 0; j < term->degree; j++)
            count += table->atoms.data[term->atoms[j]].kind == ATOM_QUOTIENT;
        if (term->degree == 1 && term->factor == 1 &&
            table->atoms.data[term->atoms[0]].kind == ATOM_QUOTIENT)
            at = i;
    }
    if (count != 1 || at < 0)
        return a;
    quotient = &table->atoms.data[a->terms[at].atoms[0]];
    const Dim *rest = dim_sub(table, a, dim_new(table, &a->terms[at], 1));
    return dim_add(table, rest, dim_floor_div(table, quotient->above, quotient->below));
}

bool dim_equal(const Dim *a, const Dim *b)
{
    if (a == b)
        return true;
    if (!a || !b || a->term_count != b->term_count)
        return false;
    for (int i = 0; i < a->term_count; i++)
        if (a->terms[i].factor != b->terms[i].factor || term_order(&a->terms[i], &b->terms[i]))
            return false;
    return true;
}

bool dim_known(const Dim *dim, int64_t *number)
{
    if (!dim || dim->term_count > 1 || (dim->term_count && dim->terms[0].degree))
        return false;
    *number = dim->term_count ? dim->terms[0].factor : 0;
    return true;
}

int64_t dim_value(const Dim *dim, int64_t otherwise)
{
    int64_t number;
    return dim_known(dim, &number) ? number : otherwise;
}

bool dim_linear(DimTable *table, const Dim *a, const Dim *atom, int64_t *factor, const Dim **rest)
{
    if (!a)
        return false;
    int wanted = atom->terms[0].atoms[0];
    DimTerm others[DIM_TERMS_MAX];
    int count = 0;
    *factor = 0;
    for (int i = 0; i < a->term_count; i++) {
        const DimTerm *term = &a->terms[i];
        int power = 0;
        for (int j = 0; j < term->degree; j++)
            power += term->atoms[j] == wanted;
        if (power == 0)
            others[count++] = *term;
        else if (term->degree == 1)
            *factor = term->factor;
        else
            return false;
    }
    *rest = dim_new(table, others, count);
    return *factor != 0;
}

static const char *atom_text(DimTable *table, int index)
{
    const DimAtom *atom = &table->atoms.data[index];
    switch (atom->kind) {
    case ATOM_NAME: return atom->name;
    case ATOM_FLOOR: return arena_printf(table->arena, "floor(%s)", dim_text(table, atom->above));
    case ATOM_QUOTIENT:
        return arena_printf(table->arena, atom->above->term_count > 1 ? "(%s)/%s" : "%s/%s",
                            dim_text(table, atom->above), dim_text(table, atom->below));
    }
    return "";
}

static const char *term_text(DimTable *table, const DimTerm *term, int64_t factor)
{
    Arena *arena = table->arena;
    const char *text =
        factor == 1 && term->degree ? NULL : arena_printf(arena, "%lld", (long long)factor);
    for (int i = 0; i < term->degree; i++) {
        const char *atom = atom_text(table, term->atoms[i]);
        text = text ? arena_printf(arena, "%s*%s", text, atom) : atom;
    }
    return text;
}

const char *dim_text(DimTable *table, const Dim *dim)
{
    if (!dim)
        return "?";
    if (dim->term_count == 0)
        return "0";
    const char *text = NULL;
    for (int i = 0; i < dim->term_count; i++) {
        const DimTerm *term = &dim->terms[i];
        bool minus = text && term->factor < 0 && term->factor != INT64_MIN;
        const char *next = term_text(table, term, minus ? -term->factor : term->factor);
        text = text ? arena_printf(table->arena, "%s %s %s", text, minus ? "-" : "+", next) : next;
    }
    return text;
}
