/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/optimisations.h"

#include <string.h>

typedef struct Row {
    const char *name, *meaning;
} Row;

static const Row rows[OPTIMISATION_COUNT] = {
#define OPTIMISATION(member, name, meaning) [OPTIMISE_##member] = {name, meaning},
#include "compiler/optimisations.def"
};

OptimisationSet optimisation_all(void)
{
    OptimisationSet all = 0;
    for (int i = 0; i < OPTIMISATION_COUNT; i++)
        all |= optimisation_set((Optimisation)i);
    return all;
}

const char *optimisation_name(Optimisation optimisation)
{
    return rows[optimisation].name;
}

const char *optimisation_meaning(Optimisation optimisation)
{
    return rows[optimisation].meaning;
}

/* The set of one name; empty if it is unknown. */
static OptimisationSet find(const char *name, size_t length)
{
    if (length == 3 && !memcmp(name, "all", 3))
        return optimisation_all();
    for (int i = 0; i < OPTIMISATION_COUNT; i++)
        if (strlen(rows[i].name) == length && !memcmp(rows[i].name, name, length))
            return optimisation_set((Optimisation)i);
    return 0;
}

const char *optimisation_parse(const char *list, OptimisationSet *out, size_t *length)
{
    OptimisationSet found = 0;
    for (const char *name = list;; name += *length + 1) {
        *length = strcspn(name, ",");
        OptimisationSet set = find(name, *length);
        if (!set)
            return name;
        found |= set;
        if (!name[*length])
            break;
    }
    *out |= found;
    return NULL;
}
