/* SPDX-License-Identifier: Apache-2.0
 *
 * The lexicon of the rule engine. A rule names a phrase and what it means: a
 * target is something that a report can find ("pulmonary embolism"), a modifier
 * is something said about targets in its direction ("no", "is unchanged"). The
 * file format is described in rules/README.md; examples are beside it.
 */
#ifndef REPORTS_PEFINDER_RULES_H
#define REPORTS_PEFINDER_RULES_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "runtime/data/text.h"
#include "runtime/error.h"

/* Bits of a set: a rule can have several categories. */
typedef enum Category {
    /* targets */
    CAT_PULMONARY_EMBOLISM = 1 << 0,
    CAT_EXAM_FEATURE = 1 << 1, /* what quality is said of: the study, the bolus, ... */
    CAT_ARTIFACT = 1 << 2,
    CAT_EXCLUSION = 1 << 3, /* looks like another rule's phrase and hides it */
    /* modifiers; a quality feature can be a target too */
    CAT_QUALITY_FEATURE = 1 << 4,
    CAT_DEFINITE_NEGATED = 1 << 5,
    CAT_PROBABLE_NEGATED = 1 << 6,
    CAT_AMBIVALENT = 1 << 7,
    CAT_PROBABLE = 1 << 8,
    CAT_DEFINITE = 1 << 9,
    CAT_HISTORICAL = 1 << 10,
    CAT_ACUTE = 1 << 11,
    CAT_INDICATION = 1 << 12,
    CAT_FUTURE = 1 << 13,
    CAT_PSEUDONEG = 1 << 14,
    CAT_CONJ = 1 << 15
} Category;

enum { CATEGORY_COUNT = 16 };

typedef enum Direction {
    DIR_NONE, /* says nothing of anything, but hides shorter phrases inside it */
    DIR_TARGET,
    DIR_FORWARD,
    DIR_BACKWARD,
    DIR_BIDIRECTIONAL,
    DIR_TERMINATE /* ends the scope of others */
} Direction;

typedef struct Rule {
    char *phrase;        /* owned */
    uint32_t categories; /* set of Category */
    Direction direction;
    pcre2_code *pattern; /* owned */
    int line;
} Rule;

typedef struct Rules {
    char *name; /* of the file, owned */
    Rule *items;
    int count, room;
} Rules;

enum {
    RULES_MAX_FILE = 1 << 20,
    RULES_MAX_COUNT = 4096,
    RULES_MAX_PATTERN = 1000 /* bytes */
};

NndStatus rules_load(Rules *out, const char *path, NndError *error);

/* `name` is for errors, which begin with "name:line: ". */
NndStatus rules_parse(Rules *out, NndText text, const char *name, NndError *error);
void rules_free(Rules *rules);

/* "definite_negated_existence" and so on; `index` is below CATEGORY_COUNT and means the bit 1 <<
 * index. */
const char *category_name(int index);
const char *direction_name(Direction direction);

#endif
