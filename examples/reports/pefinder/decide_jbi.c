/* SPDX-License-Identifier: Apache-2.0
 *
 * The decision of peFinder (Chapman et al. 2011). Its temporality is that of an
 * embolism; without one there is none ("NA"), as in its later port.
 */
#include "examples/reports/pefinder/report.h"

enum {
    NEGATIONS = CAT_DEFINITE_NEGATED | CAT_PROBABLE_NEGATED,
    EXISTENCES = CAT_DEFINITE | CAT_PROBABLE,
    ANYTHING_SAID = NEGATIONS | EXISTENCES | CAT_INDICATION | CAT_HISTORICAL | CAT_PSEUDONEG
};

/* What is said in a report, over all its targets. */
typedef struct Summary {
    bool disease, old, bad_quality, has_target, as_indication;
    uint32_t said; /* of the embolisms */
} Summary;

static bool is_disease(uint32_t said)
{
    if (!(said & ANYTHING_SAID))
        return true;
    if (said & EXISTENCES && !(said & (CAT_PSEUDONEG | NEGATIONS | CAT_INDICATION)))
        return true;
    return said & CAT_HISTORICAL && !(said & NEGATIONS);
}

static void add_target(Summary *summary, uint32_t categories, uint32_t said)
{
    if (categories & CAT_EXAM_FEATURE)
        summary->bad_quality |= (said & CAT_QUALITY_FEATURE) != 0;
    if (categories & CAT_ARTIFACT)
        summary->bad_quality |= !(said & ANYTHING_SAID);
    if (!(categories & CAT_PULMONARY_EMBOLISM))
        return;
    summary->has_target = true;
    summary->said |= said;
    summary->disease |= is_disease(said);
    summary->old |= (said & CAT_HISTORICAL) != 0;
    summary->as_indication |= (said & CAT_INDICATION) != 0;
}

static bool is_uncertain(const Summary *summary)
{
    if (summary->said & (CAT_PROBABLE_NEGATED | CAT_PROBABLE))
        return true;
    if (!summary->has_target || (summary->bad_quality && !summary->disease))
        return true;
    return summary->as_indication && !(summary->said & CAT_DEFINITE_NEGATED);
}

static void decide(Decision *out, const Report *report)
{
    Summary summary = {0};
    for (int i = 0; i < report->count; i++) {
        const Sentence *sentence = &report->sentences[i];
        for (int t = 0; t < sentence->targets.count; t++)
            add_target(&summary, sentence->targets.items[t].categories,
                       context_said_of(sentence, t));
    }
    *out = (Decision){.present = summary.disease,
                      .acute = summary.disease && !summary.old,
                      .states = {summary.disease ? "Pos" : "Neg",
                                 is_uncertain(&summary) ? "Yes" : "No",
                                 !summary.disease ? "NA"
                                 : summary.old    ? "Old"
                                                  : "New",
                                 summary.bad_quality ? "Not Diagnostic" : "Diagnostic"}};
}

const Procedure procedure_jbi = {
    .name = "jbi",
    .style = {.words_only = true, .nearest_only = true},
    .numbers_go_on = true,
    .state_names = {"disease", "uncertainty", "historical", "quality"},
    .decide = decide,
};
