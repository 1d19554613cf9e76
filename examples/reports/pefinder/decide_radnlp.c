/* SPDX-License-Identifier: Apache-2.0
 *
 * The decision of RadNLP: each target gets the first of eight states that fits
 * it, and the report the highest of its targets. Certainty stands above
 * negation, so one ambivalent and one certain negative mention are negative.
 */
#include "examples/reports/pefinder/report.h"

typedef struct State {
    const char *number, *meaning;
    bool present, acute;
} State;

/* By number; 0: the report has no target. */
static const State states[] = {
    {"0", "no mention", false, false},
    {"1", "ambivalent", false, false},
    {"2", "negative, certain", false, false},
    {"3", "negative, uncertain, chronic", false, false},
    {"4", "positive, uncertain, chronic", true, false},
    {"5", "positive, certain, chronic", true, false},
    {"6", "negative, uncertain, acute", false, false},
    {"7", "positive, uncertain, acute", true, true},
    {"8", "positive, certain, acute", true, true},
};

enum {
    ABSENT =
        CAT_DEFINITE_NEGATED | CAT_PROBABLE_NEGATED | CAT_FUTURE | CAT_INDICATION | CAT_PSEUDONEG,
    UNCERTAIN = CAT_PROBABLE_NEGATED | CAT_AMBIVALENT | CAT_PROBABLE
};

static int state_of(uint32_t said)
{
    bool certain = !(said & UNCERTAIN), acute = !(said & CAT_HISTORICAL);
    if (said & ABSENT)
        return certain ? 2 : acute ? 6 : 3;
    if (said & CAT_AMBIVALENT)
        return 1;
    return acute ? certain ? 8 : 7 : certain ? 5 : 4;
}

static void decide(Decision *out, const Report *report)
{
    int highest = 0;
    for (int i = 0; i < report->count; i++) {
        const Sentence *sentence = &report->sentences[i];
        for (int t = 0; t < sentence->targets.count; t++) {
            if (!(sentence->targets.items[t].categories & CAT_PULMONARY_EMBOLISM))
                continue;
            int state = state_of(context_said_of(sentence, t));
            highest = state > highest ? state : highest;
        }
    }
    const State *state = &states[highest];
    *out = (Decision){.present = state->present,
                      .acute = state->acute,
                      .states = {state->number, state->meaning}};
}

const Procedure procedure_radnlp = {
    .name = "radnlp",
    .state_names = {"state", "meaning"},
    .decide = decide,
};
