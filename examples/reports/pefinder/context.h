/* SPDX-License-Identifier: Apache-2.0
 *
 * The ConText algorithm on one sentence (Harkema et al. 2009; Chapman et al.
 * 2011): which modifiers are said of which targets.
 *
 *  1. White space is squeezed; in the words-only style everything but letters
 *     and digits counts as white space.
 *  2. All rules are matched. A mark inside another mark of its kind (targets,
 *     modifiers) is removed; of equal spans the first rule's stays.
 *  3. Marks of category exclusion are removed.
 *  4. A modifier's scope reaches from it to the sentence's end (forward), to
 *     its beginning (backward), or over all of it.
 *  5. It ends at a terminating mark or a mark that shares a category; the left
 *     side of a scope in both directions is never cut, as in the original.
 *  6. A modifier is said of the targets that begin in its scope.
 *  7. A modifier inside its target is dropped; or, in the nearest-only style,
 *     a target keeps the nearest modifier of each category.
 *
 * Positions are bytes of the squeezed text; `origin` leads back to the report.
 */
#ifndef REPORTS_PEFINDER_CONTEXT_H
#define REPORTS_PEFINDER_CONTEXT_H

#include "examples/reports/pefinder/rules.h"

enum { SENTENCE_MAX_MARKS = 4096 }; /* of one kind: work is quadratic in them */

typedef struct ContextStyle {
    bool words_only, nearest_only;
} ContextStyle;

typedef struct Mark {
    const Rule *rule; /* NULL: a target that the caller has added */
    uint32_t categories;
    size_t begin, end;
    size_t scope_begin, scope_end; /* modifiers */
    bool hidden;                   /* while marks are pruned */
} Mark;

typedef struct Marks {
    Mark *items;
    int count, room;
} Marks;

/* That modifiers.items[modifier] is said of targets.items[target]. */
typedef struct Link {
    int target, modifier;
} Link;

typedef struct Sentence {
    char *text;       /* squeezed, NUL behind it */
    uint32_t *origin; /* [size + 1]: where in the report each byte is from */
    size_t size;
    Marks targets, modifiers;
    Link *links; /* by target, then by place of the modifier */
    int link_count, link_room;
} Sentence;

/* `text` is well-formed UTF-8 of at most SENTENCE_MAX_BYTES that begins at byte `origin` of the
 * report. */
NndStatus sentence_new(Sentence *out, NndText text, size_t origin, const ContextStyle *style,
                       NndError *error);
void sentence_free(Sentence *sentence);

/* Steps 2 and 3. */
NndStatus context_find(Sentence *sentence, const Rules *rules, NndError *error);

/* A target of the caller's own, begin < end <= size; no marks are removed because of it. */
NndStatus context_add_target(Sentence *sentence, size_t begin, size_t end, uint32_t categories,
                             NndError *error);

/* Steps 4 to 7; once, when all targets are there. */
NndStatus context_connect(Sentence *sentence, const ContextStyle *style, NndError *error);

/* The categories of all modifiers that are said of a target. */
uint32_t context_said_of(const Sentence *sentence, int target);

#endif
