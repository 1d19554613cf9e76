/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/pefinder/report.h"

#include <stdlib.h>
#include <string.h>

#include "examples/reports/pefinder/split.h"

const Procedure *procedure_find(const char *name)
{
    static const Procedure *const known[] = {&procedure_jbi, &procedure_radnlp};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(known[i]->name, name))
            return known[i];
    return NULL;
}

/* The next sentence, zeroed; NULL if there is no room. */
static Sentence *add_sentence(Report *report)
{
    if (report->count == report->room) {
        int room = report->room ? report->room * 2 : 16;
        Sentence *grown = realloc(report->sentences, (size_t)room * sizeof *grown);
        if (!grown)
            return NULL;
        report->sentences = grown;
        report->room = room;
    }
    Sentence *sentence = &report->sentences[report->count++];
    *sentence = (Sentence){0};
    return sentence;
}

static NndStatus read_sentence(Report *report, NndText text, size_t origin, const Rules *rules,
                               const Procedure *procedure, NndError *error)
{
    Sentence *sentence = add_sentence(report);
    if (!sentence)
        return nnd_fail(error, NND_ENOMEM, "out of memory for a report");
    NndStatus status = sentence_new(sentence, text, origin, &procedure->style, error);
    if (!status)
        status = context_find(sentence, rules, error);
    return status ? status : context_connect(sentence, &procedure->style, error);
}

NndStatus report_read(Report *out, NndText text, const char *section, const Rules *rules,
                      const Procedure *procedure, NndError *error)
{
    *out = (Report){0};
    if (text.size > REPORT_MAX_BYTES)
        return nnd_fail(error, NND_EFORMAT, "a report of %zu bytes is longer than the limit of %d",
                        text.size, REPORT_MAX_BYTES);
    NndStatus status = NND_OK;
    NndText sentence, rest = section ? split_section(text, section) : text;
    while (!status && split_sentence(&sentence, &rest, procedure->numbers_go_on))
        status = read_sentence(out, sentence, (size_t)(sentence.data - text.data), rules, procedure,
                               error);
    if (status)
        report_free(out);
    return status;
}

void report_free(Report *report)
{
    for (int i = 0; i < report->count; i++)
        sentence_free(&report->sentences[i]);
    free(report->sentences);
    *report = (Report){0};
}
