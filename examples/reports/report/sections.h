/* SPDX-License-Identifier: Apache-2.0
 *
 * The sections of the page, in the order of report.c. Each reads its files of the study and prints
 * what is under its heading; what failed is in study->status.
 */
#ifndef REPORTS_REPORT_SECTIONS_H
#define REPORTS_REPORT_SECTIONS_H

#include "examples/reports/report/study.h"

/* What stands behind the captions of tables and figures. */
#define KIND_SYNTHETIC "synthetic reports"
#define KIND_SEQUENCES "synthetic sequences"
#define KIND_REAL      "real texts"

void section_overview(Study *study);
void section_results(Study *study);
void section_claims(Study *study);
void section_significance(Study *study);
void section_cases(Study *study);
void section_rules(Study *study);
void section_corpora(Study *study);
void section_learning(Study *study);
void section_curves(Study *study);
void section_networks(Study *study);
void section_explanations(Study *study);
void section_deletion(Study *study);
void section_density(Study *study);
void section_sequences(Study *study);
void section_speed(Study *study);
void section_real(Study *study);
void section_reproduce(Study *study);

/* Tests of significance of a file, for two sections. */
void put_comparisons(Study *study, const char *path, const char *caption, const char *kind);

#endif
