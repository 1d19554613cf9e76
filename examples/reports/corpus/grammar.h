/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts from rules. A file of rules has, a line each:
 *
 *   # ...               a comment
 *   @name value         a setting
 *   name:               a rule; its alternatives follow, indented
 *   name [claim]:       a rule whose text claims something: absent, unclear, chronic, acute
 *       text            an alternative
 *       3x text         one that is chosen three times as often
 *
 * In a text, {name} is a text of that rule, <a|b|c> one of the texts, `_` alone nothing, ` / ` ends
 * a sentence, and `*` alone between two of those is where sentences of the rule `filler` may go. A
 * later definition of a rule or setting, also in another file, replaces the earlier one.
 */
#ifndef NND_REPORTS_CORPUS_GRAMMAR_H
#define NND_REPORTS_CORPUS_GRAMMAR_H

#include <stdio.h>

#include "dice.h"
#include "runtime/data/file.h"

/* What a statement says of emboli in the pulmonary arteries now. */
typedef enum Claim {
    CLAIM_NONE,
    CLAIM_ABSENT,
    CLAIM_UNCLEAR,
    CLAIM_CHRONIC,
    CLAIM_ACUTE,
    CLAIM_COUNT
} Claim;

extern const char *const claim_names[CLAIM_COUNT];

typedef struct Alternative {
    NndText text;
    uint32_t weight;
} Alternative;

typedef struct Rule {
    NndText name;
    Claim claim;
    Alternative *alternatives;
    int count, room;
    uint32_t total; /* of the weights */
    const char *file;
    int line;
} Rule;

typedef struct Setting {
    NndText name, value;
} Setting;

typedef struct Grammar {
    Rule *rules;
    int count, room;
    Setting *settings;
    int setting_count, setting_room;
    NndFile *files; /* what names and texts point into */
    int file_count;
} Grammar;

/* Adds a file. `path` must outlive the grammar. */
NndStatus grammar_read(Grammar *grammar, const char *path, NndError *error);

/* Takes over `file`, also when it fails; `path` is for errors, and must outlive the grammar. */
NndStatus grammar_parse(Grammar *grammar, NndFile *file, const char *path, NndError *error);

/* Fails if a rule is used that there is not, or one that uses itself, or <...> does not end, or a
 * rule can become too long a text. */
NndStatus grammar_check(const Grammar *grammar, NndError *error);
void grammar_free(Grammar *grammar);

const Rule *grammar_rule(const Grammar *grammar, const char *name); /* NULL if there is none */
NndText grammar_setting(const Grammar *grammar, const char *name);  /* empty if there is none */

enum { MAX_CLAIMS = 32 };

/* What an expansion claims, in the order of its text; those beyond MAX_CLAIMS are lost. */
typedef struct Claims {
    Claim items[MAX_CLAIMS];
    int count;
} Claims;

NndText rule_choose(const Rule *rule, Dice *dice);

/* Writes the expansion of a text of a checked grammar. */
void grammar_expand(const Grammar *grammar, NndText text, Dice *dice, FILE *out, Claims *claims);

#endif
