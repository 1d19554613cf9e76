/* SPDX-License-Identifier: Apache-2.0
 *
 * How a decision is printed, and how it is explained: per sentence with a
 * target, the targets, what is said of each, and how far that reaches.
 */
#ifndef REPORTS_PEFINDER_PRINT_H
#define REPORTS_PEFINDER_PRINT_H

#include <stdio.h>

#include "examples/reports/pefinder/report.h"

typedef enum Task { TASK_PRESENT, TASK_ACUTE } Task;

/* class TAB state TAB state ... */
void print_decision(FILE *file, const Decision *decision, Task task);

/* Behind the decision, indented lines. */
void print_explanation(FILE *file, const Report *report, const Procedure *procedure,
                       const Decision *decision);

/* One object, one line: class, states, and sentences with targets and modifiers, their bytes in the
 * report, and scopes. */
NndStatus print_json(FILE *file, const Report *report, const Procedure *procedure,
                     const Decision *decision, Task task, NndError *error);

#endif
