/* SPDX-License-Identifier: Apache-2.0
 *
 * Up to an empty line a file of rules, behind it a report; read by both procedures.
 */
#include "examples/reports/pefinder/print.h"

#include <stdlib.h>
#include <string.h>

static void decide(NndText text, const Rules *rules, const Procedure *procedure)
{
    NndError error;
    Report report;
    Decision decision;
    if (report_read(&report, text, "impression", rules, procedure, &error))
        return;
    procedure->decide(&decision, &report);
    FILE *nowhere = fopen("/dev/null", "w");
    print_decision(nowhere, &decision, TASK_ACUTE);
    print_explanation(nowhere, &report, procedure, &decision);
    if (print_json(nowhere, &report, procedure, &decision, TASK_PRESENT, &error))
        abort();
    fclose(nowhere);
    report_free(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    NndError error;
    Rules rules;
    const char *text = (const char *)data, *gap = size ? memmem(text, size, "\n\n", 2) : NULL;
    NndText lexicon = {text, gap ? (size_t)(gap - text) : size}, report = {text + size, 0};
    if (gap)
        report = (NndText){gap + 2, size - lexicon.size - 2};
    if (nnd_utf8_check(report) < report.size || rules_parse(&rules, lexicon, "rules", &error))
        return 0;
    decide(report, &rules, &procedure_jbi);
    decide(report, &rules, &procedure_radnlp);
    rules_free(&rules);
    return 0;
}
