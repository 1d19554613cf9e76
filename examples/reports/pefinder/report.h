/* SPDX-License-Identifier: Apache-2.0
 *
 * A report read by the rule engine, and what is decided from it. Two decision
 * procedures are known, each with its own way to read sentences:
 *
 *   jbi     that of peFinder (Chapman et al. 2011): disease, uncertainty,
 *           temporality and quality of the examination;
 *   radnlp  that of RadNLP (Chapman et al., since 2013): one of eight ordered
 *           states, the report's being the highest of its targets.
 *
 * A procedure decides two questions: is there an embolism, and is it acute?
 */
#ifndef REPORTS_PEFINDER_REPORT_H
#define REPORTS_PEFINDER_REPORT_H

#include "examples/reports/pefinder/context.h"

typedef struct Report {
    Sentence *sentences;
    int count, room;
} Report;

enum { DECISION_MAX_STATES = 4 };

typedef struct Decision {
    bool present, acute;
    const char *states[DECISION_MAX_STATES]; /* static texts; NULL behind the last */
} Decision;

typedef struct Procedure {
    const char *name;
    ContextStyle style;
    bool numbers_go_on; /* split_sentence() */
    const char *state_names[DECISION_MAX_STATES];
    void (*decide)(Decision *out, const Report *report);
} Procedure;

extern const Procedure procedure_jbi, procedure_radnlp;

/* NULL if there is none of that name. */
const Procedure *procedure_find(const char *name);

enum { REPORT_MAX_BYTES = 1 << 24 };

/* Only the section of one of these names is read (split_section); NULL: all. */
NndStatus report_read(Report *out, NndText text, const char *section, const Rules *rules,
                      const Procedure *procedure, NndError *error);
void report_free(Report *report);

#endif
